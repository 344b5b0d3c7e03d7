"""`dialer lists`: contact lists into campaigns."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dialer.cli.common import NOTHING_TO_DO, Context, instant_option, print_json, stop

if TYPE_CHECKING:
    from dialer.runtime.list_load import LoadResult
    from dialer.runtime.scrub import Scrubbed

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True)

_FUNNEL = ("read", "empty", "refused", "valid", "duplicate", "blocked", "loaded")


@app.command()
def load(
    ctx: typer.Context,
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="CSV in any common encoding and delimiter, an Excel workbook, or Parquet."),
    ],
    name: Annotated[str, typer.Option("--campaign", metavar="NAME", help="Which campaign's leads these are.")],
    encoding: Annotated[
        str | None, typer.Option(metavar="NAME", help="When it cannot be told from the file: cp1252, utf-16 ...")
    ] = None,
    mapping: Annotated[
        Path | None, typer.Option(metavar="FILE", help='Their columns to ours, in TOML: [columns] "Cell" = "phone".')
    ] = None,
    address_first: Annotated[
        bool,
        typer.Option("--address-first", help="Believe the address where number and address disagree, not both."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Load a contact list: each number once, every refused row in a reject file with line and reason.

    The columns of VICIdial and of our native header are recognised. The same file twice leaves the same state;
    a load that was interrupted goes on where it stopped. Exit 4 when the list has no rows.

    Example: `dialer lists load contacts.csv --campaign telemarketing`
    """
    from dialer.runtime.list_load import load_contacts

    context: Context = ctx.obj
    workspace = context.workspace()
    campaign = workspace.campaign(name)
    with _Progress(as_json) as progress:
        result = load_contacts(
            workspace,
            campaign,
            file,
            encoding=encoding,
            mapping=mapping,
            policy="address_first" if address_first else "intersect",
            progress=progress,
        )
    if as_json:
        print_json(
            {
                "file": str(file),
                "campaign": name,
                "already_loaded": result.already,
                "resumed": result.resumed,
                "funnel": result.funnel,
                "warnings": list(result.warnings),
                "rejects": None if result.rejects is None else str(result.rejects),
            }
        )
    else:
        _tell_loaded(result, file, name)
    if not result.funnel.get("read"):
        raise stop(f"{file.name} has no rows", NOTHING_TO_DO)


def _tell_loaded(result: LoadResult, file: Path, name: str) -> None:
    """What became of a file, in words."""
    if result.already:
        typer.echo(f"{file.name} was loaded into {name} before; nothing was changed. What it gave then:")
    for step in _FUNNEL:
        if step in result.funnel:
            typer.echo(f"  {step:<10}{result.funnel[step]:>12,}")
    for warning in result.warnings:
        typer.echo(f"  note: {warning}")
    if result.rejects is not None:
        typer.echo(f"  what was not loaded, line by line: {result.rejects}")


@app.command()
def screen(
    ctx: typer.Context,
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="CSV in any common encoding and delimiter, an Excel workbook, or Parquet."),
    ],
    name: Annotated[str, typer.Option("--campaign", metavar="NAME", help="Which campaign would call these people.")],
    at: Annotated[
        str | None,
        typer.Option(metavar="INSTANT", help="ISO 8601; without an offset in the campaign's zone. Default: now."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write every decision: CSV, or Arrow's format for a name ending in .arrow."),
    ] = None,
    encoding: Annotated[
        str | None, typer.Option(metavar="NAME", help="When it cannot be told from the file: cp1252, utf-16 ...")
    ] = None,
    mapping: Annotated[
        Path | None, typer.Option(metavar="FILE", help='Their columns to ours, in TOML: [columns] "Cell" = "phone".')
    ] = None,
    address_first: Annotated[
        bool,
        typer.Option("--address-first", help="Believe the address where number and address disagree, not both."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Scrub a contact list without loading it: who may be called, who later, who never, and why.

    Every number of every row goes through the rules that stand before every dial, with today's registries, the house's
    own lists, the consents on record and the calls of the past. Nothing is written to the database. Exit 4 when the
    list has no rows.

    Example: `dialer lists screen contacts.csv --campaign telemarketing --out decisions.csv`
    """
    from dialer.runtime.scrub import screen_file

    context: Context = ctx.obj
    workspace = context.workspace()
    campaign = workspace.campaign(name)
    instant = instant_option(at, campaign.hours.timezone) or datetime.now(UTC)
    if out is not None and out.exists() and file.exists() and out.samefile(file):
        raise typer.BadParameter("the decisions must not be written over the list")
    with _Progress(as_json, "screening") as progress:
        try:
            found = screen_file(
                workspace,
                campaign,
                file,
                at=instant,
                out=out,
                encoding=encoding,
                mapping=mapping,
                places="address_first" if address_first else "intersect",
                progress=progress,
            )
        except OSError as error:
            raise stop(f"{out or file}: {error.strerror or error}") from None
    if as_json:
        print_json(
            {
                "file": str(file),
                "campaign": name,
                "at": found.at,
                "rows": found.rows,
                "numbers": found.numbers,
                "allowed": found.allowed,
                "later": found.later,
                "blocked": found.blocked,
                "refused": found.refused,
                "codes": [{"code": code, "meaning": meaning, "numbers": n} for code, meaning, n in found.codes()],
                "versions": found.versions,
                "seconds": round(found.seconds, 3),
                "out": None if out is None else str(out),
            }
        )
    else:
        _tell(found, out)
    if not found.rows:
        raise stop(f"{file.name} has no rows", NOTHING_TO_DO)


def _tell(found: Scrubbed, out: Path | None) -> None:
    """What came of a scrub, in words."""
    from dnc import zones

    here = found.at.astimezone(zones.zone(found.zone))
    typer.echo(f"{found.file.name} for {found.campaign} at {here:%a %Y-%m-%d %H:%M %Z}: {found.rows:,} rows")
    for count, what in (
        (found.allowed, "may be called"),
        (found.later, "not at this hour, or not so soon again"),
        (found.blocked, "not at all, as things stand"),
        (found.refused, "not a number to call: bad, double, or a person who must not be contacted"),
    ):
        typer.echo(f"  {count:>12,}  {what}")
    for code, meaning, count in found.codes():
        typer.echo(f"  {count:>12,}  {code}: {meaning}")
    if out is not None:
        typer.echo(f"every decision, line by line: {out}")


@app.command()
def show(
    ctx: typer.Context,
    name: Annotated[str, typer.Option("--campaign", metavar="NAME", help="Whose lists.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show every list of a campaign with its funnel.

    Example: `dialer lists show --campaign telemarketing`
    """
    from dialer.store import frames
    from dialer.store.database import open_store

    context: Context = ctx.obj
    workspace = context.workspace()
    workspace.campaign(name)
    with open_store(workspace.database_url) as store, store.reading() as tx:
        found = frames.funnels(tx, name)
    if as_json:
        print_json([{"file": file_name, "funnel": funnel} for file_name, funnel in found])
        return
    if not found:
        typer.echo(f"{name} has no list yet: dialer lists load FILE --campaign {name}")
    for file_name, funnel in found:
        shown = ", ".join(f"{funnel[step]:,} {step}" for step in _FUNNEL if step in funnel)
        typer.echo(f"{file_name}: {shown}")


class _Progress:
    """A bar on a terminal, nothing in a log."""

    def __init__(self, quiet: bool, doing: str = "loading") -> None:
        self._quiet, self._doing = quiet or not sys.stderr.isatty(), doing
        self._bar: Any = None

    def __enter__(self) -> Any:
        if self._quiet:
            return None
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        columns = (TextColumn(self._doing), BarColumn(), MofNCompleteColumn(), TextColumn("rows"), TimeElapsedColumn())
        self._bar = Progress(*columns, console=Console(stderr=True))
        self._bar.start()
        task = self._bar.add_task(self._doing, total=None)
        return lambda rows: self._bar.update(task, completed=rows)

    def __exit__(self, *error: object) -> None:
        if self._bar is not None:
            self._bar.stop()
