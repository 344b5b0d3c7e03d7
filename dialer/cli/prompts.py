"""`dialer carrier prompts|export-fallback`: what people hear from the dialer itself."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dialer.cli.common import Context, print_json, stop

__all__ = ["export_fallback", "prompts"]


def prompts(
    ctx: typer.Context,
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help="Campaigns; without any, all of them.")
    ] = None,
    recording: Annotated[
        list[str] | None,
        typer.Option(metavar="PROMPT=FILE.wav", help="Take your own recording of a prompt; may be repeated."),
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Render also what is current already.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Render a campaign's prompts as audio files, or take your own recordings.

    The safe-harbour message is the campaign file's; each file is bound to the words it speaks, so a changed
    message must be rendered or recorded again before anything is dialed.

    Example: `dialer carrier prompts telemarketing`
    """
    from dataclasses import asdict

    from dialer.voice import PromptLibrary

    context: Context = ctx.obj
    workspace = context.workspace()
    chosen = [workspace.campaign(name) for name in names or workspace.campaign_names()]
    if recording and len(chosen) != 1:
        raise stop("name the one campaign that the recording is for", code=2)
    library = PromptLibrary(workspace.root / workspace.settings.prompts)
    for each in recording or ():
        prompt, found, file = each.partition("=")
        if not found:
            raise stop(f"--recording {each}: write PROMPT=FILE.wav, such as message=our-voice.wav", code=2)
        library.record(chosen[0], prompt, Path(file))
    made = {campaign.name: library.render(campaign, again) for campaign in chosen}
    if as_json:
        print_json({name: [asdict(each) for each in new] for name, new in made.items()})
        return
    for campaign in chosen:
        new = {each.name for each in made[campaign.name]}
        for name, current in library.complete(campaign).items():
            state = "rendered now" if name in new else current.source
            typer.echo(f"{campaign.name}  {name:<17} {current.seconds:5.1f} s  {state}  {current.file}")


def export_fallback(
    ctx: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="Where to write; it is made.")],
    url: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Where the folder will lie, on another web server than the dialer.")
    ],
) -> None:
    """Write the message that people hear while this dialer cannot be reached.

    One document and one audio file for each campaign: put the folder on another web server and name its address
    as `fallback_url` under `[twilio]`. Export again after every change of a message.

    Example: `dialer carrier export-fallback fallback --url https://static.example/dialer`
    """
    import os
    import shutil

    from dialer.carriers.twilio import documents
    from dialer.carriers.twilio.addresses import Addresses
    from dialer.carriers.twilio.settings import read_settings
    from dialer.voice import PromptLibrary

    context: Context = ctx.obj
    workspace = context.workspace()
    try:
        settings = read_settings(workspace.settings.twilio, os.environ)
    except ValueError as error:
        raise stop(f"dialer.toml: [twilio]: {str(error).splitlines()[-1].strip()}") from None
    library = PromptLibrary(workspace.root / workspace.settings.prompts)
    opt_out = Addresses(settings.public_url).opt_out_unknown()
    base = url.rstrip("/")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in workspace.campaign_names():
            message = library.complete(workspace.campaign(name))["message"]
            source = library.path(name, message.file)
            assert source is not None
            shutil.copyfile(source, folder / f"{name}-{message.file}")
            document = documents.fallback(f"{base}/{name}-{message.file}", opt_out)
            (folder / f"{name}.xml").write_text(document, encoding="utf-8")
            typer.echo(f"{folder / name}.xml")
    except OSError as error:
        raise stop(f"{folder}: cannot be written: {error.strerror}") from None
    typer.echo(f'Put {folder} at {base}, and write into dialer.toml under [twilio]: fallback_url = "{base}"')
