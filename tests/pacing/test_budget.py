"""The ledger, its periods, the price and the breach probability."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialer.pacing.budget import HIGHEST, START, STEP, SURPLUS, Ledger

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


@pytest.mark.parametrize("deficit", [1, 2])
def test_past_the_cap_the_breach_probability_is_the_frequency_of_too_few_answers(deficit):
    """400 answers in the first half, `deficit` abandonments too many, nobody more abandoned until the end."""
    rng = random.Random(11)
    book = ledger(length=1000.0)
    book.roll(0.0)
    book.abandoned = 12 + deficit
    book.served = 400 - book.abandoned
    now = 1000.0 * 400 / (400 + 33.4 * deficit)  # about even chances
    said = book.breach_probability(now)
    rate, breaches = 400 / now, 0
    for _ in range(4000):
        t, answers = now + rng.expovariate(rate), 400
        while t < 1000.0:
            t, answers = t + rng.expovariate(rate), answers + 1
        breaches += book.abandoned > 0.03 * answers
    assert 0.2 < said < 0.8
    assert said == pytest.approx(breaches / 4000, abs=0.03)


def test_a_period_that_goes_on_as_planned_is_in_no_danger_at_any_time():
    """The reported probability stays under 1 in 1,000 from the first to the last answer of a steered period."""
    rng = random.Random(12)
    book = ledger(length=4000.0)
    book.roll(0.0)
    for second in range(1, 4000):
        if book.payable() > 1 and rng.random() < book.threshold:
            book.abandon(agent_was_ready=False)
        else:
            book.serve()
        assert book.breach_probability(float(second)) < 1e-3 or book.room < 2.0


@given(st.lists(st.integers(0, 3), max_size=300), st.integers(0, 60))
def test_the_ledger_bound(clumps, in_flight):
    """Abandonments <= cap * answers + calls in flight at the instant the ledger stopped paying.

    Whoever adds calls only while `payable` covers every call that could be lost, and those in flight then
    are lost all the same, ends over the cap by no more than those calls; with `range / eta` on top the same
    holds of the price alone, whose logarithm cannot leave its range.
    """
    book = ledger()
    for clump in clumps:
        for _ in range(20):
            book.serve()
        for _ in range(min(clump, book.payable())):
            book.abandon(agent_was_ready=False)
        assert book.abandoned <= book.cap * book.answers + 1e-9
    for _ in range(in_flight):
        book.abandon(agent_was_ready=False)
    assert book.abandoned <= book.cap * book.answers + in_flight


@given(st.lists(st.floats(0, 1), min_size=50, max_size=600))
def test_the_price_alone_bounds_the_abandonments(draws):
    """With 1:1 under a price so low that nobody is lost there: abandoned <= cap * answers + range / step.

    ln threshold gains STEP * cap per answer and loses STEP per abandonment, so as long as nobody is abandoned
    below a lowest price, abandonments stay within cap * answers + (start - lowest) / STEP and one more.
    """
    book = ledger()
    lowest = book.threshold * math.exp(-10.0 * STEP)
    start = book.base
    for draw in draws:
        if book.threshold > lowest and draw < 0.5:
            book.abandon(agent_was_ready=False)
        else:
            book.serve()
        slack = 10.0 + (book.base - start) / STEP
        assert book.abandoned <= book.cap * book.answers + slack + 1.0 + SURPLUS
