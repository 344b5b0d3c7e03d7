"""When a campaign is open: its own hours, which only narrow the law's.

Theory of operation. A window `09:00-17:30` is open from 09:00 to just before 17:30 *by the wall clock* of
one zone. Being open is therefore a question to the wall clock and nothing else: on the day the clock jumps
forward a window that begins inside the gap opens where the gap ends, and in the hour that comes twice a
window is open both times. `next_change` looks at every instant where the answer can change (window edges and
midnights, in both readings of a doubled hour, and the jumps themselves) and takes the first where it does.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from campaigns.files.calendar import WEEKDAYS, ExtraDay, MonthDayText, Pause, in_week
from campaigns.files.windows import Window, Windows, overlaps
from campaigns.problems import Finding, Findings, did_you_mean
from dnc import zones

__all__ = ["Hours", "Window", "public_holidays"]

#: How far ahead `next_change` looks beyond `first_date`, and a file is asked for its first open day.
_HORIZON_DAYS = 740
#: Where the search for an open day begins in a calendar without a first date: any day serves.
_SOME_DAY = date(2026, 1, 1)
_DAY_NAMES = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")


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


class Hours(BaseModel):
    """The campaign's own opening hours in one zone. Windows hold their start and not their end."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    timezone: Annotated[str, AfterValidator(_known_zone), Field(description="IANA name, such as America/Chicago")]
    mon_fri: Annotated[Windows, Field(description='windows, such as ["09:00-12:00", "13:00-20:00"]')] = ()
    mon: Annotated[Windows | None, Field(description="windows on Mondays instead of mon_fri")] = None
    tue: Annotated[Windows | None, Field(description="windows on Tuesdays instead of mon_fri")] = None
    wed: Annotated[Windows | None, Field(description="windows on Wednesdays instead of mon_fri")] = None
    thu: Annotated[Windows | None, Field(description="windows on Thursdays instead of mon_fri")] = None
    fri: Annotated[Windows | None, Field(description="windows on Fridays instead of mon_fri")] = None
    sat: Annotated[Windows, Field(description='windows, such as ["09:00-17:00"]; [] is closed')] = ()
    sun: Annotated[Windows, Field(description='windows, such as ["13:00-17:00"]; [] is closed')] = ()
    autostart: Annotated[bool, Field(description="dialer serve begins the campaign when these hours open")] = False
    holidays_closed: Annotated[bool, Field(description="closed on the country's public holidays")] = False
    country: Annotated[str, Field(pattern="^[A-Z]{2}$", description="whose public holidays, ISO alpha-2")] = "US"
    closed_dates: Annotated[
        tuple[date, ...], Field(strict=False, description="further days off, such as [2026-12-24]")
    ] = ()
    first_date: Annotated[date | None, Field(description="the first day, such as 2026-12-01")] = None
    last_date: Annotated[date | None, Field(description="the last day, such as 2027-01-31")] = None
    every_weeks: Annotated[
        int, Field(ge=1, le=52, description="open in every n-th week only, from the week of first_date")
    ] = 1
    month_days: Annotated[
        tuple[MonthDayText, ...],
        Field(strict=False, description='open on these days of the month only, such as ["first mon", "15"]'),
    ] = ()
    pauses: Annotated[
        tuple[Pause, ...],
        Field(strict=False, description='such as [{ first = 2026-12-24, last = 2027-01-03, why = "holidays" }]'),
    ] = ()
    extra_days: Annotated[
        tuple[ExtraDay, ...],
        Field(strict=False, description='such as [{ day = 2026-12-27, windows = ["10:00-14:00"] }]'),
    ] = ()

    @model_validator(mode="after")
    def _windows_make_sense(self) -> Self:
        found = [
            Finding((name, *each.path), each.what, each.do)
            for name in ("mon_fri", *WEEKDAYS)
            for each in overlaps(getattr(self, name) or ())
        ]
        if self.holidays_closed:
            try:
                public_holidays(self.country, 2026)
            except ValueError as error:
                what, _, do = str(error).partition("; ")
                found.append(Finding(("holidays_closed",), what, do))
        if not self.extra_days and not any(self._weekday(n) for n in range(7)):
            found.append(Finding((), "the campaign is never open", 'give at least mon_fri = ["09:00-17:00"]'))
        else:
            found += self._calendar()
        if found:
            raise Findings(found)
        return self

    def _calendar(self) -> Iterator[Finding]:
        """What in the calendar contradicts itself."""
        first, last = self.first_date, self.last_date
        if first is not None and last is not None and last < first:
            yield Finding(("last_date",), f"{last} is before first_date, {first}", "exchange the two")
            return
        if self.every_weeks > 1 and first is None:
            what = f"every {self.every_weeks} weeks, and nobody knows from which on"
            yield Finding(("every_weeks",), what, "say first_date, a day of the first week that counts")
            return
        seen: set[date] = set()
        for index, extra in enumerate(self.extra_days):
            against = ""
            if extra.day in seen:
                against = "it stands here twice"
            elif extra.day in self.closed_dates:
                against = "closed_dates has it too"
            elif pause := self._pause(extra.day):
                against = f"it lies in the pause from {pause.first} to {pause.last}"
            elif (first and extra.day < first) or (last and extra.day > last):
                against = "it lies outside first_date and last_date"
            if against:
                yield Finding(("extra_days", index), f"{extra.day}: {against}", "take it out of one of the two")
                return
            seen.add(extra.day)
        some = _SOME_DAY if last is None else min(_SOME_DAY, last - timedelta(days=_HORIZON_DAYS - 1))
        begin = first or min(seen | {some})
        if not any(self._days_from(begin)):
            until = f" until {last}" if last else ""
            what = f"no day is open from {begin}{until}: {self.why_closed(begin)}, and so on"
            yield Finding((), what, "look at month_days, every_weeks, pauses, first_date and last_date")

    def _days_from(self, day: date) -> Iterator[tuple[Window, ...]]:
        """The windows of each day up to the horizon or the last date."""
        for ahead in range(_HORIZON_DAYS):
            if self.last_date is not None and day + timedelta(days=ahead) > self.last_date:
                return
            yield self.windows_on(day + timedelta(days=ahead))

    def windows_on(self, day: date) -> tuple[Window, ...]:
        """The windows of a calendar day in the campaign's zone; empty when closed."""
        extra = self._extra(day)
        if extra is not None:
            return extra.windows
        return () if self.why_closed(day) else self._weekday(day.weekday())

    def why_closed(self, day: date) -> str:
        """Why the campaign is closed on a whole day of its zone, in words; "" when it has hours on it."""
        if self._extra(day) is not None:
            return ""
        if self.first_date is not None and day < self.first_date:
            return f"it begins on {self.first_date}"
        if self.last_date is not None and day > self.last_date:
            return f"it ended on {self.last_date}"
        if pause := self._pause(day):
            return f"pause until {pause.last}: {pause.why}"
        if day in self.closed_dates:
            return "a day off (closed_dates)"
        if self.holidays_closed and day in public_holidays(self.country, day.year):
            return f"a public holiday ({self.country})"
        if not self._weekday(day.weekday()):
            return f"closed on {_DAY_NAMES[day.weekday()]}"
        if self.first_date is not None and not in_week(day, self.first_date, self.every_weeks):
            return f"not a week of its own (every {self.every_weeks} weeks)"
        if self.month_days and not any(each.holds(day) for each in self.month_days):
            return f"not one of its days of the month ({', '.join(map(str, self.month_days))})"
        return ""

    def why_closed_at(self, at: datetime) -> str:
        """Why the campaign is closed at an instant, in words; "" when it is open. Naive `at` raises `ValueError`."""
        if self.is_open(at):
            return ""
        day = zones.local(at, self.timezone).date()
        windows = ", ".join(map(str, self.windows_on(day)))
        return self.why_closed(day) or f"outside the hours of the day ({windows})"

    def next_opening(self, at: datetime) -> datetime | None:
        """The first instant after `at` (UTC) at which the campaign opens; None when it never does again."""
        change = self.next_change(at)
        return change if change is None or self.is_open(change) else self.next_change(change)

    def last_closing(self, at: datetime) -> datetime:
        """When the campaign closes for good on the local day of `at`: the end (UTC) of that day's last window.

        `at` itself on a day without hours; past midnight where the next day goes on without a break.
        """
        here = zones.local(at, self.timezone)
        windows = self.windows_on(here.date())
        if not windows:
            return at
        last = datetime.combine(here.date(), time(), tzinfo=here.tzinfo) + timedelta(minutes=max(windows).end)
        end = last.replace(fold=1).astimezone(UTC)
        change = self.next_change(end) if self.is_open(end) else end
        return end if change is None else change

    def _weekday(self, weekday: int) -> tuple[Window, ...]:
        own: tuple[Window, ...] | None = getattr(self, WEEKDAYS[weekday])
        return self.mon_fri if own is None else own

    def _extra(self, day: date) -> ExtraDay | None:
        return next((each for each in self.extra_days if each.day == day), None)

    def _pause(self, day: date) -> Pause | None:
        return next((each for each in self.pauses if each.first <= day <= each.last), None)

    def is_open(self, at: datetime) -> bool:
        """Whether the campaign's own hours hold at `at` (zone-aware; naive raises `ValueError`)."""
        here = zones.local(at, self.timezone)
        minute = here.hour * 60 + here.minute
        return any(window.start <= minute < window.end for window in self.windows_on(here.date()))

    def next_change(self, at: datetime) -> datetime | None:
        """The first instant after `at` (UTC) where `is_open` changes; None when it does not within two years.

        Raises `ValueError` for a naive `at`.
        """
        now_open = self.is_open(at)
        here, at_utc = zones.zone(self.timezone), at.astimezone(UTC)
        first = at_utc.astimezone(here).date() - timedelta(days=1)
        later = set(self._instants(first, here))
        if not now_open and self.first_date is not None and first < self.first_date - timedelta(days=2):
            first = self.first_date - timedelta(days=2)  # nothing opens before
            later = set()
        for ahead in range(1, _HORIZON_DAYS):
            # Where midnight comes twice, the instants of two days interleave: two days are looked at
            # together, up to where the third begins.
            day = first + timedelta(days=ahead)
            if not now_open and self.last_date is not None and day > self.last_date + timedelta(days=2):
                return None
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
