"""Text columns as codes: each distinct text once, and for every row which one it is.

Whatever a column's form (pandas, categories, Arrow with or without a dictionary), what is done for every distinct
text is done once, and rows are handled as whole numbers.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from threading import Lock
from typing import Any, Generic, NamedTuple, TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

__all__ = ["Coded", "Ids", "coded", "constant", "grouped"]

T = TypeVar("T", bound=Hashable)


class Coded(NamedTuple):
    """`names[codes[row]]` is the text of a row; a name may stand in `names` twice, or be no row's."""

    codes: NDArray[np.int64]
    names: list[str]


def constant(text: str, rows: int) -> Coded:
    """A column that says the same in every row."""
    return Coded(np.zeros(rows, dtype=np.int64), [text])


def coded(values: Coded | pd.Series | pa.Array | pa.ChunkedArray) -> Coded:
    """A column of text as codes; a missing value is ""."""
    if isinstance(values, Coded):
        return values
    if isinstance(values, pd.Series):
        if isinstance(values.dtype, pd.CategoricalDtype):
            return _named(values.cat.codes.to_numpy(), list(values.cat.categories))
        if not isinstance(values.dtype, pd.StringDtype):
            return _named(*pd.factorize(values))
        values = pa.array(values)
    if isinstance(values, pa.ChunkedArray):
        values = values.combine_chunks()
    if not isinstance(values, pa.DictionaryArray):
        values = values.dictionary_encode()
    codes = values.indices.fill_null(-1) if values.indices.null_count else values.indices
    return _named(codes.to_numpy(zero_copy_only=False), values.dictionary.to_pylist())


def _named(codes: NDArray[Any], names: Any) -> Coded:
    """The codes with -1 (missing) and missing names turned into ""."""
    texts = ["" if name is None else str(name) for name in names]
    if len(codes) and int(codes.min()) < 0:
        codes = np.where(codes < 0, len(texts), codes)
        texts.append("")
    return Coded(codes.astype(np.int64, copy=False), texts)


def grouped(*parts: tuple[NDArray[np.int64], int]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Rows with equal codes in every part as one group.

    Each part is the codes of n rows and how many codes there may be (all are below). Returns for each row its group
    (shape (n,)) and for each group its first row, in the order of their first rows.
    """
    varied = [part for part in parts if part[1] > 1]
    if not varied:
        rows = len(parts[0][0])
        return np.zeros(rows, dtype=np.int64), np.zeros(min(rows, 1), dtype=np.int64)
    key, reach = varied[0]
    for codes, size in varied[1:]:
        if reach * size >= 2**62:
            key, reach = _dense(key)
        key, reach = key * size + codes, reach * size
    groups = _dense(key)[0]
    first = np.empty(int(groups.max(initial=-1)) + 1, dtype=np.int64)
    first[groups[::-1]] = np.arange(len(groups) - 1, -1, -1)
    return groups, first


def _dense(key: NDArray[np.int64]) -> tuple[NDArray[np.int64], int]:
    codes, distinct = pd.factorize(key)
    return codes.astype(np.int64, copy=False), len(distinct)


class Ids(Generic[T]):
    """Whole numbers for values, in the order they were first met. May be shared by threads."""

    def __init__(self) -> None:
        self.values: list[T] = []
        self._ids: dict[T, int] = {}
        self._lock = Lock()

    def of(self, values: Sequence[T]) -> NDArray[np.int64]:
        """The number of each value."""
        found = [self._ids.get(value, -1) for value in values]
        if -1 in found:
            with self._lock:
                for value in values:
                    if self._ids.setdefault(value, len(self.values)) == len(self.values):
                        self.values.append(value)
            found = [self._ids[value] for value in values]
        return np.array(found, dtype=np.int64)
