"""`dialer`: the root of the command line."""

from __future__ import annotations

import gc
import io
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from dialer.cli.common import FAILED, USAGE, Context, print_error
from dialer.cli.lazy import Later, group_of

__all__ = ["app", "main"]

#: What a wrong option or argument raises; typer has no name of its own for it.
_UsageError: Any = typer.BadParameter.__base__

#: In the order of the help. A group's help stands only here; a command's line is the beginning of its own help.
_COMMANDS = (
    Later(
        "init",
        "dialer.cli.start:init",
        "Write a working folder: settings, a telemarketing and a collections campaign, scripts.",
    ),
    Later("run", "dialer.cli.run:run", "Run a campaign: the gate is asked at the instant of every dial."),
    Later(
        "serve",
        "dialer.cli.serve:serve",
        "Run the floor: carrier callbacks, agents' desks, health, metrics, and the campaigns named.",
    ),
    Later(
        "daily",
        "dialer.cli.daily:daily",
        "Run one of the other commands once a day: for cron, with catch-up after downtime.",
    ),
    Later(
        "schedule",
        "dialer.cli.schedule:schedule",
        "Show day by day when a campaign is open by its own calendar, and when it is closed, why.",
    ),
    Later(
        "why",
        "dialer.cli.why:why",
        "May this number be called, and why (not)? Exit 0 when it may, 3 when it may not.",
    ),
    Later(
        "report",
        "dialer.cli.report:report",
        "Show reach, abandonment under every legal definition, agents' time, promises and refusals by rule.",
    ),
    Later(
        "simulate",
        "dialer.cli.simulate:simulate",
        "Ask what if: how many agents, how long will the list last, what would a lower cap cost?",
    ),
    Later(
        "forecast",
        "dialer.cli.forecast:forecast",
        "Forecast how many agents each half hour needs, and compare it with the scheduled shifts.",
    ),
    Later(
        "doctor",
        "dialer.cli.doctor:doctor",
        "Check settings, time-zone data, database, campaigns, rules, list ages and disk: one line each.",
    ),
    Later("lists", "dialer.cli.lists:app", "Load contact lists and see what became of them."),
    Later("leads", "dialer.cli.leads:app", "The leads of a campaign, and the plan of one of them."),
    Later("history", "dialer.cli.history:app", "Past calls: those of another system in, leads and calls out."),
    Later("payments", "dialer.cli.payments:app", "Payments: which promises to pay were kept."),
    Later("dnc", "dialer.cli.dnc:app", "Do-Not-Call lists: import registries, add, remove, check."),
    Later(
        "consent",
        "dialer.cli.consent:app",
        "The consent ledger: grant, revoke, import, show. The database refuses to change a row, and to delete one "
        "unless it is past its retention and its person was erased.",
    ),
    Later("campaigns", "dialer.cli.campaigns:app", "Check and show campaigns."),
    Later("callbacks", "dialer.cli.callbacks:app", "Promised callbacks: list, reassign, cancel."),
    Later("rules", "dialer.cli.rules:app", "The rules that every dial is checked against."),
    Later("audit", "dialer.cli.audit:app", "Prove the decision ledger; case files, erasure, retention."),
    Later(
        "carrier",
        "dialer.cli.carrier:app",
        "Carriers: a simulated one, to try the live floor without an account.",
    ),
    Later("agents", "dialer.cli.agents:app", "Who may sign in to take calls."),
    Later("shifts", "dialer.cli.shifts:app", "When agents are scheduled to work, and how that was kept."),
    Later("accounts", "dialer.cli.accounts:app", "Who may use the office pages: supervisors and others."),
    Later("tokens", "dialer.cli.tokens:app", "Programs of client companies that may use the HTTP API."),
    Later("webhooks", "dialer.cli.webhooks:app", "Addresses of client companies that are told what happens."),
)

app = typer.Typer(
    name="dialer",
    cls=group_of(*_COMMANDS),
    help="Outbound predictive dialer: never an unlawful call, never a lost fact, never an idle agent.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode=None,
    add_completion=False,
)


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
        if type(error).__name__ == "NoArgsIsHelpError":  # a group without a command: its message is the whole help
            typer.echo(error.format_message(), err=True)
            raise SystemExit(USAGE) from None
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
