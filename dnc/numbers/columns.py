"""A column of leads' numbers: `parse_lead_number` for every row, at the speed of arrays.

Rows that are plainly North American (an optional +1 or 1, up to ten digits, `( ) . -` and spaces) go through
`dnc.numbers.nanp`; each of the others is parsed once per distinct text and region by `parse_lead_number`
itself. Both ways give identical rows, which a property test holds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dnc.coding import Coded
from dnc.numbers.cells import read_cells
from dnc.numbers.lead import parse_lead_number
from dnc.numbers.nanp import NATIONAL, automaton
from dnc.numbers.values import SENTENCES, TYPE_NAMES, Number, NumberCode, Refusal
from dnc.numbers.writing import e164_texts

__all__ = ["CODES", "TYPES", "LeadNumbers", "parse_lead_numbers", "read_lead_numbers"]

#: What `LeadNumbers.code` indexes: 0 is a good number.
CODES: tuple[NumberCode, ...] = tuple(NumberCode)
#: What `LeadNumbers.type` indexes.
TYPES: tuple[str, ...] = ("", *TYPE_NAMES.values())
_CODE_INDEX = {code: index for index, code in enumerate(CODES)}
_TYPE_INDEX = {name: index for index, name in enumerate(TYPES)}
_OK = _CODE_INDEX[NumberCode.OK]
_PLUS_ONE = 10**NATIONAL
_FIRST = 2 * 10 ** (NATIONAL - 1)  # what begins with another digit is no national number

Regions = str | Sequence[str | None] | pd.Series | Coded | None
#: Default regions in which a first digit 2 to 9, or 1 and ten digits, are a North American number.
_HOME = ("US", "CA")


@dataclass(frozen=True, eq=False)
class LeadNumbers:
    """`parse_lead_number` of n texts, as arrays of shape (n,)."""

    digits: NDArray[np.uint64]  # E.164 without its plus; 0 where refused
    code: NDArray[np.int8]  # index into `CODES`
    type: NDArray[np.int8]  # index into `TYPES`
    region: NDArray[np.int16]  # index into `regions`
    regions: tuple[str, ...]  # the first is "": refused

    def __len__(self) -> int:
        return len(self.digits)

    @property
    def ok(self) -> NDArray[np.bool_]:
        """Which are numbers to dial, as far as their digits tell."""
        return np.asarray(self.code == _OK)

    def take(self, rows: NDArray[np.intp]) -> LeadNumbers:
        """Some of them."""
        return LeadNumbers(self.digits[rows], self.code[rows], self.type[rows], self.region[rows], self.regions)

    def e164(self) -> pa.LargeStringArray:
        """`+` and digits; missing where refused."""
        text, refused = e164_texts(self.digits), self.digits == 0
        return pc.if_else(pa.array(refused), pa.scalar(None, type=text.type), text) if refused.any() else text

    def frame(self) -> pd.DataFrame:
        """The columns of `parse_lead_numbers`."""
        return pd.DataFrame(
            {
                "e164": pd.Series(self.e164(), dtype="str"),
                "ok": self.ok,
                "code": _categories(self.code, [str(code) for code in CODES]),
                "detail": _categories(self.code, [SENTENCES[code] for code in CODES]),
                "type": _categories(self.type, list(TYPES)),
                "region": _categories(self.region, list(self.regions)),
            }
        )


def _categories(codes: NDArray[np.integer], names: list[str]) -> Any:
    return pd.Categorical.from_codes(codes, categories=pd.Index(names, dtype="str"))


def parse_lead_numbers(
    values: Sequence[str | None] | pa.Array | pa.ChunkedArray | pd.Series,
    regions: str | Sequence[str | None] | pd.Series | None = "US",
) -> pd.DataFrame:
    """`parse_lead_number` for a column: `values` of n texts, `regions` one for all or n of them.

    Returns a frame of n rows (index 0..n-1): `e164` (text, missing where refused), `ok` (bool), and the
    categories `code` (`NumberCode`), `detail` (its sentence), `type` and `region`. Raises `ValueError` when
    lengths differ.
    """
    return read_lead_numbers(values, regions).frame()


def read_lead_numbers(
    values: Sequence[str | None] | pa.Array | pa.ChunkedArray | pd.Series, regions: Regions = "US"
) -> LeadNumbers:
    """As `parse_lead_numbers`, as arrays."""
    array = _strings(values)
    which, names = _regions(regions, len(array))
    answer = _Answer(len(array))
    judged = np.zeros(len(array), dtype=bool)
    if len(array):
        home = np.isin(names, _HOME)[which]
        for rows, national, length in _north_american(array, home):
            table = automaton(length)
            if table is None or (length < NATIONAL and not table.refuses_all):
                continue  # a short number that may be dialed has an E.164 form of its own
            answer.put(rows, table.run(national), table.answers)
            answer.dial(rows, national)
            judged[rows] = True
    slow = np.flatnonzero(~judged)
    if len(slow):
        memo: dict[tuple[str | None, int], int] = {}
        results: list[Number | Refusal] = []
        index = np.empty(len(slow), dtype=np.int64)
        texts = array.take(pa.array(slow)).to_pylist()
        for position, key in enumerate(zip(texts, which[slow].tolist(), strict=True)):
            if key not in memo:
                memo[key] = len(results)
                results.append(parse_lead_number(key[0], names[key[1]]))
            index[position] = memo[key]
        answer.put(slow, index, results)
        digits = [int(found.e164[1:]) if isinstance(found, Number) else 0 for found in results]
        answer.digits[slow] = np.array(digits, dtype=np.uint64)[index]
    return LeadNumbers(answer.digits, answer.code, answer.type, answer.region, tuple(answer.regions))


def _strings(values: Sequence[str | None] | pa.Array | pa.ChunkedArray | pd.Series) -> pa.LargeStringArray:
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


def _regions(regions: Regions, rows: int) -> tuple[NDArray[np.integer], list[str]]:
    """Which region each row has (an index), and the distinct regions."""
    if isinstance(regions, Coded):
        return regions.codes, [name.upper() for name in regions.names]
    if regions is None or isinstance(regions, str):
        return np.zeros(rows, dtype=np.int32), [(regions or "").upper()]
    codes, names = pd.factorize(pd.Series(regions, dtype="str").str.upper())
    if len(codes) != rows:
        raise ValueError(f"{rows} numbers but {len(codes)} regions; give one region, or one for each number.")
    # A missing region has code -1, which as an index is the last name.
    return codes.astype(np.int32), [*map(str, names), ""]


def _north_american(
    array: pa.LargeStringArray, home: NDArray[np.bool_]
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.int64], int]]:
    """Rows that are plainly North American, their national numbers, and how many digits these have.

    The first digit of a national number is 2 to 9; what begins otherwise is for the library to judge, and so are
    one or two digits.
    """
    cells = read_cells(array)
    value, count = cells.value, np.where(cells.plain, cells.count, 0)
    local = home & ~cells.plus
    whole = (count == NATIONAL) & local & (value >= _FIRST)
    long = (count == NATIONAL + 1) & (cells.plus | home) & (value >= _PLUS_ONE + _FIRST) & (value < 2 * _PLUS_ONE)
    rows = np.flatnonzero(whole | long)
    yield rows, value[rows] % _PLUS_ONE, NATIONAL
    # Two digits with a mark between them are no number for the library.
    short = np.flatnonzero((count > 2) & (count < NATIONAL) & local)
    for length in np.unique(count[short]).tolist():
        rows = short[(count[short] == length) & (value[short] >= 2 * 10 ** (length - 1))]
        yield rows, value[rows], length


class _Answer:
    """The columns of the result, filled from both ways."""

    def __init__(self, rows: int) -> None:
        self.digits = np.zeros(rows, dtype=np.uint64)
        self.code = np.zeros(rows, dtype=np.int8)
        self.type = np.zeros(rows, dtype=np.int8)
        self.region = np.zeros(rows, dtype=np.int16)
        self.regions: dict[str, int] = {"": 0}

    def put(self, rows: NDArray[np.intp], index: NDArray[np.integer], results: Sequence[Number | Refusal]) -> None:
        """Give each of `rows` the code, type and region of `results[index]`."""
        table = np.array([self._meaning(found) for found in results], dtype=np.int16).reshape(-1, 3)
        self.code[rows] = table[:, 0].astype(np.int8)[index]
        self.type[rows] = table[:, 1].astype(np.int8)[index]
        self.region[rows] = table[:, 2][index]

    def dial(self, rows: NDArray[np.intp], national: NDArray[np.int64]) -> None:
        """Give the good ones among `rows` their digits, service lines apart (as `dnc.numbers.lead.service_line`)."""
        local = national % 10**7
        service = (local == 555_1212) | (local == 555_4334) | (local // 10_000 == 976)
        good = self.code[rows] == _OK
        refused = rows[good & service]
        self.code[refused] = _CODE_INDEX[NumberCode.SERVICE_LINE]
        self.region[refused] = 0
        self.digits[rows] = np.where(good & ~service, national + _PLUS_ONE, 0)

    def _meaning(self, found: Number | Refusal) -> tuple[int, int, int]:
        """Code, type and region index of one result."""
        if isinstance(found, Refusal):
            return _CODE_INDEX[found.code], _TYPE_INDEX[found.type], 0
        region = self.regions.setdefault(found.region, len(self.regions))
        return _OK, _TYPE_INDEX[found.type], region
