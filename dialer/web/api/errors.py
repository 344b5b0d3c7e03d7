"""One form for everything that is refused: a word for programs, a sentence for people.

No answer of the API is a stack trace: what cannot be done is said, and what is wrong in a request is named field by
field.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from campaigns.problems import OperatorError
from dialer.store.errors import StoreError

__all__ = ["ApiError", "Problem", "answers", "handle_errors"]

#: Seconds after which a request that met a busy database may be sent again.
_BUSY_FOR = 2

_WORDS = {
    400: ("malformed", "The request is no JSON document."),
    401: ("unauthorised", "The token is missing, wrong, expired or revoked."),
    403: ("forbidden", "The token lacks the scope that this needs."),
    404: ("not_found", "There is no such thing, or it belongs to another client."),
    405: ("method_not_allowed", "This address takes other methods."),
    409: ("conflict", "It cannot be done as things are now."),
    413: ("too_large", "The request is larger than 64 KiB."),
    422: ("invalid", "Something in the request is not as it must be; `fields` names it."),
    429: ("too_many_requests", "The token's rate is used up; `Retry-After` says how long to wait."),
    503: ("busy", "The database is busy or not there; `Retry-After` says how long to wait. Nothing was changed."),
}


class FieldProblem(BaseModel):
    """One thing of a request that is not as it must be."""

    where: str = Field(description="such as body.phone or query.limit")
    message: str


class ProblemBody(BaseModel):
    """What was refused and why."""

    code: str = Field(description="one word for programs", examples=["not_found"])
    message: str = Field(description="one sentence for people")
    fields: list[FieldProblem] = Field(default=[], description="what is wrong, field by field")


class Problem(BaseModel):
    """The answer to every request that was not carried out."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {"error": {"code": "not_found", "message": "there is no campaign spring", "fields": []}}
        }
    )

    error: ProblemBody


class ApiError(HTTPException):
    """A refusal with its own sentence."""


def answers(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The refusals of a route for the OpenAPI document, with those that every route has."""
    every = sorted({400, 401, 403, 413, 422, 429, 503, *statuses})
    after = {"Retry-After": {"description": "seconds", "schema": {"type": "integer", "minimum": 1}}}
    return {
        status: {
            "model": Problem,
            "description": _WORDS[status][1],
            **({"headers": after} if status in (429, 503) else {}),
        }
        for status in every
    }


def handle_errors(app: FastAPI) -> None:
    """Put every refusal of an application into the one form."""

    async def refused(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, HTTPException)
        return _said(error.status_code, str(error.detail), headers=error.headers)

    async def invalid(request: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RequestValidationError)
        found = [
            FieldProblem(where=".".join(map(str, each["loc"])), message=str(each["msg"])) for each in error.errors()
        ]
        return _said(422, "something in the request is not as it must be", found)

    async def mistaken(request: Request, error: Exception) -> JSONResponse:
        return _said(409, f"the house must mend its settings first: {str(error).splitlines()[0]}")

    async def busy(request: Request, error: Exception) -> JSONResponse:
        # Also what two requests wrote at the same moment: whoever comes again finds the other's.
        said = "the database is busy or not there; nothing was changed"
        return _said(503, said, headers={"Retry-After": str(_BUSY_FOR)})

    app.add_exception_handler(HTTPException, refused)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(OperatorError, mistaken)
    app.add_exception_handler(StoreError, busy)


def _said(
    status: int, message: str, fields: list[FieldProblem] | None = None, headers: Mapping[str, str] | None = None
) -> JSONResponse:
    code = _WORDS[status][0] if status in _WORDS else HTTPStatus(status).phrase.lower().replace(" ", "_")
    body = Problem(error=ProblemBody(code=code, message=message, fields=fields or []))
    return JSONResponse(body.model_dump(), status, {"Cache-Control": "no-store", **(headers or {})})
