from datetime import timedelta

import pandas as pd
import pytest

from dialer.reports import CampaignMeta, DayRecords, build_report
from dialer.store import agents, calls, frames, health, hopper, ledger
from dnc.values import Code


@pytest.fixture
def day(world):
    """Three attempts, a refusal, an agent, a campaign that paused."""
    world.load(*(world.lead(n) for n in range(2, 7)))
    leads = world.lease()
    end = world.at + timedelta(hours=1)
    for n, lead in enumerate(leads[:3]):
        world.dial(lead.phone_id, f"call-{n}", at=world.at + timedelta(minutes=n))
    later = world.at + timedelta(minutes=3)
    world.end("call-0", "human", at=later, answered_at=world.at, bridged_at=world.at, agent_id="ann")
    world.end("call-1", "busy", at=later)
    world.end("call-2", "abandoned", at=later, answered_at=later, message_played=True)
    with world.store.writing() as tx:
        calls.add_disposition(tx, "call-0", agent_id="ann", code="SALE", flags={"contact", "conversion"}, at=later)
        for lead in leads[:3]:
            hopper.set_lead(tx, lead.lead_id, "waiting", end, "tried")
        call = calls.call_facts(tx, leads[3].phone_id).proposed("predictive")
        for code in (Code.DNC_NATIONAL, Code.DNC_NATIONAL, Code.HOURS_STATE):
            ledger.append(tx, call, world.verdict(code), lead_id=leads[3].lead_id)
        for seconds, state in ((-9000, "ready"), (-8000, "paused"), (0, "ready"), (60, "talking"), (7200, "offline")):
            at = world.at + timedelta(seconds=seconds)
            agents.agent_changed(tx, run_id="run-1", campaign="spring", agent_id="ann", state=state, at=at)
        for seconds, state in ((-60, "ready"), (0, "running"), (600, "paused")):
            at = world.at + timedelta(seconds=seconds)
            health.campaign_changed(tx, run_id="run-1", campaign="spring", state=state, why="because", at=at)
    return world


def read(day, name, *arguments):
    span = (day.at, day.at + timedelta(hours=1))
    with day.store.reading() as tx:
        if name in ("leads_by_status", "tried"):
            return getattr(frames, name)(tx, "spring")
        return getattr(frames, name)(tx, "spring", *span, *arguments)


def test_attempts_are_a_frame_with_utc_instants_and_plain_types(day):
    found = read(day, "attempts")
    assert found["call_id"].tolist() == ["call-0", "call-1", "call-2"]
    assert all(str(found[name].dt.tz) == "UTC" for name in ("placed_at", "answered_at", "ringing_at", "ended_at"))
    assert found["placed_at"][1] == pd.Timestamp(day.at + timedelta(minutes=1))
    assert found["answered_at"].isna().tolist() == [False, True, False]
    assert found["message_played"].tolist() == [False, False, True]
    assert found["message_played"].dtype == bool
    assert found["counts"].tolist() == [True, False, True]
    assert found["agent_id"].isna().tolist() == [False, True, True]
    assert found["jurisdiction"].tolist() == ["US-NY"] * 3
    assert found["list_id"].tolist() == ["1"] * 3
    assert found["lead_id"].dtype == "int64"


def test_attempts_of_another_run_or_time_are_left_out(day):
    assert len(read(day, "attempts", "run-1")) == 3
    assert len(read(day, "attempts", "run-2")) == 0
    with day.store.reading() as tx:
        assert len(frames.attempts(tx, "spring", day.at + timedelta(minutes=1), day.at + timedelta(minutes=2))) == 1


def test_changes_begin_with_the_last_one_before(day):
    assert read(day, "agent_changes")["state"].tolist() == ["paused", "ready", "talking"]
    assert read(day, "campaign_changes")["state"].tolist() == ["ready", "running", "paused"]


def test_refusals_are_counted_by_their_first_code(day):
    assert read(day, "refusals").to_dict("list") == {"code": ["DNC_NATIONAL", "HOURS_STATE"], "count": [2, 1]}


def test_leads_are_counted_by_status_and_by_attempts(day):
    assert read(day, "leads_by_status").to_dict("list") == {"status": ["leased", "waiting"], "leads": [2, 3]}
    assert read(day, "tried").to_dict("list") == {"attempts": [0, 1], "leads": [2, 3]}


def test_empty_frames_have_their_columns(world):
    with world.store.reading() as tx:
        span = (world.at, world.at + timedelta(hours=1))
        for name in ("attempts", "dispositions", "agent_changes", "campaign_changes", "refusals"):
            frame = getattr(frames, name)(tx, "spring", *span)
            assert len(frame) == 0
            assert len(frame.columns) > 1
        assert frames.tried(tx, "spring").to_dict("list") == {"attempts": [0], "leads": [0]}


def test_the_reports_take_the_frames_as_they_are(day):
    meta = CampaignMeta("spring", "acme", "telemarketing", "America/New_York", day.at, day.at + timedelta(hours=1))
    names = ("attempts", "dispositions", "agent_changes", "campaign_changes", "refusals", "leads_by_status", "tried")
    report = build_report(DayRecords(meta, *(read(day, name) for name in names)))
    assert report is not None
