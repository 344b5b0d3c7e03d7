"""cron in virtual time: every line of a crontab at its minute, each command as cron would start it."""

from __future__ import annotations

import contextlib
import io
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from unittest.mock import patch
from zoneinfo import ZoneInfo

import time_machine
from cronsim import CronSim

__all__ = ["Due", "command", "due"]


@dataclass(frozen=True)
class Due:
    """One line at one of its minutes."""

    at: float
    arguments: tuple[str, ...]


def due(lines: Sequence[str], begin: datetime, end: datetime, zone: str) -> Iterator[Due]:
    """Every start of every line between two instants, in order; lines of the same minute in the file's order.

    Args:
        lines: five fields of time and a command.
        zone: whose clock the times are of; cron's own rules hold where the clock jumps.
    """
    found = []
    for place, line in enumerate(lines):
        *fields, command_line = line.split(maxsplit=5)
        arguments = tuple(shlex.split(command_line))
        for at in CronSim(" ".join(fields), begin.astimezone(ZoneInfo(zone))):
            if at >= end:
                break
            found.append((at.timestamp(), place, arguments))
    yield from (Due(at, arguments) for at, _, arguments in sorted(found))


def command(arguments: Sequence[str], at: float) -> tuple[int, str]:
    """Run one command line of the product at an instant; its exit code and everything that it printed."""
    from dialer.cli.main import main

    said = io.StringIO()
    with (
        time_machine.travel(at, tick=False),
        patch("sys.argv", list(arguments)),
        contextlib.redirect_stdout(said),
        contextlib.redirect_stderr(said),
    ):
        try:
            main()
        except SystemExit as ended:
            return int(ended.code or 0), said.getvalue()
    raise AssertionError("the command line ended without an exit code")
