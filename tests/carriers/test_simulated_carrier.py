"""What the simulated carrier promises, verb by verb."""

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dialer.carriers.port import Carrier, PlaceRequest
from dialer.carriers.simulated import CarrierRecord, Constant, Encounter, Faults, SimulatedCarrier
from dialer.clock import VirtualClock
from dialer.engine.events import (
    Answered,
    Bridged,
    BridgeFailed,
    Ended,
    LimitsChanged,
    Lost,
    Placed,
    PlaceFailed,
    Ringing,
)
from dialer.simulation.people import Manners, NotReached, People

START = 1_800_000_000.0


def test_it_is_a_carrier():
    carrier: Carrier = SimulatedCarrier(VirtualClock(0.0), People(1, 0.5))
    assert carrier.name == "simulated"


# ------------------------------------------------------------------ the life of a call


def test_a_person_is_placed_rings_and_answers_in_time(line):
    line = line(Encounter("human", ring_delay=1.0, ring=5.0))
    line.place()
    line.run_to(6.5)
    assert line.happened() == [("Placed", 0.1), ("Ringing", 1.1), ("Answered", 6.1)]


def test_nothing_is_delivered_from_inside_a_verb(line):
    line = line(bridge_delay=Constant(0.0), place_delay=Constant(0.0), look_up_delay=0.0)
    for verb in (
        line.place,
        lambda: line.carrier.look_up("c1"),
        lambda: line.carrier.bridge("c1", "a"),
        lambda: line.carrier.play_message("c1"),
        lambda: line.carrier.hang_up("c1"),
    ):
        before = len(line.events)
        verb()
        assert len(line.events) == before
        line.run(7.0)


@pytest.mark.parametrize("result", ["busy", "invalid", "congestion"])
def test_the_network_refuses_without_ringing(line, result):
    line = line(Encounter(result, ring=3.0))
    line.place()
    line.run(60)
    assert line.happened() == [("Placed", 0.1), ("Ended", 3.1)]
    assert line.cause() == result


def test_nobody_answers_until_the_ring_timeout(line):
    line = line(Encounter("no_answer", ring_delay=1.0))
    line.place(ring_timeout=20.0)
    line.run(60)
    assert line.happened() == [("Placed", 0.1), ("Ringing", 1.1), ("Ended", 21.1)]
    assert line.cause() == "no_answer"


def test_who_would_answer_after_the_ring_timeout_does_not(line):
    line = line(Encounter("human", ring_delay=1.0, ring=20.0))
    line.place(ring_timeout=20.0)
    line.run(60)
    assert line.names() == ["Placed", "Ringing", "Ended"]
    assert line.cause() == "no_answer"


def test_patience_on_silence_runs_out(line):
    line = line(Encounter("human", ring_delay=1.0, ring=5.0, patience=4.0))
    line.place()
    line.run(60)
    assert line.happened()[-1] == ("Ended", 10.1)
    assert line.cause() == "hung_up_by_person"


def test_the_time_limit_ends_a_bridged_call(line):
    line = line(Encounter("human", ring_delay=1.0, ring=5.0))
    line.place(time_limit=100.0)
    line.run_to(6.1)
    line.carrier.bridge("c1", "a")
    line.run(1000)
    assert line.happened()[-1] == ("Ended", 106.1)
    assert line.cause() == "hung_up_by_us"


def test_a_person_may_leave_in_the_middle_of_the_talk(line):
    line = line(Encounter("human", ring_delay=1.0, ring=5.0, leaves_after=30.0))
    line.place()
    line.run_to(6.1)
    line.carrier.bridge("c1", "a")
    line.run(1000)
    assert line.happened()[-1] == ("Ended", 36.2)
    assert line.cause() == "hung_up_by_person"


# ------------------------------------------------------------------ joining


def test_a_join_stands_after_its_delay_and_stops_the_silence(line):
    line = line(Encounter("human", ring_delay=1.0, ring=5.0, patience=2.0))
    line.place()
    line.run_to(7.0)
    line.carrier.bridge("c1", "a")
    line.run(600)
    assert line.happened()[-1] == ("Bridged", 7.1)
    assert line.carrier.lines_used == 1


def test_who_hangs_up_before_the_join_is_simply_gone(line):
    line = line(Encounter("human", ring_delay=1.0, ring=5.0, patience=2.0))
    line.place()
    line.run_to(8.05)
    line.carrier.bridge("c1", "a")
    line.run(60)
    assert line.names()[-2:] == ["Answered", "Ended"]
    line.place("c2")
    line.run(6.5)
    line.carrier.bridge("c2", "a")
    line.run(1)
    assert line.names("c2")[-1] == "Bridged"  # the agent is free for another


def test_a_join_is_refused_for_a_call_that_is_over_ringing_or_unknown(line):
    line = line(Encounter("human", ring_delay=1.0, ring=5.0, patience=1.0))
    line.place()
    line.run_to(3)
    line.carrier.bridge("c1", "a")
    line.carrier.bridge("never", "a")
    line.run(60)
    line.carrier.bridge("c1", "a")
    line.run(60)
    failed = [e for e in line.events if isinstance(e, BridgeFailed)]
    assert [(e.call_id, e.detail) for e in failed] == [
        ("c1", "the call is ringing"),
        ("never", "the call is over"),
        ("c1", "the call is over"),
    ]


def test_an_agent_is_never_joined_to_two_people(line):
    line = line()
    line.place("c1")
    line.place("c2", "+12025550102")
    line.run(6.5)
    line.carrier.bridge("c1", "a")
    line.carrier.bridge("c2", "a")
    line.run(1)
    assert line.names("c1")[-1] == "Bridged"
    (failed,) = [event for event in line.events if isinstance(event, BridgeFailed)]
    assert (failed.call_id, failed.detail) == ("c2", "agent a is with call c1")
    assert round(failed.at - START, 3) == 6.6  # a refusal takes its time, as a join does
    line.carrier.hang_up("c1")
    line.carrier.bridge("c2", "a")
    line.run(1)
    assert line.names("c2")[-1] == "Bridged"


def test_a_person_is_never_joined_to_two_agents(line):
    line = line()
    line.place()
    line.run(6.5)
    line.carrier.bridge("c1", "a")
    line.carrier.bridge("c1", "b")
    line.run(1)
    line.carrier.bridge("c1", "b")
    line.run(1)
    assert line.names()[-3:] == ["Bridged", "BridgeFailed", "BridgeFailed"]
    assert line.carrier.record.get("c1").agent_id == "a"


def test_joining_again_is_harmless(line):
    line = line()
    line.place()
    line.run(6.5)
    line.carrier.bridge("c1", "a")
    line.carrier.bridge("c1", "a")
    line.run(1)
    assert line.names().count("Bridged") == 1
    line.carrier.bridge("c1", "a")
    line.run(1)
    assert line.names().count("Bridged") == 2  # told again, joined once
    assert line.carrier.record.get("c1").bridged_at == START + 6.6


def test_a_lost_agent_leaves_the_person_in_silence_until_patience_ends(line):
    line = line(Encounter("human", ring_delay=1.0, ring=5.0, patience=4.0))
    line.place()
    line.run_to(6.1)
    line.carrier.bridge("c1", "a")
    line.run_to(20.0)
    line.carrier.drop_agent("a")
    line.carrier.drop_agent("a")
    line.run(60)
    assert line.happened()[-2:] == [("Bridged", 6.2), ("Ended", 24.0)]
    assert line.cause() == "hung_up_by_person"


def test_a_lost_agents_person_can_be_joined_to_another_or_told(line):
    line = line(Encounter("human", ring_delay=1.0, ring=5.0, patience=4.0))
    for call_id in ("c1", "c2"):
        line.place(call_id)
    line.run_to(6.1)
    line.carrier.bridge("c1", "a")
    line.carrier.bridge("c2", "b")
    line.run_to(20.0)
    line.carrier.drop_agent("a")
    line.carrier.drop_agent("b")
    line.carrier.bridge("c1", "c")
    line.carrier.play_message("c2")
    line.run(60)
    assert line.happened("c1")[-1] == ("Bridged", 20.1)
    assert line.happened("c2")[-2:] == [("MessagePlayed", 28.0), ("Ended", 28.0)]


def test_losing_the_agent_during_the_join_fails_the_join(line):
    line = line(Encounter("human", ring_delay=1.0, ring=5.0, patience=4.0))
    line.place()
    line.run_to(6.1)
    line.carrier.bridge("c1", "a")
    line.carrier.drop_agent("a")
    line.run(60)
    assert line.names()[-3:] == ["Answered", "BridgeFailed", "Ended"]
    assert line.carrier.record.get("c1").bridged_at is None


# ------------------------------------------------------------------ the message


def test_the_message_is_heard_to_its_end_and_then_we_hang_up(line):
    line = line(Encounter("human", ring_delay=1.0, ring=5.0, patience=3.0))
    line.place()
    line.run_to(8.0)
    line.carrier.play_message("c1")
    line.carrier.play_message("c1")
    line.run(60)
    assert line.happened()[-2:] == [("MessagePlayed", 16.0), ("Ended", 16.0)]
    assert line.cause() == "hung_up_by_us"
    record = line.carrier.record.get("c1")
    assert (record.message_at, record.message_played_at) == (START + 8.0, START + 16.0)


def test_the_key_during_the_message_opts_out(line):
    line = line(Encounter("human", ring_delay=1.0, ring=5.0, opts_out_at=0.5, leaves_message_at=0.75))
    line.place()
    line.run_to(8.0)
    line.carrier.play_message("c1")
    line.run(60)
    assert line.happened()[-2:] == [("OptedOut", 12.0), ("Ended", 12.0)]
    assert line.carrier.record.get("c1").opted_out_at == START + 12.0


def test_a_person_may_leave_in_the_middle_of_the_message(line):
    line = line(Encounter("human", ring_delay=1.0, ring=5.0, opts_out_at=0.5, leaves_message_at=0.25))
    line.place()
    line.run_to(8.0)
    line.carrier.play_message("c1")
    line.run(60)
    assert line.happened()[-1] == ("Ended", 10.0)
    assert line.cause() == "hung_up_by_person"
    assert "MessagePlayed" not in line.names()


def test_the_message_takes_the_agent_away(line):
    line = line()
    line.place()
    line.run(6.5)
    line.carrier.bridge("c1", "a")
    line.run(10)
    line.carrier.play_message("c1")
    line.run(60)
    assert line.names()[-3:] == ["Bridged", "MessagePlayed", "Ended"]


def test_no_message_for_a_ringing_or_ended_call(line):
    line = line(Encounter("no_answer"))
    line.place()
    line.run(5)
    line.carrier.play_message("c1")
    line.carrier.play_message("never")
    line.run(60)
    line.carrier.play_message("c1")
    line.run(60)
    assert line.names() == ["Placed", "Ringing", "Ended"]


# ------------------------------------------------------------------ hanging up


@pytest.mark.parametrize(
    ("after", "cause"), [(0.0, "cancelled"), (0.5, "cancelled"), (3.0, "cancelled"), (7.0, "hung_up_by_us")]
)
def test_hanging_up_is_idempotent_at_every_stage(line, after, cause):
    line = line(Encounter("human", ring_delay=1.0, ring=5.0))
    line.place()
    line.run(after)
    line.carrier.hang_up("c1")
    line.carrier.hang_up("c1")
    line.run(60)
    line.carrier.hang_up("c1")
    line.run(60)
    assert line.names().count("Ended") == 1
    assert line.happened()[-1] == ("Ended", round(after, 3))
    assert line.cause() == cause


def test_hanging_up_a_call_whose_end_was_lost_tells_it(line):
    line = line(Encounter("busy", ring=1.0), faults=Faults(lost=1.0))
    line.place()
    line.run(60)
    assert line.names() == ["Placed"]
    line.carrier.hang_up("c1")
    line.carrier.hang_up("c1")
    line.run(1)
    assert line.names() == ["Placed", "Ended"]
    assert line.cause() == "busy"


def test_hanging_up_an_unknown_call_does_nothing(line):
    line = line()
    line.carrier.hang_up("never")
    line.run(60)
    assert line.events == []


def test_the_person_hangs_up_on_request_of_the_floor(line):
    line = line()
    line.place()
    line.run(6.5)
    line.carrier.bridge("c1", "a")
    line.run(10)
    line.carrier.person_hangs_up("c1")
    line.carrier.person_hangs_up("c1")
    line.run(1)
    assert line.cause() == "hung_up_by_person"


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


# ------------------------------------------------------------------ looking up


def test_looking_up_tells_the_present_state(line):
    line = line(look_up_delay=0.0, otherwise=Encounter("human", ring_delay=1.0, ring=5.0, opts_out_at=0.5))
    line.place()

    def told():
        line.events.clear()
        line.carrier.look_up("c1")
        line.run(0)
        return [type(event) for event in line.events]

    line.run_to(0.5)
    assert told() == [Placed]
    line.run_to(3)
    assert told() == [Ringing]
    line.run_to(7)
    assert told() == [Answered]
    line.carrier.bridge("c1", "a")
    line.run_to(8)
    assert told() == [Bridged]
    line.carrier.play_message("c1")
    line.run_to(20)
    assert [event.__name__ for event in told()] == ["OptedOut", "Ended"]


def test_a_new_carrier_knows_nothing_of_old_calls(line):
    line = line()
    line.carrier.look_up("of yesterday")
    line.run(1)
    assert line.events == [Lost(START + 0.05, "of yesterday")]


def test_a_call_id_is_dialed_once(line):
    line = line()
    line.place()
    line.run(3)
    line.place()
    line.run(0.1)
    assert line.names() == ["Placed", "Ringing", "Ringing"]
    assert line.carrier.record.placed == 1


def test_calls_live_on_while_the_dialer_is_away(line):
    line = line(Encounter("human", ring_delay=1.0, ring=5.0, patience=4.0))
    line.place()
    line.run(3)
    line.carrier.close()
    line.run(60)
    assert line.names() == ["Placed", "Ringing"]
    line.carrier.open(line.events.append)
    line.carrier.look_up("c1")
    line.run(1)
    assert line.names() == ["Placed", "Ringing", "Ended"]
    assert line.cause() == "hung_up_by_person"


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
