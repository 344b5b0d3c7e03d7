"""Work in several processes: nothing is lost, nothing changes places, nobody is left behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from itertools import count, islice
from pathlib import Path

import pytest

from campaigns.lists.errors import ListError
from dialer.runtime.workers import in_order


def slow_where_even(n: int) -> tuple[int, int]:
    time.sleep(0.01 if n % 2 == 0 else 0)
    return n, os.getpid()


@pytest.mark.parametrize("processes", [1, 2, 3, 8])
@pytest.mark.parametrize("items", [0, 1, 2, 7, 20])
def test_every_result_comes_once_and_in_order(processes, items):
    found = list(in_order(slow_where_even, range(items), processes))
    assert [n for n, _ in found] == list(range(items))
    workers = {pid for _, pid in found}
    assert len(workers) == min(processes, items) and (processes == 1 or os.getpid() not in workers)


def test_large_items_and_results_go_through():
    found = list(in_order(lambda data: data * 2, [bytes([n]) * 5_000_000 for n in range(5)], 2))
    assert [(each[0], len(each)) for each in found] == [(n, 10_000_000) for n in range(5)]


def fails_at_three(n: int) -> int:
    if n == 3:
        raise ListError("the file is not text", file="leads.csv", line=7, remedy="save it as UTF-8")
    return n


@pytest.mark.parametrize("processes", [1, 2, 3])
def test_an_error_comes_on_its_turn_and_in_its_own_words(processes):
    found = []
    with pytest.raises(ListError) as caught:
        for each in in_order(fails_at_three, range(10), processes):
            found.append(each)
    assert found == [0, 1, 2]
    assert str(caught.value) == "leads.csv, line 7: the file is not text; save it as UTF-8."
    assert (caught.value.line, caught.value.remedy) == (7, "save it as UTF-8")


def test_items_that_cannot_be_had_end_it():
    def items():
        yield 1
        raise ListError("cut short")

    with pytest.raises(ListError, match="cut short"):
        list(in_order(slow_where_even, items(), 2))


def test_a_worker_that_is_killed_is_told_and_not_waited_for():
    def dies(n: int) -> int:
        if n == 2:
            os.kill(os.getpid(), signal.SIGKILL)
        return n

    with pytest.raises(ChildProcessError, match="worker process was ended"):
        list(in_order(dies, range(10), 2))


def test_whoever_gives_up_leaves_no_worker_behind():
    results = in_order(slow_where_even, count(), 2)
    workers = {pid for _, pid in islice(results, 4)}
    assert len(workers) == 2
    results.close()
    for pid in workers:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_workers_end_when_the_one_they_work_for_is_killed():
    code = (
        "import os, time\n"
        "from itertools import count\n"
        "from dialer.runtime.workers import in_order\n"
        "for pid in in_order(lambda n: os.getpid(), count(), 3):\n"
        "    print(pid, flush=True)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as floor:
        assert floor.stdout is not None
        workers = {int(next(floor.stdout)) for _ in range(6)}
        floor.kill()
    until = time.monotonic() + 10
    while (alive := {pid for pid in workers if _runs(pid)}) and time.monotonic() < until:
        time.sleep(0.01)
    assert len(workers) == 3 and not alive


def _runs(pid: int) -> bool:
    """Whether it runs; one that ended and that nobody has waited for yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
