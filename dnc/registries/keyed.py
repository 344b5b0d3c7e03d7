"""Numbers with a meaning, as sorted columns: washed lists, change lists, and every list outside +1.

One number may come several times in a file. The meanings are ordered by strictness, and the stricter
stands: a number both added and removed, or both listed and clear, is not called.
"""

from __future__ import annotations

from bisect import bisect_left
from enum import IntEnum
from typing import Final

import numpy as np
import numpy.typing as npt

from dnc.registries.ordered import first_of_each, holds
from dnc.registries.report import Numbers, Tally

__all__ = ["Codes", "Keyed", "KeyedCollector", "Tag", "merge"]

Codes = npt.NDArray[np.uint8]
Days = npt.NDArray[np.uint32]


class Tag(IntEnum):
    """What a list says of a number, strictest first."""

    LISTED = 0  #: on the list; added by a change list; RND: reassigned
    BLOCKED = 1  #: the register refused the number (invalid), so nobody cleared it
    NO_DATA = 2  #: the register knows nothing of the number
    CLEAR = 3  #: asked, and not on the list
    REMOVED = 4  #: taken off the list


_SHIFT: Final = np.uint64(3)  # five tags fit in three bits; E.164 has at most 15 digits, below 2**50
_MASK: Final = np.uint64(7)
_NONE: Final = np.zeros(0, dtype=np.uint64)


class KeyedCollector:
    """Collects `(number, tag)` while a file is read. Memory: 8 bytes a line."""

    def __init__(self) -> None:
        self._parts: list[Numbers] = []
        self._seen = 0
        self._ordered = True  # what was added so far is one part, rising, each pair once

    def add(self, numbers: Numbers, code: int) -> None:
        """Take numbers that share one tag."""
        self._seen += len(numbers)
        self._ordered = False
        self._parts.append((numbers << _SHIFT) | np.uint64(code))

    def tally(self) -> Tally:
        """Distinct numbers, repeats, and numbers with more than one tag."""
        packed = self._distinct()
        numbers = int(first_of_each(packed >> _SHIFT).sum())
        return Tally(numbers, self._seen - numbers, len(packed) - numbers)

    def columns(self) -> tuple[Numbers, Codes]:
        """Sorted distinct numbers and the strictest tag of each."""
        packed = self._distinct()
        numbers = packed >> _SHIFT
        first = first_of_each(numbers)
        return numbers[first], (packed[first] & _MASK).astype(np.uint8)

    def _distinct(self) -> Numbers:
        """The pairs so far, each once, rising; kept, so that whoever asks next need not sort."""
        packed = np.concatenate([_NONE, *self._parts]) if len(self._parts) != 1 else self._parts[0]
        if not self._ordered:
            packed.sort()
            packed = packed[first_of_each(packed)]
            self._ordered = True
        self._parts = [packed]
        return packed


class Keyed:
    """Look-ups in sorted columns, which may be memory-mapped.

    `numbers` uint64, strictly rising; `codes` uint8 `Tag`s; `days` uint32, the day each was obtained
    (proleptic ordinal); `since` uint32, the day each question was about, None where questions have no day.
    """

    def __init__(self, numbers: Numbers, codes: Codes, days: Days, since: Days | None = None) -> None:
        self.numbers = numbers
        self.codes = codes
        self.days = days
        self.since = since
        self._view = numbers.data

    def __len__(self) -> int:
        return len(self.numbers)

    def find(self, number: int) -> tuple[Tag, int] | None:
        """The tag and the day obtained, or None for a number never seen."""
        at = bisect_left(self._view, number)
        if at == len(self._view) or self._view[at] != number:
            return None
        return Tag(int(self.codes[at])), int(self.days[at])

    def contains(self, number: int) -> bool:
        """Whether the number is listed (or was refused by the register, which clears nobody)."""
        found = self.find(number)
        return found is not None and found[0] <= Tag.BLOCKED

    def contains_many(self, numbers: Numbers) -> npt.NDArray[np.bool_]:
        """`contains` for an array of any shape (n,)."""
        at, known = self.positions(numbers)
        return known & (self.codes[at] <= Tag.BLOCKED) if len(self) else known

    def positions(self, numbers: Numbers) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.bool_]]:
        """Where each number stands (0 when unknown) and whether it is known at all."""
        if not len(self):
            return np.zeros(len(numbers), dtype=np.intp), np.zeros(len(numbers), dtype=bool)
        at = np.searchsorted(self.numbers, numbers)
        at[at == len(self)] = 0
        known = self.numbers[at] == numbers
        at[~known] = 0
        return at, known


def merge(old: Keyed, numbers: Numbers, codes: Codes, day: int, *, keep_old: bool) -> tuple[Numbers, Codes, Days]:
    """Columns of a new version: the file's rows, and with `keep_old` the old rows the file says nothing of.

    Removed numbers leave the list.
    """
    days = np.full(len(numbers), day, dtype=np.uint32)
    if keep_old and len(old):
        kept = ~holds(numbers, old.numbers)
        numbers = np.concatenate([old.numbers[kept], numbers])
        codes = np.concatenate([old.codes[kept], codes])
        days = np.concatenate([old.days[kept], days])
        order = np.argsort(numbers, kind="stable")
        numbers, codes, days = numbers[order], codes[order], days[order]
    stays = codes != Tag.REMOVED
    return numbers[stays], codes[stays], days[stays]
