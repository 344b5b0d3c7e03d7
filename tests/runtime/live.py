"""Real runs in processes of their own: numbers that may be called at this hour, short talks, a carrier's record."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from world import World, campaign_text, number

from campaigns.workspace import Workspace, init_workspace
from dialer.carriers.simulated import CallRecord, read_record
from dialer.runtime.list_load import load_contacts

#: Somewhere on earth it is day: area codes with one clock each, and London's fictitious numbers.
_AREAS = {
    "America/New_York": ("212", "646", "917"),
    "America/Los_Angeles": ("213", "310", "415"),
    "Pacific/Honolulu": ("808",),
    "Pacific/Guam": ("671",),
}
_FIRST, _LAST = 9 * 60 + 10, 20 * 60 + 30  # minutes of the day: far enough from every closing of debt calls

SHORT_TALKS = """
[simulation]
agents = 20
answer_rate = 0.7
machine_share = 0.0
unreachable_share = 1.0
ring_mean = 0.2
talk_mean = 2.0
talk_cv = 0.3
wrap_up_mean = 1.0
wrap_up_cv = 0.2
break_share = 0.0
message_seconds = 1.0
outcomes = { refusal = 0.4, conversion = 0.2, opt_out = 0.4 }
"""


def callable_now(count: int, now: datetime) -> list[str]:
    """Fictitious numbers where it is neither early nor late now, `count` at the most."""
    found = []
    for zone, areas in _AREAS.items():
        local = now.astimezone(ZoneInfo(zone))
        if _FIRST <= local.hour * 60 + local.minute < _LAST:
            found += [number(area, line) for area in areas for line in range(100)]
    local = now.astimezone(ZoneInfo("Europe/London"))
    if _FIRST <= local.hour * 60 + local.minute < _LAST:
        found += [f"+442079460{line:03d}" for line in range(1000)]
    return found[:count]


def make_live_world(root: Path, count: int, extra: str = SHORT_TALKS, **campaign: object) -> World:
    """A working folder with a debt campaign whose people may be called now."""
    init_workspace(root)
    for sample in (root / "campaigns").glob("*.toml"):
        sample.unlink()
    (root / "dialer.toml").write_text("lease_seconds = 5.0\n")
    wanted = {
        "scope": "debt_collection",
        "zone": "Europe/London",
        "calls_per_second": 15.0,
        "mode": "progressive",
        **campaign,
    }
    text = campaign_text("day", **wanted)
    (root / "campaigns" / "day.toml").write_text(text + extra)
    workspace = Workspace.load(root)
    made = World(root, workspace, workspace.campaign("day"))
    made.numbers = callable_now(count, datetime.now(UTC))
    assert len(made.numbers) >= min(count, 60)
    rows = "".join(f"{one},d{index}\n" for index, one in enumerate(made.numbers))
    (root / "contacts.csv").write_text("phone,debt_id\n" + rows)
    load_contacts(workspace, made.campaign, root / "contacts.csv")
    return made


def command(world: World, *words: str) -> list[str]:
    """The command line of `dialer`, in this interpreter."""
    start = "import sys; from dialer.cli import main; sys.argv[0] = 'dialer'; main()"
    return [sys.executable, "-c", start, "--dir", str(world.root), *words]


def dialer(world: World, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(command(world, *words), capture_output=True, text=True, timeout=60, check=False)


class Running:
    """A run in its own process."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.since = time.time()
        self.record = world.root / "record.jsonl"
        self._out = (world.root / "run.out").open("a+")
        self.process = subprocess.Popen(
            command(world, "run", "day", "--record", str(self.record)), stdout=self._out, stderr=self._out
        )

    def dialed(self) -> int:
        """How many calls this and earlier runs have placed, as the carrier counted."""
        return self.record.read_text().count('"number"') if self.record.exists() else 0

    def until(self, wanted: Callable[[], bool], seconds: float = 30.0) -> None:
        """Wait until something is so."""
        end = time.monotonic() + seconds
        while not wanted():
            assert self.process.poll() is None, f"the run ended with {self.process.returncode}: {self.said()}"
            assert time.monotonic() < end, f"waited {seconds} s: {self.said()}"
            time.sleep(0.02)

    def tell(self, what: signal.Signals) -> None:
        """Send this process, and no other, a signal."""
        os.kill(self.process.pid, what)

    def end(self, seconds: float = 30.0) -> int:
        """Wait for the end; return the exit code."""
        return self.process.wait(seconds)

    def said(self) -> str:
        """What it printed so far."""
        self._out.flush()
        self._out.seek(0)
        return self._out.read()

    def close(self) -> None:
        """End it, if it runs still."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self._out.close()


@contextmanager
def running(world: World) -> Iterator[Running]:
    """A run that ends with the block at the latest."""
    run = Running(world)
    try:
        yield run
    finally:
        run.close()


def calls_of(world: World) -> list[CallRecord]:
    """The carrier's own record of all runs."""
    return read_record(world.root / "record.jsonl")


def keys(database: Path, table: str, column: str) -> set[str]:
    """The values of one column, read by a connection of its own."""
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        return {row[0] for row in connection.execute(f"SELECT {column} FROM {table}")}
    finally:
        connection.close()


def forget_lease(database: Path) -> None:
    """As if the dead run's lease had run out."""
    connection = sqlite3.connect(database)
    with connection:
        connection.execute("UPDATE lease SET expires_at = '2020-01-01 00:00:00.000000'")
    connection.close()
