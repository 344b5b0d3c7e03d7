"""Holiday calendars: explicit dates win, the rest is derived, observed days are strict."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dnc.calendars import CalendarError, Calendars, add_business_days, easter
from dnc.rules import CalendarRule, load
from dnc.rules.deadlines import opt_out_deadline
from dnc.rules.model import CalendarDay


@pytest.fixture(scope="module")
def book():
    return load()


def dates(book, calendar, year):
    return sorted(d.isoformat() for d in book.calendars.year(calendar, year))


@pytest.mark.parametrize(
    ("year", "day"), [(2024, "03-31"), (2025, "04-20"), (2026, "04-05"), (2027, "03-28"), (2038, "04-25")]
)
def test_easter_is_the_western_one(year, day):
    assert easter(year) == date.fromisoformat(f"{year}-{day}")


@settings(deadline=None)
@given(st.integers(1900, 2099))
def test_easter_is_a_sunday_between_22_march_and_25_april(year):
    day = easter(year)
    assert day.weekday() == 6 and date(year, 3, 22) <= day <= date(year, 4, 25)


def test_explicit_dates_of_a_year_win_over_the_library(book):
    pa = book.calendars.year("US-PA-AG", 2026)
    assert pa[date(2026, 4, 3)] == "Good Friday" and pa[date(2026, 6, 14)] == "Flag Day"
    assert pa[date(2026, 11, 3)] == "Election Day"
    assert date(2026, 11, 27) not in pa  # the day after Thanksgiving, which the library adds
    assert date(2026, 6, 15) not in pa  # Flag Day on a Sunday is not observed on Monday
    assert len(pa) == 15


def test_pa_ag_is_derived_by_rule_in_other_years(book):
    assert dates(book, "US-PA-AG", 2027) == [
        "2027-01-01", "2027-01-18", "2027-02-15", "2027-03-26", "2027-05-31", "2027-06-14", "2027-06-18",
        "2027-06-19", "2027-07-04", "2027-07-05", "2027-09-06", "2027-10-11", "2027-11-02", "2027-11-11",
        "2027-11-25", "2027-12-24", "2027-12-25", "2027-12-31",
    ]  # fmt: skip


def test_la_psc_has_mardi_gras_and_not_washingtons_birthday(book):
    for year, mardi_gras, washington in ((2026, "2026-02-17", "2026-02-16"), (2027, "2027-02-09", "2027-02-15")):
        days = dates(book, "US-LA-PSC", year)
        assert mardi_gras in days and washington not in days and f"{year}-11-01" in days


def test_au_national_days_move_to_the_next_free_weekday(book):
    assert dates(book, "AU-NAT", 2027)[-4:] == ["2027-12-25", "2027-12-26", "2027-12-27", "2027-12-28"]
    assert "2028-01-03" in dates(book, "AU-NAT", 2028)  # 1 January 2028 is a Saturday
    assert "2026-12-28" in dates(book, "AU-NAT", 2026)


def test_christmas_on_a_saturday_and_boxing_day_on_a_sunday_take_monday_and_tuesday(book):
    days = book.calendars.year("AU-NAT", 2032)  # 25 December 2032 is a Saturday
    assert days[date(2032, 12, 27)] == "Christmas Day (observed)"
    assert days[date(2032, 12, 28)] == "Boxing Day (observed)"


def test_christmas_on_a_sunday_takes_tuesday_when_monday_is_boxing_day(book):
    days = book.calendars.year("AU-NAT", 2033)  # 25 December 2033 is a Sunday
    assert days[date(2033, 12, 26)] == "Boxing Day"
    assert days[date(2033, 12, 27)] == "Christmas Day (observed)"


def test_utah_keeps_pioneer_day_and_its_juneteenth_monday(book):
    days = dates(book, "US-UT", 2026)
    assert {"2026-07-24", "2026-06-15", "2026-06-19", "2026-07-03"} <= set(days)


def test_rhode_island_keeps_victory_day_and_election_day_in_even_years(book):
    assert {"2026-08-10", "2026-11-03"} <= set(dates(book, "US-RI", 2026))
    assert "2027-11-02" not in dates(book, "US-RI", 2027)


def test_the_union_holds_every_day_of_its_members(book):
    union = set(book.calendars.year("US-UNION", 2026))
    for rule in book.calendar_rules:
        if rule.id.startswith("US-"):
            assert set(book.calendars.year(rule.id, 2026)) <= union


def test_an_unknown_land_means_the_union_of_all(book):
    german = book.calendars.year("DE", 2026)
    assert date(2026, 1, 6) in german and date(2026, 10, 31) in german and date(2026, 11, 18) in german


def test_indonesian_collective_leave_counts_as_a_holiday(book):
    assert len(book.calendars.year("ID", 2026)) > 17


def test_what_cannot_be_computed_is_an_error_and_not_an_empty_calendar():
    broken = Calendars([CalendarRule(id="X", country="QQ"), CalendarRule(id="U", union_prefix="QQ-")])
    for name in ("X", "U", "NOPE"):
        with pytest.raises(CalendarError):
            broken.year(name, 2026)
    with pytest.raises(CalendarError, match="check the clock"):
        broken.year("X", 1970)


@pytest.mark.parametrize(
    ("rule", "year", "day"),
    [
        ("last Mon May", 2026, "2026-05-25"),
        ("last Mon Dec", 2026, "2026-12-28"),
        ("2 Mon Aug", 2026, "2026-08-10"),
        ("Tue after 1 Mon Nov", 2026, "2026-11-03"),
        ("Mon by 06-19", 2026, "2026-06-15"),
        ("Mon by 06-19", 2027, "2027-06-21"),
        ("Mon by 06-19", 2028, "2028-06-19"),
        ("easter-2", 2026, "2026-04-03"),
        ("easter+1", 2026, "2026-04-06"),
    ],
)
def test_day_rules(rule, year, day):
    calendars = Calendars([CalendarRule(id="X", days=(CalendarDay(name="it", rule=rule),))])
    assert calendars.year("X", year) == {date.fromisoformat(day): "it"}


@pytest.mark.parametrize(("asked", "last"), [("2026-12-18", "2027-01-05"), ("2026-11-02", "2026-11-17")])
def test_opt_out_within_ten_business_days_of_47_cfr_64_1200_d_3(book, asked, last):
    assert opt_out_deadline(book, date.fromisoformat(asked)) == date.fromisoformat(last)


@settings(deadline=None)  # the first year of a calendar takes the library half a second
@given(st.dates(date(2024, 1, 1), date(2040, 1, 1)), st.integers(1, 15))
def test_business_days_are_never_weekends_nor_holidays(start, days):
    calendars = load_once().calendars
    end = add_business_days(start, days, calendars)
    assert end.weekday() < 5 and not calendars.holiday("US-FED", end)
    between = (start + timedelta(days=i) for i in range(1, (end - start).days + 1))
    assert sum(1 for d in between if d.weekday() < 5 and not calendars.holiday("US-FED", d)) == days


_BOOK = []


def load_once():
    if not _BOOK:
        _BOOK.append(load())
    return _BOOK[0]
