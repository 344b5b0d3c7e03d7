"""Who may dial a campaign: one run at a time, whatever crashes or overlaps.

Theory of operation. One row per campaign names the holder, an expiry by the wall clock, and a fencing token
that only grows. A run takes the lease, renews it well before it expires, and gives it back. When its process
dies, the lease expires and the next run takes it over with the next token. A run that slept through its expiry
learns it from `renew` (False), and from `holds`, which belongs into the dial transaction: there it is exact,
because taking over is a writing transaction too.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite

from dialer.store.schema import lease as _t
from dialer.store.statements import Prepared
from dialer.store.transactions import Reading, Writing

__all__ = ["Held", "Lease", "acquire", "get", "holds", "release", "renew"]


@dataclass(frozen=True, slots=True)
class Held:
    """Somebody else dials this campaign now."""

    node: str
    holder: str  # run id
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Lease:
    """The lease row of a campaign; an empty holder means free."""

    campaign: str
    holder: str
    node: str
    token: int
    expires_at: datetime


_COLUMNS = ("campaign", "holder", "node", "token", "expires_at")
_FREE = Prepared(
    lambda dialect: (
        (sqlite.insert(_t) if dialect == "sqlite" else postgresql.insert(_t)).inline().on_conflict_do_nothing()
    ),
    _COLUMNS,
)
_GET = Prepared(select(_t).where(_t.c.campaign == bindparam("name")))
_LOCK = Prepared(select(_t).where(_t.c.campaign == bindparam("name")).with_for_update())
_TAKE = Prepared(update(_t).where(_t.c.campaign == bindparam("name")), ("holder", "node", "token", "expires_at"))
_MINE = (_t.c.campaign == bindparam("name"), _t.c.holder == bindparam("run"), _t.c.token == bindparam("mark"))
_RENEW = Prepared(update(_t).where(*_MINE), ("expires_at",))
_GIVE_BACK = Prepared(update(_t).where(*_MINE), ("holder", "expires_at"))
_HOLDS = Prepared(select(_t.c.token).where(*_MINE).with_for_update(read=True))


def acquire(tx: Writing, campaign: str, run_id: str, *, node: str, ttl: float, wall_now: datetime) -> int | Held:
    """Take the campaign for `ttl` seconds from `wall_now`; return the fencing token, or who has it.

    A free or expired lease gives the next token. The holder itself gets its own token again, renewed.
    """
    expires_at = wall_now + timedelta(seconds=ttl)
    _FREE.run(tx, campaign=campaign, holder="", node="", token=0, expires_at=wall_now)
    row = _LOCK.first(tx, name=campaign)
    assert row is not None
    held = Lease(*row)
    if held.holder == run_id:
        token = held.token
    elif held.holder and held.expires_at > wall_now:
        return Held(held.node, held.holder, held.expires_at)
    else:
        token = held.token + 1
    _TAKE.run(tx, name=campaign, holder=run_id, node=node, token=token, expires_at=expires_at)
    return token


def renew(tx: Writing, campaign: str, run_id: str, token: int, *, ttl: float, wall_now: datetime) -> bool:
    """Prolong the lease to `ttl` seconds from `wall_now`; False when another run has taken it over."""
    expires_at = wall_now + timedelta(seconds=ttl)
    return _RENEW.run(tx, name=campaign, run=run_id, mark=token, expires_at=expires_at) > 0


def holds(tx: Writing, campaign: str, run_id: str, token: int) -> bool:
    """Whether this run still owns the campaign; no takeover can happen before this transaction ends."""
    return _HOLDS.first(tx, name=campaign, run=run_id, mark=token) is not None


def release(tx: Writing, campaign: str, run_id: str, token: int, *, wall_now: datetime) -> bool:
    """Give the lease back; the token stays, so that the next one is higher. False when it was not ours."""
    return _GIVE_BACK.run(tx, name=campaign, run=run_id, mark=token, holder="", expires_at=wall_now) > 0


def get(tx: Reading, campaign: str) -> Lease | None:
    """Return the lease row, or None when nobody has ever dialed the campaign."""
    row = _GET.first(tx, name=campaign)
    return None if row is None else Lease(*row)
