"""The numbers of a list's rows: which are valid, and which lead each belongs to.

A number belongs to one lead, the first row that has it. A later row loses it; whether that row is the same person
again (`DUPLICATE`), somebody else of the household (`HOUSEHOLD`), or the campaign has the number already
(`IN_CAMPAIGN`), stands in the rejects.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from campaigns.lists.claims import Claims, as_integers
from campaigns.lists.fields import PHONES
from campaigns.lists.notes import Effect, Reject
from campaigns.lists.table import Table
from dnc.numbers import NumberCode, parse_lead_numbers

__all__ = ["Numbers", "claimed_numbers", "lost_numbers", "valid_numbers"]

_COLUMNS = ("row", "slot", "e164", "region", "type", "kind")
_CLAIMS = {
    "IN_CAMPAIGN": "the campaign has this number already",
    "DUPLICATE": "line {} has this number and the same name",
    "HOUSEHOLD": "line {} has this number for another person",
}


@dataclass(frozen=True, eq=False)
class Numbers:
    """`frame`: row, slot (0-9), e164, region, type, kind, by row and slot; `rows`: which rows have a number."""

    frame: pd.DataFrame
    rows: NDArray[np.bool_]
    rejects: list[Reject]


def valid_numbers(table: Table, region: pd.Series, rows: NDArray[np.intp]) -> Numbers:
    """The valid numbers of the rows at these positions, read as numbers of each row's `region`.

    A row without any is refused, with the reason of its first cell that is not empty; a bad number of a row that
    has others is dropped.
    """
    parts: list[pd.DataFrame] = []
    bad: list[pd.DataFrame] = []
    for slot, name in enumerate(PHONES):
        if not table.has(name):
            continue
        texts = table.text(name).iloc[rows].reset_index(drop=True)
        given = np.flatnonzero(texts != "") if slot else np.arange(len(rows))
        texts = texts.iloc[given].reset_index(drop=True)
        kinds = table.text(f"{name}_type").iloc[rows[given]]
        parsed = parse_lead_numbers(texts, region.iloc[rows[given]])
        parsed = parsed.assign(row=rows[given], slot=slot, kind=kinds.to_numpy(), value=texts)
        parsed = parsed.astype({"region": "str", "type": "str"})
        good = parsed["ok"].to_numpy()
        parts.append(parsed.loc[good, list(_COLUMNS)])
        refused = parsed.loc[~good, ["row", "slot", "code", "detail", "value"]]
        bad.append(refused.astype({"code": "str", "detail": "str"}))
    found = pd.concat(parts, ignore_index=True).sort_values(["row", "slot"], kind="stable", ignore_index=True)
    able = np.zeros(len(table), dtype=bool)
    able[found["row"].to_numpy(dtype=np.intp)] = True
    return Numbers(found, able, _bad_numbers(table, pd.concat(bad, ignore_index=True), able))


def _bad_numbers(table: Table, bad: pd.DataFrame, able: NDArray[np.bool_]) -> list[Reject]:
    """A reject for each row without a number, and for each number that another one replaces."""
    headings = {slot: table.heading(name) for slot, name in enumerate(PHONES)}
    bad = bad.assign(empty=bad["code"] == NumberCode.EMPTY).sort_values(["row", "empty", "slot"], kind="stable")
    rejects: list[Reject] = []
    said = -1
    for row, slot, code, detail, value, empty in bad[["row", "slot", "code", "detail", "value", "empty"]].itertuples(
        index=False, name=None
    ):
        if able[row]:
            if not empty:
                line = int(table.lines[row])
                rejects.append(Reject(line, "number dropped", headings[slot], code, detail, value))
        elif row != said:
            said = row
            rejects.append(Reject(int(table.lines[row]), "row refused", headings[slot], code, detail, value))
    return rejects


def lost_numbers(valid: pd.DataFrame, claimed: pd.DataFrame) -> pd.Series:
    """By row its first valid number that the row did not get, where there is one; frames as `Numbers.frame`."""
    if len(claimed) == len(valid):
        return pd.Series([], index=pd.Index([], dtype="int64"), dtype="str")
    got = set(zip(claimed["row"].tolist(), claimed["e164"].tolist(), strict=True))
    lost = [pair not in got for pair in zip(valid["row"].tolist(), valid["e164"].tolist(), strict=True)]
    return valid[lost].drop_duplicates("row").set_index("row")["e164"]


def claimed_numbers(table: Table, valid: Numbers, claims: Claims) -> Numbers:
    """The numbers that no earlier row and no lead of the campaign has; `claims` remembers them."""
    names = (table.text("first_name") + "|" + table.text("last_name")).str.lower()
    persons = pd.util.hash_array(names.to_numpy(dtype=object), categorize=True)
    numbers = valid.frame
    rows = numbers["row"].to_numpy(dtype=np.intp)
    integers = as_integers(numbers["e164"])
    old = claims.in_campaign(integers)
    taken, owner = claims.owners(integers)
    again = numbers["e164"].duplicated().to_numpy()
    if again.any():
        first = pd.Series(persons[rows]).groupby(integers, sort=False).transform("first").to_numpy(dtype=np.uint64)
        owner = np.where(again & ~taken, first, owner)
    twice_in_row = numbers.duplicated(["row", "e164"]).to_numpy()
    keep = ~(old | taken | again)
    claims.add(integers[keep], persons[rows[keep]], table.lines[rows[keep]])
    kept = np.zeros(len(table), dtype=bool)
    kept[rows[keep]] = True

    headings = {slot: table.heading(name) for slot, name in enumerate(PHONES)}
    rejects: list[Reject] = []
    said = -1
    slots, texts = numbers["slot"].tolist(), numbers["e164"].tolist()
    positions = np.flatnonzero(~keep & ~twice_in_row)
    first = claims.lines(integers[positions])
    for position, line in zip(positions.tolist(), first.tolist(), strict=True):
        row = int(rows[position])
        if not kept[row] and row == said:
            continue
        said = row
        same = owner[position] == persons[row]
        code = "IN_CAMPAIGN" if old[position] else "DUPLICATE" if same else "HOUSEHOLD"
        effect: Effect = "number dropped" if kept[row] else "row is a duplicate"
        heading = headings[slots[position]]
        rejects.append(
            Reject(int(table.lines[row]), effect, heading, code, _CLAIMS[code].format(line), texts[position])
        )
    return Numbers(numbers[keep].reset_index(drop=True), kept, rejects)
