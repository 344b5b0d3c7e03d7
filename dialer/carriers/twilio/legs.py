"""Agents' legs: each agent is parked for the whole shift in a conference of its own.

A leg is a browser or an ordinary phone, by the agent's choice. Its conference has a name of its own for every
leg, so that what is still told of an earlier leg is not taken for news of this one. An agent can be joined to
people only while parked.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

__all__ = ["AgentLegs", "Leg", "LegState"]


class LegState(StrEnum):
    """Where an agent's leg is."""

    CONNECTING = "connecting"
    PARKED = "parked"  #: seen in its conference
    LOST = "lost"


@dataclass(slots=True)
class Leg:
    """One agent's leg."""

    agent_id: str
    leg_id: str
    state: LegState = LegState.CONNECTING
    call_sid: str = ""
    room_sid: str = ""

    @property
    def room(self) -> str:
        """Friendly name of the conference."""
        return f"agent-{self.agent_id}-{self.leg_id}"


class AgentLegs:
    """All agents' legs of one account.

    Attributes:
        on_parked: told the agent's id when a leg is ready for people.
        on_lost: told the agent's id and why when a parked or connecting leg is gone.
    """

    def __init__(self) -> None:
        self._legs: dict[str, Leg] = {}
        self.on_parked: Callable[[str], None] = lambda agent_id: None
        self.on_lost: Callable[[str, str], None] = lambda agent_id, why: None

    @property
    def any(self) -> bool:
        """Whether any leg is there, or on its way."""
        return bool(self._legs)

    def begin(self, agent_id: str) -> Leg:
        """A new leg for an agent; an older one is no longer listened to."""
        leg = self._legs[agent_id] = Leg(agent_id, secrets.token_hex(4))
        return leg

    def find(self, agent_id: str, leg_id: str | None = None) -> Leg | None:
        """The agent's present leg, if it is that one."""
        leg = self._legs.get(agent_id)
        return leg if leg is not None and leg_id in (None, leg.leg_id) else None

    def parked(self, agent_id: str) -> Leg | None:
        """The agent's leg, if people can be joined to it."""
        leg = self._legs.get(agent_id)
        return leg if leg is not None and leg.state is LegState.PARKED else None

    def joined(self, leg: Leg, call_sid: str, room_sid: str) -> None:
        """The leg was seen in its conference."""
        leg.call_sid, leg.room_sid = call_sid or leg.call_sid, room_sid
        if leg.state is LegState.CONNECTING:
            leg.state = LegState.PARKED
            self.on_parked(leg.agent_id)

    def lost(self, leg: Leg, why: str) -> None:
        """The leg left its conference, or its call is over."""
        if leg.state is not LegState.LOST:
            leg.state = LegState.LOST
            if self._legs.get(leg.agent_id) is leg:
                del self._legs[leg.agent_id]
            self.on_lost(leg.agent_id, why)
