"""When agents are scheduled to work, and the journal of when they did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import bindparam, delete, insert, select

from dialer.store.schema import UtcDateTime
from dialer.store.schema import agent_change as _change
from dialer.store.schema import run as _run
from dialer.store.schema import shift as _shift
from dialer.store.statements import Prepared
from dialer.store.transactions import Reading, Writing

__all__ = ["Change", "Shift", "changes", "replace_shifts", "scheduled"]

_Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Shift:
    """One stretch of work of one agent. Instants are UTC."""

    agent_id: str
    campaign: str  # "": whatever campaign
    day: date  # on which it begins, in its zone
    zone: str
    starts_at: datetime
    ends_at: datetime
    breaks: tuple[_Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """An agent's new state, and when their run ended (None: it has not)."""

    agent_id: str
    campaign: str
    state: str  # engine.states.AgentState
    at: datetime
    code: str
    run_ended_at: datetime | None


_COLUMNS = ("agent_id", "campaign", "day", "zone", "starts_at", "ends_at", "breaks")
_INSERT = Prepared(insert(_shift).inline(), _COLUMNS)
_DELETE = Prepared(
    delete(_shift).where(
        _shift.c.agent_id == bindparam("agent"), _shift.c.day >= bindparam("first"), _shift.c.day <= bindparam("last")
    )
)
_BETWEEN = Prepared(
    select(*(_shift.c[name] for name in _COLUMNS))
    .where(
        _shift.c.starts_at < bindparam("until", type_=UtcDateTime()),
        _shift.c.starts_at >= bindparam("earliest", type_=UtcDateTime()),
        _shift.c.ends_at > bindparam("since", type_=UtcDateTime()),
    )
    .order_by(_shift.c.starts_at, _shift.c.agent_id)
)
_CHANGES = Prepared(
    select(_change.c.agent_id, _change.c.campaign, _change.c.state, _change.c.at, _change.c.code, _run.c.ended_at)
    .join(_run, _run.c.run_id == _change.c.run_id)
    .where(
        _change.c.campaign == bindparam("name"),
        _change.c.at >= bindparam("since", type_=UtcDateTime()),
        _change.c.at < bindparam("until", type_=UtcDateTime()),
    )
    .order_by(_change.c.at, _change.c.change_id)
)


def replace_shifts(tx: Writing, shifts: Sequence[Shift]) -> int:
    """Put these shifts in the place of what each agent had from their first day here to their last.

    The same file twice leaves the same state. Returns how many shifts went.
    """
    days: dict[str, list[date]] = {}
    for each in shifts:
        days.setdefault(each.agent_id, []).append(each.day)
    gone = sum(_DELETE.run(tx, agent=agent, first=min(own), last=max(own)) for agent, own in days.items())
    _INSERT.run_many(
        tx,
        [
            (
                each.agent_id,
                each.campaign,
                each.day,
                each.zone,
                each.starts_at,
                each.ends_at,
                [[one.isoformat(), other.isoformat()] for one, other in each.breaks],
            )
            for each in shifts
        ],
    )
    return gone


def scheduled(tx: Reading, since: datetime, until: datetime, earliest: datetime) -> list[Shift]:
    """Return the shifts that touch [since, until), by their begin; those that began before `earliest` are left out."""
    return [
        Shift(
            agent,
            campaign,
            day,
            zone,
            begins,
            ends,
            tuple((datetime.fromisoformat(one), datetime.fromisoformat(other)) for one, other in breaks),
        )
        for agent, campaign, day, zone, begins, ends, breaks in _BETWEEN.rows(
            tx, since=since, until=until, earliest=earliest
        )
    ]


def changes(tx: Reading, campaign: str, since: datetime, until: datetime) -> list[Change]:
    """Return what the agents of a campaign did in [since, until), in order."""
    return [Change(*row) for row in _CHANGES.rows(tx, name=campaign, since=since, until=until)]
