"""What the carrier asks and reports, as functions of the forms it sends; no web framework here.

Requests come repeated, late, out of order or not at all. Every handler may be called twice with the same form.
Whoever mounts them has verified the signature (`verified`) before.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress

import structlog

from dialer.carriers.twilio import documents
from dialer.carriers.twilio.account import TwilioAccount
from dialer.carriers.twilio.addresses import FRAGMENTS
from dialer.carriers.twilio.calls import LiveCall, Said
from dialer.carriers.twilio.errors import end_cause
from dialer.carriers.twilio.legs import Leg
from dialer.engine.events import AgentAsked, Answered, Bridged, MachineDetected, MachineReady, MessagePlayed, OptedOut

__all__ = [
    "agent_document",
    "agent_reported",
    "answer",
    "browser_document",
    "detection_reported",
    "key_pressed",
    "left_room",
    "message_played",
    "on_hold",
    "recording_notice",
    "room_reported",
    "status_reported",
    "verified",
]

_log = structlog.get_logger(__name__)

Form = Mapping[str, str]


#: The reply to `/answer` waits this long for an agent, s; then comes a second of silence and the message.
_WAIT = 0.8
_HOLD = 1
#: Who asks for an agent by key waits for one so long, s, then the safe-harbour message comes by itself.
_ASKED_HOLD = 1
#: After a person left a room without a word of the call's end, the carrier is asked, s.
_LATE = 2.0
#: Detection gives up 30 s after the answer by itself: a verdict from later was held up on its way, s.
_VERDICT_WITHIN = 30.0


def verified(account: TwilioAccount, path: str, form: Form, signature: str) -> bool:
    """Tell whether a request was signed with our account's token, for our public address and these fields.

    Args:
        account: whose token.
        path: of the request, as sent.
        form: its fields.
        signature: the header `X-Twilio-Signature`.
    """
    from twilio.request_validator import RequestValidator

    if form.get("AccountSid", account.settings.account_sid) != account.settings.account_sid:
        return False
    validator = RequestValidator(account.settings.auth_token.get_secret_value())
    url = account.settings.public_url + path
    # Whether the connection overrides in the fragment are signed too is written nowhere: both are ours.
    return any(validator.validate(url + fragment, form, signature) for fragment in ("", *FRAGMENTS))


# ---------------------------------------------------------------------- a person's call


async def answer(account: TwilioAccount, call_id: str, form: Form) -> str | None:
    """Somebody answered: tell the engine, and reply with what it decides.

    Returns:
        The document, or None for a call that is not ours (the caller replies with the orphans' document).
    """
    call = account.calls.get(call_id)
    if call is None:
        return None
    call.sid = call.sid or form.get("CallSid", "")
    if call.ended:
        return documents.hung_up()
    if call.said is not Said.NOTHING or call.decided.is_set():
        return call.document  # asked again: the same word as before
    call.asked = True
    if call.hang_up:
        return documents.hung_up()
    call.answered_at = call.answered_at or account.clock.now()
    call.deliver(Answered(account.clock.now(), call_id))
    if not call.decided.is_set():
        with suppress(TimeoutError):
            await asyncio.wait_for(call.decided.wait(), _WAIT)
    if not call.decided.is_set():
        call.said = Said.HOLD
        call.document = documents.held(_HOLD, call.message)
        call.decided.set()
    return call.document


def status_reported(account: TwilioAccount, call_id: str, form: Form) -> bool:
    """The call's progress; False for a call that is not ours."""
    call = account.calls.get(call_id)
    if call is None:
        return False
    call.sid = call.sid or form.get("CallSid", "")
    sip = form.get("SipResponseCode", "")
    account.report(call, form.get("CallStatus", ""), int(sip) if sip.isdigit() else None)
    if call.hang_up and not call.ended:
        account.end(call)  # it was given up before its name was known
    return True


def detection_reported(account: TwilioAccount, call_id: str, form: Form) -> None:
    """The verdict on who answered: only a sure machine is one; everything else is a person.

    The first verdict holds, and one that was held up on its way is too late: the agent knows better by then, and
    somebody who talks must not be hung up on.
    """
    call = account.calls.get(call_id)
    if call is None or call.ended or call.verdict:
        return
    call.verdict = said = form.get("AnsweredBy", "unknown")
    now = account.clock.now()
    if not (said.startswith("machine") or said == "fax"):
        return
    if call.answered_at is not None and now > call.answered_at + _VERDICT_WITHIN:
        _log.warning("verdict_too_late", call=call_id, seconds=round(now - call.answered_at, 1))
        return
    if said.startswith("machine_end"):  # the greeting is over: what is said from now on is recorded
        call.deliver(MachineReady(now, call_id))
    else:
        call.deliver(MachineDetected(now, call_id))


def key_pressed(account: TwilioAccount, call_id: str, form: Form) -> str | None:
    """A key during the message: the opt-out key suppresses the number before the reply is sent."""
    call = account.calls.get(call_id)
    if call is None:
        return None
    if form.get("Digits", "") == call.message.key:
        call.deliver(OptedOut(account.clock.now(), call_id))
        return documents.opted_out(call.message.confirmation)
    if call.said is Said.ANNOUNCED:
        if form.get("Digits", "") == call.message.agent_key and not call.ended:
            return _to_agent(account, call)
        return documents.announced(call.message)  # another key: say it again
    if call.said is Said.ROOM:
        return call.document  # the key for an agent was pressed twice
    return documents.message(call.message)


def _to_agent(account: TwilioAccount, call: LiveCall) -> str:
    """The reply to the key for an agent: the room of one who is free, else a moment's wait, then the message."""
    call.replying, call.document = True, ""
    try:
        call.deliver(AgentAsked(account.clock.now(), call.call_id))
    finally:
        call.replying = False
    if not call.document:
        call.said, call.document = Said.HOLD, documents.held(_ASKED_HOLD, call.message)
    return call.document


def message_played(account: TwilioAccount, call_id: str) -> str:
    """The message was heard to its end."""
    call = account.calls.get(call_id)
    if call is not None and not call.ended:
        call.deliver(MessagePlayed(account.clock.now(), call_id))
    return documents.hung_up()


def left_room(account: TwilioAccount, call_id: str, form: Form) -> str | None:
    """The person left an agent's room, or never got in, and is still on the line."""
    call = account.calls.get(call_id)
    if call is None:
        return None
    over = form.get("CallStatus", "") in ("completed", "canceled", "failed")
    if over or call.ended or (call.bridged and not call.agent_lost):
        return documents.hung_up()
    call.said = Said.MESSAGE  # nobody is there: the person is told, not left in silence
    return documents.apology(call.message) if call.bridged else documents.message(call.message)


def on_hold(account: TwilioAccount, call_id: str) -> str:
    """What a person on hold hears."""
    call = account.calls.get(call_id)
    return documents.hung_up() if call is None else documents.hold_music(call.message.hold)


def recording_notice(account: TwilioAccount, call_id: str) -> str:
    """What a person hears when a recording begins."""
    call = account.calls.get(call_id)
    return documents.hung_up() if call is None else documents.notice(call.message.notice)


# ---------------------------------------------------------------------- agents' legs


def agent_document(account: TwilioAccount, agent_id: str, leg_id: str) -> str:
    """An agent's phone was answered: park it; one of an earlier leg is ended."""
    leg = account.legs.find(agent_id, leg_id)
    return documents.hung_up() if leg is None else account.room_document(leg)


def browser_document(account: TwilioAccount, form: Form) -> str:
    """An agent's browser connects: park it in a new leg."""
    agent_id = form.get("From", "").removeprefix("client:")
    if not agent_id or not form.get("From", "").startswith("client:"):
        return documents.hung_up()
    leg = account.legs.begin(agent_id)
    leg.call_sid = form.get("CallSid", "")
    return account.room_document(leg)


def agent_reported(account: TwilioAccount, agent_id: str, leg_id: str, form: Form) -> None:
    """The end of an agent's leg."""
    leg = account.legs.find(agent_id, leg_id)
    if leg is not None and end_cause(form.get("CallStatus", ""), None, False):
        _lose(account, leg, f"the leg ended ({form.get('CallStatus')})")


def room_reported(account: TwilioAccount, agent_id: str, leg_id: str, form: Form) -> None:
    """Somebody joined or left an agent's room."""
    leg = account.legs.find(agent_id, leg_id)
    if leg is None:
        return
    event, label = form.get("StatusCallbackEvent", ""), form.get("ParticipantLabel", "")
    sid, room_sid = form.get("CallSid", ""), form.get("ConferenceSid", "")
    agents_own = label == "agent" or (sid != "" and sid == leg.call_sid)
    if event == "participant-join" and agents_own:
        account.legs.joined(leg, sid, room_sid)
    elif event == "participant-join":
        call = account.calls.get(label) or next((each for each in account.calls.values() if each.sid == sid), None)
        if call is not None and not call.ended and call.agent_id == agent_id:
            leg.room_sid = room_sid or leg.room_sid
            is_new, call.bridged = not call.bridged, True
            call.deliver(Bridged(account.clock.now(), call.call_id, agent_id))
            if is_new and not call.hang_up:
                account.on_bridged(call)
    elif event == "participant-leave" and not agents_own:
        gone = account.calls.get(label)
        if gone is not None:  # as a rule the call is over; its own callback may be late or lost
            account.clock.call_at(account.clock.now() + _LATE, lambda: account.tell_state(gone))
    elif event == "conference-end" or (event == "participant-leave" and agents_own):
        _lose(account, leg, "the agent's leg left its room")


def _lose(account: TwilioAccount, leg: Leg, why: str) -> None:
    for call in account.calls.values():
        if call.agent_id == leg.agent_id and not call.ended:
            call.agent_lost = True
    account.legs.lost(leg, why)
