"""The places of a column of numbers and addresses, found once for each group of rows alike.

A row's place depends on its number only through the area code (outside +1: the whole number), on its ZIP only
through the table's answer, and on its city only through being New York or not; so a list of millions has a
few thousand groups. `place_of` itself answers for the first row of each group.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dnc.numbers.columns import parse_lead_numbers
from dnc.places.address import is_new_york_city, normal_zip
from dnc.places.combine import Policy, place_with
from dnc.places.number import place_of_area, place_of_number
from dnc.places.tables import zip_table
from dnc.values import Address, Place

__all__ = ["ADDRESS_COLUMNS", "Places", "places_of"]

#: The columns of an address frame; one that is missing counts as not given.
ADDRESS_COLUMNS = ("country", "state", "city", "postal_code", "timezone")

_ZIP_COUNTRIES = frozenset({"US", "PR", "VI", "GU", "AS", "MP"})
_UNKNOWN_ZIP = -1
_NO_ZIP = -2


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


def _column(frame: pd.DataFrame | None, name: str, rows: int) -> tuple[NDArray[np.int64], list[str]]:
    """A text column as codes and distinct texts, missing values as empty text."""
    if frame is None or name not in frame.columns:
        return np.zeros(rows, dtype=np.int64), [""]
    codes, texts = pd.factorize(frame[name].astype("str").fillna(""))
    return codes.astype(np.int64), [str(text) for text in texts]


def _zip_groups(texts: list[str]) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """For each distinct postal text: the ZIP table's answer (or blank, or unknown); if New York's."""
    zips = [normal_zip(text) for text in texts]
    numbers = np.array([int(zip_code or 0) for zip_code in zips], dtype=np.int64)
    answers = zip_table().find(numbers).astype(np.int64)
    known = np.array([bool(zip_code) for zip_code in zips], dtype=bool) & (answers > 0)
    blank = np.array([not text.strip() for text in texts], dtype=bool)
    city = np.array([bool(zip_code) and is_new_york_city("", zip_code) for zip_code in zips], dtype=bool)
    return np.where(known, answers, np.where(blank, _NO_ZIP, _UNKNOWN_ZIP)), city


def _positiongroups(numbers: pd.Series) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """A group for each row (the area code, or the number itself), and which rows have a US number."""
    parsed = parse_lead_numbers(numbers, None)
    north = (parsed["ok"] & numbers.str.startswith("+1")).to_numpy()
    american = north & (parsed["region"] == "US").to_numpy()
    groups = np.zeros(len(numbers), dtype=np.int64)
    groups[north] = numbers[north].str.slice(2, 5).astype("int64").to_numpy()
    if not north.all():
        groups[~north] = 1000 + pd.factorize(numbers[~north])[0]
    return groups, american


def places_of(numbers: pd.Series, addresses: pd.DataFrame | None = None, policy: Policy = "intersect") -> Places:
    """`place_of` for n E.164 numbers and an address frame of n rows with any of `ADDRESS_COLUMNS` (as text).

    Rows are taken by position. A missing number has no zones, as any text that is not a valid number.
    Raises `ValueError` when the lengths differ.
    """
    rows = len(numbers)
    if addresses is not None and len(addresses) != rows:
        raise ValueError(f"{rows} numbers but {len(addresses)} addresses; give one address for each number.")
    texts = numbers.reset_index(drop=True).astype("str").fillna("")
    key, american = _positiongroups(texts)
    columns = {name: _column(addresses, name, rows) for name in ADDRESS_COLUMNS}

    countries = columns["country"]
    stated = np.array([name.upper() in _ZIP_COUNTRIES for name in countries[1]], dtype=bool)[countries[0]]
    blank = np.array([not name for name in countries[1]], dtype=bool)[countries[0]]
    postal_codes, postal_texts = columns["postal_code"]
    answers, new_york = _zip_groups(postal_texts)
    # Elsewhere a postal code is no ZIP: those rows are grouped by its text.
    postal = np.where(stated | (blank & american), answers[postal_codes], postal_codes + 1_000_000)
    cities = np.array([is_new_york_city(name, "") for name in columns["city"][1]], dtype=bool)
    in_city = cities[columns["city"][0]] * 2 + new_york[postal_codes]

    for codes in (
        countries[0],
        columns["state"][0],
        columns["timezone"][0],
        postal,
        in_city.astype(np.int64),
    ):
        group, _ = pd.factorize(codes)
        key, _ = pd.factorize(key * (int(group.max(initial=0)) + 1) + group)
    first = np.full(int(key.max(initial=-1)) + 1, -1, dtype=np.int64)
    first[key[::-1]] = np.arange(rows - 1, -1, -1)

    index: dict[Place, int] = {}
    found = np.empty(len(first), dtype=np.int32)
    firsts = texts.iloc[first].tolist()
    for position, row in enumerate(first.tolist()):
        parts = {name: distinct[codes[row]] for name, (codes, distinct) in columns.items()}
        address = Address(**parts) if any(parts.values()) else None
        text = str(firsts[position])
        number = place_of_area(text[2:5]) if american[row] else place_of_number(text)
        place = place_with(number, address, policy)
        found[position] = index.setdefault(place, len(index))
    return Places(found[key] if rows else np.empty(0, dtype=np.int32), tuple(index))
