"""What the adapter remembers of a call while it may still be spoken of."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from enum import StrEnum

from dialer.carriers.port import Deliver, PlaceRequest
from dialer.carriers.twilio.documents import Message

__all__ = ["LiveCall", "Said"]


class Said(StrEnum):
    """What the carrier was last told to do with an answered call."""

    NOTHING = "nothing"  #: not answered yet, or the answer's request still waits
    HOLD = "hold"  #: a moment of silence, then the message by itself
    ROOM = "room"  #: into an agent's conference
    MESSAGE = "message"
    ANNOUNCED = "announced"  #: an agentless campaign's message, whose keys are listened to
    VOICEMAIL = "voicemail"


@dataclass(slots=True)
class LiveCall:
    """One placed call.

    Attributes:
        request: as the engine placed it.
        deliver: where its events go.
        message: its safe-harbour message.
        placed_at: s of the clock.
        sid: the carrier's name for it, once known.
        said: what the carrier was last told.
        document: the answer to `/answer`, once decided; a repeated request gets the same.
        decided: set when `document` is.
        agent_id: whose room it was sent to.
        bridged: whether it was seen in that room.
        hang_up: we asked for its end.
        ended: its end was delivered.
        answered_at: s of the clock, once somebody picked up.
        verdict: the first word of answering-machine detection.
        replying: a key was pressed, and what is told now is the reply to that.
        recording: sid of the recording in progress.
    """

    request: PlaceRequest
    deliver: Deliver
    message: Message
    placed_at: float
    sid: str = ""
    said: Said = Said.NOTHING
    document: str = ""
    decided: asyncio.Event = field(default_factory=asyncio.Event)
    asked: bool = False  # `/answer` was fetched and waits, or was answered
    agent_id: str = ""
    bridged: bool = False
    agent_lost: bool = False
    hang_up: bool = False
    ended: bool = False
    answered_at: float | None = None
    verdict: str = ""
    recording: str = ""
    replying: bool = False  # the reply to a key press is being decided

    @property
    def call_id(self) -> str:
        """The attempt."""
        return self.request.call_id
