"""Rows that say that a person must not be called: heeded whatever else becomes of the row.

A duplicate, or a row that is refused for its country, still says it, and the campaign may have the person from before.
So these rows are read apart from all others, and over-blocking: every number that the row holds, as suppression lists
are read (`normalise_suppression_number`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from campaigns.lists import cleaning
from campaigns.lists.consent_words import REVOKED, consent_basis
from campaigns.lists.fields import PHONES
from campaigns.lists.notes import Notes
from campaigns.lists.table import Table
from dnc.numbers import normalise_suppression_number

__all__ = ["Stop", "Why", "stops_of"]

Why = Literal["revoked", "attorney", "cease"]


@dataclass(frozen=True, slots=True)
class Stop:
    """One number that a row says must not be called."""

    line: int
    number: str  # E.164
    why: Why


def stops_of(table: Table, region: pd.Series, country: str, erased: Collection[str], notes: Notes) -> list[Stop]:
    """Every stop that rows tell of, in their order.

    Args:
        table: the rows, whatever is to become of them.
        region: in which country the numbers of each are read; "": not known.
        country: in which country they are read then.
        erased: numbers of people of whom nothing is kept; they are never called anyway.
        notes: told where a row holds no number that could be kept from being called.
    """
    found: list[Stop] = []
    lost: list[int] = []
    for row, reasons in _rows(table):
        home = str(region.iat[row]) or country
        cells = [str(table.text(name).iat[row]) for name in PHONES]
        read = [normalise_suppression_number(cell, home) for cell in cells if cell]
        numbers = [each.e164 for each in read if each.e164 is not None]
        if not numbers:
            lost.append(row)
        found += [
            Stop(int(table.lines[row]), number, why)
            for number in dict.fromkeys(numbers)
            if number not in erased
            for why in reasons
        ]
    if lost:
        message = "the row says that a person must not be called, and holds no number: enter it by hand"
        notes.warn("STOP_LOST", message, table.lines[np.array(lost)])
    return found


def _rows(table: Table) -> Iterator[tuple[int, list[Why]]]:
    """The rows that stop calls, and why."""
    basis = table.text("consent_basis")
    words = [text for text in basis.unique() if consent_basis(text) == REVOKED]
    columns: dict[Why, np.ndarray] = {
        "revoked": basis.isin(words).to_numpy(dtype=bool),
        "attorney": cleaning.flags(table.text("attorney")).to_numpy(dtype=bool),
        "cease": cleaning.flags(table.text("cease")).to_numpy(dtype=bool),
    }
    for row in np.flatnonzero(np.logical_or.reduce(list(columns.values()))).tolist():
        yield row, [why for why, said in columns.items() if said[row]]
