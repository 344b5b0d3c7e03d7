"""`dialer consent ebr` and `inconvenient`: what else a person is to us, and when they must be left in peace."""

from __future__ import annotations

import getpass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from dialer.cli.common import NOTHING_TO_DO, Context, print_json, stop
from dialer.cli.consent_words import (
    CAMPAIGN,
    CHANNEL,
    CLIENT,
    COUNTRY,
    EVIDENCE,
    JSON,
    NUMBER,
    any_number,
    day_of,
    days_of,
    hours_of,
    instant,
    known,
    not_erased,
    offered_again,
    whose,
)

if TYPE_CHECKING:
    from dialer.store.relationships import Kind

__all__ = ["ebr", "inconvenient"]


def ebr(
    ctx: typer.Context,
    number: NUMBER,
    transaction: Annotated[str | None, typer.Option(metavar="DATE", help="Of the last purchase or payment.")] = None,
    inquiry: Annotated[str | None, typer.Option(metavar="DATE", help="Of the last inquiry or application.")] = None,
    end: Annotated[
        str | None, typer.Option(metavar="DATE", help="The person ended it: nothing of that day and before counts.")
    ] = None,
    client: CLIENT = "",
    campaign: CAMPAIGN = "",
    channel: CHANNEL = "",
    evidence: EVIDENCE = None,
    country: COUNTRY = "US",
    as_json: JSON = False,
) -> None:
    """Write down a business relationship: it lifts the national list for a while, never an opt-out.

    A fact of the number: it counts for every list of the client that has the number, loaded now or later. It ends by
    itself after the months that the rules say, and at once with a do-not-call request or a revocation
    (47 CFR 64.1200(f)(5)), which facts of that day and before do not outlive. Many at once: dialer consent import.

    Example: `dialer consent ebr +19195550101 --transaction 2026-09-30 --client evergreen --channel invoice`
    """
    from dialer.runtime.asking import open_rulebook
    from dialer.runtime.consent_record import relationship_now
    from dialer.runtime.consents import keep_file
    from dialer.store import relationships
    from dialer.store.database import open_store
    from dialer.store.reconsider import reconsider
    from dialer.store.relationships import Fact
    from dnc.numbers import Refusal, parse_lead_number

    context: Context = ctx.obj
    workspace = context.workspace()
    company, _ = whose(workspace, client, campaign)
    if not company:
        raise typer.BadParameter("a business relationship is with one company: name it with --client or --campaign")
    parsed, now = parse_lead_number(number, country), datetime.now(UTC)
    if isinstance(parsed, Refusal):
        raise stop(f"{number!r} cannot be a number to call: {parsed.detail}")
    given: tuple[tuple[Kind, str | None], ...] = (("transaction", transaction), ("inquiry", inquiry), ("end", end))
    days = {kind: day_of(text, f"--{kind}", now.date()) for kind, text in given if text is not None}
    if not days:
        raise typer.BadParameter("give --transaction, --inquiry or --end with its date")
    with open_store(workspace.database_url) as store, store.reading() as seen:
        for kind, day in days.items():
            if kind != "end":
                not_erased(seen, parsed.e164, datetime(day.year, day.month, day.day, tzinfo=UTC))
    digest = "" if evidence is None else keep_file(workspace, evidence)
    reference = "" if evidence is None else evidence.name
    facts = [
        Fact(parsed.e164, company, kind, day, channel, digest, reference, "dialer consent ebr")
        for kind, day in days.items()
    ]
    with open_store(workspace.database_url) as store, store.writing() as tx:
        fresh = relationships.record_new(tx, facts, by=getpass.getuser(), at=now)
        new = [each.number for each in fresh if each.kind != "end"]
        again = reconsider(tx, new, "a business relationship is on record now")
        stands = relationships.standing(tx, parsed.e164, company)
    worth = relationship_now(open_rulebook(workspace), stands, now)
    if as_json:
        print_json({"number": parsed.e164, "client": company, "new": len(fresh), "stands": worth})
        return
    what = ", ".join(f"{kind} on {day.isoformat()}" for kind, day in days.items())
    typer.echo(f"{parsed.e164}: {what}, with {company}: {known(fresh)}.")
    typer.echo(f"  what stands now: {worth['why']}")
    if again:
        typer.echo(f"  {offered_again(again)}")


def inconvenient(
    ctx: typer.Context,
    number: NUMBER,
    hours: Annotated[
        list[str] | None,
        typer.Option(metavar="HH:MM-HH:MM", help="Local hours not to call, such as 21:00-09:00. Default: the day."),
    ] = None,
    days: Annotated[str, typer.Option(metavar="1-7,...", help="1 is Monday: 1,2,5 or 6-7. Default: every day.")] = "",
    until: Annotated[str | None, typer.Option(metavar="INSTANT", help="When it ends. Default: never.")] = None,
    detail: Annotated[str, typer.Option(metavar="TEXT", help="In the person's words: at work, sleeps by day ...")] = "",
    lift: Annotated[int, typer.Option(metavar="ID", help="Lift an entry of `consent show`; --detail says why.")] = 0,
    country: COUNTRY = "US",
) -> None:
    """Write down a time or place that a person named as inconvenient: refused from the very next dial on.

    A place (the number of somebody's work) is closed whole, without --hours. It binds every client and purpose
    (12 CFR 1006.6(b)(1)(i)).

    Example: `dialer consent inconvenient +19195550101 --hours 00:00-12:00 --days 1-5 --detail "works nights"`
    """
    from dialer.store import blocks
    from dialer.store.database import open_store
    from dnc.values import Block, Code

    context: Context = ctx.obj
    workspace = context.workspace()
    e164, now = any_number(number, country), datetime.now(UTC)
    by = getpass.getuser()
    if lift:
        if not detail.strip():
            raise typer.BadParameter("say why in --detail", param_hint="--lift")
        with open_store(workspace.database_url) as store, store.writing() as tx:
            standing = {each.block_id for each in blocks.every(tx) if each.target == e164}
            if lift not in standing or not blocks.lift(tx, lift, reason=detail, by=by, at=now):
                raise stop(f"{e164} has no standing entry {lift}: nothing to lift", NOTHING_TO_DO)
        typer.echo(f"{e164}: entry {lift} is lifted; entry and lifting stay on record.")
        return
    block = Block(
        Code.INCONVENIENT_TIME,
        detail,
        tuple(hours_of(text) for text in hours or ()),
        days_of(days),
        None if until is None else instant(until, "--until", end_of_day=True),
    )
    if block.days and not block.hours:
        block = Block(block.code, detail, ("00:00-24:00",), block.days, block.until)
    with open_store(workspace.database_url) as store, store.writing() as tx:
        block_id = blocks.add(tx, e164, block, by=by, at=now)
    when = f"{', '.join(block.hours)} (local)" if block.hours else "at any time"
    on = f" on days {', '.join(map(str, block.days))}" if block.days else ""
    typer.echo(f"{e164}: not to be called {when}{on}; entry {block_id}, from the next dial on")
