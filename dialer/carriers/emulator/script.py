"""Carrying documents out: fetch, read, and do one verb after the other, as the carrier does.

A document that cannot be had or read sends the call to its fallback URL; when that fails too the person hears the
carrier's regrets and the call is over. What a document says beyond the carrier's grammar is entered as a violation
and passed over. The nouns of `<Dial>` are in `dialing`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import urldefrag, urljoin

from dialer.carriers.emulator.callbacks import Request
from dialer.carriers.emulator.model import Source, Told
from dialer.carriers.emulator.twiml import Document, TwimlError, Verb, parse

if TYPE_CHECKING:
    from dialer.carriers.emulator.leg import Leg, Script

__all__ = ["CannotCarryOut", "Performance", "absolute", "announce", "perform", "told_by"]

_REGRETS = "We're sorry, an application error has occurred. Goodbye."
_DIGIT_SECONDS = 0.5
#: A loop of 0 repeats this often.
_FOREVER = 1000
#: A call whose documents lead to documents without end is ended.
_MOST_DOCUMENTS = 1000


def perform(source: Source) -> Script:
    """A script: carry this document out, and those it leads to."""

    async def script(leg: Leg) -> None:
        await Performance(leg).run(source)

    return script


async def announce(legs: Sequence[Leg], source: Source) -> bool:
    """Let all these hear a document's prompts, requested once; False when it cannot be had."""
    first = Performance(legs[0], "announcement")
    try:
        document = await first.fetch(source)
    except CannotCarryOut as failure:
        legs[0].exchange.violation("document", f"{failure.code} at {failure.url}", legs[0])
        return False
    performances = [first, *(Performance(leg, "announcement", first.base) for leg in legs[1:])]
    await asyncio.gather(*(each.carry_out(document) for each in performances))
    return True


def told_by(verb: Verb, base: str, otherwise: str, prefix: str = "statusCallback") -> Told:
    """Whom a verb's attributes tell, of what."""
    url = verb.attributes.get(prefix, "")
    events = verb.attributes.get(f"{prefix}Event", otherwise).split()
    return Told(absolute(base, url) if url else "", verb.attributes.get(f"{prefix}Method", "POST"), frozenset(events))


def absolute(base: str, url: str) -> str:
    """A URL as meant in a document that came from `base`."""
    return urljoin(urldefrag(base)[0], url)


class CannotCarryOut(Exception):
    """The document cannot be had or read."""

    def __init__(self, code: int, url: str) -> None:
        super().__init__(f"{code} {url}")
        self.code, self.url = code, url


class Performance:
    """One call's documents, one after the other.

    Args:
        leg: whose.
        inside: restricts what the documents may do: `whisper` is heard by a dialed person before the bridge, and may
            not dial, nor may an `announcement`.
        base: where the documents come from; relative URLs are meant from there.
    """

    def __init__(self, leg: Leg, inside: str = "", base: str = "") -> None:
        self.leg = leg
        self.exchange = leg.exchange
        self.base = base
        self._inside = inside
        self._hung_up = False

    async def run(self, source: Source) -> None:
        """Carry out a document and all it leads to; afterwards the call is over."""
        step: Source | None = source
        on_fallback = False
        for _ in range(_MOST_DOCUMENTS):
            if step is None:
                return
            try:
                document = await self.fetch(step)
                step = await self.carry_out(document)
            except CannotCarryOut as failure:
                self.exchange.violation("document", f"{failure.code} at {failure.url}", self.leg)
                fallback = self.leg.options.fallback
                if fallback is None or on_fallback:
                    self.leg.pick_up()
                    await self.leg.sound("error", _REGRETS, len(_REGRETS) / self.exchange.settings.speaking_rate)
                    return
                on_fallback = True
                step = replace(fallback, params={"ErrorCode": str(failure.code), "ErrorUrl": failure.url})
        self.exchange.violation("document", "documents without end", self.leg)

    @property
    def hung_up(self) -> bool:
        """Whether a document said so itself."""
        return self._hung_up

    # ------------------------------------------------------------------ documents

    async def fetch(self, source: Source) -> Document:
        """Have and read a document.

        Raises:
            CannotCarryOut: it cannot be had or read.
        """
        if source.twiml is not None:
            text, where = source.twiml, source.url
        else:
            text, where = await self._request(source)
        self.base = where or self.base
        try:
            document = parse(text)
        except TwimlError as error:
            raise CannotCarryOut(error.code, where) from error
        for problem in document.problems:
            self.exchange.violation(problem.kind, f"{problem.text}, from {source.on}", self.leg)
        return document

    async def _request(self, source: Source) -> tuple[str, str]:
        leg = self.leg
        params = leg.params() | dict(source.params)
        if leg.call.answered_by is not None:
            params["AnsweredBy"] = leg.call.answered_by
        answer = await self.exchange.courier.fetch(
            Request(source.on, source.url, source.method, params, leg.call.to, leg.call.caller)
        )
        if not answer.ok:
            raise CannotCarryOut(11200 if answer.status is not None else 11205, source.url)
        kind = answer.content_type.partition(";")[0].strip().lower()
        if kind.startswith("audio/"):
            return f"<Response><Play>{urldefrag(source.url)[0]}</Play></Response>", source.url
        if kind == "text/plain":
            return f"<Response><Say>{answer.body.decode(errors='replace')}</Say></Response>", source.url
        if kind not in ("text/xml", "application/xml", "text/html"):
            raise CannotCarryOut(12300, source.url)
        return answer.body.decode(errors="replace"), source.url

    async def carry_out(self, document: Document) -> Source | None:
        """Do the verbs; returns where the next document is, or None at the end."""
        if document.verbs and document.verbs[0].name == "Reject" and self.leg.call.answered_at is None:
            busy = document.verbs[0].attributes.get("reason") == "busy"
            self.leg.end("busy" if busy else "no-answer", "script", 486 if busy else 603)
            return None
        self.leg.pick_up()
        for verb in document.verbs:
            step = await self._do(verb)
            if step is not None or self._hung_up:
                return step
        return None

    async def _do(self, verb: Verb) -> Source | None:
        match verb.name:
            case "Play" | "Say" | "Pause":
                await self._prompt(verb)
            case "Gather":
                return await self._gather(verb)
            case "Redirect":
                return self.step("twiml.redirect", verb.text, verb.attributes.get("method", "POST"))
            case "Dial" if self._inside:
                self.exchange.violation("value", f"<Dial> inside a {self._inside}", self.leg)
            case "Dial":
                from dialer.carriers.emulator.dialing import dial

                return await dial(self, verb)
            case "Record":
                return await self._record(verb)
            case _:  # Hangup, and Reject of a call that is already answered
                self._hung_up = True
        return None

    def step(self, on: str, url: str, method: str, **params: str) -> Source:
        """The next document; an empty URL is the present one."""
        return Source(on, absolute(self.base, url) if url else self.base, method, params)

    # ------------------------------------------------------------------ prompts

    async def _prompt(self, verb: Verb) -> None:
        """Let one prompt be heard, as often as it says."""
        leg, clock = self.leg, self.exchange.clock
        if verb.name == "Pause":
            await clock.sleep(verb.number("length", 1.0))
            return
        seconds = await self.length_of(verb)
        if seconds is None:
            return
        what = verb.text if verb.name == "Say" or not verb.text else absolute(self.base, verb.text)
        if not what:
            await clock.sleep(seconds)  # key tones: nothing that a person listens to
            return
        for _ in range(self._loops(verb)):
            await leg.sound(verb.name.lower(), what, seconds)

    async def length_of(self, verb: Verb) -> float | None:
        """Length of a prompt, s; None when its file cannot be had, which is a violation."""
        if verb.name == "Pause":
            return verb.number("length", 1.0)
        if verb.name == "Say":
            return max(len(verb.text) / self.exchange.settings.speaking_rate, 0.2)
        if not verb.text:
            return _DIGIT_SECONDS * len(verb.attributes.get("digits", ""))
        url = absolute(self.base, verb.text)
        seconds = await self.exchange.prompts.seconds(url)
        if seconds is None:
            self.exchange.violation("media", f"{url} cannot be fetched", self.leg)
        return seconds

    @staticmethod
    def _loops(verb: Verb) -> int:
        return int(verb.number("loop", 1.0)) or _FOREVER

    # ------------------------------------------------------------------ keys

    async def _gather(self, verb: Verb) -> Source | None:
        """Play what is inside and wait for keys; without any the document goes on."""
        lengths = [await self.length_of(each) for each in verb.children]
        keys: asyncio.Queue[str] = asyncio.Queue()
        self.leg.keys = keys
        prompting = asyncio.create_task(self._prompts(verb.children))
        try:
            total = sum(
                (length or 0.0) * self._loops(each) for length, each in zip(lengths, verb.children, strict=True)
            )
            self.leg.far_end.prompted(self.leg, total)
            digits, finished_on = await self._digits(verb, keys, prompting)
        finally:
            self.leg.keys = None
            prompting.cancel()
            await asyncio.wait([prompting])
        if not digits and not finished_on and not verb.flag("actionOnEmptyResult", False):
            return None
        return self.step(
            "twiml.gather",
            verb.attributes.get("action", ""),
            verb.attributes.get("method", "POST"),
            Digits=digits,
            FinishedOnKey=finished_on,
            msg="Gather End",
        )

    async def _prompts(self, verbs: tuple[Verb, ...]) -> None:
        for each in verbs:
            await self._prompt(each)

    async def _digits(self, verb: Verb, keys: asyncio.Queue[str], prompting: asyncio.Task[None]) -> tuple[str, str]:
        """Collect keys until there are enough, the finishing one, or nothing more comes."""
        enough = int(verb.number("numDigits", float("inf"))) if "numDigits" in verb.attributes else None
        finish = verb.attributes.get("finishOnKey", "#")
        patience = verb.number("timeout", 5.0) / self.exchange.clock.speed
        digits = ""
        while True:
            key = await self._key(keys, prompting, patience)
            if key is None:
                return digits, ""
            prompting.cancel()
            if finish and key == finish:
                return digits, key
            digits += key
            if enough is not None and len(digits) >= enough:
                return digits, ""

    @staticmethod
    async def _key(keys: asyncio.Queue[str], prompting: asyncio.Task[None], patience: float) -> str | None:
        """The next key; the waiting time runs from the end of the prompt."""
        getting = asyncio.ensure_future(keys.get())
        try:
            await asyncio.wait([getting, prompting], return_when=asyncio.FIRST_COMPLETED)
            if not getting.done():
                await asyncio.wait([getting], timeout=patience)
            return getting.result() if getting.done() else None
        finally:
            getting.cancel()

    # ------------------------------------------------------------------ a message left by the person

    async def _record(self, verb: Verb) -> Source | None:
        """Record what the person says: simulated people say nothing, so silence or the limit ends it."""
        leg, clock = self.leg, self.exchange.clock
        told = told_by(verb, self.base, "completed", "recordingStatusCallback")
        recording = self.exchange.recordings.start(leg.sid, "RecordVerb", told)
        keys: asyncio.Queue[str] = asyncio.Queue()
        leg.keys = keys
        longest = verb.number("maxLength", 3600.0)
        silence = verb.number("timeout", 5.0)
        try:
            async with asyncio.timeout(min(longest, silence) / clock.speed):
                pressed = await keys.get()
        except TimeoutError:
            pressed = ""
        finally:
            leg.keys = None
            self.exchange.recordings.stop(recording)
        return self.step(
            "twiml.action",
            verb.attributes.get("action", ""),
            verb.attributes.get("method", "POST"),
            RecordingUrl=self.exchange.recording_url(recording.sid),
            RecordingSid=recording.sid,
            RecordingDuration=str(round(recording.seconds)),
            Digits=pressed or "",
        )
