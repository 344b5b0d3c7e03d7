"""The telephone exchange: one account with its calls, conferences, recordings, clients, books and faults.

Everything runs on one event loop and nothing here blocks. The REST face (`rest`), the control face (`control`) and
the documents (`script`) act through this class.
"""

from __future__ import annotations

import asyncio
import logging
import math
import re
from collections import deque
from collections.abc import Callable, Iterable
from email.utils import formatdate
from functools import partial
from pathlib import Path
from typing import Any

from dialer.carriers.emulator.books import Books
from dialer.carriers.emulator.callbacks import Courier, Request
from dialer.carriers.emulator.clients import BrowserEnd, Clients
from dialer.carriers.emulator.clock import EmulatorClock
from dialer.carriers.emulator.dialing import sit_in
from dialer.carriers.emulator.errors import ApiError
from dialer.carriers.emulator.far_end import FarEndOfLeg, Person
from dialer.carriers.emulator.faults import Fault, FaultKind, Faults, Strike
from dialer.carriers.emulator.leg import Leg, LegOptions
from dialer.carriers.emulator.media import Prompts
from dialer.carriers.emulator.model import Call, Conference, Entry, OwnNumber, Participant, Source, Told, new_sid
from dialer.carriers.emulator.people import Behaviour, Directory
from dialer.carriers.emulator.recordings import Recordings
from dialer.carriers.emulator.rooms import Rooms
from dialer.carriers.emulator.script import announce, perform
from dialer.carriers.emulator.settings import EmulatorSettings
from dialer.carriers.simulated.draws import Draws, Stream
from dialer.carriers.simulated.encounter import Encounter, FarEnd

__all__ = ["Exchange"]

_log = logging.getLogger(__name__)

_E164 = re.compile(r"\+[1-9]\d{6,14}").fullmatch
#: Calls that would leave the queue only later than this are refused, s.
_LONGEST_QUEUE = 86_400.0


class _NobodyHome:
    """A far end that never answers: numbers that no script and no simulation speaks for."""

    def meet(self, attempt: str, number: str, at: float) -> Encounter:
        """Let it ring."""
        return Encounter("no_answer")


class Exchange:
    """One simulated account at work; to be made on the running event loop.

    Args:
        settings: of the account and the network.
        people: who answers at numbers without an entry in `directory`; nobody by default.
        faults: rules to begin with.
        books: a JSON Lines file for the books, or None.

    Attributes:
        directory: who answers where; entries can be put while it runs.
        numbers: own and verified numbers by sid.
        applications: voice URL by TwiML application sid.
        base_url: where this emulator is reached, once it serves.
        violations: what the dialer did against the carrier's rules without being refused: (kind, what, call sid).
        requests: every request of the REST face, with its answer.
        failures: mistakes of the emulator itself; there should be none.
    """

    def __init__(
        self,
        settings: EmulatorSettings,
        people: FarEnd | None = None,
        faults: Iterable[Fault] = (),
        books: Path | None = None,
    ) -> None:
        self.settings = settings
        self.clock = EmulatorClock(settings.speed)
        self.base_url = "http://127.0.0.1"
        self.faults = Faults(faults, settings.seed)
        self.directory = Directory(people or _NobodyHome())
        self.books = Books(lambda: (self.clock.now(), self.clock.elapsed()), books, settings.keeps)
        self.courier = Courier(settings.account_sid, settings.auth_token, self.clock, self.faults, settings.keeps)
        self.prompts = Prompts(self.courier, settings.silent_play)
        self.recordings = Recordings(settings, self.clock, self.courier, self.faults, self.recording_url, self.instant)
        self.rooms = Rooms(settings, self.clock, self.courier, self.books, self.recordings, self.instant)
        self.clients = Clients(settings, self.clock)
        now = self.clock.now()
        self.numbers = {
            each.sid: each
            for verified, numbers in ((False, settings.numbers), (True, settings.caller_ids))
            for each in (OwnNumber(new_sid("PN"), number, verified, now) for number in numbers)
        }
        self.applications = dict(settings.applications)
        self.legs: dict[str, Leg] = {}
        self.violations: deque[tuple[str, str, str]] = deque(maxlen=settings.keeps)
        self.requests: deque[dict[str, Any]] = deque(maxlen=settings.keeps)
        self.failures: list[BaseException] = []
        self._live: set[str] = set()
        self._ended: deque[str] = deque()
        self._dialed: dict[str, int] = {}
        self._next_slot = 0.0
        self._draws = Stream(settings.seed, "emulator/detection")
        self._background: set[asyncio.Task[Any]] = set()

    # ------------------------------------------------------------------ placing calls

    def create_call(
        self, to: str, caller: str, told: Told, options: LegOptions, *, direction: str = "outbound-api"
    ) -> Leg:
        """Take a call into the queue.

        Raises:
            ApiError: it may not be called, or the queue or the account is full.
        """
        self.check_numbers(to, caller)
        if self.settings.concurrency is not None and len(self._live) >= self.settings.concurrency:
            raise ApiError(10004)
        now = self.clock.now()
        queued = max(self._next_slot - now, 0.0)
        if queued > _LONGEST_QUEUE:
            raise ApiError(22005)
        self._next_slot = now + queued + 1.0 / self.settings.calls_per_second
        longer = self.faults.strike("queue", "calls.create", self.clock.elapsed(), to, caller)
        queued += longer.seconds if longer else 0.0
        call = Call(new_sid("CA"), to, caller, direction, now, queue_time=queued, told=told)
        return self._begin(call, options)

    def dial_out(self, to: str, caller: str, told: Told, options: LegOptions, parent: Leg) -> Leg:
        """Call somebody for a `<Dial>`: at once, beside the queue."""
        call = Call(new_sid("CA"), to, caller, "outbound-dial", self.clock.now(), parent=parent.sid, told=told)
        return self._begin(call, options)

    def call_into(self, entry: Entry, to: str, caller: str, told: Told, options: LegOptions) -> tuple[Leg, Participant]:
        """Call somebody into a conference (the Participants API).

        Raises:
            ApiError: they may not be called, or not enter.
        """
        self.rooms.check(entry)
        leg = self.create_call(to, caller, told, options)
        _, participant = self.rooms.reserve(entry, leg.sid, leg.name)
        return leg, participant

    def script_into(self, entry: Entry) -> Callable[[Leg], Any]:
        """What a participant does who is called in."""
        return partial(sit_in, entry)

    def call_in(self, caller: str, to: str, behaviour: Behaviour) -> Leg:
        """Somebody calls one of the account's numbers: its voice URL says what happens.

        Raises:
            ApiError: 20404, the number is not the account's or has no voice URL.
        """
        own = next((each for each in self.numbers.values() if each.number == to), None)
        if own is None or not own.voice_url:
            raise ApiError(20404, to)
        call = Call(new_sid("CA"), to, caller, "inbound", self.clock.now(), told=own.told)
        fallback = Source("twiml.fallback", own.fallback_url) if own.fallback_url else None
        options = LegOptions(script=perform(Source("twiml.url", own.voice_url, own.voice_method)), fallback=fallback)
        leg = self._enter(call, Person(behaviour, self.clock), options)
        leg.come_in(behaviour.result)
        return leg

    def connect_client(self, identity: str, params: dict[str, str]) -> Leg:
        """A browser calls out: its application's voice URL says what happens.

        Raises:
            ApiError: 20003 without a valid registration, 21218 without an application.
        """
        client = self.clients.find(identity)
        url = self.applications.get(client.application)
        if url is None:
            raise ApiError(21218)
        call = Call(new_sid("CA"), params.get("To", ""), f"client:{identity}", "inbound", self.clock.now())
        source = Source("twiml.url", url, params={**params, "ApplicationSid": client.application})
        leg = self._enter(call, BrowserEnd(client), LegOptions(script=perform(source)))
        leg.come_in("client")
        return leg

    def check_numbers(self, to: str, caller: str, hint: int = 21211) -> None:
        """Whether somebody may be called with this caller id.

        Raises:
            ApiError: as the carrier says it.
        """
        if to.startswith("client:"):
            if not to.removeprefix("client:"):
                raise ApiError(hint, to)
        elif _E164(to) is None:
            raise ApiError(hint, to)
        if caller.startswith("client:") and to.startswith("client:"):
            return
        if _E164(caller) is None:
            raise ApiError(21212, caller)
        if caller not in self.settings.numbers and caller not in self.settings.caller_ids:
            raise ApiError(21210, caller)
        if not to.startswith("client:") and not to.startswith(self.settings.countries):
            raise ApiError(21215, to)

    # ------------------------------------------------------------------ finding

    def leg(self, sid: str) -> Leg:
        """A leg by its call's sid.

        Raises:
            ApiError: 20404.
        """
        leg = self.legs.get(sid)
        if leg is None:
            raise ApiError(20404, f"Calls/{sid}")
        return leg

    def conference(self, name: str, *, live: bool = False) -> Conference:
        """A conference by its sid, or a live one by its friendly name.

        Raises:
            ApiError: 20404; 16022 when it must be live and is over.
        """
        found = self.rooms.live(name)
        if found is not None:
            return found
        over = self.rooms.by_sid.get(name)
        if over is None:
            raise ApiError(20404, f"Conferences/{name}")
        if live:
            raise ApiError(16022)
        return over

    # ------------------------------------------------------------------ what legs report

    def ended(self, leg: Leg) -> None:
        """A leg is over; the oldest of very many is forgotten."""
        self._live.discard(leg.sid)
        self._ended.append(leg.sid)
        if len(self._ended) > self.settings.keeps:
            self.legs.pop(self._ended.popleft(), None)

    def strike(self, kind: FaultKind, on: str, leg: Leg) -> Strike | None:
        """Whether a fault strikes a leg now."""
        return self.faults.strike(kind, on, self.clock.elapsed(), leg.call.to, leg.call.caller)

    def violation(self, kind: str, what: str, leg: Leg) -> None:
        """Enter what the dialer did against the carrier's rules."""
        self.violations.append((kind, what, leg.sid))

    def broken(self, leg: Leg, error: BaseException | None) -> None:
        """A task of a leg failed: a mistake of this emulator. The call ends, and the failure is kept to be seen."""
        if error is not None:
            self.failures.append(error)
            _log.error("the emulator failed on call %s", leg.sid, exc_info=error)
        leg.end("failed", "emulator")

    def send(self, request: Request, leg: Leg) -> None:
        """Report something about a leg."""
        self.courier.send(
            Request(request.on, request.url, request.method, request.params, leg.call.to, leg.call.caller)
        )

    def ask_in_vain(self, request: Request) -> None:
        """Request a document that nobody will carry out."""
        task = asyncio.create_task(self.courier.fetch(request))
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    def announce(self, conference: Conference, to: Participant | None, url: str, method: str) -> None:
        """Let one participant, or all, hear what a URL says."""
        present = [to] if to is not None else list(conference.participants.values())
        legs = [self.legs[each.call_sid] for each in present]

        async def announced() -> None:
            if await announce(legs, Source("twiml.announce", url, method)):
                self.rooms.announced(conference, to, url)

        if legs:
            legs[0].spawn(announced())

    def play_hold(self, call_sid: str, url: str, method: str) -> None:
        """Have the music for somebody on hold; what they hear is entered as music."""
        leg = self.legs[call_sid]

        async def had() -> None:
            answer = await self.courier.fetch(Request("twiml.hold", url, method, leg.params(), leg.call.to))
            if not answer.ok:
                self.violation("document", f"11200 at {url}", leg)

        leg.spawn(had())

    def detection_draws(self, attempt: str) -> Draws:
        """Counted draws for one call's detection."""
        return self._draws.draws(attempt)

    # ------------------------------------------------------------------ telling

    def instant(self, at: float) -> str:
        """An instant as the carrier tells it: RFC 2822, whole seconds, off by a skewed clock."""
        skew = self.faults.strike("skew", "instant", self.clock.elapsed())
        return formatdate(math.floor(at + (skew.seconds if skew else 0.0))).replace("-0000", "+0000")

    def recording_url(self, sid: str) -> str:
        """Where a recording is fetched, without the ending."""
        return f"{self.base_url}/2010-04-01/Accounts/{self.settings.account_sid}/Recordings/{sid}"

    async def close(self) -> None:
        """End every call and send what is to be told of it."""
        for sid in list(self._live):
            self.legs[sid].end("completed", "emulator closed")
        await asyncio.sleep(0)
        for task in list(self._background):
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)
        await self.courier.close()
        self.books.close()

    # ------------------------------------------------------------------ inside

    def _begin(self, call: Call, options: LegOptions) -> Leg:
        nth = self._dialed[call.to] = self._dialed.get(call.to, 0) + 1
        attempt = f"{call.to}#{nth}"
        leg = self._enter(call, self._far_end(call.to, attempt), options)
        leg.attempt = attempt
        leg.begin()
        return leg

    def _enter(self, call: Call, far_end: FarEndOfLeg, options: LegOptions) -> Leg:
        leg = Leg(self, call, far_end, options)
        self.legs[call.sid] = leg
        self._live.add(call.sid)
        leg.note(
            "asked",
            to=call.to,
            **{"from": call.caller},
            direction=call.direction,
            parent=call.parent,
            queue_time=round(call.queue_time, 6),
        )
        return leg

    def _far_end(self, to: str, attempt: str) -> FarEndOfLeg:
        if to.startswith("client:"):
            return self.clients.far_end(to.removeprefix("client:"))
        return Person(Behaviour.of(self.directory.meet(attempt, to, self.clock.now())), self.clock)
