"""Anchors: what the append-only records were at an instant, in a line to be kept where nobody can change it.

*Theory of operation.* Who can write everywhere in a database can also make a chain anew, drop a trigger, or take an
opt-out off a list without a trace. What cannot be changed is a line that lies elsewhere. It holds the head of the
ledger and, for each record of which nothing is ever lawfully removed (do-not-call entries, blocks, erasures), how far
it went and a sha256 of all its rows. Consents and relationships are left out: an erasure may remove them.

Proving reads each record once, however many lines there are.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Integer, Table, bindparam, select

from dialer.store.ledger import Proof
from dialer.store.schema import block, erasure, suppression
from dialer.store.statements import Prepared
from dialer.store.transactions import Reading

__all__ = ["Anchor", "Mark", "anchor_of", "from_json", "prove", "to_json"]

_CHUNK = 5_000
_BEFORE_ALL = -(2**31)
_TABLES: dict[str, Table] = {table.name: table for table in (suppression, block, erasure)}
_AFTER = {
    name: Prepared(
        select(table)
        .where(next(iter(table.primary_key)) > bindparam("after", type_=Integer))
        .order_by(next(iter(table.primary_key)))
        .limit(bindparam("count", type_=Integer))
    )
    for name, table in _TABLES.items()
}


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a record went, and the sha256 of its rows up to there."""

    last: int  # id of the last row; 0: none
    digest: str


@dataclass(frozen=True, slots=True)
class Anchor:
    """What stood at an instant: decisions and their head, and the marks of other records by table."""

    at: datetime
    rows: int
    head: str
    marks: dict[str, Mark]


def to_json(anchor: Anchor) -> str:
    """One line."""
    marks = {name: {"last": mark.last, "sha256": mark.digest} for name, mark in anchor.marks.items()}
    line = {"at": anchor.at.isoformat(), "rows": anchor.rows, "head": anchor.head, **marks}
    return json.dumps(line, separators=(", ", ": "))


def from_json(line: str) -> Anchor:
    """Read a line.

    Raises:
        ValueError: it is none of ours.
    """
    try:
        found = json.loads(line)
        marks = {name: Mark(int(found[name]["last"]), str(found[name]["sha256"])) for name in _TABLES if name in found}
        return Anchor(datetime.fromisoformat(found["at"]), int(found["rows"]), str(found["head"]), marks)
    except (LookupError, TypeError, ValueError) as error:
        raise ValueError(f"it is no anchor of a ledger ({type(error).__name__}: {error})") from None


def anchor_of(tx: Reading, proof: Proof, at: datetime) -> Anchor:
    """What stands now, of a ledger that was just proved in this transaction."""
    return Anchor(at, proof.rows, proof.head, {name: _marks(tx, name)[0] for name in _TABLES})


def prove(tx: Reading, anchors: Sequence[Anchor]) -> str:
    """Return "" when every record still begins as each anchor says, else which one does not.

    The heads of the ledger are `ledger.verify`'s to prove; it takes them as `noted`.
    """
    for name in _TABLES:
        noted = [(each, each.marks[name]) for each in anchors if name in each.marks]
        _, found = _marks(tx, name, {mark.last for _, mark in noted})
        for anchor, mark in noted:
            if found.get(mark.last) != mark.digest:
                return (
                    f"the rows of {name!r} up to {mark.last} are not what they were on {anchor.at:%Y-%m-%d %H:%M UTC}: "
                    "one was changed, removed or slipped in"
                )
    return ""


def _marks(tx: Reading, name: str, stops: Collection[int] = ()) -> tuple[Mark, dict[int, str]]:
    """The mark behind the last row, and the sha256 behind each row whose id is a stop (0: before the first)."""
    running, after = sha256(), _BEFORE_ALL
    found = {0: running.hexdigest()}
    last = 0
    while rows := _AFTER[name].rows(tx, after=after, count=_CHUNK):
        for row in rows:
            running.update(json.dumps(row, default=_plain, separators=(",", ":")).encode())
            running.update(b"\n")
            if row[0] in stops:
                found[row[0]] = running.hexdigest()
        after = last = rows[-1][0]
    return Mark(last, running.hexdigest()), found


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
