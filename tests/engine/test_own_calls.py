"""Calls of one agent's own: previews, promised callbacks, numbers typed by hand."""

import pytest
from floor_kit import Story

from dialer.engine import AgentState, CallResult, IllegalEvent, LeadState
from dialer.engine import commands as cmd
from dialer.engine import events as ev


@pytest.fixture
def looking() -> Story:
    story = Story(preview=True)
    story.leads(3)
    story.agents("ann")
    return story


def promised(at: float, agent: str = "ann", lead_id: int = 77) -> ev.CallbacksDue:
    return ev.CallbacksDue(at, (ev.Lead(lead_id, "+19195550177", lead_id, for_agent=agent, promised_at=at),))


def state_of(story: Story, agent: str) -> AgentState:
    return story.engine.floor.agents[agent].state


def placed(story: Story, at: float) -> str:
    (dial,) = story.of(cmd.Dial)
    story.send(ev.DialAllowed(at, dial.call_id))
    story.send(ev.Placed(at, dial.call_id))
    return dial.call_id


def test_a_preview_is_dialed_for_its_agent_and_answered_by_nobody_else(looking):
    story = looking
    shown = story.of(cmd.AgentChanged)[-1]
    assert (shown.state, shown.preview.lead_id) == (AgentState.PREVIEW, 1)
    assert story.engine.floor.agents_shown() == 0  # the pacer counts on nobody who looks at a lead
    story.send(ev.PreviewDialed(5.0, "ann"))
    (dial,) = story.of(cmd.Dial)
    assert (dial.lead_id, dial.agent_id, dial.mode) == (1, "ann", "preview")
    call = placed(story, 5.0)
    assert story.engine.floor.call_views() == ()
    story.agents("bob", at=1.0)  # ready for longer than ann waits
    story.send(ev.Answered(9.0, call))
    assert story.of(cmd.Bridge) == [cmd.Bridge(9.0, call, "ann")]
    story.send(ev.Bridged(9.4, call, "ann"))
    assert state_of(story, "ann") is AgentState.TALKING
    assert [type(each).__name__ for each in story.pacer.observed] == ["CallServed"]  # law counts it, forecasts do not


def test_what_nobody_answers_is_told_and_the_next_lead_is_shown(looking):
    story = looking
    story.send(ev.PreviewDialed(5.0, "ann"))
    call = placed(story, 5.0)
    story.send(ev.Ended(30.0, call, "no_answer"))
    told = [(each.state, each.say) for each in story.of(cmd.AgentChanged)]
    assert told == [(AgentState.READY, CallResult.NO_ANSWER), (AgentState.PREVIEW, "")]
    assert story.engine.floor.agents["ann"].lead.lead_id == 2


def test_a_refusal_is_told_in_its_sentence(looking):
    story = looking
    story.send(ev.PreviewDialed(5.0, "ann"))
    (dial,) = story.of(cmd.Dial)
    story.send(ev.DialRefused(5.0, dial.call_id, ("HOURS_STATE",), 900.0, say="It is 7:14 there."))
    assert story.of(cmd.AgentChanged)[0].say == "It is 7:14 there."
    (lead,) = story.of(cmd.LeadChanged)
    assert (lead.state, lead.next_at) == (LeadState.WAITING, 900.0)


def test_a_skip_says_why_and_the_lead_comes_again(looking):
    story = looking
    story.send(ev.PreviewSkipped(5.0, "ann", "called this morning"))
    (lead,) = story.of(cmd.LeadChanged)
    assert (lead.lead_id, lead.state, lead.next_at) == (1, LeadState.WAITING, 3605.0)
    assert lead.why == "skipped by ann: called this morning"
    assert story.of(cmd.AgentChanged)[0].code == "skip: called this morning"
    with pytest.raises(IllegalEvent):
        story.engine.handle(ev.PreviewSkipped(6.0, "bob", "not there"))


def test_a_countdown_dials_as_a_machine_would_and_only_the_lead_it_began_with():
    story = Story(preview=True, preview_seconds=20.0)
    story.leads(3)
    story.agents("ann")
    story.send(ev.PreviewSkipped(15.0, "ann", "no time"))
    story.send(ev.Tick(20.0))
    assert story.of(cmd.Dial) == []
    story.send(ev.CampaignPaused(30.0, "lunch"))
    story.send(ev.Tick(35.0))
    assert story.of(cmd.Dial) == []
    story.send(ev.CampaignResumed(35.5))
    story.send(ev.Tick(36.0))
    (dial,) = story.of(cmd.Dial)
    assert (dial.lead_id, dial.mode, dial.agent_id) == (2, "progressive", "ann")


def test_pause_and_loss_give_the_lead_back_unused(looking):
    story = looking
    story.send(ev.AgentPaused(5.0, "ann", "break"))
    assert [lead.lead_id for lead in story.engine.floor.leads] == [1, 2, 3]
    story.agents("ann", at=6.0)
    story.send(ev.AgentGone(7.0, "ann", "lost"))
    assert [lead.lead_id for lead in story.engine.floor.leads] == [1, 2, 3]


def test_an_agent_lost_while_it_rings_leaves_the_person_to_others_or_the_message(looking):
    story = looking
    story.send(ev.PreviewDialed(5.0, "ann"))
    call = placed(story, 5.0)
    story.send(ev.AgentGone(6.0, "ann", "lost"))
    assert [view.call_id for view in story.engine.floor.call_views()] == [call]
    story.send(ev.Answered(8.0, call))
    assert story.of(cmd.Bridge) == []
    story.send(ev.Tick(9.95))
    assert story.of(cmd.PlayMessage) == [cmd.PlayMessage(9.95, call)]


def test_a_promised_callback_comes_back_to_its_agent():
    story = Story()
    story.leads(5)
    story.agents("ann", "bob")
    story.send(promised(10.0, "bob"))
    assert story.of(cmd.AgentChanged)[-1].preview.lead_id == 77
    assert (state_of(story, "ann"), state_of(story, "bob")) == (AgentState.READY, AgentState.PREVIEW)


def test_an_agent_whom_a_call_is_on_its_way_to_is_not_taken_from_it():
    story = Story()
    story.leads(5)
    story.agents("ann")
    call = story.ring(1.0)
    story.send(promised(2.0))
    assert state_of(story, "ann") is AgentState.READY
    story.send(ev.Answered(3.0, call))
    story.send(ev.Bridged(3.2, call, "ann"))
    story.send(ev.Ended(60.0, call, "hung_up_by_person"))
    story.send(ev.Dispositioned(70.0, "ann", call, "SALE"))
    assert state_of(story, "ann") is AgentState.PREVIEW


def test_a_callback_whose_agent_is_away_is_anybodys_after_the_grace():
    story = Story(callback_grace=600.0)
    story.leads(5)
    story.agents("bob")
    story.send(promised(10.0, "ann"))
    story.pacer.dial = 1
    story.send(ev.Tick(11.0))
    assert [each.lead_id for each in story.of(cmd.Dial)] == [1]
    story.send(ev.Tick(610.0))
    story.pacer.dial = 1
    story.send(ev.Tick(611.0))
    assert [each.lead_id for each in story.of(cmd.Dial)] == [77]
    story.send(promised(620.0, "", 78))  # anybody's goes before all others at once
    story.pacer.dial = 1
    story.send(ev.Tick(621.0))
    assert [each.lead_id for each in story.of(cmd.Dial)] == [78]


def test_a_number_typed_by_hand_goes_through_the_same_gate_and_lines():
    story = Story(lines=1)
    story.agents("ann")
    story.send(ev.AgentPaused(1.0, "ann", "break"))
    lead = ev.Lead(9, "+19195550109", 9, by_hand=True)
    story.send(ev.ManualDialed(2.0, "ann", lead, then_pause="break"))
    (dial,) = story.of(cmd.Dial)
    assert (dial.number, dial.mode, dial.agent_id) == ("+19195550109", "manual", "ann")
    story.agents("bob", at=2.6)
    with pytest.raises(IllegalEvent, match=r"on a call, or before another agent"):
        story.engine.handle(ev.ManualDialed(2.65, "bob", lead))
    with pytest.raises(IllegalEvent, match="All 1 lines are in use"):
        story.engine.handle(ev.ManualDialed(2.7, "bob", ev.Lead(10, "+19195550110", 10)))
    story.send(ev.DialAllowed(3.0, dial.call_id))
    story.send(ev.Placed(3.0, dial.call_id))
    story.send(ev.Ended(20.0, dial.call_id, "busy"))
    assert story.of(cmd.ReleaseLeads) == [cmd.ReleaseLeads(20.0, (9,))]  # it stays what it was
    assert story.of(cmd.LeadChanged) == []
    last = story.of(cmd.AgentChanged)[-1]
    assert (last.state, last.code, last.say) == (AgentState.PAUSED, "break", "busy")


def test_draining_takes_back_what_agents_look_at(looking):
    story = looking
    story.send(promised(2.0, "away"))
    story.send(ev.DrainRequested(3.0, "the day is over"))
    (released,) = story.of(cmd.ReleaseLeads)
    assert sorted(released.lead_ids) == [1, 2, 3, 77]
    assert state_of(story, "ann") is AgentState.READY
    assert story.engine.complete


def test_a_promise_that_could_not_be_kept_at_its_minute_stays_one_and_its_agents():
    story = Story()
    story.agents("cat")
    story.send(promised(5.0, "cat"))
    story.send(ev.PreviewDialed(6.0, "cat"))
    dial = story.of(cmd.Dial)[-1]
    story.send(ev.DialRefused(6.0, dial.call_id, ("FREQ_24H",), 9000.0, say="three calls today"))
    (lead,) = story.of(cmd.LeadChanged)
    assert (lead.state, lead.next_at, lead.for_agent) == (LeadState.CALLBACK, 9000.0, "cat")
    # The number itself is barred: the person's other number is called for the promise, by the same agent.
    story.send(promised(9000.0, "cat"))
    story.send(ev.PreviewDialed(9001.0, "cat"))
    dial = story.of(cmd.Dial)[-1]
    story.send(ev.DialRefused(9001.0, dial.call_id, ("DNC_STATE",), None, whole_lead=False))
    (lead,) = story.of(cmd.LeadChanged)
    assert (lead.state, lead.next_at, lead.for_agent) == (LeadState.CALLBACK, 9001.0, "cat")
    assert (lead.phone_id, lead.phone_bad) == (77, "DNC_STATE")
    # For good: no promise stands against that.
    story.send(promised(9002.0, "cat"))
    story.send(ev.PreviewDialed(9002.0, "cat"))
    story.send(ev.DialRefused(9002.0, story.of(cmd.Dial)[-1].call_id, ("CONSENT_REQUIRED",), None))
    (lead,) = story.of(cmd.LeadChanged)
    assert (lead.state, lead.for_agent) == (LeadState.BLOCKED, "")
    # A skip, and a carrier that takes no calls, change nothing of it either.
    story.send(promised(9003.0, "cat"))
    story.send(ev.PreviewSkipped(9003.0, "cat", "lunch"))
    assert story.of(cmd.LeadChanged)[0].for_agent == "cat"
    story.send(promised(20_000.0, "cat"))
    story.send(ev.PreviewDialed(20_000.0, "cat"))
    dial = story.of(cmd.Dial)[-1]
    story.send(ev.DialAllowed(20_000.0, dial.call_id))
    story.send(ev.PlaceFailed(20_001.0, dial.call_id, "rate"))
    (lead,) = story.of(cmd.LeadChanged)
    assert (lead.state, lead.next_at, lead.for_agent) == (LeadState.CALLBACK, 20_001.0, "cat")


def test_the_board_says_why_a_campaign_is_closed_and_when_it_opens():
    story = Story()
    story.agents("ann")
    say = "The campaign is closed (pause until 2027-01-03: holidays); it opens Mon 2027-01-04 09:00 EST."
    story.send(ev.LeadsOffered(1.0, (), "outside_hours", 900.0, say))
    assert story.of(cmd.CampaignChanged)[-1].why == say
    story.send(ev.LeadsOffered(901.0, (), "outside_hours", 1800.0))
    assert story.engine.pace.health()[1] == "No lead may be called at this hour."


def test_a_call_that_the_campaigns_own_hours_refuse_leaves_the_lead_as_it_was(looking):
    story = looking
    story.send(ev.PreviewDialed(5.0, "ann"))
    (dial,) = story.of(cmd.Dial)
    story.send(ev.DialRefused(5.0, dial.call_id, ("CAMPAIGN_CLOSED",), None, say="closed", as_it_was=True))
    assert story.of(cmd.LeadChanged) == []
    assert story.of(cmd.ReleaseLeads)[0].lead_ids == (1,)
    assert story.of(cmd.AgentChanged)[0].say == "closed"
