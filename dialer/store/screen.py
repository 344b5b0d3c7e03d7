"""What is known of one call for whoever has it before them: the person, what was before, whose call it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, bindparam, func, select

from dialer.store.schema import attempt as _attempt
from dialer.store.schema import disposition as _disposition
from dialer.store.schema import lead as _lead
from dialer.store.schema import phone as _phone
from dialer.store.schema import place as _place
from dialer.store.statements import Prepared, Row
from dialer.store.transactions import Reading

__all__ = ["Origin", "history_of", "origin_of", "person_at", "person_on"]


@dataclass(frozen=True, slots=True)
class Origin:
    """Whose call it is."""

    campaign: str
    client: str
    number: str


#: As many earlier calls as fit a screen.
_SHOWN = 12

_PERSON_COLUMNS = (
    "lead_id",
    "external_id",
    "debt_id",
    "first_name",
    "last_name",
    "email",
    "address",
    "city",
    "state",
    "postal_code",
    "country",
    "language",
    "owner",
    "consent_basis",
    "consent_at",
    "consent_ref",
    "custom",
)

_OF_PERSON = (_phone.c.number, _phone.c.kind, _place.c.zones, *(_lead.c[name] for name in _PERSON_COLUMNS))
_PERSON = Prepared(
    select(*_OF_PERSON)
    .select_from(_attempt)
    .join(_lead, _lead.c.lead_id == _attempt.c.lead_id)
    .join(_phone, _phone.c.phone_id == _attempt.c.phone_id)
    .join(_place, _place.c.place_id == _phone.c.place_id)
    .where(_attempt.c.call_id == bindparam("call"))
)
_PERSON_AT = Prepared(
    select(*_OF_PERSON)
    .select_from(_phone)
    .join(_lead, _lead.c.lead_id == _phone.c.lead_id)
    .join(_place, _place.c.place_id == _phone.c.place_id)
    .where(_phone.c.phone_id == bindparam("phone"))
)
_NEWEST = (
    select(func.max(_disposition.c.disposition_id, type_=Integer))
    .where(_disposition.c.call_id == _attempt.c.call_id)
    .correlate(_attempt)
    .scalar_subquery()
)
_HISTORY = Prepared(
    select(
        _attempt.c.call_id,
        _attempt.c.placed_at,
        _attempt.c.result,
        _attempt.c.agent_id,
        _disposition.c.code,
        _disposition.c.notes,
        _disposition.c.promise_amount,
        _disposition.c.promise_currency,
        _disposition.c.promise_due,
    )
    .select_from(_attempt)
    .outerjoin(_disposition, _disposition.c.disposition_id == _NEWEST)
    .where(_attempt.c.lead_id == bindparam("lead"), _attempt.c.call_id != bindparam("call"))
    .order_by(_attempt.c.placed_at.desc())
    .limit(_SHOWN)
)


_ORIGIN = Prepared(
    select(_attempt.c.campaign, _attempt.c.client, _attempt.c.number).where(_attempt.c.call_id == bindparam("call"))
)


def origin_of(tx: Reading, call_id: str) -> Origin | None:
    """Return whose call it is, or None."""
    row = _ORIGIN.first(tx, call=call_id)
    return None if row is None else Origin(*row)


def person_on(tx: Reading, call_id: str) -> dict[str, Any] | None:
    """Return who is on a call, as plain data (`zones`: those of the number), or None."""
    return _as_person(_PERSON.first(tx, call=call_id))


def person_at(tx: Reading, phone_id: int) -> dict[str, Any] | None:
    """Return whom a phone of a lead belongs to, as `person_on` does, or None."""
    return _as_person(_PERSON_AT.first(tx, phone=phone_id))


def _as_person(row: Row | None) -> dict[str, Any] | None:
    if row is None:
        return None
    person = dict(zip(("number", "kind", "zones", *_PERSON_COLUMNS), row, strict=True))
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in person.items()}


def history_of(tx: Reading, lead_id: int, before: str) -> list[dict[str, Any]]:
    """Return the lead's other calls, newest first, each with the newest word of an agent on it."""
    names = ("call_id", "at", "result", "agent_id", "disposition", "notes", "promise", "currency", "due")
    return [
        {
            **dict(zip(names, row, strict=True)),
            "at": row[1].isoformat(),
            "due": None if row[8] is None else row[8].isoformat(),
        }
        for row in _HISTORY.rows(tx, lead=lead_id, call=before)
    ]
