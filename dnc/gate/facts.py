"""What the gate has to be told about a number before it can answer: the port, and the memory that tests use.

The gate asks once per call. An adapter that cannot answer raises; the gate then refuses the call and says
why. It never guesses: a list that nobody mentioned was not consulted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from dnc.rules import Rulebook
from dnc.values import Block, Consent, ListEvidence, PastEvent, ProposedCall, RndReply

__all__ = ["CampaignCap", "Facts", "FactsPort", "MemoryFacts", "Policy", "clear_lists"]


@dataclass(frozen=True, slots=True)
class CampaignCap:
    """A cap the campaign sets itself: at most `limit` attempts in `n` minutes, hours, local days, or ever.

    It counts this campaign's attempts to the person (`per="number"`: to the number). Code FREQ_CAMPAIGN.
    """

    limit: int
    unit: Literal["minutes", "hours", "days", "lifetime"]
    n: int = 1
    per: Literal["person", "number"] = "person"

    def __post_init__(self) -> None:
        if self.limit < 1 or self.n < 1:
            raise ValueError(f"A campaign cap needs a limit and a span of 1 or more, not {self.limit} in {self.n}.")

    @property
    def rule(self) -> str:
        """The rule id in evidence: `campaign.3in1days`."""
        return (
            f"campaign.{self.limit}ever" if self.unit == "lifetime" else f"campaign.{self.limit}in{self.n}{self.unit}"
        )


@dataclass(frozen=True, slots=True)
class Policy:
    """What a campaign asks for beyond the law. It can only refuse more."""

    guard_seconds: int = 0  # stop so many seconds before each closing: ring time counts in some states
    caps: tuple[CampaignCap, ...] = ()
    require_rnd: bool = False  # refuse without an answer of the Reassigned Numbers Database

    def __post_init__(self) -> None:
        if not 0 <= self.guard_seconds <= 3600:
            raise ValueError(f"guard_seconds must be 0 to 3600, not {self.guard_seconds}.")


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything known of one number at one instant, and what could not be read."""

    suppressions: Sequence[ListEvidence] = ()
    history: Sequence[PastEvent] = ()
    consent: Consent | None = None  # None: what the call itself says
    blocks: Sequence[Block] = ()
    rnd: RndReply | None = None  # None: the database was not asked
    unreadable: tuple[tuple[str, str], ...] = ()  # (which fact, what went wrong)


class FactsPort(Protocol):
    """Where facts come from. Implemented by the database; by `MemoryFacts` in tests and simulations.

    Each method may raise: the call is then refused with DATA_UNREADABLE.
    """

    def suppressions(self, call: ProposedCall, at: datetime) -> Sequence[ListEvidence]:
        """What every list that binds this call says: internal always, national and state where one exists."""
        ...

    def history(self, call: ProposedCall, since: datetime) -> Sequence[PastEvent]:
        """Events of this number or this person since then, in every campaign of the client, in any order."""
        ...

    def consent(self, call: ProposedCall) -> Consent | None:
        """What the consent ledger knows; None when it knows nothing, and the call's own consent stands."""
        ...

    def blocks(self, call: ProposedCall, at: datetime) -> Sequence[Block]:
        """Inconvenient times the person named, and emergencies the operator flagged."""
        ...

    def rnd(self, call: ProposedCall, at: datetime) -> RndReply | None:
        """The Reassigned Numbers Database's newest answer; None when it is not used for this call."""
        ...


def clear_lists(book: Rulebook, jurisdictions: Sequence[str] | None = None) -> tuple[ListEvidence, ...]:
    """Fresh evidence of every list a rulebook requires (at some jurisdictions), with nobody on it.

    For tests.
    """
    found = [ListEvidence("internal", "internal")]
    for source in book.sources:
        if source.kind == "national" and (jurisdictions is None or source.jurisdiction in jurisdictions):
            found.append(ListEvidence("national", source.id, age_days=0, jurisdiction=source.jurisdiction))
        if source.kind == "state":
            found += [
                ListEvidence("state", f"{state}.list", age_days=0, jurisdiction=state)
                for state in source.states
                if jurisdictions is None or state in jurisdictions
            ]
    return tuple(found)


@dataclass(slots=True)
class MemoryFacts:
    """Facts in plain collections, keyed by number: for tests, demos and simulations.

    `standing` evidence is given for every number; `clear_lists(book)` makes a fresh and empty copy of each
    list.
    """

    standing: Sequence[ListEvidence] = (ListEvidence("internal", "internal"),)
    lists: dict[str, list[ListEvidence]] = field(default_factory=dict)
    events: dict[str, list[PastEvent]] = field(default_factory=dict)
    consents: dict[str, Consent] = field(default_factory=dict)
    stops: dict[str, list[Block]] = field(default_factory=dict)
    answers: dict[str, RndReply] = field(default_factory=dict)
    default_rnd: RndReply | None = None

    def suppressions(self, call: ProposedCall, at: datetime) -> Sequence[ListEvidence]:
        """The number's own evidence, then the standing one for the lists it does not mention."""
        own = self.lists.get(call.number, [])
        named = {(e.kind, e.jurisdiction) for e in own}
        here = call.place.jurisdictions
        return [
            *own,
            *(
                e
                for e in self.standing
                if (e.kind, e.jurisdiction) not in named and (not e.jurisdiction or e.jurisdiction in here)
            ),
        ]

    def history(self, call: ProposedCall, since: datetime) -> Sequence[PastEvent]:
        """Events of the number, and of the person under other numbers."""
        found = list(self.events.get(call.number, ()))
        if call.person:
            others = (e for number, events in self.events.items() if number != call.number for e in events)
            found += [e for e in others if e.person == call.person]
        return [e for e in found if e.at >= since]

    def consent(self, call: ProposedCall) -> Consent | None:
        """The consent noted for the number."""
        return self.consents.get(call.number)

    def blocks(self, call: ProposedCall, at: datetime) -> Sequence[Block]:
        """The blocks noted for the number."""
        return self.stops.get(call.number, ())

    def rnd(self, call: ProposedCall, at: datetime) -> RndReply | None:
        """The answer noted for the number."""
        return self.answers.get(call.number, self.default_rnd)

    def add(self, event: PastEvent) -> None:
        """Note one event under its number."""
        self.events.setdefault(event.number, []).append(event)
