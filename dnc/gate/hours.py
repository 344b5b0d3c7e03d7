"""Place and time: the windows of every jurisdiction in every zone the called party's clock may show.

Model: a `DayPlan` says for one local date what each bound window makes of that day (its intervals, or why
it is closed) and what is open when all hold together. It depends on the date and the rules only, so
thousands of places share it. A call is inside the hours when the plan of its local date is open at its
local second in EVERY zone. Ends are exclusive; `guard` seconds are taken off each end.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from dnc.calendars import CalendarError
from dnc.gate.clock import DAY, MINUTE, ceil_minute, is_even_day, local_day, midnight, zones_of
from dnc.rules import Bound, Rulebook, WindowRule
from dnc.values import Check, Code

__all__ = ["Hours", "hours_of", "intersect", "waived_windows"]

_ALL_DAY = ((0, 86400),)
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_HORIZON_DAYS = 400  # a window that does not open within this many days never does

Intervals = tuple[tuple[int, int], ...]
Waived = frozenset[str]


@dataclass(frozen=True, slots=True)
class DayRule:
    """What one window makes of one local date."""

    window: WindowRule
    codes: tuple[Code, ...]  # what it denies with; a holiday on a closed Sunday has both codes
    intervals: Intervals
    text: str  # "open 08:00-20:00", "closed on Thanksgiving Day", "waived by ..."


@dataclass(frozen=True, slots=True)
class DayPlan:
    """What all windows make of one local date, in the order of the rules; not in force: None."""

    rules: tuple[DayRule | None, ...]
    open: Intervals


class Hours:
    """The windows bound to one set of jurisdictions, scope and mode, planned by day and cached."""

    def __init__(self, book: Rulebook, bound: Bound) -> None:
        self.book, self.bound = book, bound
        self._plans: dict[tuple[date, Waived], DayPlan] = {}
        self._checks: dict[tuple[object, ...], tuple[Check, ...]] = {}

    def plan(self, day: date, waived: Waived = frozenset()) -> DayPlan:
        """The plan of one local date."""
        found = self._plans.get((day, waived))
        if found is None:
            if len(self._plans) > 4000:
                self._plans.clear()
            rules = tuple(
                _day_rule(self.book, w, day, w.id in waived) if w.in_force(day) else None for w in self.bound.windows
            )
            together: Intervals = _ALL_DAY
            for rule in rules:
                if rule is not None:
                    together = intersect(together, rule.intervals)
            if self.bound.countries_without_window or not any(rules):
                together = ()
            found = self._plans[day, waived] = DayPlan(rules, together)
        return found

    def open_everywhere(self, zones: tuple[str, ...], at: datetime, waived: Waived, guard: int) -> bool:
        """Whether every window is open at this instant in every zone: no check refuses."""
        return bool(zones) and all(self.open_in(at, here, waived, guard) for here in zones_of(zones))

    def open_in(self, at: datetime, here: ZoneInfo, waived: Waived, guard: int) -> bool:
        """Whether every window is open at this instant on this zone's clock."""
        day, second = local_day(at, here)
        return _inside(self.plan(day, waived).open, second, guard)

    def checks(self, zones: tuple[str, ...], at: datetime, waived: Waived, guard: int) -> tuple[Check, ...]:
        """One check for each window and code, with what every zone's clock shows. Cached for the minute."""
        minute = at if guard % 60 else at.replace(second=0, microsecond=0)
        key = (zones, minute, waived, guard)
        found = self._checks.get(key)
        if found is None:
            if len(self._checks) > 4000:
                self._checks.clear()
            found = self._checks[key] = tuple(self._make_checks(zones, at, waived, guard))
        return found

    def _make_checks(self, zones: tuple[str, ...], at: datetime, waived: Waived, guard: int) -> Iterator[Check]:
        for country in self.bound.countries_without_window:
            yield Check(
                Code.DATA_UNREADABLE,
                f"{country}.window",
                passed=False,
                citation="policy: a country without a rule is not callable",
                saw=f"no calling hours are known for {country} and this purpose; add a [[window]] row",
                status="policy",
            )
        views = []
        for name, here in zip(zones, zones_of(zones), strict=True):
            day, second = local_day(at, here)
            shown = f"{second // 3600:02}:{second // 60 % 60:02} {_DAYS[day.weekday()]} in {name}"
            views.append((self.plan(day, waived), second, shown))
        for i, window in enumerate(self.bound.windows):
            failed: dict[Code, list[str]] = {}
            seen: list[str] = []
            code, text = Code.ALLOW, ""
            for plan, second, shown in views:
                rule = plan.rules[i]
                if rule is None:
                    continue
                seen.append(shown)
                code, text = rule.codes[0], rule.text
                if not _inside(rule.intervals, second, guard):
                    for wrong in rule.codes:
                        failed.setdefault(wrong, []).append(f"{shown}; {rule.text}")
            for wrong, shows in failed.items():
                yield _check(window, wrong, False, "; ".join(shows) + _guarded(guard))
            if seen and not failed:
                yield _check(window, code, True, f"{', '.join(seen)}; {text}{_guarded(guard)}")
        if len(views) > 1 and self.bound.windows:
            is_open = [_inside(plan.open, second, guard) for plan, second, _ in views]
            agree = len(set(is_open)) == 1
            names = [f"{shown} ({'open' if o else 'closed'})" for (_, _, shown), o in zip(views, is_open, strict=True)]
            yield Check(
                Code.TZ_AMBIGUOUS,
                "zones.agree",
                passed=agree,
                citation="12 CFR 1006.6(b)(1)(i) comment, conflicting location; policy: lawful in every zone",
                saw=", ".join(names),
                status="policy",
            )

    def next_open(self, at: datetime, here: ZoneInfo, waived: Waived, guard: int) -> datetime | None:
        """The first whole minute at or after `at` in which every window is open on this zone's clock."""
        at = ceil_minute(at)
        day, second = local_day(at, here)
        for _ in range(_HORIZON_DAYS):
            intervals = self.plan(day, waived).open
            if intervals:
                if not is_even_day(here, day):
                    found = _walk(at, here, day, intervals, guard)
                    if found is not None:
                        return found
                else:
                    for start, end in intervals:
                        if max(start, second) < end - guard:
                            return at if start <= second else midnight(here, day) + timedelta(seconds=start)
            day += DAY
            at, second = ceil_minute(midnight(here, day)), 0
        return None

    def open_until(self, at: datetime, here: ZoneInfo, waived: Waived, guard: int) -> datetime:
        """For an open instant: open at least until then on this zone's clock."""
        day, second = local_day(at, here)
        intervals = self.plan(day, waived).open
        if not is_even_day(here, day):
            return at + MINUTE
        end = next((e for s, e in intervals if s <= second < e), second)
        return midnight(here, day) + timedelta(seconds=end - guard)


@lru_cache(maxsize=65536)
def hours_of(book: Rulebook, bound: Bound) -> Hours:
    """The hours of one binding of the rulebook; both are compared by identity."""
    return Hours(book, bound)


def waived_windows(bound: Bound, agreements: frozenset[str], basis: str) -> Waived:
    """The ids of windows that an agreement of the person lifts."""
    return frozenset(
        w.id for w in bound.windows if w.waivers and (agreements.intersection(w.waivers) or basis in w.waiver_bases)
    )


def intersect(one: Intervals, other: Intervals) -> Intervals:
    """The parts of the day in both."""
    both = ((max(a, c), min(b, d)) for a, b in one for c, d in other)
    return tuple((start, end) for start, end in both if start < end)


def _inside(intervals: Intervals, second: int, guard: int) -> bool:
    return any(start <= second < end - guard for start, end in intervals)


def _walk(at: datetime, here: ZoneInfo, day: date, intervals: Intervals, guard: int) -> datetime | None:
    """The first open minute on a day on which the clock jumps.

    Minute by minute, because nothing else is exact.
    """
    while True:
        today, second = local_day(at, here)
        if today > day:
            return None
        if today == day and _inside(intervals, second, guard):
            return at
        at += MINUTE


def _check(window: WindowRule, code: Code, passed: bool, saw: str) -> Check:
    return Check(code, window.id, passed, window.citation, saw, status=window.status)


def _guarded(guard: int) -> str:
    return f" (stopping {guard} s before closing)" if guard else ""


def _clock(intervals: Intervals) -> str:
    return " and ".join(f"{a // 3600:02}:{a // 60 % 60:02}-{b // 3600:02}:{b // 60 % 60:02}" for a, b in intervals)


def _hours_code(jurisdiction: str) -> Code:
    if jurisdiction == "US":
        return Code.HOURS_FEDERAL
    return Code.HOURS_STATE if "-" in jurisdiction or jurisdiction == "ZZ" else Code.HOURS_COUNTRY


@lru_cache(maxsize=16384)
def _day_rule(book: Rulebook, window: WindowRule, day: date, waived: bool) -> DayRule:
    """What one window makes of one date: waived, a holiday, a closed weekday, or its hours."""
    code = _hours_code(window.jurisdiction)
    if waived:
        return DayRule(window, (code,), _ALL_DAY, f"lifted by the person's agreement ({', '.join(window.waivers)})")
    weekday = day.weekday()
    intervals = window.sun if weekday == 6 else window.sat if weekday == 5 else window.mon_fri
    if window.holiday != "as_day":
        try:
            name = book.calendars.holiday(window.holiday_calendar, day)
        except CalendarError as error:
            return DayRule(window, (Code.DATA_UNREADABLE,), (), str(error))
        if name and window.holiday == "banned":
            also = () if intervals else (_closed_day(weekday, code),)
            return DayRule(window, (Code.HOLIDAY, *also), (), f"closed on {name}")
        if name:
            intervals = intersect(intervals, window.holiday_window)
            return DayRule(window, (code,), intervals, f"open {_clock(intervals)} on {name}")
    if not intervals:
        return DayRule(window, (_closed_day(weekday, code),), (), f"closed on {_DAYS[weekday]}")
    return DayRule(window, (code,), intervals, f"open {_clock(intervals)}")


def _closed_day(weekday: int, code: Code) -> Code:
    return {6: Code.DAY_SUNDAY, 5: Code.DAY_SATURDAY}.get(weekday, code)
