"""The benchmark of screening runs, leaves nothing behind, and the product decides as the plain route does."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "scripts" / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))

from kits import plain_screening  # noqa: E402
from kits.contacts import write_contacts, write_registry  # noqa: E402


def bench(*words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(BENCHMARKS), "screening", *map(str, words)], capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bench")
    temporary = folder / "temporary"
    temporary.mkdir()
    done = bench("--quick", "--rows", "8000", "--json", folder / "report.json", "--folder", temporary)
    assert done.returncode == 0, done.stdout + done.stderr
    assert list(temporary.iterdir()) == []
    return json.loads((folder / "report.json").read_text()), done.stdout


def test_the_two_routes_agree(ran):
    report, text = ran
    assert report["disagreements"] == {} and report["sample"] == 2_000
    assert "the routes agree on 2,000 rows" in text
    counts = report["sizes"][0]["runs"][0]["counts"]
    assert sum(counts.values()) == 8_000 and min(counts[name] for name in ("allowed", "blocked", "refused")) > 50


def test_every_measure_is_in_the_report(ran):
    report, text = ran
    (size,) = report["sizes"]
    assert size["runs"][0]["peak MB"] > 50
    for spent in (
        size["runs"][0],
        size["plain"][0],
        size["roof"][0],
        report["command"],
    ):
        assert spent["wall"] > 0 and spent["cpu"] > 0
    assert len(report["stages"]) == 9 and all(stage["first"] > 0 for stage in report["stages"])
    assert report["ratio"]["cpu"] > 0 and report["machine"]["processor"] in text
    assert [line["what"] for line in report["to hold"]] == [
        "times the plain route", "contacts/s", "contacts/s (aim)", "peak MB",
    ]  # fmt: skip
    assert report["world"]["national"] > 500_000 and report["world"]["attempts"] > 300


def test_disagreements_are_seen(tmp_path):
    out = tmp_path / "decisions.csv"
    with out.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["line", "number", "column", "allowed", "codes", "why", "opens"])
        writer.writerow([2, "'+12125550123", "phone", "yes", "", "", ""])
        writer.writerow([3, "", "phone", "no", "LETTERS", "", ""])
    none, listed = frozenset(), frozenset({"DNC_NATIONAL"})
    bad = ("", frozenset({"REFUSED"}))
    assert not plain_screening.disagreements([("+12125550123", none), bad], out)
    assert plain_screening.disagreements([("+12125550123", listed), bad], out) == {"DNC_NATIONAL": 1, "allowed": 1}
    assert plain_screening.disagreements([("+12125550123", none), ("+13055550100", none)], out) == {
        "number": 1, "REFUSED": 1,
    }  # fmt: skip
    assert plain_screening.disagreements([("+12125550123", frozenset({"HOURS_FEDERAL"})), bad], out) == {
        "HOURS_FEDERAL": 1, "allowed": 1,
    }  # fmt: skip


def test_the_files_hold_nobodys_number(tmp_path):
    """Area code, then 555 or N11: exchanges that no subscriber has; the same seed, the same file."""
    file = write_contacts(tmp_path / "one.csv", 3_000, seed=3)
    write_contacts(tmp_path / "two.csv", 3_000, seed=3)
    assert file.path.read_bytes() == (tmp_path / "two.csv").read_bytes() and file.rows == 3_000
    found = plain_screening.screen(file.path, 3_000, set(), {}, datetime(2026, 11, 17, 17, tzinfo=UTC))
    numbers = [number for number, _ in found if number]
    assert len(numbers) > 2_800
    assert {number[5:8] for number in numbers} <= {"555", *(f"{n}11" for n in range(2, 10))}
    assert not {"5551212", "5551313", "5554334"} & {number[5:] for number in numbers}
    assert 20 < len(numbers) - len(set(numbers)) < 120
    count = write_registry(tmp_path / "list.txt", 0.001, state="RI", salt=1)
    lines = (tmp_path / "list.txt").read_text().splitlines()
    assert len(lines) == count and all(line[3] == "," and len(line) == 11 for line in lines)


def test_a_wrong_option_is_one_line():
    done = bench("--quick", "--fast")
    assert done.returncode == 2
    assert "unrecognized arguments: --fast" in done.stderr
