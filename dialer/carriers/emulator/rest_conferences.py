"""Conferences and their participants."""

from __future__ import annotations

from functools import partial
from typing import Any

from dialer.carriers.emulator.asked import Answer, Asked, Handlers, in_span, paged
from dialer.carriers.emulator.errors import ApiError
from dialer.carriers.emulator.exchange import Exchange
from dialer.carriers.emulator.leg import LegOptions
from dialer.carriers.emulator.model import Conference, Entry, Participant
from dialer.carriers.emulator.represent import conference_json, participant_json, recording_json
from dialer.carriers.emulator.rest_calls import detection_asked, recording_asked, told_asked

__all__ = ["HANDLERS"]


def listing(exchange: Exchange, asked: Asked) -> Answer:
    """List conferences, newest first."""
    values = asked.values
    found = [
        each
        for each in reversed(exchange.rooms.by_sid.values())
        if values.get("Status") in (None, each.status)
        and values.get("FriendlyName") in (None, each.name)
        and in_span(asked, "DateCreated", each.created_at)
        and in_span(asked, "DateUpdated", each.updated_at)
    ]
    return paged(asked, "conferences", found, partial(conference_json, exchange))


def fetch(exchange: Exchange, asked: Asked) -> Answer:
    """Tell a conference's state."""
    return 200, conference_json(exchange, exchange.conference(asked.names["Sid"]))


def update(exchange: Exchange, asked: Asked) -> Answer:
    """End a conference, or announce something in it."""
    conference = exchange.conference(asked.names["Sid"], live=True)
    if "AnnounceUrl" in asked.values:
        _announce(exchange, asked, conference, None)
    if asked.values.get("Status") == "completed":
        exchange.rooms.end(conference, "conference-ended-via-api")
    return 200, conference_json(exchange, conference)


def recordings(exchange: Exchange, asked: Asked) -> Answer:
    """List a conference's recordings."""
    conference = exchange.conference(asked.names["ConferenceSid"])
    found = [each for each in exchange.recordings.by_sid.values() if each.conference_sid == conference.sid]
    return paged(asked, "recordings", found, partial(recording_json, exchange, of_call=True))


def participants(exchange: Exchange, asked: Asked) -> Answer:
    """List who is in a conference."""
    conference, values = exchange.conference(asked.names["ConferenceSid"]), asked.values
    found = [
        each
        for each in (*conference.participants.values(), *conference.arriving.values())
        if values.get("Muted") in (None, each.muted)
        and values.get("Hold") in (None, each.hold)
        and values.get("Coaching") in (None, each.coaching)
    ]
    return paged(asked, "participants", found, partial(participant_json, exchange, conference))


def fetch_participant(exchange: Exchange, asked: Asked) -> Answer:
    """Tell a participant's state."""
    conference, participant = _found(exchange, asked)
    return 200, participant_json(exchange, conference, participant)


def create_participant(exchange: Exchange, asked: Asked) -> Answer:
    """Call somebody into a conference; a friendly name that is in no use yet makes a new one."""
    values, room = asked.values, asked.names["ConferenceSid"]
    for name, code in (("To", 21201), ("From", 21213)):
        if not values.get(name):
            raise ApiError(code)
    if room.startswith("CF") and len(room) == 34:
        room = exchange.conference(room, live=True).name
    entry = Entry(
        room=room,
        label=values.get("Label"),
        muted=values.get("Muted", False),
        beep=values.get("Beep", "true"),
        start_on_enter=values.get("StartConferenceOnEnter", True),
        end_on_exit=values.get("EndConferenceOnExit", False),
        coach=values.get("CallSidToCoach") if values.get("Coaching", True) else None,
        max_participants=values.get("MaxParticipants", 250),
        wait_url=values.get("WaitUrl"),
        wait_method=values.get("WaitMethod", "POST"),
        told=told_asked(values, "ConferenceStatusCallback", "start end"),
        record=values.get("ConferenceRecord", "false") in ("true", "record-from-start"),
        recording_told=told_asked(values, "ConferenceRecordingStatusCallback", "completed"),
    )
    options = LegOptions(
        script=exchange.script_into(entry),
        timeout=float(values.get("Timeout", 60)),
        time_limit=float(values.get("TimeLimit", 14_400)),
        detection=detection_asked(values, "AmdStatusCallback", True),
        recorded=recording_asked(values),
    )
    _, participant = exchange.call_into(
        entry,
        values["To"],
        values.get("CallerId", values["From"]),
        told_asked(values, "StatusCallback", "completed"),
        options,
    )
    return 201, participant_json(exchange, exchange.conference(room), participant)


def update_participant(exchange: Exchange, asked: Asked) -> Answer:
    """Mute, hold, coach; or announce something to one participant alone."""
    conference, participant = _found(exchange, asked)
    if participant.call_sid not in conference.participants:
        raise ApiError(20404, asked.path)
    values = asked.values
    to: dict[str, Any] = {
        field: values[name]
        for name, field in (
            ("Muted", "muted"),
            ("Hold", "hold"),
            ("EndConferenceOnExit", "end_on_exit"),
            ("Coaching", "coaching"),
            ("CallSidToCoach", "coaches"),
        )
        if name in values
    }
    if "CallSidToCoach" in values and "Coaching" not in values:
        to["coaching"] = True
    if to.get("coaching") is False:
        to["coaches"] = None
    exchange.rooms.change(conference, participant, **to)
    if values.get("Hold") and "HoldUrl" in values:
        exchange.play_hold(participant.call_sid, values["HoldUrl"], values.get("HoldMethod", "GET"))
    if "AnnounceUrl" in values:
        _announce(exchange, asked, conference, participant)
    return 200, participant_json(exchange, conference, participant)


def delete_participant(exchange: Exchange, asked: Asked) -> Answer:
    """Put somebody out of a conference; their call goes on with its document."""
    conference, participant = _found(exchange, asked)
    if participant.call_sid in conference.participants:
        exchange.rooms.leave(participant.call_sid, "participant_removed_via_api")
    else:
        exchange.leg(participant.call_sid).end("canceled", "api")
    return 204, None


HANDLERS: Handlers = {
    ("/Conferences", "GET"): ("conferences.list", listing),
    ("/Conferences/{Sid}", "GET"): ("conferences.fetch", fetch),
    ("/Conferences/{Sid}", "POST"): ("conferences.update", update),
    ("/Conferences/{ConferenceSid}/Recordings", "GET"): ("conferences.recordings", recordings),
    ("/Conferences/{ConferenceSid}/Participants", "GET"): ("participants.list", participants),
    ("/Conferences/{ConferenceSid}/Participants", "POST"): ("participants.create", create_participant),
    ("/Conferences/{ConferenceSid}/Participants/{CallSid}", "GET"): ("participants.fetch", fetch_participant),
    ("/Conferences/{ConferenceSid}/Participants/{CallSid}", "POST"): ("participants.update", update_participant),
    ("/Conferences/{ConferenceSid}/Participants/{CallSid}", "DELETE"): ("participants.delete", delete_participant),
}


def _found(exchange: Exchange, asked: Asked) -> tuple[Conference, Participant]:
    conference = exchange.conference(asked.names["ConferenceSid"])
    participant = conference.find(asked.names["CallSid"])
    if participant is None:
        raise ApiError(20404, asked.path)
    return conference, participant


def _announce(exchange: Exchange, asked: Asked, conference: Conference, to: Participant | None) -> None:
    url, method = asked.values["AnnounceUrl"], asked.values.get("AnnounceMethod", "POST")
    exchange.announce(conference, to, url, method)
