"""`dialer daily NAME -- COMMAND`: a command of the dialer once a day, also after the machine was off at its hour."""

from __future__ import annotations

from typing import Annotated

import typer

from dialer.cli.common import NOTHING_TO_DO, Context, stop

__all__ = ["daily"]


def daily(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What the job is called, such as report.")],
    command: Annotated[
        list[str], typer.Argument(metavar="COMMAND...", help="A dialer command and its options, behind `--`.")
    ],
    at: Annotated[str, typer.Option(metavar="HH:MM", help="From when on the job of a day is due.")] = "00:00",
    zone: Annotated[str, typer.Option(metavar="ZONE", help="Whose clock that is, such as America/Chicago.")] = "UTC",
) -> None:
    """Run one of the other commands once a day: for cron, with catch-up after downtime.

    Let cron ask every few minutes: the job runs the first time it is asked after its hour. What failed is tried
    again at the next asking; what ends with 0 or 4 is done for the day. Exit 4 when nothing is due; else its own.

    Example: `dialer daily anchor --at 21:45 --zone America/New_York -- audit anchor anchors.jsonl`
    """
    import os
    import re
    import subprocess
    import sys
    from datetime import UTC, datetime, time

    from dialer.runtime.daily import Job, JobIsRunning, due_day
    from dnc import zones

    if not re.fullmatch(r"[A-Za-z0-9_.-]{1,64}", name) or not name.strip("."):
        raise stop(f"{name!r} cannot be a job's name: use letters, digits, dot, dash and underscore", code=2)
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", at):
        raise typer.BadParameter(f"{at!r} is no time of the day; write it as 21:45", param_hint="--at")
    if zone != "UTC" and not zones.is_zone(zone):
        raise typer.BadParameter(f"{zone!r} is no time zone of a place", param_hint="--zone")
    if command[0] == "daily":
        raise stop("daily cannot run daily: name the command itself", code=2)
    context: Context = ctx.obj
    root = context.workspace().root
    job = Job(root, name)
    day = due_day(time.fromisoformat(at), UTC if zone == "UTC" else zones.zone(zone), datetime.now(UTC))
    try:
        with job.alone():
            done = job.done_for()
            if done is not None and done >= day:
                typer.echo(f"{name}: done for {done}; nothing to do.")
                raise typer.Exit(NOTHING_TO_DO)
            # A process of its own: the command finds its folder, its log and its exit code as when a person types it.
            words = [sys.executable, "-c", "from dialer.cli.main import main; main()", *command]
            home = {**os.environ, "DIALER_HOME": str(root)}
            code = subprocess.run(words, check=False, env=home).returncode  # noqa: S603 - the operator's own words
            if code in (0, NOTHING_TO_DO):
                job.done(day, datetime.now(UTC))
    except JobIsRunning:
        typer.echo(f"{name} is running already; nothing to do.")
        raise typer.Exit(0) from None
    if code not in (0, NOTHING_TO_DO):
        raise stop(f"{name} failed with exit code {code}; it stays due", code if 0 < code < 256 else 1)
