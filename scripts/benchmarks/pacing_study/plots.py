"""The study's plots: small SVG files that are the same for the same figures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")
mpl.rcParams.update(
    {
        "svg.hashsalt": "pacing",
        "svg.fonttype": "none",
        "font.size": 9,
        "axes.grid": True,
        "grid.alpha": 0.3,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "legend.frameon": False,
    }
)

from matplotlib import pyplot as plt  # noqa: E402 (after the backend is chosen)

__all__ = ["draw"]

_COLOURS = {
    "ours, no levers": "#1f77b4",
    "ours, levers 1-3": "#d62728",
    "ours, levers 1-3, learned finish": "#ff7f0e",
    "ratio of ready agents": "#2ca02c",
    "ratio of ready agents, tuned": "#2ca02c",
    "VICIdial, best of 156": "#9467bd",
    "VICIdial, defaults": "#c5b0d5",
    "progressive 1:1": "#7f7f7f",
    "ours at 1 %, levers 1-3, learned finish": "#8c564b",
}


def draw(report: dict[str, Any], folder: Path) -> list[tuple[str, str]]:
    """Draw what the report holds; give (file name, title) of each plot."""
    drawn = []
    if "frontier" in report:
        for cell, found in report["frontier"].items():
            name = f"frontier-{cell.replace('=', '').replace(' ', '-').replace('.', '')}.svg"
            _frontier(found, f"Utilisation against abandonment, {cell}", folder / name)
            drawn.append((name, f"Utilisation against abandonment, {cell}"))
    if "table" in report:
        _waits(report, folder / "wait.svg")
        drawn.append(("wait.svg", "Mean wait between calls against the size of the floor"))
    if "trace" in report:
        title = f"A day with a {report['trace']['floor']}, N={report['trace']['agents']}"
        _trace(report["trace"], title, folder / "day.svg")
        drawn.append(("day.svg", title))
    return drawn


def _save(figure: Any, file: Path) -> None:
    figure.tight_layout()
    figure.savefig(file, metadata={"Date": None, "Creator": None})
    plt.close(figure)


def _frontier(found: dict[str, Any], title: str, file: Path) -> None:
    figure, axes = plt.subplots(figsize=(6.4, 4.2))
    for row, results in found.items():
        points = sorted((100 * each["rate"], 100 * each["utilisation"]) for each in results)
        points = [point for point in points if point[0] <= 8.0]
        if not points:
            continue
        x, y = zip(*points, strict=True)
        if row.startswith("VICIdial"):
            axes.plot(x, y, ".", color="#9467bd", alpha=0.5, markersize=4, label=row)
        else:
            axes.plot(x, y, "o-", color=_COLOURS[row], markersize=3.5, linewidth=1.2, label=row)
    axes.axvline(3.0, color="black", linewidth=0.8, linestyle=":")
    axes.set(xlabel="abandoned, % of live answers", ylabel="utilisation, %", title=title, xlim=(0, 8))
    axes.legend(loc="lower right", fontsize=8)
    _save(figure, file)


def _waits(report: dict[str, Any], file: Path) -> None:
    rates = list(dict.fromkeys(rate for _, rate in report["cells"]))
    figure, panels = plt.subplots(1, len(rates), figsize=(4.2 * len(rates), 4.0), sharey=True, squeeze=False)
    for axes, rate in zip(panels[0], rates, strict=True):
        counts = [count for count, of in report["cells"] if of == rate]
        for row, colour in _COLOURS.items():
            cells = {count: report["table"][f"N={count} p={rate:g}"] for count in counts}
            waits = {count: cell[row]["mean_wait"] for count, cell in cells.items() if row in cell}
            if waits:
                axes.loglog(
                    *zip(*waits.items(), strict=True), "o-", color=colour, markersize=3.5, linewidth=1.2, label=row
                )
        axes.set(xlabel="agents", title=f"p = {rate:g}")
        axes.set_xticks(counts, [str(count) for count in counts])
        low, high = axes.get_ylim()
        ticks = [tick for tick in (0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200) if low <= tick <= high]
        axes.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
        axes.minorticks_off()
    panels[0][0].set_ylabel("mean wait between calls, s")
    panels[0][-1].legend(loc="lower left", fontsize=7)
    _save(figure, file)


def _trace(found: dict[str, Any], title: str, file: Path) -> None:
    figure, panels = plt.subplots(3, 1, figsize=(7.0, 6.0), sharex=True, height_ratios=(2, 1, 1))
    for (name, points), colour in zip(found["series"].items(), ("#ff7f0e", "#7f7f7f"), strict=True):
        hours = [point[0] / 3600.0 for point in points]
        panels[0].plot(hours, _smooth([100 * point[1] for point in points]), color=colour, linewidth=1.2, label=name)
        panels[1].plot(hours, [100 * point[3] for point in points], color=colour, linewidth=1.2)
        panels[2].plot(hours, _smooth([float(point[2]) for point in points]), color=colour, linewidth=1.0)
    first = next(iter(found["series"].values()))
    panels[0].plot(
        [point[0] / 3600.0 for point in first],
        [100 * point[4] for point in first],
        color="black",
        linewidth=0.8,
        linestyle=":",
        label="answer rate of the world",
    )
    panels[0].set(ylabel="utilisation, %", ylim=(0, 100))
    panels[0].legend(fontsize=7, loc="lower left", bbox_to_anchor=(0, 1.0), ncols=3, borderaxespad=0.2)
    panels[0].set_title(title, pad=22)
    panels[1].axhline(3.0, color="black", linewidth=0.8, linestyle=":")
    panels[1].set(ylabel="abandoned\nso far, %")
    panels[2].set(ylabel="lines", xlabel="hour of the day")
    _save(figure, file)


def _smooth(values: list[float], over: int = 5) -> list[float]:
    """A moving mean over so many points, shorter at the ends."""
    half = over // 2
    return [
        sum(values[max(0, i - half) : i + half + 1]) / len(values[max(0, i - half) : i + half + 1])
        for i in range(len(values))
    ]
