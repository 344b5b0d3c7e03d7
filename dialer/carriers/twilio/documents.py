"""The documents that tell the carrier what to do with a call. Pure: values in, text out."""

from __future__ import annotations

from dataclasses import dataclass, replace

from twilio.twiml.voice_response import Dial, Gather, VoiceResponse

__all__ = [
    "Message",
    "agent_room",
    "announced",
    "apology",
    "fallback",
    "held",
    "hold_music",
    "hung_up",
    "into_room",
    "keys",
    "left",
    "message",
    "notice",
    "opted_out",
    "return_call",
    "to_seller",
    "to_third",
    "together",
    "voicemail",
]

#: A parked leg lasts a shift, not the carrier's four hours.
_SHIFT = 86_400
#: After the message the key may still be pressed for this long, s.
_KEY_PATIENCE = 3


@dataclass(frozen=True, slots=True)
class Message:
    """The safe-harbour message of one call, with the other prompts it may need.

    Attributes:
        audio: address of the prerendered file.
        apology: the same after an agent's leg was lost.
        confirmation: address of what is heard after the key was pressed.
        hold: address of what is heard on hold.
        notice: address of "this call is recorded".
        opt_out: where the key press goes.
        played: fetched when it was heard to its end.
        key: the opt-out key.
        voicemail: address of what an agent may leave on a machine; empty: nothing.
        announcement: address of what an agentless campaign says; empty: it is none.
        replays: how often that is said again.
        agent_key: the key of it that asks for an agent; empty: none.
        fallback: address of the document that works while this dialer is down; empty: none.
    """

    audio: str
    apology: str
    confirmation: str
    hold: str
    notice: str
    opt_out: str
    played: str
    key: str
    voicemail: str = ""
    fallback: str = ""
    announcement: str = ""
    replays: int = 0
    agent_key: str = ""


def into_room(room: str, call_id: str, left: str) -> str:
    """Join the person to an agent's conference.

    Args:
        room: the conference.
        call_id: the person's label in it.
        left: fetched when the join failed or the conference is over for the person; verbs after a `<Dial>` with
            an action are never reached, so what follows stands there.
    """
    response = VoiceResponse()
    dial = Dial(action=left, method="POST")
    dial.conference(
        room,
        participant_label=call_id,
        start_conference_on_enter=True,
        end_conference_on_exit=False,
        beep="false",
        wait_url="",
        max_participants=3,
        jitter_buffer_size="small",
    )
    response.append(dial)
    return str(response)


def held(seconds: int, after: Message) -> str:
    """Wait in silence, then play the message: what happens also when nobody is left to say otherwise."""
    response = VoiceResponse()
    if seconds > 0:
        response.pause(length=seconds)
    return str(_with_message(response, after))


def message(after: Message) -> str:
    """Play the safe-harbour message now."""
    return held(0, after)


def announced(after: Message) -> str:
    """Play what an agentless campaign says, as often as it says it, listening for keys."""
    response = VoiceResponse()
    gather = Gather(num_digits=1, action=after.opt_out, method="POST", timeout=_KEY_PATIENCE, input="dtmf")
    for _ in range(1 + after.replays):
        gather.play(after.announcement)
    response.append(gather)
    response.redirect(after.played, method="POST")
    return str(response)


def left(audio: str, played: str) -> str:
    """Leave a message on a machine; what became of it is told by fetching `played`, which hangs up."""
    response = VoiceResponse()
    response.play(audio)
    response.redirect(played, method="POST")
    return str(response)


def apology(after: Message) -> str:
    """Say that the agent's line broke, then the message."""
    return held(0, replace(after, audio=after.apology))


def fallback(audio: str, opt_out: str) -> str:
    """The message as a document that lies elsewhere, for when this dialer cannot be reached.

    The key press is still sent here: it may be reached again by then.
    """
    response = VoiceResponse()
    gather = Gather(num_digits=1, action=opt_out, method="POST", timeout=_KEY_PATIENCE, input="dtmf")
    gather.play(audio)
    response.append(gather)
    response.hangup()
    return str(response)


def opted_out(confirmation: str) -> str:
    """Confirm that the person is not called again, and hang up."""
    response = VoiceResponse()
    response.play(confirmation)
    response.hangup()
    return str(response)


def hung_up() -> str:
    """End the call."""
    response = VoiceResponse()
    response.hangup()
    return str(response)


def notice(audio: str) -> str:
    """What a person alone hears on joining: the conversation is recorded."""
    response = VoiceResponse()
    response.play(audio)
    return str(response)


def hold_music(audio: str) -> str:
    """What a person on hold hears, again and again."""
    response = VoiceResponse()
    response.play(audio, loop=0)
    return str(response)


def keys(digits: str, then: str) -> str:
    """Press keys, then go on as `then` says (a document)."""
    response = VoiceResponse()
    response.play(digits=digits)
    return str(response).replace("</Response>", then.partition("<Response>")[2])


def voicemail(audio: str) -> str:
    """Leave a recorded message and hang up."""
    return opted_out(audio)


def to_third(number: str, caller_id: str) -> str:
    """Call a third person and join both; the agent is no part of it any more."""
    response = VoiceResponse()
    dial = Dial(caller_id=caller_id, timeout=30)
    dial.number(number)
    response.append(dial)
    return str(response)


def together(room: str) -> str:
    """Put a call into a room that ends when anybody leaves it."""
    response = VoiceResponse()
    dial = Dial()
    dial.conference(room, start_conference_on_enter=True, end_conference_on_exit=True, beep="false", wait_url="")
    response.append(dial)
    return str(response)


def return_call(audio: str, key: str, seller: str, rung: str, over: str) -> str:
    """Say who called; a key goes to `key`; who stays on the line is put through to the seller.

    Args:
        audio: address of what is said.
        key: where a key press goes.
        seller: the seller's telephone.
        rung: our number that was rung, which the seller sees.
        over: fetched when the talk with the seller is over.
    """
    response = VoiceResponse()
    gather = Gather(num_digits=1, action=key, method="POST", timeout=_KEY_PATIENCE, input="dtmf")
    gather.play(audio)
    response.append(gather)
    return str(_with_seller(response, seller, rung, over))


def to_seller(seller: str, rung: str, over: str) -> str:
    """Put somebody who rang back through to the seller's telephone; see `return_call`."""
    return str(_with_seller(VoiceResponse(), seller, rung, over))


def _with_seller(response: VoiceResponse, seller: str, rung: str, over: str) -> VoiceResponse:
    dial = Dial(action=over, method="POST", timeout=30, caller_id=rung)
    dial.number(seller)
    response.append(dial)
    return response


def agent_room(room: str, status: str, jitter_buffer: str) -> str:
    """Park an agent's leg in a conference of its own for the whole shift."""
    response = VoiceResponse()
    dial = Dial(time_limit=_SHIFT)
    dial.conference(
        room,
        participant_label="agent",
        start_conference_on_enter=True,
        end_conference_on_exit=True,
        beep="false",
        wait_url="",
        jitter_buffer_size=jitter_buffer,
        status_callback=status,
        status_callback_event="start end join leave",
        status_callback_method="POST",
    )
    response.append(dial)
    return str(response)


def _with_message(response: VoiceResponse, after: Message) -> VoiceResponse:
    gather = Gather(num_digits=1, action=after.opt_out, method="POST", timeout=_KEY_PATIENCE, input="dtmf")
    gather.play(after.audio)
    response.append(gather)
    response.redirect(after.played, method="POST")
    return response
