"""Promised callbacks: which there are, whose they are, and what becomes of those that nobody kept."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, func, null, or_, select, update

from dialer.store import hopper
from dialer.store.errors import StoreError
from dialer.store.schema import UtcDateTime
from dialer.store.schema import campaign as _campaign
from dialer.store.schema import lead as _lead
from dialer.store.schema import phone as _phone
from dialer.store.schema import place as _place
from dialer.store.statements import Among, Prepared
from dialer.store.transactions import Reading, Writing

__all__ = ["Callback", "cancel", "due_between", "every", "expire", "reassign"]


@dataclass(frozen=True, slots=True)
class Callback:
    """One promise to call back."""

    lead_id: int
    campaign: str
    client: str
    first_name: str
    last_name: str
    at: datetime | None  # the promised time, or the next lawful one after it; None: at once
    for_agent: str  # who promised it; "": anybody
    in_hand: bool  # a run has it: it waits for its agent, or is being called
    why: str
    number: str  # the first of the lead's usable numbers
    zones: tuple[str, ...]  # of that number's place


_usable = _phone.alias("usable")
_FIRST_PHONE = (
    select(func.min(_usable.c.position))
    .where(_usable.c.lead_id == _lead.c.lead_id, _usable.c.bad.is_(None))
    .correlate(_lead)
    .scalar_subquery()
)
_SHOWN = (
    select(
        _lead.c.lead_id,
        _lead.c.campaign,
        _campaign.c.client,
        _lead.c.first_name,
        _lead.c.last_name,
        _lead.c.next_at,
        _lead.c.callback_for,
        _lead.c.status,
        _lead.c.status_why,
        _phone.c.number,
        _place.c.zones,
    )
    .join(_campaign, _campaign.c.name == _lead.c.campaign)
    .outerjoin(_phone, (_phone.c.lead_id == _lead.c.lead_id) & (_phone.c.position == _FIRST_PHONE))
    .outerjoin(_place, _place.c.place_id == _phone.c.place_id)
)
_A_PROMISE = or_(_lead.c.status == "callback", (_lead.c.status == "leased") & (_lead.c.leased_from == "callback"))
_EVERY = Prepared(_SHOWN.where(Among(_lead.c.campaign, "names"), _A_PROMISE).order_by(_lead.c.next_at, _lead.c.lead_id))
_ONE = Prepared(_SHOWN.where(_lead.c.lead_id == bindparam("key"), _A_PROMISE))
_BETWEEN = Prepared(
    _SHOWN.where(
        _lead.c.campaign == bindparam("name"),
        _lead.c.status == "callback",
        _lead.c.callback_for.is_not(None),
        _lead.c.next_at > bindparam("after", type_=UtcDateTime()),
        _lead.c.next_at <= bindparam("until", type_=UtcDateTime()),
    ).order_by(_lead.c.next_at, _lead.c.lead_id)
)
_EXPIRE = Prepared(
    update(_lead)
    .where(
        _lead.c.campaign == bindparam("name"),
        _lead.c.status == "callback",
        _lead.c.next_at <= bindparam("before", type_=UtcDateTime()),
    )
    .values(status="waiting", callback_for=null(), status_why=bindparam("why", type_=_lead.c.status_why.type))
)
_GIVE = Prepared(update(_lead).where(_lead.c.lead_id == bindparam("key")), ("callback_for", "status_why"))


def every(tx: Reading, campaigns: Collection[str], agent: str | None = None) -> list[Callback]:
    """Return the promised callbacks of some campaigns, earliest first; with `agent`, theirs ("": anybody's)."""
    found = [_made(row) for row in _EVERY.rows(tx, names=list(campaigns))]
    return found if agent is None else [each for each in found if each.for_agent == agent]


def due_between(tx: Reading, campaign: str, after: datetime, until: datetime) -> list[Callback]:
    """Return agents' own callbacks promised for later than `after` and not later than `until`."""
    return [_made(row) for row in _BETWEEN.rows(tx, name=campaign, after=after, until=until)]


def expire(tx: Writing, campaign: str, before: datetime, why: str) -> int:
    """Make ordinary leads of callbacks whose time was `before` or earlier and which no run has; return how many."""
    return _EXPIRE.run(tx, name=campaign, before=before, why=why)


def reassign(tx: Writing, lead_id: int, to: str, why: str) -> Callback:
    """Give a callback to another agent ("": to anybody); return it as it was.

    Raises:
        StoreError: there is no such callback, or a run has it in hand.
    """
    was = _free(tx, lead_id)
    _GIVE.run(tx, key=lead_id, callback_for=to or None, status_why=why)
    return was


def cancel(tx: Writing, lead_id: int, why: str) -> Callback:
    """Take a promise back: the lead is called when it was promised, as any other; return it as it was.

    Raises:
        StoreError: there is no such callback, or a run has it in hand.
    """
    was = _free(tx, lead_id)
    hopper.set_lead(tx, lead_id, "waiting", was.at, why)
    return was


def _free(tx: Writing, lead_id: int) -> Callback:
    row = _ONE.first(tx, key=lead_id)
    if row is None:
        raise StoreError(f"lead {lead_id} has no callback: see dialer callbacks list")
    found = _made(row)
    if found.in_hand:
        raise StoreError(f"the callback of lead {lead_id} is with a run at this moment: try again after the call")
    return found


def _made(row: tuple[object, ...]) -> Callback:
    lead_id, campaign, client, first, last, at, agent, status, why, number, zones = row
    return Callback(
        lead_id,  # type: ignore[arg-type]
        campaign,  # type: ignore[arg-type]
        client,  # type: ignore[arg-type]
        first,  # type: ignore[arg-type]
        last,  # type: ignore[arg-type]
        at,  # type: ignore[arg-type]
        str(agent or ""),
        status == "leased",
        str(why),
        str(number or ""),
        tuple(zones or ()),  # type: ignore[arg-type]
    )
