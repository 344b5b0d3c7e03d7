"""A column of cells read byte by byte: which hold nothing but digits and the marks of a number, and their digits.

*Theory of operation.* Every byte of the column is looked up once: a digit counts 1, a mark that means nothing 0,
anything else so much that it cannot be mistaken for digits. The running sum of these gives each cell's count by one
subtraction; the few cells with anything else are looked at again, with a field of bits for each kind of it. The digits
of all cells stand one behind the other in one array, in which eight at a time are read as one word and turned into a
number by three multiplications.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

__all__ = ["Cells", "e164_digits", "read_cells"]

_LONGEST = 40  # bytes: no count of a shorter cell runs over its field; a longer one is not plain
_STRANGE = 64  # more than the digits of a cell can be
_MOST_DIGITS = 15  # of E.164
_WORD = 8  # digits read at once

#: What a byte counts at first: digit, mark, anything else.
_COUNTS = bytearray([_STRANGE]) * 256
#: What it counts in cells that have anything else: fields of eight bits for digits, dots, pluses, the rest.
_DIGIT, _DOT, _PLUS, _OTHER = 1, 1 << 8, 1 << 16, 1 << 24
_FIELD = 0xFF
_FIELDS = np.full(256, _OTHER, dtype=np.uint32)
for _mark in b" ()-":
    _COUNTS[_mark], _FIELDS[_mark] = 0, 0
for _digit in b"0123456789":
    _COUNTS[_digit], _FIELDS[_digit] = _DIGIT, _DIGIT
_FIELDS[ord(".")], _FIELDS[ord("+")] = _DOT, _PLUS


@dataclass(frozen=True, eq=False)
class Cells:
    """The cells of a column, arrays of shape (n,).

    A cell is `plain` when it has digits, spaces, `( ) -`, dots that are no spreadsheet's decimal point, at most one
    plus, in front, and nothing else, and 1 to 15 digits; the other arrays mean nothing elsewhere.
    """

    plain: NDArray[np.bool_]
    plus: NDArray[np.bool_]
    count: NDArray[np.uint32]  # of digits
    value: NDArray[np.int64]  # the number that the digits make


def read_cells(array: pa.LargeStringArray) -> Cells:
    """Read a column of texts."""
    rows = len(array)
    bounds = np.frombuffer(array.buffers()[1], dtype=np.int64)[array.offset : array.offset + rows + 1]
    data = array.buffers()[2]
    if data is None or rows == 0 or bounds[0] == bounds[-1]:
        nothing = np.zeros(rows, dtype=bool)
        return Cells(nothing, nothing, np.zeros(rows, dtype=np.uint32), np.zeros(rows, dtype=np.int64))
    text = data.slice(bounds[0], bounds[-1] - bounds[0]).to_pybytes()
    bounds = bounds - bounds[0]
    kinds = np.frombuffer(text.translate(_COUNTS), dtype=np.uint8)
    sums = np.zeros(len(text) + 1, dtype=np.uint32)
    np.cumsum(kinds, out=sums[1:], dtype=np.uint32)
    count, length = np.diff(sums[bounds]), np.diff(bounds)
    plain = (length > 0) & (length <= _LONGEST)
    if array.null_count:
        plain &= np.asarray(array.is_valid())
    plus = np.zeros(rows, dtype=bool)
    raw = np.frombuffer(text, dtype=np.uint8)
    strange = np.flatnonzero((count >= _STRANGE) & (length <= _LONGEST))
    if len(strange):
        fit, plus[strange], count[strange] = _looked_at(raw, bounds, strange)
        plain[strange] &= fit
    for row in np.flatnonzero(length > _LONGEST).tolist():
        count[row] = np.count_nonzero(kinds[bounds[row] : bounds[row + 1]] == _DIGIT)
    first = np.cumsum(count, dtype=np.int64) - count
    plain &= (count > 0) & (count <= _MOST_DIGITS)
    is_digit = kinds == _DIGIT
    digits = np.concatenate([raw[is_digit] - np.uint8(ord("0")), np.zeros(_MOST_DIGITS, dtype=np.uint8)])
    return Cells(plain, plus, count, _values(digits, first, np.where(plain, count, 0)))


def _looked_at(
    raw: NDArray[np.uint8], bounds: NDArray[np.int64], rows: NDArray[np.intp]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_], NDArray[np.uint32]]:
    """Of cells with anything but digits and marks: which are plain all the same, which have a plus, their digits."""
    length = bounds[rows + 1] - bounds[rows]
    ends = np.cumsum(length)
    edges = np.concatenate([[0], ends])
    text = raw[np.arange(ends[-1]) + np.repeat(bounds[rows] - edges[:-1], length)]
    sums = np.zeros(len(text) + 1, dtype=np.uint32)
    np.cumsum(_FIELDS[text], out=sums[1:])
    fields = np.diff(sums[edges])
    pluses = fields >> 16
    plus = (pluses == 1) & (text[edges[:-1]] == ord("+"))
    plain = (fields < _OTHER) & ((pluses == 0) | plus)
    dotted = np.flatnonzero(plain & ((fields >> 8 & _FIELD) > 0))
    if len(dotted):
        # Few digits behind a dot may be a spreadsheet's decimals.
        dots = np.flatnonzero(text == ord("."))
        last = dots[np.searchsorted(dots, edges[dotted + 1]) - 1]
        seen = np.concatenate([[0], np.cumsum((text - np.uint8(ord("0"))) < 10)])
        plain[dotted] = seen[edges[dotted + 1]] - seen[last] > 2
    return plain, plus, fields & _FIELD


def _values(digits: NDArray[np.uint8], first: NDArray[np.int64], count: NDArray[np.uint32]) -> NDArray[np.int64]:
    """The number that `count` digits from `first` on make; 0 where there are none."""
    sizes = np.bincount(count)
    usual = int(sizes.argmax())
    found = _number(digits, first, usual)  # for all, which costs less than picking those that have so many
    for size in np.flatnonzero(sizes).tolist():
        if size != usual:
            rows = np.flatnonzero(count == size)
            found[rows] = _number(digits, first[rows], size)
    return found


def _number(digits: NDArray[np.uint8], first: NDArray[np.int64], size: int) -> NDArray[np.int64]:
    """The number that the `size` digits from `first` on make."""
    number, read = np.zeros(len(first), dtype=np.int64), 0
    if size >= _WORD:
        words = np.ndarray((len(digits) - _WORD + 1,), dtype="<u8", buffer=digits, strides=(1,))
        number, read = _eight(words[first]), _WORD
    for place in range(read, size):
        number = number * 10 + digits[first + place]
    return number


def _eight(words: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Eight digits, the first in the lowest byte, as a number: pairs, then fours, then all of them."""
    pairs = (words * np.uint64(10 * 2**8 + 1) >> np.uint64(8)) & np.uint64(0x00FF00FF00FF00FF)
    fours = (pairs * np.uint64(100 * 2**16 + 1) >> np.uint64(16)) & np.uint64(0x0000FFFF0000FFFF)
    return (fours * np.uint64(10_000 * 2**32 + 1) >> np.uint64(32)).view(np.int64)


def e164_digits(array: pa.LargeStringArray) -> NDArray[np.uint64]:
    """The digits of texts that are written as E.164 (a plus and 7 to 15 digits, the first not 0); 0 for all others."""
    cells = read_cells(array)
    length = pc.fill_null(pc.binary_length(array), 0).to_numpy()
    written = cells.plain & cells.plus & (length == cells.count + np.uint32(1)) & (cells.count >= 7)
    written &= cells.value >= 10 ** (np.where(written, cells.count, 1).astype(np.int64) - 1)
    return np.where(written, cells.value, 0).astype(np.uint64)
