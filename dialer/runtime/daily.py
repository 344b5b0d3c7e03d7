"""Jobs that run once a day, also when the machine was off at their hour.

Theory of operation. A job has an hour of the day in a zone. It is due when the latest such instant that has passed is
of another day than that of its last success. So cron asks often, and the job runs the first time it is asked after its
hour, after a night of downtime as soon as the machine is back, and once only, however many days were missed. What
failed stays due. A lock of the operating system, which ends with the process, keeps a second one from starting.
"""

from __future__ import annotations

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from pathlib import Path

from campaigns.problems import OperatorError, Problem

__all__ = ["Job", "JobIsRunning", "due_day"]

_FOLDER = "jobs"


class JobIsRunning(Exception):
    """Another process runs this job now."""


def due_day(at: time, zone: tzinfo, now: datetime) -> date:
    """The newest day whose `at`, on the clock of `zone`, has come by `now`.

    An hour that the clock leaves out comes when the gap ends; of one that comes twice the first counts.
    """
    day = now.astimezone(zone).date()
    while datetime.combine(day, at, zone).astimezone(UTC) > now:
        day -= timedelta(days=1)
    return day


@dataclass(frozen=True)
class Job:
    """One job of a working folder.

    Args:
        root: the working folder.
        name: letters, digits, `.`, `-` and `_`.
    """

    root: Path
    name: str

    @property
    def _file(self) -> Path:
        return self.root / _FOLDER / f"{self.name}.json"

    def done_for(self) -> date | None:
        """The day of the last success; None when there was none.

        Raises:
            OperatorError: the file cannot be read.
        """
        try:
            return date.fromisoformat(json.loads(self._file.read_text(encoding="utf-8"))["day"])
        except FileNotFoundError:
            return None
        except (OSError, ValueError, KeyError, TypeError) as error:
            do = "remove it, and the job is due again"
            raise OperatorError([Problem(str(self._file), f"it cannot be read ({type(error).__name__})", do)]) from None

    def done(self, day: date, at: datetime) -> None:
        """Write down that the job of `day` succeeded; the file is whole or as before."""
        fresh = self._file.with_suffix(".new")
        fresh.write_text(json.dumps({"day": day.isoformat(), "at": at.isoformat()}) + "\n", encoding="utf-8")
        fresh.replace(self._file)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Hold the job; nobody else runs it meanwhile.

        Raises:
            JobIsRunning: somebody does.
            OperatorError: the folder cannot be written.
        """
        lock = self._file.with_suffix(".lock")
        try:
            lock.parent.mkdir(parents=True, exist_ok=True)
            held = lock.open("a")
        except OSError as error:
            do = "check the folder's permissions"
            raise OperatorError([Problem(str(lock), f"it cannot be written: {error.strerror}", do)]) from None
        with held:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise JobIsRunning(self.name) from None
            yield
