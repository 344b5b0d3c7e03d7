"""What the national, state and other registries say of many numbers: `RegistryStore.evidence` for columns.

Unlike `RegistryStore.evidence_columns` it also knows the lists of where people live, as every dial does. Numbers
for which the same lists are in the same state are one group, so that `gate.screen` can be asked once for each.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dnc.registries import RegistryStore
from dnc.registries.bindings import Binding, bindings_for, number_area
from dnc.registries.evidence import STATUSES, column
from dnc.values import ListEvidence, Place

__all__ = ["KINDS", "Listings", "Said", "place_of_key"]

#: The kinds of list that registries hold.
KINDS = ("national", "state", "wireless", "litigator")

_Mask = NDArray[np.bool_]
_Rows = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Said:
    """What the lists say of n numbers.

    `lists[group[i]]` were consulted for number i, apart from those whose jurisdiction it has nothing to do with;
    `listed[kind][i]` tells whether any of a kind has it. `odd` are the positions for which that is not all: numbers
    on one of two lists of a kind, or on a list of a place that is not theirs.
    """

    lists: tuple[tuple[ListEvidence, ...], ...]
    group: _Rows
    listed: dict[str, _Mask]
    odd: NDArray[np.intp]

    def same_state(self, other: Said) -> bool:
        """Whether the same lists were in the same state for every number."""
        return self.lists == other.lists and bool((self.group == other.group).all())


class _Bound:
    """One list: which pairs of area and place it speaks of (`here`), and which lie outside its land (`away`)."""

    def __init__(self, binding: Binding, pairs: list[int], homes: list[tuple[str, ...]]) -> None:
        self.binding = binding
        self.here = np.zeros(len(homes), dtype=bool)
        self.here[pairs] = True
        self.away = np.array([binding.jurisdiction not in home for home in homes], dtype=bool)


_Answer = tuple[NDArray[np.intp], _Mask, _Bound]


class Listings:
    """The lists that bind some numbers at their places.

    Args:
        registries: where the lists are.
        numbers: E.164.
        digits: the same without plus.
        places: `Place.key` of each.
    """

    def __init__(
        self, registries: RegistryStore, numbers: pd.Series, digits: NDArray[np.uint64], places: pd.Series
    ) -> None:
        self._registries, self._digits = registries, digits
        prefix, prefixes = pd.factorize(numbers.str[:5])
        place, keys = pd.factorize(places)
        both, pair = np.unique(prefix * max(1, len(keys)) + place, return_inverse=True)
        #: The code of each number's area and place.
        self.pair: _Rows = pair.astype(np.int64)
        self._homes = [place_of_key(keys[one % len(keys)]).jurisdictions for one in both.tolist()]
        bound: dict[str, tuple[Binding, list[int]]] = {}
        for n, one in enumerate(both.tolist()):
            for binding in bindings_for(number_area(prefixes[one // len(keys)]), self._homes[n]):
                bound.setdefault(binding.name, (binding, []))[1].append(n)
        self._bound = [_Bound(binding, pairs, self._homes) for binding, pairs in bound.values()]

    def ask(self, rows: NDArray[np.intp], at: datetime) -> Said:
        """What the lists say of the numbers at these positions."""
        digits, pair = self._digits[rows], self.pair[rows]
        listed = {kind: np.zeros(len(rows), dtype=bool) for kind in KINDS}
        group = np.zeros(len(rows), dtype=np.int64)
        lists: list[tuple[ListEvidence, ...]] = [()]
        everywhere: list[ListEvidence] = []
        answers: dict[str, list[_Answer]] = {}
        for bound in self._bound:
            binding = bound.binding
            inside = np.flatnonzero(bound.here[pair])
            all_of_them = np.ones(len(inside), dtype=bool)
            required = binding.requires(at.date())
            said = column(
                self._registries, binding, required=required, numbers=digits[inside], bound=all_of_them, at=at
            )
            if said is None or not len(inside):
                continue
            listed[binding.kind][inside] |= said.listed
            answers.setdefault(binding.kind, []).append((inside, said.listed, bound))
            state = said.status.astype(np.int64) + len(STATUSES) * (said.age_days.astype(np.int64) + 1)
            states, which = np.unique(state, return_inverse=True)
            words = [None, *(_consulted(binding, said.version, int(one)) for one in states)]
            if binding.kind == "state" and len(states) == 1:
                # Every place of the state has it, and the gate leaves it out elsewhere: no group of its own.
                everywhere += [word for word in words if word is not None]
                continue
            mixed = np.zeros(len(rows), dtype=np.int64)
            mixed[inside] = which + 1
            both, group = np.unique(group * len(words) + mixed, return_inverse=True)
            lists = [
                (*lists[one // len(words)], *([each] if (each := words[one % len(words)]) is not None else []))
                for one in both.tolist()
            ]
        whole = tuple((*each, *everywhere) for each in lists)
        return Said(whole, group.astype(np.int64), listed, self._odd(answers, pair))

    def _odd(self, answers: dict[str, list[_Answer]], pair: _Rows) -> NDArray[np.intp]:
        """Positions on one of several lists of a kind, or on a list whose place is not theirs."""
        odd = np.zeros(len(pair), dtype=bool)
        for of_kind in answers.values():
            on, of = np.zeros(len(pair), dtype=np.int64), np.zeros(len(pair), dtype=np.int64)
            for inside, listed, bound in of_kind:
                on[inside] += listed
                of[inside] += 1
                hit = inside[listed]
                odd[hit] |= bound.away[pair[hit]]
            odd |= (on > 0) & (on < of)
        return np.flatnonzero(odd)


def place_of_key(key: str) -> Place:
    """The place that a `Place.key` names."""
    jurisdictions, _, zones = key.partition("|")
    return Place(tuple(filter(None, jurisdictions.split(","))), tuple(filter(None, zones.split(","))))


def _consulted(binding: Binding, version: str, state: int) -> ListEvidence:
    """What a list is to a group of numbers; whether it lists one is in the columns."""
    age, status = divmod(state, len(STATUSES))
    kind: Any = binding.kind
    return ListEvidence(
        kind=kind,
        name=binding.name,
        status=STATUSES[status],
        version=version,
        age_days=None if age == 0 else age - 1,
        max_age_days=binding.max_age_days,
        jurisdiction=binding.jurisdiction,
    )
