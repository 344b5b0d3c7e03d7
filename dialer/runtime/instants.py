"""Between the engine's seconds and the store's instants."""

from __future__ import annotations

from datetime import UTC, datetime

__all__ = ["moment", "seconds"]


def moment(at: float) -> datetime:
    """Seconds since the epoch as an aware UTC instant."""
    return datetime.fromtimestamp(at, UTC)


def seconds(at: datetime) -> float:
    """An aware instant as seconds since the epoch."""
    return at.timestamp()
