"""The hopper: leads taken to be called, given back, and set to their next state.

In which order leads are taken is told in `dialer.store.ranking`. Of a lead's phones the one with the fewest
attempts is tried, then the first in position; bad ones never. A callback goes first to the number on which it was
promised. A lead that one run has leased no other run gets.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Integer, String, and_, bindparam, case, func, literal_column, null, or_, select, update

from dialer.store import places as _places
from dialer.store.errors import StoreError
from dialer.store.ranking import WORKABLE, callbacks, candidates, due_by_place
from dialer.store.schema import UtcDateTime
from dialer.store.schema import attempt as _attempt
from dialer.store.schema import contact_list as _list
from dialer.store.schema import lead as _lead
from dialer.store.schema import phone as _phone
from dialer.store.schema import run as _run
from dialer.store.statements import Among, Prepared, Row
from dialer.store.transactions import Reading, Writing
from dnc.values import Place

__all__ = [
    "NO_NUMBER_LEFT",
    "DuePlace",
    "LeasedLead",
    "Rank",
    "Unsettled",
    "counts",
    "due_callbacks",
    "due_places",
    "hold",
    "lease",
    "mark_phone_bad",
    "mark_phone_good",
    "next_due",
    "release",
    "release_run",
    "set_lead",
    "take",
    "unsettled",
]

#: Gives lead ids by rank, best first: for a campaign, at an instant, about so many, of leads in these places.
Rank = Callable[[Reading, str, datetime, int, frozenset[int]], Iterator[list[int]]]

#: Why a lead is done when its last number went bad.
NO_NUMBER_LEFT = "no usable number left"


@dataclass(frozen=True, slots=True)
class DuePlace:
    """A place with leads that are due, and how many (counted up to a limit)."""

    place_id: int
    place: Place
    due: int


@dataclass(frozen=True, slots=True)
class LeasedLead:
    """A lead that this run alone may call now, with the phone whose turn it is."""

    lead_id: int
    phone_id: int
    number: str
    place_id: int
    attempts: int  # earlier attempts, on all its phones
    priority: int
    leased_from: str  # ready, waiting or callback
    next_at: datetime | None
    owner: str  # the agent this lead belongs to, if any
    callback_for: str  # the agent who promised a callback, if any


@dataclass(frozen=True, slots=True)
class Unsettled:
    """A leased lead that was dialed under its lease, and whose fate was never written down."""

    lead_id: int
    call_id: str  # its newest attempt
    state: str
    result: str | None
    placed_at: datetime
    ended_at: datetime | None


#: A retired lead is called once more at most, as was promised; of an expired list none is (`dialer.store.retiring`).
_LEADS = Prepared(
    select(_lead.c.lead_id, _lead.c.priority, _lead.c.status, _lead.c.next_at, _lead.c.owner, _lead.c.callback_for)
    .where(
        Among(_lead.c.lead_id, "ids"),
        _lead.c.status.in_([literal_column(f"'{s}'") for s in WORKABLE]),
        or_(_lead.c.retired.is_(None), _lead.c.status == literal_column("'callback'")),
        ~select(_list.c.list_id)
        .where(_list.c.list_id == _lead.c.list_id, _list.c.expires_at <= bindparam("now", type_=UtcDateTime()))
        .exists(),
    )
    .with_for_update(skip_locked=True, of=_lead)
)
_PHONES = Prepared(
    select(_phone.c.lead_id, _phone.c.phone_id, _phone.c.number, _phone.c.place_id, _phone.c.position).where(
        Among(_phone.c.lead_id, "ids"), _phone.c.bad.is_(None)
    )
)
_TRIED = Prepared(
    select(_attempt.c.lead_id, _attempt.c.phone_id, func.count(type_=Integer))
    .where(Among(_attempt.c.lead_id, "ids"))
    .group_by(_attempt.c.lead_id, _attempt.c.phone_id)
)
_TALKED = Prepared(
    select(_attempt.c.lead_id, _attempt.c.phone_id)
    .where(Among(_attempt.c.lead_id, "ids"), _attempt.c.bridged_at.is_not(None))
    .order_by(_attempt.c.placed_at)
)
_LEASE = Prepared(
    update(_lead)
    .where(Among(_lead.c.lead_id, "ids"))
    .values(
        status="leased",
        leased_from=_lead.c.status,
        leased_by=bindparam("run", type_=String()),
        leased_at=bindparam("now", type_=UtcDateTime()),
    )
)
#: A lead that was retired under its lease is done when it comes back, unless a callback was promised.
_retired = and_(_lead.c.retired.is_not(None), func.coalesce(_lead.c.leased_from, "ready") != "callback")
_GIVE_BACK = {
    "status": case((_retired, "done"), else_=func.coalesce(_lead.c.leased_from, "ready")),
    "status_why": case((_retired, _lead.c.retired), else_=_lead.c.status_why),
    "leased_by": null(),
    "leased_at": null(),
    "leased_from": case((_retired, _lead.c.leased_from), else_=null()),
}
_RELEASE = Prepared(
    update(_lead)
    .where(Among(_lead.c.lead_id, "ids"), _lead.c.status == "leased", _lead.c.leased_by == bindparam("run"))
    .values(_GIVE_BACK)
)
_LEASED = (
    _lead.c.campaign == select(_run.c.campaign).where(_run.c.run_id == bindparam("run")).scalar_subquery(),
    _lead.c.status == "leased",
    _lead.c.leased_by == bindparam("run"),
)
_UNDER_LEASE = (_attempt.c.lead_id == _lead.c.lead_id, _attempt.c.placed_at >= _lead.c.leased_at)
_RELEASE_RUN = Prepared(
    update(_lead).where(*_LEASED, ~select(_attempt.c.call_id).where(*_UNDER_LEASE).exists()).values(_GIVE_BACK)
)
_UNSETTLED = Prepared(
    select(
        _lead.c.lead_id,
        _attempt.c.call_id,
        _attempt.c.state,
        _attempt.c.result,
        _attempt.c.placed_at,
        _attempt.c.ended_at,
    )
    .join(_attempt, and_(*_UNDER_LEASE))
    .where(*_LEASED)
    .order_by(_lead.c.lead_id, _attempt.c.placed_at)
)
_COUNTS = Prepared(
    select(_lead.c.status, func.count(type_=Integer))
    .where(_lead.c.campaign == bindparam("name"))
    .group_by(_lead.c.status)
)
_NEXT = Prepared(
    select(func.min(_lead.c.next_at)).where(
        _lead.c.campaign == bindparam("name"),
        _lead.c.status == bindparam("state"),
        _lead.c.next_at > bindparam("now", type_=UtcDateTime()),
    )
)
_SET = Prepared(
    update(_lead).where(_lead.c.lead_id == bindparam("key")),
    ("status", "status_why", "next_at", "callback_for", "leased_by", "leased_at", "leased_from"),
)
_SET_PLACES = Prepared(update(_lead).where(_lead.c.lead_id == bindparam("key")), ("place_ids",))
_STATUS = Prepared(
    select(_lead.c.status, _lead.c.place_ids, _lead.c.retired).where(_lead.c.lead_id == bindparam("key"))
)
_USABLE_PLACES = Prepared(
    select(_phone.c.place_id)
    .where(_phone.c.lead_id == bindparam("key"), _phone.c.bad.is_(None))
    .distinct()
    .order_by(_phone.c.place_id)
)
_BAD = Prepared(update(_phone).where(_phone.c.phone_id == bindparam("key"), _phone.c.bad.is_(None)), ("bad",))
_GOOD = Prepared(update(_phone).where(_phone.c.phone_id == bindparam("key")), ("bad",))
_LEAD_OF = Prepared(select(_phone.c.lead_id).where(_phone.c.phone_id == bindparam("key")))


def due_places(tx: Reading, campaign: str, at: datetime, *, count_to: int = 1000) -> list[DuePlace]:
    """Return the places that have leads due at `at`, to be asked for their opening hours.

    `due` counts a lead once for each place of its phones, and stops near `count_to` per rank: it tells much from
    little, not the exact number of a large list.
    """
    due = due_by_place(tx, campaign, at, count_to)
    found = _places.get(tx, due)
    return [DuePlace(place_id, found[place_id], due[place_id]) for place_id in sorted(due)]


def lease(
    tx: Writing,
    campaign: str,
    run_id: str,
    count: int,
    at: datetime,
    place_ids: Collection[int],
    rank: Rank = candidates,
) -> list[LeasedLead]:
    """Take up to `count` due leads with a usable phone in one of `place_ids`, for this run alone.

    At least one is returned when there is any; fewer than `count` does not mean that there are no more. `rank` says
    in which order: as `dialer.store.ranking` does, or by the campaign's own (`dialer.store.ordering`).
    """
    open_ = frozenset(place_ids)
    leased: dict[int, LeasedLead] = {}
    for ranked in rank(tx, campaign, at, count, open_):
        wanted = [lead_id for lead_id in ranked if lead_id not in leased][: count - len(leased)]
        taken = _take(tx, wanted, at, open_)
        # an order of the campaign's own is read ahead: a lead may have been called since
        leased.update((lead.lead_id, lead) for lead in taken if lead.next_at is None or lead.next_at <= at)
        if len(leased) >= count:
            break
    if leased:
        _LEASE.run(tx, ids=list(leased), run=run_id, now=at)
    return list(leased.values())


def due_callbacks(tx: Reading, campaign: str, at: datetime) -> dict[int, tuple[int, ...]]:
    """Return the callbacks that are due at `at`, earliest first, each with the places of its usable phones."""
    return {lead_id: tuple(places) for lead_id, places in callbacks(tx, campaign, at)}


def take(
    tx: Writing, run_id: str, lead_ids: Collection[int], at: datetime, place_ids: Collection[int]
) -> list[LeasedLead]:
    """Take these leads, as far as they are workable and have a usable phone in one of `place_ids`."""
    leased = _take(tx, list(lead_ids), at, frozenset(place_ids))
    if leased:
        _LEASE.run(tx, ids=[lead.lead_id for lead in leased], run=run_id, now=at)
    return leased


def hold(tx: Writing, run_id: str, lead_id: int, at: datetime) -> None:
    """Take one lead for one call, whatever its status; given back, it is what it was."""
    _LEASE.run(tx, ids=[lead_id], run=run_id, now=at)


def release(tx: Writing, run_id: str, lead_ids: Iterable[int]) -> int:
    """Give leads back unused, each to the status it came from; return how many this run still held."""
    return _RELEASE.run(tx, ids=list(lead_ids), run=run_id)


def release_run(tx: Writing, run_id: str) -> int:
    """Give back every lead that a dead run held and never dialed; return how many.

    Leads that were dialed under the lease stay leased and are named by `unsettled`: giving them back would
    redial people because of a crash.
    """
    return _RELEASE_RUN.run(tx, run=run_id)


def unsettled(tx: Reading, run_id: str) -> list[Unsettled]:
    """Return leads that a run dialed without writing down what followed; each needs a `set_lead`."""
    newest: dict[int, Unsettled] = {}
    for row in _UNSETTLED.rows(tx, run=run_id):
        newest[row[0]] = Unsettled(*row)
    return list(newest.values())


def counts(tx: Reading, campaign: str) -> dict[str, int]:
    """Return how many leads are in which status."""
    return dict(_COUNTS.rows(tx, name=campaign))


def next_due(tx: Reading, campaign: str, at: datetime) -> datetime | None:
    """Return the earliest instant after `at` at which a further lead is due, or None."""
    times = [_NEXT.value(tx, name=campaign, state=status, now=at) for status in WORKABLE]
    return min((time for time in times if time is not None), default=None)


def set_lead(
    tx: Writing, lead_id: int, status: str, next_at: datetime | None, why: str, callback_for: str = ""
) -> None:
    """Write down a lead's new status and the earliest next attempt; a lease on it ends.

    `callback_for` is the agent who promised to call back.

    A lead without any usable number cannot wait for another call, nor can one that is retired but for a callback: it
    is done instead, and says so.

    Raises:
        StoreError: there is no such lead.
    """
    row = _STATUS.first(tx, key=lead_id)
    if row is None:
        raise StoreError(f"there is no lead {lead_id}")
    if status in WORKABLE and not row[1]:
        status, next_at, why = "done", None, NO_NUMBER_LEFT
    back: str | None = None
    if row[2] is not None and status in ("ready", "waiting"):
        status, why, back = "done", row[2], status
    _SET.run(
        tx,
        key=lead_id,
        status=status,
        status_why=why,
        next_at=next_at,
        callback_for=callback_for or None,
        leased_by=None,
        leased_at=None,
        leased_from=back,
    )


def mark_phone_bad(tx: Writing, phone_id: int, why: str) -> None:
    """Never try this phone again; a lead that waits and has no other is done.

    Raises:
        StoreError: there is no such phone.
    """
    lead_id = _LEAD_OF.value(tx, key=phone_id)
    if lead_id is None:
        raise StoreError(f"there is no phone {phone_id}")
    _BAD.run(tx, key=phone_id, bad=why)
    places = ",".join(str(row[0]) for row in _USABLE_PLACES.rows(tx, key=lead_id))
    _SET_PLACES.run(tx, key=lead_id, place_ids=places)
    status = _STATUS.value(tx, key=lead_id)
    if status in WORKABLE and not places:
        set_lead(tx, lead_id, "done", None, NO_NUMBER_LEFT)


def mark_phone_good(tx: Writing, phone_id: int) -> None:
    """Let this phone be tried again; the lead's status stays as it is."""
    lead_id = _LEAD_OF.value(tx, key=phone_id)
    _GOOD.run(tx, key=phone_id, bad=None)
    _SET_PLACES.run(tx, key=lead_id, place_ids=",".join(str(row[0]) for row in _USABLE_PLACES.rows(tx, key=lead_id)))


def _take(tx: Writing, lead_ids: list[int], at: datetime, open_: frozenset[int]) -> list[LeasedLead]:
    """Those of the leads that are still free, each with the phone whose turn it is, in the order given."""
    if not lead_ids:
        return []
    free = {row[0]: row for row in _LEADS.rows(tx, ids=lead_ids, now=at)}
    ids = list(free)
    tried: dict[int, int] = {}
    tries: dict[int, int] = {}
    for lead_id, phone_id, count in _TRIED.rows(tx, ids=ids):
        tried[phone_id] = count
        tries[lead_id] = tries.get(lead_id, 0) + count
    back = [lead_id for lead_id, row in free.items() if row[2] == "callback"]
    promised: set[tuple[int, int]] = (
        set(dict(_TALKED.rows(tx, ids=back)).items()) if back else set()
    )  # the last one each talked on
    turn: dict[int, tuple[tuple[bool, int, int], Row]] = {}
    for row in _PHONES.rows(tx, ids=ids):
        if row[3] in open_:
            order = ((row[0], row[1]) not in promised, tried.get(row[1], 0), row[4])
            if row[0] not in turn or order < turn[row[0]][0]:
                turn[row[0]] = (order, row)
    taken = []
    for lead_id in lead_ids:
        if lead_id in free and lead_id in turn:
            _, priority, status, next_at, owner, callback_for = free[lead_id]
            _, phone_id, number, place_id, _ = turn[lead_id][1]
            taken.append(
                LeasedLead(
                    lead_id,
                    phone_id,
                    number,
                    place_id,
                    tries.get(lead_id, 0),
                    priority,
                    status,
                    next_at,
                    owner,
                    callback_for or "",
                )
            )
    return taken
