"""`/dnc`: the client's own do-not-call list, and whether a number may be called.

There is no way to take a number off: that takes two people in the office. Numbers travel in bodies, never in addresses
that stay in logs.
"""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Response
from pydantic import Field

from dialer.runtime.asking import judge
from dialer.store import suppressions
from dialer.store.suppressions import Entry
from dialer.web.api.errors import answers
from dialer.web.api.guard import ApiGuard, Caller
from dialer.web.api.models import E164, Asked, CampaignName, Gate, Given, gate_of
from dialer.web.api.scopes import Scope

__all__ = ["dnc_router"]

_LAST_ID = 2**31 - 1


class NewEntry(Given):
    """A number that must not be called any more."""

    number: E164
    reason: str = Field(min_length=1, max_length=500, examples=["asked by e-mail"])
    campaign: CampaignName | None = Field(default=None, description="only for this campaign; null: for the client")


class DncEntry(Asked):
    """One entry of the client's lists."""

    entry_id: int = Field(description="grows; the cursor")
    number: str
    scope: Literal["client", "campaign"]
    campaign: str | None
    action: Literal["add", "remove"] = Field(description="remove: an entry of this number was lifted in the office")
    reason: str
    at: datetime
    expires_at: datetime | None


class Added(Asked):
    """The entry in force. It was committed before this answer: the very next dial heeds it."""

    entry: DncEntry
    new: bool = Field(description="false: the number stood there already")


class Entries(Asked):
    """A page of entries."""

    entries: list[DncEntry]
    next_after: int = Field(description="give it as `after` for what comes next")
    more: bool


class Question(Given):
    """May a campaign call a number?"""

    number: E164
    campaign: CampaignName


class Checked(Asked):
    """What the gate says. Nothing was dialed, and the decision ledger has no entry of it."""

    number: str
    campaign: str
    in_list: bool = Field(description="the number is in a list of the campaign")
    gate: Gate


def dnc_router(guard: ApiGuard) -> APIRouter:
    """The resource of one floor."""
    router = APIRouter(prefix="/dnc", tags=["do not call"])
    reader, writer = Depends(guard.needs(Scope.DNC_READ)), Depends(guard.needs(Scope.DNC_WRITE))

    @router.post("", status_code=201, responses={200: {"model": Added}, **answers(404, 409)})
    async def add_number(wanted: NewEntry, response: Response, caller: Caller = writer) -> Added:
        """Never call a number again. 201: it is on the list now. 200: it was there."""
        added = await asyncio.to_thread(_add, guard, caller, wanted)
        response.status_code = 201 if added.new else 200
        return added

    @router.post("/check", responses=answers(404, 409))
    async def check_number(wanted: Question, caller: Caller = reader) -> Checked:
        """May this number be called now, and why not? That somebody asked is written down."""
        return await asyncio.to_thread(_check, guard, caller, wanted)

    @router.get("", responses=answers())
    async def list_entries(
        after: Annotated[int, Query(ge=0, le=_LAST_ID, description="the last `next_after`; 0 from the start")] = 0,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
        caller: Caller = reader,
    ) -> Entries:
        """What was put on the client's lists, and what was lifted, oldest first."""
        found = await asyncio.to_thread(_page, guard, caller, after, limit + 1)
        shown = found[:limit]
        return Entries(
            entries=[_shown(each) for each in shown],
            next_after=shown[-1].entry_id if shown else after,
            more=len(found) > limit,
        )

    return router


def _add(guard: ApiGuard, caller: Caller, wanted: NewEntry) -> Added:
    if wanted.campaign is not None:
        guard.campaign(caller, wanted.campaign)
    at = guard.at()
    scope: Literal["client", "campaign"] = "client" if wanted.campaign is None else "campaign"
    scope_id = wanted.campaign or caller.client
    with guard.store.writing() as tx:
        found = suppressions.in_force(tx, wanted.number, client=caller.client, campaign=wanted.campaign or "", at=at)
        same = [
            each
            for each in found
            if (each.number, each.scope, each.scope_id, each.expires_at) == (wanted.number, scope, scope_id, None)
        ]
        if same:
            return Added(entry=_shown(same[-1]), new=False)
        entry_id = suppressions.add(
            tx, wanted.number, scope=scope, scope_id=scope_id, reason=wanted.reason, source="HTTP API", by=caller.by,
            at=at,
        )  # fmt: skip
        guard.record(tx, caller, "add_dnc", wanted.number, f"{scope} {scope_id}: {wanted.reason}")
    entry = Entry(entry_id, wanted.number, scope, scope_id, "add", wanted.reason, "HTTP API", caller.by, at, None)
    return Added(entry=_shown(entry), new=True)


def _check(guard: ApiGuard, caller: Caller, wanted: Question) -> Checked:
    campaign = guard.campaign(caller, wanted.campaign)
    floor = guard.floor
    with guard.store.writing() as tx:
        guard.record(tx, caller, "look_up_number", wanted.number, campaign.name)
    with guard.store.reading() as tx:
        answer = judge(tx, campaign, wanted.number, guard.at(), book=floor.book, registries=floor.registries)
    return Checked(number=wanted.number, campaign=campaign.name, in_list=answer.lead is not None, gate=gate_of(answer))


def _page(guard: ApiGuard, caller: Caller, after: int, count: int) -> list[Entry]:
    names = list(guard.campaigns(caller))
    with guard.store.reading() as tx:
        return suppressions.entries_of(tx, caller.client, names, after=after, count=count, at=guard.at())


def _shown(entry: Entry) -> DncEntry:
    scope: Literal["client", "campaign"] = "campaign" if entry.scope == "campaign" else "client"
    return DncEntry(
        entry_id=entry.entry_id,
        number=entry.number,
        scope=scope,
        campaign=entry.scope_id if scope == "campaign" else None,
        action=entry.action,
        reason=entry.reason,
        at=entry.at,
        expires_at=entry.expires_at,
    )
