"""The launch preview on a page: how many leads may be called now, when the others may, and which rules say no.

A million leads take half a minute: they are judged in a process of their own, and the answer is kept with its instant.
"""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Depends, Form, HTTPException, Query, Request, Response
from fastapi.responses import RedirectResponse

from campaigns.workspace import Workspace
from dialer.reports.preview import headline, tables
from dialer.runtime.campaign_jobs import launch
from dialer.runtime.workshop import Busy, Workshop
from dialer.web.accounts import Act, User
from dialer.web.accounts_guard import Guard
from dialer.web.pages.chosen import chosen, seen
from dialer.web.pages.rendering import page

__all__ = ["launch_router"]


def launch_router(workspace: Workspace, guard: Guard, workshop: Workshop) -> APIRouter:
    """`/campaigns/launch`."""
    router = APIRouter(prefix="/campaigns/launch", include_in_schema=False)
    reader = Depends(guard.needs(Act.SEE_CAMPAIGNS))

    async def show(request: Request, user: User, campaign: str, *, status: int = 200, why: str = "") -> Response:
        names = await asyncio.to_thread(seen, workspace, user)
        found = chosen(names, campaign)
        name = "" if found is None else found.name
        job = workshop.get(f"launch.{name}")
        preview = job.result if job is not None else None
        return page(
            request,
            "launch.html",
            status=status,
            user=user,
            why=why,
            campaigns=names,
            campaign=name,
            job=job,
            preview=preview,
            headline="" if preview is None else headline(preview),
            tables={} if preview is None else tables(preview),
        )

    @router.get("")
    async def page_of(request: Request, campaign: str = Query("", max_length=64), user: User = reader) -> Response:
        return await show(request, user, campaign)

    @router.post("")
    async def begin(request: Request, campaign: str = Form(max_length=64), user: User = reader) -> Response:
        if campaign not in await asyncio.to_thread(seen, workspace, user):
            raise HTTPException(404, "there is no such campaign")
        try:
            workshop.start(f"launch.{campaign}", launch, workspace.root, campaign, by=user.account_id, at=guard.at())
        except Busy as error:
            return await show(request, user, campaign, status=409, why=str(error))
        return RedirectResponse(f"/campaigns/launch?campaign={campaign}", 303)

    return router
