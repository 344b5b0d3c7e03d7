"""What the tables hold about one number and the person behind it: read for a case file, cleared for an erasure.

Rows are plain dictionaries by column name. The ledger, attempts with their dispositions, the internal lists, consents
and relationships have readers of their own (`ledger.export`, `outcomes.calls_to`, `suppressions.history`,
`consents.entries`, `relationships.entries`). Nothing here touches the ledger.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, String, Table, bindparam, func, select, text, update
from sqlalchemy import delete as sql_delete

from dialer.store.schema import UtcDateTime
from dialer.store.schema import attempt as _attempt
from dialer.store.schema import block as _block
from dialer.store.schema import campaign as _campaign
from dialer.store.schema import consent as _consent
from dialer.store.schema import contact_list as _list
from dialer.store.schema import disposition as _disposition
from dialer.store.schema import erasure as _erasure
from dialer.store.schema import lead as _lead
from dialer.store.schema import ledger as _ledger
from dialer.store.schema import phone as _phone
from dialer.store.schema import place as _place
from dialer.store.schema import relationship as _relationship
from dialer.store.schema import suppression as _suppression
from dialer.store.statements import Among, Prepared
from dialer.store.transactions import Reading, Writing

__all__ = [
    "PERSONAL",
    "CallGroup",
    "blank_lead",
    "blank_notes",
    "blocks_of",
    "call_groups",
    "calls_due",
    "calls_of_leads",
    "copies_only_of",
    "decisions_about",
    "forget_consent_of_lead",
    "last_activity",
    "lead_of_phone",
    "leads_with",
    "numbers_of_person",
    "remove_calls",
    "remove_consents",
    "remove_relationships",
    "retire_phones",
    "totals",
]

#: Columns of a lead that tell of the person, with what stands there afterwards.
PERSONAL: dict[str, Any] = {
    "external_id": "",
    "person_id": "",
    "debt_id": "",
    "first_name": "",
    "last_name": "",
    "email": "",
    "address": "",
    "city": "",
    "state": "",
    "postal_code": "",
    "timezone": "",
    "language": "",
    "custom": {},
}

_LEADS = Prepared(
    select(
        *_lead.c,
        _campaign.c.client,
        _campaign.c.scope,
        _list.c.file_name,
        _list.c.sha256.label("list_sha256"),
        _list.c.loaded_at,
        _list.c.loaded_by,
    )
    .join(_list, _list.c.list_id == _lead.c.list_id)
    .join(_campaign, _campaign.c.name == _lead.c.campaign)
    .where(
        _lead.c.lead_id.in_(
            select(_phone.c.lead_id).where(_phone.c.number == bindparam("of", type_=String())).scalar_subquery()
        )
    )
    .order_by(_lead.c.lead_id)
)
_LEAD_KEYS = (*_lead.c.keys(), "client", "scope", "file_name", "list_sha256", "loaded_at", "loaded_by")
_PHONES = Prepared(
    select(*_phone.c, _place.c.jurisdictions, _place.c.zones)
    .join(_place, _place.c.place_id == _phone.c.place_id)
    .where(_phone.c.lead_id == bindparam("lead"))
    .order_by(_phone.c.position)
)
_OF_PHONE = Prepared(
    select(_lead.c.lead_id, _lead.c.status, _lead.c.status_why, _lead.c.next_at, _phone.c.bad)
    .join(_phone, _phone.c.lead_id == _lead.c.lead_id)
    .where(_phone.c.phone_id == bindparam("key"))
)
_PHONE_KEYS = (*_phone.c.keys(), "jurisdictions", "zones")
_BLOCKS = Prepared(select(_block).where(_block.c.target == bindparam("of")).order_by(_block.c.block_id))
_CALLS = Prepared(
    select(*_attempt.c, _campaign.c.scope, _place.c.jurisdictions)
    .join(_campaign, _campaign.c.name == _attempt.c.campaign)
    .join(_phone, _phone.c.phone_id == _attempt.c.phone_id)
    .join(_place, _place.c.place_id == _phone.c.place_id)
    .where((_attempt.c.number == bindparam("of", type_=String())) | Among(_attempt.c.lead_id, "leads"))
    .order_by(_attempt.c.placed_at, _attempt.c.call_id)
)
_CALL_KEYS = (*_attempt.c.keys(), "scope", "jurisdictions")
_NOTED = Prepared(
    select(_disposition.c.call_id).where(
        Among(_disposition.c.call_id, "ids"),
        (_disposition.c.notes != text("''")) | _disposition.c.promise_amount.is_not(None),
    )
)
_LAST_OF_DEBT = Prepared(
    select(func.max(_attempt.c.placed_at)).where(
        _attempt.c.client == bindparam("of", type_=String()), _attempt.c.debt_id == bindparam("debt", type_=String())
    )
)
_ABOUT = Prepared(
    select(_ledger.c.seq).where(_ledger.c.number == bindparam("of", type_=String())).order_by(_ledger.c.seq)
)
_BLANK = Prepared(update(_lead).where(_lead.c.lead_id == bindparam("key")), (*PERSONAL, "place_ids"))
_NO_CONSENT = Prepared(
    update(_lead).where(_lead.c.lead_id == bindparam("key")),
    ("consent_basis", "consent_at", "consent_ref", "consent_revoked_at", "consent_waives"),
)
_RETIRE = Prepared(update(_phone).where(_phone.c.lead_id == bindparam("key"), _phone.c.bad.is_(None)), ("bad",))
_whose = select(_attempt.c.lead_id, _attempt.c.person_id, _attempt.c.debt_id, _attempt.c.client).where(
    _attempt.c.call_id == bindparam("call")
)
_of_call = _whose.cte("of_call")
_same = (
    select(_lead.c.lead_id)
    .join(_of_call, (_of_call.c.person_id == _lead.c.person_id) & (_lead.c.person_id != text("''")))
    .union(
        select(_lead.c.lead_id).join(
            _of_call, (_of_call.c.debt_id == _lead.c.debt_id) & (_lead.c.debt_id != text("''"))
        ),
        select(_of_call.c.lead_id),
    )
    .subquery()
)
_NUMBERS_OF_PERSON = Prepared(
    select(_phone.c.number)
    .join(_same, _same.c.lead_id == _phone.c.lead_id)
    .join(_campaign, _campaign.c.name == _phone.c.campaign)
    .join(_of_call, _of_call.c.client == _campaign.c.client)
    .distinct()
    .order_by(_phone.c.number)
)
_BLANK_NOTES = Prepared(
    update(_disposition).where(Among(_disposition.c.call_id, "ids")),
    ("notes", "promise_amount", "promise_currency", "promise_due"),
)
_REMOVE_SAID = Prepared(sql_delete(_disposition).where(Among(_disposition.c.call_id, "ids")))
_REMOVE_CALLS = Prepared(sql_delete(_attempt).where(Among(_attempt.c.call_id, "ids")))
_REMOVE_CONSENTS = Prepared(sql_delete(_consent).where(Among(_consent.c.consent_id, "ids")))
_REMOVE_RELATIONSHIPS = Prepared(sql_delete(_relationship).where(Among(_relationship.c.relationship_id, "ids")))
_IN_CONSENTS = Prepared(
    select(_consent.c.consent_id, _consent.c.shown, _consent.c.evidence).where(
        Among(_consent.c.shown, "copies") | Among(_consent.c.evidence, "copies")
    )
)
_IN_RELATIONSHIPS = Prepared(
    select(_relationship.c.relationship_id, _relationship.c.evidence).where(Among(_relationship.c.evidence, "copies"))
)


@dataclass(frozen=True, slots=True)
class CallGroup:
    """The attempts of one purpose to one place."""

    scope: str
    place_id: int
    jurisdictions: tuple[str, ...]
    calls: int
    oldest: datetime
    newest: datetime


def lead_of_phone(tx: Reading, phone_id: int) -> tuple[int, str, str, datetime | None, str | None]:
    """Return the lead of a phone: its id, status, why, the earliest next attempt, and what is wrong with the phone."""
    row = _OF_PHONE.first(tx, key=phone_id)
    assert row is not None
    return (row[0], row[1], row[2], row[3], row[4])


def leads_with(tx: Reading, number: str) -> list[dict[str, Any]]:
    """Return every lead that has the number, with its campaign's client and scope, its list, and all its phones."""
    found = []
    for row in _LEADS.rows(tx, of=number):
        lead = dict(zip(_LEAD_KEYS, row, strict=True))
        lead["phones"] = [dict(zip(_PHONE_KEYS, each, strict=True)) for each in _PHONES.rows(tx, lead=lead["lead_id"])]
        found.append(lead)
    return found


def blocks_of(tx: Reading, number: str) -> list[dict[str, Any]]:
    """Return the times that the number's owner named as inconvenient, lifted ones and their lifting included."""
    return _dicts(_block, _BLOCKS, tx, of=number)


def calls_of_leads(tx: Reading, number: str, lead_ids: Collection[int]) -> list[dict[str, Any]]:
    """Return attempts to the number or to those leads, with the scope, the place, and whether an agent wrote notes."""
    rows = _CALLS.rows(tx, of=number, leads=list(lead_ids))
    calls = [dict(zip(_CALL_KEYS, row, strict=True)) for row in rows]
    noted = {row[0] for row in _NOTED.rows(tx, ids=[call["call_id"] for call in calls])}
    return [{**call, "noted": call["call_id"] in noted} for call in calls]


def last_activity(tx: Reading, client: str, debt_id: str) -> datetime | None:
    """Return when a client's debt was last called about, on whatever number, or None."""
    if not debt_id:
        return None
    found: datetime | None = _LAST_OF_DEBT.value(tx, of=client, debt=debt_id)
    return found


def decisions_about(tx: Reading, number: str) -> list[int]:
    """Return the numbers of the ledger rows about a number, in order."""
    return [row[0] for row in _ABOUT.rows(tx, of=number)]


def call_groups(tx: Reading) -> list[CallGroup]:
    """Return all attempts, counted by purpose and place."""
    query = (
        select(
            _campaign.c.scope,
            _phone.c.place_id,
            func.count(),
            func.min(_attempt.c.placed_at),
            func.max(_attempt.c.placed_at),
        )
        .join(_campaign, _campaign.c.name == _attempt.c.campaign)
        .join(_phone, _phone.c.phone_id == _attempt.c.phone_id)
        .group_by(_campaign.c.scope, _phone.c.place_id)
        .order_by(_campaign.c.scope, _phone.c.place_id)
    )
    counted = tx.connection.execute(query).all()
    places = tx.connection.execute(select(_place.c.place_id, _place.c.jurisdictions)).all()
    where = {row.place_id: tuple(row.jurisdictions) for row in places}
    return [CallGroup(row[0], row[1], where[row[1]], *row[2:]) for row in counted]


def calls_due(tx: Reading, scope: str, place_ids: Sequence[int], before: datetime, *, by_debt: bool) -> int:
    """Count attempts of one purpose to those places placed before an instant.

    With `by_debt` those are left out whose debt was called about since then: their period runs anew.
    """
    later = _attempt.alias("later")
    query = (
        select(func.count())
        .select_from(_attempt)
        .join(_campaign, _campaign.c.name == _attempt.c.campaign)
        .join(_phone, _phone.c.phone_id == _attempt.c.phone_id)
        .where(
            _campaign.c.scope == scope,
            _phone.c.place_id.in_(place_ids),
            _attempt.c.placed_at < bindparam("before", before, type_=UtcDateTime()),
        )
    )
    if by_debt:
        again = select(later.c.call_id).where(
            later.c.debt_id == _attempt.c.debt_id,
            later.c.client == _attempt.c.client,
            later.c.debt_id != "",
            later.c.placed_at >= bindparam("since", before, type_=UtcDateTime()),
        )
        query = query.where(~again.exists())
    return int(tx.connection.execute(query).scalar_one())


def totals(tx: Reading, before: datetime | None) -> dict[str, int]:
    """Count the other records: `consents`, `relationships`, `suppressions`, `decisions`, `erasures`.

    With an instant also `consents_before` and `relationships_before` it.
    """
    queries: dict[str, Any] = {
        "consents": select(func.count()).select_from(_consent),
        "relationships": select(func.count()).select_from(_relationship),
        "erasures": select(func.count()).select_from(_erasure),
        "suppressions": select(func.count()).select_from(_suppression),
        "decisions": select(func.count()).select_from(_ledger),
    }
    if before is not None:
        for name, table in (("consents", _consent), ("relationships", _relationship)):
            counted = select(func.count()).select_from(table).where(table.c.recorded_at < before)
            queries[f"{name}_before"] = counted
    return {name: int(tx.connection.execute(query).scalar_one()) for name, query in queries.items()}


def blank_lead(tx: Writing, lead_id: int) -> None:
    """Empty every column of a lead that tells of the person (`PERSONAL`); its consent and its state stay."""
    _BLANK.run(tx, key=lead_id, place_ids="", **PERSONAL)


def forget_consent_of_lead(tx: Writing, lead_id: int) -> None:
    """Empty what the list said of consent."""
    _NO_CONSENT.run(
        tx,
        key=lead_id,
        consent_basis="none",
        consent_at=None,
        consent_ref="",
        consent_revoked_at=None,
        consent_waives=[],
    )


def retire_phones(tx: Writing, lead_id: int, why: str) -> None:
    """Mark every phone of a lead as one that must not be tried again."""
    _RETIRE.run(tx, key=lead_id, bad=why)


def blank_notes(tx: Writing, call_ids: Collection[str]) -> None:
    """Empty what agents wrote about these calls, promises included; code and flags stay."""
    blank = dict.fromkeys(("promise_amount", "promise_currency", "promise_due"))
    _BLANK_NOTES.run(tx, ids=list(call_ids), notes="", **blank)


def numbers_of_person(tx: Reading, call_id: str) -> list[str]:
    """Return every number of the person of a call, under whatever lead, debt and campaign of the same client."""
    return [row[0] for row in _NUMBERS_OF_PERSON.rows(tx, call=call_id)]


def remove_calls(tx: Writing, call_ids: Collection[str]) -> int:
    """Remove attempts and what agents said of them; return how many. The decisions stay in the ledger.

    The database wants an erasure of their numbers.
    """
    _REMOVE_SAID.run(tx, ids=list(call_ids))
    return _REMOVE_CALLS.run(tx, ids=list(call_ids))


def remove_consents(tx: Writing, consent_ids: Collection[int]) -> int:
    """Remove entries of the consent ledger; return how many. The database wants an erasure of their numbers."""
    return _REMOVE_CONSENTS.run(tx, ids=list(consent_ids))


def remove_relationships(tx: Writing, relationship_ids: Collection[int]) -> int:
    """Remove facts of business relationships; return how many. The database wants an erasure of their numbers."""
    return _REMOVE_RELATIONSHIPS.run(tx, ids=list(relationship_ids))


def copies_only_of(
    tx: Reading, digests: Collection[str], consent_ids: Collection[int], relationship_ids: Collection[int]
) -> set[str]:
    """Return which copies of proof, by sha256, no other consent or relationship names than these."""
    if not digests:
        return set()
    others = [row[1:] for row in _IN_CONSENTS.rows(tx, copies=list(digests)) if row[0] not in consent_ids]
    others += [row[1:] for row in _IN_RELATIONSHIPS.rows(tx, copies=list(digests)) if row[0] not in relationship_ids]
    return set(digests) - {digest for row in others for digest in row}


def _dicts(table: Table, statement: Prepared, tx: Reading, **values: Any) -> list[dict[str, Any]]:
    columns: list[Column[Any]] = list(table.c)
    return [dict(zip([column.key for column in columns], row, strict=True)) for row in statement.rows(tx, **values)]
