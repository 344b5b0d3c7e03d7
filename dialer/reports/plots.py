"""The plots of a report as inline SVG, drawn from its tables with the pen of `dialer.reports.drawing`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from dialer.reports.breakdown import Breakdown
from dialer.reports.build import Report
from dialer.reports.drawing import BLUE, GREEN, GREY, INK, MUTED, ORANGE, PAPER, RED, SKY, Plot, bars, draw, short
from dialer.reports.values import Column, Table, show

__all__ = ["Plot", "all_plots", "group_plots"]

#: Groups drawn at the most; the table has them all.
_MOST_GROUPS = 40
#: What is drawn of groups: figure, title, colour, hatch.
_OF_GROUPS = (
    ("dials", BLUE, ""),
    ("conversations", SKY, "///"),
    ("live_answer_rate", GREEN, "..."),
    ("abandonment_rate", ORANGE, "xx"),
)


def all_plots(report: Report) -> dict[str, Plot]:
    """The plots of every table that has something to draw, by the table's key."""
    drawn: dict[str, Plot] = {}
    for key, wide, height, picture in _PLOTS:
        table = report.table("by_hour" if key in ("abandonment_by_hour", "answer_rate") else key)
        if table.rows and _anything(table):
            drawn[key] = draw(key, _bound(picture, table, report), wide=wide, height=height)
    return drawn


def group_plots(report: Breakdown) -> list[Plot]:
    """Bars of the groups of a breakdown, one drawing for each of some figures that have any value."""
    drawn = []
    for table in report.tables:
        if table.key != "groups" or not table.rows:
            continue
        labels = [short(show(name, table.columns[0].unit)) for name in table.column(table.columns[0].key)]
        for key, colour, hatch in _OF_GROUPS:
            column = next(column for column in table.columns if column.key == key)
            values = [value or 0.0 for value in table.column(key)][:_MOST_GROUPS]
            if any(values):
                picture = _group_bars(column, labels[:_MOST_GROUPS], table, colour, hatch)
                drawn.append(draw(f"group_{key}", picture, wide=False, height=1.2 + 0.34 * len(values)))
    return drawn


def _group_bars(
    column: Column, labels: Sequence[str], table: Table, colour: str, hatch: str
) -> Callable[[Figure], str]:
    def picture(figure: Figure) -> str:
        cells = table.column(column.key)[: len(labels)]
        texts = [show(cell, column.unit) for cell in cells]
        bars(figure, labels, [float(cell or 0.0) for cell in cells], texts, colour=colour, hatch=hatch)
        more = len(table.rows) - len(labels)
        return f"{column.label}, {table.title.lower()}" + (f"; {more} more in the table." if more else ".")

    return picture


def _bound(picture: _Draw, table: Table, report: Report) -> Callable[[Figure], str]:
    """A drawing with its table and report."""
    return lambda figure: picture(figure, table, report)


def _anything(table: Table) -> bool:
    """Whether any number of the table is not 0."""
    return any(isinstance(cell, int | float) and cell for row in table.rows for cell in row)


# Helpers ---------------------------------------------------------------------------------------------------


def _percent(axes: Axes, top: float | None = None) -> None:
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:g} %"))
    axes.set_ylim(0, top)
    axes.grid(visible=False, axis="x")


def _times(axes: Axes, labels: Sequence[str], most: int) -> None:
    """At most `most` of the labels on the x axis; hours rather than quarters where there are both."""
    whole = [i for i, label in enumerate(labels) if label.endswith(":00")] or list(range(len(labels)))
    step = -(-len(whole) // most)
    axes.set_xticks(whole[::step], [labels[i] for i in whole[::step]])


def _peak(labels: Sequence[str], values: Sequence[float | None]) -> str:
    """`31.2 % at 14:00`, of the highest value."""
    known = [(value, label) for value, label in zip(values, labels, strict=True) if value is not None]
    if not known:
        return "nothing to show"
    value, label = max(known)
    return f"{show(value, 'share')} at {label}"


def _columns(figure: Figure, labels: Sequence[str], values: Sequence[float], texts: Sequence[str], x: str) -> None:
    """Upright bars, each with its text."""
    axes = figure.add_subplot()
    places = range(len(labels))
    axes.bar(places, values, width=0.72, color=BLUE)
    axes.set_xticks(places, labels)
    axes.set_yticks([])
    axes.grid(visible=False)
    axes.set_xlabel(x)
    axes.set_ylim(0, max(values) * 1.15)
    for place, value, text in zip(places, values, texts, strict=True):
        axes.text(place, value + max(values) * 0.02, text, ha="center", color=MUTED, fontsize=11.5)


# Drawings --------------------------------------------------------------------------------------------------


def _agent_time(figure: Figure, table: Table, report: Report) -> str:
    axes = figure.add_subplot()
    labels = table.column("local")
    layers = (
        ("talk", "Talk", BLUE, ""),
        ("wrap", "Wrap-up", SKY, "///"),
        ("ready", "Ready", ORANGE, "..."),
        ("pause", "Pause", GREY, "xx"),
    )
    floor = [0.0] * len(labels)
    for key, name, colour, hatch in layers:
        shares = [share or 0.0 for share in table.column(key)]
        axes.bar(
            range(len(labels)), shares, bottom=floor, width=1.0, label=name, color=colour, hatch=hatch,
            edgecolor=PAPER, linewidth=0.6,
        )  # fmt: skip
        floor = [below + share for below, share in zip(floor, shares, strict=True)]
    _percent(axes, 1.0)
    axes.set_xlim(-0.5, len(labels) - 0.5)
    axes.set_ylabel("of the time signed in")
    _times(axes, labels, 14)
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=4, handlelength=1.6, borderaxespad=0.2)
    peak = _peak(labels, table.column("occupancy"))
    return f"Occupancy of the day {report.kpi('occupancy').text}, highest {peak}."


def _pace(figure: Figure, table: Table, report: Report) -> str:
    labels = table.column("local")
    panels = (
        ("dials_per_minute", "Dials per minute", BLUE, "-"),
        ("lines", "Lines in use", ORANGE, "-"),
        ("agents", "Agents signed in", GREEN, "-"),
    )
    for number, (key, name, colour, dash) in enumerate(panels, start=1):
        axes = figure.add_subplot(1, 3, number)
        values = table.column(key)
        axes.plot(range(len(values)), values, drawstyle="steps-mid", color=colour, linewidth=2.2, linestyle=dash)
        axes.fill_between(range(len(values)), values, step="mid", color=colour, alpha=0.14, linewidth=0)
        axes.set_ylim(0, max(values) * 1.15 or 1)
        axes.set_xlim(0, max(1, len(values) - 1))
        axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
        axes.set_title(name, loc="left", fontsize=12.5, color=INK)
        axes.grid(visible=False, axis="x")
        _times(axes, labels, 5)
    dials = report.kpi("dials_per_agent_hour").value or 0.0
    return f"At most {report.kpi('lines_max').text} lines at once; {dials:,.0f} dials per agent hour."


def _abandonment(figure: Figure, table: Table, report: Report) -> str:
    axes = figure.add_subplot()
    labels, rates = table.column("local"), table.column("abandonment_rate")
    known = [i for i, rate in enumerate(rates) if rate is not None]
    mid = [rates[i] for i in known]
    low, high = [table.column("low")[i] for i in known], [table.column("high")[i] for i in known]
    cap = report.cap or 0.0
    spread = [[m - a for m, a in zip(mid, low, strict=True)], [b - m for m, b in zip(mid, high, strict=True)]]
    axes.errorbar(
        known, mid, yerr=spread, fmt="o", color=BLUE, ecolor=SKY, elinewidth=5, markersize=7,
        label="the hour, with its 95 % interval",
    )  # fmt: skip
    axes.plot(known, [table.column("cumulative")[i] for i in known], color=INK, linewidth=2, label="the day so far")
    if report.cap is not None:
        axes.axhline(
            cap,
            color=RED,
            linewidth=1.8,
            linestyle=(0, (6, 3)),
            label=f"cap {show(cap, 'share')} ({report.cap_rule})",
        )
    _percent(axes, min(1.0, max([cap * 2, *mid, *[value for value in high if value < 0.12]], default=0.06) * 1.08))
    axes.set_xlim(-0.6, len(labels) - 0.4)
    _times(axes, labels, 10)
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=3, handlelength=1.8, borderaxespad=0.2)
    whole = report.kpi("abandonment_rate").text
    return f"Over the report {whole}, highest {_peak(labels, rates)}; the cap is {show(report.cap, 'share')}."


def _answer_rate(figure: Figure, table: Table, report: Report) -> str:
    labels = table.column("local")
    rates = [rate or 0.0 for rate in table.column("live_answer_rate")]
    axes = figure.add_subplot()
    axes.bar(range(len(labels)), rates, width=0.72, color=BLUE)
    mean = report.kpi("live_answer_rate").value or 0.0
    axes.axhline(
        mean,
        color=INK,
        linewidth=1.4,
        linestyle=(0, (2, 2)),
        label=f"the whole report {show(mean, 'share')}",
    )
    _percent(axes, max(rates) * 1.2 or 1.0)
    _times(axes, labels, 10)
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1.0), borderaxespad=0.2)
    return f"A person answered {show(mean, 'share')} of the dials, most often {_peak(labels, rates)}."


def _listed(name: str, number: str, colour: str, hatch: str = "") -> Callable[[Figure, Table, Report], str]:
    """Bars of a table of names, numbers and shares; empty rows are left to the table."""

    def draw(figure: Figure, table: Table, report: Report) -> str:
        shares = table.columns[-1].key
        cells = zip(table.column(name), table.column(number), table.column(shares), strict=True)
        rows = [(label, value, share) for label, value, share in cells if value][:14]
        texts = [f"{value:,}" + ("" if share is None else f"  ({show(share, 'share')})") for _, value, share in rows]
        bars(
            figure,
            [short(str(label)) for label, _, _ in rows],
            [value for _, value, _ in rows],
            texts,
            colour=colour,
            hatch=hatch,
        )
        if table.key == "funnel":
            return f"{rows[0][1]:,} at the start, {rows[-1][1]:,} at the end ({rows[-1][0]})."
        most = max(range(len(rows)), key=lambda place: rows[place][1])
        return f"Most: {rows[most][0]}, {texts[most]}."

    return draw


def _waits(figure: Figure, table: Table, report: Report) -> str:
    rows = [row for row in table.rows if row[1]]
    last = table.rows.index(rows[-1]) + 1
    labels = [str(row[0]).replace(" to ", "–").replace(" or more", "+").replace(" s", "") for row in table.rows[:last]]
    numbers = table.column("calls")[:last]
    _columns(figure, labels, numbers, [f"{number:,}" for number in numbers], "seconds from answer to agent")
    return f"Half waited up to {report.kpi('wait_p50').text}, 99 of 100 up to {report.kpi('wait_p99').text}."


def _penetration(figure: Figure, table: Table, report: Report) -> str:
    shares = [share or 0.0 for share in table.column("share")]
    labels = [str(attempts) for attempts in table.column("attempts")]
    _columns(figure, labels, shares, [show(share, "share") for share in shares], "attempts, at least")
    return f"{show(shares[0], 'share')} of the leads were tried at least once."


def _health(figure: Figure, table: Table, report: Report) -> str:
    axes = figure.add_subplot()
    states = list(dict.fromkeys(table.column("state")))
    first = table.column("since")[0]
    for since, hours, state in zip(table.column("since"), table.column("hours"), table.column("state"), strict=True):
        begin = (since - first).total_seconds() / 3600
        running = state == "running"
        axes.barh(
            states.index(state), max(hours, 0.02), left=begin, height=0.6,
            color=BLUE if running else ORANGE, hatch="" if running else "///",
            edgecolor=PAPER, linewidth=0,
        )  # fmt: skip
    axes.set_yticks(range(len(states)), [short(state) for state in states])
    axes.tick_params(axis="y", labelcolor=INK)
    axes.invert_yaxis()
    axes.grid(visible=False, axis="y")
    axes.set_xlim(0, sum(table.column("hours")))
    axes.set_xlabel(f"hours since {first:%H:%M %Z}")
    dialing = sum(
        hours for hours, state in zip(table.column("hours"), table.column("state"), strict=True) if state == "running"
    )
    return f"Dialing for {dialing:.1f} of {sum(table.column('hours')):.1f} hours."


_Draw = Callable[[Figure, Table, Report], str]
#: Key of the plot, whether it is wide, height in inches, how it is drawn.
_PLOTS: tuple[tuple[str, bool, float, _Draw], ...] = (
    ("agent_time", True, 3.3, _agent_time),
    ("pace", True, 2.6, _pace),
    ("abandonment_by_hour", True, 3.4, _abandonment),
    ("answer_rate", False, 3.2, _answer_rate),
    ("waits", False, 3.2, _waits),
    ("outcomes", False, 3.6, _listed("outcome", "calls", BLUE)),
    ("dispositions", False, 3.6, _listed("code", "calls", GREEN)),
    ("funnel", False, 3.6, _listed("step", "number", BLUE)),
    ("refusals", False, 3.6, _listed("code", "refusals", ORANGE, "///")),
    ("penetration", False, 3.6, _penetration),
    ("leads", False, 3.6, _listed("status", "leads", BLUE)),
    ("health", True, 2.3, _health),
)
