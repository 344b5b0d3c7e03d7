"""Windows of a day, as the wall clock shows it: `09:00-17:30`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Annotated

from pydantic import BeforeValidator, Field, PlainSerializer

from campaigns.problems import Finding

__all__ = ["Window", "Windows", "overlaps"]

_FORM = re.compile(r"(\d{2}):(\d{2})-(\d{2}):(\d{2})")
_DAY = 24 * 60


@dataclass(frozen=True, slots=True, order=True)
class Window:
    """Open from minute `start` to just before minute `end` of a day (0 to 1440)."""

    start: int
    end: int

    def __str__(self) -> str:
        """`09:00-17:30`."""
        return f"{self.start // 60:02}:{self.start % 60:02}-{self.end // 60:02}:{self.end % 60:02}"

    @classmethod
    def parse(cls, text: object) -> Window:
        """Read `09:00-17:30`; the end may be `24:00`. Raises `ValueError` with what to do."""
        if isinstance(text, Window):
            return text
        form = _FORM.fullmatch(text) if isinstance(text, str) else None
        if form is None or not isinstance(text, str):
            raise ValueError(f'"{text}" is no window of hours; write "09:00-17:30"')
        from_hour, from_minute, to_hour, to_minute = map(int, form.groups())
        start, end = from_hour * 60 + from_minute, to_hour * 60 + to_minute
        if from_minute > 59 or to_minute > 59 or start > _DAY or end > _DAY:
            raise ValueError(f'"{text}" has a time that no clock shows; use 00:00 to 24:00')
        if end <= start:
            hint = f'"{text[:5]}-24:00" on this day and "00:00-{text[6:]}" on the next'
            raise ValueError(f'"{text}" ends before it begins; for a night shift write {hint}')
        return cls(start, end)


#: The windows of a day, as a file writes them.
Windows = Annotated[
    tuple[Annotated[Window, BeforeValidator(Window.parse), PlainSerializer(str)], ...], Field(strict=False)
]


def overlaps(windows: Iterable[Window]) -> Iterator[Finding]:
    """A finding for each two neighbours that overlap."""
    for one, other in pairwise(sorted(windows)):
        if other.start < one.end:
            yield Finding((), f'"{one}" and "{other}" overlap', "join them into one window")
