"""The supervisors' board: a page, a WebSocket that brings it up to date each second, pause and resume."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import timedelta
from typing import Any

from fastapi import APIRouter, Depends, HTTPException, Request, Response, WebSocket, WebSocketDisconnect
from pydantic import BaseModel, ConfigDict, Field

from dialer.runtime.live.floor import LiveFloor
from dialer.store import agents, frames
from dialer.web.accounts import Act, User, may
from dialer.web.accounts_guard import Guard
from dialer.web.pages.board_view import campaign_view, occupancy
from dialer.web.pages.rendering import page

__all__ = ["board_router"]

#: How often the board is told anew, s.
_BEAT = 1.0
#: Occupancy is of this long, and read from the store this often, s.
_WINDOW = timedelta(minutes=15)
_OCCUPANCY_EVERY = 15.0


class Why(BaseModel):
    """Why a campaign is paused; it is written down and shown."""

    model_config = ConfigDict(extra="forbid")

    why: str = Field(min_length=1, max_length=200)


def board_router(floor: LiveFloor, guard: Guard) -> APIRouter:
    """`/board`, its socket, and what can be done there."""
    router = APIRouter(prefix="/board", include_in_schema=False)
    views = _Views(floor, guard)
    watcher, pauser = Depends(guard.needs(Act.SEE_BOARD)), Depends(guard.needs(Act.PAUSE_CAMPAIGN))
    resumer = Depends(guard.needs(Act.RESUME_CAMPAIGN))

    def campaign_of(name: str, user: User) -> None:
        """Raise 404 for a campaign that does not run, or is none of theirs: nobody learns which."""
        if name not in floor.names or not user.sees(floor.campaign(name).client):
            raise HTTPException(404, f"{name} is not running on this floor")

    @router.get("")
    async def board(request: Request, user: User = watcher) -> Response:
        return page(request, "board.html", user=user)

    @router.post("/campaigns/{name}/pause")
    async def pause(name: str, why: Why, user: User = pauser) -> dict[str, str]:
        campaign_of(name, user)
        guard.record(user, Act.PAUSE_CAMPAIGN, name, why.why)
        floor.pause(name, f"{why.why} ({user.name})")
        return {"paused": name}

    @router.post("/campaigns/{name}/resume")
    async def resume(name: str, user: User = resumer) -> dict[str, str]:
        campaign_of(name, user)
        guard.record(user, Act.RESUME_CAMPAIGN, name)
        floor.resume(name)
        return {"resumed": name}

    @router.websocket("/socket")
    async def socket(web: WebSocket) -> None:
        found = guard.found(web)
        if found is None or not may(found[1], Act.SEE_BOARD) or web.headers.get("origin") != guard.public_origin:
            await web.close(4403)
            return
        await web.accept()
        telling = asyncio.create_task(_tell(web, guard, views))
        try:
            while True:
                await web.receive_text()  # nothing is asked for here; it ends when the browser goes
        except WebSocketDisconnect:
            pass
        finally:
            telling.cancel()

    return router


async def _tell(web: WebSocket, guard: Guard, views: _Views) -> None:
    """Tell a browser of the campaigns it may see, until its session ends."""
    with suppress(WebSocketDisconnect, RuntimeError):
        while True:
            found = guard.found(web)
            if found is None or not may(found[1], Act.SEE_BOARD):
                await web.close(4401)
                return
            _, user = found
            seen = [view for view in await views.now() if user.sees(view["client"])]
            await web.send_json({"now": guard.at().timestamp(), "campaigns": seen})
            await asyncio.sleep(_BEAT)


class _Views:
    """The board's data, worked out once a second however many look at it."""

    def __init__(self, floor: LiveFloor, guard: Guard) -> None:
        self._floor = floor
        self._guard = guard
        self._made_at = float("-inf")
        self._made: list[dict[str, Any]] = []
        self._read_at = float("-inf")
        self._busy: dict[str, float | None] = {}
        self._names: dict[str, str] = {}
        self._reading = asyncio.Lock()

    async def now(self) -> list[dict[str, Any]]:
        """All campaigns that run, by name."""
        async with self._reading:
            at = self._floor.clock.now()
            if at >= self._read_at + _OCCUPANCY_EVERY or self._floor.desks.desks.keys() - self._names.keys():
                self._read_at = at
                await asyncio.to_thread(self._read, self._floor.names)
            if at >= self._made_at + _BEAT / 2:
                self._made_at = at
                desks = list(self._floor.desks.desks.values())
                self._made = [
                    campaign_view(
                        self._floor.board(name), self._floor.campaign(name), desks, self._names, self._busy.get(name)
                    )
                    for name in sorted(self._floor.names)
                ]
            return self._made

    def _read(self, campaigns: tuple[str, ...]) -> None:
        """What only the store knows; off the event loop."""
        until = self._guard.at()
        since = until - _WINDOW
        with self._floor.store.reading() as tx:
            self._names = {each.agent_id: each.name or each.agent_id for each in agents.every(tx)}
            for name in campaigns:
                changes = frames.agent_changes(tx, name, since, until)
                rows = zip(changes["agent_id"], changes["state"], changes["at"], strict=True)
                self._busy[name] = occupancy(rows, since, until)
