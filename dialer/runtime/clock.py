"""The real clock on an asyncio loop."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from dialer.clock import Timer

__all__ = ["LoopClock"]


class LoopClock:
    """Tells UTC seconds since the epoch; steps of the system's clock do not move waiting callbacks.

    The epoch is read once; from then on the loop's monotonic clock counts, so that time never runs back.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._epoch = time.time() - loop.time()

    def now(self) -> float:
        """Return the present instant, seconds since the epoch."""
        return self._epoch + self._loop.time()

    def call_at(self, when: float, callback: Callable[[], None]) -> Timer:
        """Call `callback` on the loop at `when`, or as soon as possible when that is past."""
        return self._loop.call_at(when - self._epoch, callback)
