"""The overload formulas against brute-force convolution."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialer.pacing.overload import (
    ALIAS,
    SERIES_ERROR,
    SERIES_TOLERANCE,
    series_tail,
    standard_normal_cdf,
    transform,
    use_exact,
    with_moments,
)


def convolved(q):
    """P(S = 0), P(S = 1), ... by one convolution per trial."""
    pmf = np.ones(1)
    for chance in q:
        pmf = np.convolve(pmf, [1.0 - chance, chance])
    return pmf


def tails(q):
    """P(S >= 0), P(S >= 1), ..."""
    return convolved(q)[::-1].cumsum()[::-1]


def test_convolution_equals_enumeration_of_all_outcomes():
    q = np.random.default_rng(1).uniform(size=9)
    counted = np.zeros(10)
    for outcome in product((0, 1), repeat=9):
        counted[sum(outcome)] += np.prod([x if o else 1 - x for x, o in zip(q, outcome, strict=True)])
    np.testing.assert_allclose(convolved(q), counted, atol=1e-12)


@settings(max_examples=150)
@given(
    st.lists(st.lists(st.floats(0, 1), min_size=3, max_size=3), min_size=1, max_size=60),
    st.integers(0, 40),
    st.integers(0, 20),
)
def test_exact_tails_equal_convolution_within_the_stated_error_also_when_the_sum_outgrows_the_transform(q, need, more):
    q = np.array(q)
    exact = transform(need + more)
    found = exact.tail(exact.factors(q), need)
    for k in range(3):
        expected = tails(q[:, k])
        assert found[k] == pytest.approx(expected[need] if need < len(expected) else 0.0, abs=2 * ALIAS)


def test_one_call_more_is_one_factor_more():
    q = np.random.default_rng(3).uniform(size=(9, 4))
    exact = transform(8)
    function = exact.factors(q[:8]) * (1.0 + q[8][:, None] * exact.steps)
    np.testing.assert_allclose(function, exact.factors(q), atol=1e-12)


def test_certain_and_impossible_trials_are_counted_exactly():
    exact = transform(6)
    function = exact.factors(np.array([[1.0], [0.0], [1.0], [0.5]]))
    assert [round(float(exact.tail(function, n)[0]), 6) for n in range(5)] == [1.0, 1.0, 1.0, 0.5, 0.0]


def test_normal_distribution_function_is_right_to_seven_digits():
    from math import erf, sqrt

    x = np.linspace(-6, 6, 241)
    exact = np.array([0.5 * (1 + erf(v / sqrt(2))) for v in x])
    assert np.abs(standard_normal_cdf(x) - exact).max() < 1e-7


def test_the_series_stays_within_its_stated_bound_wherever_it_is_used():
    rng = np.random.default_rng(7)
    worst = 0.0
    for _ in range(1200):
        q = rng.beta(*rng.uniform(0.2, 3.0, 2), size=int(rng.integers(8, 200)))
        cumulants = with_moments(q[:, None]).sum(axis=0)
        variance = float(cumulants[1])
        if variance < 2.0:
            continue
        exact = tails(q)
        near = series_tail(*(cumulants[i] for i in range(4)), np.arange(len(exact), dtype=np.float64))
        error = float(np.abs(exact - near).max())
        assert error <= SERIES_ERROR / variance
        if not use_exact(10, 10, variance):
            assert error <= SERIES_TOLERANCE
        worst = max(worst, error * variance)
    assert worst > SERIES_ERROR / 4, "the bound has become needlessly wide"


@given(st.floats(0, 500), st.floats(0.5, 400), st.floats(-80, 80), st.floats(-80, 80), st.integers(0, 700))
def test_the_series_is_a_probability_and_never_says_impossible_where_the_normal_law_does_not(
    mean, variance, third, fourth, need
):
    tail = float(series_tail(*(np.array([x]) for x in (mean, variance, third, fourth)), float(need))[0])
    x = (need - 0.5 - mean) / np.sqrt(variance - 1 / 12)
    assert float(standard_normal_cdf(np.array([-x]))[0]) / 3 - 1e-9 <= tail <= 1.0


def test_small_sums_are_exact_and_large_ones_a_series():
    assert use_exact(40, 12, 1.0)
    assert not use_exact(40, 12, 10.0)
    assert not use_exact(1000, 50, 1.0)
