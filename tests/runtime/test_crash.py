"""Processes that are killed, told to stop, started twice: nothing is forgotten, nobody is called because of it."""

from __future__ import annotations

import random
import signal
import time
from collections import Counter
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from audit import (
    Books,
    carrier_agrees,
    instant,
    ledger_chain,
    ledger_covers,
    opted_out,
    read,
    twice_at_once,
    unfinished,
)
from live import Running, calls_of, dialer, forget_lease, keys, make_live_world, running
from world import World

from dialer.store import ledger, suppressions

FACTS = (
    ("attempt", "call_id"),
    ("disposition", "disposition_id"),
    ("suppression", "suppression_id"),
    ("ledger", "seq"),
)


def enough(run: Running, calls: int) -> bool:
    """Whether the carrier was asked for so many calls."""
    return run.dialed() >= calls


def stop(run: Running, told: signal.Signals) -> None:
    """Tell a run to stop: it ends well, dials nobody more, lets live calls finish, and gives the lease back."""
    run.until(lambda: any(call.bridged_at and not call.ended_at for call in calls_of(run.world)))
    at = time.time()
    run.tell(told)
    assert run.end() == 0
    assert f"stopped by {told.name}" in run.said()
    calls = calls_of(run.world)
    assert max(call.at for call in calls) < at + 0.6  # the run looks for signals four times a second
    cut = [call for call in calls if call.ended_at is None]
    assert all(call.at < run.since for call in cut)  # only what earlier, killed runs left behind
    assert any(call.bridged_at and call.ended_at and call.ended_at > at for call in calls)  # a talk went on to its end
    lease = read(run.world.database, "SELECT holder, expires_at FROM lease")[0]
    assert lease["holder"] == "" and instant(lease["expires_at"]) <= time.time()


def no_fact_is_lost(world: World, before: dict[str, set[str]]) -> None:
    """Everything that was committed is still there, and everything that was dialed is written down."""
    for table, column in FACTS:
        assert keys(world.database, table, column) >= before[table], f"{table} lost what was committed"
    assert carrier_agrees(Books(world.database), calls_of(world)) == []


def test_kill_9_at_any_instant_loses_nothing_and_redials_nobody(tmp_path: Path):
    chance = random.Random(20261122)
    world = make_live_world(tmp_path / "w", 300)
    refuses = world.numbers[2]
    with world.store() as store, store.writing() as tx:
        suppressions.add(tx, refuses, reason="asked", source="letter", by="officer", at=datetime.now(UTC))
    left_open: set[str] = set()
    dialed = 0
    for crash in range(2):
        with running(world) as run:
            run.until(partial(enough, run, dialed + 12))
            time.sleep(chance.uniform(0.0, 1.5))
            before = {table: keys(world.database, table, column) for table, column in FACTS}
            run.tell(signal.SIGKILL)
            assert run.end() == -signal.SIGKILL
            dialed = run.dialed()
        no_fact_is_lost(world, before)
        left_open |= {row["call_id"] for row in Books(world.database).attempts if row["state"] != "ended"}
        if crash == 0:  # nobody gives the dead run's lease back: it has to run out
            lease = read(world.database, "SELECT expires_at FROM lease")[0]
            time.sleep(max(0.0, instant(lease["expires_at"]) - time.time()))
        else:
            forget_lease(world.database)
    assert left_open  # it died with calls in the air
    with running(world) as run:
        run.until(partial(enough, run, dialed + 12))
        stop(run, signal.SIGINT)
        assert "An earlier run ended without word" in run.said()

    books, calls = Books(world.database), calls_of(world)
    no_fact_is_lost(world, before)
    assert unfinished(books) == []
    assert set(Counter(call.number for call in calls).values()) == {1}  # each number rests 20 minutes at least
    assert twice_at_once(books, [call for call in calls if call.ended_at is not None]) == []
    for call_id in left_open:
        row = books.by_call[call_id]
        assert row["counts"] == 1 and row["detail"].startswith("lost")
        assert row["result"] == ("human" if row["bridged_at"] else "abandoned" if row["answered_at"] else "failed")
    assert opted_out(books) == []
    assert refuses not in {call.number for call in calls}
    assert ledger_chain(books) + ledger_covers(books) == []
    assert [row["ended_why"] for row in books.runs].count("crashed") == 2
    with world.store() as store, store.reading() as tx:
        assert ledger.verify(tx).intact


def test_another_process_is_heard_on_the_very_next_dial_and_kept_out_of_the_campaign(tmp_path: Path):
    world = make_live_world(tmp_path / "w", 60, calls_per_second=6.0)
    late = world.numbers[-4:]
    with running(world) as run:
        run.until(lambda: run.dialed() >= 1)
        asked = dialer(world, "dnc", "add", late[0], "--reason", "asked by letter", "--source", "letter")
        committed = time.time()
        assert asked.returncode == 0 and "from this moment" in asked.stdout
        second = dialer(world, "run", "day")
        assert second.returncode == 0 and "already running" in second.stdout

        def refused() -> bool:
            rows = read(world.database, "SELECT number FROM ledger WHERE allowed = 0")
            return late[0] in {row["number"] for row in rows}

        run.until(refused)
        stop(run, signal.SIGTERM)
    books, calls = Books(world.database), calls_of(world)
    assert not [call for call in calls if call.number == late[0] and call.at > committed]
    assert {row["code"] for row in books.ledger if row["number"] == late[0]} == {"DNC_INTERNAL"}
    assert opted_out(books) == []
    assert {call.number for call in calls} & set(late[1:])  # its neighbours were called
    assert len(books.runs) == 1  # the second run left no trace
    assert carrier_agrees(books, calls) + ledger_chain(books) + ledger_covers(books) + unfinished(books) == []
