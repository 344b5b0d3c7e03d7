"""The port every pacer stands behind, with the ledger and the booking of outcomes.

Outcomes may be late, doubled or out of order, and some never come: each call is settled once, by
the first report of its end, except that an abandonment reported after a service wins, because the
law counts the person who reached nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeVar

from dialer.pacing.budget import Ledger
from dialer.pacing.policy import PacingPolicy
from dialer.pacing.values import (
    CallAbandoned,
    CallResolved,
    CallServed,
    CallView,
    Decision,
    FloorView,
    HandleTime,
    Outcome,
)

__all__ = ["Pacer"]

_V = TypeVar("_V")

#: How many settled or resolved calls are remembered to recognise a doubled report.
_REMEMBERED = 20_000


class Pacer:
    """Decides how many numbers to dial and which ringing calls to let go.

    One pacer serves one campaign. It has no clock, no input or output, and no random source but its
    seed: equal floors and outcomes in equal order give equal decisions.

    Attributes:
        policy: the campaign's settings.
        ledger: what this accounting period has served and abandoned.
    """

    def __init__(self, policy: PacingPolicy) -> None:
        self.policy = policy
        self.ledger = Ledger(policy.max_abandonment_rate, policy.period_seconds)
        self._settled: dict[str, str] = {}
        self._resolved: dict[str, None] = {}
        self._last_in_flight: tuple[CallView, ...] = ()
        self._agent_was_ready = False
        self._last_dial = 0

    # ------------------------------------------------------------------ the port

    def decide(self, floor: FloorView) -> Decision:
        """Say what to do now. Call it after every event and at least every 0.5 s.

        Args:
            floor: the whole floor at one instant.

        Returns:
            At most `line_limit`, `dial_tokens` and `leads_left` allow; releases only calls that rang
            at least `min_ring`.
        """
        self.ledger.roll(floor.now)
        decision = self._decide(floor)
        self._last_dial = decision.dial
        self._last_in_flight = floor.in_flight
        ready = [agent.state for agent in floor.agents].count("ready")
        self._agent_was_ready = ready > len(floor.waiting)
        return decision

    def choose(self, estimates: Sequence[float | None]) -> tuple[int, ...]:
        """Say which of some leads to dial for the last decision, when there is a choice.

        An offer to campaigns that know their leads: dial the leads at the positions returned instead of any
        `dial` leads. There may be more or fewer of them, because sure leads fill the room sooner; the limits
        of the floor hold. Call it once, right after `decide`.

        Args:
            estimates: each lead's own answer probability, 0 to 1, or None where it has none.

        Returns:
            Positions in `estimates`, in the order in which to dial.
        """
        return tuple(range(min(self._last_dial, len(estimates))))

    def observe(self, outcome: Outcome) -> None:
        """Learn from one outcome; unknown calls are welcome, doubled reports change nothing.

        Raises:
            TypeError: when `outcome` is none of the four kinds.
        """
        if not isinstance(outcome, Outcome):
            raise TypeError(f"outcome must be a pacing outcome, got {outcome!r}")
        self.ledger.roll(outcome.at)
        match outcome:
            case CallResolved():
                if outcome.call_id not in self._resolved:
                    _remember(self._resolved, outcome.call_id, None)
                    self._learn_call(outcome)
            case CallServed():
                if outcome.call_id not in self._settled:
                    _remember(self._settled, outcome.call_id, "served")
                    self.ledger.serve()
                    self._learn_unresolved(outcome)
            case CallAbandoned():
                before = self._settled.get(outcome.call_id)
                if before is None:
                    self.ledger.abandon(self._agent_was_ready)
                    self._learn_unresolved(outcome)
                elif before == "served":
                    self.ledger.correct()
                if before != "abandoned":
                    _remember(self._settled, outcome.call_id, "abandoned")
            case HandleTime():
                self._learn_handle_time(outcome)

    def retarget(self, max_abandonment_rate: float) -> None:
        """Keep to another cap from now on; what was learned and spent stays.

        Raises:
            ValueError: when it is no fraction.
        """
        self.policy = replace(self.policy, max_abandonment_rate=max_abandonment_rate)
        self.ledger.cap = max_abandonment_rate

    def forgive(self) -> None:
        """Take note that the cause of losses with agents ready is gone, so that dialing may go on.

        To be called when the operator has switched answering-machine detection off after the pacer
        stopped for its sake; what was lost stays in the period's ledger.
        """
        self.ledger.forgive()

    # ------------------------------------------------------------------ for pacers to fill in

    def _decide(self, floor: FloorView) -> Decision:
        raise NotImplementedError

    def _learn_call(self, outcome: CallResolved) -> None:
        """Learn from a call's first result; simple pacers need not."""

    def _learn_handle_time(self, outcome: HandleTime) -> None:
        """Learn from an agent's finished work; simple pacers need not."""

    # ------------------------------------------------------------------ helpers

    def _learn_unresolved(self, outcome: CallServed | CallAbandoned) -> None:
        """A live answer whose CallResolved never came is learned from the last floor that showed it."""
        if outcome.call_id in self._resolved:
            return
        for call in self._last_in_flight:
            if call.call_id == outcome.call_id:
                at = max(outcome.answered_at, call.placed_at)
                _remember(self._resolved, call.call_id, None)
                self._learn_call(CallResolved(at, call.call_id, call.placed_at, "human", at))
                return

    def opening(self, dial: int, release: tuple[str, ...]) -> str:
        """Give the first words of a decision's sentence."""
        return f"Dialing {dial}, letting {len(release)} go" if release else f"Dialing {dial}"

    def scene(self, floor: FloorView, ready: int) -> str:
        """Give the middle of a decision's sentence: agents ready, calls ringing, people waiting."""
        flying, waiting = len(floor.in_flight), len(floor.waiting)
        text = f"{_count(ready, 'agent')} ready of {len(floor.agents)}, {_count(flying, 'call')} ringing"
        return f"{text}, {_count(waiting, 'person', 'people')} waiting" if waiting else text

    def breach_probability(self, now: float) -> float:
        """Give the probability that the present period ends over its cap, as of `now` seconds."""
        return self.ledger.breach_probability(now)

    # ------------------------------------------------------------------ snapshot

    def to_state(self) -> dict[str, Any]:
        """Give a plain, JSON-able snapshot: what was learned and what was spent."""
        return {
            "version": 1,
            "mode": self.policy.mode,
            "ledger": self.ledger.to_state(),
            "settled": dict(self._settled),
            "resolved": list(self._resolved),
            "in_flight": [[call.call_id, call.placed_at] for call in self._last_in_flight],
            "agent_was_ready": self._agent_was_ready,
        }

    def load_state(self, state: dict[str, Any]) -> None:
        """Go on from a snapshot made by `to_state`, also one of another mode.

        Raises:
            ValueError: when the snapshot is of another version or a part is missing or malformed.
        """
        if state.get("version") != 1:
            raise ValueError(f"state must be a pacing snapshot of version 1, got version {state.get('version')!r}")
        try:
            self._load(state)
        except (KeyError, TypeError) as error:
            raise ValueError(f"state is not a whole pacing snapshot: {error!r}") from error

    def _load(self, state: dict[str, Any]) -> None:
        self.ledger.load(state["ledger"])
        self._settled = dict(state["settled"])
        self._resolved = dict.fromkeys(state["resolved"])
        self._last_in_flight = tuple(CallView(name, placed) for name, placed in state["in_flight"])
        self._agent_was_ready = bool(state["agent_was_ready"])


def _remember(book: dict[str, _V], key: str, value: _V) -> None:
    book[key] = value
    if len(book) > _REMEMBERED:
        del book[next(iter(book))]


def _count(number: int, one: str, many: str | None = None) -> str:
    return f"{number} {one}" if number == 1 else f"{number} {many or one + 's'}"
