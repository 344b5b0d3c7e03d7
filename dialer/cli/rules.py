"""`dialer rules`: the rules in force, and test vectors through the real gate."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dialer.cli.common import FAILED, NOTHING_TO_DO, Context, print_json, stop

if TYPE_CHECKING:
    from dnc.rules import Rulebook
    from dnc.vectors import VectorResult

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True)

#: A table in a pipe or a log is this wide: readable, and every row of most rules on few lines.
_PIPE_WIDTH = 160


@app.command()
def test(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE.jsonl", help="One vector a line; see docs/compliance.")],
    as_json: Annotated[bool, typer.Option("--json", help="A line of JSON per vector.")] = False,
) -> None:
    """Run test vectors through the real gate with the rules in force; print each failure; exit 1 on any.

    A line that cannot be read has failed too; what is wrong with it is said on stderr.

    Example: `dialer rules test our-cases.jsonl`
    """
    results = _run(file, _rulebook(ctx.obj)[0])
    failed = [each for each in results if not each.passed]
    if as_json:
        for each in results:
            answer = {
                "id": each.id,
                "expected": each.expected,
                "got": each.got,
                "reasons": list(each.reasons),
                "pass": each.passed,
            }
            sys.stdout.write(json.dumps(answer, ensure_ascii=False) + "\n")
    else:
        for each in failed:
            wanted = f"{each.expected} ({each.reason})" if each.reason else each.expected
            reasons = f" ({', '.join(each.reasons)})" if each.reasons else ""
            typer.echo(f"{each.id}: expected {wanted or 'an answer'}, got {each.got}{reasons}")
        typer.echo(f"{len(results) - len(failed)} passed, {len(failed)} failed")
    if failed:
        raise typer.Exit(FAILED)


@app.command()
def show(
    ctx: typer.Context,
    jurisdiction: Annotated[
        str,
        typer.Argument(metavar="[JURISDICTION]", help="Such as US, US-FL or GB: what binds there; all when left out."),
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show the rules in force in one line each, with citation and evidence; the house's overlays included.

    Outside of a working folder the shipped rules are shown. Exit 4 when nothing is known of the jurisdiction.

    Example: `dialer rules show US-FL`
    """
    from datetime import UTC, datetime

    from dnc.rules.listing import listing

    book, source = _rulebook(ctx.obj)
    place = jurisdiction.strip().upper().replace("_", "-")
    rows = listing(book, place)
    if not rows or not _is_known(place, rows):
        raise stop(f"no rule is known for {place}; calls are refused where no rule is known", NOTHING_TO_DO)
    if as_json:
        today = datetime.now(UTC).date()
        print_json(
            {
                "version": book.version,
                "source": source,
                "jurisdiction": place or None,
                "rules": [_as_dict(row, today) for row in rows],
            }
        )
        return
    _print(rows, place)
    typer.echo(f"{len(rows)} rules, version {book.version}: {source}.")
    typer.echo("Not legal advice: every row needs your counsel's sign-off before a live campaign.")


def _rulebook(context: Context) -> tuple[Rulebook, str]:
    """The rules in force and where they come from: the working folder's, or outside of one the shipped ones."""
    import os

    from campaigns.workspace import HOME_VARIABLE, SETTINGS_FILE
    from dialer.runtime.asking import open_rulebook
    from dnc.rules import load

    here = Path.cwd()
    named = context.directory is not None or os.environ.get(HOME_VARIABLE)
    if not named and not any((folder / SETTINGS_FILE).is_file() for folder in (here, *here.parents)):
        return load(), "the shipped rules, for there is no working folder here"
    workspace = context.workspace()
    if workspace.rules_dir.is_dir():
        return open_rulebook(workspace), f"the shipped rules with the overlays in {workspace.rules_dir}"
    return open_rulebook(workspace), "the shipped rules, without overlays"


def _is_known(place: str, rows: tuple[Any, ...]) -> bool:
    """Whether a jurisdiction exists, as far as the data goes: it has rules of its own, or is a state of a country."""
    from dnc.places.tables import area_codes, states

    if not place or any(place in row.jurisdictions for row in rows):
        return True
    country, _, state = place.partition("-")
    return (country, state) in states() or any(place in area.jurisdictions for area in area_codes().values())


def _as_dict(row: Any, today: Any) -> dict[str, Any]:
    return {
        "id": row.rule,
        "kind": row.kind,
        "jurisdictions": list(row.jurisdictions),
        "calls": row.calls,
        "what": row.what,
        "citation": row.citation,
        "status": row.status,
        "evidence": row.evidence,
        "effective_from": row.since,
        "effective_until": row.until,
        "in_force": row.in_force(today),
        "approved_by": row.approved_by,
        "file": row.origin,
    }


def _print(rows: tuple[Any, ...], place: str) -> None:
    from rich.console import Console
    from rich.table import Table

    from dnc.rules.listing import dates, trust

    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=max(console.width, _PIPE_WIDTH))
    for kind in dict.fromkeys(row.kind for row in rows):
        table = Table(show_edge=False, title=kind, title_justify="left", pad_edge=False, expand=True)
        for heading, ratio in (("rule", 3), ("calls", 3), ("what", 9), ("citation", 5), ("status", 3), ("in force", 2)):
            table.add_column(heading, overflow="fold", ratio=ratio)
        for row in (each for each in rows if each.kind == kind):
            status = trust(row.status, row.evidence)
            status += f"; approved by {row.approved_by}" if row.approved_by else ""
            where = (
                "" if place in row.jurisdictions or len(row.jurisdictions) < 2 else f"{', '.join(row.jurisdictions)}; "
            )
            cells = (row.rule, where + row.calls, row.what, row.citation, status, dates(row.since, row.until))
            table.add_row(*(_cell(text) for text in cells))
        console.print(table)
        console.print()


def _cell(text: str) -> Any:
    """A text as it is: what a rule file says is never read as markup or as commands to the terminal."""
    from rich.text import Text

    return Text("".join(letter if letter.isprintable() else " " for letter in text))


def _run(file: Path, book: Rulebook) -> list[VectorResult]:
    """The result of every line; one that cannot be read has failed, and what is wrong with it goes to stderr."""
    from dnc.vectors import VectorError, VectorResult, read_vector, run_vector

    try:
        lines = file.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        raise stop(f"{file}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise stop(f"{file}: is not UTF-8 text: {error.reason} at byte {error.start}") from None
    results = []
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        named, expected = f"line {number}", ""
        try:
            vector = read_vector(line)
            named, expected = str(vector.get("id") or named), str(vector.get("expected", ""))
            result = run_vector(vector, book)
            results.append(result if result.id else replace(result, id=named))
        except VectorError as error:
            typer.echo(f"dialer: {file.name}, line {number}: {error}", err=True)
            results.append(VectorResult(named, expected, "unreadable", "", (), passed=False))
    if not results:
        raise stop(f"{file}: holds no vector, so nothing was tested; write one JSON object on each line")
    return results
