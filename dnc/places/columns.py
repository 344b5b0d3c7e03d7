"""The places of a column of numbers and addresses, found once for each group of rows alike.

*Theory of operation.* A row's place depends on its number only through the area code (outside +1: through region,
type and the first digits), on its postal code only through what the tables say of it, and on its city only
through being New York or not. So a list of millions has a few thousand different pairs of number and address;
`dnc.places.combine` answers for one row of each, and a `PlaceFinder` remembers the answers from one part of a list
to the next.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from threading import Lock

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from phonenumbers.tzdata import TIMEZONE_LONGEST_PREFIX

from dnc.coding import Coded, coded, constant, grouped
from dnc.numbers.columns import LeadNumbers, read_lead_numbers
from dnc.places.address import (
    AddressPlace,
    is_new_york_city,
    place_of_address,
    places_of_postal_code,
    state_of,
)
from dnc.places.combine import Policy, home_of, place_at
from dnc.places.number import place_of_area, place_of_number
from dnc.places.postal import group_postal_codes
from dnc.places.tables import area_codes
from dnc.values import Address, Place

__all__ = ["ADDRESS_COLUMNS", "PlaceFinder", "Places", "places_of"]

#: The columns of an address frame; one that is missing counts as not given.
ADDRESS_COLUMNS = ("country", "state", "city", "postal_code", "timezone")

#: Address columns by name, as pandas or Arrow has them.
Columns = Mapping[str, pd.Series | pa.Array | pa.ChunkedArray | Coded]

_AREAS = 1000
_PLUS_ONE = np.uint64(10**10)
_REMEMBERED = 200_000  # pairs and addresses; a list with more of them is damaged, and begins anew
_NEW_YORK = ("New York", "")  # one that is the city by its name, and one that is not


@dataclass(frozen=True, eq=False)
class Places:
    """`index[row]` is the row's position in `places`, in which every different place stands once."""

    index: NDArray[np.int32]
    places: tuple[Place, ...]

    def frame(self) -> pd.DataFrame:
        """One row per row: categories `place_key`, `why`; tuples `jurisdictions`, `zones`; bool `conflict`.

        Rows with equal places share the tuple objects.
        """
        zones = np.empty(len(self.places), dtype=object)
        jurisdictions = np.empty(len(self.places), dtype=object)
        for number, place in enumerate(self.places):
            zones[number], jurisdictions[number] = place.zones, place.jurisdictions
        keys, key_names = pd.factorize(np.array([place.key for place in self.places], dtype=object))
        whys, why_names = pd.factorize(np.array([place.why for place in self.places], dtype=object))
        conflict = np.array([place.conflict for place in self.places], dtype=bool)
        return pd.DataFrame(
            {
                "place_key": pd.Categorical.from_codes(keys[self.index], categories=pd.Index(key_names)),
                "jurisdictions": pd.Series(jurisdictions[self.index], dtype=object),
                "zones": pd.Series(zones[self.index], dtype=object),
                "conflict": conflict[self.index],
                "why": pd.Categorical.from_codes(whys[self.index], categories=pd.Index(why_names)),
            }
        )


def places_of(numbers: pd.Series, addresses: pd.DataFrame | None = None, policy: Policy = "intersect") -> Places:
    """`place_of` for n E.164 numbers and an address frame of n rows with any of `ADDRESS_COLUMNS` (as text).

    Rows are taken by position. A missing number has no zones, as any text that is not a valid number.
    Raises `ValueError` when the lengths differ.
    """
    rows = len(numbers)
    if addresses is not None and len(addresses) != rows:
        raise ValueError(f"{rows} numbers but {len(addresses)} addresses; give one address for each number.")
    texts = numbers.reset_index(drop=True).astype("str").fillna("")
    columns = {} if addresses is None else {str(name): addresses[name].astype("str") for name in addresses}
    finder = PlaceFinder(policy)
    found = finder.find(read_lead_numbers(texts, None), columns, texts)
    used, index = np.unique(found, return_inverse=True)
    return Places(index.astype(np.int32), tuple(finder.places[n] for n in used.tolist()))


class PlaceFinder:
    """Finds places for one part of a list after the other. May be shared by threads.

    Args:
        policy: as in `dnc.places.combine`.
        reasons: whether the places' `why` is asked for. Without it, area codes and addresses that mean the same
            place are one, which is several times less work.

    Attributes:
        places: every different place found so far; only ever appended to.
        keys: their `Place.key`.
    """

    def __init__(self, policy: Policy = "intersect", *, reasons: bool = True) -> None:
        self.places: list[Place] = []
        self.keys: list[str] = []
        self._policy: Policy = policy
        self._reasons = reasons
        self._place_ids: dict[Place, int] = {}
        self._numbers: list[Place] = []  # by group of numbers
        self._homes: list[str] = []  # in which country an address without country is read, likewise
        self._number_ids: dict[Place, int] = {}
        self._of_area = np.full(_AREAS, -1, dtype=np.int64)  # area code -> group of numbers
        self._abroad: dict[tuple[str, str, str], int] = {}
        self._address_ids: dict[tuple[AddressPlace | None, str], int] = {}
        self._addresses: list[tuple[AddressPlace | None, str]] = []
        self._seen: dict[tuple[str, ...], int] = {}  # address and home -> address id
        self._pairs: dict[tuple[int, int], int] = {}  # group of numbers, address id -> place id
        self._lock = Lock()

    def find(self, numbers: LeadNumbers, addresses: Columns, texts: pd.Series | None = None) -> NDArray[np.int32]:
        """The place of each of n numbers, as a position in `places`; shape (n,).

        `addresses` has any of `ADDRESS_COLUMNS`, n rows each. `texts` are the numbers as they were written, to say
        why one that was refused has no place.
        """
        number = self._number_groups(numbers, texts)
        address = self._address_groups(addresses, number)
        group, first = grouped((number, len(self._numbers)), (address, len(self._addresses)))
        pairs = list(zip(number[first].tolist(), address[first].tolist(), strict=True))
        found = [self._pairs.get(pair, -1) for pair in pairs]
        if -1 in found:
            with self._lock:
                if len(self._pairs) > _REMEMBERED:
                    self._pairs.clear()
                found = [self._place(pair) if known < 0 else known for known, pair in zip(found, pairs, strict=True)]
        return np.array(found, dtype=np.int32)[group]

    def _place(self, pair: tuple[int, int]) -> int:
        """The place of a pair of number and address."""
        found = self._pairs.get(pair)
        if found is None:
            address, timezone = self._addresses[pair[1]]
            place = place_at(self._numbers[pair[0]], address, timezone, self._policy)
            place = place if self._reasons else replace(place, why="")
            found = self._place_ids.setdefault(place, len(self.places))
            if found == len(self.places):
                self.keys.append(place.key)
                self.places.append(place)
            self._pairs[pair] = found
        return found

    def _number_groups(self, numbers: LeadNumbers, texts: pd.Series | None) -> NDArray[np.int64]:
        """A group for each row: numbers of one group have one place of their own."""
        groups = np.empty(len(numbers), dtype=np.int64)
        north = (numbers.digits >= _PLUS_ONE) & (numbers.digits < 2 * _PLUS_ONE)
        inside = np.flatnonzero(north)
        area = (numbers.digits[inside] // np.uint64(10**7)).astype(np.int64) - _AREAS
        found = self._of_area[area]
        new = np.flatnonzero(found < 0)
        if len(new):
            with self._lock:
                for row in new[np.unique(area[new], return_index=True)[1]].tolist():
                    self._of_area[area[row]] = self._number(_of_north(str(numbers.digits[inside[row]])))
            found = self._of_area[area]
        groups[inside] = found
        rest = np.flatnonzero(~north)
        if len(rest):
            with self._lock:
                groups[rest] = [self._elsewhere(numbers, row, texts) for row in rest.tolist()]
        return groups

    def _elsewhere(self, numbers: LeadNumbers, row: int, texts: pd.Series | None) -> int:
        """The group of a number outside +1, or of a refused one."""
        digits = int(numbers.digits[row])
        if not digits:
            return self._number(place_of_number("" if texts is None else str(texts.iat[row])))
        text = f"+{digits}"
        # What decides outside +1: see `dnc.places.number`.
        key = (numbers.regions[numbers.region[row]], str(numbers.type[row]), text[: 1 + TIMEZONE_LONGEST_PREFIX])
        found = self._abroad.get(key)
        if found is None:
            found = self._abroad[key] = self._number(place_of_number(text))
        return found

    def _number(self, place: Place) -> int:
        """The group of all numbers that have this place of their own."""
        place = place if self._reasons else replace(place, why="")
        found = self._number_ids.setdefault(place, len(self._numbers))
        if found == len(self._numbers):
            self._homes.append(home_of(place))
            self._numbers.append(place)
        return found

    def _address_groups(self, columns: Columns, number: NDArray[np.int64]) -> NDArray[np.int64]:
        """A group for each row: addresses of one group are at one place, whatever the number."""
        rows = len(number)
        blank = constant("", rows)

        def column(name: str) -> Coded:
            return coded(columns[name]) if name in columns else blank

        country, state, timezone = column("country"), column("state"), column("timezone")
        postal = group_postal_codes(columns["postal_code"]) if "postal_code" in columns else blank
        parts = (country, state, timezone, postal, _new_york(columns, state, postal), self._home(country, number))
        group, first = grouped(*((part.codes, len(part.names)) for part in parts))
        keys = list(zip(*([part.names[n] for n in part.codes[first].tolist()] for part in parts), strict=True))
        found = [self._seen.get(key, -1) for key in keys]
        if -1 in found:
            with self._lock:
                if len(self._seen) > _REMEMBERED:
                    self._seen.clear()
                found = [self._address(key) if known < 0 else known for known, key in zip(found, keys, strict=True)]
        return np.array(found, dtype=np.int64)[group]

    def _home(self, country: Coded, number: NDArray[np.int64]) -> Coded:
        """The country that a row's address is read in; "" where the list states one."""
        read_in = coded(pa.array(self._homes, type=pa.string()))
        stated = np.array([bool(name) for name in country.names], dtype=bool)[country.codes]
        return Coded(np.where(stated, 0, read_in.codes[number] + 1), ["", *read_in.names])

    def _address(self, key: tuple[str, ...]) -> int:
        """The group of an address."""
        found = self._seen.get(key)
        if found is None:
            country, state, timezone, postal, city, home = key
            place = place_of_address(Address(country, state, city, postal), home or "US")
            if place is not None and not self._reasons:
                place = replace(place, why="")
            at = (place, timezone.strip())
            found = self._address_ids.setdefault(at, len(self._addresses))
            if found == len(self._addresses):
                self._addresses.append(at)
            self._seen[key] = found
        return found


def _of_north(digits: str) -> Place:
    """The place of a +1 number: that of its area code, or of its country where the table has none."""
    area = digits[1:4]
    return place_of_area(area) if area in area_codes() else place_of_number(f"+{digits}")


def _new_york(columns: Columns, state: Coded, postal: Coded) -> Coded:
    """Which rows name New York City as their city, where that may matter."""
    found = np.ones(len(state.codes), dtype=np.int64)
    if "city" in columns:
        by_state = np.array([getattr(state_of("US", name), "code", "") == "NY" for name in state.names], dtype=bool)
        by_postal = np.array(["NY" in places_of_postal_code("US", text)[0] for text in postal.names], dtype=bool)
        rows = np.flatnonzero(by_state[state.codes] | by_postal[postal.codes])
        cities = columns["city"]
        if isinstance(cities, Coded):
            codes, names = cities.codes[rows], cities.names
        else:
            codes, names = coded(cities.iloc[rows] if isinstance(cities, pd.Series) else cities.take(pa.array(rows)))
        found[rows] = np.array([not is_new_york_city(name, "") for name in names], dtype=np.int64)[codes]
    return Coded(found, list(_NEW_YORK))
