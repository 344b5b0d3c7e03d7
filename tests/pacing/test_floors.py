"""Whole shifts on the reference floor: the cap first, then the agents' time."""

import math
import random

import pytest
from reference_floor import ReferenceFloor

from dialer.pacing import PacingPolicy

LEVERS = PacingPolicy(greeting=1.5)
PLAIN = PacingPolicy(release_ringing=False)


@pytest.mark.parametrize(
    ("agents", "p", "hours", "floor"),
    [(10, 0.1, 2, 0.65), (10, 0.3, 1.5, 0.74), (30, 0.1, 0.9, 0.8)],
)
@pytest.mark.parametrize("seed", [1])
def test_predictive_stays_under_the_cap_and_keeps_agents_far_busier_than_progressive(agents, p, hours, floor, seed):
    result = ReferenceFloor(agents=agents, p=p, seed=seed, policy=PLAIN, warm_up=1800.0).run(hours)
    assert result.rate <= 0.03
    assert result.utilisation > floor


def test_levers_keep_agents_busier_under_the_same_cap():
    run = {"agents": 10, "p": 0.2, "seed": 4, "warm_up": 1800.0}
    plain = ReferenceFloor(policy=PLAIN, **run).run(1.5)
    levers = ReferenceFloor(policy=LEVERS, finish_known=10.0, **run).run(1.5)
    assert max(plain.rate, levers.rate) <= 0.03
    assert levers.utilisation > plain.utilisation


@pytest.mark.parametrize("seed", range(3))
def test_the_first_hundred_calls_of_a_campaign_abandon_at_most_one_in_33(seed):
    floor = ReferenceFloor(agents=5, p=0.3, seed=seed, policy=PLAIN)
    result = floor.run(0.15)
    assert result.rate <= 0.03


def test_half_the_floor_may_leave_at_noon_and_return():
    result = ReferenceFloor(
        agents=20, p=0.2, seed=5, policy=LEVERS, present=lambda t: 10 if 2400 <= t < 3600 else 20
    ).run(1.4)
    assert result.rate <= 0.03
    assert result.utilisation > 0.7


def test_the_answer_rate_may_jump_from_10_to_45_percent():
    result = ReferenceFloor(agents=15, p=lambda t: 0.1 if t < 4500 else 0.45, seed=6, policy=PLAIN).run(1.6)
    assert result.rate <= 0.03
    assert result.utilisation > 0.6


def test_the_answer_rate_may_swing_by_60_percent_over_two_hours():
    result = ReferenceFloor(
        agents=10, p=lambda t: 0.2 * (1 + 0.6 * math.sin(2 * math.pi * t / 7200)), seed=7, policy=LEVERS, warm_up=1800.0
    ).run(1.5)
    assert result.rate <= 0.03
    assert result.utilisation > 0.72


def test_handle_time_may_double():
    result = ReferenceFloor(
        agents=15, p=0.2, talk_mean=lambda t: 90.0 if t < 3000 else 180.0, seed=8, policy=PLAIN
    ).run(1.6)
    assert result.rate <= 0.03
    assert result.utilisation > 0.7


def test_late_reports_lost_callbacks_and_a_dead_carrier_do_not_break_the_cap_or_stop_the_floor():
    result = ReferenceFloor(
        agents=12,
        p=0.2,
        seed=9,
        policy=LEVERS,
        report_lag=lambda rng: rng.uniform(1.0, 2.0),
        lost_callbacks=0.05,
        carrier_down=lambda t: 3000 < t < 3060,
    ).run(1.3)
    assert result.rate <= 0.03
    assert result.utilisation > 0.65


def test_heavy_tailed_talk_keeps_the_cap():
    result = ReferenceFloor(agents=12, p=0.2, talk_cv=3.0, seed=10, policy=PLAIN).run(1.3)
    assert result.rate <= 0.03
    assert result.utilisation > 0.6


def test_people_taken_for_machines_eat_a_third_of_the_budget_and_the_rest_is_kept():
    result = ReferenceFloor(agents=12, p=0.3, false_machine=0.01, seed=11, policy=PLAIN).run(1.2)
    assert result.rate <= 0.03
    assert result.utilisation > 0.6


@pytest.mark.parametrize("share", [0.06, 0.1])
def test_when_too_many_people_are_taken_for_machines_dialing_ends_and_the_period_can_be_mended(share):
    floor = ReferenceFloor(agents=12, p=0.3, false_machine=share, seed=12, policy=PLAIN)
    floor.run(2.0)
    ledger = floor.pacer.ledger
    assert ledger.hopeless
    assert ledger.abandoned - 0.03 * ledger.answers < 7
    floor.pacer.forgive()  # the operator switched detection off
    ReferenceFloor(agents=12, p=0.3, seed=13, policy=PLAIN, pacer=floor.pacer).run(1.5)
    assert ledger.rate <= 0.03


def test_detection_switched_on_in_mid_period_ends_dialing_before_the_period_is_lost():
    floor = ReferenceFloor(agents=20, p=0.3, seed=16, policy=PLAIN, false_machine=lambda t: 0.1 if t > 3600 else 0.0)
    result = floor.run(1.5)
    ledger = floor.pacer.ledger
    assert ledger.hopeless
    assert result.worst_rate <= 0.04
    assert ledger.abandoned - 0.03 * ledger.answers < 5  # some 150 answers mend it


def test_leads_that_carry_their_own_probability_keep_the_cap():
    result = ReferenceFloor(
        agents=10,
        p=0.2,
        seed=13,
        policy=LEVERS,
        lead_spread=lambda rng, p: rng.choice([0.25 * p, p, 1.75 * p]),
        warm_up=1800.0,
    ).run(1)
    assert result.rate <= 0.03
    assert result.utilisation > 0.7


def test_leads_whose_probabilities_are_known_keep_agents_busier_and_may_be_chosen():
    def spread(rng, p):
        return rng.choices([0.02, 0.06, 0.7], [0.5, 0.4, 0.1])[0]

    run = {"agents": 10, "p": 0.1, "seed": 17, "policy": LEVERS, "lead_spread": spread, "warm_up": 1200.0}
    unknown = ReferenceFloor(show_leads=False, **run).run(1)
    chosen = ReferenceFloor(pool=40, **run).run(1)
    assert max(unknown.rate, chosen.rate) <= 0.03
    assert chosen.utilisation > unknown.utilisation


def test_the_desks_forecast_of_a_finish_may_be_wrong_by_seconds():
    result = ReferenceFloor(
        agents=10, p=0.2, seed=14, policy=LEVERS, finish_known=10.0, finish_noise=3.0, warm_up=1800.0
    ).run(1)
    assert result.rate <= 0.03
    assert result.utilisation > 0.7


def test_equal_seeds_give_equal_shifts():
    a = ReferenceFloor(agents=6, p=0.2, seed=21).run(0.5)
    b = ReferenceFloor(agents=6, p=0.2, seed=21).run(0.5)
    assert a == b


def test_random_floors_never_stop_dialing_without_cause():
    rng = random.Random(3)
    for seed in range(3):
        result = ReferenceFloor(agents=rng.randint(3, 12), p=rng.uniform(0.05, 0.6), seed=seed).run(0.4)
        assert result.dialed > 20
        assert result.utilisation > 0.25


def test_the_progressive_shift_of_seed_1_is_exactly_this():
    result = ReferenceFloor(agents=6, p=0.2, seed=1, policy=PacingPolicy(mode="progressive")).run(1)
    assert (result.served, result.abandoned, result.dialed) == (79, 0, 481)
