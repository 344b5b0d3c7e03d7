"""What a simulated floor is judged by, on examples worked by hand."""

import pytest

from dialer.carriers.simulated import CallRecord
from dialer.engine import AgentState
from dialer.pacing import CallAbandoned, CallResolved, CallServed
from dialer.simulation.measures import AgentMeter, CallMeter, Evidence, Trace, measures_of

S = AgentState


def test_agents_time_by_state_and_waits_between_calls():
    meter = AgentMeter()
    for at, state in ((0, S.READY), (10, S.RESERVED), (11, S.TALKING), (71, S.WRAP_UP), (81, S.READY), (100, S.PAUSED)):
        meter.changed(float(at), "ann", state)
    meter.close(130.0)
    meter.close(130.0)  # nothing has passed since
    assert meter.busy == 70.0
    assert meter.signed_in == 100.0  # the break counts nowhere
    assert list(meter.waits) == [11.0]


def test_a_join_that_failed_goes_on_as_one_wait():
    meter = AgentMeter()
    for at, state in ((0, S.READY), (5, S.RESERVED), (6, S.READY), (20, S.RESERVED), (21, S.TALKING)):
        meter.changed(float(at), "ann", state)
    assert list(meter.waits) == [21.0]


def test_an_agent_first_seen_in_a_call_has_no_wait():
    meter = AgentMeter()
    meter.changed(0.0, "ann", S.TALKING)
    meter.close(10.0)
    assert (meter.busy, len(meter.waits)) == (10.0, 0)


def served(at, n=1):
    return [CallServed(float(at), f"s{i}", float(at), "a") for i in range(n)]


def lost(at, n=1):
    return [CallAbandoned(float(at), f"d{i}", float(at)) for i in range(n)]


def test_periods_are_judged_each_by_itself():
    meter = CallMeter(0.0, 100.0, 0.03)
    for outcome in (*served(1, 97), *lost(50, 3), *served(150, 9), *lost(199), *served(320)):
        meter.outcome(outcome)
    meter.close()
    assert meter.periods == [(100, 3), (10, 1), (0, 0), (1, 0)]
    found = measures_of(AgentMeter(), [meter], Evidence(2.0), 0.03, 400.0)
    assert (found.periods, found.periods_over, found.worst_period) == (3, 1, 0.1)  # 3 of 100 is not over 3 %
    assert (found.served, found.abandoned) == (107, 4)
    assert found.rate == pytest.approx(4 / 111)


def test_the_running_rate_counts_from_the_34th_answer_on():
    meter = CallMeter(0.0, 100.0, 0.03)
    for outcome in (*lost(1), *served(2, 32), *lost(3), *served(4, 60)):
        meter.outcome(outcome)
    assert meter.worst_running == pytest.approx(2 / 34)


def test_lines_are_averaged_over_time():
    meter = CallMeter(0.0, 100.0, 0.03)
    meter.line_taken(0.0)
    meter.line_taken(10.0)
    meter.line_freed(30.0)
    meter.line_freed(40.0)
    meter.outcome(CallResolved(30.0, "c", 0.0, "released"))
    assert (meter.line_seconds, meter.most_lines, meter.placed, meter.released) == (10 + 40 + 10, 2, 2, 1)


@pytest.mark.parametrize(
    ("facts", "answers", "abandoned"),
    [
        ({"answered_at": 10.0, "bridged_at": 11.9, "cause": "hung_up_by_us"}, 1, 0),
        ({"answered_at": 10.0, "bridged_at": 12.5, "cause": "hung_up_by_us"}, 1, 1),  # too late for the law
        ({"answered_at": 10.0, "cause": "hung_up_by_us"}, 1, 1),  # heard the message
        ({"answered_at": 10.0, "cause": "machine"}, 1, 1),  # a person taken for a machine
        ({"answered_at": 10.0, "cause": "hung_up_by_person", "ended_at": 11.0}, 0, 0),  # left at once
        ({"answered_at": 10.0, "cause": "hung_up_by_person", "ended_at": 13.0}, 1, 1),
        ({"cause": "no_answer"}, 0, 0),
    ],
)
def test_the_carriers_evidence_judges_each_person(facts, answers, abandoned):
    evidence = Evidence(2.0)
    call = CallRecord("c", "+12025550100", "+12025550101", 0.0, 1, "human")
    evidence.add(call)
    evidence.note(call, **({"ended_at": 20.0} | facts))
    assert (evidence.answers, evidence.abandoned) == (answers, abandoned)
    assert len(evidence) == 0  # the call itself is forgotten


def test_machines_are_no_evidence():
    evidence = Evidence(2.0)
    call = CallRecord("c", "+12025550100", "+12025550101", 0.0, 1, "machine")
    evidence.add(call)
    evidence.note(call, answered_at=10.0, ended_at=20.0, cause="machine")
    assert evidence.answers == 0


def test_a_trace_tells_what_happened_between_two_points():
    meter, calls, trace = AgentMeter(), CallMeter(0.0, 100.0, 0.03), Trace(10.0)
    meter.changed(0.0, "ann", S.TALKING)
    for at in (10.0, 20.0):
        meter.close(at)
        trace.add(at, meter, [calls], 0.2)
        meter.changed(at, "ann", S.READY)
        calls.outcome(lost(at)[0])
    assert [point.utilisation for point in trace.points] == [1.0, 0.0]
    assert [point.rate for point in trace.points] == [0.0, 1.0]
