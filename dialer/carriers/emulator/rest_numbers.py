"""The account, its numbers, its verified caller ids, its applications."""

from __future__ import annotations

from functools import partial

from dialer.carriers.emulator.asked import Answer, Asked, Handlers, paged
from dialer.carriers.emulator.errors import ApiError
from dialer.carriers.emulator.exchange import Exchange
from dialer.carriers.emulator.model import OwnNumber, Told
from dialer.carriers.emulator.represent import account_json, application_json, number_json

__all__ = ["HANDLERS", "fetch_account"]


def fetch_account(exchange: Exchange, asked: Asked) -> Answer:
    """Tell the account's state."""
    return 200, account_json(exchange)


def _listing(exchange: Exchange, asked: Asked, *, verified: bool) -> Answer:
    wanted = asked.values.get("PhoneNumber")
    found = [
        each
        for each in exchange.numbers.values()
        if each.verified is verified and (wanted is None or wanted in each.number)
    ]
    key = "outgoing_caller_ids" if verified else "incoming_phone_numbers"
    return paged(asked, key, found, partial(number_json, exchange))


def _found(exchange: Exchange, asked: Asked, *, verified: bool) -> OwnNumber:
    own = exchange.numbers.get(asked.names["Sid"])
    if own is None or own.verified is not verified:
        raise ApiError(20404, asked.path)
    return own


def _fetch(exchange: Exchange, asked: Asked, *, verified: bool) -> Answer:
    return 200, number_json(exchange, _found(exchange, asked, verified=verified))


def update(exchange: Exchange, asked: Asked) -> Answer:
    """Say what happens when an own number is called."""
    own, values = _found(exchange, asked, verified=False), asked.values
    own.voice_url = values.get("VoiceUrl", own.voice_url)
    own.voice_method = values.get("VoiceMethod", own.voice_method)
    own.fallback_url = values.get("VoiceFallbackUrl", own.fallback_url)
    if "StatusCallback" in values:
        own.told = Told(values["StatusCallback"], values.get("StatusCallbackMethod", "POST"), frozenset({"completed"}))
    return 200, number_json(exchange, own)


def applications(exchange: Exchange, asked: Asked) -> Answer:
    """List the TwiML applications."""
    found = list(exchange.applications.items())
    return paged(asked, "applications", found, lambda each: application_json(exchange, *each))


def fetch_application(exchange: Exchange, asked: Asked) -> Answer:
    """Tell where an application handles calls."""
    sid = asked.names["Sid"]
    if sid not in exchange.applications:
        raise ApiError(20404, asked.path)
    return 200, application_json(exchange, sid, exchange.applications[sid])


HANDLERS: Handlers = {
    ("/IncomingPhoneNumbers", "GET"): ("numbers.list", partial(_listing, verified=False)),
    ("/IncomingPhoneNumbers/{Sid}", "GET"): ("numbers.fetch", partial(_fetch, verified=False)),
    ("/IncomingPhoneNumbers/{Sid}", "POST"): ("numbers.update", update),
    ("/OutgoingCallerIds", "GET"): ("caller_ids.list", partial(_listing, verified=True)),
    ("/OutgoingCallerIds/{Sid}", "GET"): ("caller_ids.fetch", partial(_fetch, verified=True)),
    ("/Applications", "GET"): ("applications.list", applications),
    ("/Applications/{Sid}", "GET"): ("applications.fetch", fetch_application),
}
