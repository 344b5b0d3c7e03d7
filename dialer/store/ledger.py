"""The ledger in the database: one row per dial decision, allowed or refused, each chained to the one before.

How a verdict becomes text and a row becomes a hash is `dnc.ledger`'s; here rows are appended in order, read
back, and proved. Appending happens in the dial transaction: SQLite has one writer at a time, and in PostgreSQL an
advisory lock, held until the transaction ends, makes appenders wait for each other. A crash therefore leaves
either the decision and its attempt, or neither.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, Integer, bindparam, func, insert, literal_column, select, text

from dialer.store.schema import attempt as _attempt
from dialer.store.schema import ledger as _t
from dialer.store.statements import Prepared
from dialer.store.transactions import Reading, Writing
from dnc.ledger import GENESIS, Broken, Entry, canonical, decision_body, entry_hash
from dnc.ledger import verify as chain_verify
from dnc.values import Code, ProposedCall, Verdict

__all__ = ["LedgerRow", "Proof", "append", "export", "get", "last_seq", "verify"]

_LOCK = Prepared(text("SELECT pg_advisory_xact_lock(7246332)"))
_CHUNK = 2_000
#: Below every number that a row can have.
_BEFORE_ALL = -(2**31)


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One decision as it stands in the ledger. `body` is canonical JSON."""

    seq: int
    at: datetime
    campaign: str
    lead_id: int | None
    number: str
    allowed: bool
    code: str
    body: str
    prev_hash: str
    hash: str


@dataclass(frozen=True, slots=True)
class Proof:
    """What the check of the chain found. `broken` is the first sequence number that does not fit, or None."""

    rows: int  # proved
    head: str  # hash of the last row proved: to be noted somewhere else
    broken: int | None
    detail: str

    @property
    def intact(self) -> bool:
        """Whether the chain holds."""
        return self.broken is None


_COLUMNS = tuple(LedgerRow.__dataclass_fields__)
_TAIL = Prepared(select(_t.c.seq, _t.c.hash).order_by(_t.c.seq.desc()).limit(1))
_INSERT = Prepared(insert(_t).inline(), _COLUMNS)
_CHUNK_AFTER = Prepared(
    select(_t)
    .where(_t.c.seq > bindparam("after", type_=BigInteger))
    .order_by(_t.c.seq)
    .limit(bindparam("count", type_=Integer))
)
_OF_NUMBER = Prepared(select(_t).where(_t.c.number == bindparam("key")).order_by(_t.c.seq))
_ONE = Prepared(select(_t).where(_t.c.seq == bindparam("key")))
_SEQ_OF = Prepared(select(_t.c.seq).where(_t.c.hash == bindparam("key")).limit(literal_column("1")))
_PROMISED = Prepared(select(func.max(_attempt.c.ledger_seq, type_=Integer)))
_UNCOVERED = Prepared(
    select(_attempt.c.call_id, _attempt.c.ledger_seq)
    .outerjoin(_t, _t.c.seq == _attempt.c.ledger_seq)
    .where((_t.c.seq.is_(None)) | (_t.c.number != _attempt.c.number) | (~_t.c.allowed))
    .order_by(_attempt.c.ledger_seq)
    .limit(1)
)


def append(tx: Writing, call: ProposedCall, verdict: Verdict, *, lead_id: int | None = None, **more: str) -> int:
    """Append a decision and return its sequence number; it is there when the transaction is committed.

    `more` adds texts to the body, such as `attempt` or `agent`.
    """
    if not tx.sqlite:
        _LOCK.rows(tx)
    tail = _TAIL.first(tx)
    seq, prev_hash = (1, GENESIS) if tail is None else (tail[0] + 1, tail[1])
    lead = "" if lead_id is None else str(lead_id)
    body = canonical(decision_body(verdict, call, lead=lead, **more))
    _INSERT.run(
        tx,
        seq=seq,
        at=verdict.at,
        campaign=call.campaign,
        lead_id=lead_id,
        number=call.number,
        allowed=verdict.allowed,
        code=verdict.reasons[0].value,
        body=body,
        prev_hash=prev_hash,
        hash=entry_hash(prev_hash, seq, body),
    )
    return seq


def verify(
    tx: Reading, *, noted: Iterable[tuple[int | None, str]] = (), progress: Callable[[int], None] | None = None
) -> Proof:
    """Prove the chain from its first row to its last, and that every attempt stands on a decision that allows it.

    Beside the hashes, each row's columns are held against its body; a row that cannot even be read is named. Rows cut
    off from the end are found by the attempts that refer to them, and by the heads that were noted.

    Args:
        tx: the transaction to read in.
        noted: heads noted earlier: number of the row (None: not noted) and hash. The chain must pass through each.
        progress: called with the number of rows proved so far, every 2,000 rows.
    """
    heads: dict[int, str] = {}
    strange = ""  # a noted hash that no row has
    for seq, digest in noted:
        at = seq if seq is not None else _SEQ_OF.value(tx, key=digest)
        if at is None:
            strange = digest
        elif heads.setdefault(at, digest) != digest:
            return Proof(0, GENESIS, at, f"two different heads were noted for row {at}: {heads[at]} and {digest}")
    odd: list[tuple[int, str]] = []  # a row that breaks off the reading
    found = chain_verify(_entries(tx, odd, progress), noted=heads)
    if odd:
        seq, why = odd[0]
        return Proof(max(0, seq - 1), "", seq, why)
    if isinstance(found, Broken):
        return Proof(max(0, found.seq - 1), "", found.seq, found.why)
    if strange:
        why = f"no row has the noted head {strange}: rows were cut off or the chain was made anew"
        return Proof(found.seq, found.head, found.seq + 1, why)
    return _covered(tx, found.seq, found.head)


def _entries(tx: Reading, odd: list[tuple[int, str]], progress: Callable[[int], None] | None) -> Iterator[Entry]:
    """Every row in order of its number, until one cannot be read or does not say in its columns what its body says."""
    after, proved = _BEFORE_ALL, 0
    while rows := _chunk(tx, after, odd):
        for row in rows:
            yield Entry(row.seq, row.prev_hash, row.body, row.hash)
            try:
                agrees = _agrees(row)
            except (ValueError, TypeError, LookupError, AttributeError) as error:
                odd.append((row.seq, _unreadable(row.seq, error)))
                return
            if not agrees:
                odd.append((row.seq, f"the columns of row {row.seq} do not say what its body says"))
                return
        if odd:
            return
        after, proved = rows[-1].seq, proved + len(rows)
        if progress is not None:
            progress(proved)


def _chunk(tx: Reading, after: int, odd: list[tuple[int, str]]) -> list[LedgerRow]:
    """The next rows; those before one that cannot be read, which goes to `odd`."""
    try:
        return [LedgerRow(*row) for row in _CHUNK_AFTER.rows(tx, after=after, count=_CHUNK)]
    except (ValueError, TypeError):
        pass
    found = []
    for seq, *_ in _CHUNK_AFTER.raw(tx, after=after, count=_CHUNK):
        try:
            row = get(tx, seq)
        except (ValueError, TypeError) as error:
            odd.append((seq, _unreadable(seq, error)))
            break
        assert row is not None
        found.append(row)
    return found


def _unreadable(seq: int, error: Exception) -> str:
    return f"row {seq} cannot be read ({type(error).__name__}: {error})"


def export(tx: Reading, number: str) -> Iterator[LedgerRow]:
    """Yield every decision about a number, oldest first, for its case file."""
    for row in _OF_NUMBER.rows(tx, key=number):
        yield LedgerRow(*row)


def get(tx: Reading, seq: int) -> LedgerRow | None:
    """Return one decision, or None."""
    row = _ONE.first(tx, key=seq)
    return None if row is None else LedgerRow(*row)


def last_seq(tx: Reading) -> int:
    """Return the sequence number of the newest decision; 0 when there is none."""
    tail = _TAIL.first(tx)
    return 0 if tail is None else int(tail[0])


def _agrees(row: LedgerRow) -> bool:
    """Whether the columns say what the body says."""
    body = json.loads(row.body)
    code = body["failed"][0][1] if body["failed"] else Code.ALLOW.value
    return (
        row.allowed is body["ok"]
        and row.code == code
        and row.number == body["number"]
        and row.campaign == body["campaign"]
        and ("" if row.lead_id is None else str(row.lead_id)) == body["lead"]
        and row.at == datetime.fromisoformat(body["at"])
    )


def _covered(tx: Reading, rows: int, head: str) -> Proof:
    """The proof of an intact chain, unless an attempt has no decision in it."""
    promised = _PROMISED.value(tx) or 0
    if promised > rows:
        why = f"the ledger ends with row {rows}, and an attempt stands on row {promised}"
        return Proof(rows, head, rows + 1, why)
    uncovered = _UNCOVERED.first(tx)
    if uncovered is not None:
        call_id, seq = uncovered
        return Proof(rows, head, seq, f"call {call_id} stands on row {seq}, which does not allow it")
    return Proof(rows, head, None, f"{rows} decisions, one chain; every attempt stands on one that allows it")
