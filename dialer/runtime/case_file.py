"""The case file of one number, read from the store: everything, in one transaction that sees one state.

Citations come from the rules in force; the ledger keeps of a passed check its rule alone. Of each list version that
a decision rested on, the manifest tells where it came from; manifests are kept for good.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from dialer.reports.case_file import CaseFile, Decision, ListUse, Reason
from dialer.reports.case_file import Proof as ShownProof
from dialer.reports.reasons import check_citation, check_words, reason_words
from dialer.runtime.proving import prove
from dialer.store import ledger, outcomes, people, suppressions
from dialer.store.ledger import LedgerRow, Proof
from dialer.store.transactions import Reading
from dnc.ledger import entry_hash
from dnc.places import place_of
from dnc.places.tables import distinct_clocks
from dnc.registries import RegistryStore
from dnc.registries.folders import RegistryError
from dnc.registries.snapshot import Manifest, SnapshotError
from dnc.rules import Rulebook
from dnc.rules.listing import ListedRule, listing
from dnc.values import Address
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
    proof = prove(tx, progress=progress)
    rules = {row.rule: row for row in listing(book)}
    leads = people.leads_with(tx, number)
    decisions = tuple(_decision(row, rules, proof) for row in _rows(tx, number, proof))
    consents = [*_consents_of_leads(leads), *(_consent(row) for row in people.consents_of(tx, number))]
    return CaseFile(
        number=number,
        exported_at=now,
        exported_by=by,
        rules_version=book.version,
        zones=_zones(number, decisions, leads),
        leads=tuple(_lead(lead) for lead in leads),
        consents=tuple(sorted(consents, key=lambda each: each["at"] or now)),
        lists=tuple(_lists(decisions, registries)),
        decisions=decisions,
        calls=tuple(outcomes.calls_to(tx, number)),
        do_not_call=tuple(
            {name: getattr(entry, name) for name in entry.__dataclass_fields__}
            for entry in suppressions.history(tx, number)
        ),
        inconvenient_times=tuple(people.blocks_of(tx, number)),
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


def _consents_of_leads(leads: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """What lists said of consent, in the form of the consent ledger."""
    return [
        {
            "client": lead["client"],
            "basis": lead["consent_basis"],
            "given_at": lead["consent_at"],
            "revoked_at": lead["consent_revoked_at"],
            "reference": lead["consent_ref"],
            "waives": lead["consent_waives"],
            "source": f"list {lead['file_name']}, line {lead['line']}",
            "by": "",
            "at": lead["loaded_at"],
        }
        for lead in leads
        if lead["consent_basis"] not in ("", "none") or lead["consent_at"] or lead["consent_revoked_at"]
    ]


def _consent(row: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in row.items() if key not in ("consent_id", "number")}


def _lists(decisions: Iterable[Decision], registries: RegistryStore) -> list[ListUse]:
    """Every version of list and data that the decisions rested on, in the order of first use."""
    used: dict[tuple[str, str], list[datetime]] = {}
    for each in decisions:
        for name, version in each.versions.items():
            used.setdefault((name, version), []).append(each.at)
    manifests: dict[str, dict[str, Manifest] | str] = {}
    found = []
    for (name, version), instants in used.items():
        use = ListUse(name, version, len(instants), min(instants), max(instants), note=_DATA.get(name, ""))
        if name not in _DATA and version and not version.startswith("entry "):
            if name not in manifests:
                manifests[name] = _manifests(registries, name)
            use = _with_source(use, manifests[name])
        found.append(use)
    return sorted(found, key=lambda each: (each.name in _DATA, each.first, each.name))


def _manifests(registries: RegistryStore, name: str) -> dict[str, Manifest] | str:
    """The versions of a list by name, or why they cannot be read."""
    try:
        return {manifest.version: manifest for manifest in registries.versions(name)}
    except (SnapshotError, RegistryError, OSError) as error:
        return f"its manifests cannot be read: {error}"


def _with_source(use: ListUse, known: dict[str, Manifest] | str) -> ListUse:
    if isinstance(known, str) or use.version not in known:
        note = known if isinstance(known, str) else "its manifest is not in the folder of registries any more"
        return ListUse(use.name, use.version, use.decisions, use.first, use.last, note=note)
    manifest = known[use.version]
    return ListUse(
        use.name,
        use.version,
        use.decisions,
        use.first,
        use.last,
        obtained_at=manifest.obtained_at,
        source_file=manifest.source_file,
        source_sha256=manifest.source_sha256,
        rows=manifest.rows,
    )
