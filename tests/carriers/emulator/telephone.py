"""What the tests of the simulated Twilio share: an application that is called back, and the carrier's own client."""

import asyncio
import threading
import time
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit, urlunsplit

import uvicorn
from twilio.http.http_client import TwilioHttpClient
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from dialer.carriers.emulator import ACCOUNT_SID, AUTH_TOKEN, Behaviour, Fault
from dialer.carriers.emulator.media import wav_of_silence
from dialer.carriers.emulator.server import _listen, _Server

CALLER = "+12025550100"
PERSON = "+12025550111"
AGENT = "+12025550199"


def until(true, seconds=15.0):
    """Wait until something holds, and return it."""
    deadline = time.monotonic() + seconds
    while True:
        value = true()
        if value:
            return value
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.005)


def lasts(measured, seconds):
    """Whether something took so many simulated seconds: never less, and more only by what a busy machine adds."""
    return seconds - 0.25 <= measured <= seconds + 10.0


@dataclass
class Asked:
    """A request that the application got."""

    path: str
    params: dict
    valid: bool  # the carrier's own library accepts its signature
    method: str
    at: float = field(default_factory=time.monotonic)


class Application:
    """The dialer's side of the telephone: answers by path, and remembers what it was asked."""

    def __init__(self):
        self.answers = {}
        self.asked = []
        self.url = ""

    def answer(self, path, what):
        """What to answer: a document, (status, type, body), or a function of the parameters."""
        self.answers[path] = what
        return self.url + path

    def of(self, path):
        return [each for each in self.asked if each.path == path]

    def told(self, path, name="CallStatus"):
        return [each.params.get(name) for each in self.of(path)]

    async def __call__(self, scope, receive, send):
        body = b""
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        query = scope["query_string"].decode()
        form = dict(parse_qsl(body.decode(), keep_blank_values=True))
        signed = self.url + scope["path"] + (f"?{query}" if query else "")
        valid = RequestValidator(AUTH_TOKEN).validate(signed, form, headers.get("x-twilio-signature", ""))
        asked = Asked(scope["path"], {**dict(parse_qsl(query)), **form}, valid, scope["method"])
        self.asked.append(asked)
        answer = self.answers.get(scope["path"], (204, "text/plain", b""))
        if callable(answer):
            answer = answer(asked)
            if asyncio.iscoroutine(answer):
                answer = await answer
        if isinstance(answer, str):
            answer = (200, "text/xml", answer.encode())
        status, kind, body = answer
        await send(
            {
                "type": "http.response.start",
                "status": status,
                "headers": [(b"content-type", kind.encode()), (b"content-length", str(len(body)).encode())],
            }
        )
        await send({"type": "http.response.body", "body": body})


@contextmanager
def served(application):
    """Serve an application on a thread."""
    started: Future = Future()

    async def main():
        listening = _listen("127.0.0.1", 0)
        application.url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        server = _Server(uvicorn.Config(application, ws="none", lifespan="off", log_level="error", access_log=False))
        task = asyncio.create_task(server.serve([listening]))
        while not server.started:
            await asyncio.sleep(0.005)
        stop = asyncio.Event()
        started.set_result((asyncio.get_running_loop(), stop))
        await stop.wait()
        server.stop()
        await task
        listening.close()

    thread = threading.Thread(target=lambda: asyncio.run(main()), daemon=True)
    thread.start()
    loop, stop = started.result(10)
    try:
        yield application
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)


class ToEmulator(TwilioHttpClient):
    """The client's HTTP client with another address."""

    def __init__(self, base, timeout=10.0):
        super().__init__(timeout=timeout)
        self.base = urlsplit(base)

    def request(self, method, url, *args, **options):
        wanted = urlsplit(url)
        url = urlunsplit((self.base.scheme, self.base.netloc, wanted.path, wanted.query, ""))
        return super().request(method, url, *args, **options)


class World:
    """Everything that a story needs."""

    def __init__(self, emulator, application):
        self.emulator = emulator
        self.app = application
        self.client = self.client_as(ACCOUNT_SID, AUTH_TOKEN)

    def client_as(self, user, password, timeout=10.0):
        return Client(user, password, ACCOUNT_SID, http_client=ToEmulator(self.emulator.url, timeout))

    def person(self, number=PERSON, **how):
        how = {"result": "human", "ring_delay": 0.0, "ring": 0.5, "patience": 3600.0} | how
        self.emulator.call(lambda exchange: exchange.directory.put(number, Behaviour(**how)))
        return number

    def dial(self, to=PERSON, **fields):
        """Call somebody; by default with the application's `/answer` and `/status`."""
        fields = {
            "from_": CALLER,
            "url": f"{self.app.url}/answer",
            "status_callback": f"{self.app.url}/status",
            "status_callback_event": ["initiated", "ringing", "answered", "completed"],
        } | fields
        if "twiml" in fields:
            del fields["url"]
        return self.client.calls.create(to=to, **fields)

    def book(self, sid):
        return self.emulator.call(lambda exchange: exchange.books.of(sid))

    def ended(self, sid, seconds=15.0):
        """Wait for a call's end and return its book."""
        until(lambda: self.book(sid).ended_at is not None, seconds)
        return self.book(sid)

    def fault(self, **rule):
        self.emulator.call(lambda exchange: exchange.faults.add(Fault(**rule)))

    def violations(self):
        return self.emulator.call(lambda exchange: [f"{kind}: {what}" for kind, what, _ in exchange.violations])

    def deliveries(self):
        return self.emulator.call(lambda exchange: list(exchange.courier.deliveries))


def parked(world, number=AGENT, room="agent-1", events="start end join leave"):
    """An agent on an ordinary phone, alone in a room of their own."""
    world.person(number)
    leg = world.dial(
        number,
        status_callback=f"{world.app.url}/agent-status",
        twiml=f"<Response><Dial timeLimit='86400'><Conference beep='false' startConferenceOnEnter='true' "
        f"endConferenceOnExit='true' waitUrl='' jitterBufferSize='small' participantLabel='agent' "
        f"statusCallback='{world.app.url}/room' statusCallbackEvent='{events}'>{room}</Conference></Dial></Response>",
    )
    until(lambda: [name for name, *_ in world.book(leg.sid).rooms] == [room])
    return leg


def wav(seconds, channels=1):
    """A file of silence."""
    return b"".join(wav_of_silence(seconds, channels))
