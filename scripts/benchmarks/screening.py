"""Screening a contact list: CSV in, decisions out, beside the plain route; how it grows, and what it is made of.

scripts/bench screening --quick              seconds: does everything still run and agree
scripts/bench screening                      a list of a million contacts
scripts/bench screening --full --json FILE   and ten million (about 3 GB of temporary files, some minutes)

What is measured is what `dialer lists screen FILE --campaign NAME --out DECISIONS` does: the list is read, cleaned,
every number validated as `phonenumbers` validates it, placed, looked up in the registries and on the house's own lists,
judged by every rule at one instant, its past calls counted; every row's decision is written to a file, by one worker
process for each core. The plain route is pandas rows, `phonenumbers` and a Python set, on the first rows of the same
list, in turn with the product; both must agree on what both know. Each run of the product begins anew, so nothing is
remembered from the one before. Rates are by the wall clock and per second of processor time, all processes together: on
a busy machine the first falls far below what the second allows (see the loads). Peak memory is that of all processes,
what they share counted for each.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

__all__ = ["SUMMARY", "main"]

SUMMARY = "Screening contact lists: CSV to decisions, beside pandas + phonenumbers + a Python set"

RATE, AIM, RATIO, MEMORY = 500_000.0, 1_000_000.0, 20.0, 4_000.0  # contacts/s, contacts/s, times, MB of ten million
BYTES = 250  # of disk for each contact: the list and its decisions


def main(argv: list[str]) -> int:
    """Measure, print, write where asked; 1 when the routes disagree or the disk is too small."""
    args = _parser().parse_args(argv)
    rows = args.rows or (30_000 if args.quick else 1_000_000)
    sizes = [rows, 10 * rows] if args.full else [rows]
    folder = Path(tempfile.mkdtemp(prefix="bench-screening-", dir=args.folder))
    try:
        free, need = shutil.disk_usage(folder).free, sum(sizes) * BYTES + 3 * 10**8
        if free < need:
            print(
                f"{folder} has {free / 1e9:.1f} GB free; {need / 1e9:.1f} GB are needed: see --folder", file=sys.stderr
            )
            return 1
        report = _measure(folder, sizes, args.repeat or (1 if args.quick else 3), args.seed, quick=args.quick)
    finally:
        shutil.rmtree(folder)
    print(_text(report))
    if args.json is not None:
        args.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    return int(bool(report["disagreements"]))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/bench screening", description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="30,000 contacts: seconds")
    parser.add_argument("--full", action="store_true", help="ten times as many contacts too: minutes, 3 GB of disk")
    parser.add_argument("--rows", type=int, metavar="N", help="contacts of the list (1,000,000; quick: 30,000)")
    parser.add_argument("--repeat", type=int, metavar="N", help="repetitions of each measure (3; quick: 1)")
    parser.add_argument("--seed", type=int, default=1, help="of the list (1)")
    parser.add_argument("--folder", type=Path, help="where temporary files go (the system's place for them)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the report as JSON")
    return parser


def _measure(folder: Path, sizes: list[int], repeat: int, seed: int, *, quick: bool) -> dict[str, Any]:
    from kits import screening_runs as runs
    from kits.clocks import apart
    from machine import describe

    report: dict[str, Any] = {"machine": describe("numpy", "pandas", "pyarrow", "phonenumbers"), "sizes": []}
    _say("making a working folder, registries and calls of the past")
    called, national = (300, 0.03) if quick else (10_000, 0.53)
    report["world"], _ = apart(partial(runs.make, folder, rows=sizes[0], called=called, national=national))
    sample = min(sizes[0], 2_000 if quick else 20_000)
    for size in sizes:
        _say(f"a list of {size:,} contacts")
        apart(partial(runs.write, folder, size, seed))
        found: dict[str, Any] = {
            "rows": size,
            "bytes": runs.list_of(folder, size).stat().st_size,
            "runs": [],
            "plain": [],
        }
        for turn in range(repeat):
            if size == sizes[0]:
                _say(f"plain route, {sample:,} contacts ({turn + 1} of {repeat})")
                found["plain"].append(apart(partial(runs.plain, folder, size, sample))[0])
            _say(f"product ({turn + 1} of {repeat})")
            one, peak = apart(partial(runs.product, folder, size), os.cpu_count() or 1)
            found["runs"].append({**one, "peak MB": peak})
        if size == sizes[0]:
            report["disagreements"], _ = apart(partial(runs.compare, folder, size, sample))
            report["sample"] = sample
            _say("stages, in one process")
            report["stages"], _ = apart(partial(runs.stages, folder, size))
            report["command"] = runs.command(folder, size)
        found["roof"], _ = apart(partial(runs.roof, folder, size, repeat))
        report["sizes"].append(found)
        runs.list_of(folder, size).unlink()
    report["machine"]["load after"] = f"{os.getloadavg()[0]:.1f}"
    first = report["sizes"][0]
    plain = statistics.median(sample / one["wall"] for one in first["plain"])
    plain_cpu = statistics.median(sample / one["cpu"] for one in first["plain"])
    whole = statistics.median(first["rows"] / one["wall"] for one in first["runs"])
    whole_cpu = statistics.median(first["rows"] / one["cpu"] for one in first["runs"])
    largest = report["sizes"][-1]
    best = statistics.median(largest["rows"] / one["wall"] for one in largest["runs"])
    report["ratio"] = {"wall": whole / plain, "cpu": whole_cpu / plain_cpu, "sample": sample}
    report["to hold"] = [
        _held("times the plain route", whole / plain, RATIO, at_least=True),
        _held("contacts/s", best, RATE, at_least=True),
        _held("contacts/s (aim)", best, AIM, at_least=True),
        _held("peak MB", max(one["peak MB"] for one in largest["runs"]), MEMORY, at_least=False),
    ]
    return report


def _held(what: str, got: float, line: float, *, at_least: bool) -> dict[str, Any]:
    return {"what": what, "got": got, "line": line, "held": got >= line if at_least else got <= line}


def _say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


def _text(report: dict[str, Any]) -> str:
    def rate(rows: int, runs: list[dict[str, float]]) -> str:
        wall = sorted(rows / one["wall"] for one in runs)
        cpu = statistics.median(rows / one["cpu"] for one in runs)
        return f"{statistics.median(wall):>11,.0f} {wall[0]:>11,.0f} {wall[-1]:>11,.0f} {cpu:>13,.0f}"

    world, first = report["world"], report["sizes"][0]
    out = ["machine  " + ", ".join(f"{key} {value}" for key, value in report["machine"].items()), ""]
    out.append(
        f"A national list of {world['national']:,} numbers, {world['states']:,} on the states', {world['attempts']:,} "
        "calls of the past"
    )
    out += ["", f"Contacts a second{'':<22}{'median':>11} {'least':>11} {'most':>11} {'a CPU second':>13}"]
    out.append(f"  plain, {report['sample']:,} rows of the list".ljust(39) + rate(report["sample"], first["plain"]))
    for size in report["sizes"]:
        rows = size["rows"]
        out.append(f"  {rows:,}: product".ljust(39) + rate(rows, size["runs"]))
        out.append(f"  {rows:,}: reading the CSV alone (roof)".ljust(39) + rate(rows, size["roof"]))
    out += ["", f"{'Memory':<10}{'contacts':>12} {'list MB':>9} {'peak MB':>9}"]
    for size in report["sizes"]:
        peak = max(one["peak MB"] for one in size["runs"])
        out.append(f"{'':<10}{size['rows']:>12,} {size['bytes'] / 1e6:>9,.0f} {peak:>9,.0f}")
    out += [
        "",
        "Where the time goes: nanoseconds a contact in one process (CPU), first time and once everything was met",
    ]
    whole = {turn: sum(stage[turn] for stage in report["stages"]) for turn in ("first", "again")}
    for stage in [*report["stages"], {"stage": "all of it", **whole}]:
        share = stage["again"] / whole["again"]
        out.append(f"  {stage['stage']:<44}{stage['first']:>8,.0f} {stage['again']:>8,.0f} {share:>7.0%}")
    command = report["command"]
    out += [
        "",
        f"dialer lists screen, the process from start to end: {command['wall']:.1f} s, {command['cpu']:.1f} s of CPU",
    ]
    ratio = report["ratio"]
    out.append(
        f"{ratio['wall']:,.0f} times the plain route by the wall clock, {ratio['cpu']:,.0f} times per CPU second"
    )
    wrong = report["disagreements"]
    agreed = f"the routes agree on {report['sample']:,} rows: number, duplicate, national list, cap, hours"
    out.append(f"THE ROUTES DISAGREE: {wrong}" if wrong else agreed)
    for line in report["to hold"]:
        out.append(
            f"  {'held  ' if line['held'] else 'missed'} {line['what']}: {line['got']:,.0f} ({line['line']:,.0f})"
        )
    return "\n".join(out)
