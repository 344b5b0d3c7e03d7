"""The carrier's resources as plain records: calls, conferences with their participants, recordings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import uuid4

__all__ = [
    "OVER",
    "Call",
    "Conference",
    "Entry",
    "OwnNumber",
    "Participant",
    "Recording",
    "Source",
    "Tape",
    "Told",
    "new_sid",
]

#: Statuses that no call leaves again.
OVER = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})


def new_sid(prefix: str) -> str:
    """A name for a resource; unlike anything a seed gives, so that a restarted emulator repeats none."""
    return prefix + uuid4().hex


@dataclass(frozen=True, slots=True)
class Source:
    """Where a call's next document comes from.

    Attributes:
        on: what the request is, in the words of `faults`.
        url: absolute, or "" when the document is given.
        method: of HTTP.
        params: besides those of the call.
        twiml: the document itself, or None.
    """

    on: str
    url: str = ""
    method: str = "POST"
    params: Mapping[str, str] = field(default_factory=dict)
    twiml: str | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """Whom to tell of events: a URL, a method, and which events; nobody without a URL."""

    url: str = ""
    method: str = "POST"
    events: frozenset[str] = frozenset()


@dataclass(slots=True, eq=False)
class Call:
    """One leg as the REST API knows it. Instants are seconds since the epoch."""

    sid: str
    to: str
    caller: str
    direction: str
    created_at: float
    queue_time: float = 0.0
    parent: str | None = None
    told: Told = Told()
    status: str = "queued"
    started_at: float | None = None
    answered_at: float | None = None
    ended_at: float | None = None
    answered_by: str | None = None
    sip_code: int | None = None
    sequence: int = 0
    history: list[tuple[float, str]] = field(default_factory=list)

    def turn(self, status: str, at: float) -> None:
        """Enter the next status."""
        self.status = status
        self.history.append((at, status))

    @property
    def duration(self) -> int | None:
        """Whole seconds from the answer to the end, or None before the end."""
        if self.ended_at is None:
            return None
        return 0 if self.answered_at is None else int(self.ended_at - self.answered_at)

    def status_at(self, at: float) -> str | None:
        """The status as it was, or None before the call was there."""
        if at < self.created_at:
            return None
        return next((status for since, status in reversed(self.history) if since <= at), "queued")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """How somebody enters a conference: the noun's attributes, or the parameters of a created participant.

    `wait_url` None is the carrier's own music, "" silence.
    """

    room: str
    label: str | None = None
    muted: bool = False
    beep: str = "true"
    start_on_enter: bool = True
    end_on_exit: bool = False
    coach: str | None = None
    max_participants: int = 250
    wait_url: str | None = None
    wait_method: str = "POST"
    told: Told = Told()
    record: bool = False
    recording_told: Told = Told()


@dataclass(slots=True, eq=False)
class Participant:
    """Somebody in a conference, or on the way into it.

    Attributes:
        name: in the books: the number or client, with the label.
        silenced: the far end sends no sound: a browser that muted itself or died.
    """

    call_sid: str
    name: str
    entry: Entry
    created_at: float
    updated_at: float
    label: str | None = None
    muted: bool = False
    hold: bool = False
    coaching: bool = False
    coaches: str | None = None
    end_on_exit: bool = False
    silenced: bool = False


@dataclass(slots=True, eq=False)
class Conference:
    """A room. It begins (`in-progress`) with the second participant when one of them may start it."""

    sid: str
    name: str
    created_at: float
    updated_at: float
    status: str = "init"
    told: Told = Told()
    sequence: int = 0
    reason_ended: str | None = None
    ended_by: str | None = None
    participants: dict[str, Participant] = field(default_factory=dict)
    arriving: dict[str, Participant] = field(default_factory=dict)  # created by the API, still ringing

    def voices_for(self, listener: Participant) -> tuple[Participant, ...]:
        """Whom somebody hears."""
        if self.status != "in-progress" or listener.hold:
            return ()
        return tuple(
            other
            for other in self.participants.values()
            if other is not listener
            and not (other.muted or other.hold or other.silenced)
            and (not other.coaching or other.coaches == listener.call_sid)
        )

    def find(self, name: str) -> Participant | None:
        """A participant by call sid or label, present or arriving."""
        for each in (*self.participants.values(), *self.arriving.values()):
            if name in (each.call_sid, each.label):
                return each
        return None


@dataclass(slots=True, eq=False)
class OwnNumber:
    """A number of the account's own, or one that it verified as its caller id; and what happens when it is called."""

    sid: str
    number: str
    verified: bool
    created_at: float
    voice_url: str = ""
    voice_method: str = "POST"
    fallback_url: str = ""
    told: Told = Told()


@dataclass(slots=True)
class Tape:
    """A stretch of a recording; `kept` False is a pause that is skipped."""

    start: float
    kept: bool
    end: float | None = None


@dataclass(slots=True, eq=False)
class Recording:
    """A recording of a call or of a conference. Instants are seconds since the epoch."""

    sid: str
    call_sid: str
    conference_sid: str | None
    source: str
    channels: int
    track: str
    told: Told
    started_at: float
    updated_at: float
    status: str = "in-progress"
    error_code: int | None = None
    ended_at: float | None = None
    tapes: list[Tape] = field(default_factory=list)

    def roll(self, at: float, kept: bool) -> None:
        """From now on the sound is kept, or not."""
        if self.tapes and self.tapes[-1].end is None:
            self.tapes[-1].end = at
        self.tapes.append(Tape(at, kept))

    def halt(self, at: float) -> None:
        """Nothing more is recorded."""
        if self.tapes and self.tapes[-1].end is None:
            self.tapes[-1].end = at
        self.ended_at = at

    @property
    def seconds(self) -> float:
        """Length of what was kept."""
        return sum((each.end or each.start) - each.start for each in self.tapes if each.kept)
