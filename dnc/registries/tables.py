"""Rows of small delimited files: delimiter found, header matched, quotes strict, memory bounded."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from dnc.registries.report import Rejected, Sink
from dnc.registries.text import Line, lines_of, whole_lines

__all__ = ["Row", "headed_rows", "plain_rows"]

_DELIMITERS: Final = {",": "", ";": "semicolon delimiter", "\t": "tab delimiter"}


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the line it starts on, its fields by column name (or by "0", "1" ...), and how it ended."""

    line: Line
    fields: dict[str, str]

    def __getitem__(self, column: str) -> str:
        return self.fields.get(column, "")


def plain_rows(blocks: Iterator[bytes], sink: Sink) -> Iterator[Row]:
    """Rows of a file without a header; columns are called "0", "1" ..."""
    for line, fields in _records(blocks, sink):
        sink.lines += 1
        yield Row(line, {str(index): field.strip() for index, field in enumerate(fields)})


def headed_rows(blocks: Iterator[bytes], sink: Sink, *, needs: Sequence[Sequence[str]]) -> Iterator[Row]:
    """Rows of a file whose first row names the columns.

    `needs` gives for each wanted column its accepted names, the first of which is its key in the rows; other
    columns keep their own name in lower case. Raises `Rejected` when one is not there or is there twice.
    """
    header: list[str] | None = None
    for line, fields in _records(blocks, sink):
        if header is None:
            header = _match_header([field.strip().lower() for field in fields], needs)
            continue
        sink.lines += 1
        if len(fields) != len(header):
            reason = f"{len(fields)} columns where the header has {len(header)}"
            if not line.end:
                sink.refuse("last line incomplete and no final newline: truncated download")
            sink.bad(line.number, line.text, reason)
            continue
        yield Row(line, {name: field.strip() for name, field in zip(header, fields, strict=True)})


def _match_header(header: list[str], needs: Sequence[Sequence[str]]) -> list[str]:
    keys = list(header)
    for names in needs:
        found = [index for index, name in enumerate(header) if name in names]
        if len(found) != 1:
            what = "no column" if not found else "more than one column"
            raise Rejected(f"{what} called {' or '.join(names)}; the header has: {', '.join(header)[:200]}")
        keys[found[0]] = names[0]
    return keys


def _records(blocks: Iterator[bytes], sink: Sink) -> Iterator[tuple[Line, list[str]]]:
    """Records and the line each starts on; a quoted field may hold line ends."""
    lines = _Lines(blocks, sink)
    head = lines.peek()
    if head is None:
        return
    delimiter = max(_DELIMITERS, key=head.text.count)
    if _DELIMITERS[delimiter] and head.text.count(delimiter):
        sink.warn(_DELIMITERS[delimiter])
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    while True:
        lines.begin()
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            where = lines.record().number
            raise Rejected(f"line {where:,} is not readable as CSV, or the file is cut short: {error}") from error
        yield lines.record(), fields


class _Lines:
    """Feeds text lines to the csv reader and remembers the first and last line of a record."""

    def __init__(self, blocks: Iterator[bytes], sink: Sink) -> None:
        self._source = self._read(blocks, sink)
        self._ahead: Line | None = None
        self._start: Line | None = None
        self._end = ""

    def peek(self) -> Line | None:
        self._ahead = next(self._source, None)
        return self._ahead

    def begin(self) -> None:
        """A new record starts with the next line."""
        self._start = None

    def record(self) -> Line:
        """The line the record starts on, ended as its last line is."""
        start = self._start or Line(0, "", "")
        return Line(start.number, start.text, self._end)

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._ahead if self._ahead is not None else next(self._source)
        self._ahead = None
        self._start = self._start or line
        self._end = line.end
        return line.text + "\n"

    @staticmethod
    def _read(blocks: Iterator[bytes], sink: Sink) -> Iterator[Line]:
        first = 1
        for block in whole_lines(blocks, sink):
            yield from lines_of(block, first, sink)
            first += block.count(b"\n")
