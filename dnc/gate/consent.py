"""Consent: revoked is revoked for every purpose; some calls need an agreement of a certain kind.

Some trades (`sectors` of a rule) need more than their purpose asks: an agreement where others need none, one that is
not too old (`valid_days`), a caller who is licensed at all (`authorised_caller`).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

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
        if rule.sectors and context.call.sector not in rule.sectors:
            continue
        if any(rule.in_force(day) for day in days) and _line_matches(context, rule):
            yield _required(context, rule)


def _line_matches(context: Context, rule: ConsentRule) -> bool:
    """An unknown line counts as a mobile: portability makes every number one that may be.

    So does a "fixed" one that is on the list of wireless and ported numbers, or that an outdated copy cannot clear.
    """
    if not rule.line_types:
        return True
    wireless = any(e.kind == "wireless" and (e.listed or e.status != "fresh") for e in context.facts.suppressions)
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
    if passed and rule.valid_days is not None and not _is_young(context, rule.valid_days):
        passed, saw = False, f"{saw}; an agreement counts for {rule.valid_days} days here: ask anew"
    if rule.authorised_caller and not context.call.authorisation:
        passed, saw = False, f"{saw}; only an authorised caller may call, and seller.authorisation names no licence"
    return Check(Code.CONSENT_REQUIRED, rule.id, passed, rule.citation, saw, status=rule.status)


def _is_young(context: Context, days: int) -> bool:
    given = context.agreements.given
    return given is not None and context.at - given <= timedelta(days=days)
