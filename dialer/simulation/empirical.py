"""The distribution of what was measured, and people who behave as calls of the past did.

Calls that were let go while ringing are not calls that nobody would have answered: they are censored. The share
of calls that end in each way is therefore the cumulative incidence of Aalen and Johansen (1978): at each age at
which calls left the ring, the probability of still ringing times the share of those at risk that left that way.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from dialer.carriers.simulated.distributions import Distribution
from dialer.carriers.simulated.draws import Stream
from dialer.carriers.simulated.encounter import Encounter, FarEndResult

__all__ = ["Empirical", "MeasuredPeople", "Mix", "incidence"]

#: Results of a mix, in the order in which a draw goes through them; what is left rings out.
_ORDER: tuple[FarEndResult, ...] = ("human", "machine", "fax", "busy", "congestion", "invalid")


@dataclass(frozen=True, slots=True)
class Empirical:
    """A sample as a distribution: between its values the quantile is a straight line.

    Attributes:
        values: in order, at least one.
        edges: the share of the weight up to the middle of each value, in order; same length.
    """

    values: tuple[float, ...]
    edges: tuple[float, ...]

    @classmethod
    def of(cls, values: Sequence[float], weights: Sequence[float] | None = None) -> Empirical:
        """Make one of values (s, at least 0) with their weights (all alike when None).

        Raises:
            ValueError: nothing was measured.
        """
        if not len(values):
            raise ValueError("a distribution needs at least one measured value")
        loads = [1.0] * len(values) if weights is None else [float(weight) for weight in weights]
        pairs = sorted((float(value), load) for value, load in zip(values, loads, strict=True))
        total = math.fsum(load for _, load in pairs)
        upto = list(accumulate(load for _, load in pairs))
        edges = tuple((up - load / 2.0) / total for up, (_, load) in zip(upto, pairs, strict=True))
        return cls(tuple(value for value, _ in pairs), edges)

    @property
    def mean(self) -> float:
        """The mean of the weighted sample."""
        cuts = (0.0, *((a + b) / 2.0 for a, b in zip(self.edges, self.edges[1:], strict=False)), 1.0)
        return math.fsum(v * (b - a) for v, a, b in zip(self.values, cuts, cuts[1:], strict=False))

    def quantile(self, u: float) -> float:
        """Return the value below which a share `u` of the weight lies."""
        above = bisect_right(self.edges, u)
        if above == 0:
            return round(self.values[0], 6)
        if above == len(self.edges):
            return round(self.values[-1], 6)
        low, high = self.edges[above - 1], self.edges[above]
        share = (u - low) / (high - low)
        return round(self.values[above - 1] + share * (self.values[above] - self.values[above - 1]), 6)


def incidence(age: NDArray[np.float64], kind: NDArray[np.int64]) -> NDArray[np.float64]:
    """Give each call's share of the cumulative incidence: they add up to 1 less what never left the ring.

    Args:
        age: shape (n,), s at which each call left the ring, or was let go.
        kind: shape (n,), how; negative: let go by us.

    Returns:
        Shape (n,): the incidence that each call stands for, 0 for those let go.
    """
    order = np.lexsort((kind < 0, age))  # at one age those that were let go come last
    left = kind[order] >= 0
    at_risk = np.arange(len(age), 0, -1, dtype=np.float64)
    staying = np.where(left, 1.0 - 1.0 / at_risk, 1.0)
    before = np.concatenate(([1.0], np.cumprod(staying)[:-1]))
    shares = np.zeros(len(age))
    shares[order] = np.where(left, before / at_risk, 0.0)
    return shares


@dataclass(frozen=True, slots=True)
class Mix:
    """How calls of one time of day end, as shares; what is left to 1 rings out."""

    shares: Mapping[FarEndResult, float]

    def __post_init__(self) -> None:
        if min(self.shares.values(), default=0.0) < 0.0 or math.fsum(self.shares.values()) > 1.0 + 1e-9:
            raise ValueError(f"shares must be at least 0 and add up to at most 1, got {dict(self.shares)!r}")


class MeasuredPeople:
    """A far end (`dialer.carriers.simulated.FarEnd`) that behaves as measured calls did.

    Args:
        seed: of all draws.
        mix_at: how calls placed at an instant end.
        rings: s of ringing until each kind of answer, or until the network reports.
        ring_delay: s from the carrier's acceptance until it rings.
        patience: s that a person listens to silence.
    """

    def __init__(
        self,
        seed: int,
        mix_at: Callable[[float], Mix],
        rings: Mapping[FarEndResult, Distribution],
        *,
        ring_delay: Distribution,
        patience: Distribution,
    ) -> None:
        self._mix_at = mix_at
        self._rings = rings
        self._ring_delay = ring_delay
        self._patience = patience
        self._calls = Stream(seed, "people/calls")

    def answer_rate_at(self, at: float) -> float:
        """Return the probability that a person picks up a call placed at `at`."""
        return self._mix_at(at).shares.get("human", 0.0)

    def meet(self, attempt: str, number: str, at: float) -> Encounter:
        """Return what happens when `number` is called at `at`; the same arguments give the same encounter."""
        u = self._calls.draws(f"{attempt}/{number}")
        ring_delay = self._ring_delay.quantile(u[1])
        shares, mark = self._mix_at(at).shares, u[0]
        for result in _ORDER:
            share = shares.get(result, 0.0)
            if mark < share:
                return Encounter(result, ring_delay, self._rings[result].quantile(u[2]), self._patience.quantile(u[3]))
            mark -= share
        return Encounter("no_answer", ring_delay)
