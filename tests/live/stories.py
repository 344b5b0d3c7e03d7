"""Live floors from their opening to their end, each with everything that was wrong with them.

A story makes a simulated Twilio and a working folder, runs `dialer serve` in a process of its own, lets scripted agents
work, and asks the auditors (`books_audit`). The tests tell each story once; `scripts/bench survival` tells them with
many seeds.
"""

from __future__ import annotations

import asyncio
import random
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from books_audit import INVARIANTS, attempts, left_open, rows
from twilio_floor import CALLER_IDS, Fault, Floor, ScriptedAgent, Serving, books_of, live_floor, scripted, serving

from dialer.carriers.emulator import Behaviour
from dialer.store import ledger

__all__ = ["FAULTS", "Street", "Told", "Wrong", "enough", "fault_story", "kill_story", "what_is_wrong", "work"]

#: What is wrong, by the promise that is broken; a promise that was kept has no lines.
Wrong = dict[str, list[str]]


@dataclass(frozen=True)
class Told:
    """A story that was told: what was wrong, and what happened in it (so that one in which nothing did is seen)."""

    wrong: Wrong
    happened: dict[str, int]


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


def what_is_wrong(floor: Floor, agents: list[ScriptedAgent], was_down: bool = False) -> Wrong:
    """Ask every auditor after the floor has closed.

    Args:
        floor: of the story.
        agents: who worked there; what they were told is saved must be there.
        was_down: nobody answered the carrier for a while, which is not the documents' fault.
    """
    books, database = books_of(floor), floor.world.database
    found = {each.__name__: each(books, database) for each in INVARIANTS}
    found["every_call_has_an_end"] = left_open(database)
    kept = {(call_id, code) for call_id, code in rows(database, "SELECT call_id, code FROM disposition")}
    told = {(each["call_id"], each["code"]) for agent in agents for each in agent.seen if each["event"] == "saved"}
    found["no_word_of_an_agent_is_lost"] = [f"{each} was told to be saved and is not" for each in told - kept]
    with floor.world.store() as store, store.reading() as tx:
        proof = ledger.verify(tx)
    found["the_ledger_verifies"] = [] if proof.broken is None else [f"row {proof.broken}: {proof.detail}"]
    lint = floor.carrier.call(lambda exchange: list(exchange.violations))
    found["requests_and_documents_are_lawful"] = [str(e) for e in lint if not (was_down and e[0] == "document")]
    found["the_carrier_did_not_fail"] = [str(each) for each in floor.carrier.call(lambda x: list(x.failures))]
    return found


def fault_story(folder: Path, names: tuple[str, ...], seed: int) -> Told:
    """A shift during which the carrier does some things wrong."""
    faults = tuple(fault for name in names for fault in FAULTS[name])
    with live_floor(
        folder / "w", far_end=Street(seed), faults=faults, campaign={"mode": "progressive"}, seed=seed
    ) as floor:
        agents = scripted(floor)
        asyncio.run(work(floor, agents=agents))
        wrong = what_is_wrong(floor, agents)
        least = 1 if paused(floor) else 5
        placed = len(attempts(floor.world.database))
        wrong["the_floor_worked"] = [] if placed >= least else [f"only {placed} calls were placed"]
        struck = floor.carrier.call(lambda exchange: sum(exchange.faults.struck.values()))
        return Told(wrong, {"calls": placed, "strikes": struck})


def kill_story(folder: Path, seed: int) -> Told:
    """`kill -9` at a random moment with calls in flight, for every third seed once more during the mending."""
    chance = random.Random(seed)
    street = Street(seed, ring=4.0, talk=6.0)
    with live_floor(folder / "w", far_end=street, campaign={"mode": "progressive"}, seed=seed) as floor:
        database = floor.world.database
        told: list[ScriptedAgent] = []
        lost: list[str] = []
        in_flight: list[str] = []

        async def killed() -> None:
            before = len(attempts(database))
            told.extend(agents := scripted(floor, talk=1.5))
            with serving(floor.world, floor.port) as served:
                await asyncio.to_thread(served.open)
                tasks = [asyncio.create_task(each.work(asyncio.Event())) for each in agents]
                await asyncio.to_thread(served.until, lambda: len(attempts(database)) >= before + 3)
                await asyncio.sleep(chance.uniform(0.0, 4.0))
                await _kill(served)
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

        async def killed_while_mending() -> None:
            with serving(floor.world, floor.port) as served:
                await asyncio.to_thread(served.until, lambda: "is open at" in served.said())
                await asyncio.sleep(chance.uniform(0.0, 0.4))
                await _kill(served)

        async def story() -> None:
            await killed()
            in_flight.extend(left_open(database))
            seen = {row["call_id"] for row in attempts(database)}
            await asyncio.sleep(5.2)  # the dead floor's lease
            if seed % 3 == 0:
                await killed_while_mending()
                await asyncio.sleep(5.2)
            ended = len(attempts(database))
            told.extend(agents := scripted(floor))
            await work(floor, lambda: len(attempts(database)) >= ended + 6, agents)
            lost.extend(seen - {row["call_id"] for row in attempts(database)})

        asyncio.run(story())
        wrong = what_is_wrong(floor, told, was_down=True)
        wrong["no_attempt_is_forgotten"] = lost
        crashed = [why for (why,) in rows(database, "SELECT ended_why FROM run")].count("crashed")
        wrong["the_crash_was_seen"] = [] if crashed in (1, 1 + (seed % 3 == 0)) else [f"{crashed} crashed runs"]
        return Told(wrong, {"calls": len(attempts(database)), "in flight at the kill": len(in_flight)})


async def _kill(served: Serving) -> None:
    served.tell(signal.SIGKILL)
    await asyncio.to_thread(served.end)
