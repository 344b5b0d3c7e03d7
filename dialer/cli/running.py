"""Composing and driving a run: the real clock on asyncio, the virtual clock as fast as it goes."""

from __future__ import annotations

import asyncio
import gc
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import Any

import structlog
import typer

from campaigns.files import Campaign
from campaigns.workspace import Workspace
from dialer.carriers.simulated import CarrierRecord, SimulatedCarrier
from dialer.cli.common import stop
from dialer.clock import Clock, VirtualClock
from dialer.engine import commands as cmd
from dialer.runtime.asking import open_rulebook
from dialer.runtime.board import Board, board_of, line_of
from dialer.runtime.clock import LoopClock
from dialer.runtime.driver import LeaseLost
from dialer.runtime.instants import moment, seconds
from dialer.runtime.session import Session, World
from dialer.simulation.agents import SimulatedFloor
from dialer.simulation.build import make_carrier, make_floor
from dialer.simulation.reading import read_settings
from dialer.simulation.settings import SimulationSettings
from dialer.store.database import Store, open_store
from dnc import zones
from dnc.registries import RegistryStore

__all__ = ["Plan", "run_campaign"]

_log = structlog.get_logger("dialer.run")

#: What `--until` says for the end of the day's hours.
CLOSING = "closing"

#: A virtual day ends this much after the last dial at the latest, s: the longest talk and its wrap-up.
_LAST_CALLS = 2 * 3600.0
_LOG_EVERY = 30.0
#: In real time everything is decided and written at once; a virtual day may take its time in its own seconds.
_REAL_PACE = {"flush_after": 0.2, "beat": 0.0}
_VIRTUAL_PACE = {"flush_after": 5.0, "beat": 1.0}


@dataclass(frozen=True, slots=True)
class Plan:
    """What the operator asked of this run."""

    virtual: bool
    start: datetime | None = None
    until: str | None = None
    agents: int | None = None
    seed: int | None = None
    record: str | None = None


class _SimulatedDesk:
    """Hands the engine's words to the simulated agents, who come to work after the driver is ready."""

    def __init__(self) -> None:
        self.floor: SimulatedFloor | None = None

    def notify(self, changed: cmd.AgentChanged) -> None:
        if self.floor is not None:
            self.floor.notify(changed)


class _Run:
    """One run with a simulated carrier and simulated agents."""

    def __init__(self, workspace: Workspace, campaign: Campaign, plan: Plan, clock: Clock, store: Store) -> None:
        self.campaign, self.plan, self.clock = campaign, plan, clock
        settings = simulation_settings(campaign, plan)
        try:
            record = None if plan.record is None else CarrierRecord(Path(plan.record))
        except OSError as error:
            raise stop(f"--record {plan.record}: cannot be written: {error.strerror}") from None
        start = clock.now()
        self.carrier: SimulatedCarrier = make_carrier(settings, clock, start, record=record)
        self.session = Session(
            campaign,
            World(
                store=store,
                book=open_rulebook(workspace),
                registries=RegistryStore(workspace.registries_dir),
                carrier=self.carrier,
                clock=clock,
                clock_kind="virtual" if plan.virtual else "real",
                node=workspace.node,
                lease_seconds=workspace.settings.lease_seconds,
            ),
            seed=settings.seed,
        )
        self._settings = settings
        self._started_at = start

    def begin(self, end: float) -> None:
        """Build the floor and let the agents come to work."""
        desk = _SimulatedDesk()
        driver = self.session.start(desk, **(_VIRTUAL_PACE if self.plan.virtual else _REAL_PACE))
        desk.floor = make_floor(
            self._settings,
            self.clock,
            self.carrier,
            driver.send,
            start=self._started_at,
            end=end,
            dispositions={code: frozenset(each.flags) for code, each in self.campaign.dispositions.items()},
        )
        desk.floor.start()

    @property
    def complete(self) -> bool:
        return self.session.engine is not None and self.session.engine.complete

    def board(self) -> Board:
        assert self.session.engine is not None
        return board_of(
            self.campaign.name,
            self.session.engine,
            self.session.pacer.ledger,
            self.campaign.abandonment.max_rate,
            self.clock.now(),
        )


def simulation_settings(campaign: Campaign, plan: Plan) -> SimulationSettings:
    """The campaign's `[simulation]` table with what the command line says instead."""
    wanted = dict(campaign.simulation)
    if plan.agents is not None:
        wanted["agents"] = plan.agents
    if plan.seed is not None:
        wanted["seed"] = plan.seed
    alone = campaign.message is not None and not campaign.message.agent_key
    if alone and plan.agents is None:
        wanted["agents"] = 0  # nobody is needed
    settings = read_settings(wanted, f"{campaign.name}.toml")
    if settings.agents == 0 and not alone:
        raise stop(
            "nobody would be signed in: only an agentless campaign without agent_key dials with 0 agents", code=2
        )
    return settings


def run_campaign(workspace: Workspace, campaign: Campaign, plan: Plan) -> int:
    """Run it; return the exit code."""
    gc.freeze()  # what is loaded by now lives as long as the run: no use in looking through it for garbage
    configure_log(workspace.settings.log_level)
    store = open_store(workspace.database_url, durable=not plan.virtual)
    try:
        return _virtual(workspace, campaign, plan, store) if plan.virtual else _real(workspace, campaign, plan, store)
    except LeaseLost:
        raise stop(
            f"another run has taken {campaign.name} over; this one dials no more (was the machine asleep?)"
        ) from None
    finally:
        store.close()


def end_of(campaign: Campaign, until: str | None, start: float, default: float) -> float:
    """When dialing stops: `HH:MM` in the campaign's zone (the next one after `start`), `closing`, or an instant.

    `closing` is the end of the last hours of the day; of the next open day where the campaign is closed at `start`.
    """
    if until is None:
        return default
    if until == CLOSING:
        opens = campaign.hours.next_opening(moment(start))
        on = moment(start) if campaign.hours.is_open(moment(start)) or opens is None else opens
        return seconds(campaign.hours.last_closing(on))
    zone = zones.zone(campaign.hours.timezone)
    local = moment(start).astimezone(zone)
    try:
        hour, minute = (int(part) for part in until.split(":"))
        end = local.replace(hour=hour, minute=minute, second=0, microsecond=0, fold=0)
    except ValueError:
        from dialer.cli.common import instant_option

        at = instant_option(until, campaign.hours.timezone)
        assert at is not None
        return seconds(at)
    if end <= local:
        end = (local + timedelta(days=1)).replace(hour=hour, minute=minute, second=0, microsecond=0)
    return seconds(end)


def _virtual(workspace: Workspace, campaign: Campaign, plan: Plan, store: Store) -> int:
    """A day as fast as it goes."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    start = _opening(campaign, plan.start)
    closing = campaign.hours.next_change(moment(start))
    end = end_of(campaign, plan.until, start, start + 8 * 3600.0 if closing is None else seconds(closing))
    if end <= start:
        raise stop(f"--until lies before the start, {moment(start):%Y-%m-%d %H:%M %Z}", code=2)
    clock = VirtualClock(start)
    run = _Run(workspace, campaign, plan, clock, store)
    if (code := _take(run)) is not None:
        return code
    told: list[str] = []
    before = _on_signals(told.append)
    ended = "the day is over"
    try:
        run.begin(end)
        local = moment(start).astimezone(zones.zone(campaign.hours.timezone))
        typer.echo(f"Virtual day of {campaign.name}: from {local:%Y-%m-%d %H:%M %Z}, {(end - start) / 3600:.1f} h.")
        columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
        with Progress(*columns, console=Console(stderr=True), disable=not sys.stderr.isatty()) as progress:
            task = progress.add_task("dialing", total=end - start)
            while clock.now() < end and not run.complete and not told:
                step = min(end, clock.now() + 60.0)
                clock.run(step, stop=lambda: run.complete)
                run.session.keep_lease()
                local = moment(clock.now()).astimezone(zones.zone(campaign.hours.timezone))
                progress.update(task, completed=clock.now() - start, description=f"{local:%H:%M}")
                if not sys.stderr.isatty() and int(clock.now() - start) % 3600 < 60:
                    _log.info("board", virtual_time=f"{local:%H:%M}", **line_of(run.board()))
            if told:
                ended = f"stopped by {told[0]}"
            if not run.complete:
                run.session.drain(ended)
                clock.run(clock.now() + _LAST_CALLS, stop=lambda: run.complete)
            else:
                ended = "every lead is done"
        run.session.finish(ended)
        run.carrier.record.close()
    finally:
        _restore(before)
    _summary(run, ended)
    return 0


def _real(workspace: Workspace, campaign: Campaign, plan: Plan, store: Store) -> int:
    """On the wall's clock until done, told to stop, or `--until`."""
    return asyncio.run(_real_loop(workspace, campaign, plan, store))


async def _real_loop(workspace: Workspace, campaign: Campaign, plan: Plan, store: Store) -> int:
    loop = asyncio.get_running_loop()
    clock = LoopClock(loop)
    start = clock.now()
    end = end_of(campaign, plan.until, start, float("inf"))
    run = _Run(workspace, campaign, plan, clock, store)
    if (code := _take(run)) is not None:
        return code
    failed: list[BaseException] = []

    def on_error(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        # A callback that fails (the database is gone, the lease is lost) ends the run instead of going on blind.
        failed.append(context.get("exception") or RuntimeError(context["message"]))

    loop.set_exception_handler(on_error)
    told: list[str] = []
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, told.append, number.name)
    run.begin(min(end, start + 7 * 86_400.0))
    ended = ""
    with _view(campaign) as show:
        logged = start
        while not run.complete and not failed and len(told) < 2:
            run.session.keep_lease()
            if not ended and clock.set_back():
                ended = "the computer's clock was set back, so nobody knows which hour is right: start again"
                run.session.drain(ended)
            if not ended and (told or clock.now() >= end):
                ended = f"stopped by {told[0]}" if told else "--until was reached"
                run.session.drain(ended)
            show(run.board())
            if not sys.stderr.isatty() and clock.now() - logged >= _LOG_EVERY:
                logged = clock.now()
                _log.info("board", **line_of(run.board()))
            await asyncio.sleep(0.25)
    if failed:
        raise failed[0]
    ended = ended or "every lead is done"
    run.session.finish(ended)
    run.carrier.record.close()
    _summary(run, ended)
    return 0


class _view:
    """The live view on a terminal; nothing elsewhere."""

    def __init__(self, campaign: Campaign) -> None:
        self._zone = campaign.hours.timezone
        self._live: Any = None

    def __enter__(self) -> Callable[[Board], None]:
        if sys.stderr.isatty():
            from rich.console import Console
            from rich.live import Live

            self._live = Live(console=Console(stderr=True), auto_refresh=False, transient=False)
            self._live.__enter__()
        return self._show

    def _show(self, board: Board) -> None:
        if self._live is not None:
            from dialer.cli.live import render

            self._live.update(render(board, self._zone), refresh=True)

    def __exit__(self, *error: object) -> None:
        if self._live is not None:
            self._live.__exit__(*error)


def _take(run: _Run) -> int | None:
    """Take the lease; an exit code when there is nothing to do."""
    held = run.session.take()
    if held is not None:
        typer.echo(
            f"{run.campaign.name} is already running (run {held.holder} on {held.node}, "
            f"lease until {held.expires_at:%H:%M:%S} UTC); nothing to do."
        )
        return 0
    if run.session.recovered:
        left = run.session.recovered
        typer.echo(
            f"An earlier run ended without word: {left.attempts} attempts closed as lost, "
            f"{left.leads} leads given back."
        )
    return None


def _opening(campaign: Campaign, wanted: datetime | None) -> float:
    """Where a virtual day begins: as asked, or when the campaign next opens."""
    if wanted is not None:
        return seconds(wanted)
    import time

    now = moment(time.time())
    at = campaign.hours.next_change(now)
    while at is not None and not campaign.hours.is_open(at):
        at = campaign.hours.next_change(at)
    if at is None:
        raise stop(f"{campaign.name} never opens: see [hours] in its file")
    return seconds(at)


def _summary(run: _Run, ended: str) -> None:
    board = run.board()
    rate = board.abandonment_rate
    typer.echo(
        f"{run.campaign.name}: {ended}. {board.served + board.abandoned} live answers this period, "
        f"{board.abandoned} abandoned ({'-' if rate is None else f'{rate:.2%}'} of at most "
        f"{board.max_abandonment_rate:.2%}). Report: dialer report {run.campaign.name}"
    )


def _on_signals(told: Callable[[str], None]) -> dict[int, Any]:
    def handler(number: int, _frame: FrameType | None) -> None:
        told(signal.Signals(number).name)

    return {number: signal.signal(number, handler) for number in (signal.SIGINT, signal.SIGTERM)}


def _restore(before: dict[int, Any]) -> None:
    for number, handler in before.items():
        with suppress(TypeError):
            signal.signal(number, handler)


def configure_log(level: str) -> None:
    """Plain lines on standard error, one event each, numbers masked."""
    from dialer.runtime.log import configure

    configure(level)
