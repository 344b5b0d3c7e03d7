"""The rules as values: what one row of each table says, frozen and validated before it exists.

Seconds of the local day are used for hours of the clock: 08:00 is 28,800 and 24:00 is 86,400. Intervals are
half-open, `[start, end)`. Dates are the called party's. `RulesError` is the only error of this package that
an operator sees; it is one sentence with the file, the rule, the key and the remedy.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from dnc.values import Code

__all__ = [
    "AbandonmentRule",
    "CalendarDay",
    "CalendarRule",
    "CapRule",
    "ConsentRule",
    "IdentityRule",
    "Interval",
    "ListSource",
    "RetentionRule",
    "Rule",
    "RulesError",
    "Suspension",
    "WindowRule",
]

#: Seconds of the local day, half-open.
Interval = tuple[int, int]

#: A country holds its states: "US" is in "US-FL", "US-NY" in "US-NY-NYC".
Jurisdiction = str


class RulesError(ValueError):
    """The rule data cannot be used. No call is placed while it stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What every row has: a name, where and when it binds, and on what evidence it stands."""

    id: str
    jurisdiction: Jurisdiction = ""
    citation: str = ""
    status: str = ""  # verified | disputed-verify | general-knowledge-verify | policy
    evidence: str = ""
    source: str = ""
    notes: str = ""
    effective_from: date | None = None
    effective_until: date | None = None  # the last day in force
    approved_by: str = ""  # who answers for an overlay that is looser than the shipped row
    origin: str = ""  # the file the row was read from

    def in_force(self, day: date) -> bool:
        """Whether the row binds on a local date of the called party."""
        if self.effective_from is not None and day < self.effective_from:
            return False
        return self.effective_until is None or day <= self.effective_until


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowRule(Rule):
    """The hours in which a call may reach a person, by day of the week."""

    scope: str
    applies: Literal["all", "live", "automated", "prerecorded"] = "all"
    mon_fri: tuple[Interval, ...] = ()
    sat: tuple[Interval, ...] = ()
    sun: tuple[Interval, ...] = ()
    holiday: Literal["as_day", "banned", "window"] = "as_day"
    holiday_calendar: str = ""
    holiday_window: tuple[Interval, ...] = ()
    waivers: tuple[str, ...] = ()
    waiver_bases: tuple[str, ...] = ()
    covers_unknown_state_of: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CapRule(Rule):
    """How many calls may exist in a window, the one about to be placed among them.

    0: none after a trigger.
    """

    scope: str
    limit: int
    unit: Literal["hours", "days"]
    n: int
    code: Code
    count_by: tuple[str, ...]
    applies: Literal["all", "live", "automated", "prerecorded"] = "all"
    trigger: Literal["", "conversation", "abandoned", "amd_machine", "refusal"] = ""
    day_one: Literal["trigger", "next"] = "trigger"
    counts_unconnected: bool = True
    counts_texts: bool = False  # a text message counts as an attempt does
    lifted_by_guaranteed_agent: bool = False
    number_kinds: tuple[str, ...] = ()
    prose: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarDay:
    """One named holiday, by rule rather than by date."""

    name: str
    rule: str
    observed: Literal["no", "us", "next"] = "no"
    years: Literal["all", "even"] = "all"
    always: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarRule(Rule):
    """A calendar of holidays.

    Explicit years, a library's country, own days, or a union of other calendars.
    """

    country: str = ""
    subdivision: str = ""  # "*": the union of all
    categories: tuple[str, ...] = ()
    union_prefix: str = ""
    explicit: tuple[tuple[int, tuple[date, ...]], ...] = ()
    days: tuple[CalendarDay, ...] = ()
    names: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListSource(Rule):
    """A suppression list: whose calls it binds and how old a copy may be."""

    name: str
    kind: Literal["national", "state", "internal", "rnd", "wireless", "none"]
    required: bool = False
    required_in: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    lifted_by: tuple[str, ...] = ()
    max_age_days: int | None = None
    renewed_on_day: int | None = None  # day of the month; an answer from before the last one is out of date
    honor_max_business_days: int | None = None
    retention_years: int | None = None
    prose: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentRule(Rule):
    """Which calls need whose agreement, how it is revoked, and what a business relationship lifts."""

    kind: Literal["required", "revocation", "ebr", "advice"]
    rule: str
    jurisdictions: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    modes: tuple[str, ...] = ()
    line_types: tuple[str, ...] = ()
    sectors: tuple[str, ...] = ()  # empty: whatever is sold
    bases: tuple[str, ...] = ()
    valid_days: int | None = None  # an agreement older than so many days does not count
    authorised_caller: bool = False  # only a caller with a licence for the sector may call at all
    lifted_by: tuple[str, ...] = ()
    when: str = ""
    honor_max_business_days: int | None = None
    months_after_transaction: int = 0
    months_after_inquiry: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionRule(Rule):
    """How long which records are kept."""

    scope: str
    retain_years: int
    start: str = ""
    fields: tuple[str, ...] = ()
    exempt: str = ""
    compliance_from: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityRule(Rule):
    """Recording announcements and caller ID."""

    rule: str
    states: tuple[str, ...] = ()
    mixed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AbandonmentRule(Rule):
    """When a live answer counts as abandoned, and how many may."""

    scope: str
    max_rate: float
    formula: Literal["answered", "connected"]
    periods: tuple[str, ...]  # thirty_days | calendar_month | day
    clock: Literal["greeting", "answer"]
    connect_within_s: float = 2.0
    min_ring_s: float | None = None
    min_rings: int | None = None
    soft_rate: float | None = None
    max_silent_rate: float | None = None
    hard_limit: bool = True
    recorded_message: str = ""
    exclusions: tuple[str, ...] = ()
    prose: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspension:
    """All calling into a jurisdiction is closed for a time, as an authority or the operator says."""

    jurisdiction: Jurisdiction
    reason: str
    starts: datetime | date
    ends: datetime | date | None = None  # a date is the last closed day; None: until the row is removed
    scopes: tuple[str, ...] = ()  # empty: every scope
    citation: str = ""
    origin: str = ""
