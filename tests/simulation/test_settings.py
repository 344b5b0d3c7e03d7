"""The `[simulation]` table builds the world it describes."""

import tomllib
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from dialer.carriers.simulated import Encounter, Faults
from dialer.clock import VirtualClock
from dialer.engine.events import AgentReady
from dialer.simulation.build import (
    make_agents,
    make_carrier,
    make_faults,
    make_floor,
    make_habits,
    make_people,
)
from dialer.simulation.dispositions import ORDER, choices
from dialer.simulation.people import People
from dialer.simulation.settings import DEFAULT_OUTCOMES, SimulationSettings

START = datetime(2026, 11, 2, 14, 0, tzinfo=UTC).timestamp()  # 09:00 in New York
END = START + 8 * 3600.0

CODES = {
    "SALE": frozenset({"contact", "right_party", "conversion", "final"}),
    "NO": frozenset({"contact", "refusal"}),
    "NO_NEED": frozenset({"contact", "refusal", "final"}),
    "LATER": frozenset({"contact", "callback"}),
    "DNC": frozenset({"contact", "opt_out"}),
    "AM": frozenset({"machine"}),
}

TABLE = """
[simulation]
seed = 5
zone = "America/New_York"
agents = 10
answer_rate = 0.2
by_hour = { 9 = 0.5, 17 = 1.5 }
regimes = [{ after_hours = 1.0, factor = 4.5 }]
swing = 0.6
shift_start = 09:00:00
shift_end = 17:00:00
break_start = 12:00:00
faults = { lost = 0.01, slow_signals = [1.0, 2.0], outages = [{ after_hours = 2.0, seconds = 60.0 }] }
"""


def test_a_campaign_files_table_is_read():
    settings = SimulationSettings.model_validate(tomllib.loads(TABLE)["simulation"])
    assert settings.by_hour == {9: 0.5, 17: 1.5}
    assert settings.faults.slow_signals == (1.0, 2.0)
    people = make_people(settings, START)
    assert people.answer_probability("+1", START) == pytest.approx(0.2 * 0.5)
    assert people.answer_probability("+1", START + 3600.0) == pytest.approx(0.2 * 4.5)


def test_everything_may_be_left_out():
    settings = SimulationSettings()
    people = make_people(settings, START)
    assert people.answer_probability("+1", START) == 0.3
    assert [people.meet(f"c{n}", "+1", START) for n in range(200)] == [
        People(1, 0.3).meet(f"c{n}", "+1", START) for n in range(200)
    ]  # the reference floor
    assert make_faults(settings, START) == Faults(seed=1)


def test_every_setting_says_what_it_is_or_is_named_so():
    for name, field in SimulationSettings.model_fields.items():
        assert field.description or name.endswith(("_cv", "_start", "_minutes", "_mean", "_second", "agents", "faults"))


@pytest.mark.parametrize(
    "wrong",
    [
        {"anwser_rate": 0.3},
        {"answer_rate": 1.3},
        {"by_hour": {24: 1.0}},
        {"zone": "Nowhere"},
        {"machine_share": 0.9, "unreachable_share": 0.2},
        {"bridge_delay": (0.2, 0.1)},
        {"shift_start": "09:00"},
        {"shift_start": "17:00", "shift_end": "09:00"},
        {"faults": {"slow_signals": (2.0, 1.0)}},
        {"faults": {"lots": 0.1}},
        {"regimes": [{"after_hours": -1.0, "factor": 1.0}]},
    ],
)
def test_mistakes_are_refused(wrong):
    with pytest.raises(ValidationError):
        SimulationSettings.model_validate(wrong)


def test_half_of_the_agents_break_at_noon_of_the_zone():
    settings = SimulationSettings(agents=10, zone="America/New_York")
    profiles = make_agents(settings, START, END)
    assert [profile.agent_id for profile in profiles] == [f"agent-{n:03}" for n in range(1, 11)]
    assert all(profile.shifts == ((START, END),) for profile in profiles)
    noon = datetime(2026, 11, 2, 12, 0, tzinfo=ZoneInfo("America/New_York")).timestamp()
    breaks = [profile.breaks for profile in profiles if profile.breaks]
    assert breaks == [((noon, 1800.0),)] * 5
    assert make_agents(settings, START, END) == profiles


def test_shifts_follow_the_wall_clock_over_a_change_of_the_hour():
    settings = SimulationSettings(agents=1, zone="America/New_York", shift_start="09:00", shift_end="17:00")
    friday = datetime(2026, 10, 30, 0, 0, tzinfo=ZoneInfo("America/New_York"))
    (profile,) = make_agents(settings, friday.timestamp(), (friday + timedelta(days=4)).timestamp())
    hours = [
        (datetime.fromtimestamp(begin, friday.tzinfo).hour, datetime.fromtimestamp(end, friday.tzinfo).hour)
        for begin, end in profile.shifts
    ]
    assert hours == [(9, 17)] * 4  # summer time ends on Sunday, 1 November


def test_agents_may_come_one_after_the_other_and_differ_in_pace():
    settings = SimulationSettings(agents=50, sign_in_spread=300.0, pace_cv=0.2)
    profiles = make_agents(settings, START, END)
    begins = [profile.shifts[0][0] - START for profile in profiles]
    assert 0.0 < min(begins) < 50.0 < 250.0 < max(begins) < 300.0
    assert len({profile.pace for profile in profiles}) == 50
    assert sum(profile.pace for profile in profiles) / 50 == pytest.approx(1.0, abs=0.1)


def test_outages_and_account_faults_become_stretches_of_time():
    settings = SimulationSettings.model_validate(
        {
            "faults": {
                "outages": [
                    {"after_hours": 1.0, "seconds": 60.0},
                    {"after_hours": 2.0, "seconds": 30.0, "kind": "account"},
                ]
            }
        }
    )
    faults = make_faults(settings, START)
    assert faults.outages == ((START + 3600.0, START + 3660.0),)
    assert faults.account_down == ((START + 7200.0, START + 7230.0),)


def test_dispositions_are_chosen_by_their_meaning():
    chosen = choices(CODES, {"conversion": 0.1, "refusal": 0.6, "callback": 0.2, "opt_out": 0.1, "promise": 0.3})
    assert dict(chosen.weights) == {"SALE": 0.1, "NO": 0.3, "NO_NEED": 0.3, "LATER": 0.2, "DNC": 0.1}
    assert chosen.callback_codes == {"LATER"}
    assert chosen.machine_code == "AM"


def test_a_campaign_with_other_outcomes_uses_what_it_has():
    chosen = choices({"DONE": frozenset({"contact"}), "GONE": frozenset({"final"})}, {"promise": 1.0})
    assert dict(chosen.weights) == {"DONE": 1.0, "GONE": 1.0}
    assert chosen.machine_code == "GONE"
    with pytest.raises(ValueError, match="unknown outcome 'sale'"):
        choices(CODES, {"sale": 1.0})
    with pytest.raises(ValueError, match="at least one disposition"):
        choices({}, {})


def test_outcomes_by_default_are_known_and_cover_the_campaigns_flags():
    from campaigns.dispositions import FLAGS

    assert set(DEFAULT_OUTCOMES) <= set(ORDER)
    assert set(ORDER) | {"right_party"} == set(FLAGS)


def test_a_heavy_tail_has_the_same_mean_and_longer_ends():
    light, heavy = (make_habits(SimulationSettings(talk_law=law), START, CODES).talk for law in ("lognormal", "pareto"))
    assert heavy.mean == pytest.approx(light.mean, rel=0.05)
    assert heavy.quantile(0.9995) > light.quantile(0.9995)


def test_the_parts_fit_together():
    settings = SimulationSettings(agents=3, lines=10)
    clock = VirtualClock(START)
    carrier = make_carrier(settings, clock, START)
    events = []
    carrier.open(events.append)
    floor = make_floor(
        settings,
        clock,
        carrier,
        events.append,
        start=START,
        end=END,
        dispositions=CODES,
        names=["x", "y", "z"],
    )
    floor.start()
    clock.run(START + 1)
    assert sorted(e.agent_id for e in events if isinstance(e, AgentReady)) == ["x", "y", "z"]


def test_the_reference_floor_is_stationary():
    settings = SimulationSettings.reference(agents=5, answer_rate=0.1)
    assert (settings.agents, settings.answer_rate, settings.break_share) == (5, 0.1, 0.0)
    assert all(profile.breaks == () for profile in make_agents(settings, START, END))
    assert make_people(settings, START).meet("c1", "+1", START) == People(1, 0.1).meet("c1", "+1", START)
    assert isinstance(make_people(settings, START).meet("c1", "+1", START), Encounter)
