"""`dialer history`: past calls of another system in, leads and calls out."""

from __future__ import annotations

from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dialer.cli.common import NOTHING_TO_DO, Context, instant_option, print_json, stop
from dialer.cli.progress import Progress

if TYPE_CHECKING:
    from dialer.runtime.history_import import HistoryResult

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True)


class _What(StrEnum):
    calls = "calls"
    leads = "leads"


class _Format(StrEnum):
    csv = "csv"
    parquet = "parquet"


class _Codes(StrEnum):
    own = "own"
    vicidial = "vicidial"


@app.command("import")
def import_(
    ctx: typer.Context,
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="CSV in any common encoding and delimiter, an Excel workbook, or Parquet."),
    ],
    name: Annotated[str, typer.Option("--campaign", metavar="NAME", help="For which campaign, and so which client.")],
    zone: Annotated[
        str | None,
        typer.Option(metavar="ZONE", help="IANA zone of times without an offset, such as America/New_York."),
    ] = None,
    encoding: Annotated[
        str | None, typer.Option(metavar="NAME", help="When it cannot be told from the file: cp1252, utf-16 ...")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Import calls that another system placed: caps count them from the next dial on, our own figures never do.

    VICIdial's log is read as it is; else name the columns number, at, result or code, agent, talk_seconds and
    external_id. The same file twice changes nothing. Every refused row is in a reject file with line and reason; exit 1
    when no row could be used, 4 when there are none.

    Example: `dialer history import vicidial_log.csv --campaign telemarketing --zone America/New_York`
    """
    from dialer.runtime.history_import import import_history
    from dnc import zones

    if zone is not None and not zones.is_zone(zone):
        raise typer.BadParameter(f"{zone!r} is no IANA time zone such as America/Chicago", param_hint="--zone")
    context: Context = ctx.obj
    workspace = context.workspace()
    campaign = workspace.campaign(name)
    with Progress(as_json, "importing") as progress:
        result = import_history(workspace, campaign, file, zone=zone, encoding=encoding, progress=progress)
    if as_json:
        print_json({"file": str(file), "campaign": name, **asdict(result)})
    else:
        _tell(result, file, campaign.client)
    if not result.read - result.empty:
        raise stop(f"{file.name} has no rows", NOTHING_TO_DO)
    if result.refused == result.read - result.empty:
        raise stop(f"no row of {file.name} could be imported; why: {result.rejects}")


def _tell(result: HistoryResult, file: Path, client: str) -> None:
    typer.echo(f"{file.name}: {result.read:,} rows")
    for count, what in (
        (result.imported, f"calls imported; caps of {client} count them from now on"),
        (result.known, "calls were on record before"),
        (result.not_called, "rows say that nobody was called"),
        (result.empty, "rows are empty"),
        (result.refused, "rows refused"),
        (result.opt_outs, f"numbers put on {client}'s do-not-call list"),
    ):
        if count:
            typer.echo(f"  {count:>12,}  {what}")
    for warning in result.warnings:
        typer.echo(f"  note: {warning}")
    if result.refused:
        typer.echo(f"  what was refused, line by line: {result.rejects}")


@app.command()
def export(
    ctx: typer.Context,
    out: Annotated[
        Path, typer.Option("--out", metavar="FILE", help="The file to write; one that is there is replaced.")
    ],
    name: Annotated[str | None, typer.Option("--campaign", metavar="NAME", help="Of one campaign.")] = None,
    client: Annotated[
        str | None, typer.Option("--client", metavar="NAME", help="Of every campaign of one client.")
    ] = None,
    what: Annotated[_What, typer.Option("--what", help="A row for each call, or for each lead.")] = _What.calls,
    since: Annotated[
        str | None, typer.Option(metavar="INSTANT", help="Calls placed from then on; ISO 8601, UTC without an offset.")
    ] = None,
    until: Annotated[
        str | None, typer.Option(metavar="INSTANT", help="Calls placed before then; ISO 8601, UTC without an offset.")
    ] = None,
    format_: Annotated[_Format, typer.Option("--format", help="CSV or Parquet.")] = _Format.csv,
    codes: Annotated[
        _Codes, typer.Option("--codes", help="Our dispositions, or VICIdial's statuses (NEW, NA, B, DNC, SALE ...).")
    ] = _Codes.own,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Export every lead or every call, with status, results and dispositions.

    Calls come in the columns that `dialer history import` reads. The file appears whole or not at all. Exit 4 when
    there is nothing to export; the file then has its header only.

    Example: `dialer history export --client evergreen --what leads --codes vicidial --out leads.csv`
    """
    from dialer.runtime.history_export import export_history
    from dialer.store import campaigns
    from dialer.store.database import open_store

    if (name is None) == (client is None):
        raise typer.BadParameter("name either --campaign or --client")
    begin, end = instant_option(since), instant_option(until)
    if begin is not None and end is not None and begin >= end:
        raise typer.BadParameter("--since must be before --until")
    context: Context = ctx.obj
    workspace = context.workspace()
    if name is not None:
        workspace.campaign(name)
    with open_store(workspace.database_url) as store, Progress(as_json, "exporting") as progress:
        with store.reading() as tx:
            known = [each for each in campaigns.every(tx) if each.name == name or each.client == client]
        if client is not None and not known:
            raise stop(f"no campaign of a client {client!r} has any leads; dialer campaigns show names them")
        try:
            rows = export_history(
                store,
                [(each.name, each.client) for each in known],
                out,
                what=what.value,
                format=format_.value,
                vicidial=codes is _Codes.vicidial,
                since=begin,
                until=end,
                progress=progress,
            )
        except OSError as error:
            raise stop(f"{out}: {error.strerror or error}") from None
    if as_json:
        print_json({"out": str(out), "what": what.value, "campaigns": [each.name for each in known], "rows": rows})
    else:
        typer.echo(f"{rows:,} {what.value} of {', '.join(each.name for each in known) or 'no campaign'}: {out}")
    if not rows:
        raise stop(f"there are no {what.value} to export", NOTHING_TO_DO)
