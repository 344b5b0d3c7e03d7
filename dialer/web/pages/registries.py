"""Do-Not-Call registries on a page: ages, versions, import with a look at the difference first, and the way back.

A file comes in the body of a request, is prepared beside the version in use in a process of its own, and binds nobody
until somebody has seen what it changes and says so. One file is looked at at a time; what was prepared before another
version came into use is refused.
"""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter, Depends, Form, HTTPException, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse

from campaigns.problems import OperatorError
from campaigns.workspace import Workspace
from dialer.reports.export import csv_cell
from dialer.runtime.registry_jobs import Asked, Changed, Prepared, formats_offered, go_live, prepare, roll_back
from dialer.runtime.uploads import Refused, Upload, receive
from dialer.runtime.workshop import Busy, Job, Workshop
from dialer.web.accounts import Act, User
from dialer.web.accounts_guard import Guard
from dialer.web.pages.rendering import page
from dnc.registries import RegistryError, RegistryStore
from dnc.registries.report import mask

__all__ = ["registries_router"]

#: The most bytes a browser may bring: packed, the largest national list is a fifth of it.
LARGEST = 4 * 10**9
_PREPARING, _CHANGING = "registry.prepare", "registry.change"
_MODES = ("replace", "replace_all", "merge")


@dataclass(frozen=True, slots=True)
class _Looked:
    """The file that is being looked at."""

    upload: Upload
    asked: Asked
    by: str


class _Table:
    """Holds the one file that is being looked at."""

    looked: _Looked | None = None

    def free(self) -> None:
        """Raise Refused while a file is being looked at."""
        if self.looked is not None:
            raise Refused("another file is being looked at: make it live or discard it first")

    def clear(self) -> None:
        """Forget the file and what was made of it."""
        if self.looked is not None:
            self.looked.upload.discard()
        self.looked = None


def registries_router(workspace: Workspace, guard: Guard, workshop: Workshop) -> APIRouter:
    """`/compliance/registries` and what is done there."""
    router = APIRouter(prefix="/compliance/registries", include_in_schema=False)
    reader, changer = Depends(guard.needs(Act.SEE_REGISTRIES)), Depends(guard.needs(Act.CHANGE_REGISTRIES))
    table = _Table()
    incoming = workspace.registries_dir / ".incoming"

    async def show(request: Request, user: User, *, status: int = 200, why: str = "") -> Response:
        lists = await asyncio.to_thread(_lists, workspace, guard.at())
        preparing, changing = workshop.get(_PREPARING), workshop.get(_CHANGING)  # both of one moment
        return page(
            request,
            "registries.html",
            status=status,
            user=user,
            why=why,
            lists=lists,
            mask=mask,
            formats=formats_offered(),
            preparing=preparing,
            changing=changing,
            looked=table.looked,
            prepared=_seen(preparing),
        )

    @router.get("")
    async def registries(request: Request, user: User = reader) -> Response:
        return await show(request, user)

    @router.post("/upload")
    async def upload(
        request: Request,
        name: str,
        format_name: str,
        registry: str = "",
        mode: str = "replace",
        obtained: str = "",
        allow_drop: str = "",
        user: User = changer,
    ) -> Response:
        _every_client(user)
        try:
            asked = _asked(format_name, registry, mode, obtained, allow_drop, guard.at())
            table.free()
            received = await receive(request.stream(), incoming, name, LARGEST)
            try:
                table.free()  # somebody may have been faster
            except Refused:
                received.discard()
                raise
        except Refused as error:
            guard.record(user, Act.CHANGE_REGISTRIES, name[:64], f"refused: {error}", done=False)
            return JSONResponse({"why": str(error)}, 422)
        table.looked = _Looked(received, asked, user.account_id)

        def told(job: Job) -> None:
            report = job.result.report if job.result is not None else None
            said = job.why if report is None else f"{report.outcome}: {report.counts.numbers} numbers"
            good = report is not None and report.accepted
            guard.record(user, Act.CHANGE_REGISTRIES, received.file.name, f"prepared, {said}", done=good)

        staged = received.folder / "version"
        args = (workspace.root, received.file, asked, staged)
        try:
            workshop.start(_PREPARING, prepare, *args, by=user.account_id, at=guard.at(), then=told)
        except Busy as error:
            table.clear()
            return JSONResponse({"why": str(error)}, 409)
        return JSONResponse({"size": received.size}, 202)

    @router.post("/confirm")
    async def confirm(request: Request, upload_id: str = Form(max_length=64), user: User = changer) -> Response:
        _every_client(user)
        job, looked = workshop.get(_PREPARING), table.looked
        found = _seen(job)
        if looked is None or looked.upload.upload_id != upload_id or found is None or found.staged is None:
            return await show(request, user, status=409, why="gone")
        reason = f"{looked.asked.allow_drop} ({user.account_id})".strip()

        def told(changed: Job) -> None:
            _record_change(guard, user, "made live", found.report.registry, changed)
            workshop.forget(_PREPARING)
            table.clear()

        args = (workspace.root, found.staged, reason)
        return await begin(request, user, go_live, args, told)

    @router.post("/discard")
    async def discard(request: Request, upload_id: str = Form(max_length=64), user: User = changer) -> Response:
        job, looked = workshop.get(_PREPARING), table.looked
        changing = workshop.get(_CHANGING)
        busy = (job is not None and job.unfinished) or (changing is not None and changing.unfinished)
        if looked is None or looked.upload.upload_id != upload_id or busy:
            return await show(request, user, status=409, why="busy" if busy else "gone")
        guard.record(user, Act.CHANGE_REGISTRIES, looked.upload.file.name, "discarded")
        workshop.forget(_PREPARING)
        table.clear()
        return RedirectResponse("/compliance/registries", 303)

    @router.get("/rejects")
    async def rejects(user: User = changer) -> Response:
        found = _seen(workshop.get(_PREPARING))
        if found is None or not found.report.bad_lines:
            raise HTTPException(404, "there is no reject file")
        written = io.StringIO()
        out = csv.writer(written, lineterminator="\r\n")
        out.writerow(("member", "line", "reason", "text"))
        for bad in found.report.bad_lines:
            out.writerow([csv_cell(cell) for cell in (bad.member, bad.line, bad.reason, bad.text)])
        name = f"rejects-{found.report.file}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
        return Response(written.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)

    @router.post("/rollback")
    async def rollback(
        request: Request,
        registry: str = Form(max_length=64),
        instead_of: str = Form(max_length=64),
        reason: str = Form(max_length=500),
        user: User = changer,
    ) -> Response:
        _every_client(user)
        if not reason.strip():
            return await show(request, user, status=422, why="reason")

        def told(changed: Job) -> None:
            _record_change(guard, user, f"rolled back ({reason.strip()})", registry, changed)

        words = f"{reason.strip()} ({user.account_id})"
        return await begin(request, user, roll_back, (workspace.root, registry, instead_of, words), told)

    async def begin(
        request: Request, user: User, work: Callable[..., Changed], args: tuple[Any, ...], then: Callable[[Job], None]
    ) -> Response:
        try:
            workshop.start(_CHANGING, work, *args, by=user.account_id, at=guard.at(), then=then)
        except Busy as error:
            return await show(request, user, status=409, why=str(error))
        return RedirectResponse("/compliance/registries", 303)

    return router


def _asked(format_name: str, registry: str, mode: str, obtained: str, allow_drop: str, now: datetime) -> Asked:
    """What was said of a file, checked. Raises Refused."""
    if format_name not in formats_offered():
        raise Refused(f"{format_name!r} is no format that a browser can bring")
    if mode not in _MODES:
        raise Refused(f"{mode!r} is none of {', '.join(_MODES)}")
    at = None
    if obtained:
        try:
            at = datetime.fromisoformat(obtained)
        except ValueError:
            raise Refused(f"{obtained!r} is no date") from None
        at = at if at.tzinfo else at.replace(tzinfo=now.tzinfo)
        if at > now + timedelta(hours=1):
            raise Refused("the day of the download is in the future")
    words = allow_drop.strip()[:500]
    return Asked(format_name, registry.strip()[:64], mode, at, words)  # type: ignore[arg-type]


def _every_client(user: User) -> None:
    """Raise 403 for those kept to some client companies: a registry serves every one."""
    if user.clients:
        raise HTTPException(403, "a registry serves every client company")


def _seen(job: Job | None) -> Prepared | None:
    return job.result if job is not None and job.state == "done" else None


def _record_change(guard: Guard, user: User, what: str, registry: str, job: Job) -> None:
    if job.result is None:
        guard.record(user, Act.CHANGE_REGISTRIES, registry, f"{what}: {job.why}", done=False)
    else:
        said = f"{what}: version {job.result.version}; {job.result.offered} leads offered again"
        guard.record(user, Act.CHANGE_REGISTRIES, registry, said)


def _lists(workspace: Workspace, now: datetime) -> list[dict[str, Any]]:
    """Every list that is there or needed, with its age, its history, and what a rollback would go back to."""
    store = RegistryStore(workspace.registries_dir, verify=False)
    countries = set()
    for name in workspace.campaign_names():
        try:
            countries.add(workspace.campaign(name).country)
        except OperatorError:
            continue  # the campaigns' page says what is wrong with it
    found = []
    for each in store.status(now, sorted(countries)):
        try:
            history, before = store.history(each.registry), store.before(each.registry)
        except RegistryError:  # its pointer is damaged: the status says so
            history, before = [], ""
        found.append({"now": each, "history": history[-5:][::-1], "before": before})
    return sorted(found, key=lambda each: not each["now"].version)  # those in use first
