"""The case file of one number, read from the store: everything, in one transaction that sees one state.

Citations come from the rules in force; the ledger keeps of a passed check its rule alone. Of each list version that
a decision rested on, the manifest tells where it came from; manifests are kept for good. Versions that have the number
are named whether a decision rested on them or not, as long as their numbers are kept.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from dialer.reports.case_file import CaseFile, Decision, ListUse, Reason
from dialer.reports.case_file import Proof as ShownProof
from dialer.reports.reasons import check_citation, check_words, reason_words
from dialer.store import (
    accounts,
    consents,
    erasures,
    imported,
    ledger,
    outcomes,
    outgoing,
    payments,
    people,
    recordings,
    relationships,
    removals,
    runs,
    suppressions,
)
from dialer.store.ledger import LedgerRow, Proof
from dialer.store.transactions import Reading
from dnc.ledger import entry_hash
from dnc.places import place_of
from dnc.places.tables import distinct_clocks
from dnc.registries import RegistryStore
from dnc.registries.bindings import bindings_for, number_area
from dnc.registries.folders import RegistryError
from dnc.registries.snapshot import Manifest, SnapshotError
from dnc.rules import Rulebook
from dnc.rules.listing import ListedRule, listing
from dnc.values import Address, Consent
from dnc.zones import is_zone

__all__ = ["case_file"]

#: Columns of a lead that say how the store works, not what is known.
_WORKINGS = frozenset({"place_ids", "leased_by", "leased_at", "leased_from", "list_id", "priority"})
_CONSENT = frozenset({"consent_basis", "consent_at", "consent_ref", "consent_revoked_at", "consent_waives"})
#: What a decision rests on that is no list.
_DATA = {"rules": "the rule tables", "tzdata": "time zones", "holidays": "holidays", "phonenumbers": "number plans"}
#: A page with more clocks than this could not be read; the first ones are shown.
_CLOCKS = 4


def case_file(
    tx: Reading,
    number: str,
    *,
    book: Rulebook,
    registries: RegistryStore,
    now: datetime,
    by: str,
    progress: Callable[[int], None] | None = None,
) -> CaseFile:
    """Everything on record about a number, and the proof of the ledger it comes from.

    Args:
        tx: the transaction to read in.
        number: E.164.
        book: the rules in force, for citations.
        registries: where the manifests of list versions are.
        now: the instant of the export.
        by: who exports.
        progress: called with the number of ledger rows proved so far.
    """
    proof = ledger.verify(tx, progress=progress)
    rules = {row.rule: row for row in listing(book)}
    leads = people.leads_with(tx, number)
    decisions = tuple(_decision(row, rules, proof) for row in _rows(tx, number, proof))
    said = [*map(_consent_of_lead, filter(_has_consent, leads)), *map(_consent, consents.entries(tx, [number]))]
    where = set(place_of(number, Address()).jurisdictions).union(*(each.jurisdictions for each in decisions))
    where = where.union(*(phone["jurisdictions"] for lead in leads for phone in lead["phones"]))
    calls = tuple({**call, "recordings": _recordings(tx, call["call_id"])} for call in outcomes.calls_to(tx, number))
    return CaseFile(
        number=number,
        exported_at=now,
        exported_by=by,
        rules_version=book.version,
        zones=_zones(number, decisions, leads),
        leads=tuple(_lead(lead) for lead in leads),
        consents=tuple(sorted(said, key=lambda each: each["recorded_at"])),
        relationships=tuple(map(_relationship, relationships.entries(tx, [number]))),
        lists=tuple(_lists(number, where, decisions, registries)),
        decisions=decisions,
        calls=calls,
        imported_calls=tuple(imported.of_numbers(tx, [number])),
        payments=tuple(payments.of_person(tx, leads, calls)),
        runs=tuple(_run(tx, run_id) for run_id in dict.fromkeys(call["run_id"] for call in calls)),
        do_not_call=tuple(
            {name: getattr(entry, name) for name in entry.__dataclass_fields__}
            for entry in suppressions.history(tx, number)
        ),
        removals=tuple(
            {name: getattr(each, name) for name in each.__dataclass_fields__} for each in removals.history(tx, number)
        ),
        inconvenient_times=tuple(people.blocks_of(tx, number)),
        erasures=tuple(
            {name: getattr(each, name) for name in each.__dataclass_fields__} for each in erasures.history(tx, [number])
        ),
        told=tuple(outgoing.history(tx, [number])),
        acts=tuple(
            {name: getattr(each, name) for name in each.__dataclass_fields__}
            for each in accounts.acts_about(tx, number)
        ),
        proof=ShownProof(proof.intact, proof.rows, proof.head, proof.broken, proof.detail),
    )


def _rows(tx: Reading, number: str, proof: Proof) -> list[LedgerRow]:
    """The decisions about a number. Of a broken ledger those that can be read: the rest are not proved anyway."""
    if proof.intact:
        return list(ledger.export(tx, number))
    found = []
    for seq in people.decisions_about(tx, number):
        try:
            row = ledger.get(tx, seq)
        except (ValueError, TypeError):
            continue  # the proof names the first such row
        if row is not None and _is_decision(row.body):
            found.append(row)
    return found


def _is_decision(body: str) -> bool:
    try:
        read = json.loads(body)
        return {"at", "failed", "passed", "v", "place", "ok"} <= read.keys() and bool(
            datetime.fromisoformat(read["at"])
        )
    except (ValueError, TypeError, AttributeError):
        return False


def _decision(row: LedgerRow, rules: dict[str, ListedRule], proof: Proof) -> Decision:
    body: dict[str, Any] = json.loads(row.body)
    jurisdictions, _, zones = body["place"].partition("|")
    own = row.hash == entry_hash(row.prev_hash, row.seq, row.body)
    return Decision(
        seq=row.seq,
        at=datetime.fromisoformat(body["at"]),
        allowed=body["ok"],
        campaign=body["campaign"],
        client=body["client"],
        lead=body["lead"],
        scope=body["scope"],
        mode=body["mode"],
        attempt=body.get("attempt", ""),
        jurisdictions=tuple(filter(None, jurisdictions.split(","))),
        zones=tuple(filter(None, zones.split(","))),
        failed=tuple(_reason(rules, rule, code, saw) for rule, code, saw in body["failed"]),
        passed=tuple(_reason(rules, rule) for rule in body["passed"]),
        next_allowed=None if body["next"] is None else datetime.fromisoformat(body["next"]),
        versions=body["v"],
        body=row.body,
        prev_hash=row.prev_hash,
        hash=row.hash,
        in_chain=own and 0 < row.seq <= proof.rows,
    )


def _reason(rules: dict[str, ListedRule], rule: str, code: str = "", saw: str = "") -> Reason:
    """A check with its authority: of its own row, else of the row its name belongs to."""
    found = rules.get(rule)
    if found is None and rule.endswith(".list"):
        found = rules.get(f"{rule[:2]}.state")
    words = reason_words(code) if code else (check_words(rule) or (found.what if found else ""))
    citation = found.citation if found else check_citation(rule)
    return Reason(rule, code, words, citation, found.status if found else "policy", saw)


def _zones(number: str, decisions: Iterable[Decision], leads: Iterable[dict[str, Any]]) -> tuple[str, ...]:
    """The person's clocks: as the decisions saw them, else as the lists place the number, else by the number."""
    seen = {name for each in decisions for name in each.zones}
    phones = (phone for lead in leads for phone in lead["phones"] if phone["number"] == number)
    seen = seen or {name for phone in phones for name in phone["zones"]}
    seen = seen or set(place_of(number, Address()).zones)
    return distinct_clocks(tuple(sorted(filter(is_zone, seen))))[:_CLOCKS]


def _lead(lead: dict[str, Any]) -> dict[str, Any]:
    shown = {key: value for key, value in lead.items() if key not in _WORKINGS | _CONSENT | {"phones"}}
    names = ("number", "position", "kind", "line_type", "bad", "jurisdictions", "zones")
    return {**shown, "phones": [{key: phone[key] for key in names} for phone in lead["phones"]]}


def _has_consent(lead: dict[str, Any]) -> bool:
    return bool(lead["consent_basis"] not in ("", "none") or lead["consent_at"] or lead["consent_revoked_at"])


def _consent_of_lead(lead: dict[str, Any]) -> dict[str, Any]:
    """What a list said of consent, in the form of the consent ledger."""
    consent = Consent(
        lead["consent_basis"],
        lead["consent_at"],
        lead["consent_revoked_at"],
        lead["consent_ref"],
        tuple(lead["consent_waives"]),
    )
    source = f"list {lead['file_name']}, line {lead['line']}"
    said = consents.Statement(lead["phones"][0]["number"], lead["client"], consent, source=source)
    return _consent(consents.Entry(0, said, lead["loaded_by"], lead["loaded_at"]))


def _consent(row: consents.Entry) -> dict[str, Any]:
    said = row.said
    return {
        "entry_id": row.entry_id or None,  # none: it stands with the lead
        "client": said.client,
        "basis": said.consent.basis,
        "scopes": said.scopes,
        "waives": said.consent.waives,
        "given_at": said.consent.given_at,
        "revoked_at": row.ended,
        "honour_by": said.honour_by,
        "channel": said.channel,
        "shown_sha256": said.shown,
        "evidence_sha256": said.evidence,
        "reference": said.consent.reference,
        "name": said.name,
        "reason": said.reason,
        "source": said.source,
        "recorded_by": row.recorded_by,
        "recorded_at": row.recorded_at,
    }


def _relationship(row: relationships.Entry) -> dict[str, Any]:
    fact = row.fact
    return {
        "entry_id": row.entry_id,
        "client": fact.client,
        "kind": fact.kind,
        "day": fact.day,
        "channel": fact.channel,
        "evidence_sha256": fact.evidence,
        "reference": fact.reference,
        "source": fact.source,
        "recorded_by": row.recorded_by,
        "recorded_at": row.recorded_at,
    }


def _recordings(tx: Reading, call_id: str) -> list[dict[str, Any]]:
    """Where the carrier keeps the sound of a call; the sound itself is no part of a case file."""
    return [
        {name: getattr(each, name) for name in each.__dataclass_fields__} for each in recordings.of_call(tx, call_id)
    ]


def _run(tx: Reading, run_id: str) -> dict[str, Any]:
    """Who placed calls: a process on a node, on the real clock or in a simulation."""
    found = runs.get(tx, run_id)
    if found is None:
        return {"run_id": run_id}
    return {name: getattr(found, name) for name in found.__dataclass_fields__}


def _lists(number: str, where: set[str], decisions: Iterable[Decision], registries: RegistryStore) -> list[ListUse]:
    """Every version of list and data that decisions rested on, in the order of first use; then those that have it."""
    used: dict[tuple[str, str], list[datetime]] = {}
    for each in decisions:
        for name, version in each.versions.items():
            used.setdefault((name, version), []).append(each.at)
    names = {name for name, version in used if name not in _DATA and not version.startswith("entry ")}
    names |= {binding.name for binding in bindings_for(number_area(number), tuple(sorted(where)))}
    manifests = {name: _manifests(registries, name) for name in sorted(names)}
    found = []
    for (name, version), instants in used.items():
        use = ListUse(name, version, len(instants), min(instants), max(instants), note=_DATA.get(name, ""))
        found.append(_with_source(registries, number, use, manifests[name]) if name in manifests and version else use)
    for name, known in manifests.items():
        for version in () if isinstance(known, str) else known:
            if (name, version) not in used:
                use = _with_source(registries, number, ListUse(name, version, 0, None, None), known)
                if use.listed:
                    found.append(use)
    return sorted(found, key=lambda each: (each.name in _DATA, each.first or each.imported_at, each.name))


def _manifests(registries: RegistryStore, name: str) -> dict[str, Manifest] | str:
    """The versions of a list by name, or why they cannot be read."""
    try:
        return {manifest.version: manifest for manifest in registries.versions(name)}
    except (SnapshotError, RegistryError, OSError) as error:
        return f"its manifests cannot be read: {error}"


def _with_source(registries: RegistryStore, number: str, use: ListUse, known: dict[str, Manifest] | str) -> ListUse:
    if isinstance(known, str) or use.version not in known:
        note = known if isinstance(known, str) else "its manifest is not in the folder of registries any more"
        return replace(use, note=note)
    manifest = known[use.version]
    listed, note = _listed(registries, number, use)
    return replace(
        use,
        listed=listed,
        obtained_at=manifest.obtained_at,
        imported_at=manifest.imported_at,
        source_file=manifest.source_file,
        source_sha256=manifest.source_sha256,
        rows=manifest.rows,
        note=note,
    )


def _listed(registries: RegistryStore, number: str, use: ListUse) -> tuple[bool | None, str]:
    """Whether a version has the number; None and why where that cannot be told any more."""
    try:
        return registries.open_version(use.name, use.version).contains(int(number[1:])), ""
    except SnapshotError as error:
        return None, f"its numbers are not kept any more ({error})"
