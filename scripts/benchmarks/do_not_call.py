"""Do-Not-Call lists: how fast a file becomes a version and how fast numbers are looked up, from 10 to 250 million.

scripts/bench dnc --quick              seconds: does everything still run, roughly right
scripts/bench dnc                      lists of 10 million numbers, in every layout
scripts/bench dnc --full --json FILE   and the growth to 250 million (3 GB of temporary files, some minutes)

A file is imported as `dialer dnc import` does it: read, judged, hashed, composed, written, forced to the disk, read
back and swapped in. Rates are millions a second by the wall clock and per second of processor time (all threads): on a
busy machine the first falls far below the second (see the loads). The plain route reads lines in Python, makes
integers and keeps them in a set.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

__all__ = ["SUMMARY", "main"]

SUMMARY = "Do-Not-Call lists: import and look-ups up to 250 million numbers, beside a Python set"

IMPORT_RATE, LOOKUP_RATE, MAPPED = 5.0, 20.0, 600.0  # to hold: M lines/s, M look-ups/s of one core, MB
BYTES = 13  # of disk for each number: the file, and what becomes of it


def main(argv: list[str]) -> int:
    """Measure, print, write where asked; 1 when a figure to hold is missed at full size, or the disk is too small."""
    args = _parser().parse_args(argv)
    sizes = [200_000] if args.quick else [10_000_000, 50_000_000, 250_000_000] if args.full else [10_000_000]
    folder = Path(tempfile.mkdtemp(prefix="bench-dnc-", dir=args.folder))
    try:
        free, need = shutil.disk_usage(folder).free, max(sizes) * BYTES * 2
        if free < need:
            print(
                f"{folder} has {free / 1e9:.1f} GB free; {need / 1e9:.1f} GB are needed: see --folder", file=sys.stderr
            )
            return 1
        report = _measure(folder, sizes, args.repeat or (1 if args.quick else 3), args.seed)
    finally:
        shutil.rmtree(folder)
    print(_text(report))
    if args.json is not None:
        args.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    return int(args.full and not all(line["held"] for line in report["to hold"]))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/bench dnc", description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="200,000 numbers: seconds")
    parser.add_argument("--full", action="store_true", help="up to 250 million numbers: minutes, 6.5 GB of disk")
    parser.add_argument("--repeat", type=int, metavar="N", help="repetitions of each measure (3; quick: 1)")
    parser.add_argument("--seed", type=int, default=1, help="of the lists (1)")
    parser.add_argument("--folder", type=Path, help="where temporary files go (the system's place for them)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the report as JSON")
    return parser


def _measure(folder: Path, sizes: list[int], repeat: int, seed: int) -> dict[str, Any]:
    from kits import registry_runs as runs
    from kits.clocks import apart
    from kits.registry_files import LAYOUTS, write
    from machine import describe

    report: dict[str, Any] = {"machine": describe("numpy", "pyarrow"), "layouts": {}, "growth": []}
    for name, layout in LAYOUTS.items():
        _say(f"{name}, {sizes[0]:,} numbers")
        path, lines = write(folder, layout, sizes[0], seed)
        report["layouts"][name] = runs.imports(folder, path, layout, lines, repeat)
        if name == "flat":
            report["stages"], _ = apart(partial(runs.stages, path, folder))
            report["plain"] = runs.plain_routes(path, lines, repeat)
        path.unlink()
    for size in sizes:
        _say(f"growth, {size:,} numbers")
        path, lines = write(folder, LAYOUTS["flat"], size, seed)
        grown = runs.imports(folder, path, LAYOUTS["flat"], lines, repeat, keep=True)
        path.unlink()
        looked, memory = apart(partial(runs.lookups, folder / "lists", 200_000 if size < 10**6 else 10_000_000, repeat))
        part = write(folder, LAYOUTS["flat"], size // 335, seed)[0]
        replaced, _ = apart(partial(runs.one_area, folder / "lists", part))
        report["growth"].append({**grown, **looked, "peak MB of look-ups": memory, "one area code, s": replaced})
        part.unlink()
        shutil.rmtree(folder / "lists")
    report["machine"]["load after"] = f"{os.getloadavg()[0]:.1f}"
    largest, plain = report["growth"][-1], report["plain"]["set"]
    at_base = report["growth"][0]
    report["ratio"] = {
        "import": at_base["import"]["wall"]["median"] / plain["import"]["wall"]["median"],
        "look-ups": at_base["look-ups"]["wall"]["median"] / plain["look-ups"]["wall"]["median"],
        "memory": plain["bytes a number"] / (1e6 * at_base["mapped MB"] / at_base["lines"]),
    }
    report["to hold"] = [
        _held("import, M lines/s", largest["import"]["wall"]["median"], IMPORT_RATE, at_least=True),
        _held("look-ups, M/s of one core", largest["look-ups"]["cpu"]["median"], LOOKUP_RATE, at_least=True),
        _held("mapped, MB", largest["mapped MB"], MAPPED, at_least=False),
    ]
    return report


def _held(what: str, got: float, line: float, *, at_least: bool) -> dict[str, Any]:
    return {"what": what, "got": got, "line": line, "held": got >= line if at_least else got <= line}


def _say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


def _text(report: dict[str, Any]) -> str:
    def rate(found: dict[str, dict[str, float]]) -> str:
        wall, cpu = found["wall"], found["cpu"]
        return f"{wall['median']:7.1f} ({wall['min']:.1f} to {wall['max']:.1f}) {cpu['median']:7.1f}"

    out = ["machine  " + ", ".join(f"{key} {value}" for key, value in report["machine"].items()), ""]
    lines = report["growth"][0]["lines"]
    out += [f"Import of {lines:,} numbers: millions of lines a second, wall median (least to most) and per CPU second"]
    for name, found in report["layouts"].items():
        out.append(f"  {name:<24}{rate(found['import'])}   peak {found['peak MB']:,.0f} MB")
    out += ["", "Where the time of the flat list goes: nanoseconds a line (CPU), share of the way"]
    whole = sum(stage["cpu ns"] for stage in report["stages"] if not stage["beside"])
    for stage in report["stages"]:
        share = "on a second core" if stage["beside"] else f"{stage['cpu ns'] / whole:6.0%}"
        out.append(f"  {stage['stage']:<38}{stage['cpu ns']:7.1f}   {share}")
    out += ["", "Growth", f"  {'numbers':>12} {'import':>24} {'CPU':>6} {'look-ups':>24} {'CPU':>6} {'of roof':>8}"]
    for row in report["growth"]:
        out.append(
            f"  {row['lines']:>12,} {rate(row['import']):>31} {rate(row['look-ups']):>31}"
            f" {row['part of the roof']:>8.0%}"
        )
    out += [f"  {'numbers':>12} {'mapped MB':>10} {'resident MB':>12} {'import peak MB':>15} {'open+verify s':>14}"]
    out[-1] += f" {'scalar M/s':>11} {'one area code s':>16}"
    for row in report["growth"]:
        out.append(
            f"  {row['lines']:>12,} {row['mapped MB']:>10.0f} {row['resident MB']:>12.0f} {row['peak MB']:>15.0f}"
            f" {row['open s']:>14.2f} {row['scalar']['cpu']['median']:>11.2f} {row['one area code, s']:>16.2f}"
        )
    out += ["", f"Plain routes, {lines:,} numbers in this run"]
    for name, found in report["plain"].items():
        per = found["bytes a number"]
        out.append(
            f"  {name:<24}import {rate(found['import'])}   look-ups {rate(found['look-ups'])}"
            f"   {per:.0f} bytes a number, so {per * 0.25:,.0f} GB for 250 million"
        )
    ratio = report["ratio"]
    out.append(
        f"  the product against the set: import {ratio['import']:.0f}x, look-ups {ratio['look-ups']:.0f}x, "
        f"memory {ratio['memory']:.0f}x less"
    )
    out += ["", f"To hold at 250 million; here at {report['growth'][-1]['lines']:,}"]
    for line in report["to hold"]:
        out.append(
            f"  {line['what']:<28}{line['got']:8.1f}  line {line['line']:g}  {'held' if line['held'] else 'MISSED'}"
        )
    return "\n".join(out)
