"""What is kept how long, and how much of it is past that: every attempt by purpose and rule, and the other records."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

from dialer.store import people
from dialer.store.people import CallGroup
from dialer.store.transactions import Reading
from dnc.rules import Rulebook
from dnc.rules.model import RetentionRule
from dnc.rules.retention import binding, records_of

__all__ = ["Holding", "RuleRow", "holdings", "rule_rows"]

_NO_END = "for good: a request not to be called is honoured for good"
_ERASED = "for good: number, day and reason, so that no list brings the person back"
_CHAIN = "for good: without one row none after it could be proved"
_UNKNOWN = "not removed: no retention rule is known there; add a [[retention]] row to the house's rules"


@dataclass(frozen=True, slots=True)
class RuleRow:
    """One retention rule in words."""

    rule: str
    records: tuple[str, ...]
    scope: str
    jurisdiction: str
    years: int
    start: str
    citation: str
    status: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Holding:
    """Records held under one rule. `due` may be removed now; None: cannot be due."""

    records: str  # calls, consent, business_relationship, do_not_call, erasure, ledger
    scope: str
    jurisdictions: tuple[str, ...]
    rule: str  # the one that keeps them longest; empty: none is known
    kept: str
    count: int
    oldest: datetime | None
    due: int | None


def rule_rows(book: Rulebook) -> list[RuleRow]:
    """Every retention rule in force or to come."""
    return [
        RuleRow(
            rule=rule.id,
            records=records_of(rule),
            scope=rule.scope,
            jurisdiction=rule.jurisdiction,
            years=rule.retain_years,
            start=rule.start or "the day the record was made",
            citation=rule.citation,
            status=rule.status,
            evidence=rule.evidence,
        )
        for rule in book.retentions
    ]


def holdings(tx: Reading, book: Rulebook, now: datetime) -> list[Holding]:
    """What is held now, and how much of it is due."""
    today = now.astimezone(UTC).date()
    groups: dict[tuple[str, str], list[CallGroup]] = {}
    rules: dict[str, tuple[RetentionRule, ...]] = {}
    for group in people.call_groups(tx):
        bound = binding(book, "calls", group.scope, group.jurisdictions, group.oldest.astimezone(UTC).date(), today)
        longest = max(bound, key=lambda rule: rule.retain_years, default=None)
        key = longest.id if longest else ""
        rules[key] = (*rules.get(key, ()), *bound)
        groups.setdefault((group.scope, key), []).append(group)
    found = [_calls(tx, scope, rule, rules[rule], of_rule, today) for (scope, rule), of_rule in groups.items()]
    return [*found, *_others(tx, book, today)]


def _calls(
    tx: Reading, scope: str, rule: str, rules: Iterable[RetentionRule], groups: list[CallGroup], today: date
) -> Holding:
    """The attempts of one purpose that one rule keeps longest."""
    bound = {each.id: each for each in rules}
    due: int | None = None
    words = _UNKNOWN
    if rule:
        years = bound[rule].retain_years
        by_debt = any(each.scope != "telemarketing" for each in bound.values())
        places = [group.place_id for group in groups]
        due = people.calls_due(tx, scope, places, _years_ago(today, years), by_debt=by_debt)
        words = f"{years} years from {bound[rule].start or 'the call'}"
    return Holding(
        records="calls",
        scope=scope,
        jurisdictions=tuple(sorted({place for group in groups for place in group.jurisdictions})),
        rule=rule,
        kept=words,
        count=sum(group.calls for group in groups),
        oldest=min(group.oldest for group in groups),
        due=due,
    )


def _others(tx: Reading, book: Rulebook, today: date) -> Iterable[Holding]:
    """Consents, business relationships, do-not-call entries, erasures and the ledger."""
    about = [rule for rule in book.retentions if "consent" in records_of(rule)]
    longest = max(about, key=lambda rule: rule.retain_years, default=None)
    before = _years_ago(today, longest.retain_years) if longest else None
    totals = people.totals(tx, before)
    words = _UNKNOWN if longest is None else f"{longest.retain_years} years from the last use, at the longest"
    rule = "" if longest is None else longest.id
    for records, name in (("consent", "consents"), ("business_relationship", "relationships")):
        due = None if longest is None else totals[f"{name}_before"]
        if totals[name]:
            yield Holding(records, "", (), rule, words, totals[name], None, due)
    for records, rule, kept, name in (
        ("do_not_call", "internal", _NO_END, "suppressions"),
        ("erasure", "erasure", _ERASED, "erasures"),
        ("ledger", "ledger", _CHAIN, "decisions"),
    ):
        if totals[name]:
            yield Holding(records, "", (), rule, kept, totals[name], None, None)


def _years_ago(day: date, years: int) -> datetime:
    """The first instant of the day from which on records are not past `years` years yet."""
    try:
        begin = day.replace(year=day.year - years)
    except ValueError:
        begin = date(day.year - years, 2, 28)
    return datetime.combine(begin, time.min, UTC)
