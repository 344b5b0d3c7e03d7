"""Ring times, answer rate and handle times against brute force and known truths."""

import json
import random

import numpy as np
import pytest
from reference_floor import lognormal

from dialer.pacing import AgentView, CallView, FloorView
from dialer.pacing.answer_rate import AnswerRate
from dialer.pacing.forecast import Forecaster
from dialer.pacing.handle_times import HandleTimes
from dialer.pacing.policy import PacingPolicy
from dialer.pacing.ring_times import BIN, BINS, RingTimes


def test_the_longer_it_rings_the_less_a_call_is_worth():
    ring = RingTimes(26.0)
    chance = ring.answers_by(0.3, np.array([0.0, 20.0, 40.0, 48.0]), np.array([60.0]))[:, 0]
    assert chance[0] == pytest.approx(0.3, abs=0.03)
    assert np.all(np.diff(chance) < 0)


def test_bayes_for_a_ringing_call_equals_counting_simulated_calls():
    rng = random.Random(1)
    ring = RingTimes(26.0)
    ends = []
    for _ in range(30_000):
        human = rng.random() < 0.3
        age = 1 + lognormal(rng, 8.0, 0.4) if human else rng.choice([3.0, 18.0, 26.0])
        ends.append((age, human))
        ring.observe(age, human, censored=False)
        ring.refresh([])
    for age, ahead in ((0.0, 8.0), (6.25, 4.0), (10.25, 5.0)):
        alive = [e for e in ends if e[0] > age]
        counted = sum(1 for a, h in alive if h and a <= age + ahead) / len(alive)
        forecast = ring.answers_by(0.3, np.array([age // BIN]), np.array([ahead]))[0, 0]
        assert forecast == pytest.approx(counted, abs=0.04)


def test_calls_still_ringing_count_as_at_risk():
    ring = RingTimes(26.0)
    for _ in range(60):
        ring.observe(6.0, human=True, censored=False)
    naive = RingTimes(26.0)
    for _ in range(60):
        naive.observe(6.0, human=True, censored=False)
    ring.refresh([13] * 2000)
    naive.refresh([])
    assert ring.answered[14] < naive.answered[14]


def test_exposure_makes_answers_seen_equal_answers_expected_on_average():
    rng = random.Random(2)
    ring = RingTimes(26.0)
    calls = []
    for _ in range(20_000):
        human = rng.random() < 0.2
        age = 1 + lognormal(rng, 12.0, 0.5) if human else 26.0
        if age > 26.0:
            human, age = False, 26.0
        calls.append((age, human))
        ring.observe(age, human, censored=False)
    ring.refresh([])
    expected = ring.exposure(0.2)
    total = sum(expected[min(BINS, int(a / BIN))] for a, _ in calls)
    assert total == pytest.approx(sum(h for _, h in calls), rel=0.06)


def feed(rate, rng, p, calls):
    for _ in range(calls):
        rate.observe(1.0, rng.random() < p)
        rate.update(0.0)


@pytest.mark.parametrize("seed", range(6))
def test_a_jump_from_10_to_45_percent_is_noticed_within_60_calls(seed):
    rng = random.Random(seed)
    rate = AnswerRate()
    feed(rate, rng, 0.10, 1500)
    assert rate.rate == pytest.approx(0.10, abs=0.03)
    feed(rate, rng, 0.45, 60)
    assert rate.rate > 0.3


@pytest.mark.parametrize("seed", range(6))
def test_a_fall_from_45_to_10_percent_is_noticed_within_150_calls(seed):
    rng = random.Random(seed)
    rate = AnswerRate()
    feed(rate, rng, 0.45, 1000)
    feed(rate, rng, 0.10, 150)
    assert rate.rate < 0.2


def test_a_steady_rate_rarely_looks_like_a_jump():
    rng = random.Random(9)
    rate = AnswerRate()
    feed(rate, rng, 0.2, 10_000)
    assert rate.changes <= 2


def test_a_better_table_is_no_news():
    rate = AnswerRate()
    feed(rate, random.Random(1), 0.2, 500)
    rate.update(100.0)
    changes = rate.changes
    rate.rebase(400.0)
    rate.update(500.0)
    assert rate.changes == changes


def test_residual_talk_and_wrap_up_equal_counting_simulated_calls():
    rng = random.Random(3)
    times = HandleTimes()
    sample = []
    for _ in range(6000):
        talk, wrap = lognormal(rng, 120.0, 1.0), lognormal(rng, 15.0, 0.5)
        sample.append((talk, wrap))
        times.observe(talk, wrap)
    talk_table, wrap_table = times.free_within(np.array([5.0, 15.0, 30.0]))
    for elapsed in (10, 60, 200):
        alive = [(t, w) for t, w in sample if t > elapsed]
        for k, ahead in enumerate((5.0, 15.0, 30.0)):
            counted = sum(1 for t, w in alive if t + w <= elapsed + ahead) / len(alive)
            assert talk_table[elapsed, k] == pytest.approx(counted, abs=0.03)
    alive = [w for _, w in sample if w > 10]
    counted = sum(1 for w in alive if w <= 15) / len(alive)
    assert wrap_table[10, 0] == pytest.approx(counted, abs=0.05)


def test_short_calls_that_ended_first_do_not_look_like_a_floor_of_short_calls():
    times = HandleTimes()
    for _ in range(20):
        times.observe(20.0, 10.0)
    horizon = np.array([15.0])
    naive = times.free_within(horizon)[0][40, 0]
    censored = times.free_within(horizon, talking=[40.0] * 80)[0][40, 0]
    assert censored < naive / 2


def test_doubled_handle_time_is_followed():
    rng = random.Random(4)
    times = HandleTimes()
    for _ in range(600):
        times.observe(lognormal(rng, 120.0, 1.0), 15.0)
    before = times.mean()
    for _ in range(150):
        times.observe(lognormal(rng, 240.0, 1.0), 15.0)
    assert before == pytest.approx(135.0, rel=0.12)
    assert times.mean() > 1.6 * before


def test_what_was_learned_survives_json():
    rng = random.Random(5)
    one = Forecaster(PacingPolicy())
    for i in range(500):
        one.call_left_ring(f"c{i}", rng.uniform(2, 26), rng.random() < 0.2, rng.random() < 0.1, 0.1)
        one.agent_finished("ann", 1.0, rng.uniform(10, 300), rng.uniform(5, 30))
    state = json.loads(json.dumps(one.to_state()))
    other = Forecaster(PacingPolicy())
    other.load(state)
    assert other.to_state() == one.to_state()


def test_a_snapshot_of_another_shape_is_refused():
    one = Forecaster(PacingPolicy())
    state = one.to_state()
    state["ring"]["human"] = [1.0]
    with pytest.raises(ValueError, match="160 bins"):
        Forecaster(PacingPolicy()).load(state)


@pytest.mark.parametrize("factor", [0.5, 1.8])
def test_leads_estimates_are_held_against_what_came_of_them(factor):
    """Estimates that are off by a factor are corrected by it, whatever the mix of leads."""
    rng = random.Random(8)
    one = Forecaster(PacingPolicy())
    now, calls = 0.0, []
    for n in range(3000):
        estimate = rng.choice([0.1, 0.2, 0.4])
        human = rng.random() < estimate * factor
        calls.append((CallView(f"c{n}", now, now, estimate), now + rng.uniform(6, 20) if human else now + 26.0, human))
        now += 0.4
        one.look(FloorView(now, (AgentView("ann", "talking", now),), tuple(view for view, _, _ in calls), ()))
        ended = [call for call in calls if call[1] <= now]
        calls = [call for call in calls if call[1] > now]
        for view, end, answered in ended:
            one.call_left_ring(view.call_id, end - view.placed_at, answered, censored=False, lag=0.0)
    assert one.corrected(0.3) == pytest.approx(0.3 * factor, rel=0.2)
    assert one.corrected(0.9) <= 0.98
