"""The Reassigned Numbers Database, as far as its answers were imported (`dialer dnc import --format us_rnd.response`).

An answer stands under the number with the date that the query named and the day it was obtained. What a "no" is worth
for a call (the date must not lie behind the consent, the data must be the newest) is for the gate to judge, by
47 CFR 64.1200(m).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
from numpy.typing import NDArray

from dnc.registries import RegistryStore
from dnc.registries.keyed import Keyed, Tag
from dnc.values import ProposedCall, RndAnswer, RndReply

__all__ = ["REGISTRY", "ReassignedColumns", "reassigned", "reassigned_columns"]

REGISTRY = "US.rnd"
_SAID: dict[Tag, RndAnswer] = {
    Tag.LISTED: "yes",
    Tag.BLOCKED: "no_data",
    Tag.NO_DATA: "no_data",
    Tag.CLEAR: "no",
    Tag.REMOVED: "no_data",
}


def reassigned(registries: RegistryStore) -> Callable[[ProposedCall, datetime], RndReply | None]:
    """The question that the gate's facts ask; None: the number was never asked for.

    It raises what the registry raises when it cannot be read, and the gate then refuses.
    """

    def answer(call: ProposedCall, at: datetime) -> RndReply | None:
        found = registries.answer(REGISTRY, call.number)
        if found is None:
            return None
        since = date.fromordinal(found.since) if found.since else None
        return RndReply(_SAID[found.tag], since, date.fromordinal(found.obtained))

    return answer


@dataclass(frozen=True, eq=False)
class ReassignedColumns:
    """`RndReply` for n numbers: arrays of shape (n,), for the columns of `dnc.gate.screen` with these names."""

    rnd: NDArray[np.object_]  # an `RndAnswer`, "" where there is none
    rnd_since: NDArray[np.datetime64]  # days; NaT where not known
    rnd_obtained: NDArray[np.datetime64]


def reassigned_columns(registries: RegistryStore, numbers: NDArray[np.uint64]) -> ReassignedColumns:
    """`reassigned` for E.164 digits of shape (n,)."""
    said = np.full(len(numbers), "", dtype=object)
    since, obtained = (np.full(len(numbers), np.datetime64("NaT"), dtype="datetime64[D]") for _ in range(2))
    snapshot = registries.current(REGISTRY)
    if snapshot is not None and isinstance(snapshot.index, Keyed):
        index = snapshot.index
        where, known = index.positions(numbers)
        at = where[known]
        if len(at):
            words = np.array([_SAID[tag] for tag in sorted(Tag)], dtype=object)
            said[known] = words[index.codes[at]]
            obtained[known] = _days(index.days[at])
            if index.since is not None:
                since[known] = _days(index.since[at])
    return ReassignedColumns(said, since, obtained)


def _days(ordinals: NDArray[np.uint32]) -> NDArray[np.datetime64]:
    """Proleptic ordinals as days; 0 is no day."""
    days = ordinals.astype(np.int64) - date(1970, 1, 1).toordinal()
    found: NDArray[np.datetime64] = days.astype("datetime64[D]")
    found[ordinals == 0] = np.datetime64("NaT")
    return found
