"""Whole virtual days, audited by code that shares nothing with what it audits."""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from audit import (
    SALES_HOURS,
    Books,
    abandonment,
    beyond_caps,
    closed_hours,
    findings,
    ledger_chain,
    listed_numbers,
    refused_at_home,
)
from world import NOON, World, make_world, run_day, settings_of

from dialer.store import ledger

MORNING = NOON - timedelta(hours=5, minutes=30)  # 6:30 in New York: nothing is open anywhere
EVENING = NOON + timedelta(hours=7)  # 19:00 in New York


def checks_of(world: World, hours: dict[str, tuple[int, int]], lifetime: int = 4) -> list:
    """What the law and the campaign say beyond what every day must pass."""
    return [
        partial(listed_numbers, never=world.never),
        partial(closed_hours, hours=hours),
        partial(beyond_caps, in_24_hours=3, lifetime=lifetime, per_phone_and_day=2),
    ]


def test_a_sales_day_breaks_no_law_and_loses_no_fact(tmp_path: Path):
    world = make_world(tmp_path / "w", people=600, retry=150)
    settings = settings_of(agents=8, break_start="15:00:00")
    calls = run_day(world, start=MORNING, hours=6, settings=settings, beat=4.0).calls
    first = len(calls)
    calls += run_day(world, start=EVENING, hours=3.5, settings=settings, beat=4.0).calls

    assert findings(world.database, calls, checks_of(world, SALES_HOURS)) == []

    books = Books(world.database)
    assert first > 400 and len(calls) - first > 60  # both ends of the day saw traffic
    assert {row["number"][2:5] for row in books.attempts} >= {"212", "850", "401", "605", "907", "702"}
    assert {row["result"] for row in books.attempts} >= {"human", "machine", "busy", "no_answer", "cancelled"}
    assert {row["code"] for row in books.ledger} >= {
        "ALLOW",
        "DNC_NATIONAL",
        "DNC_STATE",
        "DNC_INTERNAL",
        "DNC_CAMPAIGN",
        "DNC_AREACODE",
        "DNC_MISSING",
        "CONSENT_REQUIRED",
        "RND_NO_DATA",
        "TZ_UNKNOWN",
    }
    assert abandonment(books) <= 0.03
    with world.store() as store, store.reading() as tx:
        assert ledger.verify(tx).intact


def test_a_collections_day_rests_after_a_conversation(tmp_path: Path):
    world = make_world(
        tmp_path / "w",
        people=300,
        scope="debt_collection",
        mode="progressive",
        client="harbor",
        lifetime=3,
        retry=40,
        areas={"212": "NY", "850": "FL", "206": "WA", "605": "SD", "602": "AZ", "907": "AK"},
    )
    settings = settings_of(agents=6, outcomes={"contact": 0.6, "callback": 0.2, "refusal": 0.1, "opt_out": 0.1})
    calls = run_day(world, start=MORNING, hours=5, settings=settings, beat=4.0).calls

    checks = [*checks_of(world, {}, lifetime=3), refused_at_home]
    assert findings(world.database, calls, checks) == []

    books = Books(world.database)
    assert len(calls) > 300
    assert abandonment(books) == 0.0  # one line for each agent abandons nobody
    assert {row["number"][2:5] for row in books.attempts} >= {"212", "850", "206", "605", "602"}


FAULTS = {
    "callbacks are lost": {"faults": {"lost": 0.1}},
    "every callback comes twice": {"faults": {"duplicated": 1.0}},
    "callbacks come late": {"faults": {"late": 0.15}},
    "callbacks overtake each other": {"faults": {"reordered": 0.4}},
    "placements are unknown": {"faults": {"unknown": 0.2}},
    "the carrier is away": {
        "faults": {"outages": [{"after_hours": 0.05, "seconds": 90}, {"after_hours": 0.2, "seconds": 40}]}
    },
    "signals are slow": {"faults": {"slow_signals": [0.5, 2.0]}},
    "agents are lost in mid-call": {"agent_loss": 0.3, "agent_loss_return": 30.0},
    "machines are mistaken": {"screens_machines": False, "mistaken_for_machine": 0.05, "mistaken_for_person": 0.3},
    "everything at once": {
        "faults": {"lost": 0.05, "duplicated": 0.2, "late": 0.05, "reordered": 0.2, "unknown": 0.05},
        "agent_loss": 0.1,
    },
}


@pytest.mark.parametrize("fault", FAULTS)
def test_whatever_fails_no_law_is_broken(fault: str, tmp_path: Path):
    areas = {"212": "NY", "602": "AZ", "312": "IL", "615": "TN", "801": "UT"}
    world = make_world(tmp_path / "w", people=200, retry=5, areas=areas)
    settings = settings_of(agents=6, talk_mean=40.0, **FAULTS[fault])
    calls = run_day(world, hours=0.25, settings=settings).calls
    assert len(calls) > 60
    assert findings(world.database, calls, checks_of(world, SALES_HOURS)) == []


@pytest.mark.parametrize("mode", ["predictive", "progressive", "ratio"])
def test_in_every_mode_abandonment_stays_under_its_cap(mode: str, tmp_path: Path):
    areas = {"212": "NY", "602": "AZ", "312": "IL", "615": "TN", "801": "UT"}
    world = make_world(tmp_path / "w", people=420, areas=areas, dialing="lines_per_agent = 3.0", mode=mode)
    calls = run_day(world, hours=0.6, settings=settings_of(agents=10, talk_mean=40.0, answer_rate=0.5)).calls
    books = Books(world.database)
    assert findings(world.database, calls, checks_of(world, SALES_HOURS)) == []
    assert sum(1 for row in books.attempts if row["answered_at"]) > 60
    assert abandonment(books) <= 0.03


def test_the_audit_sees_what_is_wrong(tmp_path: Path):
    world = make_world(tmp_path / "w", people=60)
    calls = run_day(world, hours=0.3, settings=settings_of(agents=3)).calls
    checks = checks_of(world, SALES_HOURS)
    assert findings(world.database, calls, checks) == []
    with sqlite3.connect(world.database) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute("DROP TRIGGER guard_ledger_update")
        connection.execute("UPDATE ledger SET body = replace(body, 'telemarketing', 'charity') WHERE seq = 3")
        connection.execute(
            "UPDATE attempt SET placed_at = '2026-11-17 03:00:00.000000' WHERE call_id = ?", [calls[0].call_id]
        )
        connection.execute("UPDATE attempt SET number = '+12125550199' WHERE call_id = ?", [calls[1].call_id])
        connection.execute("UPDATE attempt SET state = 'ringing' WHERE call_id = ?", [calls[2].call_id])
        connection.execute("UPDATE attempt SET bridged_at = datetime(bridged_at, '+3 seconds') WHERE result = 'human'")
    connection.close()
    books = Books(world.database)
    assert ledger_chain(books)
    said = {each.split(":")[0] for each in findings(world.database, calls, checks)}
    assert said >= {"law", "carrier", "ledger", "unfinished", "live answer"}
