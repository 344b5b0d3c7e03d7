"""`dialer campaigns`: what is in the campaign files, and how each campaign stands."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from dialer.cli import floor, preview
from dialer.cli.common import FAILED, Context, print_error, print_json

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True)


@app.command()
def check(
    ctx: typer.Context,
    names: Annotated[list[str] | None, typer.Argument(metavar="NAME", help="All when none is named.")] = None,
) -> None:
    """Validate campaign files: every problem with file, key and remedy; exit 1 when there is one.

    Example: `dialer campaigns check telemarketing`
    """
    from campaigns.caller_ids import shared_caller_ids
    from campaigns.problems import OperatorError
    from dialer.runtime.campaign_view import checked

    context: Context = ctx.obj
    workspace = context.workspace()
    shared = shared_caller_ids(workspace)
    failed = False
    for name in names or workspace.campaign_names():
        try:
            said = checked(workspace, name)
            if name in shared:
                raise OperatorError(shared[name])
        except OperatorError as error:
            failed = True
            print_error(str(error))
        else:
            typer.echo(said)
    if failed:
        raise typer.Exit(FAILED)


@app.command()
def new(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Small letters, digits, - and _.")],
    purpose: Annotated[
        str,
        typer.Option(
            help="What the calls are for: telemarketing, collections, reminder, welcome, complaint, bill, survey, "
            "donation, appointment or promotion."
        ),
    ] = "telemarketing",
    language: Annotated[str, typer.Option(help="Of messages and script: en or id.")] = "en",
    country: Annotated[str, typer.Option(help="Whose numbers, clock and hours: US, CA, GB, AU or ID.")] = "US",
) -> None:
    """Write a new campaign file, commented key by key, and its script, to begin from.

    Example: `dialer campaigns new opinions --purpose survey --language id --country ID`
    """
    from campaigns.workspace import new_campaign

    context: Context = ctx.obj
    path, *others = new_campaign(context.workspace(), name, purpose, language, country)
    beside = "".join(f" and {each}" for each in others)
    typer.echo(f"wrote {path}{beside}; edit, then: dialer campaigns check {name}")


@app.command()
def show(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The campaign.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show how a campaign stands: leads by status, attempts by result, its last run and why it does not dial.

    Example: `dialer campaigns show telemarketing`
    """
    from dialer.cli import schedule
    from dialer.runtime.campaign_view import standing
    from dialer.store.database import open_store

    context: Context = ctx.obj
    workspace = context.workspace()
    campaign = workspace.campaign(name)
    with open_store(workspace.database_url) as store, store.reading() as tx:
        facts = standing(tx, campaign, datetime.now(UTC))
    facts["calendar"] = schedule.standing(campaign.hours, datetime.now(UTC))
    if as_json:
        print_json(facts)
        return
    typer.echo(f"{name} ({campaign.title}) for {campaign.client}, {campaign.scope}, {campaign.dialing.mode}")
    typer.echo(f"calendar: {facts['calendar']} ({campaign.hours.timezone})")
    for heading in ("leads", "attempts"):
        counted = facts[heading]
        assert isinstance(counted, dict)
        shown = ", ".join(f"{count:,} {status}" for status, count in sorted(counted.items())) or "none"
        typer.echo(f"{heading}: {shown}")
    if facts["not_dialed_for_expiry"]:
        typer.echo(f"{facts['not_dialed_for_expiry']:,} leads are not dialed: their list expired (dialer lists show)")
    if facts["not_dialed_for_filter"]:
        count = f"{facts['not_dialed_for_filter']:,}"
        typer.echo(f"{count} leads are not dialed: the filter of [order] leaves them out: {campaign.order.filter}")
    if facts["running_on"] is not None:
        typer.echo(f"running on {facts['running_on']}: {facts['state']}. {facts['why']}")
    elif facts["state"] is None:
        typer.echo("never run")
    else:
        typer.echo(f"not running; its last state was {facts['state']}: {facts['why']}")
    if last := facts["last_run"]:
        ended = "runs still or crashed" if last["ended_at"] is None else f"ended: {last['ended_why']}"
        typer.echo(f"last run: {last['run_id']}, started {last['started_at']:%Y-%m-%d %H:%M UTC}, {ended}")


app.command("preview")(preview.preview)
app.command("pause")(floor.pause)
app.command("resume")(floor.resume)
app.command("stop")(floor.stop_campaign)
