"""Personal and official blocks for columns of contacts: each distinct one is judged once at each place."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from dialer.runtime.listings import place_of_key
from dialer.store.blocks import StoredBlock
from dnc.gate import Facts, Policy, evaluate
from dnc.gate.columns import Contacts, number_keys
from dnc.lookup import Lookup
from dnc.rules import Rulebook
from dnc.values import Block, Code, ProposedCall

__all__ = ["Blocking", "Classes"]

_Rows = NDArray[np.intp]


class Blocking:
    """The blocks that were not lifted.

    Args:
        book: the rules.
        policy: the campaign's own caps.
        blocks: in the order they were made.
    """

    def __init__(self, book: Rulebook, policy: Policy, blocks: Sequence[StoredBlock]) -> None:
        self._book, self._policy = book, policy
        self._of: dict[str, list[StoredBlock]] = {}
        for each in blocks:
            self._of.setdefault(each.target, []).append(each)
        self._targets = [target for target in self._of if target.startswith("+")]
        self._numbers = Lookup(number_keys(pa.array(self._targets, type=pa.large_string())))
        self._known: dict[tuple[str, tuple[Block, ...], datetime], tuple[Code, ...]] = {}

    def classes(self, contacts: Contacts) -> Classes:
        """The contacts that blocks concern, those with equal blocks at one place together."""
        if not self._of:
            return Classes(self, [])
        place, keys = contacts.text("place_key")
        general = [
            [each for target in ("", *place_of_key(key).jurisdictions) for each in self._of.get(target, ())]
            for key in keys
        ]
        own: dict[int, list[StoredBlock]] = {}
        for row, target in zip(*self._numbers.pairs(contacts.number_keys()), strict=True):
            own.setdefault(int(row), []).extend(self._of[self._targets[target]])
        closed = np.array([bool(each) for each in general], dtype=bool)[place]
        closed[list(own)] = True
        found: dict[tuple[int, tuple[Block, ...]], list[int]] = {}
        for row in np.flatnonzero(closed).tolist():
            both = sorted((*general[place[row]], *own.get(row, ())), key=lambda each: each.block_id)
            found.setdefault((int(place[row]), tuple(each.block for each in both)), []).append(row)
        classes = [
            _Class(keys[at], contacts.call(rows[0]), said, np.array(rows, dtype=np.intp))
            for (at, said), rows in found.items()
        ]
        return Classes(self, classes)

    def judge(self, place_key: str, call: ProposedCall, blocks: tuple[Block, ...], at: datetime) -> tuple[Code, ...]:
        """The codes with which some blocks refuse a call, beyond those it is refused with anyway."""
        standing = tuple(each for each in blocks if each.until is None or each.until > at)
        key = (place_key, standing, at)
        found = self._known.get(key)
        if found is None:
            bare, closed = (
                evaluate(self._book, call, Facts(blocks=said), at, self._policy, with_next=False).reasons
                for said in ((), standing)
            )
            found = self._known[key] = tuple(code for code in closed if code not in bare)
        return found


@dataclass(frozen=True, eq=False)
class _Class:
    """Contacts with equal blocks at one place."""

    place_key: str
    call: ProposedCall  # of one of them
    blocks: tuple[Block, ...]
    rows: _Rows


class Classes:
    """The contacts that blocks concern."""

    def __init__(self, blocking: Blocking, classes: Sequence[_Class]) -> None:
        self._blocking, self._classes = blocking, classes

    def closed(self, at: datetime) -> Iterator[tuple[_Rows, tuple[Code, ...]]]:
        """Rows that blocks close at an instant (UTC), and the codes."""
        for each in self._classes:
            codes = self._blocking.judge(each.place_key, each.call, each.blocks, at)
            if codes:
                yield each.rows, codes
