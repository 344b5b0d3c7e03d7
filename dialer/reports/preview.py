"""A launch preview: how many numbers of a campaign may be called now, when the others may, and which rules say no.

`Preview` is made by `dialer.runtime.preview`; here it is shown: as JSON, on a terminal, and as one HTML page.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from dialer.reports.reasons import reason_words
from dialer.reports.values import Column, Table, show
from dnc.values import Code

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["Hour", "Out", "Preview", "RuleCount", "as_dict", "headline", "meaning", "print_preview", "tables"]

#: What to do about a rule that somebody can do something about.
REMEDY: dict[Code, str] = {
    Code.TZ_UNKNOWN: "complete the address",
    Code.DNC_STALE: "import the newest: dialer dnc status",
    Code.DNC_MISSING: "import it: dialer dnc status",
    Code.RND_NO_DATA: "query it and import the answers: dialer dnc import --format us_rnd.response",
    Code.CONSENT_REQUIRED: "import what there is: dialer consent import",
    Code.DATA_UNREADABLE: "dialer why NUMBER says what and where",
}


def meaning(code: Code) -> str:
    """What a rule says, and what to do about it."""
    said = reason_words(code)
    return f"{said} ({REMEDY[code]})" if code in REMEDY else said


@dataclass(frozen=True, slots=True)
class RuleCount:
    """How many numbers one rule refuses now, and how many nothing but it."""

    code: str
    what: str
    numbers: int
    share: float
    alone: int
    ends: bool  # by itself, as time passes


@dataclass(frozen=True, slots=True)
class Hour:
    """One instant of the next day: how many numbers may be called then, and how many for the first time."""

    at: datetime
    callable: int
    first: int
    open: bool  # by the campaign's own hours


@dataclass(frozen=True, slots=True)
class Out:
    """Numbers that the campaign will not dial whatever the law says: done, blocked, or bad."""

    why: str
    numbers: int


@dataclass(frozen=True, slots=True)
class Preview:
    """The loaded list of a campaign at an instant.

    `numbers` = sum of `out` + `in_play`; `in_play` = `now` + `later` + `beyond` + `blocked`. Numbers whose lead rests
    until some instant count as `later` or `beyond`, however lawful a call would be.
    """

    campaign: str
    title: str
    client: str
    scope: str
    mode: str
    zone: str
    at: datetime
    open: bool  # by the campaign's own hours
    next_open: datetime | None
    numbers: int
    leads: int
    in_play: int
    now: int
    now_leads: int
    later: int  # within 24 hours
    beyond: int  # after that, by time alone
    blocked: int  # not by time alone
    out: tuple[Out, ...]
    rules: tuple[RuleCount, ...]
    hours: tuple[Hour, ...]
    versions: dict[str, str]
    why_closed: str = ""  # by the campaign's own calendar, in words


def as_dict(preview: Preview) -> dict[str, Any]:
    """The preview as plain values, for JSON."""
    return asdict(preview)


def headline(preview: Preview) -> str:
    """The sentence to read first."""
    if not preview.numbers:
        return "No list is loaded."
    share = show(preview.now / preview.in_play if preview.in_play else None, "share")
    said = f"{preview.now:,} of {preview.in_play:,} numbers may be called now ({share})"
    said += f", {preview.later:,} more within 24 h"
    if not preview.open:
        opens = "" if preview.next_open is None else f" until {preview.next_open:%a %H:%M %Z}"
        said += f"; the campaign itself is closed{opens}"
        said += f" ({preview.why_closed})" if preview.why_closed else ""
    return f"{said}."


def tables(preview: Preview) -> dict[str, Table]:
    """The figures as tables: `now`, `rules`, `hours`, `out`."""
    of = preview.in_play or None
    rows = (
        ("callable now", preview.now),
        ("callable later, within 24 h", preview.later),
        ("callable after that, by time alone", preview.beyond),
        ("blocked", preview.blocked),
    )
    return {
        "now": Table(
            "now",
            "The list at this instant",
            (Column("step", "Numbers that are", "text"), Column("numbers", "Numbers", "count"), _SHARE),
            tuple((name, count, None if of is None else count / of) for name, count in rows),
            f"{preview.in_play:,} numbers in play, of {preview.numbers:,} loaded with {preview.leads:,} people",
        ),
        "rules": Table(
            "rules",
            "Refused by each rule",
            (
                Column("code", "Rule", "text"),
                Column("numbers", "Numbers", "count"),
                _SHARE,
                Column("alone", "By it alone", "count"),
                Column("ends", "Ends by itself", "text"),
                Column("what", "What it says", "text"),
            ),
            tuple(
                (each.code, each.numbers, each.share, each.alone, "yes" if each.ends else "no", each.what)
                for each in preview.rules
            ),
            "Of the numbers in play; one that several rules refuse is counted under each",
        ),
        "hours": Table(
            "hours",
            "The next 24 hours",
            (
                Column("local", "At", "text"),
                Column("callable", "May be called", "count"),
                Column("first", "For the first time", "count"),
                Column("open", "Campaign", "text"),
            ),
            tuple(
                (f"{each.at:%a %H:%M}", each.callable, each.first, "open" if each.open else "closed")
                for each in preview.hours
            ),
            f"Clock of {preview.zone}; as far as is known now, without the calls of these hours",
        ),
        "out": Table(
            "out",
            "Not dialed any more",
            (Column("why", "Why", "text"), Column("numbers", "Numbers", "count")),
            tuple((each.why, each.numbers) for each in preview.out),
        ),
    }


_SHARE = Column("share", "Share", "share")


def print_preview(preview: Preview, console: Console) -> None:
    """Write the preview to a terminal."""
    from rich.table import Table as RichTable
    from rich.text import Text

    when = f"{preview.at:%a %Y-%m-%d %H:%M %Z}"
    console.print(Text(f"{preview.campaign} for {preview.client}, {preview.scope}, {preview.mode}, {when}"))
    console.print(Text(headline(preview), style="bold"))
    for table in tables(preview).values():
        if not table.rows:
            continue
        shown = RichTable(title=Text(table.title), title_justify="left", title_style="bold", box=None, pad_edge=False)
        for column in table.columns:
            shown.add_column(Text(column.label), justify="left" if column.unit == "text" else "right")
        for row in table.texts():
            shown.add_row(*map(Text, row))
        console.print()
        console.print(shown)
        if table.note:
            console.print(Text(table.note, style="dim"))
