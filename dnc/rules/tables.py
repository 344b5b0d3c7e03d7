"""From TOML rows to rules: one function for each table, which names every key that table may have."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any, get_args

from dnc.rules.model import (
    AbandonmentRule,
    CalendarDay,
    CalendarRule,
    CapRule,
    ConsentRule,
    IdentityRule,
    ListSource,
    RetentionRule,
    Rule,
    Suspension,
    WindowRule,
)
from dnc.rules.reading import Row
from dnc.values import Code, Mode, Scope, Sector

__all__ = ["SCOPES", "TABLES", "read_rule", "read_suspension"]

SCOPES: tuple[str, ...] = get_args(Scope)
MODES: tuple[str, ...] = get_args(Mode)
SECTORS: tuple[str, ...] = tuple(filter(None, get_args(Sector)))
_APPLIES = ("all", "live", "automated", "prerecorded")
_STATUS = ("", "verified", "disputed-verify", "general-knowledge-verify", "policy")
_BASE = re.compile(r"holidays\.([A-Z]{2})\((?:subdiv='?([A-Z]{2,3}|\*)'?|categories=([a-z_+]+))?\)")
_UNION = re.compile(r"union of all ([A-Z]{2}-)\* calendars")
_EXPLICIT = re.compile(r"explicit_(\d{4})")
_DAY_RULE = re.compile(
    r"\d\d-\d\d|(?:[1-5]|last) (?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2}|easter[+-]\d{1,2}"
    r"|Tue after 1 Mon [A-Z][a-z]{2}|Mon by \d\d-\d\d"
)


def _common(row: Row, *, place: str | None = None) -> dict[str, Any]:
    """The keys every table has.

    A `place` given was read before, and an empty one needs neither citation nor status.
    """
    return {
        "id": row.text("id"),
        "jurisdiction": row.place("jurisdiction", place),
        "citation": row.text("citation", "" if place == "" else None),
        "status": row.one_of("status", _STATUS, "" if place == "" else None),
        "evidence": row.text("evidence", ""),
        "source": row.text("source", ""),
        "notes": row.text("notes", ""),
        "effective_from": row.day("effective_from"),
        "effective_until": row.day("effective_until"),
        "approved_by": row.text("approved_by", ""),
        "origin": row.file,
    }


def _window(row: Row) -> WindowRule:
    rule = WindowRule(
        scope=row.one_of("scope", (*SCOPES, "both")),
        applies=row.one_of("applies", _APPLIES, "all"),
        mon_fri=row.intervals("mon_fri"),
        sat=row.intervals("sat"),
        sun=row.intervals("sun"),
        holiday=row.one_of("holiday", ("as_day", "banned", "window")),
        holiday_calendar=row.text("holiday_calendar", ""),
        holiday_window=row.intervals("holiday_window", required=False),
        waivers=row.texts("waivers"),
        waiver_bases=row.texts("waiver_bases"),
        covers_unknown_state_of=row.place("covers_unknown_state_of", ""),
        **_common(row),
    )
    if (rule.holiday != "as_day") != bool(rule.holiday_calendar):
        raise row.error("holiday_calendar", "goes with holiday banned or window, and only with them; correct one")
    if (rule.holiday == "window") != bool(rule.holiday_window):
        raise row.error("holiday_window", 'goes with holiday = "window", and only with it; correct one')
    return rule


def _cap(row: Row) -> CapRule:
    unit = row.one_of("unit", ("hours", "days"))
    n = row.whole("n", at_least=1)
    limit = row.whole("limit")
    if n is None or limit is None:
        raise row.error("limit" if limit is None else "n", "is missing; add it")
    trigger = row.one_of("trigger", ("", "conversation", "abandoned", "amd_machine", "refusal"), "")
    code = row.one_of("code", [c for c in Code if c.startswith(("FREQ_", "COOLOFF_", "ABANDON_", "AMD_"))])
    count_by = row.texts("count_by", ("person", "number", "debt", "subject"))
    if len({"person", "number"} & set(count_by)) != 1:
        raise row.error("count_by", 'must name "person" or "number", one of them; correct it')
    counts_texts = row.take("counts_texts", bool, False)
    if trigger and counts_texts:
        raise row.error("counts_texts", "goes with caps on attempts only; leave it out where there is a trigger")
    return CapRule(
        scope=row.one_of("scope", (*SCOPES, "both")),
        limit=limit,
        unit=unit,
        n=n,
        code=Code(code),
        count_by=count_by,
        applies=row.one_of("applies", _APPLIES, "all"),
        trigger=trigger,
        day_one=row.one_of("day_one", ("trigger", "next"), "trigger"),
        counts_unconnected=row.take("counts_unconnected", bool, True),
        counts_texts=counts_texts,
        lifted_by_guaranteed_agent=row.take("lifted_by_guaranteed_agent", bool, False),
        number_kinds=row.texts("number_kinds", ("home", "work", "other")),
        prose=row.prose(("window", "counts", "counted", "not_counted", "rule", "per", "unless")),
        **_common(row),
    )


def _calendar(row: Row) -> CalendarRule:
    base = row.text("base", "")
    library, union = _BASE.fullmatch(base), _UNION.fullmatch(base)
    if base and library is None and union is None:
        raise row.error(
            "base",
            f"{base!r} is not understood; write holidays.US(subdiv='AL') or union of all US-* calendars",
        )
    explicit: list[tuple[int, tuple[date, ...]]] = []
    for match, values in row.matching(_EXPLICIT):
        year = int(match[1])
        try:
            dates = tuple(sorted(date.fromisoformat(str(v)) for v in values))
        except (TypeError, ValueError):
            raise row.error(match[0], f"{values!r} is not a list of dates; write 2026-01-31") from None
        if any(d.year != year for d in dates) or not dates:
            raise row.error(match[0], f"must list dates of {year}, all of them; correct it")
        explicit.append((year, dates))
    days = tuple(_calendar_day(row, value) for value in row.take("days", list, []))
    if not (base or days or explicit):
        raise row.error("base", "is missing and there are no days; add one of them")
    return CalendarRule(
        country=library[1] if library else "",
        subdivision=(library[2] or "") if library else "",
        categories=tuple((library[3] or "").split("+")) if library and library[3] else (),
        union_prefix=union[1] if union else "",
        explicit=tuple(sorted(explicit)),
        days=days,
        names=row.text("names", ""),
        **_common(row, place=""),
    )


def _calendar_day(row: Row, values: Any) -> CalendarDay:
    if not isinstance(values, dict):
        raise row.error("days", f'{values!r} is not a day; write {{ name = "...", rule = "07-04" }}')
    day = Row(row.file, f"{row.table}.days", {"id": f"{row.id} {values.get('name', '?')}", **values})
    day.text("id")
    rule = day.text("rule")
    if not _DAY_RULE.fullmatch(rule):
        raise day.error("rule", f"{rule!r} is not understood; write 07-04, 2 Mon Aug, last Mon May or easter-2")
    found = CalendarDay(
        name=day.text("name"),
        rule=rule,
        observed=day.one_of("observed", ("no", "us", "next"), "no"),
        years=day.one_of("years", ("all", "even"), "all"),
        always=day.take("always", bool, False),
    )
    day.done()
    return found


def _list_source(row: Row) -> ListSource:
    source = ListSource(
        name=row.text("name"),
        kind=row.one_of("kind", ("national", "state", "internal", "rnd", "wireless", "none")),
        required=row.take("required", bool, False),
        required_in=row.texts("required_in"),
        scopes=row.texts("scopes", SCOPES),
        states=row.texts("states"),
        lifted_by=row.texts("lifted_by"),
        max_age_days=row.whole("max_age_days"),
        renewed_on_day=row.whole("renewed_on_day", at_least=1),
        honor_max_business_days=row.whole("honor_max_business_days"),
        retention_years=row.whole("retention_years"),
        prose=row.prose(
            (
                "age_basis",
                "access",
                "formats",
                "retention_of_proof_years",
                "exemptions",
                "policy_honor",
                "responses",
                "safe_harbor",
                "data_since",
                "update",
                "no_data_policy",
            )
        ),
        **_common(row),
    )
    if source.required and source.kind in ("national", "state") and source.max_age_days is None:
        raise row.error("max_age_days", "is missing; a required list has an age at which it may not be used")
    if source.kind == "rnd" and not 1 <= (source.renewed_on_day or 0) <= 28:
        raise row.error("renewed_on_day", "is the day of the month, 1 to 28, on which the database is renewed; add it")
    if (source.kind == "state") != bool(source.states):
        raise row.error("states", 'goes with kind = "state", and only with it; correct one')
    return source


def _consent(row: Row) -> ConsentRule:
    where = row.place("jurisdiction")
    common = _common(row, place=where)
    found = ConsentRule(
        kind=row.one_of("kind", ("required", "revocation", "ebr", "advice")),
        rule=row.text("rule"),
        jurisdictions=tuple(where.split(",")),
        scopes=row.texts("scopes", SCOPES),
        modes=row.texts("modes", (*MODES, "automated", "live")),
        line_types=row.texts("line_types", ("mobile", "fixed")),
        sectors=row.texts("sectors", SECTORS),
        bases=row.texts("bases"),
        valid_days=row.whole("valid_days", at_least=1),
        authorised_caller=row.take("authorised_caller", bool, False),
        lifted_by=row.texts("lifted_by", ("ebr",)),
        when=row.text("when", ""),
        honor_max_business_days=row.whole("honor_max_business_days"),
        months_after_transaction=row.whole("months_after_transaction", 0) or 0,
        months_after_inquiry=row.whole("months_after_inquiry", 0) or 0,
        **common,
    )
    if found.kind == "required" and not (found.scopes and found.modes and found.bases):
        raise row.error("bases", 'kind = "required" needs scopes, modes and bases; add them')
    if found.kind == "ebr" and not (found.months_after_transaction and found.months_after_inquiry):
        raise row.error("months_after_transaction", 'kind = "ebr" needs both numbers of months; add them')
    return found


def _retention(row: Row) -> RetentionRule:
    years = row.whole("retain_years", at_least=1)
    if years is None:
        raise row.error("retain_years", "is missing; add it")
    return RetentionRule(
        scope=row.one_of("scope", (*SCOPES, "both")),
        retain_years=years,
        start=row.text("start", ""),
        fields=row.texts("fields"),
        exempt=row.text("exempt", ""),
        compliance_from=row.day("compliance_from"),
        **_common(row),
    )


def _identity(row: Row) -> IdentityRule:
    return IdentityRule(rule=row.text("rule"), states=row.texts("states"), mixed=row.texts("mixed"), **_common(row))


def _abandonment(row: Row) -> AbandonmentRule:
    rate, within = row.number("max_rate"), row.number("connect_within_s", 2.0)
    if rate is None or within is None or not 0 < rate < 1:
        raise row.error("max_rate", "must lie between 0 and 1; write 0.03 for 3%")
    periods = row.texts("periods", ("thirty_days", "calendar_month", "day"))
    if not periods:
        raise row.error("periods", 'is missing; write ["thirty_days"]')
    return AbandonmentRule(
        scope=row.one_of("scope", (*SCOPES, "both")),
        max_rate=rate,
        formula=row.one_of("formula", ("answered", "connected")),
        periods=periods,
        clock=row.one_of("clock", ("greeting", "answer")),
        connect_within_s=within,
        min_ring_s=row.number("min_ring_s"),
        min_rings=row.whole("min_rings"),
        soft_rate=row.number("soft_rate"),
        max_silent_rate=row.number("max_silent_rate"),
        hard_limit=row.take("hard_limit", bool, True),
        recorded_message=row.text("recorded_message", ""),
        exclusions=row.texts("exclusions"),
        prose=row.prose(("numerator", "denominator", "window", "measure_from", "other")),
        **_common(row),
    )


def read_suspension(row: Row) -> Suspension:
    """One `[[suspension]]`: jurisdiction, from, until, reason; optional scopes and citation."""
    starts = row.moment("from")
    if starts is None:
        raise row.error("from", "is missing; write 2026-09-24 or 2026-09-24T06:00:00-05:00")
    found = Suspension(
        jurisdiction=row.place("jurisdiction"),
        reason=row.text("reason"),
        starts=starts,
        ends=row.moment("until"),
        scopes=row.texts("scopes", SCOPES),
        citation=row.text("citation", ""),
        origin=row.file,
    )
    row.done()
    return found


#: Table name -> its reader.
TABLES: dict[str, Callable[[Row], Rule]] = {
    "window": _window,
    "cap": _cap,
    "calendar": _calendar,
    "dnc": _list_source,
    "consent": _consent,
    "retention": _retention,
    "identity": _identity,
    "abandonment": _abandonment,
}


def read_rule(table: str, row: Row) -> Rule:
    """One row of any table of rules, refused when a key is left over."""
    rule: Rule = TABLES[table](row)
    row.done()
    return rule
