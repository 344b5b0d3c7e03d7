"""Documents are read as strictly as they can be; the grammar is that of the carrier's own library."""

import inspect

import pytest
from twilio.twiml import voice_response

from dialer.carriers.emulator.twiml import GRAMMAR, TwimlError, Verb, parse

OWNERS = {
    "Conference": voice_response.Dial,
    "Number": voice_response.Dial,
    "Client": voice_response.Dial,
    "Identity": voice_response.Client,
    "Parameter": voice_response.Client,
}
#: What the library's method takes as text, not as an attribute.
TEXT = {"name", "phone_number", "identity", "url", "message", "number", "client_identity", "kwargs", "self"}


def camel(name):
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


@pytest.mark.parametrize("name", GRAMMAR)
def test_attributes_are_those_of_the_carriers_library(name):
    owner = OWNERS.get(name, voice_response.VoiceResponse)
    method = getattr(owner, name.lower())
    text = TEXT - ({"url"} if name in ("Number", "Client") else set()) - ({"name"} if name == "Parameter" else set())
    said = {camel(each) for each in inspect.signature(method).parameters if each not in text}
    assert set(GRAMMAR[name]) == said


def problems(inside):
    return [(each.kind, each.text) for each in parse(f"<Response>{inside}</Response>").problems]


def test_a_document_is_read_into_verbs():
    document = parse(
        '<?xml version="1.0" encoding="UTF-8"?><Response><Gather numDigits="1"><Play>https://x.example/a.wav</Play>'
        "</Gather><Hangup/></Response>"
    )
    play = Verb("Play", {}, "https://x.example/a.wav")
    assert document.verbs == (Verb("Gather", {"numDigits": "1"}, "", (play,)), Verb("Hangup"))
    assert document.problems == ()


@pytest.mark.parametrize(
    ("inside", "kind", "text"),
    [
        ("<Dail/>", "unknown", "<Dail> in <Response>"),
        ("<Enqueue/>", "unsupported", "<Enqueue> in <Response>"),
        ("<Gather><Dial/></Gather>", "unknown", "<Dial> in <Gather>"),
        ("<Dial hangUpOnStar='true'/>", "unknown", "attribute hangUpOnStar of <Dial>"),
        ("<Dial timeout='2'/>", "value", "timeout='2' of <Dial>"),
        ("<Dial sequential='true'/>", "unsupported", "attribute sequential of <Dial>"),
        ("<Dial><Conference beep='no'>r</Conference></Dial>", "value", "beep='no' of <Conference>"),
        (
            "<Dial><Conference maxParticipants='300'>r</Conference></Dial>",
            "value",
            "maxParticipants='300' of <Conference>",
        ),
        ("<Dial><Conference coach='me'>r</Conference></Dial>", "value", "coach='me' of <Conference>"),
        ("<Dial><Conference/></Dial>", "value", "<Conference> is empty"),
        ("<Dial><Number>202-555-0111</Number></Dial>", "value", "<Number> '202-555-0111' is not E.164"),
        ("<Gather input='speech'/>", "unsupported", "speech input of <Gather>"),
        ("<Hangup/><Say>late</Say>", "unreachable", "<Say> after <Hangup>"),
        ("<Redirect>/next</Redirect><Say>late</Say>", "unreachable", "<Say> after <Redirect>"),
        ("<Dial action='/next'>+12025550111</Dial><Say>late</Say>", "unreachable", "<Say> after <Dial action>"),
    ],
)
def test_what_the_carrier_would_warn_of_is_told(inside, kind, text):
    assert problems(inside) == [(kind, text)]


def test_what_follows_a_dial_without_an_action_is_reached():
    assert problems("<Dial>+12025550111</Dial><Say>next</Say>") == []
    assert problems("<Dial action=''>+12025550111</Dial><Say>next</Say>") == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", 12100),
        ("<Response><Say>", 12100),
        ("hello", 12100),
        ("<Reply/>", 12102),
        ("<!DOCTYPE x [<!ENTITY a 'b'>]><Response>&a;</Response>", 12100),
        ("<Response>" + " " * 70_000 + "</Response>", 11750),
    ],
)
def test_what_cannot_be_carried_out_raises(text, code):
    with pytest.raises(TwimlError) as error:
        parse(text)
    assert error.value.code == code


def test_what_the_carriers_library_writes_has_no_problems():
    response = voice_response.VoiceResponse()
    dial = voice_response.Dial(time_limit=86_400, hangup_on_star=True)
    dial.conference(
        "room",
        beep="false",
        start_conference_on_enter=True,
        end_conference_on_exit=True,
        wait_url="",
        jitter_buffer_size="small",
        participant_label="agent",
        status_callback="https://dialer.example/room",
        status_callback_event="start end join leave",
    )
    response.append(dial)
    gather = voice_response.Gather(num_digits=1, action="/optout", timeout=3)
    gather.play("https://dialer.example/message.wav")
    response.append(gather)
    response.hangup()
    assert parse(str(response)).problems == ()
