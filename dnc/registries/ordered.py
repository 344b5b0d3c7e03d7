"""Sorted distinct values of large integer columns.

`numpy.unique` (2.3 and later) puts integers through a hash table: 150 to 850 nanoseconds a value, the more the
larger the column. A vectorised sort takes 7 to 16. A British list of 20 million numbers is 0.4 seconds by this
way and half a minute by the other.
"""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt

__all__ = ["distinct", "first_of_each", "holds"]

_Value = TypeVar("_Value", bound=np.integer)


def distinct(values: npt.NDArray[_Value]) -> npt.NDArray[_Value]:
    """The distinct values of a column of shape (n,), rising, shape (m,)."""
    values = np.sort(values)
    return values[first_of_each(values)]


def first_of_each(values: npt.NDArray[_Value]) -> npt.NDArray[np.bool_]:
    """Where a sorted column's value differs from the one before it, shape (n,)."""
    first = np.ones(len(values), dtype=bool)
    np.not_equal(values[1:], values[:-1], out=first[1:])
    return first


def holds(ordered: npt.NDArray[_Value], asked: npt.NDArray[_Value]) -> npt.NDArray[np.bool_]:
    """Whether a sorted column, shape (n,), holds each of the values asked for, shape (m,)."""
    if not len(ordered):
        return np.zeros(len(asked), dtype=bool)
    found: npt.NDArray[np.bool_] = ordered.take(np.searchsorted(ordered, asked), mode="clip") == asked
    return found
