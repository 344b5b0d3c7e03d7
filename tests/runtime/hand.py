"""A carrier that does nothing by itself: the test looks at the store when it is asked to dial, and tells the rest."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import datetime
from typing import Any

from world import NOON, World

from dialer.carriers.port import Deliver, PlaceRequest
from dialer.clock import VirtualClock
from dialer.engine import commands as cmd
from dialer.engine import events as ev
from dialer.runtime.asking import open_rulebook
from dialer.runtime.session import Session
from dialer.runtime.session import World as RunWorld
from dialer.store.database import Store
from dnc.registries import RegistryStore


class HandCarrier:
    """Remembers what it was asked; `seen` is what another connection reads at the instant of each `place`."""

    name = "hand"
    calls_per_second = 1000.0

    def __init__(self, world: World) -> None:
        self._world = world
        self.deliver: Deliver | None = None
        self.placed: list[PlaceRequest] = []
        self.seen: list[dict[str, Any] | None] = []
        self.asked: list[tuple[str, str]] = []
        self.joined_on: list[dict[str, Any]] = []  # the attempt at the instant of each `bridge`

    def open(self, deliver: Deliver) -> None:
        """Begin to tell."""
        self.deliver = deliver

    def place(self, request: PlaceRequest) -> None:
        """Look at the attempt as every other process sees it now."""
        self.placed.append(request)
        found = rows(
            self._world,
            "SELECT attempt.*, ledger.allowed FROM attempt JOIN ledger ON ledger_seq = seq WHERE call_id = ?",
            request.call_id,
        )
        self.seen.append(found[0] if found else None)

    def bridge(self, call_id: str, agent_id: str) -> None:
        """Asked to join: the attempt is looked at as every other process sees it now."""
        self.asked.append(("bridge", call_id))
        self.joined_on += rows(self._world, "SELECT * FROM attempt WHERE call_id = ?", call_id)

    def play_message(self, call_id: str, what: str = "safe_harbour") -> None:
        """Asked to play."""
        self.asked.append(("play" if what == "safe_harbour" else what, call_id))

    def hang_up(self, call_id: str) -> None:
        """Asked to hang up."""
        self.asked.append(("hang_up", call_id))

    def look_up(self, call_id: str) -> None:
        """Asked what became of it."""
        self.asked.append(("look_up", call_id))

    def close(self) -> None:
        """End of telling."""
        self.deliver = None


class Quiet:
    """A desk without anybody."""

    def notify(self, changed: cmd.AgentChanged) -> None:
        """Nobody listens."""


class Hand:
    """A run whose carrier, agents and clock the test moves by hand."""

    def __init__(self, world: World, store: Store, at: datetime = NOON) -> None:
        self.world = world
        self.clock = VirtualClock(at.timestamp())
        self.carrier = HandCarrier(world)
        self.session = Session(
            world.campaign,
            RunWorld(
                store=store,
                book=open_rulebook(world.workspace),
                registries=RegistryStore(world.workspace.registries_dir),
                carrier=self.carrier,
                clock=self.clock,
                clock_kind="virtual",
                node="here",
                wall=self.clock.now,
            ),
            seed=1,
        )
        assert self.session.take() is None
        self.driver = self.session.start(Quiet(), flush_after=0.2)

    def tell(self, event: Callable[..., ev.Event], *words: Any, **more: Any) -> None:
        """Send an event of this instant."""
        self.driver.send(event(self.clock.now(), *words, **more))

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.clock.run(self.clock.now() + seconds)

    def talk(self, agent: str = "ann") -> str:
        """Have the agent ready and the first call answered and joined to them; return its id."""
        self.tell(ev.AgentReady, agent)
        call_id = self.carrier.placed[-1].call_id
        for event in (ev.Placed, ev.Ringing, ev.Answered):
            self.wait(0.5)
            self.tell(event, call_id)
        assert self.carrier.asked[-1] == ("bridge", call_id)
        self.wait(0.1)
        self.tell(ev.Bridged, call_id, agent)
        self.wait(0.0)  # written down in the next moment
        return call_id


def rows(world: World, query: str, *values: Any) -> list[dict[str, Any]]:
    """What another connection reads."""
    connection = sqlite3.connect(f"file:{world.database}?mode=ro", uri=True)
    connection.row_factory = sqlite3.Row
    try:
        return [dict(row) for row in connection.execute(query, values)]
    finally:
        connection.close()
