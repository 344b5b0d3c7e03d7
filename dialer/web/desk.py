"""Agents' desks: sign in, then one WebSocket carries everything both ways.

The agent's client sends `{"do": ...}` and is told `{"event": ...}`. It speaks at least once a second
(`{"do": "alive"}`); a desk that is silent for five seconds is lost and its agent leaves the floor. After a
reload the client opens the socket again within that time and is told the whole state.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Protocol

import structlog
from fastapi import APIRouter, Request, Response, WebSocket, WebSocketDisconnect
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dialer.runtime.live.desks import DeskError, LegKind
from dialer.runtime.live.floor import LiveFloor
from dialer.web.acts import Wanted, act

__all__ = ["SESSION_COOKIE", "Secrets", "desk_router"]

_log = structlog.get_logger(__name__)

SESSION_COOKIE = "dialer_desk"
#: A session ends after so many s: the longest shift and its overtime.
_LASTING = 16 * 3600.0
#: Wrong secrets for one agent before further tries wait, and for how long, s.
_TRIES, _WAIT = 5, 60.0
#: No message of a desk is larger, characters: notes have their room.
_LARGEST = 16_384


class Secrets(Protocol):
    """Who may sign in."""

    def check(self, agent_id: str, secret: str) -> bool:
        """Whether that is the agent's secret; takes the same time for an agent who does not exist."""


class SignIn(BaseModel):
    """What an agent sends to sign in."""

    model_config = ConfigDict(extra="forbid", strict=True)

    agent_id: str = Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9_.-]+$")
    secret: str = Field(min_length=1, max_length=256)
    campaign: str = Field(min_length=1, max_length=64)
    leg: LegKind
    phone: str = Field(default="", pattern=r"^(\+[1-9]\d{6,14})?$")


@dataclass(slots=True)
class _Session:
    agent_id: str
    until: float


class _Door:
    """Sessions by token, and throttling of wrong secrets."""

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._sessions: dict[str, _Session] = {}
        self._wrong: dict[str, list[float]] = {}

    def waits(self, agent_id: str) -> bool:
        """Whether too many wrong secrets were tried lately."""
        recent = [at for at in self._wrong.get(agent_id, ()) if at > self._now() - _WAIT]
        self._wrong[agent_id] = recent
        return len(recent) >= _TRIES

    def failed(self, agent_id: str) -> None:
        """A wrong secret was tried."""
        self._wrong.setdefault(agent_id, []).append(self._now())

    def open(self, agent_id: str) -> str:
        """A new session's token; the agent's earlier sessions end."""
        self._wrong.pop(agent_id, None)
        now = self._now()
        self._sessions = {t: s for t, s in self._sessions.items() if s.agent_id != agent_id and s.until > now}
        token = secrets.token_urlsafe(32)
        self._sessions[token] = _Session(agent_id, now + _LASTING)
        return token

    def agent_of(self, headers: Mapping[str, str], cookies: Mapping[str, str]) -> str | None:
        """Whose session a request belongs to."""
        bearer = headers.get("authorization", "")
        token = bearer.removeprefix("Bearer ") if bearer.startswith("Bearer ") else cookies.get(SESSION_COOKIE, "")
        session = self._sessions.get(token)
        return session.agent_id if session is not None and session.until > self._now() else None


def desk_router(
    floor: LiveFloor, agents: Secrets, public_origin: str, browser_token: Callable[[str], str] | None
) -> APIRouter:
    """`/desk/sessions`, `/desk/voice-token` and `/desk/socket`.

    Args:
        floor: where agents sit.
        agents: who may sign in.
        public_origin: `https://host` of the pages; a WebSocket from any other is refused.
        browser_token: makes the token with which an agent's browser connects its leg; None without such legs.
    """
    router = APIRouter(prefix="/desk", include_in_schema=False)
    door = _Door(floor.clock.now)

    @router.post("/sessions")
    async def sign_in(request: Request) -> Response:
        try:
            wanted = SignIn.model_validate_json(await request.body())
        except ValidationError as error:
            return _refusal(400, "; ".join(f"{each['loc'][0]}: {each['msg']}" for each in error.errors()[:3]))
        if door.waits(wanted.agent_id):
            return _refusal(429, "too many wrong secrets: wait a minute")
        known = await asyncio.to_thread(agents.check, wanted.agent_id, wanted.secret)
        if not known:
            door.failed(wanted.agent_id)
            return _refusal(401, "agent or secret is wrong")
        if wanted.campaign not in floor.names:
            return _refusal(409, f"{wanted.campaign} is not running")
        try:
            floor.desks.sign_in(wanted.agent_id, wanted.campaign, wanted.leg, wanted.phone)
        except DeskError as error:
            return _refusal(409, str(error))
        token = door.open(wanted.agent_id)
        response = JSONResponse({"session": token})
        response.set_cookie(
            SESSION_COOKIE, token, httponly=True, samesite="strict", secure=public_origin.startswith("https:")
        )
        return response

    @router.post("/voice-token")
    async def voice_token(request: Request) -> Response:
        """A browser that was reloaded, or whose token runs out, gets a new one for its agent's leg."""
        agent_id = door.agent_of(request.headers, request.cookies)
        origin = request.headers.get("origin")
        if agent_id is None or (origin is not None and origin != public_origin) or browser_token is None:
            return _refusal(401, "no desk of this floor talks in a browser here")
        desk = floor.desks.desks.get(agent_id)
        if desk is None or desk.leg != "browser":
            return _refusal(409, "this desk does not hear people in the browser")
        return JSONResponse({"token": browser_token(agent_id)}, headers={"Cache-Control": "no-store"})

    @router.websocket("/socket")
    async def socket(web: WebSocket) -> None:
        agent_id = door.agent_of(web.headers, web.cookies)
        origin = web.headers.get("origin")
        if agent_id is None or (origin is not None and origin != public_origin):
            await web.close(4401 if agent_id is None else 4403)
            return
        desk = floor.desks.desks.get(agent_id)
        if desk is None:
            await web.close(4404)
            return
        await web.accept()
        telling = asyncio.create_task(_tell(web, floor, agent_id))
        try:
            while True:
                text = await web.receive_text()
                floor.desks.alive(agent_id)
                if len(text) > _LARGEST:
                    raise DeskError("that message is too long")
                await _obey(web, floor, agent_id, text)
        except WebSocketDisconnect:
            pass  # a reload comes back; one that does not is noticed by its silence
        except DeskError:
            with suppress(RuntimeError):
                await web.close(4404)
        finally:
            telling.cancel()

    return router


async def _tell(web: WebSocket, floor: LiveFloor, agent_id: str) -> None:
    """Carry the desk's outbox to the client, beginning with the whole state."""
    desk = floor.desks.desks[agent_id]
    with suppress(WebSocketDisconnect, RuntimeError):
        while not desk.outbox.empty():
            desk.outbox.get_nowait()
        await web.send_json(floor.desks.snapshot(agent_id))
        while True:
            message = await desk.outbox.get()
            if message["event"] == "resync":
                message = floor.desks.snapshot(agent_id)
            await web.send_json(floor.desks.with_screen(message))
            if message["event"] == "gone":
                await web.close(4404)
                return


async def _obey(web: WebSocket, floor: LiveFloor, agent_id: str, text: str) -> None:
    """Do what a client asks for; what cannot be done is said in one line, and nothing else happens."""
    try:
        act(floor, agent_id, Wanted.model_validate_json(text))
    except (ValidationError, KeyError):
        await web.send_json({"event": "refused", "say": "that message cannot be read"})
    except DeskError as error:
        if agent_id not in floor.desks.desks:
            raise
        await web.send_json({"event": "refused", "say": str(error)})


def _refusal(status: int, say: str) -> JSONResponse:
    return JSONResponse({"error": say}, status)
