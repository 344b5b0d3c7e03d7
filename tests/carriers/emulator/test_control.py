"""Books, people and agents' browsers by HTTP."""

import json
import math

import pytest
import requests
from telephone import CALLER, PERSON, lasts, until
from twilio.jwt.access_token import AccessToken
from twilio.jwt.access_token.grants import VideoGrant, VoiceGrant

from dialer.carriers.emulator import (
    ACCOUNT_SID,
    AGENT_PHONE,
    API_KEY,
    API_SECRET,
    APPLICATION_SID,
    AUTH_TOKEN,
    Behaviour,
    read_behaviours,
    read_books,
)
from dialer.carriers.simulated import Encounter
from dialer.simulation.people import People, ScriptedPeople

ROOM = "<Response><Dial><Conference waitUrl='' participantLabel='{}'>room</Conference></Dial></Response>"


def token(identity="alice", key=API_KEY, secret=API_SECRET, account=ACCOUNT_SID, grants=None, ttl=3600):
    made = AccessToken(account, key, secret, identity=identity, ttl=ttl)
    for grant in grants or [VoiceGrant(outgoing_application_sid=APPLICATION_SID, incoming_allow=True)]:
        made.add_grant(grant)
    return made.to_jwt()


@pytest.fixture
def ask(world):
    """A request to the control face, as the account; returns status and document."""

    def ask(method, path, body=None, auth=(ACCOUNT_SID, AUTH_TOKEN)):
        answer = requests.request(method, f"{world.emulator.url}/control{path}", json=body, auth=auth, timeout=5)
        return answer.status_code, answer.json() if answer.content else None

    return ask


def test_only_the_account_may_look(ask):
    assert ask("GET", "/books", auth=None)[0] == 401
    assert ask("GET", "/books", auth=(ACCOUNT_SID, "wrong"))[0] == 401
    assert ask("GET", "/books") == (200, [])
    assert ask("GET", "/nothing")[0] == 404


def test_a_browser_is_parked_and_talks_with_a_person(world, ask):
    url = world.app.answer("/browser", ROOM.format("agent"))
    assert ask("PUT", f"/applications/{APPLICATION_SID}", {"voice_url": url})[0] == 204
    status, client = ask("POST", "/clients", {"token": token()})
    assert (status, client["identity"], client["registered"]) == (201, "alice", True)
    status, leg = ask("POST", "/clients/alice/connect", {"params": {"campaign": "spring"}})
    assert status == 201
    until(lambda: world.book(leg["call"]).rooms)
    asked = world.app.of("/browser")[0]
    assert asked.valid and asked.params["From"] == "client:alice" and asked.params["campaign"] == "spring"
    assert asked.params["ApplicationSid"] == APPLICATION_SID and asked.params["Direction"] == "inbound"
    world.person(patience=20.0)
    person = world.dial(twiml=ROOM.format("person"))
    until(lambda: world.book(person.sid).spoke_with == ("client:alice (agent)",))
    assert ask("GET", "/clients/alice")[1]["calls"] == [
        {"call": leg["call"], "status": "in-progress", "hears": ["voices", [f"{PERSON} (person)"]]}
    ]
    ask("POST", "/clients/alice/mute", {"muted": True})
    until(lambda: world.book(person.sid).heard[-1].kind == "silence")
    ask("POST", "/clients/alice/mute", {"muted": False})
    until(lambda: world.book(person.sid).heard[-1].kind == "voices")
    ask("POST", "/clients/alice/hang-up")
    assert world.ended(leg["call"]).ended_by == "person" and world.book(leg["call"]).result == "client"
    assert world.ended(person.sid).ended_by == "person", "left alone in silence the person goes"


def test_a_browser_dies_with_a_person_on_the_line(world, ask):
    ask("PUT", f"/applications/{APPLICATION_SID}", {"voice_url": world.app.answer("/browser", ROOM.format("agent"))})
    ask("POST", "/clients", {"token": token()})
    leg = ask("POST", "/clients/alice/connect", {})[1]["call"]
    world.person()
    person = world.dial(twiml=ROOM.format("person"))
    until(lambda: world.book(person.sid).spoke_with)
    assert ask("POST", "/clients/alice/lose", {"after": 5.0})[0] == 204
    until(lambda: world.book(person.sid).heard[-1].kind == "silence")
    book = world.ended(leg)
    assert book.ended_by == "lost"
    assert lasts(book.ended_at - world.book(person.sid).heard[-1].start, 5.0)
    assert ask("POST", "/clients/alice/connect", {})[0] == 401, "its token is gone with it"


def test_a_browser_is_called(world, ask):
    ask("POST", "/clients", {"token": token()})
    call = world.dial("client:alice", twiml=ROOM.format("agent"))
    until(lambda: ask("GET", "/clients/alice")[1]["ringing"] == [call.sid])
    assert ask("POST", "/clients/alice/answer")[0] == 204
    until(lambda: world.book(call.sid).rooms)
    ask("POST", "/clients/alice/keys", {"digits": "5"})
    assert [digits for _, digits in world.book(call.sid).keys] == ["5"]
    world.client.calls(call.sid).update(status="completed")
    assert ask("POST", "/clients/alice/hang-up")[0] == 409
    refused = world.dial("client:alice", twiml=ROOM.format("agent"))
    until(lambda: ask("GET", "/clients/alice")[1]["ringing"] == [refused.sid])
    ask("POST", "/clients/alice/reject")
    assert world.ended(refused.sid).status == "busy"
    assert world.ended(world.dial("client:nobody", twiml=ROOM.format("agent")).sid).status == "no-answer"


def test_a_browser_that_picks_up_by_itself_is_dialed_from_a_document(world, ask):
    ask("POST", "/clients", {"token": token("bob"), "answers_after": 1.0})
    world.person(leaves_after=2.0)
    call = world.dial(twiml=f"<Response><Dial callerId='{CALLER}'><Client>bob</Client></Dial></Response>")
    assert world.ended(call.sid).spoke_with == ("client:bob",)


@pytest.mark.parametrize(
    "wrong",
    [
        {"secret": "another-secret-that-is-long-enough-to-sign"},
        {"key": "SK" + "9" * 32},
        {"account": "AC" + "9" * 32},
        {"ttl": -10},
        {"grants": [VideoGrant("room")]},
        {"identity": None},
    ],
)
def test_a_token_that_the_carrier_would_refuse_is_refused(ask, wrong):
    status, answer = ask("POST", "/clients", {"token": token(**wrong)})
    assert (status, answer["code"]) == (401, 20003)


def test_a_token_runs_out_and_the_live_call_goes_on(world, ask):
    ask("PUT", f"/applications/{APPLICATION_SID}", {"voice_url": world.app.answer("/browser", ROOM.format("agent"))})
    ask("POST", "/clients", {"token": token()})
    leg = ask("POST", "/clients/alice/connect", {})[1]["call"]
    until(lambda: world.book(leg).rooms)
    assert ask("DELETE", "/clients/alice")[0] == 204
    assert ask("GET", "/clients/alice")[1]["registered"] is False
    assert ask("POST", "/clients/alice/connect", {})[0] == 401
    assert world.ended(world.dial("client:alice", twiml=ROOM.format("x")).sid).status == "no-answer"
    assert world.book(leg).ended_at is None
    ask("POST", "/clients", {"token": token()})
    assert len(ask("GET", "/clients/alice")[1]["calls"]) == 1


def test_people_faults_and_books_by_http(world, ask):
    assert ask("PUT", f"/people/{PERSON}", [{"result": "busy", "ring": 1}, {"result": "human", "ring": 1}])[0] == 204
    assert ask("PUT", f"/people/{PERSON}", {"result": "asleep"})[0] == 422
    first, second = (world.dial(twiml="<Response><Say>hello</Say></Response>") for _ in range(2))
    assert world.ended(first.sid).status == "busy" and world.ended(second.sid).status == "completed"
    status, book = ask("GET", f"/books/{second.sid}")
    assert status == 200 and book["prompts"] == [["hello", True]] and book["seconds_to_prompt"] >= 0.0
    assert [each["call"] for each in ask("GET", "/books")[1]] == [first.sid, second.sid]
    assert ask("GET", "/books/CA0")[0] == 404
    status, made = ask("POST", "/faults", {"kind": "drop", "on": "status.*"})
    assert status == 201 and ask("GET", "/faults")[1][0]["on"] == "status.*"
    assert ask("POST", "/faults", {"kind": "delay"})[0] == 422
    assert ask("DELETE", f"/faults/{made['id']}")[0] == 204 and ask("GET", "/faults")[1] == []
    ask("POST", "/faults", {"kind": "drop"})
    assert ask("DELETE", "/faults")[0] == 204 and ask("GET", "/faults")[1] == []
    live = world.dial(twiml="<Response><Pause length='60'/></Response>")
    until(lambda: world.book(live.sid).answered_at)
    assert ask("POST", f"/calls/{live.sid}/keys", {"digits": "1"})[0] == 204
    assert ask("POST", f"/calls/{live.sid}/hang-up")[0] == 204
    assert world.ended(live.sid).ended_by == "person"
    assert ask("POST", "/calls/CA0/hang-up")[0] == 404
    kinds = {each["on"] for each in ask("GET", "/callbacks")[1]}
    assert {"status.initiated", "status.completed"} <= kinds
    assert ask("GET", "/requests")[1][0]["path"] == "/Calls" and ask("GET", "/violations") == (200, [])
    own = world.client.incoming_phone_numbers.list()[0]
    world.client.incoming_phone_numbers(own.sid).update(voice_url=world.app.answer("/in", "<Response/>"))
    status, called = ask("POST", "/incoming", {"caller": PERSON, "to": CALLER})
    assert status == 201 and world.ended(called["call"]).direction == "inbound"
    assert ask("POST", "/incoming", {"caller": PERSON, "to": PERSON})[0] == 404


def test_the_books_in_the_file_are_those_in_memory(make_world, tmp_path):
    file = tmp_path / "carrier.jsonl"
    world = make_world(books=file)
    world.person(opts_out_at=0.5)
    gather = "<Response><Gather action='/none' timeout='1'><Say>a message of some length</Say></Gather></Response>"
    call = world.dial(twiml=gather)
    world.ended(call.sid)
    until(lambda: read_books(file)[0].ended_at)
    assert [each.as_json() for each in read_books(file)] == [
        each.as_json() for each in world.emulator.call(lambda exchange: list(exchange.books))
    ]
    whole = file.read_text()
    file.write_text(whole + '{"call": "CA1", "fa')
    assert len(read_books(file)) == 1, "a line cut short by a crash is nothing"
    file.write_text(json.dumps({"call": "CA1", "fact": "dreamt", "t": 0.0}) + "\n")
    with pytest.raises(ValueError, match="dreamt"):
        read_books(file)


def test_the_seeded_people_of_a_simulation_answer_here_too(make_world):
    people = People(7, 0.5)
    numbers = [f"+1202555{last:04d}" for last in range(100, 130)]
    world = make_world(people=people, speed=100.0)
    calls = {number: world.dial(number, twiml="<Response><Hangup/></Response>", timeout=30) for number in numbers}
    for number, call in calls.items():
        expected = people.meet(f"{number}#1", number, world.book(call.sid).at)
        book = world.ended(call.sid)
        assert (book.result is not None) == (expected.result in ("human", "machine", "fax") and expected.ring < 34.5), (
            number
        )
    assert 5 <= sum(world.book(call.sid).result == "human" for call in calls.values()) <= 25


def test_plain_encounters_and_scripts_are_people_too(make_world):
    script = ScriptedPeople({PERSON: Encounter("busy", ring=0.5)}, Behaviour("human", ring=0.5, leaves_at=1.0))
    world = make_world(people=script)
    assert world.ended(world.dial(twiml="<Response><Pause length='9'/></Response>").sid).status == "busy"
    other = world.ended(world.dial("+12025550112", twiml="<Response><Pause length='9'/></Response>").sid)
    assert other.ended_by == "person"
    assert Behaviour.of(Encounter("fax", ring=3.0)) == Behaviour("fax", ring=3.0)
    assert AGENT_PHONE.patience == math.inf
    assert read_behaviours({"result": "human", "keys_at": [[1, "9"]]}) == [Behaviour("human", keys_at=((1.0, "9"),))]
    with pytest.raises(ValueError, match="Field required"):
        read_behaviours({"key": "9"})
