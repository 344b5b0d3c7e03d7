"""`dialer schedule NAME`: when a campaign dials, when not, and why."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any

import typer

from dialer.cli.common import Context, print_json

__all__ = ["schedule"]


def schedule(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The campaign, as in campaigns/NAME.toml.")],
    days: Annotated[int, typer.Option(min=1, max=370, help="How many days to show.")] = 14,
    first: Annotated[
        str | None, typer.Option("--from", metavar="DATE", help="The first day, such as 2026-12-01; default today.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show day by day when a campaign is open by its own calendar, and when it is closed, why.

    The law's hours of each called person come on top: see `dialer campaigns preview`.

    Example: `dialer schedule telemarketing --days 14`
    """
    from campaigns.agenda import agenda
    from dnc import zones

    context: Context = ctx.obj
    campaign = context.workspace().campaign(name)
    hours = campaign.hours
    now = datetime.now(UTC)
    try:
        begin = zones.local(now, hours.timezone).date() if first is None else date.fromisoformat(first)
    except ValueError:
        raise typer.BadParameter(f"{first!r} is not a date; write it as 2026-12-01", param_hint="--from") from None
    plans = agenda(hours, begin, days)
    opens = None if hours.is_open(now) else hours.next_opening(now)
    if as_json:
        print_json(
            {
                "name": name,
                "timezone": hours.timezone,
                "autostart": hours.autostart,
                "open": hours.is_open(now),
                "why_closed": hours.why_closed_at(now),
                "next_change": _local(hours.next_change(now), hours.timezone),
                "next_opening": _local(opens, hours.timezone),
                "days": [
                    {
                        "date": plan.day.isoformat(),
                        "open": [[start.isoformat(), end.isoformat()] for start, end in plan.spans],
                        "hours": round(plan.open_hours, 4),
                        "why_closed": plan.why_closed,
                        "clock": plan.clock,
                    }
                    for plan in plans
                ],
            }
        )
        return
    typer.echo(f"{name}, in {hours.timezone}: {standing(hours, now)}.")
    for plan in plans:
        windows = ", ".join(f"{start:%H:%M}-{_end(plan.day, end)}" for start, end in plan.spans)
        note = f"  ({plan.clock})" if plan.clock else ""
        typer.echo(f"{plan.day:%a %Y-%m-%d}  {windows or 'closed: ' + plan.why_closed}{note}")
    began = "dialer serve begins it when it opens" if hours.autostart else "begun by dialer run, or by a page"
    typer.echo(f"{sum(plan.open_hours for plan in plans):.1f} open hours in {days} days; {began}.")


def standing(hours: Any, now: datetime) -> str:
    """Whether a campaign (its `campaigns.files.Hours`) is open now, until when, and if not, why."""
    change = hours.next_change(now) if hours.is_open(now) else hours.next_opening(now)
    at = "" if change is None else f"{_local(change, hours.timezone):%a %Y-%m-%d %H:%M %Z}"
    if hours.is_open(now):
        return f"open now until {at}" if at else "open now, and it never closes"
    why = hours.why_closed_at(now)
    return f"closed now ({why}); opens {at}" if at else f"closed now ({why}), and it does not open again"


def _local(at: datetime | None, zone: str) -> datetime | None:
    from dnc import zones

    return None if at is None else zones.local(at, zone)


def _end(day: date, end: datetime) -> str:
    """The end of a span as the clock shows it until then: 02:00 also where it is set back to 01:00 at that instant."""
    last = (end.astimezone(UTC) - timedelta(seconds=1)).astimezone(end.tzinfo).replace(tzinfo=None)
    shown = last + timedelta(seconds=1)
    return f"{shown:%H:%M}" if shown.date() == day else "24:00"
