"""The consent ledger: what a number's owner agreed to and when it was taken back. Append-only, newest row counts.

What a contact list says of consent stays with its lead. Here stands what was learned afterwards, for one client:
given on a call, in a form, in writing, or revoked.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, insert, select

from dialer.store.schema import consent as _t
from dialer.store.statements import Prepared, Row
from dialer.store.transactions import Reading, Writing
from dnc.values import Consent

__all__ = ["ConsentRow", "history", "newest", "record"]


@dataclass(frozen=True, slots=True)
class ConsentRow:
    """One entry, with who wrote it down and on whose word."""

    consent: Consent
    source: str
    by: str
    at: datetime


_INSERT = Prepared(
    insert(_t).inline(),
    ("number", "client", "basis", "given_at", "revoked_at", "reference", "waives", "source", "by", "at"),
)
_COLUMNS = (_t.c.basis, _t.c.given_at, _t.c.revoked_at, _t.c.reference, _t.c.waives)
_WHERE = (_t.c.number == bindparam("key"), _t.c.client == bindparam("owner"))
_NEWEST = Prepared(select(*_COLUMNS).where(*_WHERE).order_by(_t.c.consent_id.desc()).limit(1))
_HISTORY = Prepared(select(*_COLUMNS, _t.c.source, _t.c.by, _t.c.at).where(*_WHERE).order_by(_t.c.consent_id))


def record(tx: Writing, number: str, client: str, consent: Consent, *, source: str, by: str, at: datetime) -> None:
    """Write down a consent, or with `revoked_at` its end."""
    _INSERT.run(
        tx,
        number=number,
        client=client,
        basis=consent.basis,
        given_at=consent.given_at,
        revoked_at=consent.revoked_at,
        reference=consent.reference,
        waives=list(consent.waives),
        source=source,
        by=by,
        at=at,
    )


def newest(tx: Reading, number: str, client: str) -> Consent | None:
    """Return what is known last; None when nothing was ever written down."""
    row = _NEWEST.first(tx, key=number, owner=client)
    return None if row is None else _consent(row)


def history(tx: Reading, number: str, client: str) -> list[ConsentRow]:
    """Return every entry, oldest first."""
    return [ConsentRow(_consent(row), *row[5:]) for row in _HISTORY.rows(tx, key=number, owner=client)]


def _consent(row: Row) -> Consent:
    return Consent(row[0], row[1], row[2], row[3], tuple(row[4]))
