"""A month of a call centre in virtual time, driven by its crontab, and audited from its records.

scripts/bench month                       30 days, 500,000 leads, 40 agents in two shifts (half an hour or so)
scripts/bench month --leads 20000 --days 5    smaller

Three client companies have six campaigns: sales, welcome calls, two of collections, gifts, a survey. Everything that
the house does is a line of its crontab, run at its minute on the house's clock, from October 28 to November 26, 2026:
daylight saving time ends, two holidays lie inside. `dialer lists load`, `dnc import` and the like run as they are, with
the clock of their process at that minute; `dialer run` begins a run on one virtual clock that all campaigns share, with
the product's own session, gate, engine, pacer and store, simulated people, agents and carriers.

Afterwards the records are audited by code that knows neither gate nor rules (`month_study/law.py`, and
`tests/runtime/audit.py`, plain sqlite3): hours, holidays, registries, consent, opt-outs, caps, debts, agents, ledger
and the carriers' own books.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from collections import Counter
from contextlib import chdir
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

__all__ = ["SUMMARY", "main"]

SUMMARY = "a month of three clients and six campaigns by cron, in virtual time, audited from its records"

_TESTS = Path(__file__).resolve().parents[2] / "tests" / "runtime"


def main(argv: list[str]) -> int:
    """Live the month, audit it, print; 1 when a promise was broken."""
    parser = argparse.ArgumentParser(
        prog="scripts/bench month", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--leads", type=int, default=500_000)
    parser.add_argument("--days", type=int, default=30, help="of the month, from its first")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, metavar="FOLDER", help="keep the house here; must not exist")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures here")
    args = parser.parse_args(argv)
    sys.path.insert(0, str(_TESTS))
    with tempfile.TemporaryDirectory() as folder:
        found = live(args.out or Path(folder) / "house", args.leads, args.days, args.seed)
    if args.json is not None:
        args.json.write_text(json.dumps(found, indent=1), encoding="utf-8")
    print("\n".join(_page(found)))
    return 1 if any(found["wrong"].values()) or any(found["failed"]) else 0


def live(root: Path, leads: int, days: int, seed: int) -> dict[str, Any]:
    """Build the house, live the month, audit it; give all figures."""
    from machine import describe, peak_memory_mb
    from month_study import house
    from month_study.cron import command, due
    from month_study.floor import Floor

    from campaigns.workspace import Workspace
    from dialer.clock import VirtualClock
    from dialer.store.database import open_store

    root.mkdir(parents=True)
    began = time.process_time()
    truth = house.build(root, leads, seed)
    workspace = Workspace.load(root)
    zone = ZoneInfo(house.ZONE)
    start = datetime.combine(house.FIRST_DAY, datetime.min.time(), zone)
    end = start + timedelta(days=days)
    clock = VirtualClock(start.timestamp())
    spent: Counter[str] = Counter({"building the house": time.process_time() - began})
    codes: Counter[str] = Counter()
    failed = []
    with open_store(workspace.database_url, durable=False) as store:
        floor = Floor(workspace, store, clock)
        for line in due(house.crontab(), start, end, house.ZONE):
            began = time.process_time()
            floor.run_to(line.at)
            spent["dialing"] += time.process_time() - began
            began = time.process_time()
            if line.arguments[1] == "run":
                floor.begin(line.arguments[2], line.arguments[4])
                continue
            with chdir(root):
                code, said = command(line.arguments, line.at)
            what = " ".join(line.arguments[:3])
            spent[what] += time.process_time() - began
            codes[f"{what}: exit {code}"] += 1
            if code not in (0, 4):
                failed.append(f"{datetime.fromtimestamp(line.at, zone):%d %b %H:%M} {' '.join(line.arguments)}: {said}")
        floor.run_to(end.timestamp())
        floor.close()
    truth.save(root / "truth.json")
    began = time.process_time()
    found = audit(root, floor.calls, truth)
    spent["auditing"] = time.process_time() - began
    own = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "machine": describe("pandas", "sqlalchemy"),
        "size": {"leads": sum(truth.rows.values()), "days": days, "agents": 40, "calls": len(floor.calls)},
        "cpu": {name: round(seconds, 1) for name, seconds in spent.items()},
        "cpu in all": round(own.ru_utime + own.ru_stime, 1),
        "memory": round(peak_memory_mb(), 1),
        "commands": dict(codes),
        "runs": floor.said,
        "failed": failed,
        **found,
    }


def audit(root: Path, calls: list[Any], truth: Any) -> dict[str, Any]:
    """Hold the records against the law, the carriers' books and themselves."""
    import audit as records
    from month_study import law

    books = records.Books(root / "dialer.db")
    by_id = {call.call_id: call for call in calls}
    wrong = law.broken(books, calls, truth)
    wrong |= {
        "live answers": records.live_answers(books, by_id),
        "ringing": records.rang_too_short(calls),
        "agents": records.agents_and_calls(books, by_id),
        "a lead on two calls": records.twice_at_once(books, calls),
        "the ledger": records.ledger_chain(books) + records.ledger_covers(books),
        "what is unfinished": records.unfinished(books),
        "the carriers' books": records.carrier_agrees(books, calls),
        "keys pressed": records.keys_pressed(books, calls),
        "given up alive": records.given_up_alive(books, calls),
    }
    rates = law.abandonment(books)
    wrong["the cap on abandonment"] = [
        f"{name}: {left} of {answers}" for name, (left, answers) in rates.items() if left > 0.03 * answers
    ]
    loaded = records.read(root / "dialer.db", "SELECT campaign, status, count(*) n FROM lead GROUP BY 1, 2")
    campaigns = {}
    for name, (left, answers) in rates.items():
        rows = [row for row in books.attempts if row["campaign"] == name]
        flags = Counter(
            flag
            for said in books.dispositions
            if books.by_call[said["call_id"]]["campaign"] == name
            for flag in json.loads(said["flags"])
        )
        campaigns[name] = {
            "rows": truth.rows[name],
            "leads": {row["status"]: row["n"] for row in loaded if row["campaign"] == name},
            "called": len({row["lead_id"] for row in rows}),
            "dials": len(rows),
            "results": dict(Counter(row["result"] for row in rows)),
            "live_answers": answers,
            "abandoned": left,
            "flags": dict(flags),
        }
    decisions = Counter("allowed" if row["allowed"] else "refused" for row in books.ledger)
    return {
        "wrong": {rule: each[:20] for rule, each in wrong.items()},
        "wrong_count": {rule: len(each) for rule, each in wrong.items()},
        "campaigns": campaigns,
        "decisions": dict(decisions),
    }


def _page(found: dict[str, Any]) -> list[str]:
    size = found["size"]
    lines = [
        "  ".join(f"{name}: {value}" for name, value in found["machine"].items()),
        f"{size['leads']:,} leads, {size['days']} days, {size['agents']} agents: {size['calls']:,} calls; "
        f"decisions {found['decisions']}; {found['cpu in all']:.0f} s of CPU {found['cpu']}, {found['memory']:.0f} MB",
        f"runs {found['runs']}; commands {found['commands']}",
        "",
        f"{'campaign':<16}{'rows':>9}{'called':>9}{'dials':>9}{'answers':>9}{'left':>7}{'rate':>8}  flags",
    ]
    for name, each in found["campaigns"].items():
        rate = each["abandoned"] / max(1, each["live_answers"])
        lines.append(
            f"{name:<16}{each['rows']:>9,}{each['called']:>9,}{each['dials']:>9,}{each['live_answers']:>9,}"
            f"{each['abandoned']:>7,}{rate:>8.2%}  {each['flags']}"
        )
    lines.append("")
    for rule, count in found["wrong_count"].items():
        examples = "; ".join(found["wrong"][rule][:3])
        lines.append(f"{rule}: {f'{count} broken, such as {examples}' if count else 'held'}")
    lines += [f"failed: {each}" for each in found["failed"]]
    return lines


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
