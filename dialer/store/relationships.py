"""Established business relationships: what a number's owner bought of a client, or asked it, and when that ended.

Append-only, by number: a fact counts for every list that has the number, now or later. Which facts make a
relationship today, and for how many months, the rules say (`dnc.gate.agreements.ebr_stands`); here stands which
facts are left.

A request not to be called "terminates an established business relationship ... even if the subscriber continues to do
business with the seller" (47 CFR 64.1200(f)(5)(i)). So a revocation of consent, an entry on the company's or the
client's do-not-call list, or an `end` row ends every fact of that day and before, and lifting the entry later does not
bring them back. Days are UTC's: in America never earlier than the person's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import (
    Date,
    Select,
    Text,
    and_,
    bindparam,
    cast,
    func,
    insert,
    literal_column,
    or_,
    select,
    type_coerce,
    union_all,
)

from dialer.store.frames import frame_of
from dialer.store.schema import consent as _consent
from dialer.store.schema import phone as _phone
from dialer.store.schema import relationship as _t
from dialer.store.schema import suppression as _suppression
from dialer.store.statements import Among, Prepared
from dialer.store.transactions import Reading, Writing
from dnc.values import Ebr

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Entry", "Fact", "Kind", "entries", "record", "record_new", "standing", "standing_rows"]

Kind = Literal["transaction", "inquiry", "end"]


@dataclass(frozen=True, slots=True)
class Fact:
    """A purchase, rental, lease or financial transaction; an inquiry or application; or the end of it all."""

    number: str  # E.164
    client: str  # the seller
    kind: Kind
    day: date
    channel: str = ""
    evidence: str = ""  # sha256, in hexadecimal, of its proof
    reference: str = ""  # what the proof is called
    source: str = ""  # where we have it from: a command, a file and its line

    @property
    def same(self) -> tuple[str, ...]:
        """Equal for the same fact twice, wherever it comes from."""
        return (self.number, self.client, self.kind, self.day.isoformat(), self.channel, self.evidence, self.reference)


@dataclass(frozen=True, slots=True)
class Entry:
    """One row: a fact with who wrote it down and when."""

    entry_id: int
    fact: Fact
    recorded_by: str
    recorded_at: datetime


_COLUMNS = tuple(column.key for column in _t.c if column is not _t.c.relationship_id)
_INSERT = Prepared(insert(_t).inline(), _COLUMNS)
_OF_NUMBERS = Prepared(select(_t).where(Among(_t.c.number, "numbers")).order_by(_t.c.relationship_id))


def record(tx: Writing, facts: Iterable[Fact], *, by: str, at: datetime) -> None:
    """Write facts down."""
    rows = [
        (each.number, each.client, each.kind, each.day, each.channel, each.evidence, each.reference, each.source)
        for each in facts
    ]
    _INSERT.run_many(tx, [(*row, by, at) for row in rows])


def record_new(tx: Writing, facts: Iterable[Fact], *, by: str, at: datetime) -> list[Fact]:
    """Write down those that are not recorded yet, and return them. The same facts again change nothing."""
    wanted = {each.same: each for each in facts}
    known = {each.fact.same for each in entries(tx, list({fact.number for fact in wanted.values()}))}
    fresh = [fact for same, fact in wanted.items() if same not in known]
    record(tx, fresh, by=by, at=at)
    return fresh


def entries(tx: Reading, numbers: Sequence[str]) -> list[Entry]:
    """Return every row of these numbers, of every client, in the order of recording."""
    return [Entry(row[0], Fact(*row[1:9]), *row[9:]) for row in _OF_NUMBERS.rows(tx, numbers=list(numbers))]


def _day(instant: Any) -> Any:
    """The UTC day of a stored instant."""
    return type_coerce(func.date(instant), Date)


def _ends(*, number: Any = None, client: Any) -> list[Select[Any]]:
    """The days on which the relationships of a client ended, with their numbers; of one number, or of all."""

    def of(column: Any) -> list[Any]:
        return [] if number is None else [column == number]

    revoked = select(
        _consent.c.number, _day(func.coalesce(_consent.c.revoked_at, _consent.c.recorded_at)).label("day")
    ).where(
        *of(_consent.c.number),
        or_(_consent.c.client == client, _consent.c.client == literal_column("''")),
        or_(_consent.c.revoked_at.is_not(None), _consent.c.basis == literal_column("'revoked'")),
    )
    listed = select(_suppression.c.number, _day(_suppression.c.at).label("day")).where(
        *of(_suppression.c.number),
        _suppression.c.action == literal_column("'add'"),
        or_(
            _suppression.c.scope == literal_column("'company'"),
            and_(_suppression.c.scope == literal_column("'client'"), _suppression.c.scope_id == client),
        ),
    )
    ended = select(_t.c.number, _t.c.day.label("day")).where(
        *of(_t.c.number), _t.c.client == client, _t.c.kind == literal_column("'end'")
    )
    return [revoked, listed, ended]


def _last_end(number: Any, client: Any) -> Any:
    ends = union_all(*_ends(number=number, client=client)).subquery("ends")
    return select(func.max(ends.c.day)).scalar_subquery()


_NUMBER, _CLIENT = bindparam("key", type_=_t.c.number.type), bindparam("owner", type_=_t.c.client.type)
_FACTS = Prepared(
    select(_t.c.kind, func.max(_t.c.day))
    .where(_t.c.number == _NUMBER, _t.c.client == _CLIENT, _t.c.kind != literal_column("'end'"))
    .group_by(_t.c.kind)
)
_END = Prepared(select(_last_end(_NUMBER, _CLIENT)))
_NOTHING = Ebr()


def standing(tx: Reading, number: str, client: str) -> Ebr:
    """Return the last transaction and the last inquiry of a number's owner that nothing has ended.

    Args:
        tx: the transaction to read in; this is read for every dial.
        number: E.164.
        client: whose calls.
    """
    facts: dict[str, date] = dict(_FACTS.rows(tx, key=number, owner=client))
    if not facts:  # the usual case
        return _NOTHING
    over: date | None = _END.value(tx, key=number, owner=client)
    left = {kind: day for kind, day in facts.items() if over is None or day > over}
    return Ebr(left.get("transaction"), left.get("inquiry"))


def standing_rows(tx: Reading, campaign: str, client: str, *, loaded: bool = True) -> pd.DataFrame:
    """Return `standing` for all numbers of a campaign at once, by number: last_transaction, last_inquiry.

    Days are UTC midnights. Numbers without any fact left have no row. With `loaded` false: of every number.
    """
    import pandas as pd

    days = select(_t.c.number, _t.c.kind, cast(func.max(_t.c.day), Text).label("day"))
    if loaded:
        days = days.join(_phone, and_(_phone.c.number == _t.c.number, _phone.c.campaign == campaign))
    facts = frame_of(tx, days.where(_t.c.client == client, _t.c.kind != "end").group_by(_t.c.number, _t.c.kind))
    facts["day"] = pd.to_datetime(facts["day"], format="%Y-%m-%d", utc=True)
    if len(facts):
        ends = union_all(*_ends(client=client)).subquery("ends")
        of_facts = select(_t.c.number).where(_t.c.client == client)
        last = cast(func.max(ends.c.day), Text).label("day")
        over = frame_of(tx, select(ends.c.number, last).where(ends.c.number.in_(of_facts)).group_by(ends.c.number))
        ended = facts["number"].map(over.set_index("number")["day"])
        until = pd.to_datetime(ended.astype("str"), format="%Y-%m-%d", utc=True)
        facts = facts[until.isna() | (facts["day"] > until)]
    found = facts.pivot(index="number", columns="kind", values="day").reindex(columns=["transaction", "inquiry"])
    return found.astype("datetime64[us, UTC]").set_axis(["last_transaction", "last_inquiry"], axis="columns")
