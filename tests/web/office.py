"""A floor and its office in this process: accounts of every role, signed in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
from fastapi import FastAPI
from world import World, campaign_text

from campaigns.workspace import Workspace
from dialer.runtime.clock import LoopClock
from dialer.runtime.live.floor import LiveFloor
from dialer.runtime.live.secrets import StoredSecrets, new_secret
from dialer.simulation.house import SimulatedHouse
from dialer.simulation.reading import read_settings
from dialer.store import accounts, agents, suppressions
from dialer.store.database import Store
from dialer.web.accounts_secrets import new_code
from dialer.web.app import Faces, make_app

ORIGIN = "http://floor.example"
PASSWORD = "correct horse battery"
#: Asked not to be called.
NUMBER = "+12125550177"


@dataclass
class Office:
    """What a test needs of it."""

    world: World
    store: Store
    floor: LiveFloor
    app: FastAPI
    clock: Shifted
    clients: list[httpx.AsyncClient] = field(default_factory=list)

    def browser(self) -> httpx.AsyncClient:
        """A browser that has not signed in."""
        transport = httpx.ASGITransport(self.app)
        client = httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers={"Origin": ORIGIN})
        self.clients.append(client)
        return client

    def add(self, account: str, role: str, *clients: str) -> str:
        """Add an account; returns its one-time code."""
        code, hashed = new_code()
        now = datetime.now(UTC)
        with self.store.writing() as tx:
            accounts.add(tx, account, name=account.title(), role=role, clients=clients, at=now)
            accounts.set_code(tx, account, hashed, now + timedelta(hours=24))
        return code

    async def signed_in(self, account: str, role: str, *clients: str) -> httpx.AsyncClient:
        """Add an account and sign it in by its code; the client brings its CSRF token along."""
        code = self.add(account, role, *clients)
        browser = self.browser()
        form = {"account": account, "code": code, "password": PASSWORD, "again": PASSWORD}
        answer = await browser.post("/office/welcome", data=form)
        assert answer.status_code == 303, answer.text
        browser.headers["X-CSRF"] = csrf_of((await browser.get("/board")).text)
        return browser

    def acts(self) -> list[tuple[str, str, str, bool]]:
        """Who did what to what, and whether it was done; oldest first."""
        with self.store.reading() as tx:
            return [(each.by, each.act, each.target, each.done) for each in reversed(accounts.administered(tx))]


class Shifted:
    """The loop's clock, which a test can move on."""

    def __init__(self, clock: LoopClock) -> None:
        self._clock = clock
        self.later = 0.0

    def __getattr__(self, name: str) -> object:
        return getattr(self._clock, name)

    def now(self) -> float:
        return self._clock.now() + self.later


def bare_world(root: Path) -> World:
    """A working folder with a campaign file and nobody to call."""
    (root / "campaigns").mkdir(parents=True)
    (root / "dialer.toml").write_text("")
    (root / "campaigns" / "day.toml").write_text(campaign_text("day"))
    workspace = Workspace.load(root)
    return World(root, workspace, workspace.campaign("day"))


@asynccontextmanager
async def office(root: Path, *, running: bool = False) -> AsyncIterator[Office]:
    """A working folder, a floor with a simulated carrier, and the whole application."""
    world = bare_world(root / "w")
    with world.store() as store:
        with store.writing() as tx:
            words = {"reason": "asked", "source": "letter", "by": "officer", "at": datetime.now(UTC)}
            suppressions.add(tx, NUMBER, **words)
        clock = Shifted(LoopClock(asyncio.get_running_loop()))
        house = SimulatedHouse(clock, lambda each: read_settings(each.simulation, f"{each.name}.toml"), None)
        floor = LiveFloor(world.workspace, store, clock, house)
        made = Office(world, store, floor, make_app(floor, Faces(StoredSecrets(store), "token", ORIGIN)), clock)
        stopped = asyncio.Event()
        if running:
            await floor.start("day")
        looking_after = asyncio.create_task(floor.run(stopped, 0.5))
        try:
            yield made
        finally:
            stopped.set()
            await looking_after
            await house.close()
            for client in made.clients:
                await client.aclose()


def csrf_of(page: str) -> str:
    """The token in a page's sign-out form."""
    return page.split('name="csrf" value="')[1].split('"')[0]


def add_agent(store: Store, agent_id: str = "agent-00") -> str:
    """An agent with a secret."""
    secret, hashed = new_secret()
    with store.writing() as tx:
        agents.add(tx, agent_id, "", datetime.now(UTC))
        agents.set_secret(tx, agent_id, hashed)
    return secret


async def opens_socket(app: FastAPI, path: str, headers: dict[str, str]) -> bool:
    """Whether the application accepts a WebSocket; it is closed again at once."""
    told: asyncio.Queue[dict[str, object]] = asyncio.Queue()
    said: asyncio.Queue[dict[str, object]] = asyncio.Queue()
    told.put_nowait({"type": "websocket.connect"})
    scope = {
        "type": "websocket", "asgi": {"version": "3.0"}, "http_version": "1.1", "scheme": "ws", "path": path,
        "raw_path": path.encode(), "query_string": b"", "root_path": "", "subprotocols": [], "client": ("here", 1),
        "server": ("floor.example", 80), "headers": [(k.encode(), v.encode()) for k, v in headers.items()],
    }  # fmt: skip
    task = asyncio.create_task(app(scope, told.get, said.put))
    first = await asyncio.wait_for(said.get(), 10.0)
    told.put_nowait({"type": "websocket.disconnect", "code": 1000})
    await asyncio.wait_for(task, 10.0)
    return first["type"] == "websocket.accept"
