"""The one door to any carrier. A carrier never decides anything: it does what it is told and reports.

Verbs return at once; what comes of them is delivered as `dialer.engine.events` values to the `deliver`
callback given to `open`. Every verb is safe to repeat, and safe for a call that is already over (the
answer is then simply the `Ended` that was or will be delivered). Calls are named by our `call_id`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, Protocol

from dialer.engine.events import Event

__all__ = ["Carrier", "Deliver", "PlaceRequest", "Recorded", "Spoken"]

#: What is played to somebody who answered: the safe-harbour message of a call that nobody could take, the message
#: of an agentless campaign, or what is left on an answering machine.
Spoken = Literal["safe_harbour", "message", "voicemail"]

#: Where a carrier delivers events: `Placed PlaceFailed Ringing Answered MachineDetected Bridged
#: BridgeFailed MessagePlayed OptedOut AgentAsked MachineReady Ended Lost LimitsChanged`.
Deliver = Callable[[Event], object]


@dataclass(frozen=True, slots=True)
class Recorded:
    """How an agentless campaign's call differs from others.

    Attributes:
        leave_voicemail: a machine is told of by `MachineReady`, when its greeting is over, instead of
            `MachineDetected`.
        agent_key: the message offers a key that asks for an agent (`AgentAsked`).
    """

    leave_voicemail: bool = False
    agent_key: bool = False


@dataclass(frozen=True, slots=True)
class PlaceRequest:
    """One call to place. Its attempt is already committed."""

    call_id: str
    number: str  # E.164
    caller_id: str  # E.164
    ring_timeout: float  # s; at least the 15 s floor
    time_limit: float  # s; the carrier ends the call then at the latest
    detect_machines: bool
    recorded: Recorded | None = None  # the call plays a message by itself


class Carrier(Protocol):
    """What the runtime needs from a carrier."""

    name: str
    calls_per_second: float  # the account's rate; the runtime's token bucket keeps to it

    def open(self, deliver: Deliver) -> None:
        """Start; deliver events from now on."""

    def place(self, request: PlaceRequest) -> None:
        """Dial. Delivers `Placed` or `PlaceFailed`, then the call's life."""

    def bridge(self, call_id: str, agent_id: str) -> None:
        """Join an answered person to an agent. Delivers `Bridged` or `BridgeFailed`."""

    def play_message(self, call_id: str, what: Spoken = "safe_harbour") -> None:
        """Play the safe-harbour message, or what an agentless campaign says, with key-press opt-out, then hang up.

        Delivers `MessagePlayed` or `OptedOut`, then `Ended`; during the message of a campaign that offers agents
        also `AgentAsked`, after which the person waits to be joined.
        """

    def hang_up(self, call_id: str) -> None:
        """End a call, ringing or answered. Delivers `Ended`."""

    def look_up(self, call_id: str) -> None:
        """Ask what became of a call. Delivers what is known: its present state, `Ended`, or `Lost`."""

    def close(self) -> None:
        """Stop delivering; no live call is ended by it."""
