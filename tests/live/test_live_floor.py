"""The live floor over HTTP: real processes, the real client, the carrier's own books; faults and kill -9.

Real time, so the runs are short; `DIALER_LIVE_SEEDS=200` repeats the kill test, and `DIALER_LIVE_MATRIX=1` runs
every fault alone.
"""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from books_audit import attempts, audit, contacts, left_open, rows
from twilio_floor import CALLER_IDS, Fault, Floor, ScriptedAgent, books_of, live_floor, scripted, serving

from dialer.carriers.emulator import Behaviour

SEEDS = int(os.environ.get("DIALER_LIVE_SEEDS", "1"))

#: Every point of the carrier's misbehaviour that the emulator can play.
FAULTS: dict[str, list[Fault]] = {
    "the answer to create is lost": [Fault(kind="answer_lost", on="calls.create", seconds=12, probability=0.2)],
    "the connection is reset after create": [Fault(kind="answer_reset", on="calls.create", probability=0.3)],
    "429": [Fault(kind="refuse", on="calls.create", code=20429, probability=0.2, times=2)],
    "no line free (10004)": [Fault(kind="refuse", on="calls.create", code=10004, probability=0.2, times=2)],
    "number refused": [Fault(kind="refuse", on="calls.create", code=21217, probability=0.2)],
    "caller id refused": [
        Fault(kind="refuse", on="calls.create", code=21210, caller=each, probability=0.3) for each in CALLER_IDS
    ],
    "geography refused": [
        Fault(kind="refuse", on="calls.create", code=21215, caller=each, probability=0.3) for each in CALLER_IDS
    ],
    "queue time grows": [Fault(kind="queue", on="calls.create", seconds=3, probability=0.3)],
    "status callbacks lost": [Fault(kind="drop", on="status.*", probability=0.3)],
    "room callbacks lost": [Fault(kind="drop", on="conference.*", probability=0.2)],
    "callbacks doubled": [Fault(kind="duplicate", on="*", seconds=0.5, probability=0.5)],
    "callbacks late and out of order": [Fault(kind="delay", on="status.*", seconds=(0.0, 3.0), probability=0.6)],
    "callbacks forged": [Fault(kind="forge", on="status.*", probability=0.5)],
    "callbacks of another account": [Fault(kind="other_account", on="status.*", probability=0.5)],
    "answer fetched twice": [Fault(kind="fetch_twice", on="twiml.url", probability=0.7)],
    "person leaves at once": [Fault(kind="leaves", seconds=(0.0, 1.0), probability=0.4)],
    "person leaves while being joined": [Fault(kind="leaves_joining", probability=0.4)],
    "updates refused for a while": [Fault(kind="refuse", on="calls.update", code=20429, probability=0.4)],
    "dead trunk": [Fault(kind="dead_trunk", seconds=1.0, probability=0.4)],
    "the carrier's clock is wrong": [Fault(kind="skew", seconds=300.0)],
}
TOGETHER = (
    "status callbacks lost",
    "callbacks doubled",
    "callbacks late and out of order",
    "callbacks forged",
    "answer fetched twice",
    "updates refused for a while",
    "the connection is reset after create",
)


class Street:
    """Who answers: most people pick up at once, some are engaged; seeded by attempt."""

    def __init__(self, seed: int, ring: float = 1.5, talk: float | None = None) -> None:
        self.seed, self.ring, self.talk = seed, ring, talk

    def meet(self, attempt: str, number: str, at: float) -> Behaviour:
        chance = random.Random(f"{self.seed}/{attempt}")
        if chance.random() < 0.75:
            opts_out = 0.5 if chance.random() < 0.3 else None
            return Behaviour(
                result="human", ring_delay=0.1, ring=chance.uniform(0.2, self.ring), patience=20.0,
                opts_out_at=opts_out, leaves_after=self.talk,
            )  # fmt: skip
        return Behaviour(result="busy", ring_delay=0.1, ring=0.5)


async def work(
    floor: Floor,
    until: Callable[[], bool] | None = None,
    agents: list[ScriptedAgent] | None = None,
    seconds: float = 60.0,
) -> str:
    """Open the floor, let agents work until something is so, close it by SIGTERM; returns what it printed."""
    wanted = until or (lambda: enough(floor))
    with serving(floor.world, floor.port) as served:
        await asyncio.to_thread(served.open)
        tasks = [asyncio.create_task(each.work(asyncio.Event())) for each in agents or scripted(floor)]
        await asyncio.to_thread(served.until, wanted, seconds)
        served.tell(signal.SIGTERM)
        await asyncio.gather(*tasks)
        assert await asyncio.to_thread(served.end, 60.0) == 0, served.said()
        return served.said()


def enough(floor: Floor, calls: int = 12, served: int = 3) -> bool:
    """So many calls are over, and some of them were talks with an agent; or the carrier stopped the campaign."""
    over = [row for row in attempts(floor.world.database) if row["state"] == "ended"]
    return (len(over) >= calls and sum(row["result"] == "human" for row in over) >= served) or paused(floor)


def paused(floor: Floor) -> bool:
    """The campaign was paused, as the carrier's refusal of the account demands."""
    return bool(rows(floor.world.database, "SELECT 1 FROM campaign_change WHERE state = 'paused'"))


def nothing_is_wrong(floor: Floor, was_down: bool = False) -> None:
    books = books_of(floor)
    assert audit(books, floor.world.database) == []
    assert left_open(floor.world.database) == []
    lint = floor.carrier.call(lambda exchange: list(exchange.violations))
    # Nobody answers while the floor is down: that is not the documents' fault.
    assert [each for each in lint if not (was_down and each[0] == "document")] == []
    assert floor.carrier.call(lambda exchange: list(exchange.failures)) == []


def test_every_answer_reaches_an_agent_and_the_books_agree_to_the_last_call(tmp_path: Path):
    with live_floor(tmp_path / "w", far_end=Street(1), campaign={"mode": "progressive"}) as floor:
        agents = scripted(floor)
        asyncio.run(work(floor, agents=agents))
        nothing_is_wrong(floor)
        books = contacts(books_of(floor), floor.world.database)
        results = {row["result"] for row in attempts(floor.world.database)}
        assert results == {"human", "busy"}
        assert len(books) == len(attempts(floor.world.database)) >= 10
        served = [book for book in books if book.seconds_to_voice is not None]
        assert max(book.seconds_to_voice for book in served) < 2.0
        screens = [each["call"] for agent in agents for each in agent.seen if each.get("call")]
        assert all(screen["person"]["number"] and screen["seller"] == "Evergreen" for screen in screens)
        assert all(agent.disposed for agent in agents)


def test_with_everything_going_wrong_at_once_every_promise_holds(tmp_path: Path):
    faults = tuple(fault for name in TOGETHER for fault in FAULTS[name])
    with live_floor(tmp_path / "w", far_end=Street(2), faults=faults, campaign={"mode": "progressive"}) as floor:
        asyncio.run(work(floor))
        nothing_is_wrong(floor)
        assert len(attempts(floor.world.database)) >= 5


@pytest.mark.skipif("DIALER_LIVE_MATRIX" not in os.environ, reason="every fault alone: set DIALER_LIVE_MATRIX=1")
@pytest.mark.parametrize("name", FAULTS)
def test_fault(tmp_path: Path, name: str):
    with live_floor(
        tmp_path / "w", far_end=Street(3), faults=tuple(FAULTS[name]), campaign={"mode": "progressive"}
    ) as floor:
        asyncio.run(work(floor))
        nothing_is_wrong(floor)


def test_a_person_whose_agent_is_lost_hears_the_apology_and_nobody_waits_in_silence(tmp_path: Path):
    """Browsers die with people on the line and with calls ringing: the message, within two seconds."""
    with live_floor(tmp_path / "w", far_end=Street(4), campaign={"mode": "progressive"}) as floor:
        agents = scripted(floor, talk=30.0)

        async def story() -> None:
            with serving(floor.world, floor.port) as served:
                await asyncio.to_thread(served.open)
                tasks = [asyncio.create_task(each.work(asyncio.Event())) for each in agents]
                until = time.monotonic() + 15.0
                while sum(bool(each.arrived) for each in agents) < 2 and time.monotonic() < until:
                    await asyncio.sleep(0.05)
                for task in tasks:
                    task.cancel()  # the browsers are gone without a word
                await asyncio.gather(*tasks, return_exceptions=True)
                # Five seconds without a sign of life, then the message; nobody is dialed any more.
                await asyncio.to_thread(served.until, lambda: not left_open(floor.world.database), 40.0)
                served.tell(signal.SIGTERM)
                assert await asyncio.to_thread(served.end) == 0, served.said()

        asyncio.run(story())
        nothing_is_wrong(floor)
        books = contacts(books_of(floor), floor.world.database)
        talked = [book for book in books if book.seconds_to_voice is not None]
        assert len(talked) >= 2
        assert all(book.heard_any("apology") or book.heard_any("message") for book in talked)


@pytest.mark.parametrize("seed", range(SEEDS))
def test_kill_9_of_the_floor_loses_nothing_and_redials_nobody(tmp_path: Path, seed: int):
    chance = random.Random(seed)
    street = Street(seed, ring=4.0, talk=6.0)
    with live_floor(tmp_path / "w", far_end=street, campaign={"mode": "progressive"}) as floor:

        async def story() -> None:
            with serving(floor.world, floor.port) as served:
                await asyncio.to_thread(served.open)
                tasks = [asyncio.create_task(each.work(asyncio.Event())) for each in scripted(floor, talk=1.5)]
                await asyncio.to_thread(served.until, lambda: len(attempts(floor.world.database)) >= 3)
                await asyncio.sleep(chance.uniform(0.0, 4.0))
                served.tell(signal.SIGKILL)
                await asyncio.to_thread(served.end)
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
            before = {row["call_id"] for row in attempts(floor.world.database)}
            await asyncio.sleep(5.2)  # the dead floor's lease
            ended = len(attempts(floor.world.database))
            await work(floor, lambda: len(attempts(floor.world.database)) >= ended + 6)
            after = {row["call_id"]: row for row in attempts(floor.world.database)}
            assert before <= after.keys()

        asyncio.run(story())
        nothing_is_wrong(floor, was_down=True)
        assert [why for (why,) in rows(floor.world.database, "SELECT ended_why FROM run")].count("crashed") == 1
