"""Consent: revoked is revoked for every purpose; some calls need an agreement of a certain kind."""

from __future__ import annotations

from collections.abc import Iterator

from dnc.gate.agreements import ebr_stands
from dnc.gate.context import Context
from dnc.rules import ConsentRule
from dnc.values import Check, Code

__all__ = ["consent_checks"]


def consent_checks(context: Context) -> Iterator[Check]:
    """Revocation first, then each rule that asks for a consent of some kind."""
    agreements = context.agreements
    # 47 CFR 64.1200(a)(10): a called party may revoke prior express consent "by using any reasonable method".
    yield Check(
        Code.CONSENT_REVOKED,
        "consent.revoked",
        not agreements.revoked,
        "47 CFR 64.1200(a)(10)-(12); policy: every purpose, everywhere, at once",
        agreements.why,
        status="verified",
    )
    days = context.dates
    for rule in context.bound.consents:
        if any(rule.in_force(day) for day in days) and _line_matches(context, rule):
            yield _required(context, rule)


def _line_matches(context: Context, rule: ConsentRule) -> bool:
    """An unknown line counts as a mobile: portability makes every number one that may be."""
    if not rule.line_types:
        return True
    wireless = any(e.kind == "wireless" and e.listed for e in context.facts.suppressions)
    line = "mobile" if wireless or context.call.line_type not in ("mobile", "fixed") else context.call.line_type
    return line in rule.line_types


def _required(context: Context, rule: ConsentRule) -> Check:
    agreements = context.agreements
    passed = agreements.basis in rule.bases or bool(agreements.names.intersection(rule.bases))
    saw = agreements.why if passed else f"{agreements.why}; this call needs {' or '.join(rule.bases)}"
    if not passed and "ebr" in rule.lifted_by:
        months = context.book.ebr_months("US")
        proof = ebr_stands(context.call.ebr, max(context.dates), months[0], months[1]) if months else ""
        if proof:
            passed, saw = True, proof
    return Check(Code.CONSENT_REQUIRED, rule.id, passed, rule.citation, saw, status=rule.status)
