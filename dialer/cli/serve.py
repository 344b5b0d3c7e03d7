"""`dialer serve`: the live floor."""

from __future__ import annotations

from typing import Annotated

import typer

from dialer.cli.common import Context

__all__ = ["serve"]


def serve(
    ctx: typer.Context,
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help="Campaigns to begin with; more by `dialer run`.")
    ] = None,
    host: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Where to listen; a reverse proxy with TLS belongs in front.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any free port.")] = 8080,
    patience: Annotated[
        float, typer.Option(metavar="SECONDS", min=0, help="How long live calls may go on after SIGTERM.")
    ] = 300.0,
    record: Annotated[
        str | None, typer.Option(metavar="FILE", help="The simulated carrier's own record of every call.")
    ] = None,
) -> None:
    """Run the floor: carrier callbacks, agents' desks, health, metrics, and the campaigns named.

    Campaigns are started later by `dialer run NAME`, which finds this floor by itself. SIGINT or SIGTERM stops
    dialing and lets live calls finish; a second one ends at once, and the next start settles what is left.

    Example: `dialer serve telemarketing --port 8080`
    """
    from dialer.cli.serving import ServePlan, run_floor

    context: Context = ctx.obj
    plan = ServePlan(tuple(names or ()), host, port, patience, record)
    raise typer.Exit(run_floor(context.workspace(), plan))
