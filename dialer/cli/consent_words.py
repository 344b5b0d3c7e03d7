"""What the commands of `dialer consent` share: their options, and how they read a number, an instant, a weekday."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dialer.cli.common import stop

if TYPE_CHECKING:
    from campaigns.workspace import Workspace

__all__ = [
    "CAMPAIGN",
    "CHANNEL",
    "CLIENT",
    "COUNTRY",
    "EVIDENCE",
    "JSON",
    "NUMBER",
    "any_number",
    "client_named",
    "day_of",
    "days_of",
    "hours_of",
    "instant",
    "known",
    "not_erased",
    "offered_again",
    "whose",
]

JSON = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
NUMBER = Annotated[str, typer.Argument(metavar="NUMBER", help="As on the form, or +19195550101.")]
COUNTRY = Annotated[str, typer.Option("--country", metavar="ISO", help="Country of numbers written without one.")]
CLIENT = Annotated[str, typer.Option("--client", metavar="NAME", help="The company it concerns.")]
CAMPAIGN = Annotated[str, typer.Option("--campaign", metavar="NAME", help="Instead of --client: this one's client.")]
CHANNEL = Annotated[str, typer.Option(metavar="TEXT", help="How it came: web form, call, letter, e-mail ...")]
EVIDENCE = Annotated[Path | None, typer.Option(metavar="FILE", help="Its proof; a copy is kept, named by its sha256.")]


def whose(workspace: Workspace, client: str, campaign: str) -> tuple[str, str]:
    """The client that is meant, and the purpose of its campaign when one was named."""
    if client and campaign:
        raise typer.BadParameter("choose one of --client and --campaign")
    if not campaign:
        return client_named(workspace, client), ""
    found = workspace.campaign(campaign)
    return found.client, found.scope


def client_named(workspace: Workspace, name: str) -> str:
    """The client as our campaigns call it: an entry for a name that none of them has would bind nobody."""
    from dialer.runtime.consents import clients_of

    known = clients_of(workspace)
    if name and name.casefold() not in known:
        there = ", ".join(known.values()) or "nobody yet"
        raise typer.BadParameter(f"no campaign works for {name!r}; there are {there}", param_hint="--client")
    return known.get(name.casefold(), "")


def any_number(text: str, country: str) -> str:
    """The number, read as generously as a suppression list is: what may be meant is honoured."""
    from dnc.numbers import normalise_suppression_number

    read = normalise_suppression_number(text, country)
    if read.e164 is None:
        raise stop(f"{text!r} cannot be read as a number: {read.error}")
    for warning in read.warnings:
        typer.echo(f"note: {warning}", err=True)
    return read.e164


def instant(text: str, option: str, *, end_of_day: bool = False) -> datetime:
    """An ISO instant; what had to be added to it is told."""
    from dialer.runtime.consents import consent_instant

    try:
        at, warning = consent_instant(text, end_of_day=end_of_day)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=option) from None
    if warning:
        typer.echo(f"note: {option}: {warning}", err=True)
    return at


def day_of(text: str, option: str, today: Any) -> Any:
    """A date that is not to come."""
    import re
    from datetime import date

    try:
        if not re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
            raise ValueError
        day = date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is not a date such as 2026-09-30", param_hint=option) from None
    if day > today:
        raise typer.BadParameter(f"{text} is in the future", param_hint=option)
    return day


def hours_of(text: str) -> str:
    """A range of the local clock, as the gate reads it."""
    import re

    found = re.fullmatch(r"([01]\d|2[0-4]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)", text, re.ASCII)
    inside = found is not None and all(
        int(hour) * 60 + int(minute) <= 1440 for hour, minute in ((found[1], found[2]), (found[3], found[4]))
    )
    if found is None or not inside or text[:5] == text[6:]:
        raise typer.BadParameter(f"{text!r} is not a range such as 21:00-09:00", param_hint="--hours")
    return text


def days_of(text: str) -> tuple[int, ...]:
    """`1,2,5-7` as ISO weekdays."""
    found: set[int] = set()
    for part in filter(None, text.replace(" ", "").split(",")):
        first, _, last = part.partition("-")
        if not (first in "1234567" and (last or first) in "1234567" and len(first) == 1 and first <= (last or first)):
            raise typer.BadParameter(f"{part!r} is no weekday: 1 is Monday, 7 Sunday", param_hint="--days")
        found.update(range(int(first), int(last or first) + 1))
    return tuple(sorted(found))


def not_erased(tx: Any, number: str, at: datetime) -> None:
    """Refuse what is from before the erasure of the person: it is not brought back."""
    from dialer.store import erasures

    erased = erasures.in_force(tx, [number]).get(number)
    if erased is not None and at <= erased:
        raise stop(
            f"{number} was erased at the person's request on {erased:%Y-%m-%d}: what is from before is not brought back"
        )


def offered_again(leads: int) -> str:
    """How many leads the gate is to be asked about again."""
    return f"{leads} lead{'' if leads == 1 else 's'} that the gate had refused: offered again, and judged at the dial"


def known(fresh: Any) -> str:
    """Whether a row was new."""
    return "on record" if fresh else "on record already, nothing was changed"
