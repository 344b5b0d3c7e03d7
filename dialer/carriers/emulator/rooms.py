"""Conferences: who enters, who hears whom, and what is told of it.

Rules (www.twilio.com/docs/voice/twiml/conference): a conference is named within the account and exists from the first
participant to the last; it starts with the second participant when one of them may start it; whom to tell of its
events is set by the first participant alone; a participant with `endConferenceOnExit` ends it for all by leaving.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from dialer.carriers.emulator.books import Books
from dialer.carriers.emulator.callbacks import Courier, Request
from dialer.carriers.emulator.clock import EmulatorClock
from dialer.carriers.emulator.errors import ApiError
from dialer.carriers.emulator.model import Conference, Entry, Participant, Told, new_sid
from dialer.carriers.emulator.recordings import Recordings
from dialer.carriers.emulator.settings import EmulatorSettings

__all__ = ["Membership", "Rooms", "Sitter"]


class Sitter(Protocol):
    """What a room needs of a leg."""

    @property
    def sid(self) -> str:
        """The call's."""

    @property
    def name(self) -> str:
        """Number or client."""

    @property
    def silenced(self) -> bool:
        """Whether no sound comes from it."""

    def hear(self, kind: str, what: str | tuple[str, ...] = "") -> None:
        """From now on this is to be heard."""


@dataclass(slots=True, eq=False)
class Membership:
    """Somebody's being in a room; `over` tells why it ended."""

    conference: Conference
    participant: Participant
    over: asyncio.Future[str]


def entered(entry: Entry, call_sid: str, name: str, now: float) -> Participant:
    """A participant as its entry says."""
    return Participant(
        call_sid,
        f"{name} ({entry.label})" if entry.label else name,
        entry,
        now,
        now,
        label=entry.label,
        muted=entry.muted,
        coaching=entry.coach is not None,
        coaches=entry.coach,
        end_on_exit=entry.end_on_exit,
    )


class Rooms:
    """All conferences of the account.

    Args:
        settings: of the account.
        clock: the emulator's.
        courier: tells.
        books: what was heard.
        recordings: of conferences.
        instant: turns an instant into what is told.
    """

    def __init__(
        self,
        settings: EmulatorSettings,
        clock: EmulatorClock,
        courier: Courier,
        books: Books,
        recordings: Recordings,
        instant: Callable[[float], str],
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._courier = courier
        self._books = books
        self._recordings = recordings
        self._instant = instant
        self.by_sid: dict[str, Conference] = {}
        self._open: dict[str, Conference] = {}
        self._seats: dict[str, tuple[Sitter, Membership]] = {}

    # ------------------------------------------------------------------ finding

    def live(self, name: str) -> Conference | None:
        """The conference of this sid or friendly name that is not over."""
        found = self.by_sid.get(name) or self._open.get(name)
        return found if found is not None and found.status != "completed" else None

    def membership(self, call_sid: str) -> Membership | None:
        """Where a call sits, if anywhere."""
        seat = self._seats.get(call_sid)
        return None if seat is None else seat[1]

    # ------------------------------------------------------------------ coming and going

    def reserve(self, entry: Entry, call_sid: str, name: str) -> tuple[Conference, Participant]:
        """The API called somebody in: they are listed while it rings."""
        conference = self._conference(entry)
        participant = entered(entry, call_sid, name, self._clock.now())
        conference.arriving[call_sid] = participant
        return conference, participant

    def release(self, call_sid: str) -> None:
        """Somebody who was called in will not come."""
        for conference in list(self._open.values()):
            if conference.arriving.pop(call_sid, None) is not None and not conference.participants:
                self._close_if_empty(conference, None, "last-participant-left")

    def check(self, entry: Entry) -> None:
        """Whether somebody may enter.

        Raises:
            ApiError: 16020 full, 16025 the label is taken, 16028 whom to coach is not there.
        """
        conference = self.live(entry.room)
        present = {} if conference is None else conference.participants
        if len(present) >= entry.max_participants:
            raise ApiError(16020)
        if entry.label and any(each.label == entry.label for each in present.values()):
            raise ApiError(16025)
        if entry.coach and entry.coach not in present:
            raise ApiError(16028)

    def join(self, sitter: Sitter, entry: Entry) -> Membership:
        """Somebody comes in.

        Raises:
            ApiError: they may not, see `check`.
        """
        self.check(entry)
        conference = self._conference(entry)
        now = self._clock.now()
        participant = conference.arriving.pop(sitter.sid, None) or entered(entry, sitter.sid, sitter.name, now)
        participant.silenced = sitter.silenced
        if not conference.participants:
            conference.told = entry.told  # the first participant's; nobody else's
        conference.participants[sitter.sid] = participant
        member = Membership(conference, participant, asyncio.get_running_loop().create_future())
        self._seats[sitter.sid] = (sitter, member)
        self._books.note(
            sitter.sid, "joined", room=conference.name, conference=conference.sid, label=participant.label or ""
        )
        if entry.beep in ("true", "onEnter"):
            self._beep(conference)
        self._tell(conference, "join", "participant-join", participant)
        self._maybe_start(conference)
        self.refresh(conference)
        return member

    def leave(self, call_sid: str, reason: str, status: str = "in-progress") -> None:
        """Somebody goes; harmless when they are in no room.

        Args:
            call_sid: who.
            reason: as `ReasonParticipantLeft`.
            status: of their call.
        """
        seat = self._seats.pop(call_sid, None)
        if seat is None:
            return
        _, member = seat
        conference, participant = member.conference, member.participant
        del conference.participants[call_sid]
        self._books.note(call_sid, "left", room=conference.name, reason=reason)
        left = {"ReasonParticipantLeft": reason, "ParticipantCallStatus": status}
        self._tell(conference, "leave", "participant-leave", participant, left)
        if not member.over.done():
            member.over.set_result(reason)
        kicked = reason == "participant_removed_via_api"
        if participant.end_on_exit and conference.status != "completed":
            how = "kicked" if kicked else "left"
            self.end(conference, f"participant-with-end-conference-on-exit-{how}", participant)
        elif not conference.participants:
            self._close_if_empty(conference, participant, f"last-participant-{'kicked' if kicked else 'left'}")
        else:
            if participant.entry.beep in ("true", "onExit"):
                self._beep(conference)
            self.refresh(conference)

    def end(self, conference: Conference, reason: str, by: Participant | None = None) -> None:
        """A conference is over: everybody goes on with their own documents."""
        if conference.status == "completed":
            return
        conference.status, conference.updated_at = "completed", self._clock.now()
        conference.reason_ended = reason
        conference.ended_by = None if by is None else by.call_sid
        self._open.pop(conference.name, None)
        why = "conference_ended_via_api" if reason == "conference-ended-via-api" else "moderator_ended_conference"
        for call_sid in list(conference.participants):
            self.leave(call_sid, why)
        details = {"ReasonConferenceEnded": reason, "Reason": reason.replace("-", " ")}
        if by is not None:
            details["CallSidEndingConference"] = by.call_sid
            if by.label:
                details["ParticipantLabelEndingConference"] = by.label
        for recording in self._recordings.by_sid.values():
            if recording.conference_sid == conference.sid:
                self._recordings.stop(recording)
        self._tell(conference, "end", "conference-end", None, details)

    # ------------------------------------------------------------------ changing

    def change(self, conference: Conference, participant: Participant, **to: object) -> None:
        """Mute, hold, coach: the fields of `Participant`.

        Raises:
            ApiError: 16028 when whom to coach is not there.
        """
        coaches = to.get("coaches", participant.coaches)
        if to.get("coaching", participant.coaching) and coaches not in conference.participants:
            raise ApiError(16028)
        for name, value in to.items():
            if getattr(participant, name) == value:
                continue
            setattr(participant, name, value)
            self._books.note(participant.call_sid, "told", what=name, value=value)
            if name == "muted":
                self._tell(conference, "mute", f"participant-{'mute' if value else 'unmute'}", participant)
            elif name == "hold":
                self._tell(conference, "hold", f"participant-{'hold' if value else 'unhold'}", participant)
            elif name in ("coaching", "end_on_exit"):
                self._tell(conference, "modify", "participant-modify", participant)
        participant.updated_at = self._clock.now()
        self.refresh(conference)

    def silence(self, call_sid: str, silenced: bool) -> None:
        """The far end of a leg sends no sound, or does so again."""
        member = self.membership(call_sid)
        if member is not None:
            member.participant.silenced = silenced
            self.refresh(member.conference)

    def announced(self, conference: Conference, participant: Participant | None, url: str) -> None:
        """An announcement was heard to its end."""
        self._tell(conference, "announcement", "announcement-end", participant, {"AnnounceUrl": url})

    def refresh(self, conference: Conference) -> None:
        """Let everybody in a room hear what is to be heard there now."""
        for call_sid, listener in conference.participants.items():
            sitter = self._seats[call_sid][0]
            voices = conference.voices_for(listener)
            if voices:
                sitter.hear("voices", tuple(sorted(each.name for each in voices)))
            elif listener.hold or (conference.status == "init" and listener.entry.wait_url != ""):
                sitter.hear("music")
            else:
                sitter.hear("silence")

    def sound_of(self, call_sid: str) -> bool:
        """Let one leg hear its room again, after something else; False when it is in none."""
        member = self.membership(call_sid)
        if member is not None:
            self.refresh(member.conference)
        return member is not None

    # ------------------------------------------------------------------ inside

    def _conference(self, entry: Entry) -> Conference:
        conference = self.live(entry.room)
        if conference is None:
            now = self._clock.now()
            conference = Conference(new_sid("CF"), entry.room, now, now, told=entry.told)
            self.by_sid[conference.sid] = self._open[conference.name] = conference
        return conference

    def _maybe_start(self, conference: Conference) -> None:
        everybody = conference.participants.values()
        may = any(each.entry.start_on_enter for each in everybody)
        if conference.status != "init" or len(everybody) < 2 or not may:
            return
        conference.status, conference.updated_at = "in-progress", self._clock.now()
        self._tell(conference, "start", "conference-start", None)
        recorded = next((each for each in everybody if each.entry.record), None)
        if recorded is not None:
            self._recordings.start(
                recorded.call_sid, "Conference", recorded.entry.recording_told, conference_sid=conference.sid
            )

    def _close_if_empty(self, conference: Conference, by: Participant | None, reason: str) -> None:
        if not conference.participants and not conference.arriving:
            self.end(conference, reason, by)

    def _beep(self, conference: Conference) -> None:
        for call_sid in conference.participants:
            self._books.note(call_sid, "told", what="beep", value=True)

    def _tell(
        self,
        conference: Conference,
        event: str,
        name: str,
        participant: Participant | None,
        details: dict[str, str] | None = None,
    ) -> None:
        told: Told = conference.told
        if not told.url or event not in told.events:
            return
        conference.sequence += 1
        params = {
            "AccountSid": self._settings.account_sid,
            "ConferenceSid": conference.sid,
            "FriendlyName": conference.name,
            "SequenceNumber": str(conference.sequence),
            "Timestamp": self._instant(self._clock.now()),
            "StatusCallbackEvent": name,
        }
        if participant is not None:
            params |= {
                "CallSid": participant.call_sid,
                "Muted": _word(participant.muted),
                "Hold": _word(participant.hold),
                "Coaching": _word(participant.coaching),
                "EndConferenceOnExit": _word(participant.end_on_exit),
                "StartConferenceOnEnter": _word(participant.entry.start_on_enter),
            }
            if participant.label:
                params["ParticipantLabel"] = participant.label
            if participant.coaches:
                params["CallSidToCoach"] = participant.coaches
        self._courier.send(Request(f"conference.{name}", told.url, told.method, params | (details or {})))


def _word(value: bool) -> str:
    return "true" if value else "false"
