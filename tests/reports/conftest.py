"""One built report of an ordinary day, shared, and a writer of small hand-worked days."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from dialer.reports.build import Report, build_report
from dialer.reports.example import example_records
from dialer.reports.records import DayRecords

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session")
def records() -> DayRecords:
    return example_records(agents=12, hours=4.0, seed=3)


@pytest.fixture(scope="session")
def report(records: DayRecords) -> Report:
    return build_report(records)
