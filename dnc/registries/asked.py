"""Answers of registers that are asked number by number, and the day each question was about.

The Reassigned Numbers Database is asked "was this number permanently disconnected since DATE?", so its answer is worth
something for that date only (47 CFR 64.1200(m)). The day stands beside each number as the column `since`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dnc.registries.keyed import Keyed, Tag
from dnc.registries.report import Numbers

__all__ = ["Answer", "answer_of", "asked_since"]

#: Strictest first, as `Tag` has them.
_STRICT = {"yes": 0, "no_data": 1, "no": 2}


class Answer(NamedTuple):
    """What a register said of one number; days are proleptic ordinals."""

    tag: Tag
    obtained: int
    since: int  # the day the question was about; 0: it named none


def answer_of(index: Keyed, number: int) -> Answer | None:
    """The answer about a number (E.164 digits as an integer); None when it was never asked for."""
    found = index.find(number)
    if found is None:
        return None
    if index.since is None:
        return Answer(*found, 0)
    at, _ = index.positions(np.array([number], dtype=np.uint64))
    return Answer(*found, int(index.since[at[0]]))


def asked_since(before: Keyed, numbers: Numbers, rows: Iterable[Mapping[str, str]]) -> npt.NDArray[np.uint32]:
    """The column `since` for the numbers of a new version, shape (n,).

    Args:
        before: the version in use, whose days stay for the numbers that the file does not name.
        numbers: those of the new version, strictly rising.
        rows: of the file: `number` (E.164), `date` (ISO 8601), `answer`. Of several rows for one number that with the
            strictest answer counts, and of those the earliest date, which covers most.
    """
    asked: dict[int, tuple[int, int]] = {}
    for row in rows:
        number = int(row["number"][1:])
        this = (_STRICT[row["answer"]], date.fromisoformat(row["date"]).toordinal())
        asked[number] = min(this, asked.get(number, this))
    since = np.zeros(len(numbers), dtype=np.uint32)
    if before.since is not None and len(before):
        where, known = before.positions(numbers)
        since[known] = before.since[where[known]]
    if asked:
        of_file = np.fromiter(asked, dtype=np.uint64, count=len(asked))
        days = np.fromiter((day for _, day in asked.values()), dtype=np.uint32, count=len(asked))
        since[np.searchsorted(numbers, of_file)] = days
    return since
