"""`dialer callbacks`: promised callbacks, whose they are, and who keeps them when somebody is away."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dialer.cli.common import NOTHING_TO_DO, Context, print_json, stop

if TYPE_CHECKING:
    from dialer.store.callbacks import Callback

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True)

_Lead = Annotated[int, typer.Argument(metavar="LEAD", help="The lead's id, as `dialer callbacks list` shows it.")]
_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_ANYONE = "anyone"


@app.command("list")
def list_callbacks(
    ctx: typer.Context,
    campaign: Annotated[str | None, typer.Option(metavar="NAME", help="Of one campaign; default all.")] = None,
    client: Annotated[str | None, typer.Option(help="Of one client company only.")] = None,
    agent: Annotated[str | None, typer.Option(metavar="ID", help="Promised by this agent; anyone: by nobody.")] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="Only those whose time has passed.")] = False,
    as_json: _Json = False,
) -> None:
    """List promised callbacks, earliest first: when, by the person's clock too, and whose they are.

    Exit 4 when there is none.

    Example: `dialer callbacks list --campaign telemarketing --overdue`
    """
    from dialer.store import callbacks
    from dialer.store import campaigns as stored
    from dialer.store.database import open_store

    context: Context = ctx.obj
    workspace = context.workspace()
    zone = workspace.campaign(campaign).hours.timezone if campaign else ""
    now = datetime.now(UTC)
    with open_store(workspace.database_url) as store, store.reading() as tx:
        names = [campaign] if campaign else [each.name for each in stored.every(tx)]
        found = callbacks.every(tx, names, "" if agent == _ANYONE else agent)
    shown = [
        each
        for each in found
        if (client is None or each.client == client) and (not overdue or each.at is None or each.at < now)
    ]
    if as_json:
        print_json([_row(each, now) for each in shown])
    else:
        for each in shown:
            typer.echo(_line(each, zone, now))
    if not shown:
        raise stop("there are no such callbacks", NOTHING_TO_DO)


@app.command()
def reassign(
    ctx: typer.Context,
    lead: _Lead,
    to: Annotated[str, typer.Option(metavar="ID", help="The agent who keeps the promise; anyone: who is free.")],
    as_json: _Json = False,
) -> None:
    """Give a promised callback to another agent. The time stays; the gate is asked again when it comes.

    Example: `dialer callbacks reassign 17 --to bob`
    """
    from dialer.store import agents, callbacks
    from dialer.store.database import open_store

    context: Context = ctx.obj
    with open_store(context.workspace().database_url) as store, store.writing() as tx:
        if to != _ANYONE and agents.get(tx, to) is None:
            raise stop(f"there is no agent {to}: see dialer agents list, or say --to {_ANYONE}")
        new = "" if to == _ANYONE else to
        before = callbacks.reassign(tx, lead, new, f"reassigned to {to} by the operator")
    was = before.for_agent or _ANYONE
    if as_json:
        print_json({"lead_id": lead, "campaign": before.campaign, "from": was, "to": to, "at": before.at})
        return
    typer.echo(f"lead {lead} of {before.campaign}: the callback was {was}'s and is now {to}'s.")


@app.command()
def cancel(
    ctx: typer.Context,
    lead: _Lead,
    why: Annotated[str, typer.Option(help="Written down with the lead.")] = "callback cancelled by the operator",
    as_json: _Json = False,
) -> None:
    """Take a promised callback back: from its time on the lead is called in its turn, as any other.

    A person who wants no call at all belongs on the internal list: `dialer dnc add`.

    Example: `dialer callbacks cancel 17 --why "asked for a letter instead"`
    """
    from dialer.store import callbacks
    from dialer.store.database import open_store

    if not why.strip():
        raise stop("--why is empty: say the reason in a few words", code=2)
    context: Context = ctx.obj
    with open_store(context.workspace().database_url) as store, store.writing() as tx:
        before = callbacks.cancel(tx, lead, why.strip())
    if as_json:
        print_json({"lead_id": lead, "campaign": before.campaign, "was_for": before.for_agent, "at": before.at})
        return
    typer.echo(f"lead {lead} of {before.campaign} is an ordinary lead again.")


def _row(each: Callback, now: datetime) -> dict[str, Any]:
    return {
        "lead_id": each.lead_id,
        "campaign": each.campaign,
        "client": each.client,
        "name": f"{each.first_name} {each.last_name}".strip(),
        "at": each.at,
        "at_the_person": [_local(each.at, zone) for zone in each.zones],
        "for_agent": each.for_agent or None,
        "overdue": each.at is None or each.at < now,
        "in_hand": each.in_hand,
        "why": each.why,
    }


def _line(each: Callback, zone: str, now: datetime) -> str:
    at = "at once" if each.at is None else f"{_local(each.at, zone or 'UTC'):%a %Y-%m-%d %H:%M %Z}"
    there = f" ({_local(each.at, each.zones[0]):%H:%M %Z} there)" if each.at is not None and each.zones else ""
    state = "  in hand" if each.in_hand else "  overdue" if each.at is None or each.at < now else ""
    who = f"{each.first_name} {each.last_name}".strip() or "-"
    return f"{each.lead_id:>8}  {each.campaign:<20} {at}{there}  {each.for_agent or _ANYONE:<12} {who}{state}"


def _local(at: datetime | None, zone: str) -> datetime | None:
    from dnc import zones

    return None if at is None else at.astimezone(UTC if zone == "UTC" else zones.zone(zone))
