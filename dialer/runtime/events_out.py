"""Delivery of outgoing events: signed, in order, at least once, and never in the way of dialing.

Theory of operation
-------------------
`dialer.store.outgoing` holds what is to be told; here is who tells it. One task of the floor looks into the outbox
every second and gives each webhook that has something due a task of its own, so that a slow receiver holds up nobody
but itself. A webhook is told one event after the other in the order of the outbox; one that is not taken is tried
again, and what comes after it waits, so that no receiver sees a correction before what it corrects. The database is
read and written in a worker thread, `_BATCH` events at a time: neither memory nor the event loop depends on how much
waits. An event counts as delivered when the receiver's answer begins with 2; when this process dies before that is
written down (within a second) it is told once more, under the same id.

Tries wait 5, 10, 20 ... seconds, an hour at the most, each between half and the whole of that. What nobody has taken
for 72 hours is a dead letter: kept for 30 days, and sent again by `dialer webhooks retry`. An answer that says that
this very event cannot be taken (400, 413, 415, 422) makes it one after five tries, for the others wait behind it.

Signatures follow Standard Webhooks (https://www.standardwebhooks.com): HMAC-SHA256 over `id.timestamp.body`.

Addresses. Nothing but https leaves this machine; http is for the machine itself. A name is looked up here, every
address that it has must be one of the public network, and that address is then connected to, so that a name cannot
mean something else a moment later. The operator may allow an inside address for one webhook. No redirect is followed,
and no proxy of the environment is used.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import ipaddress
import json
import os
import random
import secrets
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import SplitResult, urlsplit

import httpx
import structlog

from dialer.store import outgoing
from dialer.store.database import Store
from dialer.store.errors import StoreBusy
from dialer.store.outgoing import Waiting, Webhook

__all__ = ["DEAD_AFTER", "Delivery", "Refused", "checked_url", "new_secret", "sign", "wait_before"]

_log = structlog.get_logger(__name__)

#: How long an event may wait for its receiver.
DEAD_AFTER = timedelta(hours=72)
#: The first wait after a failed try and the longest, s.
_FIRST_WAIT, _LONGEST_WAIT = 5.0, 3600.0
#: How often the outbox is looked into, and how often old rows are removed, s.
_LOOK_EVERY, _PRUNE_EVERY = 1.0, 600.0
#: Events read at a time for one webhook; and the longest that one try may take, s.
_BATCH, _TIMEOUT = 50, 10.0
#: Tries to all receivers at one time.
_AT_ONCE = 16
#: Answers that refuse one event and not the sender, and after how many of them it is given up.
_UNACCEPTABLE = frozenset({400, 413, 415, 422})
_REFUSALS = 5
_PREFIX = "whsec_"


class Refused(ValueError):
    """An address, or a secret, that events must not be sent with; one sentence for the operator."""


@dataclass(frozen=True, slots=True)
class _Target:
    """Where one try goes: the address that was checked, and the name that it was found by."""

    url: str
    host: str
    name: str


@dataclass(frozen=True, slots=True)
class _Missed:
    """One try that came to nothing; `final`: the event is given up."""

    event: Waiting
    why: str
    final: bool = False


def new_secret() -> str:
    """A secret to sign with: `whsec_` and 32 random bytes in base64."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def sign(secret: str, event_id: str, at: int, body: bytes) -> str:
    """The header `webhook-signature` of one try.

    Args:
        secret: `whsec_` and base64.
        event_id: the header `webhook-id`.
        at: the header `webhook-timestamp`, s since the epoch.
        body: as it is sent.

    Raises:
        Refused: the secret is none, or too short to protect anything.
    """
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except ValueError:
        raise Refused("the secret is not whsec_ and base64") from None
    if not secret.startswith(_PREFIX) or len(key) < 24:
        raise Refused("the secret is not whsec_ and the base64 of at least 24 bytes")
    made = hmac.new(key, f"{event_id}.{at}.".encode() + body, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(made).decode()}"


def wait_before(tries: int, chance: float) -> float:
    """How long to wait after the given number of failed tries, s; `chance` in [0, 1) spreads receivers' retries."""
    longest = min(_LONGEST_WAIT, _FIRST_WAIT * 2.0 ** min(tries - 1, 20))
    return longest * (0.5 + chance / 2)


def checked_url(url: str) -> SplitResult:
    """An address that events may be sent to, as far as its text tells.

    Raises:
        Refused: it is not https (http: only to this machine), or it holds a password.
    """
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise Refused(f"{url!r} is not an address such as https://crm.example/dialer-events") from None
    if parts.scheme not in ("https", "http") or not host or not url.isascii() or any(c.isspace() for c in url):
        raise Refused(f"{url!r} is not an address such as https://crm.example/dialer-events")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise Refused("an address holds no password and no fragment: events are signed instead")
    if parts.scheme == "http" and not _is_loopback(host):
        raise Refused("events tell of people: only https, but to this machine itself")
    return parts


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Delivery:
    """Delivers what stands in the outbox.

    Args:
        store: where the outbox is.
        environment: where secrets are that webhooks name.
        now: s since the epoch.
        chance: a random number in [0, 1).
    """

    def __init__(
        self,
        store: Store,
        environment: Mapping[str, str] = os.environ,
        now: Callable[[], float] = lambda: datetime.now(UTC).timestamp(),
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._store, self._environment, self._now, self._chance = store, environment, now, chance
        self._tls = httpx.create_ssl_context()
        self._clients: dict[int, httpx.AsyncClient] = {}
        self._room = asyncio.Semaphore(_AT_ONCE)
        self._busy: dict[int, asyncio.Task[None]] = {}
        self._prune_at = float("-inf")

    async def run(self, stopped: asyncio.Event) -> None:
        """Deliver until told to stop; a try that is under way then is cut short and counts for nothing."""
        try:
            while not stopped.is_set():
                try:
                    await self.look()
                except StoreBusy as error:
                    _log.warning("outbox_busy", why=str(error))
                try:
                    await asyncio.wait_for(stopped.wait(), _LOOK_EVERY)
                except TimeoutError:
                    continue
        finally:
            for task in self._busy.values():
                task.cancel()
            await asyncio.gather(*self._busy.values(), return_exceptions=True)
            for client in self._clients.values():
                await client.aclose()

    async def look(self) -> None:
        """Give every webhook that has something due, and is not being told already, a task."""
        for hook_id, task in list(self._busy.items()):
            if task.done():
                del self._busy[hook_id]
                task.result()  # a failure that nobody expected is not passed over
        for hook in await asyncio.to_thread(self._due):
            if hook.webhook_id not in self._busy:
                self._busy[hook.webhook_id] = asyncio.create_task(self._tell(hook))

    async def settle(self) -> None:
        """Wait until every task of the last look is over."""
        await asyncio.gather(*self._busy.values())

    def _due(self) -> list[Webhook]:
        """The webhooks whose next event may be tried now. What is too old is buried, what is settled long ago removed.

        In a thread; nothing is written unless there is something to write.
        """
        at = self._at()
        due, late = [], []
        with self._store.reading() as tx:
            for hook in outgoing.webhooks(tx):
                first = outgoing.head(tx, hook.webhook_id, 1)
                if first and first[0].since < at - DEAD_AFTER:
                    late.append(hook)
                elif first and first[0].next_at <= at:
                    due.append(hook)
        if late or self._now() >= self._prune_at:
            self._prune_at = self._now() + _PRUNE_EVERY
            with self._store.writing() as tx:
                buried = {hook.webhook_id: outgoing.bury(tx, hook.webhook_id, at - DEAD_AFTER, at) for hook in late}
                outgoing.prune(tx, at)
            for hook_id, count in buried.items():
                _log.error("events_given_up", webhook=hook_id, events=count, why="nobody took them for 72 hours")
        return due

    async def _tell(self, hook: Webhook) -> None:
        """Tell a webhook what waits, in order, until nothing is left or one is not taken."""
        while True:
            events = await asyncio.to_thread(self._read, hook.webhook_id)
            taken: list[Waiting] = []
            missed: _Missed | None = None
            until = self._now() + _LOOK_EVERY
            try:
                for event in events:
                    if event.next_at > self._at() or self._now() > until:
                        break
                    async with self._room:
                        missed = await self._try(hook, event)
                    if missed is not None:
                        break
                    taken.append(event)
            finally:  # also when the floor closes: what was taken is written down
                if taken or missed is not None:
                    await asyncio.to_thread(self._settle, hook, taken, missed)
            if not taken and (missed is None or not missed.final):
                return
            if missed is not None and not missed.final:
                return

    def _read(self, hook_id: int) -> list[Waiting]:
        with self._store.reading() as tx:
            return outgoing.head(tx, hook_id, _BATCH)

    def _settle(self, hook: Webhook, taken: list[Waiting], missed: _Missed | None) -> None:
        """Write down how some tries ended: in one transaction, for dialing waits for each."""
        at = self._at()
        with self._store.writing() as tx:
            outgoing.delivered(tx, taken, at)
            if missed is not None:
                tries = missed.event.tries + 1
                again = None if missed.final else at + timedelta(seconds=wait_before(tries, self._chance()))
                outgoing.failed(tx, missed.event, missed.why, again, at)
        if missed is not None:
            _log.warning(
                "event_not_taken",
                webhook=hook.webhook_id,
                event_id=missed.event.event_id,
                why=missed.why,
                given_up=missed.final,
            )

    async def _try(self, hook: Webhook, event: Waiting) -> _Missed | None:
        """Tell one event once; returns what came between, or None when it was taken."""
        body = _body(event)
        try:
            async with asyncio.timeout(_TIMEOUT):
                target = await _target(hook)
                client = self._client(hook.webhook_id)
                request = client.build_request(
                    "POST",
                    target.url,
                    content=body,
                    headers=self._headers(hook, event, body, target.host),
                    extensions={"sni_hostname": target.name},
                )
                answer = await client.send(request, stream=True)
                await answer.aclose()  # what the receiver says beside its status is of no interest
                client.cookies.clear()
        except TimeoutError:
            return _Missed(event, f"no answer within {_TIMEOUT:.0f} s")
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            said = (str(error).splitlines() or [""])[0][:200]
            return _Missed(event, said or type(error).__name__)
        if answer.is_success:
            return None
        refused = answer.status_code in _UNACCEPTABLE and event.tries + 1 >= _REFUSALS
        return _Missed(event, f"the answer was {answer.status_code}", refused)

    def _client(self, hook_id: int) -> httpx.AsyncClient:
        """The webhook's own connections: one made for a name must not serve another at the same address."""
        if hook_id not in self._clients:
            self._clients[hook_id] = httpx.AsyncClient(
                verify=self._tls, timeout=_TIMEOUT, follow_redirects=False, trust_env=False
            )
        return self._clients[hook_id]

    def _headers(self, hook: Webhook, event: Waiting, body: bytes, host: str) -> dict[str, str]:
        at = int(self._now())
        return {
            "Host": host,
            "Content-Type": "application/json",
            "User-Agent": "predictive-dialer",
            "webhook-id": event.event_id,
            "webhook-timestamp": str(at),
            "webhook-signature": sign(self._secret(hook), event.event_id, at, body),
        }

    def _secret(self, hook: Webhook) -> str:
        if hook.secret is not None:
            return hook.secret
        found = self._environment.get(hook.secret_env or "")
        if not found:
            raise Refused(f"the environment has no secret under {hook.secret_env}")
        return found

    def _at(self) -> datetime:
        return datetime.fromtimestamp(self._now(), UTC)


def _body(event: Waiting) -> bytes:
    told: dict[str, Any] = {"type": event.kind, "timestamp": event.at.isoformat(), "data": event.data}
    return json.dumps(told, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


async def _target(hook: Webhook) -> _Target:
    """The checked address of a webhook.

    Raises:
        Refused: the name leads inside.
        OSError: it leads nowhere.
    """
    parts = checked_url(hook.url)
    assert parts.hostname is not None
    port = parts.port or (443 if parts.scheme == "https" else 80)
    found = await asyncio.get_running_loop().getaddrinfo(parts.hostname, port, type=socket.SOCK_STREAM)
    addresses = [ipaddress.ip_address(str(each[4][0]).partition("%")[0]) for each in found]
    inside = next((each for each in addresses if not each.is_global or each.is_multicast), None)
    if inside is not None and not hook.allow_private:
        raise Refused(f"{parts.hostname} is {inside}, an address inside: add the webhook with --allow-private")
    if parts.scheme == "http" and not all(each.is_loopback for each in addresses):
        raise Refused(f"{parts.hostname} is not this machine: only https goes further")
    host = f"[{addresses[0]}]" if addresses[0].version == 6 else str(addresses[0])
    return _Target(parts._replace(netloc=f"{host}:{port}").geturl(), parts.netloc, parts.hostname)
