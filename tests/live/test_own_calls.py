"""Calls of an agent's own, on a floor moved by hand: previews, callbacks, typed numbers, quick outcomes, promises."""

import asyncio
import json
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from floors import NAME, fictitious_numbers
from hand_floor import HandFloor, hand_floor

from campaigns.files.calendar import Pause
from dialer.runtime.live.desks import DeskError
from dialer.store import erasures, suppressions
from dialer.web.acts import Wanted, act
from dnc import zones

MORE = """
[agents]
manual_dial = true
callback_grace = 300
[dispositions.LATER]
label = "Call back"
flags = ["contact", "callback"]
[dispositions.PTP]
label = "Promise to pay"
flags = ["contact", "right_party", "promise"]
[dispositions.WRONG]
label = "Wrong number"
flags = ["contact", "wrong_number"]
[dispositions.ATTY]
label = "Has an attorney"
flags = ["contact", "right_party", "attorney"]
"""
FAR = "+12125550188"


def story(**how: object) -> Callable[[Callable[[HandFloor], Awaitable[None]]], Callable[[Path], None]]:
    """A test that is told on a floor of its own."""

    def made(tell: Callable[[HandFloor], Awaitable[None]]) -> Callable[[Path], None]:
        def test(tmp_path: Path) -> None:
            async def told() -> None:
                async with hand_floor(tmp_path, **{"mode": "preview", "dialing": MORE, **how}) as hand:
                    await tell(hand)

            asyncio.run(told())

        return test

    return made


def change(hand, sql: str, *values: object) -> None:
    """Change rows by another connection."""
    with closing(sqlite3.connect(hand.workspace.root / "dialer.db")) as raw, raw:
        raw.execute(sql, values)


def do(hand, agent: str, what: str, **more: object) -> None:
    act(hand.floor, agent, Wanted(do=what, **more))


def shown(hand, agent: str) -> dict:
    return hand.floor.desks.snapshot(agent)


def told(hand, agent: str) -> list[dict]:
    box = hand.floor.desks.desks[agent].outbox
    return [box.get_nowait() for _ in range(box.qsize())]


def of(hand, call) -> str:
    """The number that was called."""
    return str(hand.attempt(call)["number"])


async def talking(hand, agent: str):
    """The agent has the lead on the screen called, and it is answered."""
    do(hand, agent, "dial")
    await hand.settle()
    call = hand.placed[-1]
    assert await hand.talk(call) == agent
    return call


def suppressed(hand) -> dict[str, str]:
    return dict(hand.rows("SELECT number, reason FROM suppression WHERE scope = 'client' ORDER BY suppression_id"))


def lead_of(hand, number: str) -> tuple:
    (found,) = hand.rows(
        f"SELECT status, callback_for, next_at FROM lead JOIN phone USING (lead_id) WHERE number = '{number}'"
    )
    return found


@story()
async def test_a_preview_is_dialed_through_the_gate_like_every_call(hand):
    await hand.agent("ann")
    before = shown(hand, "ann")
    assert (before["state"], before["call"]) == ("preview", None)
    person = before["preview"]["person"]
    assert person["zones"] and before["preview"]["history"] == [] and before["preview"]["dispositions"][0]["key"] == 1
    assert len(hand.door.of("create_call")) == 1  # ann's leg
    call = await talking(hand, "ann")
    assert of(hand, call) == person["number"] and shown(hand, "ann")["call"]["person"] == person
    ledger = hand.rows(f"SELECT allowed, body FROM ledger WHERE number = '{of(hand, call)}'")
    assert [allowed for allowed, _ in ledger] == [1] and '"mode":"preview"' in ledger[0][1].replace(" ", "")
    assert hand.rows(f"SELECT mode FROM attempt WHERE call_id = '{call.call_id}'") == [("preview",)]


@story()
async def test_a_refused_preview_says_why_and_the_next_lead_comes(hand):
    await hand.agent("ann")
    number = shown(hand, "ann")["preview"]["person"]["number"]
    with hand.store.writing() as tx:
        suppressions.add(tx, number, reason="asked", source="letter", by="olga", at=datetime.now(UTC))
    told(hand, "ann")
    do(hand, "ann", "dial")
    await hand.settle()
    said = [each["say"] for each in told(hand, "ann") if each["event"] == "state" and each["say"]]
    assert len(said) == 1 and "asked" in said[0], said
    assert len(hand.door.of("create_call")) == 1  # her leg
    assert shown(hand, "ann")["preview"]["person"]["number"] != number


@story()
async def test_a_skip_needs_a_reason_and_keeps_it(hand):
    await hand.agent("ann")
    number = shown(hand, "ann")["preview"]["person"]["number"]
    with pytest.raises(DeskError, match="say why"):
        do(hand, "ann", "skip", why=" ")
    do(hand, "ann", "skip", why="a bad hour")
    hand.floor.session(NAME).driver.flush()
    why = f"SELECT status, status_why FROM lead JOIN phone USING (lead_id) WHERE number = '{number}'"
    assert hand.rows(why) == [("waiting", "skipped by ann: a bad hour")]
    assert shown(hand, "ann")["preview"]["person"]["number"] != number


@story()
async def test_a_callback_is_checked_at_once_and_comes_back_to_its_agent(hand):
    await hand.agent("ann")
    call = await talking(hand, "ann")
    soon = datetime.fromtimestamp(hand.clock.now(), UTC) + timedelta(hours=2)
    told(hand, "ann")
    do(hand, "ann", "check_callback", call_id=call.call_id, callback_at=soon.isoformat(), own=True)
    (answer,) = told(hand, "ann")
    # Regulation F: no call within seven days of a conversation, the day of the conversation counted.
    assert not answer["ok"] and "1006.14(b)(2)(i)(B)" in answer["say"]
    following = answer["next_at"]
    assert timedelta(days=6) < datetime.fromtimestamp(following, UTC) - soon < timedelta(days=8)
    with pytest.raises(DeskError, match="no callback at that time"):
        do(hand, "ann", "dispose", call_id=call.call_id, code="LATER", callback_at=soon.isoformat())
    with pytest.raises(DeskError, match="that time is over"):
        gone = soon - timedelta(days=1)
        do(hand, "ann", "dispose", call_id=call.call_id, code="LATER", callback_at=gone.isoformat())
    promised = datetime.fromtimestamp(following, UTC).isoformat()
    await hand.over(call)
    do(hand, "ann", "dispose", call_id=call.call_id, code="LATER", callback_at=promised, own=True)
    assert lead_of(hand, of(hand, call))[:2] == ("callback", "ann")
    assert hand.rows("SELECT callback_for FROM disposition") == [("ann",)]
    # The time has come: ann, who looks at another lead, finishes that first; bob is not offered it.
    await hand.agent("bob")
    hand.clock.run(following + 1)
    hand.floor.session(NAME).bring_callbacks()
    assert shown(hand, "bob")["preview"]["person"]["number"] != of(hand, call)
    do(hand, "ann", "skip", why="another first")
    back = shown(hand, "ann")
    assert back["preview"]["person"]["number"] == of(hand, call) and back["promised_at"] == pytest.approx(following)
    assert back["preview"]["history"][0]["disposition"] == "LATER"


@story()
async def test_a_callback_whose_agent_is_away_goes_to_others_after_the_grace(hand):
    await hand.agent("ann")
    call = await talking(hand, "ann")
    await hand.over(call)
    at = hand.clock.now() + 8 * 86_400
    promised = datetime.fromtimestamp(at, UTC).isoformat()
    do(hand, "ann", "dispose", call_id=call.call_id, code="LATER", callback_at=promised, own=True)
    do(hand, "ann", "sign_out")
    hand.clock.run(at + 1)
    await hand.agent("bob")
    hand.floor.session(NAME).bring_callbacks()
    do(hand, "bob", "skip", why="x")
    assert shown(hand, "bob")["preview"]["person"]["number"] != of(hand, call)
    hand.clock.run(at + 302)
    do(hand, "bob", "skip", why="x")
    assert shown(hand, "bob")["preview"]["person"]["number"] == of(hand, call)


@story()
async def test_an_own_callback_is_announced_once_and_given_up_after_its_limit(hand):
    await hand.agent("ann")
    call = await talking(hand, "ann")
    await hand.over(call)
    at = hand.clock.now() + 8 * 86_400
    promised = datetime.fromtimestamp(at, UTC)
    do(hand, "ann", "dispose", call_id=call.call_id, code="LATER", callback_at=promised.isoformat(), own=True)
    do(hand, "ann", "pause", code="break")
    hand.floor._look_after()
    assert hand.floor.desks.desks["ann"].messages == []
    hand.clock.run(at - 250)  # the reminder is 5 minutes ahead
    for _ in range(2):
        hand.clock.run(hand.clock.now() + 3)
        hand.floor.desks.alive("ann")
        hand.floor._look_after()
    local = zones.local(promised, hand.floor.campaign(NAME).hours.timezone)
    (message,) = hand.floor.desks.desks["ann"].messages
    assert message["text"].startswith(f"your callback at {local:%H:%M %Z}: "), message
    # Nobody keeps it: after a week it is a lead like any other, with the reason on record.
    hand.floor.session(NAME).drain("the day is over")
    hand.clock.run(at + 168 * 3600 + 1)
    hand.floor.session(NAME).bring_callbacks()
    assert lead_of(hand, of(hand, call))[:2] == ("waiting", None)
    assert hand.rows("SELECT status_why FROM lead WHERE status_why LIKE 'callback not%'") == [
        ("callback not kept within 168 h",)
    ]


@story()
async def test_no_call_is_placed_after_the_campaign_has_closed_not_even_one_that_is_on_a_screen(hand):
    await hand.agent("ann")
    number = shown(hand, "ann")["preview"]["person"]["number"]
    campaign = hand.floor.campaign(NAME)
    day = zones.local(datetime.fromtimestamp(hand.clock.now(), UTC), campaign.hours.timezone).date()
    pause = Pause(first=day, last=day, why="the client's site is down")
    shut = campaign.model_copy(update={"hours": campaign.hours.model_copy(update={"pauses": (pause,)})})
    hand.floor.session(NAME)._room.campaign = shut
    told(hand, "ann")
    do(hand, "ann", "dial")
    await hand.settle()
    said = [each["say"] for each in told(hand, "ann") if each["event"] == "state" and each["say"]]
    assert len(said) == 1 and "the campaign is closed: pause until" in said[0] and "site is down" in said[0]
    assert len(hand.door.of("create_call")) == 1  # her leg
    hand.floor.session(NAME).driver.flush()
    assert lead_of(hand, number)[0] == "ready"
    assert hand.rows(f"SELECT allowed FROM ledger WHERE number = '{number}'") == [(0,)]


@story(begin=False)
async def test_an_attorney_stops_every_number_of_the_person_before_the_screen_says_so(hand):
    first, second, third = [each for each in fictitious_numbers(60) if each.startswith("+1")][:3]
    same_debt = "UPDATE lead SET debt_id = 'd0' WHERE lead_id = (SELECT lead_id FROM phone WHERE number = ?)"
    change(hand, same_debt, third)
    await hand.floor.start(NAME)
    await hand.agent("ann")
    assert shown(hand, "ann")["preview"]["person"]["number"] == first
    call = await talking(hand, "ann")
    told(hand, "ann")
    do(hand, "ann", "dispose", call_id=call.call_id, code="ATTY", done=False)
    assert [each["event"] for each in told(hand, "ann")] == ["saved"]
    assert set(suppressed(hand)) == {first, third}
    await hand.over(call)
    do(hand, "ann", "dispose", call_id=call.call_id, code="ATTY")
    assert shown(hand, "ann")["preview"]["person"]["number"] == second
    do(hand, "ann", "skip", why="x")
    assert shown(hand, "ann")["preview"]["person"]["number"] == third
    before = len(hand.door.of("create_call"))
    do(hand, "ann", "dial")
    await hand.settle()
    assert len(hand.door.of("create_call")) == before  # refused by the very next dial
    assert hand.rows(f"SELECT allowed, code FROM ledger WHERE number = '{third}'") == [(0, "DNC_INTERNAL")]


@story()
async def test_a_wrong_number_is_never_called_again(hand):
    await hand.agent("ann")
    call = await talking(hand, "ann")
    do(hand, "ann", "dispose", call_id=call.call_id, code="WRONG", done=False)
    assert suppressed(hand) == {of(hand, call): "wrong number"}
    await hand.over(call)
    do(hand, "ann", "dispose", call_id=call.call_id, code="WRONG")
    do(hand, "ann", "pause", code="break")
    with pytest.raises(DeskError, match="wrong number"):
        do(hand, "ann", "dial_number", to=of(hand, call))


@story(begin=False)
async def test_a_promise_has_its_amount_within_the_balance_and_its_date(hand):
    change(hand, "UPDATE lead SET custom = ?", json.dumps({"balance": "120.50"}))
    await hand.floor.start(NAME)
    await hand.agent("ann")
    call = await talking(hand, "ann")
    today = datetime.fromtimestamp(hand.clock.now(), UTC).date()
    wanted = {"call_id": call.call_id, "code": "PTP"}
    for amount, due, why in (
        ("", str(today), "needs its amount and its date"),
        ("ten", str(today), "is no amount"),
        ("1.234", str(today), "is no amount"),
        ("-5", str(today), "is no amount"),
        ("120.51", str(today), "more than the balance of 120.50 USD"),
        ("50", str(today - timedelta(days=2)), "is not between today"),
        ("50", str(today + timedelta(days=800)), "is not between today"),
    ):
        with pytest.raises(DeskError, match=why):
            do(hand, "ann", "dispose", **wanted, amount=amount, due=due)
    await hand.over(call)
    do(hand, "ann", "dispose", **wanted, amount="120.50", due=str(today + timedelta(days=14)))
    kept = hand.rows("SELECT promise_amount, promise_currency, promise_due FROM disposition")
    assert kept == [("120.50", "USD", str(today + timedelta(days=14)))]


@story(mode="progressive")
async def test_a_typed_number_passes_the_same_gate_and_its_lead_stays_what_it_was(hand):
    await hand.agent("ann", ready=False)
    do(hand, "ann", "pause", code="break")
    told(hand, "ann")
    do(hand, "ann", "dial_number", to=FAR)
    await hand.settle()
    call = hand.placed[-1]
    assert (of(hand, call), shown(hand, "ann")["state"]) == (FAR, "dialing")
    assert hand.rows(f"SELECT mode FROM attempt WHERE number = '{FAR}'") == [("manual",)]
    assert hand.rows(f"SELECT allowed FROM ledger WHERE number = '{FAR}'") == [(1,)]
    with pytest.raises(DeskError, match="finish what is on the screen"):
        do(hand, "ann", "dial_number", to="+12125550187")
    await hand.post(f"status/{call.call_id}", CallSid=call.sid, CallStatus="busy")
    last = [each for each in told(hand, "ann") if each["event"] == "state"][-1]
    assert (last["state"], last["say"]) == ("paused", "busy")
    hand.floor.session(NAME).driver.flush()
    assert lead_of(hand, FAR)[0] == "done"  # nobody dials it by machine
    # A second try counts against the same caps; what the gate refuses is said.
    with hand.store.writing() as tx:
        suppressions.add(tx, FAR, reason="asked", source="letter", by="olga", at=datetime.now(UTC))
    do(hand, "ann", "dial_number", to=FAR)
    await hand.settle()
    last = [each for each in told(hand, "ann") if each["event"] == "state"][-1]
    assert last["state"] == "paused" and "asked" in last["say"]
    hand.floor.session(NAME).driver.flush()
    assert lead_of(hand, FAR)[0] == "done"
    with hand.store.writing() as tx:
        erasures.add(tx, ["+12125550186"], at=datetime.now(UTC), by="olga", reason="letter")
    with pytest.raises(DeskError, match="asked to be erased"):
        do(hand, "ann", "dial_number", to="+12125550186")


@story(mode="progressive", dialing="")
async def test_numbers_are_typed_only_where_the_campaign_file_says_so(hand):
    await hand.agent("ann", ready=False)
    with pytest.raises(DeskError, match="not dialed by hand in this campaign"):
        do(hand, "ann", "dial_number", to=FAR)
