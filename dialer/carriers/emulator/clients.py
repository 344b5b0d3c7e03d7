"""Agents' browsers: registered with a real access token, and told by HTTP what their person does.

A browser talks to the real carrier in a protocol of its own (`@twilio/voice-sdk`), which is not imitated. Here a test
or a scripted agent registers an identity with the dialer's own token, verified as the carrier does, and then connects,
answers, mutes, presses keys, hangs up, or dies.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from typing import Any

from twilio.jwt import Jwt, JwtDecodeError
from twilio.jwt.access_token import AccessToken

from dialer.carriers.emulator.clock import EmulatorClock
from dialer.carriers.emulator.errors import ApiError
from dialer.carriers.emulator.far_end import Line
from dialer.carriers.emulator.settings import EmulatorSettings

__all__ = ["BrowserEnd", "Client", "Clients"]


@dataclass(slots=True, eq=False)
class Client:
    """One registered browser.

    Attributes:
        expires: the token's end, seconds since the epoch in real time.
        application: where its outgoing calls go, or "".
        incoming: whether it may be called.
        answers_after: s until it picks up by itself, or None: it is told to.
        lines: its live legs, the latest last.
    """

    identity: str
    expires: float
    application: str
    incoming: bool
    answers_after: float | None
    lines: list[Line] = field(default_factory=list)
    ringing: list[Line] = field(default_factory=list)

    @property
    def registered(self) -> bool:
        """Whether its token is still valid; live calls go on without."""
        return time.time() < self.expires


class BrowserEnd:
    """The far end of a leg to or from a browser."""

    def __init__(self, client: Client, clock: EmulatorClock | None = None) -> None:
        self._client = client
        self._clock = clock
        self._timer: asyncio.TimerHandle | None = None

    def signal(self, line: Line) -> None:
        """It rings in the browser; unregistered browsers are not found."""
        if not (self._client.registered and self._client.incoming):
            line.refuse("no-answer", 480)
            return
        self._client.ringing.append(line)
        line.ring()
        if self._client.answers_after is not None and self._clock is not None:
            self._timer = self._clock.after(self._client.answers_after, lambda: line.answer("client"))

    def picked_up(self, line: Line) -> None:
        """Its person talks from now on."""
        if line in self._client.ringing:
            self._client.ringing.remove(line)
        self._client.lines.append(line)

    def hears(self, line: Line, kind: str) -> None:
        """The books know what is heard; a browser does nothing of its own about it."""

    def prompted(self, line: Line, seconds: float) -> None:
        """Agents press keys when told to."""

    def over(self, line: Line) -> None:
        """The call is over."""
        if self._timer is not None:
            self._timer.cancel()
        for lines in (self._client.lines, self._client.ringing):
            if line in lines:
                lines.remove(line)


class _Unknown:
    """The far end of a client that never registered."""

    def signal(self, line: Line) -> None:
        line.refuse("no-answer", 480)

    def picked_up(self, line: Line) -> None:
        """Never."""

    def hears(self, line: Line, kind: str) -> None:
        """Nothing."""

    def prompted(self, line: Line, seconds: float) -> None:
        """Nothing."""

    def over(self, line: Line) -> None:
        """Nothing."""


class Clients:
    """All browsers of the account."""

    def __init__(self, settings: EmulatorSettings, clock: EmulatorClock) -> None:
        self._settings = settings
        self._clock = clock
        self._clients: dict[str, Client] = {}

    def register(self, token: str, answers_after: float | None = None) -> Client:
        """Take a browser in.

        Raises:
            ApiError: 20003, the token is forged, expired, of another account, or grants no voice.
        """
        payload = self._verified(token)
        grants: dict[str, Any] = payload.get("grants", {})
        voice: dict[str, Any] | None = grants.get("voice")
        identity = str(grants.get("identity", ""))
        if voice is None or not identity:
            raise ApiError(20003)
        before = self._clients.get(identity)
        client = self._clients[identity] = Client(
            identity,
            float(payload["exp"]),
            str(voice.get("outgoing", {}).get("application_sid", "")),
            bool(voice.get("incoming", {}).get("allow", False)),
            answers_after,
        )
        if before is not None:  # a new token for a browser in the middle of a call
            client.lines, client.ringing = before.lines, before.ringing
        return client

    def unregister(self, identity: str) -> None:
        """A browser says good-bye; its live calls go on."""
        client = self._clients.get(identity)
        if client is not None:
            client.expires = 0.0

    def find(self, identity: str) -> Client:
        """A registered browser.

        Raises:
            ApiError: 20404 nobody of that name, 20003 its token has expired.
        """
        client = self.known(identity)
        if not client.registered:
            raise ApiError(20003)
        return client

    def known(self, identity: str) -> Client:
        """A browser that registered once.

        Raises:
            ApiError: 20404.
        """
        client = self._clients.get(identity)
        if client is None:
            raise ApiError(20404, f"clients/{identity}")
        return client

    def far_end(self, identity: str) -> BrowserEnd | _Unknown:
        """The far end of a call to a client."""
        client = self._clients.get(identity)
        return _Unknown() if client is None else BrowserEnd(client, self._clock)

    def _verified(self, token: str) -> dict[str, Any]:
        try:
            claimed = AccessToken.from_jwt(token)  # whose key it says it is made with; not believed yet
            secret = self._settings.api_keys.get(str(claimed.issuer))
            if secret is None:
                raise ApiError(20003)
            verified: Jwt = AccessToken.from_jwt(token, secret)
        except JwtDecodeError as error:
            raise ApiError(20003) from error
        payload: dict[str, Any] = verified.payload
        if payload.get("sub") != self._settings.account_sid or "exp" not in payload:
            raise ApiError(20003)
        return payload
