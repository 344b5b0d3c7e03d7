"""`dialer report NAME`: the figures of a campaign, with their formulas."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dialer.cli.common import NOTHING_TO_DO, Context, instant_option, stop

__all__ = ["report"]


def report(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="The campaign.")],
    since: Annotated[
        str | None, typer.Option(metavar="INSTANT", help="From here on; default: the last run, from its start.")
    ] = None,
    until: Annotated[str | None, typer.Option(metavar="INSTANT", help="Up to here; default: its end.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as one JSON document.")] = False,
    csv: Annotated[
        Path | None, typer.Option("--csv", metavar="FILE", help="Write the figures to FILE, and by hour beside it.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write one page with plots; no network needed.")
    ] = None,
) -> None:
    """Show reach, abandonment under every legal definition, agents' time and refusals by rule.

    The figures are printed as tables (not with --json); every figure is the same in every form.

    Example: `dialer report telemarketing --html reports/today.html`
    """
    from datetime import UTC, datetime

    from dialer.runtime.reporting import NothingToReport, Span, last_run, report_of
    from dialer.store.database import open_store

    context: Context = ctx.obj
    workspace = context.workspace()
    campaign = workspace.campaign(name)
    zone = campaign.hours.timezone
    with open_store(workspace.database_url) as store:
        try:
            span = last_run(store, name, datetime.now(UTC))
        except NothingToReport as error:
            raise stop(f"{error}; run it with: dialer run {name}", NOTHING_TO_DO) from None
        begin, end = instant_option(since, zone), instant_option(until, zone)
        if begin is not None or end is not None:
            span = Span(begin or span.since, end or max(span.until, datetime.now(UTC)), span.clock, span.seed)
        if span.since >= span.until:
            raise typer.BadParameter("--since lies after --until")
        built = report_of(store, campaign, span)
    from dialer.reports.export import hours_to_csv, to_csv, to_json

    if as_json:
        typer.echo(to_json(built))
    if csv is not None:
        _write(csv, to_csv(built))
        by_hour = csv.with_name(f"{csv.stem}-by-hour{csv.suffix}")
        _write(by_hour, hours_to_csv(built))
        typer.echo(f"wrote {csv} and {by_hour}", err=True)
    if html is not None:
        from dialer.reports.html import to_html

        _write(html, to_html(built))
        typer.echo(f"wrote {html}", err=True)
    if not as_json:
        from dialer.reports.terminal import print_report

        print_report(built)


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise stop(f"{path}: cannot be written: {error.strerror}") from None
