"""The emulator's own clock: monotonic, and as much faster than the wall as asked."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

__all__ = ["EmulatorClock"]


class EmulatorClock:
    """Simulated seconds since the epoch; it starts at the wall's time and never runs back.

    Args:
        speed: simulated seconds in one real second.
    """

    def __init__(self, speed: float) -> None:
        self.speed = speed
        self._epoch = time.time()
        self._start = time.monotonic()

    def now(self) -> float:
        """Return the present instant, simulated seconds since the epoch."""
        return self._epoch + self.elapsed()

    def elapsed(self) -> float:
        """Return the simulated seconds since the emulator started."""
        return (time.monotonic() - self._start) * self.speed

    async def sleep(self, seconds: float) -> None:
        """Wait simulated seconds."""
        await asyncio.sleep(max(seconds, 0.0) / self.speed)

    def after(self, seconds: float, callback: Callable[[], None]) -> asyncio.TimerHandle:
        """Call `callback` after simulated seconds."""
        return asyncio.get_running_loop().call_later(max(seconds, 0.0) / self.speed, callback)
