"""Requests from the carrier to the dialer: signed, with connection overrides and retries, and with faults.

Every request carries `X-Twilio-Signature` over the URL without its fragment and the sorted form parameters, made by
the carrier's own library, and `I-Twilio-Idempotency-Token`, the same for each try. Nothing is ordered: each report is
sent as soon as it is known. Times of the network are real seconds; delays by faults are simulated ones. `aiohttp`
(which the carrier's library brings along) sends them: with `httpx` a request costs several times as much, and requests
are most of what an emulator does.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

import aiohttp
from twilio.request_validator import RequestValidator
from yarl import URL

from dialer.carriers.emulator.clock import EmulatorClock
from dialer.carriers.emulator.faults import Faults
from dialer.carriers.emulator.overrides import read_overrides

__all__ = ["Answer", "Courier", "Delivery", "Request"]

#: Who the other account of the fault `other_account` is.
OTHER_ACCOUNT = f"AC{0xF:032x}"
_OTHER_TOKEN = f"{0xE:032x}"
_NO_TOKEN = "somebody without the token"  # noqa: S105  # of a forger
#: What a forger says when the rule does not: that an innocent call is over.
_FORGED = {"CallStatus": "completed", "CallDuration": "1"}


@dataclass(frozen=True, slots=True)
class Request:
    """One thing to tell or to ask.

    Attributes:
        on: what it is, in the words of `faults`: `status.answered`, `twiml.url`, ...
        url: absolute, with connection overrides in the fragment.
        method: `GET` or `POST`.
        params: the form.
        to: the called number of the call it is about.
        caller: its caller id.
    """

    on: str
    url: str
    method: str
    params: Mapping[str, str]
    to: str = ""
    caller: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: a status and a body, or the failure (`ct` no connection, `rt` no answer in time)."""

    status: int | None
    content_type: str = ""
    body: bytes = b""
    failure: str = ""

    @property
    def ok(self) -> bool:
        """Whether it is an answer to go on with."""
        return self.status is not None and 200 <= self.status < 300


@dataclass(slots=True)
class Delivery:
    """One request as it went: what was said to whom, in which tries it was answered how, and by whom it was."""

    on: str
    url: str
    method: str
    params: dict[str, str]
    signature: str
    t: float
    author: str = "carrier"
    tries: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def as_json(self) -> dict[str, Any]:
        """For the control API."""
        return {name: getattr(self, name) for name in self.__slots__}


class Courier:
    """Sends requests.

    Args:
        account_sid: whose calls they are about.
        token: signs them.
        clock: for delays.
        faults: what goes wrong.
        keeps: how many deliveries are remembered.
    """

    def __init__(self, account_sid: str, token: str, clock: EmulatorClock, faults: Faults, keeps: int) -> None:
        self._account_sid = account_sid
        self._signer = RequestValidator(token)
        self._clock = clock
        self._faults = faults
        self._client = aiohttp.ClientSession(
            # Shorter than the usual server's 5 s: a connection that it is about to close is not used again.
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=4.0),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": "TwilioProxy/1.1 (simulated)", "Accept": "*/*"},
        )
        self._tasks: set[asyncio.Task[Any]] = set()
        self.deliveries: deque[Delivery] = deque(maxlen=keeps)
        self.bad_overrides: list[str] = []

    def send(self, request: Request) -> None:
        """Report something, and care no more; nothing is reported once it is closed."""
        if self._client.closed:
            return
        task = asyncio.create_task(self._report(request))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def fetch(self, request: Request) -> Answer:
        """Ask for something, such as a document."""
        late = self._strike("delay", request)
        if late:
            await self._clock.sleep(late.seconds)
        if self._strike("fetch_twice", request):
            _, second = await asyncio.gather(self._deliver(request), self._deliver(request))
            return second
        if self._strike("drop", request):
            return Answer(None, failure="rt")
        return await self._deliver(request)

    async def close(self) -> None:
        """Send what is under way, for a second at most, and stop."""
        if self._tasks:
            _, unsent = await asyncio.wait(self._tasks, timeout=1.0)
            for task in unsent:
                task.cancel()
            await asyncio.gather(*unsent, return_exceptions=True)
        await self._client.close()

    # ------------------------------------------------------------------ faults

    def _strike(self, kind: Any, request: Request) -> Any:
        return self._faults.strike(kind, request.on, self._clock.elapsed(), request.to, request.caller)

    async def _report(self, request: Request) -> None:
        forged = self._strike("forge", request)
        if forged:
            says = {**request.params, **(forged.rule.says or _FORGED)}
            await self._deliver(_with(request, says), "forger", RequestValidator(_NO_TOKEN))
        if self._strike("other_account", request):
            says = {**request.params, "AccountSid": OTHER_ACCOUNT}
            await self._deliver(_with(request, says), "other account", RequestValidator(_OTHER_TOKEN))
        if self._strike("drop", request):
            return
        again = self._strike("duplicate", request)
        late = self._strike("delay", request)
        if late:
            await self._clock.sleep(late.seconds)
        await self._deliver(request)
        if again:
            await self._clock.sleep(again.seconds)
            await self._deliver(request)

    # ------------------------------------------------------------------ the network

    async def _deliver(
        self, request: Request, author: str = "carrier", signer: RequestValidator | None = None
    ) -> Answer:
        """One request with its retries."""
        url, overrides, wrong = read_overrides(request.url)
        self.bad_overrides += wrong
        params = dict(request.params)
        if request.method == "GET" and params:
            url += ("&" if "?" in url else "?") + urlencode(params)
            params = {}
        signature = str((signer or self._signer).compute_signature(url, params))
        headers = {"X-Twilio-Signature": signature, "I-Twilio-Idempotency-Token": str(uuid4())}
        delivery = Delivery(
            request.on, url, request.method, dict(request.params), signature, round(self._clock.elapsed(), 6), author
        )
        self.deliveries.append(delivery)
        loop = asyncio.get_running_loop()
        began = loop.time()
        answer = Answer(None, failure="rt")
        try:
            async with asyncio.timeout(overrides.total):
                for _ in range(overrides.retries + 1):
                    answer, outcome = await self._try(
                        request.method, url, params, headers, overrides.connect, overrides.read
                    )
                    delivery.tries.append(outcome)
                    if not overrides.repeats(outcome if answer.status is None else f"{outcome[0]}xx"):
                        break
        except TimeoutError:
            delivery.tries.append("total")
        delivery.seconds = round(loop.time() - began, 6)
        return answer

    async def _try(
        self, method: str, url: str, params: dict[str, str], headers: dict[str, str], connect: float, read: float
    ) -> tuple[Answer, str]:
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=connect, sock_read=read)
        try:
            async with self._client.request(
                method, URL(url, encoded=True), data=params or None, headers=headers, timeout=timeout
            ) as response:
                body = await response.read()
        except aiohttp.SocketTimeoutError:
            return Answer(None, failure="rt"), "rt"
        except (aiohttp.ClientError, OSError, ValueError):
            return Answer(None, failure="ct"), "ct"
        return Answer(response.status, response.headers.get("content-type", ""), body), str(response.status)


def _with(request: Request, params: Mapping[str, str]) -> Request:
    return Request(request.on, request.url, request.method, params, request.to, request.caller)
