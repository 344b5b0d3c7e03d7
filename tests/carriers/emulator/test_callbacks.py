"""Requests to the dialer: signatures, retries, connection overrides, fallback."""

import asyncio
import socket

import pytest
from telephone import AGENT, CALLER, until
from twilio.request_validator import RequestValidator

from dialer.carriers.emulator import AUTH_TOKEN
from dialer.carriers.emulator.overrides import Overrides, read_overrides

SAY = "<Response><Say>hello</Say></Response>"


def nowhere():
    """An address at which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{probe.getsockname()[1]}"


def test_the_carriers_own_example_has_the_signature_of_its_documentation():
    form = {
        "CallSid": "CA1234567890ABCDE",
        "Caller": "+14158675309",
        "Digits": "1234",
        "From": "+14158675309",
        "To": "+18005551212",
    }
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    assert RequestValidator("12345").compute_signature(url, form) == "RSOYDt4T1cUTdK1PDd93/VVr8B8="


def test_every_request_is_signed_as_the_carriers_library_demands(world):
    app = world.app
    world.person()
    app.answer(
        "/answer",
        f"<Response><Gather action='{app.url}/digits?a=1&amp;b=2' actionOnEmptyResult='true' timeout='1'>"
        f"<Play>{app.url}/prompt.wav</Play></Gather></Response>",
    )
    app.answer(
        "/digits",
        f"<Response><Record maxLength='1' action='/done' recordingStatusCallback='{app.url}/recording'/></Response>",
    )
    app.answer(
        "/done",
        f"<Response><Dial><Conference statusCallback='{app.url}/room' statusCallbackEvent='join' "
        f"waitUrl='{app.url}/wait'>room</Conference></Dial></Response>",
    )
    call = world.dial(
        url=f"{app.url}/answer#ct=500&rt=1500&rc=1&rp=ct,rt,5xx",
        method="GET",
        machine_detection="Enable",
        async_amd="true",
        async_amd_status_callback=f"{app.url}/amd",
    )
    until(lambda: app.of("/room") and app.of("/amd") and app.of("/recording"))
    world.client.calls(call.sid).update(status="completed")
    until(lambda: len(app.of("/status")) == 4)
    paths = {each.path for each in app.asked}
    assert paths == {"/answer", "/status", "/prompt.wav", "/digits", "/done", "/room", "/wait", "/amd", "/recording"}
    assert [each.path for each in app.asked if not each.valid] == []
    assert app.of("/answer")[0].method == "GET" and app.of("/answer")[0].params["CallSid"] == call.sid


def test_what_somebody_else_sends_is_refused_by_the_carriers_library(world):
    world.person()
    world.app.answer("/answer", "<Response><Pause length='30'/></Response>")
    world.fault(kind="forge", on="status.ringing", says={"CallStatus": "completed"})
    world.fault(kind="other_account", on="status.answered")
    call = world.dial()
    until(lambda: len(world.app.of("/status")) == 5)
    refused = [each for each in world.app.of("/status") if not each.valid]
    assert [each.params["CallStatus"] for each in refused] == ["completed", "in-progress"]
    assert refused[0].params["CallSid"] == call.sid and refused[1].params["AccountSid"] != call.account_sid
    assert sorted(each.params["CallStatus"] for each in world.app.of("/status") if each.valid) == [
        "in-progress",
        "initiated",
        "ringing",
    ]


def test_overrides_are_read():
    assert read_overrides("https://x.example/a?b=c") == ("https://x.example/a?b=c", Overrides(), [])
    bare, overrides, wrong = read_overrides("https://x.example/a#ct=500&rt=1500&rc=2&rp=ct,rt,5xx&tt=9000&e=ashburn")
    assert (bare, wrong) == ("https://x.example/a", [])
    assert overrides == Overrides(0.5, 1.5, 9.0, 2, frozenset({"ct", "rt", "5xx"}))
    assert overrides.repeats("5xx") and not overrides.repeats("4xx") and not overrides.repeats("2xx")
    assert read_overrides("http://x/#rp=all")[1].repeats("4xx")
    assert not read_overrides("http://x/#rp=all")[1].repeats("2xx")
    assert read_overrides("http://x/#ct=50&rp=never&zz=1")[2] == [
        "ct=50 is not between 100 and 10000",
        "rp=never is none of 4xx, 5xx, all, ct, rt",
        "zz is no override",
    ]


def test_by_default_only_a_failed_connection_is_tried_again(world):
    world.person()
    world.app.answer("/answer", (503, "text/plain", b"busy"))
    call = world.dial(status_callback=nowhere())
    world.ended(call.sid)
    (told,) = until(lambda: [each for each in world.deliveries() if each.on == "status.completed" and each.seconds])
    assert told.tries == ["ct", "ct"]
    assert [each.tries for each in world.deliveries() if each.on == "twiml.url"] == [["503"]]


def test_overrides_try_again_after_errors_and_slow_answers(world):
    world.person()
    answers = [(503, "text/plain", b""), SAY]
    world.app.answer("/answer", lambda _: answers.pop(0))
    book = world.ended(world.dial(url=f"{world.app.url}/answer#rc=1&rp=5xx").sid)
    assert book.heard_to_end("hello")

    async def slow(_):
        slow.tries += 1
        await asyncio.sleep(1.2 if slow.tries == 1 else 0.0)
        return SAY

    slow.tries = 0
    world.app.answer("/answer", slow)
    book = world.ended(world.dial(url=f"{world.app.url}/answer#rt=600&rc=1&rp=rt").sid)
    assert book.heard_to_end("hello")
    assert [each.tries for each in world.deliveries() if each.on == "twiml.url"][-1] == ["rt", "200"]


def test_the_fallback_url_speaks_while_the_dialer_is_down(world):
    world.person()
    fallback = world.app.answer("/fallback", "<Response><Say>we could not connect you</Say></Response>")
    book = world.ended(world.dial(url=nowhere() + "/answer", fallback_url=fallback).sid)
    assert book.heard_to_end("could not connect")
    asked = world.app.of("/fallback")[0].params
    assert asked["ErrorCode"] == "11205" and asked["ErrorUrl"].endswith("/answer")


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ((500, "text/xml", b""), "11200"),
        ("<Response><Say>", "12100"),
        ((200, "application/json", b"{}"), "12300"),
    ],
)
def test_a_document_that_is_none_leads_to_the_fallback(world, answer, code):
    world.person()
    world.app.answer("/answer", answer)
    fallback = world.app.answer("/fallback", SAY)
    assert world.ended(world.dial(fallback_url=fallback).sid).heard_to_end("hello")
    assert world.app.of("/fallback")[0].params["ErrorCode"] == code


def test_without_a_fallback_the_person_hears_the_carriers_regrets(world):
    world.person()
    book = world.ended(world.dial(url=nowhere()).sid)
    assert [each.kind for each in book.heard] == ["silence", "error", "silence"]


def test_a_prompt_that_is_gone_is_passed_over_and_told(world):
    world.person()
    world.app.answer("/answer", f"<Response><Play>{nowhere()}/gone.wav</Play><Say>hello</Say></Response>")
    assert world.ended(world.dial().sid).heard_to_end("hello")
    assert world.violations()[0].startswith("media: ")


def test_a_bad_override_is_told(world):
    world.person()
    world.app.answer("/answer", SAY)
    world.ended(world.dial(url=f"{world.app.url}/answer#rc=9").sid)
    assert world.emulator.call(lambda exchange: exchange.courier.bad_overrides) == ["rc=9 is not between 0 and 5"]


def test_only_the_events_asked_for_are_told(world):
    world.person(AGENT)
    world.app.answer("/answer", SAY)
    call = world.client.calls.create(
        to=AGENT, from_=CALLER, url=f"{world.app.url}/answer", status_callback=f"{world.app.url}/status"
    )
    world.ended(call.sid)
    until(lambda: world.app.told("/status") == ["completed"])
    assert AUTH_TOKEN not in str(world.app.of("/status")[0].params)
