"""The far ends of legs: what a leg tells whoever holds the other telephone, and the simulated person or machine."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from functools import partial
from typing import Protocol

from dialer.carriers.emulator.clock import EmulatorClock
from dialer.carriers.emulator.people import Behaviour
from dialer.carriers.simulated.encounter import ANSWERS

__all__ = ["FarEndOfLeg", "Line", "Person"]

#: SIP codes of the results at which nobody picks up.
_CODES = {"busy": 486, "invalid": 404, "congestion": 503}
#: The carrier's status by SIP code; everything else is `failed`.
_STATUS = {486: "busy", 600: "busy", 408: "no-answer", 487: "no-answer"}


class Line(Protocol):
    """What a far end can do to its leg."""

    def ring(self) -> None:
        """It rings there."""

    def answer(self, result: str) -> None:
        """Somebody or something picks up."""

    def refuse(self, status: str, sip_code: int) -> None:
        """The network says no."""

    def hang_up(self) -> None:
        """The far end hangs up."""

    def press(self, digits: str) -> None:
        """The far end presses keys."""


class FarEndOfLeg(Protocol):
    """What a leg tells its far end."""

    def signal(self, line: Line) -> None:
        """A call comes in; sooner or later `ring`, `answer` or `refuse`."""

    def picked_up(self, line: Line) -> None:
        """The call is established."""

    def hears(self, line: Line, kind: str) -> None:
        """From now on there is another sound; `kind` as in the books."""

    def prompted(self, line: Line, seconds: float) -> None:
        """A message begins that asks for a key, of this length."""

    def over(self, line: Line) -> None:
        """The call is over."""


class Person:
    """A simulated person, machine, fax or dead number, acting out a `Behaviour`."""

    def __init__(self, behaviour: Behaviour, clock: EmulatorClock) -> None:
        self.behaviour = behaviour
        self._clock = clock
        self._timers: list[asyncio.TimerHandle] = []
        self._patience: asyncio.TimerHandle | None = None
        self._was_prompted = False
        self._was_joined = False

    def signal(self, line: Line) -> None:
        """Ring, answer, or let the network refuse."""
        how = self.behaviour
        if how.result in _CODES:
            code = how.sip_code or _CODES[how.result]
            self._later(how.ring, partial(line.refuse, _STATUS.get(code, "failed"), code))
            return
        self._later(how.ring_delay, line.ring)
        if how.result in ANSWERS:
            self._later(how.ring_delay + how.ring, partial(line.answer, how.result))
        elif how.sip_code is not None:
            refused = partial(line.refuse, _STATUS.get(how.sip_code, "failed"), how.sip_code)
            self._later(how.ring_delay + how.ring, refused)

    def picked_up(self, line: Line) -> None:
        """Begin what happens at set times after the answer."""
        how = self.behaviour
        for seconds, digits in how.keys_at:
            self._later(seconds, partial(line.press, digits))
        if how.leaves_at is not None:
            self._later(how.leaves_at, line.hang_up)
        if how.result == "machine":
            self._later(how.greeting + how.listens, line.hang_up)
        elif how.result == "fax":
            self._later(how.listens, line.hang_up)

    def hears(self, line: Line, kind: str) -> None:
        """Silence wears a person's patience out; a voice begins the talk that they may cut short."""
        how = self.behaviour
        if how.result != "human":
            return
        if kind != "silence":
            if self._patience is not None:
                self._patience.cancel()
                self._patience = None
        elif self._patience is None and how.patience < math.inf:
            self._patience = self._clock.after(how.patience, line.hang_up)
        if kind == "voices" and not self._was_joined:
            self._was_joined = True
            if how.leaves_after is not None:
                self._later(how.leaves_after, line.hang_up)

    def prompted(self, line: Line, seconds: float) -> None:
        """Listen to the message, press the key in it, or leave."""
        how = self.behaviour
        if how.result != "human" or self._was_prompted:
            return
        self._was_prompted = True
        if how.opts_out_at is not None:
            self._later(how.opts_out_at * seconds, partial(line.press, how.key))
        if how.leaves_message_at is not None:
            self._later(how.leaves_message_at * seconds, line.hang_up)

    def over(self, line: Line) -> None:
        """Nothing more happens."""
        for timer in (*self._timers, *([self._patience] if self._patience else [])):
            timer.cancel()
        self._timers.clear()

    def _later(self, seconds: float, act: Callable[[], None]) -> None:
        self._timers.append(self._clock.after(seconds, act))
