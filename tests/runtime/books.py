"""Random books: calls, dispositions, agents' changes and refusals, written straight into a database."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from world import campaign_text

from campaigns.workspace import Workspace
from dialer.engine.states import CallResult
from dialer.store import schema
from dialer.store.database import Store, open_store

BEGIN = datetime(2026, 10, 28, 13, 7, 11, 250_000, tzinfo=UTC)
RESULTS = [str(result) for result in CallResult]
FLAGS = ("contact", "right_party", "conversion", "promise", "opt_out", "machine", "final")
STATES = ("ready", "reserved", "talking", "wrap_up", "paused", "offline")


class Book:
    """A working folder with campaigns and whatever `fill` wrote of them."""

    def __init__(self, root: Path, *campaigns: tuple[str, str, str]) -> None:
        """`campaigns` are (name, client, zone)."""
        (root / "campaigns").mkdir(parents=True)
        (root / "dialer.toml").write_text('[email]\nhost = "127.0.0.1"\nfrom = "Floor <floor@example.com>"\n')
        for name, client, zone in campaigns:
            (root / "campaigns" / f"{name}.toml").write_text(campaign_text(name=name, client=client, zone=zone))
        self.root, self.workspace = root, Workspace.load(root)
        self.names = [name for name, _, _ in campaigns]
        self.ledger = 0

    def store(self) -> Store:
        return open_store(self.workspace.database_url)

    def fill(self, seed: int, calls: int = 150, leads: int = 30, days: float = 5.0) -> None:
        """Write down a random past of every campaign; the same seed, the same past."""
        dice = random.Random(seed)
        with self.store() as store, store.writing() as tx:

            def put(table: Any, rows: list[dict[str, Any]]) -> None:
                if rows:
                    tx.connection.execute(table.insert(), rows)

            put(
                schema.place,
                [{"key": "x", "jurisdictions": ["US", "US-NY"], "zones": ["America/New_York"], "conflict": False}],
            )
            for number, name in enumerate(self.names):
                self._campaign(dice, put, number, self.workspace.campaign(name), calls, leads, days)

    def _campaign(
        self, dice: random.Random, put: Any, number: int, file: Any, calls: int, leads: int, days: float
    ) -> None:
        name, base = file.name, 1000 * (number + 1)
        put(
            schema.campaign,
            [{"name": name, "client": file.client, "scope": file.scope, "file_hash": "", "created_at": BEGIN}],
        )
        end = BEGIN + timedelta(days=days)
        put(
            schema.run,
            [
                {
                    "run_id": f"run-{name}",
                    "campaign": name,
                    "node": "n",
                    "clock": "virtual",
                    "seed": 7,
                    "started_at": BEGIN,
                    "ended_at": end,
                }
            ],
        )
        put(
            schema.contact_list,
            [
                {
                    "list_id": base + n,
                    "campaign": name,
                    "file_name": f"file{n}.csv",
                    "sha256": f"{name}{n}",
                    "loaded_at": BEGIN,
                    "loaded_by": "o",
                    "funnel": {},
                }
                for n in range(2)
            ],
        )
        put(
            schema.lead,
            [
                {
                    "lead_id": base + n,
                    "campaign": name,
                    "list_id": base + n % 2,
                    "line": n,
                    "language": dice.choice(["", "es"]),
                    "external_id": f"E{n}",
                    "custom": {"account_id": f"A{n}"},
                }
                for n in range(leads)
            ],
        )
        put(
            schema.phone,
            [
                {
                    "phone_id": base + n,
                    "lead_id": base + n,
                    "campaign": name,
                    "position": 1,
                    "number": f"+1212555{base + n:04}",
                    "place_id": 1,
                }
                for n in range(leads)
            ],
        )
        rows, said = [], []
        for n in range(calls):
            placed = BEGIN + timedelta(microseconds=dice.randrange(int(days * 86_400e6)))
            lead, result = base + dice.randrange(leads - 5), dice.choice(RESULTS)
            ringing = placed + timedelta(seconds=dice.uniform(0, 3)) if dice.random() < 0.8 else None
            answered = placed + timedelta(seconds=dice.uniform(3, 30)) if dice.random() < 0.6 else None
            base_of_talk = answered or placed
            bridged = (
                base_of_talk + timedelta(seconds=dice.choice([-1, 0, 0.5, 2, 2.000001, 5]))
                if dice.random() < 0.4
                else None
            )
            row = {
                "call_id": f"{name}-{n}",
                "run_id": f"run-{name}",
                "campaign": name,
                "client": file.client,
                "lead_id": lead,
                "phone_id": lead,
                "number": f"+1212555{lead:04}",
                "mode": "predictive",
                "ledger_seq": 1,
                "carrier": "simulated",
                "caller_id": dice.choice(["", "+12125550101", "+12125550102"]),
                "state": "ended",
                "result": result,
                "agent_id": dice.choice(["ann", "bob"]) if bridged else None,
                "placed_at": placed,
                "ringing_at": ringing,
                "answered_at": answered,
                "bridged_at": bridged,
                "ended_at": base_of_talk + timedelta(seconds=dice.choice([0.5, 1.9, 2, 14.9, 15, 60])),
                "amd_machine": dice.random() < 0.2,
                "message_played": dice.random() < 0.5,
                "debt_id": "",
            }
            rows.append(row)
            for k in range(dice.choice([0, 0, 1, 1, 2])):
                flags = dice.sample(FLAGS, dice.randrange(4))
                promise = dice.random() < 0.7 and "promise" in flags
                said.append(
                    {
                        "call_id": row["call_id"],
                        "agent_id": "ann",
                        "code": dice.choice("XYZ"),
                        "flags": sorted(flags),
                        "at": placed + timedelta(seconds=60 + 10 * k),
                        "promise_amount": str(dice.randrange(10, 90)) if promise else None,
                        "promise_currency": "USD" if promise else None,
                        "promise_due": (placed + timedelta(days=dice.randrange(3))).date() if promise else None,
                    }
                )
        put(schema.attempt, rows)
        put(schema.disposition, said)
        changes, at = [], BEGIN
        while at < end:
            changes.append(
                {
                    "run_id": f"run-{name}",
                    "campaign": name,
                    "agent_id": dice.choice(["ann", "bob"]),
                    "state": dice.choice(STATES),
                    "at": at,
                }
            )
            at += timedelta(microseconds=dice.randrange(1, int(6 * 3600e6)))
        put(schema.agent_change, changes)
        refused = []
        for _ in range(20):
            self.ledger += 1
            allowed = dice.random() < 0.3
            refused.append(
                {
                    "seq": self.ledger,
                    "at": BEGIN + timedelta(seconds=dice.uniform(0, days * 86_400)),
                    "campaign": name,
                    "number": "+12125550100",
                    "allowed": allowed,
                    "code": "ALLOW" if allowed else dice.choice(["DNC_NATIONAL", "HOURS_STATE"]),
                    "body": "",
                    "prev_hash": "",
                    "hash": "",
                }
            )
        put(schema.ledger, refused)
        put(
            schema.payment,
            [
                {
                    "client": file.client,
                    "debt_id": "",
                    "account_id": f"A{n}",
                    "external_id": "",
                    "amount": str(dice.randrange(5, 90)),
                    "currency": "USD",
                    "paid_on": date(2026, 10, 28) + timedelta(days=dice.randrange(6)),
                    "reference": f"{name}{n}",
                    "key": f"{name}{n}",
                    "source": "t",
                    "imported_by": "o",
                    "imported_at": BEGIN,
                }
                for n in range(leads)
            ],
        )
