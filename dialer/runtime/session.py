"""One run of one campaign: take the lease, mend what a crash left, dial, drain, give the lease back."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Literal

import structlog

from campaigns.files import Campaign
from campaigns.files.model import Abandonment
from campaigns.recycle import LeadNext, after_call
from dialer.carriers.fates import Fate, LeftCall
from dialer.carriers.port import Carrier
from dialer.clock import Clock
from dialer.engine import AgentState, Engine, EngineConfig
from dialer.engine import events as ev
from dialer.engine.rate import TokenBucket
from dialer.pacing import PacingPolicy, make_pacer
from dialer.reports.legal import strictest
from dialer.runtime.dialing import DialRoom
from dialer.runtime.driver import Desk, Driver, LeaseLost
from dialer.runtime.hopper import Hopper
from dialer.runtime.instants import moment, seconds
from dialer.runtime.journal import Journal
from dialer.runtime.propensity import learned
from dialer.runtime.reassigned import reassigned
from dialer.runtime.recovery import Recovered, recover, replay
from dialer.store import callbacks, calls, health, hopper, leases, outcomes, runs, targets
from dialer.store import campaigns as stored_campaigns
from dialer.store.database import Store
from dialer.store.facts import StoreFacts
from dialer.store.leases import Held
from dialer.store.transactions import Reading, Writing
from dnc import zones
from dnc.gate import Gate, MemoryFacts
from dnc.registries import RegistryStore
from dnc.rules import Rulebook
from dnc.values import Verdict

__all__ = ["Session", "World", "engine_config", "pacing_policy"]

_log = structlog.get_logger(__name__)

#: What the pacer has learned is saved this often, s of the run's clock; what it missed is told it again by `replay`.
_SAVE_EVERY = {"real": 15.0, "virtual": 900.0}

#: How often promises that nobody kept are looked for, s.
_EXPIRE_EVERY = 600.0


def pacing_policy(campaign: Campaign, seed: int = 0) -> PacingPolicy:
    """A campaign's pacing settings as the pacer reads them."""
    dialing, cap = campaign.dialing, campaign.abandonment
    return PacingPolicy(
        mode=dialing.mode,
        max_abandonment_rate=cap.max_rate,
        period_days=cap.period_days,
        connect_within=cap.connect_within,
        greeting=cap.greeting,
        min_ring=dialing.min_ring,
        ring_timeout=dialing.ring_timeout,
        release_ringing=dialing.release_ringing,
        lines_per_agent=dialing.lines_per_agent,
        max_lines_per_agent=dialing.max_lines_per_agent,
        seed=seed,
        agent_key=campaign.message is not None and campaign.message.agent_key != "",
    )


def engine_config(campaign: Campaign, call_prefix: str, beat: float = 0.0) -> EngineConfig:
    """A campaign's limits and clocks as the engine reads them."""
    dialing, cap, message = campaign.dialing, campaign.abandonment, campaign.message
    return EngineConfig(
        lines=dialing.lines,
        calls_per_second=dialing.calls_per_second,
        connect_within=cap.connect_within,
        greeting=cap.greeting,
        min_ring=dialing.min_ring,
        ring_timeout=dialing.ring_timeout,
        time_limit=dialing.time_limit,
        wrap_up_limit=campaign.agents.wrap_up_limit,
        preview=dialing.mode == "preview",
        agentless=message is not None,
        agent_key=message is not None and message.agent_key != "",
        leave_voicemail=message is not None and message.on_machine == "leave_message",
        message_seconds=90.0 if message is None else message.max_seconds,
        preview_seconds=dialing.preview_seconds,
        callback_grace=campaign.agents.callback_grace,
        skip_delay=campaign.agents.skip_delay_minutes * 60,
        beat=beat,
        call_prefix=call_prefix,
        dispositions={code: frozenset(each.flags) for code, each in campaign.dispositions.items()},
    )


@dataclass(frozen=True, slots=True)
class World:
    """What a run needs from outside."""

    store: Store
    book: Rulebook
    registries: RegistryStore
    carrier: Carrier
    clock: Clock
    clock_kind: Literal["real", "virtual"]
    node: str
    lease_seconds: float = 30.0
    rate: TokenBucket | None = None  # of the carrier's account, shared with its other campaigns
    wall: Callable[[], float] = time.time  # leases are judged by the wall clock, also in virtual time


class Session:
    """One run, from `take` to `finish`.

    Args:
        campaign: what is dialed.
        world: where.
        seed: of everything random in a simulated run; None in a real one.
    """

    def __init__(self, campaign: Campaign, world: World, seed: int | None = None) -> None:
        self.campaign = campaign
        self.run_id = uuid.uuid4().hex[:12]
        self._world = world
        self._seed = seed
        self._token = 0
        self._renewed_at = 0.0
        self._saved_at = float("-inf")
        self._expired_at = float("-inf")
        self.recovered = Recovered(0, 0, 0, ())
        self.driver: Driver | None = None
        self.engine: Engine | None = None

    def take(self) -> Held | None:
        """Take the campaign's lease and mend what a dead run left; or say who holds it.

        For a carrier whose calls die with this process; else `acquire`, ask the carrier, `mend`.

        Raises:
            StoreError: the database refuses.
        """
        held = self.acquire()
        if held is None:
            self.mend({})
        return held

    def acquire(self) -> Held | None:
        """Take the campaign's lease, or say who holds it.

        Raises:
            StoreError: the database refuses.
        """
        world = self._world
        with world.store.writing() as tx:
            stored_campaigns.upsert(
                tx,
                self.campaign.name,
                client=self.campaign.client,
                scope=self.campaign.scope,
                file_hash=self.campaign.file_hash,
                at=moment(world.clock.now()),
            )
            answer = leases.acquire(
                tx,
                self.campaign.name,
                self.run_id,
                node=world.node,
                ttl=world.lease_seconds,
                wall_now=self._wall_now(),
            )
        if isinstance(answer, Held):
            return answer
        self._token = answer
        self._renewed_at = world.wall()
        return None

    def give_back(self) -> None:
        """Let go of the lease of a run that did not begin."""
        with self._world.store.writing() as tx:
            leases.release(tx, self.campaign.name, self.run_id, self._token, wall_now=self._wall_now())

    def left_behind(self) -> list[LeftCall]:
        """The calls of dead runs that have no end. The lease is held."""
        with self._world.store.reading() as tx:
            return [
                LeftCall(each.call_id, each.number, each.caller_id, each.carrier_ref, seconds(each.placed_at))
                for each in calls.open_attempts(tx, self.campaign.name)
            ]

    def mend(self, fates: Mapping[str, Fate]) -> None:
        """Close what dead runs left open, as the carrier told it, and begin this run.

        Raises:
            LeaseLost: asking the carrier took so long that another run has the campaign now.
        """
        world, now = self._world, self._world.clock.now()
        with world.store.writing() as tx:
            if not leases.holds(tx, self.campaign.name, self.run_id, self._token):
                raise LeaseLost(self.campaign.name)
            self.recovered = recover(tx, self.campaign, now, fates)
            self._expire_callbacks(tx, now)
            runs.start_run(
                tx,
                self.run_id,
                campaign=self.campaign.name,
                node=world.node,
                clock=world.clock_kind,
                at=moment(now),
                seed=self._seed,
            )
        if self.recovered:
            _log.warning(
                "recovered",
                dead_runs=self.recovered.runs,
                lost_attempts=self.recovered.attempts,
                leads=self.recovered.leads,
                talking=len(self.recovered.talking),
            )

    def start(self, desk: Desk, flush_after: float, beat: float = 0.0) -> Driver:
        """Build the floor and begin to listen. Agents who get ready from now on are given calls.

        Args:
            desk: who tells the agents.
            flush_after: s that facts which can be told again may wait for a transaction.
            beat: s between two decisions of the pacer at the least; 0 decides after every event.
        """
        world, campaign = self._world, self.campaign
        policy = pacing_policy(campaign, self._seed or 0)
        with world.store.reading() as tx:
            cap = targets.in_force(tx, campaign.name, campaign.abandonment.max_rate)
            policy = replace(policy, max_abandonment_rate=cap)
            snapshot = health.load_pacer_state(tx, campaign.name)
            self.pacer = make_pacer(policy, None if snapshot is None else snapshot[0])
            if snapshot is not None:
                replay(tx, self.pacer, campaign.name, snapshot[1])
            if not campaign.dialing.detect_machines:
                self.pacer.forgive()  # people taken for machines, if any were lost to that, are so no longer
            now, zone = moment(world.clock.now()), zones.zone(campaign.hours.timezone)
            propensity = learned(tx, campaign.name, now, zone)

        def recycle(result: str, code: str | None, attempts: int, at: float, callback_at: float | None) -> LeadNext:
            chosen = None if code is None else campaign.dispositions[code]
            return after_call(campaign, result, chosen, attempts, at, callback_at)

        self.engine = Engine(engine_config(campaign, self.run_id, beat), self.pacer, recycle, world.rate)
        self._room = DialRoom(campaign, self._gate, self.run_id, world.carrier.name)
        self._hopper = Hopper(campaign, Gate(world.book, MemoryFacts()), self.run_id, propensity)
        self.driver = Driver(
            engine=self.engine,
            store=world.store,
            carrier=world.carrier,
            clock=world.clock,
            desk=desk,
            dial_room=self._room,
            hopper=self._hopper,
            journal=Journal(
                self.run_id,
                campaign.name,
                campaign.client,
                {code: frozenset(each.flags) for code, each in campaign.dispositions.items()},
            ),
            token=self._token,
            flush_after=flush_after,
        )
        self.driver.on_commit = self._save_now_and_then
        self.driver.start()
        if campaign.message is not None:
            self.driver.send(ev.Tick(world.clock.now()))  # no agent's coming sets it going
        return self.driver

    def _gate(self, tx: Reading) -> Gate:
        registries = self._world.registries
        return Gate(self._world.book, StoreFacts(tx, registries, rnd=reassigned(registries)))

    def keep_lease(self) -> None:
        """Renew the lease when a third of its time is over. Call it several times within that.

        Raises:
            LeaseLost: another run has taken over; this one must stop at once.
        """
        now = self._world.wall()
        if now - self._renewed_at < self._world.lease_seconds / 3:
            return
        with self._world.store.writing() as tx:
            kept = leases.renew(
                tx,
                self.campaign.name,
                self.run_id,
                self._token,
                ttl=self._world.lease_seconds,
                wall_now=self._wall_now(),
            )
        if not kept:
            raise LeaseLost(self.campaign.name)
        self._renewed_at = now

    def bring_callbacks(self) -> None:
        """Offer the callbacks whose promised time has come. Call it every few seconds."""
        world, now = self._world, self._world.clock.now()
        assert self.driver is not None
        if now >= self._expired_at + _EXPIRE_EVERY:
            with world.store.writing() as writing:
                self._expire_callbacks(writing, now)
        with world.store.reading() as tx:
            if not hopper.due_callbacks(tx, self.campaign.name, moment(now)):
                return
        with world.store.writing() as writing:
            leads = self._hopper.callbacks(writing, now)
        if leads:
            self.driver.send(ev.CallbacksDue(now, leads))

    def _expire_callbacks(self, tx: Writing, now: float) -> None:
        """Promises that nobody could keep within `agents.callback_expires_hours` are ordinary leads from now on."""
        limit = self.campaign.agents.callback_expires_hours
        why = f"callback not kept within {limit:g} h"
        expired = callbacks.expire(tx, self.campaign.name, moment(now - 3600.0 * limit), why)
        self._expired_at = now
        if expired:
            _log.warning("callbacks_expired", campaign=self.campaign.name, callbacks=expired, after_hours=limit)

    def foresee(self, tx: Reading, phone_id: int, at: float, agent_guaranteed: bool) -> Verdict:
        """What the gate says now of a call to a phone at a later instant."""
        return self._room.foresee(tx, phone_id, moment(at), agent_guaranteed)

    def drain(self, why: str) -> None:
        """Dial no more; live calls finish."""
        assert self.driver is not None
        self.driver.send(ev.DrainRequested(self._world.clock.now(), why))

    def retarget(self, max_rate: float, by: str) -> None:
        """Hold another abandonment cap from now on, and after the next start as well.

        Raises:
            ValueError: it is above what the law allows for this campaign, or no rate at all.
        """
        campaign, now = self.campaign, self._world.clock.now()
        Abandonment.model_validate({**campaign.abandonment.model_dump(), "max_rate": max_rate})
        law = strictest(campaign.scope, (campaign.country,))
        if law is not None and max_rate > law.max_rate:
            raise ValueError(f"{max_rate:g} is above the {law.max_rate:g} of {law.citation}")
        with self._world.store.writing() as tx:
            file_rate = campaign.abandonment.max_rate
            targets.set_target(tx, campaign.name, max_rate=max_rate, file_rate=file_rate, by=by, at=moment(now))
        assert self.driver is not None
        self.pacer.retarget(max_rate)
        self.driver.send(ev.Tick(now))

    @property
    def resting_caller_ids(self) -> tuple[str, ...]:
        """The campaign's caller ids that nobody is shown now."""
        return self._room.resting_caller_ids

    def bars_recorded(self, call_id: str) -> tuple[str, ...]:
        """Codes of the rules that forbid a prerecorded message to the person of a call."""
        room = DialRoom(self.campaign, self._gate, self.run_id, self._world.carrier.name)
        with self._world.store.writing() as tx:
            return room.bars_recorded(tx, outcomes.phone_of_call(tx, call_id), moment(self._world.clock.now()))

    def finish(self, why: str) -> None:
        """Sign everybody out, give unused leads and the lease back, end the run.

        A live call that is still open (a second interrupt) stays so in the store: the next run closes it.
        """
        world = self._world
        now = world.clock.now()
        if self.driver is not None and self.engine is not None:
            for agent in list(self.engine.floor.agents.values()):
                if agent.state is not AgentState.OFFLINE:
                    self.driver.send(ev.AgentGone(now, agent.agent_id, "end of run"))
            self.driver.flush()
        world.carrier.close()
        with world.store.writing() as tx:
            if self.engine is not None:
                health.save_pacer_state(tx, self.campaign.name, self.pacer.to_state(), now)
            hopper.release_run(tx, self.run_id)
            runs.end_run(tx, self.run_id, at=moment(now), why=why)
            leases.release(tx, self.campaign.name, self.run_id, self._token, wall_now=self._wall_now())

    def _save_now_and_then(self, tx: Writing) -> None:
        now = self._world.clock.now()
        if now - self._saved_at >= _SAVE_EVERY[self._world.clock_kind]:
            self._saved_at = now
            health.save_pacer_state(tx, self.campaign.name, self.pacer.to_state(), now)

    def _wall_now(self) -> datetime:
        return datetime.fromtimestamp(self._world.wall(), UTC)
