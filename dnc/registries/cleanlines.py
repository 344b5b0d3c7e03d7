"""The fast way through a list of one number a line, and flat North American lists: thousands of lines at once.

Theory of operation. A clean North American list has lines of one length: `AAA,NNNNNNN` or ten digits, ended by
LF or CRLF. They are a table with 11, 12 or 13 bytes a row, and digits at fixed places. Four digits at a time are
read as one little-endian 32-bit word: a mask proves that all four bytes are ASCII digits, and two multiply-adds
turn them into a value (the well-known SWAR trick). Every byte of every row is checked.

The table ends before the first row that is not clean to the letter. That line takes the careful way, and the next
table begins behind it: an odd line among thousands costs little. Where odd lines stand close together a whole piece
takes the careful way. Lists of other layouts are read the same way (`cleancolumns.py`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from dnc.registries.report import Numbers, Sink
from dnc.registries.text import Line, line_count, lines_of, whole_lines

__all__ = ["CleanLines", "Flags", "Table", "clean_pieces", "clean_rows", "flat_table", "lists_of"]

_ROWS: Final = 2**14  # rows at once: what they need stays in the second-level cache
_FEW: Final = 64  # clean rows: fewer are not worth a table
_SMALL: Final = 2_048  # bytes that take the careful way where odd lines stand close together
_PLUS_ONE: Final = np.uint64(10_000_000_000)
_NONE: Final = np.zeros(0, dtype=np.uint64)

Flags = npt.NDArray[np.bool_]
Words = npt.NDArray[np.uint32]

#: Reads the table of at most so many rows that begins at a place of a block: the numbers of the clean rows before the
#: first that is not, and the bytes of a row.
Table = Callable[[bytes, int, int], tuple[Numbers, int]]


@dataclass(frozen=True, slots=True)
class CleanLines:
    """Clean lines in a row: the line they begin at (from 1), their E.164 digits, and how each of them ends."""

    number: int
    numbers: Numbers
    end: str


def lists_of(blocks: Iterator[bytes], sink: Sink, table: Table) -> Iterator[CleanLines | Line]:
    """A list of one number a line, in order: what is clean, and the lines to be read with care."""
    first = 1
    for block in whole_lines(blocks, sink):
        for piece, numbers in clean_pieces(block, table):
            if numbers is None:
                yield from lines_of(piece, first, sink)
                first += line_count(piece)
            else:
                yield CleanLines(first, numbers, "\r\n" if piece.endswith(b"\r\n") else "\n")
                first += len(numbers)


def clean_pieces(block: bytes, table: Table) -> Iterator[tuple[bytes, Numbers | None]]:
    """Cut a block of whole lines into pieces, each with its E.164 digits; None: to be read with care."""
    at, most = 0, _ROWS
    while at < len(block):
        numbers, width = table(block, at, most)
        clean = len(numbers) * width
        if len(numbers) >= _FEW or (clean and at + clean == len(block)):
            yield block[at : at + clean], numbers
            at += clean
            if len(numbers) == most:
                most = min(2 * most, _ROWS)
                continue
            least = 1
        else:
            least = _SMALL
        # What follows is odd; behind it short tables are tried first, for one odd line seldom comes alone.
        most = _ROWS // 8
        end = block.find(b"\n", at + least - 1) + 1 or len(block)
        if end > at:
            yield block[at:end], None
            at = end


def flat_table(block: bytes, at: int, most: int) -> tuple[Numbers, int]:
    """Clean flat North American lines, all of one length."""
    width = block.find(b"\n", at, at + 13) + 1 - at
    comma = block[at + 3 : at + 4] == b","
    digits = 11 if comma else 10
    ends = block[at + digits : at + width]
    if ends not in (b"\n", b"\r\n"):
        return _NONE, 1
    rows = min(most, (len(block) - at) // width)
    clean, numbers = (_comma_rows if comma else _plain_rows)(block, at, rows, width)
    return numbers[: clean_rows(block, at, width, digits, clean)], width


def clean_rows(block: bytes, at: int, width: int, digits: int, clean: Flags) -> int:
    """How many rows there are before the first that is not `clean` or does not end as the first one does."""
    table = np.ndarray((len(clean), width), dtype=np.uint8, buffer=block, offset=at)
    for place in range(digits, width):
        clean &= table[:, place] == block[at + place]
    return len(clean) if bool(clean.all()) else int(clean.argmin())


def _comma_rows(block: bytes, at: int, rows: int, width: int) -> tuple[Flags, Numbers]:
    """`AAA,NNNNNNN`: words at 0 (`AAA,`), 4 (`NNNN`) and 7 (`NNNN`, sharing one digit)."""
    head = _words(block, at, rows, width)
    clean = head >> np.uint32(24) == ord(",")
    head = (head << np.uint32(8)) | np.uint32(ord("0"))  # the comma leaves at the top, `0` enters below
    middle = _words(block, at + 4, rows, width)
    tail = _words(block, at + 7, rows, width)
    area, first_four, last_four = _value(head), _value(middle), _value(tail)
    clean &= _all_digits(head) & _all_digits(middle) & _all_digits(tail)
    clean &= (area >= 200) & (first_four >= 2000)
    exchange = area * np.uint32(1000) + first_four // np.uint32(10)
    return clean, exchange * np.uint64(10_000) + last_four + _PLUS_ONE


def _plain_rows(block: bytes, at: int, rows: int, width: int) -> tuple[Flags, Numbers]:
    """Ten digits: words at 0 (`AAAN`), 2 (`ANNN`, sharing two digits) and 6 (`NNNN`)."""
    head = _words(block, at, rows, width)
    middle = _words(block, at + 2, rows, width)
    tail = _words(block, at + 6, rows, width)
    first_four, last_four = _value(head), _value(tail)
    clean = _all_digits(head) & _all_digits(middle) & _all_digits(tail)
    clean &= (first_four >= 2000) & (first_four % np.uint32(10) >= 2)
    exchange = first_four * np.uint32(100) + _value(middle) % np.uint32(100)
    return clean, exchange * np.uint64(10_000) + last_four + _PLUS_ONE


def _words(block: bytes, at: int, rows: int, width: int) -> Words:
    """Four bytes of each row from a place on, as little-endian words, shape (rows,)."""
    return np.ndarray((rows,), dtype="<u4", buffer=block, offset=at, strides=(width,)).copy()


def _all_digits(words: Words) -> Flags:
    high = np.uint32(0xF0F0F0F0)
    carried = ((words + np.uint32(0x06060606)) & high) >> np.uint32(4)
    flags: Flags = ((words & high) | carried) == np.uint32(0x33333333)
    return flags


def _value(words: Words) -> Words:
    """Four ASCII digits as their value, 0..9,999."""
    digits = words - np.uint32(0x30303030)
    pairs = digits * np.uint32(10) + (digits >> np.uint32(8))
    return (pairs & np.uint32(0xFF)) * np.uint32(100) + ((pairs >> np.uint32(16)) & np.uint32(0xFF))
