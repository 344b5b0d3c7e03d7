"""Calendars: which days a campaign works, and why not on the others."""

from calendar import monthcalendar
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from campaigns.agenda import agenda, spans_on
from campaigns.files import Hours
from campaigns.files.calendar import MonthDay

DAY = ["09:00-17:00"]
NY = "America/New_York"


def hours(**keys) -> Hours:
    return Hours(timezone=NY, **({"mon_fri": DAY} | keys))


def open_days(ours: Hours, first: date, days: int) -> list[date]:
    return [plan.day for plan in agenda(ours, first, days) if plan.spans]


def why(ours: Hours, *when: int) -> str:
    return ours.why_closed(date(*when))


def test_every_second_week_counts_from_the_week_of_the_first_date():
    ours = hours(first_date=date(2026, 11, 25), every_weeks=2)  # a Wednesday
    found = open_days(ours, date(2026, 11, 20), 28)
    assert found == [date(2026, 11, d) for d in (25, 26, 27)] + [date(2026, 12, d) for d in range(7, 12)]
    assert why(ours, 2026, 11, 24) == "it begins on 2026-11-25"
    assert why(ours, 2026, 12, 1) == "not a week of its own (every 2 weeks)"
    assert why(ours, 2026, 12, 12) == "closed on Saturdays"


def fridays(weeks: list[list[int]]) -> list[int]:
    return [week[4] for week in weeks if week[4]]


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("first mon", lambda weeks: [week[0] for week in weeks if week[0]][:1]),
        ("third thu", lambda weeks: [week[3] for week in weeks if week[3]][2:3]),
        ("last fri", lambda weeks: fridays(weeks)[-1:]),
        ("31", lambda weeks: [31] if max(weeks[-1]) == 31 else []),
        ("last day", lambda weeks: [max(weeks[-1])]),
    ],
)
def test_days_of_the_month_are_those_of_a_printed_calendar(text, days):
    each = MonthDay.parse(text)
    assert str(each) == text
    for year in range(2026, 2030):
        for month in range(1, 13):
            weeks = monthcalendar(year, month)
            found = [day for week in weeks for day in week if day and each.holds(date(year, month, day))]
            assert found == days(weeks), f"{year}-{month:02}"


def test_an_extra_day_is_open_on_a_holiday_and_on_a_sunday_with_hours_of_its_own():
    extra = [
        {"day": date(2026, 11, 26), "windows": ["10:00-12:00", "13:00-14:00"]},
        {"day": date(2026, 11, 29), "windows": ["12:00-15:00"]},
    ]
    ours = hours(holidays_closed=True, extra_days=extra)
    assert [f"{a:%H:%M}-{b:%H:%M}" for a, b in spans_on(ours, date(2026, 11, 26))] == ["10:00-12:00", "13:00-14:00"]
    assert spans_on(ours, date(2026, 11, 29)) and why(ours, 2026, 12, 25) == "a public holiday (US)"


def test_a_pause_says_its_reason_and_the_calendar_ends():
    ours = hours(
        first_date=date(2028, 12, 1),  # beyond any search that begins today
        last_date=date(2029, 1, 31),
        pauses=[{"first": date(2028, 12, 23), "last": date(2029, 1, 3), "why": "stocktaking"}],
        fri=[],
    )
    now = datetime(2026, 11, 23, 12, tzinfo=UTC)
    assert ours.next_opening(now) == datetime(2028, 12, 4, 14, tzinfo=UTC)
    assert why(ours, 2028, 12, 26) == "pause until 2029-01-03: stocktaking"
    assert ours.next_opening(datetime(2028, 12, 22, 23, tzinfo=UTC)) == datetime(2029, 1, 4, 14, tzinfo=UTC)
    assert why(ours, 2029, 1, 12) == "closed on Fridays"
    over = datetime(2029, 1, 31, 22, tzinfo=UTC)
    assert hours(last_date=date(2019, 3, 1)).next_change(over) is None  # long over, and no mistake
    assert ours.next_change(over) is None and why(ours, 2029, 2, 1) == "it ended on 2029-01-31"
    assert ours.why_closed_at(over) == "outside the hours of the day (09:00-17:00)"


def test_days_on_which_the_clock_jumps_say_so_and_are_counted_in_true_hours():
    ours = Hours(timezone=NY, sun=["00:00-04:00"])
    spring, autumn = (agenda(ours, date(2027, *day), 1)[0] for day in ((3, 14), (11, 7)))
    assert (spring.open_hours, autumn.open_hours) == (3.0, 5.0)
    assert spring.clock == "the clock is set forward by 60 minutes"
    gap = agenda(Hours(timezone=NY, sun=["02:00-03:00"]), date(2027, 3, 14), 1)[0]
    assert gap.spans == () and gap.why_closed == "its hours fall into the hour that this day does not have"
    twice = spans_on(Hours(timezone=NY, sun=["01:15-01:45"]), date(2027, 11, 7))
    assert [start.astimezone(UTC).hour for start, _ in twice] == [5, 6]


def test_closing_is_the_end_of_the_days_last_window():
    lunch = hours(mon_fri=["09:00-12:00", "13:00-17:00"])
    assert lunch.last_closing(datetime(2026, 11, 24, 15, tzinfo=UTC)) == datetime(2026, 11, 24, 22, tzinfo=UTC)
    night = hours(mon_fri=["00:00-06:00", "22:00-24:00"])
    assert night.last_closing(datetime(2026, 11, 24, 4, tzinfo=UTC)) == datetime(2026, 11, 24, 11, tzinfo=UTC)
    closed = datetime(2026, 11, 22, 15, tzinfo=UTC)
    assert lunch.last_closing(closed) == closed


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({"first_date": date(2027, 1, 2), "last_date": date(2027, 1, 1)}, "2027-01-01 is before first_date"),
        ({"every_weeks": 2}, "nobody knows from which on"),
        ({"first_date": date(2026, 11, 28), "last_date": date(2026, 11, 29)}, "no day is open from 2026-11-28 until"),
        ({"mon_fri": [], "sat": DAY, "month_days": ["first mon"]}, "no day is open from 2026-01-01: closed on"),
        ({"month_days": ["fifth mon"]}, 'no day of a month; write "first mon"'),
        ({"month_days": ["32"]}, "no day of a month"),
        ({"closed_dates": [date(2026, 12, 5)], "extra_days": [{"day": date(2026, 12, 5), "windows": DAY}]}, "has it"),
        ({"extra_days": [{"day": date(2026, 12, 5), "windows": []}]}, "it has no hours"),
        ({"extra_days": [{"day": date(2026, 12, 5), "windows": ["09:00-12:00", "11:00-13:00"]}]}, "overlap"),
        ({"pauses": [{"first": date(2026, 12, 5), "last": date(2026, 12, 4), "why": "x"}]}, "exchange first and last"),
        ({"wed": ["09:00-12:00", "11:00-13:00"]}, "overlap"),
    ],
)
def test_a_calendar_that_contradicts_itself_is_refused(keys, said):
    with pytest.raises(ValidationError, match=said):
        hours(**keys)


_DAYS = st.dates(date(2026, 10, 20), date(2026, 12, 10))


@settings(max_examples=40, deadline=None)
@given(
    first=_DAYS,
    weeks=st.integers(1, 3),
    off=st.lists(_DAYS, max_size=3),
    pause=st.tuples(_DAYS, _DAYS).map(sorted),
    extra=_DAYS,
    start=st.integers(0, 51 * 1440).map(
        lambda minutes: datetime(2026, 10, 20, tzinfo=UTC) + timedelta(minutes=minutes)
    ),
)
def test_next_change_agrees_with_the_calendar_minute_by_minute(first, weeks, off, pause, extra, start):
    keys = {
        "first_date": first,
        "every_weeks": weeks,
        "closed_dates": off,
        "pauses": [{"first": pause[0], "last": pause[1], "why": "rest"}],
        "extra_days": [{"day": extra, "windows": ["22:30-24:00"]}],
    }
    try:
        ours = hours(mon_fri=["00:00-03:00", "12:00-24:00"], sun=["01:00-02:00"], **keys)
    except ValidationError:
        return  # an extra day in the pause, say
    change = ours.next_change(start)
    assert change is not None
    probes = [start, *(start + timedelta(minutes=30 * n) for n in range(1, 48 * 20))]
    held = {ours.is_open(probe) for probe in probes if probe < change}
    assert held == {ours.is_open(start)} and ours.is_open(change) is not ours.is_open(start)
    for plan in agenda(ours, start.date(), 3):
        assert bool(plan.spans) is not bool(plan.why_closed)
        assert all(one[1] < other[0] for one, other in pairwise(plan.spans))
