"""Run compliance test vectors through the real gate and the real functions.

A vector is one JSON object on a line: `id`, `type` and the facts of one question with the answer that is
expected. Types: `decision` (may this call be placed?), `abandonment` (a rate and whether it breaches),
`call_classification` (what one call was), `optout_deadline` (the last lawful day to honour a request).

What a vector does not mention is taken to be in order: lists it does not name are fresh and empty, the
Reassigned Numbers Database says `no`, a consent it names was given before the call.

    python -m dnc.vectors tests/data/compliance/vectors.jsonl
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from dnc.gate import Facts, clear_lists, evaluate
from dnc.gate.agreements import months_before
from dnc.places import AddressPlace, combine, place_of_address, place_of_number
from dnc.rules import Rulebook, load
from dnc.rules.abandonment import abandonment_rate, classify_call
from dnc.rules.deadlines import opt_out_deadline
from dnc.values import Address, Block, Code, Consent, Ebr, ListEvidence, PastEvent, Place, ProposedCall

__all__ = ["VectorResult", "run_vector", "run_vectors"]


@dataclass(frozen=True, slots=True)
class VectorResult:
    """One vector's question, the answer expected and the answer given."""

    id: str
    expected: str
    got: str
    reason: str  # the code that had to be among the reasons
    reasons: tuple[str, ...]
    passed: bool
    also_missing: tuple[str, ...] = ()  # further codes the vector lists and the engine did not give
    confidence: str = ""
    citation: str = ""


def run_vectors(path: Path, book: Rulebook | None = None) -> list[VectorResult]:
    """Every vector of a JSON Lines file, in order; raises `ValueError` naming the line of a bad one."""
    rules = book or load()
    results = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            results.append(run_vector(json.loads(line), rules))
        except (KeyError, ValueError, TypeError) as error:
            raise ValueError(f"{path.name}:{number}: not a vector of a known layout ({error!r})") from error
    return results


def run_vector(vector: Mapping[str, Any], book: Rulebook) -> VectorResult:
    """One vector of any type."""
    return _RUNNERS[vector["type"]](vector, book)


def _result(vector: Mapping[str, Any], expected: str, got: str, reasons: Iterable[str], passed: bool) -> VectorResult:
    given = tuple(reasons)
    return VectorResult(
        id=vector["id"],
        expected=expected,
        got=got,
        reason=vector.get("reason", ""),
        reasons=given,
        passed=passed,
        also_missing=tuple(c for c in vector.get("also", ()) if c not in given),
        confidence=vector.get("confidence", ""),
        citation=vector.get("citation", ""),
    )


def _decision(vector: Mapping[str, Any], book: Rulebook) -> VectorResult:
    at = datetime.fromisoformat(vector["instant_utc"])
    call, facts = call_and_facts(vector, book, at)
    verdict = evaluate(book, call, facts, at)
    reasons = [str(code) for code in verdict.reasons]
    got = "allow" if reasons == [str(Code.ALLOW)] else "deny"
    passed = got == vector["expected"] and vector["reason"] in reasons
    return _result(vector, vector["expected"], got, reasons, passed)


def call_and_facts(vector: Mapping[str, Any], book: Rulebook, at: datetime) -> tuple[ProposedCall, Facts]:
    """A decision vector in the gate's own words."""
    place = _place(vector)
    consent, ebr = _consent(vector, at), _ebr(vector, at, place)
    mode = vector["mode"]
    call = ProposedCall(
        number=vector["phone"],
        scope=vector["kind"],
        mode=mode,
        place=place,
        debt=vector.get("debt", ""),
        subject=vector.get("subject", ""),
        person=vector.get("person", ""),
        line_type=vector.get("line_type", ""),
        number_kind=vector.get("number_kind", "home"),
        consent=consent,
        ebr=ebr,
        # Progressive dialing is one line for one agent, who is held for the call.
        agent_guaranteed=vector.get("agent_guaranteed", mode in ("preview", "manual", "progressive")),
    )
    return call, Facts(
        suppressions=_lists(vector, book, place),
        history=_history(vector),
        blocks=[Block(Code(code), vector.get("note", "")) for code in vector.get("blocks", ())],  # type: ignore[arg-type]
        rnd=vector.get("rnd", "no"),
    )


def _place(vector: Mapping[str, Any]) -> Place:
    """The jurisdictions and zones given; else those of the number, joined with those of the address."""
    given = tuple(vector["jurisdictions"])
    number = place_of_number(vector["phone"])
    if vector.get("zones"):
        place = Place((), tuple(sorted(vector["zones"])), "given by the vector")
    elif vector.get("address"):
        home = vector["address"]
        where = home.get("jurisdiction", given[0])
        code = home.get("zip", "")
        address = place_of_address(Address(where[:2], where[3:], postal_code=code))
        if home.get("zones"):
            address = AddressPlace((where[:2], where), tuple(home["zones"]), "postal", f"postal code {code}")
        place = combine(number, address, vector.get("policy", "intersect"))
        given = (*given, *place.jurisdictions)
    else:
        place = number
    names = {*given, *(name[:2] for name in given)}
    return replace(place, jurisdictions=tuple(sorted(names)))


def _consent(vector: Mapping[str, Any], at: datetime) -> Consent:
    basis, waives = vector.get("consent", "none"), [*vector.get("waivers", ())]
    if vector.get("waiver"):
        waives.append(vector["waiver"])
    for entry in vector.get("lists", ()):
        exempt = str(entry.get("exempt", ""))
        if exempt and not exempt.startswith(("ebr", "not_")):
            waives.append("written_permission" if "permission" in exempt or "consent" in exempt else exempt)
    if basis == "revoked":
        return Consent("revoked", revoked_at=at)
    if basis == "none" and not waives:
        return Consent()
    return Consent(basis, given_at=at - timedelta(days=30), waives=tuple(waives))


_AGE = re.compile(r"(?:(\d+)m)?(?:(\d+)d)?")


def _ebr(vector: Mapping[str, Any], at: datetime, place: Place) -> Ebr:
    """The relationship given by dates, or by an age such as `ebr_transaction_17m29d`."""
    given = vector.get("ebr") or {}
    found = {key: date.fromisoformat(value) for key, value in given.items()}
    transaction = found.get("last_transaction", found.get("transaction"))
    inquiry = found.get("last_inquiry", found.get("inquiry"))
    today = datetime.fromisoformat(vector["local"].split()[0]).date()
    for entry in vector.get("lists", ()):
        words = str(entry.get("exempt", "")).split("_")
        if words[0] == "ebr":
            age = _AGE.fullmatch(words[2]) if len(words) > 2 else None
            months, days = (int(age[1] or 0), int(age[2] or 0)) if age else (0, 1)
            when = months_before(today, months) - timedelta(days=days)
            if len(words) > 1 and words[1] == "inquiry":
                inquiry = when
            else:
                transaction = when
    return Ebr(transaction, inquiry)


def _lists(vector: Mapping[str, Any], book: Rulebook, place: Place) -> list[ListEvidence]:
    """The lists named, and every other list of the place fresh and without this number."""
    named = []
    for entry in vector.get("lists", ()):
        kind = entry["list"]
        states = [j for j in place.jurisdictions if j.count("-") == 1]
        where = {"national": place.jurisdictions[0][:2], "state": states[0] if states else ""}.get(kind, "")
        named.append(
            ListEvidence(
                kind=kind,
                name=entry.get("name", kind),
                status=entry.get("status", "fresh"),
                listed=entry.get("listed", False),
                age_days=entry.get("age_days"),
                max_age_days=entry.get("max_age_days"),
                detail=entry.get("pattern", ""),
                jurisdiction=where,
            )
        )
    mentioned = {(e.kind, e.jurisdiction) for e in named}
    others = clear_lists(book, book.bound(place.jurisdictions, vector["kind"], vector["mode"]).jurisdictions)
    return [*named, *(e for e in others if (e.kind, e.jurisdiction) not in mentioned)]


def _history(vector: Mapping[str, Any]) -> list[PastEvent]:
    return [
        PastEvent(
            at=datetime.fromisoformat(entry["t"]),
            kind=entry["event"],
            number=entry.get("number", entry.get("phone", "")),
            person=entry.get("person", ""),
            debt=entry.get("debt", ""),
            subject=entry.get("subject", ""),
            counts=not entry.get("excluded", False),
            number_kind=entry.get("number_kind", ""),
        )
        for entry in vector.get("history", ())
    ]


def _abandonment(vector: Mapping[str, Any], book: Rulebook) -> VectorResult:
    rule = book.abandonment(vector["rule"])
    answered, abandoned = vector["live_answered"], vector["abandoned"]
    found = abandonment_rate(
        rule,
        abandoned=abandoned,
        live_answered=answered,
        # Under Ofcom's formula the vectors' "answered" are the calls connected to an agent.
        connected=answered if rule.formula == "connected" else None,
        false_positives=vector.get("amd_false_positive_estimate", vector.get("amd_false_positives", 0)),
        reached_machines=vector.get("machine_estimate", 0),
        silent=vector.get("silent", 0),
    )
    rate, breach = vector["expected_rate"], vector["expected_breach"]
    if rate is None or found.rate is None:
        same_rate = rate is None and found.rate is None
    else:
        # A rate is compared at the precision the vector states it with.
        digits = len(repr(rate).partition(".")[2])
        same_rate = round(found.rate, digits) == rate
    expected, got = f"{rate} breach={breach}", f"{found.rate} breach={found.breached}"
    return _result(vector, expected, got, (), same_rate and found.breached == bool(breach))


def _classification(vector: Mapping[str, Any], book: Rulebook) -> VectorResult:
    rule = book.abandonment(vector.get("rule", "US.tsr"))
    delay = vector.get(f"connect_delay_after_{rule.clock}_s", vector.get("connect_delay_after_greeting_s"))
    found = classify_call(
        rule,
        answered=vector["answered"],
        connect_delay_s=delay,
        ring_s=vector.get("ring_s", 0.0),
        rings=vector.get("rings", 0),
        machine=vector.get("answered_by", "person") == "machine",
    )
    return _result(vector, vector["expected"], found.outcome, (found.reason,), found.outcome == vector["expected"])


def _deadline(vector: Mapping[str, Any], book: Rulebook) -> VectorResult:
    found = opt_out_deadline(book, date.fromisoformat(vector["requested"])).isoformat()
    return _result(vector, vector["latest_lawful_honor"], found, (), found == vector["latest_lawful_honor"])


_RUNNERS: dict[str, Callable[[Mapping[str, Any], Rulebook], VectorResult]] = {
    "decision": _decision,
    "abandonment": _abandonment,
    "call_classification": _classification,
    "optout_deadline": _deadline,
}


def main(arguments: list[str]) -> int:
    """Print what failed and how many passed; 1 when one failed."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python -m dnc.vectors FILE.jsonl\n")
        return 2
    results = run_vectors(Path(arguments[0]))
    failed = [r for r in results if not r.passed]
    for r in failed:
        sys.stdout.write(f"{r.id}: expected {r.expected} {r.reason}, got {r.got} {','.join(r.reasons)}\n")
    sys.stdout.write(f"{len(results) - len(failed)} of {len(results)} vectors passed\n")
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
