"""The audio files that people hear, as the manifests name them."""

from __future__ import annotations

from fastapi import APIRouter, Response
from fastapi.responses import FileResponse

from dialer.voice import PromptLibrary

__all__ = ["prompts_router"]


def prompts_router(library: PromptLibrary) -> APIRouter:
    """`/prompts/<campaign>/<file>`; a file's name changes with its content, so it may be kept for ever."""
    router = APIRouter(include_in_schema=False)

    @router.get("/prompts/{campaign}/{file}")
    async def prompt(campaign: str, file: str) -> Response:
        path = library.path(campaign, file)
        if path is None or not path.is_file():
            return Response("there is no such prompt", 404)
        return FileResponse(
            path, media_type="audio/wav", headers={"Cache-Control": "public, max-age=31536000, immutable"}
        )

    return router
