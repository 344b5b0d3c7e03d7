"""`evidence` for columns: which lists bind which of n numbers, by area and by where each person lives."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

import numpy as np
import numpy.typing as npt

from dnc.registries.bindings import Binding, bindings_for, number_area
from dnc.registries.evidence import EvidenceColumn, Opener, column
from dnc.registries.report import Numbers

__all__ = ["evidence_columns"]

Codes = npt.NDArray[np.intp]

_POWERS: Final = np.array([10**k for k in range(1, 19)], dtype=np.uint64)


def evidence_columns(
    opener: Opener,
    *,
    needed: frozenset[str],
    numbers: Numbers,
    at: datetime,
    homes: Sequence[Iterable[str]],
    home: Codes | None,
) -> list[EvidenceColumn]:
    """One column a list that binds any of the numbers (E.164 digits, shape (n,)), as `evidence` says it of each.

    `homes[home[i]]` are the jurisdictions of where person i lives; without `home` all live in `homes[0]`.
    """
    areas, area = _areas(numbers)
    here = np.zeros(len(numbers), dtype=np.intp) if home is None else home
    pairs, pair = np.unique(area * len(homes) + here, return_inverse=True)
    bound: dict[str, tuple[Binding, list[int]]] = {}
    for slot, one in enumerate(pairs.tolist()):
        for binding in bindings_for(areas[one // len(homes)], homes[one % len(homes)]):
            bound.setdefault(binding.name, (binding, []))[1].append(slot)
    found = []
    for binding, slots in bound.values():
        table = np.zeros(len(pairs), dtype=bool)
        table[slots] = True
        required = binding.name in needed or binding.requires(at.date())
        said = column(opener, binding, required=required, numbers=numbers, bound=table[pair.reshape(-1)], at=at)
        if said is not None:
            found.append(said)
    return found


def _areas(numbers: Numbers) -> tuple[list[str], Codes]:
    """`number_area` of each number: the distinct areas and an index into them, shape (n,)."""
    behind = np.maximum(np.searchsorted(_POWERS, numbers, side="right") - 3, 0)  # digits behind the fourth
    first_four = numbers // np.where(behind > 0, _POWERS[behind - 1], np.uint64(1))
    distinct, index = np.unique(first_four, return_inverse=True)
    return [number_area(f"+{digits}") for digits in distinct.tolist()], index.reshape(-1)
