"""Distributions and counted draws mean what they say."""

import math
from random import Random

import pytest

from dialer.carriers.simulated import (
    Clipped,
    Constant,
    Encounter,
    Exponential,
    Lognormal,
    Pareto,
    Shifted,
    Stream,
    Uniform,
    sample,
)

STEPS = 20_000


@pytest.mark.parametrize(
    "of",
    [
        Constant(3.0),
        Uniform(2.0, 5.0),
        Exponential(7.0),
        Lognormal(12.0, 0.5),
        Lognormal(120.0, 1.0),
        Lognormal(6.0, 0.0),
        Shifted(1.0, Lognormal(12.0, 0.5)),
        Clipped(Lognormal(120.0, 1.0), 30.0, 200.0),
        Pareto(120.0, 4.0),
    ],
)
def test_the_mean_is_the_mean_of_the_quantiles(of):
    quantiles = [of.quantile((step + 0.5) / STEPS) for step in range(STEPS)]
    assert quantiles == sorted(quantiles)
    assert math.fsum(quantiles) / STEPS == pytest.approx(of.mean, rel=2e-3)


def test_the_lognormal_has_its_coefficient_of_variation():
    of = Lognormal(12.0, 0.5)
    values = [of.quantile((step + 0.5) / STEPS) for step in range(STEPS)]
    deviation = math.sqrt(sum((value - 12.0) ** 2 for value in values) / STEPS)
    assert deviation / 12.0 == pytest.approx(0.5, rel=5e-3)


def test_an_ordinary_generator_can_be_used():
    rng = Random(1)
    assert sum(sample(Exponential(2.0), rng) for _ in range(5000)) / 5000 == pytest.approx(2.0, rel=0.05)


def test_draws_are_exact_on_every_machine():
    assert Stream(7, "people").draws("call-1")[:3] == (
        0.1253498491132632,
        0.5763329641195014,
        0.8358277674997225,
    )
    assert Stream(7, "people").draws("call-2") != Stream(7, "people").draws("call-1")
    assert Stream(8, "people").draws("call-1") != Stream(7, "people").draws("call-1")
    assert Stream(7, "agents").draws("call-1") != Stream(7, "people").draws("call-1")


def test_draws_are_uniform_and_unrelated():
    stream = Stream(1, "test")
    rows = [stream.draws(f"name-{number}") for number in range(10_000)]
    for column in zip(*rows, strict=True):
        assert sum(column) / len(column) == pytest.approx(0.5, abs=0.01)
        assert sum(value < 0.1 for value in column) / len(column) == pytest.approx(0.1, abs=0.01)
        assert 0.0 < min(column) < max(column) < 1.0
    first, second = ([row[index] - 0.5 for row in rows] for index in (0, 1))
    correlation = sum(a * b for a, b in zip(first, second, strict=True)) * 12.0 / len(rows)
    assert abs(correlation) < 0.03


@pytest.mark.parametrize(
    "build",
    [
        lambda: Uniform(2.0, 1.0),
        lambda: Exponential(0.0),
        lambda: Lognormal(-1.0, 1.0),
        lambda: Lognormal(1.0, -1.0),
        lambda: Pareto(1.0, 1.0),
        lambda: Clipped(Constant(1.0), 2.0, 1.0),
        lambda: Encounter("human", ring=-1.0),
        lambda: Encounter("human", leaves_after=-1.0),
        lambda: Encounter("human", opts_out_at=1.5),
    ],
)
def test_values_are_validated_at_birth(build):
    with pytest.raises(ValueError, match=r"must|lies"):
        build()
