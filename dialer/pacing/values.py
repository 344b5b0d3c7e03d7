"""What the floor tells the pacer and what the pacer answers: frozen, validated at birth.

Views describe the floor at one instant; outcomes report what became of a call or of an agent's
work; a decision says how many numbers to dial and which ringing calls to let go. All times are
seconds as floats on one clock that is given from outside; durations are seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dialer.pacing.checks import require_count, require_finite, require_name, require_one_of, require_within

__all__ = [
    "AgentState",
    "AgentView",
    "CallAbandoned",
    "CallResolved",
    "CallResult",
    "CallServed",
    "CallView",
    "Decision",
    "FloorView",
    "HandleTime",
    "Outcome",
    "WaitingView",
]

AgentState = Literal["ready", "reserved", "talking", "wrap_up"]
CallResult = Literal["human", "machine", "busy", "no_answer", "failed", "released"]

_AGENT_STATES = frozenset({"ready", "reserved", "talking", "wrap_up"})
_CALL_RESULTS = frozenset({"human", "machine", "busy", "no_answer", "failed", "released"})


@dataclass(frozen=True, slots=True)
class AgentView:
    """One agent who is present; paused and absent agents are not shown.

    Attributes:
        agent_id: the agent's name.
        state: `ready`, `reserved`, `talking` or `wrap_up`.
        since: when this state began.
        call_since: when the agent's call began, or None.
        finishing_in: seconds until the agent is ready again, when the desk knows it, else None.
            A forecast that has run out (negative) reads as 0.

    Raises:
        ValueError: naming the field and the value it got.
    """

    agent_id: str
    state: AgentState
    since: float
    call_since: float | None = None
    finishing_in: float | None = None

    def __post_init__(self) -> None:
        require_name("agent_id", self.agent_id)
        if self.state not in _AGENT_STATES:
            require_one_of("state", self.state, _AGENT_STATES)
        require_finite("since", self.since)
        if self.call_since is not None:
            require_finite("call_since", self.call_since)
        if self.finishing_in is not None:
            require_finite("finishing_in", self.finishing_in)


@dataclass(frozen=True, slots=True)
class CallView:
    """One call that is on its way and has reached nobody yet.

    Attributes:
        call_id: the call's name.
        placed_at: when the carrier was asked to dial.
        ringing_since: when the far end began to ring, or None while that is unknown.
        answer_probability: the lead's own estimate that a person answers, or None.

    Raises:
        ValueError: naming the field and the value it got.
    """

    call_id: str
    placed_at: float
    ringing_since: float | None = None
    answer_probability: float | None = None

    def __post_init__(self) -> None:
        require_name("call_id", self.call_id)
        require_finite("placed_at", self.placed_at)
        if self.ringing_since is not None:
            require_finite("ringing_since", self.ringing_since)
        if self.answer_probability is not None:
            require_within("answer_probability", self.answer_probability, 0.0, 1.0)


@dataclass(frozen=True, slots=True)
class WaitingView:
    """A live person who has no agent yet.

    Attributes:
        call_id: the call's name.
        answered_at: when the person answered.

    Raises:
        ValueError: naming the field and the value it got.
    """

    call_id: str
    answered_at: float

    def __post_init__(self) -> None:
        require_name("call_id", self.call_id)
        require_finite("answered_at", self.answered_at)


@dataclass(frozen=True, slots=True)
class FloorView:
    """The whole floor at one instant.

    Attributes:
        now: the instant.
        agents: the agents present.
        in_flight: calls placed and not resolved.
        waiting: live people without an agent.
        line_limit: the most calls at once (in flight, waiting and talking), or None for no limit.
        dial_tokens: how many dials the carrier's rate allows now; fractions round down, None is no limit.
        leads_left: how many leads may be dialed now, or None when unknown.
        hearing: people who hear the message of an agentless campaign, and may yet ask for an agent.

    Raises:
        ValueError: naming the field and the value it got.
    """

    now: float
    agents: tuple[AgentView, ...]
    in_flight: tuple[CallView, ...]
    waiting: tuple[WaitingView, ...]
    line_limit: int | None = None
    dial_tokens: float | None = None
    leads_left: int | None = None
    hearing: int = 0

    def __post_init__(self) -> None:
        require_finite("now", self.now)
        for field in ("agents", "in_flight", "waiting"):
            found = getattr(self, field)
            if type(found) is not tuple:
                if not isinstance(found, list | tuple):
                    raise ValueError(f"{field} must be a tuple of views, got {found!r}")
                object.__setattr__(self, field, tuple(found))
        if self.line_limit is not None:
            require_count("line_limit", self.line_limit)
        if self.dial_tokens is not None:
            require_finite("dial_tokens", self.dial_tokens)
            if self.dial_tokens < 0:
                raise ValueError(f"dial_tokens must be at least 0, got {self.dial_tokens!r}")
        if self.leads_left is not None:
            require_count("leads_left", self.leads_left)
        if self.hearing:
            require_count("hearing", self.hearing)


@dataclass(frozen=True, slots=True)
class Decision:
    """What to do now.

    Attributes:
        dial: how many numbers to dial, at least 0.
        release: ids of ringing calls to let go; each rang at least the policy's `min_ring`.
        reason: one plain sentence that names the binding limit.

    Raises:
        ValueError: naming the field and the value it got.
    """

    dial: int
    release: tuple[str, ...]
    reason: str

    def __post_init__(self) -> None:
        require_count("dial", self.dial)
        require_name("reason", self.reason)


@dataclass(frozen=True, slots=True)
class CallResolved:
    """A call in flight came to its first result.

    Attributes:
        at: when the result was known.
        call_id: the call's name.
        placed_at: when the call was placed.
        result: `human`, `machine`, `busy`, `no_answer`, `failed` or `released` (let go by us).
        answered_at: when somebody or something answered, or None.

    Raises:
        ValueError: naming the field and the value it got.
    """

    at: float
    call_id: str
    placed_at: float
    result: CallResult
    answered_at: float | None = None

    def __post_init__(self) -> None:
        require_finite("at", self.at)
        require_name("call_id", self.call_id)
        require_finite("placed_at", self.placed_at)
        require_one_of("result", self.result, _CALL_RESULTS)
        if self.answered_at is not None:
            require_finite("answered_at", self.answered_at)


@dataclass(frozen=True, slots=True)
class CallServed:
    """A live person reached an agent in time.

    Attributes:
        at: when the agent was there.
        call_id: the call's name.
        answered_at: when the person answered.
        agent_id: the agent's name.

    Raises:
        ValueError: naming the field and the value it got.
    """

    at: float
    call_id: str
    answered_at: float
    agent_id: str

    def __post_init__(self) -> None:
        require_finite("at", self.at)
        require_name("call_id", self.call_id)
        require_finite("answered_at", self.answered_at)
        require_name("agent_id", self.agent_id)


@dataclass(frozen=True, slots=True)
class CallAbandoned:
    """A live person reached nobody in time.

    Attributes:
        at: when the call was given up.
        call_id: the call's name.
        answered_at: when the person answered.

    Raises:
        ValueError: naming the field and the value it got.
    """

    at: float
    call_id: str
    answered_at: float

    def __post_init__(self) -> None:
        require_finite("at", self.at)
        require_name("call_id", self.call_id)
        require_finite("answered_at", self.answered_at)


@dataclass(frozen=True, slots=True)
class HandleTime:
    """An agent finished a call and its wrap-up.

    Attributes:
        at: when the agent was done.
        agent_id: the agent's name.
        talk: seconds of conversation, at least 0.
        wrap_up: seconds of wrap-up, at least 0.

    Raises:
        ValueError: naming the field and the value it got.
    """

    at: float
    agent_id: str
    talk: float
    wrap_up: float

    def __post_init__(self) -> None:
        require_finite("at", self.at)
        require_name("agent_id", self.agent_id)
        require_within("talk", self.talk, 0.0, 1e7)
        require_within("wrap_up", self.wrap_up, 0.0, 1e7)


Outcome = CallResolved | CallServed | CallAbandoned | HandleTime
