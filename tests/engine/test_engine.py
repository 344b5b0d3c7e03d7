"""What the engine promises, told as short stories."""

import pytest
from floor_kit import Story

from dialer.engine import AgentState, CallResult, CallState, CampaignState, EngineConfig, IllegalEvent
from dialer.engine import commands as cmd
from dialer.engine import events as ev
from dialer.pacing import CallAbandoned, CallResolved, CallServed, HandleTime


def test_a_person_is_joined_to_the_agent_who_is_ready_longest(story):
    story.leads(3)
    story.agents("bob", at=1.0)
    story.agents("ann", at=2.0)
    call = story.ring(3.0)
    story.send(ev.Answered(10.0, call))
    assert story.of(cmd.Bridge) == [cmd.Bridge(10.0, call, "bob")]
    story.send(ev.Bridged(10.1, call, "bob"))
    assert story.engine.floor.agents["bob"].state is AgentState.TALKING
    assert CallServed(10.1, call, 10.0, "bob") in story.pacer.observed


def test_nobody_free_within_two_seconds_means_the_message_and_an_abandonment():
    story = Story(connect_within=2.0, message_lead=0.1)
    story.leads(2)
    story.agents("ann")
    first, second = story.dial(1.0, 2)
    for call in (first, second):
        story.send(ev.Ringing(2.0, call))
    story.send(ev.Answered(8.0, first))
    story.send(ev.Bridged(8.1, first, "ann"))
    story.send(ev.Answered(9.0, second))
    assert not story.of(cmd.PlayMessage)
    story.send(ev.Tick(10.9))
    assert story.of(cmd.PlayMessage) == [cmd.PlayMessage(10.9, second)]
    assert CallAbandoned(10.9, second, 9.0) in story.pacer.observed
    story.send(ev.MessagePlayed(18.0, second))
    story.send(ev.Ended(18.1, second, "hung_up_by_us"))
    assert [c.result for c in story.of(cmd.CallChanged)] == [CallResult.ABANDONED]


def test_the_engine_asks_to_be_woken_for_the_two_second_limit(story):
    story.leads(1)
    story.agents("ann")
    call = story.ring(1.0)
    story.send(ev.AgentPaused(2.0, "ann"))
    story.send(ev.Answered(5.0, call))
    assert any(c.at <= 5.0 + 1.9 for c in story.of(cmd.WakeAt, story.commands) if c.at > 5.0)


def test_an_agent_who_becomes_free_in_time_takes_the_one_who_waits(story):
    story.leads(1)
    story.agents("ann")
    call = story.ring(1.0)
    story.send(ev.AgentPaused(2.0, "ann", "coffee"))
    story.send(ev.Answered(5.0, call))
    assert not story.of(cmd.Bridge)
    story.send(ev.AgentReady(6.5, "ann"))
    assert story.of(cmd.Bridge) == [cmd.Bridge(6.5, call, "ann")]


def test_a_person_who_hangs_up_first_is_neither_served_nor_abandoned(story):
    story.leads(1)
    story.agents("ann")
    call = story.ring(1.0)
    story.send(ev.AgentPaused(2.0, "ann"))
    story.send(ev.Answered(5.0, call))
    story.send(ev.Ended(6.0, call, "hung_up_by_person"))
    assert story.of(cmd.CallChanged)[0].result is CallResult.HUNG_UP_FIRST
    assert not [o for o in story.pacer.observed if isinstance(o, CallAbandoned | CallServed)]


def test_a_live_answer_that_ends_by_our_fault_counts_as_abandoned(story):
    story.leads(1)
    story.agents("ann")
    call = story.ring(1.0)
    story.send(ev.AgentPaused(2.0, "ann"))
    story.send(ev.Answered(5.0, call))
    story.send(ev.Ended(5.5, call, "failed"))
    assert story.of(cmd.CallChanged)[0].result is CallResult.ABANDONED
    assert CallAbandoned(5.5, call, 5.0) in story.pacer.observed


def test_a_join_that_comes_too_late_for_the_law_counts_as_abandoned(story):
    story.leads(1)
    story.agents("ann")
    call = story.ring(1.0)
    story.send(ev.Answered(5.0, call))
    story.send(ev.Bridged(7.3, call, "ann"))  # a slow carrier; the tick at 6.9 has already freed the agent
    assert story.of(cmd.HangUp) or CallAbandoned(7.3, call, 5.0) in story.pacer.observed


def test_no_unanswered_call_is_released_before_fifteen_seconds_of_ringing(story):
    story.leads(1)
    story.agents("ann")
    call = story.ring(1.0)
    story.pacer.release = (call,)
    story.send(ev.Tick(15.9))
    assert not story.of(cmd.HangUp)
    story.send(ev.Tick(16.0))
    assert story.of(cmd.HangUp) == [cmd.HangUp(16.0, call, "release")]
    story.send(ev.Tick(17.0))
    assert not story.of(cmd.HangUp)  # once is enough
    story.send(ev.Ended(17.1, call, "cancelled"))
    assert CallResolved(17.1, call, 1.0, "released") in story.pacer.observed


def test_a_ring_floor_below_the_law_cannot_be_configured():
    with pytest.raises(ValueError, match="min_ring must be at least 15 s"):
        EngineConfig(min_ring=14.9)


def test_never_more_calls_than_lines_or_the_rate_allow():
    story = Story(lines=3)
    story.leads(10)
    story.agents("ann", "bob")
    assert len(story.dial(1.0, 8)) == 3
    story = Story(calls_per_second=2.0)
    story.leads(10)
    story.agents("ann")
    assert len(story.dial(1.0, 8)) == 2
    assert len(story.dial(1.4, 8)) == 0
    assert len(story.dial(2.0, 8)) == 2


def test_wrap_up_ends_with_the_disposition_and_the_lead_goes_on(story):
    story.leads(1)
    story.agents("ann")
    call = story.ring(1.0)
    story.send(ev.Answered(5.0, call))
    story.send(ev.Bridged(5.1, call, "ann"))
    story.send(ev.Ended(65.1, call, "hung_up_by_person"))
    assert story.engine.floor.agents["ann"].state is AgentState.WRAP_UP
    assert not story.of(cmd.LeadChanged)
    story.send(ev.Dispositioned(80.1, "ann", call, "SALE"))
    assert story.engine.floor.agents["ann"].state is AgentState.READY
    assert story.of(cmd.LeadChanged)[0].why == "human 1"
    (handled,) = [o for o in story.pacer.observed if isinstance(o, HandleTime)]
    assert (handled.talk, handled.wrap_up) == (pytest.approx(60.0), pytest.approx(15.0))


def test_a_forgotten_wrap_up_ends_by_itself():
    story = Story(wrap_up_limit=30.0)
    story.leads(1)
    story.agents("ann")
    call = story.ring(1.0)
    story.send(ev.Answered(5.0, call))
    story.send(ev.Bridged(5.1, call, "ann"))
    story.send(ev.Ended(65.0, call, "hung_up_by_person"))
    story.send(ev.Tick(95.0))
    assert story.engine.floor.agents["ann"].state is AgentState.READY
    story.send(ev.Dispositioned(99.0, "ann", call, "NI"))  # late words still count
    assert story.of(cmd.CallChanged)[0].disposition == "NI"


def test_late_words_count_however_many_calls_of_a_large_floor_ended_meanwhile():
    story = Story(wrap_up_limit=30.0)
    story.leads(1)
    story.agents("ann")
    call = story.ring(1.0)
    story.send(ev.Answered(5.0, call))
    story.send(ev.Bridged(5.1, call, "ann"))
    story.send(ev.Ended(65.0, call, "hung_up_by_person"))
    at = 65.0
    for n in range(2, 6_002):
        at += 0.2
        story.leads(1, at, first=n)
        story.send(ev.Ended(at, *story.dial(at), "no_answer"))
    assert at > 1_200.0 and len(story.engine.floor.ended) < 5_000
    story.send(ev.Dispositioned(at, "ann", call, "DNC"))
    assert isinstance(story.last[0], cmd.Suppress)
    story.send(ev.Tick(at + 4.1 * 3600.0))
    story.leads(1, at + 4.1 * 3600.0, first=9_000)
    story.send(ev.Ended(at + 4.1 * 3600.0, *story.dial(at + 4.1 * 3600.0), "no_answer"))
    with pytest.raises(IllegalEvent):
        story.send(ev.Dispositioned(at + 4.1 * 3600.0, "ann", call, "NI"))  # nothing is remembered for ever


def test_an_opt_out_is_suppressed_before_anything_else(story):
    story.leads(1)
    story.agents("ann")
    call = story.ring(1.0)
    story.send(ev.Answered(5.0, call))
    story.send(ev.Bridged(5.1, call, "ann"))
    story.send(ev.Dispositioned(20.0, "ann", call, "DNC", done=False))
    assert isinstance(story.last[0], cmd.Suppress)
    assert story.engine.floor.agents["ann"].state is AgentState.TALKING


def test_a_key_press_during_the_message_has_the_last_word(story):
    story.leads(1)
    story.agents("ann")
    call = story.ring(1.0)
    story.send(ev.AgentPaused(2.0, "ann"))
    story.send(ev.Answered(5.0, call))
    story.send(ev.Tick(6.9))
    story.send(ev.OptedOut(9.0, call))
    assert isinstance(story.last[0], cmd.Suppress)
    story.send(ev.Ended(9.1, call, "hung_up_by_us"))
    states = [c.state for c in story.of(cmd.LeadChanged, story.commands)]
    assert states == ["blocked"]


def test_a_pause_during_a_call_takes_effect_after_wrap_up(story):
    story.leads(1)
    story.agents("ann")
    call = story.ring(1.0)
    story.send(ev.Answered(5.0, call))
    story.send(ev.Bridged(5.1, call, "ann"))
    story.send(ev.AgentPaused(6.0, "ann", "lunch"))
    assert story.engine.floor.agents["ann"].state is AgentState.TALKING
    story.send(ev.Ended(65.0, call, "hung_up_by_us"))
    story.send(ev.Dispositioned(70.0, "ann", call, "NI"))
    assert story.engine.floor.agents["ann"].state is AgentState.PAUSED
    assert story.of(cmd.AgentChanged)[-1].code == "lunch"


def test_the_person_is_cared_for_when_the_agent_is_lost(story):
    story.leads(1)
    story.agents("ann")
    call = story.ring(1.0)
    story.send(ev.Answered(5.0, call))
    story.send(ev.Bridged(5.1, call, "ann"))
    story.send(ev.AgentGone(30.0, "ann", "browser lost"))
    assert story.of(cmd.PlayMessage) == [cmd.PlayMessage(30.0, call)]
    story.send(ev.Ended(40.0, call, "hung_up_by_us"))
    assert story.of(cmd.CallChanged)[0].result is CallResult.HUMAN
    assert story.of(cmd.LeadChanged)


def test_an_agent_lost_before_the_join_leaves_the_person_to_the_next(story):
    story.leads(1)
    story.agents("ann", at=0.0)
    story.agents("bob", at=1.0)
    call = story.ring(2.0)
    story.send(ev.Answered(5.0, call))
    assert story.of(cmd.Bridge)[0].agent_id == "ann"
    story.send(ev.AgentGone(5.2, "ann", "browser lost"))
    assert story.of(cmd.Bridge) == [cmd.Bridge(5.2, call, "bob")]


def test_a_failed_join_is_tried_with_another_agent(story):
    story.leads(1)
    story.agents("ann", at=0.0)
    story.agents("bob", at=1.0)
    call = story.ring(2.0)
    story.send(ev.Answered(5.0, call))
    story.send(ev.BridgeFailed(5.5, call, "ann"))
    assert story.of(cmd.Bridge)[0].agent_id == "bob"


def test_machines_free_the_agent_at_once(story):
    story.leads(1)
    story.agents("ann")
    call = story.ring(1.0)
    story.send(ev.Answered(5.0, call))
    story.send(ev.Bridged(5.1, call, "ann"))
    story.send(ev.MachineDetected(8.0, call))
    assert story.engine.floor.agents["ann"].state is AgentState.READY
    assert story.of(cmd.HangUp) == [cmd.HangUp(8.0, call, "machine")]
    story.send(ev.Ended(8.1, call, "hung_up_by_us"))  # late: changes nothing
    assert not story.of(cmd.CallChanged)


def test_a_refused_dial_frees_the_line_and_blocks_or_delays_the_lead(story):
    story.leads(3)
    story.agents("ann")
    story.pacer.dial = 3
    never, later, other_phone = (c.call_id for c in story.send(ev.Tick(1.0)) if isinstance(c, cmd.Dial))
    story.send(ev.DialRefused(1.0, never, ("DNC_INTERNAL",), None))
    assert story.of(cmd.LeadChanged)[0].state == "blocked"
    story.send(ev.DialRefused(1.0, later, ("HOURS_STATE",), 9000.0))
    assert (story.of(cmd.LeadChanged)[0].state, story.of(cmd.LeadChanged)[0].next_at) == ("waiting", 9000.0)
    story.send(ev.DialRefused(1.0, other_phone, ("DNC_NATIONAL",), None, whole_lead=False))
    assert story.of(cmd.LeadChanged)[0].phone_bad == "DNC_NATIONAL"
    assert not story.engine.floor.calls


def test_an_unknown_placement_is_never_dialed_again_before_the_carrier_was_asked(story):
    story.leads(1)
    story.agents("ann")
    story.pacer.dial = 1
    (dial,) = (c for c in story.send(ev.Tick(1.0)) if isinstance(c, cmd.Dial))
    story.send(ev.DialAllowed(1.0, dial.call_id))
    story.send(ev.PlaceFailed(6.0, dial.call_id, "unknown", "timeout"))
    assert story.of(cmd.LookUp) and not story.of(cmd.LeadChanged)
    story.send(ev.Tick(36.1))
    assert story.of(cmd.CallChanged)[0].result is CallResult.FAILED
    assert story.of(cmd.LeadChanged)


def test_account_errors_pause_the_campaign_and_burn_no_lead(story):
    story.leads(2)
    story.agents("ann")
    story.pacer.dial = 1
    (dial,) = (c for c in story.send(ev.Tick(1.0)) if isinstance(c, cmd.Dial))
    story.send(ev.DialAllowed(1.0, dial.call_id))
    story.send(ev.PlaceFailed(1.2, dial.call_id, "account", "21210 caller id not verified"))
    assert story.of(cmd.LeadChanged)[0].state == "ready"
    assert story.of(cmd.CampaignChanged)[0].state is CampaignState.PAUSED
    assert "21210" in story.of(cmd.CampaignChanged)[0].why
    assert story.dial(5.0, 1) == []
    story.send(ev.CampaignResumed(6.0))
    assert len(story.of(cmd.Dial)) == 1


def test_a_call_without_news_is_asked_about_and_closed_as_lost(story):
    story.leads(1)
    story.agents("ann")
    call = story.ring(1.0)
    story.send(ev.Tick(1.0 + 26.0 + 10.0))
    assert story.of(cmd.LookUp) == [cmd.LookUp(37.0, call)]
    story.send(ev.Tick(67.1))
    assert story.of(cmd.CallChanged)[0].state is CallState.ENDED
    assert "lost" in story.of(cmd.CallChanged)[0].detail


def test_draining_dials_no_more_and_completes_when_calls_are_over(story):
    story.leads(5)
    story.agents("ann")
    call = story.ring(1.0)
    story.send(ev.DrainRequested(2.0, "end of shift"))
    assert story.of(cmd.ReleaseLeads)[0].lead_ids == (2, 3, 4, 5)
    assert story.dial(3.0, 2) == []
    assert not story.engine.complete
    story.send(ev.Answered(4.0, call))
    story.send(ev.Bridged(4.1, call, "ann"))
    story.send(ev.Ended(50.0, call, "hung_up_by_person"))
    assert not story.engine.complete
    story.send(ev.Dispositioned(60.0, "ann", call, "SALE"))
    assert story.engine.complete
    assert story.of(cmd.CampaignChanged)[-1].state is CampaignState.COMPLETE


def test_the_board_says_why_it_is_not_dialing(story):
    story.send(ev.Tick(0.0))
    assert story.engine.pace.health()[0] is CampaignState.WAITING_FOR_AGENTS
    story.agents("ann", at=1.0)
    story.send(ev.LeadsOffered(1.0, (), "outside_hours", 3600.0))
    assert story.engine.pace.health()[0] is CampaignState.OUTSIDE_HOURS
    assert not story.of(cmd.FetchLeads)
    story.send(ev.Tick(3600.0))
    assert story.of(cmd.FetchLeads)


def test_an_unknown_disposition_is_refused_with_the_known_ones(story):
    story.leads(1)
    story.agents("ann")
    call = story.ring(1.0)
    story.send(ev.Answered(5.0, call))
    story.send(ev.Bridged(5.1, call, "ann"))
    with pytest.raises(IllegalEvent, match="'MAYBE' is not one of DNC, NI, SALE"):
        story.send(ev.Dispositioned(9.0, "ann", call, "MAYBE"))


def test_any_word_of_the_carrier_saves_a_call_from_being_closed_as_lost(story):
    story.leads(1)
    story.agents("ann")
    story.pacer.dial = 1
    (dial,) = (c for c in story.send(ev.Tick(1.0)) if isinstance(c, cmd.Dial))
    story.send(ev.DialAllowed(1.0, dial.call_id))
    story.send(ev.PlaceFailed(6.0, dial.call_id, "unknown", "timeout"))
    assert story.of(cmd.LookUp)
    story.send(ev.Placed(7.0, dial.call_id))
    story.send(ev.Ringing(8.0, dial.call_id))
    story.send(ev.Answered(15.0, dial.call_id))
    story.send(ev.Bridged(15.1, dial.call_id, "ann"))
    story.send(ev.Tick(300.0))
    assert story.engine.floor.agents["ann"].state is AgentState.TALKING


def test_a_call_that_the_carrier_keeps_in_its_queue_is_asked_about_again(story):
    story.leads(1)
    story.agents("ann")
    (call,) = story.dial(1.0)
    story.send(ev.Tick(31.0))
    assert story.of(cmd.LookUp) == [cmd.LookUp(31.0, call)]
    story.send(ev.Placed(31.1, call))
    story.send(ev.Tick(61.2))
    assert story.of(cmd.LookUp) == [cmd.LookUp(61.2, call)]
    story.send(ev.Tick(91.3))
    assert story.of(cmd.HangUp) == [cmd.HangUp(91.3, call, "lost")]
    assert story.of(cmd.CallChanged)[0].state is CallState.ENDED


def test_an_agent_with_whom_a_join_failed_is_not_tried_again_for_that_person(story):
    story.leads(2)
    story.agents("ann")
    call = story.ring(1.0)
    story.send(ev.Answered(5.0, call))
    story.send(ev.BridgeFailed(5.1, call, "ann", "no leg"))
    assert not story.of(cmd.Bridge)
    story.send(ev.Tick(6.9))
    assert story.of(cmd.PlayMessage) == [cmd.PlayMessage(6.9, call)]


def test_a_call_whose_only_word_was_placed_is_asked_about_in_time(story):
    story.leads(1)
    story.agents("ann")
    story.pacer.dial = 1
    (dial,) = (c for c in story.send(ev.Tick(1.0)) if isinstance(c, cmd.Dial))
    story.send(ev.DialAllowed(1.0, dial.call_id))
    story.send(ev.Placed(1.2, dial.call_id))
    story.send(ev.Tick(31.0))
    story.send(ev.Tick(31.2))
    assert story.of(cmd.LookUp) == [cmd.LookUp(31.2, dial.call_id)]


def test_the_board_names_the_rule_when_the_gate_refuses_every_call(story):
    story.agents("ann")
    for i in range(25):
        story.leads(1, at=float(i), first=i + 1)
        story.pacer.dial = 1
        (dial,) = (c for c in story.send(ev.Tick(i + 0.5)) if isinstance(c, cmd.Dial))
        story.send(ev.DialRefused(i + 0.5, dial.call_id, ("DNC_MISSING",), i + 3600.0))
    state, why = story.engine.pace.health()
    assert state is CampaignState.BLOCKED
    assert "DNC_MISSING" in why
    story.leads(1, at=30.0, first=99)
    story.dial(31.0)
    assert story.engine.pace.health()[0] is CampaignState.RUNNING


def test_a_person_who_hangs_up_during_the_message_has_heard_it_play(story):
    story.leads(1)
    story.agents("ann")
    call = story.ring(1.0)
    story.send(ev.AgentPaused(2.0, "ann"))
    story.send(ev.Answered(5.0, call))
    story.send(ev.Tick(6.9))
    story.send(ev.Ended(8.0, call, "hung_up_by_person"))
    (change,) = story.of(cmd.CallChanged)
    assert (change.result, change.message_played) == (CallResult.ABANDONED, True)
