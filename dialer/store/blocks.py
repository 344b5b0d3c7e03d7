"""Times and places that somebody closed: a person's inconvenient hours, an operator's emergency stop.

A block belongs to a number, or to a jurisdiction such as `US-FL` (`""`: everywhere). Append-only: lifting one is a
second row that names the first.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, insert, select

from dialer.store.schema import block as _t
from dialer.store.statements import Among, Prepared, Row
from dialer.store.transactions import Reading, Writing
from dnc.values import Block, Code

__all__ = ["StoredBlock", "add", "every", "in_force", "lift"]


@dataclass(frozen=True, slots=True)
class StoredBlock:
    """A block with its id, whom it concerns, and who made it."""

    block_id: int
    target: str  # E.164 number, jurisdiction, or "" for everywhere
    block: Block
    by: str
    at: datetime


_INSERT = Prepared(
    insert(_t).returning(_t.c.block_id),
    ("target", "code", "detail", "hours", "days", "until", "lifts", "by", "at"),
)
_lifting = _t.alias("lifting")
_STANDING = ~select(_lifting.c.block_id).where(_lifting.c.lifts == _t.c.block_id).exists()
_COLUMNS = (
    _t.c.block_id,
    _t.c.target,
    _t.c.code,
    _t.c.detail,
    _t.c.hours,
    _t.c.days,
    _t.c.until,
    _t.c.by,
    _t.c.at,
)
_IN_FORCE = Prepared(
    select(*_COLUMNS).where(Among(_t.c.target, "targets"), _t.c.lifts.is_(None), _STANDING).order_by(_t.c.block_id)
)
_EVERY = Prepared(select(*_COLUMNS).where(_t.c.lifts.is_(None), _STANDING).order_by(_t.c.block_id))
_ANY = Prepared(select(_t.c.block_id).limit(1))
_LIFT = Prepared(select(*_COLUMNS).where(_t.c.block_id == bindparam("key"), _t.c.lifts.is_(None), _STANDING))


def add(tx: Writing, target: str, block: Block, *, by: str, at: datetime) -> int:
    """Close a number or a jurisdiction as the block says; return its id.

    Raises:
        ValueError: an inconvenient time names no number.
    """
    if block.code is Code.INCONVENIENT_TIME and not target.startswith("+"):
        raise ValueError(f"an inconvenient time belongs to a number, not to {target!r}")
    return int(
        _INSERT.value(
            tx,
            target=target,
            code=block.code.value,
            detail=block.detail,
            hours=list(block.hours),
            days=list(block.days),
            until=block.until,
            lifts=None,
            by=by,
            at=at,
        )
    )


def lift(tx: Writing, block_id: int, *, reason: str, by: str, at: datetime) -> bool:
    """Lift a block; False when it does not stand."""
    row = _LIFT.first(tx, key=block_id)
    if row is None:
        return False
    _INSERT.value(
        tx,
        target=row[1],
        code=row[2],
        detail=reason,
        hours=[],
        days=[],
        until=None,
        lifts=block_id,
        by=by,
        at=at,
    )
    return True


def in_force(tx: Reading, number: str, jurisdictions: Iterable[str], at: datetime) -> list[Block]:
    """Return the blocks that concern a call to this number at these places, those that have run out left out."""
    if _ANY.first(tx) is None:  # the usual case, and this is asked for every dial
        return []
    rows = _IN_FORCE.rows(tx, targets=["", number, *jurisdictions])
    return [_stored(row).block for row in rows if row[6] is None or row[6] > at]


def every(tx: Reading) -> list[StoredBlock]:
    """Return all blocks that were not lifted."""
    return [_stored(row) for row in _EVERY.rows(tx)]


def _stored(row: Row) -> StoredBlock:
    code: Code = Code(row[2])
    assert code is Code.INCONVENIENT_TIME or code is Code.EMERGENCY_SUSPENSION
    return StoredBlock(row[0], row[1], Block(code, row[3], tuple(row[4]), tuple(row[5]), row[6]), row[7], row[8])
