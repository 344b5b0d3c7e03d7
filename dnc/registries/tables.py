"""Rows of small delimited files: delimiter found, header matched, quotes strict, memory bounded.

What the readers ask for is cleaned as every suppression list is; other columns (a name, a note) are evidence and
stay as they stand.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from dnc.registries.report import Rejected, Sink
from dnc.registries.text import Line, all_lines, bad_line, clean

__all__ = ["Row", "headed_rows", "plain_rows"]

_DELIMITERS: Final = {",": "", ";": "semicolon delimiter", "\t": "tab delimiter"}

#: Accepted names of each column, the first of which is its key in the rows.
Names = Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Row:
    """One row: the line it starts on (ended as its last line is), and its fields by name, or by "0", "1" ..."""

    line: Line
    fields: dict[str, str]

    def __getitem__(self, column: str) -> str:
        return self.fields.get(column, "")


def plain_rows(blocks: Iterator[bytes], sink: Sink, *, header: Sequence[str] = ()) -> Iterator[Row]:
    """Rows of a file without a header; columns are called "0", "1" ...

    A first row that is exactly `header`, which some exports have, is left out.
    """
    first = True
    for line, fields in _records(blocks, sink):
        texts = [_cleaned(field, line, sink) for field in fields]
        if first and header and [text.lower() for text in texts] == list(header):
            continue
        first = False
        sink.lines += 1
        yield Row(line, {str(index): text for index, text in enumerate(texts)})


def headed_rows(blocks: Iterator[bytes], sink: Sink, *, needs: Names, wants: Names = ()) -> Iterator[Row]:
    """Rows of a file whose first row names the columns; case, blanks and punctuation of names are no matter.

    `needs` must be there and `wants` may be; other columns keep their own name in lower case. Raises `Rejected`
    when one that is needed is not there, or one is there twice.
    """
    header: list[str] | None = None
    ours = {names[0] for names in (*needs, *wants)}
    for line, fields in _records(blocks, sink):
        if header is None:
            header = _match_header([_cleaned(field, line, sink).lower() for field in fields], needs, wants)
            continue
        sink.lines += 1
        if len(fields) != len(header):
            bad_line(line, f"{len(fields)} columns where the header has {len(header)}", sink)
            continue
        row = zip(header, fields, strict=True)
        yield Row(line, {name: _cleaned(text, line, sink) if name in ours else text.strip() for name, text in row})


def _match_header(header: list[str], needs: Names, wants: Names) -> list[str]:
    keys = list(header)
    for names in (*needs, *wants):
        known = {_bare(name) for name in names}
        found = [index for index, name in enumerate(header) if _bare(name) in known]
        if len(found) > 1 or (not found and names in needs):
            what = "no column" if not found else "more than one column"
            raise Rejected(f"{what} called {' or '.join(names)}; the header has: {', '.join(header)[:200]}")
        if found:
            keys[found[0]] = names[0]
    return keys


def _bare(name: str) -> str:
    """A column's name without what people write differently: `Phone Number`, `phone_number`."""
    return re.sub(r"[\W_]", "", name)


def _cleaned(text: str, line: Line, sink: Sink) -> str:
    return (text if text.isascii() else clean(text, line.number, sink)).strip()


def _records(blocks: Iterator[bytes], sink: Sink) -> Iterator[tuple[Line, list[str]]]:
    """Records that are not blank, and the line each starts on; a quoted field may hold line ends."""
    lines = _Lines(blocks, sink)
    delimiter = max(_DELIMITERS, key=lines.peek().count)
    if _DELIMITERS[delimiter] and delimiter in lines.peek():
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
        record = lines.record()
        if any(field.strip() for field in fields):
            yield record, fields
        else:
            sink.note("blank line skipped", record.number)


class _Lines:
    """Feeds text lines to the csv reader and remembers the first and last line of a record."""

    def __init__(self, blocks: Iterator[bytes], sink: Sink) -> None:
        self._source = all_lines(blocks, sink, as_they_stand=True)
        self._ahead: list[Line] = []
        self._start: Line | None = None
        self._end = ""

    def peek(self) -> str:
        """The first line that is not blank; empty when there is none."""
        while not self._ahead or not self._ahead[-1].text.strip():
            line = next(self._source, None)
            if line is None:
                return ""
            self._ahead.append(line)
        return self._ahead[-1].text

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
        line = self._ahead.pop(0) if self._ahead else next(self._source)
        self._start = self._start or line
        self._end = line.end
        return line.text + "\n"
