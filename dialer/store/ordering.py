"""Leads by a campaign's own order: its sort keys and its filter, instead of the rank of `dialer.store.ranking`.

Theory of operation. An order of the manager's own has no index, so the best leads are found by reading all that are
due. That is done for many leads at once (`_READ`) and kept for a while (`_KEEP`): a lease then takes the next of
them. A lead that became due or better meanwhile has its turn at the next reading; what is no longer due or free, the
lease itself leaves out. Callbacks that are due come first as always: a promise passes by no filter.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Integer, and_, func, literal, not_, or_, select

from campaigns.files.order import Order, SortKey
from campaigns.order.mix import Mix
from dialer.store import ranking
from dialer.store.filters import LIST_NAME, AsNumber, condition, operand
from dialer.store.schema import contact_list as _list
from dialer.store.schema import lead as _lead
from dialer.store.statements import Among, Prepared
from dialer.store.transactions import Reading

__all__ = ["Ranking", "count_filtered"]

_READ = 5_000
#: Leads of lists that the mix does not name; no list is called so.
_OTHERS = ""
_KEEP = timedelta(minutes=5)


class Ranking:
    """The order of one campaign, with the leads read ahead. Called as `ranking.candidates` is."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._mix = Mix(order.mix)
        self._ahead: dict[str, deque[int]] = {}
        self._until: datetime | None = None
        self._open: frozenset[int] = frozenset()

    def __call__(
        self, tx: Reading, campaign: str, at: datetime, count: int, open_: frozenset[int]
    ) -> Iterator[list[int]]:
        """Lead ids by rank, best first."""
        if count <= 0 or not open_:
            return
        yield [lead_id for lead_id, places in ranking.callbacks(tx, campaign, at) if not open_.isdisjoint(places)]
        if self._until is None or not self._until - _KEEP <= at < self._until or open_ != self._open:
            self._ahead = {}
        for _ in range(2):  # what is left of the last reading, then a new one
            while chunk := self._next(count):
                yield chunk
            self._ahead = self._read(tx, campaign, at, open_)
            self._until, self._open = at + _KEEP, open_

    def _next(self, count: int) -> list[int]:
        """The next leads of those read ahead: by the shares of the lists; those of other lists when these are empty."""
        chunk: list[int] = []
        while len(chunk) < count and self._ahead:
            named = [name for name in self._ahead if name != _OTHERS]
            name = self._mix.turn(named) if named else _OTHERS
            chunk.append(self._ahead[name].popleft())
            if not self._ahead[name]:
                del self._ahead[name]
        return chunk

    def _read(self, tx: Reading, campaign: str, at: datetime, open_: frozenset[int]) -> dict[str, deque[int]]:
        """The best leads of each list of the mix, and of all others under `_OTHERS`."""
        groups = ranking.groups(tx, campaign, open_)
        if not groups:
            return {}
        due: tuple[ColumnElement[Any], ...] = (
            _due(campaign, at),
            Among(_lead.c.place_ids, "groups"),
            _fits(self._order, at),
        )
        lists = {name: (*due, literal(name) == LIST_NAME) for name in self._order.mix}
        lists[_OTHERS] = (*due, *(literal(name) != LIST_NAME for name in self._order.mix))
        found = {}
        for name, which in lists.items():
            best = select(_lead.c.lead_id).where(*which).order_by(*_terms(self._order.keys), _lead.c.lead_id)
            ids = deque(row[0] for row in Prepared(best.limit(_READ)).rows(tx, groups=groups))
            if ids:
                found[name] = ids
        return found


def count_filtered(tx: Reading, campaign: str, order: Order, at: datetime, *, due: bool = False) -> int:
    """How many leads that are ready or waiting the filter leaves out; with `due`, of those whose time has come."""
    if order.expression is None:
        return 0
    which = _due(campaign, at) if due else _open_leads(campaign)
    statement = select(func.count(type_=Integer)).select_from(_lead).where(which, not_(_fits(order, at)))
    return int(Prepared(statement).value(tx))


def _open_leads(campaign: str) -> ColumnElement[bool]:
    return and_(
        _lead.c.campaign == campaign,
        or_(_lead.c.status == "ready", _lead.c.status == "waiting"),
        _lead.c.retired.is_(None),
    )


def _due(campaign: str, at: datetime) -> ColumnElement[bool]:
    return and_(_open_leads(campaign), or_(_lead.c.next_at.is_(None), _lead.c.next_at <= at))


def _fits(order: Order, at: datetime) -> ColumnElement[bool]:
    return _lead.c.lead_id.is_not(None) if order.expression is None else condition(order.expression, at)


def _terms(keys: tuple[SortKey, ...]) -> Iterator[ColumnElement[Any]]:
    """What to sort by; what is missing comes last. What the keys leave open the usual rank decides."""
    for key, falls in keys:
        if isinstance(key, str):
            loaded = select(_list.c.loaded_at).where(_list.c.list_id == _lead.c.list_id).correlate(_lead)
            by = loaded.scalar_subquery()
            yield by.desc() if key == "newest" else by.asc()
            continue
        found = operand(key)
        if key.custom:  # numbers before texts, by their value
            number = AsNumber(found)
            yield number.is_(None).asc()
            yield number.desc() if falls else number.asc()
        missing = func.coalesce(found, "") == "" if key.kind in ("text", "any") else found.is_(None)
        yield missing.asc()
        yield found.desc() if falls else found.asc()
    if not keys:
        yield _lead.c.priority.desc()
    yield _lead.c.status.asc()  # ready before waiting
    yield _lead.c.next_at.asc()
