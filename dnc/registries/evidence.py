"""What the lists say of a number at an instant: evidence for the gate, one number or a column of them.

Age is counted in whole days between the calendar day a copy was obtained and the day of the call, both in the
zone the obtaining was recorded in. A +1 list is aged per area code; an area code that was never downloaded is
missing. A register that washes is aged per number; a number that was never washed is missing. What cannot be
read is unreadable, never empty.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final, Literal, Protocol, cast

import numpy as np
import numpy.typing as npt

from dnc.registries.bindings import Binding, binding_of
from dnc.registries.keyed import Keyed, Tag
from dnc.registries.report import Numbers
from dnc.registries.snapshot import Snapshot, SnapshotError
from dnc.values import ListEvidence

__all__ = ["STATUSES", "EvidenceColumn", "Opener", "age_in_days", "column", "evidence", "part_status"]

Status = Literal["fresh", "stale", "missing", "unreadable"]
EvidenceKind = Literal["national", "state", "wireless", "litigator"]

_REFUSED: Final = "the register refused the number as invalid, so it is not cleared"

#: `EvidenceColumn.status` is an index into this.
STATUSES: Final[tuple[Status, ...]] = ("fresh", "stale", "missing", "unreadable")


class Opener(Protocol):
    """Where snapshots come from: the store."""

    def current(self, registry: str) -> Snapshot | None:
        """The version in use, None when there is none. Raises SnapshotError when it cannot be read."""


@dataclass(frozen=True, slots=True)
class EvidenceColumn:
    """What one list says of n numbers: arrays of shape (n,).

    `bound` tells for which numbers the list speaks at all; the other arrays mean nothing elsewhere. `status`
    indexes `STATUSES`; `age_days` is -1 where there is no copy.
    """

    binding: Binding
    version: str
    bound: npt.NDArray[np.bool_]
    listed: npt.NDArray[np.bool_]
    status: npt.NDArray[np.uint8]
    age_days: npt.NDArray[np.int32]


def age_in_days(obtained_at: datetime, at: datetime) -> int:
    """Whole calendar days from obtaining to the call, in the zone of the former; never below 0."""
    return max(0, at.astimezone(obtained_at.tzinfo).toordinal() - obtained_at.toordinal())


def part_status(binding: Binding, age: int) -> Status:
    """`fresh` or `stale` for a copy of this age."""
    return "fresh" if binding.max_age_days is None or age <= binding.max_age_days else "stale"


def evidence(
    opener: Opener,
    bindings: Sequence[Binding],
    *,
    needed: frozenset[str],
    number: str,
    area: str,
    at: datetime,
) -> list[ListEvidence]:
    """What each of the lists says of one number. Lists nobody needs are left out while they are not there."""
    found = []
    digits = int(number[1:])
    for binding in bindings:
        try:
            snapshot = opener.current(binding.name)
        except SnapshotError as error:
            found.append(_said(binding.name, "unreadable", f"{error}; roll back or "))
            continue
        if snapshot is not None:
            found.append(_of_number(binding, snapshot, digits, area, at))
        elif binding.name in needed or binding.requires(at.date()):
            found.append(_said(binding.name, "missing", f"{binding.name} was never imported; "))
    return found


def _of_number(binding: Binding, snapshot: Snapshot, digits: int, area: str, at: datetime) -> ListEvidence:
    name, version, index = binding.name, snapshot.manifest.version, snapshot.index
    if binding.by == "number" and isinstance(index, Keyed):
        answer = index.find(digits)
        if answer is None:
            return _said(name, "missing", f"the number was never sent to {name}; wash it, then ", version)
        tag, day = answer
        age = max(0, at.astimezone(snapshot.manifest.obtained_at.tzinfo).toordinal() - day)
        return _aged(name, version, tag <= Tag.BLOCKED, age, _REFUSED if tag is Tag.BLOCKED else "")
    listed = index.contains(digits)
    part = snapshot.manifest.coverage.get(area[1:] if binding.by == "area_code" else "*")
    if part is None:
        return _said(name, "missing", f"{name} has no list of area code {area[1:]}; ", version, listed=listed)
    return _aged(name, version, listed, age_in_days(part.obtained_at, at))


# One list says few different things in a day, and evidence is frozen, so the same objects are given again.


@lru_cache(maxsize=65_536)
def _aged(name: str, version: str, listed: bool, age: int, detail: str = "") -> ListEvidence:
    binding = binding_of(name)
    if part_status(binding, age) == "fresh":
        return _said(name, "fresh", detail, version, listed=listed, age=age)
    detail = f"{age} days old, at most {binding.max_age_days} are allowed; "
    return _said(name, "stale", detail, version, listed=listed, age=age)


@lru_cache(maxsize=65_536)
def _said(
    name: str,
    status: Status,
    detail: str,
    version: str = "",
    *,
    listed: bool = False,
    age: int | None = None,
) -> ListEvidence:
    """Evidence; what is not fresh also says how to bring a newer version."""
    binding = binding_of(name)
    return ListEvidence(
        kind=cast(EvidenceKind, binding.kind),
        name=name,
        status=status,
        listed=listed,
        version=version,
        age_days=age,
        max_age_days=binding.max_age_days,
        detail=detail if status == "fresh" else detail + binding.how_to_import,
        jurisdiction=binding.jurisdiction,
    )


def column(
    opener: Opener,
    binding: Binding,
    *,
    required: bool,
    numbers: Numbers,
    bound: npt.NDArray[np.bool_],
    at: datetime,
) -> EvidenceColumn | None:
    """What one list says of uint64 E.164 digits of shape (n,), as `evidence` says it of each.

    None when the list is not there and nobody needs it.
    """
    missing = np.full(len(numbers), STATUSES.index("missing"), dtype=np.uint8)
    nothing = np.zeros(len(numbers), dtype=bool)
    no_age = np.full(len(numbers), -1, dtype=np.int32)
    try:
        snapshot = opener.current(binding.name)
    except SnapshotError:
        unreadable = np.full(len(numbers), STATUSES.index("unreadable"), dtype=np.uint8)
        return EvidenceColumn(binding, "", bound, nothing, unreadable, no_age)
    if snapshot is None:
        return EvidenceColumn(binding, "", bound, nothing, missing, no_age) if required else None
    version, index = snapshot.manifest.version, snapshot.index
    if binding.by == "number" and isinstance(index, Keyed):
        where, known = index.positions(numbers)
        if not len(index):
            return EvidenceColumn(binding, version, bound, nothing, missing, no_age)
        today = at.astimezone(snapshot.manifest.obtained_at.tzinfo).toordinal()
        age = np.maximum(0, today - index.days[where].astype(np.int64)).astype(np.int32)
        age[~known] = -1
        listed = known & (index.codes[where] <= Tag.BLOCKED)
        return EvidenceColumn(binding, version, bound, listed, _statuses(binding, age), age)
    listed = index.contains_many(numbers)
    if binding.by == "area_code":
        ages = np.full(1000, -1, dtype=np.int32)
        for npa, part in snapshot.manifest.coverage.items():
            ages[int(npa)] = age_in_days(part.obtained_at, at)
        areas = (numbers // np.uint64(10**7)).astype(np.int64) - 1000
        age = ages[np.clip(areas, 0, 999)]
        age[(areas < 0) | (areas > 999)] = -1
    else:
        whole = snapshot.manifest.coverage.get("*")
        days = -1 if whole is None else age_in_days(whole.obtained_at, at)
        age = np.full(len(numbers), days, dtype=np.int32)
    return EvidenceColumn(binding, version, bound, listed, _statuses(binding, age), age)


def _statuses(binding: Binding, age: npt.NDArray[np.int32]) -> npt.NDArray[np.uint8]:
    limit = binding.max_age_days
    stale = (age > limit) if limit is not None else np.zeros(len(age), dtype=bool)
    out = np.where(stale, np.uint8(STATUSES.index("stale")), np.uint8(STATUSES.index("fresh")))
    out[age < 0] = STATUSES.index("missing")
    return out.astype(np.uint8)
