"""Work on one item after the other in several processes, results in the order of the items.

*Theory of operation.* Each worker is a fork of this process, so whatever `work` holds (rules, mapped registries, own
lists) is there at once and in memory once. Items go to the workers in turn; a worker gets the next one when its last
result was taken, so at any time there are as many items on the way as workers, and nobody waits for a full pipe. Each
worker has a pipe of its own: when this process dies, however it dies, the pipes close and the workers end.

Processes and not threads: between the calls that let go of the interpreter there is enough Python for two threads to
get in each other's way (measured: 1.3 of 2 cores used).
"""

from __future__ import annotations

import gc
import os
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.context import ForkProcess
from typing import Any, TypeVar

__all__ = ["cores", "in_order"]

#: Objects made before garbage is looked for: `work` keeps most of what it makes.
_GARBAGE = 200_000

Item = TypeVar("Item")
Result = TypeVar("Result")


def cores() -> int:
    """How many processors this process may use."""
    return len(os.sched_getaffinity(0))


def in_order(work: Callable[[Item], Result], items: Iterable[Item], processes: int) -> Iterator[Result]:
    """What `work` makes of each item, in the order of the items; with one process, in this one.

    Items and results are copied between processes; `work` may keep what it learns, each worker for itself.

    Raises:
        Exception: whatever `work` or `items` raise; for `work`, on the turn of its item.
        ChildProcessError: a worker was ended by somebody, as the system does when memory runs out.
    """
    if processes <= 1:
        yield from map(work, items)
        return
    coming = iter(items)
    team: list[tuple[ForkProcess, Connection]] = []
    busy: deque[Connection] = deque()
    try:
        for item in coming:
            if len(team) < processes:
                busy.append(_hire(work, team))
                busy[-1].send(item)
                continue
            found = _result(busy[0])
            busy.rotate(-1)
            busy[-1].send(item)
            yield found
        while busy:
            yield _result(busy.popleft())
    finally:
        for process, line in team:
            line.close()
            if busy:  # somebody gave up: what is under way is of no use
                process.terminate()
            process.join()


def _hire(work: Callable[[Any], Any], team: list[tuple[ForkProcess, Connection]]) -> Connection:
    ours, theirs = get_context("fork").Pipe()
    process = get_context("fork").Process(
        target=_serve, args=(work, theirs, [ours, *(line for _, line in team)]), daemon=True
    )
    process.start()
    theirs.close()
    team.append((process, ours))
    return ours


def _serve(work: Callable[[Any], Any], line: Connection, inherited: list[Connection]) -> None:
    """A worker: one item after the other, until the pipe closes."""
    gc.freeze()  # what came with the fork is not garbage: looking through it would copy it
    gc.set_threshold(_GARBAGE)
    for other in inherited:  # a copy of another end would keep its pipe open for ever
        other.close()
    try:
        while True:
            item = line.recv()
            try:
                said = (True, work(item))
            except Exception as error:
                error.add_note(f"In a worker:\n{traceback.format_exc()}")
                said = (False, error)
            line.send(said)
    except (EOFError, BrokenPipeError, ConnectionResetError, KeyboardInterrupt):
        return


def _result(line: Connection) -> Any:
    try:
        good, found = line.recv()
    except (EOFError, ConnectionResetError) as error:
        raise ChildProcessError("A worker process was ended, perhaps for want of memory; try fewer of them.") from error
    if not good:
        raise found
    return found
