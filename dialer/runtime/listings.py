"""What the national, state and other registries say of many numbers: `RegistryStore.evidence` for columns.

Which lists bind a number depends on its area and its place; what they say depends on those and on which of them have
the number. So membership is looked up for whole columns, and `evidence` itself, which every dial asks, is asked once
for each area, place and set of lists. The answers are kept from one part of a list to the next.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from dnc.coding import Coded, Ids, grouped
from dnc.gate.screener import Told
from dnc.registries import RegistryStore, Snapshot, SnapshotError
from dnc.registries.bindings import Binding, bindings_for, number_area
from dnc.registries.keyed import Keyed
from dnc.registries.territory import jurisdictions_of
from dnc.values import ListEvidence, Place

__all__ = ["OWN", "Listings", "place_of_key"]

#: The house's own lists, which are consulted for every number.
OWN: tuple[ListEvidence, ...] = tuple(
    ListEvidence(kind, kind) for kind in ("internal", "client", "campaign", "areacode")
)
_OWN_SAID = tuple(
    tuple(replace(each, listed=bool(flags >> n & 1)) for n, each in enumerate(OWN)) for flags in range(1 << len(OWN))
)
_AREAS = 2_000  # above 1 and any area code
_WORD = 40  # lists whose bits fit in one column
_REMEMBERED = 500_000

_Codes = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class _Bound:
    """The lists that bind some numbers: those that have a number or not as bits of `Listings` slots, and the others."""

    scope: int  # equal for equal lists in an equal state
    jurisdictions: tuple[str, ...]
    listed: int
    washed: tuple[Binding, ...]  # lists that answer for each number anew


class Listings:
    """The registries at one instant. May be shared by threads.

    Args:
        registries: where the lists are.
        at: the instant, zone-aware.
    """

    def __init__(self, registries: RegistryStore, at: datetime) -> None:
        self._registries, self._at = registries, at
        self._slots: list[Binding] = []
        self._slot_of: dict[str, int] = {}
        self._areas: Ids[tuple[object, ...]] = Ids()  # what of an area decides: its home, then when lists of it came
        self._area_of = np.full(_AREAS, -1, dtype=np.int64)  # 1 and an area code -> position in `_areas`
        self._example: dict[int, str] = {}  # an area of each
        self._pairs: Ids[tuple[int, str]] = Ids()  # position in `_areas`, place
        self._bound: dict[int, _Bound] = {}
        self._washed: set[str] = set()
        self._spoken: dict[str, bool] = {}  # list -> whether it says anything
        self._scopes: Ids[tuple[object, ...]] = Ids()
        self._evidence: Ids[tuple[ListEvidence, ...]] = Ids()
        self._said: dict[tuple[int, ...], int] = {}
        self._lock = Lock()

    def ask(self, digits: NDArray[np.uint64], places: Coded, own: _Codes) -> tuple[Told, _Codes]:
        """What all lists say of n numbers, and a code of what decides which lists bind each; shape (n,).

        `digits` are E.164 without plus (0: not a number); `places` name each one's `Place.key`; bit k of `own` tells
        whether it is on `OWN[k]`.
        """
        area = self._area_codes(digits)
        group, first = grouped((area, len(self._areas.values)), (places.codes, len(places.names)))
        names = [places.names[where] for where in places.codes[first].tolist()]
        pairs = self._pairs.of(list(zip(area[first].tolist(), names, strict=True)))
        bounds = [self._bound.get(pair) or self._bind(pair) for pair in pairs.tolist()]
        scope = np.array([bound.scope for bound in bounds], dtype=np.int64)[group]
        parts = [(scope, len(self._scopes.values)), *self._membership(digits, group, bounds), (own, len(_OWN_SAID))]
        every, row = grouped(*parts)
        said = list(zip(*(part[row].tolist() for part, _ in parts), strict=True))
        found = [self._said.get(one, -1) for one in said]
        if -1 in found:
            with self._lock:
                if len(self._said) > _REMEMBERED:
                    self._said.clear()
                found = [
                    known if known >= 0 else self._ask(one, int(digits[at]), bounds[group[at]])
                    for known, one, at in zip(found, said, row.tolist(), strict=True)
                ]
        code = np.array(found, dtype=np.int64)[every]
        values = self._evidence.values
        return Told(code, len(values), lambda row: values[code[row]]), scope

    def _ask(self, said: tuple[int, ...], digits: int, bound: _Bound) -> int:
        """What every list says of one number."""
        registries = self._registries.evidence(f"+{digits}", self._at, bound.jurisdictions) if digits else []
        found = int(self._evidence.of([(*_OWN_SAID[said[-1]], *registries)])[0])
        self._said[said] = found
        return found

    def _area_codes(self, digits: NDArray[np.uint64]) -> _Codes:
        """For each number what of its area decides, as a position in `_areas`."""
        area = (digits // np.uint64(10**7)).astype(np.int64)
        north = (area >= _AREAS // 2) & (area < _AREAS)
        found = self._area_of[np.where(north, area, 0)]
        new = np.flatnonzero((found < 0) & north)
        if len(new):
            for code in np.unique(area[new]).tolist():
                self._area_of[code] = self._area(str(code))
            found = self._area_of[np.where(north, area, 0)]
        rest = np.flatnonzero(~north)
        if len(rest):
            found[rest] = [self._area(number_area(f"+{one}")) for one in digits[rest].tolist()]
        return found

    def _area(self, area: str) -> int:
        """What decides of an area, as a position in `_areas`."""
        parts: list[object] = [jurisdictions_of(area[1:]) if area.startswith("1") else area]
        for binding in bindings_for(area):
            snapshot = self._snapshot(binding)
            if snapshot is not None and binding.by == "area_code":
                part = snapshot.manifest.coverage.get(area[1:])
                parts.append((binding.name, None if part is None else part.obtained_at))
        found = int(self._areas.of([tuple(parts)])[0])
        self._example.setdefault(found, area)
        return found

    def _bind(self, pair: int) -> _Bound:
        """The lists that bind numbers of an area at a place."""
        area, place = self._pairs.values[pair]
        jurisdictions = place_of_key(place).jurisdictions
        example = self._example[area]
        speaking = [
            binding
            for binding in bindings_for(example, jurisdictions)
            if self._speaks(binding, f"+{example:0<11}", jurisdictions)
        ]
        listed = sum(1 << self._slot_of[binding.name] for binding in speaking if binding.name in self._slot_of)
        washed = tuple(binding for binding in speaking if binding.name in self._washed)
        scope = self._scopes.of([(self._areas.values[area][1:], tuple(binding.name for binding in speaking))])
        found = self._bound[pair] = _Bound(int(scope[0]), jurisdictions, listed, washed)
        return found

    def _speaks(self, binding: Binding, example: str, jurisdictions: tuple[str, ...]) -> bool:
        """Whether a list says anything at all: one that is not there, and that nobody needs, does not.

        The first time it is asked for, it gets its slot among those that have a number or not.
        """
        found = self._spoken.get(binding.name)
        if found is None:
            said = self._registries.evidence(example, self._at, jurisdictions)
            snapshot = self._snapshot(binding)
            with self._lock:
                if snapshot is None or binding.name in self._spoken:
                    pass
                elif binding.by == "number" and isinstance(snapshot.index, Keyed):
                    self._washed.add(binding.name)
                else:
                    self._slot_of[binding.name] = len(self._slots)
                    self._slots.append(binding)
                found = self._spoken[binding.name] = any(each.name == binding.name for each in said)
        return found

    def _snapshot(self, binding: Binding) -> Snapshot | None:
        """The list, where it can be looked into; `evidence` says what follows where it cannot."""
        try:
            return self._registries.current(binding.name)
        except SnapshotError:
            return None

    def _membership(
        self, digits: NDArray[np.uint64], group: _Codes, bounds: list[_Bound]
    ) -> Iterator[tuple[_Codes, int]]:
        """Which lists have each number, as bits; and what those say that answer for each number anew.

        Each with what all codes are below.
        """
        wanted = 0
        for bound in bounds:
            wanted |= bound.listed
        for word in range(0, wanted.bit_length(), _WORD):
            bits = np.zeros(len(digits), dtype=np.int64)
            listed = np.array([bound.listed >> word & (1 << _WORD) - 1 for bound in bounds], dtype=np.int64)[group]
            for slot in range(_WORD):
                snapshot = self._snapshot(self._slots[word + slot]) if wanted >> word + slot & 1 else None
                if snapshot is None:
                    continue
                bit = np.int64(1 << slot)
                rows = np.flatnonzero(listed & bit != 0)
                if len(rows) * 2 > len(digits):  # asking for all costs less than picking those that it binds
                    bits |= (snapshot.contains_many(digits).astype(np.int64) << slot) & listed
                else:
                    bits[rows[snapshot.contains_many(digits[rows])]] |= bit
            yield bits, 1 << min(wanted.bit_length() - word, _WORD)
        for binding in sorted({one for bound in bounds for one in bound.washed}, key=lambda one: one.name):
            rows = np.flatnonzero(np.array([binding in bound.washed for bound in bounds], dtype=bool)[group])
            state = np.zeros(len(digits), dtype=np.int64)
            snapshot = self._snapshot(binding)
            if snapshot is not None and isinstance(snapshot.index, Keyed):
                answers = snapshot.index
                at, known = answers.positions(digits[rows])
                at = at[known]
                state[rows[known]] = (answers.days[at].astype(np.int64) + 1) << 8 | answers.codes[at]
            yield state, int(state.max(initial=0)) + 1


def place_of_key(key: str) -> Place:
    """The place that a `Place.key` names."""
    jurisdictions, _, zones = key.partition("|")
    return Place(tuple(filter(None, jurisdictions.split(","))), tuple(filter(None, zones.split(","))))
