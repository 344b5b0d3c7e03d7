"""`dialer campaigns preview NAME`: what would happen if the campaign started now."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from dialer.cli.common import NOTHING_TO_DO, Context, instant_option, print_json, stop

__all__ = ["preview"]


def preview(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The campaign.")],
    at: Annotated[
        str | None,
        typer.Option(metavar="INSTANT", help="ISO 8601; without an offset in the campaign's zone. Default: now."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write one page with plots; no network needed.")
    ] = None,
) -> None:
    """Show how much of the loaded list may be called now, later by hour, and what each rule refuses.

    Every number goes through the rules that stand before every dial; nothing is written down.
    Exit 4 when no list is loaded.

    Example: `dialer campaigns preview telemarketing --at 2026-11-24T09:00`
    """
    from dialer.reports.preview import as_dict, print_preview
    from dialer.runtime.preview import preview_of

    context: Context = ctx.obj
    workspace = context.workspace()
    campaign = workspace.campaign(name)
    instant = instant_option(at, campaign.hours.timezone) or datetime.now(UTC)
    found = preview_of(workspace, campaign, instant, _progress if sys.stderr.isatty() and not as_json else None)
    if as_json:
        print_json(as_dict(found))
    if html is not None:
        from dialer.reports.preview_page import to_html

        try:
            html.parent.mkdir(parents=True, exist_ok=True)
            html.write_text(to_html(found), encoding="utf-8", newline="")
        except OSError as error:
            raise stop(f"{html}: cannot be written: {error.strerror}") from None
        typer.echo(f"wrote {html}", err=True)
    if not as_json and html is None:
        from rich.console import Console

        print_preview(found, Console(highlight=False))
    if not found.numbers:
        raise stop(f"{name} has no list yet: dialer lists load FILE --campaign {name}", NOTHING_TO_DO)


def _progress(done: int, everyone: int) -> None:
    end = "\r\x1b[K" if done >= everyone else ""
    sys.stderr.write(f"\r{done:,} of {everyone:,} numbers{end}")
    sys.stderr.flush()
