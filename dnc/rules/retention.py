"""How long a record must be kept: which `[[retention]]` rows bind it, and until which day.

Pure: the rulebook and the facts of one record in, days out. Three readings keep a record rather too long than too
short. A row binds a record when it was in force on the record's day or is in force today. A purpose without a row
of its own in a country is held to the row of the purpose that the rulebook's `[fallback]` names. Where nobody
knows the place, the rows of every place bind.

Where no row binds, nothing is known: such a record is not removed until somebody who answers for it adds a row.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Literal

from dnc.rules.book import Rulebook
from dnc.rules.model import RetentionRule

__all__ = ["RECORDS", "Kept", "Record", "binding", "kept", "records_of"]

#: What may have to be kept: calls with what became of them, consents with their proof, do-not-call requests.
Record = Literal["calls", "consent", "do_not_call"]

RECORDS: tuple[Record, ...] = ("calls", "consent", "do_not_call")

#: Last part of a row's id -> the records it is about; every other row is about all of them.
_ABOUT: dict[str, tuple[Record, ...]] = {
    "call_records": ("calls",),
    "consent": ("consent",),
    "dnc": ("do_not_call",),
}


@dataclass(frozen=True, slots=True)
class Kept:
    """One rule that keeps a record, and the last day on which it does."""

    rule: str
    until: date
    citation: str
    status: str
    retain_years: int
    everything: bool  # the row names no fields: notes and all are part of the record

    def binds(self, today: date) -> bool:
        """Whether the record must still be kept today."""
        return today <= self.until


def records_of(rule: RetentionRule) -> tuple[Record, ...]:
    """Which records a row is about."""
    return _ABOUT.get(rule.id.rpartition(".")[2], RECORDS)


def binding(
    book: Rulebook, record: Record, scope: str, jurisdictions: Iterable[str], made: date, today: date
) -> tuple[RetentionRule, ...]:
    """The rows that bind a record made on a day for calls of a scope to a place; a country is implied."""
    places = frozenset(jurisdictions)
    places |= {place.partition("-")[0] for place in places}
    about = [
        rule
        for rule in book.retentions
        if record in records_of(rule)
        and (not places or rule.jurisdiction in places)
        and (rule.in_force(made) or rule.in_force(today))
    ]
    found = []
    for country in dict.fromkeys(rule.jurisdiction[:2] for rule in about):
        here = [rule for rule in about if rule.jurisdiction[:2] == country]
        # A city's row alone does not tell that the purpose has a row in the country.
        own = [rule for rule in here if rule.scope in (scope, "both")]
        if not any(rule.jurisdiction == country for rule in own):
            own += [rule for rule in here if rule.scope == book.fallback.get(scope) and rule not in own]
        found += own
    return tuple(found)


def kept(
    book: Rulebook,
    record: Record,
    scope: str,
    jurisdictions: Iterable[str],
    *,
    made: date,
    last_activity: date,
    today: date,
) -> tuple[Kept, ...]:
    """What keeps a record and until when, the longest first; empty when no row is known.

    Args:
        book: the rules in force.
        record: what it is.
        scope: the purpose of the calls it is about (`dnc.values.Scope`).
        jurisdictions: where they landed.
        made: the day the record was produced, or last used.
        last_activity: the day of the last collection activity on the debt; periods of debt collection run from it.
        today: the day of asking.
    """
    found = []
    for rule in binding(book, record, scope, jurisdictions, made, today):
        start = max(made, last_activity) if rule.scope != "telemarketing" else made
        until = _years_after(start, rule.retain_years)
        found.append(Kept(rule.id, until, rule.citation, rule.status, rule.retain_years, not rule.fields))
    return tuple(sorted(found, key=lambda each: (-each.until.toordinal(), each.rule)))


def _years_after(day: date, years: int) -> date:
    """The same day some years later; 1 March for the 29 February of a year that has none."""
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)
