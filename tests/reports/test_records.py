"""Rows are checked at birth, and the refusal names table, column and value."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pandas as pd
import pytest
from small_days import OPENS, changes, day, disposition, served

from dialer.reports.example import empty_records, example_meta
from dialer.reports.records import DayRecords, InvalidRecords


def test_a_missing_column_is_named(records: DayRecords) -> None:
    with pytest.raises(InvalidRecords, match="attempts lacks the column answered_at"):
        replace(records, attempts=records.attempts.drop(columns="answered_at"))


def test_columns_that_no_figure_needs_are_left_behind(records: DayRecords) -> None:
    found = replace(records, attempts=records.attempts.assign(number="+12025550101"))
    assert "number" not in found.attempts.columns


@pytest.mark.parametrize("kind", ["naive dtype", "naive objects", "text"])
def test_an_instant_without_a_zone_is_refused(kind: str) -> None:
    row = served(1)
    naive = datetime(2026, 12, 1, 9)  # noqa: DTZ001
    frame = pd.DataFrame([row])
    if kind == "naive dtype":
        frame["placed_at"] = pd.Series([naive])
    else:
        frame["placed_at"] = pd.Series([naive if kind == "naive objects" else "2026-12-01"], dtype="object")
    with pytest.raises(InvalidRecords, match=r"attempts\.placed_at must hold zone-aware instants"):
        replace(empty_records(), attempts=frame)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"result": "vanished"}, r"attempts\.result must be one of .*got 'vanished'"),
        ({"state": "flying"}, r"attempts\.state must be one of"),
        ({"call_id": None}, r"attempts\.call_id must not be empty"),
        ({"lead_id": "many"}, r"attempts\.lead_id must hold counts"),
        ({"placed_at": OPENS - timedelta(days=1)}, r"attempts\.placed_at must lie from"),
        ({"placed_at": OPENS + timedelta(days=1)}, r"attempts\.placed_at must lie from"),
    ],
)
def test_what_cannot_be_is_refused(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidRecords, match=message):
        day([served(1) | changed])


def test_the_same_call_twice_is_refused() -> None:
    with pytest.raises(InvalidRecords, match="'c1' is there twice"):
        day([served(1), served(1)])


def test_flags_may_be_names_or_a_mapping_and_nothing_else() -> None:
    said = disposition(1, 1, "contact")
    assert day([served(1)], [said]).dispositions["flags"][0] == {"contact"}
    mapped = day([served(1)], [said | {"flags": {"contact": True, "promise": False}}])
    assert mapped.dispositions["flags"][0] == {"contact"}
    with pytest.raises(InvalidRecords, match=r"dispositions\.flags"):
        day([served(1)], [said | {"flags": "contact"}])


def test_an_unknown_agent_state_is_refused() -> None:
    with pytest.raises(InvalidRecords, match=r"agent_changes\.state .*got 'dreaming'"):
        day(agent_changes=changes(("ann", "dreaming", 0)))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"since": datetime(2026, 12, 1)}, "since must carry a time zone"),  # noqa: DTZ001
        ({"until": OPENS}, "until must be after since"),
        ({"started": OPENS + timedelta(seconds=1)}, "started must not be after since"),
        ({"scope": "spam"}, "scope must be one of"),
        ({"zone": "EST"}, "not a time zone of a place"),
        ({"greeting": -1.0}, "greeting must be between"),
        ({"amd_false_positive_rate": 2.0}, "amd_false_positive_rate"),
    ],
)
def test_a_campaign_is_checked_at_birth(changed: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        example_meta(**changed)


def test_the_example_is_the_same_for_the_same_seed(records: DayRecords) -> None:
    from dialer.reports.example import example_records

    again = example_records(agents=12, hours=4.0, seed=3)
    pd.testing.assert_frame_equal(again.attempts, records.attempts)
    pd.testing.assert_frame_equal(again.agent_changes, records.agent_changes)
    assert not example_records(agents=12, hours=4.0, seed=4).attempts.equals(records.attempts)
