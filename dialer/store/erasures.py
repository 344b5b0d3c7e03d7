"""Erasures on record: the number and the day, nothing of the person.

While the company's do-not-call entry of an erased number stands, no contact list brings the person's data back.
Whoever asks in writing to be called again is taken off that list with the reason, and may then be loaded again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, literal_column, select

from dialer.store.schema import erasure as _t
from dialer.store.schema import suppression as _suppression
from dialer.store.statements import Among, Prepared
from dialer.store.transactions import Reading, Writing

__all__ = ["Erased", "add", "every", "history", "in_force"]


@dataclass(frozen=True, slots=True)
class Erased:
    """One erasure of one number."""

    erasure_id: int
    number: str
    at: datetime
    by: str
    reason: str


_INSERT = Prepared(insert(_t).inline(), ("number", "at", "by", "reason"))
_HISTORY = Prepared(select(_t).where(Among(_t.c.number, "numbers")).order_by(_t.c.erasure_id))
_last = (
    select(_suppression.c.action)
    .where(_suppression.c.number == _t.c.number, _suppression.c.scope == literal_column("'company'"))
    .order_by(_suppression.c.suppression_id.desc())
    .limit(literal_column("1"))
    .scalar_subquery()
)


def _standing(*where: Any) -> Prepared:
    return Prepared(
        select(_t.c.number, func.max(_t.c.at))
        .where(*where, func.coalesce(_last, literal_column("'add'")) == literal_column("'add'"))
        .group_by(_t.c.number)
    )


_EVERY = _standing()
_IN_FORCE = _standing(Among(_t.c.number, "numbers"))


def add(tx: Writing, numbers: Sequence[str], *, at: datetime, by: str, reason: str) -> None:
    """Write down that the person behind these numbers was erased."""
    _INSERT.run_many(tx, [(number, at, by, reason) for number in numbers])


def every(tx: Reading) -> dict[str, datetime]:
    """Return every number whose erasure stands, with its last instant."""
    return dict(_EVERY.rows(tx))


def in_force(tx: Reading, numbers: Sequence[str]) -> dict[str, datetime]:
    """Return those of the numbers whose erasure stands, with its last instant."""
    return dict(_IN_FORCE.rows(tx, numbers=list(numbers)))


def history(tx: Reading, numbers: Sequence[str]) -> list[Erased]:
    """Return every erasure of these numbers, oldest first."""
    return [Erased(*row) for row in _HISTORY.rows(tx, numbers=list(numbers))]
