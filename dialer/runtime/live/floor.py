"""Several campaigns on one floor: started and stopped by name, each with its own engine, lease and run.

Theory of operation
-------------------
Everything runs on one event loop. A campaign's engine sees only its own calls and agents; what campaigns share
is the carrier's account (its rate, its legs) and the desks. A failure that is not an answer to somebody's
request (the database is gone, a bug) ends the process: facts are committed, the carrier plays the message by
itself, and the next process settles what was left. Only a lost lease ends just its campaign.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog

from campaigns.caller_ids import refuse_shared
from campaigns.files import Campaign
from campaigns.problems import OperatorError
from campaigns.scripts import Script
from campaigns.workspace import Workspace
from dialer.carriers.controls import Controls, Ear
from dialer.carriers.fates import LeftCall, NotSettled, Reconciler
from dialer.carriers.port import Carrier
from dialer.clock import Clock
from dialer.engine import AgentState
from dialer.engine import events as ev
from dialer.runtime.asking import open_rulebook
from dialer.runtime.board import Board, board_of
from dialer.runtime.driver import Driver, LeaseLost
from dialer.runtime.instants import moment
from dialer.runtime.live.carriers import House
from dialer.runtime.live.desks import DeskError, Desks
from dialer.runtime.live.openings import Openings
from dialer.runtime.live.samples import Samples
from dialer.runtime.live.screen import screen_of
from dialer.runtime.recovery import close_conversation
from dialer.runtime.session import Session, World
from dialer.store import callbacks
from dialer.store.database import Store
from dialer.store.errors import StoreError
from dialer.voice import VoiceError
from dnc import zones
from dnc.registries import RegistryStore

__all__ = ["AlreadyRunning", "LiveFloor"]

_log = structlog.get_logger(__name__)

#: How often leases, ends and silent desks are looked after, s.
_BEAT = 0.25
#: How often promised callbacks are looked for, s.
_CALLBACKS_EVERY = 2.0


class AlreadyRunning(Exception):
    """The campaign runs already; the text says where."""


@dataclass(slots=True)
class _Running:
    campaign: Campaign
    script: Script | None
    session: Session
    carrier: Carrier
    driver: Driver
    stopping: str = ""
    callbacks_at: float = 0.0  # when due callbacks are looked for next
    reminded: set[tuple[int, str, datetime | None]] = field(default_factory=set)  # callbacks told of: lead, agent, time
    talking: set[str] = field(default_factory=set)  # conversations that outlived a crash


class LiveFloor:
    """The floor of one process.

    Args:
        workspace: settings, campaigns, registries, rules.
        store: opened for this process.
        clock: of the event loop.
        house: who carries the calls.
    """

    def __init__(self, workspace: Workspace, store: Store, clock: Clock, house: House) -> None:
        self.workspace = workspace
        self.store = store
        self.house = house
        self.clock = clock
        self.desks = Desks(clock, house.legs, self.send, self._screen, self.seat, self.campaign_of_call)
        self.samples = Samples()
        self.failure: BaseException | None = None
        self.on_change: Callable[[str], None] = lambda name: None  # a campaign began or ended
        self._running: dict[str, _Running] = {}
        self._openings = Openings(workspace)
        self._opening: asyncio.Task[None] | None = None
        self.book = open_rulebook(workspace)
        self.registries = RegistryStore(workspace.registries_dir)

    # ------------------------------------------------------------------ campaigns

    @property
    def names(self) -> tuple[str, ...]:
        """The campaigns that run now."""
        return tuple(self._running)

    def campaign(self, name: str) -> Campaign:
        """A running campaign's file as it was read. Raises `KeyError`."""
        return self._running[name].campaign

    async def start(self, name: str) -> None:
        """Begin to dial a campaign; returns when its agents may get ready.

        Raises:
            AlreadyRunning: here, or elsewhere under a lease.
            OperatorError, VoiceError: its files are not as they must be.
            NotSettled: the carrier cannot be asked about what a crash left.
            StoreError: the database refuses.
        """
        if name in self._running:
            raise AlreadyRunning(f"{name} is already running on this floor")
        campaign = self.workspace.campaign(name)
        refuse_shared(self.workspace, name)
        script = self.workspace.script(campaign)
        carrier = self.house.carrier_for(campaign)
        session = Session(
            campaign,
            World(
                store=self.store,
                book=self.book,
                registries=self.registries,
                carrier=carrier,
                clock=self.clock,
                clock_kind="real",
                node=self.workspace.node,
                lease_seconds=self.workspace.settings.lease_seconds,
                rate=self.house.rate,
            ),
        )
        held = session.acquire()
        if held is not None:
            raise AlreadyRunning(
                f"{name} is already running (run {held.holder} on {held.node}, "
                f"lease until {held.expires_at:%H:%M:%S} UTC)"
            )
        reconciler = self.house.reconciler_for(campaign)
        left = session.left_behind()
        try:
            fates = {} if reconciler is None else await reconciler.settle(left)
        except NotSettled:
            session.give_back()
            raise
        session.mend(fates)
        driver = session.start(self.desks.at(name), flush_after=0.2)
        running = _Running(campaign, script, session, carrier, driver)
        self._running[name] = running
        for call in left:
            if reconciler is not None and call.call_id in session.recovered.talking:
                self._adopt(running, reconciler, call)
        _log.info("campaign_started", campaign=name, run=session.run_id)
        self.on_change(name)

    def stop(self, name: str, why: str) -> None:
        """Dial no more in a campaign; live calls finish, then the run ends. Raises `KeyError`."""
        running = self._running[name]
        if not running.stopping:
            running.stopping = why
            running.session.drain(why)

    def pause(self, name: str, why: str) -> None:
        """Dial no more for now. Raises `KeyError`."""
        self.send(name, ev.CampaignPaused(self.clock.now(), why))

    def resume(self, name: str) -> None:
        """Dial again, also after the carrier's account had refused. Raises `KeyError`."""
        self.send(name, ev.CampaignResumed(self.clock.now()))

    def send(self, name: str, event: ev.Event) -> str:
        """Give a campaign's engine an event; returns why it was refused, or "". Raises `KeyError`."""
        return self._running[name].driver.send(event)

    def board(self, name: str) -> Board:
        """What a campaign's floor looks like now. Raises `KeyError`."""
        running = self._running[name]
        assert running.session.engine is not None
        return board_of(
            name,
            running.session.engine,
            running.session.pacer.ledger,
            running.session.pacer.ledger.cap,
            self.clock.now(),
        )

    def seat(self, name: str) -> dict[str, Any]:
        """What a desk shows of a running campaign, as plain data. Raises `KeyError`."""
        campaign = self._running[name].campaign
        return {
            "name": name,
            "title": campaign.title or name,
            "wrap_up_limit": campaign.agents.wrap_up_limit,
            "pause_codes": campaign.agents.pause_codes,
            "manual_dial": campaign.agents.manual_dial,
            "preview_seconds": campaign.dialing.preview_seconds,
        }

    def retarget(self, name: str, max_rate: float, by: str) -> None:
        """Hold another abandonment cap in a campaign from now on, also after the next start.

        Raises:
            KeyError: it does not run.
            ValueError: the law does not allow so much.
        """
        self._running[name].session.retarget(max_rate, by)

    def resting_caller_ids(self, name: str) -> tuple[str, ...]:
        """The caller ids of a running campaign that nobody is shown now. Raises `KeyError`."""
        return self._running[name].session.resting_caller_ids

    def session(self, name: str) -> Session:
        """The run of a campaign. Raises `KeyError`."""
        return self._running[name].session

    def put_first(self, name: str, lead_id: int) -> bool:
        """Have a lead called before all others; False when it may not be at this hour. Raises `KeyError`."""
        running = self._running[name]
        return not running.stopping and running.driver.put_first(lead_id)

    def campaign_of_call(self, call_id: str) -> str | None:
        """The running campaign that placed a call."""
        prefix = call_id.rpartition("-")[0]
        return next((name for name, each in self._running.items() if each.session.run_id == prefix), None)

    def hang_up(self, agent_id: str) -> None:
        """The agent ends the call that is on their screen."""
        desk = self.desks.desks.get(agent_id)
        if desk is not None and desk.call_id is not None and desk.campaign in self._running:
            self._running[desk.campaign].carrier.hang_up(desk.call_id)

    def conversation(self, agent_id: str) -> tuple[Controls, str]:
        """What can be done to the call an agent talks on, and which call that is.

        Raises:
            DeskError: the carrier can do nothing of it, or nobody is on the line.
        """
        if self.house.controls is None:
            raise DeskError(f"the {self.house.name} carrier can only join and hang up")
        desk = self.desks.desks.get(agent_id)
        if desk is None or desk.call_id is None or desk.state is not AgentState.TALKING:
            raise DeskError("nobody is on the line")
        return self.house.controls, desk.call_id

    def join(self, agent_id: str, supervisor: str, ear: Ear) -> None:
        """Bring a supervisor's phone into an agent's calls.

        Raises:
            DeskError: the carrier cannot do it, or the agent is not here.
            NoSuchControl: the agent has no line.
        """
        if self.house.controls is None:
            raise DeskError(f"nobody can listen with the {self.house.name} carrier")
        if agent_id not in self.desks.desks:
            raise DeskError(f"{agent_id} is not signed in")
        self.house.controls.join(agent_id, supervisor, ear)

    def leave_voicemail(self, agent_id: str) -> None:
        """Leave the campaign's recorded message on the machine that an agent hears, where the law lets us.

        Raises:
            DeskError: nobody is on the line, or a prerecorded call to this number would not be allowed.
        """
        controls, call_id = self.conversation(agent_id)
        running = self._running[self.desks.desks[agent_id].campaign]
        barred = running.session.bars_recorded(call_id)
        if barred:
            raise DeskError(f"no recorded message may be left here: {', '.join(barred)}")
        controls.drop_voicemail(call_id)

    # ------------------------------------------------------------------ running

    async def run(self, stopped: asyncio.Event, patience: float) -> None:
        """Look after leases, ends and desks until told to stop; then drain.

        Args:
            stopped: set when the process is told to stop.
            patience: s that live calls have to finish.

        Raises:
            BaseException: whatever a callback of the loop failed with.
        """
        while not stopped.is_set():
            self._look_after()
            if self._opening is not None and self._opening.done():
                self._opening.result()  # a failure that nobody expected ends the floor
                self._opening = None
            if self._opening is None:
                self._opening = asyncio.create_task(self._open_what_is_due())
            with suppress(TimeoutError):
                await asyncio.wait_for(stopped.wait(), _BEAT)
        if self._opening is not None:
            await self._opening
        for name in self.names:
            self.stop(name, "the floor closes")
        until = self.clock.now() + patience
        while self._running and self.clock.now() < until:
            self._look_after()
            await asyncio.sleep(_BEAT)
        for name in self.names:
            self._finish(name, "the floor closed before every call was over")
        for agent_id in list(self.desks.desks):
            self.desks.sign_out(agent_id, "the floor closes")

    async def _open_what_is_due(self) -> None:
        """Begin the campaigns that begin by themselves; one that cannot be begun is told of and tried again."""
        now = moment(self.clock.now())
        for name in self._openings.due(now, self._running):
            try:
                await self.start(name)
            except (AlreadyRunning, OperatorError, VoiceError, NotSettled, StoreError, LeaseLost) as error:
                _log.error("campaign_not_begun", campaign=name, why=str(error).splitlines()[0])
                self._openings.failed(name, now)
            else:
                self._openings.begun(name, now)

    def _look_after(self) -> None:
        if self.failure is not None:
            raise self.failure
        self.desks.sweep()
        for name, running in list(self._running.items()):
            try:
                running.session.keep_lease()
            except LeaseLost:
                _log.error("lease_lost", campaign=name)
                running.carrier.close()
                del self._running[name]
                self.on_change(name)
                continue
            if not running.stopping and self.clock.now() >= running.callbacks_at:
                running.callbacks_at = self.clock.now() + _CALLBACKS_EVERY
                running.session.bring_callbacks()
                self._remind(running)
            engine = running.session.engine
            if engine is not None:
                self.samples.look(name, engine, self.clock.now())
            if engine is not None and engine.complete and not running.talking:
                self._finish(name, running.stopping or "every lead is done")

    def _remind(self, running: _Running) -> None:
        """Tell agents at their desks of callbacks that they promised for the next minutes, each once."""
        campaign, now = running.campaign, moment(self.clock.now())
        ahead = timedelta(minutes=campaign.agents.callback_reminder_minutes)
        if not ahead:
            return
        with self.store.reading() as tx:
            coming = callbacks.due_between(tx, campaign.name, now, now + ahead)
        told = {(each.lead_id, each.for_agent, each.at) for each in coming}
        running.reminded &= told  # what is over needs no memory
        for each in coming:
            key = (each.lead_id, each.for_agent, each.at)
            if key in running.reminded or each.for_agent not in self.desks.desks or each.at is None:
                continue
            running.reminded.add(key)
            at = zones.local(each.at, campaign.hours.timezone)
            who = f"{each.first_name} {each.last_name}".strip() or f"lead {each.lead_id}"
            self.desks.say(each.for_agent, f"your callback at {at:%H:%M %Z}: {who}", by=campaign.title)

    def _finish(self, name: str, why: str) -> None:
        running = self._running.pop(name)
        running.session.finish(why)
        _log.info("campaign_ended", campaign=name, why=why)
        self.desks.stay(name)
        for agent_id in [each.agent_id for each in self.desks.desks.values() if each.campaign == name]:
            self.desks.sign_out(agent_id, f"{name} has ended: {why}")
        self.on_change(name)

    # ------------------------------------------------------------------ what a crash left

    def _adopt(self, running: _Running, reconciler: Reconciler, left: LeftCall) -> None:
        """Listen for the end of a conversation that outlived a crash."""
        running.talking.add(left.call_id)

        def told(event: ev.Event) -> None:
            if isinstance(event, ev.Ended | ev.Lost) and left.call_id in running.talking:
                running.talking.discard(left.call_id)
                with self.store.writing() as tx:
                    close_conversation(tx, running.campaign, left.call_id, self.clock.now())

        reconciler.adopt(left, told)

    def _screen(self, name: str, shown: str | int) -> dict[str, Any]:
        running = self._running.get(name)
        if running is None:
            return {"call_id": shown}
        return screen_of(self.store, running.campaign, running.script, shown, moment(self.clock.now()))
