"""Is the process alive, may it take calls, and its figures."""

from __future__ import annotations

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from dialer.runtime.live.floor import LiveFloor
from dialer.store.errors import StoreError
from dialer.web.measures import REGISTRY, FloorCollector

__all__ = ["health_router"]


def health_router(floor: LiveFloor) -> APIRouter:
    """`/healthz`, `/readyz`, `/metrics`."""
    router = APIRouter(include_in_schema=False)
    own = CollectorRegistry()
    own.register(FloorCollector(floor))

    @router.get("/healthz")
    async def healthz() -> JSONResponse:
        return JSONResponse({"alive": True})

    @router.get("/readyz")
    async def readyz() -> JSONResponse:
        if floor.failure is not None:
            return JSONResponse({"ready": False, "why": "a part of the floor has failed"}, 503)
        try:
            with floor.store.reading():
                pass
        except StoreError as error:
            return JSONResponse({"ready": False, "why": str(error).splitlines()[0]}, 503)
        return JSONResponse({"ready": True, "campaigns": list(floor.names)})

    @router.get("/metrics")
    async def metrics() -> Response:
        return Response(generate_latest(REGISTRY) + generate_latest(own), media_type=CONTENT_TYPE_LATEST)

    return router
