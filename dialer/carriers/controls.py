"""What people do to a conversation that goes on: agents at their desks, supervisors who listen.

The engine does not know these: they change what is heard, not who is served. A carrier without one of them
raises `NoSuchControl`, and the desk does not offer it.
"""

from __future__ import annotations

from typing import Literal, Protocol

__all__ = ["Controls", "Ear", "NoSuchControl", "TransferKind"]

#: How a supervisor takes part: unheard, heard by the agent only, heard by both.
Ear = Literal["listen", "whisper", "barge"]
#: The agent leaves at once, or speaks with the third person first.
TransferKind = Literal["blind", "warm"]


class NoSuchControl(Exception):
    """The carrier, or the moment, does not allow it; one line for who asked."""


class Controls(Protocol):
    """Verbs of a conversation. All return at once; failures are told to who asked by the desk's next state."""

    def mute(self, agent_id: str, on: bool) -> None:
        """The agent is not heard."""

    def hold(self, call_id: str, on: bool) -> None:
        """The person hears the hold prompt instead of the agent."""

    def send_digits(self, call_id: str, digits: str) -> None:
        """Press keys towards the person's side."""

    def record(self, call_id: str, on: bool) -> None:
        """Start (announced, once), pause or resume the recording."""

    def drop_voicemail(self, call_id: str) -> None:
        """Leave the campaign's recorded message on the machine, from now on; the agent is free at once."""

    def transfer(self, call_id: str, to: str, kind: TransferKind) -> None:
        """Give the person to a third: a number in E.164."""

    def complete_transfer(self, call_id: str) -> None:
        """After a warm transfer: the agent leaves, person and third stay together."""

    def join(self, agent_id: str, supervisor: str, ear: Ear) -> None:
        """Bring a supervisor (number, or `client:` name) into the agent's room, or change how they take part."""
