"""`dialer consent`: what people agreed to and took back, with its proof. Append-only; seen by the very next dial."""

from __future__ import annotations

import getpass
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from dialer.cli import consent_person, consent_show
from dialer.cli.common import FAILED, Context, print_json, stop
from dialer.cli.consent_words import (
    CAMPAIGN,
    CHANNEL,
    CLIENT,
    COUNTRY,
    EVIDENCE,
    JSON,
    NUMBER,
    any_number,
    instant,
    known,
    not_erased,
    offered_again,
    whose,
)

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True)


@app.command()
def grant(
    ctx: typer.Context,
    number: NUMBER,
    basis: Annotated[str, typer.Option(metavar="WORD", help="pewc, express, explicit ... as the rules name it.")],
    at: Annotated[str, typer.Option(metavar="INSTANT", help="When the person gave it; without a zone: UTC.")],
    client: CLIENT = "",
    campaign: CAMPAIGN = "",
    scope: Annotated[
        list[str] | None,
        typer.Option(metavar="PURPOSE", help="What for; several times for several. Default: the campaign's, or all."),
    ] = None,
    channel: CHANNEL = "",
    text: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The request for consent as the person was shown it.")
    ] = None,
    shown: Annotated[str, typer.Option(metavar="TEXT", help="The same, given here.")] = "",
    evidence: EVIDENCE = None,
    name: Annotated[str, typer.Option(metavar="TEXT", help="Of the person: 16 CFR 310.5(a)(8) asks for it.")] = "",
    waives: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="What else it names, such as written_permission (national list)."),
    ] = None,
    country: COUNTRY = "US",
    as_json: JSON = False,
) -> None:
    """Write down a consent. It counts for calls of one client, and only if given after the last revocation.

    Example: `dialer consent grant +19195550101 --basis pewc --at 2026-05-01T10:00-05:00 --campaign telemarketing`
    """
    from dialer.runtime.asking import open_rulebook
    from dialer.runtime.consent_record import worth_now
    from dialer.runtime.consents import SCOPES, agreement_names, bases, keep_file, keep_text
    from dialer.store import consents
    from dialer.store.consents import Statement
    from dialer.store.database import open_store
    from dialer.store.reconsider import reconsider
    from dnc.numbers import Refusal, parse_lead_number
    from dnc.values import Consent

    context: Context = ctx.obj
    workspace = context.workspace()
    company, purpose = whose(workspace, client, campaign)
    if not company:
        raise typer.BadParameter("a consent is given to one company: name it with --client or --campaign")
    book = open_rulebook(workspace)
    scopes = tuple(scope or ([purpose] if purpose else []))
    for words, allowed, option in (
        ((basis,), bases(book), "--basis"),
        (scopes, SCOPES, "--scope"),
        (tuple(waives or ()), agreement_names(book), "--waives"),
    ):
        for word in words:
            if word not in allowed:
                raise typer.BadParameter(f"{word!r} is none of {', '.join(allowed)}", param_hint=option)
    if text is not None and shown:
        raise typer.BadParameter("choose one of --text and --shown")
    parsed = parse_lead_number(number, country)
    if isinstance(parsed, Refusal):
        raise stop(f"{number!r} cannot be a number to call: {parsed.detail}")
    given, now = instant(at, "--at"), datetime.now(UTC)
    if given > now:
        raise typer.BadParameter("a consent cannot be dated in the future", param_hint="--at")
    with open_store(workspace.database_url) as store, store.reading() as seen:
        not_erased(seen, parsed.e164, given)
    reference = "" if evidence is None else evidence.name
    said = Statement(
        parsed.e164,
        company,
        Consent(basis, given, None, reference, tuple(waives or ())),
        scopes=scopes,
        channel=channel,
        shown=keep_file(workspace, text) if text is not None else keep_text(workspace, shown) if shown else "",
        evidence="" if evidence is None else keep_file(workspace, evidence),
        name=name,
        source="dialer consent grant",
    )
    with open_store(workspace.database_url) as store, store.writing() as tx:
        fresh = consents.record_new(tx, [said], by=getpass.getuser(), at=now)
        again = reconsider(tx, [each.number for each in fresh], "a consent is on record now")
        stands = consents.standing(tx, parsed.e164, company)
    wanted = (("--name", said.name), ("--text or --shown", said.shown), ("--evidence", said.evidence))
    if missing := [option for option, there in wanted if not there]:
        asked = "16 CFR 310.5(a)(8) asks for name, request as shown and consent as given"
        typer.echo(f"note: the record lacks {', '.join(missing)}: {asked}", err=True)
    assert stands is not None
    if as_json:
        print_json({"number": parsed.e164, "client": company, "new": bool(fresh), "stands": worth_now(stands, now)})
        return
    typer.echo(f"{parsed.e164}: {basis} of {given:%Y-%m-%d %H:%M UTC} to {company} is {known(fresh)}.")
    typer.echo(f"  what stands now: {worth_now(stands, now)['why']}")
    if again:
        typer.echo(f"  {offered_again(again)}")


@app.command()
def revoke(
    ctx: typer.Context,
    number: NUMBER,
    at: Annotated[
        str | None, typer.Option(metavar="INSTANT", help="When the person said so; without a zone: UTC. Default: now.")
    ] = None,
    channel: CHANNEL = "",
    reason: Annotated[str, typer.Option(metavar="TEXT", help="In the person's words.")] = "",
    evidence: EVIDENCE = None,
    client: CLIENT = "",
    campaign: CAMPAIGN = "",
    country: COUNTRY = "US",
    as_json: JSON = False,
) -> None:
    """Write down that a person took consent back: the very next dial of every process refuses the number.

    For every client and purpose; --client or --campaign narrows it to one company. Any reasonable means will do
    (47 CFR 64.1200(a)(10)), and the number need not be in any list. The law's last day to honour it is shown.

    Example: `dialer consent revoke +19195550101 --channel call --reason "stop calling me"`
    """
    from dialer.runtime.asking import open_rulebook
    from dialer.runtime.consent_record import worth_now
    from dialer.runtime.consents import keep_file
    from dialer.store import consents
    from dialer.store.consents import Statement
    from dialer.store.database import open_store
    from dnc.rules.deadlines import opt_out_deadline
    from dnc.values import Consent

    context: Context = ctx.obj
    workspace = context.workspace()
    company, _ = whose(workspace, client, campaign)
    e164, now = any_number(number, country), datetime.now(UTC)
    said = now if at is None else instant(at, "--at", end_of_day=True)
    deadline = opt_out_deadline(open_rulebook(workspace), said.date())
    statement = Statement(
        e164,
        company,
        Consent("revoked", None, said, "" if evidence is None else evidence.name),
        channel=channel,
        reason=reason,
        evidence="" if evidence is None else keep_file(workspace, evidence),
        honour_by=deadline,
        source="dialer consent revoke",
    )
    with open_store(workspace.database_url) as store, store.writing() as tx:
        fresh = consents.record_new(tx, [statement], by=getpass.getuser(), at=now)
        stands = consents.standing(tx, e164, company)
    assert stands is not None
    answer = worth_now(stands, now)
    if as_json:
        print_json(
            {
                "number": e164,
                "client": company or None,
                "new": bool(fresh),
                "revoked_at": said,
                "honour_by": deadline.isoformat(),
                "policy": "immediate",
                "stands": answer,
            }
        )
        return
    typer.echo(f"{e164}: consent revoked on {said:%Y-%m-%d %H:%M UTC} for {company or 'every client'}: {known(fresh)}.")
    typer.echo(f"  honoured from the next dial on; the law allows until {deadline.isoformat()} (10 business days)")
    if not answer["revoked"]:
        typer.echo(f"  but a consent given later stands: {answer['why']}; is that right?")


@app.command("import")
def import_(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV with a header line.")],
    client: CLIENT = "",
    campaign: CAMPAIGN = "",
    evidence_folder: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="Where the files of the column evidence lie; copies are kept.")
    ] = None,
    encoding: Annotated[
        str | None, typer.Option(metavar="NAME", help="When it cannot be told from the file: cp1252 ...")
    ] = None,
    country: COUNTRY = "US",
    as_json: JSON = False,
) -> None:
    """Import consents, revocations and past business: number, basis, at, scope, text, revoked_at, last_transaction ...

    Columns: number, basis, at, scope, text, evidence, channel, waives, client, revoked_at, reason, name,
    last_transaction, last_inquiry. What may not be taken is in a reject file with line, column, code and message: a
    consent without a date, for one. A revocation is taken whatever else its row holds; for a client that is none of
    ours it holds for every one. The same file twice leaves the same state. Exit 1 when anything was refused.

    Example: `dialer consent import web-forms.csv --campaign telemarketing --evidence-folder forms`
    """
    from dialer.runtime.asking import open_rulebook
    from dialer.runtime.consent_import import ConsentFile
    from dialer.runtime.consent_rows import Terms

    context: Context = ctx.obj
    workspace = context.workspace()
    company, purpose = whose(workspace, client, campaign)
    source = ConsentFile(
        workspace,
        open_rulebook(workspace),
        file,
        Terms(company, (purpose,) if purpose else (), country, evidence_folder),
        encoding=encoding,
    )
    show = sys.stderr.isatty() and not as_json
    result = source.load(getpass.getuser(), datetime.now(UTC), (lambda n: _line(f"{n:,} rows")) if show else None)
    if show:
        _line("")
    if as_json:
        print_json(
            {
                "file": str(file),
                "read": result.read,
                "refused": result.refused,
                "granted": result.granted,
                "revoked": result.revoked,
                "relationships": result.relationships,
                "offered_again": result.offered,
                "known": result.known,
                "warnings": result.warnings,
                "rejects": None if result.rejects is None else str(result.rejects),
            }
        )
    else:
        typer.echo(
            f"{file.name}: {result.read:,} rows, {result.granted:,} new consents, {result.revoked:,} new revocations, "
            f"{result.relationships:,} new business relationships, {result.known:,} recorded before, "
            f"{result.refused:,} rows with something refused"
        )
        if result.offered:
            typer.echo(f"  {offered_again(result.offered)}")
        for warning in result.warnings:
            typer.echo(f"  note: {warning}")
        if result.rejects is not None:
            typer.echo(f"  what was refused, line by line: {result.rejects}")
    if result.refused:
        raise typer.Exit(FAILED)


def _line(text: str) -> None:
    sys.stderr.write(f"\r\x1b[K{text}")
    sys.stderr.flush()


app.command("show")(consent_show.show)
app.command("ebr")(consent_person.ebr)
app.command("inconvenient")(consent_person.inconvenient)
