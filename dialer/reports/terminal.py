"""The report on a terminal: the sentence, what must not be missed, and the figures with their formulas."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC
from io import StringIO
from itertools import groupby

from rich.console import Console, RenderableType
from rich.table import Table as RichTable
from rich.text import Text

from dialer.reports.breakdown import Breakdown
from dialer.reports.build import Report
from dialer.reports.export import hours_to_csv, to_csv, to_json
from dialer.reports.values import Table
from dnc.zones import zone

__all__ = ["hours_to_csv", "ledger_line", "plain_text", "print_report", "renderables", "to_csv", "to_json"]

#: The tables that fit a terminal, with the columns shown there; all of them are in JSON, CSV and HTML.
_SHOWN: dict[str, tuple[str, ...]] = {
    "abandonment": ("rule", "applies", "window", "abandoned", "answered", "rate", "high", "cap", "verdict"),
    "by_hour": (
        "local",
        "dials",
        "live",
        "in_time",
        "abandoned",
        "contacts",
        "live_answer_rate",
        "abandonment_rate",
    ),
    "outcomes": ("outcome", "calls", "share"),
    "refusals": ("code", "refusals", "share"),
    "health": ("since", "state", "hours", "why"),
    "promises": (
        "campaign",
        "currency",
        "promises",
        "kept",
        "broken",
        "open",
        "kept_rate",
        "promised_amount",
        "paid_amount",
    ),
}
#: The same of a breakdown; the groups' own names come first.
_GROUPED: dict[str, tuple[str, ...]] = {
    "groups": (
        "dials", "live", "conversations", "contacts", "conversion_rate", "live_answer_rate", "abandonment_rate",
        "abandonment_high", "occupancy", "handle_time",
    ),
    "abandonment": (
        "campaign", "rule", "applies", "window", "since", "abandoned", "answered", "rate", "low", "high", "cap",
        "verdict",
    ),
    "penetration": ("attempts", "leads", "share"),
}  # fmt: skip


#: Where nobody looks at a terminal.
_PAGE_WIDTH = 140


def plain_text(report: Report | Breakdown) -> str:
    """The report as on a terminal, without colours, for the text of a message."""
    console = Console(file=StringIO(), width=_PAGE_WIDTH, no_color=True, force_terminal=False)
    print_report(report, console)
    written = console.file
    assert isinstance(written, StringIO)
    return "\n".join(line.rstrip() for line in written.getvalue().splitlines()) + "\n"


def print_report(report: Report | Breakdown, console: Console | None = None) -> None:
    """Write the report to the terminal (or to `console`)."""
    if console is None:
        console = Console()
        if not console.is_terminal:  # a file or a pipe has no edge at which a column must be folded
            console = Console(width=max(console.width, _PAGE_WIDTH))
    for part in renderables(report):
        console.print(part)
        console.print()


def renderables(report: Report | Breakdown) -> Iterator[RenderableType]:
    """The parts of the report, top to bottom. Names are text, never markup."""
    here = UTC if report.zone == "UTC" else zone(report.zone)
    since, until = (f"{at.astimezone(here):%Y-%m-%d %H:%M %Z}" for at in (report.since, report.until))
    whose = f"{report.name} for {report.client}" if isinstance(report, Report) else report.name
    yield Text(f"{whose}, {since} to {until}")
    yield Text(report.headline, style="bold")
    for warning in report.warnings:
        yield Text(f"! {warning}", style="bold red")
    for group, kpis in groupby(report.kpis, key=lambda kpi: kpi.group):
        shown = RichTable(title=group, title_justify="left", title_style="bold", expand=True, box=None)
        shown.add_column("Figure", ratio=3)
        shown.add_column("Value", justify="right", no_wrap=True)
        shown.add_column("Formula", ratio=4, style="dim")
        for kpi in kpis:
            shown.add_row(Text(kpi.label), Text(kpi.text), Text(kpi.formula))
        yield shown
    shown_here = {} if isinstance(report, Report) else _GROUPED
    known = {table.key: table for table in report.tables}
    for key, columns in (_SHOWN | shown_here).items():
        if key in known and known[key].rows:
            first = (known[key].columns[0].key,) if key == "groups" else ()
            yield _rich(known[key], (*first, *columns))
    if isinstance(report, Report):
        yield Text(ledger_line(report))


def ledger_line(report: Report) -> str:
    """One sentence on the decision ledger."""
    ledger = report.ledger
    if ledger.intact is None:
        return "Decision ledger: not checked for this report. Run `dialer audit verify`."
    state = "verifies" if ledger.intact else "DOES NOT VERIFY"
    return f"Decision ledger: {state}, {ledger.rows:,} decisions checked. {ledger.detail}".rstrip()


def _rich(table: Table, keys: tuple[str, ...]) -> RichTable:
    """Some columns of a table."""
    places = [[column.key for column in table.columns].index(key) for key in keys]
    shown = RichTable(title=Text(table.title), title_justify="left", title_style="bold", box=None, pad_edge=False)
    for place in places:
        column = table.columns[place]
        # A name that is cut short may be that of two campaigns: the first column keeps its width, the others fold.
        words = column.unit in ("text", "instant")
        shown.add_column(
            Text(column.label), justify="left" if words else "right", no_wrap=place == places[0], overflow="fold"
        )
    for row in table.texts():
        shown.add_row(*(Text(row[place]) for place in places))
    return shown
