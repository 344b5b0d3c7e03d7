"""Every resource through the carrier's own client."""

import pytest
from telephone import AGENT, CALLER, PERSON, until
from twilio.base.exceptions import TwilioException, TwilioRestException

from dialer.carriers.emulator import ACCOUNT_SID, API_KEY, API_SECRET, APPLICATION_SID

ROOM = (
    "<Response><Dial><Conference beep='false' waitUrl='' participantLabel='{label}' endConferenceOnExit='{ends}'>"
    "room</Conference></Dial></Response>"
)
HOLD = "<Response><Pause length='600'/></Response>"


def code_of(act):
    with pytest.raises(TwilioRestException) as refused:
        act()
    return refused.value.code


def test_a_call_is_created_and_fetched(world):
    world.person()
    call = world.dial(twiml=HOLD, timeout=20, time_limit=300)
    assert (call.status, call.to, call._from, call.direction) == ("queued", PERSON, CALLER, "outbound-api")
    assert call.start_time is None and call.duration is None and call.queue_time == "0"
    until(lambda: world.client.calls(call.sid).fetch().status == "in-progress")
    live = world.client.calls(call.sid).fetch()
    assert live.start_time is not None and live.end_time is None and live.duration is None
    done = world.client.calls(call.sid).update(status="completed")
    assert done.status == "completed" and done.end_time >= done.start_time and int(done.duration) >= 0
    assert world.client.calls(call.sid).delete() is True
    assert code_of(world.client.calls(call.sid).fetch) == 20404


def test_calls_are_listed_by_filter_and_page(world):
    world.person()
    for last in range(7):
        world.person(f"+1202555012{last}", result="no_answer")
        world.dial(f"+1202555012{last}", twiml=HOLD)
    live = world.dial(twiml=HOLD)
    until(lambda: world.client.calls(live.sid).fetch().status == "in-progress")
    everything = world.client.calls.list(page_size=3)
    assert len(everything) == 8 and everything[0].sid == live.sid
    assert [each.sid for each in world.client.calls.list(status="in-progress")] == [live.sid]
    assert [each.to for each in world.client.calls.list(to="+12025550123")] == ["+12025550123"]
    assert len(world.client.calls.list(from_=CALLER, limit=5)) == 5
    assert world.client.calls.list(parent_call_sid=live.sid) == []
    page = world.client.calls.page(page_size=5)
    assert len(list(page)) == 5 and page.next_page_url.endswith("PageSize=5&Page=1&PageToken=PA1")


def test_a_queued_call_has_no_start_time_so_a_date_filter_misses_it(make_world):
    world = make_world(calls_per_second=0.05, speed=1.0)
    first = world.dial(twiml=HOLD)
    second = world.dial(twiml=HOLD)
    assert float(second.queue_time) == pytest.approx(20_000, abs=4000)
    until(lambda: world.client.calls(first.sid).fetch().start_time)
    today = first.date_created.date()
    listed = world.client.calls.list(start_time_after=today.replace(day=1))
    assert [each.sid for each in listed] == [first.sid]
    until(lambda: [each.sid for each in world.client.calls.list(status="queued")] == [second.sid])
    cancelled = world.client.calls(second.sid).update(status="canceled")
    assert cancelled.status == "canceled"
    assert world.book(second.sid).dialed_at is None


def test_a_call_is_redirected_and_a_call_that_is_over_is_not(world):
    world.person()
    call = world.dial(twiml=HOLD)
    assert code_of(lambda: world.client.calls(call.sid).update(twiml=HOLD)) == 21220
    until(lambda: world.client.calls(call.sid).fetch().status == "in-progress")
    world.client.calls(call.sid).update(twiml="<Response><Say>good bye</Say><Hangup/></Response>")
    book = world.ended(call.sid)
    assert book.heard_to_end("good bye") and book.ended_by == "script"
    assert code_of(lambda: world.client.calls(call.sid).update(status="completed")) == 21220
    assert code_of(lambda: world.client.calls(call.sid).update(twiml=HOLD)) == 21220


def test_cancelling_does_not_touch_a_call_in_progress(world):
    world.person()
    call = world.dial(twiml=HOLD)
    until(lambda: world.client.calls(call.sid).fetch().status == "in-progress")
    assert world.client.calls(call.sid).update(status="canceled").status == "in-progress"


def test_conferences_and_participants(world):
    world.person()
    agent = world.person(AGENT)
    leg = world.dial(agent, twiml=ROOM.format(label="agent", ends="true"))
    conference = until(lambda: world.client.conferences.list(friendly_name="room"))[0]
    assert conference.status == "init", "with one participant a conference has not begun"
    assert world.client.conferences.list(status="in-progress") == []
    added = world.client.conferences(conference.sid).participants.create(
        from_=CALLER, to=PERSON, label="person", early_media=False, beep="false", end_conference_on_exit=False
    )
    assert added.status == "queued" and added.conference_sid == conference.sid
    people = world.client.conferences(conference.sid).participants
    until(lambda: people("person").fetch().status == "connected")
    assert world.client.conferences(conference.sid).fetch().status == "in-progress"
    assert {each.label for each in people.list()} == {"agent", "person"}
    assert people("agent").fetch().call_sid == leg.sid
    assert people("person").update(muted=True).muted is True
    assert [each.label for each in people.list(muted=True)] == ["person"]
    assert people(added.call_sid).update(hold=True, hold_url=world.app.answer("/hold", "<Response/>")).hold is True
    assert people("person").update(muted=False, hold=False, end_conference_on_exit=True).end_conference_on_exit
    assert code_of(lambda: people.create(from_=CALLER, to="+12025550144", label="agent")) == 16025
    assert people("person").delete() is True
    until(lambda: world.client.conferences(conference.sid).fetch().status == "completed")
    over = world.client.conferences(conference.sid).fetch()
    assert over.reason_conference_ended == "participant-with-end-conference-on-exit-kicked"
    assert over.call_sid_ending_conference == added.call_sid
    assert code_of(lambda: world.client.conferences(conference.sid).update(status="completed")) == 16022
    assert code_of(people("agent").fetch) == 20404


def test_a_conference_is_ended_and_announced_into(world):
    world.person()
    call = world.dial(twiml=ROOM.format(label="x", ends="false"))
    conference = until(world.client.conferences.list)[0]
    url = world.app.answer("/announce", "<Response><Say>this call is recorded</Say></Response>")
    world.client.conferences(conference.sid).update(announce_url=url)
    until(lambda: world.book(call.sid).heard_to_end("this call is recorded"))
    assert world.client.conferences(conference.sid).update(status="completed").status == "completed"
    assert world.ended(call.sid).rooms[0][2] is not None
    assert world.client.conferences(conference.sid).recordings.list() == []


def test_a_call_is_recorded_paused_and_fetched(world):
    world.person()
    call = world.dial(twiml=HOLD)
    calls = world.client.calls
    until(lambda: calls(call.sid).fetch().status == "in-progress")
    told = world.app.url + "/recording"
    recording = calls(call.sid).recordings.create(
        recording_channels="dual",
        trim="do-not-trim",
        recording_status_callback=told,
        recording_status_callback_event=["in-progress", "completed"],
    )
    assert (recording.status, recording.channels, recording.source) == ("in-progress", 2, "StartCallRecordingAPI")
    paused = calls(call.sid).recordings("Twilio.CURRENT").update(status="paused", pause_behavior="skip")
    assert paused.status == "paused"
    assert calls(call.sid).recordings(recording.sid).update(status="in-progress").status == "in-progress"
    until(lambda: world.app.told("/recording", "RecordingStatus") == ["in-progress"])
    began = world.emulator.call(lambda exchange: exchange.clock.elapsed())
    until(lambda: world.emulator.call(lambda exchange: exchange.clock.elapsed()) > began + 4.0)
    calls(call.sid).update(status="completed")
    until(lambda: calls(call.sid).recordings(recording.sid).fetch().status == "completed")
    until(lambda: world.app.told("/recording", "RecordingStatus") == ["in-progress", "completed"])
    report = world.app.of("/recording")[1].params
    assert (
        report["RecordingUrl"] == f"{world.emulator.url}/2010-04-01/Accounts/{ACCOUNT_SID}/Recordings/{recording.sid}"
    )
    assert int(report["RecordingDuration"]) >= 4 and report["RecordingChannels"] == "2"
    assert [each.sid for each in calls(call.sid).recordings.list()] == [recording.sid]
    assert [each.sid for each in world.client.recordings.list(call_sid=call.sid)] == [recording.sid]
    assert world.client.recordings(recording.sid).fetch().media_url == report["RecordingUrl"]
    response = world.client.request("GET", report["RecordingUrl"] + ".wav")
    assert response.status_code == 200
    assert code_of(lambda: calls(call.sid).recordings(recording.sid).update(status="paused")) == 21220
    assert calls(call.sid).recordings(recording.sid).delete() is True
    assert code_of(world.client.recordings(recording.sid).fetch) == 20404


def test_numbers_caller_ids_and_the_account(make_world):
    world = make_world(numbers=(CALLER, "+12025550101"), caller_ids=("+12025550102",))
    world.emulator.call(lambda exchange: exchange.applications.update({APPLICATION_SID: "http://127.0.0.1:1/browser"}))
    owned = world.client.incoming_phone_numbers.list()
    assert {each.phone_number for each in owned} == {CALLER, "+12025550101"}
    assert world.client.incoming_phone_numbers(owned[0].sid).fetch().capabilities["voice"] is True
    changed = world.client.incoming_phone_numbers(owned[0].sid).update(voice_url="https://dialer.example/in")
    assert changed.voice_url == "https://dialer.example/in"
    (verified,) = world.client.outgoing_caller_ids.list()
    assert world.client.outgoing_caller_ids(verified.sid).fetch().phone_number == "+12025550102"
    assert world.client.incoming_phone_numbers.list(phone_number="+12025550102") == []
    assert world.client.api.accounts(ACCOUNT_SID).fetch().status == "active"
    (application,) = world.client.applications.list()
    assert world.client.applications(application.sid).fetch().voice_url == "http://127.0.0.1:1/browser"


def test_only_the_account_may_ask(world):
    assert code_of(world.client_as(ACCOUNT_SID, "wrong").api.accounts(ACCOUNT_SID).fetch) == 20003
    assert world.client_as(API_KEY, API_SECRET).calls.list() == []
    with pytest.raises(TwilioException, match="401"):  # of a list the client tells no more
        world.client_as("AC" + "9" * 32, "x").calls.list()


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"to": "+1202"}, 21211),
        ({"to": "2025550111"}, 21211),
        ({"to": ""}, 21201),
        ({"to": "+442079460000"}, 21215),
        ({"from_": "+12025550177"}, 21210),
        ({"from_": "anonymous"}, 21212),
        ({"url": "not-a-url"}, 20002),
        ({"timeout": 900}, 20002),
        ({"status_callback_event": ["initiated ringing"]}, 21626),
        ({"machine_detection": "Sometimes"}, 20002),
        ({"application_sid": "AP" + "0" * 32, "url": None}, 21218),
        ({"url": None}, 21205),
    ],
)
def test_what_cannot_be_called_is_refused_in_the_carriers_words(world, fields, code):
    fields = {"to": PERSON, "from_": CALLER, "url": "http://127.0.0.1:1/answer"} | fields
    fields = {name: value for name, value in fields.items() if value is not None}
    with pytest.raises(TwilioRestException) as refused:
        world.client.calls.create(**fields)
    assert (refused.value.code, refused.value.status) == (code, 400)
    assert world.emulator.call(lambda exchange: len(exchange.legs)) == 0


def test_an_unknown_parameter_is_refused_unless_asked_to_be_as_lax_as_the_carrier(make_world):
    form = {"To": PERSON, "From": CALLER, "Twiml": HOLD, "Colour": "red"}
    path = f"/2010-04-01/Accounts/{ACCOUNT_SID}/Calls.json"
    strict, lax = make_world(), make_world(strict=False)
    refused = strict.client.request("POST", strict.emulator.url + path, data=form)
    assert refused.status_code == 400 and '"code":20001' in refused.text
    assert lax.client.request("POST", lax.emulator.url + path, data=form).status_code == 201
    wrong_event = form | {"StatusCallbackEvent": "initiated ringing"}
    assert lax.client.request("POST", lax.emulator.url + path, data=wrong_event).status_code == 201


def test_a_full_queue_and_a_full_account_refuse(make_world):
    world = make_world(concurrency=2)
    world.dial(twiml=HOLD)
    world.dial(twiml=HOLD)
    with pytest.raises(TwilioRestException) as refused:
        world.dial(twiml=HOLD)
    assert (refused.value.code, refused.value.status) == (10004, 429)
    slow = make_world(calls_per_second=1 / 90_000)
    slow.dial(twiml=HOLD)
    assert code_of(lambda: slow.dial(twiml=HOLD)) == 22005


def test_what_is_not_there_is_not_found(world):
    assert code_of(world.client.calls("CA" + "0" * 32).fetch) == 20404
    assert code_of(world.client.conferences("CF" + "0" * 32).fetch) == 20404
    response = world.client.request("GET", f"{world.emulator.url}/2010-04-01/Nothing.json")
    assert response.status_code == 404 and '"code":20404' in response.text
    response = world.client.request("PUT", f"{world.emulator.url}/2010-04-01/Accounts/{ACCOUNT_SID}/Calls.json")
    assert response.status_code == 405 and '"code":20004' in response.text
