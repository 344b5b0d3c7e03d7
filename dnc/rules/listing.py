"""The rules as readable rows, one for each rule: for `dialer rules show`, case files and the rules page.

Pure: a rulebook in, rows out. Each row says in one line what the rule demands, on what citation and evidence it
stands, and since when. Times are the called party's; a range ends before its second time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime

from dnc.rules.book import Rulebook
from dnc.rules.model import (
    AbandonmentRule,
    CalendarRule,
    CapRule,
    ConsentRule,
    Interval,
    ListSource,
    RetentionRule,
    Rule,
    Suspension,
    WindowRule,
)

__all__ = [
    "KINDS",
    "ListedRule",
    "calendar_words",
    "cap_words",
    "consent_calls",
    "dates",
    "enough_words",
    "holiday_words",
    "hours",
    "listing",
    "places_of",
    "trust",
]

#: Kind of rule -> where it stands in a listing.
KINDS = ("window", "cap", "list", "consent", "abandonment", "retention", "identity", "calendar", "suspension")

_FORMULAS = {"answered": "abandoned / answered by a person", "connected": "abandoned / (abandoned + connected)"}
_LIST_WORDS = {
    "national": "no call to a number on it",
    "state": "no call to a number on it",
    "internal": "no call to a number on it, whatever the purpose",
    "rnd": "to be asked whether the number was given to somebody else since the consent",
    "wireless": "tells which numbers are mobile",
    "none": "there is no such list",
}


@dataclass(frozen=True, slots=True)
class ListedRule:
    """One rule in words."""

    rule: str  # its id
    kind: str  # one of KINDS
    jurisdictions: tuple[str, ...]  # such as ("US",) or ("US-FL", "US-OK"); empty for calendars
    calls: str  # which calls it binds: purpose and mode
    what: str  # what it demands, in one line
    citation: str
    status: str
    evidence: str
    since: date | None  # in force from this local date on
    until: date | None  # the last day in force
    approved_by: str  # who answers for an overlay that is looser than the shipped row
    origin: str  # the file it was read from

    def in_force(self, day: date) -> bool:
        """Whether the rule binds on a date of the called party."""
        return (self.since is None or self.since <= day) and (self.until is None or day <= self.until)


def listing(book: Rulebook, place: str = "") -> tuple[ListedRule, ...]:
    """Every rule of a rulebook, by kind in the order of `KINDS`; with `place` those that bind there.

    What binds in US-NY-NYC are its own rules, those of US-NY and those of US; in US, those of the country alone.
    Holiday calendars are listed for a place when one of its windows names them.
    """
    rows = tuple(_rows(book))
    if not place:
        return rows
    within = set(places_of(place))
    bound = [row for row in rows if any(_holds(one, within, place) for one in row.jurisdictions)]
    named = {w.holiday_calendar for w in book.windows if w.holiday_calendar and w.jurisdiction in within}
    calendars = [row for row in rows if row.kind == "calendar" and row.rule in named]
    return tuple(sorted([*bound, *calendars], key=lambda row: KINDS.index(row.kind)))


def places_of(place: str) -> tuple[str, ...]:
    """A jurisdiction with all that hold it, the largest first: US, US-NY, US-NY-NYC."""
    parts = place.split("-")
    return tuple("-".join(parts[:count]) for count in range(1, len(parts) + 1))


def dates(since: date | None, until: date | None) -> str:
    """When a rule is in force: `from 2024-05-16`, `2024-05-16 to 2026-12-31`, or nothing: always."""
    start, end = (day.isoformat() if day else "" for day in (since, until))
    return f"{start} to {end}" if end else f"from {start}" if start else ""


def trust(status: str, evidence: str) -> str:
    """Status and evidence in one cell."""
    return f"{status or '-'}, {evidence}" if evidence else status or "-"


def hours(intervals: tuple[Interval, ...]) -> str:
    """Ranges of the clock: `08:00-12:00, 13:00-21:00`, or `none`."""
    shown = (f"{a // 3600:02}:{a // 60 % 60:02}-{b // 3600:02}:{b // 60 % 60:02}" for a, b in intervals)
    return ", ".join(shown) or "none"


def holiday_words(rule: WindowRule) -> str:
    """What holds on holidays: `as the day`, `none (calendar)`, or hours of their own."""
    words = {"as_day": "as the day", "banned": f"none ({rule.holiday_calendar})"}.get(rule.holiday, "")
    return words or f"{hours(rule.holiday_window)} ({rule.holiday_calendar})"


def cap_words(rule: CapRule) -> str:
    """How many calls may be placed in what time: `3 in 24 hours`, `none for 7 days after conversation`."""
    what = (
        f"none for {rule.n} {rule.unit} after {rule.trigger}"
        if rule.trigger
        else f"{rule.limit} in {rule.n} {rule.unit}"
    )
    return f"{what}, the day after it counted first" if rule.trigger and rule.day_one == "next" else what


def consent_calls(rule: ConsentRule) -> str:
    """Which calls a rule of consent binds: purposes; modes; trades."""
    sectors = f"only {', '.join(rule.sectors)}" if rule.sectors else ""
    return "; ".join(filter(None, (", ".join(rule.scopes), ", ".join(rule.modes), sectors)))


def enough_words(rule: ConsentRule) -> str:
    """What satisfies a rule of consent: `pewc, express; 42 days old at most; and a licence`."""
    words = [", ".join(rule.bases)] if rule.bases else []
    if rule.valid_days is not None:
        words.append(f"{rule.valid_days} days old at most")
    if rule.authorised_caller:
        words.append("and the caller's licence")
    return "; ".join(words)


def calendar_words(rule: CalendarRule) -> str:
    """Which days a calendar holds."""
    parts = [
        f"all {rule.union_prefix}* calendars together" if rule.union_prefix else "",
        f"library `holidays`: {rule.country}{' ' + rule.subdivision if rule.subdivision else ''}"
        if rule.country
        else "",
        "; ".join(f"{day.name} ({day.rule})" for day in rule.days),
        "; ".join(f"{year}: {len(days)} explicit dates" for year, days in rule.explicit),
    ]
    return "; ".join(filter(None, parts))


def _holds(jurisdiction: str, within: set[str], place: str) -> bool:
    """Whether a rule's jurisdiction holds the place; `US-*` means every state."""
    country = jurisdiction.removesuffix("-*")
    return jurisdiction in within or (country != jurisdiction and place.startswith(f"{country}-"))


def _rows(book: Rulebook) -> Iterator[ListedRule]:
    for window in book.windows:
        yield _row("window", window, _calls(window), _window(window))
    for cap in book.caps:
        yield _row("cap", cap, _calls(cap), _cap(cap))
    for source in book.sources:
        where = source.states or _split(source.jurisdiction)
        yield _row("list", source, ", ".join(source.scopes), _list(source), where)
    for consent in book.consents:
        yield _row("consent", consent, consent_calls(consent), _consent(consent), consent.jurisdictions)
    for abandonment in book.abandonments:
        yield _row("abandonment", abandonment, abandonment.scope, _abandonment(abandonment))
    for retention in book.retentions:
        yield _row("retention", retention, retention.scope, _retention(retention))
    for identity in book.identities:
        named = ", ".join((*identity.states, *identity.mixed))
        yield _row("identity", identity, "", f"{identity.rule} ({named})" if named else identity.rule)
    for calendar in book.calendar_rules:
        yield _row("calendar", calendar, "", calendar_words(calendar), ())
    for suspension in book.suspensions:
        yield _suspension(suspension)


def _row(kind: str, rule: Rule, calls: str, what: str, where: Iterable[str] | None = None) -> ListedRule:
    return ListedRule(
        rule=rule.id,
        kind=kind,
        jurisdictions=_split(rule.jurisdiction) if where is None else tuple(where),
        calls=calls,
        what=what,
        citation=rule.citation,
        status=rule.status,
        evidence=rule.evidence,
        since=rule.effective_from,
        until=rule.effective_until,
        approved_by=rule.approved_by,
        origin=rule.origin,
    )


def _split(jurisdiction: str) -> tuple[str, ...]:
    return tuple(part for part in jurisdiction.split(",") if part)


def _calls(rule: WindowRule | CapRule) -> str:
    return rule.scope if rule.applies == "all" else f"{rule.scope}, {rule.applies}"


def _window(rule: WindowRule) -> str:
    words = f"Mon-Fri {hours(rule.mon_fri)}; Sat {hours(rule.sat)}; Sun {hours(rule.sun)}"
    if rule.holiday != "as_day":
        words += f"; holidays {holiday_words(rule)}"
    return f"{words}; lifted by {', '.join(rule.waivers)}" if rule.waivers else words


def _cap(rule: CapRule) -> str:
    notes = [
        "connected calls only" if not rule.counts_unconnected else "",
        "texts too" if rule.counts_texts else "",
        "lifted when a live agent is guaranteed" if rule.lifted_by_guaranteed_agent else "",
        f"numbers: {', '.join(rule.number_kinds)}" if rule.number_kinds else "",
    ]
    words = cap_words(rule) if rule.trigger else f"at most {cap_words(rule)}"
    return "; ".join(filter(None, (f"{words}, by {' and '.join(rule.count_by)}", *notes)))


def _list(rule: ListSource) -> str:
    words = [f"{rule.name}: {_LIST_WORDS[rule.kind]}"]
    if rule.max_age_days is not None:
        words.append(f"a copy of {rule.max_age_days} days at most")
    if rule.renewed_on_day is not None:
        words.append(f"an answer counts until newer data come out, on day {rule.renewed_on_day} of each month")
    if rule.honor_max_business_days is not None:
        words.append(f"a request honoured within {rule.honor_max_business_days} business days (here: at once)")
    if rule.lifted_by:
        words.append(f"lifted by {', '.join(rule.lifted_by)}")
    return "; ".join(words)


def _consent(rule: ConsentRule) -> str:
    words = [rule.rule]
    if rule.bases:
        words.append(f"enough: {enough_words(rule)}")
    if rule.kind == "ebr":
        words.append(
            f"{rule.months_after_transaction} months after a transaction, {rule.months_after_inquiry} after an inquiry"
        )
    if rule.honor_max_business_days is not None:
        words.append(f"honoured within {rule.honor_max_business_days} business days (here: at once)")
    return "; ".join(words)


def _abandonment(rule: AbandonmentRule) -> str:
    periods = ", ".join(rule.periods).replace("_", " ")
    return (
        f"at most {rule.max_rate:.1%} of {_FORMULAS[rule.formula]} in each {periods}; "
        f"an agent within {rule.connect_within_s:g} s of the {rule.clock}"
    )


def _retention(rule: RetentionRule) -> str:
    words = f"records kept {rule.retain_years} years"
    if rule.start:
        words += f" from {rule.start}"
    return f"{words}: {', '.join(rule.fields)}" if rule.fields else words


def _suspension(rule: Suspension) -> ListedRule:
    day_of = {
        value: value.date() if isinstance(value, datetime) else value for value in (rule.starts, rule.ends) if value
    }
    ends = "until it is removed" if rule.ends is None else f"to {rule.ends.isoformat()}"
    return ListedRule(
        rule=f"{rule.jurisdiction}.suspension",
        kind="suspension",
        jurisdictions=(rule.jurisdiction,),
        calls=", ".join(rule.scopes),
        what=f"no call from {rule.starts.isoformat()} {ends}: {rule.reason}",
        citation=rule.citation,
        status="",
        evidence="",
        since=day_of[rule.starts],
        until=day_of[rule.ends] if rule.ends else None,
        approved_by="",
        origin=rule.origin,
    )
