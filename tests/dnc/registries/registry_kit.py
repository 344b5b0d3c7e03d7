"""What the tests of this room share."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from dnc.registries import ReadOptions

#: The instant the tests live in; nothing here asks the machine's clock.
NOW = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)

#: The samples and what each must come to.
SAMPLES = Path(__file__).parents[2] / "data" / "compliance" / "formats"


def at_now(**changes: object) -> ReadOptions:
    """Read options of that instant."""
    return ReadOptions(**{"now": NOW, **changes})  # type: ignore[arg-type]


def flat_text(numbers: object) -> str:
    """Ten-digit numbers as a flat full list."""
    return "".join(f"{n // 10**7},{n % 10**7:07d}\n" for n in numbers)  # type: ignore[attr-defined]


def e164(ten: int) -> str:
    """A ten-digit number as E.164."""
    return f"+1{ten}"
