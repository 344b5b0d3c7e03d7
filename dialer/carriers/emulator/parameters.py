"""The parameters of every request that the emulator answers, read strictly.

The tables name the same parameters as the carrier's OpenAPI document; a test compares the two. A parameter that is
known and has no effect here is in `UNSUPPORTED`: it is taken, and entered as a violation.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from dialer.carriers.emulator.errors import ApiError

__all__ = ["TABLES", "UNSUPPORTED", "read_parameters"]

Reader = Callable[[str], Any]


class _Many:
    """A parameter that may come several times; its value is a tuple."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader


def _text(value: str) -> str:
    return value


def _short(most: int) -> Reader:
    def read(value: str) -> str:
        if len(value) > most:
            raise ValueError(f"longer than {most}")
        return value

    return read


def _url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or len(value) > 4000:
        raise ValueError("no absolute URL")
    return value


def _url_or_empty(value: str) -> str:
    return _url(value) if value else ""


def _one_of(*words: str) -> Reader:
    def read(value: str) -> str:
        if value not in words:
            raise ValueError(f"none of {', '.join(words)}")
        return value

    return read


def _whole(low: int, high: int) -> Reader:
    def read(value: str) -> int:
        if not re.fullmatch(r"\d{1,9}", value) or not low <= int(value) <= high:
            raise ValueError(f"no whole number between {low} and {high}")
        return int(value)

    return read


def _boolean(value: str) -> bool:
    if value.lower() not in ("true", "false"):
        raise ValueError("neither true nor false")
    return value.lower() == "true"


def _sid(prefix: str) -> Reader:
    shape = re.compile(f"{prefix}[0-9a-fA-F]{{32}}")

    def read(value: str) -> str:
        if not shape.fullmatch(value):
            raise ValueError(f"no {prefix}...")
        return value

    return read


def _instant(value: str) -> tuple[float, bool]:
    """Seconds since the epoch, and whether only a day was named."""
    at = datetime.fromisoformat(value.replace("Z", "+00:00"))
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp(), len(value) == len("2026-01-31")


_method = _one_of("GET", "POST")
_call_event = _one_of("initiated", "ringing", "answered", "completed")
_recording_event = _one_of("in-progress", "completed", "absent")
_trim = _one_of("trim-silence", "do-not-trim")
_channels = _one_of("mono", "dual")
_track = _one_of("inbound", "outbound", "both")
_PAGES: dict[str, Any] = {"PageSize": _whole(1, 1000), "Page": _whole(0, 10**8), "PageToken": _text}
_DETECTION: dict[str, Any] = {
    "MachineDetection": _one_of("Enable", "DetectMessageEnd"),
    "MachineDetectionTimeout": _whole(3, 59),
    "MachineDetectionSpeechThreshold": _whole(1000, 6000),
    "MachineDetectionSpeechEndThreshold": _whole(500, 5000),
    "MachineDetectionSilenceTimeout": _whole(2000, 10_000),
}
_OUTGOING: dict[str, Any] = {
    "To": _text,
    "From": _text,
    "StatusCallback": _url,
    "StatusCallbackMethod": _method,
    "StatusCallbackEvent": _Many(_call_event),
    "Timeout": _whole(1, 600),
    "TimeLimit": _whole(1, 86_400),
    "Record": _boolean,
    "RecordingChannels": _channels,
    "RecordingTrack": _track,
    "RecordingStatusCallback": _url,
    "RecordingStatusCallbackMethod": _method,
    "RecordingStatusCallbackEvent": _Many(_recording_event),
    "Trim": _trim,
    "CallerId": _text,
    "CallReason": _text,
    "CallToken": _text,
    "Byoc": _sid("BY"),
    "SipAuthUsername": _text,
    "SipAuthPassword": _text,
    "ClientNotificationUrl": _url,
    **_DETECTION,
}


def _days(*names: str) -> dict[str, Any]:
    return {f"{name}{sign}": _instant for name in names for sign in ("", "<", ">")}


#: What else a number can be given; without effect on calls.
_NUMBER_TEXTS = (
    *("AccountSid", "AddressSid", "ApiVersion", "BundleSid", "EmergencyAddressSid", "EmergencyStatus"),
    *("FriendlyName", "IdentitySid", "SmsApplicationSid", "SmsFallbackMethod", "SmsFallbackUrl", "SmsMethod"),
    *("SmsUrl", "TrunkSid", "VoiceApplicationSid", "VoiceCallerIdLookup", "VoiceReceiveMode"),
)
#: Reader of each parameter, by request: the path below the account, without `.json`, and the method.
TABLES: Mapping[tuple[str, str], Mapping[str, Any]] = {
    ("/Calls", "POST"): {
        **_OUTGOING,
        "Url": _url,
        "Twiml": _short(4000),
        "ApplicationSid": _sid("AP"),
        "Method": _method,
        "FallbackUrl": _url,
        "FallbackMethod": _method,
        "SendDigits": _short(32),
        "AsyncAmd": _one_of("true", "false"),
        "AsyncAmdStatusCallback": _url,
        "AsyncAmdStatusCallbackMethod": _method,
    },
    ("/Calls", "GET"): {
        "To": _text,
        "From": _text,
        "ParentCallSid": _sid("CA"),
        "Status": _one_of("queued", "ringing", "in-progress", "canceled", "completed", "failed", "busy", "no-answer"),
        **_days("StartTime", "EndTime"),
        **_PAGES,
    },
    ("/Calls/{Sid}", "GET"): {},
    ("/Calls/{Sid}", "DELETE"): {},
    ("/Calls/{Sid}", "POST"): {
        "Url": _url,
        "Method": _method,
        "Status": _one_of("canceled", "completed"),
        "FallbackUrl": _url,
        "FallbackMethod": _method,
        "StatusCallback": _url,
        "StatusCallbackMethod": _method,
        "Twiml": _short(4000),
        "TimeLimit": _whole(1, 86_400),
    },
    ("/Calls/{CallSid}/Recordings", "POST"): {
        "RecordingStatusCallbackEvent": _Many(_recording_event),
        "RecordingStatusCallback": _url,
        "RecordingStatusCallbackMethod": _method,
        "Trim": _trim,
        "RecordingChannels": _channels,
        "RecordingTrack": _track,
    },
    ("/Calls/{CallSid}/Recordings", "GET"): {**_days("DateCreated"), **_PAGES},
    ("/Calls/{CallSid}/Recordings/{Sid}", "GET"): {},
    ("/Calls/{CallSid}/Recordings/{Sid}", "DELETE"): {},
    ("/Calls/{CallSid}/Recordings/{Sid}", "POST"): {
        "Status": _one_of("in-progress", "paused", "stopped"),
        "PauseBehavior": _one_of("skip", "silence"),
    },
    ("/Recordings", "GET"): {
        **_days("DateCreated"),
        "CallSid": _sid("CA"),
        "ConferenceSid": _sid("CF"),
        "IncludeSoftDeleted": _boolean,
        **_PAGES,
    },
    ("/Recordings/{Sid}", "GET"): {"IncludeSoftDeleted": _boolean},
    ("/Recordings/{Sid}", "DELETE"): {},
    ("/Conferences", "GET"): {
        **_days("DateCreated", "DateUpdated"),
        "FriendlyName": _text,
        "Status": _one_of("init", "in-progress", "completed"),
        **_PAGES,
    },
    ("/Conferences/{Sid}", "GET"): {},
    ("/Conferences/{Sid}", "POST"): {
        "Status": _one_of("completed"),
        "AnnounceUrl": _url,
        "AnnounceMethod": _method,
    },
    ("/Conferences/{ConferenceSid}/Recordings", "GET"): {**_days("DateCreated"), **_PAGES},
    ("/Conferences/{ConferenceSid}/Participants", "GET"): {
        "Muted": _boolean,
        "Hold": _boolean,
        "Coaching": _boolean,
        **_PAGES,
    },
    ("/Conferences/{ConferenceSid}/Participants", "POST"): {
        **_OUTGOING,
        "Label": _short(128),
        "Muted": _boolean,
        "Beep": _one_of("true", "false", "onEnter", "onExit"),
        "StartConferenceOnEnter": _boolean,
        "EndConferenceOnExit": _boolean,
        "WaitUrl": _url_or_empty,
        "WaitMethod": _method,
        "EarlyMedia": _boolean,
        "MaxParticipants": _whole(2, 250),
        "ConferenceRecord": _one_of("true", "false", "record-from-start", "do-not-record"),
        "ConferenceTrim": _trim,
        "ConferenceStatusCallback": _url,
        "ConferenceStatusCallbackMethod": _method,
        "ConferenceStatusCallbackEvent": _Many(
            _one_of("start", "end", "join", "leave", "mute", "hold", "modify", "speaker", "announcement")
        ),
        "Region": _text,
        "ConferenceRecordingStatusCallback": _url,
        "ConferenceRecordingStatusCallbackMethod": _method,
        "ConferenceRecordingStatusCallbackEvent": _Many(_recording_event),
        "Coaching": _boolean,
        "CallSidToCoach": _sid("CA"),
        "JitterBufferSize": _one_of("off", "small", "medium", "large"),
        "AmdStatusCallback": _url,
        "AmdStatusCallbackMethod": _method,
        "CallerDisplayName": _text,
    },
    ("/Conferences/{ConferenceSid}/Participants/{CallSid}", "GET"): {},
    ("/Conferences/{ConferenceSid}/Participants/{CallSid}", "DELETE"): {},
    ("/Conferences/{ConferenceSid}/Participants/{CallSid}", "POST"): {
        "Muted": _boolean,
        "Hold": _boolean,
        "HoldUrl": _url,
        "HoldMethod": _method,
        "AnnounceUrl": _url,
        "AnnounceMethod": _method,
        "WaitUrl": _url_or_empty,
        "WaitMethod": _method,
        "BeepOnExit": _boolean,
        "EndConferenceOnExit": _boolean,
        "Coaching": _boolean,
        "CallSidToCoach": _sid("CA"),
    },
    ("/IncomingPhoneNumbers", "GET"): {
        "Beta": _boolean,
        "FriendlyName": _text,
        "PhoneNumber": _text,
        "Origin": _text,
        **_PAGES,
    },
    ("/IncomingPhoneNumbers/{Sid}", "GET"): {},
    ("/IncomingPhoneNumbers/{Sid}", "POST"): {
        "VoiceUrl": _url_or_empty,
        "VoiceMethod": _method,
        "VoiceFallbackUrl": _url_or_empty,
        "VoiceFallbackMethod": _method,
        "StatusCallback": _url_or_empty,
        "StatusCallbackMethod": _method,
        **dict.fromkeys(_NUMBER_TEXTS, _text),
    },
    ("/OutgoingCallerIds", "GET"): {"PhoneNumber": _text, "FriendlyName": _text, **_PAGES},
    ("/OutgoingCallerIds/{Sid}", "GET"): {},
    ("/Applications", "GET"): {"FriendlyName": _text, **_PAGES},
    ("/Applications/{Sid}", "GET"): {},
}

#: Taken, and without effect.
UNSUPPORTED = frozenset(
    {"Byoc", "CallReason", "CallToken", "CallerDisplayName", "ClientNotificationUrl", "EarlyMedia", "Region"}
    | {"SendDigits", "SipAuthUsername", "SipAuthPassword", "ConferenceTrim", "IncludeSoftDeleted"}
    | set(_NUMBER_TEXTS)
)


def read_parameters(path: str, method: str, pairs: Iterable[tuple[str, str]], *, strict: bool) -> dict[str, Any]:
    """Read a request's parameters by its table.

    Args:
        path: as in `TABLES`.
        method: of HTTP.
        pairs: of the query or the form.
        strict: refuse what the carrier does not know; otherwise it is passed over, as the carrier does.

    Raises:
        ApiError: 20001 unknown, 20002 a wrong value, 21626 an unknown event of calls.
    """
    table = TABLES[path, method]
    values: dict[str, Any] = {}
    for name, text in pairs:
        reader = table.get(name)
        if reader is None:
            if strict:
                raise ApiError(20001, name)
            continue
        try:
            if isinstance(reader, _Many):
                values[name] = (*values.get(name, ()), reader.reader(text))
            elif name in values and strict:
                raise ApiError(20002, f"{name} comes twice")
            else:
                values[name] = reader(text)
        except ValueError as error:
            if name == "StatusCallbackEvent":
                if strict:
                    raise ApiError(21626, text) from error
                continue  # the carrier takes the call, and reports nothing
            raise ApiError(20002, f"{name}={text!r} is {error}") from error
    return values
