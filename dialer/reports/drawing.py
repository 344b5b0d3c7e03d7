"""The pen of every page: palette, style, and a figure turned into inline SVG.

Drawn once for light, dark and paper: each colour is written as a placeholder and becomes a CSS variable of
the page. Text stays text. Nothing is told by colour alone: areas are hatched, lines dashed or marked, bars
carry their number. The palette is Okabe and Ito's, which colour-blind people can tell apart.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

__all__ = [
    "BLUE",
    "GREEN",
    "GREY",
    "GRID",
    "INK",
    "MUTED",
    "ORANGE",
    "PAPER",
    "RED",
    "SKY",
    "Plot",
    "bars",
    "draw",
    "short",
]

#: Placeholder colour -> CSS variable.
INK, MUTED, GRID, PAPER = "#0a0b01", "#0a0b02", "#0a0b03", "#0a0b04"
BLUE, SKY, ORANGE, GREY, RED, GREEN = "#0a0b05", "#0a0b06", "#0a0b07", "#0a0b08", "#0a0b09", "#0a0b0a"
_VARIABLES = {
    INK: "ink",
    MUTED: "muted",
    GRID: "grid",
    PAPER: "paper",
    BLUE: "blue",
    SKY: "sky",
    ORANGE: "orange",
    GREY: "grey",
    RED: "red",
    GREEN: "green",
}
_STYLE = {
    "svg.fonttype": "none",
    "text.parse_math": False,  # a name with dollar signs is a name
    "font.size": 12.5,
    "text.color": INK,
    "axes.labelcolor": MUTED,
    "axes.edgecolor": GRID,
    "axes.facecolor": "none",
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
    "grid.color": GRID,
    "grid.linewidth": 0.8,
    "xtick.color": GRID,
    "ytick.color": GRID,
    "xtick.labelcolor": MUTED,
    "ytick.labelcolor": MUTED,
    "ytick.major.size": 0.0,
    "figure.facecolor": "none",
    "hatch.linewidth": 0.7,
    "legend.frameon": False,
}
_WIDE, _HALF = 14.4, 7.1  # inches of 72 pixels


@dataclass(frozen=True, slots=True)
class Plot:
    """One drawing.

    Attributes:
        key: the table it draws.
        svg: the markup, without any reference outside itself.
        summary: what it shows, in words.
        wide: whether it needs the page's whole width.
    """

    key: str
    svg: str
    summary: str
    wide: bool


def draw(key: str, drawing: Callable[[Figure], str], *, wide: bool, height: float) -> Plot:
    """Make one drawing.

    Args:
        key: of the plot; unique on its page.
        drawing: draws into the figure, and says in words what it shows.
        wide: whether it needs the page's whole width.
        height: inches of 72 pixels.
    """
    with mpl.rc_context(_STYLE):  # type: ignore[arg-type]
        figure = Figure(figsize=(_WIDE if wide else _HALF, height), layout="constrained")
        summary = drawing(figure)
        return Plot(key, _svg(figure, key, summary), summary, wide)


def short(label: str) -> str:
    """The label, cut where a drawing would have no room left for its bars; the table has it whole."""
    return label if len(label) <= 30 else f"{label[:29]}…"


def bars(
    figure: Figure,
    labels: Sequence[str],
    values: Sequence[float],
    texts: Sequence[str],
    *,
    colour: str,
    hatch: str,
) -> None:
    """Horizontal bars, first on top, each with its text."""
    axes = figure.add_subplot()
    places = range(len(labels))
    axes.barh(places, values, height=0.68, color=colour, hatch=hatch, edgecolor=PAPER, linewidth=0)
    axes.set_yticks(places, labels)
    axes.tick_params(axis="y", labelcolor=INK)
    axes.invert_yaxis()
    axes.grid(visible=False)
    axes.set_xticks([])
    axes.spines["bottom"].set_visible(False)
    axes.set_xlim(0, max(values) * 1.22 or 1.0)
    for place, value, text in zip(places, values, texts, strict=True):
        axes.text(value + max(values) * 0.012, place, text, va="center", color=MUTED)


def _svg(figure: Figure, key: str, summary: str) -> str:
    """The drawing as markup for the page: own ids, colours as CSS variables, nothing that points outside."""
    written = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": key}):
        figure.savefig(written, format="svg", metadata=_NO_METADATA)
    text = written.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>|<!--.*?-->", "", text, flags=re.DOTALL)
    text = re.sub(r'\sxmlns(:\w+)?="[^"]*"', "", text).replace("xlink:href", "href")
    text = re.sub(r'\bid="([^"]+)"', rf'id="{key}-\1"', text)
    text = re.sub(r'href="#([^"]+)"', rf'href="#{key}-\1"', text)
    text = re.sub(r"url\(#([^)]+)\)", rf"url(#{key}-\1)", text)
    text = re.sub(r"#0a0b0[0-9a]", lambda found: f"var(--{_VARIABLES[found[0]]})", text)
    text = re.sub(r"font: ([\d.]+)px [^;\"]+", r"font-size: \1px", text)
    size = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', text)
    assert size is not None, "matplotlib writes a viewBox"
    opening = f'<svg viewBox="0 0 {size[1]} {size[2]}" role="img" aria-labelledby="{key}-title">'
    return f'{opening}<title id="{key}-title">{_escape(summary)}</title>{text[text.index(">") + 1 :]}'


_NO_METADATA: dict[str, Any] = {"Date": None, "Creator": None, "Format": None, "Type": None}


def _escape(text: str) -> str:
    """Text inside markup."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
