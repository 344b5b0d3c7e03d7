"""Contact lists: how fast a file is in the database, in how much memory, beside pandas and an INSERT for each row.

scripts/bench lists                       100,000 rows: seconds
scripts/bench lists --full --json FILE    5,000,000 rows: many minutes, 6 GB of temporary files

The list is loaded as people load it: `dialer lists load` in a process of its own, whose peak memory the system tells.
It is read, cleaned, placed, deduplicated, accounted for row by row and written with its numbers, places and indices.
Then: the same file once more (nothing changes), a load that is killed (SIGKILL) on the way and goes on, and the same
rows as a replacement (nothing changes but that every row is compared).

The plain way reads the file with pandas, keeps the digits of each number, and inserts row by row into a table with a
unique number, in one transaction. It knows no places, no refusals by reason, no duplicates by person, and cannot be
resumed. Every number is one that nobody has.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

__all__ = ["SUMMARY", "main"]

SUMMARY = "contact lists: rows a second into the database and peak memory, beside pandas and an INSERT a row"

_CAMPAIGN = "telemarketing"
#: MB: the memory that a load may take, whatever the size of its file.
MEMORY = 1_500.0


def main(argv: list[str]) -> int:
    """Measure, print, write where asked; 1 when a load was wrong or took more memory than `MEMORY`."""
    args = _parser().parse_args(argv)
    rows = args.rows or (5_000_000 if args.full else 100_000)
    folder = Path(tempfile.mkdtemp(prefix="bench-lists-", dir=args.folder))
    try:
        report = _measure(folder, rows, args.seed)
    finally:
        shutil.rmtree(folder)
    print(_text(report))
    if args.json is not None:
        args.json.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    return int(not all(each["held"] for each in report["to hold"]))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/bench lists", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--full", action="store_true", help="5,000,000 rows: many minutes, 6 GB of disk")
    parser.add_argument("--rows", type=int, metavar="N", help="another number of rows")
    parser.add_argument("--seed", type=int, default=1, help="of the list (1)")
    parser.add_argument("--folder", type=Path, help="where temporary files go (the system's place for them)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the report as JSON")
    return parser


def _measure(folder: Path, rows: int, seed: int) -> dict[str, Any]:
    from kits.contacts import write_contacts
    from machine import describe

    report: dict[str, Any] = {"machine": describe("pandas", "pyarrow", "sqlalchemy"), "rows": rows}
    file = folder / "people.csv"
    write_contacts(file, rows, seed)
    report["file_mb"] = file.stat().st_size / 1e6
    _say(f"loading {rows:,} rows")
    world = _world(folder / "w")
    report["load"] = first = _load(world, file)
    report["database_mb"] = sum(each.stat().st_size for each in world.glob("dialer.db*")) / 1e6
    before = _state(world)
    _say("the same file again")
    report["again"] = again = _load(world, file)
    same = again["said"]["already_loaded"] and _state(world) == before
    _say("the same rows as a replacement")
    report["replace"] = _load(world, file, "--mode", "replace")
    unchanged = _state(world) == before
    _say("killed on the way, and once more")
    killed = _world(folder / "killed")
    report["killed_after_s"] = wait = _kill(killed, file, first["seconds"])
    report["resumed"] = resumed = _load(killed, file)
    whole = resumed["said"]["resumed"] and _state(killed) == before
    shutil.rmtree(killed)
    _say("the plain way")
    report["plain"] = plain = _plain(folder / "plain.db", file)
    report["ratio"] = first["rows_a_second"] / plain["rows_a_second"]
    report["ratio of processor time"] = plain["cpu_s"] / first["cpu_s"]
    report["to hold"] = [
        {"what": "the same file twice changes nothing", "held": bool(same)},
        {"what": "as a replacement it changes no lead, number or status", "held": bool(unchanged)},
        {"what": f"killed after {wait:.1f} s and resumed, the leads are those of one load", "held": bool(whole)},
        {"what": f"a load takes at most {MEMORY:,.0f} MB", "held": first["peak_mb"] <= MEMORY},
    ]
    return report


def _world(root: Path) -> Path:
    subprocess.run([*_DIALER, "init", str(root)], check=True, stdout=subprocess.DEVNULL)
    return root


_DIALER = (sys.executable, "-c", "from dialer.cli import main; main()")


def _words(root: Path, file: Path, *more: str) -> list[str]:
    return [*_DIALER, "--dir", str(root), "lists", "load", str(file), "--campaign", _CAMPAIGN, "--json", *more]


def _load(root: Path, file: Path, *more: str) -> dict[str, Any]:
    """One load in a process of its own."""
    began = time.perf_counter()
    with subprocess.Popen(_words(root, file, *more), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = json.loads(process.stdout.read())
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - began
    if process.returncode:
        raise SystemExit(f"the load ended with {process.returncode}")
    read = said["funnel"]["read"]
    return {
        "seconds": seconds, "rows_a_second": read / seconds, "cpu_s": used.ru_utime + used.ru_stime,
        "peak_mb": used.ru_maxrss * 1024 / 1e6, "said": said,
    }  # fmt: skip


def _kill(root: Path, file: Path, whole: float) -> float:
    """Kill a load when some of it is written, but not all; how long it ran."""
    began = time.perf_counter()
    with subprocess.Popen(_words(root, file), stdout=subprocess.DEVNULL) as process:
        while process.poll() is None and time.perf_counter() - began < whole * 10:
            time.sleep(0.05)
            if _written(root):
                time.sleep(whole / 20)
                process.send_signal(signal.SIGKILL)
                break
        process.wait()
    return time.perf_counter() - began


def _written(root: Path) -> bool:
    """Whether any lead is in the database."""
    path = root / "dialer.db"
    if not path.is_file():
        return False
    try:
        with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as connection:
            return bool(connection.execute("SELECT EXISTS (SELECT 1 FROM lead)").fetchone()[0])
    except sqlite3.OperationalError:
        return False


def _state(root: Path) -> tuple[Any, ...]:
    """What a load is to leave the same: leads with their lines and states, numbers, places."""
    with sqlite3.connect(root / "dialer.db") as connection:
        return (
            connection.execute(
                "SELECT count(*), sum(line), sum(length(first_name || external_id || person_id)), sum(priority), "
                "sum(status = 'ready'), sum(retired IS NULL) FROM lead"
            ).fetchone(),
            connection.execute("SELECT count(*), sum(CAST(substr(number, 2) AS INTEGER)) FROM phone").fetchone(),
        )


def _plain(database: Path, file: Path) -> dict[str, Any]:
    """pandas and an INSERT for each row, in a process of its own."""
    began = time.perf_counter()
    with subprocess.Popen([sys.executable, "-c", _PLAIN, str(file), str(database)]) as process:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = time.perf_counter() - began
    with sqlite3.connect(database) as connection:
        kept = connection.execute("SELECT count(*) FROM lead").fetchone()[0]
        read = connection.execute("SELECT rows FROM told").fetchone()[0]
    return {
        "seconds": seconds, "rows_a_second": read / seconds, "cpu_s": used.ru_utime + used.ru_stime,
        "peak_mb": used.ru_maxrss * 1024 / 1e6, "kept": kept,
    }  # fmt: skip


_PLAIN = """
import re, sqlite3, sys
import pandas as pd
frame = pd.read_csv(sys.argv[1], dtype=str, keep_default_na=False)
db = sqlite3.connect(sys.argv[2])
columns = ", ".join(f'"{name}"' for name in frame.columns)
db.execute(f"CREATE TABLE lead (number TEXT UNIQUE, {columns})")
db.execute("CREATE TABLE told (rows INTEGER)")
marks = ", ".join("?" * (len(frame.columns) + 1))
phone = next(name for name in frame.columns if "phone" in name)
for _, row in frame.iterrows():
    digits = re.sub(r"\\D", "", row[phone])[-10:]
    if len(digits) == 10:
        db.execute(f"INSERT OR IGNORE INTO lead VALUES ({marks})", ["+1" + digits, *row])
db.execute("INSERT INTO told VALUES (?)", [len(frame)])
db.commit()
"""


def _text(report: dict[str, Any]) -> str:
    machine = ", ".join(f"{key} {value}" for key, value in report["machine"].items())
    lines = [machine, f"{report['rows']:,} rows, {report['file_mb']:,.0f} MB; database {report['database_mb']:,.0f} MB"]
    for key, what in (
        ("load", "dialer lists load"), ("again", "the same file again"), ("replace", "as a replacement"),
        ("resumed", "the rest after a kill"), ("plain", "pandas, an INSERT a row"),
    ):  # fmt: skip
        part = report[key]
        lines.append(
            f"  {what:<24}{part['seconds']:>9.1f} s {part['rows_a_second']:>10,.0f} rows/s  "
            f"processor {part['cpu_s']:>8.1f} s  memory {part['peak_mb']:>7,.0f} MB"
        )
    lines.append(
        f"  times the plain way: {report['ratio']:.2f} by the clock, "
        f"{report['ratio of processor time']:.2f} by processor time"
    )
    funnel = report["load"]["said"]["funnel"]
    lines.append("  " + ", ".join(f"{count:,} {step}" for step, count in funnel.items()))
    lines += [f"  {'held' if each['held'] else 'NOT HELD'}: {each['what']}" for each in report["to hold"]]
    return "\n".join(lines)


def _say(what: str) -> None:
    print(f"... {what}", file=sys.stderr, flush=True)
