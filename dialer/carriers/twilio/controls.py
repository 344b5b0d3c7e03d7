"""Conversation controls over conferences: implements `dialer.carriers.controls.Controls`."""

from __future__ import annotations

from functools import partial

import structlog

from dialer.carriers.controls import Ear, NoSuchControl, TransferKind
from dialer.carriers.twilio import documents
from dialer.carriers.twilio.account import TwilioAccount
from dialer.carriers.twilio.calls import LiveCall
from dialer.carriers.twilio.legs import Leg
from dialer.engine.events import Ended

__all__ = ["TwilioControls"]

_log = structlog.get_logger(__name__)

#: The carrier's name for whatever recording is in progress.
_CURRENT = "Twilio.CURRENT"


class TwilioControls:
    """Controls of one account's conversations.

    Args:
        account: whose calls and legs.
    """

    def __init__(self, account: TwilioAccount) -> None:
        self._account = account
        self._thirds: dict[str, str] = {}  # call -> sid of the third person's call
        self._ears: dict[tuple[str, str], str] = {}  # (agent, supervisor) -> sid of the supervisor's call

    def mute(self, agent_id: str, on: bool) -> None:
        """The agent is not heard."""
        leg = self._leg(agent_id)
        self._participant(leg, leg.call_sid, muted=on)

    def hold(self, call_id: str, on: bool) -> None:
        """The person hears the hold prompt instead of the agent."""
        call, leg = self._conversation(call_id)
        more = {"hold_url": self._account.addresses.hold(call_id), "hold_method": "POST"} if on else {}
        self._participant(leg, call.sid, hold=on, **more)

    def send_digits(self, call_id: str, digits: str) -> None:
        """Press keys: the person's call plays them and goes back into the room."""
        call, leg = self._conversation(call_id)
        if not digits or set(digits) - set("0123456789*#w"):
            raise NoSuchControl(f"{digits!r} are no keys of a telephone")
        back = documents.into_room(leg.room, call_id, self._account.addresses.left(call_id))
        self._redirect(call, documents.keys(digits, back))

    def record(self, call_id: str, on: bool) -> None:
        """Start (announced, two channels), pause or resume."""
        call, leg = self._conversation(call_id)
        account = self._account
        if call.recording:
            status = "in-progress" if on else "paused"
            account.ask(partial(account.door.update_recording, call.sid, _CURRENT, status))
        elif on:
            call.recording = _CURRENT
            self._participant(leg, call.sid, announce_url=account.addresses.notice(call_id), announce_method="POST")
            account.ask(
                partial(
                    account.door.record,
                    call.sid,
                    recording_channels="dual",
                    trim="do-not-trim",
                    recording_status_callback=account.addresses.recording(call_id),
                    recording_status_callback_event=["completed", "absent"],
                ),
                None,
                lambda error: self._not_recorded(call, error),
            )

    def drop_voicemail(self, call_id: str) -> None:
        """Leave the recorded message; the agent's part of the call is over."""
        call, _leg = self._conversation(call_id)
        if not call.message.voicemail:
            raise NoSuchControl(
                "this campaign has no recorded voicemail: dialer carrier prompts --recording voicemail="
            )
        self._redirect(call, documents.voicemail(call.message.voicemail))
        self._agent_is_free(call)

    def transfer(self, call_id: str, to: str, kind: TransferKind) -> None:
        """Give the person to a third."""
        call, leg = self._conversation(call_id)
        if kind == "blind":
            self._redirect(call, documents.to_third(to, self._caller_id()))
            self._agent_is_free(call)
            return
        account = self._account
        account.ask(
            partial(
                account.door.add_participant,
                leg.room_sid,
                to=to,
                from_=self._caller_id(),
                label=f"third-{call_id}",
                beep="false",
                end_conference_on_exit=False,
                timeout=30,
            ),
            partial(self._thirds.__setitem__, call_id),
        )

    def complete_transfer(self, call_id: str) -> None:
        """Person and third move to a room without the agent."""
        call, _leg = self._conversation(call_id)
        third = self._thirds.pop(call_id, "")
        if not third:
            raise NoSuchControl("there is no third person on this call")
        room = documents.together(f"transfer-{call_id}")
        account = self._account
        account.insist(partial(account.door.update_call, third, twiml=room), lambda: None)
        self._redirect(call, room)
        self._agent_is_free(call)

    def join(self, agent_id: str, supervisor: str, ear: Ear) -> None:
        """Bring a supervisor in, or change how they take part."""
        leg, account = self._leg(agent_id), self._account
        parts: dict[Ear, dict[str, object]] = {
            "listen": {"muted": True, "coaching": False},
            "whisper": {"muted": False, "coaching": True, "call_sid_to_coach": leg.call_sid},
            "barge": {"muted": False, "coaching": False},
        }
        part = parts[ear]
        there = self._ears.get((agent_id, supervisor))
        if there is not None:
            self._participant(leg, there, **part)
            return
        account.ask(
            partial(
                account.door.add_participant,
                leg.room_sid,
                to=supervisor,
                from_=self._caller_id(),
                label=f"supervisor-{agent_id}",
                beep="false",
                end_conference_on_exit=False,
                timeout=30,
                **part,
            ),
            partial(self._ears.__setitem__, (agent_id, supervisor)),
        )

    # ------------------------------------------------------------------ helpers

    def _conversation(self, call_id: str) -> tuple[LiveCall, Leg]:
        call = self._account.calls.get(call_id)
        if call is None or call.ended or not call.bridged:
            raise NoSuchControl("nobody is on this call any more")
        return call, self._leg(call.agent_id)

    def _caller_id(self) -> str:
        """Shown to third persons and supervisors' phones."""
        if not self._account.settings.agents_caller_id:
            raise NoSuchControl("calling somebody in needs twilio.agents_caller_id in dialer.toml")
        return self._account.settings.agents_caller_id

    def _leg(self, agent_id: str) -> Leg:
        leg = self._account.legs.parked(agent_id)
        if leg is None or not leg.room_sid:
            raise NoSuchControl(f"{agent_id} has no line")
        return leg

    def _participant(self, leg: Leg, call_sid: str, **fields: object) -> None:
        door = self._account.door
        self._account.ask(partial(door.update_participant, leg.room_sid, call_sid, **fields))

    def _redirect(self, call: LiveCall, document: str) -> None:
        self._account.insist(partial(self._account.door.update_call, call.sid, twiml=document), lambda: None)

    def _agent_is_free(self, call: LiveCall) -> None:
        """For the floor the call is over; the carrier's own end of it comes later and says nothing new."""
        call.ended = True
        self._account.forget_later(call)
        call.deliver(Ended(self._account.clock.now(), call.call_id, "hung_up_by_us"))

    def _not_recorded(self, call: LiveCall, error: object) -> None:
        call.recording = ""
        _log.warning("recording_failed", call=call.call_id, why=str(error))
