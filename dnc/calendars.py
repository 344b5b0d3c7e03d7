"""Holiday calendars: which local dates a rule calls a holiday, and by what name.

Order of authority: the explicit dates of a year; else the days of the library `holidays` (where its dates
are right) with the calendar's own days added; a union is the union of its members. Observed days are
holidays beside the days they stand for, never instead of them (strict). A calendar that cannot be computed
raises `CalendarError` and the call is refused.

Easter is the Western one (Gregorian computus, as in `dateutil.easter`); Good Friday is Easter - 2 and Mardi
Gras Easter - 47.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable
from datetime import date, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dnc.rules.model import CalendarDay, CalendarRule

__all__ = ["CalendarError", "Calendars", "add_business_days", "easter"]

_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAY = timedelta(days=1)


class CalendarError(LookupError):
    """A calendar is unknown or cannot be computed for a year."""


def easter(year: int) -> date:
    """Western Easter Sunday (Meeus/Jones/Butcher), valid from 1583."""
    a, b, c = year % 19, year // 100, year % 100
    d, e = b // 4, b % 4
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = c // 4, c % 4
    weekday = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 22 * weekday) // 451
    month, day = divmod(h + weekday - 7 * m + 114, 31)
    return date(year, month, day + 1)


class Calendars:
    """The calendars of a rulebook, each computed once for a year."""

    def __init__(self, rules: Iterable[CalendarRule]) -> None:
        self._rules = {rule.id: rule for rule in rules}
        self._years: dict[tuple[str, int], dict[date, str]] = {}

    def __iter__(self) -> Iterable[str]:
        return iter(self._rules)

    def holiday(self, calendar: str, day: date) -> str:
        """The name of the holiday, or "" when `day` is none; raises `CalendarError`."""
        return self.year(calendar, day.year).get(day, "")

    def year(self, calendar: str, year: int) -> dict[date, str]:
        """Every holiday of one year with its name; raises `CalendarError`."""
        found = self._years.get((calendar, year))
        if found is None:
            rule = self._rules.get(calendar)
            if rule is None:
                raise CalendarError(f"Holiday calendar {calendar!r} does not exist; add a [[calendar]] of that id.")
            if not 2000 <= year <= 2099:
                raise CalendarError(f"Holiday calendar {calendar} is not known for {year}; check the clock.")
            found = self._years[calendar, year] = self._compute(rule, year)
        return found

    def _compute(self, rule: CalendarRule, year: int) -> dict[date, str]:
        if rule.union_prefix:
            members = [i for i, r in self._rules.items() if i.startswith(rule.union_prefix) and not r.union_prefix]
            union: dict[date, str] = {}
            for member in members:
                for day, name in self.year(member, year).items():
                    union.setdefault(day, f"{name} ({member})")
            if not union:
                raise CalendarError(f"Holiday calendar {rule.id} has no members; add calendars {rule.union_prefix}*.")
            return union
        explicit = dict(rule.explicit).get(year)
        found: dict[date, str] = {}
        if explicit is None and rule.country:
            found = _library(rule, year)
        # New Year's Day may be observed in the old year, Christmas in the new one: look at the neighbours
        # too.
        own: dict[date, str] = {}
        for calendar_day in rule.days:
            if explicit is None or calendar_day.always:
                for y in (year - 1, year, year + 1):
                    own.update((d, n) for d, n in _named(calendar_day, y, rule.days) if d.year == year)
        for day, name in own.items():
            found.setdefault(day, name)
        for day in explicit or ():
            found[day] = own.get(day) or _name_of(rule, day) or "holiday"
        return found


def _name_of(rule: CalendarRule, day: date) -> str:
    """What the calendar's own days call an explicit date."""
    for calendar_day in rule.days:
        for found, name in _named(calendar_day, day.year, rule.days):
            if found == day:
                return name
    return ""


def _library(rule: CalendarRule, year: int) -> dict[date, str]:
    """The library's holidays of a country, one subdivision or all (`*`), in English where it can."""
    import holidays

    supported = holidays.list_supported_countries(include_aliases=False).get(rule.country)
    if supported is None:
        raise CalendarError(f"Holiday calendar {rule.id}: the library knows no country {rule.country}; correct base.")
    parts: list[str | None] = [rule.subdivision or None]
    if rule.subdivision == "*":
        parts = [None, *supported]
    found: dict[date, str] = {}
    with warnings.catch_warnings():
        # The library warns where future lunar dates are estimates; an estimated holiday is still a closed
        # day here.
        warnings.simplefilter("ignore")
        for part in parts:
            if part is not None and part not in supported:
                raise CalendarError(f"Holiday calendar {rule.id}: the library knows no {rule.country}-{part}.")
            days = holidays.country_holidays(
                rule.country,
                subdiv=part,
                years=[year],
                categories=tuple(rule.categories) or None,
                language="en_US" if _speaks_english(rule.country) else None,
            )
            for day, name in days.items():
                found.setdefault(day, str(name))
    return {day: name for day, name in found.items() if day.year == year}


def _speaks_english(country: str) -> bool:
    import holidays

    return "en_US" in holidays.list_localized_countries(include_aliases=False).get(country, [])


def _named(day: CalendarDay, year: int, beside: Iterable[CalendarDay]) -> list[tuple[date, str]]:
    """The date of a named day in one year, and the date it is observed on when that differs."""
    if day.years == "even" and year % 2:
        return []
    when = _date_of(day.rule, year)
    found = [(when, day.name)]
    if day.observed == "us" and when.weekday() >= 5:
        found.append((when - _DAY if when.weekday() == 5 else when + _DAY, f"{day.name} (observed)"))
    if day.observed == "next" and when.weekday() >= 5:
        taken = {_date_of(other.rule, y) for other in beside if other is not day for y in (year, year + 1)}
        # Two neighbours on a weekend (Christmas, Boxing Day): the earlier takes Monday, the later Tuesday.
        ahead = sum(1 for other in taken if timedelta(0) < when - other <= _DAY and other.weekday() >= 5)
        moved = when + _DAY
        while moved.weekday() >= 5 or moved in taken:
            moved += _DAY
        for _ in range(ahead):
            moved += _DAY
        found.append((moved, f"{day.name} (observed)"))
    return found


def _date_of(rule: str, year: int) -> date:
    """The date a day rule means in a year; the grammar is checked when the rules are loaded."""
    if rule.startswith("easter"):
        return easter(year) + timedelta(days=int(rule[len("easter") :]))
    if rule.startswith("Mon by "):
        fixed = _fixed(rule[len("Mon by ") :], year)
        back = fixed.weekday()
        return fixed - timedelta(days=back) if back < 5 else fixed + timedelta(days=7 - back)
    if rule.startswith("Tue after "):
        return _date_of(rule[len("Tue after ") :], year) + _DAY
    words = rule.split()
    if len(words) == 3:
        weekday, month = _WEEKDAYS.index(words[1]), _MONTHS.index(words[2]) + 1
        if words[0] == "last":
            last = date(year + month // 12, month % 12 + 1, 1) - _DAY
            return last - timedelta(days=(last.weekday() - weekday) % 7)
        first = date(year, month, 1)
        return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (int(words[0]) - 1))
    return _fixed(rule, year)


def _fixed(month_day: str, year: int) -> date:
    month, day = month_day.split("-")
    return date(year, int(month), int(day))


def add_business_days(start: date, days: int, holidays_of: Calendars, calendar: str = "US-FED") -> date:
    """The date `days` business days after `start` (not counted itself).

    No weekends, no holidays of `calendar`.
    """
    day = start
    while days > 0:
        day += _DAY
        if day.weekday() < 5 and not holidays_of.holiday(calendar, day):
            days -= 1
    return day
