"""The study as a page: Markdown tables from its JSON, with the plots beside them."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from pacing_study import targets

__all__ = ["text", "write"]

_ORDER = (
    "progressive 1:1",
    "VICIdial, defaults",
    "VICIdial, best of 156",
    "ratio of all agents, tuned",
    "ratio of ready agents, tuned",
    "Issabel",
    "ours, no levers",
    "ours, levers 1-3",
    "ours, levers 1-3, learned finish",
    "ours at 1 %, no levers",
    "ours at 1 %, levers 1-3",
    "ours at 1 %, levers 1-3, learned finish",
    "clairvoyant",
)


def text(report: dict[str, Any]) -> str:
    """Write the whole report as Markdown."""
    parts = ["# The pacing benchmark", _conditions(report)]
    for section, of in _SECTIONS.items():
        if section in report:
            parts.append(of(report))
    return "\n\n".join(_wrapped(part) for part in "\n\n".join(parts).split("\n\n"))


def write(report: dict[str, Any], folder: Path) -> None:
    """Write `benchmark.md` and its plots into a folder."""
    from pacing_study import plots

    folder.mkdir(parents=True, exist_ok=True)
    drawn = plots.draw(report, folder)
    lines = [text(report)]
    if drawn:
        lines.append("## Plots")
        lines += [f"![{title}]({name})" for name, title in drawn]
    (folder / "benchmark.md").write_text("\n\n".join(lines) + "\n", encoding="utf-8")


def _wrapped(part: str) -> str:
    """A paragraph in short lines; tables and headings as they are."""
    return part if part.startswith(("|", "#")) else textwrap.fill(part, 118, break_on_hyphens=False)


def _conditions(report: dict[str, Any]) -> str:
    machine = ", ".join(f"{name} {value}" for name, value in report["machine"].items())
    lines = [
        "Made by `scripts/bench pacing --docs docs/pacing`; do not edit. Every policy drives the same engine on the "
        "same simulated people (common random numbers). Utilisation is the share of talk and wrap-up in the agents' "
        "signed-in time (breaks left out), from the first call of a campaign on, learning included; the wait is the "
        "mean time from being ready to the next person's voice. Abandoned are live answers without an agent within "
        "2 s (with the greeting lever: 2 s after a greeting of 1.5 s), as a share of all live answers.",
        f"Machine: {machine}.",
    ]
    if "size" in report:
        size = report["size"]
        lines.append(
            f"Size: at least {size['agent_hours']:g} agents' hours for each cell and policy, in at least "
            f"{size['seeds']} campaigns of at most 30 days of {size['hours']:g} h (a large floor that needs less "
            "than a day works a shorter one); a period is a campaign's run."
        )
        tuning = report.get("tuning", size)
        if tuning != size:
            of = f"{tuning['agent_hours']:g} agents' hours, {tuning['seeds']} campaigns"
            lines[-1] += f" Policies that need tuning: {of}."
    lines += report.get("notes", [])
    if report.get("quick"):
        lines.append("A quick run: the figures are rough, and tuned policies are left out.")
    return "\n\n".join(lines)


def _rows(found: dict[str, Any]) -> list[str]:
    """The rows that a table has, in order."""
    present = {row for cell in found.values() for row in cell}
    return [row for row in _ORDER if row in present] + sorted(present - set(_ORDER))


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join(lines)


def _grid(report: dict[str, Any], value: Any) -> str:
    """One small table for each answer rate: rows by sizes of floors."""
    found = report["table"]
    parts = []
    for rate in dict.fromkeys(rate for _, rate in report["cells"]):
        cells = {f"N={count}": f"N={count} p={rate:g}" for count, of in report["cells"] if of == rate}
        rows = [
            [row, *[value(found[cell][row]) if row in found[cell] else "" for cell in cells.values()]]
            for row in _rows(found)
        ]
        parts.append(_table([f"p = {rate:g}", *cells], rows))
    return "\n\n".join(parts)


def _main(report: dict[str, Any]) -> str:
    return "\n\n".join(
        [
            "## Utilisation, % (mean wait, s)",
            _grid(report, lambda r: f"{100 * r['utilisation']:.1f} ({r['mean_wait']:.3g})"),
            "## Abandoned, % (worst 30-day period)",
            _grid(report, lambda r: f"{100 * r['rate']:.2f} ({100 * r['worst_period']:.2f})"),
            "## 95th percentile of the wait, s",
            _grid(report, lambda r: f"{r['p95_wait']:.3g}"),
            "## Lines in use: mean (most)",
            _grid(report, lambda r: f"{r['lines']:.1f} ({r['most_lines']})"),
            "## The tunings that hindsight chose",
            _table(
                ["cell", "policy"],
                [
                    [cell, rows[row]["contender"]]
                    for cell, rows in report["table"].items()
                    for row in _ORDER
                    if row.endswith(("tuned", "of 156")) and row in rows
                ],
            ),
        ]
    )


def _holds(report: dict[str, Any]) -> str:
    lines = report["holds"]
    missed = [each for each in lines if not each["met"]]
    head = f"## The lines to hold: {len(lines) - len(missed)} of {len(lines)} met"
    rows = [
        [
            each["cell"],
            each["line"],
            f"{each['got']:.2f} {each['unit']}".strip(),
            f"{each['need']:.2f} {each['unit']}".strip(),
            f"{each['distance']:+.2f}",
            "met" if each["met"] else "**missed**",
        ]
        for each in sorted(lines, key=lambda each: each["met"])
    ]
    reached = [
        [row, *[f"{value:.1f}" for value in targets.TABLE[row][rate]]]
        for rate in dict.fromkeys(rate for _, rate in report["cells"])
        if rate in targets.ANSWER_RATES
        for row in targets.TABLE
    ]
    return "\n\n".join(
        [
            head,
            _table(["cell", "line", "got", "line at", "distance", ""], rows),
            "The lines rest on what a prototype and other programs reached on this floor (utilisation, %, at about "
            "3 %; first p = 0.1, then 0.3):",
            _table(["row", *[f"N={count}" for count in targets.AGENTS]], reached),
        ]
    )


def _unsteady(report: dict[str, Any]) -> str:
    parts = [
        "## Floors that do not keep still",
        "Each seed is the first day of a fresh campaign (8 h; the first hundred calls: some minutes). Rivals were "
        "tuned on the floor that keeps still. `evidence` is the abandonment by the carrier's own record, where "
        "people taken for machines and the true instant of a late-reported answer count. Worst: of all days.",
    ]
    for name, sizes in report["unsteady"].items():
        rows = [
            [
                size,
                row,
                f"{100 * r['utilisation']:.1f}",
                f"{r['mean_wait']:.3g}",
                f"{100 * r['rate']:.2f}",
                f"{100 * r['worst_period']:.2f}",
                f"{r['periods_over']} of {r['periods']}",
                f"{100 * r['true_rate']:.2f}",
            ]
            for size, found in sizes.items()
            for row, r in found.items()
        ]
        head = ["floor", "policy", "utilisation, %", "wait, s", "abandoned, %", "worst, %", "days over", "evidence, %"]
        parts += [f"### {name}", _table(head, rows)]
    return "\n\n".join(parts)


def _leads(report: dict[str, Any]) -> str:
    rows = [
        [cell, row, f"{100 * r['utilisation']:.1f}", f"{r['mean_wait']:.3g}", f"{100 * r['rate']:.2f}"]
        for cell, found in report["leads"].items()
        for row, r in found.items()
    ]
    return "\n\n".join(
        [
            "## Lever 4: people whose answer probability is known",
            "People differ in their propensity to answer (coefficient of variation 1) around the cell's answer rate.",
            _table(["cell", "policy", "utilisation, %", "wait, s", "abandoned, %"], rows),
        ]
    )


def _periods(report: dict[str, Any]) -> str:
    rows = [
        [
            f"N={each['agents']} p={each['answer_rate']:g}",
            each["contender"],
            f"{each['periods']} ({each['seeds']} seeds x {each['days']} days of {each['hours']:g} h)",
            str(each["periods_over"]),
            f"{100 * each['worst_period']:.2f}",
            f"{100 * each['rate']:.2f}",
            f"{100 * each['utilisation']:.2f} ± {100 * each['utilisation_sd']:.2f}",
        ]
        for each in report["periods"]
    ]
    head = ["floor", "policy", "periods", "over the cap", "worst, %", "mean, %", "utilisation, %"]
    return "## Accounting periods\n\n" + _table(head, rows)


def _decide(report: dict[str, Any]) -> str:
    rows = [
        [
            floor,
            f"{each['lines']:.0f}",
            str(each["decisions"]),
            f"{each['p50_ms']:.3f}",
            f"{each['p99_ms']:.3f}",
            f"{each['max_ms']:.2f}",
        ]
        for floor, each in report["decide"].items()
    ]
    return "## `decide`, CPU ms, asked after every event\n\n" + _table(
        ["floor", "calls ringing", "decisions", "p50", "p99", "most"], rows
    )


def _speed(report: dict[str, Any]) -> str:
    rows = [
        [cell, f"{each['hours']:g} h", str(each["placed"]), f"{each['beat']:g} s", f"{each['cpu_s']:.1f} s"]
        for cell, each in report["speed"].items()
    ]
    return "## The simulated day on one core, pacer included\n\n" + _table(
        ["floor", "simulated", "calls", "beat", "CPU"], rows
    )


_SECTIONS = {
    "table": _main,
    "holds": _holds,
    "unsteady": _unsteady,
    "leads": _leads,
    "periods": _periods,
    "decide": _decide,
    "speed": _speed,
}
