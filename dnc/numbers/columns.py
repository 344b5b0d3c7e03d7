"""A column of leads' numbers: `parse_lead_number` for every row, at the speed of arrays.

Rows that are plainly North American (an optional +1 or 1, ten digits, `( ) . -` and spaces) go through
`dnc.numbers.nanp`; each of the others is parsed once per distinct text and region by `parse_lead_number`
itself. Both ways give identical rows, which a property test holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from dnc.numbers.lead import parse_lead_number
from dnc.numbers.nanp import Automaton, automaton
from dnc.numbers.values import SENTENCES, TYPE_NAMES, Number, NumberCode, Refusal

__all__ = ["parse_lead_numbers"]

_CODES = tuple(NumberCode)
_CODE_INDEX = {code: index for index, code in enumerate(_CODES)}
_TYPES = ("", *TYPE_NAMES.values())
_TYPE_INDEX = {name: index for index, name in enumerate(_TYPES)}

# What each byte is: 0-9 a digit, then the marks a number may have, then everything else.
_PUNCTUATION, _DOT, _PLUS, _OTHER = 10, 11, 12, 13
_BYTES = np.full(256, _OTHER, dtype=np.uint8)
_BYTES[[ord(c) for c in "0123456789"]] = np.arange(10)
_BYTES[[ord(c) for c in " ()-\t\r\n\f\v"]] = _PUNCTUATION
_BYTES[ord(".")] = _DOT
_BYTES[ord("+")] = _PLUS
_CONTROL = np.zeros(256, dtype=bool)
_CONTROL[[ord(c) for c in "\t\r\n\f\v"]] = True
_LONGEST = 40  # bytes; a longer cell is read one by one

#: Default regions in which ten digits, or 1 and ten digits, are a North American number with any area code.
_HOME = ("US", "CA")


def _strings(values: Sequence[str | None] | pa.Array | pa.ChunkedArray | pd.Series) -> pa.Array:
    """The values as one Arrow array of strings, numbers written as text."""
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    if isinstance(values, pa.Array):
        array = values
    elif isinstance(values, pd.Series):
        array = pa.Array.from_pandas(values)
    else:
        array = pa.array([None if v is None else str(v) for v in values], type=pa.large_string())
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    return array.cast(pa.large_string())


def _regions(regions: str | Sequence[str | None] | pd.Series | None, rows: int) -> tuple[NDArray[np.int32], list[str]]:
    """Which region each row has (an index), and the distinct regions."""
    if regions is None or isinstance(regions, str):
        return np.zeros(rows, dtype=np.int32), [(regions or "").upper()]
    codes, names = pd.factorize(pd.Series(regions, dtype="str").str.upper())
    if len(codes) != rows:
        raise ValueError(f"{rows} numbers but {len(codes)} regions; give one region, or one for each number.")
    # A missing region has code -1, which as an index is the last name.
    return codes.astype(np.int32), [*map(str, names), ""]


def _national(array: pa.Array, home: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], NDArray[np.uint8]]:
    """Which rows are plainly North American, and the ten digits of each such row, shape (hits, 10)."""
    rows = len(array)
    offsets = np.frombuffer(array.buffers()[1], dtype=np.int64)[array.offset : array.offset + rows + 1]
    buffer = array.buffers()[2]
    if buffer is None or rows == 0 or offsets[-1] == offsets[0]:
        return np.zeros(rows, dtype=bool), np.empty((0, 10), dtype=np.uint8)
    raw = np.frombuffer(buffer, dtype=np.uint8)[offsets[0] : offsets[-1]]
    bounds = offsets - offsets[0]
    kinds = _BYTES[raw]
    length = np.diff(bounds)

    is_digit = kinds < _PUNCTUATION
    seen = np.concatenate(([0], np.cumsum(is_digit)))
    first, count = seen[bounds[:-1]], np.diff(seen[bounds])
    strange = np.flatnonzero(kinds > _DOT)  # pluses and everything else
    owner = np.searchsorted(bounds, strange, side="right") - 1
    plus_first = np.zeros(rows, dtype=bool)
    bad = (length == 0) | (length > _LONGEST)
    leading = (kinds[strange] == _PLUS) & (strange == bounds[:-1][owner])
    plus_first[owner[leading]] = True
    bad[owner[~leading]] = True
    inner = np.flatnonzero(_CONTROL[raw])  # tabs and newlines: trimmed at the ends only, so read one by one
    bad[np.searchsorted(bounds, inner, side="right") - 1] = True
    dots = np.flatnonzero(kinds == _DOT)
    owner = np.searchsorted(bounds, dots, side="right") - 1
    behind = seen[bounds[1:][owner]] - seen[dots]
    bad[owner[behind <= 2]] = True  # few digits behind a dot: perhaps a spreadsheet's decimal
    digits = kinds[is_digit]

    lead = digits[np.minimum(first, len(digits) - 1)] if len(digits) else np.zeros(rows, dtype=np.uint8)
    long = (count == 11) & (lead == 1) & (plus_first | home)
    short = (count == 10) & home & ~plus_first
    hit = (long | short) & ~bad
    start = first[hit] + long[hit]
    national = digits[start[:, None] + np.arange(10)] if hit.any() else np.empty((0, 10), dtype=np.uint8)
    real = national[:, 0] >= 2  # a first digit 0 or 1 is for the library to judge
    hit[np.flatnonzero(hit)[~real]] = False
    return hit, national[real]


def _service_lines(national: NDArray[np.uint8]) -> NDArray[np.bool_]:
    """As `dnc.numbers.lead.service_line`."""
    exchange = national[:, 3:6].astype(np.int32) @ np.array([100, 10, 1], dtype=np.int32)
    line = national[:, 6:].astype(np.int32) @ np.array([1000, 100, 10, 1], dtype=np.int32)
    directory = (exchange == 555) & ((line == 1212) | (line == 4334))
    return np.asarray(directory | (exchange == 976), dtype=bool)


def _e164(national: NDArray[np.uint8]) -> pa.Array:
    """`+1` and ten digits, as an Arrow array."""
    text = np.empty((len(national), 12), dtype=np.uint8)
    text[:, 0], text[:, 1] = ord("+"), ord("1")
    text[:, 2:] = national + ord("0")
    offsets = np.arange(0, 12 * (len(national) + 1), 12, dtype=np.int64)
    return pa.LargeStringArray.from_buffers(len(national), pa.py_buffer(offsets), pa.py_buffer(text))


class _Answer:
    """The columns of the result, filled from both ways."""

    def __init__(self, rows: int) -> None:
        self.code = np.zeros(rows, dtype=np.int8)
        self.type = np.zeros(rows, dtype=np.int8)
        self.region = np.zeros(rows, dtype=np.int16)
        self.regions: dict[str, int] = {"": 0}

    def meaning(self, found: Number | Refusal) -> tuple[int, int, int]:
        """Code, type and region index of one result."""
        if isinstance(found, Refusal):
            return _CODE_INDEX[found.code], _TYPE_INDEX[found.type], 0
        region = self.regions.setdefault(found.region, len(self.regions))
        return _CODE_INDEX[NumberCode.OK], _TYPE_INDEX[found.type], region

    def put(self, rows: NDArray[np.intp], index: NDArray[np.integer], results: Sequence[Number | Refusal]) -> None:
        """Give each of `rows` the result `results[index]`."""
        table = np.array([self.meaning(found) for found in results], dtype=np.int16).reshape(-1, 3)
        self.code[rows], self.type[rows], self.region[rows] = table[index].T


def _categories(codes: NDArray[np.integer], names: list[str]) -> Any:
    return pd.Categorical.from_codes(codes, categories=pd.Index(names))


def parse_lead_numbers(
    values: Sequence[str | None] | pa.Array | pa.ChunkedArray | pd.Series,
    regions: str | Sequence[str | None] | pd.Series | None = "US",
) -> pd.DataFrame:
    """`parse_lead_number` for a column: `values` of n texts, `regions` one for all or n of them.

    Returns a frame of n rows (index 0..n-1): `e164` (text, missing where refused), `ok` (bool), and the
    categories `code` (`NumberCode`), `detail` (its sentence), `type` and `region`. Raises `ValueError` when
    lengths differ.
    """
    array = _strings(values)
    which, names = _regions(regions, len(array))
    answer = _Answer(len(array))
    table: Automaton | None = automaton()
    home = np.isin(names, _HOME)[which] if names else np.zeros(len(array), dtype=bool)
    hit, national = _national(array, home) if table else (np.zeros(len(array), dtype=bool), np.empty((0, 10), np.uint8))
    e164 = _e164(national)
    place = np.full(len(array), -1, dtype=np.int64)  # row -> position in e164
    if table is not None and hit.any():
        rows = np.flatnonzero(hit)
        index = table.run(national)
        answer.put(rows, index, table.answers)
        service = _service_lines(national) & (answer.code[rows] == _CODE_INDEX[NumberCode.OK])
        answer.code[rows[service]] = _CODE_INDEX[NumberCode.SERVICE_LINE]
        answer.region[rows[service]] = 0
        good = answer.code[rows] == _CODE_INDEX[NumberCode.OK]
        place[rows[good]] = np.flatnonzero(good)

    slow = np.flatnonzero(~hit)
    if len(slow):
        texts = array.take(pa.array(slow)).to_pylist()
        memo: dict[tuple[str | None, int], int] = {}
        results: list[Number | Refusal] = []
        index = np.empty(len(slow), dtype=np.int64)
        for position, key in enumerate(zip(texts, which[slow].tolist(), strict=True)):
            if key not in memo:
                memo[key] = len(results)
                results.append(parse_lead_number(key[0], names[key[1]]))
            index[position] = memo[key]
        answer.put(slow, index, results)
        others = [found.e164 if isinstance(found, Number) else None for found in results]
        good = np.array([text is not None for text in others], dtype=bool)[index]
        place[slow[good]] = len(e164) + index[good]
        e164 = pa.concat_arrays([e164, pa.array(others, type=pa.large_string())])

    taken = e164.take(pa.array(place, mask=place < 0))
    return pd.DataFrame(
        {
            "e164": pd.Series(taken.to_pandas(types_mapper=None), dtype="str"),
            "ok": answer.code == _CODE_INDEX[NumberCode.OK],
            "code": _categories(answer.code, [str(code) for code in _CODES]),
            "detail": _categories(answer.code, [SENTENCES[code] for code in _CODES]),
            "type": _categories(answer.type, list(_TYPES)),
            "region": _categories(answer.region, list(answer.regions)),
        }
    )
