"""`<Dial>`: into a conference, or to a number or client that is called for it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial
from typing import Any

from dialer.carriers.emulator.callbacks import Request
from dialer.carriers.emulator.errors import ApiError
from dialer.carriers.emulator.leg import Leg, LegOptions
from dialer.carriers.emulator.model import Entry, Source
from dialer.carriers.emulator.rooms import Membership
from dialer.carriers.emulator.script import Performance, absolute, told_by
from dialer.carriers.emulator.twiml import Verb

__all__ = ["dial", "sit_in"]

#: A `<Dial>` ends after four hours unless it says otherwise.
_TIME_LIMIT = 14_400.0
_RING_TIMEOUT = 30.0


class _Outcome:
    """What the `<Dial>` came to, for its action: `answered` says the carrier of a conference, `completed` of a call."""

    def __init__(self) -> None:
        self.status = "failed"
        self.child: Leg | None = None
        self.connected_at: float | None = None

    def params(self, now: float) -> dict[str, str]:
        params = {"DialCallStatus": self.status}
        if self.child is not None:
            params["DialCallSid"] = self.child.sid
        if self.connected_at is not None:
            params["DialCallDuration"] = str(int(now - self.connected_at))
            params["DialBridged"] = "true"
        return params


async def dial(performance: Performance, verb: Verb) -> Source | None:
    """Carry a `<Dial>` out; returns its action, or None to go on with the next verb."""
    leg, exchange = performance.leg, performance.exchange
    outcome = _Outcome()
    url, method = verb.attributes.get("action", ""), verb.attributes.get("method", "POST")

    def action() -> Source:
        step = performance.step("twiml.action", url, method)
        return replace(step, params=outcome.params(exchange.clock.now()))

    leg.action = action if url else None
    leg.star = asyncio.get_running_loop().create_future() if verb.flag("hangupOnStar", False) else None
    try:
        async with asyncio.timeout(verb.number("timeLimit", _TIME_LIMIT) / exchange.clock.speed):
            await _connect(performance, verb, outcome)
    except TimeoutError:
        pass  # the time limit: whoever was connected was connected
    finally:
        leg.star = None
    if leg.ended:
        return None
    leg.action = None
    return action() if url else None


async def _connect(performance: Performance, verb: Verb, outcome: _Outcome) -> None:
    nouns = verb.children
    if not nouns and verb.text:
        nouns = (Verb("Number", {}, verb.text),)
    if not nouns:
        performance.exchange.violation("value", "<Dial> dials nobody", performance.leg)
        return
    if nouns[0].name == "Conference":
        if len(nouns) > 1:
            performance.exchange.violation("value", "<Dial> with more than a <Conference>", performance.leg)
        await _conference(performance, verb, nouns[0], outcome)
    else:
        await _call_out(performance, verb, nouns, outcome)


# ---------------------------------------------------------------------- conferences


async def _conference(performance: Performance, verb: Verb, noun: Verb, outcome: _Outcome) -> None:
    leg, exchange = performance.leg, performance.exchange
    entry = _entry(noun, performance.base)
    if entry.wait_url:
        answer = await exchange.courier.fetch(
            Request("twiml.wait", entry.wait_url, entry.wait_method, leg.params(), leg.call.to, leg.call.caller)
        )
        if not answer.ok:
            exchange.violation("document", f"11200 at {entry.wait_url}", leg)
            return
    if exchange.strike("leaves_joining", "person", leg):
        leg.hang_up()
        return
    await exchange.clock.sleep(exchange.settings.join_delay)
    try:
        member = exchange.rooms.join(leg, entry)
    except ApiError as error:
        exchange.violation("room", f"{error.code}: {error.message}", leg)
        return
    outcome.connected_at = exchange.clock.now()
    outcome.status = "answered"
    record = verb.attributes.get("record", "do-not-record")
    if record.startswith("record") or record == "true":
        told = told_by(verb, performance.base, "completed", "recordingStatusCallback")
        channels = 2 if record.endswith("dual") else 1
        exchange.recordings.start(leg.sid, "DialVerb", told, channels=channels)
    await _stay(leg, member)


async def _stay(leg: Leg, member: Membership) -> None:
    """Until the room, the person or the star key ends it."""
    waiting: list[asyncio.Future[Any]] = [asyncio.shield(member.over)]
    if leg.star is not None:
        waiting.append(leg.star)
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        leg.exchange.rooms.leave(leg.sid, "participant_hung_up")
        leg.quiet()


def _entry(noun: Verb, base: str) -> Entry:
    wait = noun.attributes.get("waitUrl")
    return Entry(
        room=noun.text,
        label=noun.attributes.get("participantLabel"),
        muted=noun.flag("muted", False),
        beep=noun.attributes.get("beep", "true"),
        start_on_enter=noun.flag("startConferenceOnEnter", True),
        end_on_exit=noun.flag("endConferenceOnExit", False),
        coach=noun.attributes.get("coach"),
        max_participants=int(noun.number("maxParticipants", 250.0)),
        wait_url=absolute(base, wait) if wait else wait,
        wait_method=noun.attributes.get("waitMethod", "POST"),
        told=told_by(noun, base, "start end"),
        record=noun.attributes.get("record", "") in ("record-from-start", "true"),
        recording_told=told_by(noun, base, "completed", "recordingStatusCallback"),
    )


async def sit_in(entry: Entry, leg: Leg) -> None:
    """The script of a participant that the API called in: the room, and nothing after it."""
    try:
        member = leg.exchange.rooms.join(leg, entry)
    except ApiError as error:
        leg.exchange.violation("room", f"{error.code}: {error.message}", leg)
        return
    await _stay(leg, member)


# ---------------------------------------------------------------------- numbers and clients


async def _call_out(performance: Performance, verb: Verb, nouns: tuple[Verb, ...], outcome: _Outcome) -> None:
    """Call everybody at once; the first to answer is connected, the others are let go."""
    leg, exchange = performance.leg, performance.exchange
    ready: asyncio.Queue[Leg] = asyncio.Queue()
    children: list[Leg] = []
    for noun in nouns:
        try:
            children.append(_child(performance, verb, noun, ready))
        except ApiError as error:
            exchange.violation("dial", f"{error.code}: {error.message}", leg)
    leg.children += children
    outcome.child = children[0] if children else None
    if not children:
        return
    leg.hear("ringback")
    try:
        answered = await _first(children, ready)
        if answered is None:
            last = children[-1].call
            outcome.status = last.status if last.status in ("busy", "no-answer", "failed", "canceled") else "no-answer"
            return
        outcome.child, outcome.connected_at, outcome.status = answered, exchange.clock.now(), "completed"
        for other in children:
            if other is not answered:
                other.end("canceled", "parent")
        await _talk(leg, answered, verb, performance)
    finally:
        for child in children:
            child.end("completed" if child.in_progress else "canceled", "parent")
        leg.quiet()


async def _first(children: list[Leg], ready: asyncio.Queue[Leg]) -> Leg | None:
    """The first child that is ready to talk, or None when all are over."""
    while True:
        getting = asyncio.ensure_future(ready.get())
        waiting: list[asyncio.Future[Any]] = [asyncio.shield(each.over) for each in children if not each.ended]
        try:
            if waiting:
                await asyncio.wait([getting, *waiting], return_when=asyncio.FIRST_COMPLETED)
            else:
                return None
            if getting.done():
                return getting.result()
        finally:
            getting.cancel()


async def _talk(leg: Leg, child: Leg, verb: Verb, performance: Performance) -> None:
    leg.hear("voices", (child.name,))
    child.hear("voices", (leg.name,))
    record = verb.attributes.get("record", "do-not-record")
    recording = None
    if record.startswith("record") or record == "true":
        told = told_by(verb, performance.base, "completed", "recordingStatusCallback")
        recording = leg.exchange.recordings.start(
            leg.sid, "DialVerb", told, channels=2 if record.endswith("dual") else 1
        )
    waiting: list[asyncio.Future[Any]] = [asyncio.shield(child.over)]
    if leg.star is not None:
        waiting.append(leg.star)
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        if recording is not None:
            leg.exchange.recordings.stop(recording)


def _child(performance: Performance, verb: Verb, noun: Verb, ready: asyncio.Queue[Leg]) -> Leg:
    """Make the leg of one noun.

    Raises:
        ApiError: it may not be called.
    """
    leg, exchange = performance.leg, performance.exchange
    identity = next((each.text for each in noun.children if each.name == "Identity"), noun.text)
    to = f"client:{identity}" if noun.name == "Client" else noun.text
    caller = verb.attributes.get("callerId", leg.call.caller)
    if leg.call.direction != "inbound" and "callerId" not in verb.attributes:
        exchange.violation("value", "<Dial> from an outgoing call names no callerId", leg)
    if noun.name == "Number":
        exchange.check_numbers(to, caller, hint=13224)
    whisper = noun.attributes.get("url")
    script = partial(
        _wait_for_bridge,
        None
        if whisper is None
        else Source("twiml.url", absolute(performance.base, whisper), noun.attributes.get("method", "POST")),
        ready,
    )
    options = LegOptions(
        script=script,
        timeout=verb.number("timeout", _RING_TIMEOUT),
        fallback=leg.options.fallback,
    )
    told = told_by(noun, performance.base, "completed")
    return exchange.dial_out(to, caller, told, options, leg)


async def _wait_for_bridge(whisper: Source | None, ready: asyncio.Queue[Leg], leg: Leg) -> None:
    """The script of a dialed leg: hear the whisper, then talk until either side is over."""
    if whisper is not None:
        performance = Performance(leg, "whisper")
        await performance.run(whisper)
        if performance.hung_up:
            return
    ready.put_nowait(leg)
    await asyncio.shield(leg.over)
