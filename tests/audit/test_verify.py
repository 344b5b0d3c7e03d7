"""`dialer audit verify`: whatever is done to the ledger behind our back is found, with the row named, and exit 1."""

import json

import pytest
from case_world import ADA, BOB

from dnc.ledger import entry_hash

COPY = "SELECT {seq}, at, campaign, lead_id, number, allowed, code, body, prev_hash, hash FROM ledger WHERE seq = {of}"


def test_an_untouched_ledger_is_whole(dialer, busy):
    said = dialer("--dir", busy.root, "audit", "verify", "--json")
    proof = json.loads(said.out)
    assert said.code == 0 and proof["ok"] and proof["rows"] == 7 and proof["broken"] is None
    assert proof["head"] == busy.sql("SELECT hash FROM ledger WHERE seq = 7")[0][0]


def test_an_empty_ledger_is_whole(dialer, floor):
    assert dialer("--dir", floor.root, "audit", "verify").code == 0


TAMPERING = {
    "a word of a decision": (["UPDATE ledger SET body = replace(body, 'evergreen', 'other') WHERE seq = 3"], 3),
    "the number alone": ([f"UPDATE ledger SET number = '{BOB}' WHERE seq = 3"], 3),
    "a refusal made a permission": (["UPDATE ledger SET allowed = 1, code = 'ALLOW' WHERE seq = 5"], 5),
    "the instant alone": (["UPDATE ledger SET at = '2026-11-18 17:00:00.000000' WHERE seq = 2"], 2),
    "an instant that is none": (["UPDATE ledger SET at = 'yesterday' WHERE seq = 4"], 4),
    "an instant of another type": (["UPDATE ledger SET at = x'00ff' WHERE seq = 4"], 4),
    "a body that is no text": (["UPDATE ledger SET body = x'00ff' WHERE seq = 4"], 4),
    "the hash": (["UPDATE ledger SET hash = prev_hash WHERE seq = 2"], 2),
    "the first row's beginning": (["UPDATE ledger SET prev_hash = hash WHERE seq = 1"], 1),
    "the first row deleted": (["DELETE FROM ledger WHERE seq = 1"], 1),
    "a row deleted in the middle": (["DELETE FROM ledger WHERE seq = 4"], 4),
    "the last rows deleted": (["DELETE FROM ledger WHERE seq >= 6"], 6),
    "a row deleted and the rest moved up": (
        ["DELETE FROM ledger WHERE seq = 5", "UPDATE ledger SET seq = seq - 1 WHERE seq > 5"],
        5,
    ),
    "a row inserted before the first": ([f"INSERT INTO ledger {COPY.format(seq=0, of=3)}"], 0),
    "a row inserted far below": ([f"INSERT INTO ledger {COPY.format(seq=-40, of=3)}"], -40),
    "a row inserted behind the last": ([f"INSERT INTO ledger {COPY.format(seq=8, of=3)}"], 8),
    "a row inserted with a gap": ([f"INSERT INTO ledger {COPY.format(seq=90, of=3)}"], 8),
    "a row inserted in the middle": (
        [
            "UPDATE ledger SET seq = -seq WHERE seq > 3",
            "UPDATE ledger SET seq = 1 - seq WHERE seq < 0",
            f"INSERT INTO ledger {COPY.format(seq=4, of=2)}",
        ],
        4,
    ),
    "two rows exchanged": (
        [
            "UPDATE ledger SET seq = -1 WHERE seq = 2",
            "UPDATE ledger SET seq = 2 WHERE seq = 3",
            "UPDATE ledger SET seq = 3 WHERE seq = -1",
        ],
        2,
    ),
    "a call moved to another decision": (["UPDATE attempt SET ledger_seq = 5 WHERE ledger_seq = 1"], 5),
}


@pytest.mark.parametrize("what", TAMPERING)
def test_tampering_is_found_and_the_row_named(dialer, busy, what: str):
    statements, row = TAMPERING[what]
    for statement in statements:
        busy.sql(statement)
    said = dialer("--dir", busy.root, "audit", "verify")
    assert said.code == 1 and said.out == ""
    assert said.err.startswith(f"dialer: the ledger is broken at row {row}: ") and said.err.count("\n") == 1
    answer = json.loads(dialer("--dir", busy.root, "audit", "verify", "--json").out)
    assert answer["ok"] is False and answer["broken"] == row and answer["why"]


def test_a_forged_row_whose_hash_is_right_but_whose_body_is_nonsense_is_named(dialer, busy):
    (prev,) = busy.sql("SELECT hash FROM ledger WHERE seq = 7")[0]
    for body in ("nonsense", "[]", "{}", '{"ok":true,"failed":[3],"number":"","campaign":"","lead":"","at":""}'):
        busy.sql("DELETE FROM ledger WHERE seq = 8")
        busy.sql(
            "INSERT INTO ledger VALUES (8, '2026-11-18 17:00:00.000000', 'day', 1, ?, 1, 'ALLOW', ?, ?, ?)",
            ADA, body, prev, entry_hash(prev, 8, body),
        )  # fmt: skip
        said = dialer("--dir", busy.root, "audit", "verify")
        assert said.code == 1 and "row 8" in said.err and said.err.count("\n") == 1, body


def test_a_chain_written_anew_does_not_pass_through_a_head_noted_before(dialer, busy):
    noted = json.loads(dialer("--dir", busy.root, "audit", "verify", "--json").out)["head"]
    assert dialer("--dir", busy.root, "audit", "verify", "--head", noted.upper()).code == 0
    busy.sql("DELETE FROM ledger WHERE seq = 7")  # a refusal: no call stands on it
    assert dialer("--dir", busy.root, "audit", "verify").code == 0
    said = dialer("--dir", busy.root, "audit", "verify", "--head", noted)
    assert said.code == 1 and "noted head" in said.err and said.err.count("\n") == 1
