"""Clocks of a benchmark: wall and processor time side by side, repeated, and work done in a process of its own."""

from __future__ import annotations

import json
import os
import resource
import statistics
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

__all__ = ["Spent", "apart", "rates", "timed"]

_Result = TypeVar("_Result")


@dataclass(frozen=True)
class Spent:
    """Seconds by the clock on the wall, and of processors (all threads of the process and of those it waited for)."""

    wall: float
    cpu: float


def timed(work: Callable[[], _Result]) -> tuple[_Result, Spent]:
    """Do some work; give its result and what it took."""
    wall, cpu = time.perf_counter(), _processors()
    result = work()
    return result, Spent(time.perf_counter() - wall, _processors() - cpu)


def _processors() -> float:
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + spent.ru_utime + spent.ru_stime


def rates(count: float, spent: Iterable[Spent]) -> dict[str, dict[str, float]]:
    """How many a second, in millions: least, median and most of the repetitions, by either clock."""
    spent = list(spent)
    found = {}
    for clock in ("wall", "cpu"):
        each = [count / getattr(one, clock) / 1e6 for one in spent]
        found[clock] = {"min": min(each), "median": statistics.median(each), "max": max(each)}
    return found


def apart(work: Callable[[], Any], workers: int = 0) -> tuple[Any, float]:
    """Do some work in a forked process; give its result (through JSON) and its peak resident memory, MB (10^6 bytes).

    Where it has workers, each is taken to need as much as the largest of them: what they share is counted for each.

    Raises:
        RuntimeError: the process failed; what went wrong stands on standard error.
    """
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            with os.fdopen(theirs, "w", encoding="utf-8") as pipe:
                peak = _peak_of(work, pipe.write, workers)
                pipe.write(f"\n{peak}")
            code = 0
        except BaseException:
            import traceback

            traceback.print_exc()
        finally:
            os._exit(code)
    os.close(theirs)
    with os.fdopen(ours, encoding="utf-8") as pipe:
        said = pipe.read()
    if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]):
        raise RuntimeError("a process of the benchmark failed")
    result, _, peak_memory = said.rpartition("\n")
    return json.loads(result), float(peak_memory)


def _peak_of(work: Callable[[], Any], write: Callable[[str], object], workers: int) -> float:
    write(json.dumps(work()))
    own, largest = (resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return (own + workers * largest) * 1024 / 1e6
