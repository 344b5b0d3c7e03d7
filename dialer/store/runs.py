"""Runs: one process dialing one campaign, from its start to its end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Integer, bindparam, insert, select, update

from dialer.store.schema import run as _t
from dialer.store.statements import Prepared
from dialer.store.transactions import Reading, Writing

__all__ = ["Run", "end_run", "get", "latest", "start_run", "unended"]


@dataclass(frozen=True, slots=True)
class Run:
    """One run. `ended_at` None: it runs still, or its process died."""

    run_id: str
    campaign: str
    node: str
    clock: Literal["real", "virtual"]
    seed: int | None
    started_at: datetime
    ended_at: datetime | None
    ended_why: str | None


_INSERT = Prepared(insert(_t).inline(), ("run_id", "campaign", "node", "clock", "seed", "started_at"))
_END = Prepared(update(_t).where(_t.c.run_id == bindparam("key"), _t.c.ended_at.is_(None)), ("ended_at", "ended_why"))
_GET = Prepared(select(_t).where(_t.c.run_id == bindparam("key")))
_LATEST = Prepared(
    select(_t)
    .where(_t.c.campaign == bindparam("name"))
    .order_by(_t.c.started_at.desc())
    .limit(bindparam("count", type_=Integer))
)
_UNENDED = Prepared(
    select(_t).where(_t.c.campaign == bindparam("name"), _t.c.ended_at.is_(None)).order_by(_t.c.started_at)
)


def start_run(
    tx: Writing,
    run_id: str,
    *,
    campaign: str,
    node: str,
    clock: Literal["real", "virtual"],
    at: datetime,
    seed: int | None = None,
) -> None:
    """Write down that a run begins."""
    _INSERT.run(tx, run_id=run_id, campaign=campaign, node=node, clock=clock, seed=seed, started_at=at)


def end_run(tx: Writing, run_id: str, *, at: datetime, why: str) -> bool:
    """Write down that a run is over; False when it already was."""
    return _END.run(tx, key=run_id, ended_at=at, ended_why=why) > 0


def get(tx: Reading, run_id: str) -> Run | None:
    """Return the run, or None."""
    row = _GET.first(tx, key=run_id)
    return None if row is None else Run(*row)


def latest(tx: Reading, campaign: str, count: int = 1) -> list[Run]:
    """Return the last runs of a campaign, newest first."""
    return [Run(*row) for row in _LATEST.rows(tx, name=campaign, count=count)]


def unended(tx: Reading, campaign: str) -> list[Run]:
    """Return runs without an end, oldest first: after taking a lease over, those that died."""
    return [Run(*row) for row in _UNENDED.rows(tx, name=campaign)]
