"""VICIdial's adaptive dialing, from its documented behaviour as `docs/pacing` states it.

Every 15 s:  level <- level * (1 + mean over the last 15 s of (ready - waiting) / agents), within [1, maximum].
When more than 50 calls were made today and today's drop rate is over the target:
    HARD_LIMIT  level <- 1
    AVERAGE     level <- level / 2
    TAPERED     level <- level * (hours left) / 10, from times of day written HHMM: (1700 - 1630) / 100 = 0.7 h
When over half of more than 20 calls of the last minute were dropped: level <- level / 2.
Every 2.5 s: dial round(level * agents) - (in flight + waiting + talking), where agents are the ready and the
talking; with "available only" (the second tally) dial round(level * ready + talking) - the same.

Today's counters restart at midnight. The drop rate is of live answers: drops / (served + drops). The sum of
the last 15 s is sampled once a second at most. The level after all adjustments lies within its bounds.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import Literal

from dialer.pacing import CallAbandoned, CallResolved, CallServed, FloorView
from dialer.simulation.baselines.port import Baseline, Census, half_up

__all__ = ["DEFAULTS", "Tuning", "Vicidial", "tunings"]

Mode = Literal["HARD_LIMIT", "AVERAGE", "TAPERED"]

MODES: tuple[Mode, ...] = ("HARD_LIMIT", "AVERAGE", "TAPERED")
#: 13 maximum levels, from hardly above 1:1 to more than any floor of `docs/pacing` needs.
MAXIMUM_LEVELS = (1.2, 1.4, 1.6, 1.8, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 12.0, 18.0)
TARGETS = (0.015, 0.03)

_ADAPT_EVERY, _DIAL_EVERY, _SAMPLE_EVERY = 15.0, 2.5, 1.0
_DAY, _MINUTE = 86_400.0, 60.0
_EPSILON = 1e-6


@dataclass(frozen=True, slots=True)
class Tuning:
    """What an administrator sets.

    Attributes:
        mode: what happens when the target is passed.
        maximum: the highest level.
        target: the drop rate that is aimed at, a fraction.
        available_only: the second tally: only ready agents are multiplied.
    """

    mode: Mode = "AVERAGE"
    maximum: float = 3.0
    target: float = 0.03
    available_only: bool = False

    def __str__(self) -> str:
        tally = "ready" if self.available_only else "all"
        return f"{self.mode} max {self.maximum:g} target {100 * self.target:g} % {tally}"


#: As installed: AVERAGE, at most 3 lines per agent, 3 %, all agents counted.
DEFAULTS = Tuning()


def tunings() -> Iterator[Tuning]:
    """Give the grid of hindsight: 3 modes, 13 maximum levels, 2 targets, 2 tallies: 156 tunings."""
    for mode, maximum, target, available_only in product(MODES, MAXIMUM_LEVELS, TARGETS, (False, True)):
        yield Tuning(mode, maximum, target, available_only)


class Vicidial(Baseline):
    """Adaptive dialing.

    Args:
        tuning: what the administrator set.
        closes: when the day ends, s after midnight (for TAPERED).
    """

    def __init__(self, tuning: Tuning = DEFAULTS, closes: float = 16 * 3600.0) -> None:
        self.tuning = tuning
        self.name = f"VICIdial {tuning}"
        self.level = 1.0
        self._closes = closes
        self._samples: list[float] = []
        self._sampled_at = self._adapted_at = self._dialed_at = -math.inf
        self._day = -1
        self.calls_today = self.answers_today = self.drops_today = 0
        self._minute: deque[tuple[float, bool]] = deque()  # calls that came to a result lately, and whether dropped

    def wanted(self, floor: FloorView) -> int:
        """Sample, adapt and dial, each in its own rhythm."""
        now, seen = floor.now, Census(floor)
        self._roll(now)
        if now >= self._sampled_at + _SAMPLE_EVERY - _EPSILON:
            self._sampled_at = now
            agents = seen.ready + seen.talking
            self._samples.append((seen.ready - seen.waiting) / agents if agents else 0.0)
        if self._adapted_at == -math.inf:
            self._adapted_at = now
        elif now >= self._adapted_at + _ADAPT_EVERY - _EPSILON:
            self._adapted_at = now
            self._adapt(now)
        if now < self._dialed_at + _DIAL_EVERY - _EPSILON:
            return 0
        self._dialed_at = now
        base = (
            self.level * seen.ready + seen.talking
            if self.tuning.available_only
            else (self.level * (seen.ready + seen.talking))
        )
        dial = max(0, half_up(base) - seen.in_flight - seen.waiting - seen.talking)
        self.calls_today += dial
        return dial

    def resolved(self, outcome: CallResolved) -> None:
        """Enter a finished call into the last minute."""
        if outcome.result != "human":
            self._minute.append((outcome.at, False))

    def served(self, outcome: CallServed) -> None:
        """Count an answer."""
        self._roll(outcome.at)
        self.answers_today += 1
        self._minute.append((outcome.at, False))

    def dropped(self, outcome: CallAbandoned) -> None:
        """Count a drop."""
        self._roll(outcome.at)
        self.answers_today += 1
        self.drops_today += 1
        self._minute.append((outcome.at, True))

    def _roll(self, now: float) -> None:
        day = int(now // _DAY)
        if day != self._day:
            self._day = day
            self.calls_today = self.answers_today = self.drops_today = 0

    def _adapt(self, now: float) -> None:
        """Set the level for the next 15 s."""
        level, tuning = self.level, self.tuning
        if self._samples:
            level *= 1.0 + math.fsum(self._samples) / len(self._samples)
            self._samples.clear()
        rate = self.drops_today / self.answers_today if self.answers_today else 0.0
        if self.calls_today > 50 and rate > tuning.target:
            if tuning.mode == "HARD_LIMIT":
                level = 1.0
            elif tuning.mode == "AVERAGE":
                level /= 2.0
            else:
                level *= self._hours_left(now) / 10.0
        minute = self._minute
        while minute and minute[0][0] < now - _MINUTE:
            minute.popleft()
        if len(minute) > 20 and sum(dropped for _, dropped in minute) > len(minute) / 2:
            level /= 2.0
        self.level = min(max(level, 1.0), tuning.maximum)

    def _hours_left(self, now: float) -> float:
        """Give the hours left as VICIdial counts them: HHMM numbers subtracted, then divided by 100."""
        return max(0, _hhmm(self._closes) - _hhmm(now % _DAY)) / 100.0


def _hhmm(seconds: float) -> int:
    minutes = int(seconds // 60.0)
    return 100 * (minutes // 60) + minutes % 60
