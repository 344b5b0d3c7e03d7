"""A process dies in the very moment between the reply to `/answer` and the commit of the answer."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from hand_floor import NOON, HandDoor, HandFloor, hand_floor, opened
from live import forget_lease

from dialer.carriers.emulator import ACCOUNT_SID
from dialer.carriers.twilio import webhooks
from dialer.carriers.twilio.calls import LiveCall
from dialer.carriers.twilio.rest import CallState


async def answered_and_dead(floor: HandFloor) -> tuple[LiveCall, str]:
    """Somebody answers and is sent to the agent; the process dies before it has written that down."""
    await floor.agent("ann")
    (call,) = floor.placed
    await floor.wait(1.0)
    document = await webhooks.answer(floor.account, call.call_id, {"AccountSid": ACCOUNT_SID, "CallSid": call.sid})
    leg = floor.account.legs.find("ann")
    assert leg is not None and document is not None and f">{leg.room}<" in document
    floor.dead = True
    assert floor.attempt(call)["state"] == "queued"  # the answer is not in the database
    return call, leg.room


def state(call: LiveCall, status: str) -> CallState:
    return CallState(call.sid, status, call.request.number, call.request.caller_id, 0.0)


@pytest.mark.parametrize("ended", [False, True])
def test_the_conversation_goes_on_and_its_end_is_booked(tmp_path: Path, ended: bool):
    """Still talking, or over before the next process came: then nobody knows who heard whom, and the law counts it."""

    async def story() -> None:
        async with hand_floor(tmp_path) as floor:
            call, room = await answered_and_dead(floor)
            forget_lease(floor.workspace.root / "dialer.db")
            door = HandDoor()
            door.live = [state(call, "completed" if ended else "in-progress")]
            door.people = {} if ended else {room: {"agent": "CA-leg", call.call_id: call.sid}}
            async with opened(floor.workspace, door, NOON + 60.0) as after:
                told = after.attempt(call)
                assert (told["state"], told["result"]) == (("ended", "abandoned") if ended else ("queued", None))
                assert after.rows("SELECT count(*) FROM attempt") == [(1,)]
                if not ended:
                    await after.over(call)
                    assert after.attempt(call)["result"] == "human"
                    assert {"sid": "CA-leg", "status": "completed"} in door.of("update_call")
                assert after.rows("SELECT status FROM lead WHERE status = 'leased'") == []
                await after.agent("bob")  # the floor works on, and the person is left alone
                await after.wait(2.0)
                assert {each.request.number for each in after.placed} != {call.request.number}

    asyncio.run(story())
