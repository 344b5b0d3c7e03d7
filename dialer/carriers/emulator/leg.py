"""One leg: a call from the queue to its end, with one far end and one document being carried out.

    queued -> initiated -> ringing -> in-progress -> completed         also: busy, no-answer, failed, canceled

Every change is made at once, in the order: the record, the books, then what is told. What takes time (the queue, the
document) runs as a task and is cancelled when the leg ends or is redirected. `end` is the only way out.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from dialer.carriers.emulator.callbacks import Request
from dialer.carriers.emulator.detection import DetectionOptions, Verdict, verdict_of
from dialer.carriers.emulator.errors import ApiError
from dialer.carriers.emulator.far_end import FarEndOfLeg, Person
from dialer.carriers.emulator.model import Call, Source, Told

if TYPE_CHECKING:
    from dialer.carriers.emulator.exchange import Exchange

__all__ = ["Leg", "LegOptions", "Script"]

#: What is done with a leg once it is answered.
Script = Callable[["Leg"], Coroutine[Any, Any, None]]
#: The carrier waits so much longer than `Timeout` says (its documentation says so too).
_GRACE = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class LegOptions:
    """What was asked for when a leg was made. Durations in seconds.

    Attributes:
        script: what to do when it is answered.
        fallback: requested when a document cannot be had or carried out.
        timeout: how long it may ring.
        time_limit: how long it may last from the answer.
        detection: answering-machine detection, if asked for.
        recorded: (told, channels, track) when the leg is recorded from the answer on.
        name: in the books.
    """

    script: Script
    fallback: Source | None = None
    timeout: float = 60.0
    time_limit: float = 14_400.0
    detection: DetectionOptions | None = None
    recorded: tuple[Told, int, str] | None = None
    name: str = ""


class Leg:
    """A live or ended leg.

    Attributes:
        keys: where pressed keys go while a document waits for them.
        action: the pending `<Dial action>`: requested also when the leg is taken away from the `<Dial>`.
        children: legs that this one's `<Dial>` made.
        over: resolved at the end.
        silenced: the far end sends no sound.
        attempt: names the call in the simulated world: its number, and which call of it this is.
    """

    def __init__(self, exchange: Exchange, call: Call, far_end: FarEndOfLeg, options: LegOptions) -> None:
        self.exchange = exchange
        self.call = call
        self.far_end = far_end
        self.options = options
        self.keys: asyncio.Queue[str] | None = None
        self.star: asyncio.Future[None] | None = None
        self.action: Callable[[], Source] | None = None
        self.children: list[Leg] = []
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.silenced = False
        self.attempt = call.to
        self._caller_is = ""
        self._hearing: tuple[str, str | tuple[str, ...]] | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._script: asyncio.Task[None] | None = None
        self._timers: list[asyncio.TimerHandle] = []
        self._ring_timer: asyncio.TimerHandle | None = None
        self._limit: asyncio.TimerHandle | None = None

    @property
    def sid(self) -> str:
        """The call's."""
        return self.call.sid

    @property
    def name(self) -> str:
        """In the books: the other party's number or client."""
        return self.options.name or (self.call.caller if self.call.direction == "inbound" else self.call.to)

    @property
    def hearing(self) -> tuple[str, str | tuple[str, ...]] | None:
        """What is to be heard on it now: kind and what, as in the books."""
        return self._hearing

    @property
    def ended(self) -> bool:
        """Whether it is over."""
        return self.call.ended_at is not None

    @property
    def in_progress(self) -> bool:
        """Whether it is answered and not over."""
        return self.call.status == "in-progress"

    # ------------------------------------------------------------------ the way to the answer

    def begin(self) -> None:
        """Leave the queue when it is this leg's turn, and signal the far end."""
        self.spawn(self._place())

    async def _place(self) -> None:
        exchange = self.exchange
        await exchange.clock.sleep(self.call.queue_time)
        self.call.started_at = exchange.clock.now()
        self.note("dialed")
        self.tell("initiated")
        await exchange.clock.sleep(exchange.settings.place_delay)
        dead = exchange.strike("dead_trunk", "trunk", self)
        if dead:
            await exchange.clock.sleep(dead.seconds or self.options.timeout)
            self.end(dead.rule.status, "trunk", dead.rule.sip_code)
            return
        self._ring_timer = exchange.clock.after(
            self.options.timeout + _GRACE, partial(self.end, "no-answer", "timeout", 487)
        )
        self.far_end.signal(self)

    def ring(self) -> None:
        """It rings there."""
        if self.call.status == "queued":
            self.call.turn("ringing", self.exchange.clock.now())
            self.note("ringing")
            self.tell("ringing")

    def refuse(self, status: str, sip_code: int) -> None:
        """The network says no."""
        if not self.in_progress:
            self.end(status, "network", sip_code)

    def answer(self, result: str) -> None:
        """Somebody or something picks up."""
        if self.ended or self.in_progress:
            return
        self._establish(result)
        options = self.options
        verdict = self._listen(result)
        if verdict is not None and options.detection is not None and not options.detection.asynchronous:
            self._follow(partial(self._after_detection, verdict))
        else:
            self._follow(partial(options.script, self))

    def come_in(self, result: str) -> None:
        """Somebody calls us: the document is asked for while it rings, and carrying it out picks up."""
        self._caller_is = result
        self.call.started_at = self.exchange.clock.now()
        self.ring()
        self._follow(partial(self.options.script, self))

    def pick_up(self) -> None:
        """Answer a call that came in; harmless for all others."""
        if not self.ended and self.call.answered_at is None:
            self._establish(self._caller_is)

    def _establish(self, result: str) -> None:
        exchange, options = self.exchange, self.options
        if self._ring_timer is not None:
            self._ring_timer.cancel()
        if self.call.started_at is None:
            self.call.started_at = exchange.clock.now()
        self.call.answered_at = exchange.clock.now()
        self.call.turn("in-progress", self.call.answered_at)
        self.note("answered", result=result)
        self.tell("answered")
        self.limit(options.time_limit)
        self.hear("silence")
        self.far_end.picked_up(self)
        leaves = exchange.strike("leaves", "person", self)
        if leaves:
            self._later(leaves.seconds, self.hang_up)
        if options.recorded is not None:
            told, channels, track = options.recorded
            exchange.recordings.start(self.sid, "OutboundAPI", told, channels=channels, track=track)

    # ------------------------------------------------------------------ detection

    def _listen(self, result: str) -> Verdict | None:
        """Ask detection; asynchronous detection speaks up by itself."""
        options, exchange = self.options.detection, self.exchange
        if options is None:
            return None
        how = self.far_end.behaviour if isinstance(self.far_end, Person) else None
        verdict = verdict_of(result, how, options, exchange.settings, exchange.detection_draws(self.attempt))
        struck = exchange.strike("verdict", "detection", self)
        if struck:
            said = Verdict(struck.rule.verdict or "unknown", struck.seconds or verdict.seconds)
            exchange.clock.after(said.seconds, partial(self._say, said, True))
            if struck.rule.then is not None:
                again = Verdict(struck.rule.then, said.seconds + 1.0)
                exchange.clock.after(again.seconds, partial(self._say, again, True))
            return said
        self._later(verdict.seconds, partial(self._say, verdict, False))
        return verdict

    def _say(self, verdict: Verdict, even_after_the_end: bool) -> None:
        options = self.options.detection
        if options is None or (self.ended and not even_after_the_end):
            return
        self.note("verdict", verdict=verdict.answered_by)
        self.call.answered_by = verdict.answered_by
        if options.asynchronous and options.told.url:
            params = {
                "AccountSid": self.exchange.settings.account_sid,
                "CallSid": self.sid,
                "AnsweredBy": verdict.answered_by,
                "MachineDetectionDuration": str(round(verdict.seconds * 1000)),
            }
            self.exchange.send(Request("detection", options.told.url, options.told.method, params), self)

    async def _after_detection(self, verdict: Verdict) -> None:
        await self.exchange.clock.sleep(verdict.seconds)
        await self.options.script(self)

    # ------------------------------------------------------------------ what is heard and pressed

    def hear(self, kind: str, what: str | tuple[str, ...] = "") -> None:
        """From now on this is to be heard on the leg."""
        if self.ended or self.call.answered_at is None or (kind, what) == self._hearing:
            return
        self._hearing = (kind, what)
        self.note("hears", kind=kind, what=what)
        self.far_end.hears(self, kind)

    def quiet(self) -> None:
        """A sound is over: the room is heard again, or silence."""
        if not self.exchange.rooms.sound_of(self.sid):
            self.hear("silence")

    async def sound(self, kind: str, what: str, seconds: float) -> None:
        """Let the leg hear a prompt to its end, unless something takes it away."""
        self.hear(kind, what)
        whole = False
        try:
            await self.exchange.clock.sleep(seconds)
            whole = not self.ended
        finally:
            self.note("heard", what=what, whole=whole)
            self.quiet()

    def press(self, digits: str) -> None:
        """The far end presses keys."""
        if not self.in_progress:
            return
        self.note("pressed", digits=digits)
        for digit in digits:
            if digit == "*" and self.star is not None and not self.star.done():
                self.star.set_result(None)
            elif self.keys is not None:
                self.keys.put_nowait(digit)

    def silence(self, silenced: bool) -> None:
        """The far end stops or resumes sending sound."""
        self.silenced = silenced
        self.exchange.rooms.silence(self.sid, silenced)

    # ------------------------------------------------------------------ what is asked from outside

    def redirect(self, script: Script) -> None:
        """Do something else from now on.

        Raises:
            ApiError: 21220, the call is not in progress.
        """
        if not self.in_progress:
            raise ApiError(21220)
        self._ask_action("in-progress", on_purpose=True)
        self.exchange.rooms.leave(self.sid, "participant_updated_via_api")
        self._follow(partial(script, self))

    def limit(self, seconds: float) -> None:
        """Let the leg last no longer than this from its answer."""
        since = self.exchange.clock.now() - (self.call.answered_at or self.exchange.clock.now())
        if self._limit is not None:
            self._limit.cancel()
        self._limit = self.exchange.clock.after(seconds - since, partial(self.end, "completed", "time limit"))

    def hang_up(self) -> None:
        """The far end hangs up."""
        if self.call.answered_at is None:
            self.end("no-answer", "person", 487)
        else:
            self.end("completed", "person")

    def lost(self) -> None:
        """The carrier notices that the far end is dead."""
        self.end("completed", "lost")

    def end(self, status: str, by: str, sip_code: int | None = None) -> None:
        """The leg is over; only the first end counts."""
        if self.ended:
            return
        call, exchange = self.call, self.exchange
        call.ended_at = exchange.clock.now()
        call.sip_code = sip_code if sip_code is not None else (200 if call.answered_at is not None else None)
        call.turn(status, call.ended_at)
        self.note("ended", status=status, sip_code=call.sip_code, by=by)
        left = {"person": "participant_hung_up", "lost": "participant_hung_up"}.get(by, "participant_updated_via_api")
        exchange.rooms.leave(self.sid, left, status)
        exchange.rooms.release(self.sid)
        for child in self.children:
            child.end("completed" if child.in_progress else "canceled", "parent")
        self._ask_action(status, on_purpose=False)
        for timer in (*self._timers, self._ring_timer, self._limit):
            if timer is not None:
                timer.cancel()
        current = asyncio.current_task()
        for task in self._tasks:
            if task is not current:
                task.cancel()
        exchange.recordings.stop_all(self.sid)
        self.far_end.over(self)
        if not self.over.done():
            self.over.set_result(None)
        exchange.ended(self)
        self.tell("completed")

    # ------------------------------------------------------------------ telling

    def note(self, fact: str, **details: Any) -> None:
        """Enter a fact into the books."""
        self.exchange.books.note(self.sid, fact, **details)

    def tell(self, event: str) -> None:
        """Report the call's progress to whom it was asked for."""
        told = self.call.told
        if not told.url or event not in told.events:
            return
        params = self.params() | {
            "CallbackSource": "call-progress-events",
            "SequenceNumber": str(self.call.sequence),
            "Timestamp": self.exchange.instant(self.exchange.clock.now()),
        }
        self.call.sequence += 1
        if event == "initiated":
            params["CallStatus"] = "initiated"
        if event == "completed":
            duration = self.call.duration or 0
            params |= {"CallDuration": str(duration), "Duration": str(-(-duration // 60))}
            if self.call.sip_code is not None:
                params["SipResponseCode"] = str(self.call.sip_code)
        if self.call.answered_by is not None:
            params["AnsweredBy"] = self.call.answered_by
        self.exchange.send(Request(f"status.{event}", told.url, told.method, params), self)

    def params(self) -> dict[str, str]:
        """What every request about this call says."""
        call = self.call
        said = {
            "AccountSid": self.exchange.settings.account_sid,
            "ApiVersion": "2010-04-01",
            "CallSid": call.sid,
            "CallStatus": call.status,
            "Called": call.to,
            "Caller": call.caller,
            "Direction": call.direction,
            "From": call.caller,
            "To": call.to,
        }
        if call.parent is not None:
            said["ParentCallSid"] = call.parent
        return said

    # ------------------------------------------------------------------ inside

    def _ask_action(self, status: str, *, on_purpose: bool) -> None:
        """A `<Dial action>` is requested also by a leg that will not carry its answer out."""
        action, self.action = self.action, None
        if action is None or (on_purpose and not self.exchange.settings.action_after_redirect):
            return
        source = action()
        params = {**self.params(), **source.params, "CallStatus": status}
        request = Request(source.on, source.url, source.method, params, self.call.to, self.call.caller)
        self.exchange.ask_in_vain(request)

    def _follow(self, script: Callable[[], Awaitable[None]]) -> None:
        """Carry a document out after the one that is being carried out was taken away."""
        before = self._script
        if before is asyncio.current_task():
            before = None
        if before is not None:
            before.cancel()
        self._script = self.spawn(self._run(before, script))

    async def _run(self, before: asyncio.Task[None] | None, script: Callable[[], Awaitable[None]]) -> None:
        if before is not None:
            await asyncio.wait([before])
        await script()
        self.end("completed", "script")

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Let something go on beside the document, until the leg is over."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            self.exchange.broken(self, task.exception())

    def _later(self, seconds: float, act: Callable[[], None]) -> None:
        self._timers.append(self.exchange.clock.after(seconds, act))
