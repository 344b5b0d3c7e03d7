"""`dialer run NAME`: dial a campaign until it is done, told to stop, or the hour is over."""

from __future__ import annotations

from typing import Annotated

import typer

from dialer.cli.common import Context, instant_option, stop

__all__ = ["run"]


def run(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The campaign, as in campaigns/NAME.toml.")],
    until: Annotated[
        str | None,
        typer.Option(metavar="HH:MM|INSTANT", help="Stop dialing then, in the campaign's zone; calls finish."),
    ] = None,
    clock: Annotated[
        str, typer.Option(metavar="real|virtual", help="virtual runs a whole day in seconds, simulated.")
    ] = "real",
    start: Annotated[
        str | None,
        typer.Option(metavar="INSTANT", help="Virtual clock: when the day begins; default the next opening."),
    ] = None,
    agents: Annotated[
        int | None, typer.Option(min=1, help="How many simulated agents; default as the campaign file says.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Seed of the simulated world.")] = None,
    record: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="The simulated carrier writes its own record of every call here."),
    ] = None,
) -> None:
    """Run a campaign: the gate is asked at the instant of every dial.

    On a terminal a live view shows agents, calls, pace, abandonment against its cap, and why it is not dialing.
    SIGINT or SIGTERM stops dialing and lets live calls finish. A campaign that already runs is left alone.
    Where `dialer serve` runs in this folder, the campaign runs on that floor and is followed here.

    Example: `dialer run telemarketing --until 17:30`, or `dialer run telemarketing --clock virtual`.
    """
    if clock not in ("real", "virtual"):
        raise typer.BadParameter(f"{clock!r} is not a clock; use real or virtual", param_hint="--clock")
    context: Context = ctx.obj
    workspace = context.workspace()
    campaign = workspace.campaign(name)
    if clock == "real":
        from dialer.cli.floor import FloorDoor, follow

        door = FloorDoor.find(context)
        if door is not None:
            raise typer.Exit(follow(door, name))
    if workspace.settings.carrier != "simulated":
        if clock == "virtual":
            raise stop("--clock virtual is for the simulated carrier: real people answer in real time", code=2)
        from dialer.cli.serving import ServePlan, run_floor

        raise typer.Exit(run_floor(workspace, ServePlan((name,), "127.0.0.1", 8080, 300.0, until_done=True)))
    from dialer.cli.running import Plan, run_campaign

    zone = campaign.hours.timezone
    plan = Plan(
        virtual=clock == "virtual",
        start=instant_option(start, zone),
        until=until,
        agents=agents,
        seed=seed,
        record=record,
    )
    if plan.start is not None and not plan.virtual:
        raise stop("--start belongs to --clock virtual: the real clock cannot begin elsewhere", code=2)
    raise typer.Exit(run_campaign(workspace, campaign, plan))
