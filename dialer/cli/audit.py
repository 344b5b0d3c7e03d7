"""`dialer audit`: prove the records, show everything about one number, erase a person, say what is kept how long."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from dialer.cli import audit_proof
from dialer.cli.audit_proof import broken, progress
from dialer.cli.common import NOTHING_TO_DO, Context, print_json, stop

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True)

_Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
_Country = Annotated[str, typer.Option("--country", metavar="ISO", help="Country of numbers written without one.")]

app.command("verify")(audit_proof.verify)
app.command("anchor")(audit_proof.anchor)


@app.command()
def export(
    ctx: typer.Context,
    number: Annotated[str, typer.Option("--number", metavar="N", help="Whose case file.")],
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write the JSON to FILE instead of printing it.")
    ] = None,
    html_file: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write one page for an auditor; no network needed.")
    ] = None,
    country: _Country = "US",
) -> None:
    """Export the case file of one number: everything on record, who did it and when, and the proof.

    Every decision with its checks, every call with what agents said, consents, business relationships, do-not-call
    entries, the lists that decisions rested on or that have the number, erasures. Exit 4 when nothing is on record;
    1, after writing, when the ledger it comes from is broken. The files hold personal data: only their owner can read
    them.

    Example: `dialer audit export --number +19195550101 --html case.html`
    """
    from dialer.reports.case_file import as_dict, to_html
    from dialer.runtime.asking import open_rulebook
    from dialer.runtime.case_file import case_file
    from dialer.store.database import open_store
    from dnc.registries import RegistryStore

    context: Context = ctx.obj
    workspace = context.workspace()
    e164 = _e164(number, country)
    with open_store(workspace.database_url) as store, store.reading() as tx:
        case = case_file(
            tx,
            e164,
            book=open_rulebook(workspace),
            registries=RegistryStore(workspace.registries_dir),
            now=datetime.now(UTC),
            by=_user(),
            progress=progress,
        )
    progress(None)
    if case.empty:
        raise stop(f"nothing is on record about {e164}", NOTHING_TO_DO)
    if json_file is not None:
        import json

        _write(json_file, json.dumps(as_dict(case), indent=2, ensure_ascii=False) + "\n")
    if html_file is not None:
        _write(html_file, to_html(case))
    if json_file is None and html_file is None:
        print_json(as_dict(case))
    if not case.proof.intact:
        raise broken(case.proof)


@app.command()
def erase(
    ctx: typer.Context,
    number: Annotated[str, typer.Option("--number", metavar="N", help="Of the person who asks.")],
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why: the request, its date, how it came.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done; change nothing.")] = False,
    country: _Country = "US",
    as_json: _Json = False,
) -> None:
    """Erase a person's data as far as the law allows, and never call them again.

    Personal fields of their leads are blanked; their numbers stay on the company's do-not-call list; calls, consents
    and business relationships are kept while a retention rule says so, and removed when it has run out; the ledger
    stays. From then on a list that brings the person again is refused, row by row, and nothing of the row is kept,
    until they are taken off the list at their own wish (dialer dnc remove). The answer names what is kept, by which
    rule, until when. Name nobody in --reason: it is kept. Exit 4 when nothing is on record.

    Example: `dialer audit erase --number +19195550101 --reason "letter of 20 Nov 2026" --dry-run`
    """
    from dialer.runtime import erasure
    from dialer.runtime.asking import open_rulebook
    from dialer.runtime.consents import remove_copies
    from dialer.runtime.reporting import FACTS
    from dialer.store.column_files import drop_days
    from dialer.store.database import open_store

    context: Context = ctx.obj
    if not reason.strip():
        raise typer.BadParameter("say why", param_hint="--reason")
    workspace = context.workspace()
    e164 = _e164(number, country)
    book = open_rulebook(workspace)
    terms: dict[str, Any] = {"book": book, "at": datetime.now(UTC), "by": _user(), "reason": reason}
    with open_store(workspace.database_url) as store:
        if dry_run:
            with store.reading() as seen:
                planned = erasure.plan(seen, e164, **terms)
        else:
            with store.writing() as tx:
                planned = erasure.plan(tx, e164, **terms)
                erasure.carry_out(tx, planned)
            remove_copies(workspace, planned.removed_copies)
            drop_days(workspace.reports_dir / FACTS, planned.days)
    if not planned.on_record:
        hint = f"to keep it from ever being called: dialer dnc add {e164} --reason TEXT"
        raise stop(f"nothing is on record about {e164}; {hint}", NOTHING_TO_DO)
    if as_json:
        print_json(_erasure_as_dict(planned, dry_run))
    else:
        _print_erasure(planned, dry_run)


@app.command()
def retention(ctx: typer.Context, as_json: _Json = False) -> None:
    """Show what must be kept how long, what is held, and how much of it is past its time.

    Example: `dialer audit retention`
    """
    from dataclasses import asdict

    from dialer.runtime.asking import open_rulebook
    from dialer.runtime.retention import holdings, rule_rows
    from dialer.store.database import open_store

    context: Context = ctx.obj
    workspace = context.workspace()
    book = open_rulebook(workspace)
    now = datetime.now(UTC)
    with open_store(workspace.database_url) as store, store.reading() as tx:
        held = holdings(tx, book, now)
    rules = rule_rows(book)
    if as_json:
        body = {"rules": [asdict(rule) for rule in rules], "held": [asdict(each) for each in held]}
        print_json({"at": now, "rules_version": book.version, **body})
        return
    typer.echo("What must be kept:")
    for rule in rules:
        about = ", ".join(name.replace("_", "-") for name in rule.records)
        typer.echo(f"  {rule.rule}: {about} of {rule.scope} in {rule.jurisdiction}, {rule.years} years")
        typer.echo(f"      {rule.citation} ({rule.status or '-'}); from {rule.start}")
    typer.echo(f"What is held on {now:%Y-%m-%d}:" if held else "Nothing is held yet.")
    for each in held:
        what = f"{each.count:,} {each.records.replace('_', '-')}" + (f" of {each.scope}" if each.scope else "")
        due = "" if each.due is None else f"; {each.due:,} past it"
        typer.echo(f"  {what}: {each.rule or 'no rule'}, {each.kept}{due}")
    typer.echo("What is past its time goes with the person's erasure: dialer audit erase --number N --reason TEXT")


def _e164(number: str, country: str) -> str:
    """The number in E.164; an area code is nobody's number."""
    from dnc.numbers import normalise_suppression_number

    read = normalise_suppression_number(number, country)
    if read.e164 is None:
        raise stop(f"{number!r} cannot be read as a number: {read.error or 'it is an area code'}")
    return read.e164


def _user() -> str:
    import getpass

    return getpass.getuser()


def _write(path: Path, text: str) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    import os
    import tempfile

    def unwritten(error: OSError) -> typer.Exit:
        return stop(f"{path}: cannot be written: {error.strerror}")

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    except OSError as error:
        raise unwritten(error) from None
    part = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="", errors="backslashreplace") as file:
            file.write(text)
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise unwritten(error) from None
    typer.echo(f"wrote {path}", err=True)


def _erasure_as_dict(planned: Any, dry_run: bool) -> dict[str, Any]:
    from dataclasses import asdict

    return {
        "number": planned.number,
        "dry_run": dry_run,
        "changed": planned.changes and not dry_run,
        "at": planned.at,
        "by": planned.by,
        "reason": planned.reason,
        "leads_blanked": list(planned.leads),
        "do_not_call": list(planned.numbers),
        "newly_on_the_list": list(planned.newly_listed),
        "refused_in_lists_from_now_on": list(planned.newly_erased),
        "notes_blanked": list(planned.notes_of),
        "calls_removed": list(planned.removed_calls),
        "consents_removed": len(planned.removed_consents) + len(planned.forgotten),
        "relationships_removed": len(planned.removed_relationships),
        "copies_of_proof_removed": len(planned.removed_copies),
        "imported_calls_removed": len(planned.removed_imports),
        "payments_removed": len(planned.removed_payments),
        "outgoing_events_removed": len(planned.removed_events),
        "names_moved_to_consent_records": [lead["lead_id"] for lead, _ in planned.named],
        "kept": [asdict(each) for each in planned.kept],
        "live_calls": list(planned.live),
        "recordings_to_delete_at_the_carrier": list(planned.recordings),
        "files_to_delete_by_hand": list(planned.files),
    }


def _print_erasure(planned: Any, dry_run: bool) -> None:
    say = typer.echo
    word = "would be" if dry_run else "is"
    if not planned.changes:
        say(f"{planned.number}: what may be erased was erased before; nothing was changed.")
    elif dry_run:
        say(f"{planned.number}: this would be done; nothing was changed.")
    else:
        say(f"{planned.number}: done by {planned.by}, {planned.at:%Y-%m-%d %H:%M:%S UTC}.")
    for lead in planned.leads:
        where = f"campaign {lead['campaign']}, {lead['file_name']} line {lead['line']}"
        say(f"  lead {lead['lead_id']} ({where}): every personal field {word} blanked, the lead blocked")
    for each in planned.numbers:
        again = f"{word} put on" if each in planned.newly_listed else "stays on"
        say(f"  {each} {again} the company's do-not-call list, for good")
    if planned.newly_erased:
        say(f"  rows of lists with any of these numbers {word} refused from now on, and nothing of them kept")
    counts = (
        (len(planned.notes_of), "calls: the agents' notes", "blanked"),
        (len(planned.removed_calls), "calls past their retention", "removed"),
        (len(planned.removed_consents) + len(planned.forgotten), "consent records past their retention", "removed"),
        (len(planned.removed_relationships), "business relationships past their retention", "removed"),
        (len(planned.removed_copies), "copies of their proof", "deleted"),
        (len(planned.removed_imports), "calls of another system past their retention", "removed"),
        (len(planned.removed_payments), "payments that clients reported", "removed"),
        (len(planned.removed_events), "events for clients' programs", "removed"),
        (len(planned.named), "names that the law wants beside a consent", "moved from the lead to the consent record"),
    )
    for count, what, done in counts:
        if count:
            say(f"  {count} {what} {word} {done}")
    say("Kept:")
    for each in planned.kept:
        until = f" until {each.until}" if each.until else ""
        cited = f" {each.citation}" if each.citation else ""
        say(f"  {each.count} {each.what}{until}: {each.rule or 'no rule'}{cited}; {each.why}")
    for call in planned.live:
        say(f"Call {call} has no end yet: do this again afterwards, for what the agent writes about it.")
    if planned.recordings:
        say(f"Left to you: the recordings {', '.join(planned.recordings)}, to be deleted at the carrier.")
    if planned.files:
        say(f"Left to you: the list files ({', '.join(planned.files)}), their reject files, exports and backups.")
