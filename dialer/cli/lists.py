"""`dialer lists`: contact lists into campaigns."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dialer.cli.common import NOTHING_TO_DO, Context, instant_option, print_json, stop
from dialer.cli.progress import Progress

if TYPE_CHECKING:
    from dialer.runtime.list_dedupe import Dedupe
    from dialer.runtime.list_diff import ListDiff
    from dialer.runtime.list_load import LoadResult
    from dialer.runtime.scrub import Scrubbed

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True)

_FUNNEL = ("read", "empty", "refused", "valid", "duplicate", "blocked", "loaded")
_CHANGES = ("changed", "unchanged", "revived", "retired", "retired_on_a_call", "kept_for_callback", "consent_kept_back")
_DUPLICATES = {
    "DUPLICATE": "an earlier row has the number or the lead",
    "HOUSEHOLD": "an earlier row has the number for another person",
    "IN_CAMPAIGN": "the campaign has the number",
    "IN_CLIENT": "another campaign of the client has the number",
    "IN_SYSTEM": "another campaign has the number",
    "OUTCOME": "kept out by --dedupe-outcome",
}


class _Mode(Enum):
    append = "append"
    merge = "merge"
    replace = "replace"


class _Scope(Enum):
    list = "list"
    campaign = "campaign"
    client = "client"
    system = "system"


@app.command()
def load(
    ctx: typer.Context,
    file: Annotated[
        Path,
        typer.Argument(metavar="FILE", help="CSV in any common encoding and delimiter, an Excel workbook, or Parquet."),
    ],
    name: Annotated[str, typer.Option("--campaign", metavar="NAME", help="Which campaign's leads these are.")],
    mode: Annotated[
        _Mode,
        typer.Option(help="Add new leads; or also update those that are there; or also retire those the file lacks."),
    ] = _Mode.append,
    list_name: Annotated[
        str, typer.Option("--list", metavar="NAME", help="What the list is called. Default: the name of the file.")
    ] = "",
    whole_campaign: Annotated[
        bool, typer.Option("--whole-campaign", help="With replace: the file replaces every list of the campaign.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be added, changed and retired; write nothing.")
    ] = False,
    expires: Annotated[
        str | None,
        typer.Option(metavar="INSTANT", help="From then on its leads are not dialed; without an offset there."),
    ] = None,
    dedupe: Annotated[
        _Scope | None,
        typer.Option(
            help="Keep out numbers that are in this campaign, in any of the client, or in any at all. "
            "Default: campaign; with merge and replace: list."
        ),
    ] = None,
    dedupe_outcome: Annotated[
        str,
        typer.Option(
            metavar="WORDS", help="Keep out who converted, refused or was reached for the client: converted,refused."
        ),
    ] = "",
    within: Annotated[
        int, typer.Option(metavar="DAYS", min=1, max=3650, help="How far back --dedupe-outcome looks.")
    ] = 30,
    encoding: Annotated[
        str | None, typer.Option(metavar="NAME", help="When it cannot be told from the file: cp1252, utf-16 ...")
    ] = None,
    mapping: Annotated[
        str | None,
        typer.Option(metavar="NAME|FILE", help='A saved mapping, or a TOML file: [columns] "Cell" = "phone".'),
    ] = None,
    address_first: Annotated[
        bool,
        typer.Option("--address-first", help="Believe the address where number and address disagree, not both."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Load a contact list: each number once, every refused row in a reject file with line and reason.

    The columns of VICIdial and of our native header are recognised. The same file twice leaves the same state;
    a load that was interrupted goes on where it stopped. Nothing is ever deleted: a lead that a replacing file no
    longer names is retired, with the reason on record. Exit 4 when the list has no rows.

    Example: `dialer lists load contacts.csv --campaign telemarketing --mode replace --dry-run`
    """
    from dialer.runtime.list_diff import diff_contacts
    from dialer.runtime.list_load import load_contacts

    context: Context = ctx.obj
    workspace = context.workspace()
    campaign = workspace.campaign(name)
    expires_at = instant_option(expires, campaign.hours.timezone)
    if whole_campaign and mode is not _Mode.replace:
        raise typer.BadParameter(
            "it says what a file replaces: use it with --mode replace", param_hint="--whole-campaign"
        )
    words: Any = {
        "encoding": encoding,
        "mapping": _mapping(workspace.mappings_dir, mapping, file, as_json),
        "policy": "address_first" if address_first else "intersect",
        "mode": mode.value,
        "name": list_name,
        "whole_campaign": whole_campaign,
        "dedupe": _dedupe(mode, dedupe, dedupe_outcome, within),
    }
    with Progress(as_json, "comparing" if dry_run else "loading") as progress:
        if dry_run:
            diff = diff_contacts(workspace, campaign, file, progress=progress, **words)
        else:
            result = load_contacts(workspace, campaign, file, progress=progress, expires_at=expires_at, **words)
    if dry_run:
        read = diff.read
        if as_json:
            print_json({"file": str(file), "campaign": name, "mode": mode.value, "dry_run": True, **asdict(diff)})
        else:
            _tell_diff(diff, file, name)
    else:
        read = result.funnel.get("read", 0)
        if as_json:
            print_json(
                {
                    "file": str(file),
                    "campaign": name,
                    "mode": mode.value,
                    "already_loaded": result.already,
                    "resumed": result.resumed,
                    "funnel": result.funnel,
                    "by_column": result.by_column,
                    "warnings": list(result.warnings),
                    "rejects": None if result.rejects is None else str(result.rejects),
                }
            )
        else:
            _tell_loaded(result, file, name)
    if not read:
        raise stop(f"{file.name} has no rows", NOTHING_TO_DO)


def _mapping(folder: Path, wanted: str | None, file: Path, quiet: bool) -> Path | None:
    """The mapping that is meant; where none is, a saved one for such a file is suggested."""
    from campaigns.lists.saved import find_mapping, suggest_mapping

    if wanted is not None:
        return find_mapping(folder, wanted)
    fits = suggest_mapping(folder, file)
    if fits is not None and not quiet:
        typer.echo(f"note: the mapping {fits} was saved for files with this header: --mapping {fits}", err=True)
    return None


def _dedupe(mode: _Mode, scope: _Scope | None, outcome: str, within: int) -> Dedupe:
    """What keeps a row out."""
    from dialer.runtime.list_dedupe import Dedupe

    if scope is None:
        scope = _Scope.campaign if mode is _Mode.append else _Scope.list
    if scope is _Scope.list and mode is _Mode.append:
        raise typer.BadParameter("a campaign has a number once: use --mode merge to update it", param_hint="--dedupe")
    if scope is _Scope.campaign and mode is not _Mode.append:
        raise typer.BadParameter("merge and replace update the campaign's own leads", param_hint="--dedupe")
    said = {word.strip() for word in outcome.split(",") if word.strip()}
    if said - {"converted", "refused", "reached"}:
        raise typer.BadParameter("write converted, refused, reached, with commas", param_hint="--dedupe-outcome")
    return Dedupe(scope.value, frozenset(said), within)  # type: ignore[arg-type]


def _tell_diff(diff: ListDiff, file: Path, name: str) -> None:
    """What a load would do, in words."""
    typer.echo(f"{file.name} into {name}: nothing was written. A load would find {diff.read:,} rows")
    for count, what in (
        (diff.added, "leads to add"),
        (diff.changed, "leads to change"),
        (diff.unchanged, "leads unchanged"),
        (diff.revived, "retired leads to bring back"),
        (diff.retired, "leads to retire: the file does not name them"),
        (diff.kept_for_callback, "leads to keep for a promised callback, and then to retire"),
        (diff.refused, "rows to refuse"),
        (diff.empty, "empty rows"),
    ):
        if count:
            typer.echo(f"  {count:>12,}  {what}")
    for column, count in diff.by_column.items():
        typer.echo(f"  {count:>12,}  changes of {column}")
    for code, count in diff.duplicates.items():
        typer.echo(f"  {count:>12,}  duplicates: {_DUPLICATES.get(code, code)}")
    for warning in diff.warnings:
        typer.echo(f"  note: {warning}")


def _tell_loaded(result: LoadResult, file: Path, name: str) -> None:
    """What became of a file, in words."""
    if result.already:
        typer.echo(f"{file.name} was loaded into {name} before; nothing was changed. What it gave then:")
    for step in (*_FUNNEL, *_CHANGES):
        if step in result.funnel and (step in _FUNNEL or result.funnel[step]):
            typer.echo(f"  {step:<10}{result.funnel[step]:>12,}")
    for column, count in result.by_column.items():
        typer.echo(f"  {count:>22,}  changes of {column}")
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
        str | None,
        typer.Option(metavar="NAME|FILE", help='A saved mapping, or a TOML file: [columns] "Cell" = "phone".'),
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
    with Progress(as_json, "screening") as progress:
        try:
            found = screen_file(
                workspace,
                campaign,
                file,
                at=instant,
                out=out,
                encoding=encoding,
                mapping=_mapping(workspace.mappings_dir, mapping, file, as_json),
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
    """Show every list of a campaign with its funnel, and until when it is dialed.

    Example: `dialer lists show --campaign telemarketing`
    """
    from dialer.store import loaded_lists, retiring
    from dialer.store.database import open_store

    context: Context = ctx.obj
    workspace = context.workspace()
    workspace.campaign(name)
    now = datetime.now(UTC)
    with open_store(workspace.database_url) as store, store.reading() as tx:
        found = loaded_lists.of_campaign(tx, name)[::-1]
        expired = retiring.expired_waiting(tx, name, now)
    if as_json:
        print_json(
            [
                {
                    "list": each.list_id,
                    "name": each.name,
                    "file": each.file_name,
                    "loaded_at": each.loaded_at,
                    "complete": each.complete,
                    "expires_at": each.expires_at,
                    "expires_why": each.expires_why,
                    "not_dialed_for_expiry": expired.get(each.list_id, 0),
                    "funnel": each.funnel,
                }
                for each in found
            ]
        )
        return
    if not found:
        typer.echo(f"{name} has no list yet: dialer lists load FILE --campaign {name}")
    for each in found:
        steps = (*_FUNNEL, *_CHANGES)
        shown = ", ".join(f"{each.funnel[step]:,} {step}" for step in steps if step in each.funnel)
        called = each.file_name if each.name == each.file_name else f"{each.name} ({each.file_name})"
        typer.echo(f"{called}: {shown}" + ("" if each.complete else "; not loaded to its end: load it again"))
        if each.expires_at is not None:
            over = each.expires_at <= now
            left = f": {expired.get(each.list_id, 0):,} leads are not dialed for it" if over else ""
            why = f" ({each.expires_why})" if each.expires_why else ""
            verb = "expired on" if over else "expires on"
            typer.echo(f"  {verb} {each.expires_at:%Y-%m-%d %H:%M} UTC{why}{left}")


def _more() -> None:
    """The commands of `lists` that are told in a module of their own."""
    from dialer.cli import lists_life

    lists_life.add_to(app)


_more()
