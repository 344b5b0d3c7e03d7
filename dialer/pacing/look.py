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

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dialer.pacing.budget import LEDGER_RISK
from dialer.pacing.overload import add_trial, distribution, normal_tail, normal_tail_at, tail

__all__ = ["Look", "Room"]

Floats = npt.NDArray[np.float64]

#: A ledger that can pay for this many abandonments binds no call; on small floors, for so many. Above
#: 80 agents people are lost in larger clumps, and a tenth of the agents stands for `_AMPLE`.
_MANY, _AMPLE = 10_000, 8
#: Standard deviations by which the answer rate may be higher than estimated.
_DOUBTS = 2.0


class Room(NamedTuple):
    """How many calls may be added, and whether the ledger rather than the price forbids one more."""

    calls: int
    by_ledger: bool


class Look:
    """The overload probabilities of one floor at one instant.

    Columns: 0 is `SOON` ahead, 1.. are the instants at which a new call may be answered.

    Attributes:
        agents: agents present.
        unserved: people waiting for whom no agent will be free in time.
    """

    def __init__(
        self,
        agents: int,
        new_call: Floats,
        weights: Floats,
        *,
        moments: tuple[Floats, Floats, Floats],
        answers: Floats,
        doubt: float,
        held: Floats | None,
        calls: Floats,
        unserved: float,
    ) -> None:
        self.agents = agents
        self.unserved = unserved
        self._new = new_call
        self._weights = weights
        self._mean, self._variance, self._third = moments
        self._answers, self._doubt = answers, doubt * doubt
        self._held, self._calls = held, calls
        self._pmf: Floats | None = None

    @property
    def answers_to_come(self) -> float:
        """Answers expected of the calls in flight by the last instant."""
        return float(self._answers[-1])

    def soon(self, spare: int = 0) -> float:
        """Give the probability that an answer just now finds nobody, and `spare` others before it found nobody."""
        need = self.agents + spare
        if self._held is not None:
            return float(tail(self._exact()[:1], need)[0])
        third = float(self._third[0])
        return normal_tail_at(float(self._mean[0]), float(self._variance[0]), max(third, 0.0) if spare else third, need)

    def most_calls(self, threshold: float, limit: int, payable: int = _MANY) -> Room:
        """Give how many calls to add, each while two risks of its answer stay small.

        Args:
            threshold: the probability that it finds nobody must be under this.
            limit: the most calls to add.
            payable: the probability that it is the last but `payable` that finds nobody, so that the
                ledger could not pay for it, must be under `LEDGER_RISK` at every instant.
        """
        if limit <= 0:
            return Room(0, False)
        payable = min(payable, _MANY)
        if self._held is not None:
            return self._most_exact(threshold, limit, payable)
        return self._most_normal(threshold, limit, payable)

    def _exact(self) -> Floats:
        if self._pmf is None:
            assert self._held is not None
            self._pmf = distribution(np.concatenate((self._held, self._calls)))
        return self._pmf

    def _most_exact(self, threshold: float, limit: int, payable: int) -> Room:
        assert self._held is not None
        asked = self._weights > 0.0
        pmf, new, weights = self._exact()[1:][asked], self._new[1:][asked], self._weights[asked]
        spend: Floats | None = None
        deep = self.agents + payable
        if payable < _AMPLE:
            # The ledger must be able to pay also when people answer more often than we think.
            more = 1.0 + _DOUBTS * math.sqrt(self._doubt)
            riskier = np.minimum(self._calls[:, 1:][:, asked] * more, 1.0)
            spend = distribution(np.concatenate((self._held[:, 1:][:, asked], riskier)))
            newer = np.minimum(new * more, 1.0)
        for placed in range(limit):
            if float(weights @ tail(pmf, self.agents)) >= threshold:
                return Room(placed, False)
            pmf = add_trial(pmf[:, : self.agents], new)
            if spend is not None:
                if tail(spend, deep).max() >= LEDGER_RISK:
                    return Room(placed, True)
                spend = add_trial(spend[:, :deep], newer)
        return Room(limit, False)

    def _most_normal(self, threshold: float, limit: int, payable: int) -> Room:
        q, answers = self._new[1:], self._answers[1:]
        mean, variance, third = self._mean[1:], self._variance[1:], self._third[1:]
        var = q * (1.0 - q)
        square = self._doubt * q * q
        linear = var + (2.0 * self._doubt) * q * answers
        skew = var * (1.0 - 2.0 * q)
        needs = np.array([[[self.agents]], [[self.agents + payable]]], dtype=np.float64)
        # The ledger must be able to pay also when people answer more often than we think.
        more = _DOUBTS * math.sqrt(self._doubt) * max(0.0, 1.0 - payable / max(_AMPLE, self.agents / 10))
        means = np.stack((mean, mean + more * answers))[:, None, :]
        q_means = np.stack((q, q * (1.0 + more)))[:, None, :]
        start, chunk = 0, 4
        while start < limit:
            extra = np.arange(start, min(limit, start + chunk), dtype=np.float64)[:, None]
            thirds = third + extra * skew
            # Far out the skewness term may turn the tail negative, so there only its lengthening counts.
            both = np.stack((thirds, np.maximum(thirds, 0.0)))
            tails = normal_tail(means + extra * q_means, variance + extra * (linear + extra * square), both, needs)
            priced = tails[0] @ self._weights >= threshold
            over = priced | (tails[1][:, self._weights > 0.0].max(axis=1) >= LEDGER_RISK)
            first = int(over.argmax())
            if over[first]:
                return Room(start + first, not priced[first])
            start += chunk
            chunk = min(4 * chunk, 64)
        return Room(limit, False)
