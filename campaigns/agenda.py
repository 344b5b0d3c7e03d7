"""What a campaign's calendar comes to: day by day when it is open, and when not, why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from campaigns.files.hours import Hours
from dnc import zones

__all__ = ["DayPlan", "agenda", "spans_on"]


@dataclass(frozen=True, slots=True)
class DayPlan:
    """One day of the campaign's zone."""

    day: date
    spans: tuple[tuple[datetime, datetime], ...]  # open from, to just before; instants in the campaign's zone
    why_closed: str  # "" on a day with hours
    clock: str  # what the clock does on this day; "" nearly always

    @property
    def open_hours(self) -> float:
        """Hours of elapsed time on which the campaign is open."""
        return sum((end.astimezone(UTC) - start.astimezone(UTC)).total_seconds() for start, end in self.spans) / 3600


def agenda(hours: Hours, first: date, days: int) -> list[DayPlan]:
    """The plans of `days` days from `first` on."""
    plans = []
    for ahead in range(days):
        day = first + timedelta(days=ahead)
        spans = spans_on(hours, day)
        why = hours.why_closed(day)
        if not spans and not why:  # its only window lies in the hour that the clock leaves out
            why = "its hours fall into the hour that this day does not have"
        plans.append(DayPlan(day, spans, why, _clock(hours, day)))
    return plans


def spans_on(hours: Hours, day: date) -> tuple[tuple[datetime, datetime], ...]:
    """When a campaign is open on a day of its zone, as instants: true also on days on which the clock jumps."""
    if not hours.windows_on(day):
        return ()
    here = zones.zone(hours.timezone)
    at, end = (datetime.combine(each, time(), here).astimezone(UTC) for each in (day, day + timedelta(days=1)))
    spans = []
    while at < end:
        change = min(hours.next_change(at) or end, end)
        if hours.is_open(at):
            spans.append((at.astimezone(here), change.astimezone(here)))
        at = change
    return tuple(spans)


def _clock(hours: Hours, day: date) -> str:
    here = zones.zone(hours.timezone)
    start, end = (datetime.combine(each, time(), here) for each in (day, day + timedelta(days=1)))
    minutes = round((end.astimezone(UTC) - start.astimezone(UTC)).total_seconds() / 60) - 24 * 60
    if not minutes:
        return ""
    return f"the clock is set {'forward' if minutes < 0 else 'back'} by {abs(minutes)} minutes"
