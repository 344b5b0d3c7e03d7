"""`dialer rules`: the rule tables, and test vectors through the real gate."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from dialer.cli.common import FAILED, stop

__all__ = ["app"]

app = typer.Typer(help="The rules that every dial is checked against.", no_args_is_help=True)


@app.command()
def test(
    file: Annotated[Path, typer.Argument(metavar="FILE.jsonl", help="One vector a line; see docs/compliance.")],
    as_json: Annotated[bool, typer.Option("--json", help="A line of JSON per vector.")] = False,
) -> None:
    """Run test vectors through the real gate; print each failure; exit 1 on any.

    Example: `dialer rules test our-cases.jsonl`
    """
    from dnc.vectors import run_vectors

    try:
        results = run_vectors(file)
    except OSError as error:
        raise stop(f"{file}: cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise stop(str(error)) from None
    failed = [each for each in results if not each.passed]
    if as_json:
        for each in results:
            sys.stdout.write(
                json.dumps(
                    {
                        "id": each.id,
                        "expected": each.expected,
                        "got": each.got,
                        "reasons": list(each.reasons),
                        "pass": each.passed,
                    }
                )
                + "\n"
            )
    else:
        for each in failed:
            typer.echo(
                f"{each.id}: expected {each.expected} ({each.reason}), got {each.got} ({', '.join(each.reasons)})"
            )
        typer.echo(f"{len(results) - len(failed)} passed, {len(failed)} failed")
    if failed:
        raise typer.Exit(FAILED)


@app.command()
def show(
    ctx: typer.Context,
    jurisdiction: Annotated[str, typer.Argument(help="Such as US, US-FL or GB; all when left out.")] = "",
) -> None:
    """Show the rules in force with citation and status; the house's overlays included.

    Example: `dialer rules show US-FL`
    """
    from rich.console import Console
    from rich.table import Table

    from dialer.runtime.asking import open_rulebook

    context = ctx.obj
    book = open_rulebook(context.workspace())
    wanted = jurisdiction.upper()
    table = Table(show_edge=False)
    for heading in ("rule", "kind", "what", "citation", "status"):
        table.add_column(heading, overflow="fold")
    rows = [row for row in book.listing() if not wanted or row.jurisdiction == wanted]
    if not rows:
        raise stop(f"no rule is known for {wanted}; calls there are refused unless their country has rules")
    for row in rows:
        table.add_row(row.rule, row.kind, row.what, row.citation, row.status)
    Console(highlight=False).print(table, markup=False)
    typer.echo(f"Rules version {book.version[:16]}. Not legal advice: counsel signs off before a live campaign.")
