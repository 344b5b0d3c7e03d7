"""The fast way through lists outside North America: tables of bytes, read a column at a time.

The British list has 12 characters a line, digits and blanks in places that differ from line to line; a list of
E.164 numbers has lines of one length. A value grows by one digit a column, over some ten thousand rows at once.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt

from dnc.registries.cleanlines import Flags, clean_rows
from dnc.registries.plans import possible_length
from dnc.registries.report import Numbers

__all__ = ["e164_table", "tps_table"]

Bytes = npt.NDArray[np.uint8]

_BLANK: Final = ord(" ")
_ZERO: Final = ord("0")
_TPS_CHARACTERS: Final = 12
_NONE: Final = np.zeros(0, dtype=np.uint64)
_POWERS: Final[Numbers] = np.array([10**digits for digits in range(7)], dtype=np.uint64)


def tps_table(block: bytes, at: int, most: int) -> tuple[Numbers, int]:
    """Clean British lines of 12 characters, LF or CRLF."""
    return _table(block, at, most, _TPS_CHARACTERS, _TPS_CHARACTERS, _british)


def e164_table(block: bytes, at: int, most: int) -> tuple[Numbers, int]:
    """Clean lines of one length, `+` and 7 to 15 digits, LF or CRLF; what is North American takes the careful way."""
    return _table(block, at, most, 8, 16, _e164)


def _table(
    block: bytes, at: int, most: int, shortest: int, longest: int, read: Callable[[Bytes], tuple[Flags, Numbers]]
) -> tuple[Numbers, int]:
    width = block.find(b"\n", at, at + longest + 2) + 1 - at
    characters = width - (2 if block[at + width - 2 : at + width] == b"\r\n" else 1)
    if not shortest <= characters <= longest:
        return _NONE, 1
    rows = min(most, (len(block) - at) // width)
    table = np.ndarray((rows, width), dtype=np.uint8, buffer=block, offset=at)
    clean, numbers = read(np.ascontiguousarray(table[:, :characters].T))
    return numbers[: clean_rows(block, at, width, characters, clean)], width


def _british(columns: Bytes) -> tuple[Flags, Numbers]:
    """`plans.BRITAIN` for columns of shape (12, n)."""
    clean, left, left_digits = _digits_and_blanks(columns[:6])
    right_clean, right, right_digits = _digits_and_blanks(columns[6:])
    value: Numbers = left * _POWERS.take(right_digits) + right
    digits = left_digits + right_digits
    # With its leading 0 a number of eleven digits is ten digits long, and one of ten is nine.
    first_three = (value // np.uint64(10**6)).astype(np.uint32)
    nine = (first_three // np.uint32(100) == 1) | (first_three == 500) | (first_three == 800)
    long = (digits == 11) & (first_three >= 1_000) & (first_three < 10_000)
    clean &= right_clean & (long | ((digits == 10) & nine))
    value += np.where(long, np.uint64(44 * 10**10), np.uint64(44 * 10**9))
    return clean, value


def _digits_and_blanks(columns: Bytes) -> tuple[Flags, npt.NDArray[np.uint32], Bytes]:
    """For columns (6, n): whether all is digits and blanks, what the digits come to, and how many they are."""
    clean = np.ones(columns.shape[1], dtype=bool)
    value = np.zeros(columns.shape[1], dtype=np.uint32)
    count = np.zeros(columns.shape[1], dtype=np.uint8)
    for column in columns:
        digit = column - np.uint8(_ZERO)
        is_digit = digit < 10
        clean &= is_digit | (column == _BLANK)
        count += is_digit
        value = np.where(is_digit, value * np.uint32(10) + digit, value)
    return clean, value, count


def _e164(columns: Bytes) -> tuple[Flags, Numbers]:
    """`plans.e164_number` for columns of shape (8 to 16, n), `+` first."""
    clean = (columns[0] == ord("+")) & (columns[1] > ord("1"))
    value = np.zeros(columns.shape[1], dtype=np.uint64)
    for column in columns[1:]:
        digit = column - np.uint8(_ZERO)
        clean &= digit < 10
        value = value * np.uint64(10) + digit
    behind = len(columns) - 4
    codes = np.where(clean, value // np.uint64(10**behind), np.uint64(0)).astype(np.int64)
    for code in np.flatnonzero(np.bincount(codes)).tolist():
        if not possible_length(f"{code:03d}" + "0" * behind):
            clean &= codes != code
    return clean, value
