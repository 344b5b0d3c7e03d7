"""How likely it is that an answer finds nobody.

Theory of operation
-------------------
Fix an instant t. Every busy agent is *still busy* at the last moment that helps with some
probability, and every call in flight has *been answered* by t with some probability. Write S for
the number of agents still busy plus the number of people who answered before us. With n agents
present, one more answer at t finds nobody exactly when S >= n. So the difference of two
Poisson-binomials (agents freed minus answers to come) is one Poisson-binomial tail.

* **Exact.** The distribution of S by the discrete Fourier transform of its characteristic function
  (Hong 2013, "On computing the distribution function for the Poisson binomial distribution",
  Computational Statistics & Data Analysis 59). Cost O(m^2) in numpy for m trials.
* **Approximate.** The normal law with continuity correction and one Edgeworth term for skewness
  (Volkova 1996, "A refinement of the central limit theorem for sums of independent random
  indicators", Theory of Probability and its Applications 40). Its error falls with the variance of
  S; `tests/pacing/test_overload.py` holds it under `NORMAL_ERROR / variance` for every variance at
  which it is used.

`use_exact` decides between them by that bound. Columns are instants, rows are trials.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

__all__ = [
    "NORMAL_ERROR",
    "NORMAL_TOLERANCE",
    "add_trial",
    "distribution",
    "normal_tail",
    "normal_tail_at",
    "standard_normal_cdf",
    "tail",
    "use_exact",
]

Floats = npt.NDArray[np.float64]

#: The error of `normal_tail` is at most this number divided by the variance of S (variance >= 2).
NORMAL_ERROR = 0.02
#: The largest error accepted from the approximation; below the variance it implies we are exact.
NORMAL_TOLERANCE = 0.005
#: Above this many trials the exact transform costs more than a decision may.
_MOST_TRIALS = 160

_SQRT_HALF = math.sqrt(0.5)
_INV_SQRT_2PI = 1.0 / math.sqrt(2.0 * math.pi)


def use_exact(trials: int, variance: float) -> bool:
    """Tell whether a sum of `trials` indicators of total `variance` should be computed exactly."""
    return trials <= _MOST_TRIALS and variance * NORMAL_TOLERANCE < NORMAL_ERROR


def distribution(probabilities: Floats) -> Floats:
    """Give the exact distribution of the number of successes.

    Args:
        probabilities: shape (m, k): m independent trials at each of k instants.

    Returns:
        Shape (k, m + 1): row k holds P(S = 0), ..., P(S = m) at instant k.
    """
    m, k = probabilities.shape
    if m == 0:
        return np.ones((k, 1))
    size = m + 1
    angles = (2.0j * math.pi / size) * np.arange(size // 2 + 1)
    steps = np.exp(-angles) - 1.0
    # One factor (1 - q + q e^{-i w}) per trial; the product over trials is the transform of S.
    factors = probabilities.T[:, :, None] * steps[None, None, :]
    factors += 1.0
    pmf: Floats = np.fft.irfft(factors.prod(axis=1), n=size, axis=1)
    np.maximum(pmf, 0.0, out=pmf)
    return pmf


def add_trial(pmf: Floats, probability: Floats) -> Floats:
    """Add one independent trial to a distribution.

    Args:
        pmf: shape (k, m + 1).
        probability: shape (k,): the new trial's probability at each instant.

    Returns:
        Shape (k, m + 2).
    """
    k, size = pmf.shape
    out = np.zeros((k, size + 1))
    q = probability[:, None]
    out[:, :size] = pmf * (1.0 - q)
    out[:, 1:] += pmf * q
    return out


def tail(pmf: Floats, need: int) -> Floats:
    """Give P(S >= need) at each instant; columns of `pmf` from `need` on may have been cut off."""
    if need <= 0:
        return np.ones(pmf.shape[0])
    below: Floats = pmf[:, :need].sum(axis=1)
    return np.minimum(np.maximum(1.0 - below, 0.0), 1.0)


# Linear interpolation on a grid of step h errs by at most h^2/8 max |phi'| = 2.9e-8.
_GRID = np.arange(-8 * 1024, 8 * 1024 + 1) / 1024.0
_CDF = np.array([0.5 * math.erfc(-x * _SQRT_HALF) for x in _GRID.tolist()])


def standard_normal_cdf(x: Floats) -> Floats:
    """Give the standard normal distribution function, |error| < 1e-7, from a table."""
    result: Floats = np.interp(x, _GRID, _CDF)
    return result


def normal_tail(mean: Floats, variance: Floats, third: Floats, need: int | Floats) -> Floats:
    """Give P(S >= need) by the normal law with one skewness term.

    Args:
        mean: sum of q over the trials.
        variance: sum of q(1 - q).
        third: third central moment, sum of q(1 - q)(1 - 2q).
        need: the threshold; arrays broadcast.

    Returns:
        The probability, between 0 and 1, in the broadcast shape.
    """
    safe = np.maximum(variance, 1e-9)
    sd = np.sqrt(safe)
    x = (need - 0.5 - mean) / sd
    square = x * x
    density = np.exp(-0.5 * square)
    below = standard_normal_cdf(x) + (_INV_SQRT_2PI / 6.0) * third / (safe * sd) * (1.0 - square) * density
    result: Floats = np.minimum(np.maximum(1.0 - below, 0.0), 1.0)
    return result


def normal_tail_at(mean: float, variance: float, third: float, need: float) -> float:
    """Give what `normal_tail` gives, for one instant without arrays."""
    safe = max(variance, 1e-9)
    sd = math.sqrt(safe)
    x = (need - 0.5 - mean) / sd
    skewness = third / (6.0 * safe * sd) * (1.0 - x * x) * _INV_SQRT_2PI * math.exp(-0.5 * x * x)
    return min(max(0.5 * math.erfc(x * _SQRT_HALF) - skewness, 0.0), 1.0)
