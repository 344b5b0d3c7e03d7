"""A live floor against the simulated Twilio: `dialer serve` in its own process, agents by script over WebSocket."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import threading
import time
import wave
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from live import command, make_live_world
from scripted_agents import ScriptedAgent
from world import World

from dialer.carriers.emulator import (
    ACCOUNT_SID,
    AGENT_PHONE,
    API_KEY,
    API_SECRET,
    APPLICATION_SID,
    AUTH_TOKEN,
    CallBook,
    Emulator,
    EmulatorSettings,
    Fault,
    emulated,
)
from dialer.carriers.twilio import documents
from dialer.carriers.twilio.addresses import Addresses
from dialer.runtime.live.secrets import new_secret
from dialer.store import agents
from dialer.voice import PromptLibrary
from dialer.voice.texts import prompts_of

CALLER_IDS = ("+12125550101", "+12125550102")
AGENTS_CALLER_ID = "+12125550103"


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def account(port: int, **settings: Any) -> EmulatorSettings:
    return EmulatorSettings(
        numbers=(*CALLER_IDS, AGENTS_CALLER_ID),
        countries=("+1", "+44"),
        applications={APPLICATION_SID: f"http://127.0.0.1:{port}/carrier/twilio/browser"},
        **{"calls_per_second": 30.0, "silent_play": 1.0, **settings},
    )


def prompt(path: Path, seconds: float = 0.5) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(b"\0\0" * int(8000 * seconds))
    return path


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@contextmanager
def static_server(folder: Path) -> Iterator[str]:
    """Another web server than the dialer: it has the message for while the dialer is down."""
    folder.mkdir(parents=True, exist_ok=True)
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=folder)) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def export_fallback(world: World, folder: Path, url: str, port: int) -> None:
    """What `dialer carrier export-fallback` writes."""
    library = PromptLibrary(world.root / "prompts")
    file = library.complete(world.campaign)["message"].file
    shutil.copyfile(world.root / "prompts" / "day" / file, folder / f"fallback-{file}")
    opt_out = Addresses(f"http://127.0.0.1:{port}").opt_out_unknown()
    (folder / "day.xml").write_text(documents.fallback(f"{url}/fallback-{file}", opt_out))


def make_world(
    root: Path, carrier_url: str, port: int, people: int, fallback: str = "", more: str = "", **campaign: Any
) -> World:
    """A working folder whose carrier is the simulated Twilio, with prompts and people who may be called now."""
    world = make_live_world(root, people, extra="", **campaign)
    (root / "dialer.toml").write_text(
        f'lease_seconds = 5.0\ncarrier = "twilio"\n\n[twilio]\naccount_sid = "{ACCOUNT_SID}"\n'
        f'public_url = "http://127.0.0.1:{port}"\nbase_url = "{carrier_url}"\ncalls_per_second = 15.0\n'
        f'agents_caller_id = "{AGENTS_CALLER_ID}"\napi_key_sid = "{API_KEY}"\napplication_sid = "{APPLICATION_SID}"\n'
        f'fallback_url = "{fallback}"\n{more}'
    )
    library = PromptLibrary(root / "prompts")
    for name in prompts_of(world.campaign):
        seconds = 3.0 if name in ("announcement", "voicemail") else 0.5
        library.record(world.campaign, name, prompt(root / "silence.wav", seconds))
    return world


def add_agents(world: World, count: int) -> dict[str, str]:
    """Agents with secrets."""
    made = {}
    with world.store() as store, store.writing() as tx:
        for number in range(count):
            secret, hashed = new_secret()
            agents.add(tx, f"agent-{number:02d}", "", datetime.now(UTC))
            agents.set_secret(tx, f"agent-{number:02d}", hashed)
            made[f"agent-{number:02d}"] = secret
    return made


class Serving:
    """`dialer serve day` in a process of its own."""

    def __init__(self, world: World, port: int) -> None:
        self.world, self.port = world, port
        self.url = f"http://127.0.0.1:{port}"
        self._out = (world.root / "serve.out").open("a+")
        self._begin = self._out.seek(0, 2)  # an earlier floor of this folder has written here too
        environment = {**os.environ, "DIALER_TWILIO_AUTH_TOKEN": AUTH_TOKEN, "DIALER_TWILIO_API_KEY_SECRET": API_SECRET}
        self.process = subprocess.Popen(
            command(world, "serve", "day", "--port", str(port), "--patience", "40"),
            stdout=self._out, stderr=self._out, env=environment,
        )  # fmt: skip

    def until(self, wanted: Callable[[], bool], seconds: float = 90.0) -> None:
        end = time.monotonic() + seconds
        while not wanted():
            assert self.process.poll() is None, f"the floor ended with {self.process.returncode}: {self.said()}"
            assert time.monotonic() < end, f"waited {seconds} s: {self.said()}"
            time.sleep(0.02)

    def open(self) -> None:
        self.until(lambda: "day is running" in self.said())

    def tell(self, what: signal.Signals) -> None:
        os.kill(self.process.pid, what)

    def end(self, seconds: float = 30.0) -> int:
        return self.process.wait(seconds)

    def said(self) -> str:
        self._out.flush()
        self._out.seek(self._begin)
        return self._out.read()

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self._out.close()


@contextmanager
def serving(world: World, port: int) -> Iterator[Serving]:
    floor = Serving(world, port)
    try:
        yield floor
    finally:
        floor.close()


@dataclass
class Floor:
    """Everything of one live test."""

    carrier: Emulator
    world: World
    secrets: dict[str, str]
    port: int


@contextmanager
def live_floor(
    root: Path, *, people: int = 120, count: int = 4, far_end: Any = None, faults: tuple[Fault, ...] = (),
    campaign: dict[str, Any] | None = None, more: str = "", **settings: Any
) -> Iterator[Floor]:  # fmt: skip
    """A simulated Twilio and a working folder that calls through it; the floor itself is not yet started.

    `more` goes into `[twilio]`.
    """
    port, static = free_port(), root.parent / "static"
    with (
        static_server(static) as fallback,
        emulated(account(port, **settings), people=far_end, faults=faults) as carrier,
    ):
        world = make_world(root, carrier.url, port, people, fallback, more, **(campaign or {}))
        export_fallback(world, static, fallback, port)
        secrets = add_agents(world, count)
        for number in range(count):
            carrier.call(lambda exchange, n=number: exchange.directory.put(f"+1202555{n + 150:04d}", AGENT_PHONE))
        yield Floor(carrier, world, secrets, port)


def books_of(floor: Floor) -> list[CallBook]:
    """The carrier's own story of every call."""
    return floor.carrier.call(lambda exchange: list(exchange.books))


def scripted(floor: Floor, **more: Any) -> list[ScriptedAgent]:
    """One scripted agent for each secret, on ordinary phones."""
    return [
        ScriptedAgent(name, secret, f"http://127.0.0.1:{floor.port}", phone=f"+1202555{n + 150:04d}", **more)
        for n, (name, secret) in enumerate(floor.secrets.items())
    ]
