"""The floors that pacing is judged on: the reference floor of `docs/pacing`, and floors that do not keep still."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import time

from dialer.simulation.scenario import OPENS, Levers, Scenario
from dialer.simulation.settings import FaultSettings, Outage, Regime, SimulationSettings

__all__ = ["ALL_LEVERS", "LEARNED_LEVERS", "NO_LEVERS", "UNSTEADY", "reference", "unsteady"]

#: Counting only: no release, the clock starts at the answer, nobody announces anything.
NO_LEVERS = Levers()
#: Levers 1 to 3 with an error-free announcement 10 s ahead, as in the table of `docs/pacing`.
ALL_LEVERS = Levers(release=True, greeting=1.5, finishing_ahead=10.0)
#: Levers 1 to 3 as a real desk has them: the announced time is off by 30 % (coefficient of variation).
LEARNED_LEVERS = Levers(release=True, greeting=1.5, finishing_ahead=10.0, finishing_error=0.3)


def reference(agents: int, answer_rate: float, *, seed: int = 1, levers: Levers = NO_LEVERS) -> Scenario:
    """Give the stationary reference floor: nothing changes, nobody breaks, the carrier is faultless."""
    settings = SimulationSettings.reference(agents, answer_rate, seed)
    return Scenario(f"reference N={agents} p={answer_rate:g}", settings, levers=levers)


Change = Callable[[Scenario], Scenario]


def _settings(changes: Callable[[float], dict[str, object]]) -> Change:
    """Change the settings of a floor; the changes are told how many hours a day has."""

    def change(scenario: Scenario) -> Scenario:
        settings = SimulationSettings.model_validate(scenario.settings.model_dump() | changes(scenario.hours))
        return replace(scenario, settings=settings)

    return change


def _first_hundred(scenario: Scenario) -> Scenario:
    """Let the campaign last until about 100 calls are dialed: 1.5 lines per agent over 25 s of ringing each."""
    hours = max(0.05, 100 * 25.0 / (1.5 * scenario.agents) / 3600.0)
    return replace(scenario, hours=hours, closing=0.0)


def _noon(hours: float) -> dict[str, object]:
    """Half of the agents take a break of a sixteenth of the day in its middle."""
    minutes = OPENS / 60.0 + 30.0 * hours
    return {
        "break_share": 0.5,
        "break_start": time(int(minutes // 60), int(minutes % 60)),
        "break_minutes": 60.0 * hours / 16.0,
    }


#: Floors that do not keep still, by name; each makes one out of a reference floor.
UNSTEADY: dict[str, Change] = {
    "swing ±60 % over 2 h": _settings(lambda hours: {"swing": 0.6, "swing_hours": 2.0}),
    "jump 10 % to 45 %": _settings(
        lambda hours: {"answer_rate": 0.1, "regimes": (Regime(after_hours=3 / 8 * hours, factor=4.5),)}
    ),
    "half break at noon": _settings(_noon),
    "handle time doubles": _settings(lambda hours: {"handle_regimes": (Regime(after_hours=hours / 2.0, factor=2.0),)}),
    "reports 1 to 2 s late": _settings(lambda hours: {"faults": FaultSettings(slow_signals=(1.0, 2.0))}),
    "5 % of callbacks lost": _settings(lambda hours: {"faults": FaultSettings(lost=0.05)}),
    "carrier out for a minute": _settings(
        lambda hours: {"faults": FaultSettings(outages=(Outage(after_hours=3 / 8 * hours, seconds=60.0),))}
    ),
    "first 100 calls": _first_hundred,
    "heavy-tailed talk": _settings(lambda hours: {"talk_law": "pareto"}),
    "AMD, 1 % of people lost": _settings(lambda hours: {"mistaken_for_machine": 0.01}),
    "two campaigns, shared agents": lambda scenario: replace(scenario, campaigns=2),
}


def unsteady(name: str, agents: int, answer_rate: float, *, seed: int = 1, hours: float = 8.0) -> Scenario:
    """Give one day of a floor that does not keep still; a shorter day is the same one in brief.

    Raises:
        KeyError: there is none of that name.
    """
    changed = UNSTEADY[name](reference(agents, answer_rate, seed=seed).lasting(1, hours))
    return replace(changed, name=f"{name}, N={agents} p={changed.settings.answer_rate:g}")
