"""Agentless days in virtual time: only people who agreed are called, and every call comes to its end."""

from __future__ import annotations

import csv
import random
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import world as kit
from world import NOON, World, make_world, run_day, settings_of

from dialer.runtime.list_load import load_contacts

MESSAGE = """
[message]
text = "This is Evergreen. Press 9 to stop further calls. Your bill is due. Call 212-555-0100. {agent}"
on_machine = "{machine}"
{more}
"""
FAULTS = {"lost": 0.1, "duplicated": 0.1, "late": 0.1, "reordered": 0.1, "unknown": 0.02}
CONSENTS = ("pewc", "express", "", "")


def agentless(root: Path, seed: int, monkeypatch: pytest.MonkeyPatch, *, agents: bool, scope: str) -> World:
    """A campaign whose people agreed to this or that, or to nothing, long ago or after the call."""
    monkeypatch.setattr(kit, "CAMPAIGN", kit.CAMPAIGN.replace('flags = ["contact", "callback"]', 'flags = ["contact"]'))
    said = MESSAGE.format(
        agent="To speak with us, press 1." if agents else "",
        machine="leave_message" if agents else "hang_up",
        more='agent_key = "1"\nvoicemail = "This is Evergreen. Call 212-555-0100."' if agents else "",
    )
    world = make_world(root, people=240, mode="agentless", scope=scope, extra=said, load=False)
    rng = random.Random(seed)
    file = root / "contacts.csv"
    with file.open(newline="") as found:
        rows = list(csv.DictReader(found))
    for row in rows:
        row["consent_basis"] = rng.choice(CONSENTS)
        row["consent_at"] = rng.choice([kit.CONSENTED, "2027-01-01T00:00:00+00:00"]) if row["consent_basis"] else ""
    with file.open("w", newline="") as out:
        written = csv.DictWriter(out, rows[0].keys())
        written.writeheader()
        written.writerows(rows)
    load_contacts(world.workspace, world.campaign, file)
    return world


def asked(world: World, question: str) -> list[dict[str, Any]]:
    with closing(sqlite3.connect(world.database)) as db:
        db.row_factory = sqlite3.Row
        return [dict(row) for row in db.execute(question)]


PLACED = """
SELECT attempt.*, lead.consent_basis, lead.consent_at, lead.status, ledger.body
FROM attempt JOIN lead USING (lead_id) JOIN ledger ON ledger_seq = seq
"""


def lawful(world: World, placed: list[dict[str, Any]]) -> list[str]:
    """Calls to people who had not agreed to a recorded voice, from the rows alone."""
    enough = {"pewc"} if world.campaign.scope == "telemarketing" else {"pewc", "express"}
    return [
        f"{row['call_id']}: {row['mode']}, {row['consent_basis']!r} of {row['consent_at']}"
        for row in placed
        if row["mode"] != "prerecorded"
        or row["consent_basis"] not in enough
        or str(row["consent_at"]) > str(row["placed_at"])
        or '"prerecorded"' not in row["body"]
    ]


@pytest.mark.parametrize(("seed", "scope"), [(1, "telemarketing"), (2, "debt_collection")])
def test_nobody_is_ever_called_who_did_not_agree_to_a_recorded_voice(tmp_path, monkeypatch, seed, scope):
    world = agentless(tmp_path / "w", seed, monkeypatch, agents=False, scope=scope)
    day = run_day(world, hours=0.5, settings=settings_of(agents=0, seed=seed, faults=FAULTS, answer_rate=0.6))
    placed = asked(world, PLACED)
    assert placed and lawful(world, placed) == []
    assert len({call.number for call in day.calls}) <= len(placed)  # the carrier saw no other call
    refused = asked(world, "SELECT body FROM ledger WHERE allowed = 0")
    assert refused and all('"prerecorded"' in row["body"] for row in refused)
    assert all(row["state"] == "ended" and row["result"] for row in placed)
    assert {"message_heard", "opted_out"} & {row["result"] for row in placed}
    listed = {row["number"] for row in asked(world, "SELECT * FROM suppression")}
    pressed = {call.number for call in day.calls if call.opted_out_at is not None}
    assert pressed and pressed <= listed


def test_a_key_leads_to_an_agent_and_machines_get_their_message(tmp_path, monkeypatch):
    world = agentless(tmp_path / "w", 5, monkeypatch, agents=True, scope="debt_collection")
    settings = settings_of(agents=6, seed=5, answer_rate=0.5, asks_agent=0.4, break_share=0.0, faults=FAULTS)
    day = run_day(world, hours=1.0, settings=settings)
    placed = asked(world, PLACED)
    results = Counter(row["result"] for row in placed)
    assert lawful(world, placed) == []
    assert min(results[each] for each in ("to_agent", "message_heard", "voicemail_left", "opted_out")) >= 1, results
    wanted = {call.call_id for call in day.calls if call.asked_agent_at is not None}
    met = {row["call_id"] for row in placed if row["bridged_at"]}
    assert met <= wanted  # nobody is joined who did not ask


def test_a_crash_during_the_message_is_mended_and_nobody_is_dialed_again_because_of_it(tmp_path, monkeypatch):
    world = agentless(tmp_path / "w", 7, monkeypatch, agents=False, scope="debt_collection")
    settings = settings_of(agents=0, seed=7, answer_rate=0.9, message_seconds=60.0)
    run_day(world, hours=0.02, settings=settings, drain=False)  # stops in the middle of everything
    # What was written at once is on the disk; the rest of the process is gone.
    hearing = [row for row in asked(world, PLACED) if row["answered_at"] and row["state"] != "ended"]
    assert hearing
    later = NOON.timestamp() + 300.0
    run_day(world, hours=0.1, settings=settings, start=NOON.fromtimestamp(later, NOON.tzinfo))
    after = asked(world, PLACED)
    assert all(row["state"] == "ended" and row["result"] for row in after)
    mended = {row["call_id"]: row for row in after}
    assert {mended[row["call_id"]]["result"] for row in hearing} == {"message_part"}
    tried = Counter(row["lead_id"] for row in after)
    assert all(tried[row["lead_id"]] == 1 for row in hearing)
