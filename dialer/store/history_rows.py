"""Leads and calls of a campaign as they are handed on: read a page at a time, so that any number fits.

Calls of other systems that were imported stand among the calls, and say so: `system` is `imported`, ours are `own`.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Integer, String, and_, bindparam, case, func, literal_column, or_, select

from dialer.engine.states import TALKED
from dialer.store.database import Store
from dialer.store.schema import UtcDateTime
from dialer.store.schema import attempt as _attempt
from dialer.store.schema import contact_list as _list
from dialer.store.schema import disposition as _disposition
from dialer.store.schema import imported_call as _imported
from dialer.store.schema import lead as _lead
from dialer.store.schema import phone as _phone
from dialer.store.statements import Among, Prepared
from dialer.store.transactions import Reading

__all__ = ["calls", "leads"]

_PAGE = 5_000
_NEWEST = (
    select(func.max(_disposition.c.disposition_id, type_=Integer))
    .where(_disposition.c.call_id == _attempt.c.call_id)
    .correlate(_attempt)
    .scalar_subquery()
)
_CALLS = Prepared(
    select(
        _attempt.c.call_id,
        _attempt.c.number,
        _attempt.c.placed_at,
        _attempt.c.answered_at,
        _attempt.c.bridged_at,
        _attempt.c.ended_at,
        _attempt.c.result,
        _attempt.c.agent_id,
        _attempt.c.person_id,
        _attempt.c.debt_id,
        _attempt.c.subject,
        _attempt.c.caller_id,
        _attempt.c.counts,
        _attempt.c.carrier_ref,
        _attempt.c.detail,
        _attempt.c.lead_id,
        _lead.c.external_id,
        _disposition.c.code,
        _disposition.c.flags,
    )
    .select_from(_attempt)
    .join(_lead, _lead.c.lead_id == _attempt.c.lead_id)
    .outerjoin(_disposition, _disposition.c.disposition_id == _NEWEST)
    .where(
        _attempt.c.campaign == bindparam("name"),
        _attempt.c.placed_at < bindparam("until", type_=UtcDateTime()),
        _attempt.c.placed_at >= bindparam("after", type_=UtcDateTime()),
        or_(
            _attempt.c.placed_at > bindparam("after", type_=UtcDateTime()),
            _attempt.c.call_id > bindparam("last", type_=String()),
        ),
    )
    .order_by(_attempt.c.placed_at, _attempt.c.call_id)
    .limit(literal_column(str(_PAGE)))
)
_IMPORTED = Prepared(
    select(*_imported.c)
    .where(
        _imported.c.campaign == bindparam("name"),
        _imported.c.placed_at < bindparam("until", type_=UtcDateTime()),
        _imported.c.placed_at >= bindparam("after", type_=UtcDateTime()),
        or_(
            _imported.c.placed_at > bindparam("after", type_=UtcDateTime()),
            _imported.c.imported_id > bindparam("last", type_=Integer()),
        ),
    )
    .order_by(_imported.c.placed_at, _imported.c.imported_id)
    .limit(literal_column(str(_PAGE)))
)
_ENDS = Prepared(
    select(func.min(_lead.c.lead_id, type_=Integer), func.max(_lead.c.lead_id, type_=Integer)).where(
        _lead.c.campaign == bindparam("name")
    )
)
#: By the primary key, not by the index of the campaign, which would be sorted for every page.
_LEADS = Prepared(
    select(
        _lead.c.lead_id,
        _lead.c.external_id,
        _lead.c.person_id,
        _lead.c.debt_id,
        _lead.c.first_name,
        _lead.c.last_name,
        _lead.c.status,
        _lead.c.status_why,
        _lead.c.next_at,
        _lead.c.priority,
        _lead.c.owner,
        _list.c.name,
        _lead.c.line,
    )
    .join(_list, _list.c.list_id == _lead.c.list_id)
    .where(
        _lead.c.campaign.concat("") == bindparam("name"),
        _lead.c.lead_id > bindparam("after", type_=Integer()),
        _lead.c.lead_id <= bindparam("end", type_=Integer()),
    )
    .order_by(_lead.c.lead_id)
    .limit(literal_column(str(_PAGE)))
)
_PHONES = Prepared(
    select(_phone.c.lead_id, _phone.c.number, _phone.c.bad)
    .where(Among(_phone.c.lead_id, "ids"))
    .order_by(_phone.c.lead_id, _phone.c.position)
)
_TRIES = Prepared(
    select(
        _attempt.c.lead_id,
        func.count(type_=Integer),
        func.sum(case((_attempt.c.bridged_at.is_not(None), 1), else_=0), type_=Integer),
    )
    .where(
        Among(_attempt.c.lead_id, "ids"),
        _attempt.c.placed_at >= bindparam("since", type_=UtcDateTime()),
        _attempt.c.placed_at < bindparam("until", type_=UtcDateTime()),
    )
    .group_by(_attempt.c.lead_id)
)
_LAST = Prepared(
    select(
        _attempt.c.lead_id,
        _attempt.c.placed_at,
        _attempt.c.result,
        _attempt.c.agent_id,
        _disposition.c.code,
        _disposition.c.flags,
    )
    .select_from(_attempt)
    .outerjoin(_disposition, _disposition.c.disposition_id == _NEWEST)
    .where(
        Among(_attempt.c.lead_id, "ids"),
        and_(
            _attempt.c.placed_at >= bindparam("since", type_=UtcDateTime()),
            _attempt.c.placed_at < bindparam("until", type_=UtcDateTime()),
        ),
    )
    .order_by(_attempt.c.placed_at, _attempt.c.call_id)
)


def calls(store: Store, campaign: str, since: datetime, until: datetime) -> Iterator[dict[str, Any]]:
    """Every call of a campaign placed in [since, until): our own, oldest first, then the imported ones.

    Keys: system, call_id, number, placed_at, result (None: not over), talk_seconds, agent, person_id, debt_id,
    subject, caller_id, called (False: the carrier did not take it), conversation, refusal, opt_out, external_id,
    lead_id, code, flags.
    """
    for row in _paged(store, _CALLS, campaign, since, until, ""):
        call_id, number, placed, _, bridged, ended, result, agent, person, debt, subject, caller, *rest = row
        counts, reference, detail, lead_id, external, code, flags = rest
        talked = None if bridged is None or ended is None else max(0.0, (ended - bridged) / timedelta(seconds=1))
        if bridged is None and ended is not None:
            talked = 0.0
        flags = flags or []
        yield {
            "system": "own", "call_id": call_id, "number": number, "placed_at": placed, "result": result,
            "talk_seconds": talked, "agent": agent or "", "person_id": person, "debt_id": debt, "subject": subject,
            "caller_id": caller,
            "called": bool(counts) or reference is not None or not detail or result not in ("congestion", "failed"),
            "conversation": bridged is not None and (result is None or result in TALKED),
            "refusal": "refusal" in flags,
            "opt_out": "opt_out" in flags or result == "opted_out",
            "external_id": external, "lead_id": lead_id, "code": code or "", "flags": flags,
        }  # fmt: skip
    names = _imported.c.keys()
    for row in _paged(store, _IMPORTED, campaign, since, until, 0):
        call = dict(zip(names, row, strict=True))
        yield {
            **{name: call[name] for name in ("number", "placed_at", "result", "talk_seconds", "agent", "person_id",
                                             "debt_id", "subject", "conversation", "refusal", "code")},
            "system": "imported", "call_id": "", "caller_id": "", "called": True, "opt_out": False,
            "external_id": "", "lead_id": None, "flags": [],
        }  # fmt: skip


def _paged(
    store: Store, statement: Prepared, campaign: str, since: datetime, until: datetime, first: Any
) -> Iterator[tuple[Any, ...]]:
    """Rows by (placed_at, key), each page in a short transaction of its own; the key is the first column."""
    at = 2 if statement is _CALLS else _imported.c.keys().index("placed_at")
    after, last = since, first
    while True:
        with store.reading() as tx:
            rows = statement.rows(tx, name=campaign, until=until, after=after, last=last)
        yield from rows
        if len(rows) < _PAGE:
            return
        after, last = rows[-1][at], rows[-1][0]


def leads(store: Store, campaign: str, since: datetime, until: datetime) -> Iterator[dict[str, Any]]:
    """Every lead of a campaign by id, with what came of its calls placed in [since, until).

    Keys: lead_id, external_id, person_id, debt_id, first_name, last_name, status, status_why, next_at, priority,
    owner, list, line, numbers (usable first number first), attempts, conversations, last_at, last_result, last_agent,
    last_code, flags.
    """
    with store.reading() as tx:
        first, end = _ENDS.first(tx, name=campaign) or (None, None)
    after = (first or 1) - 1
    while end is not None:
        with store.reading() as tx:
            rows = _LEADS.rows(tx, name=campaign, after=after, end=end)
            page = list(_with_calls(tx, rows, since, until))
        yield from page
        if len(rows) < _PAGE:
            return
        after = rows[-1][0]


def _with_calls(tx: Reading, rows: list[tuple[Any, ...]], since: datetime, until: datetime) -> Iterator[dict[str, Any]]:
    ids = [row[0] for row in rows]
    numbers: dict[int, list[tuple[bool, str]]] = {}
    for lead_id, number, bad in _PHONES.rows(tx, ids=ids):
        numbers.setdefault(lead_id, []).append((bad is not None, number))
    span = {"since": since, "until": until}
    tries = {row[0]: row[1:] for row in _TRIES.rows(tx, ids=ids, **span)}
    last = {row[0]: row[1:] for row in _LAST.rows(tx, ids=ids, **span)}
    names = ("lead_id", "external_id", "person_id", "debt_id", "first_name", "last_name", "status", "status_why",
             "next_at", "priority", "owner", "list", "line")  # fmt: skip
    for row in rows:
        attempts, talked = tries.get(row[0], (0, 0))
        at, result, agent, code, flags = last.get(row[0], (None, None, None, None, None))
        yield {
            **dict(zip(names, row, strict=True)),
            "numbers": [number for _, number in sorted(numbers.get(row[0], []), key=lambda each: each[0])],
            "attempts": attempts, "conversations": talked, "last_at": at, "last_result": result or "",
            "last_agent": agent or "", "last_code": code or "", "flags": flags or [],
        }  # fmt: skip
