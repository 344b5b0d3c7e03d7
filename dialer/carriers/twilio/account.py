"""One account in one process: its requests, its agents' legs, and every call that may still be spoken of."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import structlog

from dialer.carriers.twilio import documents
from dialer.carriers.twilio.addresses import Addresses
from dialer.carriers.twilio.calls import LiveCall
from dialer.carriers.twilio.errors import end_cause, failure_of, is_gone
from dialer.carriers.twilio.legs import AgentLegs, Leg
from dialer.carriers.twilio.rest import THREADS, CallState, Door, NotSent, Refused, Unanswered
from dialer.carriers.twilio.settings import TwilioSettings
from dialer.clock import Clock
from dialer.engine.events import Answered, Ended, Placed, Ringing

__all__ = ["TwilioAccount"]

_log = structlog.get_logger(__name__)

#: A request that may be repeated without harm (hang up, redirect to the message) is repeated after so many s.
_AGAIN = (0.5, 1.0, 2.0, 4.0, 8.0)
#: How often our live calls are compared with the carrier's lists, s; younger ones may not be there yet.
_WATCH = 5.0
_LIVE = ("queued", "ringing", "in-progress")
#: How long agents' legs and calls may take to be over after they were told to end, s.
_FAREWELL = 2.0
#: Calls that are over are remembered for so long, for callbacks that come late, s.
_REMEMBERED = 600.0

Then = Callable[[Any], None]


class TwilioAccount:
    """What all campaigns of an account share.

    Args:
        settings: of the account.
        clock: of the loop.
        door: to the carrier; made from the settings by default.
    """

    def __init__(self, settings: TwilioSettings, clock: Clock, door: Door | None = None) -> None:
        self.settings = settings
        self.clock = clock
        self.addresses = Addresses(settings.public_url)
        self.legs = AgentLegs()
        self.calls: dict[str, LiveCall] = {}
        self.door = Door(settings) if door is None else door
        self.on_bridged: Callable[[LiveCall], None] = lambda call: None  # a person has come to an agent
        self.stale = 0  # calls that waited in the carrier's queue longer than allowed, and were cancelled
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="twilio")
        self._loop = asyncio.get_running_loop()
        self._closed = False
        self._pending: set[asyncio.Future[Any]] = set()

    # ------------------------------------------------------------------ requests

    def ask(self, request: Callable[[], Any], then: Then | None = None, otherwise: Then | None = None) -> None:
        """Send one request from a thread; its answer or its error comes back on the loop.

        Args:
            request: blocking.
            then: given the answer.
            otherwise: given `Refused`, `Unanswered` or `NotSent`; by default the error is logged.
        """
        if self._closed:
            return  # the next process asks the carrier about everything that is left
        future = self._loop.run_in_executor(self._pool, request)
        self._pending.add(future)
        future.add_done_callback(partial(self._answered, then, otherwise))

    def _answered(self, then: Then | None, otherwise: Then | None, future: asyncio.Future[Any]) -> None:
        self._pending.discard(future)
        if future.cancelled():
            return
        error = future.exception()
        if error is None:
            if then is not None:
                then(future.result())
        elif not isinstance(error, Refused | Unanswered):
            raise error
        elif otherwise is not None:
            otherwise(error)
        else:
            _log.warning("carrier_refused", why=str(error))

    def insist(
        self,
        request: Callable[[], Any],
        gone: Callable[[], None],
        then: Then | None = None,
        tries: tuple[float, ...] = _AGAIN,
    ) -> None:
        """Send a request that is safe to repeat, until it is carried out or has no object any more."""

        def failed(error: Refused | Unanswered) -> None:
            if isinstance(error, Refused) and is_gone(error.code, error.status):
                gone()
                return
            again = not isinstance(error, Refused) or failure_of(error.status, error.code) in ("rate", "unknown")
            if again and tries:
                self.clock.call_at(self.clock.now() + tries[0], lambda: self.insist(request, gone, then, tries[1:]))
            else:
                _log.error("carrier_request_given_up", why=str(error))
                gone()

        self.ask(request, then, failed)

    async def close(self) -> None:
        """Wait for the last callbacks and for what is under way, then stop; whoever serves callbacks stops later."""
        until = self.clock.now() + _FAREWELL
        while self.clock.now() < until and (self.legs.any or any(not each.ended for each in self.calls.values())):
            await asyncio.sleep(0.02)
        self._closed = True
        while self._pending:
            await asyncio.wait(set(self._pending), timeout=self.settings.request_timeout + 1.0)
        self._pool.shutdown(wait=False)

    # ------------------------------------------------------------------ calls

    def forget_later(self, call: LiveCall) -> None:
        """Let go of a call that is over once late callbacks have had their time."""

        def forget() -> None:
            self.calls.pop(call.call_id, None)

        self.clock.call_at(self.clock.now() + _REMEMBERED, forget)

    def end(self, call: LiveCall) -> None:
        """Hang a call up, as soon as the carrier has told its name."""
        call.hang_up = True
        if call.sid and not call.ended:
            self.insist(partial(self.door.update_call, call.sid, status="completed"), partial(self.tell_state, call))

    def tell_state(self, call: LiveCall) -> None:
        """Ask for a call's state and treat the answer as its status callback."""
        if call.sid and not call.ended:
            self.ask(partial(self.door.fetch_call, call.sid), lambda state: self.report(call, state.status, None))

    def report(self, call: LiveCall, status: str, sip_code: int | None) -> None:
        """Turn a call's status, told or asked for, into an event.

        Args:
            call: whose.
            status: as the carrier names it.
            sip_code: of a failed call, when known.
        """
        now, call_id = self.clock.now(), call.call_id
        if call.ended:
            return
        cause = end_cause(status, sip_code, call.hang_up)
        if cause:
            call.ended = True
            if not call.decided.is_set():
                call.document = documents.hung_up()
                call.decided.set()
            self.forget_later(call)
            call.deliver(Ended(now, call_id, cause))
        elif status in ("queued", "initiated"):
            call.deliver(Placed(now, call_id, call.sid))
        elif status == "ringing":
            call.deliver(Ringing(now, call_id))
        elif status == "in-progress":
            call.answered_at = call.answered_at or now
            call.deliver(Answered(now, call_id))

    def watch(self) -> None:
        """From now on ask regularly which calls live: the callback of an end may have been lost."""

        def compare(live: list[CallState]) -> None:
            sids, old = {each.sid for each in live}, self.clock.now() - _WATCH
            for call in list(self.calls.values()):
                if call.sid and call.sid not in sids and not call.ended and call.placed_at < old:
                    self.tell_state(call)

        def look() -> None:
            if self._closed:
                return
            if any(call.sid and not call.ended for call in self.calls.values()):
                self.ask(self._list_live, compare)
            self.clock.call_at(self.clock.now() + _WATCH, look)

        self.clock.call_at(self.clock.now() + _WATCH, look)

    def _list_live(self) -> list[CallState]:
        return [call for status in _LIVE for call in self.door.list_calls(status=status)]

    # ------------------------------------------------------------------ agents' legs

    def call_agent(self, agent_id: str, phone: str, caller_id: str) -> Leg:
        """Ring an agent's own phone and park it."""
        leg = self.legs.begin(agent_id)

        def failed(error: Refused | Unanswered) -> None:
            if not isinstance(error, Unanswered) or isinstance(error, NotSent):
                self.legs.lost(leg, f"the phone could not be called: {error}")

        self.ask(
            partial(
                self.door.create_call,
                to=phone,
                from_=caller_id,
                url=self.addresses.agent(agent_id, leg.leg_id),
                status_callback=self.addresses.agent_status(agent_id, leg.leg_id),
                status_callback_event=["completed"],
                timeout=30,
                time_limit=86_400,
            ),
            lambda state: self._named(leg, state.sid),
            failed,
        )
        return leg

    def _named(self, leg: Leg, sid: str) -> None:
        leg.call_sid = leg.call_sid or sid

    def browser_token(self, agent_id: str, lasting: int = 43_200) -> str:
        """An access token with which the agent's browser connects its leg; `lasting` s.

        Raises:
            ValueError: the account has no API key or application for browsers.
        """
        from twilio.jwt.access_token import AccessToken
        from twilio.jwt.access_token.grants import VoiceGrant

        settings = self.settings
        if not settings.browser_legs:
            raise ValueError("browser legs need twilio.api_key_sid, its secret and twilio.application_sid")
        token = AccessToken(
            settings.account_sid,
            settings.api_key_sid,
            settings.api_key_secret.get_secret_value(),
            identity=agent_id,
            ttl=lasting,
        )
        token.add_grant(VoiceGrant(outgoing_application_sid=settings.application_sid, incoming_allow=False))
        return str(token.to_jwt())

    def room_document(self, leg: Leg) -> str:
        """What an agent's leg is told: into its conference."""
        return documents.agent_room(
            leg.room, self.addresses.room(leg.agent_id, leg.leg_id), self.settings.jitter_buffer
        )

    def drop_leg(self, agent_id: str) -> None:
        """End an agent's leg (signed out); the person in its room, if any, hears the apology."""
        leg = self.legs.find(agent_id)
        if leg is not None and leg.call_sid:
            self.hang_up_leg(leg.call_sid)

    def hang_up_leg(self, sid: str) -> None:
        """End the call of an agent's leg, by its sid."""
        self.insist(partial(self.door.update_call, sid, status="completed"), lambda: None)

    def talks(self, agent_id: str) -> bool:
        """Whether a conversation of the agent goes on."""
        return any(each.agent_id == agent_id and each.bridged and not each.ended for each in self.calls.values())
