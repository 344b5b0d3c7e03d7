"""Leads found by what people know of them, and listed page by page."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Integer, String, bindparam, func, or_, select

from campaigns.files.order import Order
from dialer.store.filters import condition
from dialer.store.schema import attempt as _attempt
from dialer.store.schema import contact_list as _list
from dialer.store.schema import lead as _lead
from dialer.store.schema import phone as _phone
from dialer.store.statements import Prepared
from dialer.store.transactions import Reading

__all__ = ["Expiry", "LeadRow", "expiry", "find", "fits", "page"]


@dataclass(frozen=True, slots=True)
class LeadRow:
    """One line of a page of leads."""

    lead_id: int
    external_id: str
    status: str
    why: str
    next_at: datetime | None
    priority: int
    number: str  # the first in position
    attempts: int


@dataclass(frozen=True, slots=True)
class Expiry:
    """The list a lead came with, when it expires, and why the lead is retired, if it is."""

    file_name: str
    expires_at: datetime | None
    retired: str | None


_FIRST = (
    select(_phone.c.number)
    .where(_phone.c.lead_id == _lead.c.lead_id)
    .order_by(_phone.c.position)
    .limit(1)
    .correlate(_lead)
    .scalar_subquery()
)
_TRIED = (
    select(func.count(type_=Integer)).where(_attempt.c.lead_id == _lead.c.lead_id).correlate(_lead).scalar_subquery()
)
_PAGE = Prepared(
    select(
        _lead.c.lead_id,
        _lead.c.external_id,
        _lead.c.status,
        _lead.c.status_why,
        _lead.c.next_at,
        _lead.c.priority,
        func.coalesce(_FIRST, ""),
        _TRIED,
    )
    .where(
        _lead.c.campaign == bindparam("name"),
        _lead.c.lead_id > bindparam("after", type_=Integer),
        or_(bindparam("any", type_=Integer) == 1, _lead.c.status == bindparam("status", type_=String())),
    )
    .order_by(_lead.c.lead_id)
    .limit(bindparam("count", type_=Integer))
)
_BY_ID = Prepared(
    select(_lead.c.lead_id).where(_lead.c.campaign == bindparam("name"), _lead.c.lead_id == bindparam("id"))
)
_BY_EXTERNAL = Prepared(
    select(_lead.c.lead_id)
    .where(_lead.c.campaign == bindparam("name"), _lead.c.external_id == bindparam("id"), _lead.c.external_id != "")
    .order_by(_lead.c.lead_id)
)
_BY_NUMBER = Prepared(
    select(_phone.c.lead_id).where(_phone.c.campaign == bindparam("name"), _phone.c.number == bindparam("id"))
)
_EXPIRY = Prepared(
    select(_list.c.file_name, _list.c.expires_at, _lead.c.retired)
    .join(_lead, _lead.c.list_id == _list.c.list_id)
    .where(_lead.c.lead_id == bindparam("key"))
)


def page(tx: Reading, campaign: str, status: str | None, after: int, count: int) -> list[LeadRow]:
    """Up to `count` leads of a campaign with an id above `after`, by id; of one status, or of all."""
    every = int(status is None)
    return [LeadRow(*row) for row in _PAGE.rows(tx, name=campaign, after=after, any=every, status=status, count=count)]


def find(tx: Reading, campaign: str, name: str, number: str | None) -> list[int]:
    """The leads of a campaign by `number` (E.164), else by the list's own id, else by lead id."""
    found = [] if number is None else [row[0] for row in _BY_NUMBER.rows(tx, name=campaign, id=number)]
    found = found or [row[0] for row in _BY_EXTERNAL.rows(tx, name=campaign, id=name)]
    if not found and name.isascii() and name.isdigit() and len(name) < 10:
        found = [row[0] for row in _BY_ID.rows(tx, name=campaign, id=int(name))]
    return found


def expiry(tx: Reading, lead_id: int) -> Expiry:
    """The list of a lead."""
    row = _EXPIRY.first(tx, key=lead_id)
    assert row is not None
    return Expiry(*row)


def fits(tx: Reading, lead_id: int, order: Order, at: datetime) -> bool:
    """Whether the campaign's filter lets a lead through at `at`."""
    if order.expression is None:
        return True
    statement = select(_lead.c.lead_id).where(_lead.c.lead_id == lead_id, condition(order.expression, at))
    return Prepared(statement).first(tx) is not None
