"""Requests to take a number off one of the house's own lists, and what a second person said to them.

Append-only, as the lists are: a request is a row, the answer to it is another. The number stays on its list until the
row that approves is written together with the entry that lifts it (`dialer.store.suppressions.remove`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import bindparam, insert, select
from sqlalchemy.orm import aliased

from dialer.store.schema import removal as _t
from dialer.store.statements import Prepared
from dialer.store.suppressions import Scope
from dialer.store.transactions import Reading, Writing

__all__ = ["Answer", "Step", "answer", "answered", "ask", "get", "history", "pending"]

#: What can be said to a request; only who asked may withdraw.
Answer = Literal["approve", "refuse", "withdraw"]


@dataclass(frozen=True, slots=True)
class Step:
    """One row: a request, or the answer to one."""

    removal_id: int
    number: str  # E.164, or a pattern such as +1201XXXXXXX
    scope: Scope
    scope_id: str
    step: Literal["ask", "approve", "refuse", "withdraw"]
    asked: int | None  # the request that is answered
    reason: str
    source: str
    by: str
    at: datetime


_INSERT = Prepared(
    insert(_t).returning(_t.c.removal_id),
    ("number", "scope", "scope_id", "step", "asked", "reason", "source", "by", "at"),
)
_answer = aliased(_t)
_PENDING = Prepared(
    select(_t)
    .outerjoin(_answer, _answer.c.asked == _t.c.removal_id)
    .where(_t.c.asked.is_(None), _answer.c.removal_id.is_(None))
    .order_by(_t.c.removal_id)
)
_GET = Prepared(select(_t).where(_t.c.removal_id == bindparam("key")))
_ANSWER = Prepared(select(_t).where(_t.c.asked == bindparam("key")))
_OF_NUMBER = Prepared(select(_t).where(_t.c.number == bindparam("key")).order_by(_t.c.removal_id))


def ask(
    tx: Writing, number: str, *, scope: Scope, scope_id: str, reason: str, source: str, by: str, at: datetime
) -> int:
    """Write a request down and return its id."""
    return _append(tx, number, scope, scope_id, "ask", None, reason, source, by, at)


def answer(tx: Writing, request: Step, said: Answer, *, reason: str, by: str, at: datetime) -> int:
    """Write down what was said to a request. Raises `StoreConflict` when it has its answer."""
    where = (request.number, request.scope, request.scope_id)
    return _append(tx, *where, said, request.removal_id, reason, "", by, at)


def pending(tx: Reading) -> list[Step]:
    """Return the requests that wait for an answer, oldest first."""
    return [Step(*row) for row in _PENDING.rows(tx)]


def get(tx: Reading, removal_id: int) -> Step | None:
    """Return one row, or None."""
    row = _GET.first(tx, key=removal_id)
    return None if row is None else Step(*row)


def answered(tx: Reading, removal_id: int) -> Step | None:
    """Return the answer to a request, or None while it waits."""
    row = _ANSWER.first(tx, key=removal_id)
    return None if row is None else Step(*row)


def history(tx: Reading, number: str) -> list[Step]:
    """Return every request and answer about a number, oldest first."""
    return [Step(*row) for row in _OF_NUMBER.rows(tx, key=number)]


def _append(
    tx: Writing,
    number: str,
    scope: Scope,
    scope_id: str,
    step: str,
    asked: int | None,
    reason: str,
    source: str,
    by: str,
    at: datetime,
) -> int:
    return int(
        _INSERT.value(
            tx,
            number=number,
            scope=scope,
            scope_id=scope_id,
            step=step,
            asked=asked,
            reason=reason,
            source=source,
            by=by,
            at=at,
        )
    )
