"""Deadlines, kept as data: the engine has no clock, it only knows what is due when time arrives."""

from __future__ import annotations

import heapq
from collections.abc import Container
from typing import Literal

__all__ = ["Deadlines", "Kind"]

Kind = Literal["wait", "call", "wrap_up", "fetch", "decide", "rate", "preview", "grace", "message"]


class Deadlines:
    """A heap of (instant, kind, key). Stale entries are the caller's to recognise when they come due."""

    __slots__ = ("_count", "_heap")

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, Kind, str]] = []
        self._count = 0

    def add(self, at: float, kind: Kind, key: str = "") -> None:
        """Remember that something is due at `at`."""
        self._count += 1
        heapq.heappush(self._heap, (at, self._count, kind, key))

    def due(self, now: float) -> list[tuple[Kind, str]]:
        """Take out everything due by `now`, oldest first."""
        found: list[tuple[Kind, str]] = []
        heap = self._heap
        while heap and heap[0][0] <= now:
            _, _, kind, key = heapq.heappop(heap)
            found.append((kind, key))
        return found

    def next(self, live: Container[str]) -> float | None:
        """The earliest instant at which something is due, or None; deadlines of calls not in `live` are dropped."""
        heap = self._heap
        while heap:
            at, _, kind, key = heap[0]
            if kind != "call" or key in live:
                return at
            heapq.heappop(heap)
        return None
