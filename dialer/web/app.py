"""All faces of one floor as one ASGI application."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from fastapi import APIRouter, FastAPI
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dialer.runtime.live.floor import LiveFloor
from dialer.web.api.app import PREFIX, make_api
from dialer.web.control import control_router
from dialer.web.desk import Secrets, desk_router
from dialer.web.health import health_router
from dialer.web.pages.router import pages_router
from dialer.web.softphone import policy, state_of

__all__ = ["Faces", "make_app"]

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
}


@dataclass(frozen=True, slots=True)
class Faces:
    """What the application needs beside the floor.

    Attributes:
        agents: who may sign in.
        control_token: for the operator's commands.
        public_origin: `https://host` under which browsers see the pages.
        browser_token: for agents' browser legs; None when there are none.
        softphone: the carrier's script for them; None where this installation lacks it.
        more: further routers, such as the carrier's callbacks and the prompts.
    """

    agents: Secrets
    control_token: str
    public_origin: str
    browser_token: Callable[[str], str] | None = None
    softphone: Path | None = None
    more: tuple[APIRouter, ...] = ()


def make_app(floor: LiveFloor, faces: Faces) -> FastAPI:
    """Build the application; it starts and ends nothing by itself."""
    app = FastAPI(title="dialer", docs_url=None, redoc_url=None, openapi_url=None)

    browser = state_of(faces.browser_token is not None, faces.softphone)
    app.add_middleware(_SafeHeaders, headers={**_HEADERS, "Content-Security-Policy": policy(browser)})
    app.include_router(health_router(floor))
    app.include_router(control_router(floor, faces.control_token))
    app.include_router(desk_router(floor, faces.agents, faces.public_origin, faces.browser_token))
    app.include_router(pages_router(floor, faces.agents, faces.public_origin, browser, faces.softphone))
    for router in faces.more:
        app.include_router(router)
    app.mount(PREFIX, make_api(floor))
    return app


class _SafeHeaders:
    """Adds headers to every answer that has not its own.

    Plain ASGI: Starlette's `BaseHTTPMiddleware` takes a task and two streams for each request, and `/answer` has
    milliseconds.
    """

    def __init__(self, app: ASGIApp, headers: Mapping[str, str]) -> None:
        self._app = app
        self._headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers)
