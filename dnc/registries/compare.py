"""What changed between two versions of one list."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dnc.registries.bitmap import PAGE_BYTES, Exchanges, NanpBitmap, bits_to_numbers
from dnc.registries.keyed import Keyed, Tag
from dnc.registries.ordered import holds
from dnc.registries.report import Numbers
from dnc.registries.snapshot import Snapshot

__all__ = ["Difference", "compare"]

_PAGES = 4096  # at a time


@dataclass(frozen=True, slots=True)
class Difference:
    """Counts of numbers that came, went and stayed, and the first few that came and went as E.164."""

    old: str  # "" when there was no version before
    new: str
    added: int
    removed: int
    kept: int
    added_samples: tuple[str, ...]
    removed_samples: tuple[str, ...]


def compare(old: Snapshot | None, new: Snapshot, samples: int) -> Difference:
    """Compare two versions of one list; without an old one all is new. Raises ValueError for different kinds."""
    second = new.index
    first = _nothing(second) if old is None else old.index
    if isinstance(first, NanpBitmap) and isinstance(second, NanpBitmap):
        added, some_added = _only_in(second, first, samples)
        removed, some_removed = _only_in(first, second, samples)
        everyone = len(second)
    elif isinstance(first, Keyed) and isinstance(second, Keyed):
        before, after = _listed(first), _listed(second)
        came, went = after[~holds(before, after)], before[~holds(after, before)]
        added, some_added, removed, some_removed = len(came), came[:samples], len(went), went[:samples]
        everyone = len(after)
    else:
        raise ValueError("the versions are of different kinds and cannot be compared")
    return Difference(
        old="" if old is None else old.version,
        new=new.version,
        added=added,
        removed=removed,
        kept=everyone - added,
        added_samples=tuple(f"+{number}" for number in some_added.tolist()),
        removed_samples=tuple(f"+{number}" for number in some_removed.tolist()),
    )


def _nothing(like: NanpBitmap | Keyed) -> NanpBitmap | Keyed:
    """A list with nobody on it, of the same kind."""
    if isinstance(like, NanpBitmap):
        return NanpBitmap(np.zeros(0, dtype=np.uint32), np.zeros((1, PAGE_BYTES), dtype=np.uint8))
    return Keyed(np.zeros(0, dtype=np.uint64), np.zeros(0, dtype=np.uint8), np.zeros(0, dtype=np.uint32))


def _listed(index: Keyed) -> Numbers:
    return index.numbers[index.codes <= Tag.BLOCKED]


def _only_in(these: NanpBitmap, those: NanpBitmap, samples: int) -> tuple[int, Numbers]:
    """How many numbers of `these` are not in `those`, and the first few."""
    count = 0
    some: list[Numbers] = []
    left = samples
    for start in range(0, len(these.exchanges), _PAGES):
        exchanges = these.exchanges[start : start + _PAGES]
        rest = these.pages[1 + start : 1 + start + _PAGES] & ~_pages_of(those, exchanges)
        count += int(np.bitwise_count(rest).sum(dtype=np.int64))
        if left > 0:
            few = bits_to_numbers(exchanges, rest, limit=left)
            some.append(few)
            left -= len(few)
    return count, np.concatenate(some) if some else np.zeros(0, dtype=np.uint64)


def _pages_of(bitmap: NanpBitmap, exchanges: Exchanges) -> npt.NDArray[np.uint8]:
    """The pages of these exchanges; the empty page for those without one."""
    if not len(bitmap.exchanges):
        return bitmap.pages[np.zeros(len(exchanges), dtype=np.intp)]
    slot = np.searchsorted(bitmap.exchanges, exchanges)
    slot[slot == len(bitmap.exchanges)] = 0
    return bitmap.pages[np.where(bitmap.exchanges[slot] == exchanges, slot + 1, 0)]
