"""The carrier's resources in its JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dialer.carriers.emulator.model import Call, Conference, OwnNumber, Participant, Recording

if TYPE_CHECKING:
    from dialer.carriers.emulator.exchange import Exchange

__all__ = [
    "account_json",
    "application_json",
    "call_json",
    "conference_json",
    "number_json",
    "participant_json",
    "recording_json",
]

_VERSION = "2010-04-01"


def root_of(exchange: Exchange) -> str:
    """Path of the account's resources."""
    return f"/{_VERSION}/Accounts/{exchange.settings.account_sid}"


def account_json(exchange: Exchange) -> dict[str, Any]:
    """The account."""
    root = root_of(exchange)
    parts = ("calls", "conferences", "recordings", "incoming_phone_numbers", "outgoing_caller_ids", "applications")
    born = exchange.instant(exchange.clock.now() - exchange.clock.elapsed())
    return {
        "auth_token": exchange.settings.auth_token,
        "date_created": born,
        "date_updated": born,
        "friendly_name": "Simulated account",
        "owner_account_sid": exchange.settings.account_sid,
        "sid": exchange.settings.account_sid,
        "status": "active",
        "subresource_uris": {each: f"{root}/{_camel(each)}.json" for each in parts},
        "type": "Full",
        "uri": f"{root}.json",
    }


def call_json(exchange: Exchange, call: Call, as_of: float) -> dict[str, Any]:
    """A call as it was at an instant."""
    uri = f"{root_of(exchange)}/Calls/{call.sid}"
    parts = ("events", "notifications", "payments", "recordings", "siprec", "streams", "transcriptions")
    own = next((each.sid for each in exchange.numbers.values() if each.number == call.caller), None)
    ended = call.ended_at is not None and call.ended_at <= as_of
    return {
        "sid": call.sid,
        "date_created": exchange.instant(call.created_at),
        "date_updated": exchange.instant(max([call.created_at, *(at for at, _ in call.history if at <= as_of)])),
        "parent_call_sid": call.parent,
        "account_sid": exchange.settings.account_sid,
        "to": call.to,
        "to_formatted": _formatted(call.to),
        "from": call.caller,
        "from_formatted": _formatted(call.caller),
        "phone_number_sid": own,
        "status": call.status_at(as_of),
        "start_time": _when(exchange, call.started_at, as_of),
        "end_time": _when(exchange, call.ended_at, as_of),
        "duration": str(call.duration) if ended else None,
        "price": None,
        "price_unit": "USD",
        "direction": call.direction,
        "answered_by": call.answered_by,
        "api_version": _VERSION,
        "forwarded_from": None,
        "group_sid": None,
        "caller_name": None,
        "queue_time": str(round(call.queue_time * 1000.0)),
        "trunk_sid": None,
        "uri": f"{uri}.json",
        "subresource_uris": {each: f"{uri}/{_camel(each)}.json" for each in parts},
    }


def conference_json(exchange: Exchange, conference: Conference) -> dict[str, Any]:
    """A conference."""
    uri = f"{root_of(exchange)}/Conferences/{conference.sid}"
    return {
        "account_sid": exchange.settings.account_sid,
        "date_created": exchange.instant(conference.created_at),
        "date_updated": exchange.instant(conference.updated_at),
        "api_version": _VERSION,
        "friendly_name": conference.name,
        "region": "us1",
        "sid": conference.sid,
        "status": conference.status,
        "uri": f"{uri}.json",
        "subresource_uris": {"participants": f"{uri}/Participants.json", "recordings": f"{uri}/Recordings.json"},
        "reason_conference_ended": conference.reason_ended,
        "call_sid_ending_conference": conference.ended_by,
    }


def participant_json(exchange: Exchange, conference: Conference, participant: Participant) -> dict[str, Any]:
    """Somebody in a conference, or on the way into it."""
    call = exchange.leg(participant.call_sid).call
    status = {"queued": "queued", "ringing": "ringing", "in-progress": "connected"}.get(call.status, "complete")
    return {
        "account_sid": exchange.settings.account_sid,
        "call_sid": participant.call_sid,
        "label": participant.label,
        "call_sid_to_coach": participant.coaches,
        "coaching": participant.coaching,
        "conference_sid": conference.sid,
        "date_created": exchange.instant(participant.created_at),
        "date_updated": exchange.instant(participant.updated_at),
        "end_conference_on_exit": participant.end_on_exit,
        "muted": participant.muted,
        "hold": participant.hold,
        "start_conference_on_enter": participant.entry.start_on_enter,
        "status": status,
        "queue_time": str(round(call.queue_time * 1000.0)),
        "uri": f"{root_of(exchange)}/Conferences/{conference.sid}/Participants/{participant.call_sid}.json",
    }


def recording_json(exchange: Exchange, recording: Recording, *, of_call: bool) -> dict[str, Any]:
    """A recording, below its call or on its own: the two differ a little."""
    root = root_of(exchange)
    over = recording.status in ("completed", "absent")
    shared = {
        "account_sid": exchange.settings.account_sid,
        "api_version": _VERSION,
        "call_sid": recording.call_sid,
        "conference_sid": recording.conference_sid,
        "date_created": exchange.instant(recording.started_at),
        "date_updated": exchange.instant(recording.updated_at),
        "start_time": exchange.instant(recording.started_at),
        "duration": str(round(recording.seconds)) if over else None,
        "sid": recording.sid,
        "price": None,
        "price_unit": "USD",
        "status": recording.status,
        "channels": recording.channels,
        "source": recording.source,
        "error_code": recording.error_code,
        "encryption_details": None,
    }
    if of_call:
        return shared | {
            "track": recording.track,
            "uri": f"{root}/Calls/{recording.call_sid}/Recordings/{recording.sid}.json",
        }
    return shared | {
        "uri": f"{root}/Recordings/{recording.sid}.json",
        "subresource_uris": {
            "add_on_results": f"{root}/Recordings/{recording.sid}/AddOnResults.json",
            "transcriptions": f"{root}/Recordings/{recording.sid}/Transcriptions.json",
        },
        "media_url": exchange.recording_url(recording.sid),
    }


def number_json(exchange: Exchange, own: OwnNumber) -> dict[str, Any]:
    """An own number, or a verified one."""
    root = root_of(exchange)
    shared = {
        "sid": own.sid,
        "account_sid": exchange.settings.account_sid,
        "date_created": exchange.instant(own.created_at),
        "date_updated": exchange.instant(own.created_at),
        "friendly_name": _formatted(own.number),
        "phone_number": own.number,
    }
    if own.verified:
        return shared | {"uri": f"{root}/OutgoingCallerIds/{own.sid}.json"}
    return shared | {
        "address_sid": None,
        "address_requirements": "none",
        "api_version": _VERSION,
        "beta": False,
        "capabilities": {"mms": False, "sms": False, "voice": True, "fax": False},
        "identity_sid": None,
        "origin": "twilio",
        "sms_application_sid": None,
        "sms_fallback_method": "POST",
        "sms_fallback_url": "",
        "sms_method": "POST",
        "sms_url": "",
        "status_callback": own.told.url,
        "status_callback_method": own.told.method,
        "trunk_sid": None,
        "uri": f"{root}/IncomingPhoneNumbers/{own.sid}.json",
        "voice_receive_mode": "voice",
        "voice_application_sid": None,
        "voice_caller_id_lookup": False,
        "voice_fallback_method": "POST",
        "voice_fallback_url": own.fallback_url,
        "voice_method": own.voice_method,
        "voice_url": own.voice_url,
        "emergency_status": "Inactive",
        "emergency_address_sid": None,
        "emergency_address_status": "unregistered",
        "bundle_sid": None,
        "status": "in-use",
    }


def application_json(exchange: Exchange, sid: str, url: str) -> dict[str, Any]:
    """A TwiML application: where browsers' outgoing calls are handled."""
    born = exchange.instant(exchange.clock.now() - exchange.clock.elapsed())
    return {
        "account_sid": exchange.settings.account_sid,
        "api_version": _VERSION,
        "date_created": born,
        "date_updated": born,
        "friendly_name": "Simulated application",
        "message_status_callback": None,
        "sid": sid,
        "sms_fallback_method": "POST",
        "sms_fallback_url": None,
        "sms_method": "POST",
        "sms_status_callback": None,
        "sms_url": None,
        "status_callback": None,
        "status_callback_method": "POST",
        "uri": f"{root_of(exchange)}/Applications/{sid}.json",
        "voice_caller_id_lookup": False,
        "voice_fallback_method": "POST",
        "voice_fallback_url": None,
        "voice_method": "POST",
        "voice_url": url,
        "public_application_connect_enabled": False,
    }


def page_json(
    path: str, key: str, items: list[dict[str, Any]], number: int, size: int, more: bool, query: Mapping[str, str]
) -> dict[str, Any]:
    """One page of a list.

    Args:
        path: of the list.
        key: under which the items stand.
        items: of this page.
        number: of the page, from 0.
        size: asked for.
        more: whether another page follows.
        query: the filters, to stand in the other pages' URIs.
    """
    from urllib.parse import urlencode

    def uri(page: int) -> str:
        token = {"PageToken": f"PA{page}"} if page else {}
        return f"{path}?{urlencode({**query, 'PageSize': size, 'Page': page, **token})}"

    return {
        key: items,
        "end": max(number * size + len(items) - 1, 0),
        "first_page_uri": uri(0),
        "next_page_uri": uri(number + 1) if more else None,
        "page": number,
        "page_size": size,
        "previous_page_uri": uri(number - 1) if number else None,
        "start": number * size,
        "uri": uri(number),
    }


def _when(exchange: Exchange, at: float | None, as_of: float) -> str | None:
    return None if at is None or at > as_of else exchange.instant(at)


def _camel(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))


def _formatted(number: str) -> str:
    if len(number) == 12 and number.startswith("+1"):
        return f"({number[2:5]}) {number[5:8]}-{number[8:]}"
    return number
