"""The agents' desk page, and what an agent can choose before sitting down.

The work itself goes over the desk's WebSocket (`dialer.web.desk`); nothing of a call passes here.
"""

from __future__ import annotations

import asyncio
from typing import Any

from fastapi import APIRouter, HTTPException, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from dialer.runtime.live.floor import LiveFloor
from dialer.web.accounts_guard import Guard
from dialer.web.desk import Secrets
from dialer.web.pages.rendering import page
from dialer.web.softphone import State

__all__ = ["desk_page_router"]


class Knows(BaseModel):
    """What an agent proves to be one with."""

    model_config = ConfigDict(extra="forbid", strict=True)

    agent_id: str = Field(min_length=1, max_length=64)
    secret: str = Field(min_length=1, max_length=256)


def desk_page_router(floor: LiveFloor, agents: Secrets, guard: Guard, browser: State) -> APIRouter:
    """`/desk` and `/desk/campaigns`; `browser` says whether agents can talk in the browser."""
    router = APIRouter(prefix="/desk", include_in_schema=False)
    one_at_a_time = asyncio.Lock()  # argon2 takes 64 MiB and a core; strangers may ask for it

    @router.get("")
    async def desk(request: Request) -> Response:
        return page(request, "desk.html")

    @router.post("/campaigns")
    async def campaigns(request: Request, knows: Knows) -> dict[str, Any]:
        """What runs is told to agents only: it names client companies."""
        guard.own(request)
        name = f"agent {knows.agent_id}"
        if guard.waits.must_wait(name):
            raise HTTPException(429, "wait")
        async with one_at_a_time:
            known = await asyncio.to_thread(agents.check, knows.agent_id, knows.secret)
        if not known:
            guard.waits.failed(name)
            raise HTTPException(401, "wrong")
        guard.waits.passed(name)
        return {
            "campaigns": [floor.seat(each) for each in sorted(floor.names)],
            "legs": ["none"] if floor.house.legs is None else ["browser", "phone"] if browser == "ready" else ["phone"],
            "softphone": browser,
        }

    return router
