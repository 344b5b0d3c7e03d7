"""How far a long command is: a bar on a terminal, a plain line now and then in a log."""

from __future__ import annotations

import sys
import time
from typing import Any

__all__ = ["Progress"]

#: Seconds between two lines in a log.
_EVERY = 10.0


class Progress:
    """Counts rows on standard error; what `with` gives is called with the number of rows so far, or is None.

    Args:
        quiet: say nothing, as with `--json`.
        doing: what is done, for people.
        what: what is counted.
    """

    def __init__(self, quiet: bool, doing: str = "loading", what: str = "rows") -> None:
        self._quiet, self._doing, self._what = quiet, doing, what
        self._bar: Any = None
        self._began = self._said = time.monotonic()

    def __enter__(self) -> Any:
        if self._quiet:
            return None
        if not sys.stderr.isatty():
            return self._line
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Bar

        columns = (
            TextColumn(self._doing),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn(self._what),
            TimeElapsedColumn(),
        )
        self._bar = Bar(*columns, console=Console(stderr=True))
        self._bar.start()
        task = self._bar.add_task(self._doing, total=None)
        return lambda rows: self._bar.update(task, completed=rows)

    def __exit__(self, *error: object) -> None:
        if self._bar is not None:
            self._bar.stop()

    def _line(self, rows: int) -> None:
        now = time.monotonic()
        if now - self._said >= _EVERY:
            self._said = now
            rate = rows / (now - self._began)
            print(f"{self._doing}: {rows:,} {self._what}, {rate:,.0f} a second", file=sys.stderr, flush=True)
