"""The fast way through a flat North American list: whole blocks of clean lines at once.

Theory of operation. A clean list has lines of one length: `AAA,NNNNNNN` or ten digits, ended by LF or CRLF.
Such a block is a table with 11, 12 or 13 bytes a row, and digits at fixed places. Four digits at a time are
read as one little-endian 32-bit word: a mask proves that all four bytes are ASCII digits, and two multiply-
adds turn them into a value (the well-known SWAR trick). Every byte of every row is checked.

A block that is not of that shape is cut in two at a line end and each half is tried again, until a piece is
small; only that piece takes the careful way, line by line. One odd line among a million costs nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt

from dnc.registries.report import Numbers

__all__ = ["clean_pieces"]

_SMALL: Final = 2_048  # bytes: pieces below go the careful way at once
_ROWS: Final = 2**14  # rows at once: what they need stays in the second-level cache
_PLUS_ONE: Final = np.uint64(10_000_000_000)

Words = npt.NDArray[np.uint32]


def clean_pieces(block: bytes) -> Iterator[Numbers | bytes]:
    """Cut a block of whole lines into arrays of E.164 digits (clean) and bytes (to be read with care)."""
    if len(block) < _SMALL:
        numbers = _parse(block)
        yield block if numbers is None else numbers
        return
    numbers = _parse(block)
    if numbers is not None:
        yield numbers
        return
    middle = block.find(b"\n", len(block) // 2) + 1
    if middle in (0, len(block)):
        middle = block.rfind(b"\n", 0, len(block) // 2) + 1
    if middle == 0:
        yield block
        return
    yield from clean_pieces(block[:middle])
    yield from clean_pieces(block[middle:])


def _parse(block: bytes) -> Numbers | None:
    """The numbers of a block in which every line is clean and of one length, else None."""
    width = block.find(b"\n", 0, 16) + 1
    if width < 11 or width > 13 or len(block) % width:
        return None
    comma = block[3:4] == b","
    digits = 11 if comma else 10
    ends = block[digits:width]
    if ends not in (b"\n", b"\r\n"):
        return None
    table = np.frombuffer(block, dtype=np.uint8).reshape(-1, width)
    for place in range(digits, width):
        if not bool((table[:, place] == ends[place - digits]).all()):
            return None
    parts: list[Numbers] = []
    for first in range(0, len(table), _ROWS):
        rows = min(_ROWS, len(table) - first)
        part = (_comma_rows if comma else _plain_rows)(block, first * width, rows, width)
        if part is None:
            return None
        parts.append(part)
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _comma_rows(block: bytes, start: int, rows: int, width: int) -> Numbers | None:
    """`AAA,NNNNNNN`: words at 0 (`AAA,`), 4 (`NNNN`) and 7 (`NNNN`, sharing one digit)."""
    head = _words(block, start, rows, width)
    if not bool((head >> np.uint32(24) == ord(",")).all()):
        return None
    head = (head << np.uint32(8)) | np.uint32(ord("0"))  # the comma leaves at the top, `0` enters below
    middle = _words(block, start + 4, rows, width)
    tail = _words(block, start + 7, rows, width)
    if not (_all_digits(head) and _all_digits(middle) and _all_digits(tail)):
        return None
    area, first_four, last_four = _value(head), _value(middle), _value(tail)
    if int(area.min()) < 200 or int(first_four.min()) < 2000:
        return None
    exchange = area * np.uint32(1000) + first_four // np.uint32(10)
    return exchange * np.uint64(10_000) + last_four + _PLUS_ONE


def _plain_rows(block: bytes, start: int, rows: int, width: int) -> Numbers | None:
    """Ten digits: words at 0 (`AAAN`), 2 (`ANNN`, sharing two digits) and 6 (`NNNN`)."""
    head = _words(block, start, rows, width)
    middle = _words(block, start + 2, rows, width)
    tail = _words(block, start + 6, rows, width)
    if not (_all_digits(head) and _all_digits(middle) and _all_digits(tail)):
        return None
    first_four, last_four = _value(head), _value(tail)
    if int(first_four.min()) < 2000 or int((first_four % np.uint32(10)).min()) < 2:
        return None
    exchange = first_four * np.uint32(100) + _value(middle) % np.uint32(100)
    return exchange * np.uint64(10_000) + last_four + _PLUS_ONE


def _words(block: bytes, start: int, rows: int, width: int) -> Words:
    """Bytes start..start+3 of each row as little-endian words, shape (rows,)."""
    return np.ndarray((rows,), dtype="<u4", buffer=block, offset=start, strides=(width,)).copy()


def _all_digits(words: Words) -> bool:
    high = np.uint32(0xF0F0F0F0)
    carried = ((words + np.uint32(0x06060606)) & high) >> np.uint32(4)
    return bool((((words & high) | carried) == np.uint32(0x33333333)).all())


def _value(words: Words) -> Words:
    """Four ASCII digits as their value, 0..9,999."""
    digits = words - np.uint32(0x30303030)
    pairs = digits * np.uint32(10) + (digits >> np.uint32(8))
    return (pairs & np.uint32(0xFF)) * np.uint32(100) + ((pairs >> np.uint32(16)) & np.uint32(0xFF))
