"""Pacing: agents' time and abandonment, of the product and of what people use today, on the same simulated floors.

scripts/bench pacing --quick                     a few seconds: does everything still run, roughly right
scripts/bench pacing --resume FILE --json FILE   the whole study (hours); stop it and go on as you like
scripts/bench pacing --periods --agents 10 --seeds 200 --days 30 --resume FILE
scripts/bench pacing --docs docs/pacing          with either: writes benchmark.md and its plots
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

__all__ = ["SUMMARY", "main"]

SUMMARY = "agents' time and abandonment on simulated floors, beside what people use today"

SECTIONS = ("table", "unsteady", "leads", "frontier", "trace", "decide", "speed")


def main(argv: list[str]) -> int:
    """Run the study, print it, write it where asked; 1 when a line to hold is not met."""
    args = _parser().parse_args(argv)
    from machine import describe
    from pacing_study import page, study
    from pacing_study.cells import Bench

    bench = Bench(args.resume, args.processes, quiet=args.quick)
    if args.from_json is not None:
        report: dict[str, Any] = json.loads(args.from_json.read_text(encoding="utf-8"))
    else:
        report = {"machine": describe("numpy", "scipy"), "quick": args.quick}
        if args.periods:
            from pacing_study.contenders import product

            hours = args.hours or 8.0
            report["periods"] = [
                study.periods(bench, count, rate, args.seeds, args.days, product(args.levers, args.cap / 100.0), hours)
                for count in args.agents or [10, 30]
                for rate in args.answer_rate or [0.3]
            ]
        else:
            report.update(_study(args, bench))
    if args.note:
        report["notes"] = [*report.get("notes", []), *args.note]
    print(page.text(report))
    if args.json is not None:
        args.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    if args.docs is not None:
        page.write(report, args.docs)
    return 0


def _study(args: argparse.Namespace, bench: Any) -> dict[str, Any]:
    from pacing_study import study, targets
    from pacing_study.rows import Size

    from dialer.simulation.presets import UNSTEADY

    quick = args.quick
    hours = args.hours or (0.5 if quick else 8.0)
    size = Size(args.agent_hours or (5.0 if quick else 1600.0), hours, args.campaigns or (1 if quick else 2))
    tuning = Size(args.tuning_agent_hours or size.agent_hours, hours, args.campaigns or 2) if args.rivals else None
    counts = args.agents or ([10] if quick else list(targets.AGENTS))
    rates = args.answer_rate or ([0.3] if quick else list(targets.ANSWER_RATES))
    cells = [(count, rate) for rate in rates for count in counts]
    only = args.only or (("table", "unsteady", "decide") if quick else SECTIONS)
    found: dict[str, Any] = {"size": study.plain(size), "cells": cells}
    if tuning is not None and not quick:
        found["tuning"] = study.plain(tuning)
    if "table" in only:
        rows = [row for row in study.ROWS if not (quick and "1 %" in row) and (args.rivals or row in study.OURS)]
        rows = [row for row in rows if not args.rows or row in args.rows]
        found["table"] = study.table(bench, size, cells, rows=rows, tuned=None if quick else tuning)
        found["holds"] = study.holds(found["table"], cells)
    if "unsteady" in only:
        if quick:
            names = ["jump 10 % to 45 %", "two campaigns, shared agents"]
            found["unsteady"] = study.unsteady_floors(bench, [5], 0.2, 1, hours=0.2, names=names)
        else:
            found["unsteady"] = study.unsteady_floors(
                bench,
                [count for count in (10, 30, 100) if count in counts],
                0.2,
                args.campaigns or 10,
                hours=hours,
                names=args.floors or tuple(UNSTEADY),
                tuned=tuning,
            )
    if "leads" in only:
        found["leads"] = study.leads(bench, size, [cell for cell in cells if cell[0] in {5, 10, 30, 100}])
    if "frontier" in only:
        found["frontier"] = {
            study.cell_name(count, rate): study.frontier(bench, size, count, rate)
            for count, rate in ((10, 0.1), (30, 0.1), (30, 0.3))
        }
    if "trace" in only:
        found["trace"] = study.trace(30, 0.2)
    if "decide" in only:
        found["decide"] = study.decide_times([30] if quick else [30, 100, 500], 0.3, 0.1 if quick else 0.5)
    if "speed" in only:
        found["speed"] = study.speed([100, 500], [0.3, 0.1], 8.0)
    return found


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="scripts/bench pacing", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="a few seconds, one small cell")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures here")
    parser.add_argument("--from-json", type=Path, metavar="FILE", help="measure nothing: show these figures")
    parser.add_argument("--docs", type=Path, metavar="FOLDER", help="write benchmark.md and its plots here")
    parser.add_argument("--note", action="append", metavar="TEXT", help="a paragraph for the page's conditions")
    parser.add_argument("--resume", type=Path, metavar="FILE", help="file finished cases here; run none of them twice")
    parser.add_argument("--processes", type=int, default=2, help="cases at once")
    parser.add_argument("--agent-hours", type=float, help="simulated agents' hours of each cell and policy")
    parser.add_argument("--tuning-agent-hours", type=float, help="the same for policies that need tuning")
    parser.add_argument("--hours", type=float, help="of a working day (8)")
    parser.add_argument("--campaigns", type=int, help="seeds of a cell (2), and of a floor that moves (10)")
    parser.add_argument("--agents", type=int, nargs="+", help="sizes of floors")
    parser.add_argument("--answer-rate", type=float, nargs="+", help="probabilities that a person answers")
    parser.add_argument(
        "--rivals", action=argparse.BooleanOptionalAction, default=True, help="the table with what people use today"
    )
    parser.add_argument("--rows", nargs="+", metavar="NAME", help="of the table's policies without tuning, only these")
    parser.add_argument("--floors", nargs="+", metavar="NAME", help="of the floors that do not keep still, only these")
    parser.add_argument("--only", nargs="+", choices=SECTIONS, help="sections of the study")
    parser.add_argument("--periods", action="store_true", help="count accounting periods over the cap instead")
    parser.add_argument("--seeds", type=int, default=200, help="with --periods: campaigns")
    parser.add_argument("--days", type=int, default=30, help="with --periods: working days of a campaign")
    parser.add_argument("--levers", default="no levers", help="with --periods: as in the table's rows")
    parser.add_argument("--cap", type=float, default=3.0, help="with --periods: %% of live answers")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
