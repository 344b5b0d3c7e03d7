"""All pages as one router."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import RedirectResponse

from dialer.runtime.live.floor import LiveFloor
from dialer.runtime.workshop import Workshop
from dialer.web.accounts_guard import Guard
from dialer.web.desk import Secrets
from dialer.web.pages.accounts import accounts_router
from dialer.web.pages.board import board_router
from dialer.web.pages.board_acts import board_acts_router
from dialer.web.pages.campaigns import campaigns_router
from dialer.web.pages.compliance import compliance_router
from dialer.web.pages.consents import consents_router
from dialer.web.pages.desk import desk_page_router
from dialer.web.pages.launch import launch_router
from dialer.web.pages.ledger import ledger_router
from dialer.web.pages.lists import lists_router
from dialer.web.pages.office import office_router
from dialer.web.pages.own_lists import own_lists_router
from dialer.web.pages.refusals import refusals_router
from dialer.web.pages.registries import registries_router
from dialer.web.pages.rendering import STATIC
from dialer.web.pages.reports import reports_router
from dialer.web.pages.rules import rules_router
from dialer.web.softphone import SCRIPT, State

__all__ = ["pages_router"]

#: Characters from which on a file is packed for the way.
_WORTH_PACKING = 100_000
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}


class _File:
    """A stylesheet, script or picture, as it was when the floor began."""

    def __init__(self, path: Path) -> None:
        self.body = path.read_bytes()
        self.type = _TYPES[path.suffix]
        self.etag = f'"{hashlib.sha256(self.body).hexdigest()[:32]}"'
        # Asked for again each time, answered in a few bytes: a new version is seen at once.
        self.headers = {"ETag": self.etag, "Cache-Control": "no-cache"}

    @cached_property
    def packed(self) -> bytes:
        """The same for browsers that unpack it; worked out once, and only for a file that is asked for."""
        return gzip.compress(self.body, 6, mtime=0)


def _plotly() -> Path:
    """The chart library's script, which its package brings along. Its data are found without importing it."""
    found = find_spec("plotly")
    assert found is not None and found.submodule_search_locations is not None
    return Path(found.submodule_search_locations[0]) / "package_data" / "plotly.min.js"


def pages_router(
    floor: LiveFloor, agents: Secrets, public_origin: str, browser: State = "off", softphone: Path | None = None
) -> APIRouter:
    """Desk, office, board and what they are drawn with.

    Args:
        floor: of the process.
        agents: who may sign in to a desk.
        public_origin: `https://host` under which browsers see the pages.
        browser: whether agents can talk in the browser.
        softphone: the carrier's script for it.
    """
    paths = [*(path for path in STATIC.iterdir() if path.suffix in _TYPES), _plotly()]
    files = {path.name: _File(path) for path in paths}
    if browser == "ready" and softphone is not None:
        files[SCRIPT] = _File(softphone)
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
        if len(file.body) > _WORTH_PACKING and "gzip" in request.headers.get("accept-encoding", ""):
            packed = await asyncio.to_thread(lambda: file.packed)
            return Response(packed, media_type=file.type, headers=file.headers | {"Content-Encoding": "gzip"})
        return Response(file.body, media_type=file.type, headers=file.headers)

    router.include_router(office_router(guard))
    router.include_router(board_router(floor, guard))
    router.include_router(board_acts_router(floor, guard))
    router.include_router(compliance_router(floor.workspace, guard))
    workshop = Workshop()
    router.include_router(registries_router(floor.workspace, guard, workshop))
    router.include_router(own_lists_router(floor.workspace, guard))
    router.include_router(consents_router(floor.workspace, guard))
    router.include_router(rules_router(floor.workspace, guard))
    router.include_router(refusals_router(floor.workspace, guard))
    router.include_router(ledger_router(floor.workspace, guard, workshop))
    router.include_router(campaigns_router(floor.workspace, guard))
    router.include_router(lists_router(floor.workspace, guard, workshop))
    router.include_router(launch_router(floor.workspace, guard, workshop))
    router.include_router(reports_router(floor.workspace, guard, workshop))
    router.include_router(accounts_router(guard))
    router.include_router(desk_page_router(floor, agents, guard, browser))
    return router
