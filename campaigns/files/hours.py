"""When a campaign is open: its own hours, which only narrow the law's.

Theory of operation. A window `09:00-17:30` is open from 09:00 to just before 17:30 *by the wall clock* of
one zone. Being open is therefore a question to the wall clock and nothing else: on the day the clock jumps
forward a window that begins inside the gap opens where the gap ends, and in the hour that comes twice a
window is open both times. `next_change` looks at every instant where the answer can change (window edges and
midnights, in both readings of a doubled hour, and the jumps themselves) and takes the first where it does.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    model_validator,
)

from campaigns.problems import Finding, Findings, did_you_mean
from dnc import zones

__all__ = ["Hours", "Window", "public_holidays"]

_FORM = re.compile(r"(\d{2}):(\d{2})-(\d{2}):(\d{2})")
_DAY = 24 * 60
#: How far ahead `next_change` looks: past every public holiday of a year.
_HORIZON_DAYS = 370


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """Open from minute `start` to just before minute `end` of a day (0 to 1440)."""

    start: int
    end: int

    def __str__(self) -> str:
        """`09:00-17:30`."""
        return f"{self.start // 60:02}:{self.start % 60:02}-{self.end // 60:02}:{self.end % 60:02}"

    @classmethod
    def parse(cls, text: object) -> Window:
        """Read `09:00-17:30`; the end may be `24:00`. Raises `ValueError` with what to do."""
        if isinstance(text, Window):
            return text
        form = _FORM.fullmatch(text) if isinstance(text, str) else None
        if form is None or not isinstance(text, str):
            raise ValueError(f'"{text}" is no window of hours; write "09:00-17:30"')
        from_hour, from_minute, to_hour, to_minute = map(int, form.groups())
        start, end = from_hour * 60 + from_minute, to_hour * 60 + to_minute
        if from_minute > 59 or to_minute > 59 or start > _DAY or end > _DAY:
            raise ValueError(f'"{text}" has a time that no clock shows; use 00:00 to 24:00')
        if end <= start:
            hint = f'"{text[:5]}-24:00" on this day and "00:00-{text[6:]}" on the next'
            raise ValueError(f'"{text}" ends before it begins; for a night shift write {hint}')
        return cls(start, end)


def _known_zone(name: str) -> str:
    """Return `name` when it is a place's time zone; `ValueError` otherwise, with the nearest name."""
    if zones.is_zone(name):
        return name
    import zoneinfo

    close = did_you_mean(name, (known for known in zoneinfo.available_timezones() if "/" in known))
    hint = f'write "{close}"' if close else "use an IANA name such as America/Chicago"
    raise ValueError(f'"{name}" is no time zone of a place; {hint}')


@lru_cache(maxsize=256)
def public_holidays(country: str, year: int) -> frozenset[date]:
    """The public holidays of a country (ISO alpha-2) in one year, as the `holidays` package has them.

    Raises `ValueError` for a country that package does not know. They close a campaign's own floor; which
    days the *law* closes is decided by the explicit dates of the rules in `dnc`.
    """
    import holidays

    try:
        return frozenset(holidays.country_holidays(country, years=year))
    except NotImplementedError:
        raise ValueError(f"no public holidays are known for {country!r}; list the days in closed_dates") from None


_Windows = Annotated[
    tuple[Annotated[Window, BeforeValidator(Window.parse), PlainSerializer(str)], ...], Field(strict=False)
]


class Hours(BaseModel):
    """The campaign's own opening hours in one zone. Windows hold their start and not their end."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    timezone: Annotated[str, AfterValidator(_known_zone), Field(description="IANA name, such as America/Chicago")]
    mon_fri: Annotated[_Windows, Field(description='windows, such as ["09:00-12:00", "13:00-20:00"]')] = ()
    sat: Annotated[_Windows, Field(description='windows, such as ["09:00-17:00"]; [] is closed')] = ()
    sun: Annotated[_Windows, Field(description='windows, such as ["13:00-17:00"]; [] is closed')] = ()
    autostart: Annotated[bool, Field(description="dialer serve begins the campaign when these hours open")] = False
    holidays_closed: Annotated[bool, Field(description="closed on the country's public holidays")] = False
    country: Annotated[str, Field(pattern="^[A-Z]{2}$", description="whose public holidays, ISO alpha-2")] = "US"
    closed_dates: Annotated[
        tuple[date, ...], Field(strict=False, description="further days off, such as [2026-12-24]")
    ] = ()

    @model_validator(mode="after")
    def _windows_make_sense(self) -> Self:
        found = []
        for name in ("mon_fri", "sat", "sun"):
            windows = sorted(getattr(self, name))
            found += [
                Finding((name,), f'"{one}" and "{other}" overlap', "join them into one window")
                for one, other in pairwise(windows)
                if other.start < one.end
            ]
        if not (self.mon_fri or self.sat or self.sun):
            found.append(Finding((), "the campaign is never open", 'give at least mon_fri = ["09:00-17:00"]'))
        if self.holidays_closed:
            try:
                public_holidays(self.country, 2026)
            except ValueError as error:
                what, _, do = str(error).partition("; ")
                found.append(Finding(("holidays_closed",), what, do))
        if found:
            raise Findings(found)
        return self

    def windows_on(self, day: date) -> tuple[Window, ...]:
        """The windows of a calendar day in the campaign's zone; empty when closed."""
        if day in self.closed_dates:
            return ()
        if self.holidays_closed and day in public_holidays(self.country, day.year):
            return ()
        weekday = day.weekday()
        return self.sun if weekday == 6 else self.sat if weekday == 5 else self.mon_fri

    def is_open(self, at: datetime) -> bool:
        """Whether the campaign's own hours hold at `at` (zone-aware; naive raises `ValueError`)."""
        here = zones.local(at, self.timezone)
        minute = here.hour * 60 + here.minute
        return any(window.start <= minute < window.end for window in self.windows_on(here.date()))

    def next_change(self, at: datetime) -> datetime | None:
        """The first instant after `at` (UTC) where `is_open` changes; None when it does not within a year.

        Raises `ValueError` for a naive `at`.
        """
        now_open = self.is_open(at)
        here, at_utc = zones.zone(self.timezone), at.astimezone(UTC)
        first = at_utc.astimezone(here).date() - timedelta(days=1)
        later = set(self._instants(first, here))
        for ahead in range(1, _HORIZON_DAYS):
            # Where midnight comes twice, the instants of two days interleave: two days are looked at
            # together, up to where the third begins.
            day = first + timedelta(days=ahead)
            earlier, later = later, set(self._instants(day, here))
            end = _midnight(day + timedelta(days=1), here)
            for instant in sorted(earlier | later):
                if at_utc < instant < end and self.is_open(instant) is not now_open:
                    return instant
        return None

    def _instants(self, day: date, here: ZoneInfo) -> Iterator[datetime]:
        """Every instant of a local day, as UTC, where `is_open` can change."""
        minutes = {0, *(edge for window in self.windows_on(day) for edge in (window.start, window.end))}
        midnight = datetime.combine(day, time())
        for minute in minutes:
            wall = (midnight + timedelta(minutes=minute)).replace(tzinfo=here)
            yield wall.astimezone(UTC)
            yield wall.replace(fold=1).astimezone(UTC)
        jump = _offset_change(_midnight(day, here), _midnight(day + timedelta(days=1), here), here)
        if jump is not None:
            yield jump


def _midnight(day: date, here: ZoneInfo) -> datetime:
    """The first 00:00 of a local day, as UTC."""
    return datetime.combine(day, time(), tzinfo=here).astimezone(UTC)


def _offset_change(begin: datetime, end: datetime, here: ZoneInfo) -> datetime | None:
    """The instant (UTC, to the second) between two at which a zone's offset changes, or None."""
    before = begin.astimezone(here).utcoffset()
    if before == end.astimezone(here).utcoffset():
        return None
    low, high = int(begin.timestamp()), int(end.timestamp())
    while high - low > 1:
        middle = (low + high) // 2
        if datetime.fromtimestamp(middle, here).utcoffset() == before:
            low = middle
        else:
            high = middle
    return datetime.fromtimestamp(high, UTC)
