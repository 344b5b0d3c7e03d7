"""The abandonment budget of the accounting period: a hard ledger, and the price of an abandonment.

Theory of operation
-------------------
A period begins with the first thing the pacer sees and lasts `period_days`; the next begins where it
ends, with an empty ledger. Each live answer is settled once, as served or abandoned. A campaign may
end after any answer, so the ledger is kept lawful after every answer, not only at the period's last.

* **Hard ledger.** `room` = cap * answers - abandoned is what has been earned and not yet spent, and
  `payable` the whole abandonments that may be booked next, one after the other, without passing the
  cap. Nothing is borrowed from answers still to come. The pacer adds no call whose answer could cost
  more than `payable` - 1 with a probability above `LEDGER_RISK` (one is kept in hand for what no
  forecast knows); with nothing payable it dials 1:1, which abandons nobody while agents stay. One
  abandonment in 33 answers breaches 3 %, so this is also the small-team guard.
* **Shadow price.** `threshold` is the largest conditional probability of abandonment that the next
  call may have: the multiplier of the abandonment constraint, adapted online. ln threshold =
  base + STEP * room, a dual ascent step per answer (+ STEP * cap when served, - STEP * (1 - cap) when
  abandoned), and the base creeps by DRIFT * (room - reserve) per answer, so that every floor settles
  with the same reserve at its own level of the price: a proportional-integral controller of the
  room, with DRIFT = cap * STEP^2 / 4 for critical damping at 3 %. What is beyond the reserve may be
  spent sooner (`SURPLUS`). The base outlives the period.
* **Breach probability.** With room left: the chance that the ledger binds at the period's end (the
  reserve that the price will have brought back by then, against var = clumping * cap * min(answers to
  come, 1/(2 cap STEP)), the stationary variance of the room; abandonments come in clumps, hence
  `_CLUMPING`), times the chance that a ledger that binds is overrun all the same (`_OVERRUN`, measured by
  simulation). Past the cap nobody more is abandoned at 1:1, so a breach means that fewer people answer
  until the end than it takes to mend the rate: a Poisson tail.
* **Not for want of agents.** A person abandoned while an agent was ready was not lost to pacing
  (answering-machine detection took a person for a machine, say). Page's CUSUM (Biometrika 41, 1954)
  watches whether such losses alone exceed the cap. When they do and the room is all but spent,
  no pace is lawful: dialing stops until the period ends or `forgive` says that the cause is gone.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from scipy.special import gammaincc

__all__ = ["DRIFT", "HIGHEST", "LEDGER_RISK", "START", "STEP", "Ledger"]

#: ln threshold moves by this much per abandonment.
STEP = 0.06
#: And by this much more per abandonment of room beyond the reserve, which may safely be spent soon.
SURPLUS = 0.1
#: The base of ln threshold moves by this much per answer and abandonment of room beside the reserve.
DRIFT = 3e-5
#: The threshold of a first period's first call.
START = 0.02
#: The threshold never exceeds this.
HIGHEST = 0.7
#: The largest probability with which a call may cost more than the ledger can pay, given its answer.
LEDGER_RISK = 5e-5

_LOWEST_BASE, _HIGHEST_BASE = -30.0, math.log(0.3)
_RESERVE = 10.0  # abandonments the price keeps in reserve
_RESERVE_SHARE = 0.02  # and this share of what the cap allowed so far,
#: so many at most: with hundreds of agents the hard ledger keeps about a fifteenth of them in hand by itself, and a
#: price that wanted more would press on a floor that is full (500 agents fell from 99.4 to 97.7 % in their fifth hour).
_MOST_SHARE = 15.0
_CLUMPING = 3.0
_OVERRUN = 0.01  # of periods in which the ledger binds at the end, so many at most end over the cap
_STRUCTURAL = 4.0  # losses beyond the cap, all with agents ready, that show that pacing is not their cause
#: Set aside per such loss: about as many come while no agent is ready, and more are on their way.
_SET_ASIDE = 2.0
_LAST_ROOM = 3.0  # room below which they end dialing; the answers on their way may still cost some


@dataclass(slots=True)
class Ledger:
    """What this period has served, abandoned and may still spend.

    Attributes:
        cap: the law's cap, a fraction.
        length: seconds in a period.
        began: when the period began, or None before anything was seen.
        served: live answers served in this period.
        abandoned: live answers abandoned in this period.
        idle_abandoned: those of them that were abandoned while an agent was ready.
        idle_excess: the CUSUM of those losses beyond the cap.
        hopeless: whether no pace is lawful, because people are lost while agents are ready.
        base: ln of the threshold at no room.
        periods: how many periods have ended.
    """

    cap: float
    length: float
    began: float | None = None
    served: int = 0
    abandoned: int = 0
    idle_abandoned: int = 0
    idle_excess: float = 0.0
    hopeless: bool = False
    base: float = math.log(START)
    periods: int = 0

    @property
    def answers(self) -> int:
        """Live answers settled in this period."""
        return self.served + self.abandoned

    @property
    def rate(self) -> float:
        """Abandoned / (served + abandoned) of this period; 0 before the first answer."""
        return self.abandoned / self.answers if self.answers else 0.0

    @property
    def room(self) -> float:
        """Abandonments earned by the answers so far and not yet spent; negative past the cap."""
        return self.cap * (self.served + self.abandoned) - self.abandoned

    @property
    def structural(self) -> float:
        """Abandonments set aside because people seem to be lost for other reasons than pacing."""
        return _SET_ASIDE * self.idle_excess

    @property
    def reserve(self) -> float:
        """The room that the price steers to."""
        return _RESERVE + _shared(self.cap * self.answers)

    @property
    def threshold(self) -> float:
        """The largest conditional probability of abandonment that the next call may have."""
        room = self.room
        surplus = SURPLUS * max(0.0, room - self.reserve)
        return math.exp(min(self.base + STEP * room + surplus, math.log(HIGHEST)))

    def payable(self, pledged: float = 0.0) -> int:
        """Give the abandonments that may be booked next, one after the other, without passing the cap.

        Args:
            pledged: abandonments expected of calls on their way that no pace can avoid.
        """
        if self.cap >= 1.0:
            return 1_000_000
        return max(0, math.floor((self.room - pledged) / (1.0 - self.cap) + 1e-9))

    @property
    def guarded(self) -> bool:
        """Whether the next abandonment would be unlawful, so that only 1:1 may be dialed."""
        return self.payable() < 1

    def ends_within(self, now: float, seconds: float) -> bool:
        """Whether the period ends within `seconds`, so that a call placed now may settle in the next."""
        return self.began is not None and now + seconds >= self.began + self.length

    def roll(self, now: float) -> bool:
        """Open the period that `now` falls into; tell whether a new one began.

        A clock that jumps back does not reopen an old period.
        """
        if self.began is None:
            self.began = now
            return False
        passed = math.floor((now - self.began) / self.length)
        if passed < 1:
            return False
        self.began += passed * self.length
        self.periods += passed
        self.served = self.abandoned = 0
        self.forgive()
        return True

    def serve(self) -> None:
        """Book one live answer that reached an agent."""
        self.served += 1
        self._settle(0)

    def abandon(self, agent_was_ready: bool) -> None:
        """Book one live answer that reached nobody."""
        self.abandoned += 1
        self.idle_abandoned += agent_was_ready
        self._settle(int(agent_was_ready))

    def correct(self) -> None:
        """Book a served answer as abandoned after all (its abandonment was reported later)."""
        self.served -= 1
        self.abandon(agent_was_ready=False)

    def _settle(self, idle: int) -> None:
        room = self.room
        creep = DRIFT * max(min(room - self.reserve, _RESERVE), -_RESERVE)
        self.base = min(max(self.base + creep, _LOWEST_BASE), _HIGHEST_BASE)
        self.idle_excess = max(0.0, self.idle_excess + idle - self.cap)
        if self.idle_excess > _STRUCTURAL and room < _LAST_ROOM:
            self.hopeless = True

    def forgive(self) -> None:
        """Judge losses with agents ready anew: their cause is gone, or a new period began."""
        self.idle_abandoned, self.idle_excess, self.hopeless = 0, 0.0, False

    def breach_probability(self, now: float) -> float:
        """Give the probability that this period ends over its cap.

        Args:
            now: the instant, seconds; answers to come are forecast from the pace so far.
        """
        if self.cap >= 1.0:
            return 0.0
        if self.began is None or not self.answers:
            return 0.0 if self.cap > 0.0 else 1.0
        elapsed = max(now - self.began, 1.0)
        coming = self.answers / elapsed * max(self.length - elapsed, 0.0)
        room = self.room
        if room < 0.0:
            missing = math.ceil(-room / self.cap - 1e-9) if self.cap > 0.0 else math.inf
            return float(gammaincc(missing, coming)) if missing < math.inf else 1.0  # P(Poisson(coming) < missing)
        # The price brings the room back to its reserve, by at most what the cap allows for the answers to come.
        end = min(_RESERVE + _shared(self.cap * (self.answers + coming)), room + self.cap * coming)
        spread = math.sqrt(_CLUMPING * self.cap * min(coming + 1.0, 1.0 / (2.0 * max(self.cap, 1e-9) * STEP)))
        return _OVERRUN * 0.5 * math.erfc(end / max(spread, 1e-9) / math.sqrt(2.0))

    def to_state(self) -> dict[str, Any]:
        """Give a plain, JSON-able snapshot (the policy's own numbers are not part of it)."""
        state = asdict(self)
        del state["cap"], state["length"]
        return state

    def load(self, state: dict[str, Any]) -> None:
        """Go on from a snapshot made by `to_state`.

        Raises:
            TypeError: when the snapshot has unknown parts.
        """
        fresh = Ledger(self.cap, self.length, **state)
        for name in self.__slots__:
            setattr(self, name, getattr(fresh, name))


def _shared(allowed: float) -> float:
    """The part of the reserve that grows with what the cap allowed, in abandonments."""
    return min(_RESERVE_SHARE * allowed, _MOST_SHARE)
