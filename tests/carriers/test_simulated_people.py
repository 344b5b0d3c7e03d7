"""Whom the simulated carrier reaches: machines, limits, and the same people for the same seed."""

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialer.carriers.port import PlaceRequest
from dialer.carriers.simulated import CarrierRecord, Constant, Encounter, SimulatedCarrier
from dialer.clock import VirtualClock
from dialer.engine.events import (
    BridgeFailed,
    Ended,
    LimitsChanged,
    PlaceFailed,
)
from dialer.simulation.people import Manners, NotReached, People

START = 1_800_000_000.0


# ------------------------------------------------------------------ machines


def test_a_screened_machine_is_told_as_one_and_never_as_an_answer(line):
    line = line(Encounter("machine", ring_delay=1.0, ring=15.0))
    line.place()
    line.run(60)
    assert line.happened()[2:] == [("MachineDetected", 19.1), ("Ended", 19.1)]
    assert line.cause() == "machine"


def test_an_unscreened_machine_answers_like_a_person_and_is_detected_when_asked(line):
    line = line(Encounter("machine", ring_delay=1.0, ring=15.0), screens_machines=False)
    line.place("asked", detect=True)
    line.place("not asked")
    line.run_to(30)
    assert line.happened("asked")[2:] == [("Answered", 16.1), ("MachineDetected", 19.1)]
    assert line.happened("not asked")[2:] == [("Answered", 16.1)]
    line.carrier.hang_up("asked")
    line.run(200)
    assert (line.cause("asked"), line.cause("not asked")) == ("hung_up_by_us", "machine")


def test_detection_after_the_end_is_not_told(line):
    line = line(Encounter("machine", ring_delay=1.0, ring=15.0), screens_machines=False)
    line.place(detect=True)
    line.run_to(17)
    line.carrier.hang_up("c1")
    line.run(60)
    assert "MachineDetected" not in line.names()


@pytest.mark.parametrize("screens", [True, False])
def test_detection_mistakes_are_made_and_the_record_knows_better(line, screens):
    people = People(3, 1.0, cap=1.0, manners=Manners(patience=Constant(10.0)))
    line = line(people=people, screens_machines=screens, mistaken_for_machine=0.2)
    for number in range(500):
        line.place(f"c{number}", f"+1202555{number:04}", ring_timeout=300.0, detect=True)
    line.run(1000)
    taken = line.names().count("MachineDetected")
    assert taken == 94  # seeded; expected 100
    assert sum(call.machine_detected_at is not None for call in line.carrier.record) == taken
    assert {call.result for call in line.carrier.record} == {"human"}


def test_machines_taken_for_people_reach_the_floor(line):
    people = People(3, 0.0, not_reached=NotReached(1.0, 0.0, 0.0))
    line = line(people=people, mistaken_for_person=0.3)
    for number in range(500):
        line.place(f"c{number}", f"+1202555{number:04}")
    line.run(1000)
    names = Counter(line.names())
    assert names["Answered"] + names["MachineDetected"] == 500
    assert names["Answered"] == 144  # seeded; expected 150
    assert line.carrier.who_answers("c1") == "machine"
    assert line.carrier.who_answers("never") is None


# ------------------------------------------------------------------ limits


def test_lines_are_limited_and_come_back(line):
    line = line(Encounter("no_answer"), lines=3)
    for number in range(5):
        line.place(f"c{number}")
    line.run(1)
    assert line.events[0] == LimitsChanged(START, 3, None)
    failed = [event for event in line.events if isinstance(event, PlaceFailed)]
    assert [(event.call_id, event.kind, event.detail) for event in failed] == [
        ("c3", "rate", "all 3 lines are in use"),
        ("c4", "rate", "all 3 lines are in use"),
    ]
    line.run(60)
    line.place("c3")
    line.run(1)
    assert line.names("c3") == ["PlaceFailed", "Placed", "Ringing"]
    line.carrier.set_lines(10)
    line.run(0)
    assert line.events[-1] == LimitsChanged(line.clock.now(), 10, None)


def test_calls_per_second_are_limited(line):
    line = line(Encounter("no_answer"), calls_per_second=10.0)
    for number in range(1000):
        line.place(f"c{number}")
        line.run(0.01)
    line.run(1)
    placed = line.names().count("Placed")
    assert placed == line.carrier.record.placed
    assert 100 <= placed <= 111  # 10 s at 10/s and a burst
    assert {event.kind for event in line.events if isinstance(event, PlaceFailed)} == {"rate"}


def test_an_account_fault_refuses_without_dialing(line):
    line = line()
    line.carrier.set_account_fault("caller id not verified")
    line.place()
    line.run(60)
    assert line.events == [PlaceFailed(START + 0.1, "c1", "account", "caller id not verified")]
    assert line.carrier.record.placed == 0
    line.carrier.set_account_fault(None)
    line.place()
    line.run(1)
    assert line.names()[-1] == "Placed"


def test_a_rate_of_nothing_is_refused():
    with pytest.raises(ValueError, match="calls_per_second must be above 0"):
        SimulatedCarrier(VirtualClock(0.0), People(1, 0.5), calls_per_second=0.0)


# ------------------------------------------------------------------ determinism


def _dial_many(order, seed=5, count=400):
    clock = VirtualClock(START)
    carrier = SimulatedCarrier(clock, People(seed, 0.4), seed=seed)
    carrier.open(lambda event: None)
    for number in order(range(count)):
        carrier.place(PlaceRequest(f"c{number}", f"+1202555{number:04}", "+12025550000", 26.0, 3600.0, False))
    clock.run(START + 1000)
    return sorted((call for call in carrier.record), key=lambda call: call.call_id)


def test_the_same_seed_gives_the_same_record():
    assert _dial_many(list) == _dial_many(list)
    assert _dial_many(list) != _dial_many(list, seed=6)


def test_the_record_does_not_depend_on_the_order_of_placing():
    assert _dial_many(list) == _dial_many(reversed)


def test_the_world_does_not_depend_on_what_calls_are_named(line):
    runs = []
    for prefix in ("run-1", "another"):
        run = line(people=People(5, 0.4))
        for number in range(200):
            run.place(f"{prefix}-{number}", f"+12025550{number % 100:03}")
            run.run(100)
        runs.append([(call.attempt, call.at, call.answered_at, call.cause) for call in run.carrier.record])
    assert runs[0] == runs[1]
    assert runs[0][0][0] == "+12025550000#1"
    assert runs[0][100][0] == "+12025550000#2"


def test_every_call_ends_exactly_once_without_faults(line):
    line = line(people=People(11, 0.4), screens_machines=False, calls_per_second=10_000.0)
    for number in range(2000):
        line.place(f"c{number}", f"+1202555{number:04}", detect=True)
    line.run(10_000)
    ends = Counter(event.call_id for event in line.events if isinstance(event, Ended))
    assert len(ends) == 2000
    assert set(ends.values()) == {1}
    assert line.carrier.lines_used == 0
    assert {e.call_id: e.cause for e in line.events if isinstance(e, Ended)} == {
        call.call_id: call.cause for call in line.carrier.record
    }


def test_a_record_that_forgets_ended_calls_still_counts(line):
    line = line(people=People(11, 0.4), record=CarrierRecord(keep_ended=False))
    for number in range(100):
        line.place(f"c{number}", f"+1202555{number:04}")
    line.run(10_000)
    assert (len(line.carrier.record), line.carrier.record.placed) == (0, 100)


VERBS = st.lists(
    st.tuples(
        st.sampled_from(["place", "bridge", "message", "hang_up", "person", "look_up", "drop"]),
        st.integers(0, 3),
        st.integers(0, 2),
        st.floats(0.0, 8.0),
    ),
    max_size=40,
)


@settings(max_examples=150)
@given(VERBS, st.booleans(), st.integers(0, 1000))
def test_any_verbs_in_any_order_keep_the_promises(verbs, screens, seed):
    """Each placed call ends once, nothing but answers to look-ups follows, no agent has two live calls."""
    clock = VirtualClock(START)
    carrier = SimulatedCarrier(clock, People(seed, 0.7), screens_machines=screens, seed=seed)
    events, looked_up = [], set()
    carrier.open(events.append)
    for verb, call, agent, wait in verbs:
        call_id, agent_id = f"c{call}", f"a{agent}"
        if verb in {"look_up", "place"} and (verb == "look_up" or call_id in carrier.record):
            looked_up.add(call_id)
        match verb:
            case "place":
                carrier.place(PlaceRequest(call_id, f"+1202555{call:04}", "+12025550000", 26.0, 300.0, call % 2 == 0))
            case "bridge":
                carrier.bridge(call_id, agent_id)
            case "message":
                carrier.play_message(call_id)
            case "hang_up":
                carrier.hang_up(call_id)
            case "person":
                carrier.person_hangs_up(call_id)
            case "look_up":
                carrier.look_up(call_id)
            case "drop":
                carrier.drop_agent(agent_id)
        clock.run(clock.now() + wait)
    clock.run(clock.now() + 1000)
    assert carrier.lines_used == 0
    with_agent = []
    for call in carrier.record:
        assert call.ended_at is not None
        assert call.cause is not None
        ends = [e for e in events if isinstance(e, Ended) and e.call_id == call.call_id]
        assert {e.cause for e in ends} == {call.cause}
        if call.call_id not in looked_up:
            assert len(ends) == 1
            last = [e for e in events if getattr(e, "call_id", "") == call.call_id][-1]
            assert isinstance(last, Ended | BridgeFailed)
        instants = [call.at, call.ringing_at, call.answered_at, call.bridged_at]
        reached = [instant for instant in instants if instant is not None]
        assert reached == sorted(reached)
        assert max(reached) <= call.ended_at
        if call.bridged_at is not None:
            until = call.ended_at if call.message_at is None else call.message_at
            with_agent.append((call.agent_id, call.bridged_at, until))
    if not any(verb == "drop" for verb, *_ in verbs):
        for (agent, _, until), (following, since, _) in pairwise(sorted(with_agent)):
            assert agent != following or until <= since
    assert carrier._agents == {}
