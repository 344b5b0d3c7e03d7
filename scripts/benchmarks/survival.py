"""Live floors that go wrong, many of them: `kill -9` at random moments, and every fault of the carrier alone.

scripts/bench survival                     200 kills, and each fault with 3 seeds
scripts/bench survival --kills 20          20 kills, no faults
scripts/bench survival --faults 1          each fault once, no kills

Each floor is a simulated Twilio, `dialer serve` in a process of its own and scripted agents, in real time; it is
audited from the store and from the carrier's own books (`tests/live/stories.py`). Several run side by side: they mostly
wait. The table has a row for each fault and a column for each promise: in how many floors it was broken.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path
from typing import Any

__all__ = ["SUMMARY", "main"]

SUMMARY = "kill -9 of a live floor and every fault of the carrier, by seed: which promises held"

_TESTS = Path(__file__).resolve().parents[2] / "tests"
#: Where the stories and what they are made of lie.
_KITS = (_TESTS / "live", _TESTS / "runtime", Path(__file__).resolve().parent / "kits")
_KILL = "kill -9"

Story = tuple[str, int]


def main(argv: list[str]) -> int:
    """Tell every story, print the table; 1 when a promise was broken."""
    parser = argparse.ArgumentParser(
        prog="scripts/bench survival", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, metavar="SEEDS", help="floors that are killed")
    parser.add_argument("--faults", type=int, metavar="SEEDS", help="floors for each fault")
    parser.add_argument("--first", type=int, default=0, metavar="SEED", help="the first seed")
    parser.add_argument("--jobs", type=int, default=3, help="floors side by side")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures here")
    args = parser.parse_args(argv)
    if args.kills is None and args.faults is None:
        args.kills, args.faults = 200, 3
    sys.path[:0] = [str(each) for each in _KITS]
    from machine import describe
    from stories import FAULTS

    stories = [(name, args.first + n) for n in range(args.faults or 0) for name in FAULTS]
    stories += [(_KILL, args.first + n) for n in range(args.kills or 0)]
    began, found = time.monotonic(), []
    machine = describe("fastapi", "uvicorn", "twilio")
    print("  ".join(f"{name}: {value}" for name, value in machine.items()))
    with ProcessPoolExecutor(args.jobs, mp_context=get_context("spawn")) as pool:
        for done in as_completed([pool.submit(_told, story) for story in stories]):
            each = done.result()
            found.append(each)
            broken = {promise: lines for promise, lines in each["wrong"].items() if lines}
            print(
                f"{len(found):4d}/{len(stories)}  {each['fault']}, seed {each['seed']}: {broken or 'held'}", flush=True
            )
    print("\n".join(_table(found)))
    broken_floors = sum(any(each["wrong"].values()) for each in found)
    print(f"{len(found)} floors in {(time.monotonic() - began) / 60:.1f} min; {broken_floors} with a broken promise")
    if args.json is not None:
        args.json.write_text(json.dumps({"machine": machine, "floors": found}, indent=1) + "\n", encoding="utf-8")
    return 1 if broken_floors else 0


def _told(story: Story) -> dict[str, Any]:
    """Tell one story; an error of the story itself is a broken promise too."""
    sys.path[:0] = [str(each) for each in _KITS if str(each) not in sys.path]
    from stories import fault_story, kill_story

    name, seed = story
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        try:
            told = kill_story(Path(folder), seed) if name == _KILL else fault_story(Path(folder), (name,), seed)
            wrong, happened = told.wrong, told.happened
        except Exception:
            wrong, happened = {"the_story_was_told": [traceback.format_exc(limit=-6)]}, {}
    seconds = round(time.monotonic() - began, 1)
    return {"fault": name, "seed": seed, "seconds": seconds, "happened": happened, "wrong": wrong}


def _table(found: Iterable[dict[str, Any]]) -> list[str]:
    """Fault by promise: the number of floors where it was broken; the promises are named below.

    `hits` is how often a fault struck, or how many calls were in flight at the kills.
    """
    floors: Counter[str] = Counter()
    calls: Counter[str] = Counter()
    hits: Counter[str] = Counter()
    broken: Counter[tuple[str, str]] = Counter()
    promises: dict[str, None] = {}
    for each in found:
        floors[each["fault"]] += 1
        happened = dict(each["happened"])
        calls[each["fault"]] += happened.pop("calls", 0)
        hits[each["fault"]] += sum(happened.values())
        for promise, lines in each["wrong"].items():
            promises[promise] = None
            broken[each["fault"], promise] += bool(lines)
    head = f"{'fault':<36} floors  calls  hits  " + " ".join(f"{chr(97 + n):>3}" for n in range(len(promises)))
    body = [
        f"{fault:<36} {count:>6} {calls[fault]:>6} {hits[fault]:>5}  "
        + " ".join(f"{broken[fault, promise] or '-':>3}" for promise in promises)
        for fault, count in sorted(floors.items())
    ]
    legend = [f"   {chr(97 + n)}  {promise.replace('_', ' ')}" for n, promise in enumerate(promises)]
    return ["", head, *body, "", *legend, ""]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
