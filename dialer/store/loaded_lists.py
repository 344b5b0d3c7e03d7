"""The lists of a campaign as they were loaded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, select

from dialer.store.schema import contact_list as _t
from dialer.store.statements import Prepared
from dialer.store.transactions import Reading

__all__ = ["LoadedList", "of_campaign"]


@dataclass(frozen=True, slots=True)
class LoadedList:
    """One file: what it was called, what it was, who loaded it, and what became of its rows."""

    list_id: int
    file_name: str
    sha256: str
    loaded_at: datetime
    loaded_by: str
    funnel: dict[str, int]
    complete: bool
    name: str
    expires_at: datetime | None
    expires_why: str


_OF = Prepared(
    select(*(_t.c[name] for name in LoadedList.__dataclass_fields__))
    .where(_t.c.campaign == bindparam("name"))
    .order_by(_t.c.list_id.desc())
)


def of_campaign(tx: Reading, campaign: str) -> list[LoadedList]:
    """Return the lists of a campaign, newest first."""
    return [LoadedList(*row) for row in _OF.rows(tx, name=campaign)]
