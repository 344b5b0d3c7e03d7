"""Agents' desks: who is signed in, on which campaign, with which leg, and what each is told.

Theory of operation
-------------------
A desk is an agent's session, whatever shows it (browser, script). It is told everything by messages (plain
dictionaries) put into its outbox; a reader that comes back after a reload is told the present state anew, so
nothing depends on a message having been seen. A desk without any sign of life for `SILENCE` seconds is lost:
its agent leaves the floor, and a person on the line is cared for by the engine.

The engine knows agents only as ready, paused or gone. An agent is ready only when two things hold: the agent
said so, and the leg is up.

An agent whom a supervisor moves to another campaign finishes the call in hand first, wrap-up included: the old
campaign's engine is told of a pause, which takes effect when the agent is free, and then the agent changes floors.
A message of a supervisor stays on the desk until the agent has taken note of it, also over a reload.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count
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
#: Messages of supervisors that a desk keeps until they are taken note of.
_MESSAGES = 20
#: States in which an agent has no call in hand.
_FREE = frozenset({AgentState.OFFLINE, AgentState.PAUSED, AgentState.READY})

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
        preview: the lead on the screen, before its call.
        call_id: the call on the screen; stays until its disposition is given or the next call comes.
        heard_at: the last sign of life.
        moving_to: the campaign to which the agent goes when the call in hand is over, or "".
        messages: of supervisors, that the agent has not taken note of; oldest first.
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
    preview: ev.Lead | None = None
    moving_to: str = ""
    messages: list[dict[str, Any]] = field(default_factory=list)
    outbox: asyncio.Queue[dict[str, Any]] = field(default_factory=lambda: asyncio.Queue(_OUTBOX))

    def tell(self, message: dict[str, Any]) -> None:
        """Put a message out; a reader too slow to keep up will ask for the whole state."""
        if self.outbox.full():
            while not self.outbox.empty():
                self.outbox.get_nowait()
            self.outbox.put_nowait({"event": "resync"})
        self.outbox.put_nowait(message)


@dataclass(frozen=True, slots=True)
class _At:
    """The desks as one campaign's driver sees them."""

    desks: Desks
    campaign: str

    def notify(self, changed: cmd.AgentChanged) -> None:
        """An agent has a new state."""
        self.desks.notify(self.campaign, changed)


class Desks:
    """All desks of the process.

    Args:
        clock: of the floor.
        legs: who brings agents' legs up; None when the carrier has none (simulated).
        send: gives a campaign's engine an event and says why it was refused, or ""; raises `KeyError` for a
            campaign that does not run.
        screen_of: what the agent sees of a call (by its id), or of a previewed phone (by its number in the store).
        seat_of: what a desk shows of a campaign.
        campaign_of: the running campaign that placed a call, or None.
    """

    def __init__(
        self,
        clock: Clock,
        legs: Legs | None,
        send: Callable[[str, ev.Event], str],
        screen_of: Callable[[str, str | int], dict[str, Any]],
        seat_of: Callable[[str], dict[str, Any]],
        campaign_of: Callable[[str], str | None],
    ) -> None:
        self._clock = clock
        self._legs = legs
        self._send = send
        self._screen_of = screen_of
        self._seat_of = seat_of
        self._campaign_of = campaign_of
        self._messages = count(1)
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
        if desk.moving_to:
            if desk.state is AgentState.WRAP_UP:
                self._reseat(desk)
        elif desk.leg_up:
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
        callback_for: str = "",
        promise: ev.Promise | None = None,
        done: bool = True,
    ) -> None:
        """The agent said what came of a call; it is committed when this returns."""
        desk = self._desk(agent_id)
        said = ev.Dispositioned(
            self._clock.now(), agent_id, call_id, code, callback_at, notes, done, callback_for, promise
        )
        self._event(desk, said, self._campaign_of(call_id))  # late words may be on a call of the campaign before
        desk.tell({"event": "saved", "call_id": call_id, "code": code})

    def dial(self, agent_id: str) -> None:
        """The agent wants the call to the lead on the screen."""
        desk = self._desk(agent_id)
        self._event(desk, ev.PreviewDialed(self._clock.now(), agent_id))

    def skip(self, agent_id: str, why: str) -> None:
        """The agent does not want to call the lead on the screen."""
        desk = self._desk(agent_id)
        self._event(desk, ev.PreviewSkipped(self._clock.now(), agent_id, why))

    def dial_by_hand(self, agent_id: str, lead: ev.Lead) -> None:
        """The agent typed a number; a pause goes on after the call."""
        desk = self._desk(agent_id)
        then_pause = desk.pause_code if desk.state is AgentState.PAUSED else None
        self._event(desk, ev.ManualDialed(self._clock.now(), agent_id, lead, then_pause))

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

    def seen(self, agent_id: str, message: str) -> None:
        """The agent has taken note of a message."""
        desk = self._desk(agent_id)
        desk.messages = [each for each in desk.messages if each["id"] != message]

    # ------------------------------------------------------------------ what supervisors do

    def say(self, agent_id: str, text: str, by: str) -> None:
        """Show an agent a message."""
        desk = self._desk(agent_id)
        told = {"id": str(next(self._messages)), "text": text, "by": by, "at": self._clock.now()}
        desk.messages = [*desk.messages[1 - _MESSAGES :], told]
        desk.tell({"event": "messages", "messages": desk.messages})

    def move(self, agent_id: str, campaign: str) -> bool:
        """Seat an agent at another campaign that runs; returns whether it is done, or follows the call in hand.

        Raises:
            DeskError: the agent is not here.
        """
        desk = self._desk(agent_id)
        taken_back, desk.moving_to = bool(desk.moving_to), "" if campaign == desk.campaign else campaign
        if not desk.moving_to:
            if taken_back and desk.wants == "ready" and desk.leg_up:
                self._quietly(desk, ev.AgentReady(self._clock.now(), agent_id))
            return True
        if desk.state not in _FREE:
            self._event(desk, ev.AgentPaused(self._clock.now(), agent_id, desk.pause_code or "moving"))
        elif desk.moving_to:
            self._reseat(desk)
        return not desk.moving_to

    def stay(self, campaign: str) -> None:
        """A campaign ends: who was on the way to it stays."""
        for desk in self.desks.values():
            if desk.moving_to == campaign:
                self.move(desk.agent_id, desk.campaign)

    def _reseat(self, desk: Desk) -> None:
        """The agent has no call in hand: change floors."""
        now, to = self._clock.now(), desk.moving_to
        desk.moving_to = ""
        if desk.state is not AgentState.OFFLINE:
            self._quietly(desk, ev.AgentGone(now, desk.agent_id, f"moved to {to}"))
        desk.campaign, desk.state, desk.since, desk.call_id = to, AgentState.OFFLINE, now, None
        desk.tell({**self._state(desk), "seat": self._seat_of(to)})
        if desk.wants == "paused":
            self._quietly(desk, ev.AgentPaused(now, desk.agent_id, desk.pause_code))
        elif desk.leg_up:
            self._quietly(desk, ev.AgentReady(now, desk.agent_id))

    def snapshot(self, agent_id: str) -> dict[str, Any]:
        """The whole of what a desk shows, for a reader that has just come."""
        desk = self._desk(agent_id)
        more = {"seat": self._seat_of(desk.campaign), "messages": desk.messages}
        return self.with_screen({**self._state(desk), **more})

    def with_screen(self, message: dict[str, Any]) -> dict[str, Any]:
        """A message of the outbox with what the agent sees of its call.

        Read when the message goes out: the person's answer must not wait for it.
        """
        for name in ("call", "preview"):
            shown = message.get(name)
            if isinstance(shown, str | int):
                message = {**message, name: self._screen_of(message["campaign"], shown)}
        return message

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
            "preview": None if desk.preview is None else desk.preview.phone_id,
            "promised_at": None if desk.preview is None else desk.preview.promised_at,
        }

    # ------------------------------------------------------------------ what happens to agents

    def at(self, campaign: str) -> _At:
        """Who is told of the agents' states by a campaign's engine."""
        return _At(self, campaign)

    def notify(self, campaign: str, changed: cmd.AgentChanged) -> None:
        """An engine has a new state for an agent: show it, with the call that comes with it."""
        desk = self.desks.get(changed.agent_id)
        if desk is None or desk.campaign != campaign:
            return
        desk.state, desk.since = changed.state, changed.at
        desk.preview = changed.preview
        if changed.state in (AgentState.DIALING, AgentState.RESERVED, AgentState.TALKING):
            desk.call_id = changed.call_id
        elif changed.state is not AgentState.WRAP_UP:
            desk.call_id = None
        desk.tell({**self._state(desk), "say": changed.say})
        if desk.moving_to and changed.state in _FREE:
            self._reseat(desk)

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

    def _event(self, desk: Desk, event: ev.Event, campaign: str | None = None) -> None:
        """Give the engine an agent's word, and tell the agent when it is refused."""
        try:
            refused = self._send(campaign or desk.campaign, event)
        except KeyError:
            raise DeskError(f"{campaign or desk.campaign} is not running") from None
        if refused:
            raise DeskError(refused)

    def _quietly(self, desk: Desk, event: ev.Event) -> None:
        try:
            self._event(desk, event)
        except DeskError as error:
            _log.warning("desk_event_refused", agent_id=desk.agent_id, why=str(error))
