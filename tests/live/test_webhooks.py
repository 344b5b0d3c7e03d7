"""What the carrier says of calls and legs, one signed request at a time, and what the floor makes of it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from hand_floor import PUBLIC, HandFloor, hand_floor
from twilio.request_validator import RequestValidator

from dialer.carriers.emulator import AUTH_TOKEN

Story = Callable[[HandFloor], Awaitable[None]]


def tell(root: Path, story: Story, **how: object) -> None:
    """Open a floor, tell the story."""

    async def told() -> None:
        async with hand_floor(root, **how) as floor:  # type: ignore[arg-type]
            await story(floor)

    asyncio.run(told())


# ------------------------------------------------------------------ who answered: a person or a machine


@pytest.mark.parametrize("verdict", ["human", "unknown"])
def test_whoever_is_not_surely_a_machine_is_a_person(tmp_path: Path, verdict: str):
    async def story(floor: HandFloor) -> None:
        await floor.agent("ann")
        (call,) = floor.placed
        await floor.talk(call)
        await floor.post(f"detection/{call.call_id}", AnsweredBy=verdict)
        assert floor.state_of("ann") == "talking"
        assert floor.door.of("update_call") == []
        assert floor.attempt(call)["amd_machine"] == 0

    tell(tmp_path, story, dialing="detect_machines = true")


@pytest.mark.parametrize("verdict", ["machine_start", "machine_end_beep", "fax"])
def test_a_machine_frees_the_agent_and_is_hung_up_on(tmp_path: Path, verdict: str):
    async def story(floor: HandFloor) -> None:
        await floor.agent("ann")
        (call,) = floor.placed
        asked = floor.door.of("create_call")[-1]
        assert (asked["machine_detection"], asked["async_amd"]) == ("Enable", "true")
        await floor.talk(call)
        await floor.post(f"detection/{call.call_id}", AnsweredBy=verdict)
        assert {"sid": call.sid, "status": "completed"} in floor.door.of("update_call")
        await floor.over(call)
        assert floor.attempt(call)["result"] == "machine" and floor.attempt(call)["amd_machine"] == 1
        assert floor.state_of("ann") == "ready" and len(floor.placed) == 1  # the next call is on its way

    tell(tmp_path, story, dialing="detect_machines = true")


def test_a_verdict_after_the_end_changes_nothing(tmp_path: Path):
    async def story(floor: HandFloor) -> None:
        await floor.agent("ann")
        (call,) = floor.placed
        await floor.talk(call)
        await floor.over(call)
        await floor.wait(1.0)
        before = floor.attempt(call)
        await floor.post(f"detection/{call.call_id}", AnsweredBy="machine_start")
        await floor.wait(1.0)
        assert floor.attempt(call) == before and before["result"] == "human"
        assert floor.state_of("ann") == "wrap_up"

    tell(tmp_path, story, dialing="detect_machines = true")


@pytest.mark.parametrize(
    ("first", "then", "result"), [("human", "machine_start", None), ("machine_start", "human", "machine")]
)
def test_the_first_verdict_holds(tmp_path: Path, first: str, then: str, result: str | None):
    async def story(floor: HandFloor) -> None:
        await floor.agent("ann")
        (call,) = floor.placed
        await floor.talk(call)
        for each in (first, then, then):
            await floor.post(f"detection/{call.call_id}", AnsweredBy=each)
        await floor.wait(1.0)
        assert floor.attempt(call)["result"] == result

    tell(tmp_path, story, dialing="detect_machines = true")


def test_a_machine_told_of_minutes_into_a_conversation_does_not_end_it(tmp_path: Path):
    async def story(floor: HandFloor) -> None:
        await floor.agent("ann")
        (call,) = floor.placed
        await floor.talk(call)
        await floor.wait(45.0, step=4.0)
        await floor.post(f"detection/{call.call_id}", AnsweredBy="machine_start")
        assert floor.state_of("ann") == "talking" and floor.attempt(call)["result"] is None

    tell(tmp_path, story, dialing="detect_machines = true")


# ------------------------------------------------------------------ agents and the people joined to them


def test_an_agent_who_pauses_while_a_person_is_being_joined_takes_this_one_and_no_other(tmp_path: Path):
    async def story(floor: HandFloor) -> None:
        await floor.agent("ann")
        (call,) = floor.placed
        await floor.answer(call)
        assert floor.state_of("ann") == "reserved"
        floor.floor.desks.pause("ann", "lunch")
        assert floor.state_of("ann") == "reserved"
        await floor.room("ann", "participant-join", call.call_id, call.sid)
        assert floor.state_of("ann") == "talking"
        await floor.over(call)
        floor.floor.desks.dispose("ann", call.call_id, "NO")
        await floor.wait(5.0)
        assert floor.state_of("ann") == "paused" and floor.placed == []
        assert floor.attempt(call)["result"] == "human"

    tell(tmp_path, story)


def test_of_two_people_who_answer_for_one_agent_one_is_joined_and_the_other_hears_the_message(tmp_path: Path):
    async def story(floor: HandFloor) -> None:
        await floor.agent("ann")
        await floor.agent("bob")
        first, second = floor.placed
        floor.floor.desks.pause("bob", "break")
        documents = [await floor.answer(first), await floor.answer(second)]
        assert ">agent-ann-" in documents[0] and ">agent-" not in documents[1]
        assert "message" in documents[1]
        await floor.room("ann", "participant-join", first.call_id, first.sid)
        await floor.wait(3.0)
        await floor.post(f"played/{second.call_id}", CallSid=second.sid)
        await floor.over(second)
        await floor.wait(1.0)
        assert floor.attempt(first)["state"] == "bridged"
        told = floor.attempt(second)
        assert (told["result"], told["message_played"], told["agent_id"]) == ("abandoned", 1, None)
        assert floor.floor.board("demo").abandoned == 1

    tell(tmp_path, story)


def test_an_answer_asked_for_twice_gets_the_same_agent(tmp_path: Path):
    async def story(floor: HandFloor) -> None:
        await floor.agent("ann")
        await floor.agent("bob")
        call = floor.placed[0]
        assert await floor.answer(call) == await floor.answer(call)
        assert sorted(map(floor.state_of, ("ann", "bob"))) == ["ready", "reserved"]

    tell(tmp_path, story)


def test_a_leg_that_has_run_out_takes_the_agent_off_and_the_person_hears_the_apology(tmp_path: Path):
    async def story(floor: HandFloor) -> None:
        desk = await floor.agent("ann")
        (call,) = floor.placed
        await floor.talk(call)
        leg = floor.account.legs.find("ann")
        assert leg is not None
        await floor.room("ann", "participant-leave", "agent", leg.call_sid)
        assert floor.state_of("ann") == "offline" and not desk.leg_up
        left = await floor.post(f"left/{call.call_id}", CallSid=call.sid, CallStatus="in-progress")
        assert "apology" in left.text
        await floor.over(call)
        # The desk is still there: signing in again brings a new leg up, and the agent is ready as before.
        rung = len(floor.door.of("create_call"))
        floor.floor.desks.sign_in("ann", "demo", "phone", "+12025550150")
        floor.floor.desks.sign_in("ann", "demo", "phone", "+12025550150")  # a reload does not ring twice
        await floor.settle()
        assert len(floor.door.of("create_call")) == rung + 1
        await floor.park("ann")
        assert floor.state_of("ann") == "ready"
        # What is still told of the old leg is not news of the new one.
        await floor.post(f"agent-status/ann/{leg.leg_id}", CallSid=leg.call_sid, CallStatus="completed")
        assert floor.state_of("ann") == "ready"

    tell(tmp_path, story)


def test_a_browser_that_connects_anew_with_a_fresh_token_is_ready_again(tmp_path: Path):
    async def story(floor: HandFloor) -> None:
        assert len(floor.account.browser_token("ann", lasting=60).split(".")) == 3
        floor.floor.desks.sign_in("ann", "demo", "browser")
        await floor.post("browser", From="client:ann", CallSid="CA-first")
        await floor.park("ann")
        floor.floor.desks.ready("ann")
        first = floor.account.legs.find("ann")
        assert first is not None and floor.state_of("ann") == "ready"
        await floor.room("ann", "participant-leave", "agent", "CA-first")
        assert floor.state_of("ann") == "offline"
        await floor.post("browser", From="client:ann", CallSid="CA-second")
        await floor.park("ann")
        second = floor.account.legs.find("ann")
        assert floor.state_of("ann") == "ready" and second is not None and second.room != first.room
        reply = await floor.post("browser", From="+12025550150", CallSid="CA-third")
        assert "Hangup" in reply.text and floor.account.legs.find("ann") is second  # only browsers of ours

    tell(tmp_path, story)


# ------------------------------------------------------------------ what is told late, or by somebody else


def test_a_recording_that_is_absent_or_late_is_written_down_as_what_it_is(tmp_path: Path):
    async def story(floor: HandFloor) -> None:
        await floor.agent("ann")
        (call,) = floor.placed
        await floor.talk(call)
        await floor.over(call)
        kept = f"SELECT status, seconds, channels FROM recording WHERE call_id = '{call.call_id}' ORDER BY carrier_ref"
        await floor.post(f"recording/{call.call_id}", RecordingSid="RE1", RecordingStatus="absent")
        assert floor.rows(kept) == [("absent", 0.0, 1)]
        await floor.wait(700.0, step=4.0)  # the call is forgotten by then, its attempt is not
        assert call.call_id not in floor.account.calls
        late = {"RecordingStatus": "completed", "RecordingDuration": "12", "RecordingChannels": "2"}
        for _ in range(2):
            await floor.post(f"recording/{call.call_id}", RecordingSid="RE2", **late)
        assert floor.rows(kept) == [("absent", 0.0, 1), ("completed", 12.0, 2)]

    tell(tmp_path, story)


def test_a_key_pressed_in_the_fallback_message_closes_the_number_for_the_whole_company(tmp_path: Path):
    async def story(floor: HandFloor) -> None:
        reply = await floor.post("optout", To="+12125550142", Digits="9")
        assert reply.status_code == 200 and "Hangup" in reply.text
        (entry,) = floor.rows("SELECT action, scope, source FROM suppression WHERE number = '+12125550142'")
        assert entry == ("add", "company", "key press during the fallback message")

    tell(tmp_path, story)


def test_what_somebody_else_signed_is_refused_and_changes_nothing(tmp_path: Path):
    async def story(floor: HandFloor) -> None:
        await floor.agent("ann")
        (call,) = floor.placed
        path = f"status/{call.call_id}"
        before = await counted(floor)
        forged = await floor.post(path, signature="bm90IG91cnM=", CallSid=call.sid, CallStatus="completed")
        unsigned = await floor.post(path, signature="", CallSid=call.sid, CallStatus="completed")
        form = {"AccountSid": f"AC{9:032x}", "CallSid": call.sid, "CallStatus": "completed"}
        signed = RequestValidator(AUTH_TOKEN).compute_signature(f"{PUBLIC}/carrier/twilio/{path}", form)
        other = await floor.post(path, signature=signed, **form)
        pressed = await floor.post("optout", signature="bm90IG91cnM=", To="+12125550142", Digits="9")
        assert {each.status_code for each in (forged, unsigned, other, pressed)} == {403}
        await floor.wait(0.5)
        assert floor.attempt(call)["state"] == "queued"
        assert floor.rows("SELECT 1 FROM suppression WHERE number = '+12125550142'") == []
        assert await counted(floor) == before + 4

    async def counted(floor: HandFloor) -> float:
        text = (await floor.http.get("/metrics")).text
        (line,) = [each for each in text.splitlines() if each.startswith("dialer_forged_callbacks_total")]
        return float(line.split()[1])

    tell(tmp_path, story)


# ------------------------------------------------------------------ the account's rate


def test_a_call_that_would_wait_in_the_carriers_queue_is_cancelled_and_its_lead_is_not_burnt(tmp_path: Path):
    async def story(floor: HandFloor) -> None:
        floor.door.queue_time = 3.0
        await floor.agent("ann")
        assert [each["status"] for each in floor.door.of("update_call")] == ["canceled"]
        assert floor.placed == [] and floor.account.stale == 1
        await floor.wait(1.0)  # the pace holds back after it, and the person is still to be called
        assert len(floor.door.of("create_call")) == 2  # ann's own phone, and the one that was cancelled
        ((result, counts, status),) = floor.rows("SELECT result, counts, status FROM attempt JOIN lead USING (lead_id)")
        assert (result, counts) == ("congestion", 0) and status in ("ready", "leased")
        floor.door.queue_time = 0.0
        await floor.wait(3.0)
        assert len(floor.placed) == 1

    tell(tmp_path, story)
