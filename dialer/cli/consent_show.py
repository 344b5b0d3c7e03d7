"""`dialer consent show`: every row of a number, what stands, and whether its proof is still what it was."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import typer

from dialer.cli.common import NOTHING_TO_DO, Context, print_json
from dialer.cli.consent_words import COUNTRY, JSON, NUMBER, any_number, relationship_now, worth_now

__all__ = ["show"]


def show(ctx: typer.Context, number: NUMBER, country: COUNTRY = "US", as_json: JSON = False) -> None:
    """Show every row of a number, what stands now for each client, and the clock of each revocation.

    Example: `dialer consent show +19195550101`
    """
    from dialer.runtime.asking import open_rulebook
    from dialer.runtime.consents import copies_state
    from dialer.store import blocks, consents, relationships
    from dialer.store.database import open_store

    context: Context = ctx.obj
    workspace = context.workspace()
    e164, now = any_number(number, country), datetime.now(UTC)
    with open_store(workspace.database_url) as store, store.reading() as tx:
        rows, facts = consents.entries(tx, [e164]), relationships.entries(tx, [e164])
        stands = {client: consents.standing(tx, e164, client) for client in sorted({row.said.client for row in rows})}
        business = {
            client: relationships.standing(tx, e164, client) for client in sorted({row.fact.client for row in facts})
        }
        closed = [each for each in blocks.every(tx) if each.target == e164]
    book = open_rulebook(workspace)
    told = [
        {
            "id": row.entry_id,
            "client": row.said.client or None,
            "basis": row.said.consent.basis,
            "scopes": list(row.said.scopes),
            "waives": list(row.said.consent.waives),
            "given_at": row.said.consent.given_at,
            "revoked_at": row.ended,
            "honour_by": None if row.said.honour_by is None else row.said.honour_by.isoformat(),
            "channel": row.said.channel,
            "shown": row.said.shown,
            "evidence": row.said.evidence,
            "reference": row.said.consent.reference,
            "copies": copies_state(workspace, (row.said.shown, row.said.evidence)),
            "name": row.said.name,
            "reason": row.said.reason,
            "source": row.said.source,
            "recorded_by": row.recorded_by,
            "recorded_at": row.recorded_at,
        }
        for row in rows
    ]
    answer = {
        "number": e164,
        "stands": [
            {"client": client or None, **worth_now(consent, now)}
            for client, consent in stands.items()
            if consent is not None
        ],
        "rows": told,
        "relationships": {client: relationship_now(book, ebr, now) for client, ebr in business.items()},
        "business": [
            {
                "id": row.entry_id,
                "client": row.fact.client,
                "kind": row.fact.kind,
                "day": row.fact.day.isoformat(),
                "channel": row.fact.channel,
                "evidence": row.fact.evidence,
                "reference": row.fact.reference,
                "copies": copies_state(workspace, (row.fact.evidence,)),
                "source": row.fact.source,
                "recorded_by": row.recorded_by,
                "recorded_at": row.recorded_at,
            }
            for row in facts
        ],
        "inconvenient": [
            {
                "id": each.block_id,
                "hours": list(each.block.hours),
                "days": list(each.block.days),
                "until": each.block.until,
                "detail": each.block.detail,
                "by": each.by,
                "at": each.at,
            }
            for each in closed
        ],
    }
    if as_json:
        print_json(answer)
    else:
        _print_shown(answer)
    if not rows and not facts and not closed:
        raise typer.Exit(NOTHING_TO_DO)


def _print_shown(answer: dict[str, Any]) -> None:
    number = answer["number"]
    if not answer["rows"]:
        typer.echo(f"{number}: no row in the consent ledger; what its list says stays with the lead")
    for each in answer["stands"]:
        word = "REVOKED" if each["revoked"] else "stands" if each["basis"] else "counts as none"
        typer.echo(f"{number}, {each['client'] or 'every client'}: {word}: {each['why']}")
    for client, worth in answer["relationships"].items():
        typer.echo(f"{number}, {client}: {worth['why']}")
    for row in answer["rows"]:
        what = row["basis"] if row["given_at"] is None else f"{row['basis']} given {row['given_at']:%Y-%m-%d %H:%M UTC}"
        parts = [f"#{row['id']} {row['recorded_at']:%Y-%m-%d %H:%M UTC} by {row['recorded_by']}: {what}"]
        if row["revoked_at"] is not None:
            law = f", at law until {row['honour_by']}, here at once" if row["honour_by"] else ""
            parts.append(f"revoked {row['revoked_at']:%Y-%m-%d %H:%M UTC}{law}")
        parts.append(f"for {row['client'] or 'every client'}")
        parts += [f"{name}: {', '.join(row[name])}" for name in ("scopes", "waives") if row[name]]
        names = ("channel", "name", "reason", "reference", "source")
        parts += [f"{name}: {row[name]}" for name in names if row[name]]
        if row["copies"] != "none":
            parts.append(f"copies {row['copies']}")
        typer.echo("  " + "; ".join(parts))
    for row in answer["business"]:
        parts = [f"business #{row['id']} {row['recorded_at']:%Y-%m-%d %H:%M UTC} by {row['recorded_by']}"]
        parts[0] += f": {row['kind']} on {row['day']} with {row['client']}"
        parts += [f"{name}: {row[name]}" for name in ("channel", "reference", "source") if row[name]]
        if row["copies"] != "none":
            parts.append(f"copies {row['copies']}")
        typer.echo("  " + "; ".join(parts))
    for each in answer["inconvenient"]:
        hours = ", ".join(each["hours"]) or "any time"
        days = f" on days {', '.join(map(str, each['days']))}" if each["days"] else ""
        until = "" if each["until"] is None else f", until {each['until']:%Y-%m-%d %H:%M UTC}"
        typer.echo(f"  inconvenient #{each['id']}: {hours}{days}{until}: {each['detail'] or 'no detail'}")
