"""Abandonment targets that were set while a campaign was running, and which of them hold."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, insert, select

from dialer.store.schema import abandonment_target as _t
from dialer.store.statements import Prepared
from dialer.store.transactions import Reading, Writing

__all__ = ["in_force", "set_target"]

_SET = Prepared(insert(_t).inline(), ("campaign", "max_rate", "file_rate", "by", "at"))
_NEWEST = Prepared(
    select(_t.c.max_rate, _t.c.file_rate)
    .where(_t.c.campaign == bindparam("name"))
    .order_by(_t.c.target_id.desc())
    .limit(1)
)


def set_target(tx: Writing, campaign: str, *, max_rate: float, file_rate: float, by: str, at: datetime) -> None:
    """Set a target; `file_rate` is what the campaign file says at this moment."""
    _SET.run(tx, campaign=campaign, max_rate=max_rate, file_rate=file_rate, by=by, at=at)


def in_force(tx: Reading, campaign: str, file_rate: float) -> float:
    """Return the target that holds: the newest one, unless the file has been changed since, or else the file's."""
    newest = _NEWEST.first(tx, name=campaign)
    return file_rate if newest is None or newest[1] != file_rate else float(newest[0])
