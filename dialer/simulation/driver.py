"""A driver without a store: the real engine in virtual time, for studies and the digital twin.

Theory of operation. `FloorDriver` is a driver like `dialer.runtime.driver`, of which only the world is left: a
virtual clock, the simulated carrier with its people, the simulated agents, and one engine with its pacer for
each campaign. An event goes into the engine that it concerns, and what the engine asks for is done at once;
every dial is allowed that the lead source has nothing against. The engine cannot tell the difference.
Everything random is a counted draw named after the person or the call, so two policies meet the same people,
and a run is the same on every machine.

Campaigns that share agents. Every engine knows every agent. One who is reserved in one campaign is paused in
the others, and ready there again as soon as they are ready in the first: to a pacer its agents come and go
without warning, which is what sharing them means.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from functools import partial
from math import inf
from typing import Any

from dialer.carriers.port import PlaceRequest
from dialer.carriers.simulated import SimulatedCarrier
from dialer.clock import VirtualClock
from dialer.engine import AgentState, CallState, Engine, EngineConfig
from dialer.engine import commands as cmd
from dialer.engine import events as ev
from dialer.engine.config import Recycle
from dialer.engine.engine import LearningPacer
from dialer.engine.pace import ChoosingPacer
from dialer.pacing import Decision, FloorView, Outcome
from dialer.simulation.agents import SimulatedFloor
from dialer.simulation.leads import LeadSource
from dialer.simulation.measures import AgentMeter, CallMeter

__all__ = ["FloorCampaign", "FloorDriver"]

_IN_CALL = frozenset({AgentState.RESERVED, AgentState.TALKING, AgentState.WRAP_UP})
_CALLER_ID = "+12025550100"


class FloorCampaign:
    """One engine with its pacer, its leads and its figures.

    Args:
        config: of the engine; its `call_prefix` is one letter, the campaign's own.
        recycle: what becomes of a lead after a call.
        leads: whom it calls.
        meter: where what comes of it is added up.
    """

    def __init__(self, config: EngineConfig, recycle: Recycle, leads: LeadSource, meter: CallMeter) -> None:
        self.config = config
        self.leads = leads
        self.meter = meter
        self.wake_at = inf  # the earliest wake that is planned
        self.asked = -inf  # the deadline that the engine asked for last
        self.engine: Engine
        self.pacer: LearningPacer
        self._recycle = recycle

    def begin(self, pacer: LearningPacer) -> None:
        """Take the policy; the engine is ready for events from now on."""
        self.pacer = pacer
        self.engine = Engine(self.config, _Watched(pacer, self.meter), self._recycle)


class _Watched:
    """The pacer as the engine sees it; what the engine tells it is counted on the way."""

    def __init__(self, pacer: LearningPacer, meter: CallMeter) -> None:
        self._decide, self._observe, self._meter = pacer.decide, pacer.observe, meter
        if isinstance(pacer, ChoosingPacer):
            self.choose = pacer.choose

    def decide(self, floor: FloorView) -> Decision:
        self._meter.decisions += 1
        return self._decide(floor)

    def observe(self, outcome: Outcome) -> None:
        self._meter.outcome(outcome)
        self._observe(outcome)


class FloorDriver:
    """Drives one or more campaigns over one carrier and one floor of agents.

    Args:
        clock: virtual.
        carrier: reaches the people.
        campaigns: one, or several that share the agents.
        detect_machines: what every placement asks of the carrier.
    """

    def __init__(
        self, clock: VirtualClock, carrier: SimulatedCarrier, campaigns: list[FloorCampaign], *, detect_machines: bool
    ) -> None:
        self.clock = clock
        self.carrier = carrier
        self.campaigns = campaigns
        self.meter = AgentMeter()
        self.agents: SimulatedFloor
        self._detect_machines = detect_machines
        self._first = campaigns[0]
        self._shared = len(campaigns) > 1
        self._by_prefix = {campaign.config.call_prefix: campaign for campaign in campaigns}
        self._holder: dict[str, FloorCampaign] = {}  # in which campaign's call each agent is
        self._shown: dict[str, AgentState] = {}  # what the desk was told of each agent last
        self._queue: deque[tuple[FloorCampaign, ev.Event]] = deque()
        self._working = False
        self._do: dict[type, Callable[[FloorCampaign, Any], None]] = {
            cmd.Dial: self._dial,
            cmd.Bridge: lambda campaign, c: self.carrier.bridge(c.call_id, c.agent_id),
            cmd.PlayMessage: lambda campaign, c: self.carrier.play_message(c.call_id),
            cmd.HangUp: lambda campaign, c: self.carrier.hang_up(c.call_id),
            cmd.LookUp: lambda campaign, c: self.carrier.look_up(c.call_id),
            cmd.WakeAt: self._plan_wake,
            cmd.FetchLeads: self._fetch,
            cmd.LeadChanged: lambda campaign, c: campaign.leads.changed(c),
            cmd.CallChanged: self._call_changed,
            cmd.AgentChanged: self._share_agent if self._shared else self._agent_changed,
            cmd.CampaignChanged: lambda campaign, c: None,
            cmd.Suppress: lambda campaign, c: None,
            cmd.ReleaseLeads: lambda campaign, c: None,
        }

    def start(self, agents: SimulatedFloor) -> None:
        """Open the carrier and let the agents come to work; they tell `desk_says`."""
        self.agents = agents
        self.carrier.open(self._carrier_says)
        agents.start()

    def tell_all(self, kind: type[ev.CampaignPaused] | type[ev.CampaignResumed], *words: str) -> None:
        """Give every campaign an event of a kind, now."""
        for campaign in self.campaigns:
            self._send(campaign, kind(self.clock.now(), *words))

    def desk_says(self, event: ev.Event) -> None:
        """An agent's desk has something to tell."""
        if not self._shared:
            self._send(self._first, event)
        elif isinstance(event, ev.Dispositioned):
            self._carrier_says(event)
        elif isinstance(event, ev.AgentFinishing):
            self._send(self._holder[event.agent_id], event)
        else:
            for campaign in self.campaigns:
                self._send(campaign, event)

    # ------------------------------------------------------------------ events

    def _carrier_says(self, event: ev.Event) -> None:
        if self._shared:
            self._send(self._by_prefix[event.call_id[0]], event)  # type: ignore[union-attr]
        else:
            self._send(self._first, event)

    def _send(self, campaign: FloorCampaign, event: ev.Event) -> None:
        queue = self._queue
        if self._working:
            queue.append((campaign, event))
            return
        self._working = True
        self._handle(campaign, event)
        while queue:
            self._handle(*queue.popleft())
        self._working = False

    def _handle(self, campaign: FloorCampaign, event: ev.Event) -> None:
        if self._shared and type(event) is ev.AgentReady and self._holder.get(event.agent_id, campaign) is not campaign:
            return  # another campaign was faster
        do = self._do
        for command in campaign.engine.handle(event):
            do[type(command)](campaign, command)

    # ------------------------------------------------------------------ commands

    def _dial(self, campaign: FloorCampaign, dial: cmd.Dial) -> None:
        refused = campaign.leads.refused(dial)
        if refused is not None:
            self._queue.append((campaign, refused))
            return
        campaign.meter.line_taken(dial.at)
        self._handle(campaign, ev.DialAllowed(dial.at, dial.call_id))
        config = campaign.config
        self.carrier.place(
            PlaceRequest(
                dial.call_id, dial.number, _CALLER_ID, config.ring_timeout, config.time_limit, self._detect_machines
            )
        )

    def _call_changed(self, campaign: FloorCampaign, changed: cmd.CallChanged) -> None:
        if changed.disposition is not None:
            campaign.meter.codes[changed.disposition] += 1
        elif changed.state is CallState.ENDED and changed.result is not None:
            campaign.meter.line_freed(changed.at)

    def _fetch(self, campaign: FloorCampaign, fetch: cmd.FetchLeads) -> None:
        self._queue.append((campaign, campaign.leads.offer(fetch.at, fetch.count)))

    def _agent_changed(self, campaign: FloorCampaign, changed: cmd.AgentChanged) -> None:
        self.meter.changed(changed.at, changed.agent_id, changed.state)
        self.agents.notify(changed)

    def _share_agent(self, campaign: FloorCampaign, changed: cmd.AgentChanged) -> None:
        """Keep an agent who is in one campaign's call out of all others."""
        agent_id, state = changed.agent_id, changed.state
        if self._holder.get(agent_id, campaign) is not campaign:
            return  # the echo of what another campaign did
        others = [each for each in self.campaigns if each is not campaign]
        if state is AgentState.RESERVED:
            self._holder[agent_id] = campaign
            for other in others:  # before anything else that happens
                self._queue.appendleft((other, ev.AgentPaused(changed.at, agent_id, "in another campaign")))
        elif state not in _IN_CALL and self._holder.pop(agent_id, None) is not None and state is AgentState.READY:
            for other in others:
                self._queue.append((other, ev.AgentReady(changed.at, agent_id)))
        if self._shown.get(agent_id) is not state:
            self._shown[agent_id] = state
            self._agent_changed(campaign, changed)

    # ------------------------------------------------------------------ time

    def _plan_wake(self, campaign: FloorCampaign, wake: cmd.WakeAt) -> None:
        campaign.asked = wake.at
        if wake.at < campaign.wake_at:
            campaign.wake_at = wake.at
            self.clock.call_at(wake.at, partial(self._wake, campaign, wake.at))

    def _wake(self, campaign: FloorCampaign, at: float) -> None:
        if at != campaign.wake_at:
            return  # an earlier one was planned since
        campaign.wake_at = inf
        self._send(campaign, ev.Tick(self.clock.now()))
        # The engine asks once for each deadline; one asked for while an earlier wake was planned is planned now.
        if self.clock.now() < campaign.asked < campaign.wake_at:
            self._plan_wake(campaign, cmd.WakeAt(campaign.asked))
