"""The plain values a report is made of: figures with their formula, and tables. No frames, no drawing.

A figure that cannot be computed (nothing was dialed, so there is no answer rate) has the value None and is
shown as "-". It is never 0 and never an error.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

__all__ = ["UNITS", "Cell", "Column", "Kpi", "Table", "Unit", "ratio", "show"]

#: What a value may be measured in. `share` is a fraction (0.03 is 3 %); `instant` is zone-aware.
Unit = Literal["text", "instant", "count", "number", "share", "s", "h", "per_hour", "per_minute"]

UNITS: frozenset[str] = frozenset({"text", "instant", "count", "number", "share", "s", "h", "per_hour", "per_minute"})

#: One value of a table.
Cell = str | int | float | bool | datetime | None


@dataclass(frozen=True, slots=True)
class Kpi:
    """One figure, with what it was computed from.

    Attributes:
        key: the stable name for machines.
        label: the name for people.
        value: the figure, or None when it is undefined (its denominator is 0, or the data are not there).
        unit: what `value` is measured in.
        formula: how it is computed, in the letters of the definitions.
        numerator: the upper number of a ratio, or None.
        denominator: the lower number of a ratio, or None.
        note: what a reader must know to read the figure rightly.
        group: the section it is shown in.

    Raises:
        ValueError: for an unknown unit.
    """

    key: str
    label: str
    value: float | None
    unit: Unit
    formula: str
    numerator: float | None = None
    denominator: float | None = None
    note: str = ""
    group: str = ""

    def __post_init__(self) -> None:
        if self.unit not in UNITS:
            raise ValueError(f"unit of {self.key} must be one of {sorted(UNITS)}, got {self.unit!r}")

    @property
    def text(self) -> str:
        """The value as people read it, `-` when undefined."""
        return show(self.value, self.unit)


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table: stable key, label for people, unit of its cells."""

    key: str
    label: str
    unit: Unit = "count"


@dataclass(frozen=True, slots=True)
class Table:
    """A titled table of plain cells.

    Attributes:
        key: the stable name for machines.
        title: the name for people.
        columns: what the cells of a row are.
        rows: the cells.
        note: how to read it; why it is empty, if it is.

    Raises:
        ValueError: when a row has not one cell per column.
    """

    key: str
    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.columns):
                raise ValueError(f"table {self.key} has {len(self.columns)} columns, got a row of {len(row)}")

    def column(self, key: str) -> tuple[Any, ...]:
        """The cells of the column `key`; raises `KeyError` naming the columns there are."""
        keys = [column.key for column in self.columns]
        if key not in keys:
            raise KeyError(f"table {self.key} has no column {key!r}; it has {', '.join(keys)}")
        place = keys.index(key)
        return tuple(row[place] for row in self.rows)

    def texts(self) -> Iterator[tuple[str, ...]]:
        """The rows as people read them."""
        units = [column.unit for column in self.columns]
        for row in self.rows:
            yield tuple(show(cell, unit) for cell, unit in zip(row, units, strict=True))


def ratio(numerator: float, denominator: float) -> float | None:
    """`numerator / denominator`, or None when the denominator is 0."""
    return None if denominator == 0 else float(numerator) / float(denominator)


def show(value: Cell, unit: Unit) -> str:
    """A value as people read it, with its unit; `-` for None, for every unit.

    >>> show(0.0241, "share"), show(5412, "count"), show(None, "share"), show(0.084, "s")
    ('2.41 %', '5,412', '-', '0.08 s')
    """
    if value is None or value == "":
        return "-"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M} {value:%Z}"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value
    if unit == "share":
        percent = 100 * value
        return f"{percent:.0f} %" if percent in (0, 100) else f"{percent:.{1 if percent >= 10 else 2}f} %"
    if unit == "s":
        return f"{value:,.2f} s" if abs(value) < 10 else f"{value:,.1f} s"
    if unit == "count":
        return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"
    suffix = {"h": " h", "per_hour": " /h", "per_minute": " /min"}.get(unit, "")
    return f"{value:,.1f}{suffix}"
