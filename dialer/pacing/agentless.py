"""The pacer of a campaign without agents: as many calls as lines, rate and leads allow.

Where a key of the message leads to an agent, people who ask must find one. Each call that is on its way, and each
person who hears the message, asks with some probability: p = P(a person answers), k = P(who hears it asks), both
learned as Beta-Bernoulli means. The number who will ask is taken as Poisson with mean m = k (hearing + p n) for n calls
in flight. The pacer dials up to the largest n at which the expected number who find nobody, E[(N - r)+] with r agents
free, is at most the campaign's cap on abandonment times m. Calls last longer than rings, so agents now talking are not
counted on.

Only people who asked for an agent are in its ledger: 47 CFR 64.1200(a)(7) does not count a call as abandoned whose
recorded message, with consent, begins within two seconds; whoever asks for an agent and gets none is counted by us.
"""

from __future__ import annotations

from math import exp
from typing import Any

from dialer.pacing.base import Pacer
from dialer.pacing.values import CallAbandoned, CallResolved, CallServed, Decision, FloorView, Outcome

__all__ = ["AgentlessPacer", "expected_excess"]

#: Before anything is known: of ten who answer one asks, of ten calls three are answered; worth so many calls.
_ASKS, _ANSWERS = (1.0, 9.0), (3.0, 7.0)
#: What lies further back than so many people weighs less and less.
_MEMORY = 400.0


def expected_excess(mean: float, agents: int) -> float:
    """E[(N - agents)+] of N, Poisson with a mean: how many who ask are expected to find nobody."""
    if mean <= 0.0:
        return 0.0
    if mean > 700.0:  # exp(-mean) is 0 there, and N is close to its mean
        return max(0.0, mean - agents)
    term, short = exp(-mean), 0.0
    for asked in range(agents):
        short += (agents - asked) * term
        term *= mean / (asked + 1)
    return max(0.0, mean - agents + short)


class AgentlessPacer(Pacer):
    """Dials what lines, rate and leads allow; with an agent key, no more than the free agents can serve."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._asks, self._answers = list(_ASKS), list(_ANSWERS)

    def observe(self, outcome: Outcome) -> None:
        """Learn from one outcome, and from each who asked for an agent, served or not."""
        asked = isinstance(outcome, CallServed | CallAbandoned) and outcome.call_id not in self._settled
        super().observe(outcome)
        if asked:
            self._asks[0] += 1.0
            self._asks[1] = max(1.0, self._asks[1] - 1.0)  # was counted as one who only heard

    def _learn_call(self, outcome: CallResolved) -> None:
        human = outcome.result == "human"
        _count(self._answers, human)
        if human:
            _count(self._asks, False)

    def _decide(self, floor: FloorView) -> Decision:
        flying = len(floor.in_flight)
        most, bound = 1_000_000, "nothing"
        for limit, name in ((floor.dial_tokens, "rate"), (floor.leads_left, "leads"), (self._lines(floor), "lines")):
            if limit is not None and limit < most:
                most, bound = max(0, int(limit)), name
        heard = f"{flying} ringing, {floor.hearing} hear the message"
        if not self.policy.agent_key:
            return Decision(most, (), f"Dialing {most}: {heard}; {bound} bound it (agentless).")
        ready = sum(1 for agent in floor.agents if agent.state == "ready") - len(floor.waiting)
        if ready <= 0:
            why = "no agent is free for those who press the key"
            return Decision(0, (), f"Dialing 0: {heard}; {why} (agentless).")
        if self.ledger.guarded:  # one who finds nobody would exceed the cap: then each has an agent of their own
            room = max(0, ready - floor.hearing - flying)
        else:
            room = max(0, self._most_in_flight(floor.hearing, ready) - flying)
        if room < most:
            most, bound = room, f"{ready} free for those who press the key"
        return Decision(most, (), f"Dialing {most}: {heard}; {bound} bound it (agentless).")

    def _lines(self, floor: FloorView) -> int | None:
        if floor.line_limit is None:
            return None
        talking = sum(1 for agent in floor.agents if agent.state in ("talking", "reserved"))
        return floor.line_limit - len(floor.in_flight) - len(floor.waiting) - floor.hearing - talking

    def _most_in_flight(self, hearing: int, ready: int) -> int:
        """The most calls in flight at which few enough of those who will ask find nobody."""
        asks = self._asks[0] / sum(self._asks)
        answers = self._answers[0] / sum(self._answers)

        def fits(calls: int) -> bool:
            mean = asks * (hearing + answers * calls)
            return expected_excess(mean, ready) <= self.policy.max_abandonment_rate * mean

        low, high = 0, 1
        while high < 100_000 and fits(high):
            low, high = high, 2 * high
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if fits(middle) else (low, middle)
        # With nothing under way one call may always go: a single person who asks is served.
        return max(low, 1 if hearing == 0 else 0)

    def to_state(self) -> dict[str, Any]:
        """A plain snapshot, with what was learned of people's keys."""
        return {**super().to_state(), "asks": list(self._asks), "answers": list(self._answers)}

    def _load(self, state: dict[str, Any]) -> None:
        super()._load(state)
        self._asks = [float(each) for each in state.get("asks", _ASKS)]
        self._answers = [float(each) for each in state.get("answers", _ANSWERS)]


def _count(pair: list[float], yes: bool) -> None:
    fade = min(1.0, _MEMORY / sum(pair))
    pair[0], pair[1] = pair[0] * fade + yes, pair[1] * fade + (not yes)
