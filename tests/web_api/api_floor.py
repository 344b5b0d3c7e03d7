"""A floor with the whole application in this process, campaigns of two clients, and tokens of both."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import httpx
from fastapi import FastAPI
from live import callable_now, make_live_world
from world import World, campaign_text

from dialer.carriers.simulated import CarrierRecord, read_record
from dialer.runtime.clock import LoopClock
from dialer.runtime.live.floor import LiveFloor
from dialer.runtime.live.secrets import StoredSecrets
from dialer.simulation.house import SimulatedHouse
from dialer.simulation.reading import read_settings
from dialer.store import api_tokens
from dialer.store.database import Store
from dialer.web.api.scopes import Scope
from dialer.web.app import Faces, make_app

#: Leads that a list brought; the numbers behind them are free for the tests.
LISTED = 8


@dataclass
class ApiFloor:
    """What a test needs of it."""

    world: World
    store: Store
    floor: LiveFloor
    app: FastAPI
    spare: list[str]
    clients: list[httpx.AsyncClient] = field(default_factory=list)

    def token(self, client: str = "evergreen", *scopes: Scope, **more: object) -> str:
        """A token of a client; of every scope unless some are named."""
        with self.store.writing() as tx:
            made = api_tokens.add(
                tx, name="crm", client=client, scopes=scopes or tuple(Scope), by="olga", at=datetime.now(UTC), **more
            )
        return made[1]

    def program(self, client: str = "evergreen", *scopes: Scope) -> httpx.AsyncClient:
        """A client's program with a token."""
        return self.bare({"Authorization": f"Bearer {self.token(client, *scopes)}"})

    def bare(self, headers: dict[str, str], api: FastAPI | None = None) -> httpx.AsyncClient:
        """A program with these headers; it asks the floor's API, or another."""
        where = "http://floor.example" + ("/api/v1" if api is None else "")
        made = httpx.AsyncClient(transport=httpx.ASGITransport(api or self.app), base_url=where, headers=headers)
        self.clients.append(made)
        return made

    def dialed(self) -> list[str]:
        """The numbers that the carrier was asked to call, in order."""
        record = self.world.root / "record.jsonl"
        return [call.number for call in read_record(record)] if record.exists() else []

    async def until(self, wanted: Callable[[], bool], seconds: float = 30.0) -> None:
        """Wait until something is so."""
        async with asyncio.timeout(seconds):
            while not wanted():
                await asyncio.sleep(0.02)

    async def floor_ends(self) -> None:
        """The campaign ends, so that nothing changes any more."""
        self.floor.stop("day", "the test looks")
        for desk in list(self.floor.desks.desks):
            self.floor.desks.sign_out(desk)
        await self.until(lambda: not self.floor.names)

    def agent(self, name: str = "agent-00", campaign: str = "day") -> None:
        """Seat an agent who is ready and does not fall asleep."""
        self.floor.desks.sign_in(name, campaign, "none")
        self.floor.desks.ready(name)


@asynccontextmanager
async def api_floor(root: Path, *, running: bool = True, listed: int = LISTED) -> AsyncIterator[ApiFloor]:
    """The working folder, the floor, and its application; campaign `day` of evergreen, `night` of rival."""
    world = make_live_world(root / "w", listed)
    (world.root / "campaigns" / "night.toml").write_text(campaign_text("night", client="rival"))
    with world.store() as store:
        clock = LoopClock(asyncio.get_running_loop())
        record = CarrierRecord(world.root / "record.jsonl")
        # Nobody presses a key: what stands in a list or an outbox was put there by the story.
        house = SimulatedHouse(
            clock, lambda each: read_settings({**each.simulation, "opts_out_of_message": 0.0}, each.name), record
        )
        floor = LiveFloor(world.workspace, store, clock, house)
        app = make_app(floor, Faces(StoredSecrets(store), "token", "http://floor.example"))
        spare = [one for one in callable_now(60, datetime.now(UTC)) if one not in world.numbers]
        made = ApiFloor(world, store, floor, app, spare)
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


def run(root: Path, story: Callable[[ApiFloor], Awaitable[None]], **how: object) -> None:
    """Tell a story on a floor of its own."""

    async def told() -> None:
        async with api_floor(root, **how) as made:
            await story(made)

    asyncio.run(told())
