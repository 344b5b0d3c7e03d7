"""The proof of the records: the chain of decisions, the heads noted elsewhere, and the guards of append-only tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from campaigns.workspace import Workspace
from dialer.store import anchors, guards, ledger
from dialer.store.anchors import Anchor
from dialer.store.database import open_store
from dialer.store.ledger import Proof
from dialer.store.transactions import Reading

__all__ = ["Checked", "check", "prove"]


@dataclass(frozen=True, slots=True)
class Checked:
    """What a check found; `weak` is what else is not as it must be, or nothing."""

    proof: Proof
    weak: str

    @property
    def whole(self) -> bool:
        """Whether nothing is wrong."""
        return self.proof.intact and not self.weak


def prove(
    tx: Reading, noted: Sequence[Anchor] = (), head: str = "", progress: Callable[[int], None] | None = None
) -> tuple[Proof, str]:
    """Prove the ledger from its first row to its last; also say what else is not as it must be.

    Args:
        tx: the transaction to read in.
        noted: anchors that must hold.
        head: a head noted earlier, in hexadecimal; empty for none.
        progress: called with the number of rows proved so far.
    """
    heads: list[tuple[int | None, str]] = [(each.rows, each.head) for each in noted if each.rows]
    if head.strip():
        heads.append((None, head.strip().lower()))
    proof = ledger.verify(tx, noted=heads, progress=progress)
    weak = anchors.prove(tx, noted) if proof.broken is None else ""
    down = guards.missing(tx)
    if down and not weak:
        weak = f"the database no longer refuses {', '.join(f'{each.operation} of {each.table}' for each in down)}"
    return proof, weak


def check(progress: Callable[[int, int], None], root: Path, head: str) -> Checked:
    """Prove the ledger of a working folder; run by `dialer.runtime.worker`. Raises StoreError."""
    workspace = Workspace.load(root)
    with open_store(workspace.database_url) as store, store.reading() as tx:
        everyone = ledger.last_seq(tx)
        return Checked(*prove(tx, head=head, progress=lambda rows: progress(rows, everyone)))
