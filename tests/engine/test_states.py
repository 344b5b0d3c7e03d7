"""Every (state, event) pair is either in the table or refused; a refusal changes nothing."""

import copy
from itertools import product
from pathlib import Path

import pytest

from dialer.engine import AgentState, CallState, IllegalEvent
from dialer.engine import events as ev
from dialer.engine.diagrams import states_page
from dialer.engine.records import Agent, Call
from dialer.engine.states import AGENT_TABLE, CALL_TABLE

CALL_EVENTS = [
    ev.DialAllowed(1.0, "c"),
    ev.DialRefused(1.0, "c", ("DNC_NATIONAL",), None),
    ev.Placed(1.0, "c"),
    ev.PlaceFailed(1.0, "c", "number"),
    ev.Ringing(1.0, "c"),
    ev.Answered(1.0, "c"),
    ev.MachineDetected(1.0, "c"),
    ev.Bridged(1.0, "c", "ann"),
    ev.BridgeFailed(1.0, "c", "ann"),
    ev.MessagePlayed(1.0, "c"),
    ev.OptedOut(1.0, "c"),
    ev.AgentAsked(1.0, "c"),
    ev.MachineReady(1.0, "c"),
    ev.Ended(1.0, "c", "no_answer"),
    ev.Lost(1.0, "c"),
]
AGENT_EVENTS = [
    ev.AgentReady(1.0, "ann"),
    ev.AgentPaused(1.0, "ann"),
    ev.AgentGone(1.0, "ann"),
    ev.AgentFinishing(1.0, "ann", 5.0),
    ev.Dispositioned(1.0, "ann", "c", "SALE"),
    ev.Answered(1.0, "c"),
    ev.Bridged(1.0, "c", "ann"),
    ev.BridgeFailed(1.0, "c", "ann"),
    ev.MachineDetected(1.0, "c"),
    ev.Ended(1.0, "c", "hung_up_by_person"),
    ev.Lost(1.0, "c"),
    ev.Tick(1.0),
    ev.LeadsOffered(1.0, ()),
    ev.PreviewDialed(1.0, "ann"),
    ev.PreviewTimedOut(1.0, "ann"),
    ev.PreviewSkipped(1.0, "ann", "no time"),
    ev.ManualDialed(1.0, "ann", ev.Lead(1, "+19195550101", 1)),
    ev.DialRefused(1.0, "c", ("DNC_NATIONAL",), None),
    ev.PlaceFailed(1.0, "c", "number"),
    ev.DrainRequested(1.0, "test"),
]


def walk(states, events):
    return [pytest.param(s, e, id=f"{s}-{type(e).__name__}") for s, e in product(states, events)]


@pytest.mark.parametrize(("state", "event"), walk(CallState, CALL_EVENTS))
def test_call_table_lists_or_refuses(state, event):
    call = Call("c", ev.Lead(1, "+19195550101", 1), state, 0.0, 0.0)
    before = copy.deepcopy(call)
    if (state, type(event)) in CALL_TABLE:
        assert call.next_state(event) in CallState
    else:
        with pytest.raises(IllegalEvent, match=rf"is {state}; {type(event).__name__} is not allowed"):
            call.next_state(event)
    assert call == before


@pytest.mark.parametrize(("state", "event"), walk(AgentState, AGENT_EVENTS))
def test_agent_table_lists_or_refuses(state, event):
    agent = Agent("ann", state)
    before = copy.deepcopy(agent)
    if (state, type(event)) in AGENT_TABLE:
        assert agent.next_state(event) in AgentState
    else:
        with pytest.raises(IllegalEvent, match=rf"is {state}; {type(event).__name__} is not allowed"):
            agent.next_state(event)
    assert agent == before


def test_tables_know_only_events_that_exist():
    known = {type(e) for e in CALL_EVENTS} | {type(e) for e in AGENT_EVENTS}
    assert {event for _, event in CALL_TABLE} | {event for _, event in AGENT_TABLE} <= known


def test_an_ended_call_stays_ended_whatever_comes():
    assert {following for (state, _), following in CALL_TABLE.items() if state is CallState.ENDED} == {CallState.ENDED}


def test_an_illegal_event_changes_nothing_in_the_engine(story):
    story.leads(1)
    story.agents("ann")
    story.pacer.dial = 1
    story.send(ev.Tick(1.0))
    before = copy.deepcopy((story.engine.floor.__dict__, story.pacer.observed))
    with pytest.raises(IllegalEvent):
        story.engine.handle(ev.Ringing(2.0, "c-1"))  # the gate has not spoken
    with pytest.raises(IllegalEvent):
        story.engine.handle(ev.Ringing(2.0, "nobody's"))
    with pytest.raises(IllegalEvent):
        story.engine.handle(ev.Bridged(2.0, "c-1", "ann"))
    assert (story.engine.floor.__dict__, story.pacer.observed) == before


def test_the_diagrams_are_drawn_from_the_tables():
    page = Path(__file__).parents[2] / "docs" / "developers" / "states.md"
    assert page.read_text(encoding="utf-8") == states_page()
