"""Suppression lists: own, national, state, litigators.

The internal list binds every call of every purpose. National and state lists bind the scopes their row
names; a business relationship or a written permission lifts the lists whose row says so, never the internal
one. A list that should have been consulted and was not, is too old or cannot be read, refuses the call.
"""

from __future__ import annotations

from collections.abc import Iterator

from dnc.gate.agreements import ebr_stands
from dnc.gate.context import Context
from dnc.rules import ListSource
from dnc.values import Check, Code, ListEvidence

__all__ = ["own_list_checks", "registry_checks"]

_OWN = {
    "internal": Code.DNC_INTERNAL,
    "client": Code.DNC_INTERNAL,
    "campaign": Code.DNC_CAMPAIGN,
    "areacode": Code.DNC_AREACODE,
    "litigator": Code.LITIGATOR,
}
_OWN_CITATION = "47 CFR 64.1200(d)(3), (d)(6); 16 CFR 310.4(b)(1)(iii)(A); policy: honoured at once, for every purpose"
_BAD = {"stale": Code.DNC_STALE, "missing": Code.DNC_MISSING, "unreadable": Code.DATA_UNREADABLE}


def own_list_checks(context: Context) -> Iterator[Check]:
    """The company's, client's, campaign's, area-code and litigator lists: any entry refuses any call."""
    consulted = False
    for evidence in context.facts.suppressions:
        code = _OWN.get(evidence.kind)
        if code is None:
            continue
        consulted = consulted or (evidence.kind == "internal" and evidence.status == "fresh")
        if evidence.status != "fresh":
            yield _bad(evidence, evidence.name, _OWN_CITATION)
            if not evidence.listed:
                continue  # a list that was not read cannot clear anybody
        saw = f"{evidence.name}: {'listed' if evidence.listed else 'not listed'}"
        if evidence.detail:
            saw = f"{saw}; {evidence.detail}"
        yield Check(code, evidence.name, not evidence.listed, _OWN_CITATION, saw, evidence.version, "verified")
    if not consulted:
        yield Check(
            Code.DNC_MISSING,
            "internal",
            False,
            _OWN_CITATION,
            "the internal do-not-call list was not consulted; make its database readable",
            status="verified",
        )


def registry_checks(context: Context) -> Iterator[Check]:
    """National and state registries: listed, too old, or never obtained."""
    days = context.dates
    judged: set[int] = set()  # evidence that belongs to a row
    over: set[int] = set()  # evidence of lists that are no longer (or not yet) the law's
    national = [s for s in context.bound.sources if s.kind == "national"]
    for source in context.bound.sources:
        in_force = any(source.in_force(day) for day in days)
        lifted = _lifted(context, source)
        places = source.states if source.kind == "state" else (source.jurisdiction,)
        for place in places:
            if place not in context.bound.jurisdictions:
                continue
            found = [
                e
                for e in context.facts.suppressions
                if e.kind == source.kind
                and (e.name == source.id or e.jurisdiction == place)
                and (source.kind == "national" or e.jurisdiction in (place, ""))
            ]
            if not found and source.kind == "national" and len(national) == 1:
                found = [e for e in context.facts.suppressions if e.kind == "national" and not e.jurisdiction]
            (judged if in_force else over).update(map(id, found))
            if in_force:
                rule = source.id if source.kind == "national" else f"{place}.list"
                yield from _registry(source, rule, found, lifted)
    if context.call.scope == "telemarketing":
        for evidence in context.facts.suppressions:
            if evidence.kind in ("national", "state") and id(evidence) not in judged:
                yield from _unasked(evidence, over=id(evidence) in over)


def _unasked(evidence: ListEvidence, *, over: bool) -> Iterator[Check]:
    """A list no row asks for: a listing is still somebody's wish, and a list that the house keeps must be kept well."""
    if evidence.listed:
        yield _listed(evidence, evidence.name, "policy: a listing is honoured even without a rule", "policy", "")
    if over:
        return
    limit = evidence.max_age_days
    if evidence.status != "fresh":
        yield _bad(evidence, evidence.name, "policy: a list the house requires is consulted")
    elif limit is not None and evidence.age_days is not None and evidence.age_days > limit:
        saw = f"{evidence.name}: {evidence.age_days} days old, at most {limit}; import the current version"
        citation = "policy: a list the house keeps is kept up to date"
        yield Check(Code.DNC_STALE, evidence.name, False, citation, saw, evidence.version, "policy")


def _registry(source: ListSource, rule: str, found: list[ListEvidence], lifted: str) -> Iterator[Check]:
    """One required list at one place."""
    if lifted:
        yield Check(_code(source), rule, True, source.citation, lifted, status=source.status)
        return
    if not found:
        yield Check(
            Code.DNC_MISSING,
            rule,
            not source.required,
            source.citation,
            f"{source.name}: not consulted"
            + (f"; import {rule} before calling here" if source.required else ", and not required"),
            status=source.status,
        )
    for evidence in found:
        limits = [d for d in (source.max_age_days, evidence.max_age_days) if d is not None]
        limit = min(limits) if limits else None
        if evidence.status != "fresh":
            yield _bad(evidence, rule, source.citation)
            if not evidence.listed:
                continue  # a list that was not read cannot clear anybody
        elif limit is not None and evidence.age_days is not None and evidence.age_days > limit:
            yield Check(
                Code.DNC_STALE,
                rule,
                False,
                source.citation,
                f"{evidence.name}: {evidence.age_days} days old, at most {limit}; import the current version",
                evidence.version,
                source.status,
            )
        yield _listed(evidence, rule, source.citation, source.status, "" if limit is None else f", at most {limit}")


def _listed(evidence: ListEvidence, rule: str, citation: str, status: str, limit: str) -> Check:
    code = Code.DNC_NATIONAL if evidence.kind == "national" else Code.DNC_STATE
    saw = f"{evidence.name}: {'listed' if evidence.listed else 'not listed'}"
    if evidence.age_days is not None:
        saw = f"{saw}; {evidence.age_days} days old{limit}"
    if evidence.detail:
        saw = f"{saw}; {evidence.detail}"
    return Check(code, rule, not evidence.listed, citation, saw, evidence.version, status)


def _bad(evidence: ListEvidence, rule: str, citation: str) -> Check:
    remedy = evidence.detail or "import the current version"
    return Check(
        _BAD[evidence.status],
        rule,
        False,
        citation,
        f"{evidence.name}: {evidence.status}; {remedy}",
        evidence.version,
        "verified",
    )


def _code(source: ListSource) -> Code:
    return Code.DNC_NATIONAL if source.kind == "national" else Code.DNC_STATE


def _lifted(context: Context, source: ListSource) -> str:
    """Why this list does not bind this call, or ""."""
    if "ebr" in source.lifted_by:
        months = context.book.ebr_months(source.jurisdiction)
        if months is not None:
            # Several zones, several dates: the relationship must stand on the latest.
            proof = ebr_stands(context.call.ebr, max(context.dates), months[0], months[1])
            if proof:
                return f"{proof} ({months[2]})"
    for name in source.lifted_by:
        if name in context.agreements.names:
            return f"lifted by {name} ({context.agreements.why})"
    return ""
