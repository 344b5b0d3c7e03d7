"""Which span a report covers, as people say it: instants, a day, a month."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo

import typer

from dialer.cli.common import instant_option

__all__ = ["span_option"]


def span_option(
    since: str | None, until: str | None, day: str | None, month: str | None, zone: str, now: datetime
) -> tuple[datetime | None, datetime | None]:
    """The span of `--since`, `--until`, `--day` and `--month`; None where nothing was said.

    Days and months are those of the calendar in `zone`, whose days may have 23 or 25 hours.

    Raises:
        typer.BadParameter: it cannot be read, or more than one way of saying it was used.
    """
    ways = [name for name, said in (("--since/--until", since or until), ("--day", day), ("--month", month)) if said]
    if len(ways) > 1:
        raise typer.BadParameter(f"say the span in one way, not with {' and '.join(ways)}")
    here = _zone(zone)
    if day is not None:
        first = _day(day, now.astimezone(here).date())
        return _midnight(first, here), _midnight(first + timedelta(days=1), here)
    if month is not None:
        first = _month(month, now.astimezone(here).date())
        return _midnight(first, here), _midnight((first + timedelta(days=31)).replace(day=1), here)
    return instant_option(since, zone), instant_option(until, zone)


def _zone(name: str) -> tzinfo:
    from dnc import zones

    return UTC if name == "UTC" else zones.zone(name)


def _midnight(day: date, here: tzinfo) -> datetime:
    return datetime.combine(day, time(), tzinfo=here).astimezone(UTC)


def _day(said: str, today: date) -> date:
    named = {"today": today, "yesterday": today - timedelta(days=1)}
    if said in named:
        return named[said]
    try:
        found = date.fromisoformat(said)
    except ValueError:
        raise typer.BadParameter(
            f"{said!r} is no day; write 2026-10-31, today or yesterday", param_hint="--day"
        ) from None
    return _of_our_time(found, "--day")


def _month(said: str, today: date) -> date:
    this = today.replace(day=1)
    named = {"this": this, "last": (this - timedelta(days=1)).replace(day=1)}
    if said in named:
        return named[said]
    try:
        if len(said) != len("2026-10"):
            raise ValueError
        found = date.fromisoformat(f"{said}-01")
    except ValueError:
        raise typer.BadParameter(f"{said!r} is no month; write 2026-10, this or last", param_hint="--month") from None
    return _of_our_time(found, "--month")


def _of_our_time(day: date, option: str) -> date:
    if not 1990 <= day.year <= 2100:
        raise typer.BadParameter(f"{day} is no day of our time", param_hint=option)
    return day
