"""The probability that an answer finds no agent: exact for small floors, a series for large ones.

Theory of operation
-------------------
Look at one future instant t. Every busy agent is *still busy* at the last moment that helps with some
probability, and every call in flight has *been answered* by t with some probability. Write S for
the number of agents still busy plus the number of people who answered before us. With n agents
present, one more answer at t finds nobody exactly when S >= n. So the difference of two
Poisson-binomials (agents freed minus answers to come) is one Poisson-binomial tail.

* **Exact** (`Transform`). The generating function of S is a product of one factor 1 - q + q z per
  trial. It is evaluated on a circle of radius r < 1, and Cauchy's formula, as a discrete Fourier
  transform of as many points as probabilities are wanted, gives them back (Hong 2013, "On computing the
  distribution function for the Poisson binomial distribution", Computational Statistics & Data
  Analysis 59; the circle inside the unit disc after Abate and Whitt 1992, "Numerical inversion of
  probability generating functions", Operations Research Letters 12). What is cut off comes back with
  weight r^size = `ALIAS`, and that bounds the error; one more call is one more factor.
* **Series** (`series_tail`). The Edgeworth series to second order (Petrov 1975, "Sums of independent
  random variables", chapter VI) for a lattice: its density at the integers, summed by the midpoint rule,
  is its tail at the half-integer with Sheppard's corrections, variance - 1/12 and fourth cumulant
  + 1/120. `tests/pacing/test_overload.py` holds its error under `SERIES_ERROR / variance` wherever it
  is used.

`use_exact` decides between them by that bound. Columns are instants, rows are trials.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import numpy.typing as npt

__all__ = [
    "ALIAS",
    "MOMENTS",
    "SERIES_ERROR",
    "SERIES_TOLERANCE",
    "Transform",
    "series_tail",
    "standard_normal_cdf",
    "transform",
    "use_exact",
    "with_moments",
]

Floats = npt.NDArray[np.float64]
Complexes = npt.NDArray[np.complex128]

#: The weight with which probabilities beyond the transform's size come back.
ALIAS = 1e-7
#: The error of `series_tail` is at most this number divided by the variance of S (variance >= 2).
SERIES_ERROR = 0.005
#: The largest error accepted from the series; below the variance it implies we are exact.
SERIES_TOLERANCE = 0.002
#: Above this many trials times points the exact transform costs more than a decision may.
_MOST_WORK, _MOST_WORK_FAR = 2_000, 4_000
#: Numbers per trial and instant that the series needs: the first four cumulants.
MOMENTS = 4

_LEAST_SHARE = 1.0 / 3.0
_INV_SQRT_2PI = 1.0 / math.sqrt(2.0 * math.pi)


def use_exact(trials: int, points: int, variance: float, far: bool = False) -> bool:
    """Tell whether a sum of `trials` indicators of total `variance` should be computed exactly.

    Args:
        trials: how many.
        points: points of the transform.
        variance: total variance.
        far: whether tails far out are asked for, where the series' absolute error says little.
    """
    if far:
        return trials * points <= _MOST_WORK_FAR
    return variance * SERIES_TOLERANCE < SERIES_ERROR and trials * points <= _MOST_WORK


class Transform:
    """Tails P(S >= n) for every n up to `most`, from the generating function on a circle.

    Args:
        most: the largest n asked for.
    """

    def __init__(self, most: int) -> None:
        size = max(8, most + most % 2)
        radius = ALIAS ** (1.0 / size)
        turn = (2.0j * math.pi / size) * np.arange(size // 2 + 1)
        #: The points z less 1, shape (w,): the upper half of the circle, the lower is its mirror.
        self.steps: Complexes = radius * np.exp(turn) - 1.0
        mirrored = np.full(size // 2 + 1, 2.0)
        mirrored[[0, -1]] = 1.0
        k = np.arange(size)[:, None]
        terms = (mirrored / size) * radius ** (-k) * np.exp(-turn * k)
        below = np.concatenate((np.zeros((1, size // 2 + 1)), np.cumsum(terms, axis=0)))
        # Re(c f) summed is one real product of (Re f, Im f) with (Re c, -Im c).
        self._below: Floats = np.stack((below.real, -below.imag), axis=2).reshape(size + 1, -1)

    def factors(self, probabilities: Floats) -> Complexes:
        """Give the generating function of the number of successes.

        Args:
            probabilities: shape (m, k): m independent trials at each of k instants.

        Returns:
            Shape (k, w).
        """
        each = probabilities[:, :, None] * self.steps
        each += 1.0
        product: Complexes = np.multiply.reduce(each, axis=0)
        return product

    def tail(self, function: Complexes, need: int) -> Floats:
        """Give P(S >= need) in the shape of `function` without its last axis."""
        flat = np.ascontiguousarray(function).view(np.float64)
        result: Floats = 1.0 - flat @ self._below[max(need, 0)]
        return result


@lru_cache(maxsize=64)
def transform(most: int) -> Transform:
    """Give the transform for tails up to `most`; the points depend on nothing else."""
    return Transform(most)


# Linear interpolation on a grid of step h errs by at most h^2/8 max |phi'| = 2.9e-8.
_GRID = np.arange(-8 * 1024, 8 * 1024 + 1) / 1024.0
_CDF = np.array([0.5 * math.erfc(-x * math.sqrt(0.5)) for x in _GRID.tolist()])


def standard_normal_cdf(x: Floats) -> Floats:
    """Give the standard normal distribution function, |error| < 1e-7, from a table."""
    result: Floats = np.interp(x, _GRID, _CDF)
    return result


def with_moments(probabilities: Floats) -> Floats:
    """Set beside each trial's probabilities (m, k) their second to fourth cumulants: shape (m, 4k)."""
    spread = probabilities * (1.0 - probabilities)
    return np.concatenate(
        (probabilities, spread, spread * (1.0 - 2.0 * probabilities), spread * (1.0 - 6.0 * spread)), axis=1
    )


def series_tail(mean: Floats, variance: Floats, third: Floats, fourth: Floats, need: float | Floats) -> Floats:
    """Give P(S >= need) by the Edgeworth series to second order.

    Args:
        mean: sum of q over the trials.
        variance: sum of q(1 - q).
        third: third cumulant, sum of q(1 - q)(1 - 2q).
        fourth: fourth cumulant, sum of q(1 - q)(1 - 6q(1 - q)).
        need: the threshold; arrays broadcast.

    Returns:
        The probability, between 0 and 1, in the broadcast shape. Far out, where the series may turn
        negative, at least a third of the normal law's tail.
    """
    spread = np.maximum(variance - 1.0 / 12.0, 1e-6)
    sd = np.sqrt(spread)
    x = (need - 0.5 - mean) / sd
    skew = third / (spread * sd)
    kurtosis = (fourth + 1.0 / 120.0) / (spread * spread)
    square = x * x
    series = (
        skew / 6.0 * (square - 1.0)
        + kurtosis / 24.0 * x * (square - 3.0)
        + skew * skew / 72.0 * x * (square * (square - 10.0) + 15.0)
    )
    normal = standard_normal_cdf(-x)
    tail = np.maximum(normal + _INV_SQRT_2PI * np.exp(-0.5 * square) * series, _LEAST_SHARE * normal)
    result: Floats = np.minimum(tail, 1.0)
    return result
