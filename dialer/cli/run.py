"""`dialer run NAME`: dial a campaign until it is done, told to stop, or the hour is over."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from dialer.cli.common import NOTHING_TO_DO, Context, instant_option, stop
from dialer.cli.schedule import standing

if TYPE_CHECKING:
    from campaigns.files import Campaign

__all__ = ["run"]


def run(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The campaign, as in campaigns/NAME.toml.")],
    until: Annotated[
        str | None,
        typer.Option(
            metavar="HH:MM|INSTANT|closing",
            help="Stop dialing then, in the campaign's zone; calls finish. closing: when its hours of the day end.",
        ),
    ] = None,
    wait: Annotated[
        bool, typer.Option("--wait", help="Where the campaign is closed now, wait until it opens; else exit 4.")
    ] = False,
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

    Made for cron: exit 0 when it ran or runs already, 4 when the campaign is closed by its calendar.

    Example: `dialer run telemarketing --until closing`, or `dialer run telemarketing --clock virtual`.
    """
    if clock not in ("real", "virtual"):
        raise typer.BadParameter(f"{clock!r} is not a clock; use real or virtual", param_hint="--clock")
    context: Context = ctx.obj
    workspace = context.workspace()
    campaign = workspace.campaign(name)
    if clock == "real":
        now = datetime.now(UTC)
        if not wait and not campaign.hours.is_open(now):
            raise stop(f"{name} is {standing(campaign.hours, now)}; wait for it with --wait", code=NOTHING_TO_DO)
        from dialer.cli.floor import FloorDoor, follow

        door = FloorDoor.find(context)
        if door is not None:
            raise typer.Exit(follow(door, name, _end(campaign, until)))
    if workspace.settings.carrier != "simulated":
        if clock == "virtual":
            raise stop("--clock virtual is for the simulated carrier: real people answer in real time", code=2)
        from dialer.cli.serving import ServePlan, run_floor

        plan = ServePlan((name,), "127.0.0.1", 8080, 300.0, until_done=True, until=_end(campaign, until))
        raise typer.Exit(run_floor(workspace, plan))
    from dialer.cli.running import Plan, run_campaign

    zone = campaign.hours.timezone
    run_plan = Plan(
        virtual=clock == "virtual",
        start=instant_option(start, zone),
        until=until,
        agents=agents,
        seed=seed,
        record=record,
    )
    if run_plan.start is not None and not run_plan.virtual:
        raise stop("--start belongs to --clock virtual: the real clock cannot begin elsewhere", code=2)
    raise typer.Exit(run_campaign(workspace, campaign, run_plan))


def _end(campaign: Campaign, until: str | None) -> float:
    """When dialing stops, seconds since the epoch."""
    from dialer.cli.running import end_of

    return end_of(campaign, until, time.time(), float("inf"))
