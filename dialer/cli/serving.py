"""Composing the live floor: store, carrier, desks and faces on one event loop."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import signal
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import structlog
import typer
import uvicorn
from fastapi import APIRouter

from campaigns.problems import OperatorError
from campaigns.workspace import Workspace
from dialer.carriers.fates import NotSettled
from dialer.carriers.simulated import CarrierRecord
from dialer.carriers.twilio import TwilioAccount
from dialer.carriers.twilio.settings import read_settings as read_twilio
from dialer.cli.common import stop
from dialer.runtime.clock import LoopClock
from dialer.runtime.events_out import Delivery
from dialer.runtime.live.carriers import House, TwilioHouse
from dialer.runtime.live.floor import AlreadyRunning, LiveFloor
from dialer.runtime.live.floor_file import FloorFile, find_floor, forget_floor, write_floor
from dialer.runtime.live.return_calls import ReturnCalls
from dialer.runtime.live.secrets import StoredSecrets
from dialer.runtime.live.strangers import Strangers
from dialer.runtime.log import configure as configure_log
from dialer.simulation.house import SimulatedHouse
from dialer.simulation.reading import read_settings
from dialer.store.database import Store, open_store
from dialer.voice import PromptLibrary, VoiceError
from dialer.web.app import Faces, make_app
from dialer.web.carrier import carrier_router
from dialer.web.prompts import prompts_router
from dialer.web.softphone import PACKAGED

__all__ = ["ServePlan", "run_floor"]

_log = structlog.get_logger("dialer.serve")


@dataclass(frozen=True, slots=True)
class ServePlan:
    """What the operator asked of this floor."""

    names: tuple[str, ...]
    host: str
    port: int
    patience: float
    record: str | None = None
    until_done: bool = False  # end when the campaigns have ended, as `dialer run` does
    until: float = float("inf")  # s since the epoch; every campaign is stopped then


def run_floor(workspace: Workspace, plan: ServePlan) -> int:
    """Run it until told to stop; return the exit code."""
    there = find_floor(workspace.root)
    if there is not None:
        raise stop(f"a floor is already running here: {there.url} (process {there.pid})")
    for name in plan.names:
        workspace.campaign(name)  # what is wrong in a file is said before anything starts
    configure_log(workspace.settings.log_level)
    with open_store(workspace.database_url) as store:
        return asyncio.run(_floor(workspace, plan, store))


class _Server(uvicorn.Server):
    """A server that leaves signals to the floor: calls finish before it goes."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave them alone."""
        yield


async def _floor(workspace: Workspace, plan: ServePlan, store: Store) -> int:
    loop = asyncio.get_running_loop()
    clock = LoopClock(loop)
    house, account = _house(workspace, plan, clock)
    floor = LiveFloor(workspace, store, clock, house)

    def on_error(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        # A callback that fails (the database is gone) ends the floor instead of going on blind.
        floor.failure = floor.failure or context.get("exception") or RuntimeError(context["message"])

    loop.set_exception_handler(on_error)
    stopped, told = asyncio.Event(), []

    def on_signal(name: str) -> None:
        told.append(name)
        stopped.set()
        if len(told) > 1:
            os._exit(1)  # asked twice: what is left is settled by the next start

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, on_signal, number.name)
    closed = asyncio.Event()
    telling = asyncio.create_task(Delivery(store).run(closed))
    telling.add_done_callback(lambda task: _failed(floor, task))
    token = secrets.token_urlsafe(32)
    library = PromptLibrary(workspace.root / workspace.settings.prompts)
    more: tuple[APIRouter, ...] = (prompts_router(library),)
    public = f"http://{plan.host}:{plan.port}"
    browser_token, softphone = None, None
    if account is not None:
        public = account.settings.public_url
        browser_token = account.browser_token if account.settings.browser_legs else None
        named = account.settings.voice_sdk
        softphone = _file(workspace.root / named if named else PACKAGED)
        if named and softphone is None:
            raise stop(f"dialer.toml: [twilio]: voice_sdk: there is no file {named} in the working folder")
        account.legs.on_parked, account.legs.on_lost = floor.desks.leg_parked, floor.desks.leg_lost
        strangers = Strangers(workspace, store, library, account.addresses)
        returns = ReturnCalls(workspace, store, library, account.addresses)
        more += (carrier_router(account, strangers, returns),)
    app = make_app(floor, Faces(StoredSecrets(store), token, public, browser_token, softphone, more))
    server = _Server(
        uvicorn.Config(
            app, plan.host, plan.port, log_config=None, access_log=False, lifespan="off", ws_max_size=1 << 16
        )
    )
    listener = _listener(plan)
    serving = asyncio.create_task(server.serve([listener]))
    try:
        url = await _listening(server, serving, listener)
        write_floor(workspace.root, FloorFile(url, token, os.getpid()))
        typer.echo(f"The floor is open at {url}; the carrier is {house.name}.")
        for name in plan.names:
            try:
                await floor.start(name)
            except AlreadyRunning as error:
                typer.echo(f"{error}; nothing to do.")
            except (OperatorError, VoiceError, NotSettled) as error:
                raise stop(str(error)) from None
            else:
                typer.echo(f"{name} is running.")
        if plan.until < float("inf"):
            clock.call_at(plan.until, partial(_stop_all, floor, "--until was reached"))
        if plan.until_done:
            floor.on_change = lambda _name: None if floor.names else stopped.set()
            if not floor.names:
                stopped.set()
        await floor.run(stopped, plan.patience)
    finally:
        forget_floor(workspace.root, os.getpid())
        await house.close()  # the last callbacks are still heard
        server.should_exit = True
        closed.set()
        await asyncio.wait({serving, telling}, timeout=5.0)
    typer.echo(f"The floor is closed ({told[0] if told else 'every campaign has ended'}).")
    return 0


def _stop_all(floor: LiveFloor, why: str) -> None:
    for name in floor.names:
        floor.stop(name, why)


def _failed(floor: LiveFloor, task: asyncio.Task[None]) -> None:
    """A task that ended by a failure ends the floor."""
    if not task.cancelled():
        floor.failure = floor.failure or task.exception()


def _file(path: Path) -> Path | None:
    return path if path.is_file() else None


def _house(workspace: Workspace, plan: ServePlan, clock: LoopClock) -> tuple[House, TwilioAccount | None]:
    """The carrier side as the settings say."""
    if workspace.settings.carrier == "twilio":
        if plan.record is not None:
            raise stop("--record belongs to the simulated carrier; a real one keeps its own books", code=2)
        try:
            settings = read_twilio(workspace.settings.twilio, os.environ)
        except ValueError as error:
            raise stop(f"dialer.toml: [twilio]: {_first_line(error)}") from None
        account = TwilioAccount(settings, clock)
        return TwilioHouse(account, workspace), account
    record = None if plan.record is None else CarrierRecord(Path(plan.record))
    return SimulatedHouse(clock, lambda each: read_settings(each.simulation, f"{each.name}.toml"), record), None


def _listener(plan: ServePlan) -> socket.socket:
    """The bound socket; a port that is taken is said in one line before anything begins."""
    family = socket.AF_INET6 if ":" in plan.host else socket.AF_INET
    try:
        return socket.create_server((plan.host, plan.port), family=family, backlog=2048)
    except OSError as error:
        why = os.strerror(error.errno or 0)
        raise stop(f"cannot listen on {plan.host}:{plan.port}: {why}; choose another --port") from None


async def _listening(server: uvicorn.Server, serving: asyncio.Task[None], listener: socket.socket) -> str:
    """Wait until the server takes requests; returns its address on this machine."""
    host, port = listener.getsockname()[:2]
    while not server.started:
        if serving.done():
            raise stop("the web server ended before it began; see the log")
        await asyncio.sleep(0.02)
    if host in ("0.0.0.0", "::"):  # noqa: S104  # compared, not bound
        host = "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _first_line(error: ValueError) -> str:
    errors = getattr(error, "errors", None)
    if callable(errors):
        first = errors()[0]
        return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"
    return str(error).splitlines()[0]
