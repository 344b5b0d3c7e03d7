"""An agentless campaign against the simulated Twilio: keys, machines, callbacks doubled and delayed."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import world as kit
from twilio_floor import live_floor, scripted, serving

from dialer.carriers.emulator import Behaviour, Fault

MESSAGE = """
[message]
text = "This is Evergreen. Press 9 to stop further calls. Call 212-555-0100. To speak with us, press 1."
on_machine = "leave_message"
voicemail = "This is Evergreen. Call 212-555-0100."
agent_key = "1"
"""
KINDS = ("opts out", "asks", "listens", "machine")


def kind_of(number: str) -> str:
    return KINDS[int(number[-2:]) % 4]


class Street:
    """Every fourth one presses 9 (twice), the next asks for an agent, the next listens, the last is a machine."""

    def meet(self, attempt: str, number: str, at: float) -> Behaviour:
        keys = {"opts out": ((1.0, "9"), (1.3, "9")), "asks": ((1.0, "1"), (1.2, "1"))}.get(kind_of(number), ())
        result: Any = "machine" if kind_of(number) == "machine" else "human"
        return Behaviour(result, ring_delay=0.1, ring=0.3, patience=30.0, keys_at=keys, greeting=1.5)


def asked(database: Path, question: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(database)) as db:
        found = db.execute(question).fetchall()
        db.commit()
        return found


def test_keys_and_machines_of_an_agentless_campaign(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    plain = kit.CAMPAIGN.replace('flags = ["contact", "callback"]', 'flags = ["contact"]')
    monkeypatch.setattr(kit, "CAMPAIGN", plain)
    faults = (
        Fault(kind="duplicate", on="*", seconds=0.3, probability=0.3),
        Fault(kind="delay", on="status.*", seconds=(0.0, 1.0), probability=0.3),
    )
    with live_floor(
        tmp_path / "w", people=60, count=2, far_end=Street(), faults=faults,
        campaign={"mode": "agentless", "dialing": MESSAGE},
    ) as floor:  # fmt: skip
        database = floor.world.database
        agreed = "UPDATE lead SET consent_basis = 'express', consent_at = '2026-01-01 00:00:00' WHERE lead_id % 3 > 0"
        asked(database, agreed)
        agents = scripted(floor)

        def enough() -> bool:
            results = {row[0] for row in asked(database, "SELECT DISTINCT result FROM attempt")}
            return {"opted_out", "to_agent", "message_heard", "voicemail_left"} <= results

        async def story() -> None:
            with serving(floor.world, floor.port) as served:
                await asyncio.to_thread(served.open)
                stop = asyncio.Event()
                tasks = [asyncio.create_task(each.work(stop)) for each in agents]
                await asyncio.to_thread(served.until, enough, 45.0)
                served.tell(signal.SIGTERM)
                assert await asyncio.to_thread(served.end, 40.0) == 0, served.said()
                stop.set()
                await asyncio.gather(*tasks, return_exceptions=True)

        asyncio.run(story())
        rows = asked(database, "SELECT call_id, number, mode, result, lead_id, bridged_at FROM attempt")
        assert {row[2] for row in rows} == {"prerecorded"} and all(row[4] % 3 > 0 for row in rows)
        allowed = {
            "opts out": {"opted_out"},
            "asks": {"to_agent", "abandoned"},
            "listens": {"message_heard"},
            "machine": {"voicemail_left"},
        }
        odd = [row for row in rows if row[3] not in allowed[kind_of(row[1])]]
        assert odd == []
        listed = {row[0] for row in asked(database, "SELECT number FROM suppression")}
        assert {row[1] for row in rows if row[3] == "opted_out"} <= listed
        assert all((row[5] is not None) == (row[3] == "to_agent") for row in rows)
