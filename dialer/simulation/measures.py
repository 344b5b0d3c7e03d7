"""What a simulated floor is judged by: agents' time, waits, answers, lines.

Formulas.
  utilisation       = (talk + wrap-up) / (ready + reserved + talk + wrap-up), all agents; breaks count nowhere
  wait              = from being ready to the next person's voice, one value per call that was served
  abandonment rate  = abandoned / (served + abandoned), as the dialer's own records have it
  true rate         = the same by the carrier's evidence: of the people who picked up (and did not leave
                      within the allowed time) the share that no agent heard within the allowed wait of the
                      pick-up itself, people taken for machines included
  lines             = calls between dialing and their end, averaged over the dialing hours
"""

from __future__ import annotations

from array import array
from collections import Counter, defaultdict
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np

from dialer.carriers.simulated.record import CallRecord, CarrierRecord
from dialer.engine.states import AgentState
from dialer.pacing import CallAbandoned, CallResolved, CallServed, Outcome

__all__ = ["AgentMeter", "CallMeter", "Evidence", "Measures", "Point", "Trace", "measures_of"]


@dataclass(frozen=True, slots=True)
class Measures:
    """The figures of one run of one policy on one floor. Shares are fractions, times seconds.

    Attributes:
        utilisation: see the module.
        mean_wait: s.
        p95_wait: s.
        served: live answers that an agent took in time.
        abandoned: live answers that found nobody in time.
        rate: abandoned / (served + abandoned).
        true_answers: people who picked up, by the carrier's evidence.
        true_abandoned: those of them whom nobody heard in time.
        worst_period: the highest rate of an accounting period at its end (or the run's).
        worst_running: the highest rate that any period showed after one of its answers, from its 34th on.
        periods: accounting periods seen.
        periods_over: those that ended over the cap.
        placed: calls dialed.
        released: calls let go while ringing.
        lines: calls at once, mean over the dialing hours.
        most_lines: calls at once, the most.
        signed_in: agents' hours.
        decisions: how often the pacer was asked.
    """

    utilisation: float
    mean_wait: float
    p95_wait: float
    served: int
    abandoned: int
    rate: float
    true_answers: int
    true_abandoned: int
    worst_period: float
    worst_running: float
    periods: int
    periods_over: int
    placed: int
    released: int
    lines: float
    most_lines: int
    signed_in: float
    decisions: int

    @property
    def true_rate(self) -> float:
        """The abandonment rate by the carrier's evidence."""
        return self.true_abandoned / self.true_answers if self.true_answers else 0.0

    def to_dict(self) -> dict[str, Any]:
        """Give plain values for JSON."""
        return asdict(self)


class AgentMeter:
    """Adds up the agents' time by state."""

    def __init__(self) -> None:
        self.seconds: dict[AgentState, float] = defaultdict(float)
        self.waits = array("d")
        self._since: dict[str, tuple[AgentState, float]] = {}
        self._ready_at: dict[str, float] = {}

    def changed(self, at: float, agent_id: str, state: AgentState) -> None:
        """An agent goes into a state."""
        before = self._since.get(agent_id)
        if before is not None:
            self.seconds[before[0]] += at - before[1]
        self._since[agent_id] = (state, at)
        if state is AgentState.READY:
            if before is None or before[0] is not AgentState.RESERVED:
                self._ready_at[agent_id] = at
        elif state is AgentState.TALKING and agent_id in self._ready_at:
            self.waits.append(at - self._ready_at[agent_id])

    def close(self, at: float) -> None:
        """Add what has passed in the present states up to `at`."""
        for agent_id, (state, since) in self._since.items():
            self.seconds[state] += at - since
            self._since[agent_id] = (state, at)

    @property
    def busy(self) -> float:
        """Seconds of talk and wrap-up."""
        return self.seconds[AgentState.TALKING] + self.seconds[AgentState.WRAP_UP]

    @property
    def signed_in(self) -> float:
        """Seconds of presence, breaks left out."""
        return self.busy + self.seconds[AgentState.READY] + self.seconds[AgentState.RESERVED]


class CallMeter:
    """Adds up one campaign's answers and lines, and asks its pacer on the engine's behalf.

    Args:
        start: when the first accounting period begins.
        period: its length, s.
        cap: the highest lawful rate of a period.
    """

    def __init__(self, start: float, period: float, cap: float) -> None:
        self.served = self.abandoned = self.released = self.placed = self.decisions = 0
        self.lines = self.most_lines = 0
        self.line_seconds = 0.0
        self.worst_running = 0.0
        self.codes: Counter[str] = Counter()  # how often agents chose each disposition
        self.periods: list[tuple[int, int]] = []  # (answers, abandoned) of those that are over
        self._cap, self._period, self._ends = cap, period, start + period
        self._answers = self._lost = 0  # of the present period
        self._at = start

    def outcome(self, outcome: Outcome) -> None:
        """One outcome that the engine tells the pacer."""
        kind = type(outcome)
        if kind is CallResolved:
            if outcome.result == "released":  # type: ignore[union-attr]
                self.released += 1
            return
        if kind is not CallServed and kind is not CallAbandoned:
            return
        while outcome.at >= self._ends:
            self._close_period()
        self._answers += 1
        if kind is CallServed:
            self.served += 1
            return
        self.abandoned += 1
        self._lost += 1
        if self._answers >= 34:
            self.worst_running = max(self.worst_running, self._lost / self._answers)

    def line_taken(self, at: float) -> None:
        """A call is dialed."""
        self.line_seconds += self.lines * (at - self._at)
        self._at = at
        self.placed += 1
        self.lines += 1
        self.most_lines = max(self.most_lines, self.lines)

    def line_freed(self, at: float) -> None:
        """A call is over."""
        self.line_seconds += self.lines * (at - self._at)
        self._at = at
        self.lines -= 1

    def close(self) -> None:
        """End the last accounting period with the run."""
        self._close_period()

    def _close_period(self) -> None:
        self.periods.append((self._answers, self._lost))
        self._answers = self._lost = 0
        self._ends += self._period


class Evidence(CarrierRecord):
    """The carrier's own record, of which only the sums are kept: what people really met.

    Args:
        allowed: s from a pick-up within which an agent must be heard.
    """

    def __init__(self, allowed: float) -> None:
        super().__init__(keep_ended=False)
        self.answers = self.abandoned = 0
        self._allowed = allowed + 1e-6

    def note(self, call: CallRecord, **facts: float | str) -> None:
        """Enter facts of a call; with its end, judge it."""
        super().note(call, **facts)
        if "ended_at" not in facts or call.result != "human" or call.answered_at is None:
            return
        assert call.ended_at is not None
        if call.bridged_at is not None and call.bridged_at - call.answered_at <= self._allowed:
            self.answers += 1
        elif call.cause != "hung_up_by_person" or call.ended_at - call.answered_at > self._allowed:
            self.answers += 1
            self.abandoned += 1


class Trace:
    """The floor at regular instants, for a plot of a day.

    Attributes:
        every: s between two points.
        points: what `Point` says, in order.
    """

    def __init__(self, every: float = 60.0) -> None:
        self.every = every
        self.points: list[Point] = []
        self._busy = self._signed_in = 0.0

    def add(self, at: float, agents: AgentMeter, calls: list[CallMeter], answer_rate: float) -> None:
        """Enter a point; `agents` is closed at `at`."""
        busy, signed_in = agents.busy - self._busy, agents.signed_in - self._signed_in
        self._busy, self._signed_in = agents.busy, agents.signed_in
        lost = sum(each.abandoned for each in calls)
        answers = lost + sum(each.served for each in calls)
        self.points.append(
            Point(
                at,
                busy / signed_in if signed_in else 0.0,
                sum(each.lines for each in calls),
                lost / answers if answers else 0.0,
                answer_rate,
            )
        )


class Point(NamedTuple):
    """The floor at one instant; utilisation is since the last point, the rate is of abandonment so far."""

    at: float
    utilisation: float
    lines: int
    rate: float
    answer_rate: float


def measures_of(
    agents: AgentMeter, calls: list[CallMeter], evidence: Evidence, cap: float, open_for: float
) -> Measures:
    """Put the figures of a run together.

    Args:
        agents: closed meter of all agents.
        calls: closed meter of each campaign.
        evidence: the carrier's.
        cap: the highest lawful rate of a period.
        open_for: s of dialing hours.
    """
    served, abandoned = sum(each.served for each in calls), sum(each.abandoned for each in calls)
    answers = served + abandoned
    rates = [lost / total for each in calls for total, lost in each.periods if total]
    waits = np.frombuffer(agents.waits) if agents.waits else np.zeros(1)
    return Measures(
        utilisation=agents.busy / agents.signed_in if agents.signed_in else 0.0,
        mean_wait=float(waits.mean()),
        p95_wait=float(np.quantile(waits, 0.95)),
        served=served,
        abandoned=abandoned,
        rate=abandoned / answers if answers else 0.0,
        true_answers=evidence.answers,
        true_abandoned=evidence.abandoned,
        worst_period=max(rates, default=0.0),
        worst_running=max(each.worst_running for each in calls),
        periods=len(rates),
        periods_over=sum(rate > cap for rate in rates),
        placed=sum(each.placed for each in calls),
        released=sum(each.released for each in calls),
        lines=sum(each.line_seconds for each in calls) / open_for,
        most_lines=sum(each.most_lines for each in calls),
        signed_in=agents.signed_in / 3600.0,
        decisions=sum(each.decisions for each in calls),
    )
