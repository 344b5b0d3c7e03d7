"""A column of cells read byte by byte: which hold nothing but digits and the marks of a number, and their digits.

*Theory of operation.* A list writes its numbers in a few ways, such as `(212) 555-0123`. So the first cell of each
length is taken as an example: where its digits stand and its marks. A cell of that length is 16 bytes at most, two
words; it is written alike when two comparisons of words say that its marks are the example's and all else is digits,
and then its digits, weighted by their places, add up to its number.

What is written in no such way is read byte by byte. Every byte is looked up once; what it is (digit, dot, plus, mark,
anything else) is a bit field of 32 bits, and the running sum of the fields gives each cell's counts of all of them by
one subtraction.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

__all__ = ["Cells", "e164_digits", "read_cells"]

_DIGIT, _DOT, _PLUS, _OTHER = 1, 1 << 8, 1 << 16, 1 << 24
_FIELD = 0xFF
_LONGEST = 40  # bytes: no count of a shorter cell runs over its field; a longer one is not plain
_FIELDS = np.full(256, _OTHER, dtype=np.uint32)
_FIELDS[[ord(c) for c in "0123456789"]] = _DIGIT
_FIELDS[[ord(c) for c in " ()-"]] = 0
_FIELDS[ord(".")] = _DOT
_FIELDS[ord("+")] = _PLUS
_MOST_DIGITS = 15  # of E.164; so many are exact as a float
_WORDS, _BYTES = 2, 16
_FEW = 64  # rows that are not worth an example
_EXAMPLES = 3  # of each length

_Rows = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Cells:
    """The cells of a column, arrays of shape (n,).

    A cell is `plain` when it has digits, spaces, `( ) -`, dots that are no spreadsheet's decimal point, at most one
    plus, in front, and nothing else, and not more than 15 digits; the other arrays mean nothing elsewhere.
    """

    plain: NDArray[np.bool_]
    plus: NDArray[np.bool_]
    count: NDArray[np.uint8]  # of digits
    value: NDArray[np.int64]  # the number that the digits make

    @classmethod
    def blank(cls, rows: int) -> Cells:
        """Cells of which none is plain."""
        return cls(
            np.zeros(rows, dtype=bool),
            np.zeros(rows, dtype=bool),
            np.zeros(rows, dtype=np.uint8),
            np.zeros(rows, dtype=np.int64),
        )


def read_cells(array: pa.LargeStringArray) -> Cells:
    """Read a column of texts."""
    rows = len(array)
    found = Cells.blank(rows)
    bounds = np.frombuffer(array.buffers()[1], dtype=np.int64)[array.offset : array.offset + rows + 1]
    data = array.buffers()[2]
    if data is None or rows == 0 or bounds[0] == bounds[-1]:
        return found
    raw = np.concatenate(
        [np.frombuffer(data, dtype=np.uint8)[bounds[0] : bounds[-1]], np.zeros(_BYTES, dtype=np.uint8)]
    )
    bounds = bounds - bounds[0]
    length = np.diff(bounds)
    if array.null_count:
        length = np.where(np.asarray(array.is_valid()), length, 0)
    rest = [np.flatnonzero((length > _BYTES) & (length <= _LONGEST))]
    counts = np.bincount(np.minimum(length, _BYTES + 1), minlength=_BYTES + 2)
    for size in range(1, _BYTES + 1):
        same = np.flatnonzero(length == size) if counts[size] else rest[0][:0]
        for _ in range(_EXAMPLES):
            if len(same) < _FEW:
                break
            same = _alike(raw, bounds, same, size, found)
        rest.append(same)
    _one_by_one(raw, bounds, np.concatenate(rest), found)
    return found


def _alike(raw: NDArray[np.uint8], bounds: NDArray[np.int64], rows: _Rows, size: int, found: Cells) -> _Rows:
    """Read those of some cells of one size that are written as the first of them is; the others are given back."""
    example = Cells.blank(1)
    first = bounds[rows[0]]
    text = raw[first : first + size]
    _one_by_one(text, np.array([0, size]), np.zeros(1, dtype=np.intp), example)
    if not example.plain[0]:
        return rows[1:]
    words = np.ndarray((len(raw) - 7,), dtype="<u8", buffer=raw, strides=(1,))
    cells = np.empty((len(rows), _WORDS), dtype="<u8")
    start = bounds[rows]
    for word in range(_WORDS if size > 8 else 1):
        cells[:, word] = words[start + 8 * word]
    if size <= 8:
        cells[:, 1] = 0
    bytes_ = cells.view(np.uint8)
    is_digit = (text - np.uint8(ord("0"))) < 10
    marks, digits = (np.zeros(_BYTES, dtype=np.uint8) for _ in range(2))
    marks[:size][~is_digit] = 0xFF
    digits[:size][is_digit] = 1
    value = bytes_ - np.uint8(ord("0"))
    like = ((cells ^ cells[0]) & marks.view("<u8")) == 0
    like &= ((value < 10).view("<u8") & digits.view("<u8")) == digits.view("<u8")
    both = like[:, 0] & like[:, 1]
    weights = np.zeros(_BYTES)
    weights[:size][is_digit] = 10.0 ** np.arange(is_digit.sum() - 1, -1, -1)
    alike = rows if both.all() else rows[both]
    number = (value if alike is rows else value[both]).astype(np.float64) @ weights
    found.plain[alike] = True
    found.plus[alike] = example.plus[0]
    found.count[alike] = example.count[0]
    found.value[alike] = number.astype(np.int64)
    return rows[~both]


def _one_by_one(raw: NDArray[np.uint8], bounds: NDArray[np.int64], rows: _Rows, found: Cells) -> None:
    """Read cells of 1 to 40 bytes, however they are written."""
    if not len(rows):
        return
    start, length = bounds[rows], bounds[rows + 1] - bounds[rows]
    ends = np.cumsum(length)
    at = np.arange(ends[-1]) + np.repeat(start - ends + length, length)
    text, edges = raw[at], np.concatenate([[0], ends])
    sums = np.zeros(len(text) + 1, dtype=np.uint32)
    np.cumsum(_FIELDS[text], out=sums[1:])
    fields = np.diff(sums[edges])
    plain, count, pluses = fields < _OTHER, fields & _FIELD, fields >> 16
    plus = plain & (pluses == 1) & (text[edges[:-1]] == ord("+"))
    plain &= (count <= _MOST_DIGITS) & ((pluses == 0) | plus)
    values = text - np.uint8(ord("0"))
    is_digit = values < 10
    for row in np.flatnonzero(plain & ((fields >> 8 & _FIELD) > 0)).tolist():
        cell = slice(edges[row], edges[row + 1])
        last = np.flatnonzero(text[cell] == ord("."))[-1]
        plain[row] = np.count_nonzero(is_digit[cell][last:]) > 2  # fewer may be a spreadsheet's decimals
    before = np.concatenate([[0], np.cumsum(is_digit)])[edges[:-1]]
    digits = values[is_digit]
    number = np.zeros(len(rows), dtype=np.int64)
    for place in range(int(count[plain].max(initial=0))):
        inside = np.flatnonzero(plain & (count > place))
        number[inside] = number[inside] * 10 + digits[before[inside] + place]
    found.plain[rows], found.plus[rows] = plain, plus
    found.count[rows], found.value[rows] = np.minimum(count, _FIELD), number


def e164_digits(array: pa.LargeStringArray) -> NDArray[np.uint64]:
    """The digits of texts that are written as E.164 (a plus and 7 to 15 digits, the first not 0); 0 for all others."""
    cells = read_cells(array)
    length = pc.fill_null(pc.binary_length(array), 0).to_numpy()
    written = cells.plain & cells.plus & (length == cells.count + 1) & (cells.count >= 7)
    written &= cells.value >= 10 ** (np.maximum(cells.count, 1).astype(np.int64) - 1)
    return np.where(written, cells.value, 0).astype(np.uint64)
