"""The Reassigned Numbers Database, as far as its answers were imported (`dialer dnc import --format us_rnd.response`).

An answer stands under the number with the day it was obtained. `yes` and `no_data` stand until a newer answer comes.
`no` is worth something only from the most recent database, which is new every month (47 CFR 64.1200(m)): an older one
is no answer, and refuses the call wherever one is required.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from dnc.registries import RegistryStore
from dnc.registries.keyed import Keyed, Tag
from dnc.values import ProposedCall, RndAnswer

__all__ = ["REGISTRY", "reassigned", "reassigned_columns"]

REGISTRY = "US.rnd"
_MAX_AGE_DAYS = 31
_SAID: dict[Tag, RndAnswer] = {
    Tag.LISTED: "yes",
    Tag.BLOCKED: "no_data",
    Tag.NO_DATA: "no_data",
    Tag.CLEAR: "no",
    Tag.REMOVED: "no_data",
}


def reassigned(registries: RegistryStore) -> Callable[[ProposedCall, datetime], RndAnswer | None]:
    """The question that the gate's facts ask; None: there is no answer to rely on.

    It raises what the registry raises when it cannot be read, and the gate then refuses.
    """

    def answer(call: ProposedCall, at: datetime) -> RndAnswer | None:
        found = registries.answer(REGISTRY, call.number)
        if found is None:
            return None
        tag, day = found
        said = _SAID[tag]
        return None if said == "no" and _age(at) - day > _MAX_AGE_DAYS else said

    return answer


def reassigned_columns(registries: RegistryStore, numbers: NDArray[np.uint64], at: datetime) -> NDArray[np.object_]:
    """`reassigned` for E.164 digits of shape (n,); "" where there is no answer."""
    said = np.full(len(numbers), "", dtype=object)
    snapshot = registries.current(REGISTRY)
    if snapshot is None or not isinstance(snapshot.index, Keyed):
        return said
    where, known = snapshot.index.positions(numbers)
    if not known.any():
        return said
    words = np.array([_SAID[tag] for tag in sorted(Tag)], dtype=object)
    said[known] = words[snapshot.index.codes[where[known]]]
    old = np.zeros(len(numbers), dtype=bool)
    old[known] = _age(at) - snapshot.index.days[where[known]].astype(np.int64) > _MAX_AGE_DAYS
    said[old & (said == "no")] = ""
    return said


def _age(at: datetime) -> int:
    return at.astimezone(UTC).toordinal()
