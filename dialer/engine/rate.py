"""The carrier's rate as a token bucket on the engine's own time."""

from __future__ import annotations

__all__ = ["TokenBucket"]


class TokenBucket:
    """At most `rate` dials a second on average, and at most one second's worth (at least one) at once."""

    __slots__ = ("_at", "_tokens", "depth", "rate")

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self.depth = max(1.0, rate)
        self._tokens = self.depth
        self._at: float | None = None

    def available(self, now: float) -> int:
        """Whole dials that may be placed at `now`, seconds on the engine's clock."""
        if self._at is not None and now > self._at:
            self._tokens = min(self.depth, self._tokens + (now - self._at) * self.rate)
        if self._at is None or now > self._at:
            self._at = now
        return int(self._tokens + 1e-9)

    def take(self, now: float, count: int) -> None:
        """Use `count` tokens.

        Raises:
            ValueError: when fewer are there.
        """
        if count > self.available(now):
            raise ValueError(f"{count} dials asked, {self.available(now)} allowed by the carrier's rate")
        self._tokens -= count

    def next_token_at(self, now: float) -> float | None:
        """When the next whole token is there; None when the rate is 0."""
        if self.available(now) >= 1:
            return now
        return now + (1.0 - self._tokens) / self.rate if self.rate > 0 else None
