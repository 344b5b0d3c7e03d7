"""`/dispositions`: what was said of calls, read in order; and set or corrected by the client's own program."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from dialer.runtime.disposing import NotNow, dispose
from dialer.store import lead_views
from dialer.web.api.errors import ApiError, answers
from dialer.web.api.guard import ApiGuard, Caller
from dialer.web.api.models import Asked, Given, Instant
from dialer.web.api.scopes import Scope

__all__ = ["dispositions_router"]

_LAST_ID = 2**31 - 1


class Disposition(Asked):
    """One word on one call; a later one on the same call corrects it."""

    disposition_id: int = Field(description="grows; the cursor")
    call_id: str
    campaign: str
    lead_id: int
    external_id: str
    agent_id: str = Field(description="who said it")
    code: str
    flags: list[str] = Field(description="what it means: contact, right_party, conversion, promise, opt_out ...")
    at: datetime
    callback_at: datetime | None


class Dispositions(Asked):
    """A page of them."""

    dispositions: list[Disposition]
    next_after: int = Field(description="give it as `after` for what comes next")
    more: bool = Field(description="there is more already")


class NewDisposition(Given):
    """What came of a call."""

    call_id: str = Field(min_length=1, max_length=64, pattern="^[!-~]+$", examples=["9f2c61d0a7be-17"])
    code: str = Field(pattern="^[A-Z][A-Z0-9_]*$", max_length=32, examples=["SALE"])
    callback_at: Instant | None = None
    notes: str = Field(default="", max_length=2000)


class Disposed(Asked):
    """What was written down, and how the lead stands now."""

    call_id: str
    code: str
    flags: list[str]
    lead_id: int
    lead_status: str
    lead_why: str


def dispositions_router(guard: ApiGuard) -> APIRouter:
    """The resource of one floor."""
    router = APIRouter(prefix="/dispositions", tags=["dispositions"])
    reader, writer = Depends(guard.needs(Scope.DISPOSITIONS_READ)), Depends(guard.needs(Scope.DISPOSITIONS_WRITE))

    @router.get("", responses=answers())
    async def list_dispositions(
        after: Annotated[int, Query(ge=0, le=_LAST_ID, description="the last `next_after`; 0 from the start")] = 0,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
        caller: Caller = reader,
    ) -> Dispositions:
        """What was said of the client's calls, oldest first, corrections among them."""
        found = await asyncio.to_thread(_page, guard, caller, after, limit + 1)
        shown = found[:limit]
        return Dispositions(
            dispositions=[
                Disposition(**{name: getattr(each, name) for name in Disposition.model_fields}) for each in shown
            ],
            next_after=shown[-1].disposition_id if shown else after,
            more=len(found) > limit,
        )

    @router.post("", status_code=201, responses=answers(404, 409))
    async def set_disposition(wanted: NewDisposition, caller: Caller = writer) -> Disposed:
        """Say or correct what came of a call that is over; what was said before stays on record.

        What follows from it (an opt-out, the lead's next call) follows at once.
        """
        return await asyncio.to_thread(_disposed, guard, caller, wanted)

    return router


def _page(guard: ApiGuard, caller: Caller, after: int, count: int) -> list[lead_views.Spoken]:
    with guard.store.reading() as tx:
        return lead_views.dispositions_after(tx, caller.client, after, count, guard.at())


def _disposed(guard: ApiGuard, caller: Caller, wanted: NewDisposition) -> Disposed:
    with guard.store.writing() as tx:
        call = lead_views.call(tx, wanted.call_id, caller.client)
        if call is None:
            raise ApiError(404, f"there is no call {wanted.call_id}")
        campaign = guard.campaign(caller, call.campaign)
        by = f"token {caller.token.token_id}"
        try:
            dispose(
                tx, campaign, call, wanted.code, by=by, at=guard.at(), callback_at=wanted.callback_at,
                notes=wanted.notes,
            )  # fmt: skip
        except NotNow as error:
            raise ApiError(409, str(error)) from None
        except KeyError:
            known = ", ".join(campaign.dispositions)
            raise ApiError(422, f"{wanted.code} is no disposition of {campaign.name}: use {known}") from None
        guard.record(tx, caller, "set_disposition", call.call_id, f"{call.code or 'none'} -> {wanted.code}")
        lead = lead_views.lead(tx, call.lead_id, caller.client)
        assert lead is not None
    return Disposed(
        call_id=call.call_id,
        code=wanted.code,
        flags=sorted(campaign.dispositions[wanted.code].flags),
        lead_id=lead.lead_id,
        lead_status=lead.status,
        lead_why=lead.why,
    )
