"""One person on a small floor: a list with everything a list can say, decisions, calls and entries, as wanted."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from world import World

from dialer.store import calls, consents, ledger, outcomes, relationships, suppressions
from dnc.values import Check, Code, Consent, Verdict

ADA, SECOND, BOB, OTHER = "+12125550140", "+12125550141", "+12125550142", "+12125550143"
NAME = '<script>alert("ada")</script>'
FORMULA = '=HYPERLINK("http://example.invalid","x")'
HEAD = "external_id,debt_id,first_name,last_name,email,address,city,state,postal_code,phone,phone2"
TIME = datetime(2026, 11, 17, 17, 0, tzinfo=UTC)


@dataclass
class Floor:
    """A working folder and shorthand for what happens in it."""

    root: Path
    world: World
    placed: int = field(default=0)

    @property
    def database(self) -> Path:
        """The SQLite file."""
        return self.root / "dialer.db"

    def sql(self, text: str, *values: Any) -> list[tuple[Any, ...]]:
        """Run one statement behind everybody's back."""
        with closing(sqlite3.connect(self.database)) as connection, connection:
            guards = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
            for name, _ in guards:  # who does such things takes the guards down, and up again
                connection.execute(f"DROP TRIGGER {name}")
            found = connection.execute(text, values).fetchall()
            for _, guard in guards:
                connection.execute(guard)
            return found

    def decide(self, number: str, at: datetime = TIME, *failed: Code, **ended: Any) -> str:
        """Write down a decision, and unless a code failed the call that followed; return the call's id."""
        self.placed += 1
        call_id = f"call-{self.placed}"
        with self.world.store() as store, store.writing() as tx:
            phone = outcomes.phone_in_campaign(tx, "day", number)
            assert phone is not None
            known = calls.call_facts(tx, phone)
            checks = [
                Check(Code.HOURS_FEDERAL, "US.tm.tsr", True, "16 CFR 310.4(c)", "12:00 in America/New_York"),
                Check(Code.DNC_INTERNAL, "internal", True, "47 CFR 64.1200(d)(3)", "not listed"),
                *(Check(code, "US-NY.tm", False, "law", "21:30; open 08:00-21:00") for code in failed),
            ]
            versions = {"rules": "0" * 16, "tzdata": "2026.6", "US.ndnc": self.national}
            verdict = Verdict(not failed, at, tuple(checks), None, versions)
            seq = ledger.append(tx, known.proposed("predictive"), verdict, lead_id=known.lead_id, attempt=call_id)
            if not failed:
                calls.insert_attempt(
                    tx, known, call_id=call_id, run_id="run-1", mode="predictive", carrier="simulated",
                    ledger_seq=seq, at=at, caller_id="+12125550101", subject="day",
                )  # fmt: skip
                if ended.pop("state", "ended") == "ended":
                    values = {"result": "human", "ended_at": at + timedelta(seconds=90), **ended}
                    calls.update_attempt(tx, call_id, state="ended", **values)
        return call_id

    def said(self, call_id: str, code: str = "NO", notes: str = "", at: datetime = TIME) -> None:
        """An agent says what a call was."""
        with self.world.store() as store, store.writing() as tx:
            calls.add_disposition(tx, call_id, agent_id="maria", code=code, flags=["contact"], at=at, notes=notes)

    def suppress(self, number: str, **more: Any) -> None:
        """Put a number on a list."""
        with self.world.store() as store, store.writing() as tx:
            words = {"reason": "asked", "source": "letter", "by": "officer", "at": TIME, **more}
            suppressions.add(tx, number, **words)

    def consent(self, number: str, at: datetime = TIME, revoked: datetime | None = None) -> None:
        """Write down a consent."""
        with self.world.store() as store, store.writing() as tx:
            said = consents.Statement(
                number, "evergreen", Consent("pewc", at, revoked, "form 7", ()), channel="web form", source="forms.csv"
            )
            consents.record(tx, [said], by="officer", at=revoked or at)

    def business(self, number: str, day: date, kind: Any = "transaction") -> None:
        """Write down a business relationship."""
        with self.world.store() as store, store.writing() as tx:
            relationships.record(tx, [relationships.Fact(number, "evergreen", kind, day)], by="officer", at=TIME)

    @property
    def national(self) -> str:
        """The national list's version."""
        return (self.root / "registries" / "US.ndnc" / "CURRENT").read_text().split()[0]
