"""Requests and answers are those of the carrier's official OpenAPI document."""

import pytest
from telephone import AGENT, CALLER, PERSON, until

from dialer.carriers.emulator import APPLICATION_SID
from dialer.carriers.emulator.parameters import TABLES
from dialer.carriers.emulator.rest import HANDLERS

ROOM = "<Response><Dial><Conference waitUrl=''>room</Conference></Dial></Response>"


@pytest.fixture
def demanded(contract):
    """The document, or a visible skip that says what is missing."""
    if isinstance(contract, str):
        pytest.skip(contract)
    return contract


def test_every_parameter_of_the_document_is_known_and_no_other(demanded):
    for (path, method), table in TABLES.items():
        assert set(table) == set(demanded.parameters(path, method)), f"{method} {path}"


def test_what_the_document_allows_in_a_list_of_words_is_allowed(demanded):
    from dialer.carriers.emulator.parameters import _Many

    for (path, method), table in TABLES.items():
        for name, schema in demanded.parameters(path, method).items():
            words = demanded._resolved(schema.get("items", schema)).get("enum", ())
            if (path, name) == ("/Calls/{CallSid}/Recordings/{Sid}", "Status"):
                words = (
                    "stopped",
                    "paused",
                    "in-progress",
                )  # the list is of all statuses; these three can be asked for
            reader = table[name].reader if isinstance(table[name], _Many) else table[name]
            for word in words:
                reader(word)


def test_a_tour_of_every_operation_violates_nothing(make_world, demanded):
    world = make_world(caller_ids=("+12025550102",), recording_delay=0.1)
    client, emulator = world.client, world.emulator
    emulator.call(lambda exchange: exchange.applications.update({APPLICATION_SID: f"{world.app.url}/browser"}))
    world.person()
    world.person(AGENT)
    url = world.app.answer("/say", "<Response><Say>hello</Say></Response>")
    leg = client.calls.create(
        to=AGENT,
        from_=CALLER,
        twiml=ROOM,
        status_callback=f"{world.app.url}/status",
        status_callback_event=["initiated", "ringing", "answered", "completed"],
        status_callback_method="POST",
        timeout=20,
        time_limit=3600,
        fallback_url=url,
        machine_detection="Enable",
        async_amd="true",
        async_amd_status_callback=f"{world.app.url}/amd",
        machine_detection_timeout=5,
        record=True,
        recording_channels="dual",
        recording_status_callback=f"{world.app.url}/recording",
        recording_status_callback_event=["in-progress", "completed", "absent"],
    )
    room = until(lambda: client.conferences.list(friendly_name="room", status="init"))[0]
    people = client.conferences(room.sid).participants
    person = people.create(
        from_=CALLER,
        to=PERSON,
        label="person",
        beep="false",
        wait_url="",
        max_participants=3,
        coaching=True,
        call_sid_to_coach=leg.sid,
        jitter_buffer_size="small",
        conference_status_callback=f"{world.app.url}/room",
        conference_status_callback_event=["start", "end", "join", "leave"],
    )
    until(lambda: people("person").fetch().status == "connected")
    people.list(muted=False, hold=False, page_size=20)
    people("person").update(muted=True, hold=True, hold_url=url, coaching=False)
    people("person").update(announce_url=url, announce_method="GET")
    client.conferences(room.sid).fetch()
    client.conferences(room.sid).recordings.list()
    recording = client.calls(leg.sid).recordings.create(recording_channels="mono", trim="do-not-trim")
    client.calls(leg.sid).recordings(recording.sid).update(status="paused", pause_behavior="silence")
    client.calls(leg.sid).recordings(recording.sid).update(status="stopped")
    until(lambda: client.calls(leg.sid).recordings(recording.sid).fetch().status in ("completed", "absent"))
    client.calls(leg.sid).recordings.list()
    client.recordings.list(call_sid=leg.sid)
    client.recordings(recording.sid).fetch()
    client.recordings(recording.sid).delete()
    people("person").delete()
    client.conferences(room.sid).update(status="completed")
    client.calls(person.call_sid).fetch()
    until(lambda: client.calls(leg.sid).fetch().status == "completed")
    kept = until(client.calls(leg.sid).recordings.list)[0]
    client.calls(leg.sid).recordings(kept.sid).delete()
    client.calls.list(status="completed", to=AGENT, from_=CALLER, page_size=10)
    queued = client.calls.create(to=PERSON, from_=CALLER, url=url, method="GET")
    client.calls(queued.sid).update(status="canceled")
    client.calls(queued.sid).delete()
    own = client.incoming_phone_numbers.list()[0]
    client.incoming_phone_numbers(own.sid).fetch()
    client.incoming_phone_numbers(own.sid).update(voice_url=url, voice_method="POST")
    client.outgoing_caller_ids(client.outgoing_caller_ids.list()[0].sid).fetch()
    client.applications(client.applications.list()[0].sid).fetch()
    client.api.accounts(client.account_sid).fetch()

    requests = emulator.call(lambda exchange: list(exchange.requests))
    assert {(each["path"], each["method"]) for each in requests} == {*HANDLERS, ("", "GET")}
    before = demanded.checked
    wrong = [
        f"{each['method']} {each['path']}: {what}"
        for each in requests
        if each["status"] < 400
        for what in demanded.violations(each["path"], each["method"], each["pairs"], each["status"], each["body"])
    ]
    assert wrong == []
    assert demanded.checked - before > len(HANDLERS)


def test_the_check_sees_mistakes(demanded):
    call = {"sid": "CA1", "status": "sleeping"}
    form = [("To", PERSON), ("Colour", "red"), ("Timeout", "soon")]
    wrong = demanded.violations("/Calls", "POST", form, 201, call)
    assert any("unknown parameter Colour" in each for each in wrong)
    assert any("parameter Timeout" in each for each in wrong)
    assert any("missing parameter From" in each for each in wrong)
    assert any("$.sid" in each for each in wrong) and any("$.status" in each for each in wrong)
    assert any("$.queue_time is missing" in each for each in wrong)
    assert demanded.violations("/Calls", "POST", [], 200, {})[-1].startswith("status 200")
