"""From a file to rows of text with their true line numbers.

The dialect is told from the first lines: the delimiter under which most columns are recognised and the rows are
most alike. A file without header line is taken only in VICIdial's standard order. Rows are streamed; only the
first records are held to decide.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from campaigns.lists.encoding import Encoding, find_encoding
from campaigns.lists.errors import ListError
from campaigns.lists.fields import VICIDIAL, field_of, normal_name
from campaigns.lists.mapping import Layout, layout_of

__all__ = [
    "DELIMITERS",
    "Record",
    "Source",
    "cut_short",
    "header_of",
    "not_text",
    "recognise",
    "recognise_columns",
    "records",
    "rows_of",
]

#: The delimiters tried, in order of preference.
DELIMITERS: dict[str, str] = {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe"}

_SAMPLE_RECORDS = 50
_LONGEST_RECORD = 20  # lines; a record that spans more has an unclosed quote
_PHONE_AT = VICIDIAL.index("phone_number")

#: One row: the line it begins on, and its cells.
Record = tuple[int, list[str]]


@dataclass(frozen=True, slots=True)
class Source:
    """How a file is to be read: encoding, delimiter, header line or not, and what its columns are."""

    path: Path
    encoding: Encoding
    delimiter: str
    header: bool
    layout: Layout

    @property
    def width(self) -> int:
        """How many columns the header, or VICIdial's order, has."""
        return len(self.layout.names)


@contextmanager
def _opened(path: Path, encoding: Encoding) -> Iterator[Iterator[str]]:
    """The file's lines as text; bytes that the encoding does not have become a `ListError` with their line."""
    line = 0

    def lines() -> Iterator[str]:
        nonlocal line
        with path.open(encoding=encoding.name, newline="") as file:
            for text in file:
                line += 1
                yield text

    try:
        yield lines()
    except UnicodeError as error:
        raise not_text(path, encoding, line + 1) from error
    except csv.Error as error:
        raise ListError(f"a row cannot be read ({error})", file=path, line=line) from error


def not_text(path: Path, encoding: Encoding, line: int) -> ListError:
    """The error of bytes that the encoding does not have."""
    remedy = "say its encoding with --encoding, or save the file as UTF-8"
    return ListError(f"the text is not {encoding.name}", file=path, line=line, remedy=remedy)


def cut_short(path: Path, line: int) -> ListError:
    """The error of a file that ends in the middle of a row."""
    return ListError("the last row is cut short", file=path, line=line, remedy="get the whole file again")


def rows_of(lines: Iterator[str], delimiter: str, path: Path) -> Iterator[Record]:
    """Rows with the number of the line they begin on."""
    quotes = 0
    width = 0
    whole = True

    def counted() -> Iterator[str]:
        nonlocal quotes, whole
        for text in lines:
            quotes += text.count('"')
            whole = text.endswith(("\n", "\r"))
            yield text

    reader = csv.reader(counted(), delimiter=delimiter)
    begins = 1
    for row in reader:
        # A row over several lines with a quote too many has swallowed the lines behind it.
        spans = reader.line_num - begins
        if spans >= _LONGEST_RECORD or (spans and quotes % 2):
            raise ListError("a quote is opened here and not closed", file=path, line=begins, remedy="correct the line")
        width = width or len(row)
        if not whole and len(row) < width and any(cell.strip() for cell in row):
            raise cut_short(path, begins)
        yield begins, row
        begins, quotes = reader.line_num + 1, 0


def _sample(path: Path, encoding: Encoding, delimiter: str) -> list[list[str]]:
    """The first records that are not empty, up to the first that cannot be read (reading on will tell of it)."""
    found: list[list[str]] = []
    try:
        with _opened(path, encoding) as lines:
            full = (row for _, row in rows_of(lines, delimiter, path) if any(cell.strip() for cell in row))
            found.extend(islice(full, _SAMPLE_RECORDS))
    except ListError as error:
        if error.message.startswith("the text is not"):
            raise
    return found


def _score(rows: list[list[str]], mapping: dict[str, str] | None) -> tuple[int, float, int]:
    """How well a delimiter fits: columns recognised, share of rows as wide as the first, width."""
    if not rows:
        return 0, 0.0, 0
    mapped = {normal_name(name) for name in mapping or {}}
    known = sum(1 for name in rows[0] if field_of(name) or normal_name(name) in mapped)
    width = len(rows[0])
    return known, sum(len(row) == width for row in rows) / len(rows), width


def _phone_like(text: str) -> bool:
    return sum(char.isdigit() for char in text) >= 7


def _names(rows: list[list[str]], mapping: dict[str, str] | None) -> tuple[bool, list[str]]:
    """Whether the first row is a header, and the columns' names; no names when the file has neither form."""
    first = rows[0]
    known = [name for name in first if field_of(name) or normal_name(name) in {normal_name(m) for m in mapping or {}}]
    if known and not any(_phone_like(cell) for cell in first):
        return True, first
    vicidial = _PHONE_AT < len(first) <= len(VICIDIAL)
    if vicidial and sum(_phone_like(row[_PHONE_AT]) for row in rows if len(row) > _PHONE_AT) * 2 >= len(rows):
        return False, list(VICIDIAL)
    return not any(_phone_like(cell) for cell in first), first


def recognise(
    path: Path, *, encoding: str | None = None, delimiter: str | None = None, mapping: dict[str, str] | None = None
) -> Source:
    """How to read a file; raises `ListError` for anything that is no contact list."""
    found = find_encoding(path, encoding)
    tried = [delimiter] if delimiter else list(DELIMITERS)
    samples = {mark: _sample(path, found, mark) for mark in tried}
    best = max(tried, key=lambda mark: _score(samples[mark], mapping))
    rows = samples[best]
    if not rows:
        with _opened(path, found) as lines:
            for _ in islice(rows_of(lines, best, path), _SAMPLE_RECORDS):
                pass
        raise ListError("the file has no rows", file=path, remedy="export the list again")
    header, names = _names(rows, mapping)
    if not header and names is rows[0]:
        raise ListError(
            "it has no header line, and its columns are not in VICIdial's standard order", file=path, line=1,
            remedy="add a header line with a column named phone",
        )  # fmt: skip
    return Source(path, found, best, header, layout_of(names, mapping, path))


def recognise_columns(path: Path, names: Mapping[str, Sequence[str]], *, encoding: str | None = None) -> Source:
    """How to read another table than a contact list; its layout has the `names` it was asked for.

    Args:
        path: CSV; see `campaigns.lists.workbooks.as_text` for other files.
        names: field -> what columns of it are called, normalised; the first that the file has is taken.
        encoding: told from the bytes when None.

    Raises:
        ListError: the file has no rows, or no header line with any of the names.
    """
    found = find_encoding(path, encoding)
    wanted = {name for group in names.values() for name in group}
    samples = {mark: _sample(path, found, mark) for mark in DELIMITERS}
    best = max(DELIMITERS, key=lambda mark: sum(normal_name(cell) in wanted for cell in (samples[mark] or [[]])[0]))
    if not samples[best]:
        raise ListError("the file has no rows", file=path, remedy="export it again")
    header = samples[best][0]
    where = {normal_name(cell): position for position, cell in reversed(list(enumerate(header)))}
    fields = {
        field: where[next(name for name in group if name in where)]
        for field, group in names.items()
        if any(name in where for name in group)
    }
    if not fields:
        remedy = f"name them for instance {', '.join(group[0] for group in names.values())}"
        raise ListError("the header line names none of the columns", file=path, line=1, remedy=remedy)
    return Source(path, found, best, True, Layout(fields, {}, tuple(header)))


def header_of(path: Path, *, encoding: str | None = None) -> list[str]:
    """The cells of a file's first row, under the delimiter that gives most; a `ListError` where there is none."""
    found = find_encoding(path, encoding)
    firsts = [sample[0] for mark in DELIMITERS if (sample := _sample(path, found, mark))]
    if not firsts:
        raise ListError("the file has no rows", file=path, remedy="export it again")
    return max(firsts, key=len)


def records(source: Source) -> Iterator[Record]:
    """Every row behind the header, empty ones too, streamed; raises `ListError` for what cannot be read."""
    with _opened(source.path, source.encoding) as lines:
        waiting = source.header
        for line, row in rows_of(lines, source.delimiter, source.path):
            if waiting and any(cell.strip() for cell in row):
                waiting = False
                continue
            yield line, row
