"""The gate's facts, read from the database inside the transaction that will dial.

`StoreFacts` is the `FactsPort` of `dnc.gate`. Everything is read when it is asked for, so an opt-out that any
process committed a moment ago is seen. National and state registries are not in the database: what they say
comes from the `registries` object, and the Reassigned Numbers Database's answers from `rnd`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Literal, Protocol

from sqlalchemy import String, bindparam, select, text, union_all
from sqlalchemy.sql.selectable import Select

from dialer.engine.states import TALKED
from dialer.store import blocks as _blocks
from dialer.store import consents as _consents
from dialer.store import imported as _imported
from dialer.store import suppressions as _suppressions
from dialer.store.schema import UtcDateTime
from dialer.store.schema import attempt as _attempt
from dialer.store.schema import disposition as _disposition
from dialer.store.schema import phone as _phone
from dialer.store.statements import Prepared, Row
from dialer.store.transactions import Reading
from dnc.values import Block, Consent, ListEvidence, PastEvent, ProposedCall, RndReply

__all__ = ["Registries", "StoreFacts", "internal_evidence", "past_events"]


class Registries(Protocol):
    """Who knows the national and state lists."""

    def evidence(self, number: str, at: datetime, jurisdictions: Iterable[str] = ()) -> Sequence[ListEvidence]:
        """What each list says of the number, those of the jurisdictions among them."""
        ...


#: A conversation may end long after its call was placed; attempts are read from this much earlier on.
_LONGEST_CALL = timedelta(hours=12)

#: Rule-book names of the scopes of a suppression.
_KINDS: dict[str, Literal["internal", "client", "campaign", "areacode"]] = {
    "company": "internal",
    "client": "client",
    "campaign": "campaign",
    "areacode": "areacode",
}


def _attempts(*where: object) -> Select[tuple[object, ...]]:
    """Attempts of one client since an instant, each with its dispositions and the kind of its number."""
    return (
        select(
            _attempt.c.call_id,
            _attempt.c.number,
            _attempt.c.person_id,
            _attempt.c.debt_id,
            _attempt.c.subject,
            _attempt.c.campaign,
            _phone.c.kind,
            _attempt.c.counts,
            _attempt.c.placed_at,
            _attempt.c.answered_at,
            _attempt.c.bridged_at,
            _attempt.c.ended_at,
            _attempt.c.result,
            _attempt.c.amd_machine,
            _disposition.c.disposition_id,
            _disposition.c.flags,
            _disposition.c.at,
            _attempt.c.carrier_ref,
            _attempt.c.detail,
        )
        .select_from(_attempt)
        .join(_phone, _phone.c.phone_id == _attempt.c.phone_id)
        .outerjoin(_disposition, _disposition.c.call_id == _attempt.c.call_id)
        .where(
            *where,  # type: ignore[arg-type]
            _attempt.c.placed_at >= bindparam("since", type_=UtcDateTime()),
            _attempt.c.client == bindparam("client", type_=String()),
        )
    )


_BY_NUMBER = _attempts(_attempt.c.number == bindparam("number", type_=String()))
_BY_PERSON = _attempts(_attempt.c.person_id == bindparam("person", type_=String()), text("attempt.person_id != ''"))
_BY_DEBT = _attempts(_attempt.c.debt_id == bindparam("debt", type_=String()), text("attempt.debt_id != ''"))
#: By what is known beside the number: (person, debt).
_HISTORY = {
    (False, False): Prepared(_BY_NUMBER),
    (True, False): Prepared(union_all(_BY_NUMBER, _BY_PERSON)),
    (False, True): Prepared(union_all(_BY_NUMBER, _BY_DEBT)),
    (True, True): Prepared(union_all(_BY_NUMBER, _BY_PERSON, _BY_DEBT)),
}


class StoreFacts:
    """What the database, and the registries beside it, know of a proposed call.

    Args:
        tx: the transaction to read in; for a dial the one that will insert the attempt.
        registries: national and state lists; None when the campaign's countries have none.
        rnd: answers of the Reassigned Numbers Database; None when it is not used.
    """

    def __init__(
        self,
        tx: Reading,
        registries: Registries | None = None,
        *,
        rnd: Callable[[ProposedCall, datetime], RndReply | None] | None = None,
    ) -> None:
        self._tx, self._registries, self._rnd = tx, registries, rnd

    def suppressions(self, call: ProposedCall, at: datetime) -> Sequence[ListEvidence]:
        """The internal lists, always, then the registries."""
        own = internal_evidence(self._tx, call, at)
        if self._registries is None:
            return own
        return [*own, *self._registries.evidence(call.number, at, call.place.jurisdictions)]

    def history(self, call: ProposedCall, since: datetime) -> Sequence[PastEvent]:
        """What happened to this number, person or debt since then, in every campaign of the client."""
        return past_events(self._tx, call, since)

    def consent(self, call: ProposedCall) -> Consent | None:
        """What was learned of consent after the list was loaded."""
        return _consents.standing(self._tx, call.number, call.client, call.scope)

    def blocks(self, call: ProposedCall, at: datetime) -> Sequence[Block]:
        """Inconvenient times of the number, and emergencies at its places."""
        return _blocks.in_force(self._tx, call.number, call.place.jurisdictions, at)

    def rnd(self, call: ProposedCall, at: datetime) -> RndReply | None:
        """The Reassigned Numbers Database's newest answer."""
        return None if self._rnd is None else self._rnd(call, at)


def internal_evidence(tx: Reading, call: ProposedCall, at: datetime) -> list[ListEvidence]:
    """What the company's own lists say: always one row for `internal`, further ones where the number is listed."""
    entries = _suppressions.in_force(tx, call.number, client=call.client, campaign=call.campaign, at=at)
    listed = [
        ListEvidence(
            kind=_KINDS[entry.scope],
            name=f"{_KINDS[entry.scope]} {entry.scope_id}".rstrip(),
            listed=True,
            version=f"entry {entry.entry_id}",
            detail=f"{entry.reason}; {entry.source}; {entry.at:%Y-%m-%d %H:%M}Z by {entry.by}",
        )
        for entry in entries
    ]
    if not any(entry.scope == "company" for entry in entries):
        listed.insert(0, ListEvidence("internal", "internal"))
    return listed


def past_events(tx: Reading, call: ProposedCall, since: datetime) -> list[PastEvent]:
    """Return the events of the number, the person and the debt since then, of the client's campaigns, in order."""
    values = {"number": call.number, "client": call.client, "since": since - _LONGEST_CALL}
    if call.person:
        values["person"] = call.person
    if call.debt:
        values["debt"] = call.debt
    rows = _HISTORY[bool(call.person), bool(call.debt)].rows(tx, **values)
    events = _imported.events(tx, call, since)  # calls of another system count as ours do
    seen: set[str] = set()
    told: set[int] = set()
    for row in rows:
        if row[0] not in seen:
            seen.add(row[0])
            events.extend(_of_attempt(row))
        if row[14] is not None and row[14] not in told:
            told.add(row[14])
            if "refusal" in row[15]:
                events.append(_event(row, row[16], "refusal"))
    return sorted((event for event in events if event.at >= since), key=lambda event: event.at)


def _of_attempt(row: Row) -> Iterator[PastEvent]:
    """The attempt itself, and what came of it."""
    placed, answered, bridged, ended, result, machine = row[8:14]
    counts, reference, detail = row[7], row[17], row[18]
    if not counts and reference is None and detail and result in ("congestion", "failed"):
        return  # the carrier did not take it, and said so: nobody was called
    yield _event(row, placed, "attempt")
    if bridged is not None and (result is None or result in TALKED):
        yield _event(row, ended or bridged, "conversation")
    elif result == "abandoned":
        yield _event(row, ended or answered or placed, "abandoned")
    if machine:
        yield _event(row, ended or answered or placed, "amd_machine")


def _event(
    row: Row, at: datetime, kind: Literal["attempt", "conversation", "abandoned", "amd_machine", "refusal"]
) -> PastEvent:
    """One event of an attempt's row."""
    _, number, person, debt, subject, campaign, number_kind, counts = row[:8]
    return PastEvent(at, kind, number, person, debt, subject, campaign, counts, number_kind)
