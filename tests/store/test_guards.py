"""Append-only tables: the database refuses to change or delete a row, but for what an erasure permits."""

from datetime import date, timedelta

import pytest
from sqlalchemy import text

from dialer.store import (
    StoreConflict,
    accounts,
    blocks,
    calls,
    consents,
    erasures,
    guards,
    imported,
    ledger,
    people,
    relationships,
    removals,
    targets,
)
from dialer.store import suppressions as lists_of_ours
from dialer.store.consents import Statement
from dialer.store.guards import GUARDS
from dialer.store.relationships import Fact
from dnc.values import Block, Code, Consent

NUMBER = "+12125550100"
#: A column of text in tables that have no number.
_TEXT = {"block": "target", "administration": "target", "abandonment_target": "campaign"}


@pytest.fixture
def full(world):
    """A row in every guarded table."""
    world.load(world.lead(2, NUMBER))
    (lead,) = world.lease()
    world.dial(lead.phone_id, "call-1")
    world.end("call-1")
    with world.store.writing() as tx:
        consents.record(tx, [Statement(NUMBER, "acme", Consent("pewc", world.at))], by="ann", at=world.at)
        relationships.record(tx, [Fact(NUMBER, "acme", "transaction", date(2026, 1, 2))], by="ann", at=world.at)
        lists_of_ours.add(tx, "+12125550101", reason="asked", source="call", by="ann", at=world.at)
        words = {"reason": "asked", "source": "letter", "by": "ann", "at": world.at}
        removals.ask(tx, "+12125550101", scope="company", scope_id="", **words)
        blocks.add(tx, NUMBER, Block(Code.INCONVENIENT_TIME, "nights"), by="ann", at=world.at)
        erasures.add(tx, ["+12125550102"], at=world.at, by="ann", reason="letter")
        past = imported.ImportedCall(NUMBER, world.at - timedelta(days=1), "human")
        imported.add(tx, [past], client="acme", campaign="spring", by="ann", at=world.at)
        accounts.record(tx, world.at, by="ann", act="add_account", target="bob")
        targets.set_target(tx, "spring", max_rate=0.02, file_rate=0.03, by="ann", at=world.at)
    return world


def erase(world):
    with world.store.writing() as tx:
        erasures.add(tx, [NUMBER], at=world.at, by="officer", reason="letter")


@pytest.mark.parametrize("guard", GUARDS, ids=lambda guard: guard.name)
def test_what_is_guarded_is_refused(full, guard):
    sql = {
        "UPDATE": f"UPDATE {guard.table} SET {_TEXT.get(guard.table, 'number')} = '+12125550199'",
        "DELETE": f"DELETE FROM {guard.table}",
        "TRUNCATE": f"TRUNCATE {guard.table} CASCADE",
    }[guard.operation]
    with full.store.reading() as tx:
        if tx.sqlite and guard.operation == "TRUNCATE":
            pytest.skip("SQLite knows no TRUNCATE")
    with pytest.raises(StoreConflict, match=f"{guard.table} is append-only"), full.store.writing() as tx:
        if guard.table == "attempt":
            tx.connection.execute(text("DELETE FROM disposition"))
        tx.connection.execute(text(sql))
    with full.store.reading() as tx:
        assert tx.connection.execute(text(f"SELECT count(*) FROM {guard.table}")).scalar() == 1


def test_an_erasure_lets_consents_relationships_and_calls_of_its_number_go_and_nothing_else(full):
    erase(full)
    with full.store.writing() as tx:
        assert people.remove_consents(tx, [row.entry_id for row in consents.entries(tx, [NUMBER])]) == 1
        assert people.remove_relationships(tx, [row.entry_id for row in relationships.entries(tx, [NUMBER])]) == 1
        assert people.remove_calls(tx, ["call-1"]) == 1
    for sql in ("DELETE FROM suppression", "DELETE FROM erasure", "DELETE FROM ledger", "DELETE FROM block"):
        with pytest.raises(StoreConflict, match="append-only"), full.store.writing() as tx:
            tx.connection.execute(text(sql))


def test_an_erasure_of_somebody_else_lets_nothing_go(full):
    with pytest.raises(StoreConflict, match="consent is append-only"), full.store.writing() as tx:
        people.remove_consents(tx, [row.entry_id for row in consents.entries(tx, [NUMBER])])


def test_a_consent_is_not_changed_even_after_an_erasure(full):
    erase(full)
    with pytest.raises(StoreConflict, match="consent is append-only"), full.store.writing() as tx:
        tx.connection.execute(text("UPDATE consent SET basis = 'express'"))


def test_calls_still_change_as_they_go_on(full):
    with full.store.writing() as tx:
        calls.update_attempt(tx, "call-1", detail="answered elsewhere")
        assert ledger.verify(tx).intact


def test_a_guard_that_was_taken_down_is_missed(full):
    with full.store.reading() as tx:
        assert guards.missing(tx) == []
    with full.store.writing() as tx:
        on = "" if tx.sqlite else " ON consent"
        tx.connection.execute(text(f"DROP TRIGGER guard_consent_delete{on}"))
    with full.store.reading() as tx:
        assert [guard.name for guard in guards.missing(tx)] == ["guard_consent_delete"]
    with full.store.writing() as tx:
        if not tx.sqlite:
            tx.connection.execute(text("ALTER TABLE ledger DISABLE TRIGGER guard_ledger_update"))
            assert {guard.name for guard in guards.missing(tx)} == {"guard_consent_delete", "guard_ledger_update"}
