"""The real clock on an asyncio loop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from dialer.clock import Timer

__all__ = ["LoopClock"]

#: How far the two clocks may drift apart before it is a sleep or a step, s.
_TOLERANCE = 2.0


class LoopClock:
    """Tells UTC seconds since the epoch; steps of the system's clock do not move waiting callbacks.

    The loop's monotonic clock counts, so that time never runs back. It stands still while the machine sleeps;
    the law's hours do not, so where the system's clock is ahead its time is taken. Where that was set back
    nobody knows which is right: `set_back` tells, and nothing should be dialed any more.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._epoch = time.time() - loop.time()

    def now(self) -> float:
        """Return the present instant, seconds since the epoch."""
        told = self._epoch + self._loop.time()
        ahead = time.time() - told
        if ahead > _TOLERANCE:
            self._epoch += ahead
            return told + ahead
        return told

    def set_back(self) -> bool:
        """Whether the system's clock was set back since this clock began."""
        return time.time() < self.now() - _TOLERANCE

    def call_at(self, when: float, callback: Callable[[], None]) -> Timer:
        """Call `callback` on the loop at `when`, or as soon as possible when that is past."""
        return self._loop.call_at(when - self._epoch, callback)
