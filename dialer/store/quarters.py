"""The calls that were placed in a short stretch of time, for the live board: few columns, few rows, one short read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, func, or_, select

from dialer.store.frames import frame_of
from dialer.store.schema import attempt as _t
from dialer.store.schema import disposition as _said
from dialer.store.statements import Prepared
from dialer.store.transactions import Reading

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["PlacedCalls", "placed_between"]

_PLACED = Prepared(
    select(func.count(), func.count(_t.c.ended_at)).where(
        _t.c.campaign == bindparam("name"), _t.c.placed_at >= bindparam("since"), _t.c.placed_at < bindparam("until")
    )
)
_ANSWERED = (_t.c.call_id, _t.c.answered_at, _t.c.bridged_at, _t.c.ended_at, _t.c.result, _t.c.amd_machine)
_NAMED = ("human", "abandoned", "hung_up_first")


@dataclass(frozen=True, slots=True, eq=False)
class PlacedCalls:
    """What became of them.

    Attributes:
        placed: how many.
        open: how many of them have no end yet.
        answered: one row for each that somebody answered: `call_id`, `answered_at`, `bridged_at`, `ended_at`, `result`,
            `amd_machine` (true also where the agent found a machine).
    """

    placed: int
    open: int
    answered: pd.DataFrame


def placed_between(
    tx: Reading, campaign: str, since: datetime, until: datetime, *, agents_find_machines: bool
) -> PlacedCalls:
    """Read the calls placed in [since, until).

    Args:
        tx: a short one.
        campaign: whose.
        since: begin.
        until: end.
        agents_find_machines: whether a disposition of the campaign carries the flag `machine`.
    """
    row = _PLACED.first(tx, name=campaign, since=since, until=until)
    assert row is not None
    placed, ended = row
    inside = (_t.c.campaign == campaign, _t.c.placed_at >= since, _t.c.placed_at < until)
    frame = frame_of(
        tx,
        select(*_ANSWERED).where(
            *inside, or_(_t.c.answered_at.is_not(None), *(_t.c.result == name for name in _NAMED))
        ),
    )
    if agents_find_machines and len(frame):
        said = frame_of(
            tx,
            select(_said.c.call_id, _said.c.flags)
            .join(_t, _t.c.call_id == _said.c.call_id)
            .where(*inside)
            .order_by(_said.c.disposition_id),
        ).drop_duplicates("call_id", keep="last")
        heard = said.loc[said["flags"].map(lambda flags: "machine" in flags).astype("bool"), "call_id"]
        frame["amd_machine"] = frame["amd_machine"] | frame["call_id"].isin(heard)
    return PlacedCalls(placed, placed - ended, frame)
