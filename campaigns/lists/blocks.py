"""A contact list as columns of text, some megabytes at a time, at the speed of Arrow.

*Theory of operation.* The file is cut behind line ends. A block in which every line is one row (there are no quotes,
or each pair of them encloses a whole cell of one line) is read by Arrow; any other one, and every row that does not
have the header's number of cells, as a list that is loaded is (`campaigns.lists.reading`). So both give the same rows
with the same line numbers, which a property test holds, and refuse the same files. Cutting is cheap and goes on in one
place; reading a block is left to whoever takes it, in any thread.
"""

from __future__ import annotations

import codecs
import csv
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from io import BufferedReader
from itertools import chain

import numpy as np
import pyarrow as pa
import pyarrow.csv as pa_csv
from numpy.typing import NDArray

from campaigns.lists.errors import ListError
from campaigns.lists.reading import Record, Source, cut_short, not_text, rows_of

__all__ = ["BLOCK_BYTES", "Block", "Sheet", "blocks_of"]

#: Bytes read at a time: some ten thousand rows.
BLOCK_BYTES = 8 << 20
_NEWLINE, _RETURN, _QUOTE = b"\n", b"\r", ord('"')
_LONGEST_CELL = 4_096  # bytes between two quotes; a block with a longer one is read row by row


@dataclass(frozen=True, eq=False)
class Sheet:
    """Some rows as columns: the line that each begins on, and the texts of the fields that were asked for.

    `wide` are rows with more cells than the header has, whose values may be in the wrong columns: none of their cells
    is in `texts`, which have "" in their place.
    """

    lines: NDArray[np.int64]
    texts: dict[str, pa.LargeStringArray]
    wide: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.lines)


@dataclass(frozen=True, eq=False)
class Block:
    """A part of a file, cut where a row ends. `read` may be called in any thread."""

    source: Source
    first_line: int
    lines: int
    data: bytearray | None  # UTF-8; None: `rows` are read already
    rows: Sequence[Record] = ()

    def read(self, fields: Sequence[str]) -> Sheet:
        """The columns of some fields; those that the file lacks are left out.

        Raises:
            ListError: the text is not what the encoding says, or the file is cut short.
        """
        present = {field: self.source.layout.fields[field] for field in fields if field in self.source.layout.fields}
        if self.data is None:
            return _of_rows(self.rows, present, self.source.width)
        return self._parsed(self.data, present)

    def _parsed(self, data: bytearray, present: dict[str, int]) -> Sheet:
        """The block read by Arrow, rows of other widths apart."""
        odd: list[tuple[int, str]] = []

        def keep(row: pa_csv.InvalidRow) -> str:
            odd.append((row.number, row.text))
            return "skip"

        try:
            table = _read_csv(data, self.source, present, keep)
        except pa.ArrowInvalid as error:
            for number, line in enumerate(data.splitlines()):
                try:
                    line.decode()
                except UnicodeDecodeError:
                    raise not_text(self.source.path, self.source.encoding, self.first_line + number) from error
            raise
        lines = self.lines
        assert table.num_rows + len(odd) == lines, "every line of a plain block is a row"
        texts = {field: table.column(str(position)).combine_chunks() for field, position in present.items()}
        numbers = np.arange(self.first_line, self.first_line + lines)
        if not odd:
            return Sheet(numbers, texts, np.zeros(lines, dtype=bool))
        rows = [(number - 1, next(csv.reader([text], delimiter=self.source.delimiter), [])) for number, text in odd]
        number, last = rows[-1]
        short = len(last) < self.source.width and any(cell.strip() for cell in last)
        if number == lines - 1 and short and not data.endswith(_NEWLINE):
            raise cut_short(self.source.path, self.first_line + lines - 1)
        rest = _of_rows(rows, present, self.source.width)
        order = np.empty(lines, dtype=np.int64)
        order[np.delete(np.arange(lines), rest.lines)] = np.arange(table.num_rows)
        order[rest.lines] = np.arange(table.num_rows, lines)
        wide = np.concatenate([np.zeros(table.num_rows, dtype=bool), rest.wide])[order]
        index = pa.array(order)
        whole = {field: pa.concat_arrays([text, rest.texts[field]]).take(index) for field, text in texts.items()}
        return Sheet(numbers, whole, wide)


def blocks_of(source: Source, size: int = BLOCK_BYTES) -> Iterator[Block]:
    """The list behind its header, block by block, in order.

    Raises:
        ListError: a quote is not closed, or the text is not what the encoding says.
    """
    with source.path.open("rb") as file:
        text = _Text(file, source, size)
        line = text.skip_header() if source.header else 1
        while data := text.take():
            if _is_plain(data, source.delimiter):
                lines = _lines(data)
                yield Block(source, line, lines, data)
            else:
                rows, lines = text.careful(data, line)
                yield Block(source, line, lines, None, rows)
            line += lines


class _Text:
    """The file as UTF-8, taken in pieces that end with a line."""

    def __init__(self, file: BufferedReader, source: Source, size: int) -> None:
        self._file, self._source, self._size = file, source, size
        self._recode = _recoder(source)
        if self._recode is None and file.read(len(codecs.BOM_UTF8)) != codecs.BOM_UTF8:
            file.seek(0)
        self._pending = bytearray()  # read, and not taken yet
        self._ended = False

    def take(self) -> bytearray:
        """Some whole lines; at the file's end what is left, then nothing."""
        data, self._pending = self._pending, bytearray()
        known = 0  # bytes in which there is no line's end
        while not self._ended and (len(data) < self._size or data.find(_NEWLINE, known) < 0):
            known = len(data)
            data = self._longer(data)
            self._ended = len(data) == known
        if not self._ended:
            end = data.rfind(_NEWLINE) + 1
            self._pending = data[end:]
            del data[end:]
        return data

    def _longer(self, data: bytearray) -> bytearray:
        """The data with what comes next in the file."""
        if self._recode is not None:
            while (piece := self._file.read(self._size)) and not (text := self._recode(piece)):
                pass
            return data + (text if piece else self._recode(b""))
        longer = bytearray(len(data) + self._size)
        longer[: len(data)] = data
        with memoryview(longer) as view:
            read = self._file.readinto(view[len(data) :])
        del longer[len(data) + read :]
        return longer

    def skip_header(self) -> int:
        """Go on behind the first row that is not empty; the number of the line that then comes."""
        lines = _Lines(self, self.take())
        rows = rows_of(iter(lines), self._source.delimiter, self._source.path)
        next(row for _, row in rows if any(cell.strip() for cell in row))
        self._pending = lines.left() + self._pending
        return lines.taken + 1

    def careful(self, data: bytearray, line: int) -> tuple[list[Record], int]:
        """The rows of some lines, and how many lines they are: more than were given where a row goes on behind them."""
        lines = _Lines(self, data)
        given = len(lines)
        # The reader compares rows with its first one: it gets one as wide as the header.
        like_header = self._source.delimiter * (self._source.width - 1) + "\n"
        rows: list[Record] = []
        try:
            for begins, row in rows_of(chain([like_header], iter(lines)), self._source.delimiter, self._source.path):
                if begins > 1:
                    rows.append((line + begins - 2, row))
                if lines.taken >= given:
                    break
        except ListError as error:
            remedy = error.remedy
            raise ListError(error.message, file=error.file, line=line + error.line - 2, remedy=remedy) from error
        except UnicodeDecodeError as error:
            raise not_text(self._source.path, self._source.encoding, line + lines.taken - 1) from error
        self._pending = lines.left() + self._pending
        return rows, lines.taken


class _Lines:
    """The lines of some data, then those behind it, one by one, as far as they are asked for."""

    def __init__(self, text: _Text, data: bytearray) -> None:
        self._text, self._waiting = text, deque(data.splitlines(keepends=True))
        self.taken = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def __iter__(self) -> Iterator[str]:
        while True:
            if not self._waiting:
                self._waiting.extend(self._text.take().splitlines(keepends=True))
            if not self._waiting:
                return
            self.taken += 1
            yield self._waiting.popleft().decode()

    def left(self) -> bytearray:
        """What was not asked for."""
        return bytearray().join(self._waiting)


def _recoder(source: Source) -> Callable[[bytes], bytes] | None:
    """A function that turns the file's bytes, piece by piece, into UTF-8; an empty piece is the end. None: they are."""
    name = source.encoding.name
    if name in ("utf-8", "utf-8-sig"):
        return None
    decoder = codecs.getincrementaldecoder(name)()
    done = 0

    def recoded(piece: bytes) -> bytes:
        nonlocal done
        try:
            text = decoder.decode(piece, final=not piece).encode()
        except UnicodeError as error:
            raise not_text(source.path, source.encoding, done + 1) from error
        done += text.count(_NEWLINE)
        return text

    return recoded


def _lines(data: bytearray) -> int:
    """How many lines there are; the last one may lack its end."""
    return int(np.count_nonzero(np.frombuffer(data, dtype=np.uint8) == ord(_NEWLINE))) + (not data.endswith(_NEWLINE))


def _is_plain(data: bytearray, delimiter: str) -> bool:
    """Whether every line is one row: each quote encloses a whole cell, and no cell goes over a line's end."""
    if _RETURN in data and data.count(_RETURN) != data.count(_RETURN + _NEWLINE):
        return False
    if _QUOTE not in data:
        return True
    raw = np.frombuffer(data, dtype=np.uint8)
    quotes = np.flatnonzero(raw == _QUOTE)
    if len(quotes) % 2:
        return False
    opening, closing = quotes[::2], quotes[1::2]
    # What may stand before an opening quote and behind a closing one: a cell's end, or the other half of a doubled one.
    ends = np.zeros(256, dtype=bool)
    ends[[ord(delimiter), _QUOTE, *_NEWLINE]] = True
    before = ends[raw[np.maximum(opening - 1, 0)]] | (opening == 0)
    ends[[*_RETURN]] = True
    behind = ends[raw[np.minimum(closing + 1, len(raw) - 1)]]  # the last byte may be the quote itself
    whole = before.all() and behind.all()
    length = closing - opening
    if not whole or int(length.max()) > _LONGEST_CELL:
        return False
    inside = np.repeat(opening - np.cumsum(length) + length, length) + np.arange(int(length.sum()))
    return not (raw[inside] == ord(_NEWLINE)).any()


def _read_csv(
    data: bytearray, source: Source, present: dict[str, int], keep: Callable[[pa_csv.InvalidRow], str]
) -> pa.Table:
    names = [str(position) for position in range(source.width)]
    wanted = [str(position) for position in present.values()]
    return pa_csv.read_csv(
        pa.BufferReader(data),
        read_options=pa_csv.ReadOptions(use_threads=False, block_size=len(data) + 1, column_names=names),
        parse_options=pa_csv.ParseOptions(
            delimiter=source.delimiter, ignore_empty_lines=False, invalid_row_handler=keep
        ),
        convert_options=pa_csv.ConvertOptions(
            include_columns=wanted, column_types=dict.fromkeys(wanted, pa.large_string())
        ),
    )


def _of_rows(rows: Sequence[Record], present: dict[str, int], width: int) -> Sheet:
    """Rows of text as columns; a short row's missing cells are empty, and so are all of one that is too wide."""
    wide = np.array([len(row) > width and any(cell.strip() for cell in row[width:]) for _, row in rows], dtype=bool)
    texts = {
        field: pa.array(
            ["" if far or position >= len(row) else row[position] for (_, row), far in zip(rows, wide, strict=True)],
            type=pa.large_string(),
        )
        for field, position in present.items()
    }
    return Sheet(np.array([line for line, _ in rows], dtype=np.int64), texts, wide)
