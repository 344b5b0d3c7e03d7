"""`/campaigns`: which there are, whether they dial and why not; pause and resume."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends, Path
from pydantic import Field

from campaigns.files import Campaign
from dialer.web.api.errors import ApiError, answers
from dialer.web.api.guard import ApiGuard, Caller
from dialer.web.api.models import Asked, CampaignName, Given
from dialer.web.api.scopes import Scope

__all__ = ["campaigns_router"]

_Name = Annotated[CampaignName, Path()]


class CampaignState(Asked):
    """One campaign at this moment."""

    name: str
    title: str
    purpose: str = Field(description="telemarketing, debt_collection ...")
    running: bool = Field(description="on this floor")
    state: str = Field(description="running, paused, outside_hours, waiting_for_agents ...; or not_running")
    sentence: str = Field(description="what it does, or why it does not dial")
    agents: int = Field(description="signed in")
    calls: int = Field(description="under way")
    dials_last_minute: int
    abandonment_rate: float | None = Field(description="of this accounting period, a fraction")


class Campaigns(Asked):
    """The client's campaigns."""

    campaigns: list[CampaignState]


class Why(Given):
    """Why something is done; it is written down."""

    why: str = Field(min_length=1, max_length=200, examples=["the price list is being changed"])


def campaigns_router(guard: ApiGuard) -> APIRouter:
    """The resource of one floor."""
    router = APIRouter(prefix="/campaigns", tags=["campaigns"])
    reader, changer = Depends(guard.needs(Scope.CAMPAIGNS_READ)), Depends(guard.needs(Scope.CAMPAIGNS_WRITE))

    @router.get("", responses=answers())
    async def list_campaigns(caller: Caller = reader) -> Campaigns:
        """All campaigns of the client."""
        found = await asyncio.to_thread(guard.campaigns, caller)
        return Campaigns(campaigns=[_state(guard, each) for each in found.values()])

    @router.get("/{name}", responses=answers(404, 409))
    async def see_campaign(name: _Name, caller: Caller = reader) -> CampaignState:
        """One campaign: whether it dials, and why not."""
        return _state(guard, await asyncio.to_thread(guard.campaign, caller, name))

    @router.post("/{name}/pause", responses=answers(404, 409))
    async def pause_campaign(name: _Name, wanted: Why, caller: Caller = changer) -> CampaignState:
        """Dial no more for now; calls under way go on."""
        campaign = await _running(guard, caller, name)
        await asyncio.to_thread(_record, guard, caller, "pause_campaign", name, wanted.why)
        guard.floor.pause(name, f"{wanted.why} ({caller.by})")
        return _state(guard, campaign)

    @router.post("/{name}/resume", responses=answers(404, 409))
    async def resume_campaign(name: _Name, wanted: Why, caller: Caller = changer) -> CampaignState:
        """Dial again."""
        campaign = await _running(guard, caller, name)
        await asyncio.to_thread(_record, guard, caller, "resume_campaign", name, wanted.why)
        guard.floor.resume(name)
        return _state(guard, campaign)

    return router


async def _running(guard: ApiGuard, caller: Caller, name: str) -> Campaign:
    campaign = await asyncio.to_thread(guard.campaign, caller, name)
    if name not in guard.floor.names:
        raise ApiError(409, f"{name} is not running on this floor")
    return campaign


def _record(guard: ApiGuard, caller: Caller, act: str, name: str, why: str) -> None:
    with guard.store.writing() as tx:
        guard.record(tx, caller, act, name, why)


def _state(guard: ApiGuard, campaign: Campaign) -> CampaignState:
    """On the event loop: the floor is looked at as it is."""
    fixed = {"name": campaign.name, "title": campaign.title or campaign.name, "purpose": campaign.scope}
    if campaign.name not in guard.floor.names:
        return CampaignState(
            **fixed, running=False, state="not_running", sentence="The campaign does not run on this floor.",
            agents=0, calls=0, dials_last_minute=0, abandonment_rate=None,
        )  # fmt: skip
    board = guard.floor.board(campaign.name)
    return CampaignState(
        **fixed,
        running=True,
        state=board.state.value,
        sentence=board.why,
        agents=sum(count for state, count in board.agents.items() if state.value != "offline"),
        calls=sum(count for state, count in board.calls.items() if state.value != "ended"),
        dials_last_minute=board.dials_last_minute,
        abandonment_rate=board.abandonment_rate,
    )
