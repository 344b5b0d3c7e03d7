"""What a start asks of the attempts: who answered since when, how often a lead was tried, how calls ended."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import Integer, bindparam, func, select

from dialer.store.schema import UtcDateTime
from dialer.store.schema import attempt as _t
from dialer.store.schema import contact_list as _list
from dialer.store.schema import disposition as _disposition
from dialer.store.schema import lead as _lead
from dialer.store.schema import phone as _phone
from dialer.store.schema import run as _run
from dialer.store.statements import Prepared
from dialer.store.transactions import Reading

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = [
    "LiveAnswer",
    "PastCall",
    "Said",
    "attempts_of_lead",
    "calls_to",
    "last_disposition",
    "live_answers",
    "past_calls",
    "phone_in_campaign",
    "phone_of_call",
]


@dataclass(frozen=True, slots=True)
class LiveAnswer:
    """One call that a live person answered."""

    call_id: str
    answered_at: datetime
    bridged_at: datetime | None
    agent_id: str | None
    ended_at: datetime | None
    result: str | None


@dataclass(frozen=True, slots=True)
class Said:
    """What an agent said of a call."""

    code: str
    callback_at: datetime | None
    callback_for: str  # the agent who is to call back; "": anybody


@dataclass(frozen=True, slots=True)
class PastCall:
    """How one call of the past ended, with what was known before it was placed."""

    placed_at: datetime
    result: str
    attempts: int  # earlier attempts to this lead
    place_id: int


_before = _t.alias("earlier")
_PAST = Prepared(
    select(
        _t.c.placed_at,
        _t.c.result,
        select(func.count(type_=Integer))
        .where(_before.c.lead_id == _t.c.lead_id, _before.c.placed_at < _t.c.placed_at)
        .scalar_subquery(),
        _phone.c.place_id,
    )
    .join(_phone, _phone.c.phone_id == _t.c.phone_id)
    .where(
        _t.c.campaign == bindparam("name"),
        _t.c.placed_at >= bindparam("since", type_=UtcDateTime()),
        _t.c.result.is_not(None),
    )
    .order_by(_t.c.placed_at.desc())
    .limit(bindparam("most", type_=Integer()))
)
_LIVE = Prepared(
    select(*(_t.c[name] for name in LiveAnswer.__dataclass_fields__))
    .where(
        _t.c.campaign == bindparam("name"),
        _t.c.placed_at >= bindparam("since", type_=UtcDateTime()),
        _t.c.answered_at.is_not(None),
    )
    .order_by(_t.c.placed_at, _t.c.call_id)
)
_SAID = Prepared(
    select(_disposition.c.code, _disposition.c.callback_at, _disposition.c.callback_for)
    .where(_disposition.c.call_id == bindparam("call"))
    .order_by(_disposition.c.disposition_id.desc())
    .limit(1)
)
_CALLS_TO = Prepared(select(_t).where(_t.c.number == bindparam("to")).order_by(_t.c.placed_at))
_DISPOSITIONS_OF = Prepared(
    select(_disposition).where(_disposition.c.call_id == bindparam("call")).order_by(_disposition.c.disposition_id)
)
_PHONE = Prepared(
    select(_phone.c.phone_id).where(_phone.c.campaign == bindparam("name"), _phone.c.number == bindparam("of"))
)
_PHONE_OF_CALL = Prepared(select(_t.c.phone_id).where(_t.c.call_id == bindparam("call")))
_FIRST_RUN = Prepared(select(func.min(_run.c.started_at)).where(_run.c.campaign == bindparam("name")))
_ELSEWHERE = Prepared(
    select(_phone.c.number)
    .join(_lead, _lead.c.lead_id == _phone.c.lead_id)
    .join(_list, _list.c.list_id == _lead.c.list_id)
    .where(_phone.c.campaign == bindparam("name"), _list.c.sha256 != bindparam("digest"))
)
_TRIED = Prepared(select(func.count(type_=Integer)).where(_t.c.lead_id == bindparam("lead")))


def last_disposition(tx: Reading, call_id: str) -> Said | None:
    """Return the newest word of an agent on a call, or None."""
    row = _SAID.first(tx, call=call_id)
    return None if row is None else Said(row[0], row[1], row[2] or "")


def live_answers(tx: Reading, campaign: str, since: datetime) -> list[LiveAnswer]:
    """Return the calls placed since then that a live person answered, oldest first."""
    return [LiveAnswer(*row) for row in _LIVE.rows(tx, name=campaign, since=since)]


def past_calls(tx: Reading, campaign: str, since: datetime, most: int) -> list[PastCall]:
    """Return the newest `most` calls placed since then that are over, newest first."""
    return [PastCall(*row) for row in _PAST.rows(tx, name=campaign, since=since, most=most)]


def attempts_of_lead(tx: Reading, lead_id: int) -> int:
    """Return how many attempts were made to a lead."""
    return int(_TRIED.value(tx, lead=lead_id) or 0)


def first_run_start(tx: Reading, campaign: str) -> datetime | None:
    """Return when the campaign first ran, or None."""
    found: datetime | None = _FIRST_RUN.value(tx, name=campaign)
    return found


def numbers_elsewhere(tx: Reading, campaign: str, sha256: str) -> NDArray[np.int64]:
    """Return the campaign's numbers from other files than this one, as whole numbers; shape (n,), 8 bytes each."""
    import numpy as np

    rows = _ELSEWHERE.each(tx, name=campaign, digest=sha256)
    return np.fromiter((int(row[0][1:]) for row in rows), dtype=np.int64)


def phone_in_campaign(tx: Reading, campaign: str, number: str) -> int | None:
    """Return the id of a number in a campaign's lists, or None."""
    found = _PHONE.value(tx, name=campaign, of=number)
    return None if found is None else int(found)


def phone_of_call(tx: Reading, call_id: str) -> int:
    """Return the id of the phone that a call was placed to."""
    return int(_PHONE_OF_CALL.value(tx, call=call_id))


def calls_to(tx: Reading, number: str) -> list[dict[str, Any]]:
    """Return every attempt to a number with what agents said of it, oldest first, as plain dictionaries."""
    found = []
    for row in _CALLS_TO.rows(tx, to=number):
        call = dict(zip(_t.c.keys(), row, strict=True))
        said = _DISPOSITIONS_OF.rows(tx, call=call["call_id"])
        call["dispositions"] = [dict(zip(_disposition.c.keys(), each, strict=True)) for each in said]
        found.append(call)
    return found
