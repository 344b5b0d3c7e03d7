"""The benchmark of Do-Not-Call lists runs, leaves nothing behind, and its report holds what it promises."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "scripts" / "benchmarks"


def bench(*words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(BENCHMARKS), "dnc", *map(str, words)], capture_output=True, text=True, check=False
    )


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    folder = tmp_path_factory.mktemp("bench")
    temporary = folder / "temporary"
    temporary.mkdir()
    done = bench("--quick", "--json", folder / "report.json", "--folder", temporary)
    assert done.returncode == 0, done.stderr
    assert list(temporary.iterdir()) == []
    return json.loads((folder / "report.json").read_text()), done.stdout


def test_every_layout_was_imported_whole_and_every_rate_was_measured(ran):
    report, text = ran
    assert {"flat", "ten digits", "flat, unsorted", "flat, zip", "XML", "British"} <= set(report["layouts"])
    for name, layout in report["layouts"].items():
        assert layout["lines"] > 150_000, name
        assert layout["import"]["cpu"]["min"] > 0.1, name  # a careful way alone would be below
        assert name in text
    assert report["machine"]["processor"] in text


def test_growth_look_ups_and_the_plain_routes_are_in_the_report(ran):
    report, _ = ran
    (row,) = report["growth"]
    assert row["listed"] == row["lines"]
    assert row["mapped MB"] * 1e6 < 25 * row["lines"]
    assert row["look-ups"]["cpu"]["median"] > row["scalar"]["cpu"]["median"]
    assert set(report["plain"]) == {"set", "sorted array"}
    assert report["ratio"]["look-ups"] > 1
    assert [line["what"].split(",")[0] for line in report["to hold"]] == ["import", "look-ups", "mapped"]
    assert sum(stage["cpu ns"] for stage in report["stages"]) > 0


def test_a_wrong_option_is_one_line(tmp_path):
    done = bench("--quick", "--fast")
    assert done.returncode == 2
    assert "unrecognized arguments: --fast" in done.stderr
