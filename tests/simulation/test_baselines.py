"""The policies of today, on examples worked by hand."""

import pytest

from dialer.pacing import (
    AgentView,
    CallAbandoned,
    CallResolved,
    CallServed,
    CallView,
    FloorView,
    HandleTime,
    WaitingView,
)
from dialer.simulation.baselines import (
    DEFAULTS,
    Clairvoyant,
    Fate,
    FixedRatio,
    Issabel,
    Progressive,
    Tuning,
    Vicidial,
    tunings,
)

NINE = 9 * 3600.0


def floor(now=0.0, ready=0, talking=0, wrap_up=0, flying=0, waiting=0, since=0.0, **limits):
    agents = [AgentView(f"r{n}", "ready", since) for n in range(ready)]
    agents += [AgentView(f"t{n}", "talking", since, since) for n in range(talking)]
    agents += [AgentView(f"w{n}", "wrap_up", since, since) for n in range(wrap_up)]
    return FloorView(
        now,
        tuple(agents),
        tuple(CallView(f"c{n}", now, now) for n in range(flying)),
        tuple(WaitingView(f"p{n}", now) for n in range(waiting)),
        **limits,
    )


def served(at, n):
    return [CallServed(at, f"s{i}", at, "a") for i in range(n)]


def dropped(at, n):
    return [CallAbandoned(at, f"d{i}", at) for i in range(n)]


def tell(policy, *outcomes):
    for outcome in outcomes:
        policy.observe(outcome)


# ---------------------------------------------------------------------- the simple ones


def test_progressive_keeps_one_line_for_each_ready_agent():
    assert Progressive().decide(floor(ready=5, talking=3, flying=2, waiting=1)).dial == 2
    assert Progressive().decide(floor(ready=1, flying=4)).dial == 0


def test_a_ratio_of_ready_agents_counts_ready_agents_only():
    policy = FixedRatio(2.5, ready_only=True)
    assert policy.decide(floor(ready=3, talking=7, flying=2, waiting=1)).dial == 8 - 3  # 7.5 is rounded up


def test_a_ratio_of_all_agents_counts_talkers_and_their_lines():
    policy = FixedRatio(1.5, ready_only=False)
    # 1.5 * (2 ready + 4 talking) = 9 lines, less 4 talking, 1 in flight, 1 waiting; who wraps up counts nowhere
    assert policy.decide(floor(ready=2, talking=4, wrap_up=3, flying=1, waiting=1)).dial == 3


def test_a_ratio_must_be_above_zero():
    with pytest.raises(ValueError, match="above 0"):
        FixedRatio(0.0, ready_only=True)


@pytest.mark.parametrize(
    ("limits", "dial"),
    [({"dial_tokens": 4.9}, 4), ({"leads_left": 3}, 3), ({"line_limit": 9}, 2), ({"line_limit": 1}, 0)],
)
def test_no_baseline_passes_the_limits_of_the_floor(limits, dial):
    # 2 talking, 4 in flight and 1 waiting hold seven lines
    assert FixedRatio(10, ready_only=True).decide(floor(ready=2, talking=2, flying=4, waiting=1, **limits)).dial == dial


# ---------------------------------------------------------------------- VICIdial


def adapt(policy, view_at, start=NINE, seconds=15):
    """Ask once a second, as the engine does at the least; the level is set after 15 s."""
    for second in range(seconds + 1):
        policy.decide(view_at(start + second))
    return policy.level


def test_the_level_grows_by_the_mean_share_of_waiting_agents():
    # (4 ready - 1 waiting) / 10 agents = 0.3
    policy = Vicidial(Tuning(maximum=6.0))
    assert adapt(policy, lambda now: floor(now, ready=4, talking=6, waiting=1)) == pytest.approx(1.3)


def test_the_mean_is_over_the_samples_of_15_seconds():
    # the sample at second 0 opens the window; seconds 0 to 14 show 5 of 5 ready, the 15th shows none
    policy = Vicidial(Tuning(maximum=6.0))
    level = adapt(policy, lambda now: floor(now, ready=5) if now < NINE + 15 else floor(now, talking=5))
    assert level == pytest.approx(1 + 15 / 16)


def test_the_level_stays_within_one_and_the_maximum():
    high, low = Vicidial(Tuning(maximum=1.5)), Vicidial(Tuning(maximum=6.0))
    assert adapt(high, lambda now: floor(now, ready=10)) == 1.5
    assert adapt(low, lambda now: floor(now, talking=10, waiting=5)) == 1.0


def over_target(mode, closes=16 * 3600.0, level=4.0, now=NINE):
    """A campaign of 60 calls and 20 answers, two of them dropped, at a level; nobody is ready."""
    policy = Vicidial(Tuning(mode, maximum=18.0, target=0.03), closes)
    policy.decide(floor(now - 1.0))
    policy.level, policy.calls_today = level, 60
    tell(policy, *served(now, 18), *dropped(now, 2))
    return adapt(policy, lambda at: floor(at, talking=10), now, 14)


def test_hard_limit_goes_back_to_one_to_one():
    assert over_target("HARD_LIMIT") == 1.0


def test_average_halves():
    assert over_target("AVERAGE") == 2.0


@pytest.mark.parametrize(
    ("closes", "now", "level", "left"),
    [
        (16 * 3600.0, NINE, 12.0, (1600 - 900) / 1000),
        (17 * 3600.0, 9.5 * 3600.0, 12.0, (1700 - 930) / 1000),  # HHMM: 7.7, though 7.5 hours are left
        (9.75 * 3600.0, 9.25 * 3600.0, 17.0, 1 / 17.0),  # 0.3 h left: down to 1
    ],
)
def test_tapered_counts_the_hours_left_in_hhmm(closes, now, level, left):
    # the level is set 14 s after `now`, within the same minute
    assert over_target("TAPERED", closes, level, now) == pytest.approx(level * left)


def test_fifty_calls_are_needed_before_the_target_counts():
    policy = Vicidial(Tuning("HARD_LIMIT", maximum=18.0))
    policy.decide(floor(NINE))
    policy.level, policy.calls_today = 4.0, 50
    tell(policy, *dropped(NINE, 20))
    assert adapt(policy, floor, NINE + 1, 14) == 4.0  # nobody is there, so no further call is made


def test_the_target_is_passed_only_above_it():
    policy = Vicidial(Tuning("HARD_LIMIT", maximum=18.0, target=0.10))
    policy.decide(floor(NINE))
    policy.level, policy.calls_today = 4.0, 60
    tell(policy, *served(NINE, 18), *dropped(NINE, 2))  # 2 of 20: exactly 10 %
    assert adapt(policy, lambda now: floor(now, talking=10), NINE + 1, 14) == 4.0


@pytest.mark.parametrize(("drops", "level"), [(11, 2.0), (10, 4.0)])
def test_half_of_the_last_minute_dropped_halves_at_once(drops, level):
    policy = Vicidial(Tuning("AVERAGE", maximum=18.0, target=1.0))
    policy.decide(floor(NINE))
    policy.level = 4.0
    tell(policy, *dropped(NINE, drops), *[CallResolved(NINE, f"n{i}", 0.0, "busy") for i in range(21 - drops)])
    assert adapt(policy, lambda now: floor(now, talking=10), NINE + 1, 14) == level


def test_a_minute_later_they_are_forgotten():
    policy = Vicidial(Tuning("AVERAGE", maximum=18.0, target=1.0))
    policy.decide(floor(NINE))
    policy.level = 4.0
    tell(policy, *dropped(NINE, 30))
    policy.decide(floor(NINE + 61, talking=10))
    assert policy.level == 4.0


def test_counters_restart_at_midnight():
    policy = Vicidial(Tuning("HARD_LIMIT", maximum=18.0))
    evening = 86_400.0 - 30.0
    policy.decide(floor(evening))
    policy.calls_today = 60
    tell(policy, *served(evening, 10), *dropped(evening, 5))
    assert (policy.answers_today, policy.drops_today) == (15, 5)
    policy.decide(floor(86_400.0))
    assert (policy.calls_today, policy.answers_today, policy.drops_today) == (0, 0, 0)


def test_it_dials_every_two_and_a_half_seconds():
    policy = Vicidial(Tuning(maximum=6.0))
    policy.level = 2.0
    view = {"ready": 3, "talking": 2, "flying": 1, "waiting": 1}
    assert policy.decide(floor(NINE, **view)).dial == 2 * 5 - (1 + 1 + 2)
    assert policy.decide(floor(NINE + 2.4, **view)).dial == 0
    assert policy.decide(floor(NINE + 2.5, **view)).dial == 6
    assert policy.calls_today == 12


def test_available_only_multiplies_the_ready_alone():
    policy = Vicidial(Tuning(maximum=6.0, available_only=True))
    policy.level = 2.5
    # round(2.5 * 3 + 2) = 10 (9.5 rounded up), less in flight, waiting and talking
    assert policy.decide(floor(NINE, ready=3, talking=2, flying=1, waiting=1)).dial == 10 - 4


def test_agents_in_wrap_up_count_nowhere():
    policy = Vicidial()
    assert policy.decide(floor(NINE, ready=2, wrap_up=8)).dial == 2


def test_the_grid_of_hindsight_has_156_tunings():
    grid = list(tunings())
    assert len(grid) == len(set(grid)) == 3 * 2 * 13 * 2
    assert DEFAULTS in grid


# ---------------------------------------------------------------------- Issabel


def test_issabel_divides_the_agents_expected_free_by_the_answer_rate():
    policy = Issabel(answer_rate=0.5, handle_time=100.0, time_to_answer=10.0)
    # 1 - exp(-(elapsed + 10) / 100) >= 0.97 needs 350.7 s: an agent 341 s in a call counts, one of 340 s does not
    agents = (
        AgentView("a", "ready", 0.0),
        AgentView("b", "talking", 659.0, 659.0),
        AgentView("c", "wrap_up", 990.0, 660.0),
    )
    view = FloorView(1000.0, agents, (CallView("x", 990.0, 990.0),), ())
    assert policy.decide(view).dial == 2 / 0.5 - 1


def test_issabel_learns_its_means():
    policy = Issabel(answer_rate=0.5, handle_time=100.0, time_to_answer=10.0, weight=10.0)
    tell(policy, *[CallResolved(20.0, f"c{n}", 0.0, "no_answer") for n in range(10)])  # 5 of 20: 0.25
    assert policy.decide(floor(ready=1)).dial == 4
    tell(policy, *[HandleTime(20.0, "a", 9.0, 1.0) for _ in range(90)])  # (1000 + 900) / 100 = 19 s
    # with 10 s to answer, 1 - exp(-(57 + 10) / 19) = 0.9706
    assert policy.decide(floor(now=57.0, talking=1)).dial == 4
    assert policy.decide(floor(now=56.0, talking=1)).dial == 0
    tell(policy, *[CallResolved(40.0, f"h{n}", 0.0, "human", 40.0) for n in range(10)])  # 15 of 30; 25 s to answer
    assert policy.decide(floor(now=42.0, talking=1)).dial == 2


def test_issabel_counts_waiting_people_against_the_agents():
    policy = Issabel(answer_rate=0.5)
    assert policy.decide(floor(ready=3, waiting=2)).dial == 2
    assert policy.decide(floor(ready=1, waiting=2)).dial == 0


# ---------------------------------------------------------------------- clairvoyant


class Script:
    """An oracle by the book: fates as (seconds to the answer or None, handle time), and agents' ends."""

    def __init__(self, fates, free_at=None):
        self.coming, self.ends = list(fates), free_at or {}

    def fates(self, now):
        for seconds, handle_time in self.coming:
            yield Fate(None) if seconds is None else Fate(now + seconds, handle_time)

    def free_at(self, agent_id):
        return self.ends.get(agent_id)


def test_the_clairvoyant_dials_through_the_dead_to_one_answer_for_each_agent():
    oracle = Script([(None, 0), (None, 0), (12.0, 100.0), (None, 0), (11.0, 100.0), (13.0, 100.0)])
    assert Clairvoyant(oracle).decide(floor(ready=2)).dial == 5


def test_it_waits_until_the_answer_meets_the_end_of_a_talk():
    policy = Clairvoyant(Script([(10.0, 60.0)], {"t0": 100.0}), patience=2.0, beat=0.5)
    assert policy.decide(floor(now=80.0, talking=1)).dial == 0  # it would be answered 10 s too early
    assert policy.decide(floor(now=88.4, talking=1)).dial == 0
    assert policy.decide(floor(now=88.5, talking=1)).dial == 1  # 1.5 s of the person's two


def test_it_plans_the_second_call_after_the_first():
    policy = Clairvoyant(Script([(10.0, 5.0), (15.0, 60.0), (16.0, 60.0)]))
    assert policy.decide(floor(ready=1)).dial == 2  # the second answer comes when the first talk is over


def test_a_talk_that_begins_this_instant_is_waited_for():
    assert Clairvoyant(Script([(None, 0)])).decide(floor(talking=1)).dial == 0


def test_a_served_answer_leaves_the_plan():
    policy = Clairvoyant(Script([(10.0, 50.0)]))
    assert policy.decide(floor(ready=1)).dial == 1
    assert policy.decide(floor(now=1.0, ready=1, flying=1)).dial == 0
    policy.observe(CallServed(10.0, "c0", 10.0, "r0"))
    policy._oracle.ends = {"t0": 60.0}
    assert policy.decide(floor(now=10.0, talking=1)).dial == 0
    assert policy.decide(floor(now=48.5, talking=1)).dial == 1
