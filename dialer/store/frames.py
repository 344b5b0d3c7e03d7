"""Tables as pandas frames, for the reports.

Rows come straight from the driver and whole columns are converted at once: 100,000 attempts in about a second.
Instants are UTC columns; columns are those that `dialer.reports.records` documents, and some more.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import JSON, Boolean, ColumnElement, Integer, Select, and_, func, or_, select

from dialer.store.schema import UtcDateTime
from dialer.store.schema import agent_change as _agent_change
from dialer.store.schema import attempt as _attempt
from dialer.store.schema import campaign_change as _campaign_change
from dialer.store.schema import contact_list as _contact_list
from dialer.store.schema import disposition as _disposition
from dialer.store.schema import lead as _lead
from dialer.store.schema import ledger as _ledger
from dialer.store.schema import phone as _phone
from dialer.store.schema import place as _place
from dialer.store.statements import Prepared
from dialer.store.transactions import Reading

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "agent_changes",
    "attempts",
    "campaign_changes",
    "dispositions",
    "frame_of",
    "funnels",
    "leads_by_status",
    "refusals",
    "tried",
]


def attempts(tx: Reading, campaign: str, since: datetime, until: datetime, run_id: str | None = None) -> pd.DataFrame:
    """Return attempts placed in [since, until), oldest first, with `list_id` and `jurisdiction` of each.

    The jurisdiction is the state where the country has any (`US-FL`), all of them where number and address disagree.
    """
    query = (
        select(*_attempt.c, _lead.c.list_id, _place.c.jurisdictions.label("jurisdiction"))
        .join(_lead, _lead.c.lead_id == _attempt.c.lead_id)
        .join(_phone, _phone.c.phone_id == _attempt.c.phone_id)
        .join(_place, _place.c.place_id == _phone.c.place_id)
        .where(*_placed(campaign, since, until, run_id))
        .order_by(_attempt.c.placed_at)
    )
    frame = _frame(tx, query)
    frame["list_id"] = frame["list_id"].astype("str")
    frame["jurisdiction"] = [",".join(places[1:] or places) for places in frame["jurisdiction"]]
    return frame


def dispositions(
    tx: Reading, campaign: str, since: datetime, until: datetime, run_id: str | None = None
) -> pd.DataFrame:
    """Return the dispositions of attempts placed in [since, until), oldest first; `flags` holds lists."""
    query = (
        select(_disposition)
        .join(_attempt, _attempt.c.call_id == _disposition.c.call_id)
        .where(*_placed(campaign, since, until, run_id))
        .order_by(_disposition.c.disposition_id)
    )
    return _frame(tx, query)


def agent_changes(tx: Reading, campaign: str, since: datetime, until: datetime) -> pd.DataFrame:
    """Return agents' changes in [since, until), and each agent's last one before `since`, oldest first."""
    t = _agent_change
    before = select(func.max(t.c.change_id)).where(t.c.campaign == campaign, t.c.at < since).group_by(t.c.agent_id)
    inside = and_(t.c.campaign == campaign, t.c.at >= since, t.c.at < until)
    return _frame(tx, select(t).where(or_(inside, t.c.change_id.in_(before))).order_by(t.c.change_id))


def campaign_changes(tx: Reading, campaign: str, since: datetime, until: datetime) -> pd.DataFrame:
    """Return the campaign's changes in [since, until), and the last one before `since`, oldest first."""
    t = _campaign_change
    before = select(func.max(t.c.change_id)).where(t.c.campaign == campaign, t.c.at < since)
    inside = and_(t.c.campaign == campaign, t.c.at >= since, t.c.at < until)
    return _frame(tx, select(t).where(or_(inside, t.c.change_id.in_(before))).order_by(t.c.change_id))


def refusals(tx: Reading, campaign: str, since: datetime, until: datetime) -> pd.DataFrame:
    """Return the refusals of the ledger in [since, until): first failing `code`, `count`, most frequent first."""
    count = func.count().label("count")
    t = _ledger
    query = (
        select(t.c.code, count)
        .where(t.c.campaign == campaign, t.c.at >= since, t.c.at < until, ~t.c.allowed)
        .group_by(t.c.code)
        .order_by(count.desc(), t.c.code)
    )
    return _frame(tx, query)


def leads_by_status(tx: Reading, campaign: str) -> pd.DataFrame:
    """Return `status` and the number of `leads` in it."""
    query = (
        select(_lead.c.status, func.count().label("leads"))
        .where(_lead.c.campaign == campaign)
        .group_by(_lead.c.status)
        .order_by(_lead.c.status)
    )
    return _frame(tx, query)


def tried(tx: Reading, campaign: str) -> pd.DataFrame:
    """Return how many `leads` had how many `attempts` so far, 0 included."""
    per_lead = (
        select(_attempt.c.lead_id, func.count().label("attempts"))
        .where(_attempt.c.campaign == campaign)
        .group_by(_attempt.c.lead_id)
        .subquery()
    )
    counted = (
        select(per_lead.c.attempts, func.count().label("leads"))
        .group_by(per_lead.c.attempts)
        .order_by(per_lead.c.attempts)
    )
    found = tx.connection.execute(counted).all()
    leads = tx.connection.execute(select(func.count()).where(_lead.c.campaign == campaign)).scalar_one()
    untried = leads - sum(row.leads for row in found)
    import pandas as pd

    rows = [(0, untried), *((row.attempts, row.leads) for row in found)]
    return pd.DataFrame(rows, columns=["attempts", "leads"]).astype("int64")


def funnels(tx: Reading, campaign: str) -> list[tuple[str, dict[str, int]]]:
    """Return the loaded files of a campaign with their funnels, oldest first."""
    t = _contact_list
    query = select(t.c.file_name, t.c.funnel).where(t.c.campaign == campaign).order_by(t.c.list_id)
    return [(row.file_name, row.funnel) for row in tx.connection.execute(query)]


def _placed(campaign: str, since: datetime, until: datetime, run_id: str | None) -> list[Any]:
    """The conditions of attempts placed in [since, until)."""
    where = [_attempt.c.campaign == campaign, _attempt.c.placed_at >= since, _attempt.c.placed_at < until]
    return where if run_id is None else [*where, _attempt.c.run_id == run_id]


def _frame(tx: Reading, query: Select[Any]) -> pd.DataFrame:
    """The rows of a query as a frame, converted by column."""
    import pandas as pd

    columns = list(query.selected_columns)
    rows = Prepared(query).raw(tx)
    cells: list[Sequence[Any]] = list(zip(*rows, strict=True)) if rows else [() for _ in columns]
    return pd.DataFrame({c.key: _column(c, found) for c, found in zip(columns, cells, strict=True)})


def _column(column: ColumnElement[Any], cells: Sequence[Any]) -> pd.Series[Any]:
    """A column of driver values as a series of its type."""
    import pandas as pd

    kind = column.type
    if isinstance(kind, UtcDateTime):
        as_text = next((isinstance(cell, str) for cell in cells if cell is not None), False)
        shape = "%Y-%m-%d %H:%M:%S.%f" if as_text else None
        return pd.Series(pd.to_datetime(pd.Series(cells, dtype="object"), format=shape, utc=True))
    if isinstance(kind, JSON):
        read = lru_cache(maxsize=None)(json.loads)
        return pd.Series([read(c) if isinstance(c, str) else c for c in cells], dtype="object")
    if isinstance(kind, Boolean):
        return pd.Series(cells, dtype="bool")
    if isinstance(kind, Integer):
        return pd.Series(cells, dtype="Int64" if None in cells else "int64")
    return pd.Series(cells, dtype="str")


def frame_of(tx: Reading, query: Select[Any]) -> pd.DataFrame:
    """Return the rows of any query of the store's tables as a frame, each column in its type."""
    return _frame(tx, query)
