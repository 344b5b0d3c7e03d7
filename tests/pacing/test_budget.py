"""The ledger, its periods, the price and the breach probability."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.pacing.budget import HIGHEST, START, STEP, Ledger

DAY = 86_400.0


def ledger(**kw):
    return Ledger(kw.pop("cap", 0.03), kw.pop("length", 30 * DAY), **kw)


def test_one_abandonment_in_33_answers_breaches_so_the_guard_holds_until_the_34th():
    book = ledger()
    for _ in range(33):
        assert book.guarded
        book.serve()
    assert not book.guarded  # the 34th answer may be abandoned: 1/34 = 2.94 %
    book.abandon(agent_was_ready=False)
    assert book.rate <= 0.03
    assert book.guarded


@given(st.lists(st.booleans(), max_size=400))
def test_threshold_is_the_exponential_of_the_ledger_and_never_above_its_ceiling(outcomes):
    book = ledger()
    for served in outcomes:
        book.serve() if served else book.abandon(agent_was_ready=False)
        assert book.threshold <= HIGHEST * (1 + 1e-9)
    expected = math.log(START) + STEP * (book.aim * book.answers - book.abandoned)
    if expected > -39 and book.aim * book.answers < math.log(HIGHEST / START) / STEP:
        assert book.log_price == pytest.approx(expected)


def test_abandonments_stay_within_the_ledger_bound_on_a_floor_that_abandons_when_priced_high():
    rng = random.Random(5)
    book = ledger()
    for _ in range(20_000):
        if rng.random() < book.threshold:
            book.abandon(agent_was_ready=False)
        else:
            book.serve()
    assert book.abandoned <= book.aim * book.answers + math.log(HIGHEST / START) / STEP + 1
    assert book.rate <= 0.03


def test_each_period_is_judged_by_itself():
    book = ledger(length=10.0)
    assert not book.roll(100.0)
    book.serve()
    book.abandon(agent_was_ready=True)
    assert not book.roll(109.9)
    assert book.answers == 2
    assert book.roll(110.0)
    assert (book.answers, book.idle_abandoned, book.began) == (0, 0, 110.0)
    assert book.threshold == pytest.approx(START)
    assert book.roll(145.0)
    assert (book.began, book.periods) == (140.0, 4)


def test_a_clock_that_jumps_back_reopens_nothing():
    book = ledger(length=10.0)
    book.roll(100.0)
    book.roll(115.0)
    book.serve()
    assert not book.roll(50.0)
    assert book.answers == 1


def test_breach_probability_is_small_with_a_reserve_and_near_certain_without():
    safe, lost = ledger(), ledger()
    for book, abandoned in ((safe, 20), (lost, 60)):
        book.roll(0.0)
        book.served, book.abandoned = 1000 - abandoned, abandoned
    assert safe.breach_probability(29.99 * DAY) < 1e-3
    assert lost.breach_probability(29.99 * DAY) > 0.99
    assert ledger().breach_probability(0.0) == 0.0
    assert ledger(cap=1.0).breach_probability(0.0) == 0.0


def test_abandonments_with_agents_ready_are_hopeless_only_when_they_exceed_the_cap_with_confidence():
    book = ledger()
    for i in range(200):
        book.serve() if i % 10 else book.abandon(agent_was_ready=True)
    assert book.hopeless
    fine = ledger()
    for i in range(2000):
        fine.serve() if i % 100 else fine.abandon(agent_was_ready=True)
    assert not fine.hopeless


def test_a_service_that_turns_out_abandoned_is_counted_as_abandoned():
    book = ledger()
    book.serve()
    book.correct()
    assert (book.served, book.abandoned) == (0, 1)
