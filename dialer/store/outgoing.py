"""The outbox: what client companies' programs are to be told, written in the transaction of the fact itself.

*Theory of operation.* The functions of the store that write a fact (a call ended, a disposition, a number on a
do-not-call list) call `call_ended`, `disposed` or `listed` here, with their own transaction. So there is no path by
which a fact is kept and its event lost, and none by which an event tells of a fact that was rolled back. Where no
client has a webhook this costs one read of an index. Delivery (`dialer.runtime.events_out`) happens later, in the
order of the ids of each webhook, and settles a row as delivered or dead.

What is told is as little as serves: the client's own id of the person, never a name; the number only where the number
is the fact (an opt-out). Notes of agents are not told. Calls of days in virtual time are not told: there were none.

How long an event waits is judged by the wall clock, as leases are.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Integer, String, bindparam, delete, func, insert, literal_column, select, update

from dialer.store.schema import UtcDateTime
from dialer.store.schema import attempt as _attempt
from dialer.store.schema import campaign as _campaign
from dialer.store.schema import lead as _lead
from dialer.store.schema import outgoing as _t
from dialer.store.schema import phone as _phone
from dialer.store.schema import run as _run
from dialer.store.schema import webhook as _webhook
from dialer.store.statements import Among, Prepared
from dialer.store.transactions import Reading, Writing

__all__ = [
    "KEEP_DEAD",
    "KEEP_DELIVERED",
    "KINDS",
    "Standing",
    "Waiting",
    "Webhook",
    "add_webhook",
    "bury",
    "call_ended",
    "delivered",
    "disposed",
    "erasable",
    "erase",
    "failed",
    "head",
    "history",
    "listed",
    "prune",
    "remove_webhook",
    "retry",
    "standings",
    "webhooks",
]

CALL_ENDED, DISPOSITION, OPT_OUT = "call.ended", "disposition.set", "opt_out.added"
#: What a webhook can be told.
KINDS = (CALL_ENDED, DISPOSITION, OPT_OUT)
#: How long a delivered event is kept, and a dead letter.
KEEP_DELIVERED, KEEP_DEAD = timedelta(days=7), timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Webhook:
    """An address of a client that is told what happened.

    Attributes:
        webhook_id: how people name it.
        client: whose facts it is told.
        url: where.
        kinds: of `KINDS`.
        secret: what signs; None: the environment has it under `secret_env`.
        secret_env: see there.
        allow_private: whether the address may be one of this house's own network.
        created_at: when it was added.
        created_by: by whom.
    """

    webhook_id: int
    client: str
    url: str
    kinds: tuple[str, ...]
    secret: str | None
    secret_env: str | None
    allow_private: bool
    created_at: datetime
    created_by: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """One event that is to be delivered."""

    outgoing_id: int
    event_id: str
    kind: str
    at: datetime
    data: dict[str, Any]
    tries: int
    since: datetime  # waits since then
    next_at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """How the deliveries of a webhook stand."""

    waiting: int
    dead: int
    oldest: datetime | None  # of those that wait
    last_error: str  # of the one that is next


_WEBHOOKS = Prepared(
    select(*(_webhook.c[name] for name in Webhook.__dataclass_fields__))
    .where(_webhook.c.removed_at.is_(None))
    .order_by(_webhook.c.webhook_id)
)
_ADD = Prepared(
    insert(_webhook).returning(_webhook.c.webhook_id),
    ("client", "url", "kinds", "secret", "secret_env", "allow_private", "created_at", "created_by"),
)
_REMOVE = Prepared(
    update(_webhook).where(_webhook.c.webhook_id == bindparam("key"), _webhook.c.removed_at.is_(None)), ("removed_at",)
)
_LISTENING = Prepared(
    select(_webhook.c.webhook_id, _webhook.c.client, _webhook.c.kinds).where(_webhook.c.removed_at.is_(None))
)
_OF_CALL = Prepared(
    select(
        _attempt.c.client,
        _attempt.c.number,
        _attempt.c.campaign,
        _attempt.c.lead_id,
        _lead.c.external_id,
        _attempt.c.carrier,
        _attempt.c.agent_id,
        _attempt.c.result,
        _attempt.c.placed_at,
        _attempt.c.answered_at,
        _attempt.c.bridged_at,
        _attempt.c.ended_at,
    )
    .join(_lead, _lead.c.lead_id == _attempt.c.lead_id)
    .join(_run, _run.c.run_id == _attempt.c.run_id)
    .where(_attempt.c.call_id == bindparam("call"), _run.c.clock == literal_column("'real'"))
)
_CLIENT_OF = Prepared(select(_campaign.c.client).where(_campaign.c.name == bindparam("name")))
_CLIENTS_WITH = Prepared(
    select(_campaign.c.client)
    .join(_phone, _phone.c.campaign == _campaign.c.name)
    .where(_phone.c.number == bindparam("of", type_=String()))
    .distinct()
)
_THERE = Prepared(
    select(_t.c.outgoing_id).where(_t.c.webhook_id == bindparam("hook"), _t.c.event_id == bindparam("event"))
)
_INSERT = Prepared(
    insert(_t).inline(),
    ("webhook_id", "event_id", "kind", "number", "at", "data", "tries", "since", "next_at", "state", "last_error"),
)
_IS_WAITING = _t.c.state == literal_column("'waiting'")
_HEAD = Prepared(
    select(*(_t.c[name] for name in Waiting.__dataclass_fields__))
    .where(_t.c.webhook_id == bindparam("hook"), _IS_WAITING)
    .order_by(_t.c.outgoing_id)
    .limit(bindparam("count", type_=Integer))
)
_SETTLE = Prepared(
    update(_t).where(_t.c.outgoing_id == bindparam("key"), _IS_WAITING), ("state", "settled_at", "tries", "last_error")
)
_FAILED = Prepared(
    update(_t).where(_t.c.outgoing_id == bindparam("key"), _IS_WAITING), ("tries", "next_at", "last_error")
)
_GIVE_UP = Prepared(update(_t).where(_t.c.webhook_id == bindparam("hook"), _IS_WAITING), ("state", "settled_at"))
_BURY = Prepared(
    update(_t).where(
        _t.c.webhook_id == bindparam("hook"), _IS_WAITING, _t.c.since < bindparam("before", type_=UtcDateTime())
    ),
    ("state", "settled_at"),
)
_RETRY = Prepared(
    update(_t).where(_t.c.webhook_id == bindparam("hook"), _t.c.state != literal_column("'delivered'")),
    ("state", "settled_at", "tries", "since", "next_at"),
)
_PRUNE = Prepared(
    delete(_t).where(_t.c.state == bindparam("which"), _t.c.settled_at < bindparam("before", type_=UtcDateTime()))
)
_STANDING = Prepared(
    select(_t.c.state, func.count(type_=Integer), func.min(_t.c.at))
    .where(_t.c.webhook_id == bindparam("hook"))
    .group_by(_t.c.state)
)
_ERROR = Prepared(
    select(_t.c.last_error)
    .where(_t.c.webhook_id == bindparam("hook"), _IS_WAITING)
    .order_by(_t.c.outgoing_id)
    .limit(literal_column("1"))
)
_HISTORY = Prepared(
    select(*_t.c, _webhook.c.client, _webhook.c.url)
    .join(_webhook, _webhook.c.webhook_id == _t.c.webhook_id)
    .where(Among(_t.c.number, "numbers"))
    .order_by(_t.c.outgoing_id)
)
_HISTORY_KEYS = (*_t.c.keys(), "client", "url")
_ERASE = Prepared(delete(_t).where(Among(_t.c.outgoing_id, "ids")))


# ---------------------------------------------------------------------- facts


def call_ended(tx: Writing, call_id: str) -> None:
    """A call is over: to be told once, whatever is learned of it later."""
    hooks = _listening(tx, CALL_ENDED)
    row = _OF_CALL.first(tx, call=call_id) if hooks else None
    if row is None:
        return
    client, number, _, _, _, _, agent_id, result, placed_at, answered_at, bridged_at, ended_at = row
    data = {
        **_about(call_id, row),
        "agent_id": agent_id,
        "result": result,
        "placed_at": placed_at.isoformat(),
        **{
            name: None if at is None else at.isoformat()
            for name, at in (("answered_at", answered_at), ("bridged_at", bridged_at), ("ended_at", ended_at))
        },
    }
    told = [hook for hook, of in hooks if of == client]
    _write(tx, told, f"{CALL_ENDED}:{call_id}", CALL_ENDED, number, ended_at or placed_at, data, once=True)


def disposed(
    tx: Writing, call_id: str, *, agent_id: str, code: str, flags: Sequence[str], at: datetime,
    callback_at: datetime | None,
) -> None:  # fmt: skip
    """Somebody said what came of a call; a correction is a further event."""
    hooks = _listening(tx, DISPOSITION)
    row = _OF_CALL.first(tx, call=call_id) if hooks else None
    if row is None:
        return
    client, number = row[:2]
    data = {
        **_about(call_id, row),
        "agent_id": agent_id,
        "code": code,
        "flags": list(flags),
        "callback_at": None if callback_at is None else callback_at.astimezone(UTC).isoformat(),
    }
    told = [hook for hook, of in hooks if of == client]
    _write(tx, told, f"{DISPOSITION}:{call_id}:{secrets.token_hex(6)}", DISPOSITION, number, at, data)


def listed(
    tx: Writing, entry_id: int, number: str, *, scope: str, scope_id: str, at: datetime, expires_at: datetime | None
) -> None:
    """A number must not be called any more.

    An entry of the whole company's list is told to the clients that have the number, and to no other: it is somebody
    else's person.
    """
    hooks = _listening(tx, OPT_OUT)
    if not hooks:
        return
    if scope == "company":
        clients = {row[0] for row in _CLIENTS_WITH.rows(tx, of=number)}
    else:
        clients = {scope_id if scope == "client" else _CLIENT_OF.value(tx, name=scope_id)}
    data = {
        "number": number,
        "scope": scope,
        "campaign": scope_id if scope == "campaign" else None,
        "expires_at": None if expires_at is None else expires_at.astimezone(UTC).isoformat(),
    }
    told = [hook for hook, of in hooks if of in clients]
    _write(tx, told, f"{OPT_OUT}:{entry_id}", OPT_OUT, number, at, data)


def _listening(tx: Reading, kind: str) -> list[tuple[int, str]]:
    """The webhooks that are told of a kind, with their clients."""
    return [(hook, client) for hook, client, kinds in _LISTENING.rows(tx) if kind in kinds]


def _about(call_id: str, row: Sequence[Any]) -> dict[str, Any]:
    """Which call it is; `simulated` when nobody was called."""
    _, _, campaign, lead_id, external_id, carrier = row[:6]
    return {
        "call_id": call_id,
        "campaign": campaign,
        "lead_id": lead_id,
        "external_id": external_id,
        "simulated": carrier == "simulated",
    }


def _write(
    tx: Writing,
    hooks: Collection[int],
    event_id: str,
    kind: str,
    number: str,
    at: datetime,
    data: Mapping[str, Any],
    *,
    once: bool = False,
) -> None:
    now = datetime.now(UTC)
    for hook in hooks:
        if once and _THERE.first(tx, hook=hook, event=event_id) is not None:
            continue
        _INSERT.run(
            tx,
            webhook_id=hook,
            event_id=event_id,
            kind=kind,
            number=number,
            at=at,
            data=data,
            tries=0,
            since=now,
            next_at=now,
            state="waiting",
            last_error="",
        )


# ---------------------------------------------------------------------- webhooks


def webhooks(tx: Reading) -> list[Webhook]:
    """Return the webhooks that were not removed, oldest first."""
    found = [dict(zip(Webhook.__dataclass_fields__, row, strict=True)) for row in _WEBHOOKS.rows(tx)]
    return [Webhook(**{**each, "kinds": tuple(each["kinds"])}) for each in found]


def add_webhook(
    tx: Writing, client: str, url: str, kinds: Sequence[str], *, secret: str | None, secret_env: str | None,
    allow_private: bool, by: str, at: datetime,
) -> int:  # fmt: skip
    """Tell an address from now on; return the webhook's id."""
    return int(
        _ADD.value(
            tx, client=client, url=url, kinds=sorted(set(kinds)), secret=secret, secret_env=secret_env,
            allow_private=allow_private, created_at=at, created_by=by,
        )
    )  # fmt: skip


def remove_webhook(tx: Writing, webhook_id: int, at: datetime) -> bool:
    """Tell an address nothing any more, what waits neither; return whether there was one."""
    there = bool(_REMOVE.run(tx, key=webhook_id, removed_at=at))
    if there:
        _GIVE_UP.run(tx, hook=webhook_id, state="dead", settled_at=at)
    return there


def standings(tx: Reading) -> dict[int, Standing]:
    """Return how the deliveries of each webhook stand."""
    found = {}
    for hook in webhooks(tx):
        rows = {state: (count, oldest) for state, count, oldest in _STANDING.rows(tx, hook=hook.webhook_id)}
        waiting, oldest = rows.get("waiting", (0, None))
        dead, _ = rows.get("dead", (0, None))
        found[hook.webhook_id] = Standing(waiting, dead, oldest, _ERROR.value(tx, hook=hook.webhook_id) or "")
    return found


# ---------------------------------------------------------------------- delivery


def head(tx: Reading, webhook_id: int, count: int) -> list[Waiting]:
    """Return the next events of a webhook in order; the first one's `next_at` says when it may be tried."""
    return [Waiting(*row) for row in _HEAD.rows(tx, hook=webhook_id, count=count)]


def delivered(tx: Writing, events: Sequence[Waiting], at: datetime) -> None:
    """The receiver has taken these events."""
    for event in events:
        _SETTLE.run(tx, key=event.outgoing_id, state="delivered", settled_at=at, tries=event.tries + 1, last_error="")


def failed(tx: Writing, event: Waiting, why: str, next_at: datetime | None, at: datetime) -> None:
    """A try came to nothing; without a `next_at` the event is a dead letter."""
    if next_at is None:
        _SETTLE.run(tx, key=event.outgoing_id, state="dead", settled_at=at, tries=event.tries + 1, last_error=why)
    else:
        _FAILED.run(tx, key=event.outgoing_id, tries=event.tries + 1, next_at=next_at, last_error=why)


def bury(tx: Writing, webhook_id: int, before: datetime, at: datetime) -> int:
    """Make dead letters of what has waited since before an instant; return how many events that are."""
    return _BURY.run(tx, hook=webhook_id, before=before, state="dead", settled_at=at)


def retry(tx: Writing, webhook_id: int, at: datetime) -> int:
    """Have everything that was not delivered tried anew and at once; return how many events that are."""
    return _RETRY.run(tx, hook=webhook_id, state="waiting", settled_at=None, tries=0, since=at, next_at=at)


def prune(tx: Writing, at: datetime) -> int:
    """Remove what was delivered, or given up, long ago; return how many events."""
    kept = (("delivered", KEEP_DELIVERED), ("dead", KEEP_DEAD))
    return sum(_PRUNE.run(tx, which=which, before=at - keep) for which, keep in kept)


# ---------------------------------------------------------------------- one person's events


def history(tx: Reading, numbers: Sequence[str]) -> list[dict[str, Any]]:
    """Return every event about these numbers that is still kept, with client and address, oldest first."""
    return [dict(zip(_HISTORY_KEYS, row, strict=True)) for row in _HISTORY.rows(tx, numbers=list(numbers))]


def erasable(tx: Reading, numbers: Sequence[str]) -> tuple[int, ...]:
    """Return the events that an erasure removes: all but opt-outs that wait, which protect the person."""
    return tuple(
        row["outgoing_id"] for row in history(tx, numbers) if not (row["kind"] == OPT_OUT and row["state"] == "waiting")
    )


def erase(tx: Writing, ids: Sequence[int]) -> int:
    """Remove events; return how many."""
    return _ERASE.run(tx, ids=list(ids))
