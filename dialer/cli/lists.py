"""`dialer lists`: contact lists into campaigns."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from dialer.cli.common import Context, print_json

__all__ = ["app"]

app = typer.Typer(help="Load contact lists and see what became of them.", no_args_is_help=True)

_FUNNEL = ("read", "empty", "refused", "valid", "duplicate", "blocked", "loaded")


@app.command()
def load(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV in any common encoding and delimiter.")],
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
    a load that was interrupted goes on where it stopped.

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
        return
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

    def __init__(self, quiet: bool) -> None:
        self._quiet = quiet or not sys.stderr.isatty()
        self._bar: Any = None

    def __enter__(self) -> Any:
        if self._quiet:
            return None
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        columns = (TextColumn("loading"), BarColumn(), MofNCompleteColumn(), TextColumn("rows"), TimeElapsedColumn())
        self._bar = Progress(*columns, console=Console(stderr=True))
        self._bar.start()
        task = self._bar.add_task("loading", total=None)
        return lambda rows: self._bar.update(task, completed=rows)

    def __exit__(self, *error: object) -> None:
        if self._bar is not None:
            self._bar.stop()
