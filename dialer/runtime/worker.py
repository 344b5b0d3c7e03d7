"""One heavy job in a process of its own: `python -m dialer.runtime.worker`, started by `dialer.runtime.workshop`.

Reads the job (a function's module and name, and its arguments, pickled) from standard input, writes a line of JSON to
standard output for each step of progress, and what came of it, pickled, into the file it is told. It yields the
processor to whoever dials.
"""

from __future__ import annotations

import importlib
import json
import os
import pickle
import sys
import time
import traceback
from pathlib import Path
from typing import Any

from campaigns.lists import ListError
from campaigns.problems import OperatorError
from dialer.store.errors import StoreError
from dnc.registries import RegistryError, SnapshotError
from dnc.rules import RulesError

__all__ = ["EXPECTED", "main"]

#: What a job may raise for its user: one line each. Anything else is a fault of ours, and its story goes to the log.
EXPECTED = (OperatorError, ListError, StoreError, RegistryError, SnapshotError, RulesError)
#: Seconds between two lines of progress.
_EVERY = 0.2
#: How far behind the dialing process, as `nice` counts.
_NICE = 10


class _Progress:
    """Tells the parent how far the job is; not too often."""

    def __init__(self) -> None:
        self._last = 0.0

    def __call__(self, done: int, everyone: int = 0) -> None:
        now = time.monotonic()
        if now - self._last >= _EVERY:
            self._last = now
            sys.stdout.write(json.dumps([done, everyone]) + "\n")
            sys.stdout.flush()


def main() -> None:
    """Do the job."""
    os.nice(_NICE)
    module, name, args, out = pickle.load(sys.stdin.buffer)  # noqa: S301 - written by the floor that started us
    answer: tuple[str, Any]
    try:
        answer = ("done", getattr(importlib.import_module(module), name)(_Progress(), *args))
    except EXPECTED as error:
        answer = ("refused", str(error))
    except Exception:
        answer = ("failed", traceback.format_exc())
    with Path(out).open("wb") as file:
        pickle.dump(answer, file)


if __name__ == "__main__":
    main()
