"""What is said about rows: refusals and drops one by one, warnings counted by kind."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

__all__ = ["Effect", "Funnel", "ListWarning", "Notes", "Reject", "RejectFile", "safe_cell"]

Effect = Literal["row refused", "row is a duplicate", "number dropped"]

#: What a spreadsheet may take for a formula when a cell begins with it.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Reject:
    """One thing of a list that was not loaded, and why. `line` is the line its row begins on."""

    line: int
    effect: Effect
    column: str
    code: str
    message: str
    value: str


@dataclass(frozen=True, slots=True)
class ListWarning:
    """Something that was repaired or noticed: how often, and the first lines it was seen on (0: the whole file)."""

    code: str
    message: str
    count: int = 1
    lines: tuple[int, ...] = ()

    def __str__(self) -> str:
        if not any(self.lines):
            return self.message
        shown = ", ".join(str(line) for line in self.lines) + (", ..." if self.count > len(self.lines) else "")
        return f"{self.message} ({self.count} rows: lines {shown})"


@dataclass(slots=True)
class Funnel:
    """Where the rows of a list went. `read` = `empty` + `refused` + `valid`, and `valid` = `duplicate` + `loaded`."""

    read: int = 0
    empty: int = 0
    refused: int = 0
    duplicate: int = 0
    loaded: int = 0

    @property
    def valid(self) -> int:
        """Rows with at least one number to dial, duplicates among them."""
        return self.duplicate + self.loaded

    def as_dict(self) -> dict[str, int]:
        """The counts in the order of the funnel, for `--json`."""
        return {
            "read": self.read, "empty": self.empty, "refused": self.refused, "valid": self.valid,
            "duplicate": self.duplicate, "loaded": self.loaded,
        }  # fmt: skip


class Notes:
    """Collects warnings, one entry for each kind."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str], int] = {}
        self._lines: dict[tuple[str, str], list[int]] = {}

    def warn(self, code: str, message: str, lines: Iterable[int] = (0,)) -> None:
        """Note something of one row or several."""
        key = (code, message)
        for line in lines:
            self._counts[key] = self._counts.get(key, 0) + 1
            first = self._lines.setdefault(key, [])
            if len(first) < 5:
                first.append(int(line))

    def warnings(self) -> tuple[ListWarning, ...]:
        """Every kind of warning so far, in the order they first came."""
        return tuple(
            ListWarning(code, message, count, tuple(self._lines[code, message]))
            for (code, message), count in self._counts.items()
        )


def safe_cell(text: str) -> str:
    """A cell no spreadsheet runs as a formula: `=1+1` becomes `'=1+1`, `+12125550123` becomes `'+12125550123`."""
    return f"'{text}" if text.startswith(_FORMULA) else text


class RejectFile:
    """Writes rejects to a CSV file as they come: line, effect, column, code, message, value."""

    COLUMNS = ("line", "effect", "column", "code", "message", "value")

    def __init__(self, path: Path | str) -> None:
        self._file = Path(path).open("w", encoding="utf-8-sig", newline="")  # noqa: SIM115
        self._writer = csv.writer(self._file)
        self._writer.writerow(self.COLUMNS)

    def write(self, rejects: Iterable[Reject]) -> None:
        """Add rows, every text cell made safe against formulas."""
        for reject in rejects:
            texts = (reject.effect, reject.column, reject.code, reject.message, reject.value)
            self._writer.writerow([reject.line, *map(safe_cell, texts)])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
