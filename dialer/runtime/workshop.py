"""Heavy jobs of the office beside the dialing loop: each in a process of its own, one after the other.

*Theory of operation.* A million leads take the gate half a minute, and a national list a minute of pure Python: in a
thread that would hold the interpreter from the loop that dials. So a job runs in a fresh process (`worker`), behind
the floor in the queue for the processor; the floor reads its lines of progress and, at the end, one file. One job runs
at a time, further ones wait; too many are refused. Jobs live as long as the floor does: a floor that ends takes the
running one with it, and nothing of a job is in force before it is done.
"""

from __future__ import annotations

import asyncio
import json
import pickle
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import structlog

__all__ = ["Busy", "Job", "Workshop"]

_log = structlog.get_logger(__name__)
#: Jobs that may wait.
_MOST_WAITING = 8


class Busy(Exception):
    """No further job is taken; one line that says why."""


@dataclass(eq=False)
class Job:
    """One job.

    Attributes:
        key: what it is about; the newest job of a key is kept.
        by: the account that asked for it.
        at: when it was asked for.
        state: waiting, running, done, refused (`why` is for its user), failed (`why` says where to look).
        done: how far it is, in its own units.
        everyone: of how many; 0 when that is not known.
        result: what it returned.
        why: one line when it was refused or failed.
    """

    key: str
    by: str
    at: datetime
    state: Literal["waiting", "running", "done", "refused", "failed"] = "waiting"
    done: int = 0
    everyone: int = 0
    result: Any = None
    why: str = ""
    task: asyncio.Task[None] | None = field(default=None, repr=False)

    @property
    def unfinished(self) -> bool:
        """Whether something of it is still to come."""
        return self.state in ("waiting", "running")


class Workshop:
    """The jobs of one floor. Belongs to the loop it is used in."""

    def __init__(self) -> None:
        self._jobs: dict[str, Job] = {}
        self._turn = asyncio.Lock()

    def get(self, key: str) -> Job | None:
        """The newest job of a key."""
        return self._jobs.get(key)

    def forget(self, key: str) -> None:
        """Keep the result of a finished job no longer."""
        job = self._jobs.get(key)
        if job is not None and not job.unfinished:
            del self._jobs[key]

    def start(
        self,
        key: str,
        work: Callable[..., Any],
        *args: Any,
        by: str,
        at: datetime,
        then: Callable[[Job], None] | None = None,
    ) -> Job:
        """Begin a job, or put it behind those that wait.

        Args:
            key: what it is about.
            work: a function of a module, called with a way to tell progress and `args`; all can be pickled.
            args: for `work`.
            by: who asks.
            at: when.
            then: called in this loop when the job has come to its end, however it ended.

        Raises:
            Busy: the same is being done already, or too much waits.
        """
        old = self._jobs.get(key)
        if old is not None and old.unfinished:
            raise Busy("this is being done already: wait until it has finished")
        if sum(job.unfinished for job in self._jobs.values()) >= _MOST_WAITING:
            raise Busy("too many jobs are waiting: try again later")
        job = self._jobs[key] = Job(key, by, at)
        job.task = asyncio.create_task(self._run(job, work, args, then))
        return job

    async def _run(
        self, job: Job, work: Callable[..., Any], args: tuple[Any, ...], then: Callable[[Job], None] | None
    ) -> None:
        async with self._turn:
            job.state = "running"
            try:
                with tempfile.TemporaryDirectory(prefix="dialer-job-") as folder:
                    await _do(job, work, args, Path(folder) / "answer")
            except Exception:
                _log.exception("a job of the office could not be done", job=job.key)
                job.state, job.why = "failed", "it went wrong: the floor's log says where"
        if then is not None:
            then(job)


async def _do(job: Job, work: Callable[..., Any], args: tuple[Any, ...], out: Path) -> None:
    """Run the job's process and read what it tells."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "dialer.runtime.worker", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    try:
        assert process.stdin is not None and process.stdout is not None
        process.stdin.write(pickle.dumps((work.__module__, work.__name__, args, str(out))))
        process.stdin.close()
        async for line in process.stdout:
            job.done, job.everyone = json.loads(line)
        code = await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if not out.exists():
        job.state, job.why = "failed", f"its process was ended ({code}), perhaps for want of memory"
        return
    said, answer = await asyncio.to_thread(_load, out)
    if said == "failed":
        _log.error("a job of the office failed", job=job.key, story=answer)
        job.state, job.why = "failed", "it went wrong: the floor's log says where"
    else:
        job.state = said
        job.result, job.why = (answer, "") if said == "done" else (None, answer)


def _load(path: Path) -> tuple[Any, Any]:
    with path.open("rb") as file:
        said, answer = pickle.load(file)  # noqa: S301 - written by our own process, in a folder only we can read
    return said, answer
