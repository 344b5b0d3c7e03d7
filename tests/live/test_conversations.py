"""What agents and supervisors do to a conversation, and people who ring back: one floor, seen by the carrier."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count

import httpx
import pytest
from books_audit import attempts, rows
from live import command, dialer
from twilio_floor import (
    CALLER_IDS,
    Floor,
    ScriptedAgent,
    Serving,
    books_of,
    live_floor,
    prompt,
    serving,
)

from dialer.carriers.emulator import AGENT_PHONE, Behaviour
from dialer.voice import PromptLibrary

THIRD, SUPERVISOR, SELLER = "+12025550161", "+12025550162", "+12125550100"
_seat = count()


class Patient:
    """Everybody answers at once and stays."""

    def meet(self, attempt: str, number: str, at: float) -> Behaviour:
        return Behaviour(result="human", ring_delay=0.1, ring=0.3, patience=600.0)


@dataclass
class Open:
    floor: Floor
    served: Serving


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Open]:
    root = tmp_path_factory.mktemp("talks")
    made = live_floor(
        root / "w", far_end=Patient(), campaign={"mode": "progressive"}, more="record = true\n", count=8,
        recording_delay=0.1, silent_play=0.5,
    )  # fmt: skip
    with made as floor:
        PromptLibrary(floor.world.root / "prompts").record(floor.world.campaign, "voicemail", prompt(root / "v.wav", 1))
        for number in (THIRD, SUPERVISOR, SELLER):
            floor.carrier.call(lambda exchange, n=number: exchange.directory.put(n, AGENT_PHONE))

        def ring_us(exchange):
            for each in exchange.numbers.values():
                each.voice_url = f"http://127.0.0.1:{floor.port}/carrier/twilio/inbound"

        floor.carrier.call(ring_us)
        with serving(floor.world, floor.port) as served:
            served.open()
            yield Open(floor, served)
        assert floor.carrier.call(lambda exchange: list(exchange.violations)) == []
        assert floor.carrier.call(lambda exchange: list(exchange.failures)) == []


@asynccontextmanager
async def talking(opened: Open) -> AsyncIterator[tuple[ScriptedAgent, str]]:
    """An agent with a person on the line, and the call's id."""
    number = next(_seat)
    name = f"agent-{number:02d}"
    agent = ScriptedAgent(
        name, opened.floor.secrets[name], opened.served.url, phone=f"+1202555{number + 150:04d}", talk=600.0
    )
    task = asyncio.create_task(agent.work(asyncio.Event()))
    try:
        await so(opened, lambda: bool(agent.arrived))
        await agent.do("pause", code="break")  # after this one no more
        yield agent, next(iter(agent.arrived))
        await agent.do("hang_up")
        await so(opened, lambda: bool(agent.disposed))
        await agent.do("sign_out")
        await task
    finally:
        task.cancel()


async def so(opened: Open, wanted: Callable[[], object], seconds: float = 40.0) -> None:
    await asyncio.to_thread(opened.served.until, lambda: bool(wanted()), seconds)


def people_with(opened: Open, agent: ScriptedAgent) -> dict[str, tuple[bool, bool, bool]]:
    """Who is in the agent's room: (muted, on hold, coaching) by label."""

    def look(exchange):
        return {
            each.label or each.call_sid: (each.muted, each.hold, each.coaching)
            for room in exchange.rooms.by_sid.values()
            if room.name.startswith(f"agent-{agent.agent_id}-") and room.status != "completed"
            for each in room.participants.values()
        }

    return opened.floor.carrier.call(look)


def book(opened: Open, call_id: str):
    (row,) = [each for each in attempts(opened.floor.world.database) if each["call_id"] == call_id]
    return next(each for each in books_of(opened.floor) if each.call == row["carrier_ref"])


def test_mute_hold_and_keys(opened: Open):
    async def story() -> None:
        async with talking(opened) as (agent, call_id):
            await agent.do("mute", on=True)
            await so(opened, lambda: people_with(opened, agent)["agent"][0])
            await agent.do("mute", on=False)
            await so(opened, lambda: not people_with(opened, agent)["agent"][0])
            await agent.do("hold", on=True)
            await so(opened, lambda: people_with(opened, agent)[call_id][1])
            await agent.do("hold", on=False)
            await so(opened, lambda: not people_with(opened, agent)[call_id][1])
            await agent.do("keys", digits="12")
            await so(opened, lambda: len(book(opened, call_id).rooms) == 2)  # played, and back with the agent
            await agent.do("keys", digits="a")
            await so(opened, lambda: any(each["event"] == "refused" for each in agent.seen))
            assert book(opened, call_id).ended_at is None

    asyncio.run(story())


def test_the_conversation_is_announced_recorded_paused_and_what_came_of_it_is_kept(opened: Open):
    async def story() -> str:
        async with talking(opened) as (agent, call_id):
            await so(opened, lambda: book(opened, call_id).heard_any("recording_notice"))
            await agent.do("record", on=False)
            await asyncio.sleep(0.3)
            await agent.do("record", on=True)
            return call_id

    call_id = asyncio.run(story())
    kept = f"SELECT status, channels, url FROM recording WHERE call_id = '{call_id}'"
    opened.served.until(lambda: bool(rows(opened.floor.world.database, kept)))
    ((status, channels, url),) = rows(opened.floor.world.database, kept)
    assert (status, channels) == ("completed", 2)
    assert "/Recordings/RE" in url


def test_a_blind_transfer_frees_the_agent_and_the_person_talks_on(opened: Open):
    async def story() -> None:
        async with talking(opened) as (agent, call_id):
            await agent.do("transfer", to=THIRD, kind="blind")
            await so(opened, lambda: bool(agent.disposed))
            await so(opened, lambda: THIRD in str(book(opened, call_id).spoke_with))
            assert book(opened, call_id).ended_at is None

    asyncio.run(story())


def test_a_warm_transfer_is_three_then_two(opened: Open):
    async def story() -> None:
        async with talking(opened) as (agent, call_id):
            await agent.do("complete_transfer")
            await so(opened, lambda: any("no third person" in each.get("say", "") for each in agent.seen))
            await agent.do("transfer", to=THIRD, kind="warm")
            await so(opened, lambda: len(people_with(opened, agent)) == 3)
            await agent.do("complete_transfer")
            await so(opened, lambda: bool(agent.disposed))
            await so(opened, lambda: set(people_with(opened, agent)) == {"agent"})
            await so(opened, lambda: book(opened, call_id).rooms[-1][0] == f"transfer-{call_id}")
            assert book(opened, call_id).ended_at is None

    asyncio.run(story())


def test_a_supervisor_listens_whispers_and_barges(opened: Open):
    token = json.loads((opened.floor.world.root / ".floor.json").read_text())["token"]

    def join(agent: ScriptedAgent, ear: str) -> int:
        return httpx.post(
            f"{opened.served.url}/control/agents/{agent.agent_id}/join",
            headers={"Authorization": f"Bearer {token}"},
            json={"supervisor": SUPERVISOR, "ear": ear},
            timeout=30.0,
        ).status_code

    async def story() -> None:
        async with talking(opened) as (agent, _call_id):
            label = f"supervisor-{agent.agent_id}"
            assert await asyncio.to_thread(join, agent, "listen") == 200
            await so(opened, lambda: people_with(opened, agent).get(label) == (True, False, False))
            assert await asyncio.to_thread(join, agent, "whisper") == 200
            await so(opened, lambda: people_with(opened, agent).get(label) == (False, False, True))
            assert await asyncio.to_thread(join, agent, "barge") == 200
            await so(opened, lambda: people_with(opened, agent).get(label) == (False, False, False))

    asyncio.run(story())
    assert join(ScriptedAgent("nobody", "", ""), "listen") == 409


def test_a_recorded_message_is_left_only_where_a_prerecorded_call_is_lawful(opened: Open):
    async def story() -> None:
        async with talking(opened) as (agent, call_id):
            await agent.do("voicemail")
            await so(opened, lambda: agent.disposed or any(each["event"] == "refused" for each in agent.seen))
            said = [each["say"] for each in agent.seen if each["event"] == "refused"]
            assert said and said[0].startswith("no recorded message may be left here: ")  # the list gives no consent
            assert not book(opened, call_id).heard_any("voicemail")

    asyncio.run(story())


def ring_back(opened: Open, number: str, **how) -> str:
    behaviour = Behaviour(result="human", patience=30.0, **how)
    return opened.floor.carrier.call(lambda exchange: exchange.call_in(number, CALLER_IDS[0], behaviour).sid)


def ended(opened: Open, sid: str):
    def over():
        return next((each for each in books_of(opened.floor) if each.call == sid and each.ended_at is not None), None)

    opened.served.until(lambda: over() is not None)
    return over()


def test_who_rings_back_hears_who_called_and_the_key_takes_them_off_the_list(opened: Open):
    number = opened.floor.world.numbers[-1]
    heard = ended(opened, ring_back(opened, number, opts_out_at=0.5))
    assert heard.heard_any("return_call") and heard.heard_any("opted_out")
    listed = rows(opened.floor.world.database, f"SELECT scope FROM suppression WHERE number = '{number}'")
    assert listed == [("client",)]


def test_who_rings_back_and_stays_talks_with_the_seller_and_is_not_called_about_the_debt_for_a_week(opened: Open):
    number = opened.floor.world.numbers[-2]
    heard = ended(opened, ring_back(opened, number, leaves_after=1.5))
    assert SELLER in str(heard.spoke_with)
    blocked = f"SELECT code FROM block WHERE target = '{number}'"
    opened.served.until(lambda: bool(rows(opened.floor.world.database, blocked)))
    assert rows(opened.floor.world.database, blocked) == [("INCONVENIENT_TIME",)]


def test_the_floor_is_steered_from_the_command_line(opened: Open):
    def say(*words: str) -> subprocess.CompletedProcess[str]:
        return dialer(opened.floor.world, *words)

    paused = say("campaigns", "pause", "day", "--why", "the site is down")
    assert (paused.returncode, paused.stdout) == (0, "day: paused: Paused: the site is down.\n")
    resumed = say("campaigns", "resume", "day")
    assert resumed.returncode == 0 and "paused" not in resumed.stdout
    unknown = say("campaigns", "stop", "nope")
    assert unknown.returncode == 1 and unknown.stderr.count("\n") == 1
    begun = subprocess.Popen(command(opened.floor.world, "run", "day"), stdout=subprocess.PIPE, text=True)
    assert begun.stdout is not None
    assert begun.stdout.readline() == "day is already running on this floor; following it.\n"
    assert "abandonment" in begun.stdout.readline()
    begun.send_signal(signal.SIGINT)  # ends the look, not the campaign
    rest, _ = begun.communicate(timeout=20)
    assert begun.returncode == 0 and rest.endswith("day goes on; stop it with: dialer campaigns stop day\n")
    second = say("serve")
    assert second.returncode == 1 and "a floor is already running here" in second.stderr


def test_every_request_so_far_is_one_of_the_official_document(opened: Open, document):
    """Of those conversations that came before this test, in whatever order; `test_contract.py` has a whole shift."""
    requests = opened.floor.carrier.call(lambda exchange: list(exchange.requests))
    assert requests and document.unlawful(requests) == []
