"""The month's auditor sees what is wrong, and its cron starts each line at its minute."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

BENCHMARKS = Path(__file__).parents[2] / "scripts" / "benchmarks"


@pytest.fixture(scope="module")
def month():
    sys.path.insert(0, str(BENCHMARKS))
    try:
        from month_study import cron, house, law
    finally:
        sys.path.remove(str(BENCHMARKS))
    return SimpleNamespace(cron=cron, house=house, law=law)


def _at(text: str, zone: str = "America/New_York") -> float:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


def _row(at: float, number: str = "+12125550101", campaign: str = "aurora-solar", **changes: Any) -> dict[str, Any]:
    row = {
        "call_id": f"c{at}",
        "campaign": campaign,
        "client": campaign.partition("-")[0],
        "number": number,
        "lead_id": 1,
        "person_id": "p",
        "debt_id": "",
        "placed_at": at,
        "bridged_at": None,
        "carrier_ref": "x",
        "result": "no_answer",
    }
    return {**row, **changes}


def _wrong(month: Any, rows: list[dict[str, Any]], truth: Any = None, **books: Any) -> set[str]:
    truth = truth or month.house.Truth()
    for line in month.house.CAMPAIGNS:
        truth.never.setdefault(line.name, {})
        truth.consented.setdefault(line.name, set())
    kept = {"suppressions": [], "dispositions": [], "by_call": {row["call_id"]: row for row in rows}, **books}
    found = month.law.broken(SimpleNamespace(attempts=rows, **kept), books.get("calls", ()), truth)
    return {rule for rule, wrong in found.items() if wrong}


WEDNESDAY = "2026-11-04T12:00"


def test_a_lawful_call_is_no_finding(month):
    assert _wrong(month, [_row(_at(WEDNESDAY))]) == set()


@pytest.mark.parametrize(
    ("number", "at"),
    [
        ("+12065550101", "2026-11-04T10:00"),  # seven o'clock in Seattle
        ("+12155550101", "2026-11-11T12:00"),  # Veterans Day in Pennsylvania
        ("+14015550101", "2026-11-03T12:00"),  # election day in Rhode Island
        ("+16055550101", "2026-11-07T12:00"),  # a Saturday in South Dakota
        ("+19285550101", "2026-11-04T09:30"),  # half past seven where Arizona's clock may be
        ("+12145550101", "2026-11-04T09:30"),  # half past eight in Texas
    ],
)
def test_hours_and_holidays_are_seen(month, number, at):
    assert "hours and holidays" in _wrong(month, [_row(_at(at), number)])


def test_registries_consent_and_people_who_may_never_be_called_are_seen(month):
    truth = month.house.Truth(national={"+12125550101"}, never={"borealis-debts": {"+12125550102": "cease"}})
    assert "registries and consent" in _wrong(month, [_row(_at(WEDNESDAY))], truth)
    assert "registries and consent" in _wrong(month, [_row(_at(WEDNESDAY), "+13055550101")])
    debt = _row(_at(WEDNESDAY), "+12125550102", "borealis-debts")
    assert "never to be called" in _wrong(month, [debt], truth)


def test_opt_outs_caps_and_debts_are_seen(month):
    at = _at("2026-11-04T10:00")
    out = [{"action": "add", "number": "+12125550101", "scope_id": "aurora", "at": at - 1}]
    assert "opt-outs of the client" in _wrong(month, [_row(at)], suppressions=out)
    assert "opt-outs of the client" not in _wrong(month, [_row(at, campaign="cygnus-gifts")], suppressions=out)
    said = [{"call_id": f"c{at}", "flags": '["opt_out"]', "code": "DNC", "at": at}]
    assert "opt-outs of the client" in _wrong(month, [_row(at)], dispositions=said)
    assert "caps of the campaign" in _wrong(month, [_row(at + 3_600 * hour) for hour in range(3)])
    florida = [_row(at + 3_600 * hour, "+13055550101", lead_id=hour) for hour in range(4)]
    assert "three sales calls a day in FL and OK" in _wrong(month, florida)
    debts = [_row(at + 86_400 * n // 2, campaign="borealis-debts", debt_id="D", lead_id=n) for n in range(8)]
    assert "seven in seven about one debt" in _wrong(month, debts)
    talked = _row(at, campaign="borealis-debts", debt_id="D", result="human", bridged_at=at)
    again = _row(at + 6 * 86_400, campaign="borealis-debts", debt_id="D")
    assert "seven in seven about one debt" in _wrong(month, [talked, again])
    assert "closed days of the house" in _wrong(month, [_row(_at("2026-11-08T12:00"))])


def test_two_calls_to_one_number_at_once_are_seen(month):
    calls = [SimpleNamespace(number="+12125550101", at=at, ended_at=at + 30) for at in (0.0, 20.0)]
    assert "one number on two calls" in _wrong(month, [], calls=calls)


def test_cron_keeps_the_wall_clock_over_the_end_of_daylight_saving_time(month):
    begin = datetime(2026, 10, 31, 4, tzinfo=UTC)
    lines = ["30 9 * * * late", "0 9 * * * dialer run a --until 20:00", "0 6 1 11 * dialer lists load 'a b.csv'"]
    due = list(month.cron.due(lines, begin, begin + timedelta(days=2, hours=1), "America/New_York"))
    told = [(f"{datetime.fromtimestamp(each.at, UTC):%d %H:%M}", each.arguments[-1]) for each in due]
    assert told == [
        ("31 13:00", "20:00"),
        ("31 13:30", "late"),
        ("01 11:00", "a b.csv"),
        ("01 14:00", "20:00"),
        ("01 14:30", "late"),
    ]
