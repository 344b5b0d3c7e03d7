"""The internal Do-Not-Call lists: of the company, of a client, of a campaign, and area-code patterns.

Append-only: nothing is ever changed or deleted. An `add` is in force until it expires, or until a later `remove` of
the same (number, scope, scope id) lifts it and says why; a further `add` never shortens an earlier one. A removal in
one scope leaves the others standing. An entry is in force from the moment its transaction is committed, whatever
instant it carries, for every process.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Integer, String, and_, bindparam, insert, literal_column, or_, select

from dialer.store import outgoing
from dialer.store.schema import UtcDateTime
from dialer.store.schema import suppression as _t
from dialer.store.statements import Among, Prepared, Row
from dialer.store.transactions import Reading, Writing, settled_before

__all__ = ["SCOPES", "Entry", "Scope", "add", "entries_of", "history", "in_force", "page", "remove"]

Scope = Literal["company", "client", "campaign", "areacode"]
SCOPES: tuple[Scope, ...] = ("company", "client", "campaign", "areacode")

_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")
_PATTERN = re.compile(r"\+[1-9][0-9]{0,7}X{2,13}")
_PREFIXES = 8  # digits of the longest prefix a pattern may have


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of a list: who asked for what, why, on whose word, since when."""

    entry_id: int
    number: str  # E.164, or a pattern such as +1201XXXXXXX
    scope: Scope
    scope_id: str  # the client's or campaign's name; empty for company and areacode
    action: Literal["add", "remove"]
    reason: str
    source: str
    by: str
    at: datetime
    expires_at: datetime | None


_INSERT = Prepared(
    insert(_t).returning(_t.c.suppression_id),
    ("number", "scope", "scope_id", "action", "reason", "source", "by", "at", "expires_at"),
)
_NUMBERS = [
    bindparam("number", type_=String()),
    *(bindparam(f"p{k}", type_=String()) for k in range(_PREFIXES)),
]
_IN_FORCE = Prepared(
    select(_t)
    .where(
        or_(*(_t.c.number == number for number in _NUMBERS)),
        or_(
            _t.c.scope == literal_column("'company'"),
            _t.c.scope == literal_column("'areacode'"),
            and_(_t.c.scope == literal_column("'client'"), _t.c.scope_id == bindparam("client")),
            and_(_t.c.scope == literal_column("'campaign'"), _t.c.scope_id == bindparam("campaign")),
        ),
    )
    .order_by(_t.c.suppression_id)
)
_HISTORY = Prepared(
    select(_t).where(or_(*(_t.c.number == number for number in _NUMBERS))).order_by(_t.c.suppression_id)
)
_PAGE = Prepared(
    select(_t)
    .where(_t.c.suppression_id < bindparam("before"), Among(_t.c.scope, "scopes"))
    .order_by(_t.c.suppression_id.desc())
    .limit(bindparam("count", type_=Integer))
)
_OWN = Prepared(
    select(_t)
    .where(
        _t.c.suppression_id > bindparam("after"),
        _t.c.at < bindparam("before", type_=UtcDateTime()),
        or_(
            and_(_t.c.scope == literal_column("'client'"), _t.c.scope_id == bindparam("client")),
            and_(_t.c.scope == literal_column("'campaign'"), Among(_t.c.scope_id, "campaigns")),
        ),
    )
    .order_by(_t.c.suppression_id)
    .limit(bindparam("count", type_=Integer))
)
_LAST_ID = 2**31 - 1


def add(
    tx: Writing,
    number: str,
    *,
    reason: str,
    source: str,
    by: str,
    at: datetime,
    scope: Scope = "company",
    scope_id: str = "",
    expires_at: datetime | None = None,
    tell: bool = True,
) -> int:
    """Put a number (or, with scope `areacode`, a pattern such as `+1201XXXXXXX`) on a list; return the entry's id.

    Clients' webhooks are told of it as an opt-out, but for patterns, and for what comes by the million in a file of
    entries (`tell=False`).

    Raises:
        ValueError: the number is not E.164, or scope and scope id do not fit.
    """
    entry_id = _append(tx, number, scope, scope_id, "add", reason, source, by, at, expires_at)
    if tell and scope != "areacode":
        outgoing.listed(tx, entry_id, number, scope=scope, scope_id=scope_id, at=at, expires_at=expires_at)
    return entry_id


def remove(
    tx: Writing,
    number: str,
    *,
    reason: str,
    source: str,
    by: str,
    at: datetime,
    scope: Scope = "company",
    scope_id: str = "",
) -> int:
    """Lift the entry of exactly this number, scope and scope id; the rows that made it stay.

    Raises:
        ValueError: no reason is given, or the number is not E.164, or scope and scope id do not fit.
    """
    if not reason.strip():
        raise ValueError(f"taking {number} off a Do-Not-Call list needs a reason")
    return _append(tx, number, scope, scope_id, "remove", reason, source, by, at, None)


def in_force(tx: Reading, number: str, *, client: str, campaign: str, at: datetime) -> list[Entry]:
    """Return every entry that forbids calling the number at `at` for this client and campaign, oldest first."""
    standing: dict[tuple[str, str, str], Row] = {}
    for row in _IN_FORCE.rows(tx, number=number, **_patterns(number), client=client, campaign=campaign):
        if row[4] == "remove":
            standing.pop(row[1:4], None)
        elif row[9] is None or row[9] > at:
            standing[row[1:4]] = row
    return [Entry(*row) for row in standing.values()]


def history(tx: Reading, number: str) -> list[Entry]:
    """Return every row that ever concerned the number, patterns included, oldest first."""
    return [Entry(*row) for row in _HISTORY.rows(tx, number=number, **_patterns(number))]


def page(
    tx: Reading, *, before: int | None = None, count: int = 100, scopes: tuple[Scope, ...] = SCOPES
) -> list[Entry]:
    """Return rows of the lists of some scopes, newest first; for the next page give the last `entry_id` as `before`."""
    return [Entry(*row) for row in _PAGE.rows(tx, before=before or _LAST_ID, scopes=list(scopes), count=count)]


def entries_of(tx: Reading, client: str, campaigns: list[str], *, after: int, count: int, at: datetime) -> list[Entry]:
    """Return rows of a client's and its campaigns' own lists, beginning behind an `entry_id`, oldest first."""
    before = settled_before(tx, at)
    rows = _OWN.rows(tx, client=client, campaigns=campaigns, after=after, count=count, before=before)
    return [Entry(*row) for row in rows]


def _append(
    tx: Writing,
    number: str,
    scope: Scope,
    scope_id: str,
    action: str,
    reason: str,
    source: str,
    by: str,
    at: datetime,
    expires_at: datetime | None,
) -> int:
    """Check a row and append it."""
    if scope == "areacode":
        if not _PATTERN.fullmatch(number) or len(number) > 16:
            raise ValueError(f"{number!r} is not an area-code pattern; write +1201XXXXXXX, one X per open digit")
    elif not _NUMBER.fullmatch(number):
        raise ValueError(f"{number!r} is not an E.164 number such as +12015550123")
    if (scope in ("client", "campaign")) != bool(scope_id):
        raise ValueError(f"scope {scope!r} with scope id {scope_id!r}: only client and campaign take one, and must")
    return int(
        _INSERT.value(
            tx,
            number=number,
            scope=scope,
            scope_id=scope_id,
            action=action,
            reason=reason,
            source=source,
            by=by,
            at=at,
            expires_at=expires_at,
        )
    )


def _patterns(number: str) -> dict[str, str]:
    """The area-code patterns that a number falls under, as parameters: +1201XXXXXXX for +12015550123."""
    return {f"p{k}": number[: k + 2].ljust(len(number), "X") for k in range(_PREFIXES)}
