"""`dialer`: the root of the command line."""

from __future__ import annotations

import gc
import io
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from dialer.cli import (
    agents,
    audit,
    campaigns,
    carrier,
    consent,
    dnc,
    doctor,
    floor,
    lists,
    preview,
    prompts,
    report,
    rules,
    run,
    serve,
    simulate,
    start,
    why,
)
from dialer.cli.common import FAILED, USAGE, Context, print_error

__all__ = ["app", "main"]

#: What a wrong option or argument raises; typer has no name of its own for it.
_UsageError: Any = typer.BadParameter.__base__

app = typer.Typer(
    name="dialer",
    help="Outbound predictive dialer: never an unlawful call, never a lost fact, never an idle agent.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode="markdown",
    add_completion=False,
)
app.command("init")(start.init)
app.command("run")(run.run)
app.command("serve")(serve.serve)
app.command("why")(why.why)
app.command("report")(report.report)
app.command("simulate")(simulate.simulate)
app.command("doctor")(doctor.doctor)
app.add_typer(lists.app, name="lists")
app.add_typer(dnc.app, name="dnc")
app.add_typer(consent.app, name="consent")
app.add_typer(campaigns.app, name="campaigns")
campaigns.app.command("preview")(preview.preview)
campaigns.app.command("pause")(floor.pause)
campaigns.app.command("resume")(floor.resume)
campaigns.app.command("stop")(floor.stop_campaign)
app.add_typer(rules.app, name="rules")
app.add_typer(audit.app, name="audit")
app.add_typer(carrier.app, name="carrier")
carrier.app.command("prompts")(prompts.prompts)
carrier.app.command("export-fallback")(prompts.export_fallback)
app.add_typer(agents.app, name="agents")


def _version(value: bool) -> None:
    if value:
        from dialer import __version__

        typer.echo(f"dialer {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    ctx: typer.Context,
    directory: Annotated[
        Path | None,
        typer.Option(
            "--dir",
            metavar="FOLDER",
            envvar="DIALER_HOME",
            help="The working folder; without it the nearest folder upwards that holds dialer.toml.",
        ),
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    ctx.obj = Context(directory)


def main() -> None:
    """Run the command line; every mistake of the operator is one line and an exit code, never a traceback."""
    from dialer.cli.common import is_operator_mistake

    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that lacks a character must not lose the answer
    # Commands build much and drop little: looking for cycles as often as Python does by default costs a tenth.
    gc.set_threshold(50_000, 20, 20)
    try:
        code = app(standalone_mode=False)
        raise SystemExit(code if isinstance(code, int) else 0)
    except _UsageError as error:
        where = error.ctx.command_path if error.ctx is not None else "dialer"
        print_error(f"{error.format_message()} (see {where} --help)")
        raise SystemExit(USAGE) from None
    except typer.Abort:
        raise SystemExit(FAILED) from None
    except BrokenPipeError:
        # The reader of a pipe (head, less) went away: not a failure.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(0) from None
    except Exception as error:
        if not is_operator_mistake(error):
            raise
        print_error(str(error))
        raise SystemExit(FAILED) from None
