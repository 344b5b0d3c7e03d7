"""Calls as a dialer makes them, worked by hand: who heard what, whom they spoke with, and what was told."""

import pytest
from telephone import AGENT, CALLER, PERSON, lasts, parked, until, wav

MESSAGE = "https://dialer.example/message.wav"


def into(world, room="agent-1", label="person", after="", **dial):
    attributes = " ".join(f"{name}='{value}'" for name, value in dial.items())
    return (
        f"<Response><Dial {attributes}><Conference beep='false' maxParticipants='3' waitUrl='' "
        f"participantLabel='{label}' statusCallback='{world.app.url}/ignored' statusCallbackEvent='join leave'>"
        f"{room}</Conference></Dial>{after}</Response>"
    )


def bridged(world, **dial):
    """An agent and a person, talking."""
    agent = parked(world)
    world.person()
    world.app.answer("/answer", into(world, **dial))
    person = world.dial()
    until(lambda: world.book(person.sid).seconds_to_voice is not None)
    return agent, person


def test_an_answered_person_is_put_into_the_agents_room(make_world):
    world = make_world(speed=2.0)
    agent, person = bridged(world)
    until(lambda: len(world.app.of("/room")) == 3)
    told = world.app.told("/room", "StatusCallbackEvent")
    assert sorted(told) == ["conference-start", "participant-join", "participant-join"]
    assert world.app.of("/ignored") == [], "only the first participant says whom to tell"
    joined = [each.params for each in world.app.of("/room") if each.params.get("ParticipantLabel") == "person"]
    assert joined[0]["CallSid"] == person.sid and joined[0]["Muted"] == "false"
    world.client.calls(person.sid).update(status="completed")
    book = world.ended(person.sid)
    assert book.spoke_with == (f"{AGENT} (agent)",) and book.seconds_to_voice < 2.0
    assert [each.kind for each in book.heard] == ["silence", "voices"]
    assert world.book(agent.sid).spoke_with == (f"{PERSON} (person)",)
    until(lambda: "participant-leave" in world.app.told("/room", "StatusCallbackEvent"))
    assert world.client.calls(agent.sid).fetch().status == "in-progress", "the agent waits for the next person"
    until(lambda: len(world.app.of("/status")) == 4)
    assert sorted(world.app.told("/status", "SequenceNumber")) == ["0", "1", "2", "3"]
    (over,) = [each.params for each in world.app.of("/status") if each.params["CallStatus"] == "completed"]
    assert over["SipResponseCode"] == "200" and int(over["CallDuration"]) == int(
        world.client.calls(person.sid).fetch().duration
    )
    assert world.violations() == []


def test_the_agents_leg_is_lost_and_the_person_hears_the_apology(world):
    apology = world.app.answer("/left", "<Response><Say>sorry, we were cut off</Say><Hangup/></Response>")
    agent, person = bridged(world, action=apology)
    world.client.calls(agent.sid).update(status="completed")
    book = world.ended(person.sid)
    assert book.heard_to_end("cut off") and book.ended_by == "script"
    asked = world.app.of("/left")[0].params
    assert (asked["CallStatus"], asked["DialCallStatus"]) == ("in-progress", "answered")
    until(lambda: "conference-end" in world.app.told("/room", "StatusCallbackEvent"))
    (end,) = [each.params for each in world.app.of("/room") if each.params["StatusCallbackEvent"] == "conference-end"]
    assert end["ReasonConferenceEnded"] == "participant-with-end-conference-on-exit-left"
    assert end["CallSidEndingConference"] == agent.sid
    left = [each.params for each in world.app.of("/room") if each.params.get("ReasonParticipantLeft")]
    assert {each["ReasonParticipantLeft"] for each in left} == {
        "participant_updated_via_api",
        "moderator_ended_conference",
    }


def test_the_person_hangs_up_and_the_action_is_asked_all_the_same(world):
    url = world.app.answer("/left", "<Response><Say>nobody hears this</Say></Response>")
    agent, person = bridged(world, action=url)
    world.emulator.call(lambda exchange: exchange.leg(person.sid).hang_up())
    book = world.ended(person.sid)
    until(lambda: world.app.of("/left"))
    assert world.app.of("/left")[0].params["CallStatus"] == "completed"
    assert not book.heard_any("nobody hears this") and book.ended_by == "person"
    left = until(lambda: [each.params for each in world.app.of("/room") if "ReasonParticipantLeft" in each.params])
    assert left[0]["ReasonParticipantLeft"] == "participant_hung_up"
    assert world.book(agent.sid).ended_at is None


def abandoned(world, **how):
    """A person whom nobody is free for: the message, with a key to press."""
    world.person(**how)
    message = world.app.answer("/message.wav", (200, "audio/wav", wav(8.0)))
    optout = world.app.answer("/optout", "<Response><Say>you are not called again</Say><Hangup/></Response>")
    played = world.app.answer("/played", "<Response><Hangup/></Response>")
    world.app.answer(
        "/answer",
        f"<Response><Gather numDigits='1' timeout='3' action='{optout}'><Play>{message}</Play></Gather>"
        f"<Redirect>{played}</Redirect></Response>",
    )
    return world.dial()


def test_a_key_in_the_message_stops_it_and_is_told(world):
    call = abandoned(world, opts_out_at=0.5)
    book = world.ended(call.sid)
    assert [digits for _, digits in book.keys] == ["9"]
    assert world.app.of("/optout")[0].params["Digits"] == "9"
    assert not book.heard_to_end("message.wav") and book.heard_any("message.wav")
    assert book.heard_to_end("not called again")
    message = next(each for each in book.heard if each.kind == "play")
    assert lasts(message.end - message.start, 4.0)
    assert world.app.of("/played") == []


def test_the_message_is_heard_to_its_end(world):
    book = world.ended(abandoned(world).sid)
    assert book.heard_to_end("message.wav") and book.keys == []
    message = next(each for each in book.heard if each.kind == "play")
    assert lasts(message.end - message.start, 8.0), "as long as the file is"
    assert len(world.app.of("/played")) == 1 and len(world.app.of("/message.wav")) == 1
    assert world.app.of("/optout") == []


def test_the_person_leaves_in_the_message(world):
    book = world.ended(abandoned(world, leaves_message_at=0.25).sid)
    assert book.ended_by == "person" and book.prompts[0][1] is False


def test_silence_wears_a_persons_patience_out(world):
    world.person(patience=3.0)
    world.app.answer("/answer", "<Response><Pause length='60'/></Response>")
    book = world.ended(world.dial().sid)
    assert book.ended_by == "person" and lasts(book.ended_at - book.answered_at, 3.0)


def test_a_machine_is_detected_beside_the_call_and_hung_up(world):
    world.person(result="machine")
    world.app.answer("/answer", "<Response><Pause length='60'/></Response>")

    call = world.dial(machine_detection="Enable", async_amd="true", async_amd_status_callback=f"{world.app.url}/amd")
    asked = until(lambda: world.app.of("/amd"))[0].params
    assert asked["AnsweredBy"] == "machine_start" and asked["CallSid"] == call.sid
    assert 2000 < int(asked["MachineDetectionDuration"]) < 6000
    world.client.calls(call.sid).update(status="completed")
    assert world.ended(call.sid).result == "machine"
    assert world.client.calls(call.sid).fetch().answered_by == "machine_start"


def test_a_message_is_left_after_the_beep(world):
    world.person(result="machine", greeting=4.0)
    world.app.answer("/answer", "<Response><Pause length='60'/></Response>")
    call = world.dial(
        machine_detection="DetectMessageEnd", async_amd="true", async_amd_status_callback=f"{world.app.url}/amd"
    )
    assert until(lambda: world.app.of("/amd"))[0].params["AnsweredBy"] == "machine_end_beep"
    world.client.calls(call.sid).update(twiml="<Response><Say>please call us back</Say></Response>")
    book = world.ended(call.sid)
    heard = next(each for each in book.heard if each.what == "please call us back")
    assert heard.start - book.answered_at >= 4.0 and book.heard_to_end("call us back")


def test_synchronous_detection_holds_the_first_document_back(world):
    world.person()
    world.app.answer("/answer", "<Response><Hangup/></Response>")
    book = world.ended(world.dial(machine_detection="Enable").sid)
    assert world.app.of("/answer")[0].params["AnsweredBy"] == "human"
    assert book.ended_at - book.answered_at > 1.2


def test_a_blind_transfer(world):
    _, person = bridged(world)
    target = world.person("+12025550150", leaves_after=2.0)
    world.client.calls(person.sid).update(
        twiml=f"<Response><Dial callerId='{CALLER}' timeout='20'><Number statusCallback='{world.app.url}/leg' "
        f"statusCallbackEvent='answered completed'>{target}</Number></Dial><Say>good bye</Say></Response>"
    )
    book = world.ended(person.sid)
    assert book.spoke_with == (f"{AGENT} (agent)", "+12025550150") and book.heard_to_end("good bye")
    until(lambda: sorted(world.app.told("/leg")) == ["completed", "in-progress"])
    assert world.app.of("/leg")[0].params["ParentCallSid"] == person.sid
    (child,) = world.client.calls.list(parent_call_sid=person.sid)
    assert child.direction == "outbound-dial" and child.to == target


def test_a_warm_transfer(world):
    agent, person = bridged(world)
    target = world.person("+12025550150")
    room = world.client.conferences.list(friendly_name="agent-1")[0]
    people = world.client.conferences(room.sid).participants
    people("person").update(hold=True)
    added = people.create(from_=CALLER, to=target, label="expert", beep="false", end_conference_on_exit=False)
    until(lambda: world.book(added.call_sid).spoke_with == (f"{AGENT} (agent)",))
    people("person").update(hold=False)
    until(lambda: f"{target} (expert)" in world.book(person.sid).spoke_with)
    people("agent").update(end_conference_on_exit=False)
    people("agent").delete()
    until(lambda: world.book(agent.sid).ended_at is not None)
    until(lambda: world.book(person.sid).heard[-1].what == (f"{target} (expert)",))
    assert world.book(person.sid).ended_at is None


def test_a_supervisor_listens_whispers_and_barges_in(world):
    agent, person = bridged(world)
    boss = world.person("+12025550160")
    room = world.client.conferences.list(friendly_name="agent-1")[0]
    people = world.client.conferences(room.sid).participants
    added = people.create(from_=CALLER, to=boss, label="boss", muted=True, beep="false")
    until(lambda: len(world.book(added.call_sid).spoke_with) == 2)
    assert f"{boss} (boss)" not in world.book(agent.sid).spoke_with, "a muted listener is not heard"
    people("boss").update(muted=False, coaching=True, call_sid_to_coach=agent.sid)
    until(lambda: f"{boss} (boss)" in world.book(agent.sid).spoke_with)
    assert f"{boss} (boss)" not in world.book(person.sid).spoke_with, "a whisper is for the agent alone"
    people("boss").update(coaching=False)
    until(lambda: f"{boss} (boss)" in world.book(person.sid).spoke_with)
    assert world.violations() == []


def test_an_announcement_is_heard_by_one_participant(world):
    agent, person = bridged(world)
    notice = world.app.answer("/notice", "<Response><Say>this call is recorded</Say></Response>")
    room = world.client.conferences.list(friendly_name="agent-1")[0]
    world.client.conferences(room.sid).participants("person").update(announce_url=notice)
    until(lambda: world.book(person.sid).heard_to_end("recorded"))
    assert not world.book(agent.sid).heard_any("recorded")


def test_a_redirect_out_of_a_dial_asks_its_action_and_discards_the_answer(world):
    action = world.app.answer("/left", "<Response><Say>nobody hears this</Say></Response>")
    _, person = bridged(world, action=action)
    world.client.calls(person.sid).update(twiml="<Response><Say>instead</Say></Response>")
    book = world.ended(person.sid)
    assert book.heard_to_end("instead") and not book.heard_any("nobody hears this")
    until(lambda: world.app.told("/left") == ["in-progress"])


def test_what_follows_a_dial_with_an_action_is_never_heard(world):
    action = world.app.answer("/left", "<Response><Hangup/></Response>")
    world.person()
    world.app.answer("/answer", into(world, room="taken", label="x", action=action, after="<Say>message</Say>"))
    call = world.dial()
    until(lambda: world.book(call.sid).rooms)
    room = world.client.conferences.list(friendly_name="taken")[0]
    world.client.conferences(room.sid).update(status="completed")
    assert not world.ended(call.sid).heard_any("message")
    assert world.violations() == ["unreachable: <Say> after <Dial action>, from twiml.url"]


def test_a_label_that_is_taken_lets_the_document_go_on(world):
    parked(world)
    world.person()
    world.app.answer("/answer", into(world, label="agent", after="<Say>message</Say>"))
    book = world.ended(world.dial().sid)
    assert book.rooms == [] and book.heard_to_end("message")
    assert world.violations() == ["room: 16025: Participant label already exists in the conference"]


def test_a_full_room_lets_the_document_go_on(world):
    bridged(world)
    for number in ("+12025550171", "+12025550172"):
        world.person(number)
    world.app.answer("/answer", into(world, label="third"))
    world.dial("+12025550171")
    until(lambda: len(world.client.conferences(world.client.conferences.list()[0].sid).participants.list()) == 3)
    world.app.answer("/answer", into(world, label="fourth", after="<Say>message</Say>"))
    assert world.ended(world.dial("+12025550172").sid).heard_to_end("message")


@pytest.mark.parametrize(
    ("how", "status", "code"),
    [
        ({"result": "busy"}, "busy", 486),
        ({"result": "invalid"}, "failed", 404),
        ({"result": "congestion"}, "failed", 503),
        ({"result": "no_answer"}, "no-answer", 487),
        ({"result": "no_answer", "sip_code": 480}, "failed", 480),
        ({"result": "invalid", "sip_code": 410}, "failed", 410),
    ],
)
def test_calls_that_nobody_answers(world, how, status, code):
    world.person(**how)
    book = world.ended(world.dial(timeout=5).sid)
    assert (book.status, book.sip_code, book.answered_at) == (status, code, None)
    over = until(lambda: [each.params for each in world.app.of("/status") if each.params["CallStatus"] == status])[0]
    assert over["SipResponseCode"] == str(code) and over["CallDuration"] == "0"
    assert world.app.of("/answer") == []


def test_the_carrier_rings_five_seconds_longer_than_asked(world):
    world.person(result="no_answer")
    book = world.ended(world.dial(timeout=5).sid)
    assert lasts(book.ended_at - book.ringing_at, 10.0)


def test_a_time_limit_ends_the_call(world):
    world.person()
    world.app.answer("/answer", "<Response><Pause length='60'/></Response>")
    book = world.ended(world.dial(time_limit=4).sid)
    assert book.ended_by == "time limit" and lasts(book.ended_at - book.answered_at, 4.0)


def test_keys_are_gathered(world):
    gather = "<Response><Gather timeout='{wait}' finishOnKey='#' action='{url}'/><Say>nothing came</Say></Response>"
    url = world.app.answer("/digits", "<Response><Hangup/></Response>")
    world.app.answer("/answer", gather.format(url=url, wait=60))
    world.person(keys_at=((8.0, "12"), (10.0, "3#")))
    world.ended(world.dial().sid)
    assert world.app.of("/digits")[0].params["Digits"] == "123"
    assert world.app.of("/digits")[0].params["FinishedOnKey"] == "#"
    world.person()
    world.app.answer("/answer", gather.format(url=url, wait=2))
    book = world.ended(world.dial().sid)
    assert book.heard_to_end("nothing came") and len(world.app.of("/digits")) == 1


def test_a_return_call_is_answered_by_the_numbers_voice_url(world):
    from dialer.carriers.emulator import Behaviour

    own = world.client.incoming_phone_numbers.list()[0]
    url = world.app.answer("/in", "<Response><Say>thank you for calling</Say></Response>")
    world.client.incoming_phone_numbers(own.sid).update(voice_url=url)
    sid = world.emulator.call(lambda exchange: exchange.call_in(PERSON, CALLER, Behaviour("human"))).sid
    assert world.ended(sid).heard_to_end("thank you")
    asked = world.app.of("/in")[0].params
    assert (asked["Direction"], asked["From"], asked["To"]) == ("inbound", PERSON, CALLER)
    assert asked["CallStatus"] == "ringing"
    world.app.answer("/in", "<Response><Reject reason='busy'/></Response>")
    sid = world.emulator.call(lambda exchange: exchange.call_in(PERSON, CALLER, Behaviour("human"))).sid
    book = world.ended(sid)
    assert (book.status, book.answered_at) == ("busy", None)


def test_a_person_leaves_a_recorded_message(world):
    world.person()
    done = world.app.answer("/done", "<Response><Hangup/></Response>")
    world.app.answer(
        "/answer",
        f"<Response><Record maxLength='3' timeout='5' playBeep='false' action='{done}' "
        f"recordingStatusCallback='{world.app.url}/recording'/></Response>",
    )
    world.ended(world.dial().sid)
    assert world.app.of("/done")[0].params["RecordingDuration"] == "3"
    assert until(lambda: world.app.told("/recording", "RecordingStatus")) == ["completed"]
