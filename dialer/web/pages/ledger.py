"""The check of the records on a page: every decision's place in the chain, proved beside the dialing loop."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from campaigns.workspace import Workspace
from dialer.runtime.ledger_check import check
from dialer.runtime.workshop import Busy, Job, Workshop
from dialer.web.accounts import Act, User
from dialer.web.accounts_guard import Guard
from dialer.web.pages.rendering import page

__all__ = ["ledger_router"]

_KEY = "ledger"


def ledger_router(workspace: Workspace, guard: Guard, workshop: Workshop) -> APIRouter:
    """`/compliance/ledger`."""
    router = APIRouter(prefix="/compliance/ledger", include_in_schema=False)
    checker = Depends(guard.needs(Act.CHECK_LEDGER))

    def show(request: Request, user: User, *, status: int = 200, why: str = "") -> Response:
        return page(request, "ledger.html", status=status, user=user, job=workshop.get(_KEY), why=why)

    @router.get("")
    async def ledger(request: Request, user: User = checker) -> Response:
        return show(request, user)

    @router.post("")
    async def begin(
        request: Request, head: str = Form(default="", pattern="^[0-9A-Fa-f ]*$", max_length=80), user: User = checker
    ) -> Response:
        def told(job: Job) -> None:
            if job.result is None:
                guard.record(user, Act.CHECK_LEDGER, "", job.why, done=False)
                return
            proof, weak = job.result.proof, job.result.weak
            whole = f"{proof.rows} decisions, head {proof.head}"
            guard.record(user, Act.CHECK_LEDGER, "", whole if job.result.whole else f"BROKEN: {weak or proof.detail}")

        try:
            workshop.start(_KEY, check, workspace.root, head.strip(), by=user.account_id, at=guard.at(), then=told)
        except Busy as error:
            return show(request, user, status=409, why=str(error))
        return RedirectResponse("/compliance/ledger", 303)

    return router
