"""`dialer tokens`: programs of client companies that may use the HTTP API."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from dialer.cli.common import USAGE, Context, instant_option, print_json, stop

if TYPE_CHECKING:
    from dialer.store.api_tokens import Token

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True)

_Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


@app.command()
def add(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is for, such as crm.")],
    client: Annotated[
        str, typer.Option(metavar="COMPANY", help="The client company whose data it sees, and no other.")
    ],
    scope: Annotated[
        list[str], typer.Option(metavar="SCOPE", help="What it may do, such as leads:write; may be repeated.")
    ],
    expires: Annotated[
        str | None, typer.Option(metavar="INSTANT", help="From then on it is refused. Default: never.")
    ] = None,
    as_json: _Json = False,
) -> None:
    """Make a token. It is shown once, and kept as a hash only; a lost one is revoked and made anew.

    Scopes: leads:write, leads:read, campaigns:read, campaigns:write, dispositions:read, dispositions:write, dnc:read,
    dnc:write, reports:read.

    Example: `dialer tokens add crm --client evergreen --scope leads:write --scope leads:read`
    """
    from dialer.runtime.consents import clients_of
    from dialer.store import accounts, api_tokens
    from dialer.store.database import open_store
    from dialer.web.api.scopes import Scope

    context: Context = ctx.obj
    workspace = context.workspace()
    unknown = [each for each in scope if each not in set(Scope)]
    if unknown:
        raise stop(f"{', '.join(unknown)} is no scope: use {', '.join(Scope)}", USAGE)
    if not name.strip() or len(name) > 64 or not name.isprintable():
        raise stop("a token's name has 1 to 64 printable characters", USAGE)
    known = clients_of(workspace)
    if client.casefold() not in known:
        raise stop(f"no campaign works for {client!r}: use {', '.join(known.values()) or 'the client of a campaign'}")
    until = instant_option(expires)
    if until is not None and until <= _now():
        raise stop("--expires lies in the past", USAGE)
    with open_store(workspace.database_url) as store, store.writing() as tx:
        owner = known[client.casefold()]
        token_id, token = api_tokens.add(
            tx, name=name, client=owner, scopes=scope, by=_by(), at=_now(), expires_at=until
        )
        detail = f"{name}; client: {owner}; scopes: {', '.join(sorted(set(scope)))}; expires: {until or 'never'}"
        accounts.record(tx, _now(), by=_by(), act="add_token", target=token_id, detail=detail)
    if as_json:
        print_json({"token_id": token_id, "token": token, "client": owner, "scopes": sorted(set(scope))})
        return
    typer.echo(token)
    typer.echo(
        f"Token {token_id} for {owner}. It is shown this once: put it where the program reads its secrets.", err=True
    )


@app.command("list")
def list_tokens(ctx: typer.Context, as_json: _Json = False) -> None:
    """List all tokens with client, scopes, last use and whether they are in force.

    Example: `dialer tokens list`
    """
    from dataclasses import asdict

    from dialer.store import api_tokens
    from dialer.store.database import open_store

    context: Context = ctx.obj
    with open_store(context.workspace().database_url) as store, store.reading() as tx:
        found = api_tokens.every(tx)
    if as_json:
        print_json([{**asdict(each), "standing": _standing(each)} for each in found])
        return
    for each in found:
        used = "never used" if each.last_used_at is None else f"used {each.last_used_at:%Y-%m-%d %H:%M} UTC"
        typer.echo(
            f"{each.token_id}  {each.name:<16} {each.client:<16} {_standing(each):<24} {used:<26} "
            f"{', '.join(each.scopes)}"
        )


@app.command()
def revoke(ctx: typer.Context, token_id: Annotated[str, typer.Argument(metavar="ID", help="As listed.")]) -> None:
    """Refuse a token from now on, also on a floor that runs.

    Example: `dialer tokens revoke 4f1c2ab09d3e`
    """
    from dialer.store import accounts, api_tokens
    from dialer.store.database import open_store

    context: Context = ctx.obj
    with open_store(context.workspace().database_url) as store, store.writing() as tx:
        if not api_tokens.revoke(tx, token_id, _now()):
            raise stop(f"there is no token {token_id} in force: see `dialer tokens list`")
        accounts.record(tx, _now(), by=_by(), act="revoke_token", target=token_id)
    typer.echo(f"Token {token_id} is refused from now on.")


def _standing(token: Token) -> str:
    if token.revoked_at is not None:
        return "revoked"
    if token.expires_at is None:
        return "in force"
    return f"until {token.expires_at:%Y-%m-%d %H:%M} UTC" if token.expires_at > _now() else "expired"


def _now() -> datetime:
    from datetime import UTC

    return datetime.now(UTC)


def _by() -> str:
    import getpass

    return f"{getpass.getuser()} (command line)"
