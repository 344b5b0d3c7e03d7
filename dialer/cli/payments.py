"""`dialer payments`: what clients say was paid, so that reports can say which promises were kept."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dialer.cli.common import FAILED, Context, print_json

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="Payments: which promises to pay were kept.")


@app.callback()
def _payments() -> None:
    """Payments: which promises to pay were kept."""


@app.command("import")
def import_file(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV: account, amount, currency, paid_at, reference.")],
    campaign: Annotated[
        str | None, typer.Option("--campaign", metavar="NAME", help="The client is that of this campaign.")
    ] = None,
    client: Annotated[str | None, typer.Option("--client", metavar="CLIENT", help="Whose accounts these are.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Import a client's payments; the same file twice changes nothing.

    Columns by name: debt_id, account_id or external_id; amount; currency; paid_at; reference. Rows that cannot be read
    are written to the folder of rejects with line and reason, and the command ends with exit code 1.

    Example: `dialer payments import paid-october.csv --client evergreen`
    """
    import getpass
    from dataclasses import asdict
    from datetime import UTC, datetime

    from dialer.runtime.payment_import import import_payments
    from dialer.store.database import open_store

    context: Context = ctx.obj
    if (campaign is None) == (client is None):
        raise typer.BadParameter("say whose accounts these are: --client CLIENT, or --campaign NAME")
    workspace = context.workspace()
    if campaign is not None:
        client = workspace.campaign(campaign).client
    clients = {workspace.campaign(each).client for each in workspace.campaign_names()}
    if client not in clients:
        names = ", ".join(sorted(clients)) or "there is no campaign yet"
        raise typer.BadParameter(f"no campaign is for {client!r}; the clients are: {names}", param_hint="--client")
    with open_store(workspace.database_url) as store:
        done = import_payments(
            store, file, client, rejects=workspace.rejects_dir, by=getpass.getuser(), at=datetime.now(UTC)
        )
    if as_json:
        print_json(asdict(done))
    else:
        typer.echo(
            f"{file}: {done.rows} rows, {done.added} new payments, {done.known} on record, {done.rejected} refused"
        )
        if done.rejects is not None:
            typer.echo(f"refused rows, with line and reason: {done.rejects}", err=True)
    if done.rejected:
        raise typer.Exit(FAILED)
