"""The campaign is open by its own wall clock: start held, end not, also on the days the clock jumps."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from campaigns.files import Hours, Window
from campaigns.files.hours import public_holidays

NY = ZoneInfo("America/New_York")


def hours(timezone="America/New_York", **keys) -> Hours:
    return Hours(timezone=timezone, **keys)


def at(text: str, zone: ZoneInfo = NY, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold)


def test_a_window_holds_its_start_and_not_its_end():
    ours = hours(mon_fri=["09:00-12:00", "13:00-24:00"])
    for clock, expected in [
        ("08:59:59", False), ("09:00", True), ("11:59:59.999999", True), ("12:00", False),
        ("13:00", True), ("23:59:59", True),
    ]:  # fmt: skip
        assert ours.is_open(at(f"2026-11-20T{clock}")) is expected, clock
    assert not ours.is_open(at("2026-11-21T09:00"))  # Saturday
    assert not ours.is_open(at("2026-11-22T09:00"))  # Sunday


def test_the_day_is_that_of_the_campaigns_zone_not_utc():
    ours = hours(sun=["20:00-23:00"])
    assert ours.is_open(datetime(2026, 11, 23, 2, 0, tzinfo=UTC))  # Sunday 21:00 in New York


def test_a_naive_instant_is_refused():
    with pytest.raises(ValueError, match="no time zone"):
        hours(mon_fri=["09:00-17:00"]).is_open(at("2026-11-20T10:00").replace(tzinfo=None))


def test_next_change_names_opening_and_closing():
    ours = hours(mon_fri=["09:00-17:00"])
    assert ours.next_change(at("2026-11-20T08:00")) == at("2026-11-20T09:00")
    assert ours.next_change(at("2026-11-20T09:00")) == at("2026-11-20T17:00")
    assert ours.next_change(at("2026-11-20T17:00")) == at("2026-11-23T09:00")  # over the weekend


def test_windows_that_touch_over_midnight_are_one_stretch():
    ours = hours(mon_fri=["00:00-06:00", "22:00-24:00"])
    assert ours.next_change(at("2026-11-18T22:00")) == at("2026-11-19T06:00")


def test_a_floor_that_never_closes_has_no_next_change_but_its_holidays():
    always = {"mon_fri": ["00:00-24:00"], "sat": ["00:00-24:00"], "sun": ["00:00-24:00"]}
    assert hours(**always).next_change(at("2026-11-20T10:00")) is None
    closed = hours(**always, closed_dates=[date(2027, 3, 1)])
    assert closed.next_change(at("2026-11-20T10:00")) == at("2027-03-01T00:00")


def test_holidays_and_named_days_are_closed():
    ours = hours(mon_fri=["09:00-17:00"], holidays_closed=True, closed_dates=[date(2026, 11, 27)])
    assert not ours.is_open(at("2026-11-26T10:00"))  # Thanksgiving
    assert not ours.is_open(at("2026-11-27T10:00"))
    assert ours.is_open(at("2026-11-25T10:00"))
    assert ours.next_change(at("2026-11-25T17:00")) == at("2026-11-30T09:00")
    assert date(2026, 7, 1) in public_holidays("CA", 2026)


def test_a_country_without_known_holidays_is_told_when_the_file_is_read():
    with pytest.raises(ValidationError, match="no public holidays are known for 'XX'"):
        hours(mon_fri=["09:00-17:00"], holidays_closed=True, country="XX")


def test_a_window_inside_the_gap_of_spring_opens_where_the_gap_ends():
    ours = hours(sun=["02:30-04:00"])  # 2027-03-14: 02:00 -> 03:00
    opening = ours.next_change(at("2027-03-14T00:00"))
    assert opening == datetime(2027, 3, 14, 7, 0, tzinfo=UTC)  # 03:00 EDT
    assert ours.next_change(opening) == at("2027-03-14T04:00")


def test_a_window_in_the_doubled_hour_of_autumn_is_open_both_times():
    ours = hours(sun=["01:15-01:45"])  # 2027-11-07: 02:00 -> 01:00
    instant, seen = at("2027-11-07T00:00"), []
    for _ in range(4):
        instant = ours.next_change(instant)
        seen.append(instant.strftime("%H:%M"))
    assert seen == ["05:15", "05:45", "06:15", "06:45"]  # UTC


def test_the_pinned_zone_data_decides_and_not_the_computers():
    ours = hours("America/Vancouver", mon_fri=["08:00-21:00"])
    # British Columbia stays on UTC-7 from November 2026 (IANA 2026f).
    assert ours.next_change(datetime(2026, 12, 1, 20, tzinfo=UTC)) == datetime(2026, 12, 2, 4, tzinfo=UTC)


_edges = st.lists(st.integers(0, 96), min_size=2, max_size=6, unique=True).map(
    lambda marks: tuple(
        Window(start * 15, end * 15) for start, end in zip(sorted(marks)[::2], sorted(marks)[1::2], strict=False)
    )
)
#: Around both jumps of New York, and Lord Howe's of half an hour.
_instants = st.sampled_from(
    [at("2027-03-13T00:00"), at("2027-11-06T00:00"), at("2027-04-03T00:00"), at("2026-10-31T00:00")]
).flatmap(lambda base: st.integers(0, 4 * 86_400).map(lambda seconds: base + timedelta(seconds=seconds)))
_zones = st.sampled_from(["America/New_York", "Australia/Lord_Howe", "Asia/Jakarta", "America/Havana"])


@settings(max_examples=200, deadline=None)
@given(zone=_zones, mon_fri=_edges, sat=_edges, sun=_edges, start=_instants)
def test_between_an_instant_and_the_next_change_nothing_changes(zone, mon_fri, sat, sun, start):
    ours = hours(zone, mon_fri=mon_fri, sat=sat, sun=sun)
    now = start.astimezone(UTC)
    change = ours.next_change(now)
    end = change or now + timedelta(days=4)
    state = ours.is_open(now)
    probe = now.replace(second=0, microsecond=0) + timedelta(minutes=1)
    probe += timedelta(minutes=-probe.minute % 5)
    while probe < end and probe < now + timedelta(days=4):
        assert ours.is_open(probe) is state
        probe += timedelta(minutes=5)
    if change is not None:
        assert ours.is_open(change) is not state
        assert ours.is_open(change - timedelta(seconds=1)) is state or change - now < timedelta(seconds=1)


@given(st.integers(0, 1439), st.integers(1, 1440))
def test_a_window_is_read_as_it_is_written(start, length):
    window = Window(start, min(start + length, 1440))
    assert Window.parse(str(window)) == window


@pytest.mark.parametrize("text", ["", "9-17", "09:00", "09:60-10:00", "23:00-24:01", "10:00-10:00", 900])
def test_what_is_no_window_is_refused(text):
    with pytest.raises(ValueError, match="; "):
        Window.parse(text)
