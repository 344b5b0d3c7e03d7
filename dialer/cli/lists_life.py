"""`dialer lists`: how a list ends, and the mappings that are kept by name."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from dialer.cli.common import NOTHING_TO_DO, Context, instant_option, print_json, stop

__all__ = ["add_to"]


def expire(
    ctx: typer.Context,
    listed: Annotated[str, typer.Argument(metavar="LIST", help="Its name or number, as `dialer lists show` has it.")],
    name: Annotated[str, typer.Option("--campaign", metavar="NAME", help="Whose list.")],
    at: Annotated[
        str | None, typer.Option(metavar="INSTANT", help="From then on; without an offset in the campaign's zone.")
    ] = None,
    never: Annotated[bool, typer.Option("--never", help="Take the end back: its leads are dialed again.")] = False,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why; stands with every lead.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Say from when on the leads of a list are not dialed, their callbacks neither; every load of that name.

    A run that is dialing heeds it at its next lead. A later instant, or --never, brings back whom the list's end
    retired. Exit 4 when there is no such list.

    Example: `dialer lists expire autumn.csv --campaign telemarketing --at 2026-12-24T18:00`
    """
    if (at is None) != never:
        raise typer.BadParameter("say when with --at, or --never")
    _expire(ctx.obj, listed, name, at, reason, as_json)


def retire(
    ctx: typer.Context,
    listed: Annotated[str, typer.Argument(metavar="LIST", help="Its name or number, as `dialer lists show` has it.")],
    name: Annotated[str, typer.Option("--campaign", metavar="NAME", help="Whose list.")],
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why; stands with every lead.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Let a list end now: no lead of it is dialed any more. Nothing is deleted; `lists expire --never` undoes it.

    Example: `dialer lists retire autumn.csv --campaign telemarketing --reason "the client ended the contract"`
    """
    _expire(ctx.obj, listed, name, datetime.now(UTC).isoformat(), reason, as_json)


def _expire(context: Context, listed: str, name: str, at: str | None, reason: str, as_json: bool) -> None:
    """Set the end of every load of a list, and put its leads away at once where that is past."""
    from dialer.runtime.list_expiry import expire_list

    workspace = context.workspace()
    campaign = workspace.campaign(name)
    instant = instant_option(at, campaign.hours.timezone)
    done = expire_list(workspace, campaign, listed, instant, " ".join(reason.split()))
    if done is None:
        raise stop(f"{name} has no list {listed!r}: dialer lists show --campaign {name}", NOTHING_TO_DO)
    if as_json:
        print_json({"campaign": name, "list": listed, "expires_at": instant, **asdict(done)})
        return
    when = "never" if instant is None else f"{instant.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    typer.echo(f"{listed} of {name} expires: {when}")
    if done.ended:
        typer.echo(f"  {done.ended:,} leads are not dialed any more")
    if done.back:
        typer.echo(f"  {done.back:,} leads are dialed again")


mapping_app = typer.Typer(no_args_is_help=True, help="Mappings of suppliers' columns, kept by name.")


def add_to(app: typer.Typer) -> None:
    """Put these commands under `dialer lists`."""
    app.command()(expire)
    app.command()(retire)
    app.add_typer(mapping_app, name="mapping")


@mapping_app.command()
def save(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="To use it by: letters, digits, - and _.")],
    file: Annotated[Path, typer.Argument(metavar="FILE", help='TOML: [columns] "Cell Number" = "phone".')],
    example: Annotated[
        Path | None, typer.Option("--for", metavar="LIST", help="A list it is for: it is suggested for the next such.")
    ] = None,
) -> None:
    """Keep a mapping under a name; an older one of that name is replaced.

    Example: `dialer lists mapping save acme acme.toml --for acme-march.csv`
    """
    from campaigns.lists.saved import save_mapping

    context: Context = ctx.obj
    path = save_mapping(context.workspace().mappings_dir, name, file, example)
    typer.echo(f"saved as {path.name}: dialer lists load LIST --campaign NAME --mapping {name}")


@mapping_app.command("show")
def show_mappings(
    ctx: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Show the saved mappings. Exit 4 when there is none.

    Example: `dialer lists mapping show`
    """
    from campaigns.lists import load_mapping
    from campaigns.lists.saved import mapping_names, mapping_path

    context: Context = ctx.obj
    folder = context.workspace().mappings_dir
    found = {name: load_mapping(mapping_path(folder, name)) for name in mapping_names(folder)}
    if as_json:
        print_json(found)
    else:
        for name, columns in found.items():
            typer.echo(f"{name}: " + ", ".join(f"{theirs} = {ours}" for theirs, ours in columns.items()))
    if not found:
        raise stop("no mapping is saved yet: dialer lists mapping save NAME FILE", NOTHING_TO_DO)
