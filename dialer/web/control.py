"""The operator's hand on a running floor: start, stop, pause, resume, look. For `dialer run` and scripts.

Only who can read the floor's token file (owner-only, in the working folder) may use it.
"""

from __future__ import annotations

import hmac
from typing import Any

from fastapi import APIRouter, Depends, HTTPException, Request
from pydantic import BaseModel, ConfigDict, Field

from campaigns.problems import OperatorError
from dialer.carriers.controls import Ear, NoSuchControl
from dialer.carriers.fates import NotSettled
from dialer.runtime.board import line_of
from dialer.runtime.live.desks import DeskError
from dialer.runtime.live.floor import AlreadyRunning, LiveFloor
from dialer.store.errors import StoreError
from dialer.voice import VoiceError

__all__ = ["control_router"]


class Why(BaseModel):
    """Why something is done; it is written down."""

    model_config = ConfigDict(extra="forbid")

    why: str = Field(min_length=1, max_length=200)


class Joining(BaseModel):
    """A supervisor who takes part in an agent's calls: their own phone rings; asked again, only the ear changes."""

    model_config = ConfigDict(extra="forbid")

    supervisor: str = Field(pattern=r"^\+[1-9]\d{6,14}$")
    ear: Ear


def control_router(floor: LiveFloor, token: str) -> APIRouter:
    """`/control/campaigns...` and `/control/agents...`, for bearers of the token."""

    def allowed(request: Request) -> None:
        given = request.headers.get("authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {token}".encode()):
            raise HTTPException(401, "the floor's token is wrong")

    router = APIRouter(prefix="/control", include_in_schema=False, dependencies=[Depends(allowed)])

    @router.get("/campaigns")
    async def boards() -> dict[str, Any]:
        return {name: _board(floor, name) for name in floor.names}

    @router.get("/campaigns/{name}")
    async def board(name: str) -> dict[str, Any]:
        _known(floor, name)
        return _board(floor, name)

    @router.post("/campaigns/{name}/start")
    async def start(name: str) -> dict[str, Any]:
        try:
            await floor.start(name)
        except AlreadyRunning as error:
            raise HTTPException(409, str(error)) from None
        except (OperatorError, VoiceError, NotSettled, StoreError) as error:
            raise HTTPException(422, str(error)) from None
        return _board(floor, name)

    @router.post("/campaigns/{name}/stop")
    async def stop(name: str, why: Why) -> dict[str, Any]:
        _known(floor, name)
        floor.stop(name, why.why)
        return _board(floor, name)

    @router.post("/campaigns/{name}/pause")
    async def pause(name: str, why: Why) -> dict[str, Any]:
        _known(floor, name)
        floor.pause(name, why.why)
        return _board(floor, name)

    @router.post("/campaigns/{name}/resume")
    async def resume(name: str) -> dict[str, Any]:
        _known(floor, name)
        floor.resume(name)
        return _board(floor, name)

    @router.post("/agents/{agent_id}/join")
    async def join(agent_id: str, joining: Joining) -> dict[str, Any]:
        try:
            floor.join(agent_id, joining.supervisor, joining.ear)
        except (DeskError, NoSuchControl) as error:
            raise HTTPException(409, str(error)) from None
        return {"agent_id": agent_id, "supervisor": joining.supervisor, "ear": joining.ear}

    return router


def _known(floor: LiveFloor, name: str) -> None:
    if name not in floor.names:
        raise HTTPException(404, f"{name} is not running on this floor")


def _board(floor: LiveFloor, name: str) -> dict[str, Any]:
    return {"campaign": name, **line_of(floor.board(name))}
