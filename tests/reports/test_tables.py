"""Tables add up to the figures, and time is shared out exactly."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_days import OPENS, changes, day, served, unanswered

from dialer.reports.build import Report, build_report
from dialer.reports.floor import bin_edges, line_use, seconds_between, span_covered
from dialer.reports.values import Column, Table, show

_stays = st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 3_000)), max_size=20)


@settings(deadline=None)
@given(_stays, st.integers(50, 4_000))
def test_time_shared_out_over_bins_is_what_a_loop_would_find(spans: list[tuple[int, int]], width: int) -> None:
    start = np.array([begin for begin, _ in spans], dtype=np.int64)
    end = start + np.array([length for _, length in spans], dtype=np.int64)
    edges = np.arange(0, 13_001 + width, width, dtype=np.int64)
    found = seconds_between(start, end, edges)
    for i, share in enumerate(found):
        slow = sum(max(0, min(e, edges[i + 1]) - max(s, edges[i])) for s, e in zip(start, end, strict=True))
        assert share * 1e6 == pytest.approx(float(slow))


@settings(deadline=None)
@given(_stays)
def test_lines_in_use_are_what_a_loop_would_find(spans: list[tuple[int, int]]) -> None:
    start = np.array([begin for begin, _ in spans], dtype=np.int64)
    end = start + 1 + np.array([length for _, length in spans], dtype=np.int64)
    _, most, _ = line_use(start, end)
    at_once = [sum(1 for s, e in zip(start, end, strict=True) if s <= t < e) for t in start]
    assert most == max(at_once, default=0)
    covered = {t for s, e in zip(start, end, strict=True) for t in range(s, e)}
    assert span_covered(start, end) * 1e6 == pytest.approx(len(covered))


def test_tables_add_up_to_the_figures(report: Report) -> None:
    hours = report.table("by_hour")
    pairs = {
        "dials": "dials",
        "answered": "answered",
        "machines": "machines",
        "live": "live",
        "in_time": "bridged_in_time",
    }
    pairs |= {"abandoned": "abandoned", "hung_up_first": "hung_up_first", "contacts": "contacts"}
    for column, key in pairs.items():
        for table in ("by_hour", "by_list", "by_jurisdiction"):
            assert sum(report.table(table).column(column)) == report.kpi(key).value, (table, column)
    assert hours.column("cumulative")[-1] == report.kpi("abandonment_rate").value
    assert sum(report.table("outcomes").column("calls")) == report.kpi("dials").value
    assert sum(report.table("refusals").column("refusals")) == report.kpi("refusals").value
    assert sum(report.table("waits").column("calls")) == report.kpi("conversations").value
    agents = report.table("by_agent")
    assert sum(agents.column("conversations")) == report.kpi("conversations").value
    assert sum(agents.column("contacts")) == report.kpi("contacts").value
    assert sum(agents.column("hours")) == pytest.approx(report.kpi("agent_hours").value)
    time = report.table("agent_time")
    assert sum(time.column("hours")) == pytest.approx(report.kpi("agent_hours").value)
    for row in time.rows:
        assert sum(row[3:7]) == pytest.approx(1.0)  # type: ignore[arg-type]
    assert time.column("utc") == report.table("pace").column("utc")


def test_hours_are_those_of_the_campaigns_clock_beside_utc() -> None:
    calls = [served(1, placed=1800.0), unanswered(2, placed=1800.0 + 3600)]
    table = build_report(day(calls, zone="Asia/Kolkata", hours=4.0)).table("by_hour")  # half an hour off
    assert table.column("local") == ("20:00", "21:00")
    assert [at.minute for at in table.column("utc")] == [30] * len(table.rows)
    assert all(label.endswith(":00") for label in table.column("local"))
    assert sum(table.column("dials")) == 2


def test_a_long_report_is_told_by_day() -> None:
    since = datetime(2026, 11, 1, 4, tzinfo=UTC)  # the 25-hour day on which New York's clocks go back
    calls = [served(1, placed=(since - OPENS).total_seconds() + 60), served(2)]
    table = build_report(day(calls, since=since, until=since + timedelta(days=31, hours=1))).table("by_hour")
    assert table.title == "By day"
    assert (table.column("local")[0], table.column("local")[-1]) == ("Sun 01 Nov", "Tue 01 Dec")
    assert table.column("dials")[0] == table.column("dials")[-1] == 1


def test_health_says_why_not_and_for_how_long() -> None:
    steps = changes(("x", "ready", 0), ("x", "ready", 1800)).drop(columns="agent_id")
    steps["state"], steps["why"] = ["running", "waiting_for_leads"], [None, "all wait for their next hour"]
    table = build_report(day(campaign_changes=steps, hours=1.0)).table("health")
    assert table.column("state") == ("running", "waiting for leads")
    assert table.column("hours") == (0.5, 0.5)
    assert table.column("why") == ("", "all wait for their next hour")


def test_a_missing_list_column_leaves_an_empty_table_that_says_so() -> None:
    table = build_report(day([served(1)])).table("by_list")
    assert not table.rows
    assert "do not say" in table.note


def test_bins_cover_the_report() -> None:
    for hours in (1, 8, 24, 90, 24 * 30):
        edges = bin_edges(OPENS, OPENS + timedelta(hours=hours))
        assert edges[0] == OPENS.timestamp() * 1e6
        assert edges[-1] >= (OPENS + timedelta(hours=hours)).timestamp() * 1e6
        assert len(edges) <= 106


def test_values_read_well() -> None:
    assert [show(v, "share") for v in (0.0, 0.024, 0.1234, 1.0, None)] == [
        "0 %",
        "2.40 %",
        "12.3 %",
        "100 %",
        "-",
    ]
    assert [show(v, "count") for v in (5412, 9.1667)] == ["5,412", "9.2"]
    assert [show(v, "s") for v in (0.084, 130.94)] == ["0.08 s", "130.9 s"]
    assert show(OPENS, "instant") == "2026-12-01 14:00 UTC"
    assert show(True, "text") == "yes"
    with pytest.raises(ValueError, match="2 columns"):
        Table("t", "T", (Column("a", "A"), Column("b", "B")), ((1,),))
    with pytest.raises(KeyError, match="it has a"):
        Table("t", "T", (Column("a", "A"),), ()).column("b")
