"""The campaigns that the database knows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, insert, select, update

from dialer.store.schema import campaign as _t
from dialer.store.statements import Prepared
from dialer.store.transactions import Reading, Writing

__all__ = ["Campaign", "every", "get", "upsert"]


@dataclass(frozen=True, slots=True)
class Campaign:
    """One campaign: whose it is, what its calls are for, and the file it was last used with."""

    name: str
    client: str
    scope: str  # dnc.values.Scope
    file_hash: str  # sha256 of the campaign file
    created_at: datetime


_GET = Prepared(select(_t).where(_t.c.name == bindparam("key")))
_EVERY = Prepared(select(_t).order_by(_t.c.name))
_INSERT = Prepared(insert(_t).inline(), ("name", "client", "scope", "file_hash", "created_at"))
_UPDATE = Prepared(update(_t).where(_t.c.name == bindparam("key")), ("client", "scope", "file_hash"))


def upsert(tx: Writing, name: str, *, client: str, scope: str, file_hash: str, at: datetime) -> None:
    """Write the campaign down, or bring its client, scope and file hash up to date."""
    if not _UPDATE.run(tx, key=name, client=client, scope=scope, file_hash=file_hash):
        _INSERT.run(tx, name=name, client=client, scope=scope, file_hash=file_hash, created_at=at)


def get(tx: Reading, name: str) -> Campaign | None:
    """Return the campaign of that name, or None."""
    row = _GET.first(tx, key=name)
    return None if row is None else Campaign(*row)


def every(tx: Reading) -> list[Campaign]:
    """Return all campaigns by name."""
    return [Campaign(*row) for row in _EVERY.rows(tx)]
