"""Flat change lists: "several items separated by commas", whose order no public source confirms.

The order is taken from `ReadOptions.columns`, or found from what the columns hold: three digits are an area
code, seven a line, ten a number, `A` or `D` the change, a date or time the time. Only one reading may fit all
lines. On any doubt the file is refused: a change list read with add and delete confused, or with a column
nobody knows, would un-list people.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final

from dnc.registries.keyed import Tag
from dnc.registries.report import Rejected, Sink
from dnc.registries.text import Line, lines_of, whole_lines

__all__ = ["read_changes"]

_HEADS: Final = 1_000  # lines looked at to find the order


def _is_time(text: str) -> bool:
    for layout in ("%m/%d/%Y", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M"):
        try:
            datetime.strptime(text, layout)  # noqa: DTZ007 - only the shape is asked
        except ValueError:
            continue
        return True
    if not re.match(r"\d{4}-\d\d-\d\d|\d{8}(?:T|$)", text):
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


_FITS: Final[dict[str, Callable[[str], bool]]] = {
    "npa": lambda text: bool(re.fullmatch(r"[2-9]\d\d", text, re.ASCII)),
    "line": lambda text: bool(re.fullmatch(r"[2-9]\d{6}", text, re.ASCII)),
    "number": lambda text: bool(re.fullmatch(r"[2-9]\d\d[2-9]\d{6}", text, re.ASCII)),
    "time": _is_time,
    "action": lambda text: text in ("A", "D"),
    "ignore": lambda text: True,
}


def read_changes(blocks: Iterator[bytes], sink: Sink) -> None:
    """Read one flat change list. Raises `Rejected` unless exactly one order of columns fits every line."""
    columns = sink.options.columns
    if columns:
        _check_columns(columns)
    waiting: list[Line] = []
    first = 1
    for block in whole_lines(blocks, sink):
        for line in lines_of(block, first, sink):
            if columns:
                _change(line, columns, sink)
                continue
            waiting.append(line)
            if len(waiting) == _HEADS:
                columns = _settle(waiting, sink)
                waiting = []
        first += block.count(b"\n")
    if waiting:
        _settle(waiting, sink)


def _settle(lines: list[Line], sink: Sink) -> tuple[str, ...]:
    columns = _find_columns([_fields(line) for line in lines])
    for line in lines:
        _change(line, columns, sink)
    return columns


def _find_columns(rows: list[list[str]]) -> tuple[str, ...]:
    """The one order that fits all rows. Raises `Rejected` when none or several do."""
    widths = {len(row) for row in rows}
    if len(widths) != 1:
        raise Rejected("change list with lines of different length: give the order with --columns")
    found: list[str] = []
    for index, column in enumerate(zip(*rows, strict=True)):
        fits = [role for role, test in _FITS.items() if role != "ignore" and all(map(test, column))]
        if len(fits) != 1:
            raise Rejected(
                f"change list column {index + 1} is {'ambiguous' if fits else 'unknown'}: nothing is "
                "guessed; give the order, such as --columns npa,line,time,action"
            )
        found += fits
    columns = tuple(found)
    _check_columns(columns)
    return columns


def _check_columns(columns: tuple[str, ...]) -> None:
    unknown = sorted(set(columns) - set(_FITS))
    if unknown:
        raise Rejected(f"unknown column {unknown[0]!r}: use {', '.join(_FITS)}")
    roles = sorted(role for role in columns if role not in ("ignore", "time"))
    if roles not in (["action", "line", "npa"], ["action", "number"]) or columns.count("time") > 1:
        raise Rejected("a change list needs area code and line (or a ten-digit number) and A or D, once each")


def _change(line: Line, columns: tuple[str, ...], sink: Sink) -> None:
    fields = _fields(line)
    if len(fields) != len(columns):
        raise Rejected(f"change list line {line.number:,} has {len(fields)} columns, not {len(columns)}")
    values = dict(zip(columns, fields, strict=True))
    for role, value in values.items():
        if not _FITS[role](value):
            raise Rejected(f"change list line {line.number:,}: {role} is not readable; nothing is guessed")
    sink.lines += 1
    digits = values.get("number") or values["npa"] + values["line"]
    action = values["action"]
    sink.area_codes.add(digits[:3])
    number = int(f"1{digits}")
    sink.add(number, code=Tag.LISTED if action == "A" else Tag.REMOVED, label=f"{action}:+{number}")


def _fields(line: Line) -> list[str]:
    try:
        return [field.strip() for field in next(csv.reader([line.text], strict=True))]
    except csv.Error as error:
        raise Rejected(f"change list line {line.number:,}: {error}") from error
