"""Reports on a page: the figures of `dialer report` with their formulas, as tables and as CSV that no sheet executes.

A report proves the ledger on the way, so it is made in a process of its own and kept until another is asked for.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from itertools import groupby

from fastapi import APIRouter, Depends, Form, HTTPException, Query, Request, Response
from fastapi.responses import RedirectResponse

from campaigns.files import Campaign
from campaigns.workspace import Workspace
from dialer.reports.build import Report
from dialer.reports.export import table_to_csv, to_csv
from dialer.runtime.campaign_jobs import report
from dialer.runtime.workshop import Busy, Workshop
from dialer.web.accounts import Act, User
from dialer.web.accounts_guard import Guard
from dialer.web.pages.chosen import chosen, seen
from dialer.web.pages.rendering import page
from dnc import zones

__all__ = ["reports_router"]


def reports_router(workspace: Workspace, guard: Guard, workshop: Workshop) -> APIRouter:
    """`/campaigns/reports` and its CSV."""
    router = APIRouter(prefix="/campaigns/reports", include_in_schema=False)
    reader = Depends(guard.needs(Act.SEE_REPORTS))

    async def show(request: Request, user: User, campaign: str, *, status: int = 200, why: str = "") -> Response:
        names = await asyncio.to_thread(seen, workspace, user)
        found = chosen(names, campaign)
        name = "" if found is None else found.name
        job = workshop.get(f"report.{name}")
        made = job.result if job is not None and isinstance(job.result, Report) else None
        nothing = job.result if job is not None and isinstance(job.result, str) else ""
        return page(
            request,
            "reports.html",
            status=status,
            user=user,
            why=why or nothing,
            campaigns=names,
            campaign=name,
            zone="" if found is None else found.hours.timezone,
            job=job,
            report=made,
            groups=[] if made is None else [(g, list(rows)) for g, rows in groupby(made.kpis, lambda kpi: kpi.group)],
        )

    @router.get("")
    async def page_of(request: Request, campaign: str = Query("", max_length=64), user: User = reader) -> Response:
        return await show(request, user, campaign)

    @router.post("")
    async def begin(
        request: Request,
        campaign: str = Form(max_length=64),
        since: str = Form(default="", max_length=32),
        until: str = Form(default="", max_length=32),
        user: User = reader,
    ) -> Response:
        names = await asyncio.to_thread(seen, workspace, user)
        if campaign not in names:
            raise HTTPException(404, "there is no such campaign")
        try:
            span = (_instant(since, names[campaign]), _instant(until, names[campaign]))
            args = (workspace.root, campaign, *span)
            workshop.start(f"report.{campaign}", report, *args, by=user.account_id, at=guard.at())
        except (ValueError, Busy) as error:
            return await show(request, user, campaign, status=422, why=str(error))
        return RedirectResponse(f"/campaigns/reports?campaign={campaign}", 303)

    @router.get("/csv")
    async def csv(campaign: str, table: str = "figures", user: User = reader) -> Response:
        if campaign not in await asyncio.to_thread(seen, workspace, user):
            raise HTTPException(404, "there is no such campaign")
        job = workshop.get(f"report.{campaign}")
        made = job.result if job is not None and isinstance(job.result, Report) else None
        tables = {} if made is None else {each.key: each for each in made.tables}
        if made is None or table not in {"figures", *tables}:
            raise HTTPException(404, "there is no such table: make the report first")
        text = to_csv(made) if table == "figures" else table_to_csv(tables[table])
        headers = {"Content-Disposition": f'attachment; filename="{campaign}-{table}.csv"', "Cache-Control": "no-store"}
        return Response(text, media_type="text/csv; charset=utf-8", headers=headers)

    return router


def _instant(text: str, campaign: Campaign) -> datetime | None:
    """An instant on the campaign's clock; None for an empty one. Raises ValueError."""
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f"{text!r} is no instant such as 2026-11-23T09:00") from None
    if not 1990 <= at.year <= 2100:
        raise ValueError(f"{text!r} is no instant of our days")
    return at if at.tzinfo else at.replace(tzinfo=zones.zone(campaign.hours.timezone))
