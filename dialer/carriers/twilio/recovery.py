"""After a crash: the calls that the carrier still has, and what is done about each.

The carrier's lists know calls by their own name and by the two numbers, not by our attempt. An attempt whose
creation was never confirmed is found by its numbers and the time. What rings is cancelled; who waits for an
agent hears the message and the call ends; a conversation with an agent whose leg is still in the room goes on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import structlog

from dialer.carriers.fates import Fate, LeftCall, NotSettled
from dialer.carriers.port import Deliver, PlaceRequest
from dialer.carriers.twilio import documents
from dialer.carriers.twilio.account import TwilioAccount
from dialer.carriers.twilio.calls import LiveCall, Said
from dialer.carriers.twilio.documents import Message
from dialer.carriers.twilio.errors import end_cause
from dialer.carriers.twilio.rest import CallState, Refused, Unanswered
from dialer.engine.events import Ended, Event, Lost

__all__ = ["TwilioReconciler"]

T = TypeVar("T")

_log = structlog.get_logger(__name__)

_LIVE = ("queued", "ringing", "in-progress")
#: How much the carrier's clock and ours may differ when a call is found by its numbers, s.
_SKEW = 10.0


@dataclass(frozen=True, slots=True)
class _Conversation:
    """A person in the room of an agent: the person's call, the agent, the call of the agent's leg."""

    call_sid: str
    agent_id: str
    leg_sid: str


class TwilioReconciler:
    """Implements `dialer.carriers.fates.Reconciler`.

    Args:
        account: asked.
        message_of: the safe-harbour message of a call.
    """

    def __init__(self, account: TwilioAccount, message_of: Callable[[str], Message]) -> None:
        self._account = account
        self._message_of = message_of
        self._legs: dict[str, str] = {}  # agents' legs of dead processes: the agent by the leg's sid
        self._found: dict[str, _Conversation] = {}  # by call id: those that go on

    async def settle(self, left: Sequence[LeftCall]) -> dict[str, Fate]:
        """Ask once for everything that lives, then settle each call.

        Raises:
            NotSettled: the carrier cannot be asked; nothing may be concluded.
        """
        try:
            return await self._settle(left)
        except (Unanswered, Refused) as error:
            raise NotSettled(f"the carrier cannot be asked about earlier calls: {error}") from error

    async def _settle(self, left: Sequence[LeftCall]) -> dict[str, Fate]:
        door = self._account.door
        listed = await asyncio.gather(*(self._ask(partial(door.list_calls, status=status)) for status in _LIVE))
        live = {call.sid: call for calls in listed for call in calls}
        with_agent = await self._conversations()
        await self._end_idle_legs({each.leg_sid for each in with_agent.values()})
        fates = {}
        for call in left:
            found = live.get(call.carrier_ref or "") or self._by_numbers(call, list(live.values()))
            if found is not None:
                fates[call.call_id] = await self._settle_live(call, found, with_agent)
            else:
                fates[call.call_id] = await self._settle_over(call)
        return fates

    def adopt(self, left: LeftCall, deliver: Deliver) -> None:
        """Listen to a conversation that goes on."""
        account = self._account
        request = PlaceRequest(left.call_id, left.number, left.caller_id, 15.0, 0.0, detect_machines=False)

        def told(event: Event) -> None:
            if isinstance(event, Ended | Lost):  # the agent's leg has no desk any more: it ends with the conversation
                account.hang_up_leg(self._found[left.call_id].leg_sid)
            deliver(event)

        call = LiveCall(request, told, self._message_of(left.call_id), left.placed_at)
        found = self._found[left.call_id]
        call.sid, call.said, call.bridged, call.asked = found.call_sid, Said.ROOM, True, True
        call.agent_id = found.agent_id
        call.document = documents.apology(call.message)
        call.decided.set()
        account.calls[left.call_id] = call
        account.tell_state(call)  # it may have ended while we started

    async def _settle_live(self, call: LeftCall, found: CallState, with_agent: dict[str, _Conversation]) -> Fate:
        door = self._account.door
        if found.sid in with_agent:
            self._found[call.call_id] = with_agent[found.sid]
            return Fate("talking", answered=True, agent_id=with_agent[found.sid].agent_id)
        try:
            if found.status != "in-progress":
                after = await self._ask(partial(door.update_call, found.sid, status="canceled"))
                if after.status == "canceled":
                    return Fate("over", "cancelled", ended_by_us=True)
            message = documents.message(self._message_of(call.call_id))
            await self._ask(partial(door.update_call, found.sid, twiml=message))
        except Refused as refused:  # it ended, or was answered, between the list and our word
            _log.warning("orphan_moved_on", why=str(refused))
            return await self._settle_over(call, found.sid)
        return Fate("over", answered=True, ended_by_us=True)

    async def _settle_over(self, call: LeftCall, sid: str = "") -> Fate:
        ref = sid or call.carrier_ref
        state: CallState | None
        try:
            if ref:
                state = await self._ask(partial(self._account.door.fetch_call, ref))
            else:
                listed = await self._ask(partial(self._account.door.list_calls, limit=20, to=call.number))
                state = self._by_numbers(call, listed)
        except Refused as refused:
            if refused.status != 404:
                raise
            state = None
        if state is None:
            return Fate("unknown")
        cause = end_cause(state.status, None, False)
        if not cause:  # it came to life since the list was made: end it
            await self._ask(partial(self._account.door.update_call, state.sid, status="completed"))
            return Fate("over", answered=state.status == "in-progress", ended_by_us=True)
        return Fate("over", cause, answered=state.status == "completed")

    async def _conversations(self) -> dict[str, _Conversation]:
        """Calls that sit in a room together with its agent, by the call's sid; notes the legs that sit alone."""
        rooms = await self._ask(self._account.door.rooms)
        talking = {}
        self._legs = {}
        for name, sid in rooms.items():
            agent_id, _, leg_id = name.removeprefix("agent-").rpartition("-")
            if not name.startswith("agent-") or self._account.legs.find(agent_id, leg_id) is not None:
                continue  # no agent's room, or one of this process
            people = await self._ask(partial(self._account.door.people_in, sid))
            leg_sid = people.pop("agent", "")
            if leg_sid:
                self._legs[leg_sid] = agent_id
                talking.update({each: _Conversation(each, agent_id, leg_sid) for each in people.values()})
        return talking

    async def _end_idle_legs(self, talking: set[str]) -> None:
        """End the legs of agents who were parked in the dead process and talk with nobody: they cost money."""
        for leg_sid in self._legs.keys() - talking:
            self._account.hang_up_leg(leg_sid)

    @staticmethod
    def _by_numbers(call: LeftCall, among: Sequence[CallState]) -> CallState | None:
        for each in among:
            same = each.to == call.number and each.from_ == call.caller_id
            if same and (each.created is None or each.created.timestamp() >= call.placed_at - _SKEW):
                return each
        return None

    async def _ask(self, request: Callable[[], T]) -> T:
        answer: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._account.ask(request, answer.set_result, answer.set_exception)
        return await answer
