"""The consent ledger: what a number's owner agreed to and when it was taken back. Append-only.

What a contact list says of consent stays with its lead. Here stands what was learned afterwards, for one client
(a revocation also for every one): given on a call, in a form, in writing, or revoked, with how it came about. What
stands is folded from all rows by their own instants, not by the order of recording: a consent that reaches us late
does not undo a revocation that came after it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime

from sqlalchemy import bindparam, insert, or_, select

from dialer.store.schema import consent as _t
from dialer.store.statements import Among, Prepared, Row
from dialer.store.transactions import Reading, Writing
from dnc.values import Consent

__all__ = ["NO_GRANT", "Entry", "Statement", "entries", "folded", "record", "record_new", "standing"]

#: Bases that grant nothing.
NO_GRANT = frozenset({"", "none", "revoked"})


@dataclass(frozen=True, slots=True)
class Statement:
    """What a person said of being called, and how it came about (16 CFR 310.5(a)(8))."""

    number: str  # E.164
    client: str  # the seller it was said to; "" in a revocation: every one
    consent: Consent  # with the basis "revoked", or with `revoked_at`: its end
    scopes: tuple[str, ...] = ()  # dnc.values.Scope; empty: calls of every purpose
    channel: str = ""  # web form, call, letter
    shown: str = ""  # sha256, in hexadecimal, of the request for consent as the person saw it
    evidence: str = ""  # the same of the consent as given; `consent.reference` is what it is called
    name: str = ""  # of the person, where a rule wants it beside the consent
    reason: str = ""  # the person's words
    honour_by: date | None = None  # of a revocation: the law's last day; here it counts at once
    source: str = ""  # where we have it from: a command, a file and its line

    def same(self) -> Statement:
        """Without what depends on where and when it was recorded: equal for the same words twice."""
        return replace(self, source="", honour_by=None)


@dataclass(frozen=True, slots=True)
class Entry:
    """One row: a statement with who wrote it down and when."""

    entry_id: int
    said: Statement
    recorded_by: str
    recorded_at: datetime

    @property
    def ended(self) -> datetime | None:
        """The instant of a revocation; None when the row is none. One without its date counts from its recording."""
        if self.said.consent.revoked_at is not None:
            return self.said.consent.revoked_at
        return self.recorded_at if self.said.consent.basis == "revoked" else None


_COLUMNS = tuple(column.key for column in _t.c if column is not _t.c.consent_id)
_INSERT = Prepared(insert(_t).inline(), _COLUMNS)
_OF_CLIENT = Prepared(
    select(_t)
    .where(_t.c.number == bindparam("key"), or_(_t.c.client == bindparam("owner"), _t.c.client == ""))
    .order_by(_t.c.consent_id)
)
_OF_NUMBERS = Prepared(select(_t).where(Among(_t.c.number, "numbers")).order_by(_t.c.consent_id))
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


def record(tx: Writing, statements: Iterable[Statement], *, by: str, at: datetime) -> None:
    """Write statements down."""
    _INSERT.run_many(tx, [_row(each, by, at) for each in statements])


def record_new(tx: Writing, statements: Iterable[Statement], *, by: str, at: datetime) -> list[Statement]:
    """Write down those that are not recorded yet, and return them. The same words again change nothing."""
    wanted = {each.same(): each for each in reversed(list(statements))}
    known = {each.said.same() for each in entries(tx, list({said.number for said in wanted}))}
    fresh = [said for same, said in reversed(wanted.items()) if same not in known]
    record(tx, fresh, by=by, at=at)
    return fresh


def entries(tx: Reading, numbers: Sequence[str]) -> list[Entry]:
    """Return every row of these numbers, of every client, in the order of recording."""
    return [_entry(row) for row in _OF_NUMBERS.rows(tx, numbers=list(numbers))]


def standing(tx: Reading, number: str, client: str, scope: str = "") -> Consent | None:
    """Return what stands of all that is recorded, as `folded` says; None when that is nothing.

    Args:
        tx: the transaction to read in.
        number: E.164.
        client: whose calls; revocations for every client count too.
        scope: what the call is for; a consent given for other purposes does not count. Empty: whatever it is for.
    """
    rows = _OF_CLIENT.rows(tx, key=number, owner=client)
    return folded([_entry(row) for row in rows], scope) if rows else None


def folded(rows: Iterable[Entry], scope: str = "") -> Consent | None:
    """Return the consent given last for this scope if it was given after the last revocation, else the revocation.

    When each was recorded does not matter. A revocation is for every purpose, a consent for those it names.
    """
    granted: Statement | None = None
    ended: Statement | None = None
    over: datetime | None = None
    for row in rows:
        said = row.said
        if row.ended is not None and (over is None or row.ended >= over):
            ended, over = said, row.ended
        if said.consent.basis in NO_GRANT or (scope and said.scopes and scope not in said.scopes):
            continue
        if granted is None or _given(said) >= _given(granted):
            granted = said
    if granted is not None and (over is None or _given(granted) > over):
        return replace(granted.consent, revoked_at=over)
    return None if ended is None else replace(ended.consent, basis="revoked", revoked_at=over)


def _given(said: Statement) -> datetime:
    return said.consent.given_at or _LONG_AGO


def _row(said: Statement, by: str, at: datetime) -> tuple[object, ...]:
    """The cells of a statement, in the order of the table's columns."""
    consent = said.consent
    return (
        said.number,
        said.client,
        consent.basis,
        list(said.scopes),
        list(consent.waives),
        consent.given_at,
        consent.revoked_at,
        said.honour_by,
        said.channel,
        said.shown,
        said.evidence,
        consent.reference,
        said.name,
        said.reason,
        said.source,
        by,
        at,
    )


def _entry(row: Row) -> Entry:
    entry_id, number, client, basis, scopes, waives, given_at, revoked_at, honour_by, *words, by, at = row
    channel, shown, evidence, reference, name, reason, source = words
    consent = Consent(basis, given_at, revoked_at, reference, tuple(waives))
    said = Statement(number, client, consent, tuple(scopes), channel, shown, evidence, name, reason, honour_by, source)
    return Entry(entry_id, said, by, at)
