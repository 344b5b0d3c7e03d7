"""`dialer consent show`: every row of a number, what stands, and whether its proof is still what it was."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import typer

from dialer.cli.common import NOTHING_TO_DO, Context, print_json
from dialer.cli.consent_words import COUNTRY, JSON, NUMBER, any_number

__all__ = ["show"]


def show(ctx: typer.Context, number: NUMBER, country: COUNTRY = "US", as_json: JSON = False) -> None:
    """Show every row of a number, what stands now for each client, and the clock of each revocation.

    Example: `dialer consent show +19195550101`
    """
    from dialer.runtime.asking import open_rulebook
    from dialer.runtime.consent_record import consent_record
    from dialer.store.database import open_store

    context: Context = ctx.obj
    workspace = context.workspace()
    e164 = any_number(number, country)
    with open_store(workspace.database_url) as store, store.reading() as tx:
        answer = consent_record(tx, workspace, open_rulebook(workspace), e164, datetime.now(UTC))
    if as_json:
        print_json(answer)
    else:
        _print_shown(answer)
    if not answer["rows"] and not answer["business"] and not answer["inconvenient"]:
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
