"""From settings to the moving parts: people, carrier, agents' hours, floor.

`start` and `end` bound the run, seconds since the epoch; hours in the settings count from `start`, times of
day are of the settings' zone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta

from dialer.carriers.simulated.carrier import SimulatedCarrier
from dialer.carriers.simulated.distributions import Clipped, Distribution, Lognormal, Pareto, Shifted, Uniform
from dialer.carriers.simulated.draws import Stream
from dialer.carriers.simulated.encounter import FarEnd
from dialer.carriers.simulated.faults import Faults
from dialer.carriers.simulated.record import CarrierRecord
from dialer.clock import Clock
from dialer.engine.events import Event
from dialer.simulation.agents import AgentProfile, Habits, SimulatedFloor
from dialer.simulation.dispositions import choices
from dialer.simulation.people import Manners, NotReached, People, Swing, wall_clock
from dialer.simulation.settings import Regime, SimulationSettings

__all__ = ["make_agents", "make_carrier", "make_faults", "make_floor", "make_habits", "make_people"]

_HOUR = 3600.0


def make_people(settings: SimulationSettings, start: float, ring_delay: Distribution | None = None) -> People:
    """Return everybody who can be called; `ring_delay` is the time from the carrier's acceptance to the first ring."""
    manners = Manners() if ring_delay is None else Manners(ring_delay=ring_delay)
    return People(
        settings.seed,
        settings.answer_rate,
        zone=settings.zone,
        by_hour=settings.by_hour,
        lead_spread=settings.lead_spread,
        regimes=_instants(settings.regimes, start),
        swing=Swing(settings.swing, settings.swing_hours * _HOUR, start) if settings.swing > 0.0 else None,
        cap=settings.answer_cap,
        not_reached=NotReached(settings.machine_share, settings.fax_share, settings.unreachable_share),
        manners=replace(
            manners,
            ring=Shifted(1.0, Lognormal(settings.ring_mean, settings.ring_cv)),
            patience=Lognormal(settings.patience_mean, settings.patience_cv),
            opts_out=settings.opts_out_of_message,
            leaves_message=settings.leaves_message,
            asks_agent=settings.asks_agent,
            leaves_talk=settings.leaves_talk,
        ),
    )


def make_faults(settings: SimulationSettings, start: float) -> Faults:
    """Return what the carrier does wrong."""
    faults = settings.faults
    spans = {
        kind: tuple(
            (start + outage.after_hours * _HOUR, start + outage.after_hours * _HOUR + outage.seconds)
            for outage in faults.outages
            if outage.kind == kind
        )
        for kind in ("unreachable", "account")
    }
    return Faults(
        seed=settings.seed,
        lost=faults.lost,
        duplicated=faults.duplicated,
        late=faults.late,
        reordered=faults.reordered,
        unknown=faults.unknown,
        slow_signals=faults.slow_signals,
        outages=spans["unreachable"],
        account_down=spans["account"],
    )


def make_carrier(
    settings: SimulationSettings,
    clock: Clock,
    start: float,
    people: FarEnd | None = None,
    record: CarrierRecord | None = None,
    place_delay: Distribution | None = None,
) -> SimulatedCarrier:
    """Return the carrier, reaching `people` (by default those of the settings); it takes calls after `place_delay`."""
    return SimulatedCarrier(
        clock,
        people or make_people(settings, start),
        faults=make_faults(settings, start),
        lines=settings.lines,
        calls_per_second=settings.calls_per_second,
        screens_machines=settings.screens_machines,
        detection=settings.detection,
        mistaken_for_machine=settings.mistaken_for_machine,
        mistaken_for_person=settings.mistaken_for_person,
        message_seconds=settings.message_seconds,
        place_delay=place_delay,
        bridge_delay=Uniform(*settings.bridge_delay),
        record=record,
        seed=settings.seed,
    )


def make_agents(
    settings: SimulationSettings, start: float, end: float, names: Sequence[str] | None = None
) -> list[AgentProfile]:
    """Return the agents with their shifts and breaks between `start` and `end`.

    They are called `agent-001` and so on, unless `names` says otherwise.
    """
    names = names or [f"agent-{number:03}" for number in range(1, settings.agents + 1)]
    stream = Stream(settings.seed, "agents/profiles")
    fates = {name: stream.draws(name) for name in names}
    resting = set(sorted(names, key=lambda name: fates[name][0])[: round(settings.break_share * len(names))])
    pace = Lognormal(1.0, settings.pace_cv)
    if settings.shift_start is not None and settings.shift_end is not None:
        opens = _daily(settings, settings.shift_start, start, end)
        closes = _daily(settings, settings.shift_end, start, end)
        hours = list(zip(opens, closes, strict=True))
    else:
        hours = [(start, end)]
    rests = _daily(settings, settings.break_start, start, end) if settings.break_minutes > 0.0 else []
    profiles = []
    for name in names:
        late = fates[name][1] * settings.sign_in_spread
        shifts = [(max(begin, start) + late, min(close, end)) for begin, close in hours]
        profiles.append(
            AgentProfile(
                name,
                tuple((begin, close) for begin, close in shifts if begin < close),
                tuple((at, settings.break_minutes * 60.0) for at in rests) if name in resting else (),
                pace.quantile(fates[name][2]),
            )
        )
    return profiles


def make_habits(settings: SimulationSettings, start: float, dispositions: Mapping[str, frozenset[str]]) -> Habits:
    """Return how the agents work; `dispositions` are the campaign's codes with their flags."""
    talk: Distribution = (
        Lognormal(settings.talk_mean, settings.talk_cv)
        if settings.talk_law == "lognormal"
        else Pareto(settings.talk_mean)
    )
    chosen = choices(dispositions, settings.outcomes)
    return Habits(
        talk=Clipped(talk, 2.0, max(3600.0, 10.0 * settings.talk_mean)),
        wrap_up=Clipped(Lognormal(settings.wrap_up_mean, settings.wrap_up_cv), 1.0, 40.0 * settings.wrap_up_mean),
        machine_talk=Uniform(0.6 * settings.machine_talk, 1.4 * settings.machine_talk),
        finishing_ahead=settings.finishing_ahead,
        finishing_error=settings.finishing_error,
        dispositions=chosen.weights,
        callback_codes=chosen.callback_codes,
        machine_code=chosen.machine_code,
        handle_regimes=_instants(settings.handle_regimes, start),
        loss=settings.agent_loss,
        loss_return=settings.agent_loss_return,
    )


def make_floor(
    settings: SimulationSettings,
    clock: Clock,
    carrier: SimulatedCarrier,
    send: Callable[[Event], object],
    *,
    start: float,
    end: float,
    dispositions: Mapping[str, frozenset[str]],
    names: Sequence[str] | None = None,
) -> SimulatedFloor:
    """Return the agents' side, at the same carrier; `start()` it when the driver is ready for events."""
    return SimulatedFloor(
        clock,
        send,
        make_agents(settings, start, end, names),
        settings.seed,
        hang_up=carrier.hang_up,
        person_hangs_up=carrier.person_hangs_up,
        attempt_of=carrier.attempt_of,
        hears=carrier.who_answers,
        drop=carrier.drop_agent,
        habits=make_habits(settings, start, dispositions),
    )


def _instants(regimes: Sequence[Regime], start: float) -> tuple[tuple[float, float], ...]:
    return tuple(sorted((start + regime.after_hours * _HOUR, regime.factor) for regime in regimes))


def _daily(settings: SimulationSettings, of_day: time, start: float, end: float) -> list[float]:
    """The instants of a time of day on every local day that the run touches."""
    zone = wall_clock(settings.zone)
    day = datetime.fromtimestamp(start, zone).date()
    last = datetime.fromtimestamp(end, zone).date()
    instants = []
    while day <= last:
        instants.append(datetime.combine(day, of_day, zone).timestamp())
        day += timedelta(days=1)
    return instants
