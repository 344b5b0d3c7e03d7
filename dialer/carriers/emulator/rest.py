"""The REST face: authorization, parameters, faults, the carrier's errors; what is answered is in `rest_*`.

Each request of `parameters.TABLES` has one handler, a plain function from the exchange and the request's values to a
status and a document. Around it, in this order: who asks, faults that come before, the parameters, the handler,
faults that lose the answer.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hmac
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from starlette.requests import ClientDisconnect

from dialer.carriers.emulator import rest_calls, rest_conferences, rest_numbers, rest_recordings
from dialer.carriers.emulator.asked import Asked, Handler, Handlers
from dialer.carriers.emulator.errors import ApiError
from dialer.carriers.emulator.exchange import Exchange
from dialer.carriers.emulator.faults import FaultKind, Strike
from dialer.carriers.emulator.parameters import TABLES, UNSUPPORTED, read_parameters

__all__ = ["HANDLERS", "authorized", "rest_router"]

ROOT = "/2010-04-01/Accounts/{AccountSid}"

HANDLERS: Handlers = {
    **rest_calls.HANDLERS,
    **rest_conferences.HANDLERS,
    **rest_recordings.HANDLERS,
    **rest_numbers.HANDLERS,
}


def rest_router(exchange: Exchange, reset: Callable[[Request], None]) -> APIRouter:
    """All routes of the carrier's REST API.

    Args:
        exchange: what they act on.
        reset: breaks the connection that a request came by.
    """
    router = APIRouter()
    for (path, method), (on, handler) in HANDLERS.items():
        endpoint = _endpoint(exchange, reset, path, method, on, handler)
        router.add_api_route(f"{ROOT}{path}.json", endpoint, methods=[method], response_model=None)
    account = _endpoint(exchange, reset, "", "GET", "account.fetch", rest_numbers.fetch_account)
    router.add_api_route(f"{ROOT}.json", account, methods=["GET"], response_model=None)

    async def media(request: Request) -> Response:
        try:
            authorized(exchange, request)
            return rest_recordings.media(exchange, request.path_params["Sid"])
        except ApiError as error:
            return _refusal(error)

    router.add_api_route(f"{ROOT}/Recordings/{{Sid}}.wav", media, methods=["GET"], response_model=None)
    return router


def authorized(exchange: Exchange, request: Request) -> None:
    """Whether the request is the account's: its token, or one of its API keys.

    Raises:
        ApiError: 20003; 20404 for the resources of another account.
    """
    scheme, _, coded = request.headers.get("authorization", "").partition(" ")
    try:
        user, _, password = base64.b64decode(coded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise ApiError(20003) from None
    settings = exchange.settings
    expected = settings.auth_token if user == settings.account_sid else settings.api_keys.get(user)
    if scheme.lower() != "basic" or expected is None or not hmac.compare_digest(password, expected):
        raise ApiError(20003)
    asked_for = request.path_params.get("AccountSid", settings.account_sid)
    if asked_for != settings.account_sid:
        raise ApiError(20404, request.url.path)


def _endpoint(
    exchange: Exchange, reset: Callable[[Request], None], path: str, method: str, on: str, handler: Handler
) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        try:
            text = (await request.body()).decode() if method == "POST" else request.url.query
        except ClientDisconnect:  # killed in the middle of its request: nothing was asked
            return Response(status_code=400)
        pairs = parse_qsl(text, keep_blank_values=True)
        said = dict(pairs)
        numbers = (said.get("To", ""), said.get("From", ""))

        def strike(kind: FaultKind) -> Strike | None:
            return exchange.faults.strike(kind, on, exchange.clock.elapsed(), *numbers)

        status, body, headers = 500, None, {}
        try:
            authorized(exchange, request)
            slow = strike("slow")
            if slow:
                await asyncio.sleep(slow.seconds)
            refused = strike("refuse")
            if refused:
                raise ApiError(refused.rule.code or 20500, numbers[0], refused.rule.retry_after)
            strict = exchange.settings.strict
            values = read_parameters(path, method, pairs, strict=strict) if (path, method) in TABLES else {}
            for name in UNSUPPORTED.intersection(values) if method == "POST" else ():
                exchange.violations.append(("unsupported", f"parameter {name} of {on}", ""))
            stale = strike("stale") if method == "GET" else None
            asked = Asked(
                names=request.path_params,
                values=values,
                path=request.url.path,
                query={name: text for name, text in pairs if name not in ("Page", "PageToken", "PageSize")},
                as_of=exchange.clock.now() - (stale.seconds if stale else 0.0),
            )
            status, body = handler(exchange, asked)
        except ApiError as error:
            status, body, headers = error.status, error.body(), _headers(error)
        exchange.requests.append(
            {
                "method": method,
                "path": path,
                "pairs": pairs,
                "status": status,
                "body": body,
                "names": request.path_params,
            }
        )
        if status < 400:
            lost = strike("answer_lost")
            if lost:
                await asyncio.sleep(lost.seconds)
            if strike("answer_reset"):
                reset(request)
        return Response(status_code=status) if body is None else JSONResponse(body, status, headers)

    return endpoint


def _headers(error: ApiError) -> dict[str, str]:
    headers = {"Twilio-Error-Code": str(error.code)}
    if error.status == 401:
        headers["WWW-Authenticate"] = 'Basic realm="Twilio API"'
    if error.retry_after is not None:
        headers["Retry-After"] = f"{error.retry_after:g}"
    return headers


def _refusal(error: ApiError) -> Response:
    return JSONResponse(error.body(), error.status, _headers(error))
