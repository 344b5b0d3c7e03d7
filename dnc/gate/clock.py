"""Local days and instants: the only place where the gate turns an instant into a wall clock and back.

Windows are stated in hours of the called party's day, day caps in that calendar's days; hour caps in elapsed
time. All instants here are UTC, all local times are (date, second of the day).
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from dnc.zones import zone

__all__ = ["DAY", "MINUTE", "ceil_minute", "is_even_day", "local_day", "midnight", "zones_of"]

DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


@lru_cache(maxsize=4096)
def zones_of(names: tuple[str, ...]) -> tuple[ZoneInfo, ...]:
    """The pinned zones of a place; raises `dnc.zones.UnknownZone`."""
    return tuple(zone(name) for name in names)


def local_day(at: datetime, here: ZoneInfo) -> tuple[date, int]:
    """The local date and the second of that day."""
    wall = at.astimezone(here)
    return wall.date(), wall.hour * 3600 + wall.minute * 60 + wall.second


@lru_cache(maxsize=65536)
def midnight(here: ZoneInfo, day: date) -> datetime:
    """The first instant (UTC) of a local date.

    Where midnight is skipped by the clock, the instant of the jump.
    """
    return datetime.combine(day, time.min, tzinfo=here).astimezone(UTC)


@lru_cache(maxsize=65536)
def is_even_day(here: ZoneInfo, day: date) -> bool:
    """Whether the local date has 24 plain hours: the second of the day is the time since midnight."""
    return midnight(here, day + DAY) - midnight(here, day) == DAY


def ceil_minute(at: datetime) -> datetime:
    """The next whole minute at or after `at`."""
    floor = at.replace(second=0, microsecond=0)
    return floor if floor == at else floor + MINUTE
