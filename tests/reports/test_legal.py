"""Abandonment under every definition: caps, windows, clocks and bounds."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta
from small_days import OPENS, attempt, day, dropped, served

from dialer.reports.build import build_report
from dialer.reports.legal import LegalCap, Window, clopper_pearson, judge, legal_caps, windows
from dialer.reports.values import Table

NEW_YORK = ZoneInfo("America/New_York")
VECTORS = Path(__file__).parent.parent / "data" / "compliance" / "vectors.jsonl"


def cap(rule: str) -> LegalCap:
    return next(each for each in legal_caps() if each.rule == rule)


def judged(rule: str, x: float, y: float) -> Any:
    window = Window("period", OPENS, OPENS + timedelta(days=30))
    return judge(cap(rule), window, x, y, applies=True, complete=True)


def rows_of(table: Table, rule: str) -> list[dict[str, Any]]:
    keys = [column.key for column in table.columns]
    return [dict(zip(keys, row, strict=True)) for row in table.rows if row[0] == rule]


@pytest.mark.parametrize(
    ("x", "n", "breach"),
    [
        (30, 1000, False),
        (31, 1000, True),
        (3, 100, False),
        (3, 99, True),
        (1, 33, True),
        (1, 34, False),
        (0, 5, False),
    ],
)
def test_thirty_of_a_thousand_is_allowed_and_thirty_one_is_a_breach(x: int, n: int, breach: bool) -> None:
    assert (judged("US.tsr", x, n - x).verdict == "breach") is breach


def test_without_live_answers_the_rate_is_undefined() -> None:
    found = judged("US.tsr", 0, 0)
    assert (found.rate, found.low, found.high, found.verdict) == (None, None, None, "undefined")


def test_a_rate_below_its_cap_is_at_risk_while_the_interval_reaches_above() -> None:
    assert judged("US.tsr", 2, 98).verdict == "at risk"
    assert judged("US.tsr", 200, 9800).verdict == "ok"


def _vectors() -> list[dict[str, Any]]:
    lines = VECTORS.read_text(encoding="utf-8").splitlines()
    return [row for row in map(json.loads, lines) if row["type"] == "abandonment"]


@pytest.mark.parametrize("vector", _vectors(), ids=lambda vector: str(vector["id"]))
def test_the_published_vectors_hold(vector: dict[str, Any]) -> None:
    x, n = vector["abandoned"], vector["live_answered"]
    y = n if "connected" in vector.get("formula", "") or vector["rule"] == "GB.ofcom" else n - x
    found = judged(vector["rule"], x + 9.1667 * ("amd_false_positive_estimate" in vector), y)
    assert found.rate == pytest.approx(vector["expected_rate"], abs=1e-5)
    assert (found.verdict == "breach") is vector["expected_breach"]


def test_successive_thirty_day_periods_are_judged_separately() -> None:
    started = OPENS - timedelta(days=44)  # the report is the campaign's 45th day
    first, second = -43 * 86_400.0, -3600.0
    calls = [served(n, placed=first + n) for n in range(195)]
    calls += [dropped(n, placed=first + n) for n in range(195, 200)]
    calls += [served(n, placed=second + n) for n in range(200, 296)]
    calls += [dropped(n, placed=second + n) for n in range(296, 300)]
    report = build_report(day(calls, started=started, history_since=started))
    periods = rows_of(report.table("abandonment"), "US.tsr")
    assert [(row["abandoned"], row["answered"], row["verdict"]) for row in periods] == [
        (5, 200, "at risk"),
        (4, 100, "breach"),  # together 9 of 300 would be exactly 3 %
    ]
    assert periods[0]["until"] == periods[1]["since"]
    assert any("US.tsr: 4.00 % (4 of 100)" in warning for warning in report.warnings)
    assert "abandonment 4.00 % of 3.00 % allowed" in report.headline
    assert report.kpi("dials").value == 0  # all of it lies before the report


def test_records_that_begin_later_than_the_window_are_said_to() -> None:
    report = build_report(day([served(1)], started=OPENS - timedelta(days=10)))
    assert rows_of(report.table("abandonment"), "US.tsr")[0]["coverage"]
    assert any("begin later" in warning for warning in report.warnings)
    assert not rows_of(build_report(day([served(1)])).table("abandonment"), "US.tsr")[0]["coverage"]


def test_the_greeting_counts_only_where_the_law_starts_its_clock_there() -> None:
    report = build_report(day([served(1, wait=3.0), served(2)], greeting=1.5))
    rates = {
        row["rule"]: row["rate"] for row in (rows_of(report.table("abandonment"), c.rule)[0] for c in legal_caps())
    }
    assert rates["US.tsr"] == rates["US.fcc"] == rates["POLICY"] == 0.0
    assert rates["CA.crtc"] == rates["GB.ofcom"] == 0.5


def test_who_left_after_the_strict_two_seconds_is_abandoned_where_the_clock_starts_at_the_answer() -> None:
    left = attempt(1, "hung_up_first", answered=10.0, ended=13.0)
    table = build_report(day([left, served(2)], greeting=1.5)).table("abandonment")
    assert rows_of(table, "US.tsr")[0]["answered"] == 1
    assert rows_of(table, "CA.crtc")[0]["abandoned"] == 1


def test_people_taken_for_machines_are_added_to_both_sides() -> None:
    calls = [served(n) for n in range(97)] + [dropped(n) for n in range(97, 99)]
    calls += [attempt(n, "machine", ended=5.0) for n in range(99, 199)]
    row = rows_of(build_report(day(calls, amd_false_positive_rate=0.02)).table("abandonment"), "US.tsr")[0]
    assert (row["abandoned"], row["answered"], row["verdict"]) == (4.0, 101.0, "breach")


def test_definitions_of_other_countries_are_shown_for_comparison_only() -> None:
    calls = [served(n) for n in range(90)] + [dropped(n) for n in range(90, 100)]
    abroad = build_report(day(calls, countries=("CA",)))
    assert {row["applies"] for row in rows_of(abroad.table("abandonment"), "US.tsr")} == {"for comparison"}
    assert abroad.cap_rule == "CA.crtc"
    assert not any("US.tsr" in warning for warning in abroad.warnings)
    debt = build_report(day(calls, scope="debt_collection"))
    assert debt.cap_rule == "POLICY"


def test_calendar_windows_follow_the_campaigns_clock() -> None:
    since, until = datetime(2026, 10, 31, 13, tzinfo=UTC), datetime(2026, 11, 2, 13, tzinfo=UTC)
    days = list(windows("day", NEW_YORK, since, since, until))
    assert [(window.until - window.since) / timedelta(hours=1) for window in days] == [
        24,
        25,
        24,
    ]  # clocks go back
    assert days[0].since == datetime(2026, 10, 31, 4, tzinfo=UTC)
    months = list(windows("month", NEW_YORK, since, since, until))
    assert [window.since.astimezone(NEW_YORK).month for window in months] == [10, 11]


@settings(deadline=None)
@given(st.integers(0, 400), st.integers(1, 400))
def test_the_bounds_are_clopper_and_pearsons_and_hold_the_rate(x: int, extra: int) -> None:
    n = x + extra
    bounds = clopper_pearson(x, n)
    assert bounds is not None
    assert bounds[0] <= x / n <= bounds[1]
    assert bounds[0] == pytest.approx(0.0 if x == 0 else float(beta.ppf(0.025, x, n - x + 1)), abs=1e-9)
    assert bounds[1] == pytest.approx(float(beta.ppf(0.975, x + 1, n - x)), abs=1e-9)


def test_bounds_of_nothing_and_of_nonsense() -> None:
    assert clopper_pearson(0, 0) is None
    assert clopper_pearson(5, 5) == (pytest.approx(0.4782, abs=1e-4), 1.0)
    with pytest.raises(ValueError, match="between 0 and n"):
        clopper_pearson(6, 5)


def test_every_shipped_definition_is_read() -> None:
    assert {each.rule for each in legal_caps()} == {
        "US.tsr",
        "US.fcc",
        "CA.crtc",
        "GB.ofcom",
        "IN.trai",
        "POLICY",
    }
    assert all(each.citation and each.status for each in legal_caps())
    with pytest.raises(ValueError, match="max_rate"):
        LegalCap("X", "US", "both", 0.0, ("day",))
    with pytest.raises(ValueError, match="window"):
        LegalCap("X", "US", "both", 0.03, ())
