"""The report as one HTML page that needs nothing else: no network, no script, no font, no file beside it.

How pages are made is `dialer.reports.pages`'; only the drawings of `dialer.reports.plots` are inserted as markup.
"""

from __future__ import annotations

from itertools import groupby

from markupsafe import Markup

from dialer.reports.breakdown import Breakdown
from dialer.reports.build import Report
from dialer.reports.pages import template
from dialer.reports.plots import all_plots, group_plots
from dialer.reports.terminal import ledger_line
from dnc.zones import zone

__all__ = ["to_html"]

#: The figures that head the page.
_TILES = (
    "conversations",
    "occupancy",
    "average_wait",
    "live_answer_rate",
    "conversion_rate",
    "promise_rate",
    "ring_floor_violations",
)

#: Section -> (heading, what is in it: a plot's key, and the key of the table behind it).
_SECTIONS: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = (
    ("The agents' day", (("agent_time", "agent_time"), ("pace", "pace"))),
    ("Abandonment", (("abandonment_by_hour", "by_hour"),)),
    (
        "People reached",
        (
            ("answer_rate", "by_hour"),
            ("waits", "waits"),
            ("outcomes", "outcomes"),
            ("dispositions", "dispositions"),
        ),
    ),
    ("The list", (("funnel", "funnel"), ("penetration", "penetration"))),
    ("Rules and health", (("refusals", "refusals"), ("leads", "leads"), ("health", "health"))),
)
_PLOT_TITLES = {
    "abandonment_by_hour": "Abandonment against its cap",
    "answer_rate": "How often people answered",
}


def to_html(report: Report | Breakdown) -> str:
    """The page, as text.

    Args:
        report: what to show; the page holds the same figures as JSON and CSV.

    Returns:
        A complete HTML document.
    """
    if isinstance(report, Breakdown):
        return _broken_down(report)
    plots = all_plots(report)
    sections = [
        (
            heading,
            [
                {
                    "title": _PLOT_TITLES.get(key, report.table(table).title),
                    "plot": plots.get(key),
                    "svg": Markup(plots[key].svg) if key in plots else "",  # noqa: S704 - drawn by us, text escaped
                    "table": report.table(table),
                }
                for key, table in parts
            ],
        )
        for heading, parts in _SECTIONS
    ]
    here = report.since.tzinfo if report.zone == "UTC" else zone(report.zone)
    since, until = report.since.astimezone(here), report.until.astimezone(here)
    return template("report.html.j2").render(
        report=report,
        since=since,
        until=until,
        tiles=[kpi for kpi in map(report.kpi, _TILES) if kpi.value is not None],
        groups=[(group, list(kpis)) for group, kpis in groupby(report.kpis, key=lambda kpi: kpi.group)],
        sections=sections,
        abandonment=report.table("abandonment"),
        more=[report.table(key) for key in ("by_agent", "by_list", "by_jurisdiction") if report.table(key).rows]
        + [table for table in report.tables if table.key == "promises"],
        ledger=ledger_line(report),
    )


def _broken_down(report: Breakdown) -> str:
    """The page of a breakdown: its groups drawn, and every table."""
    here = report.since.tzinfo if report.zone == "UTC" else zone(report.zone)
    plots = [(plot, Markup(plot.svg)) for plot in group_plots(report)]  # noqa: S704 - drawn by us, text escaped
    return template("breakdown.html.j2").render(
        report=report,
        since=report.since.astimezone(here),
        until=report.until.astimezone(here),
        tiles=[kpi for kpi in map(report.kpi, _TILES) if kpi.value is not None],
        groups=[(group, list(kpis)) for group, kpis in groupby(report.kpis, key=lambda kpi: kpi.group)],
        plots=plots,
        tables=[table for table in report.tables if table.rows],
    )
