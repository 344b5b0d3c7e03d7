"""`dialer audit verify` and `anchor`: prove the ledger, and note where nobody can change it what stood."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from dialer.cli.common import FAILED, Context, print_json, stop

__all__ = ["anchor", "broken", "progress", "verify"]

_Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def verify(
    ctx: typer.Context,
    head: Annotated[
        str, typer.Option("--head", metavar="HASH", help="A head noted earlier: the chain must pass through it.")
    ] = "",
    anchors: Annotated[
        Path | None, typer.Option("--anchors", metavar="FILE", help="Lines of `dialer audit anchor`: all must hold.")
    ] = None,
    as_json: _Json = False,
) -> None:
    """Prove the chain of decisions from its first row to its last. Exit 1 where it is broken.

    Also found: a guard of an append-only table that was taken down. Who can write everywhere in the database can cut
    rows off the end, or make the whole chain anew: that shows only against a head noted where they cannot write.
    Note it daily, best with `dialer audit anchor`.

    Example: `dialer audit verify --anchors /mnt/auditor/anchors.jsonl`
    """
    from dialer.store.database import open_store

    context: Context = ctx.obj
    workspace = context.workspace()
    noted = _anchors(anchors) if anchors is not None else []
    with open_store(workspace.database_url) as store, store.reading() as tx:
        proof, weak = _prove(tx, noted, head)
    if as_json:
        print_json(
            {
                "ok": proof.broken is None and not weak,
                "rows": proof.rows,
                "head": proof.head,
                "broken": proof.broken,
                "why": proof.detail if proof.broken is not None else weak or proof.detail,
                "anchors": len(noted),
            }
        )
    elif proof.broken is None and not weak:
        typer.echo(
            f"The ledger is whole: {proof.rows:,} decisions, each chained to the one before it. Head: {proof.head}"
        )
        if noted:
            typer.echo(f"It passes through all {len(noted):,} anchors, the first of {noted[0].at:%Y-%m-%d %H:%M UTC}.")
    if proof.broken is not None:
        raise broken(proof)
    if weak:
        raise _weak(weak)


def anchor(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to add the line; new ones are created.")],
    as_json: _Json = False,
) -> None:
    """Prove everything, the lines that are in FILE too, and add a line that says what stands now.

    A line holds the number of decisions and their head, and for the do-not-call entries, blocks and erasures how far
    they go and the sha256 of their rows; nothing personal. Keep FILE where those who can write in the database
    cannot: another machine, write-once storage, an auditor's mailbox. Exit 1, adding nothing, where something is
    broken.

    Example: `dialer audit anchor /mnt/auditor/anchors.jsonl`
    """
    import os

    from dialer.store.anchors import anchor_of, to_json
    from dialer.store.database import open_store

    context: Context = ctx.obj
    workspace = context.workspace()
    noted = _anchors(file) if file.exists() else []
    with open_store(workspace.database_url) as store, store.reading() as tx:
        proof, weak = _prove(tx, noted, "")
        if proof.broken is not None:
            raise broken(proof)
        if weak:
            raise _weak(weak)
        line = to_json(anchor_of(tx, proof, datetime.now(UTC)))
    try:
        with file.open("a", encoding="utf-8") as out:
            out.write(f"{line}\n")
            out.flush()
            os.fsync(out.fileno())
    except OSError as error:
        raise stop(f"{file}: cannot be written: {error.strerror}") from None
    typer.echo(line if as_json else f"{file}: {proof.rows:,} decisions, head {proof.head}; anchor {len(noted) + 1}")


def _anchors(file: Path) -> list[Any]:
    """The lines of a file of anchors, oldest first."""
    from dialer.store.anchors import from_json

    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise stop(f"{file}: cannot be read: {error}") from None
    found = []
    for n, line in enumerate(lines, start=1):
        try:
            found.append(from_json(line))
        except ValueError as error:
            raise stop(f"{file}, line {n}: {error}") from None
    if not found:
        raise stop(f"{file}: holds no anchor")
    return found


def _prove(tx: Any, noted: list[Any], head: str) -> tuple[Any, str]:
    """The proof of the ledger, and what else is not as it must be."""
    from dialer.runtime.ledger_check import prove

    found = prove(tx, noted, head, progress)
    progress(None)
    return found


def progress(rows: int | None) -> None:
    """Show on a terminal how many rows are proved; None clears the line."""
    if sys.stderr.isatty():
        sys.stderr.write("\r\x1b[K" if rows is None else f"\r{rows:,} decisions")


def broken(proof: Any) -> typer.Exit:
    """What is said of a broken ledger."""
    where = f"at row {proof.broken}: {proof.detail}"
    return stop(f"the ledger is broken {where}; keep the database and call an auditor", FAILED)


def _weak(what: str) -> typer.Exit:
    return stop(f"{what}; keep the database and call an auditor", FAILED)
