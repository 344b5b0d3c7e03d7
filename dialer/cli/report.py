"""`dialer report NAME`: the figures of a campaign, a client or the whole floor, with their formulas."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dialer.cli.common import NOTHING_TO_DO, Context, stop

if TYPE_CHECKING:
    from campaigns.files import Campaign
    from campaigns.workspace import Workspace
    from dialer.reports.breakdown import Breakdown
    from dialer.reports.build import Report
    from dialer.runtime.reporting import Span
    from dialer.store.database import Store

__all__ = ["report"]

_GROUPS = ("campaign", "client", "list", "pass", "agent", "hour", "day", "caller_id", "result", "language")


def report(
    ctx: typer.Context,
    name: Annotated[str | None, typer.Argument(metavar="NAME", help="The campaign.")] = None,
    client: Annotated[
        str | None, typer.Option("--client", metavar="CLIENT", help="All campaigns of one client, and nobody else's.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All campaigns of all clients.")] = False,
    by: Annotated[
        str | None, typer.Option("--by", metavar="GROUP", help=f"Break down by {', '.join(_GROUPS)}.")
    ] = None,
    since: Annotated[
        str | None, typer.Option(metavar="INSTANT", help="From here on; default: the last run, from its start.")
    ] = None,
    until: Annotated[str | None, typer.Option(metavar="INSTANT", help="Up to here; default: its end.")] = None,
    day: Annotated[
        str | None,
        typer.Option(metavar="DAY", help="One day of the campaign's calendar: 2026-10-31, today, yesterday."),
    ] = None,
    month: Annotated[str | None, typer.Option(metavar="MONTH", help="One month: 2026-10, this, last.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as one JSON document.")] = False,
    csv: Annotated[
        Path | None,
        typer.Option("--csv", metavar="FILE", help="Write the figures to FILE, and the groups (or hours) beside it."),
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Write one page with plots; no network needed.")
    ] = None,
    xlsx: Annotated[
        Path | None,
        typer.Option("--xlsx", metavar="FILE", help="Write a workbook: figures, formulas in words, tables."),
    ] = None,
    email: Annotated[
        list[str] | None,
        typer.Option("--email", metavar="ADDRESS", help="Send page and workbook there; may be given again."),
    ] = None,
) -> None:
    """Show reach, abandonment under every legal definition, agents' time, promises and refusals by rule.

    Of one campaign, of --client CLIENT, or of --all; broken down with --by. The figures are printed as tables (not
    with --json or --email); every figure is the same in every form.

    Example: `dialer report telemarketing --day yesterday --by agent --email boss@example.com`
    """
    from datetime import UTC

    from dialer.runtime.reporting import NothingToReport
    from dialer.store.database import open_store

    if sum((name is not None, client is not None, everything)) != 1:
        raise typer.BadParameter("name one campaign, or say --client CLIENT, or --all")
    if by is not None and by not in _GROUPS:
        raise typer.BadParameter(f"{by!r} is no group; use one of {', '.join(_GROUPS)}", param_hint="--by")
    context: Context = ctx.obj
    workspace = context.workspace()
    if email:  # before the work is done
        from dialer.runtime.mail import email_settings

        email_settings(workspace.settings.email)
    campaigns = _campaigns(workspace, name, client)
    clocks = {each.hours.timezone for each in campaigns}
    zone = clocks.pop() if len(clocks) == 1 else "UTC"
    built: Report | Breakdown
    with open_store(workspace.database_url) as store:
        try:
            span = _span(store, campaigns, (since, until, day, month), zone, datetime.now(UTC))
            if name is not None and by is None:
                from dialer.runtime.reporting import report_of

                built = report_of(store, campaigns[0], span)
            else:
                from dialer.runtime.breakdown import report_by

                whose = name or (f"client {client}" if client is not None else "all campaigns")
                built = report_by(workspace, store, campaigns, span, by or "", whose)
        except NothingToReport as error:
            hint = f"; run it with: dialer run {name}" if name is not None else ""
            raise stop(f"{error}{hint}", NOTHING_TO_DO) from None
    _put_out(workspace, built, as_json=as_json, csv=csv, html=html, xlsx=xlsx, email=email or [])


def _campaigns(workspace: Workspace, name: str | None, client: str | None) -> list[Campaign]:
    """The campaigns of the report."""
    if name is not None:
        return [workspace.campaign(name)]
    every = [workspace.campaign(each) for each in workspace.campaign_names()]
    found = [each for each in every if client is None or each.client == client]
    if not found:
        names = ", ".join(sorted({each.client for each in every})) or "there is no campaign yet"
        raise typer.BadParameter(f"no campaign is for {client!r}; the clients are: {names}", param_hint="--client")
    return found


def _span(
    store: Store,
    campaigns: list[Campaign],
    said: tuple[str | None, str | None, str | None, str | None],
    zone: str,
    now: datetime,
) -> Span:
    """The span that was said; what was not said is that of the last runs."""
    from dialer.cli.report_spans import span_option
    from dialer.runtime.reporting import Span, last_runs

    begin, end = span_option(*said, zone, now)
    runs = last_runs(store, [each.name for each in campaigns], now)
    open_end = runs.until if begin is None else max(runs.until, now)
    span = Span(begin or runs.since, end or open_end, runs.clock, runs.seed)
    if span.since >= span.until:
        raise typer.BadParameter("--since lies after --until")
    return span


def _put_out(
    workspace: Workspace,
    built: Report | Breakdown,
    *,
    as_json: bool,
    csv: Path | None,
    html: Path | None,
    xlsx: Path | None,
    email: list[str],
) -> None:
    """Print, write and send the one report."""
    from dialer.reports.export import table_to_csv, to_csv, to_json

    if as_json:
        typer.echo(to_json(built))
    if csv is not None:
        keys = [table.key for table in built.tables]
        key, suffix = ("groups", "by-group") if "groups" in keys else ("by_hour", "by-hour")
        _write(csv, to_csv(built))
        wrote = [csv]
        if key in keys:
            wrote.append(csv.with_name(f"{csv.stem}-{suffix}{csv.suffix}"))
            _write(wrote[-1], table_to_csv(built.table(key)))
        typer.echo(f"wrote {' and '.join(map(str, wrote))}", err=True)
    page = _page(built) if html is not None or email else ""
    if html is not None:
        _write(html, page)
        typer.echo(f"wrote {html}", err=True)
    book = _book(built) if xlsx is not None or email else b""
    if xlsx is not None:
        _write(xlsx, book)
        typer.echo(f"wrote {xlsx}", err=True)
    if email:
        _send(workspace, built, email, page, book)
        typer.echo(f"sent to {', '.join(email)}", err=True)
    if not as_json and not email:
        from dialer.reports.terminal import print_report

        print_report(built)


def _page(built: Report | Breakdown) -> str:
    from dialer.reports.html import to_html

    return to_html(built)


def _book(built: Report | Breakdown) -> bytes:
    from dialer.reports.xlsx import to_xlsx

    return to_xlsx(built)


def _send(workspace: Workspace, built: Report | Breakdown, to: list[str], page: str, book: bytes) -> None:
    """Page and workbook as one message."""
    from dialer.reports.terminal import plain_text
    from dialer.runtime.mail import Attachment, email_settings, send

    stem = f"{built.name.replace(' ', '-')}-{built.since:%Y-%m-%d}"
    files = (
        Attachment(f"{stem}.html", "text/html", page.encode()),
        Attachment(f"{stem}.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", book),
    )
    subject = f"{built.name}: {built.headline}"
    send(email_settings(workspace.settings.email), to, subject, plain_text(built), files)


def _write(path: Path, content: str | bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
    except OSError as error:
        raise stop(f"{path}: cannot be written: {error.strerror}") from None
