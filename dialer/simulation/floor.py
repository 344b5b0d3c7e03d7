"""The fast path of pacing studies: a scenario under a policy, without a store and without the law's gate."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from campaigns.recycle import LeadNext
from dialer.carriers.simulated.distributions import Constant
from dialer.clock import VirtualClock
from dialer.engine import EngineConfig
from dialer.engine import events as ev
from dialer.engine.engine import LearningPacer
from dialer.pacing import PacingPolicy
from dialer.simulation.agents import SimulatedFloor
from dialer.simulation.build import make_agents, make_carrier, make_habits, make_people
from dialer.simulation.driver import FloorCampaign, FloorDriver
from dialer.simulation.leads import EndlessLeads
from dialer.simulation.measures import CallMeter, Evidence, Measures, Trace, measures_of
from dialer.simulation.scenario import DAY, OPENS, Scenario

__all__ = ["FloorRun", "MakePacer", "run_floor"]

_DISPOSITIONS = {"TALKED": frozenset({"contact"}), "MACHINE": frozenset({"machine"})}
_DONE = LeadNext("done", None, "called")
_TIME_LIMIT = 36_000.0

#: Makes the pacer that is studied, for one campaign of a run; most need no more than the policy.
MakePacer = Callable[[PacingPolicy, FloorCampaign, "FloorRun"], LearningPacer]


class FloorRun(FloorDriver):
    """One scenario under one policy.

    Args:
        scenario: the floor.
        policy: the pacing settings, for pacer and engine alike.
        make: makes each campaign's pacer.
        trace: filled minute by minute, when given.
    """

    def __init__(self, scenario: Scenario, policy: PacingPolicy, make: MakePacer, trace: Trace | None = None) -> None:
        self.scenario = scenario
        self.policy = policy
        self.settings = settings = scenario.world
        delay = Constant(0.0) if scenario.instant else None
        clock = VirtualClock(OPENS)
        self.people = make_people(settings, OPENS, ring_delay=delay)
        self.evidence = Evidence(policy.allowed_wait)
        carrier = make_carrier(settings, clock, OPENS, self.people, self.evidence, place_delay=delay)
        super().__init__(
            clock,
            carrier,
            [self._campaign(index) for index in range(scenario.campaigns)],
            detect_machines=settings.screens_machines,
        )
        for campaign in self.campaigns:
            campaign.begin(make(policy, campaign, self))
        self._trace = trace

    def _campaign(self, index: int) -> FloorCampaign:
        scenario, policy = self.scenario, self.policy
        config = EngineConfig(
            lines=scenario.lines,
            calls_per_second=scenario.calls_per_second,
            connect_within=policy.connect_within,
            greeting=policy.greeting,
            message_lead=0.0 if scenario.instant else 0.1,
            min_ring=policy.min_ring,
            ring_timeout=policy.ring_timeout,
            time_limit=_TIME_LIMIT,
            wrap_up_limit=_TIME_LIMIT,
            beat=scenario.pace,
            call_prefix=chr(ord("a") + index),
            dispositions=_DISPOSITIONS,
        )
        known = self.people if scenario.levers.lead_estimates else None
        meter = CallMeter(OPENS, policy.period_seconds, policy.max_abandonment_rate)
        return FloorCampaign(config, lambda *call: _DONE, EndlessLeads(f"person-{index}", known), meter)

    def run(self) -> Measures:
        """Run all working days and give the figures."""
        scenario, clock = self.scenario, self.clock
        self.start(
            SimulatedFloor(
                clock,
                self.desk_says,
                make_agents(self.settings, OPENS, scenario.end),
                self.settings.seed,
                hang_up=self.carrier.hang_up,
                person_hangs_up=self.carrier.person_hangs_up,
                attempt_of=self.carrier.attempt_of,
                hears=self.carrier.who_answers,
                drop=self.carrier.drop_agent,
                habits=make_habits(self.settings, OPENS, _DISPOSITIONS),
            )
        )
        for day in range(scenario.days):
            opens = OPENS + day * DAY
            closes = opens + scenario.hours * 3600.0
            clock.call_at(closes - scenario.closing, partial(self.tell_all, ev.CampaignPaused, "the day ends"))
            clock.call_at(opens + DAY, partial(self.tell_all, ev.CampaignResumed))
        if self._trace is not None:
            clock.call_at(OPENS, self._look)
        clock.run(scenario.end)
        self.meter.close(scenario.end)
        for campaign in self.campaigns:
            campaign.meter.close()
        return measures_of(
            self.meter,
            [campaign.meter for campaign in self.campaigns],
            self.evidence,
            self.policy.max_abandonment_rate,
            scenario.days * (scenario.hours * 3600.0 - scenario.closing),
        )

    def _look(self) -> None:
        """Enter a point of the trace and plan the next."""
        assert self._trace is not None
        now = self.clock.now()
        self.meter.close(now)
        self._trace.add(now, self.meter, [each.meter for each in self.campaigns], self.people.answer_rate_at(now))
        self.clock.call_at(now + self._trace.every, self._look)


def run_floor(scenario: Scenario, policy: PacingPolicy, make: MakePacer, trace: Trace | None = None) -> Measures:
    """Run one scenario under one policy and give its figures."""
    return FloorRun(scenario, policy, make, trace).run()
