"""Places as rows: each distinct place once, so that opening hours are asked once per place, not per lead."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import lru_cache

from sqlalchemy import Text, bindparam, cast, select
from sqlalchemy.dialects import postgresql, sqlite

from dialer.store.schema import phone as _phone
from dialer.store.schema import place as _t
from dialer.store.statements import Among, Prepared
from dialer.store.transactions import Reading, Writing
from dnc.values import Place

__all__ = ["PLACE_COLUMNS", "as_place", "ensure", "get", "key_of", "of_lead"]

#: What `as_place` takes, in order; the JSON stays text, because equal texts are read only once.
PLACE_COLUMNS = (cast(_t.c.jurisdictions, Text), cast(_t.c.zones, Text), _t.c.conflict)

_INSERT = Prepared(
    lambda dialect: (
        (sqlite.insert(_t) if dialect == "sqlite" else postgresql.insert(_t)).inline().on_conflict_do_nothing()
    ),
    ("key", "jurisdictions", "zones", "conflict"),
)
_IDS = Prepared(select(_t.c.key, _t.c.place_id).where(Among(_t.c.key, "keys")))
_OF_LEAD = Prepared(
    select(_t.c.place_id, *PLACE_COLUMNS)
    .join(_phone, _phone.c.place_id == _t.c.place_id)
    .where(_phone.c.lead_id == bindparam("lead"), _phone.c.bad.is_(None))
)
_GET = Prepared(select(_t.c.place_id, *PLACE_COLUMNS).where(Among(_t.c.place_id, "ids")))


@lru_cache(maxsize=16_384)
def as_place(jurisdictions: str, zones: str, conflict: bool) -> Place:
    """The place of a row's cells."""
    return Place(tuple(json.loads(jurisdictions)), tuple(json.loads(zones)), conflict=bool(conflict))


def key_of(place: Place) -> str:
    """The text that is equal for equal rows: the place's key, marked where number and address disagree."""
    return f"{place.key}!" if place.conflict else place.key


def ensure(tx: Writing, places: Iterable[Place]) -> dict[str, int]:
    """Return the row id of each place by `key_of`, inserting those that are new."""
    wanted = {key_of(place): place for place in places}
    ids = _ids(tx, wanted)
    missing = [(key, place) for key, place in wanted.items() if key not in ids]
    if missing:
        _INSERT.run_many(
            tx,
            ((key, list(place.jurisdictions), list(place.zones), place.conflict) for key, place in missing),
        )
        ids = _ids(tx, wanted)
    return ids


def get(tx: Reading, place_ids: Iterable[int]) -> dict[int, Place]:
    """Return places by row id."""
    return {row[0]: as_place(*row[1:]) for row in _GET.rows(tx, ids=list(place_ids))}


def of_lead(tx: Reading, lead_id: int) -> dict[int, Place]:
    """Return the places of a lead's usable phones by row id."""
    return {row[0]: as_place(*row[1:]) for row in _OF_LEAD.rows(tx, lead=lead_id)}


def _ids(tx: Reading, keys: Iterable[str]) -> dict[str, int]:
    """Row ids of those keys that exist."""
    return dict(_IDS.rows(tx, keys=list(keys)))
