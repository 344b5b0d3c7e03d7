"""`dialer audit`: prove the ledger, and show everything about one number."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from dialer.cli.common import FAILED, NOTHING_TO_DO, Context, print_json, stop

__all__ = ["app"]

app = typer.Typer(help="Prove the decision ledger; export a case file.", no_args_is_help=True)


@app.command()
def verify(
    ctx: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Prove the chain of decisions from its first row to its last. Exit 1 where it is broken.

    Example: `dialer audit verify`
    """
    from dialer.store import ledger
    from dialer.store.database import open_store

    context: Context = ctx.obj
    workspace = context.workspace()

    def progress(rows: int) -> None:
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{rows:,} decisions")

    with open_store(workspace.database_url) as store, store.reading() as tx:
        proof = ledger.verify(tx, progress=progress)
    if sys.stderr.isatty():
        sys.stderr.write("\r\x1b[K")
    if as_json:
        print_json(
            {
                "ok": proof.broken is None,
                "rows": proof.rows,
                "head": proof.head,
                "broken": proof.broken,
                "why": proof.detail,
            }
        )
    elif proof.broken is None:
        typer.echo(
            f"The ledger is whole: {proof.rows:,} decisions, each chained to the one before it. Head: {proof.head}"
        )
    if proof.broken is not None:
        raise stop(
            f"the ledger is broken at row {proof.broken}: {proof.detail}; keep the database and call an auditor",
            FAILED,
        )


@app.command()
def export(
    ctx: typer.Context,
    number: Annotated[str, typer.Option("--number", metavar="N", help="Whose case file.")],
    country: Annotated[str, typer.Option("--country", metavar="ISO")] = "US",
) -> None:
    """Print the case file of one number as JSON: every decision, every call, every list entry.

    Example: `dialer audit export --number +19195550101 > case.json`
    """
    import json

    from dialer.store import ledger, outcomes, suppressions
    from dialer.store.database import open_store
    from dnc.numbers import normalise_suppression_number

    context: Context = ctx.obj
    workspace = context.workspace()
    read = normalise_suppression_number(number, country)
    if read.e164 is None:
        raise stop(f"{number!r} cannot be read as a number: {read.error}")
    with open_store(workspace.database_url) as store, store.reading() as tx:
        decisions: list[dict[str, Any]] = [
            {
                "seq": row.seq,
                "at": row.at,
                "allowed": row.allowed,
                "code": row.code,
                "decision": json.loads(row.body),
                "hash": row.hash,
                "prev_hash": row.prev_hash,
            }
            for row in ledger.export(tx, read.e164)
        ]
        attempts = outcomes.calls_to(tx, read.e164)
        entries = [
            {name: getattr(entry, name) for name in entry.__dataclass_fields__}
            for entry in suppressions.history(tx, read.e164)
        ]
    if not (decisions or attempts or entries):
        raise stop(f"nothing is on record about {read.e164}", NOTHING_TO_DO)
    print_json({"number": read.e164, "decisions": decisions, "calls": attempts, "do_not_call": entries})
