"""What a client's own program may see of its leads and calls: state, history, what was said. Never another client's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Integer, bindparam, func, select

from dialer.store.schema import UtcDateTime
from dialer.store.schema import attempt as _attempt
from dialer.store.schema import campaign as _campaign
from dialer.store.schema import disposition as _disposition
from dialer.store.schema import lead as _lead
from dialer.store.schema import phone as _phone
from dialer.store.statements import Prepared
from dialer.store.transactions import Reading, settled_before

__all__ = ["CallView", "LeadView", "PhoneView", "Spoken", "call", "dispositions_after", "lead", "newest_call"]


@dataclass(frozen=True, slots=True)
class PhoneView:
    """One number of a lead, in the order to try them; `bad`: why it is not tried any more."""

    number: str
    kind: str
    bad: str | None


@dataclass(frozen=True, slots=True)
class CallView:
    """One attempt, with the newest word on what came of it."""

    call_id: str
    campaign: str
    client: str
    lead_id: int
    phone_id: int
    number: str
    state: str
    result: str | None
    placed_at: datetime
    answered_at: datetime | None
    bridged_at: datetime | None
    ended_at: datetime | None
    agent_id: str | None
    code: str | None


@dataclass(frozen=True, slots=True)
class LeadView:
    """A lead as it stands, with its numbers and calls (newest first)."""

    lead_id: int
    campaign: str
    external_id: str
    status: str
    why: str
    next_at: datetime | None
    priority: int
    phones: tuple[PhoneView, ...]
    calls: tuple[CallView, ...]


@dataclass(frozen=True, slots=True)
class Spoken:
    """What somebody said of a call: a correction is a further row."""

    disposition_id: int
    call_id: str
    campaign: str
    lead_id: int
    external_id: str
    agent_id: str
    code: str
    flags: list[str]
    at: datetime
    callback_at: datetime | None


_NEWEST = (
    select(func.max(_disposition.c.disposition_id, type_=Integer))
    .where(_disposition.c.call_id == _attempt.c.call_id)
    .correlate(_attempt)
    .scalar_subquery()
)
_CALL = select(
    *(_attempt.c[name] for name in CallView.__dataclass_fields__ if name != "code"), _disposition.c.code
).outerjoin(_disposition, _disposition.c.disposition_id == _NEWEST)
_ONE_CALL = Prepared(_CALL.where(_attempt.c.call_id == bindparam("call"), _attempt.c.client == bindparam("of")))
_CALLS = Prepared(
    _CALL.where(_attempt.c.lead_id == bindparam("lead")).order_by(_attempt.c.placed_at.desc(), _attempt.c.call_id)
)
_LEAD = Prepared(
    select(
        _lead.c.lead_id,
        _lead.c.campaign,
        _lead.c.external_id,
        _lead.c.status,
        _lead.c.status_why,
        _lead.c.next_at,
        _lead.c.priority,
    )
    .join(_campaign, _campaign.c.name == _lead.c.campaign)
    .where(_lead.c.lead_id == bindparam("lead"), _campaign.c.client == bindparam("of"))
)
_PHONES = Prepared(
    select(_phone.c.number, _phone.c.kind, _phone.c.bad)
    .where(_phone.c.lead_id == bindparam("lead"))
    .order_by(_phone.c.position)
)
_AFTER = Prepared(
    select(
        _disposition.c.disposition_id,
        _disposition.c.call_id,
        _attempt.c.campaign,
        _attempt.c.lead_id,
        _lead.c.external_id,
        _disposition.c.agent_id,
        _disposition.c.code,
        _disposition.c.flags,
        _disposition.c.at,
        _disposition.c.callback_at,
    )
    .join(_attempt, _attempt.c.call_id == _disposition.c.call_id)
    .join(_lead, _lead.c.lead_id == _attempt.c.lead_id)
    .where(
        _disposition.c.disposition_id > bindparam("after"),
        _disposition.c.at < bindparam("before", type_=UtcDateTime()),
        _attempt.c.client == bindparam("of"),
    )
    .order_by(_disposition.c.disposition_id)
    .limit(bindparam("count", type_=Integer))
)


def lead(tx: Reading, lead_id: int, client: str) -> LeadView | None:
    """Return a lead of the client, or None."""
    row = _LEAD.first(tx, lead=lead_id, of=client)
    if row is None:
        return None
    phones = tuple(PhoneView(*each) for each in _PHONES.rows(tx, lead=lead_id))
    calls = tuple(CallView(*each) for each in _CALLS.rows(tx, lead=lead_id))
    return LeadView(row[0], row[1], row[2], row[3], row[4], row[5], row[6], phones, calls)


def call(tx: Reading, call_id: str, client: str) -> CallView | None:
    """Return a call of the client, or None."""
    row = _ONE_CALL.first(tx, call=call_id, of=client)
    return None if row is None else CallView(*row)


def newest_call(tx: Reading, lead_id: int) -> str | None:
    """Return the lead's last call, or None."""
    row = _CALLS.first(tx, lead=lead_id)
    return None if row is None else str(row[0])


def dispositions_after(tx: Reading, client: str, after: int, count: int, at: datetime) -> list[Spoken]:
    """Return what was said of the client's calls, beginning behind a `disposition_id`, in the order of the ids.

    Args:
        tx: the transaction to read in.
        client: whose calls.
        after: the last id that was read; 0 from the start.
        count: the most rows.
        at: now.
    """
    rows = _AFTER.rows(tx, of=client, after=after, count=count, before=settled_before(tx, at))
    return [Spoken(*row) for row in rows]
