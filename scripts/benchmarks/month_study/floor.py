"""All campaigns of the house on one virtual clock and one database, each run begun by its line of the crontab."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, time
from zoneinfo import ZoneInfo

from campaigns.workspace import Workspace
from dialer.carriers.simulated import CallRecord, SimulatedCarrier
from dialer.clock import VirtualClock
from dialer.engine import commands as cmd
from dialer.runtime.asking import open_rulebook
from dialer.runtime.session import Session, World
from dialer.simulation.agents import SimulatedFloor
from dialer.simulation.build import make_carrier, make_floor
from dialer.simulation.reading import read_settings
from dialer.store.database import Store
from dnc.registries import RegistryStore
from month_study.house import CAMPAIGNS, ZONE, Line

__all__ = ["Floor"]

#: When the early shift goes and the late one has come, on the clock of `ZONE`.
_CHANGE = time(14, 45)
_LAST_CALLS = 2 * 3600.0
_STEP = 20.0
#: As `dialer run --clock virtual` does.
_PACE = {"flush_after": 5.0, "beat": 1.0}


class _Desks:
    """Two shifts at the same desks: each agent hears of their own states."""

    def __init__(self) -> None:
        self.shifts: list[tuple[frozenset[str], SimulatedFloor]] = []

    def notify(self, changed: cmd.AgentChanged) -> None:
        for names, floor in self.shifts:
            if changed.agent_id in names:
                floor.notify(changed)


@dataclass
class _Run:
    session: Session
    carrier: SimulatedCarrier
    until: float
    draining_since: float | None = None


@dataclass
class Floor:
    """The floor of the house.

    Attributes:
        calls: what the carrier saw of every call of the month.
        said: of each line `dialer run`: begun, or why not.
    """

    workspace: Workspace
    store: Store
    clock: VirtualClock
    calls: list[CallRecord] = field(default_factory=list)
    said: dict[str, int] = field(default_factory=dict)
    _running: dict[str, _Run] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._book = open_rulebook(self.workspace)
        self._registries = RegistryStore(self.workspace.registries_dir)
        self._lines = {line.name: line for line in CAMPAIGNS}

    def begin(self, name: str, until: str) -> None:
        """`dialer run NAME --until HH:MM`: a campaign that runs already is left alone; a closed day has no run."""
        now = self.clock.now()
        campaign, line = self.workspace.campaign(name), self._lines[name]
        local = datetime.fromtimestamp(now, ZoneInfo(ZONE))
        if not campaign.hours.is_open(local):
            return self._say("closed today")
        settings = read_settings({**campaign.simulation, "seed": line_seed(line, local)}, f"{name}.toml")
        carrier = make_carrier(settings, self.clock, now)
        session = Session(
            campaign,
            World(
                store=self.store,
                book=self._book,
                registries=self._registries,
                carrier=carrier,
                clock=self.clock,
                clock_kind="virtual",
                node="month",
                wall=self.clock.now,
            ),
            seed=settings.seed,
        )
        if session.take() is not None:
            return self._say("runs already")
        hour, minute = map(int, until.split(":"))
        end = local.replace(hour=hour, minute=minute, second=0).timestamp()
        desks = _Desks()
        driver = session.start(desks, **_PACE)
        change = datetime.combine(local.date(), _CHANGE, ZoneInfo(ZONE)).timestamp()
        for shift, count, begins, ends in (("early", line.early, now, change), ("late", line.late, change, end)):
            names = [f"{name}-{shift}-{each + 1}" for each in range(count)]
            floor = make_floor(
                settings,
                self.clock,
                carrier,
                driver.send,
                start=begins,
                end=ends,
                dispositions={code: frozenset(each.flags) for code, each in campaign.dispositions.items()},
                names=names,
            )
            desks.shifts.append((frozenset(names), floor))
        for _, floor in desks.shifts:
            floor.start()
        self._running[name] = _Run(session, carrier, end)
        return self._say("begun")

    def run_to(self, at: float) -> None:
        """Let the floor work until an instant."""
        while self.clock.now() < at:
            if not self._running:
                self.clock.run(at)
                return
            self.clock.run(min(at, self.clock.now() + _STEP))
            for name, run in list(self._running.items()):
                self._look_after(name, run)

    def close(self) -> None:
        """Let the last runs end."""
        while self._running:
            self.run_to(self.clock.now() + 60.0)

    def _look_after(self, name: str, run: _Run) -> None:
        now, session = self.clock.now(), run.session
        session.keep_lease()
        assert session.engine is not None
        if run.draining_since is None:
            session.bring_callbacks()
            if now >= run.until:
                session.drain("--until was reached")
                run.draining_since = now
        if session.engine.complete or (run.draining_since is not None and now > run.draining_since + _LAST_CALLS):
            session.finish("--until was reached" if run.draining_since is not None else "every lead is done")
            self.calls.extend(run.carrier.record)
            del self._running[name]

    def _say(self, what: str) -> None:
        self.said[what] = self.said.get(what, 0) + 1


def line_seed(line: Line, day: datetime) -> int:
    """A seed of the campaign's own for every day."""
    return 1 + day.toordinal() * len(CAMPAIGNS) + CAMPAIGNS.index(line)
