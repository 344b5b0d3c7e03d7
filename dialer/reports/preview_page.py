"""The launch preview as one HTML page that needs nothing else: no network, no script, no file beside it."""

from __future__ import annotations

from collections.abc import Callable

from markupsafe import Markup
from matplotlib.figure import Figure

from dialer.reports.drawing import BLUE, GREY, MUTED, ORANGE, PAPER, Plot, bars, draw, short
from dialer.reports.pages import template
from dialer.reports.preview import Preview, headline, tables
from dialer.reports.values import Table, show

__all__ = ["to_html"]


def to_html(preview: Preview) -> str:
    """The page, as text: the same figures as in JSON."""
    known = tables(preview)
    plots: list[tuple[Table, Plot | None]] = []
    for key, picture, wide, height in _PICTURES:
        drawn = _anything(known[key])
        plots.append((known[key], draw(key, picture(preview), wide=wide, height=height) if drawn else None))
    return template("preview.html.j2").render(
        preview=preview,
        headline=headline(preview),
        tiles=(
            ("numbers callable now", f"{preview.now:,}"),
            ("people callable now", f"{preview.now_leads:,}"),
            ("more within 24 h", f"{preview.later:,}"),
            ("after that", f"{preview.beyond:,}"),
            ("blocked", f"{preview.blocked:,}"),
            ("loaded", f"{preview.numbers:,}"),
        ),
        parts=[
            {"table": table, "plot": plot, "svg": "" if plot is None else Markup(plot.svg)}  # noqa: S704 - ours
            for table, plot in plots
        ],
        out=known["out"],
    )


def _anything(table: Table) -> bool:
    return any(isinstance(cell, int | float) and cell for row in table.rows for cell in row)


def _hours(preview: Preview) -> Callable[[Figure], str]:
    """How many numbers may be called at each hour; hours in which the campaign is closed are hatched."""

    def drawing(figure: Figure) -> str:
        axes = figure.add_subplot()
        for is_open, name, colour, hatch in (
            (True, "campaign open", BLUE, ""),
            (False, "campaign closed", GREY, "///"),
        ):
            there = [n for n, hour in enumerate(preview.hours) if hour.open is is_open]
            if there:
                heights = [preview.hours[n].callable for n in there]
                axes.bar(
                    there, heights, width=0.78, color=colour, hatch=hatch, edgecolor=PAPER, linewidth=0, label=name
                )
        first = [hour.first for hour in preview.hours]
        axes.plot(
            range(len(first)), first, color=ORANGE, linewidth=2, marker="o", markersize=4, label="for the first time"
        )
        axes.set_xticks(range(0, 24, 2), [f"{hour.at:%H:%M}" for hour in preview.hours[::2]])
        axes.set_xlim(-0.7, len(first) - 0.3)
        axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        axes.grid(visible=False, axis="x")
        axes.set_ylabel("numbers")
        axes.tick_params(axis="x", labelcolor=MUTED)
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=3, handlelength=1.6, borderaxespad=0.2)
        best = max(preview.hours, key=lambda hour: hour.callable)
        return f"Most at {best.at:%a %H:%M}: {best.callable:,} numbers, clock of {preview.zone}."

    return drawing


def _rules(preview: Preview) -> Callable[[Figure], str]:
    def drawing(figure: Figure) -> str:
        shown = preview.rules[:14]
        texts = [f"{each.numbers:,}  ({show(each.share, 'share')})" for each in shown]
        bars(
            figure,
            [short(each.code) for each in shown],
            [each.numbers for each in shown],
            texts,
            colour=ORANGE,
            hatch="///",
        )
        return f"Most: {shown[0].code}, {texts[0]}: {shown[0].what}."

    return drawing


def _now(preview: Preview) -> Callable[[Figure], str]:
    def drawing(figure: Figure) -> str:
        rows = tables(preview)["now"].rows
        texts = [f"{row[1]:,}  ({show(row[2], 'share')})" for row in rows]
        counts = [preview.now, preview.later, preview.beyond, preview.blocked]
        bars(figure, [str(row[0]) for row in rows], counts, texts, colour=BLUE, hatch="")
        figure.axes[0].set_ylim(len(rows) - 0.4, -0.6)  # a bar of 0 has a name all the same
        return f"{preview.now:,} of {preview.in_play:,} at {preview.at:%a %H:%M %Z}."

    return drawing


_PICTURES: tuple[tuple[str, Callable[[Preview], Callable[[Figure], str]], bool, float], ...] = (
    ("hours", _hours, True, 3.6),
    ("now", _now, False, 3.4),
    ("rules", _rules, False, 3.4),
)
