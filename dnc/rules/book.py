"""The rulebook.

Every rule in force, found by place, purpose and mode, with the hash of the files it came from.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from dnc.calendars import Calendars
from dnc.rules.model import (
    AbandonmentRule,
    CalendarRule,
    CapRule,
    ConsentRule,
    IdentityRule,
    ListSource,
    RetentionRule,
    Suspension,
    WindowRule,
)

__all__ = ["AUTOMATED", "LIVE", "Bound", "Rulebook", "mode_is"]

#: A machine selects and dials: the strict reading of every state's automated-call law.
AUTOMATED = frozenset({"predictive", "progressive", "ratio", "prerecorded"})
#: A person chooses each call.
LIVE = frozenset({"preview", "manual"})


def mode_is(applies: str, mode: str) -> bool:
    """Whether a rule for `applies` (all, live, automated or a mode) binds a call placed in `mode`.

    A mode that nobody knows is bound by the rules of every mode.
    """
    if mode not in AUTOMATED and mode not in LIVE:
        return True
    if applies == "automated":
        return mode in AUTOMATED
    if applies == "live":
        return mode in LIVE
    return applies in ("all", mode)


_UNKNOWN_STATE = "-?"
_AnyRule = TypeVar("_AnyRule")


class _ByPlace(Generic[_AnyRule]):
    """Rules found by the jurisdictions that they bind in."""

    def __init__(self, rules: Iterable[tuple[_AnyRule, Collection[str]]]) -> None:
        self._rules: list[_AnyRule] = []
        self._of: dict[str, list[int]] = {}
        for rule, places in rules:
            for place in places:
                self._of.setdefault(place, []).append(len(self._rules))
            self._rules.append(rule)

    def at(self, places: Iterable[str]) -> tuple[_AnyRule, ...]:
        """Those of any of these jurisdictions, in the order of the tables."""
        return tuple(self._rules[n] for n in sorted({n for place in places for n in self._of.get(place, ())}))


@dataclass(frozen=True, slots=True, eq=False)
class _Rules:
    """The rules that may bind calls of one scope and mode."""

    caps: _ByPlace[CapRule]
    consents: _ByPlace[ConsentRule]
    sources: _ByPlace[ListSource]
    rnd: _ByPlace[ListSource]
    suspensions: _ByPlace[Suspension]


@dataclass(frozen=True, slots=True, eq=False)
class Bound:
    """The rules that may bind calls of one scope and mode at one set of jurisdictions, whatever the date."""

    jurisdictions: tuple[str, ...]  # expanded: every state of a country whose state is unknown
    unknown_state_of: tuple[str, ...]
    windows: tuple[WindowRule, ...]
    caps: tuple[CapRule, ...]
    consents: tuple[ConsentRule, ...]
    sources: tuple[ListSource, ...]
    rnd: tuple[ListSource, ...]
    suspensions: tuple[Suspension, ...]
    countries_without_window: tuple[str, ...]
    window_scope: dict[str, str]  # country -> the scope whose windows bind there


@dataclass(eq=False)
class Rulebook:
    """All rules. Immutable by convention; `dnc.rules.load` makes it."""

    version: str
    windows: tuple[WindowRule, ...] = ()
    caps: tuple[CapRule, ...] = ()
    calendar_rules: tuple[CalendarRule, ...] = ()
    sources: tuple[ListSource, ...] = ()
    consents: tuple[ConsentRule, ...] = ()
    retentions: tuple[RetentionRule, ...] = ()
    identities: tuple[IdentityRule, ...] = ()
    abandonments: tuple[AbandonmentRule, ...] = ()
    suspensions: tuple[Suspension, ...] = ()
    fallback: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.calendars = Calendars(self.calendar_rules)
        self._bound: dict[tuple[tuple[str, ...], str, str], Bound] = {}
        self._rules: dict[tuple[str, str], _Rules] = {}
        tables = (self.windows, self.caps, self.consents, self.suspensions)
        every = [r.jurisdiction for table in tables for r in table] + [s for r in self.sources for s in r.states]
        # The row for unknown states is no country's own: a place that names no country has no window.
        self._windows_of: dict[str, list[WindowRule]] = {}
        for window in self.windows:
            unknown = window.covers_unknown_state_of
            self._windows_of.setdefault(f"{unknown}{_UNKNOWN_STATE}" if unknown else window.jurisdiction, []).append(
                window
            )
        self._subdivisions = sorted({p for text in every for p in text.split(",") if "-" in p})

    def bound(self, jurisdictions: tuple[str, ...], scope: str, mode: str) -> Bound:
        """The rules for a place's jurisdictions, cached. A country is implied by its states."""
        key = (jurisdictions, scope, mode)
        found = self._bound.get(key)
        if found is None:
            if len(self._bound) > 50_000:
                self._bound.clear()
            found = self._bound[key] = self._bind(jurisdictions, scope, mode)
        return found

    def abandonment(self, rule_id: str) -> AbandonmentRule:
        """One abandonment rule by id; raises `KeyError`."""
        for rule in self.abandonments:
            if rule.id == rule_id:
                return rule
        raise KeyError(rule_id)

    def ebr_months(self, country: str) -> tuple[int, int, str] | None:
        """What makes a business relationship: months after a transaction, after an inquiry; citation."""
        for rule in self.consents:
            if rule.kind == "ebr" and rule.jurisdiction == country:
                return rule.months_after_transaction, rule.months_after_inquiry, rule.citation
        return None

    @property
    def rnd_renewed_on_day(self) -> int:
        """The day of the month on which the Reassigned Numbers Database is renewed."""
        for source in self.sources:
            if source.kind == "rnd" and source.renewed_on_day is not None:
                return source.renewed_on_day
        raise LookupError("No rule says when the Reassigned Numbers Database is renewed; restore dnc_sources.toml.")

    def _bind(self, given: tuple[str, ...], scope: str, mode: str) -> Bound:
        countries = tuple(dict.fromkeys(j[:2] for j in given))
        known = {j for j in given if not j.endswith("-ZZ")}
        unknown = tuple(c for c in countries if not any(j.startswith(f"{c}-") for j in known))
        places = known | set(countries)
        for country in unknown:
            # The state is unknown: the call may land in any, so every state's rules bind.
            places.update(s for s in self._subdivisions if s.startswith(f"{country}-"))
        windows, without, window_scope = self._windows(places, countries, unknown, scope, mode)
        here = self._rules_for(scope, mode)
        return Bound(
            jurisdictions=tuple(sorted(places)),
            unknown_state_of=unknown,
            windows=windows,
            caps=here.caps.at(places),
            consents=here.consents.at(places),
            sources=here.sources.at(places),
            rnd=here.rnd.at(places),
            suspensions=here.suspensions.at(places),
            countries_without_window=without,
            window_scope=window_scope,
        )

    def _rules_for(self, scope: str, mode: str) -> _Rules:
        """What may bind calls of a scope and mode somewhere, cached."""
        found = self._rules.get((scope, mode))
        if found is None:
            sources = [s for s in self.sources if scope in s.scopes]
            found = self._rules[scope, mode] = _Rules(
                caps=_ByPlace(
                    (c, {c.jurisdiction}) for c in self.caps if c.scope in (scope, "both") and mode_is(c.applies, mode)
                ),
                consents=_ByPlace(
                    (c, c.jurisdictions)
                    for c in self.consents
                    if c.kind == "required" and scope in c.scopes and any(mode_is(m, mode) for m in c.modes)
                ),
                sources=_ByPlace((s, {s.jurisdiction, *s.states}) for s in sources if s.kind in ("national", "state")),
                rnd=_ByPlace((s, {s.jurisdiction}) for s in sources if s.kind == "rnd"),
                suspensions=_ByPlace(
                    (s, {s.jurisdiction}) for s in self.suspensions if not s.scopes or scope in s.scopes
                ),
            )
        return found

    def _windows(
        self, places: set[str], countries: tuple[str, ...], unknown: tuple[str, ...], scope: str, mode: str
    ) -> tuple[tuple[WindowRule, ...], tuple[str, ...], dict[str, str]]:
        """Windows that bind; countries that have none; the scope used in each country."""
        window_scope: dict[str, str] = {}
        for country in countries:
            for wanted in (scope, self.fallback.get(scope, scope)):
                if any(w.scope in (wanted, "both") for w in self._windows_of.get(country, ())):
                    window_scope[country] = wanted
                    break
        bound = []
        for where in (*places, *(f"{country}{_UNKNOWN_STATE}" for country in unknown)):
            for window in self._windows_of.get(where, ()):
                used = window_scope.get(window.covers_unknown_state_of or window.jurisdiction[:2])
                if used and window.scope in (used, "both") and mode_is(window.applies, mode):
                    bound.append(window)
        order = sorted(bound, key=lambda w: (w.jurisdiction.count("-"), w.jurisdiction))
        return tuple(order), tuple(c for c in countries if c not in window_scope), window_scope
