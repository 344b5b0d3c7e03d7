"""The twin's answer for people: on a terminal, and as one HTML page with plots that needs nothing else."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from dialer.simulation.twin.answers import Answers, table_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from rich.console import Console

__all__ = ["print_answers", "to_html"]

#: Columns that would not fit a terminal of 80 characters; they are in JSON and on the page.
_ONLY_ELSEWHERE = {"p95_wait", "lines", "untried_left"}


def print_answers(answers: Answers, console: Console) -> None:
    """Write the sentences and the table to a terminal."""
    from rich.table import Table as RichTable
    from rich.text import Text

    console.print(Text(answers.title))
    for sentence in answers.sentences:
        console.print(Text(sentence, style="bold"))
    table = table_of(answers)
    shown = RichTable(
        title=f"{table.title}. {table.note}", title_justify="left", box=None, pad_edge=False, padding=(0, 1, 0, 0)
    )
    kept = [n for n, column in enumerate(table.columns) if column.key not in _ONLY_ELSEWHERE]
    for n in kept:
        column = table.columns[n]
        shown.add_column(column.label, justify="left" if column.unit == "text" else "right", no_wrap=True)
    for texts in table.texts():
        shown.add_row(*[Text(texts[n]) for n in kept])
    console.print(shown)
    for source in answers.sources:
        console.print(Text(source, style="dim"))


def to_html(answers: Answers) -> str:
    """Give a complete HTML document: sentences, plots, table."""
    from markupsafe import Markup

    from dialer.reports.drawing import draw
    from dialer.reports.pages import template

    plots = [
        draw("busy", _bars(answers, "utilisation"), wide=False, height=0.9 + 0.42 * _count(answers)),
        draw("wait", _bars(answers, "mean_wait"), wide=False, height=0.9 + 0.42 * _count(answers)),
    ]
    if any(each.first_pass for each in answers.outcomes):
        plots.append(draw("list", _list(answers), wide=True, height=3.4))
    return template("twin.html.j2").render(
        answers=answers,
        table=table_of(answers),
        plots=[{"plot": plot, "svg": Markup(plot.svg)} for plot in plots],  # noqa: S704 - drawn by us, text escaped
    )


def _count(answers: Answers) -> int:
    return len(table_of(answers).rows)


def _bars(answers: Answers, key: str) -> Callable[[Figure], str]:
    """Bars of one column, a bar for each what-if."""
    from dialer.reports.drawing import BLUE, ORANGE, bars
    from dialer.reports.values import show

    table = table_of(answers)
    unit = next(column.unit for column in table.columns if column.key == key)
    values = [value or 0.0 for value in table.column(key)]
    labels = [
        f"{show(agents, 'count')} agents, {policy}" + ("" if cap is None else f", {show(cap, 'share')}")
        for agents, cap, policy in zip(table.column("agents"), table.column("cap"), table.column("policy"), strict=True)
    ]
    labels = [label.replace("- agents", "that day's agents") for label in labels]

    def drawing(figure: Figure) -> str:
        texts = [show(value, unit) for value in values]
        busy = key == "utilisation"
        bars(figure, labels, values, texts, colour=BLUE if busy else ORANGE, hatch="" if busy else "///")
        best = max(range(len(values)), key=lambda n: values[n] if busy else -values[n])
        what = "Busiest" if busy else "Shortest wait between talks"
        return f"{what}: {labels[best]}, {texts[best]}."

    return drawing


def _list(answers: Answers) -> Callable[[Figure], str]:
    """Open hours until every lead was called once, against the number of agents."""
    from dialer.reports.drawing import BLUE, GREEN, ORANGE, RED

    series: dict[str, list[tuple[int, float]]] = {}
    for each in answers.outcomes:
        if each.first_pass and each.what_if.agents:
            name = f"{each.what_if.policy}, at most {100 * each.what_if.max_rate:g} %"
            series.setdefault(name, []).append((each.what_if.agents, each.first_pass))

    def drawing(figure: Figure) -> str:
        axes = figure.add_subplot()
        marks = ("o", "s", "^", "D")
        for n, (name, points) in enumerate(series.items()):
            x, y = zip(*sorted(points), strict=True)
            colour = (BLUE, ORANGE, GREEN, RED)[n % 4]
            axes.plot(x, y, color=colour, marker=marks[n % 4], linewidth=2, label=name)
        axes.set_xlabel("agents")
        axes.set_ylabel("open hours")
        axes.set_ylim(0, None)
        axes.legend(loc="lower left", bbox_to_anchor=(0, 1.0), ncols=2, handlelength=1.6, borderaxespad=0.2)
        name, points = next(iter(series.items()))
        said = "; ".join(f"{agents} agents {hours:.1f} h" for agents, hours in sorted(points))
        return f"Until every lead was called once ({name}): {said}."

    return drawing
