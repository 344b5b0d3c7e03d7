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
    from campaigns.problems import OperatorError
    from dialer.simulation.reading import read_settings

    context: Context = ctx.obj
    workspace = context.workspace()
    failed = False
    for name in names or workspace.campaign_names():
        try:
            campaign = workspace.campaign(name)
            read_settings(campaign.simulation, f"{name}.toml")
            script = workspace.script(campaign)
        except OperatorError as error:
            failed = True
            print_error(str(error))
        else:
            scripted = "no script" if script is None else f"script {campaign.script.file if campaign.script else ''}"
            typer.echo(
                f"{name}: ok ({campaign.scope}, {campaign.dialing.mode}, "
                f"abandonment at most {campaign.abandonment.max_rate:.1%}, {scripted})"
            )
    if failed:
        raise typer.Exit(FAILED)


@app.command()
def new(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="Small letters, digits, - and _.")],
    purpose: Annotated[
        str, typer.Option(metavar="telemarketing|collections", help="Which sample it begins as.")
    ] = "telemarketing",
) -> None:
    """Write a new campaign file, commented key by key, to begin from.

    Example: `dialer campaigns new spring --purpose telemarketing`
    """
    from campaigns.workspace import new_campaign

    context: Context = ctx.obj
    path = new_campaign(context.workspace(), name, purpose)
    typer.echo(f"wrote {path}; edit it, then: dialer campaigns check {name}")


@app.command()
def show(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The campaign.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show how a campaign stands: leads by status, attempts by result, its last run and why it does not dial.

    Example: `dialer campaigns show telemarketing`
    """
    from dialer.store import calls, health, hopper, leases, runs
    from dialer.store.database import open_store

    context: Context = ctx.obj
    workspace = context.workspace()
    campaign = workspace.campaign(name)
    with open_store(workspace.database_url) as store, store.reading() as tx:
        last = runs.latest(tx, name)
        change = health.last_change(tx, name)
        lease = leases.get(tx, name)
        facts = {
            "name": name,
            "title": campaign.title,
            "client": campaign.client,
            "scope": campaign.scope,
            "leads": hopper.counts(tx, name),
            "attempts": {result or "open": count for result, count in calls.count_by_result(tx, name).items()},
            "state": None if change is None else change.state,
            "why": "" if change is None else change.why,
            "last_run": None
            if not last
            else {
                "run_id": last[0].run_id,
                "started_at": last[0].started_at,
                "ended_at": last[0].ended_at,
                "ended_why": last[0].ended_why,
            },
            "running_on": lease.node
            if lease is not None and lease.holder and lease.expires_at > datetime.now(UTC)
            else None,
        }
    if as_json:
        print_json(facts)
        return
    typer.echo(f"{name} ({campaign.title}) for {campaign.client}, {campaign.scope}, {campaign.dialing.mode}")
    for heading in ("leads", "attempts"):
        counted = facts[heading]
        assert isinstance(counted, dict)
        shown = ", ".join(f"{count:,} {status}" for status, count in sorted(counted.items())) or "none"
        typer.echo(f"{heading}: {shown}")
    if facts["running_on"] is not None:
        typer.echo(f"running on {facts['running_on']}: {facts['state']}. {facts['why']}")
    elif facts["state"] is None:
        typer.echo("never run")
    else:
        typer.echo(f"not running; its last state was {facts['state']}: {facts['why']}")
    if last:
        ended = "runs still or crashed" if last[0].ended_at is None else f"ended: {last[0].ended_why}"
        typer.echo(f"last run: {last[0].run_id}, started {last[0].started_at:%Y-%m-%d %H:%M UTC}, {ended}")


app.command("preview")(preview.preview)
app.command("pause")(floor.pause)
app.command("resume")(floor.resume)
app.command("stop")(floor.stop_campaign)
