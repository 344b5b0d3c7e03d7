"""The rules as a table on a page: what each demands, on what authority, since when. Nothing here is changed."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter, Depends, Query, Request, Response

from campaigns.workspace import Workspace
from dialer.runtime.asking import open_rulebook
from dialer.web.accounts import Act, User
from dialer.web.accounts_guard import Guard
from dialer.web.pages.rendering import page
from dnc.rules.listing import KINDS, dates, listing, trust

__all__ = ["rules_router"]


def rules_router(workspace: Workspace, guard: Guard) -> APIRouter:
    """`/compliance/rules`."""
    router = APIRouter(prefix="/compliance/rules", include_in_schema=False)
    reader = Depends(guard.needs(Act.SEE_RULES))

    @router.get("")
    async def rules(
        request: Request,
        place: str = Query("", max_length=32),
        words: str = Query("", max_length=100),
        kind: str = Query("", max_length=16),
        user: User = reader,
    ) -> Response:
        book = await asyncio.to_thread(open_rulebook, workspace)
        today = guard.at().date()
        where = place.strip().upper().replace("_", "-")
        wanted = words.casefold().split()
        rows = [
            row
            for row in listing(book, where)
            if kind in ("", row.kind)
            and all(word in f"{row.rule} {row.what} {row.citation} {row.calls}".casefold() for word in wanted)
        ]
        told = [
            (row, dates(row.since, row.until), trust(row.status, row.evidence), row.in_force(today)) for row in rows
        ]
        return page(
            request,
            "rules.html",
            user=user,
            rows=told,
            place=place,
            words_asked=words,
            kind=kind,
            kinds=KINDS,
            version=book.version,
        )

    return router
