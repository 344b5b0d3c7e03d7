"""All pages as one router."""

from __future__ import annotations

import hashlib
from pathlib import Path

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from dialer.runtime.live.floor import LiveFloor
from dialer.web.accounts_guard import Guard
from dialer.web.desk import Secrets
from dialer.web.pages.accounts import accounts_router
from dialer.web.pages.board import board_router
from dialer.web.pages.compliance import compliance_router
from dialer.web.pages.desk import desk_page_router
from dialer.web.pages.office import office_router
from dialer.web.pages.rendering import STATIC

__all__ = ["pages_router"]

_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


class _File:
    """A stylesheet, script or picture, as it was when the floor began."""

    def __init__(self, path: Path) -> None:
        self.body = path.read_bytes()
        self.type = _TYPES[path.suffix]
        self.etag = f'"{hashlib.sha256(self.body).hexdigest()[:32]}"'
        # Asked for again each time, answered in a few bytes: a new version is seen at once.
        self.headers = {"ETag": self.etag, "Cache-Control": "no-cache"}


def pages_router(floor: LiveFloor, agents: Secrets, public_origin: str) -> APIRouter:
    """Desk, office, board and what they are drawn with.

    Args:
        floor: of the process.
        agents: who may sign in to a desk.
        public_origin: `https://host` under which browsers see the pages.
    """
    files = {path.name: _File(path) for path in STATIC.iterdir() if path.suffix in _TYPES}
    guard = Guard(floor.store, floor.clock, public_origin)
    router = APIRouter(include_in_schema=False)

    @router.get("/")
    async def root() -> Response:
        return RedirectResponse("/desk", 303)

    @router.get("/static/{name}")
    async def static(name: str, request: Request) -> Response:
        file = files.get(name)
        if file is None:
            raise HTTPException(404, "there is no such file")
        if request.headers.get("if-none-match") == file.etag:
            return Response(status_code=304, headers=file.headers)
        return Response(file.body, media_type=file.type, headers=file.headers)

    router.include_router(office_router(guard))
    router.include_router(board_router(floor, guard))
    router.include_router(compliance_router(floor.workspace, guard))
    router.include_router(accounts_router(guard))
    router.include_router(desk_page_router(floor, agents, guard))
    return router
