"""A live floor in this process whose carrier is moved by hand: every callback is a signed request to the real web app.

Time stands still unless the test lets it pass, so the order of things is the test's own. The carrier's REST API is a
list of what was asked.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from books_audit import rows
from floors import AGENTS_CALLER_ID, NAME, fictitious_numbers, make_folder
from twilio.request_validator import RequestValidator

from campaigns.workspace import Workspace
from dialer.carriers.emulator import ACCOUNT_SID, API_KEY, API_SECRET, APPLICATION_SID, AUTH_TOKEN
from dialer.carriers.twilio import TwilioAccount
from dialer.carriers.twilio.calls import LiveCall
from dialer.carriers.twilio.rest import CallState
from dialer.carriers.twilio.settings import read_settings
from dialer.clock import VirtualClock
from dialer.runtime.live.carriers import TwilioHouse
from dialer.runtime.live.floor import LiveFloor
from dialer.runtime.live.return_calls import ReturnCalls
from dialer.runtime.live.secrets import StoredSecrets
from dialer.runtime.live.strangers import Strangers
from dialer.store.database import Store, open_store
from dialer.voice import PromptLibrary
from dialer.web.app import Faces, make_app
from dialer.web.carrier import carrier_router

PUBLIC = "https://dialer.example"
#: 12:00 in New York of a working day.
NOON = datetime(2026, 11, 24, 17, 0, tzinfo=UTC).timestamp()


class HandDoor:
    """In the place of the carrier's REST API: takes everything and remembers it."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.live: list[CallState] = []  # what the carrier's lists say
        self.people: dict[str, dict[str, str]] = {}  # in each room: call sid by label
        self.queue_time = 0.0  # s, of calls created from now on
        self._count = 0

    def create_call(self, **fields: Any) -> CallState:
        """A call with a name of its own."""
        self._count += 1
        self.asked.append(("create_call", fields))
        return CallState(f"CA{self._count:032x}", "queued", fields["to"], fields["from_"], self.queue_time)

    def update_call(self, sid: str, **fields: Any) -> CallState:
        """A call was redirected or ended."""
        self.asked.append(("update_call", {"sid": sid, **fields}))
        return CallState(sid, fields.get("status", "in-progress"), "", "", 0.0)

    def fetch_call(self, sid: str) -> CallState:
        """Whatever is asked about goes on."""
        return next((each for each in self.live if each.sid == sid), CallState(sid, "in-progress", "", "", 0.0))

    def list_calls(self, limit: int = 1000, **filters: Any) -> list[CallState]:
        """As the test says."""
        return [each for each in self.live if filters.get("status", each.status) == each.status]

    def rooms(self) -> dict[str, str]:
        """The conferences: sid by name, as the test says."""
        return {name: f"CF-{name}" for name in self.people}

    def people_in(self, room_sid: str) -> dict[str, str]:
        """Who is in one: call sid by label."""
        return self.people[room_sid.removeprefix("CF-")]

    def of(self, verb: str) -> list[dict[str, Any]]:
        """What was asked with one verb."""
        return [fields for name, fields in self.asked if name == verb]


@dataclass
class HandFloor:
    """The floor with one running campaign."""

    workspace: Workspace
    store: Store
    clock: VirtualClock
    door: HandDoor
    account: TwilioAccount
    floor: LiveFloor
    http: httpx.AsyncClient
    dead: bool = False  # as if by kill -9: nothing more is written down
    _signer: RequestValidator = field(default_factory=lambda: RequestValidator(AUTH_TOKEN))

    @property
    def engine(self) -> Any:
        """Of the campaign."""
        return self.floor._running[NAME].session.engine

    async def post(self, path: str, signature: str | None = None, **form: str) -> httpx.Response:
        """A callback of the carrier under its prefix, signed with the account's token unless the test signs."""
        path = f"/carrier/twilio/{path}"
        form = {"AccountSid": ACCOUNT_SID, **form}
        signed = self._signer.compute_signature(PUBLIC + path, form) if signature is None else signature
        reply = await self.http.post(path, data=form, headers={"X-Twilio-Signature": signed})
        await self.settle()
        return reply

    async def settle(self) -> None:
        """Let everything happen that happens now."""
        for _ in range(20):
            await asyncio.sleep(0)
            self.clock.run(self.clock.now())
            if self.account._pending:
                await asyncio.wait(set(self.account._pending))
            elif _ > 3:
                return

    async def wait(self, seconds: float, step: float = 0.25) -> None:
        """Let time pass."""
        end = self.clock.now() + seconds
        while self.clock.now() < end:
            self.clock.run(min(end, self.clock.now() + step))
            for desk in self.floor.desks.desks.values():
                desk.heard_at = self.clock.now()
            await self.settle()

    async def agent(self, agent_id: str, ready: bool = True) -> Any:
        """Sign an agent in on a phone, and park the leg."""
        desk = self.floor.desks.sign_in(agent_id, NAME, "phone", "+12025550150")
        await self.settle()
        await self.park(agent_id)
        if ready:
            self.floor.desks.ready(agent_id)
            await self.settle()
        return desk

    async def park(self, agent_id: str) -> None:
        """The agent's leg joins its room."""
        leg = self.account.legs.find(agent_id)
        assert leg is not None
        await self.room(agent_id, "participant-join", "agent", leg.call_sid)

    async def room(self, agent_id: str, event: str, label: str, sid: str) -> None:
        """Somebody joins or leaves the agent's room."""
        leg = self.account.legs.find(agent_id)
        assert leg is not None
        said = {"StatusCallbackEvent": event, "ParticipantLabel": label, "CallSid": sid, "ConferenceSid": "CF1"}
        await self.post(f"room/{agent_id}/{leg.leg_id}", **said)

    @property
    def placed(self) -> list[LiveCall]:
        """The live calls to people, oldest first."""
        return [each for each in self.account.calls.values() if each.sid and not each.ended]

    async def answer(self, call: LiveCall) -> str:
        """The person answers; returns the document."""
        reply = await self.post(f"answer/{call.call_id}", CallSid=call.sid, CallStatus="in-progress")
        return reply.text

    async def talk(self, call: LiveCall) -> str:
        """The person answers and is joined; returns the agent."""
        document = await self.answer(call)
        assert f">agent-{call.agent_id}-" in document, document
        await self.room(call.agent_id, "participant-join", call.call_id, call.sid)
        assert self.state_of(call.agent_id) == "talking"
        return call.agent_id

    async def over(self, call: LiveCall) -> None:
        """The carrier reports the call's end."""
        await self.post(f"status/{call.call_id}", CallSid=call.sid, CallStatus="completed")

    def state_of(self, agent_id: str) -> str:
        """The engine's word on an agent."""
        return str(self.engine.floor.agents[agent_id].state)

    def attempt(self, call: LiveCall) -> dict[str, Any]:
        """What another connection reads of a call."""
        names = ("state", "result", "agent_id", "amd_machine", "message_played", "caller_id", "number")
        database = self.workspace.root / "dialer.db"
        (found,) = rows(database, f"SELECT {', '.join(names)} FROM attempt WHERE call_id = '{call.call_id}'")
        return dict(zip(names, found, strict=True))

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What another connection reads."""
        return rows(self.workspace.root / "dialer.db", sql)


@asynccontextmanager
async def hand_floor(
    root: Path, *, mode: str = "progressive", more: str = "", begin: bool = True, **folder: Any
) -> AsyncIterator[HandFloor]:
    """Open a floor with one campaign, running unless `begin` is False; `more` goes into `[twilio]`."""
    table = f'account_sid = "{ACCOUNT_SID}"\npublic_url = "{PUBLIC}"\nagents_caller_id = "{AGENTS_CALLER_ID}"\n'
    table += f'api_key_sid = "{API_KEY}"\napplication_sid = "{APPLICATION_SID}"\ncalls_per_second = 100.0\n{more}'
    numbers = [each for each in fictitious_numbers(60) if each.startswith("+1")]
    workspace, _ = make_folder(
        root / "w", numbers, 0, mode=mode, rate=100.0, settings=f'carrier = "twilio"\n\n[twilio]\n{table}', **folder
    )
    async with opened(workspace, HandDoor(), NOON, begin) as made:
        yield made


@asynccontextmanager
async def opened(workspace: Workspace, door: HandDoor, at: float, begin: bool = True) -> AsyncIterator[HandFloor]:
    """A process that opens the floor of a folder at an instant."""
    secrets = {"DIALER_TWILIO_AUTH_TOKEN": AUTH_TOKEN, "DIALER_TWILIO_API_KEY_SECRET": API_SECRET}
    clock = VirtualClock(at)
    account = TwilioAccount(read_settings(workspace.settings.twilio, secrets), clock, door)  # type: ignore[arg-type]
    with open_store(workspace.database_url) as store:
        floor = LiveFloor(workspace, store, clock, TwilioHouse(account, workspace))
        account.legs.on_parked, account.legs.on_lost = floor.desks.leg_parked, floor.desks.leg_lost
        library = PromptLibrary(workspace.root / workspace.settings.prompts)
        router = carrier_router(
            account,
            Strangers(workspace, store, library, account.addresses),
            ReturnCalls(workspace, store, library, account.addresses),
        )
        app = make_app(floor, Faces(StoredSecrets(store), "token", PUBLIC, account.browser_token, None, (router,)))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=PUBLIC) as http:
            if begin:
                await floor.start(NAME)
            made = HandFloor(workspace, store, clock, door, account, floor, http)
            yield made
            if not made.dead:
                await made.settle()
                for running in floor._running.values():
                    running.session.finish("the test is over")
            account.legs._legs.clear()
            account.calls.clear()
            await account.close()
