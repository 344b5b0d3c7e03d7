"""All faces of one floor as one ASGI application."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from fastapi import APIRouter, FastAPI, Request, Response

from dialer.runtime.live.floor import LiveFloor
from dialer.web.control import control_router
from dialer.web.desk import Secrets, desk_router
from dialer.web.health import health_router

__all__ = ["Faces", "make_app"]

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'self'; form-action 'self'",
}


@dataclass(frozen=True, slots=True)
class Faces:
    """What the application needs beside the floor.

    Attributes:
        agents: who may sign in.
        control_token: for the operator's commands.
        public_origin: `https://host` under which browsers see the pages.
        browser_token: for agents' browser legs; None when there are none.
        more: further routers, such as the carrier's callbacks and the prompts.
    """

    agents: Secrets
    control_token: str
    public_origin: str
    browser_token: Callable[[str], str] | None = None
    more: tuple[APIRouter, ...] = ()


def make_app(floor: LiveFloor, faces: Faces) -> FastAPI:
    """Build the application; it starts and ends nothing by itself."""
    app = FastAPI(title="dialer", docs_url=None, redoc_url=None, openapi_url=None)

    @app.middleware("http")
    async def safe_headers(request: Request, proceed: Callable[[Request], Awaitable[Response]]) -> Response:
        response = await proceed(request)
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    app.include_router(health_router(floor))
    app.include_router(control_router(floor, faces.control_token))
    app.include_router(desk_router(floor, faces.agents, faces.public_origin, faces.browser_token))
    for router in faces.more:
        app.include_router(router)
    return app
