"""The API as an application of its own, mounted beside the pages: its errors and its description are no page's."""

from __future__ import annotations

from fastapi import FastAPI
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dialer import __version__
from dialer.runtime.live.floor import LiveFloor
from dialer.web.api.campaigns import campaigns_router
from dialer.web.api.dispositions import dispositions_router
from dialer.web.api.dnc import dnc_router
from dialer.web.api.errors import ApiError, handle_errors
from dialer.web.api.guard import RATE, ApiGuard
from dialer.web.api.leads import leads_router
from dialer.web.api.reports import reports_router

__all__ = ["LARGEST", "PREFIX", "make_api"]

PREFIX = "/api/v1"
#: No request is larger, bytes.
LARGEST = 64 << 10

_ABOUT = """\
For the programs of client companies: hot leads, campaigns, dispositions, do-not-call, reports.

Every request brings a token, which belongs to one client company and sees nothing of another. What is refused is told
in one form, `{"error": {"code", "message", "fields"}}`. What happens on the floor is told by signed events: see the
guide in `docs/api`.
"""


def make_api(floor: LiveFloor, rate: float = RATE) -> FastAPI:
    """Build the API of one floor.

    Args:
        floor: of the process.
        rate: requests a second of one token.
    """
    api = FastAPI(
        title="Predictive dialer",
        version=__version__,
        description=_ABOUT,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
    )
    guard = ApiGuard(floor, rate)
    for router in (leads_router, campaigns_router, dispositions_router, dnc_router, reports_router):
        api.include_router(router(guard))
    handle_errors(api)
    api.add_middleware(_Bounded)
    return api


class _Bounded:
    """Refuses bodies that are too large, also those that do not say how large they are."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        came = 0

        async def counted() -> Message:
            nonlocal came
            message = await receive()
            came += len(message.get("body", b""))
            if came > LARGEST:
                raise ApiError(413, f"a request holds at most {LARGEST} bytes")
            return message

        await self._app(scope, counted, send)
