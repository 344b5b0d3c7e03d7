"""A day in quarters: counted as the reports count, judged by every window of the law."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from scipy.stats import betabinom

from dialer.reports.legal import strictest
from dialer.reports.quarters import Quarter, Waits, breach_probability, course_of, live_windows, quarter_of, start_of
from dnc.zones import zone

NOON = datetime(2026, 11, 17, 17, 0, tzinfo=UTC)


def frame(*rows: tuple) -> pd.DataFrame:
    """(answered, bridged, ended) in s after noon or None, result, machine."""
    instant = lambda seconds: pd.NaT if seconds is None else NOON + timedelta(seconds=seconds)  # noqa: E731
    return pd.DataFrame(
        {
            "call_id": [str(n) for n in range(len(rows))],
            **{
                name: pd.Series([instant(row[n]) for row in rows], dtype="datetime64[us, UTC]")
                for n, name in enumerate(("answered_at", "bridged_at", "ended_at"))
            },
            "result": pd.Series([row[3] for row in rows], dtype="str"),
            "amd_machine": pd.Series([row[4] for row in rows], dtype="bool"),
        }
    )


def test_a_quarter_counts_as_the_law_does_and_who_still_waits_is_neither():
    calls = frame(
        (0.0, 0.5, 60.0, "human", False),
        (0.0, 2.0, 60.0, "human", False),  # exactly two seconds are in time
        (0.0, 2.1, 60.0, "human", False),  # joined, but too late
        (0.0, None, 9.0, "abandoned", False),
        (0.0, None, 1.0, "hung_up_first", False),
        (0.0, 1.0, 30.0, "human", True),  # a machine, the agent said
        (0.0, None, None, None, False),  # waits at this moment
        (0.0, 1.0, None, None, False),  # talks
    )
    found = quarter_of(NOON, 20, 2, calls, (2.0, 3.0))
    assert found.fates == {2.0: (2, 3), 3.0: (1, 4)}
    assert (found.placed, found.open, found.live) == (20, 2, 7)
    assert Waits.of(found.waits) == Waits(4, pytest.approx(1.4), pytest.approx(2.085))
    empty = quarter_of(NOON, 0, 0, frame(), (2.0,))
    assert empty.fates == {2.0: (0, 0)} and Waits.of(empty.waits) is None


def quarter(since: datetime, abandoned: int, served: int) -> Quarter:
    return Quarter(since, 0, 0, 0, np.array([], np.float32), {2.0: (abandoned, served), 2.5: (abandoned, served)})


def windows(quarters: list[Quarter], scope: str, country: str, known: datetime = NOON - timedelta(days=40), **more):
    found = live_windows(
        quarters, scope=scope, countries=(country,), zone=zone("America/New_York"), greeting=0.5,
        began=more.get("began", NOON - timedelta(days=40)), known_since=known, now=NOON,
    )  # fmt: skip
    return {(each.rate.cap.rule, each.rate.window.kind): each for each in found}


def test_each_definition_is_judged_over_its_own_window():
    quarters = [
        quarter(NOON - timedelta(days=20), 5, 95),  # the period before: 30 days from the first day on
        quarter(NOON - timedelta(days=9), 3, 97),
        quarter(NOON - timedelta(hours=20), 2, 98),  # yesterday, by New York's clock
        quarter(NOON - timedelta(hours=1), 1, 99),
    ]
    here = windows(quarters, "telemarketing", "US")
    assert set(here) == {
        ("US.tsr", "period"), ("US.fcc", "period"), ("POLICY", "rolling_30"), ("POLICY", "rolling_day"),
        ("POLICY", "month"),
    }  # fmt: skip
    assert (here["US.tsr", "period"].rate.abandoned, here["US.tsr", "period"].rate.answered) == (6, 300)
    assert here["US.tsr", "period"].left == 3  # 9 of 303 is under 3 %, 10 of 304 above
    assert here["POLICY", "rolling_day"].rate.abandoned == 3 and here["POLICY", "rolling_day"].breach is None
    assert here["POLICY", "rolling_30"].rate.abandoned == 11 and here["POLICY", "rolling_30"].rate.verdict == "breach"
    there = windows(quarters, "telemarketing", "GB")
    assert there["GB.ofcom", "day"].rate.abandoned == 1
    assert [rate for _, rate in course_of(here["US.tsr", "period"], quarters, 0.5)] == [0.03, 5 / 200, 6 / 300]


def test_windows_say_when_earlier_calls_are_not_counted_yet():
    known = NOON - timedelta(days=5)
    assert not windows([], "telemarketing", "US", known)["POLICY", "month"].rate.complete
    assert windows([], "telemarketing", "US", known)["POLICY", "rolling_day"].rate.complete
    young = windows([], "telemarketing", "US", known, began=known + timedelta(minutes=3))
    assert all(each.rate.complete for each in young.values())
    assert all(each.breach is None and each.left == 0 for each in young.values())


def test_the_breach_probability_is_the_tail_of_a_beta_binomial():
    a, b = 20 + 0.5, 980 + 0.5 * 0.97 / 0.03
    assert breach_probability(0.03, 20, 1000, 500.0) == pytest.approx(betabinom.sf(25, 500, a, b), rel=1e-9)
    assert breach_probability(0.03, 20, 1000, 0.0) == 0.0  # nothing more comes
    assert breach_probability(0.03, 31, 1000, 0.0) == 1.0
    assert breach_probability(0.03, 40, 1000, 100.0) == 1.0  # 100 more do not mend it
    assert breach_probability(0.03, 0, 1000, 20.0) == 0.0  # all of them may be lost
    probabilities = [breach_probability(0.03, x, 1000, 1000.0) for x in range(10, 60, 5)]
    assert probabilities == sorted(probabilities) and probabilities[0] < 0.01 and probabilities[-1] > 0.99


def test_a_quarter_begins_at_a_quarter_and_the_strictest_law_is_found():
    assert start_of(NOON + timedelta(minutes=29, seconds=59)) == NOON + timedelta(minutes=15)
    law = strictest("telemarketing", ("US", "CA"))
    assert law is not None and (law.rule, law.max_rate) == ("US.tsr", 0.03)
    assert strictest("debt_collection", ("US",)) is None  # the house's own policy is no law
