"""A database with calls of two clients, and somebody who listens to what is told of them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aiohttp import web

from dialer.runtime.events_out import Delivery
from dialer.store import calls, campaigns, ledger, lists, open_store, outgoing, runs
from dialer.store.database import Store
from dialer.store.lists import NewLead, NewPhone
from dnc.values import Check, Code, Place, Verdict

ADA, BOB = "+12125550140", "+12125550141"
#: 32 bytes in base64.
SECRET = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
AT = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
GUIDE = Path(__file__).parents[2] / "docs" / "api" / "README.md"


def checker() -> Callable[..., dict[str, Any]]:
    """The function that the guide gives to receivers."""
    (code,) = re.findall(r"```python\n(.*?def verified\(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)
    return names["verified"]


def fill(path: Path | str, *, clock: str = "real") -> Store:
    """Campaign `day` of evergreen with Ada and Bob, `night` of rival with Bob; a run of each."""
    store = open_store(path, durable=False)
    place = Place(("US", "US-NY"), ("America/New_York",))
    people = {"day": [ADA, BOB], "night": [BOB]}
    for name, client in (("day", "evergreen"), ("night", "rival")):
        with store.writing() as tx:
            campaigns.upsert(tx, name, client=client, scope="telemarketing", file_hash="0" * 64, at=AT)
            runs.start_run(tx, f"run-{name}", campaign=name, node="here", clock=clock, at=AT)
        leads = [
            NewLead(line=n, phones=[NewPhone(number, place)], external_id=f"crm-{n}")
            for n, number in enumerate(people[name], start=2)
        ]
        lists.insert_list(store, name, leads, file_name="list.csv", sha256=name * 8, at=AT)
    return store


def place_call(tx: Any, phone_id: int, call_id: str, run_id: str = "run-day") -> None:
    """A call that rings."""
    facts = calls.call_facts(tx, phone_id)
    check = Check(Code.HOURS_FEDERAL, "US.hours", True, "16 CFR 310.4(c)", "10:00")
    verdict = Verdict(True, AT, (check,), None, {"rules": "1"})
    seq = ledger.append(tx, facts.proposed("predictive"), verdict, lead_id=facts.lead_id, attempt=call_id)
    calls.insert_attempt(
        tx, facts, call_id=call_id, run_id=run_id, mode="predictive", carrier="twilio", ledger_seq=seq, at=AT
    )


def end_call(tx: Any, call_id: str, code: str = "SALE") -> None:
    """It is over, and an agent says what came of it."""
    calls.update_attempt(tx, call_id, state="ended", result="human", answered_at=AT, bridged_at=AT, ended_at=AT)
    calls.add_disposition(tx, call_id, agent_id="maria", code=code, flags=["contact"], at=AT, notes="told me her age")


def one_call(store: Store, call_id: str = "call-1", phone_id: int = 1) -> None:
    """A whole call to Ada."""
    with store.writing() as tx:
        place_call(tx, phone_id, call_id)
        end_call(tx, call_id)


def listen(store: Store, url: str = "http://127.0.0.1:9/", client: str = "evergreen", **more: Any) -> int:
    """Add a webhook."""
    given = {
        "kinds": outgoing.KINDS,
        "secret": SECRET,
        "secret_env": None,
        "allow_private": True,
        "by": "olga",
        "at": AT,
        **more,
    }
    with store.writing() as tx:
        return outgoing.add_webhook(tx, client, url, **given)


def waiting(store: Store, hook: int) -> list[outgoing.Waiting]:
    """What is to be told."""
    with store.reading() as tx:
        return outgoing.head(tx, hook, 100)


@dataclass
class Receiver:
    """A client's program: what it was told, and what it answers."""

    url: str = ""
    answers: list[int] = field(default_factory=list)  # taken one after the other, then 204
    slow: float = 0.0
    heard: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    @property
    def ids(self) -> list[str]:
        """The events in the order in which they came, every try."""
        return [headers["webhook-id"] for headers, _ in self.heard]

    async def answer(self, request: web.Request) -> web.Response:
        self.heard.append(({name.lower(): value for name, value in request.headers.items()}, await request.read()))
        await asyncio.sleep(self.slow)
        status = self.answers.pop(0) if self.answers else 204
        return web.Response(status=status, headers={"Location": "/elsewhere"} if 300 <= status < 400 else None)


@asynccontextmanager
async def receiver() -> AsyncIterator[Receiver]:
    """A receiver on this machine."""
    made = Receiver()
    app = web.Application()
    app.router.add_post("/events", made.answer)
    app.router.add_post("/elsewhere", made.answer)
    runner = web.AppRunner(app, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        made.url = f"http://127.0.0.1:{runner.addresses[0][1]}/events"
        yield made
    finally:
        await runner.cleanup()


class Shift:
    """The wall clock, which a test moves on."""

    def __init__(self) -> None:
        self.later = timedelta()

    def __call__(self) -> float:
        return (datetime.now(UTC) + self.later).timestamp()


async def deliver(store: Store, now: Callable[[], float] | None = None, *, looks: int = 1, **more: Any) -> None:
    """A delivery that looks so often, and is closed."""
    how = {"chance": lambda: 0.5, "environment": {}, **more}
    delivery = Delivery(store, now=now or Shift(), **how)
    for _ in range(looks):
        await delivery.look()
        await delivery.settle()
    closed = asyncio.Event()
    closed.set()
    await delivery.run(closed)
