"""The consent ledger: what a number's owner agreed to and when it was taken back. Append-only.

What a contact list says of consent stays with its lead. Here stands what was learned afterwards, for one client
(or, with an empty client, for every one): given on a call, in a form, in writing, or revoked. What stands is
folded from all rows by their own instants, not by the order of recording: a consent that reaches us late does not
undo a revocation that came after it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime

from sqlalchemy import bindparam, insert, or_, select, update

from dialer.store.schema import campaign as _campaign
from dialer.store.schema import consent as _t
from dialer.store.schema import lead as _lead
from dialer.store.schema import phone as _phone
from dialer.store.statements import Among, Prepared, Row
from dialer.store.transactions import Reading, Writing
from dnc.values import Consent

__all__ = [
    "NO_GRANT",
    "ConsentRow",
    "Entry",
    "Proof",
    "entries",
    "folded",
    "history",
    "newest",
    "note_relationship",
    "proof_of",
    "record",
    "record_new",
    "standing",
]


@dataclass(frozen=True, slots=True)
class ConsentRow:
    """One entry, with who wrote it down and on whose word."""

    consent: Consent
    source: str
    by: str
    at: datetime


_INSERT = Prepared(
    insert(_t).inline(),
    ("number", "client", "basis", "given_at", "revoked_at", "reference", "waives", "source", "by", "at"),
)
_COLUMNS = (_t.c.basis, _t.c.given_at, _t.c.revoked_at, _t.c.reference, _t.c.waives)
_WHERE = (_t.c.number == bindparam("key"), _t.c.client == bindparam("owner"))
_NEWEST = Prepared(select(*_COLUMNS).where(*_WHERE).order_by(_t.c.consent_id.desc()).limit(1))
_HISTORY = Prepared(select(*_COLUMNS, _t.c.source, _t.c.by, _t.c.at).where(*_WHERE).order_by(_t.c.consent_id))


def record(tx: Writing, number: str, client: str, consent: Consent, *, source: str, by: str, at: datetime) -> None:
    """Write down a consent, or with `revoked_at` its end."""
    _INSERT.run(
        tx,
        number=number,
        client=client,
        basis=consent.basis,
        given_at=consent.given_at,
        revoked_at=consent.revoked_at,
        reference=consent.reference,
        waives=list(consent.waives),
        source=source,
        by=by,
        at=at,
    )


def newest(tx: Reading, number: str, client: str) -> Consent | None:
    """Return what is known last; None when nothing was ever written down."""
    row = _NEWEST.first(tx, key=number, owner=client)
    return None if row is None else _consent(row)


def history(tx: Reading, number: str, client: str) -> list[ConsentRow]:
    """Return every entry, oldest first."""
    return [ConsentRow(_consent(row), *row[5:]) for row in _HISTORY.rows(tx, key=number, owner=client)]


def _consent(row: Row) -> Consent:
    return Consent(row[0], row[1], row[2], row[3], tuple(row[4]))


#: Bases that grant nothing: a row with one of them says something else. `ebr` notes a business relationship.
NO_GRANT = frozenset({"", "none", "revoked", "ebr"})


@dataclass(frozen=True, slots=True)
class Proof:
    """What is known of how an entry came about; kept as JSON text in the row's `source`.

    `scopes` empty: for calls of every purpose. `shown` and `evidence` are sha256 in hexadecimal.
    """

    channel: str = ""
    scopes: tuple[str, ...] = ()
    shown: str = ""
    evidence: str = ""
    evidence_name: str = ""
    reason: str = ""
    said: str = ""  # what a file said where it could not be read

    def as_source(self) -> str:
        """The text for the row; equal proofs, equal texts."""
        return json.dumps({k: v for k, v in asdict(self).items() if v}, sort_keys=True, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Entry:
    """One row with everything it says: the whole history of a number is a list of these."""

    entry_id: int
    number: str
    client: str  # "": every client
    consent: Consent
    source: str
    by: str
    at: datetime

    @property
    def proof(self) -> Proof:
        """How it came about."""
        return proof_of(self.source)

    @property
    def ended(self) -> datetime | None:
        """The instant of a revocation; None when the row is none."""
        if self.consent.revoked_at is not None:
            return self.consent.revoked_at
        return self.at if self.consent.basis == "revoked" else None


_EVERYTHING = (_t.c.consent_id, _t.c.number, _t.c.client, *_COLUMNS, _t.c.source, _t.c.by, _t.c.at)
_OF_CLIENT = Prepared(
    select(*_EVERYTHING)
    .where(_t.c.number == bindparam("key"), or_(_t.c.client == bindparam("owner"), _t.c.client == ""))
    .order_by(_t.c.consent_id)
)
_OF_NUMBERS = Prepared(select(*_EVERYTHING).where(Among(_t.c.number, "numbers")).order_by(_t.c.consent_id))
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


def proof_of(source: str) -> Proof:
    """What a row's source tells; plain text of other writers is the channel."""
    if not source.startswith("{"):
        return Proof(channel=source)
    found = json.loads(source)
    return Proof(**{**found, "scopes": tuple(found.get("scopes", ()))})


def entries(tx: Reading, numbers: Sequence[str]) -> list[Entry]:
    """Return every row of these numbers, of every client, in the order of recording."""
    return [_entry(row) for row in _OF_NUMBERS.rows(tx, numbers=list(numbers))]


def standing(tx: Reading, number: str, client: str, scope: str = "") -> Consent | None:
    """Return what stands of all that is recorded, as `folded` says; None when that is nothing.

    Args:
        tx: the transaction to read in.
        number: E.164.
        client: whose calls; rows of every client count too.
        scope: what the call is for; a consent given for other purposes does not count. Empty: whatever it is for.
    """
    rows = _OF_CLIENT.rows(tx, key=number, owner=client)
    return folded([_entry(row) for row in rows], scope) if rows else None


def folded(rows: Iterable[Entry], scope: str = "") -> Consent | None:
    """Return the consent given last for this scope if it was given after the last revocation, else the revocation.

    When each was recorded does not matter. A revocation is for every purpose, a consent for those it names.
    """
    granted: Entry | None = None
    ended: Entry | None = None
    for row in rows:
        if row.ended is not None and (ended is None or ended.ended is None or row.ended >= ended.ended):
            ended = row
        if row.consent.basis in NO_GRANT or not (not scope or not row.proof.scopes or scope in row.proof.scopes):
            continue
        if granted is None or (row.consent.given_at or _LONG_AGO) >= (granted.consent.given_at or _LONG_AGO):
            granted = row
    over = None if ended is None else ended.ended
    if granted is not None and (over is None or (granted.consent.given_at or _LONG_AGO) > over):
        return replace(granted.consent, revoked_at=over)
    return None if ended is None else replace(ended.consent, basis="revoked", revoked_at=over)


def record_new(
    tx: Writing, rows: Iterable[tuple[str, str, Consent, str]], *, by: str, at: datetime
) -> list[tuple[str, str, Consent, str]]:
    """Write down those (number, client, consent, source) that are not recorded yet, and return them.

    The same rows again change nothing.
    """
    wanted = dict.fromkeys(rows)
    known = {
        (each.number, each.client, each.consent, each.source)
        for each in entries(tx, list(dict.fromkeys(number for number, *_ in wanted)))
    }
    fresh = [row for row in wanted if row not in known]
    _INSERT.run_many(
        tx,
        [
            (number, client, c.basis, c.given_at, c.revoked_at, c.reference, list(c.waives), source, by, at)
            for number, client, c, source in fresh
        ],
    )
    return fresh


def _entry(row: Row) -> Entry:
    return Entry(row[0], row[1], row[2], _consent(row[3:8]), *row[8:])


_EBR = Prepared(
    select(_lead.c.lead_id, _phone.c.campaign, _lead.c.last_transaction, _lead.c.last_inquiry)
    .join(_phone, _phone.c.lead_id == _lead.c.lead_id)
    .join(_campaign, _campaign.c.name == _phone.c.campaign)
    .where(_phone.c.number == bindparam("key"), _campaign.c.client == bindparam("owner"))
    .order_by(_lead.c.lead_id)
)
_SET_EBR = Prepared(update(_lead).where(_lead.c.lead_id == bindparam("key")), ("last_transaction", "last_inquiry"))


def note_relationship(
    tx: Writing, number: str, client: str, *, transaction: date | None = None, inquiry: date | None = None
) -> list[str]:
    """Set the last transaction or inquiry of the client's leads with this number, where it is later than known.

    A business relationship is a fact of the lead, where the gate looks for it. Returns the campaigns of those leads;
    the caller records the word of it with the basis `ebr`.
    """
    rows = _EBR.rows(tx, key=number, owner=client)
    for lead_id, _, known_transaction, known_inquiry in rows:
        _SET_EBR.run(
            tx,
            key=lead_id,
            last_transaction=max(filter(None, (known_transaction, transaction)), default=None),
            last_inquiry=max(filter(None, (known_inquiry, inquiry)), default=None),
        )
    return list(dict.fromkeys(row[1] for row in rows))
