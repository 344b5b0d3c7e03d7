"""What changed between two versions of one list."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dnc.registries.bitmap import Exchanges, NanpBitmap, bits_to_numbers
from dnc.registries.keyed import Keyed, Tag
from dnc.registries.ordered import holds
from dnc.registries.report import Numbers
from dnc.registries.snapshot import Snapshot

__all__ = ["Difference", "compare"]

_PAGES = 4096  # at a time


@dataclass(frozen=True, slots=True)
class Difference:
    """Counts of numbers that came and went, and the first few of each as E.164."""

    old: str
    new: str
    added: int
    removed: int
    added_samples: tuple[str, ...]
    removed_samples: tuple[str, ...]


def compare(old: Snapshot, new: Snapshot, samples: int) -> Difference:
    """Compare two versions of one list. Raises ValueError for versions of different kinds."""
    first, second = old.index, new.index
    if isinstance(first, NanpBitmap) and isinstance(second, NanpBitmap):
        added, some_added = _only_in(second, first, samples)
        removed, some_removed = _only_in(first, second, samples)
    elif isinstance(first, Keyed) and isinstance(second, Keyed):
        before, after = _listed(first), _listed(second)
        came, went = after[~holds(before, after)], before[~holds(after, before)]
        added, some_added, removed, some_removed = len(came), came[:samples], len(went), went[:samples]
    else:
        raise ValueError("the versions are of different kinds and cannot be compared")
    return Difference(
        old=old.version,
        new=new.version,
        added=added,
        removed=removed,
        added_samples=tuple(f"+{number}" for number in some_added.tolist()),
        removed_samples=tuple(f"+{number}" for number in some_removed.tolist()),
    )


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
