r"""The ledger of decisions: one row for every call allowed or refused, chained by hashes.

Pure: what a row says, how rows are chained, how a chain is verified. Where rows are kept is somebody else's
matter.

*Layout.* A row is `seq` (1, 2, 3 ... without gaps), `prev_hash`, `body` and `hash`. `body` is canonical
JSON text: keys sorted, no spaces, UTF-8, no NaN. `hash = sha256(prev_hash + "\n" + seq + "\n" + body)` in
lower-case hex; the first row's `prev_hash` is `GENESIS`. Keep `body` as the text that was hashed:
verification reads bytes, not meanings.

Whoever removes rows from the end leaves a shorter chain that verifies, and whoever can write everywhere can
make a new chain that does. Note the head (`Verified.seq`, `.head`) where nobody can change it, daily, and give
what was noted to `verify`: a chain that was cut or made anew does not pass through it.

*Keys of a decision's body.* at (UTC, ISO 8601), campaign, client, lead, number, scope, mode, place
(`Place.key`), ok, failed (`[[rule, code, what it saw], ...]`), passed (rule ids, in order), next (ISO 8601
or null), v (data versions).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC
from hashlib import sha256
from typing import Any

from dnc.values import ProposedCall, Verdict

__all__ = [
    "GENESIS",
    "Broken",
    "Entry",
    "Verified",
    "canonical",
    "chain",
    "decision_body",
    "entry_hash",
    "verify",
]

#: The `prev_hash` of the first row.
GENESIS = "0" * 64

_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the chain."""

    seq: int
    prev_hash: str
    body: str
    hash: str


@dataclass(frozen=True, slots=True)
class Verified:
    """The chain holds: its last row's number and hash (0 and the starting hash when it is empty)."""

    seq: int
    head: str


@dataclass(frozen=True, slots=True)
class Broken:
    """The chain does not hold: the first row that is wrong, and how."""

    seq: int
    why: str


def canonical(body: Mapping[str, Any]) -> str:
    """The one JSON text of a body; raises `TypeError` or `ValueError` for what JSON cannot say."""
    return _encode(body)


def entry_hash(prev_hash: str, seq: int, body: str) -> str:
    """The hash of a row: sha256 over the previous hash, the row's number and its body."""
    return sha256(f"{prev_hash}\n{seq}\n{body}".encode()).hexdigest()


def decision_body(verdict: Verdict, call: ProposedCall, *, lead: str = "", **more: str) -> dict[str, Any]:
    """What the ledger keeps of one decision. `more` adds texts such as `attempt` or `agent`."""
    body: dict[str, Any] = {
        "at": verdict.at.astimezone(UTC).isoformat(),
        "campaign": call.campaign,
        "client": call.client,
        "lead": lead,
        "number": call.number,
        "scope": call.scope,
        "mode": call.mode,
        "place": call.place.key,
        "ok": verdict.allowed,
        "failed": [[c.rule, c.code, c.saw] for c in verdict.checks if not c.passed],
        "passed": [c.rule for c in verdict.checks if c.passed],
        "next": None if verdict.next_allowed is None else verdict.next_allowed.isoformat(),
        "v": verdict.versions,
    }
    clash = body.keys() & more.keys()
    if clash:
        raise ValueError(f"{', '.join(sorted(clash))} is already a key of a decision; name it otherwise.")
    return body | more


def chain(bodies: Iterable[str], *, prev_hash: str = GENESIS, seq: int = 1) -> Iterator[Entry]:
    """Rows for canonical bodies, continuing behind `prev_hash`; the first gets number `seq`."""
    for body in bodies:
        own = entry_hash(prev_hash, seq, body)
        yield Entry(seq, prev_hash, body, own)
        prev_hash, seq = own, seq + 1


def verify(
    entries: Iterable[Entry], *, prev_hash: str = GENESIS, seq: int = 1, noted: Mapping[int, str] | None = None
) -> Verified | Broken:
    """Whether rows, given in order of their numbers, form one chain; else the first row that does not fit.

    Args:
        entries: every row there is, those numbered 0 and below too.
        prev_hash: of the row before the first one expected.
        seq: the number of that first row.
        noted: heads noted earlier, row number -> hash; rows from `seq` on must be there and have these hashes.
    """
    heads = noted or {}
    for entry in entries:
        if entry.seq != seq:
            return _misplaced(entry.seq, seq)
        if entry.prev_hash != prev_hash:
            return Broken(seq, f"row {seq} does not continue row {seq - 1}")
        if entry.hash != entry_hash(prev_hash, seq, entry.body):
            return Broken(seq, f"row {seq} was changed after it was written")
        if heads and heads.get(seq, entry.hash) != entry.hash:
            return Broken(seq, f"row {seq} is not the one whose hash was noted: the chain was made anew")
        prev_hash, seq = entry.hash, seq + 1
    last = max(heads, default=0)
    if last >= seq:
        return Broken(seq, f"row {seq} is missing: the chain had {last} rows when its head was noted")
    return Verified(seq - 1, prev_hash)


def _misplaced(found: int, wanted: int) -> Broken:
    """What a row says that stands where another is due."""
    if found < 1:
        return Broken(found, f"row {found} stands before the first row of the chain")
    if found < wanted:
        return Broken(found, f"row {found} stands there a second time, behind row {wanted - 1}")
    return Broken(wanted, f"row {wanted} is missing: row {found} stands in its place")
