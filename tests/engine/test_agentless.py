"""Who answers an agentless campaign hears its message; a key stops further calls or leads to an agent."""

import pytest
from floor_kit import Story

from dialer.engine import commands as cmd
from dialer.engine import events as ev
from dialer.engine.states import CallResult, CampaignState, LeadState
from dialer.pacing import CallAbandoned, CallServed, FloorView, PacingPolicy, make_pacer
from dialer.pacing.agentless import expected_excess


def heard(**config):
    """One person who answered at 5 s and hears the message."""
    story = Story(agentless=True, **config)
    story.leads(5)
    call = story.ring()
    story.send(ev.Answered(5.0, call))
    return story, call


def results(story):
    return [each.result for each in story.of(cmd.CallChanged, story.commands) if each.result is not None]


def test_the_message_begins_with_the_answer_and_nobody_is_abandoned():
    story, call = heard()
    assert story.of(cmd.PlayMessage) == [cmd.PlayMessage(5.0, call, "message")]
    story.send(ev.Tick(8.0))
    assert not story.of(cmd.PlayMessage)
    story.send(ev.MessagePlayed(20.0, call))
    story.send(ev.Ended(20.0, call, "hung_up_by_us"))
    assert results(story) == [CallResult.MESSAGE_HEARD]
    assert not [each for each in story.pacer.observed if isinstance(each, CallAbandoned)]


@pytest.mark.parametrize(
    ("cause", "result"),
    [
        ("hung_up_by_person", CallResult.MESSAGE_PART),
        ("hung_up_by_us", CallResult.MESSAGE_HEARD),  # the word that it was played is lost: the carrier hung up itself
        ("failed", CallResult.ABANDONED),  # cut off: our fault
        ("machine", CallResult.MACHINE),
    ],
)
def test_what_the_end_says_when_nothing_else_was_told(cause, result):
    story, call = heard()
    story.send(ev.Ended(9.0, call, cause))
    assert results(story) == [result]
    assert story.of(cmd.LookUp) == [cmd.LookUp(9.0, call)]  # a key press may have been lost on the way


def test_an_opt_out_is_suppressed_first_and_the_lead_is_blocked_once_and_for_all():
    story, call = heard()
    story.send(ev.OptedOut(8.0, call))
    assert isinstance(story.last[0], cmd.Suppress)
    assert story.of(cmd.LeadChanged)[0].state is LeadState.BLOCKED
    story.send(ev.OptedOut(8.1, call))  # pressed twice
    story.send(ev.Ended(9.0, call, "hung_up_by_us"))
    assert results(story) == [CallResult.OPTED_OUT]
    assert not story.of(cmd.LeadChanged)


def test_a_key_press_told_after_the_end_still_counts():
    story, call = heard(agent_key=True)
    story.send(ev.Ended(9.0, call, "hung_up_by_person"))
    story.send(ev.OptedOut(40.0, call))
    assert story.of(cmd.Suppress) and story.of(cmd.LeadChanged)[0].state is LeadState.BLOCKED
    assert [(each.result, each.late) for each in story.of(cmd.CallChanged)] == [(CallResult.OPTED_OUT, True)]
    other = story.ring(50.0)
    story.send(ev.Answered(55.0, other))
    story.send(ev.Ended(60.0, other, "hung_up_by_person"))
    story.send(ev.AgentAsked(61.0, other))  # asked, and nobody came
    assert results(story)[-1] is CallResult.ABANDONED
    assert isinstance(story.pacer.observed[-1], CallAbandoned)


def test_the_key_for_an_agent_leads_to_one_within_two_seconds_of_the_key():
    story, call = heard(agent_key=True)
    story.agents("ann", at=6.0)
    assert not story.of(cmd.Bridge)  # nobody is joined who did not ask
    story.send(ev.AgentAsked(15.0, call))
    assert story.of(cmd.Bridge) == [cmd.Bridge(15.0, call, "ann")]
    story.send(ev.AgentAsked(15.2, call))  # pressed twice
    assert not story.of(cmd.Bridge)
    story.send(ev.Bridged(15.4, call, "ann"))
    assert [type(each) for each in story.pacer.observed][-1] is CallServed
    story.send(ev.Ended(60.0, call, "hung_up_by_person"))
    assert results(story) == [CallResult.TO_AGENT]


def test_who_asks_and_finds_nobody_hears_the_safe_harbour_message_and_counts_as_abandoned():
    story, call = heard(agent_key=True)
    story.send(ev.AgentAsked(15.0, call))
    story.send(ev.Tick(16.9))
    assert story.of(cmd.PlayMessage) == [cmd.PlayMessage(16.9, call)]
    story.send(ev.Ended(25.0, call, "hung_up_by_us"))
    assert set(results(story)) == {CallResult.ABANDONED}


def test_a_machine_gets_its_message_after_the_beep_or_is_hung_up_on():
    story, call = heard(leave_voicemail=True)
    story.send(ev.MachineReady(12.0, call))
    story.send(ev.MachineReady(12.5, call))
    story.send(ev.MachineDetected(12.6, call))
    assert story.of(cmd.PlayMessage, story.commands)[1:] == [cmd.PlayMessage(12.0, call, "voicemail")]
    story.send(ev.MessagePlayed(30.0, call))
    story.send(ev.Ended(30.0, call, "hung_up_by_us"))
    assert results(story) == [CallResult.VOICEMAIL_LEFT]
    other, call = heard()
    other.send(ev.MachineReady(12.0, call))
    assert other.of(cmd.HangUp) == [cmd.HangUp(12.0, call, "machine")] and results(other) == [CallResult.MACHINE]


def test_no_message_lasts_longer_than_it_may():
    story, call = heard(message_seconds=30.0)
    story.send(ev.Tick(35.0))
    assert story.of(cmd.HangUp) == [cmd.HangUp(35.0, call, "message_over")]
    story.send(ev.Ended(35.1, call, "hung_up_by_us"))
    assert results(story) == [CallResult.MESSAGE_PART]


def test_it_dials_with_nobody_signed_in_only_when_nobody_is_needed():
    alone, asked = Story(agentless=True), Story(agentless=True, agent_key=True)
    for story in (alone, asked):
        story.leads(5)
        story.send(ev.Tick(1.0))
        assert story.pacer.seen
    assert alone.engine.pace.health()[0] is CampaignState.RUNNING
    assert asked.engine.pace.health()[0] is CampaignState.WAITING_FOR_AGENTS


def test_the_pacer_keeps_to_lines_rate_and_leads_and_to_what_agents_can_take():
    pacer = make_pacer(PacingPolicy(mode="agentless"))
    free = FloorView(0.0, (), (), (), line_limit=40, dial_tokens=7, leads_left=100, hearing=36)
    assert (pacer.decide(free).dial, "lines bound" in pacer.decide(free).reason) == (4, True)
    careful = make_pacer(PacingPolicy(mode="agentless", agent_key=True))
    refused = careful.decide(FloorView(0.0, (), (), (), line_limit=40, dial_tokens=7, leads_left=100))
    assert refused.dial == 0 and "no agent is free" in refused.reason
    # E[(N - r)+] for r = 1: m - 1 + exp(-m)
    assert expected_excess(0.5, 1) == pytest.approx(0.5 - 1 + 2.718281828459045**-0.5)
    assert expected_excess(2000.0, 5) == 1995.0
