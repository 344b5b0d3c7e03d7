"""The clock port: who needs time asks a `Clock`; nobody reads the wall.

`VirtualClock` runs a day as fast as the callbacks allow; `dialer.runtime.clock.LoopClock` is the real one.
Instants are seconds since the Unix epoch, UTC, as floats.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from typing import Protocol

__all__ = ["Clock", "Timer", "VirtualClock"]


class Timer(Protocol):
    """A callback that waits for its time."""

    def cancel(self) -> None:
        """Forget the callback; harmless when it already ran."""


class Clock(Protocol):
    """Tells the time and calls back at a time."""

    def now(self) -> float:
        """Return the present instant, seconds since the epoch."""

    def call_at(self, when: float, callback: Callable[[], None]) -> Timer:
        """Call `callback` at `when`, or as soon as possible when that is past."""


class _Entry:
    """One waiting callback; cancelled entries stay in the heap until their turn and are then skipped."""

    __slots__ = ("callback",)

    def __init__(self, callback: Callable[[], None]) -> None:
        self.callback: Callable[[], None] | None = callback

    def cancel(self) -> None:
        self.callback = None


class VirtualClock:
    """A clock that jumps from one waiting callback to the next.

    Callbacks at the same instant run in the order in which they were asked for, so a seeded run is exact.
    """

    def __init__(self, start: float) -> None:
        self._now = start
        self._heap: list[tuple[float, int, _Entry]] = []
        self._count = 0

    def now(self) -> float:
        """Return the virtual instant, seconds since the epoch."""
        return self._now

    def call_at(self, when: float, callback: Callable[[], None]) -> Timer:
        """Call `callback` at `when`; a past time means now, after what already waits."""
        entry = _Entry(callback)
        self._count += 1
        heapq.heappush(self._heap, (max(when, self._now), self._count, entry))
        return entry

    def run(self, until: float, stop: Callable[[], bool] | None = None) -> None:
        """Run waiting callbacks up to and including `until`, then stand at `until`.

        Ends early, standing at the last callback's instant, when `stop` returns True after a callback.
        """
        while self._heap and self._heap[0][0] <= until:
            when, _, entry = heapq.heappop(self._heap)
            if entry.callback is None:
                continue
            self._now = when
            entry.callback()
            if stop is not None and stop():
                return
        self._now = max(self._now, until)
