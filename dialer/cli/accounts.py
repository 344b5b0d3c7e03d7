"""`dialer accounts`: who may use the office pages (board, compliance desk)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from dialer.cli.common import USAGE, Context, print_json, stop

if TYPE_CHECKING:
    from dialer.store.accounts import Hashes
    from dialer.store.database import Store

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True)

_Id = Annotated[str, typer.Argument(metavar="ID", help="Short and lasting, such as maria or s-03.")]
_Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


@app.command()
def add(
    ctx: typer.Context,
    account_id: _Id,
    role: Annotated[str, typer.Option(metavar="ROLE", help="supervisor, manager, compliance or admin.")],
    name: Annotated[str, typer.Option(help="The name people read.")] = "",
    client: Annotated[
        list[str] | None, typer.Option(metavar="COMPANY", help="Sees this client company only; may be repeated.")
    ] = None,
    as_json: _Json = False,
) -> None:
    """Add somebody of the office. A one-time code is shown; with it they choose their own password within a day.

    Agents are added by `dialer agents add`.

    Example: `dialer accounts add maria --role supervisor --client evergreen`
    """
    import re

    from dialer.store import accounts
    from dialer.web.accounts import OFFICE

    if not re.fullmatch(r"[A-Za-z0-9_.-]{1,64}", account_id):
        raise stop(f"{account_id!r} cannot be an account's id: use letters, digits, dot, dash and underscore", USAGE)
    if role not in OFFICE:
        hint = "; agents are added by `dialer agents add`" if role == "agent" else ""
        raise stop(f"{role!r} is no role of the office: use {', '.join(OFFICE)}{hint}", USAGE)
    with _store(ctx) as store:
        with store.writing() as tx:
            if accounts.get(tx, account_id) is not None:
                raise stop(f"there is an account {account_id} already: `dialer accounts reset {account_id}`")
            clients = tuple(client or ())
            accounts.add(tx, account_id, name=name or account_id, role=role, clients=clients, at=_now())
            detail = f"{role}; clients: {', '.join(clients) or 'all'}"
            accounts.record(tx, _now(), by=_by(), act="add_account", target=account_id, detail=detail)
        _give_code(ctx, store, account_id, as_json)


@app.command()
def reset(ctx: typer.Context, account_id: _Id, as_json: _Json = False) -> None:
    """Show a new one-time code: the password counts no more and open sessions end. Opens a removed account again.

    Example: `dialer accounts reset maria`
    """
    from dialer.store import accounts

    with _store(ctx) as store:
        with store.writing() as tx:
            if accounts.get(tx, account_id) is None:
                raise stop(f"there is no account {account_id}")
            accounts.record(tx, _now(), by=_by(), act="reset_account", target=account_id)
        _give_code(ctx, store, account_id, as_json)


@app.command()
def remove(ctx: typer.Context, account_id: _Id) -> None:
    """Close an account: its sessions end at once and nobody signs in with it. What it did stays on record.

    Example: `dialer accounts remove maria`
    """
    from dialer.store import accounts

    with _store(ctx) as store, store.writing() as tx:
        if not accounts.close(tx, account_id, _now()):
            raise stop(f"there is no account {account_id}")
        accounts.record(tx, _now(), by=_by(), act="remove_account", target=account_id)
    typer.echo(f"{account_id} may not sign in any more.")


@app.command("list")
def list_accounts(ctx: typer.Context, as_json: _Json = False) -> None:
    """List all accounts with role, clients and whether they may sign in.

    Example: `dialer accounts list`
    """
    from dialer.store import accounts

    with _store(ctx) as store, store.reading() as tx:
        found = [(each, _standing(each.closed_at, accounts.hashes(tx, each.account_id))) for each in accounts.every(tx)]
    if as_json:
        names = ("account_id", "name", "role", "clients", "created_at", "closed_at")
        print_json([{**{name: getattr(each, name) for name in names}, "standing": said} for each, said in found])
        return
    for each, said in found:
        typer.echo(f"{each.account_id:<20} {each.role:<11} {', '.join(each.clients) or 'all clients':<24} {said}")


@app.command()
def acts(
    ctx: typer.Context,
    count: Annotated[int, typer.Option(metavar="N", min=1, max=10_000, help="The newest so many.")] = 50,
    as_json: _Json = False,
) -> None:
    """Show what was administered: by whom, when, on what, and what was refused. Newest first.

    Example: `dialer accounts acts --count 20`
    """
    from dialer.store import accounts

    with _store(ctx) as store, store.reading() as tx:
        found = accounts.administered(tx, count)
    if as_json:
        print_json([{name: getattr(each, name) for name in each.__dataclass_fields__} for each in found])
        return
    for each in found:
        mark = "" if each.done else "REFUSED "
        typer.echo(
            f"{each.at:%Y-%m-%d %H:%M:%S} UTC  {each.by:<16} {mark}{each.act} {each.target} {each.detail}".rstrip()
        )


def _give_code(ctx: typer.Context, store: Store, account_id: str, as_json: bool) -> None:
    """Make a one-time code and show it, this once."""
    from dialer.runtime.live.floor_file import find_floor
    from dialer.store import accounts
    from dialer.web.accounts_secrets import CODE_LASTS, new_code

    code, hashed = new_code()
    until = _now() + CODE_LASTS
    with store.writing() as tx:
        accounts.set_code(tx, account_id, hashed, until)
    context: Context = ctx.obj
    floor = find_floor(context.workspace().root)
    path = f"/office/welcome?account={account_id}"
    if as_json:
        print_json({"account_id": account_id, "code": code, "until": until, "path": path})
        return
    where = f"{floor.url}{path}" if floor is not None else f"{path} of the floor"
    typer.echo(f"{account_id}: open {where} and enter {code} before {until:%Y-%m-%d %H:%M} UTC. It is good once.")


def _standing(closed_at: datetime | None, hashes: Hashes) -> str:
    if closed_at is not None:
        return "closed"
    if hashes.secret is not None:
        return "may sign in"
    waits = hashes.code_until is not None and hashes.code_until > _now()
    return "has a one-time code" if waits else "its one-time code has run out"


def _store(ctx: typer.Context) -> Store:
    from dialer.store.database import open_store

    context: Context = ctx.obj
    return open_store(context.workspace().database_url)


def _now() -> datetime:
    from datetime import UTC

    return datetime.now(UTC)


def _by() -> str:
    import getpass

    return f"{getpass.getuser()} (command line)"
