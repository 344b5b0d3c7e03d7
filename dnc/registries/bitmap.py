"""North American numbers as a two-level bitmap: one bit a number, a page an exchange.

Theory of operation. A number `1 AAA NNN LLLL` has an exchange `AAANNN` (0..999,999) and a line `LLLL`
(0..9,999). An exchange that has any number has a page of 10,000 bits (1,250 bytes); a directory tells
which. 250 million numbers in 300,000 exchanges are 375 MB, whatever order they came in; a set of Python
integers would be 20 GB.

For look-ups the directory holds no page number but `start`, the byte at which an exchange's page begins.
Exchanges without a page share page 0, which is empty, so a look-up is a division, two loads and a shift, with
no branch, for one number or for an array of them. The first load falls into a directory of 4 MB (the
processor's cache), the second anywhere in the pages: that one visit to memory is what a look-up costs.

A builder sets bits in batches: where a batch is dense (sorted lists are) it packs flags and lays them over
the pages; where it is not, it sorts and folds the bits of one byte together. New bits are counted by
popcount, so duplicates are known exactly.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from dnc.registries.ordered import distinct
from dnc.registries.report import Numbers, Tally

__all__ = ["EXCHANGES", "PAGE_BYTES", "BitmapBuilder", "NanpBitmap", "bits_to_numbers"]

EXCHANGES: Final = 1_000_000
LINES: Final = 10_000
PAGE_BYTES: Final = LINES // 8
_PLUS_ONE: Final = 10_000_000_000  # +1, as ten further digits see it
_BATCH: Final = 2**14  # numbers set at once: what they need stays in the second-level cache
_LOOKUPS: Final = 2**17  # numbers asked at once: enough for the loads from memory to overlap
_DENSE: Final = 64  # bits of span for each number, up to which a batch is dense
_ABSENT: Final = 2**62  # the builder's mark of an exchange without a page; above every delta

Pages = npt.NDArray[np.uint8]
Exchanges = npt.NDArray[np.uint32]


class BitmapBuilder:
    """Collects +1 numbers into pages. Memory: 1,250 bytes an exchange, however many lines are read."""

    def __init__(self) -> None:
        self._delta = np.full(EXCHANGES, _ABSENT, dtype=np.int64)
        self._exchanges: list[npt.NDArray[np.int64]] = []
        self._pages = np.zeros((64, PAGE_BYTES), dtype=np.uint8)
        self._used = 1  # page 0 stays empty
        self._seen = 0
        self._distinct = 0

    def add(self, numbers: Numbers, code: int = 0) -> None:
        """Take E.164 digits (`1AAANNNLLLL`) as uint64, shape (n,)."""
        del code  # a full list has one meaning: listed
        for start in range(0, len(numbers), _BATCH):
            self._add(numbers[start : start + _BATCH])

    def _add(self, numbers: Numbers) -> None:
        national = (numbers - np.uint64(_PLUS_ONE)).view(np.int64)
        exchange = national // LINES
        delta = self._delta[exchange]
        if int(delta.max()) == _ABSENT:
            unknown = exchange[delta == _ABSENT]
            self._allocate(distinct(unknown))
            delta = self._delta[exchange]
        bit = national + delta
        self._seen += len(bit)
        low = int(bit.min()) & ~7
        span = int(bit.max()) + 1 - low
        if span <= _DENSE * len(bit):
            self._add_near(bit - low, low // 8, span)
        else:
            self._add_far(bit)

    def _add_near(self, bit: npt.NDArray[np.int64], first: int, span: int) -> None:
        """Bits close together, in any order: one byte a bit, packed, and laid over the pages from byte `first`."""
        flags = np.zeros(-(-span // 8) * 8, dtype=np.uint8)
        flags[bit] = 1
        packed = np.packbits(flags, bitorder="little")
        there = self._pages.reshape(-1)[first : first + len(packed)]
        self._distinct += int(np.bitwise_count(packed & ~there).sum(dtype=np.int64))
        there |= packed

    def _add_far(self, bit: npt.NDArray[np.int64]) -> None:
        """Bits far apart: sorted, and those of one byte summed (distinct bits: their sum is their union)."""
        bit = distinct(bit)
        byte = bit >> 3
        sums = np.cumsum(np.left_shift(np.uint32(1), (bit & 7).astype(np.uint32)), dtype=np.uint32)
        last = np.append(np.flatnonzero(byte[1:] != byte[:-1]), len(byte) - 1)
        mask = np.diff(sums[last], prepend=np.uint32(0)).astype(np.uint8)
        where = byte[last]
        flat = self._pages.reshape(-1)
        old = flat[where]
        self._distinct += int(np.bitwise_count(mask & ~old).sum(dtype=np.int64))
        flat[where] = old | mask

    def tally(self) -> Tally:
        """Distinct numbers and repeats so far."""
        return Tally(self._distinct, self._seen - self._distinct)

    def finish(self) -> tuple[Exchanges, Pages]:
        """Exchanges in rising order, shape (p,), and pages, shape (p + 1, 1250); page 0 is empty."""
        exchanges = np.concatenate([np.zeros(0, dtype=np.int64), *self._exchanges])
        pages = self._pages[: self._used]
        if bool((exchanges[1:] > exchanges[:-1]).all()):
            return exchanges.astype(np.uint32), pages
        order = np.argsort(exchanges)
        return exchanges[order].astype(np.uint32), pages[np.concatenate([[0], order + 1])]

    def _allocate(self, exchanges: npt.NDArray[np.int64]) -> None:
        first = self._used
        self._used += len(exchanges)
        if self._used > len(self._pages):
            # Grows in place (mremap); no view of the pages outlives a call of `add`.
            room = max(self._used, len(self._pages) * 5 // 4)
            self._pages.resize((room, PAGE_BYTES), refcheck=False)
        self._delta[exchanges] = (np.arange(first, self._used, dtype=np.int64) - exchanges) * LINES
        self._exchanges.append(exchanges)


class NanpBitmap:
    """Look-ups in finished pages, which may be memory-mapped.

    `exchanges` uint32 of shape (p,), strictly rising; `pages` uint8 of shape (p + 1, 1250), of which page 0
    is empty and page i + 1 belongs to exchange i.
    """

    def __init__(self, exchanges: Exchanges, pages: Pages) -> None:
        self.exchanges = exchanges
        self.pages = pages
        self._flat = pages.reshape(-1)
        self._bytes = self._flat.data
        self._start = np.zeros(EXCHANGES, dtype=np.uint32)
        self._start[exchanges] = np.arange(1, len(exchanges) + 1, dtype=np.uint32) * np.uint32(PAGE_BYTES)
        self._start_view = self._start.data
        self._counts: npt.NDArray[np.int64] | None = None

    def __len__(self) -> int:
        return int(self.page_counts().sum())

    def contains(self, number: int) -> bool:
        """Whether the E.164 digits `1AAANNNLLLL` are on the list; False for anything outside +1."""
        national = number - _PLUS_ONE
        if not 0 <= national < _PLUS_ONE:
            return False
        exchange, line = divmod(national, LINES)
        return bool(self._bytes[self._start_view[exchange] + (line >> 3)] >> (line & 7) & 1)

    def contains_many(self, numbers: Numbers) -> npt.NDArray[np.bool_]:
        """`contains` for an array of shape (n,); above 20 million a second on one core."""
        out = np.empty(len(numbers), dtype=bool)
        for start in range(0, len(numbers), _LOOKUPS):
            out[start : start + _LOOKUPS] = self._batch(numbers[start : start + _LOOKUPS])
        return out

    def page_counts(self) -> npt.NDArray[np.int64]:
        """Numbers of each exchange, shape (p,)."""
        if self._counts is not None:
            return self._counts
        counts = np.empty(len(self.exchanges), dtype=np.int64)
        for start in range(0, len(counts), 4096):
            part = np.bitwise_count(self.pages[start + 1 : start + 4097])
            counts[start : start + 4096] = part.sum(axis=1, dtype=np.int64)
        self._counts = counts
        return counts

    def rows_by_area_code(self) -> dict[str, int]:
        """How many numbers each area code has, for those that have any."""
        area = (self.exchanges // 1000).astype(np.int64)
        rows = np.bincount(area, weights=self.page_counts(), minlength=1)
        return {f"{npa:03d}": int(rows[npa]) for npa in np.flatnonzero(rows)}

    def numbers(self, *, limit: int | None = None) -> Numbers:
        """The numbers in rising order, at most `limit`."""
        return bits_to_numbers(self.exchanges, self.pages[1:], limit=limit)

    def _batch(self, numbers: Numbers) -> npt.NDArray[np.bool_]:
        unsigned = numbers - np.uint64(_PLUS_ONE)  # what is below +1 wraps to something enormous
        strange = int(unsigned.max()) >= _PLUS_ONE
        if strange:
            outside = unsigned >= _PLUS_ONE
            unsigned[outside] = 0  # exchange 000000 never has a page
        # A ten-digit number needs 34 bits; shifted by four, and what is left of it below 10,000, fit in 32.
        exchange = (unsigned >> np.uint64(4)).astype(np.uint32) // np.uint32(LINES >> 4)
        line = unsigned.astype(np.uint32) - exchange * np.uint32(LINES)
        byte = self._start.take(exchange.astype(np.intp), mode="clip")  # nothing to clip: spares a pass
        byte += line >> np.uint32(3)
        bits = self._flat.take(byte.astype(np.intp), mode="clip") >> (line.astype(np.uint8) & np.uint8(7))
        found: npt.NDArray[np.bool_] = (bits & np.uint8(1)).view(np.bool_)
        if strange:
            found[outside] = False
        return found


def bits_to_numbers(exchanges: Exchanges, pages: Pages, *, limit: int | None = None) -> Numbers:
    """The numbers of pages (p, 1250) that belong to exchanges (p,), in order, at most `limit`."""
    found: list[Numbers] = []
    left = limit
    for exchange, page in zip(exchanges.tolist(), pages, strict=True):
        if left is not None and left <= 0:
            break
        lines = np.flatnonzero(np.unpackbits(page, bitorder="little"))[:left]
        found.append(lines.astype(np.uint64) + np.uint64(_PLUS_ONE + exchange * LINES))
        left = None if left is None else left - len(lines)
    return np.concatenate(found) if found else np.zeros(0, dtype=np.uint64)
