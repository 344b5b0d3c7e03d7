"""Which lead has a number: the first that brings it. Remembers 24 bytes a number, so millions fit."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["Claims", "as_integers"]


def as_integers(e164: pd.Series) -> NDArray[np.int64]:
    """E.164 texts as whole numbers (`+12125550123` -> 12125550123)."""
    return np.asarray(e164.str.slice(1).astype("int64"), dtype=np.int64)


class Claims:
    """The numbers that leads have, with a fingerprint of the person who has each."""

    def __init__(self, existing: Iterable[str] | NDArray[np.int64] = ()) -> None:
        if not isinstance(existing, np.ndarray):
            existing = np.fromiter((int(text.lstrip("+")) for text in existing), dtype=np.int64)
        self._existing = np.unique(existing)
        self._runs: list[tuple[NDArray[np.int64], NDArray[np.uint64], NDArray[np.int64]]] = []

    def in_campaign(self, numbers: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which numbers the campaign had before this list."""
        return _found(self._existing, numbers)[0]

    def owners(self, numbers: NDArray[np.int64]) -> tuple[NDArray[np.bool_], NDArray[np.uint64]]:
        """Which numbers earlier rows of this list have, and whose (0 where nobody's)."""
        taken = np.zeros(len(numbers), dtype=bool)
        owner = np.zeros(len(numbers), dtype=np.uint64)
        for known, persons, _ in self._runs:
            hit, at = _found(known, numbers)
            taken |= hit
            owner[hit] = persons[at[hit]]
        return taken, owner

    def lines(self, numbers: NDArray[np.int64]) -> NDArray[np.int64]:
        """The lines of the rows of this list that have the numbers; 0 where none has."""
        found = np.zeros(len(numbers), dtype=np.int64)
        for known, _, lines in self._runs:
            hit, at = _found(known, numbers)
            found[hit] = lines[at[hit]]
        return found

    def add(
        self, numbers: NDArray[np.int64], persons: NDArray[np.uint64], lines: NDArray[np.int64] | None = None
    ) -> None:
        """Remember new numbers, each once. Sorted runs of like size are merged, as in a log-structured store."""
        order = np.argsort(numbers, kind="stable")
        where = np.zeros(len(numbers), dtype=np.int64) if lines is None else lines
        self._runs.append((numbers[order], persons[order], where[order]))
        while len(self._runs) > 1 and len(self._runs[-1][0]) * 2 > len(self._runs[-2][0]):
            last, before = self._runs.pop(), self._runs.pop()
            joined = np.concatenate([before[0], last[0]])
            owners = np.concatenate([before[1], last[1]])
            where = np.concatenate([before[2], last[2]])
            order = np.argsort(joined, kind="stable")
            self._runs.append((joined[order], owners[order], where[order]))


def _found(known: NDArray[np.int64], wanted: NDArray[np.int64]) -> tuple[NDArray[np.bool_], NDArray[np.intp]]:
    """Which of `wanted` are in the sorted array `known`, and where."""
    if not len(known):
        return np.zeros(len(wanted), dtype=bool), np.zeros(len(wanted), dtype=np.intp)
    at = np.minimum(np.searchsorted(known, wanted), len(known) - 1)
    return known[at] == wanted, at
