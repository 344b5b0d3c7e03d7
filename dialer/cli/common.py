"""What every command shares: exit codes, the working folder, printing."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from campaigns.workspace import Workspace

__all__ = [
    "FAILED",
    "NOTHING_TO_DO",
    "REFUSED",
    "USAGE",
    "Context",
    "instant_option",
    "is_operator_mistake",
    "print_error",
    "print_json",
    "stop",
]

FAILED = 1
USAGE = 2
REFUSED = 3  # by compliance
NOTHING_TO_DO = 4
_FIRST_YEAR, _LAST_YEAR = 1970, 2199


class Context:
    """What the root command passes down."""

    def __init__(self, directory: Path | None) -> None:
        self.directory = directory

    def workspace(self) -> Workspace:
        """The working folder.

        Raises:
            OperatorError: there is none here.
        """
        from campaigns.workspace import Workspace

        return Workspace.find(directory=self.directory)


def is_operator_mistake(error: Exception) -> bool:
    """Whether an exception is something a person can mend, worded for them; all else is our fault."""
    names = {base.__name__ for base in type(error).__mro__}
    return bool(
        names
        & {
            "OperatorError",
            "ListError",
            "StoreError",
            "RegistryError",
            "RulesError",
            "SnapshotError",
            "TzdataTooOld",
            "VoiceError",
        }
    )


def print_error(message: str) -> None:
    """One line for each problem, on standard error."""
    for line in message.splitlines() or [""]:
        typer.echo(f"dialer: {line}", err=True)


def stop(message: str, code: int = FAILED) -> typer.Exit:
    """Print why, and return the exit to raise."""
    print_error(message)
    return typer.Exit(code)


def print_json(value: Any) -> None:
    """Print one JSON document with instants in ISO 8601."""

    def _plain(item: Any) -> Any:
        if isinstance(item, datetime):
            return item.isoformat()
        return str(item)

    sys.stdout.write(json.dumps(value, indent=2, ensure_ascii=False, default=_plain) + "\n")


def instant_option(text: str | None, zone: str = "UTC") -> datetime | None:
    """Read `--at` and its like: ISO 8601; a time without an offset is in `zone`.

    Raises:
        typer.BadParameter: it is not an instant.
    """
    if text is None:
        return None
    from dnc import zones

    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not an instant; write it as 2026-11-23T14:30-05:00") from None
    if not _FIRST_YEAR <= at.year <= _LAST_YEAR:  # beyond, clocks and calendars have no answer
        raise typer.BadParameter(f"{text!r} is not an instant of the years {_FIRST_YEAR} to {_LAST_YEAR}")
    if at.tzinfo is not None:
        return at
    return at.replace(tzinfo=UTC if zone == "UTC" else zones.zone(zone))  # UTC is no zone of a place
