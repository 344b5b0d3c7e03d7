"""The administrators' page: who may sign in to the office, and what was administered. Changed from the command line."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request, Response

from dialer.store import accounts
from dialer.web.accounts import Act, User
from dialer.web.accounts_guard import Guard
from dialer.web.pages.rendering import page

__all__ = ["accounts_router"]

#: As many acts as somebody reads.
_SHOWN = 200


def accounts_router(guard: Guard) -> APIRouter:
    """`/accounts`."""
    router = APIRouter(include_in_schema=False)
    reader = Depends(guard.needs(Act.SEE_ACCOUNTS))

    @router.get("/accounts")
    async def accounts_page(request: Request, user: User = reader) -> Response:
        with guard.store.reading() as tx:
            found = [(each, accounts.hashes(tx, each.account_id).secret is not None) for each in accounts.every(tx)]
            acts = accounts.administered(tx, _SHOWN)
        return page(request, "accounts.html", user=user, accounts=found, acts=acts)

    return router
