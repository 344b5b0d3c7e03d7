"""In which order leads are taken, and how that is read from an index without scanning.

Theory of operation. A lead is workable when its status is ready, waiting or callback and its `next_at` has come.
Leads are taken in this order: callbacks that are due, earliest first; then by priority, higher first; within a
priority the untried (`ready`) before those tried before (`waiting`, longest due first); then by lead id. So leads
with fewer attempts come first without anybody counting.

Only leads with a usable phone in an open place may be taken, and five million leads must not be scanned for them.
`lead.place_ids` names the places of a lead's usable phones, and the index `ix_lead_hopper` is ordered by (campaign,
status, priority, place_ids, next_at, lead_id). A lease jumps through the few distinct priorities and groups of
places (a recursive query that reads one index entry per group), leaves the closed groups out, and reads the
first leads of each open group. While there are few open groups the order is exact; with very many, each gives
its share of a batch, so that among leads of the same rank the order is by turns instead of by lead id.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, String, bindparam, or_, select, text
from sqlalchemy.sql.elements import TextClause

from dialer.store.schema import UtcDateTime
from dialer.store.schema import lead as _lead
from dialer.store.statements import Among, ManyValues, Prepared
from dialer.store.transactions import Reading

__all__ = ["WORKABLE", "callbacks", "candidates", "due_by_place", "groups"]

#: The statuses from which a lead may be taken.
WORKABLE = ("ready", "waiting", "callback")

_READ_AT_MOST = 4096  # index entries per rank and lease while the order stays exact

_TYPES: dict[str, Any] = {
    "campaign": String(),
    "status": String(),
    "priority": Integer(),
    "at": UtcDateTime(),
    "count": Integer(),
    "groups": ManyValues(of_text=True),
}


def _jump(sql: str) -> Prepared:
    """A statement over `ix_lead_hopper`, as text with a few words of our own.

    `<each>`: the list of groups as rows; `<list>`: lead ids in one text; the others: conditions on `lead`.
    """

    def build(dialect: str) -> TextClause:
        lite = dialect == "sqlite"
        made = text(
            sql.replace("<each>", "json_each(:groups) AS g" if lite else "unnest(:groups) AS g (value)")
            .replace("<list>", "group_concat(f.lead_id)" if lite else "string_agg(CAST(f.lead_id AS text), ',')")
            .replace("<at once>", "<in group> AND lead.next_at IS NULL")
            .replace("<come due>", "<in group> AND lead.next_at <= :at")
            .replace("<in group>", "<here> AND lead.priority = :priority AND lead.place_ids = g.value")
            .replace("<here>", "lead.campaign = :campaign AND lead.status = :status")
        )
        return made.bindparams(*(bindparam(name, type_=_TYPES[name]) for name in made._bindparams))

    return Prepared(build)


#: The distinct priorities of a status, highest first: one index entry read for each.
_PRIORITIES = _jump("""
    WITH RECURSIVE level (priority) AS (
        SELECT max(lead.priority) FROM lead WHERE <here>
        UNION ALL
        SELECT (SELECT max(lead.priority) FROM lead WHERE <here> AND lead.priority < level.priority)
        FROM level WHERE level.priority IS NOT NULL
    )
    SELECT priority FROM level WHERE priority IS NOT NULL
""")

#: The distinct groups of places of a status and priority: one index entry read for each.
_GROUPS = _jump("""
    WITH RECURSIVE found (place_ids) AS (
        SELECT min(lead.place_ids) FROM lead WHERE <here> AND lead.priority = :priority
        UNION ALL
        SELECT (SELECT min(lead.place_ids) FROM lead
                WHERE <here> AND lead.priority = :priority AND lead.place_ids > found.place_ids)
        FROM found WHERE found.place_ids IS NOT NULL
    )
    SELECT place_ids FROM found WHERE place_ids IS NOT NULL
""")

#: The first leads of each group that may be called at once, and those whose time has come.
_FIRST_AT_ONCE = _jump("""
    SELECT g.value, (SELECT <list> FROM (
        SELECT lead.lead_id FROM lead WHERE <at once> ORDER BY lead.lead_id LIMIT :count) AS f)
    FROM <each>
""")
_FIRST_COME = _jump("""
    SELECT g.value, (SELECT <list> FROM (
        SELECT lead.lead_id FROM lead WHERE <come due> ORDER BY lead.next_at, lead.lead_id LIMIT :count) AS f)
    FROM <each>
""")
_DUE = _jump("""
    SELECT g.value,
        (SELECT count(*) FROM (SELECT 1 FROM lead WHERE <at once> LIMIT :count) AS n)
        + (SELECT count(*) FROM (SELECT 1 FROM lead WHERE <come due> LIMIT :count) AS d)
    FROM <each>
""")

_CALLBACKS = Prepared(
    select(_lead.c.lead_id, _lead.c.place_ids)
    .where(
        _lead.c.campaign == bindparam("name"),
        _lead.c.status == "callback",
        or_(_lead.c.next_at.is_(None), _lead.c.next_at <= bindparam("now", type_=UtcDateTime())),
    )
    .order_by(_lead.c.next_at, _lead.c.lead_id)
)
_DUE_TIMES = Prepared(select(_lead.c.lead_id, _lead.c.next_at).where(Among(_lead.c.lead_id, "ids")))


def due_by_place(tx: Reading, campaign: str, at: datetime, count_to: int) -> dict[int, int]:
    """The places of leads due at `at`, with their numbers of leads, each rank and group counted up to `count_to`."""
    due: dict[int, int] = {}
    for status in WORKABLE:
        for (priority,) in _PRIORITIES.rows(tx, campaign=campaign, status=status):
            rank = {"campaign": campaign, "status": status, "priority": priority}
            groups = [row[0] for row in _GROUPS.rows(tx, **rank)]
            for group, count in _DUE.rows(tx, **rank, at=at, groups=groups, count=count_to):
                for place_id in _ids(group) if count else ():
                    due[place_id] = due.get(place_id, 0) + count
    return due


def callbacks(tx: Reading, campaign: str, at: datetime) -> list[tuple[int, list[int]]]:
    """Callbacks that are due at `at`, earliest first, each with its place ids."""
    return [(lead_id, _ids(group)) for lead_id, group in _CALLBACKS.rows(tx, name=campaign, now=at)]


def groups(tx: Reading, campaign: str, open_: frozenset[int]) -> list[str]:
    """The groups of places (`lead.place_ids`) of ready and waiting leads that have an open place."""
    found: set[str] = set()
    for status in ("ready", "waiting"):
        for (priority,) in _PRIORITIES.rows(tx, campaign=campaign, status=status):
            rows = _GROUPS.rows(tx, campaign=campaign, status=status, priority=priority)
            found.update(row[0] for row in rows if not open_.isdisjoint(_ids(row[0])))
    return sorted(found)


def candidates(tx: Reading, campaign: str, at: datetime, count: int, open_: frozenset[int]) -> Iterator[list[int]]:
    """Lead ids by rank, best rank first."""
    if count <= 0 or not open_:
        return
    yield [lead_id for lead_id, places in callbacks(tx, campaign, at) if not open_.isdisjoint(places)]
    statuses = ("ready", "waiting")
    levels = {status: [r[0] for r in _PRIORITIES.rows(tx, campaign=campaign, status=status)] for status in statuses}
    for priority in sorted({*levels["ready"], *levels["waiting"]}, reverse=True):
        for status in statuses:
            if priority not in levels[status]:
                continue
            rank = {"campaign": campaign, "status": status, "priority": priority}
            groups = [row[0] for row in _GROUPS.rows(tx, **rank) if not open_.isdisjoint(_ids(row[0]))]
            yield sorted(_first(tx, _FIRST_AT_ONCE, rank, groups, count))
            come = _first(tx, _FIRST_COME, {**rank, "at": at}, groups, count)
            if come:
                times: dict[int, datetime] = dict(_DUE_TIMES.rows(tx, ids=come))
                yield sorted(come, key=lambda lead_id: (times[lead_id], lead_id))


def _first(tx: Reading, statement: Prepared, rank: dict[str, Any], groups: list[str], count: int) -> list[int]:
    """The first `count` leads of each group, or, with very many groups, its share."""
    if not groups:
        return []
    share = min(count, max(_READ_AT_MOST // len(groups), -(-2 * count // len(groups))))
    found = {group: ids for group, ids in statement.rows(tx, **rank, groups=groups, count=share) if ids}
    read = {group: ids.count(",") + 1 for group, ids in found.items()}
    full = [group for group, number in read.items() if number == share]
    if share < count and full and sum(read.values()) < count:
        found.update(statement.rows(tx, **rank, groups=full, count=count))
    return _ids(",".join(found.values()))


def _ids(group: str) -> list[int]:
    """The numbers in a text such as `lead.place_ids`."""
    return list(map(int, group.split(","))) if group else []
