"""`dialer lists screen`: who of a file may be called, before anything of it is loaded."""

import csv
import json
from pathlib import Path

import pytest
from world import World

AT = "2026-11-17T12:00"


@pytest.fixture
def people(tmp_path: Path) -> Path:
    file = tmp_path / "people.csv"
    file.write_text("phone,state\n212-555-0190,NY\n2125550190,NY\n212555O191,NY\n602-555-0191,AZ\n\n")
    return file


def test_the_numbers_of_a_file(dialer, shown: World, people: Path, tmp_path: Path):
    out = tmp_path / "decisions.csv"
    words = ("--dir", shown.root, "lists", "screen", people, "--campaign", "day", "--at", AT)
    said = dialer(*words, "--out", out)
    assert (said.code, said.err) == (0, "")
    assert "people.csv for day at Tue 2026-11-17 12:00 EST: 5 rows" in said.out
    assert "2  may be called" in said.out and "LETTERS: it contains letters" in said.out
    with out.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["line"], row["number"], row["allowed"], row["codes"]) for row in rows] == [
        ("2", "'+12125550190", "yes", ""), ("3", "'+12125550190", "no", "DUPLICATE"), ("4", "", "no", "LETTERS"),
        ("5", "'+16025550191", "yes", ""), ("6", "", "no", "EMPTY"),
    ]  # fmt: skip
    found = json.loads(dialer(*words, "--json").out)
    assert (found["rows"], found["numbers"], found["allowed"], found["refused"], found["out"]) == (5, 5, 2, 3, None)
    assert {each["code"]: each["numbers"] for each in found["codes"]} == {"DUPLICATE": 1, "EMPTY": 1, "LETTERS": 1}
    assert found["at"] == "2026-11-17T12:00:00-05:00" and {"rules", "tzdata"} <= found["versions"].keys()


def test_at_another_hour(dialer, shown: World, people: Path):
    words = ("--dir", shown.root, "lists", "screen", people, "--campaign", "day", "--json", "--at")
    found = json.loads(dialer(*words, "2026-11-17T07:00").out)
    assert (found["allowed"], found["later"]) == (0, 2)
    assert json.loads(dialer(*words, "2027-02-17T12:00").out)["blocked"] == 2  # the registries are too old by then


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "the file is empty"),
        ("name,city\nAnn,Rome\n", "no phone column was found"),
        ("<html>\n", "it is a web page"),
    ],
)
def test_what_is_no_list(dialer, shown: World, tmp_path: Path, text: str, says: str):
    file = tmp_path / "list.csv"
    file.write_text(text)
    said = dialer("--dir", shown.root, "lists", "screen", file, "--campaign", "day", "--out", tmp_path / "d.csv")
    assert (said.code, said.out) == (1, "") and says in said.err and len(said.err.splitlines()) == 1
    assert not (tmp_path / "d.csv").exists()


def test_mistakes(dialer, shown: World, people: Path, tmp_path: Path):
    words = ("--dir", shown.root, "lists", "screen")
    said = dialer(*words, tmp_path / "none.csv", "--campaign", "day")
    assert said.code == 1 and "there is no such file" in said.err
    said = dialer(*words, people, "--campaign", "nobody")
    assert said.code == 1 and len(said.err.splitlines()) == 1
    said = dialer(*words, people, "--campaign", "day", "--out", people)
    assert said.code == 2 and "must not be written over the list" in said.err
    said = dialer(*words, people, "--campaign", "day", "--at", "noon")
    assert said.code == 2 and "is not an instant" in said.err
    said = dialer(*words, people, "--campaign", "day", "--out", people / "x.csv")
    assert said.code == 1 and len(said.err.splitlines()) == 1


def test_a_header_and_nothing_else(dialer, shown: World, tmp_path: Path):
    file = tmp_path / "list.csv"
    file.write_text("phone,state\n")
    said = dialer("--dir", shown.root, "lists", "screen", file, "--campaign", "day", "--out", tmp_path / "d.csv")
    assert said.code == 4 and "has no rows" in said.err
    assert (tmp_path / "d.csv").read_text(encoding="utf-8-sig").splitlines() == [
        "line,number,column,allowed,codes,why,opens"
    ]
