import json
from datetime import timedelta

import pytest
from sqlalchemy import text

from dialer.store import guards, ledger
from dnc.values import Code, ProposedCall


@pytest.fixture
def proposed(world):
    return ProposedCall("+12125550100", "telemarketing", "predictive", world.new_york, campaign="spring", client="acme")


@pytest.fixture
def rows(world, proposed):
    """A ledger of ten decisions."""
    for n in range(10):
        with world.store.writing() as tx:
            verdict = world.verdict(*([Code.DNC_NATIONAL] if n % 3 == 2 else []), at=world.at + timedelta(seconds=n))
            assert ledger.append(tx, proposed, verdict, lead_id=n + 1) == n + 1
    return world


def proof(world):
    with world.store.reading() as tx:
        return ledger.verify(tx)


def tamper(world, *statements):
    """What somebody does who owns the database: first of all the guards go."""
    with world.store.writing() as tx:
        for guard in guards.drop(guards.GUARDS, tx.dialect.name):
            tx.connection.execute(text(guard))
        for statement in statements:
            tx.connection.execute(text(statement))


def test_an_untouched_ledger_verifies(rows):
    told = []
    with rows.store.reading() as tx:
        found = ledger.verify(tx, progress=told.append)
        tail = ledger.get(tx, 10)
    assert found.intact
    assert (found.rows, found.head) == (10, tail.hash)
    assert told == [10]


def test_an_empty_ledger_verifies(world):
    assert proof(world).intact


@pytest.mark.parametrize(
    ("statement", "broken"),
    [
        ("UPDATE ledger SET body = replace(body, 'spring', 'autumn') WHERE seq = 4", 4),
        ("UPDATE ledger SET hash = 'x' || substr(hash, 2) WHERE seq = 10", 10),
        ("UPDATE ledger SET prev_hash = hash WHERE seq = 1", 1),
        ("UPDATE ledger SET allowed = NOT allowed WHERE seq = 3", 3),
        ("UPDATE ledger SET code = 'ALLOW' WHERE seq = 6", 6),
        ("UPDATE ledger SET number = '+12125550199' WHERE seq = 5", 5),
        ("UPDATE ledger SET campaign = 'autumn' WHERE seq = 5", 5),
        ("UPDATE ledger SET lead_id = NULL WHERE seq = 5", 5),
        ("UPDATE ledger SET at = (SELECT at FROM ledger WHERE seq = 1) WHERE seq = 7", 7),
        ("DELETE FROM ledger WHERE seq = 1", 1),
        ("DELETE FROM ledger WHERE seq = 6", 6),
    ],
)
def test_an_edit_or_a_deletion_breaks_the_chain_where_it_happened(rows, statement, broken):
    tamper(rows, statement)
    found = proof(rows)
    assert not found.intact
    assert (found.broken, found.rows) == (broken, broken - 1)
    assert found.detail


def test_a_changed_order_breaks_the_chain(rows):
    tamper(
        rows,
        "UPDATE ledger SET seq = 1000 WHERE seq = 4",
        "UPDATE ledger SET seq = 4 WHERE seq = 5",
        "UPDATE ledger SET seq = 5 WHERE seq = 1000",
    )
    assert proof(rows).broken == 4


def test_an_insertion_breaks_the_chain(rows):
    tamper(
        rows,
        *(f"UPDATE ledger SET seq = {n + 1} WHERE seq = {n}" for n in range(10, 4, -1)),
        "INSERT INTO ledger SELECT 5, at, campaign, lead_id, number, allowed, code, body, prev_hash, hash "
        "FROM ledger WHERE seq = 4",
    )
    assert proof(rows).broken == 5


@pytest.mark.parametrize("number", [0, -1, -40])
def test_a_row_before_the_first_is_found(rows, number):
    copied = "at, campaign, lead_id, number, allowed, code, body, prev_hash, hash FROM ledger WHERE seq = 1"
    tamper(rows, f"INSERT INTO ledger SELECT {number}, {copied}")
    found = proof(rows)
    assert (found.broken, found.rows) == (number, 0) and "before the first row" in found.detail


def test_a_head_that_was_noted_finds_rows_cut_off_or_made_anew(rows):
    with rows.store.reading() as tx:
        noted = [(seq, ledger.get(tx, seq).hash) for seq in (4, 10)]
        assert ledger.verify(tx, noted=noted).intact
        assert ledger.verify(tx, noted=[(None, noted[0][1])]).intact
        assert ledger.verify(tx, noted=[(None, "f" * 64)]).broken == 11
        assert ledger.verify(tx, noted=[(4, noted[1][1])]).broken == 4
    tamper(rows, "DELETE FROM ledger WHERE seq > 8")
    with rows.store.reading() as tx:
        assert ledger.verify(tx).intact
        assert ledger.verify(tx, noted=noted[:1]).intact
        cut = ledger.verify(tx, noted=noted)
        assert cut.broken == 9 and "the chain had 10 rows when its head was noted" in cut.detail


def test_rows_cut_off_the_end_are_missed_by_the_attempts_that_stand_on_them(world):
    world.load(world.lead(2), world.lead(3))
    first, second = world.lease()
    world.dial(first.phone_id, "call-1")
    world.dial(second.phone_id, "call-2")
    assert proof(world).intact
    tamper(world, "DELETE FROM ledger WHERE seq = 2")
    found = proof(world)
    assert found.broken == 2
    assert "an attempt stands on row 2" in found.detail


def test_an_attempt_that_stands_on_a_refusal_is_found(rows):
    rows.load(rows.lead(2, "+12125550100"))
    (lead,) = rows.lease()
    rows.dial(lead.phone_id, "call-1")
    tamper(rows, "UPDATE attempt SET ledger_seq = 3")
    found = proof(rows)
    assert found.broken == 3
    assert "call-1" in found.detail


def test_appends_of_several_processes_make_one_chain(world, url, elsewhere):
    code = """
import sys
from datetime import UTC, datetime
from dialer.store import ledger, open_store
from dnc.values import Place, ProposedCall, Verdict
at = datetime(2026, 3, 2, 15, tzinfo=UTC)
call = ProposedCall("+12125550100", "telemarketing", "predictive", Place(("US",), ("America/New_York",)))
with open_store(sys.argv[1], durable=False) as store:
    print("ready", flush=True)
    sys.stdin.readline()
    for _ in range(40):
        with store.writing() as tx:
            ledger.append(tx, call, Verdict(True, at, (), None))
"""
    processes = [elsewhere(code, url) for _ in range(3)]
    for process in processes:
        process.stdout.readline()
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    assert [process.wait(60) for process in processes] == [0, 0, 0]
    found = proof(world)
    assert found.intact
    assert found.rows == 120


def test_a_rolled_back_decision_leaves_no_gap(rows, proposed):
    with pytest.raises(RuntimeError), rows.store.writing() as tx:
        ledger.append(tx, proposed, rows.verdict())
        raise RuntimeError
    with rows.store.writing() as tx:
        assert ledger.append(tx, proposed, rows.verdict()) == 11
    assert proof(rows).intact


def test_the_decisions_about_a_number_are_exported_in_order(rows):
    with rows.store.reading() as tx:
        exported = list(ledger.export(tx, "+12125550100"))
        assert list(ledger.export(tx, "+12125550101")) == []
        assert ledger.get(tx, 99) is None
    assert [row.seq for row in exported] == list(range(1, 11))
    assert [row.code for row in exported[:3]] == ["ALLOW", "ALLOW", "DNC_NATIONAL"]
    assert json.loads(exported[2].body)["failed"] == [["rule", "DNC_NATIONAL", "seen"]]


def test_a_decision_keeps_the_texts_it_is_given(world, proposed):
    with world.store.writing() as tx:
        seq = ledger.append(tx, proposed, world.verdict(), attempt="call-1")
        assert json.loads(ledger.get(tx, seq).body)["attempt"] == "call-1"
