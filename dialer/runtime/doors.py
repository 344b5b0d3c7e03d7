"""Places that are open, closed, or open to some, by their clock alone; each answer remembered while it holds."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from dialer.runtime.consents import agreement_names
from dialer.runtime.listings import place_of_key
from dnc import zones
from dnc.gate import Gate
from dnc.values import Consent, Mode, Place, Scope

__all__ = ["Door", "Doors"]

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


class Door(IntEnum):
    """Whether calls may come to a place."""

    CLOSED = 0  # to everybody, whatever they agreed to
    ASK = 1  # open to those whose agreement lifts the closed hours
    OPEN = 2


class Doors:
    """The hours of some places.

    Args:
        gate: knows them, with the campaign's guard before closing.
        scope: what the calls are for.
        mode: how they are placed.
        keys: `Place.key` of each place.
    """

    def __init__(self, gate: Gate, scope: Scope, mode: Mode, keys: list[str]) -> None:
        self._gate, self._scope, self._mode = gate, scope, mode
        self._places = [place_of_key(key) for key in keys]
        self._generous = Consent("express", _LONG_AGO, waives=tuple(agreement_names(gate.book)))
        self._door = np.zeros(len(keys), dtype=np.int64)
        self._until = np.full(len(keys), -np.inf)

    def at(self, at: datetime) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """The `Door` of each place, and until when (seconds since the epoch) no rule of it can change by the clock."""
        for n in np.flatnonzero(self._until <= at.timestamp()).tolist():
            self._door[n], self._until[n] = self._look(self._places[n], at)
        return self._door, self._until

    def _look(self, place: Place, at: datetime) -> tuple[Door, float]:
        plain = self._gate.hours(place, self._scope, self._mode, at)
        if plain.open:
            # Rules come into force, and lists and relationships grow old, at midnight: here, there, and in UTC.
            until = at if plain.until is None else plain.until
            return Door.OPEN, min([until.timestamp(), *(_midnight(name, at) for name in (*place.zones, "UTC"))])
        generous = self._gate.hours(place, self._scope, self._mode, at, self._generous)
        if generous.open:
            return Door.ASK, -np.inf
        return Door.CLOSED, np.inf if generous.until is None else generous.until.timestamp()


def _midnight(name: str, at: datetime) -> float:
    """The end of the local day."""
    here = UTC if name == "UTC" else zones.zone(name)
    tomorrow = at.astimezone(here).date() + timedelta(days=1)
    return datetime.combine(tomorrow, time.min, tzinfo=here).timestamp()
