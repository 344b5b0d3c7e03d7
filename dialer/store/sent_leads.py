"""Leads that came by the HTTP API, by the sender's own key: what was sent twice is done once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, insert, select

from dialer.store.schema import UtcDateTime
from dialer.store.schema import sent_lead as _t
from dialer.store.statements import Among, Prepared
from dialer.store.transactions import Reading, Writing

__all__ = ["KEPT", "SentLead", "add", "find", "forget", "prune"]

#: How long a key is remembered.
KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class SentLead:
    """What became of one lead.

    Attributes:
        client: whose program sent it.
        key: that the program gave it.
        campaign: where it went.
        body_sha256: of what was sent.
        lead_id: the lead, or the one that has the number already; None: it was refused.
        new: whether it was added.
        why: why it was not; "" when it was.
        at: when.
    """

    client: str
    key: str
    campaign: str
    body_sha256: str
    lead_id: int | None
    new: bool
    why: str
    at: datetime


_COLUMNS = tuple(SentLead.__dataclass_fields__)
_INSERT = Prepared(insert(_t).inline(), _COLUMNS)
_FIND = Prepared(
    select(*(_t.c[name] for name in _COLUMNS)).where(_t.c.client == bindparam("of"), _t.c.key == bindparam("given"))
)
_FORGET = Prepared(delete(_t).where(Among(_t.c.lead_id, "leads")))
_PRUNE = Prepared(delete(_t).where(_t.c.at < bindparam("before", type_=UtcDateTime())))


def find(tx: Reading, client: str, key: str) -> SentLead | None:
    """Return what was sent under a key, or None."""
    row = _FIND.first(tx, of=client, given=key)
    return None if row is None else SentLead(*row)


def add(tx: Writing, sent: SentLead) -> None:
    """Remember a key. Raises `StoreConflict` when the client has used it."""
    _INSERT.run(tx, **{name: getattr(sent, name) for name in _COLUMNS})


def forget(tx: Writing, lead_ids: Sequence[int]) -> int:
    """Forget the requests that brought these leads: even a hash of what was sent is of a person. Return how many."""
    return _FORGET.run(tx, leads=list(lead_ids))


def prune(tx: Writing, at: datetime) -> int:
    """Forget keys that are older than `KEPT`; return how many."""
    return _PRUNE.run(tx, before=at - KEPT)
