"""Contact lists on a page: the funnel of each, a look at the columns of a new one, loading it, and its reject file.

A file is read and judged in a process of its own before anything of it is loaded; whoever sends it sees how its
columns were understood, and then loads or discards it.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Depends, Form, HTTPException, Query, Request, Response
from fastapi.responses import FileResponse, JSONResponse, RedirectResponse

from campaigns.workspace import Workspace
from dialer.runtime.campaign_jobs import load, look
from dialer.runtime.list_load import rejects_of
from dialer.runtime.uploads import Refused, Upload, receive
from dialer.runtime.workshop import Busy, Job, Workshop
from dialer.store import hopper, loaded_lists
from dialer.web.accounts import Act, User
from dialer.web.accounts_guard import Guard
from dialer.web.pages.chosen import chosen, seen
from dialer.web.pages.rendering import page

__all__ = ["lists_router"]

#: The most bytes of a contact list: some millions of leads.
LARGEST = 10**9


@dataclass(frozen=True, slots=True)
class _Looked:
    """The file that is being looked at for a campaign."""

    upload: Upload
    by: str


def lists_router(workspace: Workspace, guard: Guard, workshop: Workshop) -> APIRouter:
    """`/campaigns/lists` and what is done there."""
    router = APIRouter(prefix="/campaigns/lists", include_in_schema=False)
    reader, loader = Depends(guard.needs(Act.SEE_CAMPAIGNS)), Depends(guard.needs(Act.LOAD_LIST))
    looked: dict[str, _Looked] = {}
    incoming = workspace.root / ".incoming"

    async def show(request: Request, user: User, campaign: str, *, status: int = 200, why: str = "") -> Response:
        names = await asyncio.to_thread(seen, workspace, user)
        found = chosen(names, campaign)
        name = "" if found is None else found.name
        loaded, leads = await asyncio.to_thread(_loaded, guard, name)
        return page(
            request,
            "lists.html",
            status=status,
            user=user,
            why=why,
            campaigns=names,
            campaign=name,
            loaded=loaded,
            leads=leads,
            looking=workshop.get(f"look.{name}"),
            loading=workshop.get(f"load.{name}"),
            preview=workshop.get(f"launch.{name}"),
            looked=looked.get(name),
        )

    async def theirs(user: User, campaign: str) -> None:
        """Raise 404 for a campaign that is none of the user's."""
        if campaign not in await asyncio.to_thread(seen, workspace, user):
            raise HTTPException(404, "there is no such campaign")

    def forget(campaign: str) -> None:
        found = looked.pop(campaign, None)
        if found is not None:
            found.upload.discard()
        workshop.forget(f"look.{campaign}")

    def held(campaign: str, upload_id: str) -> _Looked:
        """The file that is looked at. Raises Refused when it is another or is worked on."""
        found = looked.get(campaign)
        jobs = (workshop.get(f"look.{campaign}"), workshop.get(f"load.{campaign}"))
        if found is None or found.upload.upload_id != upload_id:
            raise Refused("this file is not being looked at any more: look again")
        if any(job is not None and job.unfinished for job in jobs):
            raise Refused("it is being worked on: wait until that has finished")
        return found

    @router.get("")
    async def lists(request: Request, campaign: str = Query("", max_length=64), user: User = reader) -> Response:
        return await show(request, user, campaign)

    @router.post("/upload")
    async def upload(request: Request, campaign: str, name: str, user: User = loader) -> Response:
        await theirs(user, campaign)
        taken = "another file is being looked at: load or discard it first"
        try:
            if campaign in looked:
                raise Refused(taken)
            received = await receive(request.stream(), incoming, name, LARGEST)
        except Refused as error:
            return JSONResponse({"why": str(error)}, 422)
        if campaign in looked:
            received.discard()
            return JSONResponse({"why": taken}, 422)
        looked[campaign] = _Looked(received, user.account_id)
        try:
            args = (workspace.root, campaign, received.file)
            workshop.start(f"look.{campaign}", look, *args, by=user.account_id, at=guard.at())
        except Busy as error:
            forget(campaign)
            return JSONResponse({"why": str(error)}, 409)
        return JSONResponse({"size": received.size}, 202)

    @router.post("/load")
    async def load_it(
        request: Request,
        campaign: str = Form(max_length=64),
        upload_id: str = Form(max_length=64),
        user: User = loader,
    ) -> Response:
        await theirs(user, campaign)

        def told(job: Job) -> None:
            said = job.why if job.result is None else _counts(job.result.funnel)
            guard.record(user, Act.LOAD_LIST, campaign, f"{file.name}: {said}", done=job.result is not None)
            forget(campaign)

        try:
            file = held(campaign, upload_id).upload.file
            args = (workspace.root, campaign, file, user.account_id)
            workshop.start(f"load.{campaign}", load, *args, by=user.account_id, at=guard.at(), then=told)
        except (Refused, Busy) as error:
            return await show(request, user, campaign, status=409, why=str(error))
        return RedirectResponse(f"/campaigns/lists?campaign={campaign}", 303)

    @router.post("/discard")
    async def discard(
        request: Request,
        campaign: str = Form(max_length=64),
        upload_id: str = Form(max_length=64),
        user: User = loader,
    ) -> Response:
        await theirs(user, campaign)
        try:
            held(campaign, upload_id)
        except Refused as error:
            return await show(request, user, campaign, status=409, why=str(error))
        forget(campaign)
        return RedirectResponse(f"/campaigns/lists?campaign={campaign}", 303)

    @router.get("/rejects")
    async def rejects(campaign: str, list_id: int, user: User = loader) -> Response:
        await theirs(user, campaign)
        with guard.store.reading() as tx:
            found = [each for each in loaded_lists.of_campaign(tx, campaign) if each.list_id == list_id]
        path = rejects_of(workspace, found[0].file_name, found[0].sha256) if found else None
        if path is None or not path.is_file():
            raise HTTPException(404, "there is no reject file of this list here")
        guard.record(user, Act.LOAD_LIST, campaign, f"reject file {path.name} downloaded")
        return FileResponse(path, media_type="text/csv", filename=path.name, headers={"Cache-Control": "no-store"})

    def _loaded(guard: Guard, name: str) -> tuple[list[tuple[Any, bool]], dict[str, int]]:
        """The campaign's lists, each with whether its reject file is here, and its leads by status."""
        if not name:
            return [], {}
        with guard.store.reading() as tx:
            found = loaded_lists.of_campaign(tx, name)
            leads = hopper.counts(tx, name)
        return [(each, rejects_of(workspace, each.file_name, each.sha256).is_file()) for each in found], leads

    return router


def _counts(funnel: dict[str, int]) -> str:
    return ", ".join(f"{count} {step}" for step, count in funnel.items())
