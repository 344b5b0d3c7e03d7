"""`dialer leads`: the leads of a campaign, and the plan of one of them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from dialer.cli.common import NOTHING_TO_DO, USAGE, Context, instant_option, print_json, stop

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True)

_STATUSES = ("ready", "waiting", "callback", "leased", "done", "blocked")
_Campaign = Annotated[str, typer.Option("--campaign", metavar="NAME", help="Whose leads.")]
_Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
_Unmasked = Annotated[bool, typer.Option("--unmasked", help="Show whole numbers.")]


@app.command("list")
def list_(
    ctx: typer.Context,
    campaign_name: _Campaign,
    status: Annotated[str | None, typer.Option(metavar="STATUS", help="Only " + ", ".join(_STATUSES) + ".")] = None,
    after: Annotated[int, typer.Option(metavar="ID", min=0, help="Go on behind this lead.")] = 0,
    count: Annotated[int, typer.Option(metavar="N", min=1, max=10_000, help="Leads on one page.")] = 50,
    unmasked: _Unmasked = False,
    as_json: _Json = False,
) -> None:
    """List leads page by page, by id. Exit 4 when there are none.

    Example: `dialer leads list --campaign telemarketing --status waiting`
    """
    from dialer.store.database import open_store
    from dialer.store.lead_pages import page

    context: Context = ctx.obj
    workspace = context.workspace()
    campaign = workspace.campaign(campaign_name)
    if status is not None and status not in _STATUSES:
        raise stop(f"--status {status}: it is one of {', '.join(_STATUSES)}", USAGE)
    with open_store(workspace.database_url) as store, store.reading() as tx:
        rows = page(tx, campaign.name, status, after, count)
    following = rows[-1].lead_id if len(rows) == count else None
    if as_json:
        shown = [{name: getattr(row, name) for name in row.__slots__} for row in rows]
        for each in shown:
            each["number"] = _shown(str(each["number"]), unmasked)
        print_json({"campaign": campaign.name, "leads": shown, "after": following})
    else:
        for row in rows:
            due = "" if row.next_at is None else f", from {row.next_at:%Y-%m-%d %H:%M UTC}"
            why = f" ({row.why})" if row.why else ""
            number = _shown(row.number, unmasked)
            typer.echo(f"{row.lead_id}  {number}  {row.status}{due}; {row.attempts} attempts{why}")
        if following is not None:
            typer.echo(f"more: --after {following}")
    if not rows:
        raise stop("there are no such leads", NOTHING_TO_DO)


@app.command()
def plan(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="ID", help="A number, the list's own id, or the lead's id.")],
    campaign_name: _Campaign,
    at: Annotated[
        str | None,
        typer.Option(metavar="INSTANT", help="ISO 8601; without an offset in the campaign's zone. Default: now."),
    ] = None,
    unmasked: _Unmasked = False,
    as_json: _Json = False,
) -> None:
    """Tell one lead's story: its attempts, what applies next, which phone, and when it may be called first.

    Example: `dialer leads plan 42 --campaign telemarketing`
    """
    from dialer.runtime.lead_plan import plan as plan_of
    from dialer.store.database import open_store
    from dialer.store.lead_pages import find
    from dnc.numbers import Refusal, parse_lead_number

    context: Context = ctx.obj
    workspace = context.workspace()
    campaign = workspace.campaign(campaign_name)
    instant = instant_option(at, campaign.hours.timezone) or datetime.now(UTC)
    parsed = parse_lead_number(name, campaign.country)
    number = None if isinstance(parsed, Refusal) else parsed.e164
    with open_store(workspace.database_url) as store, store.reading() as tx:
        found = find(tx, campaign.name, name, number)
        if not found:
            raise stop(f"no lead of {campaign.name} has the number or id {name}; see: dialer leads list")
        if len(found) > 1:
            raise stop(f"{len(found)} leads have the id {name}: name one of {', '.join(map(str, found[:20]))}")
        told = plan_of(workspace, campaign, tx, found[0], instant)
    if as_json:
        print_json(
            {
                "campaign": campaign.name,
                "lead_id": told.lead.lead_id,
                "external_id": told.lead.external_id,
                "status": told.lead.status,
                "why": told.lead.why,
                "priority": told.lead.priority,
                "at": instant,
                "number": None if told.number is None else _shown(told.number, unmasked),
                "earliest": told.earliest,
                "plan": list(told.sentences),
                "attempts": [
                    {
                        "call_id": call.call_id,
                        "number": _shown(call.number, unmasked),
                        "placed_at": call.placed_at,
                        "result": call.result,
                        "disposition": call.code,
                    }
                    for call in reversed(told.lead.calls)
                ],
            }
        )
        return
    typer.echo(f"lead {told.lead.lead_id} of {campaign.name}, priority {told.lead.priority}")
    for call in reversed(told.lead.calls):
        code = f", {call.code}" if call.code else ""
        number = _shown(call.number, unmasked)
        typer.echo(f"  {call.placed_at:%Y-%m-%d %H:%M UTC}  {number}  {call.result or call.state}{code}")
    for sentence in told.sentences:
        typer.echo(sentence)


def _shown(number: str, unmasked: bool) -> str:
    from dialer.runtime.log import mask_numbers

    return number if unmasked else mask_numbers(number)
