"""Who did what for how long, and how many at once: sums of time over agents' states and over lines.

A *stay* is one row [start, end) in one state. How much of all stays lies before an instant t is

    F(t) = sum over stays of (min(t, end) - min(t, start))

and what falls between two instants is the difference of two such sums, so that any number of bins costs one
sort. Instants are int64 microseconds since the epoch here, results are seconds.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["bin_edges", "line_use", "micros", "seconds_between", "span_covered", "stays"]

_MICRO = 1_000_000

#: Widths of a bin, and the longest report for which each is used.
_STEPS = (
    (timedelta(minutes=5), timedelta(hours=3)),
    (timedelta(minutes=15), timedelta(hours=26)),
    (timedelta(hours=1), timedelta(days=4)),
    (timedelta(days=1), timedelta.max),
)


def micros(instants: Any) -> NDArray[np.int64]:
    """Microseconds since the epoch of a series of UTC instants without gaps."""
    return np.asarray(pd.DatetimeIndex(instants).tz_convert("UTC").as_unit("us").asi8, dtype=np.int64)


def stays(changes: pd.DataFrame, since: datetime, until: datetime, *, who: str) -> pd.DataFrame:
    """How long each one was in which state, cut to [since, until).

    Args:
        changes: rows with the column `who`, `state`, `at`, `change_id` (and `why`, kept when there).
        since: nothing before this instant is counted.
        until: the last state of each one lasts until here.
        who: the column that tells one from another.

    Returns:
        `who`, `state`, `start`, `end`, `seconds` (and `why`), by `who` and time, without empty stays.
    """
    rows = changes.sort_values([who, "at", "change_id"], kind="stable").reset_index(drop=True)
    end = rows.groupby(who, sort=False)["at"].shift(-1).fillna(pd.Timestamp(until))
    first, last = pd.Timestamp(since), pd.Timestamp(until)
    for name, instants in (("start", rows["at"]), ("end", end)):
        rows[name] = instants.mask(instants < first, first).mask(instants > last, last)
    rows["seconds"] = (rows["end"] - rows["start"]).dt.total_seconds()
    kept = [who, "state", "start", "end", "seconds", *(["why"] if "why" in rows.columns else [])]
    return rows.loc[rows["seconds"] > 0, kept].reset_index(drop=True)


def seconds_between(start: NDArray[np.int64], end: NDArray[np.int64], edges: NDArray[np.int64]) -> NDArray[np.float64]:
    """Seconds of all stays that fall into each bin [edges[i], edges[i + 1])."""
    # Time since all starts minus time since all ends is the time spent within, up to each edge.
    upto = _before(start, edges) - _before(end, edges)
    return np.asarray(np.diff(upto) / _MICRO, dtype=np.float64)


def _before(instants: NDArray[np.int64], edges: NDArray[np.int64]) -> NDArray[np.int64]:
    """For each edge t, the sum of (t - instant) over the instants before t."""
    if not len(instants):
        return np.zeros(len(edges), dtype=np.int64)
    origin = int(edges[0])
    ordered = np.sort(instants) - origin
    sums = np.concatenate(([0], np.cumsum(ordered)))
    number = np.searchsorted(ordered, edges - origin, side="left")
    return np.asarray(number * (edges - origin) - sums[number], dtype=np.int64)


def line_use(start: NDArray[np.int64], end: NDArray[np.int64]) -> tuple[float, int, float]:
    """How many lines were in use at once.

    Args:
        start: when each call was placed, microseconds.
        end: when each call ended; a line freed at an instant may be taken at the same instant.

    Returns:
        The mean from the first dial to the last end, the maximum, and the length of that time in seconds.
    """
    start, end = np.sort(start), np.sort(np.maximum(end, start))
    if not len(start) or (span := int(end[-1]) - int(start[0])) == 0:
        return 0.0, 0, 0.0
    in_use = np.arange(1, len(start) + 1) - np.searchsorted(end, start, side="right")
    return float((end - start).sum() / span), max(0, int(in_use.max())), span / _MICRO


def span_covered(start: NDArray[np.int64], end: NDArray[np.int64]) -> float:
    """Seconds during which at least one stay was going on."""
    if not len(start):
        return 0.0
    order = np.argsort(start, kind="stable")
    start, reach = start[order], np.maximum.accumulate(end[order])
    gaps = np.maximum(start[1:] - reach[:-1], 0).sum()
    return float((reach[-1] - start[0] - gaps) / _MICRO)


def bin_edges(since: datetime, until: datetime, step: timedelta | None = None) -> NDArray[np.int64]:
    """Edges of equal bins from `since` to past `until`: 5 min to 1 day wide, by the report's length."""
    width = step or next(width for width, longest in _STEPS if until - since <= longest)
    first, last = round(since.timestamp() * _MICRO), round(until.timestamp() * _MICRO)
    size = int(width / timedelta(microseconds=1))
    return np.arange(first, last + size, size, dtype=np.int64)
