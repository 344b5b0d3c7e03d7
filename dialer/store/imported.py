"""Calls that another system placed, brought in so that caps count them from the next dial on.

They are facts of the client: of a number, a person and a debt. They stand beside our own attempts, never among them:
no run placed them, no decision of the ledger allowed them, and no figure of ours (dials, abandonment, answer rates)
counts them. A call is known by client, number and instant, so the same file twice changes nothing; a call that we
placed ourselves at that instant is not counted a second time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import String, bindparam, delete, func, insert, select, text, union

from dialer.store import erasures
from dialer.store.schema import UtcDateTime
from dialer.store.schema import attempt as _attempt
from dialer.store.schema import imported_call as _t
from dialer.store.schema import lead as _lead
from dialer.store.schema import phone as _phone
from dialer.store.statements import Among, Prepared
from dialer.store.transactions import Reading, Writing
from dnc.values import PastEvent, ProposedCall

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ImportedCall", "Whose", "add", "count", "event_rows", "events", "known_as", "of_numbers", "remove"]

Kind = Literal["attempt", "conversation", "abandoned", "amd_machine", "refusal"]


@dataclass(frozen=True, slots=True)
class ImportedCall:
    """One call of the past. `result` is a word of `engine.states.CallResult`; "": nobody knows what the code means."""

    number: str  # E.164
    placed_at: datetime
    result: str
    code: str = ""  # as the other system wrote it
    talk_seconds: float | None = None
    agent: str = ""
    person_id: str = ""
    debt_id: str = ""
    subject: str = ""
    counts: bool = True
    conversation: bool = False
    refusal: bool = False
    source: str = ""


@dataclass(frozen=True, slots=True)
class Whose:
    """As whom a campaign knows a number."""

    person_id: str
    debt_id: str


_COLUMNS = tuple(ImportedCall.__dataclass_fields__)
_INSERT = Prepared(insert(_t).inline(), (*_COLUMNS, "client", "campaign", "imported_by", "imported_at"))
_OURS = Prepared(
    select(_attempt.c.number, _attempt.c.placed_at).where(
        Among(_attempt.c.number, "numbers"), _attempt.c.client == bindparam("client", type_=String())
    )
)
_THERE = Prepared(
    select(_t.c.number, _t.c.placed_at).where(
        Among(_t.c.number, "numbers"), _t.c.client == bindparam("client", type_=String())
    )
)
_KNOWN = Prepared(
    select(_phone.c.number, _lead.c.external_id, _lead.c.person_id, _lead.c.debt_id)
    .join(_lead, _lead.c.lead_id == _phone.c.lead_id)
    .where(_phone.c.campaign == bindparam("name"), Among(_phone.c.number, "numbers"))
)
_FACTS = ("imported_id", "number", "person_id", "debt_id", "subject", "campaign", "counts", "placed_at",
          "talk_seconds", "result", "conversation", "refusal")  # fmt: skip


def _since(*where: Any) -> Any:
    return select(*(_t.c[name] for name in _FACTS)).where(
        *where,
        _t.c.placed_at >= bindparam("since", type_=UtcDateTime()),
        _t.c.client == bindparam("client", type_=String()),
    )


_BY_NUMBER = _since(_t.c.number == bindparam("number", type_=String()))
_BY_PERSON = _since(_t.c.person_id == bindparam("person", type_=String()), text("imported_call.person_id != ''"))
_BY_DEBT = _since(_t.c.debt_id == bindparam("debt", type_=String()), text("imported_call.debt_id != ''"))
#: By what is known beside the number: (person, debt).
_HISTORY = {
    (False, False): Prepared(_BY_NUMBER),
    (True, False): Prepared(union(_BY_NUMBER, _BY_PERSON)),
    (False, True): Prepared(union(_BY_NUMBER, _BY_DEBT)),
    (True, True): Prepared(union(_BY_NUMBER, _BY_PERSON, _BY_DEBT)),
}
_OF = Prepared(select(_t).where(Among(_t.c.number, "numbers")).order_by(_t.c.placed_at, _t.c.imported_id))
_COUNT = Prepared(select(func.count()).select_from(_t).where(_t.c.campaign == bindparam("name")))
_REMOVE = Prepared(delete(_t).where(Among(_t.c.imported_id, "ids")))


def add(
    tx: Writing, calls: Sequence[ImportedCall], *, client: str, campaign: str, by: str, at: datetime
) -> tuple[int, list[ImportedCall]]:
    """Write calls down that are not on record yet; return how many, and those of people who were erased.

    Of an erased person nothing is written: the number is on the company's list, and no cap is needed for it.
    """
    numbers = list({call.number for call in calls})
    erased = erasures.in_force(tx, numbers)
    there = {
        (number, placed_at)
        for statement in (_OURS, _THERE)
        for number, placed_at in statement.rows(tx, numbers=numbers, client=client)
    }
    rows, refused = [], []
    for call in calls:
        key = (call.number, call.placed_at)
        if call.number in erased:
            refused.append(call)
        elif key not in there:
            there.add(key)
            rows.append((*(getattr(call, name) for name in _COLUMNS), client, campaign, by, at))
    _INSERT.run_many(tx, rows)
    return len(rows), refused


def known_as(tx: Reading, campaign: str, numbers: Sequence[str]) -> dict[str, tuple[str, Whose]]:
    """Return by number the external id of the campaign's lead, and as whom caps know it."""
    rows = _KNOWN.rows(tx, name=campaign, numbers=list(numbers))
    return {number: (external, Whose(person, debt)) for number, external, person, debt in rows}


def events(tx: Reading, call: ProposedCall, since: datetime) -> list[PastEvent]:
    """Return the events of imported calls to the number, the person and the debt since then; in any order."""
    values: dict[str, Any] = {"number": call.number, "client": call.client, "since": since - _LONGEST_CALL}
    if call.person:
        values["person"] = call.person
    if call.debt:
        values["debt"] = call.debt
    found = []
    for row in _HISTORY[bool(call.person), bool(call.debt)].rows(tx, **values):
        _, number, person, debt, subject, campaign, counts, placed, talked, result, conversation, refusal = row
        over = placed + timedelta(seconds=talked or 0.0)
        for kind in _kinds(result, conversation, refusal):
            at = placed if kind == "attempt" else over
            if at >= since:
                found.append(PastEvent(at, kind, number, person, debt, subject, campaign, counts))
    return found


#: As in `dialer.store.facts`: a conversation ends after its call was placed.
_LONGEST_CALL = timedelta(hours=12)


def _kinds(result: str, conversation: bool, refusal: bool) -> Iterator[Kind]:
    """What one imported call was, in the gate's words."""
    yield "attempt"
    if conversation:
        yield "conversation"
    elif result == "abandoned":
        yield "abandoned"
    if result in ("machine", "voicemail_left"):
        yield "amd_machine"
    if refusal:
        yield "refusal"


def event_rows(tx: Reading, client: str, since: datetime) -> pd.DataFrame:
    """Return the same events as columns, for previews: those of `dialer.store.screening.past_events`."""
    import pandas as pd

    from dialer.store.frames import frame_of

    found = frame_of(tx, select(_t).where(_t.c.client == client, _t.c.placed_at >= since))
    names = {"number": "number", "person_id": "person", "debt_id": "debt", "subject": "subject",
             "campaign": "campaign", "counts": "counts"}  # fmt: skip
    base = found[list(names)].rename(columns=names).assign(number_kind="")
    over = found["placed_at"] + pd.to_timedelta(found["talk_seconds"].astype("float64").fillna(0.0), unit="s")
    told = found["conversation"]
    parts = [base.assign(at=found["placed_at"], kind="attempt")]
    for kind, those in (
        ("conversation", told),
        ("abandoned", ~told & (found["result"] == "abandoned")),
        ("amd_machine", found["result"].isin(["machine", "voicemail_left"])),
        ("refusal", found["refusal"]),
    ):
        parts.append(base[those].assign(at=over[those], kind=kind))
    return pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)


def of_numbers(tx: Reading, numbers: Sequence[str]) -> list[dict[str, Any]]:
    """Return every imported call to these numbers, oldest first, as plain dictionaries."""
    return [dict(zip(_t.c.keys(), row, strict=True)) for row in _OF.rows(tx, numbers=list(numbers))]


def count(tx: Reading, campaign: str) -> int:
    """Return how many calls were imported for a campaign."""
    return int(_COUNT.value(tx, name=campaign))


def remove(tx: Writing, imported_ids: Sequence[int]) -> int:
    """Remove imported calls; return how many. The database wants an erasure of their numbers."""
    return _REMOVE.run(tx, ids=list(imported_ids))
