"""Finding the few: which of many keys stand in a column that was prepared once.

Most people on a list were never called, and are on none of the house's own lists. So a small table of bits first says
of nearly every key that it is not there, and only the rest is searched for.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

__all__ = ["Lookup", "fingerprints"]

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)  # 2^64 divided by the golden ratio: spreads keys that lie close together
_PRIME = np.uint64(0xD6E8FEB86659FD93)
_ALL = np.uint64(2**64 - 1)
_WORD = 8
_SMALLEST, _LARGEST, _SPARE = 10, 26, 4  # bits of the table: 2^10 to 2^26 entries, 16 for every key

Rows = NDArray[np.intp]
Keys = NDArray[np.uint64]


class Lookup:
    """A column of 64-bit keys, in any order, each of which may come several times."""

    def __init__(self, keys: Keys) -> None:
        self._order = np.argsort(keys, kind="stable")
        self._keys = keys[self._order]
        bits = min(_LARGEST, max(_SMALLEST, len(keys).bit_length() + _SPARE))
        self._shift = np.uint64(64 - bits)
        self._table = np.zeros(1 << bits, dtype=bool)
        self._table[self._spot(keys)] = True

    def __len__(self) -> int:
        return len(self._keys)

    def holds(self, keys: Keys) -> NDArray[np.bool_]:
        """Which keys are in the column; shape (n,)."""
        found = np.zeros(len(keys), dtype=bool)
        found[self._found(keys)[0]] = True
        return found

    def pairs(self, keys: Keys) -> tuple[Rows, Rows]:
        """Every (row, position) with `keys[row]` standing at `position` of the column, by row."""
        rows, first = self._found(keys)
        count = np.searchsorted(self._keys, keys[rows], side="right") - first
        row = np.repeat(rows, count)
        before = np.repeat(np.cumsum(count) - count, count)
        return row, self._order[np.repeat(first, count) + np.arange(len(row)) - before]

    def _found(self, keys: Keys) -> tuple[Rows, Rows]:
        """The rows whose key is there, and its first place in the sorted column."""
        if not len(self._keys):
            return np.empty(0, dtype=np.intp), np.empty(0, dtype=np.intp)
        maybe = np.flatnonzero(self._table[self._spot(keys)])
        place = np.searchsorted(self._keys, keys[maybe])
        place[place == len(self._keys)] = 0
        there = self._keys[place] == keys[maybe]
        return maybe[there], place[there]

    def _spot(self, keys: Keys) -> NDArray[np.intp]:
        return (keys * _GOLDEN >> self._shift).astype(np.intp)


def fingerprints(texts: pa.LargeStringArray) -> Keys:
    """64 bits for each text, shape (n,): equal texts, equal bits; 0 for "" and missing ones.

    Two different texts have the same bits once in 2^64: whoever needs to be sure compares the texts that were found.
    """
    rows = len(texts)
    bounds = np.frombuffer(texts.buffers()[1], dtype=np.int64)[texts.offset : texts.offset + rows + 1]
    start, length = bounds[:-1] - bounds[0], np.diff(bounds)
    if texts.null_count:
        length = np.where(np.asarray(texts.is_valid()), length, 0)
    found = length.astype(np.uint64) * _GOLDEN
    data = texts.buffers()[2]
    if data is None or not length.any():
        return found
    raw = np.frombuffer(data, dtype=np.uint8)[bounds[0] : bounds[-1]]
    padded = np.concatenate([raw, np.zeros(_WORD, dtype=np.uint8)])
    words = np.ndarray((len(padded) - _WORD + 1,), dtype="<u8", buffer=padded, strides=(1,))
    for done in range(0, int(length.max()), _WORD):
        longer = np.flatnonzero(length > done)
        some = longer if len(longer) < rows else slice(None)  # a view where an index would copy
        word = words[start[some] + done]
        unused = np.maximum(_WORD - (length[some] - done), 0).astype(np.uint64)
        mixed = (found[some] ^ (word & (_ALL >> unused * np.uint64(_WORD)))) * _PRIME
        found[some] = mixed ^ (mixed >> np.uint64(32))
    found[(found == 0) & (length > 0)] = _GOLDEN
    return found
