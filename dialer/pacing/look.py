"""What one look ahead says: how many calls may be added, and whether an answer now finds nobody.

Theory of operation
-------------------
`forecast` lists the trials of one Poisson-binomial per instant: agents who stay busy and people who
answer first; S of them against n agents. One more answer finds nobody when S >= n, and it is the
last of k people who find nobody when S >= n + k - 1. The first probability is held against the
price of an abandonment, the second against what the hard ledger can pay (see `budget`). Both count
every call on its way, so what was already risked is never risked twice. What the ledger can pay is
judged with the answer rate up to `_DOUBTS` standard deviations higher; on large floors the doubt is
part of the variance, too.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dialer.pacing.budget import LEDGER_RISK
from dialer.pacing.overload import series_tail, transform

__all__ = ["AMPLE", "Look", "Room"]

Floats = npt.NDArray[np.float64]
Complexes = npt.NDArray[np.complex128]

#: A ledger that can pay for this many abandonments binds no call; on small floors, for so many. Above
#: 80 agents people are lost in larger clumps, and a tenth of the agents stands for `AMPLE`.
_MANY, AMPLE = 10_000, 8
#: Standard deviations by which the answer rate may be higher than estimated.
_DOUBTS = 2.0


class Room(NamedTuple):
    """How many calls may be added, and what forbids one more.

    Attributes:
        calls: how many.
        by_ledger: whether the ledger rather than the price forbids one more.
        risk: the conditional probability of abandonment of the first call that was not added.
    """

    calls: int
    by_ledger: bool
    risk: float


class Look:
    """The overload probabilities of one floor at one instant.

    Columns: 0 is `SOON` ahead, 1.. are the instants at which a new call may be answered.

    Args:
        agents: agents present.
        new_call: the answer probability of a new call by each column's instant.
        weights: the share of a new call's answers that each instant stands for and that count.
        cumulants: of S at each column: mean, variance, third and fourth cumulant.
        answers: answers to come by each column's instant.
        doubt: standard deviation of the answer rate as a fraction of it.
        trials: probabilities of the trials, agents before calls, or None when the series is to be used.
        calls: how many of the trials are calls.
        unserved: people waiting for whom no agent will be free in time.
    """

    def __init__(
        self,
        agents: int,
        new_call: Floats,
        weights: Floats,
        *,
        cumulants: Floats,
        answers: Floats,
        doubt: float,
        trials: Floats | None,
        calls: int,
        unserved: float,
    ) -> None:
        self.agents = agents
        self.unserved = unserved
        self._new = new_call
        self._weights = weights
        self._mean, self._variance, self._third, self._fourth = cumulants
        self._answers, self._doubt = answers, doubt
        self._trials, self._calls = trials, calls
        if trials is not None:
            self._transform = transform(agents + AMPLE)
            self._function = self._transform.factors(trials)

    def soon(self, spare: int = 0) -> float:
        """Give the probability that an answer just now finds nobody, and `spare` others before it found nobody."""
        if spare >= AMPLE and self.agents <= _AMPLE_AGENTS:
            return 0.0
        need = self.agents + min(spare, _MANY)
        if self._trials is not None:
            return float(self._transform.tail(self._function[:1], need)[0])
        tail = series_tail(self._mean[:1], self._variance[:1], self._third[:1], self._fourth[:1], float(need))
        return float(tail[0])

    def most_calls(self, threshold: float, limit: int, payable: int = _MANY) -> Room:
        """Give how many calls to add, each while two risks of its answer stay small.

        Args:
            threshold: the probability that it finds nobody must be under this.
            limit: the most calls to add.
            payable: the probability that it is the last but `payable` that finds nobody, so that the
                ledger could not pay for it, must be under `LEDGER_RISK` at every instant.
        """
        payable = min(payable, _MANY)
        if self._trials is not None:
            return self._most_exact(threshold, limit, payable)
        return self._most_series(threshold, limit, payable)

    def _most_exact(self, threshold: float, limit: int, payable: int) -> Room:
        transform, need, weights = self._transform, self.agents, self._weights
        function = self._function[1:]
        risk = float(weights @ transform.tail(function, need))
        if risk >= threshold or limit <= 0:
            return Room(0, False, risk)
        factor = 1.0 + self._new[1:, None] * transform.steps
        spend: Complexes | None = None
        spend_factor = factor
        if payable < AMPLE:
            # The ledger must be able to pay also when people answer more often than we think.
            assert self._trials is not None
            more = 1.0 + _DOUBTS * self._doubt
            doubted = self._trials[:, 1:].copy()
            held = len(doubted) - self._calls
            doubted[held:] = np.minimum(doubted[held:] * more, 1.0)
            spend = transform.factors(doubted)
            spend_factor = 1.0 + np.minimum(self._new[1:] * more, 1.0)[:, None] * transform.steps
        for placed in range(limit):
            if spend is not None:
                if float(transform.tail(spend, need + payable).max()) >= LEDGER_RISK:
                    return Room(placed, True, risk)
                spend = spend * spend_factor
            function = function * factor
            risk = float(weights @ transform.tail(function, need))
            if risk >= threshold:
                return Room(placed + 1, False, risk)
        return Room(limit, False, risk)

    def _most_series(self, threshold: float, limit: int, payable: int) -> Room:
        q, answers, doubt = self._new[1:], self._answers[1:], self._doubt * self._doubt
        mean, variance = self._mean[1:], self._variance[1:]
        third, fourth = self._third[1:], self._fourth[1:]
        spread = q * (1.0 - q)
        square = doubt * q * q
        linear = spread + (2.0 * doubt) * q * answers
        skew, kurtosis = spread * (1.0 - 2.0 * q), spread * (1.0 - 6.0 * spread)
        need = float(self.agents)
        # The ledger must be able to pay also when people answer more often than we think.
        ample = max(AMPLE, self.agents / 10)
        more = _DOUBTS * self._doubt * max(0.0, 1.0 - payable / ample)
        start, chunk, risk = 0, 2, 1.0
        while True:
            extra = np.arange(start, min(limit + 1, start + chunk), dtype=np.float64)[:, None]
            means, variances = mean + extra * q, variance + extra * (linear + extra * square)
            thirds, fourths = third + extra * skew, fourth + extra * kurtosis
            risks = series_tail(means, variances, thirds, fourths, need) @ self._weights
            priced = risks >= threshold
            over = priced
            if payable < ample:
                means = means + more * (answers + extra * q)
                deep = series_tail(means, variances, np.maximum(thirds, 0.0), fourths, need + payable)
                over = priced | (deep.max(axis=1) >= LEDGER_RISK)
            first = int(over.argmax())
            if over[first]:
                return Room(start + first, not priced[first], float(risks[first]))
            risk = float(risks[-1])
            start += len(extra)
            if start > limit:
                return Room(limit, False, risk)
            chunk = min(4 * chunk, 64)


_AMPLE_AGENTS = 10 * AMPLE
