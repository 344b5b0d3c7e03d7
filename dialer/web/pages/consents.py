"""What is on record about a number's consents, on a page. Who asked is written down."""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import APIRouter, Depends, Form, Request, Response

from campaigns.workspace import Workspace
from dialer.runtime.asking import open_rulebook
from dialer.runtime.consent_record import consent_record
from dialer.runtime.own_numbers import NotDone, read_number
from dialer.web.accounts import Act, User
from dialer.web.accounts_guard import Guard
from dialer.web.pages.rendering import page

__all__ = ["consents_router"]


def consents_router(workspace: Workspace, guard: Guard) -> APIRouter:
    """`/compliance/consents`."""
    router = APIRouter(prefix="/compliance/consents", include_in_schema=False)
    reader = Depends(guard.needs(Act.SEE_CONSENTS))

    @router.get("")
    async def consents(request: Request, user: User = reader) -> Response:
        return page(request, "consents.html", user=user, number="", why="", found=None)

    @router.post("")
    async def look_up(request: Request, number: str = Form(max_length=64), user: User = reader) -> Response:
        try:
            written = read_number(number)
        except NotDone as error:
            return page(request, "consents.html", status=422, user=user, number=number, why=str(error), found=None)
        guard.record(user, Act.SEE_CONSENTS, written.number)
        found = await asyncio.to_thread(_record, workspace, guard, written.number)
        return page(request, "consents.html", user=user, number=number, why="", found=_seen(found, user))

    return router


def _record(workspace: Workspace, guard: Guard, number: str) -> dict[str, Any]:
    with guard.store.reading() as tx:
        return consent_record(tx, workspace, open_rulebook(workspace), number, guard.at())


def _seen(found: dict[str, Any], user: User) -> dict[str, Any]:
    """Without what was said to clients that are none of the user's; a revocation for every one is theirs too."""

    def theirs(client: str | None) -> bool:
        return client is None or user.sees(client)

    return {
        **found,
        "stands": [each for each in found["stands"] if theirs(each["client"])],
        "rows": [each for each in found["rows"] if theirs(each["client"])],
        "relationships": {client: worth for client, worth in found["relationships"].items() if theirs(client)},
        "business": [each for each in found["business"] if theirs(each["client"])],
    }
