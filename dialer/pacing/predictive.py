"""The predictive pacer: dial while the next answer would very likely find somebody.

Theory of operation
-------------------
The marginal rule. Let q be the probability that one more call, if a person answers it, finds nobody
in time (see `forecast` and `overload`). Dial while q is below the shadow price of the abandonment
budget (see `budget`). This is the greedy solution of "most conversations subject to a rate of
abandonment" and it needs no ratio that someone must tune; compare Samuelson 1999, "Predictive
dialing for outbound telephone call centers", Interfaces 29, and Korolyuk, Melikov, Ponomarenko and
Rustamov on predictive dialing as a controlled queue.

The hard ledger comes before the price. No call is added whose answer, with all others on their way,
could cost more than what the answers so far have paid for. While nothing is payable, and just before
an accounting period ends, the pacer dials 1:1, which abandons nobody while agents stay. Where people
are lost although agents are ready (an answering-machine detector that takes people for machines) no
pace is lawful: dialing stops, with the advice to switch it off, until `forgive` or the next period.

Lawful release. A call that rang at least `min_ring` may be let go. It is let go when an answer just
now would find nobody with a probability above the price.

Cost. A whole look ahead costs tens to hundreds of microseconds. After a look the pacer knows how far the
next call was from the price, and looks again at once when an agent became ready, somebody waits or
the floor's size changed, and otherwise the sooner the nearer the price was. Between two looks the
answer is "nothing to do", with the last look's reason.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dialer.pacing.base import Pacer
from dialer.pacing.budget import LEDGER_RISK
from dialer.pacing.choosing import choose
from dialer.pacing.crew import Crew
from dialer.pacing.forecast import Forecaster
from dialer.pacing.limits import Limit, dial_limit, needed_lines, releasable
from dialer.pacing.look import AMPLE, Load, Look
from dialer.pacing.policy import PacingPolicy
from dialer.pacing.ring_times import BIN, BINS
from dialer.pacing.simple import one_to_one
from dialer.pacing.values import CallResolved, CallServed, Decision, FloorView, HandleTime, Outcome

__all__ = ["PredictivePacer"]

#: Calls in flight beyond one per agent, as a share of the calls the answer rate rests on.
_LEAP = 0.5
#: Abandonments that the ledger keeps for what no forecast knows: an agent who leaves, a person cut off.
_IN_HAND = 1
#: And so many more while ready agents go elsewhere than to our own calls.
_ELSEWHERE = 2
#: Losses with agents ready, beyond the cap, from which on the board names them.
_SUSPICIOUS = 2.0
#: Seconds by which the report of a call's end may be late.
_LATE = 2.0
#: How far the next call was from the price (risk over price), and how many beats until the next look.
_NEXT_LOOK = ((1.3, 1), (3.0, 2))
_LONGEST_REST = 3
#: Seconds of a beat, on a small floor, where every second of one agent counts, and on a larger one.
_BEAT, _LARGER_BEAT = 0.45, 0.9
_SMALL = 20
#: Seconds for which a sentence that says why nothing is dialed is repeated.
_REPEAT = 1.0
#: Why no more is dialed, where neither the ledger nor a limit says so.
_AGENTS = "agents bound it: one answer more would too likely find none free"
#: Above this many agents somebody becomes ready all the time, and the beat is that of a small floor.
_LARGE = 80


class PredictivePacer(Pacer):
    """Forecasts answers and free agents, and spends the abandonment budget where it earns most."""

    def __init__(self, policy: PacingPolicy) -> None:
        super().__init__(policy)
        self.forecaster = Forecaster(policy)
        self.crew = Crew()
        #: For `choose`: what is on its way, the price, the most and the least calls, if the price decided.
        self._room: tuple[Load, float, int, int] | None = None
        self._looked_at = 0.0
        self._beats = 0
        self._looked_sizes: tuple[int, int, int] | None = None  # agents, ready, waiting
        self._explained, self._bound, self._spoke_at = "", "", 0.0

    # ------------------------------------------------------------------ deciding

    def _decide(self, floor: FloorView) -> Decision:
        ready = [agent.state for agent in floor.agents].count("ready")
        self._room = None
        if self._may_rest(floor, ready):
            return Decision(0, (), f"Dialing 0: {self._explained}")
        self._looked_at = floor.now
        decision, self._beats = self._look(floor, ready)
        self._looked_sizes = (len(floor.agents), ready, len(floor.waiting))
        self._explained = decision.reason.partition(": ")[2]
        return decision

    def _look(self, floor: FloorView, ready: int) -> tuple[Decision, int]:
        """Decide after a whole look, and say after how many beats to look again."""
        limit = dial_limit(self.policy, floor)
        if not floor.agents:
            return one_to_one(self, floor, ready, limit, "no agent is here"), 0
        if self.ledger.hopeless:
            return self._give_up(floor, ready), 0
        ledger = self.ledger
        look = self.forecaster.look(floor, ledger.payable(ledger.structural) - _IN_HAND)
        payable = ledger.payable(look.unserved + ledger.structural)
        steady = payable >= AMPLE or self.crew.steady(floor)
        if not steady:
            payable = max(payable - _ELSEWHERE, 0)
        guard = self._guard(floor, payable)
        if guard is not None and payable < 1 and not steady:
            why = "every other agent is left to the others, because ready agents go elsewhere, too (law)"
            return one_to_one(self, floor, ready, limit, why, counted=ready // 2), 0
        if guard is not None:
            return one_to_one(self, floor, ready, limit, guard), 0
        threshold = ledger.threshold
        spend = payable - _IN_HAND
        release = self._release(floor, look, threshold, spend)
        if release:
            bound = "agents bound it: an answer now would likely find nobody"
            return Decision(0, release, self._sentence(floor, ready, 0, release, bound)), 1
        # Learn before leaping: a flood of calls may not rest on the answers of a few.
        known = len(floor.agents) + int(self.forecaster.known_calls * _LEAP) - len(floor.in_flight)
        if known < limit.calls:
            limit = Limit(max(known, 0), "too few calls known yet")
        room = look.most_calls(threshold, limit.calls, spend)
        distance = room.risk / threshold
        one_each = min(needed_lines(ready, floor), limit.calls)
        dial = max(room.calls, one_each)
        if dial:
            self._room = (look.load(spend), threshold, limit.calls, one_each)
        if dial == limit.calls and distance < 1.0:
            bound = f"{limit.name} bound it"
        elif room.by_ledger and spend < 1:
            bound = "the budget has no abandonment to spend and more calls could cost one (law)"
        elif room.by_ledger:
            bound = f"the budget has {spend} abandonments to spend and more calls could cost more (law)"
        elif dial and dial == one_each:
            bound = "1:1 is as good as prediction now"
        elif dial:
            bound = f"{_AGENTS} ({100 * room.risk:.1f} %, and the budget bears {100 * threshold:.1f} %)"
        else:
            bound = _AGENTS
        beats = next((beats for near, beats in _NEXT_LOOK if distance < near), _LONGEST_REST)
        if self.policy.release_ringing and look.risk_soon >= threshold:
            beats = 1  # the calls that come to `min_ring` now are to be let go
        if not dial and bound == self._bound and abs(floor.now - self._spoke_at) < _REPEAT:
            return Decision(0, (), f"Dialing 0: {self._explained}"), beats
        self._bound, self._spoke_at = bound, floor.now
        return Decision(dial, (), self._sentence(floor, ready, dial, (), bound)), beats

    def choose(self, estimates: Sequence[float | None]) -> tuple[int, ...]:
        """Say which of some leads to dial for the last decision: as many sure ones as fit the room."""
        if self._room is None or all(estimate is None for estimate in estimates):
            return super().choose(estimates)
        load, threshold, limit, least = self._room
        return choose(load, [self.forecaster.corrected(e) for e in estimates], threshold, limit, least)

    def _may_rest(self, floor: FloorView, ready: int) -> bool:
        """Whether the last look still holds: it is recent, and nobody has become ready or waits since."""
        if self._looked_sizes is None:
            return False
        agents, were_ready, waiting = self._looked_sizes
        beat = _LARGER_BEAT if _SMALL < agents <= _LARGE else _BEAT
        if not 0.0 <= floor.now - self._looked_at < self._beats * beat:
            return False
        come_or_gone = abs(len(floor.agents) - agents)
        if agents > _LARGE:  # a shift of hundreds begins one by one, and each would ask for a look of its own
            return come_or_gone + abs(ready - were_ready) + abs(len(floor.waiting) - waiting) <= agents // 12
        if come_or_gone:
            return False
        return ready <= were_ready and len(floor.waiting) <= waiting

    def _release(self, floor: FloorView, look: Look, threshold: float, spend: int) -> tuple[str, ...]:
        """List the calls to let go."""
        if not self.policy.release_ringing or (look.risk_soon < threshold and look.soon(spend) < LEDGER_RISK):
            return ()
        return tuple(releasable(self.policy, floor))

    def _give_up(self, floor: FloorView, ready: int) -> Decision:
        lost, answers = self.ledger.idle_abandoned, self.ledger.answers
        release = tuple(releasable(self.policy, floor))
        return Decision(
            0,
            release,
            f"{self.opening(0, release)}: {lost} of {answers} people were lost while an agent was ready, "
            f"more than the cap of {100 * self.ledger.cap:.1f} % allows at any pace (law); "
            "switch answering-machine detection off.",
        )

    # ------------------------------------------------------------------ speaking

    def _ends(self, floor: FloorView) -> bool:
        """Whether a call placed now may settle in the next period."""
        settles = self.policy.ring_timeout + self.policy.allowed_wait + _LATE
        return self.ledger.cap < 1.0 and self.ledger.ends_within(floor.now, settles)

    def _guard(self, floor: FloorView, payable: int) -> str | None:
        """Say why only 1:1 is lawful now, or None."""
        ledger = self.ledger
        if payable < 1:
            if ledger.idle_excess > _SUSPICIOUS:
                return (
                    f"1:1 because {ledger.idle_abandoned} people were lost while an agent was ready: "
                    "check answering-machine detection"
                )
            if ledger.rate > ledger.cap:
                return f"1:1 because {100 * ledger.rate:.1f} % of the period's answers were abandoned (law)"
            return (
                f"1:1 by the small-team guard: with {ledger.abandoned} of {ledger.answers} answers abandoned, "
                f"one more could exceed {100 * ledger.cap:.1f} % (law)"
            )
        if self._ends(floor):
            return "1:1 because the accounting period ends, and the next one begins with an empty budget (law)"
        return None

    def _sentence(self, floor: FloorView, ready: int, dial: int, release: tuple[str, ...], bound: str) -> str:
        ledger = self.ledger
        return (
            f"{self.opening(dial, release)}: {self.scene(floor, ready)}; {bound}; "
            f"budget {100 * ledger.rate:.2f} % of {100 * ledger.cap:.1f} %."
        )

    # ------------------------------------------------------------------ learning

    def _learn_call(self, outcome: CallResolved) -> None:
        human = outcome.result == "human"
        lag = 0.0 if outcome.answered_at is None else outcome.at - outcome.answered_at
        age = min(max(outcome.at - outcome.placed_at, 0.0), BIN * BINS)
        self.forecaster.call_left_ring(outcome.call_id, age, human, outcome.result == "released", lag)

    def observe(self, outcome: Outcome) -> None:
        """Learn from one outcome (see `Pacer.observe`)."""
        super().observe(outcome)
        if isinstance(outcome, CallServed):
            self.crew.served(outcome.agent_id)

    def _learn_handle_time(self, outcome: HandleTime) -> None:
        self.forecaster.agent_finished(outcome.agent_id, outcome.at, outcome.talk, outcome.wrap_up)

    # ------------------------------------------------------------------ snapshot

    def to_state(self) -> dict[str, Any]:
        """Give a plain, JSON-able snapshot: what was learned and what was spent."""
        state = super().to_state()
        state["forecaster"] = self.forecaster.to_state()
        state["crew"] = self.crew.to_state()
        state["look"] = {
            "at": self._looked_at,
            "beats": self._beats,
            "sizes": None if self._looked_sizes is None else list(self._looked_sizes),
            "explained": self._explained,
            "bound": self._bound,
            "spoke_at": self._spoke_at,
        }
        return state

    def _load(self, state: dict[str, Any]) -> None:
        super()._load(state)
        if "forecaster" in state:
            self.forecaster.load(state["forecaster"])
            self.crew.load(state["crew"])
        if "look" in state:
            look = state["look"]
            self._looked_at, self._beats = float(look["at"]), int(look["beats"])
            sizes = look["sizes"]
            self._looked_sizes = None if sizes is None else (sizes[0], sizes[1], sizes[2])
            self._explained, self._bound = str(look["explained"]), str(look["bound"])
            self._spoke_at = float(look["spoke_at"])
