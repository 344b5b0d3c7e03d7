"""Recordings: of a call, and on their own; and their sound."""

from __future__ import annotations

from functools import partial

from fastapi.responses import Response, StreamingResponse

from dialer.carriers.emulator.asked import Answer, Asked, Handlers, in_span, paged
from dialer.carriers.emulator.errors import ApiError
from dialer.carriers.emulator.exchange import Exchange
from dialer.carriers.emulator.media import wav_of_silence
from dialer.carriers.emulator.represent import recording_json
from dialer.carriers.emulator.rest_calls import told_asked

__all__ = ["HANDLERS", "media"]


def start(exchange: Exchange, asked: Asked) -> Answer:
    """Begin to record a call in progress."""
    leg, values = exchange.leg(asked.names["CallSid"]), asked.values
    if not leg.in_progress:
        raise ApiError(21220)
    recording = exchange.recordings.start(
        leg.sid,
        "StartCallRecordingAPI",
        told_asked(values, "RecordingStatusCallback", "completed"),
        channels=1 if values.get("RecordingChannels", "mono") == "mono" else 2,
        track=values.get("RecordingTrack", "both"),
    )
    return 201, recording_json(exchange, recording, of_call=True)


def of_call(exchange: Exchange, asked: Asked) -> Answer:
    """List a call's recordings."""
    sid = exchange.leg(asked.names["CallSid"]).sid
    found = [each for each in exchange.recordings.of_call(sid) if in_span(asked, "DateCreated", each.started_at)]
    return paged(asked, "recordings", found, partial(recording_json, exchange, of_call=True))


def fetch_of_call(exchange: Exchange, asked: Asked) -> Answer:
    """Tell the state of a call's recording."""
    recording = exchange.recordings.find(asked.names["Sid"], call_sid=asked.names["CallSid"])
    return 200, recording_json(exchange, recording, of_call=True)


def turn(exchange: Exchange, asked: Asked) -> Answer:
    """Pause, resume or stop."""
    if "Status" not in asked.values:
        raise ApiError(20002, "Status is missing")
    recording = exchange.recordings.find(asked.names["Sid"], call_sid=asked.names["CallSid"])
    exchange.recordings.turn(recording, asked.values["Status"], asked.values.get("PauseBehavior", "silence"))
    return 200, recording_json(exchange, recording, of_call=True)


def delete_of_call(exchange: Exchange, asked: Asked) -> Answer:
    """Delete a call's recording."""
    recording = exchange.recordings.find(asked.names["Sid"], call_sid=asked.names["CallSid"])
    del exchange.recordings.by_sid[recording.sid]
    return 204, None


def listing(exchange: Exchange, asked: Asked) -> Answer:
    """List recordings, newest first."""
    values = asked.values
    found = [
        each
        for each in reversed(exchange.recordings.by_sid.values())
        if values.get("CallSid") in (None, each.call_sid)
        and values.get("ConferenceSid") in (None, each.conference_sid)
        and in_span(asked, "DateCreated", each.started_at)
    ]
    return paged(asked, "recordings", found, partial(recording_json, exchange, of_call=False))


def fetch(exchange: Exchange, asked: Asked) -> Answer:
    """Tell a recording's state."""
    return 200, recording_json(exchange, exchange.recordings.find(asked.names["Sid"]), of_call=False)


def delete(exchange: Exchange, asked: Asked) -> Answer:
    """Delete a recording."""
    del exchange.recordings.by_sid[exchange.recordings.find(asked.names["Sid"]).sid]
    return 204, None


def media(exchange: Exchange, sid: str) -> Response:
    """The sound of a finished recording.

    Raises:
        ApiError: 20404 while there is none.
    """
    recording = exchange.recordings.find(sid)
    if recording.status != "completed":
        raise ApiError(20404, f"Recordings/{sid}.wav")
    return StreamingResponse(wav_of_silence(recording.seconds, recording.channels), media_type="audio/x-wav")


HANDLERS: Handlers = {
    ("/Calls/{CallSid}/Recordings", "POST"): ("recordings.create", start),
    ("/Calls/{CallSid}/Recordings", "GET"): ("recordings.list", of_call),
    ("/Calls/{CallSid}/Recordings/{Sid}", "GET"): ("recordings.fetch", fetch_of_call),
    ("/Calls/{CallSid}/Recordings/{Sid}", "POST"): ("recordings.update", turn),
    ("/Calls/{CallSid}/Recordings/{Sid}", "DELETE"): ("recordings.delete", delete_of_call),
    ("/Recordings", "GET"): ("recordings.list", listing),
    ("/Recordings/{Sid}", "GET"): ("recordings.fetch", fetch),
    ("/Recordings/{Sid}", "DELETE"): ("recordings.delete", delete),
}
