"""The fast way through an XML full list: runs of plain entries `<ph val='5550101' />` at once.

Theory of operation. A whole national list is 250 million such entries and little else. Every `<` of a block is
found; each is the start of a plain entry when three words read there hold the tag's letters, its quotes and
seven digits (SWAR, see `cleanlines.py`). Plain entries with nothing but blanks between them are a run. The
parser is handed the document with each run replaced by one empty element, a *mark*, whose name nobody who
writes a file can guess, so it judges everything else (nesting, end tags, comments, text, declarations, what is
cut short) as ever, and the entries of a run count at the place, and only if, the parser comes to its mark as an
element: in a comment it counts nothing, outside an area code it is refused.

What is not plain to the letter stays in the document and takes the careful way.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from dnc.registries.report import Numbers

__all__ = ["Run", "plain_runs"]

_PLAIN: Final = re.compile(rb"<ph val=(['\"])[2-9]\d{6}(\1 ?/>)")
_PIECE: Final = 2**18  # bytes looked at at once: what they need stays in the second-level cache
_SHORTEST: Final = 32  # entries: a shorter run costs more than it spares
_GAP: Final = 64  # blanks between two entries of a run, at most
_TAIL_AT: Final = 16  # where the closing quote stands in an entry
_READ: Final = 24  # bytes read of each entry: the whole of it, and the first that follow

_OPENING: Final = np.frombuffer(b"<ph val=", dtype="<u8")[0]
_HIGH: Final = np.uint64(0xF0F0F0F0F0F0F0F0)
_SIXES: Final = np.uint64(0x0606060606060606)
_THREES: Final = np.uint64(0x3333333333333333)
_ZEROS: Final = np.uint64(0x3030303030303030)
_LOWEST: Final = np.uint64(0xFF)
_PAIRS: Final = np.uint64(0x000000FF000000FF)
_UPPER: Final = np.uint64(0x000F424000000064)  # 1,000,000 and 100
_LOWER: Final = np.uint64(0x0000271000000001)  # 10,000 and 1

_BLANK: Final = np.zeros(256, dtype=bool)
_BLANK[list(b" \t\r\n")] = True

Bytes = npt.NDArray[np.uint8]
Places = npt.NDArray[np.intp]
Words = npt.NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Run:
    """Entries in a row: their seven digits as values, shape (n,), and the bytes and line ends they took."""

    numbers: Numbers
    size: int
    line_ends: int


def plain_runs(block: bytes) -> Iterator[bytes | Run]:
    """Cut a block, which may begin and end anywhere, into runs and the bytes between them, in order."""
    for start in range(0, len(block), _PIECE):
        yield from _runs(block[start : start + _PIECE])


def _runs(block: bytes) -> Iterator[bytes | Run]:
    first = _PLAIN.search(block)
    text = np.frombuffer(block, dtype=np.uint8)
    starts = np.flatnonzero(text == ord("<"))
    starts = starts[starts <= len(block) - _READ]
    if first is None or not len(starts):
        yield block
        return
    width = _TAIL_AT + len(first[2])
    words = np.ndarray((len(block) - _READ + 1,), dtype=f"V{_READ}", buffer=block, strides=(1,))[starts]
    opening, middle, closing = words.view("<u8").reshape(-1, 3).T
    plain, numbers = _entries(opening, middle, closing, first[1], first[2])
    joined = plain[1:] & plain[:-1] & _only_blanks(text, starts[:-1] + width, starts[1:], closing[:-1])
    done = 0
    for head, end in _stretches(joined):
        begin, stop = int(starts[head]), int(starts[end - 1]) + width
        line_ends = _line_ends(text[begin:stop])
        if line_ends is None:
            continue
        if begin > done:
            yield block[done:begin]
        yield Run(numbers[head:end], stop - begin, line_ends)
        done = stop
    if done < len(block):
        yield block[done:]


def _entries(
    opening: Words, middle: Words, closing: Words, quote: bytes, tail: bytes
) -> tuple[npt.NDArray[np.bool_], Numbers]:
    """Whether each three words are a plain entry, and its value; both of shape (n,)."""
    end = np.uint64(int.from_bytes(tail, "little"))
    digits = (middle & ~_LOWEST) | np.uint64(ord("0"))  # the quote leaves, `0` enters
    carried = ((digits + _SIXES) & _HIGH) >> np.uint64(4)
    plain = opening == _OPENING
    plain &= (middle & _LOWEST) == np.uint64(ord(quote))
    plain &= ((digits & _HIGH) | carried) == _THREES
    plain &= (closing & np.uint64(2 ** (8 * len(tail)) - 1)) == end
    digits -= _ZEROS
    digits = digits * np.uint64(10) + (digits >> np.uint64(8))
    value = ((digits & _PAIRS) * _UPPER + ((digits >> np.uint64(16)) & _PAIRS) * _LOWER) >> np.uint64(32)
    plain &= value >= np.uint64(2_000_000)
    return plain, value


def _only_blanks(text: Bytes, ends: Places, starts: Places, closing: Words) -> npt.NDArray[np.bool_]:
    """Whether nothing but a few blanks stands between the end of an entry and the next `<`; shape (n,).

    Nearly all gaps are the same: those are told by their first bytes, which are in the last word read.
    """
    gap = starts - ends
    fine = (gap >= 0) & (gap <= _GAP)
    if not len(gap):
        return fine
    usual = int(gap[0])
    asked = fine
    if 0 <= usual <= _READ - _TAIL_AT - 4 and bool(_BLANK[text[int(ends[0]) : int(ends[0]) + usual]].all()):
        asked = fine & ((gap != usual) | (closing != closing[0]))
    rows = np.flatnonzero(asked)
    for step in range(int(gap[rows].max(initial=0))):
        rows = rows[gap[rows] > step]
        fine[rows] &= _BLANK[text[ends[rows] + step]]
    return fine


def _line_ends(text: Bytes) -> int | None:
    """How many line ends there are; None where one is a lone CR, which only the parser counts right."""
    feeds = text == ord("\n")
    returns = text[:-1] == ord("\r")
    if bool((returns & ~feeds[1:]).any()):
        return None
    return int(np.count_nonzero(feeds))


def _stretches(joined: npt.NDArray[np.bool_]) -> Iterator[tuple[int, int]]:
    """The ranges [head, end) of entries that hang together, none shorter than `_SHORTEST`."""
    edges = np.flatnonzero(np.diff(joined.astype(np.int8), prepend=0, append=0))
    for head, last in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        if last + 1 - head >= _SHORTEST:
            yield head, last + 1
