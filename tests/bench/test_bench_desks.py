"""The benchmark of desks runs: calls reach screens, boards are told, and the floor measures itself."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

BENCHMARKS = Path(__file__).parents[2] / "scripts" / "benchmarks"


def test_screens_and_the_floor_are_measured(tmp_path: Path):
    few = ["--desks", "12", "--rate", "20", "--minutes", "0.05", "--coming", "0.5", "--ring", "0.3", "--boards", "1"]
    words = [sys.executable, str(BENCHMARKS), "desks", *few, "--people", "300", "--json", str(tmp_path / "report.json")]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode in (0, 1), done.stderr  # 1: a machine too busy to hold the lines
    report = json.loads((tmp_path / "report.json").read_text())
    assert (report["desks"], report["desks lost"], report["exit code of the floor"]) == (12, 0, 0)
    assert report["bridge to screen"]["count"] > 0 and report["bridge to screen"]["p50"] >= 0.0
    assert report["answer to bridge"]["count"] > 0 and report["pacing decision"]["count"] > 0
    assert report["states told"]["talking"] > 0
    assert " 0 messages" not in report["boards"]
