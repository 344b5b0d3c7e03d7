"""A user's own rule files: they may add rows and replace rows by id; a looser row must say who approved it.

`is_stricter` proves, row by row, that a replacement allows nothing the shipped row refuses. What cannot be
proved counts as looser and needs `approved_by`, which is then part of the evidence of every decision
through the hash.
"""

from __future__ import annotations

from dataclasses import fields
from datetime import date

from dnc.rules.model import (
    AbandonmentRule,
    CapRule,
    ConsentRule,
    Interval,
    ListSource,
    RetentionRule,
    Rule,
    RulesError,
    WindowRule,
)

__all__ = ["is_stricter", "replace_row"]

#: Keys that describe a row and bind nobody.
_ABOUT = {
    "citation",
    "status",
    "evidence",
    "source",
    "notes",
    "approved_by",
    "origin",
    "prose",
    "name",
    "rule",
    "when",
}


def replace_row(table: str, old: Rule, new: Rule) -> Rule:
    """`new` in the place of `old`; raises `RulesError` when it is looser and nobody approved it."""
    if not new.approved_by.strip() and not is_stricter(new, old):
        raise RulesError(
            f"{new.origin}: [[{table}]] {new.id}: is looser than the shipped row, or not provably stricter; "
            'add approved_by = "who answers for it", or keep the shipped row. No call is placed until it is.'
        )
    return new


def is_stricter(new: Rule, old: Rule) -> bool:
    """Whether `new` provably allows nothing that `old` refuses."""
    if type(new) is not type(old) or new.jurisdiction != old.jurisdiction or not _covers_dates(new, old):
        return False
    if isinstance(new, WindowRule) and isinstance(old, WindowRule):
        return _window(new, old)
    if isinstance(new, CapRule) and isinstance(old, CapRule):
        return _same(new, old, but={"limit", "n"}) and new.limit <= old.limit and new.n >= old.n
    if isinstance(new, ListSource) and isinstance(old, ListSource):
        return _list_source(new, old)
    if isinstance(new, ConsentRule) and isinstance(old, ConsentRule):
        return _same(new, old, but={"bases"}) and set(new.bases) <= set(old.bases)
    if isinstance(new, AbandonmentRule) and isinstance(old, AbandonmentRule):
        return _same(new, old, but={"max_rate"}) and new.max_rate <= old.max_rate
    if isinstance(new, RetentionRule) and isinstance(old, RetentionRule):
        return _same(new, old, but={"retain_years"}) and new.retain_years >= old.retain_years
    return _same(new, old)


def _same(new: Rule, old: Rule, but: frozenset[str] | set[str] = frozenset()) -> bool:
    """Equal in every key that binds, except `but` and the dates, which were compared before."""
    ignored = _ABOUT | {"effective_from", "effective_until"} | but
    return all(getattr(new, f.name) == getattr(old, f.name) for f in fields(new) if f.name not in ignored)


def _covers_dates(new: Rule, old: Rule) -> bool:
    starts = (new.effective_from or date.min) <= (old.effective_from or date.min)
    return starts and (new.effective_until or date.max) >= (old.effective_until or date.max)


def _inside(new: tuple[Interval, ...], old: tuple[Interval, ...]) -> bool:
    return all(any(o[0] <= n[0] and n[1] <= o[1] for o in old) for n in new)


def _window(new: WindowRule, old: WindowRule) -> bool:
    holiday = new.holiday == old.holiday and new.holiday_calendar == old.holiday_calendar
    if holiday and old.holiday == "window":
        holiday = _inside(new.holiday_window, old.holiday_window)
    return (
        new.scope in (old.scope, "both")
        and new.applies in (old.applies, "all")
        and all(_inside(getattr(new, day), getattr(old, day)) for day in ("mon_fri", "sat", "sun"))
        and (holiday or old.holiday == "as_day")
        and set(new.waivers) <= set(old.waivers)
        and set(new.waiver_bases) <= set(old.waiver_bases)
        and new.covers_unknown_state_of == old.covers_unknown_state_of
    )


def _list_source(new: ListSource, old: ListSource) -> bool:
    changed = {"max_age_days", "required", "scopes", "lifted_by", "required_in", "states"}
    younger = old.max_age_days is None or (new.max_age_days is not None and new.max_age_days <= old.max_age_days)
    return (
        _same(new, old, but=changed)
        and younger
        and (new.required or not old.required)
        and set(new.scopes) >= set(old.scopes)
        and set(new.states) >= set(old.states)
        and set(new.required_in) >= set(old.required_in)
        and set(new.lifted_by) <= set(old.lifted_by)
    )
