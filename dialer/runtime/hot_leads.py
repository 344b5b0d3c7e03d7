"""One lead at a time, from a client's own program: validated, deduplicated and screened exactly as a row of a list.

The row is written as a file of one row and goes through the same reader, cleaner and store functions as any list, so
that there is no second opinion of what a good lead is. What it says of people who must not be called (an attorney, a
revocation) is noted as a list's is. Leads of one day and campaign stand under one list.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from campaigns.files import Campaign
from campaigns.lists import Chunk, ContactList, ListError
from dialer.runtime.consents import bases
from dialer.runtime.list_stops import note_stops
from dialer.store import campaigns as stored_campaigns
from dialer.store import erasures, lists, outcomes, people, sent_leads
from dialer.store.database import Store
from dialer.store.sent_leads import SentLead
from dialer.store.transactions import Writing
from dnc.rules import Rulebook

__all__ = ["KeyReused", "take_in"]


class KeyReused(Exception):
    """The sender gave the key of one lead to another."""


def take_in(
    store: Store, campaign: Campaign, row: Mapping[str, str], *, book: Rulebook, key: str, by: str, at: datetime
) -> tuple[SentLead, bool]:
    """Load one lead; returns what became of it, and whether this was done now or by an earlier request of that key.

    Args:
        store: where to.
        campaign: whose lead.
        row: cells by the names of `campaigns.lists.fields`; other names are custom fields.
        book: the rules in force.
        key: the sender's own name of this request; the same again changes nothing.
        by: who sends it.
        at: now.

    Raises:
        KeyReused: the key was given with another lead, or for another campaign.
        StoreError: the database refuses; nothing was changed.
    """
    body = json.dumps([campaign.name, sorted(row.items())], ensure_ascii=False)
    digest = hashlib.sha256(body.encode()).hexdigest()
    with store.reading() as tx:
        known = sent_leads.find(tx, campaign.client, key)
        erased = erasures.every(tx)
    if known is not None:
        return _again(known, digest), False
    chunk, why = _read(campaign, row, book, erased, at)
    name = f"HTTP API {at:%Y-%m-%d}"
    with store.writing() as tx:
        known = sent_leads.find(tx, campaign.client, key)
        if known is not None:  # the same request, twice at once
            return _again(known, digest), False
        stored_campaigns.upsert(
            tx, campaign.name, client=campaign.client, scope=campaign.scope, file_hash=campaign.file_hash, at=at
        )
        lead_id, new = None, False
        if chunk is not None:
            note_stops(tx, campaign, chunk.stops, book=book, file_name=name, by=by, at=at)
        leads = [] if chunk is None else list(lists.leads_of([chunk]))
        lead_id = lists.add_row(tx, campaign.name, leads[0] if leads else None, name=name, by=by, at=at)
        if lead_id is not None:
            new, why = True, ""
        elif leads:
            lead_id, why = _who_has(tx, campaign, leads[0])
        sent = SentLead(campaign.client, key, campaign.name, digest, lead_id, new, why, at)
        sent_leads.prune(tx, at)
        sent_leads.add(tx, sent)
    return sent, True


def _again(known: SentLead, digest: str) -> SentLead:
    if known.body_sha256 != digest:
        raise KeyReused("this idempotency key was given with another lead: give each lead a key of its own")
    return known


def _read(
    campaign: Campaign, row: Mapping[str, str], book: Rulebook, erased: Mapping[str, datetime], at: datetime
) -> tuple[Chunk | None, str]:
    """The row as a chunk of a list, and why it was refused, if it was."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "lead.csv"
        with file.open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows([list(row), list(row.values())])
        try:
            with ContactList(
                file,
                default_country=campaign.country,
                encoding="utf-8",
                delimiter=",",
                erased=erased,
                bases=bases(book),
                now=at,
            ) as contacts:
                chunk = next(iter(contacts), None)
        except ListError as error:
            return None, "; ".join(filter(None, (error.message, error.remedy)))
    if chunk is None:
        return None, "the lead is empty"
    return chunk, "; ".join(dict.fromkeys(f"{each.column}: {each.message}" for each in chunk.rejects))


def _who_has(tx: Writing, campaign: Campaign, lead: lists.NewLead) -> tuple[int | None, str]:
    """The lead of the campaign that has the numbers already, and the sentence that says so."""
    for phone in lead.phones:
        phone_id = outcomes.phone_in_campaign(tx, campaign.name, phone.number)
        if phone_id is not None:
            found = people.lead_of_phone(tx, phone_id)[0]
            return found, f"a duplicate: lead {found} of the campaign has the number"
    return None, "the person was erased at their own request, and is not brought back"
