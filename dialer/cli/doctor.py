"""`dialer doctor`: is everything there that dialing needs?"""

from __future__ import annotations

from typing import Annotated

import typer

from dialer.cli.common import FAILED, Context, print_json

__all__ = ["doctor"]


def doctor(
    ctx: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Check settings, time-zone data, database, campaigns, rules, list ages and disk: one line each.

    Exit 1 when something would stop dialing.

    Example: `dialer doctor`
    """
    from dialer.runtime.health_check import examine

    context: Context = ctx.obj
    findings = examine(context.workspace())
    if as_json:
        print_json([{"what": each.what, "ok": each.ok, "detail": each.detail, "do": each.do} for each in findings])
    else:
        for each in findings:
            mark = "ok  " if each.ok else "FAIL"
            typer.echo(f"{mark}  {each.what}: {each.detail}" + (f"  ->  {each.do}" if each.do and not each.ok else ""))
    if not all(each.ok for each in findings):
        raise typer.Exit(FAILED)
