"""Postal codes of a column, grouped by what the tables say of them; a ZIP is read as a number, not as text."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from dnc.coding import Coded, coded
from dnc.places.address import is_new_york_city, normal_zip, places_of_postal_code
from dnc.places.tables import zip_table

__all__ = ["group_postal_codes"]

_ZIP = 5
#: Countries in which a postal code means something; see `places_of_postal_code`.
_COUNTRIES = ("US", "CA", "AU")


@lru_cache(maxsize=1)
def _zips() -> tuple[NDArray[np.int64], list[str]]:
    """For each ZIP 0..99999 its group, and a ZIP of each group: alike in table's answer and in being New York City."""
    every = np.arange(10**_ZIP)
    answer = zip_table().find(every).astype(np.int64)
    city = np.zeros(len(every), dtype=np.int64)
    texts = [f"{number:05d}" for number in every.tolist()]
    of_state = np.flatnonzero(np.array(["NY" in names for names, _ in zip_table().answers])[answer])
    city[of_state] = [is_new_york_city("", texts[number]) for number in of_state.tolist()]
    _, first, group = np.unique(answer * 2 + city, return_index=True, return_inverse=True)
    return group.astype(np.int64), [texts[number] for number in first.tolist()]


@lru_cache(maxsize=65_536)
def _other(text: str) -> str:
    """A postal code that means the same as this one, which is no plain ZIP."""
    zip_code = normal_zip(text)
    if zip_code:
        group, names = _zips()
        return names[int(group[int(zip_code)])]
    meaning = tuple(places_of_postal_code(country, text) for country in _COUNTRIES)
    return _first_of.setdefault((meaning, not text.strip()), text)


#: Meaning -> the first text that had it.
_first_of: dict[tuple[object, bool], str] = {}


def group_postal_codes(values: pd.Series | pa.Array | pa.ChunkedArray) -> Coded:
    """Postal codes grouped by meaning: of each row the group, of each group one text that means the same.

    The texts are the same ones whichever column they are asked for.
    """
    if isinstance(values, pd.Series):
        values = pa.array(values) if isinstance(values.dtype, pd.StringDtype) else pa.array(values.astype("str"))
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    if isinstance(values, pa.DictionaryArray):
        inside = group_postal_codes(values.dictionary)
        codes, _ = coded(values)
        blank = np.array([len(inside.names)], dtype=np.int64)  # `coded` puts the missing value behind the others
        return Coded(np.concatenate([inside.codes, blank])[codes], [*inside.names, ""])
    group_of, names = _zips()
    zips, plain = _plain_zips(values.cast(pa.large_string()))
    codes = group_of[zips]
    rest = np.flatnonzero(~plain)
    if not len(rest):
        return Coded(codes, names)
    other, texts = coded(values.take(pa.array(rest)))
    same = [_other(text) for text in texts]
    distinct = {text: len(names) + n for n, text in enumerate(dict.fromkeys(same))}
    codes[rest] = np.array([distinct[text] for text in same], dtype=np.int64)[other]
    return Coded(codes, [*names, *distinct])


def _plain_zips(array: pa.LargeStringArray) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """The number that five digits make, and which rows are five digits and nothing else; 0 elsewhere."""
    rows = len(array)
    bounds = np.frombuffer(array.buffers()[1], dtype=np.int64)[array.offset : array.offset + rows + 1]
    plain = np.diff(bounds) == _ZIP
    if array.null_count:
        plain &= np.asarray(array.is_valid())
    found = np.zeros(rows, dtype=np.int64)
    at = np.flatnonzero(plain)
    if not len(at):
        return found, plain
    raw = np.frombuffer(array.buffers()[2], dtype=np.uint8)
    start, number, good = bounds[at], np.zeros(len(at), dtype=np.int64), np.ones(len(at), dtype=bool)
    for place in range(_ZIP):
        digit = raw[start + place] - np.uint8(ord("0"))
        good &= digit < 10
        number = number * 10 + digit
    plain[at] = good
    found[at] = np.where(good, number, 0)
    return found, plain
