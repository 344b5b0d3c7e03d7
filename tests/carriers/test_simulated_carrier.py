"""What the simulated carrier promises, verb by verb."""

import pytest

from dialer.carriers.port import Carrier
from dialer.carriers.simulated import Constant, Encounter, Faults, SimulatedCarrier
from dialer.clock import VirtualClock
from dialer.engine.events import (
    Answered,
    Bridged,
    BridgeFailed,
    Lost,
    Placed,
    Ringing,
)
from dialer.simulation.people import People

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
