"""The staffing forecast: rates by half hour, the work in each, and the agents it takes."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from campaigns.files import Hours
from dialer.simulation.twin.leads import Listed, Openings
from dialer.simulation.twin.staffing import (
    Estimate,
    Measured,
    Slot,
    callable_leads,
    calls_of_lead,
    half_hours,
    measure,
    on_shift,
    staff,
)
from dialer.simulation.twin.staffing_page import Forecast, as_dict, sentences, table_of, to_html
from dialer.simulation.twin.world import TwinList
from dialer.store.shifts import Shift

NY = "America/New_York"
NINE = datetime(2026, 11, 24, 14, tzinfo=UTC)  # Tuesday, 09:00 in New York


def history(calls: int, rates: dict[int, float]) -> pd.DataFrame:
    """Calls of Tuesdays at the hours of `rates` (UTC), answered in exactly those shares, with 100 s of handling."""
    rows = []
    for hour, rate in rates.items():
        for n in range(calls):
            placed = NINE.replace(hour=hour) - timedelta(days=7 * (1 + n % 3)) + timedelta(seconds=n % 1700)
            live = n < round(rate * calls)
            talk = placed + timedelta(seconds=10)
            rows.append(
                {
                    "placed_at": placed,
                    "result": "human" if live else "no_answer",
                    "answered_at": talk if live else None,
                    "bridged_at": talk if live else None,
                    "ended_at": talk + timedelta(seconds=80),
                    "wrapped_at": talk + timedelta(seconds=90 + 20 * (n % 2)) if live else None,
                }
            )
    frame = pd.DataFrame(rows)
    for name in ("placed_at", "answered_at", "bridged_at", "ended_at", "wrapped_at"):
        frame[name] = pd.to_datetime(frame[name], utc=True)
    return frame


def test_rates_of_half_hours_are_believed_by_their_weight():
    found = measure(history(600, {14: 0.1, 15: 0.4}), NY, 0.3, 60.0)
    early, late, never = (found.rate(NINE + timedelta(hours=each)) for each in (0, 1, 6))
    assert found.overall == pytest.approx(0.25)
    # 600 calls of 09:00: 60 answered, drawn to 0.25 over all days, then to that over Tuesdays.
    of_half = (60 + 60 * 0.25) / 660
    assert early.value == pytest.approx((60 + 60 * of_half) / 660)
    assert early.low < 0.1 < early.value < early.high < late.low < 0.4
    assert never.value == pytest.approx(0.25) and never.high - never.low > 3 * (early.high - early.low)
    assert found.handle_time.value == pytest.approx(100.0, abs=0.5)
    assert "1,200 calls" in found.sentences[0] and "300 talks" in found.sentences[1]


def test_little_history_gives_one_plain_rate_and_says_how_far_it_may_be_trusted():
    found = measure(history(100, {14: 0.1}), NY, 0.3, 60.0)
    there = found.rate(NINE)
    assert there == found.rate(NINE + timedelta(hours=3))
    assert there.value == pytest.approx((10 + 60 * 0.3) / 160)
    assert (there.low, there.high) == pytest.approx((there.value / 2, there.value * 1.5))
    assert "may be off by half" in found.sentences[0] and "10 talks" in found.sentences[1]
    assert found.handle_time.value == 60.0
    assert measure(history(1, {14: 0.0})[:0], NY, 0.3, 60.0).overall == pytest.approx(0.3)


def test_half_hours_are_those_of_the_campaigns_clock_also_where_it_jumps():
    hours = Hours(timezone=NY, sun=["00:45-04:00"])
    slots = half_hours(hours, datetime(2027, 3, 14, 5, 50, tzinfo=UTC), 1)
    assert [f"{each.start:%H:%M}" for each in slots] == ["00:50", "01:00", "01:30", "03:00", "03:30"]
    assert sum(each.seconds for each in slots) == 130 * 60


def slots_of(count: int) -> list[Slot]:
    return [Slot(NINE + timedelta(minutes=30 * n), NINE + timedelta(minutes=30 * n + 30)) for n in range(count)]


def test_the_work_goes_where_leads_may_be_called_and_in_time():
    flat = Estimate(0.25, 0.2, 0.3)
    measured = Measured(lambda at: flat, 0.25, Estimate(90.0, 80.0, 100.0), ())
    shift = Shift("ann", "", date(2026, 11, 24), NY, NINE, NINE + timedelta(hours=8), ())
    plan = staff(
        slots_of(4), [100, 300, 0, 500], 1600.0, measured, lambda agents: 0.75,
        within=1.5, shrinkage=0.2, shifts=[shift],
    )  # fmt: skip
    assert [each.calls for each in plan] == [400.0, 1200.0, 0.0, 0.0]  # the fourth half hour lies behind 1.5 h
    # 1200 calls * 0.25 * 90 s = 27000 s of 1800: 15 Erlang; / 0.75 = 20 agents on the floor; / 0.8 = 25 paid
    assert (plan[1].talks, plan[1].load, plan[1].agents.value) == (300.0, 15.0, 25.0)
    # 1200 * 0.3 * 100 / 1800 = 20 Erlang: 27 agents, 34 paid; the other way 10.7, 15, 19
    assert (plan[1].agents.low, plan[1].agents.high) == (19.0, 34.0)
    assert (plan[2].agents.value, plan[1].scheduled, plan[1].over) == (0.0, 1.0, -24.0)
    assert calls_of_lead(0.25, 3) == pytest.approx(1 + 0.75 + 0.75**2)
    forecast = Forecast("day", "title", "To call every lead", tuple(plan), ("source",), {20: (0.75, 3.0, 0.01)})
    said = sentences(forecast)
    assert "25 agents at the busiest half hour (Tue 2026-11-24 14:30; 90 %: 19 to 34)" in said[0]
    assert "2 of 2 half hours have too few agents" in said[1]
    assert as_dict(forecast)["half_hours"][1]["over"] == -24.0 and len(table_of(forecast).rows) == 4
    page = to_html(forecast)
    assert "<svg" in page and "To call every lead" in page


def test_leads_count_in_their_lawful_hours_and_when_they_are_due():
    t = NINE.timestamp()
    openings = (Openings((t, t + 7200.0), (True, False)), Openings((t, t + 3600.0, t + 7200.0), (False, True, False)))
    leads = [
        Listed(1, [(1, "+12125550101", 0)]),
        Listed(2, [(2, "+12125550102", 1)]),
        Listed(3, [(3, "+12125550103", 0)], next_at=t + 1900.0),
    ]
    listed = TwinList(lambda: leads, openings, 3, 3, 0)
    assert callable_leads(listed, slots_of(5)) == [1, 1, 3, 3, 0]


def test_breaks_are_taken_off_the_schedule():
    pause = (NINE + timedelta(minutes=45), NINE + timedelta(minutes=60))
    shift = Shift("ann", "", date(2026, 11, 24), NY, NINE + timedelta(minutes=15), NINE + timedelta(hours=2), (pause,))
    assert [on_shift([shift, shift], slot) for slot in slots_of(5)] == [1.0, 1.0, 2.0, 2.0, 0.0]
    assert np.isfinite(on_shift([], slots_of(1)[0]))
