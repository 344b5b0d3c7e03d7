"""Erasing a person at their request, as far as the law allows: what is blanked, what is kept, why and until when.

Theory of operation. Everything happens in one transaction, or nothing does. `plan` only reads and says what would be
done; `carry_out` does exactly that.

* The personal columns of every lead with the number are blanked, and the lead is blocked.
* The number, and the other numbers of those leads, stand on the company's do-not-call list for good: a number that
  is forgotten is a number that the next list brings back. Beside it stands the erasure itself: number, day, who did
  it and why. While it stands the loading of a list refuses the person's rows.
* What waits in the outbox for clients' programs, or was told them lately, is removed, but for an opt-out that waits.
* Attempts, consents, business relationships and their proof are kept while a retention rule binds them; past it they
  are removed, which the database permits only to numbers with an erasure on record. Where no rule is known nothing is
  removed.
* A consent record must name the person (16 CFR 310.5(a)(8)): while such a rule binds a consent that a list brought,
  the name moves from the lead to the consent ledger, in an entry that also revokes the consent.
* What agents wrote about a call is blanked unless a rule binds that keeps whole records. The sound of a call lies with
  the carrier: what no rule keeps is named, for people to delete there.
* The ledger stays. Each row's hash is made over the row before it: without one row none after it can be proved. It
  holds the number, the place and the decision, no name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from dialer.store import (
    accounts,
    campaigns,
    consents,
    erasures,
    hopper,
    imported,
    outgoing,
    payments,
    people,
    recordings,
    relationships,
    removals,
    sent_leads,
    suppressions,
)
from dialer.store.transactions import Reading, Writing
from dnc.places import place_of
from dnc.rules import Rulebook
from dnc.rules.deadlines import opt_out_deadline
from dnc.rules.retention import Kept, Record, kept
from dnc.values import Address, Consent

__all__ = ["SOURCE", "Erasure", "KeptRecord", "carry_out", "plan"]

#: The source of the do-not-call entry that records an erasure.
SOURCE = "dialer audit erase"
_LEDGER_WHY = (
    "each row's hash is made over the row before it, so without one row none after it could be proved; "
    "it holds the number, the place and the decision, no name"
)
_UNKNOWN = "no retention rule is known there; add a [[retention]] row to the house's rules to say how long"


@dataclass(frozen=True, slots=True)
class KeptRecord:
    """Records that stay, with the rule that keeps them longest."""

    what: str
    count: int
    rule: str
    citation: str
    until: date | None  # the last day; None: no end, or none known
    why: str


@dataclass(frozen=True, slots=True)
class Erasure:
    """What an erasure does, or did."""

    number: str
    at: datetime
    by: str
    reason: str
    leads: tuple[dict[str, Any], ...]  # those with anything left to blank: lead_id, campaign, list, line
    numbers: tuple[str, ...]  # all numbers of the person's leads, this one first
    newly_listed: tuple[str, ...]  # of those, what was not on the company's list for good
    newly_erased: tuple[str, ...]  # of those, what has no standing erasure on record
    notes_of: tuple[str, ...]  # calls whose notes are blanked
    removed_calls: tuple[str, ...]
    days: tuple[tuple[str, date], ...]  # campaign and UTC day of those, for files by columns
    recordings: tuple[str, ...]  # that no rule keeps: by the carrier's name, for the sound lies there
    removed_consents: tuple[int, ...]
    removed_relationships: tuple[int, ...]
    removed_copies: tuple[str, ...]  # proof that only removed records name, by sha256
    removed_imports: tuple[int, ...]  # calls of another system past their retention
    removed_payments: tuple[int, ...]  # of the person's accounts, unless whole records of the client's calls are kept
    removed_events: tuple[int, ...]  # of the outbox: what clients' programs were told, or were to be
    forgotten: tuple[int, ...]  # leads whose consent is past its retention
    named: tuple[tuple[dict[str, Any], consents.Statement], ...]  # whose consent must keep the name, and what does
    kept: tuple[KeptRecord, ...]
    live: tuple[str, ...]  # calls that have no end yet: what agents write about them comes after this
    on_record: bool  # whether any table knew the number
    files: tuple[str, ...]  # contact lists that brought the person: files that only people can delete

    @property
    def changes(self) -> bool:
        """Whether anything is left to do; a number that nobody knows is left alone."""
        if not self.on_record:
            return False
        numbers = (self.newly_listed, self.newly_erased)
        removed = (self.removed_calls, self.removed_consents, self.removed_relationships, self.removed_events)
        return any(
            (*numbers, self.leads, self.notes_of, *removed, self.removed_imports, self.removed_payments, self.forgotten)
        )


def plan(tx: Reading, number: str, *, book: Rulebook, at: datetime, by: str, reason: str) -> Erasure:
    """What an erasure would do now; changes nothing.

    Args:
        tx: the transaction to read in.
        number: E.164, of the person who asks.
        book: the rules in force.
        at: the instant of the erasure.
        by: who carries it out.
        reason: why, in the words of the request.
    """
    today = at.astimezone(UTC).date()
    leads = people.leads_with(tx, number)
    numbers = tuple(dict.fromkeys([number, *(phone["number"] for lead in leads for phone in lead["phones"])]))
    calls = people.calls_of_leads(tx, number, [lead["lead_id"] for lead in leads])
    keeping = {call["call_id"]: _keeping_call(tx, book, call, today) for call in calls}
    due = tuple(
        call["call_id"] for call in calls if call["state"] == "ended" and _is_due(keeping[call["call_id"]], today)
    )
    proofs = _proofs(tx, book, numbers, leads, calls, today)
    others = [_as_call(tx, call) for call in imported.of_numbers(tx, numbers)]
    keeping_others = {call["call_id"]: _keeping_call(tx, book, call, today) for call in others}
    due_others = tuple(call["call_id"] for call in others if _is_due(keeping_others[call["call_id"]], today))
    paid = payments.of_person(tx, leads, calls)
    whole = {call["client"] for call in calls if call["call_id"] not in due and _whole(keeping[call["call_id"]], today)}
    erased = erasures.in_force(tx, numbers)
    notes = tuple(
        call["call_id"]
        for call in calls
        if call["noted"] and call["call_id"] not in due and not _whole(keeping[call["call_id"]], today)
    )
    return Erasure(
        number=number,
        at=at,
        by=by,
        reason=" ".join(reason.split()),
        leads=tuple(_named(lead) for lead in leads if _has_anything(lead)),
        numbers=numbers,
        newly_listed=tuple(each for each in numbers if not _listed_for_good(tx, each, at)),
        newly_erased=tuple(each for each in numbers if each not in erased),
        notes_of=notes,
        removed_calls=due,
        days=tuple(
            sorted({(c["campaign"], c["placed_at"].astimezone(UTC).date()) for c in calls if c["call_id"] in due})
        ),
        recordings=tuple(
            each.carrier_ref
            for call in calls
            if call["call_id"] in due or not _whole(keeping[call["call_id"]], today)
            for each in recordings.of_call(tx, call["call_id"])
            if each.status != "absent"
        ),
        removed_consents=proofs.consents,
        removed_relationships=proofs.relationships,
        removed_copies=proofs.copies,
        removed_imports=due_others,
        removed_payments=tuple(row["payment_id"] for row in paid if row["client"] not in whole),
        removed_events=outgoing.erasable(tx, numbers),
        forgotten=proofs.leads,
        named=tuple(_names(book, number, leads, calls, at)),
        kept=(
            *_kept_calls([call for call in calls if call["call_id"] not in due], keeping),
            *_kept_calls(
                [call for call in others if call["call_id"] not in due_others],
                keeping_others,
                "calls of another system",
            ),
            *_kept_payments([row for row in paid if row["client"] in whole]),
            *proofs.kept,
            *_kept_always(tx, numbers),
        ),
        on_record=bool(leads or calls or others or proofs.any) or _is_known(tx, number),
        live=tuple(call["call_id"] for call in calls if call["state"] != "ended"),
        files=tuple(dict.fromkeys(lead["file_name"] for lead in leads)),
    )


def carry_out(tx: Writing, erasure: Erasure) -> None:
    """Do what the plan says, in the transaction that made it; `removed_copies` are files, and the caller's to delete.

    Raises:
        StoreError: the database refuses; then nothing was changed.
    """
    why = f"erased {erasure.at.astimezone(UTC):%Y-%m-%d} by {erasure.by}: {erasure.reason}"
    if not erasure.changes:
        return
    # First of all, and for every process from the commit on: never called again, never loaded again.
    for number in erasure.numbers:
        if number in erasure.newly_listed or number == erasure.number:
            reason = f"erasure: {erasure.reason}"
            suppressions.add(tx, number, reason=reason, source=SOURCE, by=erasure.by, at=erasure.at)
    erasures.add(tx, erasure.numbers, at=erasure.at, by=erasure.by, reason=erasure.reason)
    consents.record(tx, [said for _, said in erasure.named], by=erasure.by, at=erasure.at)
    for lead in erasure.leads:
        people.retire_phones(tx, lead["lead_id"], why)
        people.blank_lead(tx, lead["lead_id"])
        hopper.set_lead(tx, lead["lead_id"], "blocked", None, why)
    for lead_id in erasure.forgotten:
        people.forget_consent_of_lead(tx, lead_id)
    people.blank_notes(tx, erasure.notes_of)
    people.remove_calls(tx, erasure.removed_calls)
    people.remove_consents(tx, erasure.removed_consents)
    people.remove_relationships(tx, erasure.removed_relationships)
    imported.remove(tx, erasure.removed_imports)
    payments.remove(tx, erasure.removed_payments)
    outgoing.erase(tx, erasure.removed_events)
    sent_leads.forget(tx, [lead["lead_id"] for lead in erasure.leads])


def _is_known(tx: Reading, number: str) -> bool:
    """Whether there is a decision, a do-not-call entry of this very number, or a named time."""
    entries = any(each.number == number for each in suppressions.history(tx, number))
    found = people.decisions_about(tx, number) or people.blocks_of(tx, number) or outgoing.history(tx, [number])
    return entries or bool(found)


def _has_anything(lead: dict[str, Any]) -> bool:
    """Whether a lead still tells of the person, or may still be called."""
    return lead["status"] != "blocked" or any(lead[name] != blank for name, blank in people.PERSONAL.items())


def _named(lead: dict[str, Any]) -> dict[str, Any]:
    return {name: lead[name] for name in ("lead_id", "campaign", "client", "file_name", "line")}


def _listed_for_good(tx: Reading, number: str, at: datetime) -> bool:
    """Whether the company's list has the number without an end."""
    entries = suppressions.in_force(tx, number, client="", campaign="", at=at)
    return any(each.scope == "company" and each.expires_at is None for each in entries)


def _keeping_call(tx: Reading, book: Rulebook, call: dict[str, Any], today: date) -> tuple[Kept, ...]:
    """What keeps a call; periods of debt collection run from the last activity on the debt, on whatever number."""
    made = max(call["placed_at"], call["ended_at"] or call["placed_at"])
    last = people.last_activity(tx, call["client"], call["debt_id"]) or made
    return _kept(book, "calls", call["scope"], call["jurisdictions"], made, max(made, last), today)


def _kept(
    book: Rulebook, record: Record, scope: str, where: Iterable[str], made: datetime, last: datetime, today: date
) -> tuple[Kept, ...]:
    days = (each.astimezone(UTC).date() for each in (made, last))
    made_on, last_on = days
    return kept(book, record, scope, where, made=made_on, last_activity=last_on, today=today)


def _is_due(rules: tuple[Kept, ...], today: date) -> bool:
    """Whether a record may go: rules are known, and every one has run out."""
    return bool(rules) and not any(each.binds(today) for each in rules)


def _whole(rules: tuple[Kept, ...], today: date) -> bool:
    """Whether notes belong to what must be kept: a rule for whole records binds, or none is known."""
    return not rules or any(each.everything and each.binds(today) for each in rules)


@dataclass(frozen=True, slots=True)
class _Proofs:
    """What becomes of the records of consents and business relationships."""

    any: bool
    kept: tuple[KeptRecord, ...]
    consents: tuple[int, ...]  # rows that go
    relationships: tuple[int, ...]
    copies: tuple[str, ...]
    leads: tuple[int, ...]  # whose own record of consent goes


def _proofs(
    tx: Reading,
    book: Rulebook,
    numbers: tuple[str, ...],
    leads: list[dict[str, Any]],
    calls: list[dict[str, Any]],
    today: date,
) -> _Proofs:
    """Consents and relationships that stay, and rows that go.

    The entries of one client are one record: it is kept until its newest entry, or the last call that relied on
    it, is past. Removing an old revocation alone would revive what it revoked.
    """
    rows, facts = consents.entries(tx, numbers), relationships.entries(tx, numbers)
    stay: list[KeptRecord] = []
    gone: list[consents.Entry] = []
    gone_facts: list[relationships.Entry] = []
    forgotten: list[int] = []
    owners = [lead["client"] for lead in leads] + [row.said.client for row in rows] + [row.fact.client for row in facts]
    for client in dict.fromkeys(owners):
        own_leads = [lead for lead in leads if lead["client"] == client and _has_consent(lead)]
        own_rows = [row for row in rows if row.said.client == client]
        own_facts = [row for row in facts if row.fact.client == client]
        if not own_leads and not own_rows and not own_facts:
            continue
        own_calls = [call for call in calls if client in ("", call["client"])]
        of_client = [lead for lead in leads if client in ("", lead["client"])]
        scopes = {each["scope"] for each in [*of_client, *own_calls]} or {"telemarketing"}
        where = {place for lead in of_client for phone in lead["phones"] for place in phone["jurisdictions"]}
        where |= {place for call in own_calls for place in call["jurisdictions"]}
        instants = [lead["loaded_at"] for lead in own_leads] + [call["placed_at"] for call in own_calls]
        recorded = [row.recorded_at for row in own_rows] + [row.recorded_at for row in own_facts]
        last = max(instants + recorded)
        rules = [each for scope in scopes for each in _kept(book, "consent", scope, where, last, last, today)]
        if _is_due(tuple(rules), today):
            gone += own_rows
            gone_facts += own_facts
            forgotten += [lead["lead_id"] for lead in own_leads]
            continue
        whose = client or "every client"
        for what, count in (
            (f"consent records for {whose}", len(own_leads) + len(own_rows)),
            (f"business relationships with {whose}", len(own_facts)),
        ):
            if count:
                stay.append(_record(what, count, rules))
    removed = {row.entry_id for row in gone}
    removed_facts = {row.entry_id for row in gone_facts}
    copies = {digest for row in gone for digest in (row.said.shown, row.said.evidence)}
    copies |= {row.fact.evidence for row in gone_facts}
    return _Proofs(
        any=bool(rows or facts),
        kept=tuple(stay),
        consents=tuple(sorted(removed)),
        relationships=tuple(sorted(removed_facts)),
        copies=tuple(sorted(people.copies_only_of(tx, copies - {""}, removed, removed_facts))),
        leads=tuple(forgotten),
    )


def _has_consent(lead: dict[str, Any]) -> bool:
    return lead["consent_basis"] not in ("", "none") or lead["consent_at"] is not None


def _names(
    book: Rulebook, number: str, leads: list[dict[str, Any]], calls: list[dict[str, Any]], at: datetime
) -> Iterable[tuple[dict[str, Any], consents.Statement]]:
    """Leads whose consent a rule keeps with the person's name, and the statement that keeps it and revokes it."""
    today = at.astimezone(UTC).date()
    for lead in leads:
        name = " ".join(filter(None, (lead["first_name"], lead["last_name"])))
        if not name or not _has_consent(lead):
            continue
        used = [call["placed_at"] for call in calls if call["client"] == lead["client"]]
        last = max([lead["loaded_at"], *used])
        where = {place for phone in lead["phones"] for place in phone["jurisdictions"]}
        rules = _kept(book, "consent", lead["scope"], where, last, last, today)
        with_name = {rule.id for rule in book.retentions if "name" in rule.fields}
        found = next((each for each in rules if each.rule in with_name and each.binds(today)), None)
        if found is None:
            continue
        over = lead["consent_revoked_at"] or at
        consent = Consent(
            lead["consent_basis"], lead["consent_at"], over, lead["consent_ref"], tuple(lead["consent_waives"])
        )
        yield (
            lead,
            consents.Statement(
                number,
                lead["client"],
                consent,
                scopes=(lead["scope"],),
                name=name,
                reason=f"erased; the name is kept under {found.citation} until {found.until}",
                honour_by=opt_out_deadline(book, over.astimezone(UTC).date()),
                source=f"list {lead['file_name']}, line {lead['line']}",
            ),
        )


def _kept_payments(rows: list[dict[str, Any]]) -> list[KeptRecord]:
    """Payments that belong to whole records of calls."""
    if not rows:
        return []
    why = "they belong to the records of calls that are kept whole, and go with them"
    return [KeptRecord("payments", len(rows), "", "", None, why)]


def _as_call(tx: Reading, call: dict[str, Any]) -> dict[str, Any]:
    """An imported call as retention rules look at one; its place is told by the number alone."""
    ended = call["placed_at"] + timedelta(seconds=call["talk_seconds"] or 0.0)
    where = place_of(call["number"], Address()).jurisdictions
    of = campaigns.get(tx, call["campaign"])
    assert of is not None, "the row names a campaign that the database keeps"
    return {**call, "call_id": call["imported_id"], "ended_at": ended, "jurisdictions": where, "scope": of.scope}


def _kept_calls(
    calls: list[dict[str, Any]],
    keeping: Mapping[Any, tuple[Kept, ...]],
    what: str = "calls with what became of them",
) -> Iterable[KeptRecord]:
    """Calls that stay, by the rule that keeps them longest."""
    by_rule: dict[str, list[dict[str, Any]]] = {}
    for call in calls:
        rules = keeping[call["call_id"]]
        by_rule.setdefault(rules[0].rule if rules else "", []).append(call)
    for rule, of_rule in by_rule.items():
        found = [each for call in of_rule for each in keeping[call["call_id"]] if each.rule == rule]
        yield _record(what, len(of_rule), found)


def _record(what: str, count: int, rules: Iterable[Kept]) -> KeptRecord:
    longest = max(rules, key=lambda each: each.until, default=None)
    if longest is None:
        return KeptRecord(what, count, "", "", None, _UNKNOWN)
    return KeptRecord(what, count, longest.rule, longest.citation, longest.until, f"{longest.retain_years} years")


def _kept_always(tx: Reading, numbers: tuple[str, ...]) -> Iterable[KeptRecord]:
    """What stays without an end, and why."""
    entries = [entry for number in numbers for entry in suppressions.history(tx, number)]
    cites = "47 CFR 64.1200(d)(6); 16 CFR 310.4(b)(1)(iii)(A)"
    why = "a request not to be called is honoured for good, and cannot be without the number"
    yield KeptRecord("do-not-call entries", len(entries) or len(numbers), "internal", cites, None, why)
    asked = sum(len(removals.history(tx, number)) for number in numbers)
    if asked:
        why = "who asked to lift an entry, and who approved or refused it, must stay accountable"
        yield KeptRecord("requests to lift do-not-call entries", asked, "internal", cites, None, why)
    blocks = sum(len(people.blocks_of(tx, number)) for number in numbers)
    if blocks:
        kept_for = "they only forbid calls, and prove that they were heeded"
        yield KeptRecord("inconvenient times", blocks, "person.inconvenient", "12 CFR 1006.6(b)(1)(i)", None, kept_for)
    why = "number, day and reason: what refuses the person's rows when a list brings them again"
    yield KeptRecord("the erasure itself, for each number", len(numbers), "erasure", "", None, why)
    acts = sum(len(accounts.acts_about(tx, number)) for number in numbers)
    if acts:
        why = "who looked the person up, or exported the records, must stay accountable"
        yield KeptRecord("acts of administration", acts, "administration", "", None, why)
    decisions = sum(len(people.decisions_about(tx, number)) for number in numbers)
    if decisions:
        yield KeptRecord("decisions in the ledger", decisions, "ledger", "", None, _LEDGER_WHY)
