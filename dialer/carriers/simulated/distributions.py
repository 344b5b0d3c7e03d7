"""Distributions as small frozen values: what they mean is in their fields, what they yield is a function.

`quantile(u)` is the inverse of the distribution function, so one uniform gives one sample and the sample is
as reproducible as the uniform. Durations are seconds; samples are rounded to the microsecond (see `draws`).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from random import Random
from statistics import NormalDist
from typing import Protocol

__all__ = [
    "Clipped",
    "Constant",
    "Distribution",
    "Exponential",
    "Lognormal",
    "Pareto",
    "Shifted",
    "Uniform",
    "sample",
]

_normal_quantile = NormalDist().inv_cdf


class Distribution(Protocol):
    """What every distribution offers."""

    @property
    def mean(self) -> float:
        """The expected value."""

    def quantile(self, u: float) -> float:
        """Return the value below which a share `u` (strictly between 0 and 1) of the samples lies."""


def sample(of: Distribution, rng: Random) -> float:
    """Draw one value of `of` from an ordinary generator."""
    return of.quantile(min(max(rng.random(), 1e-12), 1.0 - 1e-12))


@dataclass(frozen=True, slots=True)
class Constant:
    """Always the same."""

    value: float

    @property
    def mean(self) -> float:
        """The value."""
        return self.value

    def quantile(self, u: float) -> float:
        """Return the value, whatever `u`."""
        return self.value


@dataclass(frozen=True, slots=True)
class Uniform:
    """Evenly between two bounds. Raises `ValueError` when they are in the wrong order."""

    low: float
    high: float

    def __post_init__(self) -> None:
        if not self.low <= self.high:
            raise ValueError(f"low must not exceed high, got {self.low!r} and {self.high!r}")

    @property
    def mean(self) -> float:
        """Half-way."""
        return (self.low + self.high) / 2.0

    def quantile(self, u: float) -> float:
        """Return the point a share `u` of the way from low to high."""
        return round(self.low + (self.high - self.low) * u, 6)


@dataclass(frozen=True, slots=True)
class Exponential:
    """Without memory; `mean` > 0."""

    mean: float

    def __post_init__(self) -> None:
        _require_positive("mean", self.mean)

    def quantile(self, u: float) -> float:
        """Return -mean · ln(1 - u)."""
        return round(-self.mean * math.log1p(-u), 6)


@dataclass(frozen=True, slots=True)
class Lognormal:
    """Lognormal by its mean (> 0) and coefficient of variation (standard deviation / mean, >= 0)."""

    mean: float
    cv: float
    _mu: float = field(init=False, repr=False, compare=False)
    _sigma: float = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        _require_positive("mean", self.mean)
        if not 0.0 <= self.cv < math.inf:
            raise ValueError(f"cv must be at least 0, got {self.cv!r}")
        variance = math.log1p(self.cv * self.cv)
        object.__setattr__(self, "_mu", math.log(self.mean) - variance / 2.0)
        object.__setattr__(self, "_sigma", math.sqrt(variance))

    def quantile(self, u: float) -> float:
        """Return exp(mu + sigma · z(u)), with sigma² = ln(1 + cv²) and mu = ln(mean) - sigma²/2."""
        return round(math.exp(self._mu + self._sigma * _normal_quantile(u)), 6)


@dataclass(frozen=True, slots=True)
class Pareto:
    """Heavy-tailed: P(X > x) = (least/x)^tail with tail > 1; least follows from the mean."""

    mean: float
    tail: float = 2.2

    def __post_init__(self) -> None:
        _require_positive("mean", self.mean)
        if not self.tail > 1.0:
            raise ValueError(f"tail must exceed 1, or there is no mean; got {self.tail!r}")

    def quantile(self, u: float) -> float:
        """Return least · (1 - u)^(-1/tail), with least = mean · (tail - 1)/tail."""
        least = self.mean * (self.tail - 1.0) / self.tail
        return round(least * math.pow(1.0 - u, -1.0 / self.tail), 6)


@dataclass(frozen=True, slots=True)
class Shifted:
    """Another distribution, later by a constant."""

    by: float
    of: Distribution

    @property
    def mean(self) -> float:
        """The other's mean plus the shift."""
        return self.by + self.of.mean

    def quantile(self, u: float) -> float:
        """Return the other's quantile plus the shift."""
        return round(self.by + self.of.quantile(u), 6)


@dataclass(frozen=True, slots=True)
class Clipped:
    """Another distribution whose samples outside the bounds are moved to the nearer bound."""

    of: Distribution
    low: float
    high: float

    def __post_init__(self) -> None:
        if not self.low <= self.high:
            raise ValueError(f"low must not exceed high, got {self.low!r} and {self.high!r}")

    @property
    def mean(self) -> float:
        """The mean after clipping, by the midpoint rule over 4,096 quantiles."""
        steps = 4096
        return math.fsum(self.quantile((step + 0.5) / steps) for step in range(steps)) / steps

    def quantile(self, u: float) -> float:
        """Return the other's quantile, held within the bounds."""
        return min(max(self.of.quantile(u), self.low), self.high)


def _require_positive(name: str, value: float) -> None:
    if not 0.0 < value < math.inf:
        raise ValueError(f"{name} must be above 0, got {value!r}")
