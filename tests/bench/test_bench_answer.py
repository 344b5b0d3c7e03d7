"""The benchmark of answers runs: every answer got an agent, and every way was measured."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

BENCHMARKS = Path(__file__).parents[2] / "scripts" / "benchmarks"


def test_every_way_is_measured(tmp_path: Path):
    words = [sys.executable, str(BENCHMARKS), "answer", "--quick", "--json", str(tmp_path / "report.json")]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    floors = json.loads((tmp_path / "report.json").read_text())["floors"]
    assert [each["way"] for each in floors] == ["in the process", "through the webhook"]
    assert all(each["answers"] == 40 and 0.0 < each["p50"] <= each["p99"] < 500.0 for each in floors)
