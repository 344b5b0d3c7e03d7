"""A working folder as a floor has it after some weeks: registries, own lists, consents on record, calls of the past."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import numpy as np
from kits.contacts import people, write_registry

from campaigns.workspace import Workspace, init_workspace
from dialer.store import campaigns, consents, ledger, lists, runs, suppressions
from dialer.store.calls import call_facts, insert_attempt, update_attempt
from dialer.store.consents import Statement
from dialer.store.database import open_store
from dialer.store.lists import NewLead, NewPhone
from dnc import rules
from dnc.places import place_of
from dnc.registries import RegistryStore
from dnc.values import Check, Code, Consent, Verdict

__all__ = ["AT", "CAMPAIGN", "make_world", "states_with_lists"]

#: A Tuesday, noon in New York: everything but Alaska and Hawaii is open, and so are the differences between rules.
AT = datetime(2026, 11, 17, 17, 0, tzinfo=UTC)
CAMPAIGN = "bench"
_TEXT = """
name = "bench"
client = "evergreen"
scope = "telemarketing"
country = "US"

[seller]
name = "Evergreen"
phone = "+12125550100"
message = "This was Evergreen, 212-555-0100, for telemarketing purposes. Press 9 to stop further calls."

[dialing]
mode = "predictive"
caller_ids = ["+12125550101"]

[hours]
timezone = "America/New_York"
mon_fri = ["08:00-21:00"]

[caps]
per_hours = [{ count = 3, hours = 24 }]

[dispositions.SALE]
label = "Sale"
flags = ["contact", "right_party", "conversion", "final"]
[dispositions.DNC]
label = "Do not call again"
flags = ["contact", "opt_out"]
"""


def states_with_lists() -> list[str]:
    """The states that keep a list of their own, as the rule data names them: "US-TX"."""
    return sorted({state for source in rules.load().sources if source.kind == "state" for state in source.states})


def make_world(root: Path, *, rows: int, called: int, national: float) -> dict[str, int]:
    """Fill a new working folder for a list of `rows`; tells how much is in it.

    `called` people of the list were called in the last hours, up to four times; a twentieth as many are on the
    company's own list, as many gave their consent on record. The national list has a share of all fictitious numbers,
    the states' lists a tenth of that share of theirs.
    """
    init_workspace(root)
    (root / "campaigns" / f"{CAMPAIGN}.toml").write_text(_TEXT, encoding="utf-8")
    registries = RegistryStore(root / "registries")
    file, listed = root / "registry.txt", {}
    for salt, name in enumerate(["US.ndnc", *(f"{state}.state" for state in states_with_lists())]):
        state = "" if name == "US.ndnc" else name[3:5]
        write_registry(file, national / 10 if state else national, state=state, salt=salt)
        form, registry = ("us_state.flat_full", name) if state else ("us_ndnc.flat_full", "")
        report = registries.import_file(file, form, registry=registry, obtained_at=AT - timedelta(hours=30))
        assert report.accepted, report
        listed[name] = report.counts.numbers
    file.unlink()
    attempts = _history(Workspace.load(root), rows, called)
    return {"national": listed.pop("US.ndnc"), "states": sum(listed.values()), "attempts": attempts}


def _history(workspace: Workspace, rows: int, called: int) -> int:
    """Write the calls, opt-outs and consents; returns how many calls."""
    rng = np.random.default_rng(7)
    who = people(np.sort(rng.choice(rows, min(called, rows), replace=False)))
    campaign = workspace.campaign(CAMPAIGN)
    words = {"by": "bench", "at": AT - timedelta(days=1)}
    yes = Verdict(True, AT, (Check(Code.HOURS_FEDERAL, "US.hours", True, "law", "seen"),), None, {})
    leads = [
        NewLead(line=line, phones=[NewPhone(number, place_of(number))], person_id=person)
        for line, (person, number) in enumerate(who, start=1)
    ]
    attempts = 0
    with open_store(workspace.database_url, durable=False) as store:
        with store.writing() as tx:
            campaigns.upsert(
                tx, CAMPAIGN, client=campaign.client, scope=campaign.scope, file_hash=campaign.file_hash, at=AT
            )
            runs.start_run(tx, "past", campaign=CAMPAIGN, node="here", clock="virtual", at=AT - timedelta(days=30))
        lists.insert_list(store, CAMPAIGN, leads, file_name="past.csv", sha256="0" * 64, at=AT)
        with store.writing() as tx:
            phones = [row[0] for row in tx.driver.execute("SELECT phone_id FROM phone ORDER BY phone_id")]
            for phone_id, calls in zip(phones, rng.integers(1, 5, len(phones)).tolist(), strict=True):
                known = call_facts(tx, phone_id)
                for hour in rng.choice(60, calls, replace=False).tolist():
                    at, call_id = AT - timedelta(hours=hour + 1, minutes=7), uuid4().hex
                    seq = ledger.append(tx, known.proposed("predictive"), yes, lead_id=known.lead_id, attempt=call_id)
                    insert_attempt(
                        tx, known, call_id=call_id, run_id="past", mode="predictive", carrier="simulated",
                        ledger_seq=seq, at=at,
                    )  # fmt: skip
                    update_attempt(tx, call_id, state="ended", result="no_answer", ended_at=at + timedelta(minutes=1))
                    attempts += 1
            for _, number in who[::20]:
                suppressions.add(tx, number, reason="asked", source="call", **words)
            given = Consent("pewc", AT - timedelta(days=9))
            consents.record(tx, [Statement(number, campaign.client, given) for _, number in who[3::20]], **words)
    return attempts
