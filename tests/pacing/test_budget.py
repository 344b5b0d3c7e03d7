"""The ledger, its periods, the price and the breach probability."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.pacing.budget import HIGHEST, START, Ledger

DAY = 86_400.0


def ledger(**kw):
    return Ledger(kw.pop("cap", 0.03), kw.pop("length", 30 * DAY), **kw)


def test_one_abandonment_in_33_answers_breaches_so_nothing_is_payable_until_the_34th():
    book = ledger()
    for _ in range(33):
        assert book.payable() == 0
        assert book.guarded
        book.serve()
    assert not book.guarded
    assert book.payable() == 1  # the 34th answer may be abandoned: 1/34 = 2.94 %
    book.abandon(agent_was_ready=False)
    assert book.rate <= 0.03
    assert book.payable() == 0


@given(st.integers(0, 3000), st.integers(0, 90), st.sampled_from([0.01, 0.03, 0.05, 0.3]))
def test_what_is_payable_may_be_booked_in_a_row_and_one_more_may_not(served, abandoned, cap):
    book = ledger(cap=cap)
    book.served, book.abandoned = served, abandoned
    lawful = book.rate <= cap
    for _ in range(book.payable()):
        book.abandon(agent_was_ready=False)
        assert book.rate <= cap + 1e-12
    book.abandon(agent_was_ready=False)
    assert not lawful or book.rate > cap


def test_abandonments_pledged_are_not_payable_twice():
    book = ledger()
    book.served = 200
    assert (book.payable(), book.payable(2.0), book.payable(99.0)) == (6, 4, 0)


@given(st.lists(st.booleans(), max_size=400))
def test_the_price_is_never_above_its_ceiling_and_falls_with_every_abandonment(outcomes):
    book = ledger()
    for served in outcomes:
        before = book.threshold
        if served:
            book.serve()
        else:
            book.abandon(agent_was_ready=False)
            assert book.threshold < before or before == HIGHEST
        assert book.threshold <= HIGHEST * (1 + 1e-9)


@pytest.mark.parametrize("level", [0.5, 2.0, 20.0])
def test_the_price_finds_every_floors_own_level_and_keeps_its_reserve(level):
    """A floor that abandons `level` times the threshold: the controlled ledger ends near its reserve."""
    rng = random.Random(5)
    book = ledger()
    for _ in range(30_000):
        if book.payable() and rng.random() < min(1.0, book.threshold * level * 0.1):
            book.abandon(agent_was_ready=False)
        else:
            book.serve()
        assert book.answers < 34 or book.rate <= 0.03
    assert 0.0275 < book.rate <= 0.03


def test_the_level_outlives_the_period_and_the_ledger_does_not():
    book = ledger(length=10.0)
    book.roll(0.0)
    for _ in range(5000):
        book.serve()
    base = book.base
    assert base > math.log(START)
    book.roll(11.0)
    assert (book.base, book.room, book.answers) == (base, 0.0, 0)


def test_the_end_of_the_period_is_seen_coming():
    book = ledger(length=100.0)
    assert not book.ends_within(99.0, 30.0)
    book.roll(0.0)
    assert not book.ends_within(60.0, 30.0)
    assert book.ends_within(71.0, 30.0)


def test_each_period_is_judged_by_itself():
    book = ledger(length=10.0)
    assert not book.roll(100.0)
    book.serve()
    book.abandon(agent_was_ready=True)
    assert not book.roll(109.9)
    assert book.answers == 2
    assert book.roll(110.0)
    assert (book.answers, book.idle_abandoned, book.began) == (0, 0, 110.0)
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


@pytest.mark.parametrize("share", [0.04, 0.06, 0.1, 0.16])
@pytest.mark.parametrize("seed", range(5))
def test_losses_with_agents_ready_above_the_cap_end_dialing_before_they_end_the_period(share, seed):
    rng = random.Random(seed)
    book = ledger()
    for _ in range(1000):
        book.serve()
    while not book.hopeless:
        book.abandon(agent_was_ready=True) if rng.random() < share else book.serve()
    assert book.rate <= 0.03
    book.forgive()
    assert not book.hopeless


@pytest.mark.parametrize("share", [0.06, 0.1, 0.16])
@pytest.mark.parametrize("seed", range(5))
def test_at_the_start_of_a_period_they_end_dialing_while_it_can_still_be_mended(share, seed):
    rng = random.Random(seed)
    book = ledger()
    while not book.hopeless:
        book.abandon(agent_was_ready=True) if rng.random() < share else book.serve()
    assert book.abandoned - 0.03 * book.answers < 5.5
    assert book.answers < 400


def test_one_person_in_a_hundred_taken_for_a_machine_is_no_reason_to_stop():
    stopped = 0
    for seed in range(100):
        rng = random.Random(seed)
        book = ledger()
        for _ in range(2000):
            idle = rng.random() < 0.01
            book.abandon(agent_was_ready=idle) if idle or rng.random() < 0.012 else book.serve()
        stopped += book.hopeless
    assert stopped <= 2


def test_a_service_that_turns_out_abandoned_is_counted_as_abandoned():
    book = ledger()
    book.serve()
    book.correct()
    assert (book.served, book.abandoned) == (0, 1)
