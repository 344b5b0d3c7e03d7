"""Shifts: files that people write, nights and jumps of the clock, and how a shift was kept."""

import json
from datetime import UTC, date, datetime, timedelta

import pytest

from campaigns.problems import OperatorError
from dialer.runtime.adherence import adherence, stretches, table_of
from dialer.runtime.shift_plans import read_shifts
from dialer.store import agents
from dialer.store.shifts import Change, Shift

HEAD = "agent,date,weekdays,from,until,start,end,zone,breaks\n"


def read(tmp_path, text: str):
    file = tmp_path / "shifts.csv"
    file.write_text(HEAD + text, encoding="utf-8")
    return read_shifts(file, {"ann", "bob"}, {"day"})


def test_a_night_shift_over_the_jump_of_the_clock_is_as_long_as_people_are_there(tmp_path):
    spring, autumn = read(
        tmp_path,
        "ann,2027-03-13,,,,22:00,06:00,America/New_York,02:30-03:30; 23:00-23:15\n"
        "bob,2027-11-06,,,,22:00,06:00,America/New_York,\n",
    )
    assert (spring.starts_at, spring.ends_at) == (
        datetime(2027, 3, 14, 3, tzinfo=UTC),
        datetime(2027, 3, 14, 10, tzinfo=UTC),
    )
    assert autumn.ends_at - autumn.starts_at == timedelta(hours=9)
    # 02:30 does not exist on that night: the break begins where the gap ends.
    assert [(one.hour, one.minute, other.hour) for one, other in spring.breaks] == [(4, 0, 4), (7, 30, 7)]


def test_patterns_are_written_out_day_by_day(tmp_path):
    found = read(tmp_path, "bob,,fri-mon,2026-12-01,2026-12-08,08:00,16:00,Asia/Jakarta,\n")
    assert [each.day.day for each in found] == [4, 5, 6, 7]
    assert found[0].starts_at == datetime(2026, 12, 4, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (
            "ana,2026-12-01,,,,08:00,16:00,UTC,",
            "shifts.csv: agent (line 2): there is no agent \"ana\"; did you mean 'ann'",
        ),
        ("ann,1.12.2026,,,,08:00,16:00,America/New_York,", 'date (line 2): "1.12.2026" is not a date'),
        ("ann,,,,,08:00,16:00,America/New_York,", "it needs a date, or weekdays"),
        ("ann,,mon-fry,2026-12-01,2026-12-08,08:00,16:00,America/New_York,", "no list of weekdays"),
        ("ann,2026-12-01,,,,8 am,16:00,America/New_York,", 'start (line 2): "8 am" is no time of the day'),
        ("ann,2026-12-01,,,,08:00,07:00,America/New_York,", "up to 16 hours"),
        ("ann,2026-12-01,,,,08:00,16:00,EST,", '"EST" is no time zone of a place'),
        ("ann,2026-12-01,,,,08:00,16:00,America/New_York,16:30-17:00", "not inside the shift"),
        (
            "ann,2026-12-01,,,,08:00,16:00,America/New_York,\nann,2026-12-01,,,,15:00,18:00,America/New_York,",
            "line 3: ann works twice at once on 2026-12-01",
        ),
        ("", "it has no shifts"),
    ],
)
def test_what_is_wrong_in_a_file_is_told_with_its_line(tmp_path, row, said):
    with pytest.raises(OperatorError) as told:
        read(tmp_path, row + "\n")
    assert said in str(told.value), str(told.value)


NINE = datetime(2026, 11, 24, 14, tzinfo=UTC)  # 09:00 in New York


def at(minutes: float) -> datetime:
    return NINE + timedelta(minutes=minutes)


def test_adherence_counted_by_hand():
    shift = Shift("ann", "", date(2026, 11, 24), "America/New_York", at(0), at(240), ((at(120), at(150)),))
    rows = [
        Change("ann", "day", "ready", at(10), "", at(300)),  # 10 minutes late
        Change("ann", "day", "talking", at(20), "", at(300)),
        Change("ann", "day", "paused", at(60), "lunch", at(300)),  # 25 minutes, 5 beyond its limit
        Change("ann", "day", "ready", at(85), "", at(300)),
        Change("ann", "day", "paused", at(100), "coaching", at(300)),  # without a limit: the house ordered it
        Change("ann", "day", "paused", at(110), "break", at(300)),  # goes 10 minutes too early, back in time
        Change("ann", "day", "ready", at(150), "", at(300)),
        Change("ann", "day", "offline", at(230), "", at(300)),  # leaves 10 minutes early
        Change("ann", "day", "ready", at(250), "", at(300)),  # comes back unplanned; the run ends at 300
    ]
    limits = {"day": {"lunch": 20, "break": 0 + 60, "coaching": 0}}
    (day,) = adherence([shift], stretches(rows, at(600)), limits, at(600))
    minutes = {
        name: getattr(day, name) / 60
        for name in ("planned", "signed_in", "kept", "late", "left_early", "paused", "over_codes", "unplanned")
    }
    assert minutes == {
        "planned": 240,
        "signed_in": 220,
        # 10-60 ready and talking, 85-110 ready and coaching, 120-150 the break, 150-230 ready
        "kept": 50 + 25 + 30 + 80,
        "late": 10,
        "left_early": 10,
        "paused": 25 + 10 + 40,
        "over_codes": 5,
        "unplanned": 50,
    }
    assert day.share == pytest.approx(185 / 240)
    # While it still runs nothing ahead is held against anybody; working through a break is not what was planned.
    (early,) = adherence([shift], stretches(rows[:2], at(130)), limits, at(130))
    assert (early.planned / 60, early.kept / 60, early.left_early) == (130, 110, 0)
    absent = adherence([shift], {}, limits, at(600))
    assert [(each.late, each.share) for each in absent] == [(None, 30 / 240)]
    assert len(table_of(absent).rows) == 1


def test_a_schedule_is_imported_shown_and_judged(dialer, changed, tmp_path):
    file = tmp_path / "shifts.csv"
    today = datetime.now(UTC).date()
    file.write_text(f"{HEAD}ann,{today},,,,00:00,16:00,Etc/GMT,\n".replace("Etc/GMT", "Africa/Abidjan"))
    home = ("--dir", changed.root)
    said = dialer(*home, "shifts", "import", file)
    assert said.code == 1 and 'there is no agent "ann"' in said.err
    with changed.store() as store, store.writing() as tx:
        agents.add(tx, "ann", "Ann", datetime.now(UTC))
    assert dialer(*home, "shifts", "show").code == 4
    first = json.loads(dialer(*home, "shifts", "import", file, "--json").out)
    again = json.loads(dialer(*home, "shifts", "import", file, "--json").out)
    assert (first["shifts"], first["replaced"], again["replaced"]) == (1, 0, 1)
    assert "ann              00:00-16:00 Africa/Abidjan  16.00 h" in dialer(*home, "shifts", "show").out
    (row,) = json.loads(dialer(*home, "shifts", "adherence", "--json").out)["adherence"]
    assert (row["agent"], row["adherence"], row["late"]) == ("ann", 0.0, None)
    written = tmp_path / "adherence.csv"
    assert dialer(*home, "shifts", "adherence", "--csv", written).code == 0
    assert written.read_text().startswith("day,agent,planned,signed_in,adherence,late,")
