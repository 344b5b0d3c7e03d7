"""One call under examination: the call, the facts, the instant and what follows from them, computed once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from dnc.gate.agreements import Agreements, agreements_of
from dnc.gate.clock import zones_of
from dnc.gate.facts import Facts, Policy
from dnc.gate.hours import Hours, Waived, hours_of, waived_windows
from dnc.rules import Bound, Rulebook
from dnc.values import Consent, ProposedCall

__all__ = ["Context", "context_of"]


@dataclass(slots=True)
class Context:
    """What every rule looks at. Rules read it and change nothing."""

    book: Rulebook
    bound: Bound
    call: ProposedCall
    facts: Facts
    at: datetime  # UTC
    policy: Policy
    zones: tuple[ZoneInfo, ...]
    hours: Hours
    consent: Consent
    agreements: Agreements
    waived: Waived
    dates: tuple[date, ...]  # the local date in each zone; the UTC date when no zone is known

    @property
    def guaranteed(self) -> bool:
        """A live agent is sure to be there.

        The person chose the call, or the engine holds an agent for it.
        """
        return self.call.mode != "prerecorded" and (
            self.call.agent_guaranteed or self.call.mode in ("preview", "manual")
        )

    def moved(self, at: datetime) -> Context:
        """The same call and facts at another instant."""
        return context_of(self.book, self.call, self.facts, at, self.policy)


def context_of(book: Rulebook, call: ProposedCall, facts: Facts, at: datetime, policy: Policy) -> Context:
    """Bind the rules to a call. Raises `ValueError` for a naive instant and `UnknownZone` for a bad place."""
    if at.tzinfo is None:
        raise ValueError(f"{at.isoformat()} has no time zone; every instant must carry one.")
    at = at.astimezone(UTC)
    bound = book.bound(call.place.jurisdictions, call.scope, call.mode)
    consent = facts.consent if facts.consent is not None else call.consent
    agreements = agreements_of(consent, at)
    if facts.consent is not None and agreements_of(call.consent, at).revoked:
        # Two sources, and one says the person took it back: that one is believed.
        consent, agreements = call.consent, agreements_of(call.consent, at)
    zones = zones_of(call.place.zones)
    return Context(
        book=book,
        bound=bound,
        call=call,
        facts=facts,
        at=at,
        policy=policy,
        zones=zones,
        hours=hours_of(book, bound),
        consent=consent,
        agreements=agreements,
        waived=waived_windows(bound, agreements.names, agreements.basis),
        dates=tuple([at.astimezone(z).date() for z in zones]) or (at.date(),),
    )
