"""`dialer dnc`: registries and the house's own Do-Not-Call lists."""

from __future__ import annotations

import getpass
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dialer.cli.common import (
    FAILED,
    NOTHING_TO_DO,
    REFUSED,
    Context,
    instant_option,
    print_error,
    print_json,
    stop,
)
from dialer.cli.consent_words import client_named, offered_again

if TYPE_CHECKING:
    from dialer.runtime.own_numbers import Written

__all__ = ["app"]

#: Formats that feed no registry: the house's own entries, and contact lists (judged only).
_OWN = ("internal_dnc", "internal_dnc.v1", "vicidial", "vicidial.dnc", "vicidial.campaign_dnc")
_LEADS = ("leads", "leads.v1")
#: Families that feed several lists; which one is said by --registry.
_SEVERAL = ("us_state", "e164")

app = typer.Typer(no_args_is_help=True)

_Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
_Client = Annotated[str, typer.Option("--client", metavar="NAME", help="Only for this client company.")]
_Campaign = Annotated[str, typer.Option("--campaign", metavar="NAME", help="Only for this campaign.")]
_Number = Annotated[
    str, typer.Argument(metavar="NUMBER", help="A number, or an area code as +1201XXXXXXX or 201XXXXXXX.")
]
_Country = Annotated[str, typer.Option("--country", metavar="ISO", help="Country of numbers written without one.")]


@app.command("import")
def import_(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="As downloaded: text, CSV, XML, gz or zip.")],
    format_name: Annotated[
        str,
        typer.Option("--format", metavar="F", help="Such as us_ndnc (detects the layout) or us_ndnc.flat_full."),
    ],
    registry: Annotated[
        str,
        typer.Option(metavar="NAME", help="The list it feeds, for formats that serve several (US-TX.state)."),
    ] = "",
    obtained: Annotated[
        str | None,
        typer.Option(metavar="INSTANT", help="When the file was downloaded: its age counts from there. Default: now."),
    ] = None,
    replace_all: Annotated[
        bool, typer.Option("--replace-all", help="The file is the whole list, not only its area codes.")
    ] = False,
    merge: Annotated[bool, typer.Option("--merge", help="Add to the live version; remove nothing.")] = False,
    allow_drop: Annotated[
        str, typer.Option(metavar="REASON", help="Why a sharp drop in numbers is right this time.")
    ] = "",
    columns: Annotated[
        str,
        typer.Option(metavar="NAMES", help="Column order of a flat change list: npa,line,time,action."),
    ] = "",
    wash_input: Annotated[
        Path | None,
        typer.Option(
            "--wash-input",
            metavar="FILE",
            help="What was sent to be washed: every number in it needs an answer. Default: wash_input.csv beside FILE.",
        ),
    ] = None,
    many_members: Annotated[
        bool,
        typer.Option("--many-members", help="The archive holds several data files (as Canada's do without saying so)."),
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read and report; change nothing.")] = False,
    as_json: _Json = False,
) -> None:
    """Import a registry file: a new version is built beside the live one, verified, and swapped in whole.

    A file that is empty, cut off, a web page or sharply smaller never becomes a version: the live one stays.
    Exit 1 when the file is refused.

    Internal and VICIdial lists go to the internal list, in force at once; a contact list (leads.v1) is only judged.
    A trial run (--dry-run) needs no working folder; in one, the file is also compared with the version in use.

    Example: `dialer dnc import 2026-11-20_919.zip --format us_ndnc --obtained 2026-11-20T09:00-05:00`
    """
    import sys

    from dnc.registries import ReadOptions, RegistryStore, format_names, read

    context: Context = ctx.obj
    if replace_all and merge:
        raise typer.BadParameter("choose one of --replace-all and --merge")
    if format_name in _LEADS:
        return _check_leads(file, as_json)
    if format_name not in format_names():
        known = ", ".join((*format_names(), *_LEADS))
        raise typer.BadParameter(f"{format_name!r} is none of {known}", param_hint="--format")
    options = ReadOptions(
        columns=tuple(name.strip() for name in columns.split(",") if name.strip()),
        wash_input=wash_input,
        many_members=True if many_members else None,
    )
    compared = _in_workspace(context) and (bool(registry) or not format_name.startswith(_SEVERAL))
    if dry_run and (format_name in _OWN or not compared):
        more = "" if format_name in _OWN else "judged by itself, not compared with a version in use"
        return _print_report(replace(read(file, format_name, options), dry_run=True), as_json, more)
    workspace = context.workspace()
    if format_name in _OWN:
        return _import_own(workspace, file, format_name, as_json)
    workspace.registries_dir.mkdir(parents=True, exist_ok=True)
    show = sys.stderr.isatty() and not as_json

    done = 0

    def progress(size: int) -> None:
        nonlocal done
        done += size
        if show:
            sys.stderr.write(f"\r{done / 1e6:,.0f} MB read")
            sys.stderr.flush()

    registries = RegistryStore(workspace.registries_dir)
    report = registries.import_file(
        file,
        format_name,
        obtained_at=instant_option(obtained),
        registry=registry,
        mode="replace_all" if replace_all else "merge" if merge else "replace",
        dry_run=dry_run,
        allow_drop=allow_drop,
        options=options,
        progress=progress,
    )
    if show:
        sys.stderr.write("\r\x1b[K")
    replaced = bool(report.version and report.previous)  # a first version takes nobody off
    return _print_report(report, as_json, _offer_delisted(workspace, registries) if replaced else "")


def _offer_delisted(workspace: Any, registries: Any) -> str:
    """Offer people again whom no list in use has any more; how many, in words, or nothing.

    The version is in use whatever becomes of this: what goes wrong here the next import makes good.
    """
    from dialer.runtime.delisted import offer_delisted
    from dialer.store.errors import StoreError

    try:
        offered = offer_delisted(workspace, registries)
    except StoreError as error:
        print_error(f"note: leads that this list had kept back were not offered again: {error}")
        return ""
    return offered_again(offered) if offered else ""


def _in_workspace(context: Context) -> bool:
    """Whether there is a working folder, named or around us; whether it is a good one is not asked."""
    from campaigns.workspace import SETTINGS_FILE

    here = Path.cwd()
    return context.directory is not None or any((each / SETTINGS_FILE).is_file() for each in (here, *here.parents))


def _print_report(report: Any, as_json: bool, more: str = "") -> None:
    """Say what became of a file; exit 1 when it was refused."""
    if as_json:
        print_json(report.as_dict())
    else:
        dry_run = report.dry_run
        word = "would be accepted" if dry_run and report.accepted else "accepted" if report.accepted else "REFUSED"
        counts = report.counts
        typer.echo(
            f"{report.file}: {word} as {report.format}: {counts.lines:,} lines, {counts.numbers:,} numbers, "
            f"{counts.duplicates:,} duplicates, {counts.bad:,} bad"
        )
        for warning in report.warnings:
            typer.echo(f"  {warning}")
        for bad in report.bad_lines[:20]:
            typer.echo(f"  line {bad.line}: {bad.reason}")
        if report.bad_lines and counts.bad > 20:
            typer.echo(f"  ... and {counts.bad - 20:,} more bad lines")
        if report.version:
            typer.echo(f"  version {report.version} of {report.registry} is live now")
        if more:
            typer.echo(f"  {more}")
    if not report.accepted:
        raise typer.Exit(FAILED)


def _import_own(workspace: Any, file: Path, format_name: str, as_json: bool) -> None:
    """The house's own entries go to the internal list, in force at once."""
    from dialer.runtime.own_lists import import_own_list

    report, added = import_own_list(workspace, file, format_name)
    more = f"{added:,} new entries are on the internal list from this moment"
    _print_report(report, as_json, more if report.accepted else "")


def _check_leads(file: Path, as_json: bool) -> None:
    """A contact list is judged, not imported: `dialer lists load` loads it."""
    from dialer.runtime.list_check import check_contacts

    report = check_contacts(file)
    _print_report(report, as_json, "judged only; load it with: dialer lists load" if report.accepted else "")


@app.command()
def add(
    ctx: typer.Context,
    number: _Number,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why, in the person's or officer's words.")],
    source: Annotated[str, typer.Option(metavar="TEXT", help="How it came: letter, e-mail, call, court ...")] = "cli",
    client: _Client = "",
    campaign: _Campaign = "",
    expires: Annotated[str | None, typer.Option(metavar="INSTANT", help="When the entry ends. Default: never.")] = None,
    country: _Country = "US",
) -> None:
    """Put a number on the internal list: in force on the very next dial of every process.

    Without --client or --campaign it holds for the whole company.

    Example: `dialer dnc add +19195550101 --reason "said stop calling" --source "letter of 20 Nov"`
    """
    _change(ctx, "add", number, reason, source, client, campaign, country, expires)


@app.command()
def remove(
    ctx: typer.Context,
    number: _Number,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why the person may be called again.")],
    source: Annotated[str, typer.Option(metavar="TEXT", help="On whose word: letter, e-mail, court ...")] = "cli",
    client: _Client = "",
    campaign: _Campaign = "",
    country: _Country = "US",
) -> None:
    """Take a number off the internal list. The entry and its removal stay on record for good.

    This is the operator's act, written down among the acts of administration; in the office it takes two accounts.
    Exit 4 when the number is not on that list.

    Example: `dialer dnc remove +19195550101 --reason "asked in writing to be called, letter of 20 Nov"`
    """
    _change(ctx, "remove", number, reason, source, client, campaign, country, None)


@app.command()
def check(
    ctx: typer.Context,
    number: _Number,
    client: _Client = "",
    campaign: _Campaign = "",
    country: _Country = "US",
    as_json: _Json = False,
) -> None:
    """Say which lists a number is on. Exit 3 when it is on any, or a list it needs is stale or missing.

    Example: `dialer dnc check +19195550101`
    """
    from dialer.store import suppressions
    from dialer.store.database import open_store
    from dnc.registries import RegistryStore

    context: Context = ctx.obj
    workspace = context.workspace()
    client = client_named(workspace, client)
    if campaign:
        workspace.campaign(campaign)
    e164 = _normalised(number, country).number
    now = datetime.now(UTC)
    with open_store(workspace.database_url) as store, store.reading() as tx:
        own = suppressions.in_force(tx, e164, client=client, campaign=campaign, at=now)
        every = suppressions.history(tx, e164)
    said = RegistryStore(workspace.registries_dir).evidence(e164, now) if "X" not in e164 else []
    bad = bool(own) or any(each.listed or each.status != "fresh" for each in said)
    if as_json:
        print_json(
            {
                "number": e164,
                "clear": not bad,
                "internal": [_entry(each) for each in own],
                "registries": [
                    {
                        "name": each.name,
                        "kind": each.kind,
                        "status": each.status,
                        "listed": each.listed,
                        "version": each.version,
                        "age_days": each.age_days,
                        "max_age_days": each.max_age_days,
                        "detail": each.detail,
                    }
                    for each in said
                ],
                "history": [_entry(each) for each in every],
            }
        )
    else:
        for each in own:
            scope = f"{each.scope} {each.scope_id}".strip()
            typer.echo(
                f"{e164}: on the internal list ({scope}) since {each.at:%Y-%m-%d}: {each.reason} ({each.source})"
            )
        for evidence in said:
            word = "LISTED" if evidence.listed else "not listed"
            age = "" if evidence.age_days is None else f", {evidence.age_days} of {evidence.max_age_days} days old"
            typer.echo(f"{e164}: {evidence.name}: {word} ({evidence.status}{age}) {evidence.detail}".rstrip())
        if not own:
            typer.echo(f"{e164}: not on the internal list")
    if bad:
        raise typer.Exit(REFUSED)


@app.command()
def status(ctx: typer.Context, as_json: _Json = False) -> None:
    """Show every list with its age and the days left. Exit 3 when a list that is needed is stale or missing.

    Example: `dialer dnc status`
    """
    from dnc.registries import RegistryStore

    context: Context = ctx.obj
    workspace = context.workspace()
    countries = {workspace.campaign(name).country for name in workspace.campaign_names()}
    found = RegistryStore(workspace.registries_dir).status(datetime.now(UTC), sorted(countries))
    if as_json:
        print_json([each.as_dict() for each in found])
    else:
        from rich.console import Console
        from rich.table import Table

        table = Table(show_edge=False)
        for heading in ("list", "state", "age", "days left", "numbers", "version"):
            table.add_column(heading, no_wrap=True)
        for each in found:
            table.add_row(
                each.registry,
                each.state if each.required or each.state == "fresh" else f"{each.state} (not needed)",
                "-" if each.age_days is None else f"{each.age_days} of {each.max_age_days}",
                "-" if each.days_left is None else str(each.days_left),
                f"{each.rows:,}",
                each.version,
            )
        Console(highlight=False, soft_wrap=True).print(table, markup=False)
        for each in found:
            if each.required and each.state != "fresh":
                typer.echo(f"{each.registry}: {each.detail}")
    if any(each.required and each.state != "fresh" for each in found):
        raise typer.Exit(REFUSED)


@app.command()
def rollback(
    ctx: typer.Context,
    registry: Annotated[str, typer.Argument(metavar="LIST", help="As in `dnc status`, such as US.ndnc.")],
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why the newer version is wrong.")],
    version: Annotated[str, typer.Option(metavar="VERSION", help="Default: the one before.")] = "",
) -> None:
    """Make an earlier version of a registry the live one again.

    Example: `dialer dnc rollback US.ndnc --reason "state file imported by mistake"`
    """
    from dnc.registries import RegistryStore

    context: Context = ctx.obj
    workspace = context.workspace()
    store = RegistryStore(workspace.registries_dir)
    manifest = store.rollback(registry, to=version, reason=reason)
    typer.echo(f"{registry}: version {manifest.version} is live again")
    if more := _offer_delisted(workspace, store):
        typer.echo(f"  {more}")


def _entry(entry: Any) -> dict[str, Any]:
    return {
        "number": entry.number,
        "scope": entry.scope,
        "scope_id": entry.scope_id,
        "action": entry.action,
        "reason": entry.reason,
        "source": entry.source,
        "by": entry.by,
        "at": entry.at,
        "expires_at": entry.expires_at,
    }


def _normalised(number: str, country: str) -> Written:
    """The number or area-code pattern as the list holds it."""
    from dialer.runtime.own_numbers import NotDone, read_number

    try:
        read = read_number(number, country)
    except NotDone as error:
        raise stop(str(error)) from None
    for note in read.notes:
        typer.echo(f"note: {note}", err=True)
    return read


def _change(
    ctx: typer.Context,
    action: str,
    number: str,
    reason: str,
    source: str,
    client: str,
    campaign: str,
    country: str,
    expires: str | None,
) -> None:
    from dialer.runtime.own_numbers import NotDone, OwnList, stands_on, take_off
    from dialer.store import accounts, suppressions
    from dialer.store.database import open_store

    context: Context = ctx.obj
    workspace = context.workspace()
    client = client_named(workspace, client)
    if not reason.strip():
        raise typer.BadParameter("say why", param_hint="--reason")
    read = _normalised(number, country)
    if campaign:
        workspace.campaign(campaign)
    try:
        where = OwnList.of(read, client, campaign)
    except NotDone as error:
        raise typer.BadParameter(str(error)) from None
    now, e164 = datetime.now(UTC), read.number
    words: dict[str, Any] = {"reason": reason, "source": source, "by": getpass.getuser(), "at": now}
    with open_store(workspace.database_url) as store, store.writing() as tx:
        if action == "add":
            there = stands_on(tx, e164, where, now)
            until = instant_option(expires)
            suppressions.add(tx, e164, scope=where.scope, scope_id=where.scope_id, expires_at=until, **words)
        else:
            gone = take_off(tx, e164, where, **words)
            if gone is None:
                raise stop(f"{e164} is not on that list: nothing to remove", NOTHING_TO_DO)
            by = f"{getpass.getuser()} (command line)"
            accounts.record(tx, now, by=by, act="remove_from_list", target=e164, detail=f"{where.words}: {reason}")
    if action == "add":
        again = " (again: it was there already)" if there else ""
        typer.echo(f"{e164} is on {where.words} from this moment{again}.")
        return
    assert gone is not None
    typer.echo(f"{e164} is off {where.words}; entry and removal stay on record.")
    if gone.offered:
        typer.echo(offered_again(gone.offered))
    if gone.erased:
        day = f"{gone.erased:%Y-%m-%d}"
        typer.echo(f"note: it was erased at the person's request on {day}: lists may load the person again now.")
