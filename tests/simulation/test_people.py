"""People behave as their parameters say, whatever else happens."""

import time
from collections import Counter
from datetime import UTC, datetime

import pytest

from dialer.carriers.simulated import Constant, Encounter
from dialer.simulation.people import Manners, NotReached, People, ScriptedPeople, Swing, factor_at

NOON = datetime(2026, 11, 2, 12, 0, tzinfo=UTC).timestamp()
COUNT = 20_000


def meet_many(people, at=NOON, count=COUNT):
    return [people.meet(f"c{index}", f"+1202{index:07}", at) for index in range(count)]


def answer_rate(people, at=NOON, count=COUNT):
    return sum(met.result == "human" for met in meet_many(people, at, count)) / count


def test_an_encounter_is_a_pure_function():
    one, other = People(7, 0.3, lead_spread=0.5), People(7, 0.3, lead_spread=0.5)
    forwards = [one.meet(f"c{n}", f"+1{n}", NOON + n) for n in range(500)]
    backwards = [other.meet(f"c{n}", f"+1{n}", NOON + n) for n in reversed(range(500))]
    assert forwards == backwards[::-1]
    assert forwards != [People(8, 0.3).meet(f"c{n}", f"+1{n}", NOON + n) for n in range(500)]


def test_the_same_number_called_again_is_another_encounter():
    people = People(7, 0.5)
    assert len({people.meet(f"c{n}", "+12025550101", NOON) for n in range(50)}) > 40


def test_results_have_their_rates():
    people = People(1, 0.3, not_reached=NotReached(machine=0.28, fax=0.02, unreachable=0.11))
    rates = {result: count / COUNT for result, count in Counter(m.result for m in meet_many(people)).items()}
    expected = {
        "human": 0.3,
        "machine": 0.7 * 0.28,
        "fax": 0.7 * 0.02,
        "busy": 0.7 * 0.11 * 0.6,
        "congestion": 0.7 * 0.11 * 0.2,
        "invalid": 0.7 * 0.11 * 0.2,
        "no_answer": 0.7 * 0.59,
    }
    assert rates == pytest.approx(expected, abs=0.01)


def test_times_have_their_laws():
    met = meet_many(People(1, 0.3))
    rings = [m.ring for m in met if m.result == "human"]
    assert sum(rings) / len(rings) == pytest.approx(13.0, rel=0.02)
    assert min(rings) > 1.0
    deviation = (sum((ring - 13.0) ** 2 for ring in rings) / len(rings)) ** 0.5
    assert deviation == pytest.approx(6.0, rel=0.06)
    patience = [m.patience for m in met if m.result == "human"]
    assert sum(patience) / len(patience) == pytest.approx(6.0, rel=0.02)
    assert all(14.0 <= m.ring <= 22.0 for m in met if m.result == "machine")
    assert all(2.0 <= m.ring <= 5.0 for m in met if m.result in {"busy", "congestion", "invalid"})
    assert all(0.1 <= m.ring_delay <= 0.3 for m in met)


def test_manners_have_their_probabilities():
    manners = Manners(opts_out=0.1, leaves_message=0.4, leaves_talk=0.2)
    met = meet_many(People(1, 1.0, cap=1.0, manners=manners))
    assert sum(m.opts_out_at is not None for m in met) / COUNT == pytest.approx(0.1, abs=0.01)
    assert sum(m.leaves_message_at is not None for m in met) / COUNT == pytest.approx(0.4, abs=0.01)
    early = [m.leaves_after for m in met if m.leaves_after is not None]
    assert len(early) / COUNT == pytest.approx(0.2, abs=0.01)
    assert sum(early) / len(early) == pytest.approx(11.0, rel=0.02)
    pressed = [m.opts_out_at for m in met if m.opts_out_at is not None]
    assert 0.4 <= min(pressed) < max(pressed) <= 1.0


def test_the_answer_rate_follows_the_clock_of_the_zone():
    profile = {7: 0.5, 12: 2.0}
    in_utc = People(1, 0.2, by_hour=profile)
    assert in_utc.answer_probability("+1", NOON) == pytest.approx(0.4)
    assert in_utc.answer_probability("+1", NOON - 1.0) == pytest.approx(0.2)
    in_new_york = People(1, 0.2, by_hour=profile, zone="America/New_York")
    assert in_new_york.answer_probability("+1", NOON) == pytest.approx(0.1)  # 07:00 there
    assert answer_rate(in_utc) == pytest.approx(0.4, abs=0.01)
    in_kathmandu = People(1, 0.2, by_hour={17: 2.0, 18: 3.0}, zone="Asia/Kathmandu")
    assert in_kathmandu.answer_probability("+1", NOON + 14 * 60) == pytest.approx(0.4)  # 17:59
    assert in_kathmandu.answer_probability("+1", NOON + 15 * 60) == pytest.approx(0.6)  # 18:00


def test_an_unknown_zone_is_refused():
    with pytest.raises(ValueError, match="not a time zone of a place"):
        People(1, 0.3, zone="Nowhere")


def test_each_lead_has_a_propensity_of_its_own_and_the_mean_stays():
    people = People(1, 0.1, lead_spread=0.8)
    numbers = [f"+1202{index:07}" for index in range(COUNT)]
    hints = [people.answer_probability(number, NOON) for number in numbers]
    assert hints == [people.answer_probability(number, NOON + 7200) for number in numbers]
    assert sum(hints) / COUNT == pytest.approx(0.1, rel=0.02)
    deviation = (sum((hint - 0.1) ** 2 for hint in hints) / COUNT) ** 0.5
    assert deviation == pytest.approx(0.08, rel=0.1)
    assert max(hints) <= 0.95


def test_hints_are_true():
    people = People(1, 0.15, lead_spread=0.8)
    keen = [f"+1202{n:07}" for n in range(COUNT) if people.answer_probability(f"+1202{n:07}", NOON) > 0.3]
    expected = sum(people.answer_probability(number, NOON) for number in keen) / len(keen)
    answered = sum(people.meet("again" + number, number, NOON).result == "human" for number in keen) / len(keen)
    assert answered == pytest.approx(expected, abs=0.03)


def test_the_answer_rate_jumps_when_the_regime_changes():
    people = People(1, 0.1, regimes=[(NOON + 3600, 4.5), (NOON + 7200, 1.0)])
    assert [people.answer_probability("+1", NOON + hours * 3600) for hours in (0, 1, 1.5, 2)] == pytest.approx(
        [0.1, 0.45, 0.45, 0.1]
    )
    assert answer_rate(people, NOON + 3600) == pytest.approx(0.45, abs=0.01)


def test_factors_start_at_one():
    assert factor_at((), 5.0) == 1.0
    assert [factor_at(((1.0, 2.0), (3.0, 4.0)), at) for at in (0.9, 1.0, 2.9, 3.0)] == [1.0, 2.0, 2.0, 4.0]


def test_the_answer_rate_swings():
    people = People(1, 0.2, swing=Swing(0.6, 7200.0, NOON))
    at = [people.answer_probability("+1", NOON + share * 7200.0) for share in (0.0, 0.25, 0.5, 0.75)]
    assert at == pytest.approx([0.2, 0.32, 0.2, 0.08])


def test_nobody_answers_at_zero_and_everybody_at_one():
    assert answer_rate(People(1, 0.0), count=2000) == 0.0
    assert answer_rate(People(1, 1.0, cap=1.0), count=2000) == 1.0


def test_a_higher_answer_rate_keeps_those_who_answered():
    """Common random numbers: what changes between two worlds is only what the parameters change."""
    few, many = meet_many(People(1, 0.1)), meet_many(People(1, 0.3))
    assert all(b == a for a, b in zip(few, many, strict=True) if a.result == "human")


def test_a_script_is_followed_line_by_line():
    people = ScriptedPeople({"+1": [Encounter("busy"), Encounter("human")], "+2": Encounter("machine")})
    assert [people.meet(f"c{n}", "+1", NOON).result for n in range(3)] == ["busy", "human", "human"]
    assert people.meet("c9", "+2", NOON).result == "machine"
    assert people.meet("c9", "+3", NOON).result == "no_answer"


@pytest.mark.parametrize(
    "build",
    [
        lambda: People(1, 1.5),
        lambda: People(1, 0.5, cap=0.0),
        lambda: NotReached(machine=0.9, unreachable=0.2),
        lambda: NotReached(machine=-0.1),
        lambda: Swing(2.0, 1.0),
        lambda: Swing(0.5, 0.0),
    ],
)
def test_people_are_validated_at_birth(build):
    with pytest.raises(ValueError, match="must"):
        build()


def test_an_encounter_costs_little():
    """Under 10 µs on an idle core; the bound here allows for a busy and slow one."""
    people = People(1, 0.3, lead_spread=0.5, by_hour={9: 0.8}, manners=Manners(ring_delay=Constant(0.2)))
    best = 1.0
    for _ in range(5):
        began = time.process_time()
        meet_many(people, count=2000)
        best = min(best, (time.process_time() - began) / 2000)
    assert best < 40e-6
