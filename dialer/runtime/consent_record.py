"""What is on record about a number's consents: every row, what stands now for each client, and its proof.

For `dialer consent show` and the compliance desk's page.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from campaigns.workspace import Workspace
from dialer.runtime.consents import copies_state
from dialer.store import blocks, consents, relationships
from dialer.store.transactions import Reading
from dnc.gate.agreements import agreements_of, ebr_stands
from dnc.rules import Rulebook

__all__ = ["consent_record", "relationship_now", "worth_now"]


def consent_record(tx: Reading, workspace: Workspace, book: Rulebook, e164: str, now: datetime) -> dict[str, Any]:
    """Everything about one number, as plain values.

    Keys: number, stands (what counts now, by client), rows (of the consent ledger), relationships (what they are worth
    now, by client), business (their rows), inconvenient (hours at which the person is not called).
    """
    rows, facts = consents.entries(tx, [e164]), relationships.entries(tx, [e164])
    stands = {client: consents.standing(tx, e164, client) for client in sorted({row.said.client for row in rows})}
    business = {
        client: relationships.standing(tx, e164, client) for client in sorted({row.fact.client for row in facts})
    }
    closed = [each for each in blocks.every(tx) if each.target == e164]
    told = [
        {
            "id": row.entry_id,
            "client": row.said.client or None,
            "basis": row.said.consent.basis,
            "scopes": list(row.said.scopes),
            "waives": list(row.said.consent.waives),
            "given_at": row.said.consent.given_at,
            "revoked_at": row.ended,
            "honour_by": None if row.said.honour_by is None else row.said.honour_by.isoformat(),
            "channel": row.said.channel,
            "shown": row.said.shown,
            "evidence": row.said.evidence,
            "reference": row.said.consent.reference,
            "copies": copies_state(workspace, (row.said.shown, row.said.evidence)),
            "name": row.said.name,
            "reason": row.said.reason,
            "source": row.said.source,
            "recorded_by": row.recorded_by,
            "recorded_at": row.recorded_at,
        }
        for row in rows
    ]
    return {
        "number": e164,
        "stands": [
            {"client": client or None, **worth_now(consent, now)}
            for client, consent in stands.items()
            if consent is not None
        ],
        "rows": told,
        "relationships": {client: relationship_now(book, ebr, now) for client, ebr in business.items()},
        "business": [
            {
                "id": row.entry_id,
                "client": row.fact.client,
                "kind": row.fact.kind,
                "day": row.fact.day.isoformat(),
                "channel": row.fact.channel,
                "evidence": row.fact.evidence,
                "reference": row.fact.reference,
                "copies": copies_state(workspace, (row.fact.evidence,)),
                "source": row.fact.source,
                "recorded_by": row.recorded_by,
                "recorded_at": row.recorded_at,
            }
            for row in facts
        ],
        "inconvenient": [
            {
                "id": each.block_id,
                "hours": list(each.block.hours),
                "days": list(each.block.days),
                "until": each.block.until,
                "detail": each.block.detail,
                "by": each.by,
                "at": each.at,
            }
            for each in closed
        ],
    }


def worth_now(consent: Any, now: datetime) -> dict[str, Any]:
    """What a consent is worth now, in the gate's own words."""
    worth = agreements_of(consent, now)
    return {"basis": worth.basis or None, "revoked": worth.revoked, "why": worth.why, "given_at": consent.given_at}


def relationship_now(book: Any, ebr: Any, now: datetime) -> dict[str, Any]:
    """What a business relationship is worth today in the gate's own words, and the last day on which it is (US)."""
    found: dict[str, Any] = {
        "last_transaction": None if ebr.last_transaction is None else ebr.last_transaction.isoformat(),
        "last_inquiry": None if ebr.last_inquiry is None else ebr.last_inquiry.isoformat(),
        "until": None,
        "why": "no business relationship stands",
    }
    months = book.ebr_months("US")
    day = now.date()
    if months is None or not (proof := ebr_stands(ebr, day, months[0], months[1])):
        return found
    while ebr_stands(ebr, day + timedelta(days=1), months[0], months[1]):
        day += timedelta(days=1)
    return found | {"until": day.isoformat(), "why": f"{proof}, until {day.isoformat()} ({months[2]})"}
