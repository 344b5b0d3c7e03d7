"""How old each list is and how many days are left, for `dnc status` and the morning's check."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from dnc.registries.bindings import Binding
from dnc.registries.evidence import Opener, Status, age_in_days, part_status
from dnc.registries.keyed import Keyed
from dnc.registries.snapshot import SnapshotError

__all__ = ["RegistryStatus", "status_of"]


@dataclass(frozen=True, slots=True)
class RegistryStatus:
    """One list at an instant. Age, days left and state are those of its oldest part.

    `days_left` is negative once a part is stale and None for lists that do not age. `area_codes` are those
    covered, `stale_area_codes` those too old to dial.
    """

    registry: str
    state: Status
    required: bool
    version: str = ""
    rows: int = 0
    obtained_at: datetime | None = None
    age_days: int | None = None
    max_age_days: int | None = None
    days_left: int | None = None
    area_codes: tuple[str, ...] = ()
    stale_area_codes: tuple[str, ...] = ()
    citation: str = ""
    detail: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The status as JSON values."""
        return {
            "registry": self.registry,
            "state": self.state,
            "required": self.required,
            "version": self.version,
            "rows": self.rows,
            "obtained_at": self.obtained_at.isoformat() if self.obtained_at else None,
            "age_days": self.age_days,
            "max_age_days": self.max_age_days,
            "days_left": self.days_left,
            "area_codes": list(self.area_codes),
            "stale_area_codes": list(self.stale_area_codes),
            "citation": self.citation,
            "detail": self.detail,
        }


def status_of(opener: Opener, binding: Binding, required: bool, at: datetime) -> RegistryStatus:
    """The status of one list."""
    limit = binding.max_age_days
    try:
        snapshot = opener.current(binding.name)
    except SnapshotError as error:
        detail = f"{error}; roll back or {binding.how_to_import}"
        return RegistryStatus(
            binding.name, "unreadable", required, max_age_days=limit, citation=binding.citation, detail=detail
        )
    if snapshot is None:
        detail = f"never imported; {binding.how_to_import}"
        return RegistryStatus(
            binding.name, "missing", required, max_age_days=limit, citation=binding.citation, detail=detail
        )
    manifest, index = snapshot.manifest, snapshot.index
    oldest = snapshot.oldest
    ages = {part: age_in_days(c.obtained_at, at) for part, c in manifest.coverage.items()}
    age = max(ages.values(), default=0)
    if binding.by == "number" and isinstance(index, Keyed) and len(index):
        today = at.astimezone(manifest.obtained_at.tzinfo).toordinal()
        age = max(0, today - int(np.max(index.days)))  # the newest wash; every number has an age of its own
        oldest = manifest.obtained_at
    apart = binding.by == "area_code"
    stale = sorted(part for part, days in ages.items() if part_status(binding, days) == "stale")
    state = part_status(binding, age)
    return RegistryStatus(
        registry=binding.name,
        state=state,
        required=required,
        version=manifest.version,
        rows=manifest.rows,
        obtained_at=oldest,
        age_days=age,
        max_age_days=limit,
        days_left=None if limit is None else limit - age,
        area_codes=tuple(sorted(ages)) if apart else (),
        stale_area_codes=tuple(stale) if apart else (),
        citation=binding.citation,
        detail=binding.how_to_import if state == "stale" else "",
    )
