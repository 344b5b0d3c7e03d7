"""How full the floor was: agents and lines, looked at every two seconds, kept for the last hours in memory.

Occupancy is a share of time, and so the share of the looks in which an agent was busy: 450 looks in fifteen minutes.
Nothing is read for it, and after a restart it begins anew.
"""

from __future__ import annotations

from collections import Counter, deque
from dataclasses import dataclass, field

from dialer.engine import AgentState, Engine

__all__ = ["Sample", "Samples"]

_EVERY, _MINUTE = 2.0, 60.0
_OCCUPANCY, _KEPT = round(15 * _MINUTE / _EVERY), 12 * 60
_AWAY = frozenset({AgentState.OFFLINE, AgentState.PAUSED})


@dataclass(frozen=True, slots=True)
class Sample:
    """One look at one campaign: agents at work (all but those paused), of them ready, and lines in use."""

    at: float
    agents: int
    ready: int
    lines: int


@dataclass(slots=True)
class _Kept:
    short: deque[Sample] = field(default_factory=lambda: deque(maxlen=_OCCUPANCY))
    minutes: deque[Sample] = field(default_factory=lambda: deque(maxlen=_KEPT))


class Samples:
    """The looks at all campaigns of a floor."""

    def __init__(self) -> None:
        self._kept: dict[str, _Kept] = {}

    def look(self, name: str, engine: Engine, at: float) -> None:
        """Look at a campaign, if the last look was long enough ago."""
        kept = self._kept.setdefault(name, _Kept())
        if kept.short and at < kept.short[-1].at + _EVERY:
            return
        states = Counter(agent.state for agent in engine.floor.agents.values())
        agents = sum(count for state, count in states.items() if state not in _AWAY)
        sample = Sample(at, agents, states[AgentState.READY], len(engine.floor.calls))
        kept.short.append(sample)
        if not kept.minutes or at >= kept.minutes[-1].at + _MINUTE:
            kept.minutes.append(sample)

    def occupancy(self, name: str) -> float | None:
        """Busy over busy and ready time of the last fifteen minutes; None when nobody was either."""
        looks = self._kept[name].short if name in self._kept else ()
        agents = sum(each.agents for each in looks)
        return 1.0 - sum(each.ready for each in looks) / agents if agents else None

    def minutes(self, name: str) -> tuple[Sample, ...]:
        """One look a minute of the last twelve hours, oldest first."""
        return tuple(self._kept[name].minutes) if name in self._kept else ()
