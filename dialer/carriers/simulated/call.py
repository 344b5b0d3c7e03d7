"""One live call as the simulated carrier keeps it."""

from __future__ import annotations

import math
from enum import IntEnum, auto

from dialer.carriers.port import PlaceRequest
from dialer.carriers.simulated.draws import Draws
from dialer.carriers.simulated.encounter import Encounter
from dialer.carriers.simulated.record import CallRecord
from dialer.clock import Timer

__all__ = ["IN_PERSON", "LiveCall", "Stage"]


class Stage(IntEnum):
    """Where a call is. From `ANSWERED` on, somebody or something has picked up and we know it."""

    PLACING = auto()
    QUEUED = auto()
    RINGING = auto()
    SCREENING = auto()  #: picked up; call-progress analysis listens, to us it still rings
    ANSWERED = auto()  #: silence: nobody speaks to the person
    BRIDGED = auto()
    MESSAGE = auto()
    ENDED = auto()


#: Somebody is there to be joined or to hear the message.
IN_PERSON = frozenset({Stage.ANSWERED, Stage.BRIDGED})


class LiveCall:
    """One live call."""

    __slots__ = (
        "asked_agent",
        "callbacks",
        "detection",
        "encounter",
        "joining",
        "limit_at",
        "record",
        "request",
        "stage",
        "step",
        "u",
    )

    def __init__(self, request: PlaceRequest, encounter: Encounter, record: CallRecord, u: Draws) -> None:
        self.request = request
        self.encounter = encounter
        self.record = record
        self.u = u  # the carrier's draws for this call: 0 placing, 1 joining, 2 detection
        self.stage = Stage.PLACING
        self.step: Timer | None = None
        self.detection: Timer | None = None
        self.joining: tuple[str, Timer] | None = None
        self.limit_at = math.inf
        self.callbacks = 0
        self.asked_agent = False  # the key for an agent was pressed
