"""Who rings back: which campaign called them, and under which numbers the same person is known."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import bindparam, select

from dialer.store.schema import attempt as _attempt
from dialer.store.schema import phone as _phone
from dialer.store.statements import Prepared
from dialer.store.transactions import Reading

__all__ = ["Called", "last_call_to", "numbers_of"]


@dataclass(frozen=True, slots=True)
class Called:
    """The call that somebody returns."""

    campaign: str
    lead_id: int


_LAST = Prepared(
    select(_attempt.c.campaign, _attempt.c.lead_id)
    .where(_attempt.c.number == bindparam("number"), _attempt.c.caller_id == bindparam("shown"))
    .order_by(_attempt.c.placed_at.desc())
    .limit(1)
)
_NUMBERS = Prepared(select(_phone.c.number).where(_phone.c.lead_id == bindparam("lead")).order_by(_phone.c.position))


def last_call_to(tx: Reading, number: str, shown: str) -> Called | None:
    """Return our latest call to a number under one caller id, or None."""
    row = _LAST.first(tx, number=number, shown=shown)
    return None if row is None else Called(*row)


def numbers_of(tx: Reading, lead_id: int) -> list[str]:
    """Return all numbers of a lead."""
    return [row[0] for row in _NUMBERS.rows(tx, lead=lead_id)]
