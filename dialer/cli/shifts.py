"""`dialer shifts`: when agents are scheduled to work, and how that was kept."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dialer.cli.common import NOTHING_TO_DO, Context, print_json, stop

if TYPE_CHECKING:
    from dialer.store.shifts import Shift

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True)

_Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
_Date = Annotated[
    str | None, typer.Option("--date", metavar="DATE", help="On which day of the shifts' zones; default today.")
]
_Days = Annotated[int, typer.Option(min=1, max=92, help="How many days from there on.")]
_Agent = Annotated[str | None, typer.Option(metavar="ID", help="Of one agent.")]
#: No shift is longer: one that began earlier is over.
_LONGEST = timedelta(hours=16)
#: The zones of the earth lie so far from UTC at the most.
_FARTHEST = timedelta(hours=15)


@app.command("import")
def import_shifts(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV; see the documentation for its columns.")],
    as_json: _Json = False,
) -> None:
    """Take in a schedule: for each agent it replaces what stood from their first day in the file to their last.

    Columns: agent; date, or weekdays (mon-fri) with from and until; start, end (the next day when not later), zone;
    breaks (12:00-12:30; 15:00-15:15) and campaign may be left out. All or nothing: every problem is told with its line.

    Example: `dialer shifts import december.csv`
    """
    from dialer.runtime.shift_plans import read_shifts
    from dialer.store import agents, shifts
    from dialer.store.database import open_store

    context: Context = ctx.obj
    workspace = context.workspace()
    with open_store(workspace.database_url) as store, store.writing() as tx:
        known = [each.agent_id for each in agents.every(tx)]
        found = read_shifts(file, known, workspace.campaign_names())
        gone = shifts.replace_shifts(tx, found)
    people = len({each.agent_id for each in found})
    first, last = min(each.day for each in found), max(each.day for each in found)
    if as_json:
        print_json({"shifts": len(found), "replaced": gone, "agents": people, "first": first, "last": last})
        return
    typer.echo(f"{len(found)} shifts of {people} agents from {first} to {last}; they replace {gone}.")


@app.command()
def show(
    ctx: typer.Context,
    day: _Date = None,
    days: _Days = 1,
    agent: _Agent = None,
    as_json: _Json = False,
) -> None:
    """Show the schedule. Exit 4 when nobody is scheduled.

    Example: `dialer shifts show --date 2026-12-01 --days 7`
    """
    found, _ = _read(ctx, day, days, agent)
    if as_json:
        print_json({"shifts": [_plain(each) for each in found]})
    for each in [] if as_json else found:
        begins, ends = _clock(each.starts_at, each.zone), _clock(each.ends_at, each.zone)
        off = ", ".join(f"{_clock(one, each.zone)}-{_clock(other, each.zone)}" for one, other in each.breaks)
        length = (each.ends_at - each.starts_at).total_seconds() / 3600
        typer.echo(
            f"{each.day:%a %Y-%m-%d}  {each.agent_id:<16} {begins}-{ends} {each.zone}  {length:.2f} h"
            + (f"  breaks {off}" if off else "")
            + (f"  {each.campaign}" if each.campaign else "")
        )
    if not found:
        raise stop("nobody is scheduled: dialer shifts import FILE", NOTHING_TO_DO)


@app.command()
def adherence(
    ctx: typer.Context,
    day: _Date = None,
    days: _Days = 1,
    agent: _Agent = None,
    as_json: _Json = False,
    csv: Annotated[Path | None, typer.Option("--csv", metavar="FILE", help="Write the table to FILE.")] = None,
) -> None:
    """Show for each agent and day how the shift was kept: late, paused, over the limits of pause codes, left early.

    A shift that still runs is judged up to now. Exit 4 when nobody is scheduled.

    Example: `dialer shifts adherence --date 2026-11-30 --csv adherence.csv`
    """
    from campaigns.problems import OperatorError
    from dialer.reports.export import table_to_csv
    from dialer.runtime.adherence import adherence as judged
    from dialer.runtime.adherence import stretches, table_of
    from dialer.store import campaigns as stored
    from dialer.store import shifts
    from dialer.store.database import open_store

    context: Context = ctx.obj
    workspace = context.workspace()
    found, now = _read(ctx, day, days, agent)
    if not found:
        raise stop("nobody is scheduled: dialer shifts import FILE", NOTHING_TO_DO)
    since = min(each.starts_at for each in found) - timedelta(days=1)
    until = max(each.ends_at for each in found) + timedelta(hours=5)
    limits: dict[str, dict[str, int]] = {}
    changes = []
    with open_store(workspace.database_url) as store, store.reading() as tx:
        for each in stored.every(tx):
            changes += shifts.changes(tx, each.name, since, until)
            try:
                limits[each.name] = workspace.campaign(each.name).agents.pause_codes
            except OperatorError:
                limits[each.name] = {}  # its file is gone: its pauses have no limits
    table = table_of(judged(found, stretches(changes, min(now, until)), limits, now))
    if not table.rows:
        raise stop("no shift of these days has begun yet", NOTHING_TO_DO)
    if csv is not None:
        try:
            csv.write_text(table_to_csv(table), encoding="utf-8", newline="")
        except OSError as error:
            raise stop(f"{csv}: cannot be written: {error.strerror}") from None
        typer.echo(f"wrote {csv}", err=True)
    if as_json:
        keys = [column.key for column in table.columns]
        print_json({"adherence": [dict(zip(keys, row, strict=True)) for row in table.rows]})
    elif csv is None:
        from dialer.cli.tables import print_table

        print_table(table)


def _read(ctx: typer.Context, day: str | None, days: int, agent: str | None) -> tuple[list[Shift], datetime]:
    """The shifts that begin on the days asked for, and now."""
    from dialer.store import shifts
    from dialer.store.database import open_store

    now = datetime.now(UTC)
    try:
        first = None if day is None else date.fromisoformat(day)
    except ValueError:
        raise typer.BadParameter(f"{day!r} is not a date; write it as 2026-12-01", param_hint="--date") from None
    about = now if first is None else datetime(first.year, first.month, first.day, tzinfo=UTC)
    since, until = about - timedelta(days=1) - _FARTHEST, about + timedelta(days=days + 1) + _FARTHEST
    context: Context = ctx.obj
    with open_store(context.workspace().database_url) as store, store.reading() as tx:
        found = shifts.scheduled(tx, since, until, since - _LONGEST)
    return [
        each
        for each in found
        if (agent is None or each.agent_id == agent) and 0 <= (each.day - (first or _today(each.zone, now))).days < days
    ], now


def _today(zone: str, now: datetime) -> date:
    from dnc import zones

    return zones.local(now, zone).date()


def _clock(at: datetime, zone: str) -> str:
    from dnc import zones

    return f"{zones.local(at, zone):%H:%M}"


def _plain(each: Shift) -> dict[str, Any]:
    return {
        "agent": each.agent_id,
        "campaign": each.campaign or None,
        "day": each.day.isoformat(),
        "zone": each.zone,
        "starts_at": each.starts_at,
        "ends_at": each.ends_at,
        "breaks": [[one, other] for one, other in each.breaks],
    }
