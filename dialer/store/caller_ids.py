"""How the caller ids of a campaign fare: how often each was shown lately, and how often a person answered it."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from sqlalchemy import bindparam, select

from dialer.store.schema import attempt as _t
from dialer.store.statements import Prepared
from dialer.store.transactions import Reading

__all__ = ["shown_and_answered"]

#: So many of the latest calls are looked at, at most: enough to judge by, and read in a few milliseconds.
_LATEST = 5_000
_CALLS = Prepared(
    select(_t.c.caller_id, _t.c.answered_at)
    .where(_t.c.campaign == bindparam("name"), _t.c.placed_at >= bindparam("since"), _t.c.ended_at.is_not(None))
    .order_by(_t.c.placed_at.desc())
    .limit(_LATEST)
)


def shown_and_answered(tx: Reading, campaign: str, since: datetime) -> dict[str, tuple[int, int]]:
    """For each caller id the ended calls that showed it since an instant, and how many of them a person answered."""
    shown, answered = Counter[str](), Counter[str]()
    for caller_id, answered_at in _CALLS.rows(tx, name=campaign, since=since):
        shown[caller_id] += 1
        answered[caller_id] += answered_at is not None
    return {each: (count, answered[each]) for each, count in shown.items()}
