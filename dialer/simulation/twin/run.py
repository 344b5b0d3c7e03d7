"""One what-if of the twin: the engine over the campaign's world with so many agents, a cap and a policy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from campaigns.recycle import LeadNext, after_call
from dialer.clock import VirtualClock
from dialer.engine import events as ev
from dialer.engine.engine import LearningPacer
from dialer.pacing import PacingPolicy, make_pacer
from dialer.runtime.session import engine_config, pacing_policy
from dialer.simulation.agents import AgentProfile, SimulatedFloor
from dialer.simulation.baselines import Issabel, Vicidial
from dialer.simulation.build import make_carrier
from dialer.simulation.driver import FloorCampaign, FloorDriver
from dialer.simulation.leads import EndlessLeads, LeadSource
from dialer.simulation.measures import CallMeter, Evidence, Measures, measures_of
from dialer.simulation.twin.leads import ListedLeads
from dialer.simulation.twin.world import TwinList, TwinWorld, agents_of

__all__ = ["CAPPED", "POLICIES", "Outcome", "WhatIf", "policy_words", "run_what_if"]

#: What `--policy` may say; `ratio:X` dials X lines per ready agent.
POLICIES = ("predictive", "progressive", "ratio:X", "vicidial", "issabel")
#: Those that keep to the cap on abandonment.
CAPPED = ("predictive", "ratio")

_REPORT_EVERY = 600.0


@dataclass(frozen=True, slots=True)
class WhatIf:
    """What is asked.

    Attributes:
        agents: how many work; None: those of the day that is replayed.
        max_rate: the cap on abandonment, a fraction.
        policy: one of `POLICIES`.
        greeting: s that the clock may start after the answer; None: as the campaign has it.
        release: whether ringing calls may be let go; None: as the campaign has it.
    """

    agents: int | None
    max_rate: float
    policy: str = "predictive"
    greeting: float | None = None
    release: bool | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it.

    Attributes:
        what_if: the question.
        measures: the floor's figures.
        hours: open hours that were simulated.
        first_pass: open hours until every untried lead was called once, reckoned on where the time was too short;
            None where the list does not count or nothing was untried.
        done_after: open hours until no lead was left, or None.
        untried_left: leads never called.
        leads_left: leads that may still be called.
        codes: how often agents chose each disposition.
    """

    what_if: WhatIf
    measures: Measures
    hours: float
    first_pass: float | None
    done_after: float | None
    untried_left: int | None
    leads_left: int | None
    codes: dict[str, int]


def policy_words(text: str) -> tuple[str, float]:
    """Read a policy: its name, and the lines per agent of a ratio (else 1).

    Raises:
        ValueError: it is none of `POLICIES`.
    """
    name, _, lines = text.partition(":")
    if name == "ratio" and lines:
        try:
            ratio = float(lines)
        except ValueError:
            ratio = 0.0
        if 0.0 < ratio <= 100.0:
            return name, ratio
    elif text in POLICIES:
        return text, 1.0
    raise ValueError(f"{text!r} is no policy; use {', '.join(POLICIES)}")


def run_what_if(
    world: TwinWorld,
    what_if: WhatIf,
    listed: TwinList | None,
    agents: Sequence[AgentProfile] | None = None,
    *,
    closing: float = 60.0,
    until: float | None = None,
    progress: Callable[[float], None] | None = None,
) -> Outcome:
    """Run the world once.

    Args:
        world: people, agents' habits, hours.
        what_if: what is asked of it.
        listed: the list; None: people without end, all alike (a replay).
        agents: who works when; by default `what_if.agents` in all windows.
        until: where to end; by default with the last window.
        closing: s before the end of a window at which dialing stops, so that no call is left to nobody.
        progress: told now and then which share of the time is over.
    """
    campaign, settings = world.campaign, world.settings
    start = world.windows[0][0]
    end = world.windows[-1][1] if until is None else until
    name, lines = policy_words(what_if.policy)
    own = pacing_policy(campaign, settings.seed)
    policy = replace(
        own,
        mode=name if name in ("predictive", "progressive", "ratio") else "predictive",  # type: ignore[arg-type]
        max_abandonment_rate=what_if.max_rate,
        greeting=own.greeting if what_if.greeting is None else what_if.greeting,
        release_ringing=own.release_ringing if what_if.release is None else what_if.release,
        lines_per_agent=lines if name == "ratio" else own.lines_per_agent,
    )
    team = list(agents) if agents is not None else agents_of(world, what_if.agents or settings.agents)
    config = replace(engine_config(campaign, "a", _beat(len(team))), greeting=policy.greeting, wrap_up_limit=36_000.0)
    leads: LeadSource = EndlessLeads() if listed is None else ListedLeads(campaign, listed.leads(), listed.openings)

    def recycle(result: str, code: str | None, attempts: int, at: float, callback_at: float | None) -> LeadNext:
        return after_call(campaign, result, campaign.dispositions.get(code or ""), attempts, at, callback_at)

    meter = CallMeter(start, policy.period_seconds, policy.max_abandonment_rate)
    floor_campaign = FloorCampaign(config, recycle, leads, meter)
    floor_campaign.begin(_pacer(name, policy, end))
    clock = VirtualClock(start)
    evidence = Evidence(policy.allowed_wait)
    carrier = make_carrier(settings, clock, start, world.people, evidence)
    driver = FloorDriver(clock, carrier, [floor_campaign], detect_machines=campaign.dialing.detect_machines)
    driver.start(
        SimulatedFloor(
            clock,
            driver.desk_says,
            team,
            settings.seed,
            hang_up=carrier.hang_up,
            person_hangs_up=carrier.person_hangs_up,
            attempt_of=carrier.attempt_of,
            hears=carrier.who_answers,
            drop=carrier.drop_agent,
            habits=world.habits,
        )
    )
    driver.tell_all(ev.CampaignPaused, "not begun")
    for begins, closes in world.windows:
        clock.call_at(begins, partial(driver.tell_all, ev.CampaignResumed))
        clock.call_at(max(begins, closes - closing), partial(driver.tell_all, ev.CampaignPaused, "the day ends"))
    passed_at = _run(driver, leads, end, progress)
    now = clock.now()
    driver.meter.close(now)
    meter.close()
    open_for = _open_seconds(world, now)
    measures = measures_of(driver.meter, [meter], evidence, policy.max_abandonment_rate, max(open_for, 1.0))
    return _outcome(world, what_if, measures, leads, listed, dict(meter.codes), now, passed_at)


def _run(driver: FloorDriver, leads: LeadSource, end: float, progress: Callable[[float], None] | None) -> float | None:
    """Run to the end, or until no lead is left; give the instant at which every lead had been called once."""
    clock, start = driver.clock, driver.clock.now()
    listed = leads if isinstance(leads, ListedLeads) else None
    passed_at: float | None = None
    while clock.now() < end:
        clock.run(min(end, clock.now() + 60.0))
        if listed is not None and passed_at is None and not listed.untried:
            passed_at = clock.now()
        if progress is not None and (clock.now() - start) % _REPORT_EVERY < 60.0:
            progress((clock.now() - start) / (end - start))
        if listed is not None and not listed.left:
            break
    return passed_at


def _outcome(
    world: TwinWorld,
    what_if: WhatIf,
    measures: Measures,
    leads: LeadSource,
    listed: TwinList | None,
    codes: dict[str, int],
    now: float,
    passed_at: float | None,
) -> Outcome:
    hours = _open_seconds(world, now) / 3600.0
    if listed is None or not isinstance(leads, ListedLeads):
        return Outcome(what_if, measures, hours, None, None, None, None, codes)
    first_pass: float | None = None
    called = listed.untried - leads.untried
    if passed_at is not None and listed.untried:
        first_pass = _open_seconds(world, passed_at) / 3600.0
    elif called:
        first_pass = hours * listed.untried / called
    done_after = hours if not leads.left else None
    return Outcome(what_if, measures, hours, first_pass, done_after, leads.untried, leads.left, codes)


def _open_seconds(world: TwinWorld, until: float) -> float:
    return sum(max(0.0, min(end, until) - begin) for begin, end in world.windows)


def _pacer(name: str, policy: PacingPolicy, closes: float) -> LearningPacer:
    if name == "vicidial":
        return Vicidial(closes=closes % 86_400.0)
    if name == "issabel":
        return Issabel()
    return make_pacer(policy)


def _beat(agents: int) -> float:
    return 0.0 if agents <= 30 else 0.25 if agents <= 200 else 0.5
