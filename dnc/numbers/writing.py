"""Columns of numbers written as text: four digits at a time, from a table."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

__all__ = ["e164_texts", "line_texts"]

_PLUS_ONE = np.uint64(10**10)
_FOUR = 10_000
_LENGTH = 12  # of +1 and ten digits: three times four characters


@lru_cache(maxsize=1)
def _tables() -> tuple[NDArray[np.uint32], NDArray[np.uint32]]:
    """Four digits, and a plus with three digits, as the four bytes of a word."""
    plain = np.frombuffer(b"".join(b"%04d" % n for n in range(_FOUR)), dtype=np.uint32)
    plus = np.frombuffer(b"".join(b"+%03d" % n for n in range(_FOUR // 10)), dtype=np.uint32)
    return plain, plus


def e164_texts(digits: NDArray[np.uint64]) -> pa.LargeStringArray:
    """`+` and digits for each E.164 number, shape (n,); "" for 0."""
    plain, plus = _tables()
    north = digits - _PLUS_ONE < _PLUS_ONE
    here = digits if north.all() else digits[north]
    head = here // np.uint64(_FOUR**2)
    rest = (here - head * np.uint64(_FOUR**2)).astype(np.uint32)
    middle = rest // np.uint32(_FOUR)
    words = np.empty((len(here), 3), dtype=np.uint32)
    words[:, 0], words[:, 1], words[:, 2] = plus[head], plain[middle], plain[rest - middle * np.uint32(_FOUR)]
    ends = np.zeros(len(digits) + 1, dtype=np.int64)
    np.cumsum(north, out=ends[1:])
    text = _texts(words, ends * _LENGTH)
    other = np.flatnonzero(~north & (digits > 0))
    if not len(other):
        return text
    plus_, none = (pa.scalar(mark, type=pa.large_string()) for mark in ("+", ""))
    written = pc.binary_join_element_wise(plus_, pa.array(digits[other]).cast(pa.large_string()), none)
    mask = np.zeros(len(digits), dtype=bool)
    mask[other] = True
    return pc.replace_with_mask(text, pa.array(mask), written)


def line_texts(lines: NDArray[np.int64]) -> pa.LargeStringArray:
    """Whole numbers from 0 on as text, shape (n,); rising ones of eight digits at most at the speed of tables."""
    if not len(lines) or lines[-1] >= _FOUR**2 or lines[0] < 0:
        return pa.array(lines).cast(pa.large_string())
    plain, _ = _tables()
    small = lines.astype(np.uint32)
    high = small // np.uint32(_FOUR)
    words = np.empty((len(lines), 2), dtype=np.uint32)
    words[:, 0], words[:, 1] = plain[high], plain[small - high * np.uint32(_FOUR)]
    text = words.view(np.uint8).reshape(len(lines), 8)
    parts = []
    start = 0
    for width in range(len(str(lines[0])), len(str(lines[-1])) + 1):
        end = int(np.searchsorted(lines, 10**width))
        ends = np.arange(0, width * (end - start) + 1, width, dtype=np.int64)
        parts.append(_texts(np.ascontiguousarray(text[start:end, 8 - width :]), ends))
        start = end
    return pa.concat_arrays(parts)


def _texts(data: NDArray[Any], ends: NDArray[np.int64]) -> pa.LargeStringArray:
    return pa.LargeStringArray.from_buffers(len(ends) - 1, pa.py_buffer(ends), pa.py_buffer(data))
