"""The abandonment budget of the accounting period, and the price of an abandonment.

Theory of operation
-------------------
A period begins with the first thing the pacer sees and lasts `period_days`; the next begins where it
ends, with an empty ledger. Each live answer is settled once, as served or abandoned. The campaign
may end on any day, so the ledger is kept lawful at every moment, not only at the period's last.

* **Shadow price.** `threshold` is the largest conditional probability of abandonment that the next
  call may have. It is the multiplier of the abandonment constraint, adapted online (a dual ascent
  step): ln threshold += step * aim per live answer served, -= step * (1 - aim) per abandonment. As
  the steps add up, ln threshold = ln start + step * (aim * answers - abandoned): an integral
  controller. It starts low, so when it has climbed to the floor's own level L the period holds
  ln(L / start) / step abandonments in reserve for good, some standard deviations of the ledger. It
  never exceeds `HIGHEST`; hence
  abandoned <= aim * answers + ln(HIGHEST / start) / step + calls in flight, whatever the floor does.
* **The small-team guard.** One abandonment in 33 answers breaches 3 %. Until the next abandonment
  would still be lawful the pacer dials 1:1, which abandons nobody.
* **Breach probability.** The reserve that will be there at the period's end against the deviation
  the ledger can still have by then: var = clumping * aim * min(answers to come, 1/(2 aim step)), the
  stationary variance of the controlled ledger (abandonments come in clumps, hence `_CLUMPING`).
* **Not for want of agents.** A person abandoned while an agent was ready was not lost to pacing
  (answering-machine detection took a person for a machine, say). When such abandonments alone
  exceed the cap with confidence, no pace is lawful, and dialing stops until the period ends.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

__all__ = ["HIGHEST", "START", "STEP", "Ledger"]

#: ln threshold moves by this much per abandonment.
STEP = 0.12
#: The threshold at the start of a period.
START = 0.012
#: The threshold never exceeds this.
HIGHEST = 0.7

_LOWEST_LOG = -40.0
_AIM = 0.985  # share of the cap that the price aims at
_CLUMPING = 3.0


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
        log_price: ln of the threshold.
        periods: how many periods have ended.
    """

    cap: float
    length: float
    began: float | None = None
    served: int = 0
    abandoned: int = 0
    idle_abandoned: int = 0
    log_price: float = math.log(START)
    periods: int = 0

    @property
    def aim(self) -> float:
        """The abandonment rate the price steers to, a little under the cap."""
        return self.cap * _AIM

    @property
    def answers(self) -> int:
        """Live answers settled in this period."""
        return self.served + self.abandoned

    @property
    def rate(self) -> float:
        """Abandoned / (served + abandoned) of this period; 0 before the first answer."""
        return self.abandoned / self.answers if self.answers else 0.0

    @property
    def threshold(self) -> float:
        """The largest conditional probability of abandonment that the next call may have."""
        return math.exp(self.log_price)

    @property
    def room(self) -> float:
        """Abandonments that may still be added now without breaching, were they settled at once."""
        return self.cap * (self.answers + 1) - self.abandoned

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
        self.served = self.abandoned = self.idle_abandoned = 0
        self.log_price = math.log(START)
        return True

    def serve(self) -> None:
        """Book one live answer that reached an agent."""
        self.served += 1
        self.log_price = min(self.log_price + STEP * self.aim, math.log(HIGHEST))

    def abandon(self, agent_was_ready: bool) -> None:
        """Book one live answer that reached nobody."""
        self.abandoned += 1
        self.idle_abandoned += agent_was_ready
        self.log_price = max(self.log_price - STEP * (1.0 - self.aim), _LOWEST_LOG)

    def correct(self) -> None:
        """Book a served answer as abandoned after all (its abandonment was reported later)."""
        self.served -= 1
        self.abandon(agent_was_ready=False)

    @property
    def guarded(self) -> bool:
        """Whether the next abandonment would be unlawful, so that only 1:1 may be dialed."""
        return self.room < 1.0

    @property
    def hopeless(self) -> bool:
        """Whether abandonments that no pace can avoid exceed the cap with confidence."""
        lost = self.idle_abandoned
        return lost >= 8 and lost - 2.5 * math.sqrt(lost) > self.cap * self.answers

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
        reserve = self.cap * (self.answers + coming) - self.abandoned - self.aim * coming
        # Below its level the price buys nothing, so what was overspent is paid back first.
        reserve += min(coming * self.aim, max(0.0, self.abandoned - self.cap * self.answers))
        spread = math.sqrt(_CLUMPING * self.aim * min(coming + 1.0, 1.0 / (2.0 * max(self.aim, 1e-9) * STEP)))
        return 0.5 * math.erfc(reserve / max(spread, 1e-9) / math.sqrt(2.0))

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
