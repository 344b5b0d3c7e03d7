"""Place and time alone: what the hopper asks for thousands of places at once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from dnc.gate.clock import ceil_minute, zones_of
from dnc.gate.closures import next_without_closures, suspension_checks
from dnc.gate.context import Context, context_of
from dnc.gate.facts import Facts, Policy
from dnc.rules import Rulebook
from dnc.values import Check, Code, Consent, Mode, Place, ProposedCall, Scope

__all__ = ["Opening", "opening"]

_ROUNDS = 500


@dataclass(frozen=True, slots=True)
class Opening:
    """Whether a place may be called by its clock alone, and when that answer changes.

    `until`: when open, it stays open at least until then; when closed, the first whole minute at which it
    opens (None: never, as far as the rules go). `failed`: the checks that close it now.
    """

    open: bool
    until: datetime | None
    failed: tuple[Check, ...] = ()


def opening(
    book: Rulebook,
    place: Place,
    scope: Scope,
    mode: Mode,
    at: datetime,
    *,
    policy: Policy,
    consent: Consent | None = None,
) -> Opening:
    """Windows, holidays and suspensions at a place.

    Never raises for bad data; a naive `at` is a `ValueError`.
    """
    if at.tzinfo is None:
        raise ValueError(f"{at.isoformat()} has no time zone; every instant must carry one.")
    call = ProposedCall("", scope, mode, place, consent=consent or Consent())
    try:
        if not place.zones or not place.jurisdictions:
            saw = place.why or "the place is unknown; complete the address, or leave the number out"
            check = Check(Code.TZ_UNKNOWN, "place.known", False, "policy: fail closed", saw, status="policy")
            return Opening(False, None, (check,))
        context = context_of(book, call, Facts(), at, policy)
        found = (*suspension_checks(context), *_windows(context))
        failed = tuple(c for c in found if not c.passed)
        return Opening(True, _closes(context)) if not failed else Opening(False, settle(context), failed)
    except Exception as error:  # fail closed: a place that cannot be judged is closed
        saw = f"hours could not be judged ({type(error).__name__}: {error}); correct the data and try again"
        check = Check(Code.DATA_UNREADABLE, "hours.unreadable", False, "policy: fail closed", saw, status="policy")
        return Opening(False, None, (check,))


def _windows(context: Context) -> tuple[Check, ...]:
    place = context.call.place
    return context.hours.checks(place.zones, context.at, context.waived, context.policy.guard_seconds)


def _closes(context: Context) -> datetime:
    """Open at least until then: the first closing in any zone, or the start of a suspension."""
    guard = context.policy.guard_seconds
    ends = [context.hours.open_until(context.at, z, context.waived, guard) for z in zones_of(context.call.place.zones)]
    starts = (s.starts for s in context.bound.suspensions)
    ends += [s.astimezone(UTC) for s in starts if isinstance(s, datetime) and s > context.at]
    return min(ends)


def settle(context: Context) -> datetime | None:
    """The first whole minute at or after the context's instant at which windows and closures allow a call.

    Each zone and each closure can tell exactly when it next allows one; the latest of these is taken again
    and again until nothing moves, which gives the least common instant.
    """
    at = ceil_minute(context.at)
    for _ in range(_ROUNDS):
        moment = context.moved(at)
        latest = at
        for here in moment.zones:
            opens = moment.hours.next_open(latest, here, moment.waived, moment.policy.guard_seconds)
            if opens is None:
                return None
            latest = max(latest, opens)
        if latest == at:
            free = next_without_closures(moment)
            if free is None:
                return None
            latest = max(latest, free)
        if latest == at:
            return at
        at = ceil_minute(latest)
    return None
