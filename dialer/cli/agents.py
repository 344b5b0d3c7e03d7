"""`dialer agents`: who may sign in to take calls."""

from __future__ import annotations

from typing import Annotated

import typer

from dialer.cli.common import Context, print_json, stop

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True)


@app.command()
def add(
    ctx: typer.Context,
    agent_id: Annotated[str, typer.Argument(metavar="ID", help="Short and lasting, such as maria or a-017.")],
    name: Annotated[str, typer.Option(help="The name people read.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Add an agent, or give one a new secret. The secret is shown once and kept only as a hash.

    Example: `dialer agents add maria --name "Maria Lopez"`
    """
    import re
    from datetime import UTC, datetime

    from dialer.runtime.live.secrets import new_secret
    from dialer.store import agents
    from dialer.store.database import open_store

    if not re.fullmatch(r"[A-Za-z0-9_.-]{1,64}", agent_id):
        raise stop(f"{agent_id!r} cannot be an agent's id: use letters, digits, dot, dash and underscore", code=2)
    context: Context = ctx.obj
    secret, hashed = new_secret()
    with open_store(context.workspace().database_url) as store, store.writing() as tx:
        is_new = agents.add(tx, agent_id, name or agent_id, datetime.now(UTC))
        agents.set_secret(tx, agent_id, hashed)
    if as_json:
        print_json({"agent_id": agent_id, "secret": secret, "new": is_new})
        return
    typer.echo(f"{agent_id} {'was added' if is_new else 'has a new secret'}. It is shown this once: {secret}")


@app.command("list")
def list_agents(
    ctx: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON array.")] = False,
) -> None:
    """List all agents, and whether they may sign in.

    Example: `dialer agents list`
    """
    from dialer.store import agents
    from dialer.store.database import open_store

    context: Context = ctx.obj
    with open_store(context.workspace().database_url) as store, store.reading() as tx:
        found = [(each, agents.secret_hash(tx, each.agent_id) is not None) for each in agents.every(tx)]
    if as_json:
        print_json(
            [
                {"agent_id": each.agent_id, "name": each.name, "created_at": each.created_at, "may_sign_in": may}
                for each, may in found
            ]
        )
        return
    for each, may in found:
        typer.echo(f"{each.agent_id:<20} {each.name:<30} {'may sign in' if may else 'no secret'}")


@app.command()
def remove(
    ctx: typer.Context,
    agent_id: Annotated[str, typer.Argument(metavar="ID", help="Whose secret is taken away.")],
) -> None:
    """Take an agent's secret away: nobody can sign in as them any more. Their past calls stay on record.

    Example: `dialer agents remove maria`
    """
    from dialer.store import agents
    from dialer.store.database import open_store

    context: Context = ctx.obj
    with open_store(context.workspace().database_url) as store, store.writing() as tx:
        if not agents.set_secret(tx, agent_id, None):
            raise stop(f"there is no agent {agent_id}")
    typer.echo(f"{agent_id} may not sign in any more.")
