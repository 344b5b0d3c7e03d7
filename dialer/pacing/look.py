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

from functools import cached_property
from typing import NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from dialer.pacing.budget import LEDGER_RISK
from dialer.pacing.overload import MOMENTS, series_tail, transform, with_moments

__all__ = ["AMPLE", "Load", "Look", "Room"]

Floats = npt.NDArray[np.float64]
Complexes = npt.NDArray[np.complex128]

#: A ledger that can pay for this many abandonments binds no call; on small floors, for so many. Above
#: 80 agents people are lost in larger clumps, and a tenth of the agents stands for `AMPLE`.
_MANY, AMPLE = 10_000, 8
_AMPLE_AGENTS = 10 * AMPLE
#: Transforms for tails further out have sizes in steps of this, so that few are made.
_SIZES = 16
#: Standard deviations by which the answer rate may be higher than estimated.
_DOUBTS = 1.0


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


class Load(Protocol):
    """What is on its way, to which one call after another may be added."""

    @property
    def risk(self) -> float:
        """The conditional probability that one more answer finds nobody."""

    def has_room(self, threshold: float) -> bool:
        """Whether one more call keeps the risk under `threshold` and within what the ledger can pay."""

    def plus(self, probability: float) -> Load:
        """Add one new call of a lead with this answer probability."""


class _ExactLoad:
    """Generating functions of S: as estimated, and with doubtful calls for what the ledger can pay."""

    def __init__(self, look: Look, function: Complexes, spend: Complexes | None, payable: int) -> None:
        self._look, self._function, self._spend, self._payable = look, function, spend, payable

    @cached_property
    def risk(self) -> float:
        look = self._look
        return float(look.weights @ look.transform.tail(self._function, look.agents))

    @property
    def payable(self) -> bool:
        if self._spend is None:
            return True
        look = self._look
        return float(look.transform.tail(self._spend, look.agents + self._payable).max()) < LEDGER_RISK

    def has_room(self, threshold: float) -> bool:
        return self.risk < threshold and self.payable

    def plus(self, probability: float) -> _ExactLoad:
        look = self._look
        answers = look.shape * probability
        function = self._function * (1.0 + answers[:, None] * look.transform.steps)
        spend = self._spend
        if spend is not None:
            spend = spend * (1.0 + np.minimum(answers * look.more, 1.0)[:, None] * look.transform.steps)
        return _ExactLoad(look, function, spend, self._payable)


class _SeriesLoad:
    """Cumulants of S, and of the answers to come that the estimate's doubt multiplies."""

    def __init__(self, look: Look, cumulants: Floats, answers: Floats, payable: int) -> None:
        self._look, self._cumulants, self._answers, self._payable = look, cumulants, answers, payable

    @cached_property
    def risk(self) -> float:
        look = self._look
        mean, variance, third, fourth = self._cumulants
        return float(series_tail(mean, variance, third, fourth, float(look.agents)) @ look.weights)

    @property
    def payable(self) -> bool:
        look = self._look
        ample = max(AMPLE, look.agents / 10)
        if self._payable >= ample:
            return True
        mean, variance, third, fourth = self._cumulants
        mean = mean + (look.more - 1.0) * (1.0 - self._payable / ample) * self._answers
        deep = series_tail(mean, variance, np.maximum(third, 0.0), fourth, float(look.agents + self._payable))
        return float(deep.max()) < LEDGER_RISK

    def has_room(self, threshold: float) -> bool:
        return self.risk < threshold and self.payable

    def plus(self, probability: float) -> _SeriesLoad:
        look = self._look
        q = look.shape * probability
        answers = self._answers + q
        cumulants = self._cumulants + with_moments(q[None, :]).reshape(MOMENTS, -1)
        cumulants[1] += (answers * answers - self._answers * self._answers) * look.doubt**2
        return _SeriesLoad(look, cumulants, answers, self._payable)


class Look:
    """The overload probabilities of one floor at one instant.

    Columns: 0 is `SOON` ahead, 1.. are the instants at which a new call may be answered.

    Args:
        agents: agents present.
        new_call: the answer probability of a new call by each column's instant.
        probability: the answer probability of a new call.
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
        probability: float,
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
        self.weights = weights
        self.doubt = doubt
        #: The ledger must be able to pay also when people answer this many times more often than we think.
        self.more = 1.0 + _DOUBTS * doubt
        #: The share of a new call's answers that come by each instant.
        self.shape = new_call[1:] / probability
        self.probability = probability
        self._cumulants, self._answers = cumulants, answers
        self._trials, self._calls = trials, calls
        self.transform = transform(agents + AMPLE)
        if trials is not None:
            self._function = self.transform.factors(trials)

    @cached_property
    def risk_soon(self) -> float:
        """The probability that an answer just now finds nobody."""
        return self.soon()

    def soon(self, spare: int = 0) -> float:
        """Give the probability that an answer just now finds nobody, and `spare` others before it found nobody."""
        if spare >= AMPLE and self.agents <= _AMPLE_AGENTS:
            return 0.0
        need = self.agents + min(spare, _MANY)
        if self._trials is not None:
            if need > len(self._trials):
                return 0.0  # S counts trials
            if need <= self.agents + AMPLE:
                return float(self.transform.tail(self._function[:1], need)[0])
            wide = transform(need + -need % _SIZES)
            return float(wide.tail(wide.factors(self._trials[:, :1]), need)[0])
        mean, variance, third, fourth = self._cumulants[:, :1]
        return float(series_tail(mean, variance, third, fourth, float(need))[0])

    def load(self, payable: int = _MANY) -> Load:
        """Give what is on its way; `payable` abandonments can be paid by the ledger.

        The probability that one more answer is the last but `payable` that finds nobody must stay under
        `LEDGER_RISK` at every instant.
        """
        payable = min(payable, _MANY)
        if self._trials is None:
            return _SeriesLoad(self, self._cumulants[:, 1:], self._answers[1:], payable)
        spend: Complexes | None = None
        if payable < AMPLE:
            doubted = self._trials[:, 1:].copy()
            held = len(doubted) - self._calls
            doubted[held:] = np.minimum(doubted[held:] * self.more, 1.0)
            spend = self.transform.factors(doubted)
        return _ExactLoad(self, self._function[1:], spend, payable)

    def most_calls(self, threshold: float, limit: int, payable: int = _MANY) -> Room:
        """Give how many calls to add, each while its risk and the ledger's stay small.

        Args:
            threshold: the probability that an answer finds nobody must be under this.
            limit: the most calls to add.
            payable: as in `load`.
        """
        if self._trials is None:
            return self._most_series(threshold, limit, min(payable, _MANY))
        load = self.load(payable)
        assert isinstance(load, _ExactLoad)
        for placed in range(limit):
            if load.risk >= threshold:
                return Room(placed, False, load.risk)
            if not load.payable:
                return Room(placed, True, load.risk)
            load = load.plus(self.probability)
        return Room(limit, False, load.risk)

    def _most_series(self, threshold: float, limit: int, payable: int) -> Room:
        q, answers, doubt = self.shape * self.probability, self._answers[1:], self.doubt**2
        mean, variance, third, fourth = self._cumulants[:, 1:]
        spread = q * (1.0 - q)
        square = doubt * q * q
        linear = spread + (2.0 * doubt) * q * answers
        skew, kurtosis = spread * (1.0 - 2.0 * q), spread * (1.0 - 6.0 * spread)
        need = float(self.agents)
        ample = max(AMPLE, self.agents / 10)
        more = (self.more - 1.0) * max(0.0, 1.0 - payable / ample)
        start, chunk = 0, 2
        while True:
            # A whole chunk of further calls at once: rows are calls, columns instants.
            extra = np.arange(start, min(limit + 1, start + chunk), dtype=np.float64)[:, None]
            means, variances = mean + extra * q, variance + extra * (linear + extra * square)
            thirds, fourths = third + extra * skew, fourth + extra * kurtosis
            risks = series_tail(means, variances, thirds, fourths, need) @ self.weights
            priced = risks >= threshold
            over = priced
            if payable < ample:
                means = means + more * (answers + extra * q)
                deep = series_tail(means, variances, np.maximum(thirds, 0.0), fourths, need + payable)
                over = priced | (deep.max(axis=1) >= LEDGER_RISK)
            first = int(over.argmax())
            if over[first]:
                return Room(min(start + first, limit), not priced[first], float(risks[first]))
            start += len(extra)
            if start > limit:
                return Room(limit, False, float(risks[-1]))
            chunk = min(4 * chunk, 64)
