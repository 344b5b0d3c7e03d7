"""`dialer dnc import` as an examiner runs it: on samples, in no working folder, with odd files and odd names."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

SAMPLES = Path(__file__).parents[1] / "data" / "compliance" / "formats"
EXPECTED = [json.loads(line) for line in (SAMPLES / "EXPECTED.jsonl").read_text().splitlines()]
LIST = b"919,5550101\n919,5550102\n"
KEYS = {
    "outcome": str,
    "format": str,
    "file": str,
    "registry": str,
    "version": str,
    "previous": str,
    "dry_run": bool,
    "counts": dict,
    "warnings": list,
    "bad_lines": list,
    "bad_line_details": list,
    "numbers": list,
}


@pytest.fixture
def nowhere(tmp_path, monkeypatch):
    """A folder that is no working folder."""
    monkeypatch.delenv("DIALER_HOME", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("sample", EXPECTED, ids=[sample["file"] for sample in EXPECTED])
def test_a_trial_run_of_a_sample_says_what_is_expected_of_it(dialer, nowhere, sample):
    said = dialer("dnc", "import", SAMPLES / sample["file"], "--format", sample["format"], "--dry-run", "--json")
    shown = json.loads(said.out)
    assert {key: type(value) for key, value in shown.items()} == KEYS
    assert set(shown["counts"]) == {"lines", "numbers", "duplicates", "bad"}
    assert (shown["outcome"], shown["numbers"]) == (sample["expected"], sample["numbers"])
    assert shown["bad_lines"] == sample.get("bad_lines", [])
    assert (shown["format"], shown["dry_run"]) == (sample["format"], True)
    assert said.code == (1 if sample["expected"] == "reject_file" else 0)
    assert not said.err


def test_only_a_trial_run_does_without_a_working_folder(dialer, nowhere):
    file = nowhere / "list.txt"
    file.write_bytes(LIST)
    said = dialer("dnc", "import", file, "--format", "us_ndnc", "--dry-run")
    assert said.code == 0 and "not compared with a version in use" in said.out
    said = dialer("dnc", "import", file, "--format", "us_ndnc")
    assert said.code == 1 and "dialer init" in said.err
    assert sorted(path.name for path in nowhere.iterdir()) == ["list.txt"]
    for name in ("us_state", "e164"):  # which list it is for need not be said to judge it
        assert dialer("dnc", "import", file, "--format", name, "--dry-run", "--json").out.startswith("{")


def test_a_trial_run_compares_and_changes_nothing(dialer, bare):
    at = ("--dir", bare.root, "dnc", "import")
    file = bare.root / "list.txt"
    file.write_bytes(LIST)
    live = json.loads(dialer(*at, file, "--format", "us_ndnc", "--json").out)["version"]
    file.write_bytes(LIST[:12])
    said = dialer(*at, file, "--format", "us_ndnc", "--dry-run", "--json")
    shown = json.loads(said.out)
    assert (said.code, shown["outcome"], shown["previous"]) == (1, "reject_file", live)
    assert "would shrink" in shown["warnings"][0]
    assert len(list((bare.root / "registries" / "US.ndnc").glob("0*"))) == 1
    own = bare.root / "own.csv"
    own.write_text("phone_e164,scope,requested_at_utc\n+19195550101,all,2026-11-20T15:04:05Z\n")
    assert dialer(*at, own, "--format", "internal_dnc", "--dry-run", "--json").code == 0
    assert dialer("--dir", bare.root, "dnc", "check", "+19195550101", "--json").out.count('"reason"') == 0


@pytest.mark.parametrize("layout", ["us_ndnc", "au_dncr", "litigator", "internal_dnc", "leads"])
@pytest.mark.parametrize("what", ["missing", "folder", "odd name"])
def test_what_is_no_list_is_one_line_and_exit_1(dialer, nowhere, layout, what):
    path = {"missing": b"none", "folder": b".", "odd name": b"l\xff\x1b[2J\nst"}[what]
    if what == "odd name":
        Path(os.fsdecode(path)).write_bytes(b"\x00")
    said = dialer("dnc", "import", os.fsdecode(path), "--format", layout, "--dry-run", "--json")
    shown = json.loads(said.out)
    assert (said.code, shown["outcome"]) == (1, "reject_file")
    assert shown["warnings"] and all(text.isprintable() for text in (*shown["warnings"], shown["file"]))


def test_the_list_that_was_sent_can_be_named(dialer, nowhere):
    (nowhere / "sent.txt").write_text("0255500101\n0255500102\n")
    (nowhere / "answer.csv").write_text("0255500101,N\n")
    words = ("dnc", "import", "answer.csv", "--format", "au_dncr", "--dry-run", "--json")
    assert json.loads(dialer(*words).out)["outcome"] == "accept_with_warnings"
    said = json.loads(dialer(*words, "--wash-input", "sent.txt").out)
    assert said["outcome"] == "reject_file" and "NOT clear" in said["warnings"][0]
    said = json.loads(dialer(*words, "--wash-input", "none.txt").out)
    assert said["outcome"] == "reject_file" and "--wash-input" in said["warnings"][0]


def test_several_members_are_read_where_the_operator_says_so(dialer, nowhere):
    import zipfile

    with zipfile.ZipFile("list.zip", "w") as archive:
        archive.writestr("919.txt", LIST)
        archive.writestr("212.txt", LIST.replace(b"919", b"212"))
    words = ("dnc", "import", "list.zip", "--format", "us_ndnc", "--dry-run", "--json")
    assert "unexpected member" in json.loads(dialer(*words).out)["warnings"][0]
    assert json.loads(dialer(*words, "--many-members").out)["counts"]["numbers"] == 4


def test_an_instant_without_an_offset_is_utc(dialer, bare):
    file = bare.root / "list.txt"
    file.write_bytes(LIST)
    said = dialer("--dir", bare.root, "dnc", "import", file, "--format", "us_ndnc", "--obtained", "2026-11-20T09:00")
    assert said.code == 0, said.err
    status = json.loads(dialer("--dir", bare.root, "dnc", "status", "--json").out)
    assert next(row["obtained_at"] for row in status if row["registry"] == "US.ndnc") == "2026-11-20T09:00:00+00:00"
