"""Each fault does what it says, and nothing else."""

import json
import re
import time
from itertools import pairwise
from pathlib import Path
from typing import get_args

import pytest
import requests
from pydantic import ValidationError
from telephone import AGENT, CALLER, PERSON, lasts, parked, until
from twilio.base.exceptions import TwilioRestException

from dialer.carriers.emulator import ACCOUNT_SID, AUTH_TOKEN, Fault, read_faults
from dialer.carriers.emulator.faults import FaultKind, Faults

HOLD = "<Response><Pause length='30'/></Response>"


def legs(world):
    return world.emulator.call(lambda exchange: [each.call.sid for each in exchange.legs.values()])


def test_a_created_call_whose_answer_never_comes_is_made_all_the_same(world):
    world.fault(kind="answer_lost", on="calls.create", seconds=1.0, times=1)
    impatient = world.client_as(ACCOUNT_SID, AUTH_TOKEN, timeout=0.2)
    with pytest.raises(requests.exceptions.ReadTimeout):
        impatient.calls.create(to=PERSON, from_=CALLER, twiml=HOLD)
    assert len(legs(world)) == 1
    assert world.client.calls.list(to=PERSON)[0].sid == legs(world)[0]


def test_a_connection_is_reset_after_the_call_was_made(world):
    world.fault(kind="answer_reset", on="calls.create", times=1)
    with pytest.raises(requests.exceptions.ConnectionError, match="reset"):
        world.client.calls.create(to=PERSON, from_=CALLER, twiml=HOLD)
    assert len(legs(world)) == 1
    world.dial(twiml=HOLD)  # only once


@pytest.mark.parametrize(("code", "status"), [(20429, 429), (10004, 429), (22005, 429), (20503, 503), (20500, 500)])
def test_requests_are_refused(world, code, status):
    world.fault(kind="refuse", on="calls.create", code=code, retry_after=2.0)
    with pytest.raises(TwilioRestException) as refused:
        world.dial(twiml=HOLD)
    assert (refused.value.code, refused.value.status) == (code, status) and legs(world) == []
    path = f"{world.emulator.url}/2010-04-01/Accounts/{ACCOUNT_SID}/Calls.json"
    form = {"To": PERSON, "From": CALLER, "Twiml": HOLD}
    assert requests.post(path, data=form, auth=(ACCOUNT_SID, AUTH_TOKEN), timeout=5).headers["Retry-After"] == "2"
    world.client.calls.list()  # other requests are answered


def test_a_caller_id_is_refused_in_mid_campaign_and_a_country_too(make_world):
    world = make_world(numbers=(CALLER, "+12025550101"), countries=("+1", "+44"))
    world.dial(twiml=HOLD)
    world.fault(kind="refuse", on="calls.create", caller=CALLER, code=21210)
    world.fault(kind="refuse", on="calls.create", to="+44*", code=21215)
    with pytest.raises(TwilioRestException, match="not yet verified"):
        world.dial(twiml=HOLD)
    world.dial(twiml=HOLD, from_="+12025550101")
    with pytest.raises(TwilioRestException, match="not authorized to call"):
        world.dial("+442079460000", twiml=HOLD, from_="+12025550101")


def test_the_queue_grows(world):
    world.person()
    world.fault(kind="queue", seconds=6.0)
    call = world.dial(twiml=HOLD)
    assert call.queue_time == "6000" and call.status == "queued"
    until(lambda: world.book(call.sid).dialed_at is not None)
    book = world.book(call.sid)
    assert lasts(book.dialed_at - book.asked_at, 6.0)


def test_the_accounts_rate_spreads_calls(make_world):
    world = make_world(calls_per_second=2.0)
    calls = [world.dial(f"+1202555018{last}", twiml=HOLD) for last in range(4)]
    until(lambda: world.book(calls[3].sid).dialed_at is not None)
    books = [world.book(each.sid) for each in calls]
    slots = [each.asked_at + each.queue_time for each in books]
    assert all(later - earlier > 0.4 for earlier, later in pairwise(slots))
    assert all(each.dialed_at >= slot - 0.01 for each, slot in zip(books, slots, strict=True))


def test_a_callback_is_dropped(world):
    world.person()
    world.app.answer("/answer", "<Response><Hangup/></Response>")
    world.fault(kind="drop", on="status.answered")
    world.ended(world.dial().sid)
    until(lambda: "completed" in world.app.told("/status"))
    assert sorted(world.app.told("/status")) == ["completed", "initiated", "ringing"]


def test_a_callback_comes_twice(world):
    world.person()
    world.app.answer("/answer", "<Response><Hangup/></Response>")
    world.fault(kind="duplicate", on="status.completed", seconds=2.0)
    world.ended(world.dial().sid)
    until(lambda: world.app.told("/status").count("completed") == 2)
    twice = [each.params for each in world.app.of("/status") if each.params["CallStatus"] == "completed"]
    assert twice[0] == twice[1] and all(each.valid for each in world.app.of("/status"))


def test_answered_is_told_after_completed(world):
    world.person()
    world.app.answer("/answer", "<Response><Hangup/></Response>")
    world.fault(kind="delay", on="status.answered", seconds=(8.0, 10.0))
    world.ended(world.dial().sid)
    until(lambda: len(world.app.of("/status")) == 4)
    assert world.app.told("/status")[-2:] == ["completed", "in-progress"]


def test_answered_is_told_long_before_the_document_is_asked_for(world):
    world.person()
    world.app.answer("/answer", "<Response><Hangup/></Response>")
    world.fault(kind="delay", on="twiml.url", seconds=6.0)
    book = world.ended(world.dial().sid)
    assert book.ended_at - book.answered_at > 5.5
    order = [each.path for each in sorted(world.app.asked, key=lambda each: each.at)]
    assert order.index("/answer") == 3


def test_the_document_is_asked_for_twice(world):
    world.person()
    said = iter("ab")
    world.app.answer("/answer", lambda _: f"<Response><Say>document {next(said)}</Say></Response>")
    world.fault(kind="fetch_twice", on="twiml.url")
    book = world.ended(world.dial().sid)
    assert len(world.app.of("/answer")) == 2 and len(book.prompts) == 1


def test_the_person_hangs_up_between_answer_and_join(world):
    agent = parked(world)
    world.person()
    world.app.answer("/answer", "<Response><Dial><Conference waitUrl=''>agent-1</Conference></Dial></Response>")
    world.fault(kind="leaves_joining", on="person", to=PERSON)
    book = world.ended(world.dial().sid)
    assert book.rooms == [] and book.ended_by == "person"
    assert world.book(agent.sid).spoke_with == ()


def test_the_person_hangs_up_soon(world):
    world.person()
    world.fault(kind="leaves", seconds=1.5)
    book = world.ended(world.dial(twiml=HOLD).sid)
    assert lasts(book.ended_at - book.answered_at, 1.5)


def verdicts(world, **rule):
    world.person()
    world.fault(kind="verdict", **rule)
    world.app.answer("/answer", "<Response><Pause length='3'/></Response>")
    return world.dial(machine_detection="Enable", async_amd="true", async_amd_status_callback=f"{world.app.url}/amd")


def test_detection_does_not_know(world):
    verdicts(world, verdict="unknown")
    until(lambda: world.app.told("/amd", "AnsweredBy") == ["unknown"])


def test_detection_contradicts_itself(world):
    verdicts(world, verdict="human", seconds=1.0, then="machine_start")
    until(lambda: world.app.told("/amd", "AnsweredBy") == ["human", "machine_start"])


def test_detection_speaks_after_the_hang_up(world):
    call = verdicts(world, verdict="machine_start", seconds=6.0)
    ended = world.ended(call.sid)
    until(lambda: world.app.told("/amd", "AnsweredBy") == ["machine_start"])
    assert world.book(call.sid).verdicts[0][0] > ended.ended_at


def recorded(world):
    world.person()
    call = world.dial(
        twiml="<Response><Pause length='2'/></Response>",
        record=True,
        recording_status_callback=f"{world.app.url}/recording",
        recording_status_callback_event=["completed", "absent"],
    )
    world.ended(call.sid)
    return call


def test_a_recording_is_absent(world):
    world.fault(kind="recording_absent")
    call = recorded(world)
    until(lambda: world.app.told("/recording", "RecordingStatus") == ["absent"])
    (recording,) = world.client.calls(call.sid).recordings.list()
    assert (recording.status, recording.error_code) == ("absent", 16101)


def test_a_recording_is_late(world):
    world.fault(kind="recording_late", seconds=6.0)
    call = recorded(world)
    assert world.client.calls(call.sid).recordings.list()[0].status == "processing"
    until(lambda: world.app.told("/recording", "RecordingStatus") == ["completed"])
    ended = world.book(call.sid).ended_at
    told = next(each.t for each in world.deliveries() if each.on == "recording.completed")
    assert lasts(told - ended, 7.0)


def test_a_dead_trunk_looks_like_nobody_answering(world):
    world.fault(kind="dead_trunk", to="+1202555*", seconds=4.0)
    call = world.dial(twiml=HOLD)
    book = world.ended(call.sid)
    assert (book.status, book.sip_code, book.ringing_at) == ("no-answer", 480, None)
    until(lambda: world.app.told("/status") == ["initiated", "no-answer"])


def test_reads_are_stale(world):
    world.fault(kind="stale", on="calls.*", seconds=16.0)
    call = world.dial(twiml=HOLD)
    assert world.client.calls.list() == []
    with pytest.raises(TwilioRestException, match="not found"):
        world.client.calls(call.sid).fetch()
    until(lambda: len(world.client.calls.list()) == 1)
    world.client.calls(call.sid).update(status="completed")
    assert world.client.calls(call.sid).fetch().status != "canceled"
    until(lambda: world.client.calls(call.sid).fetch().status == "canceled")


def test_requests_are_slow(world):
    world.fault(kind="slow", on="calls.list", seconds=0.3, times=1)
    began = time.monotonic()
    world.client.calls.list()
    assert time.monotonic() - began >= 0.3


def test_the_carriers_clock_is_off(world):
    world.person(AGENT)
    before = world.dial(AGENT, twiml=HOLD).date_created
    world.fault(kind="skew", seconds=-120.0)
    after = world.dial(AGENT, twiml=HOLD).date_created
    assert 110 < (before - after).total_seconds() < 125


def test_rules_strike_as_often_as_they_say_and_always_the_same():
    rule = Fault(kind="drop", on="status.*", probability=0.3, to="+1*")
    struck = [
        [bool(faults.strike("drop", "status.ringing", 0.0, "+1")) for _ in range(400)]
        for faults in (Faults([rule], seed=1), Faults([rule], seed=1), Faults([rule], seed=2))
    ]
    assert struck[0] == struck[1] != struck[2] and 90 < sum(struck[0]) < 150
    faults = Faults([Fault(kind="drop", times=2, start=1.0, end=9.0)])
    assert [bool(faults.strike("drop", "x", at)) for at in (0.0, 1.0, 2.0, 3.0)] == [False, True, True, False]
    assert faults.strike("delay", "x", 2.0) is None
    faults = Faults([Fault(kind="drop", start=1.0, end=9.0)])
    assert faults.strike("drop", "x", 9.0) is None and faults.listing()[0]["struck"] == 0


@pytest.mark.parametrize(
    "rule",
    [
        {"kind": "explode"},
        {"kind": "delay"},
        {"kind": "delay", "seconds": [2, 1]},
        {"kind": "refuse", "code": 1},
        {"kind": "verdict"},
        {"kind": "drop", "probability": 2},
        {"kind": "drop", "colour": "red"},
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(rule):
    with pytest.raises(ValidationError):
        Fault(**rule)


def test_rules_are_read_from_a_file(tmp_path):
    file = tmp_path / "faults.json"
    file.write_text(json.dumps([{"kind": "delay", "on": "status.*", "seconds": [1, 2], "probability": 0.1}]))
    assert read_faults(file) == [Fault(kind="delay", on="status.*", seconds=(1.0, 2.0), probability=0.1)]


def test_the_dialers_server_is_gone_for_a_while(world):
    """No fault of the carrier's: the application refuses, and what was to be told is lost after its retries."""
    world.person()
    world.app.answer("/status", (503, "text/plain", b""))
    world.app.answer("/answer", "<Response><Hangup/></Response>")
    world.ended(world.dial(status_callback=f"{world.app.url}/status#rc=3&rp=all").sid)
    until(lambda: len(world.app.of("/status")) == 16)


def test_the_page_names_every_fault_and_every_rule_on_it_is_one():
    page = (Path(__file__).parents[3] / "docs" / "developers" / "emulator.md").read_text(encoding="utf-8")
    rules = [Fault(**json.loads(text)) for text in re.findall(r"`(\{\"kind\".*?\})` \|", page)]
    assert {each.kind for each in rules} == set(get_args(FaultKind))
