"""Which numbers of a list came before: a bit for every North American number, sorted runs for all others."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from campaigns.lists.claims import Claims

__all__ = ["Seen"]

_PLUS_ONE = np.uint64(10**10)
_EXCHANGES, _LINES = 10**6, 10_000
_PAGE = _LINES // 8


class Seen:
    """The numbers so far.

    Takes 4 MB of memory, and 1,250 bytes for each exchange (area code and three digits) that has a number; all of the
    1.25 GB that these can be are reserved, and the system gives them as they are touched.
    """

    def __init__(self) -> None:
        self._start = np.zeros(_EXCHANGES, dtype=np.uint32)  # of each exchange's page; 0: none yet
        self._bits = np.zeros((_EXCHANGES + 1) * _PAGE, dtype=np.uint8)
        self._used = 1  # the first page is nobody's
        self._others = Claims()

    def repeated(self, digits: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """Which of some numbers (E.164 without plus) came before, here or earlier; they are remembered. Shape (n,)."""
        again = np.zeros(len(digits), dtype=bool)
        rows = self._distinct(digits, again)  # rising: neighbours lie in the same memory
        north = digits[rows] - _PLUS_ONE < _PLUS_ONE
        here, rest = (rows, rows[:0]) if north.all() else (rows[north], rows[~north])
        byte, bit = self._places((digits[here] - _PLUS_ONE).astype(np.int64))
        again[here] = (self._bits[byte] & bit) > 0
        np.bitwise_or.at(self._bits, byte, bit)
        if len(rest):
            again[rest] = self._others.owners(digits[rest].astype(np.int64))[0]
            new = rest[~again[rest]]
            self._others.add(digits[new].astype(np.int64), np.zeros(len(new), dtype=np.uint64))
        return again

    @staticmethod
    def _distinct(digits: NDArray[np.uint64], again: NDArray[np.bool_]) -> NDArray[np.intp]:
        """The first row of each number, by number; the others are marked in `again`."""
        order = np.argsort(digits)
        same = digits[order[1:]] == digits[order[:-1]]
        if not same.any():
            return order
        several = np.zeros(len(order), dtype=bool)
        several[1:] = same
        several[:-1] |= same
        rows = order[several]
        order[several] = rows = rows[np.lexsort((rows, digits[rows]))]
        again[rows[1:][digits[rows[1:]] == digits[rows[:-1]]]] = True
        return order[~again[order]]

    def _places(self, numbers: NDArray[np.int64]) -> tuple[NDArray[np.intp], NDArray[np.uint8]]:
        """Byte and bit of some ten-digit numbers."""
        exchange, line = np.divmod(numbers, _LINES)
        start = self._start[exchange]
        if not start.all():
            new = np.unique(exchange[start == 0])
            self._start[new] = (self._used + np.arange(len(new))) * _PAGE
            self._used += len(new)
            start = self._start[exchange]
        return start.astype(np.intp) + (line >> 3), np.uint8(1) << (line & 7).astype(np.uint8)
