"""`dialer audit verify`: whatever is done to the ledger behind our back is found, with the row named, and exit 1."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from case_world import ADA, BOB, TIME

from dialer.store import blocks, erasures
from dnc.ledger import GENESIS, chain, entry_hash
from dnc.values import Block, Code

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


def anchors(dialer, floor) -> tuple[Path, str]:
    """A file with one anchor, and how `verify` is told of it."""
    file = floor.root.parent / "elsewhere.jsonl"
    said = dialer("--dir", floor.root, "audit", "anchor", file)
    assert said.code == 0 and "anchor" in said.out, said
    return file, "--anchors"


def test_an_anchor_is_a_line_that_holds_nothing_personal(dialer, busy):
    busy.suppress(ADA)
    file, option = anchors(dialer, busy)
    (line,) = file.read_text().splitlines()
    assert ADA not in line and json.loads(line)["rows"] == 7 and json.loads(line)["suppression"]["last"] == 1
    busy.decide(ADA)
    busy.suppress(BOB)
    said = json.loads(dialer("--dir", busy.root, "audit", "anchor", file, "--json").out)
    assert said["rows"] == 8 and len(file.read_text().splitlines()) == 2
    found = dialer("--dir", busy.root, "audit", "verify", option, file)
    assert found.code == 0 and "passes through all 2 anchors" in found.out


BEHIND_THE_BACK = {
    "the last decision cut off": ["DELETE FROM ledger WHERE seq = 7"],
    "an opt-out removed": ["DELETE FROM suppression WHERE suppression_id = 1"],
    "an opt-out changed": [f"UPDATE suppression SET number = '{BOB}' WHERE suppression_id = 1"],
    "an opt-out made to expire": ["UPDATE suppression SET expires_at = '2026-11-18 00:00:00.000000'"],
    "an opt-out exchanged": [
        "DELETE FROM suppression WHERE suppression_id = 1",
        f"INSERT INTO suppression SELECT 1, '{BOB}', 'company', '', 'add', 'asked', 'letter', 'officer', at, NULL "
        "FROM ledger WHERE seq = 1",
    ],
    "a lifting slipped in before": [
        f"INSERT INTO suppression SELECT 0, '{ADA}', 'company', '', 'remove', 'asked', 'letter', 'officer', at, NULL "
        "FROM ledger WHERE seq = 1",
    ],
    "an inconvenient time removed": ["DELETE FROM block"],
    "an erasure removed": ["DELETE FROM erasure"],
}


@pytest.mark.parametrize("what", BEHIND_THE_BACK)
def test_what_was_done_behind_an_anchor_is_found(dialer, busy, what: str):
    busy.suppress(ADA)
    with busy.world.store() as store, store.writing() as tx:
        blocks.add(tx, ADA, Block(Code.INCONVENIENT_TIME, "nights"), by="ann", at=TIME)
        erasures.add(tx, [BOB], at=TIME, by="officer", reason="letter")
    file, option = anchors(dialer, busy)
    before = file.read_text()
    for statement in BEHIND_THE_BACK[what]:
        busy.sql(statement)
    assert dialer("--dir", busy.root, "audit", "verify").code == 0  # by itself everything looks well
    said = dialer("--dir", busy.root, "audit", "verify", option, file)
    assert said.code == 1 and said.out == "" and said.err.count("\n") == 1, said
    assert json.loads(dialer("--dir", busy.root, "audit", "verify", option, file, "--json").out)["ok"] is False
    assert dialer("--dir", busy.root, "audit", "anchor", file).code == 1 and file.read_text() == before


def test_a_whole_chain_made_anew_does_not_pass_through_an_anchor(dialer, busy):
    file, option = anchors(dialer, busy)
    rows = busy.sql("SELECT seq, body FROM ledger ORDER BY seq")
    bodies = [body.replace('"ok":false', '"ok":true').replace("HOURS_STATE", "ALLOW") for _, body in rows]
    for entry in chain(bodies):
        busy.sql(
            "UPDATE ledger SET body = ?, prev_hash = ?, hash = ? WHERE seq = ?",
            entry.body, entry.prev_hash, entry.hash, entry.seq,
        )  # fmt: skip
    busy.sql('UPDATE ledger SET body = replace(body, \'["US-NY.tm","ALLOW","21:30; open 08:00-21:00"]\', \'\')')
    for seq, body in busy.sql("SELECT seq, body FROM ledger ORDER BY seq"):
        (prev,) = busy.sql("SELECT hash FROM ledger WHERE seq = ?", seq - 1)[0] if seq > 1 else (GENESIS,)
        busy.sql(
            "UPDATE ledger SET prev_hash = ?, hash = ?, allowed = 1, code = 'ALLOW' WHERE seq = ?",
            prev, entry_hash(prev, seq, body), seq,
        )  # fmt: skip
    assert dialer("--dir", busy.root, "audit", "verify").code == 0
    said = dialer("--dir", busy.root, "audit", "verify", option, file)
    assert said.code == 1 and "the chain was made anew" in said.err


def test_a_guard_that_was_taken_down_is_named(dialer, busy):
    with closing(sqlite3.connect(busy.database)) as connection, connection:
        connection.execute("DROP TRIGGER guard_suppression_delete")
    said = dialer("--dir", busy.root, "audit", "verify")
    assert said.code == 1 and "no longer refuses DELETE of suppression" in said.err and said.err.count("\n") == 1


@pytest.mark.parametrize("text", ["", "nonsense\n", "[]\n", '{"at":"2026-01-01","rows":"x","head":""}\n'])
def test_a_file_that_holds_no_anchors_is_one_line(dialer, busy, tmp_path: Path, text: str):
    file = tmp_path / "anchors.jsonl"
    file.write_text(text)
    said = dialer("--dir", busy.root, "audit", "verify", "--anchors", file)
    assert said.code == 1 and said.err.count("\n") == 1 and str(file) in said.err
    assert dialer("--dir", busy.root, "audit", "verify", "--anchors", tmp_path / "none").code == 1
    assert dialer("--dir", busy.root, "audit", "anchor", tmp_path / "no" / "folder").code == 1


def test_two_different_heads_for_one_row_cannot_both_be_right(dialer, busy):
    file, option = anchors(dialer, busy)
    line = json.loads(file.read_text())
    file.write_text(file.read_text() + json.dumps(line | {"head": "0" * 64}) + "\n")
    said = dialer("--dir", busy.root, "audit", "verify", option, file)
    assert said.code == 1 and "two different heads were noted for row 7" in said.err


def test_an_empty_ledger_can_be_anchored(dialer, floor):
    file, option = anchors(dialer, floor)
    floor.decide(ADA)
    assert dialer("--dir", floor.root, "audit", "verify", option, file).code == 0
