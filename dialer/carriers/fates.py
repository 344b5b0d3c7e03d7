"""What a carrier says, after a crash, of a call that nobody here remembers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from dialer.carriers.port import Deliver
from dialer.engine.events import EndCause

__all__ = ["Fate", "LeftCall", "NotSettled", "Reconciler"]


@dataclass(frozen=True, slots=True)
class LeftCall:
    """A call that a dead run left without an end."""

    call_id: str
    number: str
    caller_id: str
    carrier_ref: str | None
    placed_at: float  # s since the epoch


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of it.

    Attributes:
        state: `over`, `talking` with an agent who is still there, or `unknown` to the carrier.
        cause: of the end, where the carrier tells one.
        answered: whether somebody had answered.
        ended_by_us: it lived until now: a ringing call was cancelled, an answered one got the message.
        agent_id: with whom the person talks.
    """

    state: Literal["over", "talking", "unknown"]
    cause: EndCause | None = None
    answered: bool = False
    ended_by_us: bool = False
    agent_id: str = ""


class NotSettled(Exception):
    """The carrier could not be asked about the calls of a dead run: nothing is concluded, and nothing is dialed."""


class Reconciler(Protocol):
    """A carrier that can be asked about the calls of a process that died."""

    async def settle(self, left: Sequence[LeftCall]) -> dict[str, Fate]:
        """Cancel what rings, give the message to who waits, leave conversations alone; tell each call's fate."""

    def adopt(self, left: LeftCall, deliver: Deliver) -> None:
        """Listen to a conversation that goes on; its `Ended` is delivered once."""
