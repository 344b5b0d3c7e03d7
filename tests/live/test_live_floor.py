"""The live floor over HTTP: real processes, the real client, the carrier's own books; faults and kill -9.

Real time, so the runs are short and each story is told once; `scripts/bench survival` tells them with many seeds.
"""

from __future__ import annotations

import asyncio
import signal
import time
from pathlib import Path

from books_audit import attempts, contacts, left_open
from stories import FAULTS, Street, Wrong, fault_story, kill_story, what_is_wrong, work
from twilio_floor import books_of, live_floor, scripted, serving

#: Faults that a floor must bear all at once.
TOGETHER = (
    "status callbacks lost",
    "callbacks doubled",
    "callbacks late and out of order",
    "callbacks forged",
    "answer fetched twice",
    "updates refused for a while",
    "the connection is reset after create",
)


def lines(wrong: Wrong) -> list[str]:
    return [f"{promise}: {line}" for promise, each in wrong.items() for line in each]


def test_every_answer_reaches_an_agent_and_the_books_agree_to_the_last_call(tmp_path: Path):
    with live_floor(tmp_path / "w", far_end=Street(1), campaign={"mode": "progressive"}) as floor:
        agents = scripted(floor)
        asyncio.run(work(floor, agents=agents))
        assert lines(what_is_wrong(floor, agents)) == []
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
    assert set(TOGETHER) <= FAULTS.keys()
    told = fault_story(tmp_path, TOGETHER, 2)
    assert lines(told.wrong) == [] and told.happened["strikes"] >= 5


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
        assert lines(what_is_wrong(floor, agents)) == []
        books = contacts(books_of(floor), floor.world.database)
        talked = [book for book in books if book.seconds_to_voice is not None]
        assert len(talked) >= 2
        assert all(book.heard_any("apology") or book.heard_any("message") for book in talked)


def test_kill_9_of_the_floor_loses_nothing_and_redials_nobody(tmp_path: Path):
    told = kill_story(tmp_path, 1)
    assert lines(told.wrong) == [] and told.happened["in flight at the kill"] >= 1
