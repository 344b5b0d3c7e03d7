"""What a pacing study simulates: a world, its limits and its working days.

A scenario says nothing of the policy that paces it, so that every policy can be given the same one.
Working days run from `OPENS` on, in UTC; the nights between them cost nothing to simulate.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Self

from dialer.simulation.settings import SimulationSettings

__all__ = ["DAY", "OPENS", "Levers", "Scenario"]

#: Seconds in a day.
DAY = 86_400.0
#: The instant at which the first working day opens: 08:00 UTC of the epoch's first day.
OPENS = 8 * 3600.0


@dataclass(frozen=True, slots=True)
class Levers:
    """What a policy may use beyond counting: the levers of `docs/pacing`.

    Attributes:
        release: calls that rang at least 15 s may be let go (lever 1).
        greeting: s from the answer to the end of the person's greeting, where the law's clock starts (lever 2).
        finishing_ahead: s ahead that the desk announces the end of a call; None: never (lever 3).
        finishing_error: coefficient of variation of the announced time; 0: exact.
        lead_estimates: every lead comes with its own answer probability (lever 4).
    """

    release: bool = False
    greeting: float = 0.0
    finishing_ahead: float | None = None
    finishing_error: float = 0.0
    lead_estimates: bool = False


@dataclass(frozen=True, slots=True)
class Scenario:
    """A floor for pacing studies.

    Attributes:
        name: for tables.
        settings: people, carrier and agents. The shifts are those of `hours` and `days`, and what the desk
            announces is said by `levers`.
        hours: length of a working day, h (under 16).
        days: working days, one after the other.
        levers: what the policy may use.
        lines: calls at once that the engine is allowed.
        calls_per_second: the carrier account's rate.
        closing: s before the end of a day at which dialing stops, so that no call is left to nobody.
        instant: nothing lies between dialing and ringing, nor between a join and hearing (the reference
            floor); else the carrier takes 0.05 to 0.15 s to place and 0.1 to 0.3 s to ring.
        beat: s between two decisions at the least; None: 0 up to 30 agents, 0.25 s up to 200, else 0.5 s.
        campaigns: how many campaigns share the agents, each with a list and a pacer of its own.
    """

    name: str
    settings: SimulationSettings
    hours: float = 8.0
    days: int = 1
    levers: Levers = Levers()
    lines: int = 100_000
    calls_per_second: float = 1e6
    closing: float = 60.0
    instant: bool = True
    beat: float | None = None
    campaigns: int = 1

    def __post_init__(self) -> None:
        if not 0.0 < self.hours < 16.0:
            raise ValueError(f"hours must be above 0 and under 16, got {self.hours!r}")
        if self.days < 1 or self.campaigns < 1:
            raise ValueError(f"days and campaigns must be at least 1, got {self.days!r} and {self.campaigns!r}")
        if not 0.0 <= self.closing < self.hours * 3600.0:
            raise ValueError(f"closing must lie within the day, got {self.closing!r}")

    @property
    def agents(self) -> int:
        """Agents of the floor."""
        return self.settings.agents

    @property
    def world(self) -> SimulationSettings:
        """The settings, with the agents' shifts, and the desk announcing ends as the levers say."""
        opens = datetime.fromtimestamp(OPENS, UTC)
        changes = {
            "shift_start": opens.time(),
            "shift_end": (opens + timedelta(hours=self.hours)).time(),
            "finishing_ahead": self.levers.finishing_ahead,
            "finishing_error": self.levers.finishing_error,
        }
        return self.settings.model_copy(update=changes)

    @property
    def pace(self) -> float:
        """The engine's beat in seconds."""
        if self.beat is not None:
            return self.beat
        return 0.0 if self.agents <= 30 else 0.25 if self.agents <= 200 else 0.5

    @property
    def end(self) -> float:
        """When the last working day ends."""
        return OPENS + (self.days - 1) * DAY + self.hours * 3600.0

    def with_levers(self, levers: Levers) -> Self:
        """The same floor where a policy may use `levers`."""
        return replace(self, levers=levers)

    def lasting(self, days: int, hours: float | None = None) -> Self:
        """The same floor over another time."""
        return replace(self, days=days, hours=self.hours if hours is None else hours)

    def seeded(self, seed: int) -> Self:
        """The same floor with other people and other draws of everything."""
        return replace(self, settings=self.settings.model_copy(update={"seed": seed}))
