"""`dialer webhooks`: addresses of client companies that are told what happens."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from dialer.cli.common import NOTHING_TO_DO, USAGE, Context, print_json, stop

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True)

_Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
_Id = Annotated[int, typer.Argument(metavar="ID", help="As listed.")]


@app.command()
def add(
    ctx: typer.Context,
    url: Annotated[str, typer.Argument(metavar="URL", help="Where events are sent; https, but to this machine.")],
    client: Annotated[str, typer.Option(metavar="COMPANY", help="The client company whose facts are told.")],
    event: Annotated[
        list[str] | None,
        typer.Option(metavar="KIND", help="call.ended, disposition.set, opt_out.added; repeated. Default: all."),
    ] = None,
    secret_env: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="`dialer serve` reads the secret from this variable. Default: one is made."),
    ] = None,
    allow_private: Annotated[
        bool, typer.Option("--allow-private", help="The address may be one inside, such as 10.0.0.7 or this machine.")
    ] = False,
    as_json: _Json = False,
) -> None:
    """Tell an address what happens from now on, each event signed. A secret that is made is shown once.

    Example: `dialer webhooks add https://crm.example/dialer --client evergreen --event opt_out.added`
    """
    import os
    import re

    from dialer.runtime.consents import clients_of
    from dialer.runtime.events_out import Refused, checked_url, new_secret, sign
    from dialer.store import accounts, outgoing
    from dialer.store.database import open_store

    context: Context = ctx.obj
    workspace = context.workspace()
    kinds = event or list(outgoing.KINDS)
    unknown = [each for each in kinds if each not in outgoing.KINDS]
    if unknown:
        raise stop(f"{', '.join(unknown)} is no kind of event: use {', '.join(outgoing.KINDS)}", USAGE)
    known = clients_of(workspace)
    if client.casefold() not in known:
        raise stop(f"no campaign works for {client!r}: use {', '.join(known.values()) or 'the client of a campaign'}")
    secret = None if secret_env is not None else new_secret()
    try:
        checked_url(url)
        if secret_env is not None:
            if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", secret_env):
                raise Refused(f"{secret_env!r} is no name of a variable")
            if secret_env in os.environ:
                sign(os.environ[secret_env], "try", 0, b"")
    except Refused as error:
        raise stop(str(error), USAGE) from None
    with open_store(workspace.database_url) as store, store.writing() as tx:
        webhook_id = outgoing.add_webhook(
            tx,
            known[client.casefold()],
            url,
            kinds,
            secret=secret,
            secret_env=secret_env,
            allow_private=allow_private,
            by=_by(),
            at=_now(),
        )
        inside = "; inside addresses allowed" if allow_private else ""
        detail = f"{known[client.casefold()]}: {url}; {', '.join(sorted(set(kinds)))}{inside}"
        accounts.record(tx, _now(), by=_by(), act="add_webhook", target=str(webhook_id), detail=detail)
    if as_json:
        print_json({"webhook_id": webhook_id, "secret": secret, "secret_env": secret_env})
        return
    if secret is None:
        typer.echo(f"Webhook {webhook_id} is told from now on; {secret_env} of `dialer serve` signs.", err=True)
        return
    typer.echo(secret)
    typer.echo(f"Webhook {webhook_id} is told from now on. The secret is shown this once.", err=True)


@app.command("list")
def list_webhooks(ctx: typer.Context, as_json: _Json = False) -> None:
    """List the addresses, with what waits for them, what was given up, and why the next one was not taken.

    Example: `dialer webhooks list`
    """
    from dataclasses import asdict

    from dialer.store import outgoing
    from dialer.store.database import open_store

    context: Context = ctx.obj
    with open_store(context.workspace().database_url) as store, store.reading() as tx:
        hooks, standings = outgoing.webhooks(tx), outgoing.standings(tx)
    if as_json:
        hidden = {"secret"}
        print_json(
            [
                {name: value for name, value in asdict(each).items() if name not in hidden}
                | asdict(standings[each.webhook_id])
                for each in hooks
            ]
        )
        return
    for each in hooks:
        stands = standings[each.webhook_id]
        why = f"  last error: {stands.last_error}" if stands.last_error else ""
        typer.echo(
            f"{each.webhook_id:>4}  {each.client:<16} {each.url}  {', '.join(each.kinds)}  "
            f"waiting {stands.waiting}, given up {stands.dead}{why}"
        )


@app.command()
def remove(ctx: typer.Context, webhook_id: _Id) -> None:
    """Tell an address nothing any more; what waits for it is given up.

    Example: `dialer webhooks remove 2`
    """
    from dialer.store import accounts, outgoing
    from dialer.store.database import open_store

    context: Context = ctx.obj
    with open_store(context.workspace().database_url) as store, store.writing() as tx:
        if not outgoing.remove_webhook(tx, webhook_id, _now()):
            raise stop(f"there is no webhook {webhook_id}: see `dialer webhooks list`")
        accounts.record(tx, _now(), by=_by(), act="remove_webhook", target=str(webhook_id))
    typer.echo(f"Webhook {webhook_id} is told nothing any more.")


@app.command()
def retry(ctx: typer.Context, webhook_id: _Id) -> None:
    """Have everything that was not delivered sent anew and at once, in order, also what was given up.

    Exit 4 when there is nothing.

    Example: `dialer webhooks retry 2`
    """
    from dialer.store import accounts, outgoing
    from dialer.store.database import open_store

    context: Context = ctx.obj
    with open_store(context.workspace().database_url) as store, store.writing() as tx:
        if all(each.webhook_id != webhook_id for each in outgoing.webhooks(tx)):
            raise stop(f"there is no webhook {webhook_id}: see `dialer webhooks list`")
        count = outgoing.retry(tx, webhook_id, _now())
        accounts.record(tx, _now(), by=_by(), act="retry_webhook", target=str(webhook_id), detail=f"{count} events")
    if not count:
        raise stop("nothing waits, and nothing was given up", NOTHING_TO_DO)
    typer.echo(f"{count} events are sent as soon as the floor runs.")


def _now() -> datetime:
    from datetime import UTC

    return datetime.now(UTC)


def _by() -> str:
    import getpass

    return f"{getpass.getuser()} (command line)"
