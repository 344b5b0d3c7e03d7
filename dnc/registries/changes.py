"""Flat change lists: "several items separated by commas", whose order no public source confirms.

The order is taken from `ReadOptions.columns`, or found from what the columns hold: three digits are an area
code, seven a line, ten a number, `A` or `D` the change, a date or time the time. A line that does not fit, or a
second order that would, refuses the file: a change list read with add and delete confused, or with a column
nobody knows, would un-list people.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Final

from dnc.registries.keyed import Tag
from dnc.registries.report import Rejected, Sink
from dnc.registries.text import Line, all_lines, bad_line

__all__ = ["read_changes"]

_HEADS: Final = 1_000  # lines looked at to find the order
_TIMES: Final = ("%m/%d/%Y", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M", "%m/%d/%Y %I:%M:%S %p")
_ISO: Final = re.compile(r"\d{4}-\d\d-\d\d|\d{8}(?:T|$)", re.ASCII)
_DIGITS: Final = re.compile(r"(\d{8})(\d{6})", re.ASCII)
_REFUSED: Final = "a change list with a line that cannot be read is refused whole; nothing is guessed"


def _is_time(text: str) -> bool:
    whole = _DIGITS.sub(r"\1T\2", text) if len(text) == 14 else text
    if _ISO.match(whole):
        try:
            datetime.fromisoformat(whole)
        except ValueError:
            return False
        return True
    for layout in _TIMES:
        try:
            datetime.strptime(text, layout)  # noqa: DTZ007 - only the shape is asked
        except ValueError:
            continue
        return True
    return False


_FITS: Final[dict[str, Callable[[str], bool]]] = {
    "npa": lambda text: bool(re.fullmatch(r"[2-9]\d\d", text, re.ASCII)),
    "line": lambda text: bool(re.fullmatch(r"[2-9]\d{6}", text, re.ASCII)),
    "number": lambda text: bool(re.fullmatch(r"[2-9]\d\d[2-9]\d{6}", text, re.ASCII)),
    "time": _is_time,
    "action": lambda text: text in ("A", "D"),
    "ignore": lambda text: True,
}


def read_changes(blocks: Iterator[bytes], sink: Sink) -> None:
    """Read one flat change list. Raises `Rejected` unless exactly one order of columns fits."""
    columns = sink.options.columns
    if columns:
        _check_columns(columns)
    waiting: list[Line] = []
    for line in all_lines(blocks, sink):
        if columns:
            _change(line, columns, sink)
            continue
        waiting.append(line)
        if len(waiting) == _HEADS:
            columns = _settle(waiting, sink)
            waiting = []
    if waiting:
        _settle(waiting, sink)


def _settle(lines: list[Line], sink: Sink) -> tuple[str, ...]:
    columns = _find_columns(lines, sink)
    for line in lines:
        _change(line, columns, sink)
    return columns


def _find_columns(lines: Sequence[Line], sink: Sink) -> tuple[str, ...]:
    """The order that fits at least half the rows, when no other does. Raises `Rejected` when none or several do."""
    rows = [(line, _fields(line)) for line in lines]
    width, _ = Counter(len(fields) for _, fields in rows).most_common(1)[0]
    of_width = [(line, fields) for line, fields in rows if len(fields) == width]
    found: list[str] = []
    for index in range(width):
        fits = [_roles(fields[index]) for _, fields in of_width]
        roles = {role for each in fits for role in each if sum(role in other for other in fits) * 2 >= len(fits)}
        if len(roles) != 1:
            for (line, _), each in zip(of_width, fits, strict=True):
                if not each:
                    sink.lines += 1
                    bad_line(line, f"column {index + 1} is not readable", sink)
            raise Rejected(
                f"change list column {index + 1} is {'ambiguous' if roles else 'unknown'}: nothing is "
                "guessed; give the order, such as --columns npa,line,time,action"
            )
        found += roles
    columns = tuple(found)
    _check_columns(columns)
    return columns


def _roles(text: str) -> set[str]:
    return {role for role, fits in _FITS.items() if role != "ignore" and fits(text)}


def _check_columns(columns: tuple[str, ...]) -> None:
    unknown = sorted(set(columns) - set(_FITS))
    if unknown:
        raise Rejected(f"unknown column {unknown[0]!r}: use {', '.join(_FITS)}")
    roles = sorted(role for role in columns if role not in ("ignore", "time"))
    if roles not in (["action", "line", "npa"], ["action", "number"]) or columns.count("time") > 1:
        raise Rejected("a change list needs area code and line (or a ten-digit number) and A or D, once each")


def _change(line: Line, columns: tuple[str, ...], sink: Sink) -> None:
    sink.lines += 1
    fields = _fields(line)
    if len(fields) != len(columns):
        bad_line(line, f"{len(fields)} columns, not {len(columns)}", sink)
        sink.refuse(_REFUSED)
        return
    values = dict(zip(columns, fields, strict=True))
    for role, value in values.items():
        if not _FITS[role](value):
            bad_line(line, f"{role} is not readable" if role != "action" else "unknown change: only A and D", sink)
            sink.refuse(_REFUSED)
            return
    if '"' in line.text:
        sink.note("quoted fields", line.number)
    digits = values.get("number") or values["npa"] + values["line"]
    action = values["action"]
    sink.area_codes.add(digits[:3])
    number = int(f"1{digits}")
    sink.add(number, code=Tag.LISTED if action == "A" else Tag.REMOVED, label=f"{action}:+{number}")


def _fields(line: Line) -> list[str]:
    try:
        return [field.strip() for field in next(csv.reader([line.text], strict=True))]
    except csv.Error:  # an open quote: the line does not fit, whatever its columns are
        return [line.text]
