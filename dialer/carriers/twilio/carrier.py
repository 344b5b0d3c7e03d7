"""The carrier port over one account, for one campaign's run."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import structlog

from dialer.carriers.port import Deliver, PlaceRequest, Spoken
from dialer.carriers.twilio import documents
from dialer.carriers.twilio.account import TwilioAccount
from dialer.carriers.twilio.calls import LiveCall, Said
from dialer.carriers.twilio.documents import Message
from dialer.carriers.twilio.errors import failure_of
from dialer.carriers.twilio.rest import CallState, NotSent, Refused, Unanswered
from dialer.engine.events import Bridged, BridgeFailed, Ended, Lost, Placed, PlaceFailed

__all__ = ["TwilioCarrier"]

_log = structlog.get_logger(__name__)

#: A call whose creation got no answer is looked for after so many s: the carrier's lists lag behind.
_LOOK_AGAIN = (2.0, 5.0, 10.0)
_OVER = frozenset({"completed", "busy", "failed", "no-answer", "canceled"})


def _leaves_message(request: PlaceRequest) -> bool:
    return request.recorded is not None and request.recorded.leave_voicemail


class TwilioCarrier:
    """Implements `dialer.carriers.port.Carrier`; all verbs belong to the event loop's thread.

    Args:
        account: shared by all campaigns.
        message_of: the safe-harbour message and other prompts of a call.
    """

    name = "twilio"

    def __init__(self, account: TwilioAccount, message_of: Callable[[str], Message]) -> None:
        self.calls_per_second = account.settings.calls_per_second
        self._account = account
        self._message_of = message_of
        self._deliver: Deliver | None = None

    # ------------------------------------------------------------------ the port

    def open(self, deliver: Deliver) -> None:
        """Deliver events to `deliver` from now on."""
        self._deliver = deliver

    def close(self) -> None:
        """Stop delivering; calls live on, and whoever answers hears the message."""
        self._deliver = None

    def place(self, request: PlaceRequest) -> None:
        """Create the call, once."""
        account, where = self._account, self._account.addresses
        if request.call_id in account.calls:
            self.look_up(request.call_id)
            return
        call = LiveCall(request, self._send, self._message_of(request.call_id), account.clock.now())
        account.calls[request.call_id] = call
        fields: dict[str, object] = {
            "to": request.number,
            "from_": request.caller_id,
            "url": where.answer(request.call_id),
            "status_callback": where.status(request.call_id),
            "status_callback_event": ["initiated", "ringing", "answered", "completed"],
            "timeout": max(15, round(request.ring_timeout)),
            "time_limit": round(request.time_limit),
        }
        if call.message.fallback:
            fields |= {"fallback_url": call.message.fallback, "fallback_method": "GET"}
        if request.detect_machines:
            fields |= {
                "machine_detection": "DetectMessageEnd" if _leaves_message(request) else "Enable",
                "async_amd": "true",
                "async_amd_status_callback": where.detection(request.call_id),
            }
        account.ask(
            partial(account.door.create_call, **fields), partial(self._created, call), partial(self._refused, call)
        )

    def bridge(self, call_id: str, agent_id: str) -> None:
        """Put an answered person into an agent's room: in the reply to `/answer` when that still waits."""
        call = self._account.calls.get(call_id)
        leg = self._account.legs.parked(agent_id)
        if call is None or call.ended or leg is None:
            why = "the call is over" if leg is not None else "the agent's leg is not parked"
            self._soon(lambda: self._send(BridgeFailed(self._now(), call_id, agent_id, why)))
            return
        if call.bridged and call.agent_id == agent_id:
            self._soon(lambda: self._send(Bridged(self._now(), call_id, agent_id)))
            return
        call.agent_id, call.agent_lost = agent_id, False
        self._tell(
            call,
            Said.ROOM,
            documents.into_room(leg.room, call_id, self._account.addresses.left(call_id)),
            lambda: self._send(BridgeFailed(self._now(), call_id, agent_id, "the person is gone")),
        )

    def play_message(self, call_id: str, what: Spoken = "safe_harbour") -> None:
        """Play a message, then hang up."""
        call = self._account.calls.get(call_id)
        if call is None or call.ended or call.said in (Said.HOLD, Said.MESSAGE, Said.VOICEMAIL):
            return  # after a hold the message comes by itself
        call.agent_id = ""
        if what == "message":
            if call.said is not Said.ANNOUNCED:
                document = documents.announced(call.message)
                self._tell(call, Said.ANNOUNCED, document, partial(self._account.tell_state, call))
            return
        if what == "voicemail":
            document = documents.left(call.message.voicemail, call.message.played)
            self._tell(call, Said.VOICEMAIL, document, partial(self._account.tell_state, call))
            return
        self._tell(call, Said.MESSAGE, documents.message(call.message), partial(self._account.tell_state, call))

    def hang_up(self, call_id: str) -> None:
        """End a call, ringing or answered."""
        call = self._account.calls.get(call_id)
        if call is None or call.ended:
            return
        if call.asked and not call.decided.is_set():  # the carrier waits for our word: this is it
            call.document = documents.hung_up()
            call.decided.set()
        self._account.end(call)

    def look_up(self, call_id: str) -> None:
        """Ask what became of a call; one whose name we never learned is looked for by its two numbers."""
        call = self._account.calls.get(call_id)
        if call is None:
            self._soon(lambda: self._send(Lost(self._now(), call_id)))
        elif call.ended:
            self._soon(lambda: self._send(Ended(self._now(), call_id, "failed")))
        elif call.sid:
            self._account.tell_state(call)
        else:
            self._search(call, _LOOK_AGAIN)

    # ------------------------------------------------------------------ creating

    def _created(self, call: LiveCall, state: CallState) -> None:
        call.sid = call.sid or state.sid
        if call.hang_up:
            self._account.end(call)
        if state.queue_time > self._account.settings.queue_alarm:
            self._account.stale += 1
            _log.warning("queue_time", seconds=state.queue_time, limit=self._account.settings.queue_alarm)
            self._account.ask(
                partial(self._account.door.update_call, call.sid, status="canceled"),
                partial(self._cancelled, call, state.queue_time),
                lambda _error: self._send(Placed(self._now(), call.call_id, call.sid)),  # too late: it rings
            )
            return
        self._send(Placed(self._now(), call.call_id, call.sid))

    def _cancelled(self, call: LiveCall, queued: float, state: CallState) -> None:
        if state.status == "canceled":
            call.ended = True
            why = f"it waited {queued:.1f} s in the carrier's queue"
            self._send(PlaceFailed(self._now(), call.call_id, "rate", why))
            self._account.forget_later(call)
        else:
            self._send(Placed(self._now(), call.call_id, call.sid))

    def _refused(self, call: LiveCall, error: Refused | Unanswered) -> None:
        if isinstance(error, Refused):
            kind = failure_of(error.status, error.code)
        else:
            kind = "rate" if isinstance(error, NotSent) else "unknown"
        if kind != "unknown":
            call.ended = True
            self._account.forget_later(call)
        if call.sid:  # a callback has told of the call meanwhile: it lives
            self._send(Placed(self._now(), call.call_id, call.sid))
            return
        self._send(PlaceFailed(self._now(), call.call_id, kind, str(error)))

    def _search(self, call: LiveCall, waits: tuple[float, ...]) -> None:
        """Look for a call by its numbers among the carrier's latest."""
        if call.sid:
            self._account.tell_state(call)
            return
        if not waits:
            self._send(Lost(self._now(), call.call_id))
            return

        def found(states: list[CallState]) -> None:
            known = {each.sid for each in self._account.calls.values() if each.sid}
            mine = [
                each
                for each in states
                if each.sid not in known
                and each.from_ == call.request.caller_id
                and (each.created is None or each.created.timestamp() >= call.placed_at - 5.0)
            ]
            if mine:
                call.sid = call.sid or mine[0].sid
                if call.hang_up and mine[0].status not in _OVER:
                    self._account.end(call)
                self._account.report(call, mine[0].status, None)
            else:
                later()

        def later(_error: object = None) -> None:
            self._account.clock.call_at(self._now() + waits[0], lambda: self._search(call, waits[1:]))

        number = call.request.number
        self._account.ask(partial(self._account.door.list_calls, limit=20, to=number), found, later)

    # ------------------------------------------------------------------ telling

    def _tell(self, call: LiveCall, said: Said, document: str, gone: Callable[[], None]) -> None:
        """Say what happens next: as the reply that the carrier waits for, or by redirecting the call."""
        replied = call.said is not Said.NOTHING
        call.said = said
        if not replied and not call.decided.is_set():
            call.document = document
            call.decided.set()
            return
        if call.replying:
            call.document = document
            return
        call.document = document  # a repeated request for the answer gets the newest word
        if call.sid:
            self._account.insist(partial(self._account.door.update_call, call.sid, twiml=document), gone)

    def _send(self, event: object) -> None:
        if self._deliver is not None:
            self._deliver(event)  # type: ignore[arg-type]

    def _soon(self, act: Callable[[], None]) -> None:
        self._account.clock.call_at(self._now(), act)

    def _now(self) -> float:
        return self._account.clock.now()
