"""The staffing forecast for people: a table, sentences, and one HTML page with a plot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dialer.reports.values import Cell, Column, Table
from dialer.simulation.twin.staffing import HalfHour

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Forecast", "as_dict", "sentences", "table_of", "to_html"]


@dataclass(frozen=True, slots=True)
class Forecast:
    """One answer of `dialer forecast`.

    Attributes:
        campaign: its name.
        title: what was asked, in one line.
        goal: what is to be reached.
        plan: the half hours.
        sources: where the figures come from, and how far they may be trusted.
        floors: simulated floors: agents -> (utilisation, mean wait s, abandonment rate).
    """

    campaign: str
    title: str
    goal: str
    plan: tuple[HalfHour, ...]
    sources: tuple[str, ...]
    floors: dict[int, tuple[float, float, float]]


def sentences(forecast: Forecast) -> list[str]:
    """The answer in words."""
    busy = [each for each in forecast.plan if each.agents.value]
    if not busy:
        return [f"{forecast.goal}: nobody is needed, no lead may be called in these hours."]
    peak = max(busy, key=lambda each: each.agents.value)
    hours = sum(each.agents.value * each.slot.seconds for each in busy) / 3600
    said = [
        f"{forecast.goal}: {peak.agents.value:.0f} agents at the busiest half hour "
        f"({peak.slot.start:%a %Y-%m-%d %H:%M}; 90 %: {peak.agents.low:.0f} to {peak.agents.high:.0f}), "
        f"{hours:,.0f} agent hours in all."
    ]
    known = [each for each in busy if each.over is not None]
    if known:
        short = [each for each in known if (each.over or 0.0) < 0]
        lacking = sum(-(each.over or 0.0) * each.slot.seconds for each in short) / 3600
        spare = sum(max(0.0, each.over or 0.0) * each.slot.seconds for each in known) / 3600
        said.append(
            f"Against the schedule: {len(short)} of {len(known)} half hours have too few agents, "
            f"{lacking:,.1f} agent hours are lacking and {spare:,.1f} are too many."
        )
    else:
        said.append("No shifts are known for these days: dialer shifts import FILE, and they are compared here.")
    return said


def table_of(forecast: Forecast) -> Table:
    """The half hours as a table."""
    columns = (
        Column("day", "Day", "text"),
        Column("time", "Time", "text"),
        Column("leads", "Leads", "count"),
        Column("answer_rate", "Answer rate", "share"),
        Column("calls", "Calls", "count"),
        Column("talks", "Talks", "count"),
        Column("load", "Erlang", "number"),
        Column("agents", "Agents", "count"),
        Column("agents_low", "low", "count"),
        Column("agents_high", "high", "count"),
        Column("scheduled", "Scheduled", "number"),
        Column("over", "Over", "number"),
    )
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            f"{each.slot.start:%a %d %b}",
            f"{each.slot.start:%H:%M}",
            each.leads,
            each.rate.value,
            round(each.calls),
            round(each.talks),
            each.load,
            round(each.agents.value),
            round(each.agents.low),
            round(each.agents.high),
            each.scheduled,
            each.over,
        )
        for each in forecast.plan
    )
    note = "leads: may be called then; low, high: 90 % bounds; over: scheduled agents too many, negative too few"
    return Table("forecast", "Agents needed", columns, rows, note)


def as_dict(forecast: Forecast) -> dict[str, Any]:
    """Give plain values for JSON."""
    table = table_of(forecast)
    keys = [column.key for column in table.columns]
    rows = zip(forecast.plan, table.rows, strict=True)
    return {
        "campaign": forecast.campaign,
        "title": forecast.title,
        "goal": forecast.goal,
        "answers": sentences(forecast),
        "sources": list(forecast.sources),
        "half_hours": [
            {
                **dict(zip(keys, row, strict=True)),
                "start": each.slot.start.isoformat(),
                "end": each.slot.end.isoformat(),
                "answer_rate_low": each.rate.low,
                "answer_rate_high": each.rate.high,
                "calls": each.calls,
                "talks": each.talks,
            }
            for each, row in rows
        ],
        "simulated_floors": [
            {"agents": agents, "utilisation": busy, "mean_wait": wait, "abandonment_rate": rate}
            for agents, (busy, wait, rate) in sorted(forecast.floors.items())
        ],
    }


def to_html(forecast: Forecast) -> str:
    """Give a complete HTML document: sentences, plot, table."""
    from markupsafe import Markup

    from dialer.reports.drawing import draw
    from dialer.reports.pages import template

    plot = draw("agents", lambda figure: _drawn(figure, forecast.plan), wide=True, height=4.2)
    return template("forecast.html.j2").render(
        forecast=forecast,
        sentences=sentences(forecast),
        table=table_of(forecast),
        plot=plot,
        svg=Markup(plot.svg),  # noqa: S704 - drawn by us, text escaped
    )


def _drawn(figure: Figure, plan: Sequence[HalfHour]) -> str:
    """Agents needed with their bounds, and those scheduled, half hour by half hour; closed hours are left out."""
    from dialer.reports.drawing import BLUE, ORANGE

    axes = figure.add_subplot()
    x = range(len(plan))
    axes.fill_between(
        x,
        [each.agents.low for each in plan],
        [each.agents.high for each in plan],
        color=BLUE,
        alpha=0.2,
        step="mid",
        label="90 % bounds",
    )
    axes.step(x, [each.agents.value for each in plan], where="mid", color=BLUE, linewidth=2, label="needed")
    if any(each.scheduled is not None for each in plan):
        axes.step(
            x,
            [each.scheduled or 0.0 for each in plan],
            where="mid",
            color=ORANGE,
            linewidth=2,
            linestyle="--",
            label="scheduled",
        )
    days = [n for n, each in enumerate(plan) if not n or each.slot.start.date() != plan[n - 1].slot.start.date()]
    axes.set_xticks(days, [f"{plan[n].slot.start:%a %d}" for n in days])
    axes.set_ylabel("agents")
    axes.set_ylim(0, None)
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=3, handlelength=1.6, borderaxespad=0.2)
    peak = max(plan, key=lambda each: each.agents.value)
    return f"Agents needed in each open half hour; at most {peak.agents.value:.0f}, {peak.slot.start:%a %d %H:%M}."
