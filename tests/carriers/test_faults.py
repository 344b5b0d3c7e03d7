"""The faults deliver what they say, and no more."""

from collections import Counter

import pytest

from dialer.carriers.simulated import NO_FAULTS, Encounter, Faults
from dialer.engine.events import Answered, Ended, PlaceFailed, Ringing
from dialer.simulation.people import People

START = 1_800_000_000.0
COUNT = 1000


def dial(line, faults, people=None, **options):
    line = line(people=people or People(2, 0.5), faults=faults, **options)
    for number in range(COUNT):
        line.place(f"c{number}", f"+1202555{number:04}")
    line.run(2000)
    return line


def per_call(line):
    return Counter((getattr(event, "call_id", ""), type(event).__name__) for event in line.events)


def test_no_faults_by_default(line):
    assert Faults() == NO_FAULTS
    assert dial(line, Faults()).events == dial(line, Faults(seed=9)).events


def test_lost_callbacks_are_lost_and_the_calls_go_on(line):
    perfect, faulty = dial(line, NO_FAULTS), dial(line, Faults(seed=1, lost=0.2))
    told, heard = per_call(perfect), per_call(faulty)
    assert set(heard) < set(told)
    callbacks = sum(count for (_, kind), count in told.items() if kind != "Placed")
    missing = sum((told - heard).values())
    assert missing / callbacks == pytest.approx(0.2, abs=0.02)
    assert all(heard[f"c{number}", "Placed"] == 1 for number in range(COUNT))
    assert list(perfect.carrier.record) == list(faulty.carrier.record)  # the world itself is the same


def test_duplicated_callbacks_come_twice(line):
    perfect, faulty = dial(line, NO_FAULTS), dial(line, Faults(seed=1, duplicated=0.25, repeat_within=5.0))
    told, heard = per_call(perfect), per_call(faulty)
    assert set(heard) == set(told)
    assert set(heard.values()) == {1, 2}
    callbacks = sum(count for (_, kind), count in told.items() if kind != "Placed")
    assert sum((heard - told).values()) / callbacks == pytest.approx(0.25, abs=0.02)


def test_late_callbacks_are_late_by_the_bounds_and_tell_the_time_of_delivery(line):
    perfect, faulty = dial(line, NO_FAULTS), dial(line, Faults(seed=1, late=0.3, late_by=(10.0, 20.0)))
    on_time = {(e.call_id, type(e)): e.at for e in perfect.events}
    delays = [e.at - on_time[e.call_id, type(e)] for e in faulty.events]
    late = [delay for delay in delays if delay > 0.0]
    assert min(late) >= 10.0 - 1e-6
    assert max(late) <= 20.0 + 1e-6
    assert len(late) / sum(not isinstance(e, type(perfect.events[0])) for e in faulty.events) == pytest.approx(
        0.3, abs=0.03
    )
    assert [e.at for e in faulty.events] == sorted(e.at for e in faulty.events)


def test_reordered_callbacks_overtake_each_other(line):
    line = dial(line, Faults(seed=1, reordered=0.5), people=People(2, 1.0, cap=1.0))
    order = {}
    for event in line.events:
        order.setdefault(event.call_id, []).append(type(event))
    assert set(map(tuple, map(sorted_names, order.values()))) >= {("Answered", "Ended", "Placed", "Ringing")}
    overtaken = [
        kinds for kinds in order.values() if Ringing in kinds and Answered in kinds and Ended in kinds
        and (kinds.index(Answered) > kinds.index(Ended) or kinds.index(Ringing) > kinds.index(Answered))
    ]  # fmt: skip
    assert overtaken


def sorted_names(kinds):
    return sorted(kind.__name__ for kind in kinds)


def test_an_unknown_placement_was_made_after_all_and_lives_on(line):
    line = dial(line, Faults(seed=1, unknown=0.1))
    unknown = {e.call_id for e in line.events if isinstance(e, PlaceFailed)}
    assert {e.kind for e in line.events if isinstance(e, PlaceFailed)} == {"unknown"}
    assert len(unknown) / COUNT == pytest.approx(0.1, abs=0.02)
    heard = per_call(line)
    assert all(heard[call_id, "Placed"] == 0 for call_id in unknown)
    assert all(heard[call_id, "Ended"] == 1 for call_id in unknown)
    assert line.carrier.record.placed == COUNT


def test_slow_signals_delay_ringing_and_answer_alike(line):
    line = line(Encounter("human", ring_delay=1.0, ring=5.0, patience=4.0), faults=Faults(slow_signals=(1.0, 2.0)))
    line.place()
    line.run(60)
    (_, placed), (_, ringing), (_, answered), (_, ended) = line.happened()
    assert (placed, ended) == (0.1, 10.1)
    assert 1.0 <= ringing - 1.1 <= 2.0
    assert answered - ringing == pytest.approx(5.0)


def test_placing_takes_longer_when_it_is_slow(line):
    line = line(faults=Faults(place_latency=(3.0, 4.0)))
    line.place()
    line.run(4.2)
    assert 3.1 <= line.happened()[0][1] <= 4.1


def test_an_outage_refuses_places_and_joins_and_loses_callbacks(line):
    line = line(
        Encounter("human", ring_delay=1.0, ring=5.0, patience=30.0),
        faults=Faults(outages=((START + 5.0, START + 65.0),)),
    )
    line.place()
    line.run_to(10)
    assert line.names() == ["Placed", "Ringing"]  # the answer at 6.1 s is lost
    line.place("c2")
    line.carrier.bridge("c1", "a")
    line.carrier.hang_up("c1")
    line.carrier.play_message("c1")
    line.carrier.look_up("c1")
    line.run_to(20)
    assert sorted(line.names()[2:]) == ["BridgeFailed", "PlaceFailed"]
    assert [e.kind for e in line.events if isinstance(e, PlaceFailed)] == ["rate"]
    assert line.carrier.lines_used == 1
    line.run_to(66)
    line.carrier.look_up("c1")
    line.run(1)
    assert line.cause() == "hung_up_by_person"
    line.place("c2")
    line.run(3)
    assert line.names("c2") == ["PlaceFailed", "Placed", "Ringing"]


def test_an_outage_may_leave_placements_unknown_without_making_them(line):
    line = line(faults=Faults(outages=((START, START + 60.0),), outage_kind="unknown"))
    line.place()
    line.run(1)
    assert line.events[-1].kind == "unknown"
    line.run(70)
    line.carrier.look_up("c1")
    line.run(1)
    assert line.names() == ["PlaceFailed", "Lost"]


def test_an_account_that_is_down_for_a_while(line):
    line = line(faults=Faults(account_down=((START, START + 10.0),)))
    line.place()
    line.run_to(11)
    assert line.events[-1].kind == "account"
    line.place()
    line.run(1)
    assert line.names()[-1] == "Placed"


@pytest.mark.parametrize(
    "wrong",
    [
        {"lost": 1.5},
        {"late": -0.1},
        {"late_by": (3.0, 1.0)},
        {"slow_signals": (2.0, 1.0)},
        {"outage_kind": "x"},
    ],
)
def test_faults_are_validated_at_birth(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Faults(**wrong)
