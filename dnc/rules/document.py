"""The rules as a document: one Markdown page written from the data, never by hand.

python -m dnc.rules.document > docs/compliance/rules.md
"""

from __future__ import annotations

import sys
from collections.abc import Iterable

from dnc.rules.book import Rulebook
from dnc.rules.listing import (
    calendar_words,
    cap_words,
    consent_calls,
    dates,
    enough_words,
    holiday_words,
    hours,
    trust,
)
from dnc.rules.loading import load
from dnc.rules.model import CalendarRule, CapRule, ConsentRule, ListSource, Rule, WindowRule

__all__ = ["rules_page"]

_HEAD = """\
# The rules in force

Written by `python -m dnc.rules.document` from `dnc/data/*.toml`; do not edit by hand, change the data.
**Not legal advice.** Every row needs your counsel's sign-off before a live campaign. How rows work together:
[README](README.md).

`status`: **verified** = read in the named source; **disputed-verify** = sources conflict, the strict value is kept;
**general-knowledge-verify** = must be checked before you rely on it; **policy** = ours, not the law's.
`evidence` tells how strong the source is. Times are the called party's, ranges end before their second time.
"""


def rules_page(book: Rulebook) -> str:
    """The whole page."""
    parts = [
        _HEAD,
        _windows(book.windows, book.fallback),
        _caps(book.caps),
        _lists(book.sources),
        _consents(book.consents),
        _calendars(book.calendar_rules),
        _abandonments(book),
        _others(book),
    ]
    return "\n".join(parts)


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    names = list(head)
    lines = [f"| {' | '.join(names)} |", f"|{'---|' * len(names)}"]
    lines += [f"| {' | '.join(_cell(c) for c in row)} |" for row in rows]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _trust(rule: Rule) -> str:
    return trust(rule.status, rule.evidence)


def _dates(rule: Rule) -> str:
    return dates(rule.effective_from, rule.effective_until)


def _windows(rules: Iterable[WindowRule], fallback: dict[str, str]) -> str:
    rows = []
    for r in rules:
        lifted = f"; lifted by {', '.join(r.waivers)}" if r.waivers else ""
        rows.append(
            [
                f"`{r.id}`",
                f"{r.scope}, {r.applies}",
                hours(r.mon_fri),
                hours(r.sat),
                hours(r.sun),
                holiday_words(r) + lifted,
                _dates(r),
                r.citation,
                _trust(r),
            ]
        )
    others = ", ".join(f"{scope} → {used}" for scope, used in sorted(fallback.items()))
    return (
        "## Calling windows\n\n"
        + _table(("rule", "calls", "Mon-Fri", "Sat", "Sun", "holidays", "in force", "citation", "status"), rows)
        + f"\nA purpose without a row of its own in a country is held to another's windows there: {others}.\n"
    )


def _caps(rules: Iterable[CapRule]) -> str:
    rows = []
    for r in rules:
        notes = [
            "connected calls only" if not r.counts_unconnected else "",
            "texts too" if r.counts_texts else "",
            "lifted when a live agent is guaranteed" if r.lifted_by_guaranteed_agent else "",
            f"numbers: {', '.join(r.number_kinds)}" if r.number_kinds else "",
        ]
        rows.append(
            [
                f"`{r.id}`",
                f"{r.scope}, {r.applies}",
                cap_words(r),
                "+".join(r.count_by),
                "; ".join(filter(None, notes)),
                _dates(r),
                r.citation,
                _trust(r),
            ]
        )
    head = ("rule", "calls", "at most", "counted by", "notes", "in force", "citation", "status")
    return "## Frequency caps and cool-offs\n\n" + _table(head, rows)


def _lists(rules: Iterable[ListSource]) -> str:
    rows = [
        [
            f"`{r.id}`",
            r.name,
            r.kind + (", required" if r.required else ""),
            _age(r),
            ", ".join(r.scopes),
            ", ".join(r.lifted_by),
            _dates(r),
            r.citation,
            _trust(r),
        ]
        for r in rules
    ]
    head = ("rule", "list", "kind", "oldest copy", "binds", "lifted by", "in force", "citation", "status")
    return "## Suppression lists\n\n" + _table(head, rows)


def _age(rule: ListSource) -> str:
    if rule.renewed_on_day is not None:
        return f"until day {rule.renewed_on_day} of the month"
    return "" if rule.max_age_days is None else f"{rule.max_age_days} days"


def _consents(rules: Iterable[ConsentRule]) -> str:
    rows = [
        [
            f"`{r.id}`",
            ", ".join(r.jurisdictions),
            r.kind,
            r.rule,
            consent_calls(r) if r.kind == "required" else "",
            enough_words(r),
            _dates(r),
            r.citation,
            _trust(r),
        ]
        for r in rules
    ]
    head = ("rule", "where", "kind", "rule in words", "calls", "enough", "in force", "citation", "status")
    return "## Consent\n\n" + _table(head, rows)


def _calendars(rules: Iterable[CalendarRule]) -> str:
    rows = [[f"`{r.id}`", calendar_words(r), r.notes, _trust(r)] for r in rules]
    return "## Holiday calendars\n\n" + _table(("calendar", "days", "notes", "status"), rows)


def _abandonments(book: Rulebook) -> str:
    rows = [
        [
            f"`{r.id}`",
            f"{r.max_rate:.1%}",
            {"answered": "A / L", "connected": "x / (x + y)"}[r.formula],
            ", ".join(r.periods),
            f"{r.connect_within_s:g} s from the {r.clock}",
            _dates(r),
            r.citation,
            _trust(r),
        ]
        for r in book.abandonments
    ]
    head = ("rule", "at most", "formula", "period", "agent within", "in force", "citation", "status")
    return "## Abandoned calls\n\n" + _table(head, rows)


def _others(book: Rulebook) -> str:
    kept = [
        [f"`{r.id}`", f"{r.retain_years} years", r.start, ", ".join(r.fields), r.citation, _trust(r)]
        for r in book.retentions
    ]
    shown = [[f"`{r.id}`", r.rule, ", ".join(r.states + r.mixed), r.citation, _trust(r)] for r in book.identities]
    return (
        "## Records to keep\n\n"
        + _table(("rule", "for", "from", "what", "citation", "status"), kept)
        + "\n## Recording and caller ID\n\n"
        + _table(("rule", "rule in words", "states", "citation", "status"), shown)
    )


if __name__ == "__main__":
    sys.stdout.write(rules_page(load()))
