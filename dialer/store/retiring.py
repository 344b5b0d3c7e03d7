"""Leads that are to be dialed no more though nothing came of them: their list expired, or a newer list lacks them.

Theory of operation. `lead.retired` says why; nothing is deleted, and attempts, caps and opt-outs stay. A lead that
waits becomes `done` and keeps in `leased_from` what it was, so that it can come back (`revive`). A lead under a call
only gets the reason: it is done when the call, or the lease, gives it back (`dialer.store.hopper`). A promised callback
is kept when a newer list lacks the person; of an expired list nobody is called.

A list expires by the clock, without anybody doing anything: `hopper` takes no lead of an expired list, and a run that
looks for leads retires some thousands of them at a time (`sweep`), so that they do not stand before the others.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, and_, bindparam, case, func, literal_column, null, or_, select, update

from dialer.store.ranking import WORKABLE
from dialer.store.schema import UtcDateTime
from dialer.store.schema import contact_list as _list
from dialer.store.schema import lead as _lead
from dialer.store.statements import Among, Prepared
from dialer.store.transactions import Reading, Writing

__all__ = ["EXPIRED", "expire", "expired_waiting", "retire_missing", "revive", "sweep", "workable_of"]

#: How the reason of an expired list begins.
EXPIRED = "the list expired"
_SOME = 2_000
_quoted: list[Any] = [literal_column(f"'{status}'") for status in WORKABLE]
_waits = _lead.c.status.in_(_quoted)
_EXPIRED_LISTS = Prepared(
    select(_list.c.list_id, _list.c.expires_at, _list.c.expires_why)
    .where(_list.c.campaign == bindparam("name"), _list.c.expires_at <= bindparam("now", type_=UtcDateTime()))
    .order_by(_list.c.list_id)
)
_WAITING = Prepared(
    select(_lead.c.lead_id)
    .where(_lead.c.list_id == bindparam("key"), _lead.c.status == bindparam("state"))
    .limit(literal_column(str(_SOME)))
)
_MISSING = Prepared(
    select(_lead.c.lead_id)
    .where(
        _lead.c.list_id == bindparam("key"),
        _lead.c.status == bindparam("state"),
        _lead.c.lead_id > bindparam("after", type_=Integer()),
        _lead.c.retired.is_(None),
    )
    .order_by(_lead.c.lead_id)
    .limit(literal_column(str(_SOME)))
)
_MISSING_COUNT = Prepared(
    select(_lead.c.status, func.count(type_=Integer))
    .where(
        Among(_lead.c.list_id, "lists"),
        _lead.c.status.in_([*_quoted, literal_column("'leased'")]),
        _lead.c.retired.is_(None),
    )
    .group_by(_lead.c.status)
)
_END = Prepared(
    update(_lead)
    .where(Among(_lead.c.lead_id, "ids"), _waits)
    .values(
        retired=bindparam("why"),
        status_why=bindparam("why"),
        leased_from=_lead.c.status,
        status=literal_column("'done'"),
    )
)
_MARK = Prepared(update(_lead).where(Among(_lead.c.lead_id, "ids")).values(retired=bindparam("why")))
#: Back to what it was; a lead that is on a call, or ended by its own calls, only loses the mark.
_was = and_(_lead.c.status == "done", _lead.c.status_why == _lead.c.retired)
_BACK = {
    "status": case((_was, func.coalesce(_lead.c.leased_from, "ready")), else_=_lead.c.status),
    "status_why": case((_was, ""), else_=_lead.c.status_why),
    "leased_from": case((_was, null()), else_=_lead.c.leased_from),
    "retired": null(),
}
_REVIVE = Prepared(update(_lead).where(Among(_lead.c.lead_id, "ids"), _lead.c.retired.is_not(None)).values(_BACK))
_REVIVE_LIST = Prepared(
    update(_lead).where(_lead.c.list_id == bindparam("key"), _lead.c.retired.like(EXPIRED + "%")).values(_BACK)
)
_SET_EXPIRY = Prepared(update(_list).where(_list.c.list_id == bindparam("key")), ("expires_at", "expires_why"))
_COUNT = Prepared(
    select(_lead.c.list_id, func.count(type_=Integer))
    .join(_list, _list.c.list_id == _lead.c.list_id)
    .where(
        _list.c.campaign == bindparam("name"),
        _list.c.expires_at <= bindparam("now", type_=UtcDateTime()),
        or_(_waits, _lead.c.retired.like(EXPIRED + "%")),
    )
    .group_by(_lead.c.list_id)
)
_WORKABLE_OF = Prepared(
    select(_lead.c.list_id, func.count(type_=Integer))
    .where(Among(_lead.c.list_id, "lists"), _waits)
    .group_by(_lead.c.list_id)
)


def expire(tx: Writing, list_id: int, at: datetime | None, why: str = "", *, now: datetime) -> int:
    """Set from when on the leads of a list are not dialed (None: never); return how many came back by that.

    Args:
        tx: the transaction to write in.
        list_id: of the list.
        at: from when on.
        why: in an operator's words.
        now: leads of a list whose time is still to come are to be dialed again.
    """
    _SET_EXPIRY.run(tx, key=list_id, expires_at=at, expires_why=why)
    return _REVIVE_LIST.run(tx, key=list_id) if at is None or at > now else 0


def sweep(tx: Writing, campaign: str, now: datetime) -> int:
    """Retire up to some thousand leads of lists that have expired; return how many: 0 when none is left."""
    done = 0
    for list_id, expired_at, why in _EXPIRED_LISTS.rows(tx, name=campaign, now=now):
        words = f"{EXPIRED} on {expired_at:%Y-%m-%d}" + (f": {why}" if why else "")
        for status in WORKABLE:
            ids = [row[0] for row in _WAITING.rows(tx, key=list_id, state=status)]
            if ids:
                done += _END.run(tx, ids=ids, why=words)
    return done


def retire_missing(tx: Writing, list_id: int, status: str, after: int, why: str) -> list[int]:
    """Retire some thousand leads of a list and a status, those with an id above `after`; return their ids, ascending.

    Those that wait are done; those on a call, with a promised callback, or that ended already get the reason only, and
    nothing brings them back but a list that names them.
    """
    ids = [row[0] for row in _MISSING.rows(tx, key=list_id, state=status, after=after)]
    if ids and status in ("ready", "waiting"):
        _END.run(tx, ids=ids, why=why)
    elif ids:
        _MARK.run(tx, ids=ids, why=why)
    return ids


def count_missing(tx: Reading, lists: Sequence[int]) -> dict[str, int]:
    """Return by status how many leads `retire_missing` would come to, but for those that ended already."""
    return dict(_MISSING_COUNT.rows(tx, lists=list(lists)))


def revive(tx: Writing, lead_ids: Sequence[int]) -> int:
    """Let retired leads be dialed again, from where they were; return how many had been retired."""
    return _REVIVE.run(tx, ids=list(lead_ids)) if lead_ids else 0


def expired_waiting(tx: Reading, campaign: str, now: datetime) -> dict[int, int]:
    """Return by list id how many leads are not dialed because their list has expired."""
    return dict(_COUNT.rows(tx, name=campaign, now=now))


def workable_of(tx: Reading, lists: Sequence[int]) -> dict[int, int]:
    """Return by list id how many leads wait to be called."""
    return dict(_WORKABLE_OF.rows(tx, lists=list(lists)))
