"""The compliance desk: may a number be called and why (not), and its case file.

The same gate answers that stands before every dial; asking is no dial decision and leaves the ledger alone. Who asked
about which number is written down: it is personal data. Numbers travel in forms, never in addresses that stay in logs.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any

from fastapi import APIRouter, Depends, Form, HTTPException, Request, Response
from fastapi.responses import HTMLResponse

from campaigns.problems import OperatorError
from campaigns.workspace import Workspace
from dialer.reports.case_file import to_html
from dialer.reports.reasons import reason_words
from dialer.runtime.asking import Answer, ask, open_rulebook
from dialer.runtime.case_file import case_file
from dialer.web.accounts import Act, User
from dialer.web.accounts_guard import Guard
from dialer.web.pages.rendering import page
from dnc import zones
from dnc.numbers import normalise_suppression_number
from dnc.registries import RegistryStore

__all__ = ["answer_view", "compliance_router"]


def compliance_router(workspace: Workspace, guard: Guard) -> APIRouter:
    """`/compliance`: the look-up and the case file."""
    router = APIRouter(prefix="/compliance", include_in_schema=False)
    asker, exporter = Depends(guard.needs(Act.LOOK_UP_NUMBER)), Depends(guard.needs(Act.EXPORT_CASE_FILE))
    one_at_a_time = asyncio.Lock()  # a case file proves the whole ledger: a core, for as long as that takes

    def show(request: Request, user: User, *, status: int = 200, **shown: Any) -> Response:
        data = {"number": "", "campaign": "", "found": None, "why": "", **shown}
        return page(request, "compliance.html", status=status, user=user, campaigns=_seen(workspace, user), **data)

    @router.get("")
    async def desk(request: Request, user: User = asker) -> Response:
        return show(request, user)

    @router.post("")
    async def look_up(
        request: Request,
        number: str = Form(max_length=64),
        campaign: str = Form(max_length=64),
        user: User = asker,
    ) -> Response:
        if campaign not in _seen(workspace, user):
            raise HTTPException(404, "there is no such campaign")
        try:
            answer = await asyncio.to_thread(ask, workspace, workspace.campaign(campaign), number, guard.at())
        except OperatorError as error:
            return show(request, user, status=422, number=number, campaign=campaign, why=str(error))
        # As the number is written everywhere else: whose case file it is must find it.
        guard.record(user, Act.LOOK_UP_NUMBER, number if answer.call is None else answer.call.number, campaign)
        return show(request, user, number=number, campaign=campaign, found=answer_view(answer))

    @router.post("/case-file")
    async def export(request: Request, number: str = Form(max_length=64), user: User = exporter) -> Response:
        if user.clients:
            raise HTTPException(403, "a case file holds what every client company has on record")
        written = normalise_suppression_number(number, "US").e164
        if written is None:
            return show(request, user, status=422, number=number, why="number")
        async with one_at_a_time:
            html = await asyncio.to_thread(_case_file, workspace, guard, written, user)
        if html is None:
            return show(request, user, status=404, number=number, why="empty")
        guard.record(user, Act.EXPORT_CASE_FILE, written)
        name = f"case-{written.lstrip('+')}.html"
        return HTMLResponse(
            html, headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
        )

    return router


def _seen(workspace: Workspace, user: User) -> dict[str, str]:
    """The campaigns whose client the user sees, by name, with their titles; a file that is wrong is left out."""
    found = {}
    for name in workspace.campaign_names():
        try:
            campaign = workspace.campaign(name)
        except OperatorError:
            continue  # `dialer campaigns check` says what is wrong with it
        if user.sees(campaign.client):
            found[name] = campaign.title or name
    return found


def _case_file(workspace: Workspace, guard: Guard, number: str, user: User) -> str | None:
    with guard.store.reading() as tx:
        case = case_file(
            tx,
            number,
            book=open_rulebook(workspace),
            registries=RegistryStore(workspace.registries_dir),
            now=guard.at(),
            by=user.account_id,
        )
    return None if case.empty else to_html(case)


def answer_view(answer: Answer) -> dict[str, Any]:
    """What the gate says, as plain data for the page: what stands against the call comes first."""
    verdict, call = answer.verdict, answer.call
    if verdict is None or call is None:
        return {"refusal": answer.refusal}
    lead = answer.lead
    return {
        "refusal": None,
        "number": call.number,
        "allowed": verdict.allowed,
        "at": f"{verdict.at:%Y-%m-%d %H:%M:%S} UTC",
        "reasons": [] if verdict.allowed else [reason_words(code) for code in verdict.reasons],
        "next_allowed": None if verdict.next_allowed is None else _clocks(verdict.next_allowed, call.place.zones),
        "clocks": _clocks(verdict.at, call.place.zones),
        "jurisdictions": ", ".join(call.place.jurisdictions),
        "place_why": call.place.why,
        "lead": None if lead is None else f"{lead.lead_id}, {lead.status}" + (f" ({lead.why})" if lead.why else ""),
        "offered": lead is not None and lead.offered,
        "checks": sorted(verdict.checks, key=lambda each: each.passed),
        "versions": verdict.versions,
    }


def _clocks(at: datetime, names: tuple[str, ...]) -> str:
    local = "; ".join(f"{at.astimezone(zones.zone(name)):%a %Y-%m-%d %H:%M %Z} ({name})" for name in names)
    return local or f"{at:%Y-%m-%d %H:%M} UTC"
