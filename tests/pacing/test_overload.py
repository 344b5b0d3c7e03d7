"""The overload formulas against brute force."""

from itertools import product

import numpy as np
import pytest

from dialer.pacing.overload import (
    NORMAL_ERROR,
    NORMAL_TOLERANCE,
    add_trial,
    distribution,
    normal_tail,
    standard_normal_cdf,
    tail,
    use_exact,
)


def enumerate_distribution(q):
    out = np.zeros(len(q) + 1)
    for outcome in product((0, 1), repeat=len(q)):
        out[sum(outcome)] += np.prod([x if o else 1 - x for x, o in zip(q, outcome, strict=True)])
    return out


@pytest.mark.parametrize("seed", range(8))
def test_exact_distribution_equals_enumeration_of_all_outcomes(seed):
    rng = np.random.default_rng(seed)
    q = rng.uniform(size=(rng.integers(1, 11), 3))
    pmf = distribution(q)
    for k in range(3):
        np.testing.assert_allclose(pmf[k], enumerate_distribution(q[:, k]), atol=1e-12)


def test_certain_and_impossible_trials_are_counted_exactly():
    pmf = distribution(np.array([[1.0], [0.0], [1.0], [0.5]]))
    np.testing.assert_allclose(pmf[0], [0, 0, 0.5, 0.5, 0], atol=1e-12)
    assert distribution(np.zeros((0, 2))).tolist() == [[1.0], [1.0]]


def test_adding_a_trial_equals_computing_anew():
    rng = np.random.default_rng(3)
    q = rng.uniform(size=(9, 4))
    np.testing.assert_allclose(add_trial(distribution(q[:8]), q[8]), distribution(q), atol=1e-12)


def test_tail_counts_from_the_threshold_on_even_when_the_top_was_cut_off():
    q = np.random.default_rng(4).uniform(size=(7, 2))
    pmf = distribution(q)
    for need in range(1, 8):
        expected = pmf[:, need:].sum(axis=1)
        np.testing.assert_allclose(tail(pmf, need), expected, atol=1e-12)
        np.testing.assert_allclose(tail(pmf[:, :need], need), expected, atol=1e-12)
    assert tail(pmf, 0).tolist() == [1.0, 1.0]


def test_normal_distribution_function_is_right_to_seven_digits():
    from math import erf, sqrt

    x = np.linspace(-6, 6, 241)
    exact = np.array([0.5 * (1 + erf(v / sqrt(2))) for v in x])
    assert np.abs(standard_normal_cdf(x) - exact).max() < 1e-7


def test_normal_approximation_stays_within_its_stated_bound_wherever_it_is_used():
    rng = np.random.default_rng(7)
    worst = 0.0
    for _ in range(800):
        m = int(rng.integers(8, 200))
        q = rng.beta(*rng.uniform(0.2, 3.0, 2), size=(m, 1))
        spread = q * (1 - q)
        variance = float(spread.sum())
        if variance < 2.0:
            continue
        need = np.arange(1, m + 1)
        exact = np.array([tail(distribution(q), int(n))[0] for n in need[:: max(1, m // 25)]])
        near = normal_tail(q.sum(), variance, (spread * (1 - 2 * q)).sum(), need[:: max(1, m // 25)].astype(float))
        error = float(np.abs(exact - near).max())
        assert error <= NORMAL_ERROR / variance
        if not use_exact(100, variance):
            assert error <= NORMAL_TOLERANCE
        worst = max(worst, error * variance)
    assert worst > NORMAL_ERROR / 4, "the bound has become needlessly wide"


def test_small_sums_are_exact_and_large_ones_approximate():
    assert use_exact(40, 1.0)
    assert not use_exact(40, 10.0)
    assert not use_exact(1000, 1.0)
