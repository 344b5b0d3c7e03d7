"""`dialer rules test`: vectors through the real gate; every mistake in a file is one line that names the line."""

import json
from pathlib import Path

import pytest

SHIPPED = Path(__file__).parents[1] / "data" / "compliance" / "vectors.jsonl"
VECTORS = [json.loads(line) for line in SHIPPED.read_text(encoding="utf-8").splitlines()]
DECISION = next(each for each in VECTORS if each["type"] == "decision" and each["expected"] == "allow")


def written(folder: Path, *lines: object) -> Path:
    file = folder / "cases.jsonl"
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    file.write_text("\n".join(texts) + "\n", encoding="utf-8")
    return file


def test_every_shipped_vector_passes_with_a_line_of_json_each(dialer):
    said = dialer("rules", "test", SHIPPED, "--json")
    assert said.code == 0 and said.err == ""
    answers = [json.loads(line) for line in said.out.splitlines()]
    assert [answer["id"] for answer in answers] == [each["id"] for each in VECTORS]
    assert all(set(answer) == {"id", "expected", "got", "reasons", "pass"} and answer["pass"] for answer in answers)


def test_a_vector_that_fails_is_named_with_both_answers(dialer, tmp_path: Path):
    wrong = {**DECISION, "id": "OURS-1", "expected": "deny", "reason": "HOURS_STATE"}
    file = written(tmp_path, DECISION, "", wrong)
    said = dialer("rules", "test", file)
    assert said.code == 1
    assert said.out.splitlines() == [
        "OURS-1: expected deny (HOURS_STATE), got allow (ALLOW)",
        "1 passed, 1 failed",
    ]
    (first, second) = map(json.loads, dialer("rules", "test", file, "--json").out.splitlines())
    assert first["pass"] is True
    assert second == {"id": "OURS-1", "expected": "deny", "got": "allow", "reasons": ["ALLOW"], "pass": False}


def without(*keys: str) -> dict:
    return {name: value for name, value in DECISION.items() if name not in keys}


BAD_LINES = {
    "not JSON": ('{"id": ', "is not JSON"),
    "a list": ("[1, 2]", "not a JSON object"),
    "a number": ("7", "not a JSON object"),
    "a text": ('"decision"', "not a JSON object"),
    "null": ("null", "not a JSON object"),
    "no type": (without("type"), "has no type; write one of decision"),
    "an unknown type": ({**DECISION, "type": "fishing"}, "type 'fishing' is unknown; write one of decision"),
    "a type that is none": ({**DECISION, "type": ["decision"]}, "is unknown"),
    "no instant": (without("instant_utc", "local"), "needs 'instant_utc' or 'local'"),
    "no instant either": ({**DECISION, "instant_utc": "noon"}, "'noon' is not an instant"),
    "a wall clock nowhere": ({**without("instant_utc"), "local": "2026-11-23T12:00:00"}, "is not a time and a zone"),
    "no number": (without("phone"), "needs 'phone'"),
    "no answer": (without("expected"), "needs 'expected'"),
    "an answer that is none": ({**DECISION, "expected": "perhaps"}, "expected 'perhaps' is unknown"),
    "an address that is none": ({**DECISION, "address": "Main Street"}, "'Main Street' is not an object"),
    "a kind nobody knows": ({**DECISION, "kind": "fishing"}, "kind 'fishing' is unknown; write one of telemarketing"),
    "a mode nobody knows": ({**DECISION, "mode": "psychic"}, "mode 'psychic' is unknown; write one of predictive"),
    "a list nobody knows": ({**DECISION, "lists": [{"list": "guests"}]}, "list 'guests' is unknown"),
    "a state of a list nobody knows": ({**DECISION, "lists": [{"list": "national", "status": "odd"}]}, "status 'odd'"),
    "an exemption nobody knows": (
        {**DECISION, "lists": [{"list": "national", "listed": True, "exempt": "friend"}]},
        "exempt 'friend' is unknown",
    ),
    "an event nobody knows": (
        {**DECISION, "history": [{"t": "2026-11-01", "event": "wave"}]},
        "event 'wave' is unknown",
    ),
    "an event without a time": ({**DECISION, "history": [{"event": "attempt"}]}, "needs 't'"),
    "a block nobody knows": ({**DECISION, "blocks": ["DNC_INTERNAL"]}, "block 'DNC_INTERNAL' is unknown"),
    "an answer of the RND nobody knows": ({**DECISION, "rnd": "perhaps"}, "rnd 'perhaps' is unknown"),
    "a policy nobody knows": (
        {**DECISION, "policy": "believe_all", "address": {"jurisdiction": "US-NC"}},
        "policy 'believe_all' is unknown",
    ),
    "no jurisdiction": (
        {**DECISION, "jurisdictions": [], "lists": [{"list": "national"}], "zones": ["Mars/Base"]},
        "line 2",
    ),
    "lists that are none": ({**DECISION, "lists": 3}, "lists 3 is not a list"),
    "a deadline elsewhere": (
        {"id": "A", "type": "optout_deadline", "requested": "2026-11-02", "jurisdiction": "CA"},
        "only the US's is",
    ),
    "a rate of nothing": ({"id": "A", "type": "abandonment", "rule": "US.tsr", "abandoned": 1}, "line 2"),
    "an unknown rule": ({"id": "A", "type": "abandonment", "rule": "US.none"}, "line 2"),
    "deep": ("[" * 100_000, "line 2"),
}


@pytest.mark.parametrize("what", BAD_LINES)
def test_a_line_that_is_no_vector_is_named_and_has_failed(dialer, tmp_path: Path, what: str):
    line, says = BAD_LINES[what]
    said = dialer("rules", "test", written(tmp_path, DECISION, line, DECISION), "--json")
    assert said.code == 1
    answers = [json.loads(each) for each in said.out.splitlines()]
    assert [(each["got"], each["pass"]) for each in answers] == [
        ("allow", True),
        ("unreadable", False),
        ("allow", True),
    ]
    assert said.err.startswith("dialer: cases.jsonl, line 2: ") and said.err.count("\n") == 1
    assert says in said.err and len(said.err) < 400


@pytest.mark.parametrize(
    ("content", "says"),
    [(None, "cannot be read"), (b"", "no vector"), (b"\n\n", "no vector"), (b"\xff\xfe\x00", "UTF-8")],
)
def test_a_file_that_holds_no_vectors_proves_nothing(dialer, tmp_path: Path, content: bytes | None, says: str):
    file = tmp_path / "cases.jsonl"
    if content is not None:
        file.write_bytes(content)
    said = dialer("rules", "test", file)
    assert said.code == 1 and says in said.err and said.err.count("\n") == 1 and said.out == ""


def test_the_houses_own_rules_judge_its_vectors(dialer, house: Path, tmp_path: Path):
    state = DECISION["jurisdictions"][0]
    closing = f'[[suspension]]\njurisdiction = "{state}"\nfrom = 2020-01-01\nreason = "storm"\n'
    file = written(tmp_path, DECISION)
    assert dialer("--dir", house, "rules", "test", file).code == 0
    (house / "rules" / "own.toml").write_text(closing)
    said = dialer("--dir", house, "rules", "test", file)
    assert said.code == 1 and "EMERGENCY_SUSPENSION" in said.out


def test_a_vector_without_a_name_goes_by_its_line(dialer, tmp_path: Path):
    said = dialer("rules", "test", written(tmp_path, DECISION, without("id")), "--json")
    assert said.code == 0 and [json.loads(line)["id"] for line in said.out.splitlines()] == [DECISION["id"], "line 2"]
