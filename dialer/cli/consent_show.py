"""`dialer consent show`: every row of a number, what stands, and whether its proof is still what it was."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import typer

from dialer.cli.common import NOTHING_TO_DO, Context, print_json
from dialer.cli.consent_words import COUNTRY, JSON, NUMBER, any_number, worth_now

__all__ = ["show"]


def show(ctx: typer.Context, number: NUMBER, country: COUNTRY = "US", as_json: JSON = False) -> None:
    """Show every row of a number, what stands now for each client, and the clock of each revocation.

    Example: `dialer consent show +19195550101`
    """
    from dialer.runtime.asking import open_rulebook
    from dialer.runtime.consents import evidence_dir
    from dialer.store import blocks, consents
    from dialer.store.database import open_store
    from dnc.rules.deadlines import opt_out_deadline

    context: Context = ctx.obj
    workspace = context.workspace()
    e164, now = any_number(number, country), datetime.now(UTC)
    with open_store(workspace.database_url) as store, store.reading() as tx:
        rows = consents.entries(tx, [e164])
        clients = sorted({row.client for row in rows})
        stands = {client: consents.standing(tx, e164, client) for client in clients}
        closed = [each for each in blocks.every(tx) if each.target == e164]
    book = open_rulebook(workspace)
    kept = evidence_dir(workspace)
    told = [
        {
            "id": row.entry_id,
            "client": row.client or None,
            "basis": row.consent.basis,
            "given_at": row.consent.given_at,
            "revoked_at": row.ended,
            "waives": list(row.consent.waives),
            "channel": row.proof.channel,
            "scopes": list(row.proof.scopes),
            "shown": row.proof.shown,
            "evidence": row.proof.evidence,
            "evidence_name": row.proof.evidence_name,
            "copies": _copies(kept, (row.proof.shown, row.proof.evidence)),
            "reason": row.proof.reason or row.proof.said,
            "by": row.by,
            "at": row.at,
            "honour_by": None if row.ended is None else opt_out_deadline(book, row.ended.date()).isoformat(),
        }
        for row in rows
    ]
    now_stands = [
        {"client": client or None, **worth_now(consent, now)}
        for client, consent in stands.items()
        if consent is not None
    ]
    named = [
        {"id": each.block_id, "hours": list(each.block.hours), "days": list(each.block.days), "until": each.block.until}
        | {"detail": each.block.detail, "by": each.by, "at": each.at}
        for each in closed
    ]
    if as_json:
        print_json({"number": e164, "stands": now_stands, "rows": told, "inconvenient": named})
    else:
        _print_shown(e164, now_stands, told, named)
    if not rows and not closed:
        raise typer.Exit(NOTHING_TO_DO)


def _copies(folder: Path, digests: tuple[str, ...]) -> str:
    """Whether the copies are there and still what they were."""
    import hashlib

    wanted = [digest for digest in digests if digest]
    if not wanted:
        return "none"
    for digest in wanted:
        path = folder / digest
        if not path.is_file():
            return f"MISSING: {path}"
        with path.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != digest:
                return f"CHANGED: {path}"
    return "intact"


def _print_shown(number: str, stands: list[Any], rows: list[Any], named: list[Any]) -> None:
    if not rows:
        typer.echo(f"{number}: no row in the consent ledger; what its list says stays with the lead")
    for each in stands:
        word = "REVOKED" if each["revoked"] else "stands" if each["basis"] else "counts as none"
        typer.echo(f"{number}, {each['client'] or 'every client'}: {word}: {each['why']}")
    for row in rows:
        what = row["basis"] if row["given_at"] is None else f"{row['basis']} given {row['given_at']:%Y-%m-%d %H:%M UTC}"
        parts = [f"#{row['id']} {row['at']:%Y-%m-%d %H:%M UTC} by {row['by']}: {what}"]
        if row["revoked_at"] is not None:
            parts.append(
                f"revoked {row['revoked_at']:%Y-%m-%d %H:%M UTC}, at law until {row['honour_by']}, here at once"
            )
        parts.append(f"for {row['client'] or 'every client'}")
        for name in ("scopes", "waives"):
            if row[name]:
                parts.append(f"{name}: {', '.join(row[name])}")
        for name in ("channel", "reason", "evidence_name"):
            if row[name]:
                parts.append(f"{name.partition('_')[0]}: {row[name]}")
        if row["copies"] != "none":
            parts.append(f"copies {row['copies']}")
        typer.echo("  " + "; ".join(parts))
    for each in named:
        hours = ", ".join(each["hours"]) or "any time"
        days = f" on days {', '.join(map(str, each['days']))}" if each["days"] else ""
        until = "" if each["until"] is None else f", until {each['until']:%Y-%m-%d %H:%M UTC}"
        typer.echo(f"  inconvenient #{each['id']}: {hours}{days}{until}: {each['detail'] or 'no detail'}")
