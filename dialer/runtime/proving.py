"""Proving the ledger: its chain, that nothing stands beside the chain, and that a head noted earlier is in it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

from dialer.store import ledger, people
from dialer.store.ledger import Proof
from dialer.store.transactions import Reading

__all__ = ["prove"]


def prove(tx: Reading, *, noted_head: str = "", progress: Callable[[int], None] | None = None) -> Proof:
    """Prove the chain of decisions, row by row.

    Beyond `ledger.verify`: rows numbered outside of the chain are found, a row whose cells cannot be read at all is
    named, and with `noted_head` the chain must pass through that hash. Whoever cuts rows from the end and writes
    new ones that fit leaves a chain that verifies; it does not pass through a head that was noted elsewhere.
    """
    try:
        proof = ledger.verify(tx, progress=progress)
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        seq = _unreadable(tx)
        why = f"row {seq} cannot be read ({type(error).__name__}: {error})"
        return Proof(max(0, seq - 1), "", seq, why)
    if proof.broken is not None:
        return proof
    beside = people.outside_the_chain(tx, proof.rows)
    if beside is not None:
        return replace(proof, broken=beside, detail=f"row {beside} stands outside of the chain of {proof.rows} rows")
    if noted_head and not people.has_hash(tx, noted_head.strip().lower()):
        why = f"no row has the noted head {noted_head}: rows were cut off or written anew"
        return replace(proof, broken=proof.rows + 1, detail=why)
    return proof


def _unreadable(tx: Reading) -> int:
    """The first row whose cells or body cannot be read."""
    last = ledger.last_seq(tx)
    for seq in range(1, last + 1):
        try:
            row = ledger.get(tx, seq)
            if row is None or not {"ok", "failed", "number", "campaign", "lead", "at"} <= json.loads(row.body).keys():
                return seq
            _ = [reason[1] for reason in json.loads(row.body)["failed"]]
        except (ValueError, TypeError, LookupError, AttributeError):
            return seq
    return last
