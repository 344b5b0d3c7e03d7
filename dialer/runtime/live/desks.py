"""Agents' desks: who is signed in, on which campaign, with which leg, and what each is told.

Theory of operation
-------------------
A desk is an agent's session, whatever shows it (browser, script). It is told everything by messages (plain
dictionaries) put into its outbox; a reader that comes back after a reload is told the present state anew, so
nothing depends on a message having been seen. A desk without any sign of life for `SILENCE` seconds is lost:
its agent leaves the floor, and a person on the line is cared for by the engine.

The engine knows agents only as ready, paused or gone. An agent is ready only when two things hold: the agent
said so, and the leg is up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import structlog

from dialer.clock import Clock
from dialer.engine import AgentState
from dialer.engine import commands as cmd
from dialer.engine import events as ev

__all__ = ["SILENCE", "Desk", "DeskError", "Desks", "LegKind", "Legs"]

_log = structlog.get_logger(__name__)

#: A desk that says nothing for so long is lost, s. Browsers speak every second.
SILENCE = 5.0
#: Messages kept for a reader that is slow; beyond it the reader is told the whole state anew.
_OUTBOX = 256

LegKind = Literal["browser", "phone", "none"]


class DeskError(Exception):
    """What an agent asked for cannot be done now; one line for the agent."""


class Legs(Protocol):
    """Where agents' voices come from."""

    def connect(self, agent_id: str, kind: LegKind, phone: str) -> None:
        """Begin to bring an agent's leg up; `on_parked` or `on_lost` follows."""

    def drop(self, agent_id: str) -> None:
        """End an agent's leg."""


@dataclass(slots=True)
class Desk:
    """One agent's session.

    Attributes:
        agent_id: whose.
        campaign: on which floor.
        leg: how the agent hears people.
        leg_up: whether the leg is there.
        leg_lost: whether it was there, or on its way, and is gone.
        wants: what the agent asked for last.
        state: the engine's word.
        since: s of the clock, when this state began.
        call_id: the call on the screen; stays until its disposition is given or the next call comes.
        heard_at: the last sign of life.
    """

    agent_id: str
    campaign: str
    leg: LegKind
    heard_at: float
    leg_up: bool = False
    leg_lost: bool = False
    wants: Literal["ready", "paused"] = "paused"
    pause_code: str = ""
    state: AgentState = AgentState.OFFLINE
    since: float = 0.0
    call_id: str | None = None
    outbox: asyncio.Queue[dict[str, Any]] = field(default_factory=lambda: asyncio.Queue(_OUTBOX))

    def tell(self, message: dict[str, Any]) -> None:
        """Put a message out; a reader too slow to keep up will ask for the whole state."""
        if self.outbox.full():
            while not self.outbox.empty():
                self.outbox.get_nowait()
            self.outbox.put_nowait({"event": "resync"})
        self.outbox.put_nowait(message)


class Desks:
    """All desks of the process.

    Args:
        clock: of the floor.
        legs: who brings agents' legs up; None when the carrier has none (simulated).
        send: gives a campaign's engine an event and says why it was refused, or ""; raises `KeyError` for a
            campaign that does not run.
        screen_of: what the agent sees of a call.
    """

    def __init__(
        self,
        clock: Clock,
        legs: Legs | None,
        send: Callable[[str, ev.Event], str],
        screen_of: Callable[[str, str], dict[str, Any]],
    ) -> None:
        self._clock = clock
        self._legs = legs
        self._send = send
        self._screen_of = screen_of
        self.desks: dict[str, Desk] = {}

    # ------------------------------------------------------------------ what agents do

    def sign_in(self, agent_id: str, campaign: str, leg: LegKind, phone: str = "") -> Desk:
        """Seat an agent; the leg comes up by itself. Who is seated already and has lost the leg gets a new one.

        Raises:
            DeskError: the agent sits elsewhere, or the leg needs something that is missing.
        """
        desk = self.desks.get(agent_id)
        if desk is not None and desk.campaign != campaign:
            raise DeskError(f"{agent_id} is signed in to {desk.campaign}: sign out there first")
        if (desk is None or desk.leg_lost) and leg == "phone" and not phone:
            raise DeskError("an ordinary phone needs its number")
        if desk is None:
            desk = Desk(agent_id, campaign, leg, self._clock.now())
            if self._legs is None or leg == "none":
                desk.leg_up = True
            else:
                self._legs.connect(agent_id, leg, phone)
            self.desks[agent_id] = desk
        elif desk.leg_lost and self._legs is not None and leg != "none":
            self._legs.connect(agent_id, leg, phone)
            desk.leg, desk.leg_lost = leg, False
        self.alive(agent_id)
        return desk

    def ready(self, agent_id: str) -> None:
        """The agent takes calls from now on, or as soon as the leg is up."""
        desk = self._desk(agent_id)
        desk.wants, desk.pause_code = "ready", ""
        if desk.leg_up:
            self._event(desk, ev.AgentReady(self._clock.now(), agent_id))
        else:
            desk.tell({"event": "leg", "up": False, "say": "waiting for your line"})

    def pause(self, agent_id: str, code: str) -> None:
        """The agent takes no calls; during one it takes effect afterwards."""
        desk = self._desk(agent_id)
        desk.wants, desk.pause_code = "paused", code
        self._event(desk, ev.AgentPaused(self._clock.now(), agent_id, code))

    def finishing(self, agent_id: str, seconds: float) -> None:
        """The agent will be free in about so many seconds."""
        desk = self._desk(agent_id)
        self._event(desk, ev.AgentFinishing(self._clock.now(), agent_id, seconds))

    def dispose(
        self,
        agent_id: str,
        call_id: str,
        code: str,
        *,
        notes: str = "",
        callback_at: float | None = None,
        done: bool = True,
    ) -> None:
        """The agent said what came of a call; it is committed when this returns."""
        desk = self._desk(agent_id)
        self._event(
            desk, ev.Dispositioned(self._clock.now(), agent_id, call_id, code, callback_at, notes=notes, done=done)
        )
        desk.tell({"event": "saved", "call_id": call_id, "code": code})

    def sign_out(self, agent_id: str, why: str = "signed out") -> None:
        """Take an agent off the floor."""
        desk = self.desks.pop(agent_id, None)
        if desk is None:
            return
        with suppress(KeyError):  # the campaign has ended, and its agents with it
            self._send(desk.campaign, ev.AgentGone(self._clock.now(), agent_id, why))
        desk.tell({"event": "gone", "why": why})
        if self._legs is not None and desk.leg != "none":
            self._legs.drop(agent_id)

    def alive(self, agent_id: str) -> None:
        """A sign of life from an agent's desk."""
        self._desk(agent_id).heard_at = self._clock.now()

    def snapshot(self, agent_id: str) -> dict[str, Any]:
        """The whole of what a desk shows, for a reader that has just come."""
        return self.with_screen(self._state(self._desk(agent_id)))

    def with_screen(self, message: dict[str, Any]) -> dict[str, Any]:
        """A message of the outbox with what the agent sees of its call.

        Read when the message goes out: the person's answer must not wait for it.
        """
        call_id = message.get("call")
        if not isinstance(call_id, str):
            return message
        return {**message, "call": self._screen_of(message["campaign"], call_id)}

    def _state(self, desk: Desk) -> dict[str, Any]:
        return {
            "event": "state",
            "agent_id": desk.agent_id,
            "campaign": desk.campaign,
            "state": desk.state.value,
            "since": desk.since,
            "now": self._clock.now(),
            "leg": desk.leg,
            "leg_up": desk.leg_up,
            "wants": desk.wants,
            "pause_code": desk.pause_code,
            "call": desk.call_id,
        }

    # ------------------------------------------------------------------ what happens to agents

    def notify(self, changed: cmd.AgentChanged) -> None:
        """The engine has a new state for an agent: show it, with the call that comes with it."""
        desk = self.desks.get(changed.agent_id)
        if desk is None:
            return
        desk.state, desk.since = changed.state, changed.at
        if changed.state in (AgentState.RESERVED, AgentState.TALKING):
            desk.call_id = changed.call_id
        elif changed.state is AgentState.READY:
            desk.call_id = None
        desk.tell(self._state(desk))

    def leg_parked(self, agent_id: str) -> None:
        """The leg is up: an agent who wanted to be ready is."""
        desk = self.desks.get(agent_id)
        if desk is None:
            return
        desk.leg_up, desk.leg_lost = True, False
        desk.tell({"event": "leg", "up": True})
        if desk.wants == "ready":
            self._quietly(desk, ev.AgentReady(self._clock.now(), agent_id))

    def leg_lost(self, agent_id: str, why: str) -> None:
        """The leg is gone: the agent cannot hear anybody, and is taken off the floor until it is up again."""
        desk = self.desks.get(agent_id)
        if desk is None:
            return
        desk.leg_up, desk.leg_lost = False, True
        desk.tell({"event": "leg", "up": False, "say": why})
        self._quietly(desk, ev.AgentGone(self._clock.now(), agent_id, why))

    def sweep(self) -> None:
        """Sign out everybody whose desk has been silent for too long. Call it every second."""
        now = self._clock.now()
        for desk in [each for each in self.desks.values() if now - each.heard_at > SILENCE]:
            _log.warning("desk_lost", agent_id=desk.agent_id, silent=round(now - desk.heard_at, 1))
            self.sign_out(desk.agent_id, "the desk was lost")

    # ------------------------------------------------------------------ helpers

    def _desk(self, agent_id: str) -> Desk:
        try:
            return self.desks[agent_id]
        except KeyError:
            raise DeskError(f"{agent_id} is not signed in") from None

    def _event(self, desk: Desk, event: ev.Event) -> None:
        """Give the engine an agent's word, and tell the agent when it is refused."""
        try:
            refused = self._send(desk.campaign, event)
        except KeyError:
            raise DeskError(f"{desk.campaign} is not running") from None
        if refused:
            raise DeskError(refused)

    def _quietly(self, desk: Desk, event: ev.Event) -> None:
        try:
            self._event(desk, event)
        except DeskError as error:
            _log.warning("desk_event_refused", agent_id=desk.agent_id, why=str(error))
