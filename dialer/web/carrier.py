"""The carrier's callbacks: every request is verified before anything is looked at."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any, cast

import structlog
from fastapi import APIRouter, Request, Response
from starlette.datastructures import FormData

from dialer.carriers.twilio import TwilioAccount, documents, webhooks
from dialer.carriers.twilio.addresses import PREFIX
from dialer.runtime.live.return_calls import ReturnCalls
from dialer.runtime.live.strangers import Strangers
from dialer.web.measures import ANSWER_SECONDS, FORGED

__all__ = ["carrier_router"]

_log = structlog.get_logger(__name__)

#: No callback of the carrier is larger, bytes.
_LARGEST = 64 << 10


def carrier_router(account: TwilioAccount, strangers: Strangers, returns: ReturnCalls) -> APIRouter:
    """All callback addresses of one account.

    Args:
        account: whose.
        strangers: speaks on calls of runs that died.
        returns: speaks to people who ring our caller ids.
    """
    router = APIRouter(include_in_schema=False)

    def on(path: str, act: Callable[[Request, FormData], Awaitable[str | None]]) -> None:
        async def handle(request: Request) -> Response:
            form = await _verified(account, request)
            if form is None:
                FORGED.inc()
                return Response("the signature is not ours", 403)
            return _xml(await act(request, form))

        # A plain route: forms are read here, and nothing is to be injected while a person waits.
        router.add_route(PREFIX + path, handle, methods=["POST"])

    def to_stranger(request: Request) -> str:
        message = strangers.message_for(request.path_params["call"])
        _log.warning("call_of_a_dead_run", call=request.path_params["call"], known=message is not None)
        return documents.hung_up() if message is None else documents.message(message)

    async def answer(request: Request, form: FormData) -> str | None:
        with ANSWER_SECONDS.time():
            document = await webhooks.answer(account, request.path_params["call"], _plain(form))
        return document if document is not None else to_stranger(request)

    async def status(request: Request, form: FormData) -> str | None:
        webhooks.status_reported(account, request.path_params["call"], _plain(form))
        return None

    async def detection(request: Request, form: FormData) -> str | None:
        webhooks.detection_reported(account, request.path_params["call"], _plain(form))
        return None

    async def opt_out(request: Request, form: FormData) -> str | None:
        call_id = request.path_params["call"]
        document = webhooks.key_pressed(account, call_id, _plain(form))
        if document is not None:
            return document
        message = strangers.message_for(call_id)
        if message is None or form.get("Digits") != message.key:
            return to_stranger(request)
        strangers.opted_out(call_id, datetime.now(UTC))
        return documents.opted_out(message.confirmation)

    async def opt_out_unknown(request: Request, form: FormData) -> str | None:
        # Any key: which one the campaign named is not known here, and nobody presses keys to be called again.
        number = str(form.get("To", ""))
        if form.get("Digits") and number:
            strangers.opted_out_number(number, datetime.now(UTC))
        return documents.hung_up()

    async def played(request: Request, form: FormData) -> str | None:
        return webhooks.message_played(account, request.path_params["call"])

    async def left(request: Request, form: FormData) -> str | None:
        document = webhooks.left_room(account, request.path_params["call"], _plain(form))
        return document if document is not None else to_stranger(request)

    async def hold(request: Request, form: FormData) -> str | None:
        return webhooks.on_hold(account, request.path_params["call"])

    async def notice(request: Request, form: FormData) -> str | None:
        return webhooks.recording_notice(account, request.path_params["call"])

    async def recording(request: Request, form: FormData) -> str | None:
        strangers.recording_told(request.path_params["call"], _plain(form), datetime.now(UTC))
        return None

    async def inbound(request: Request, form: FormData) -> str | None:
        return returns.greet(_plain(form))

    async def inbound_key(request: Request, form: FormData) -> str | None:
        return returns.key_pressed(request.path_params["campaign"], _plain(form), datetime.now(UTC))

    async def inbound_over(request: Request, form: FormData) -> str | None:
        return returns.talked(request.path_params["campaign"], _plain(form), datetime.now(UTC))

    async def agent(request: Request, form: FormData) -> str | None:
        return webhooks.agent_document(account, request.path_params["agent"], request.path_params["leg"])

    async def browser(request: Request, form: FormData) -> str | None:
        return webhooks.browser_document(account, _plain(form))

    async def room(request: Request, form: FormData) -> str | None:
        webhooks.room_reported(account, request.path_params["agent"], request.path_params["leg"], _plain(form))
        return None

    async def agent_status(request: Request, form: FormData) -> str | None:
        webhooks.agent_reported(account, request.path_params["agent"], request.path_params["leg"], _plain(form))
        return None

    on("/answer/{call}", answer)
    on("/status/{call}", status)
    on("/detection/{call}", detection)
    on("/optout/{call}", opt_out)
    on("/optout", opt_out_unknown)
    on("/played/{call}", played)
    on("/left/{call}", left)
    on("/hold/{call}", hold)
    on("/notice/{call}", notice)
    on("/recording/{call}", recording)
    on("/inbound", inbound)
    on("/inbound-key/{campaign}", inbound_key)
    on("/inbound-over/{campaign}", inbound_over)
    on("/agent/{agent}/{leg}", agent)
    on("/agent-status/{agent}/{leg}", agent_status)
    on("/room/{agent}/{leg}", room)
    on("/browser", browser)
    return router


async def _verified(account: TwilioAccount, request: Request) -> FormData | None:
    """The request's form, when its signature is right."""
    if int(request.headers.get("content-length") or 0) > _LARGEST:
        return None
    form = await request.form(max_files=0, max_fields=200, max_part_size=_LARGEST)
    signature = request.headers.get("x-twilio-signature", "")
    path = request.scope.get("raw_path", b"").decode("ascii", "replace") or request.url.path
    return form if webhooks.verified(account, path, cast("Mapping[str, str]", form), signature) else None


def _plain(form: FormData) -> dict[str, Any]:
    return {name: value for name, value in form.items() if isinstance(value, str)}


def _xml(document: str | None) -> Response:
    if document is None:
        return Response(status_code=204)
    return Response(document, media_type="text/xml")
