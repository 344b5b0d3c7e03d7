"""`dialer init`: a working folder to begin with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["init"]


def init(
    folder: Annotated[Path, typer.Argument(help="The folder to make; created when missing.")] = Path(),
    force: Annotated[bool, typer.Option("--force", help="Overwrite files of the same names.")] = False,
) -> None:
    """Write a working folder: settings, a telemarketing and a collections campaign, scripts.

    Example: `dialer init spring-floor`
    """
    from campaigns.workspace import init_workspace

    for path in init_workspace(folder, force):
        typer.echo(f"wrote {path}")
    typer.echo(f"Next: read {folder / 'README.md'}; then dialer --dir {folder} campaigns check telemarketing")
