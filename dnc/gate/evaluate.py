"""The decision: every rule in order, each with what it saw; and the next lawful instant after a refusal.

`evaluate` is pure. A rule that cannot be evaluated refuses the call (DATA_UNREADABLE) with the sentence
that says what to do; it never raises into the dial loop and never counts as passed.

`next_allowed` is the least instant at which every rule of time holds. Each kind of rule can say exactly
when it next holds by itself; starting from now, the latest of these is taken again and again until nothing
moves.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import datetime
from importlib.metadata import version

from dnc.gate.caps import cap_checks, next_within_caps
from dnc.gate.clock import ceil_minute
from dnc.gate.closures import inconvenient_checks, suspension_checks
from dnc.gate.consent import consent_checks
from dnc.gate.context import Context, context_of
from dnc.gate.facts import Facts, Policy
from dnc.gate.lists import own_list_checks, registry_checks
from dnc.gate.number import number_checks
from dnc.gate.opening import settle
from dnc.gate.rnd import rnd_checks
from dnc.rules import Rulebook
from dnc.values import Check, Code, ProposedCall, Verdict
from dnc.zones import TZDATA_VERSION

__all__ = ["RULES", "TIME_CODES", "evaluate", "refusals"]

#: A refusal with these codes ends by itself.
TIME_CODES = frozenset(
    {
        Code.HOURS_FEDERAL,
        Code.HOURS_STATE,
        Code.HOURS_COUNTRY,
        Code.DAY_SUNDAY,
        Code.DAY_SATURDAY,
        Code.HOLIDAY,
        Code.TZ_AMBIGUOUS,
        Code.FREQ_8H,
        Code.FREQ_24H,
        Code.FREQ_7D,
        Code.FREQ_30D,
        Code.FREQ_CAMPAIGN,
        Code.FREQ_AFTER_CONVERSATION,
        Code.COOLOFF_REFUSAL,
        Code.ABANDON_72H,
        Code.AMD_24H,
        Code.INCONVENIENT_TIME,
        Code.EMERGENCY_SUSPENSION,
    }
)
_PLACE = "12 CFR 1006.6(b)(1)(i); 16 CFR 310.4(c): the local time at the called person's location"
_ROUNDS = 500
#: The libraries whose data a decision rests on.
_LIBRARIES = {"tzdata": TZDATA_VERSION, "holidays": version("holidays"), "phonenumbers": version("phonenumbers")}


def _place_checks(context: Context) -> Iterator[Check]:
    place = context.call.place
    known = bool(place.zones and place.jurisdictions)
    saw = place.why or f"{', '.join(place.jurisdictions) or 'no jurisdiction'}; {', '.join(place.zones) or 'no zone'}"
    if not known:
        saw += "; complete the address, or leave the number out"
    yield Check(Code.TZ_UNKNOWN, "place.known", known, _PLACE, saw, f"tzdata {TZDATA_VERSION}", "policy")


def _window_checks(context: Context) -> Iterable[Check]:
    place = context.call.place
    if not place.zones or not place.jurisdictions:
        return ()
    return context.hours.checks(place.zones, context.at, context.waived, context.policy.guard_seconds)


#: The rules in the order of a verdict.
_RULES: tuple[tuple[str, Callable[[Context], Iterable[Check]]], ...] = (
    ("number", number_checks),
    ("place", _place_checks),
    ("suspension", suspension_checks),
    ("inconvenient", inconvenient_checks),
    ("windows", _window_checks),
    ("lists", own_list_checks),
    ("registries", registry_checks),
    ("rnd", rnd_checks),
    ("consent", consent_checks),
    ("caps", cap_checks),
)
#: Their names, in the same order.
RULES: tuple[str, ...] = tuple(name for name, _ in _RULES)
_STANDING = tuple(r for r in _RULES if r[0] in ("lists", "registries", "rnd", "consent"))


def evaluate(
    book: Rulebook,
    call: ProposedCall,
    facts: Facts,
    at: datetime,
    policy: Policy | None = None,
    *,
    with_next: bool = True,
) -> Verdict:
    """Whether `call` may be placed at `at`, given `facts`; pure. `at` must carry a zone (else `ValueError`).

    Every rule consulted is in the verdict, passed or not, in order. `next_allowed` is computed for refusals
    only: a whole minute (UTC) at which, as far as the facts go, the call is lawful; None when no passing of
    time makes it so, or when `with_next` is false.
    """
    if at.tzinfo is None:
        raise ValueError(f"{at.isoformat()} has no time zone; every instant must carry one.")
    try:
        context = context_of(book, call, facts, at, policy or Policy())
    except Exception as error:  # fail closed: an unknown zone or a broken rule table refuses the call
        return Verdict(False, at, (_unreadable("call", error),), None, dict(_versions(book)))
    checks = [_fact_unreadable(name, problem) for name, problem in facts.unreadable]
    for name, rule in _RULES:
        checks += _judged(name, rule, context)
    failed = [c for c in checks if not c.passed]
    versions = _versions(book)
    if facts.suppressions:
        versions = versions | {e.name: e.version for e in facts.suppressions if e.version}
    if not failed:
        return Verdict(True, at, tuple(checks), at, versions)
    later = _next_allowed(context, failed) if with_next else None
    return Verdict(False, at, tuple(checks), later, versions)


def refusals(context: Context, names: Collection[str]) -> tuple[Code, ...]:
    """The codes with which the rules of these names refuse, in the order of a verdict, each once."""
    every = (check for name, rule in _RULES if name in names for check in _judged(name, rule, context))
    return tuple(dict.fromkeys(check.code for check in every if not check.passed))


def _judged(name: str, rule: Callable[[Context], Iterable[Check]], context: Context) -> list[Check]:
    """What one rule says."""
    checks: list[Check] = []
    try:
        checks.extend(rule(context))
    except Exception as error:  # fail closed: what a rule cannot judge it refuses
        checks.append(_unreadable(name, error))
    return checks


def _versions(book: Rulebook) -> dict[str, str]:
    return {"rules": book.version, **_LIBRARIES}


def _unreadable(name: str, error: Exception) -> Check:
    saw = f"{name} could not be judged ({type(error).__name__}: {error}); correct the data and try again"
    return Check(Code.DATA_UNREADABLE, f"{name}.unreadable", False, "policy: fail closed", saw, status="policy")


def _fact_unreadable(name: str, problem: str) -> Check:
    saw = f"{name} could not be read ({problem}); make its source readable and try again"
    return Check(Code.DATA_UNREADABLE, f"facts.{name}", False, "policy: fail closed", saw, status="policy")


def _next_allowed(context: Context, failed: list[Check]) -> datetime | None:
    """The least whole minute from now at which all rules hold, when only time stands between."""
    if any(c.code not in TIME_CODES for c in failed):
        return None
    try:
        found = _settle(context)
        if found is None:
            return None
        # A relationship or consent may have run out by then.
        later = context.moved(found)
        stands = all(check.passed for _, rule in _STANDING for check in rule(later))
    except Exception:  # the refusal itself stands; when it ends cannot be said
        return None
    return found if stands else None


def _settle(context: Context) -> datetime | None:
    """The least whole minute at which hours, closures and caps all hold."""
    moment = context
    for _ in range(_ROUNDS):
        opens = settle(moment)
        if opens is None:
            return None
        moment = context.moved(opens)
        free = next_within_caps(moment)
        if free is None or free <= opens:
            return free
        moment = context.moved(ceil_minute(free))
    return None
