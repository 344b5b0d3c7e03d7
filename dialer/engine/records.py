"""What the engine knows of each live call and each agent. Every number on the board is derived from these."""

from __future__ import annotations

from dataclasses import dataclass

from dialer.engine.events import Lead
from dialer.engine.states import AGENT_TABLE, CALL_TABLE, AgentState, CallResult, CallState, IllegalEvent
from dialer.pacing import AgentView, CallView, WaitingView

__all__ = ["Agent", "Call"]

#: Agent states that the pacer is shown.
_SHOWN = {AgentState.READY, AgentState.RESERVED, AgentState.TALKING, AgentState.WRAP_UP}


@dataclass(slots=True)
class Call:
    """One call from the engine's plan to its end."""

    call_id: str
    lead: Lead
    state: CallState
    since: float
    placed_at: float
    ringing_since: float | None = None
    answered_at: float | None = None
    bridged_at: float | None = None
    ended_at: float | None = None
    agent_id: str | None = None
    result: CallResult | None = None
    abandoned: bool = False  # nobody came in time: the message plays
    hanging_up: bool = False  # we asked the carrier to end it
    released: bool = False  # let go while ringing
    machine: bool = False
    asked_at: float | None = None  # past its deadline, the carrier was asked
    heard_at: float = float("-inf")  # the carrier's last word of it
    refused_by: frozenset[str] = frozenset()  # agents with whom a join failed
    message_heard: bool = False  # the carrier told how the message ended
    lead_closed: bool = False  # the person opted out: no later word opens the lead again
    disposition: str | None = None
    callback_at: float | None = None
    callback_for: str = ""
    messaging: bool = False  # agentless: the person hears the message
    wants_agent_at: float | None = None  # agentless: the person pressed the key for an agent
    opted_out: bool = False
    held: bool = False  # placed for one agent, who waits for it; the pacer does not count with either
    _view: CallView | None = None

    def next_state(self, event: object) -> CallState:
        """Return the state the table allows after `event`.

        Raises:
            IllegalEvent: the table does not list it; nothing has changed.
        """
        try:
            return CALL_TABLE[self.state, type(event)]
        except KeyError:
            raise IllegalEvent(
                f"call {self.call_id} is {self.state}; {type(event).__name__} is not allowed there"
            ) from None

    @property
    def waits_since(self) -> float:
        """When the person began to wait for an agent: at the answer, or, with a message, when they asked for one."""
        assert self.answered_at is not None
        return self.answered_at if self.wants_agent_at is None else self.wants_agent_at

    def view(self) -> CallView:
        """The call as the pacer sees it while it has reached nobody."""
        view = self._view
        if view is None or view.ringing_since != self.ringing_since or view.placed_at != self.placed_at:
            view = self._view = CallView(self.call_id, self.placed_at, self.ringing_since, self.lead.answer_probability)
        return view

    def waiting_view(self) -> WaitingView:
        """The person as the pacer sees them while they wait for an agent."""
        return WaitingView(self.call_id, self.waits_since)


@dataclass(slots=True)
class Agent:
    """One agent who has signed in at least once."""

    agent_id: str
    state: AgentState = AgentState.OFFLINE
    since: float = 0.0
    call_id: str | None = None  # reserved, talking, or wrapping up
    call_since: float | None = None
    talk: float = 0.0  # s of the call now in wrap-up
    finishing_at: float | None = None
    pause_code: str | None = None  # a pause that waits for the end of the call
    lead: Lead | None = None  # previewed

    def next_state(self, event: object) -> AgentState:
        """Return the state the table allows after `event`.

        Raises:
            IllegalEvent: the table does not list it; nothing has changed.
        """
        try:
            return AGENT_TABLE[self.state, type(event)]
        except KeyError:
            raise IllegalEvent(
                f"agent {self.agent_id} is {self.state}; {type(event).__name__} is not allowed there"
            ) from None

    def enter(self, state: AgentState, at: float) -> None:
        """Go into a state now; what belonged to the former one is forgotten."""
        self.state, self.since = state, at
        if state is not AgentState.WRAP_UP:
            self.finishing_at = None

    def shown(self) -> bool:
        """Whether the pacer sees this agent."""
        return self.state in _SHOWN

    def view(self, now: float | None = None) -> AgentView:
        """The agent as the pacer sees them, with what the desk announced as of `now`."""
        known = now is not None and self.finishing_at is not None
        return AgentView(
            self.agent_id,
            self.state.value,  # type: ignore[arg-type]
            self.since,
            self.call_since,
            max(0.0, self.finishing_at - now) if known else None,  # type: ignore[operator]
        )
