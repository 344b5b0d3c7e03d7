"""What the law and the house allow of the month's calls, copied by hand: nothing here asks the gate or the rule data.

Instants are seconds since the epoch. Every check gives the list of what is wrong. Records are read by
`tests/runtime/audit.py`, plain sqlite3, which checks what holds of every floor; here is what holds of this one.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from month_study.house import AREAS, CAMPAIGNS, Truth

__all__ = ["CLOCKS", "abandonment", "broken"]

#: Every clock that an area code's people may live by.
CLOCKS = {
    "206": ("America/Los_Angeles",),
    "212": ("America/New_York",),
    "214": ("America/Chicago",),
    "215": ("America/New_York",),
    "305": ("America/New_York",),
    "312": ("America/Chicago",),
    "401": ("America/New_York",),
    "602": ("America/Phoenix",),
    "605": ("America/Chicago", "America/Denver"),
    "615": ("America/Chicago",),
    "702": ("America/Los_Angeles",),
    "801": ("America/Denver",),
    "850": ("America/New_York", "America/Chicago"),
    "907": ("America/Anchorage", "America/Adak"),
    "918": ("America/Chicago",),
    "928": ("America/Phoenix", "America/Denver"),
}
#: Sales calls by predictive dialing, from and until (hours), by state: Monday to Friday, Saturday, Sunday.
_Span = tuple[float, float] | None
_SALES: dict[str, tuple[_Span, _Span, _Span]] = {
    "FL": ((8, 20), (8, 20), (8, 20)),
    "IL": ((9, 21), (9, 21), (9, 21)),
    "NV": ((9, 20), (9, 20), (9, 20)),
    "OK": ((8, 20), (8, 20), (8, 20)),
    "PA": ((8, 21), (8, 21), None),
    "RI": ((9, 18), (10, 17), None),
    "SD": ((9, 21), None, None),
    "TX": ((9, 21), (9, 21), (12, 21)),
    "UT": ((8, 21), (8, 21), None),
    "WA": ((8, 20), (8, 20), (8, 20)),
}
_USUAL: tuple[_Span, _Span, _Span] = ((8, 21), (8, 21), (8, 21))  # 16 CFR 310.4(c), 12 CFR 1006.6(b)(1)
_ELECTION, _VETERANS, _THANKSGIVING = date(2026, 11, 3), date(2026, 11, 11), date(2026, 11, 26)
#: Days without sales calls.
_NO_SALES = {
    "PA": {_ELECTION, _VETERANS, _THANKSGIVING},
    "RI": {_ELECTION, _VETERANS, _THANKSGIVING},
    "UT": {_VETERANS, _THANKSGIVING},
}
_WRITTEN_CONSENT = ("FL", "OK")  # for sales calls by automatic systems
#: Results of calls that did not connect: Regulation F does not count them (12 CFR 1006.14(b)(3)(ii)).
_UNCONNECTED = {"busy", "invalid", "congestion", "failed", "cancelled"}
_DAY = 86_400.0

Row = Mapping[str, Any]
Wrong = dict[str, list[str]]


def broken(books: Any, calls: Iterable[Any], truth: Truth) -> Wrong:
    """Everything that this month's law forbids and that happened, by rule; an empty list where it was held."""
    by_campaign: dict[str, list[Row]] = defaultdict(list)
    for row in books.attempts:
        by_campaign[row["campaign"]].append(row)
    wrong: Wrong = {
        "hours and holidays": _hours(books.attempts, truth),
        "registries and consent": _lists(books.attempts, truth),
        "never to be called": [
            f"{row['campaign']} {row['number']}: {why}"
            for row in books.attempts
            if (why := truth.never[row["campaign"]].get(row["number"]))
        ],
        "opt-outs of the client": _opt_outs(books),
        "caps of the campaign": [each for rows in by_campaign.values() for each in _own_caps(rows)],
        "three sales calls a day in FL and OK": _sales_caps(books.attempts),
        "seven in seven about one debt": _debts(books.attempts),
        "closed days of the house": _closed_days(books.attempts),
        "one number on two calls": _at_once(calls),
    }
    return wrong


def abandonment(books: Any) -> dict[str, tuple[int, int]]:
    """By campaign: people abandoned, and people who answered and talked to an agent or were abandoned."""
    found: dict[str, list[int]] = {line.name: [0, 0] for line in CAMPAIGNS}
    for row in books.attempts:
        left, talked = row["result"] == "abandoned", row["result"] == "human" and row["bridged_at"] is not None
        found[row["campaign"]][0] += left
        found[row["campaign"]][1] += left or talked
    return {name: (left, of) for name, (left, of) in found.items()}


def _local(row: Row) -> list[datetime]:
    return [datetime.fromtimestamp(row["placed_at"], ZoneInfo(name)) for name in CLOCKS[row["number"][2:5]]]


def _hours(attempts: Iterable[Row], truth: Truth) -> list[str]:
    wrong = []
    scopes = {line.name: line.scope for line in CAMPAIGNS}
    for row in attempts:
        state, sells = AREAS[row["number"][2:5]], scopes[row["campaign"]] == "telemarketing"
        if scopes[row["campaign"]] in ("informational", "research"):
            continue  # no law of these states binds them; the house's own hours are checked with its closed days
        for local in _local(row):
            weekdays, saturday, sunday = _SALES.get(state, _USUAL) if sells else _USUAL
            span = sunday if local.weekday() == 6 else saturday if local.weekday() == 5 else weekdays
            hour = local.hour + local.minute / 60 + local.second / 3600
            free = sells and local.date() in _NO_SALES.get(state, ())
            if state == "UT" and row["number"] in truth.consented[row["campaign"]]:
                free = False  # with the person's consent Utah has no closed days
            if free or span is None or not span[0] <= hour < span[1]:
                wrong.append(f"{row['campaign']} {row['number']} at {local:%a %d %b %H:%M:%S} in {state}")
    return wrong


def _lists(attempts: Iterable[Row], truth: Truth) -> list[str]:
    wrong = []
    for row in attempts:
        if row["campaign"] != "aurora-solar":
            continue
        number, state = row["number"], AREAS[row["number"][2:5]]
        if number in truth.consented["aurora-solar"]:
            continue
        if number in truth.national:
            wrong.append(f"{number} is on the national registry")
        if number in truth.states.get(state, ()):
            wrong.append(f"{number} is on {state}'s registry")
        if state in _WRITTEN_CONSENT:
            wrong.append(f"{number} gave no written consent, which {state} wants")
    return wrong


def _opt_outs(books: Any) -> list[str]:
    """Attempts after an opt-out for the same client (or for the whole house), and opt-outs that are on no list."""
    since: dict[tuple[str, str], float] = {}
    for row in books.suppressions:
        if row["action"] == "add":
            since.setdefault((row["number"], row["scope_id"]), row["at"])
    never = float("inf")
    wrong = [
        f"{row['call_id']} of {row['client']}: dialed after the opt-out"
        for row in books.attempts
        if row["placed_at"]
        > min(since.get((row["number"], key), never) for key in ("", row["client"], row["campaign"]))
    ]
    for said in books.dispositions:
        if "opt_out" in json.loads(said["flags"]):
            call = books.by_call[said["call_id"]]
            if min(since.get((call["number"], key), never) for key in ("", call["client"])) > said["at"]:
                wrong.append(f"{said['call_id']}: {said['code']} is on no list")
    return wrong


def _own_caps(rows: Iterable[Row]) -> list[str]:
    """per_day = 2 on the person's clock, 3 in 24 h, 6 in 168 h, 8 ever: of every lead of one campaign."""
    of_lead: dict[int, list[Row]] = defaultdict(list)
    for row in rows:
        if not (row["carrier_ref"] is None and row["result"] in ("congestion", "failed")):
            of_lead[row["lead_id"]].append(row)
    wrong = []
    for lead, tries in of_lead.items():
        times = sorted(row["placed_at"] for row in tries)
        for most, span in ((3, _DAY), (6, 7 * _DAY), (8, float("inf"))):
            wrong += [f"lead {lead}: {most + 1} in {later - first:.0f} s"
                      for first, later in zip(times, times[most:], strict=False) if later - first <= span]  # fmt: skip
        days: dict[tuple[int, date], int] = defaultdict(int)
        for row in tries:
            for place, local in enumerate(_local(row)):
                days[place, local.date()] += 1
        wrong += [f"lead {lead}: {count} on {day}" for (_, day), count in days.items() if count > 2]
    return wrong


def _sales_caps(attempts: Iterable[Row]) -> list[str]:
    times: dict[str, list[float]] = defaultdict(list)
    for row in attempts:
        if row["campaign"] == "aurora-solar" and AREAS[row["number"][2:5]] in _WRITTEN_CONSENT:
            times[row["number"]].append(row["placed_at"])
    return [f"{number}: 4 in {later - first:.0f} s" for number, each in times.items()
            for first, later in zip(sorted(each), sorted(each)[3:], strict=False) if later - first <= _DAY]  # fmt: skip


def _debts(attempts: Iterable[Row]) -> list[str]:
    """At most seven connected calls in seven days of the person's calendar, none in the seven after a conversation.

    Each person who owes the debt is counted apart (12 CFR 1006.14(b)(2)(i): "a particular person").
    """
    of_debt: dict[str, list[Row]] = defaultdict(list)
    for row in attempts:
        if row["campaign"].startswith("borealis") and row["debt_id"]:
            of_debt[f"{row['debt_id']} of {row['person_id']}"].append(row)
    wrong = []
    for debt, rows in of_debt.items():
        rows.sort(key=lambda row: row["placed_at"])
        days = [min(_local(row)).date() for row in rows if row["result"] not in _UNCONNECTED]
        wrong += [f"{debt}: eight calls from {first} to {last}"
                  for first, last in zip(days, days[7:], strict=False) if last - first < timedelta(days=7)]  # fmt: skip
        talked: date | None = None
        for row in rows:
            local = min(_local(row)).date()
            if talked is not None and local <= talked + timedelta(days=6):
                wrong.append(f"{debt}: called on {local} after a conversation on {talked}")
            if row["result"] == "human" and row["bridged_at"] is not None:
                talked = local
    return wrong


def _closed_days(attempts: Iterable[Row]) -> list[str]:
    """Calls outside the campaign's own hours, on its own clock."""
    zone, wrong = ZoneInfo("America/New_York"), []
    for row in attempts:
        line = next(each for each in CAMPAIGNS if each.name == row["campaign"])
        local = datetime.fromtimestamp(row["placed_at"], zone)
        closed = (local.weekday() == 6 and not line.sundays) or (
            line.holidays_closed and local.date() in (_VETERANS, _THANKSGIVING)
        )
        if closed or not line.opens <= f"{local:%H:%M}" < line.closes:
            wrong.append(f"{line.name}: {local:%a %d %b %H:%M:%S}")
    return wrong


def _at_once(calls: Iterable[Any]) -> list[str]:
    spans: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for call in calls:
        spans[call.number].append((call.at, float("inf") if call.ended_at is None else call.ended_at))
    return [
        f"{number}: a call at {other[0]:.0f} before the one of {one[0]:.0f} was over"
        for number, each in spans.items()
        for one, other in pairwise(sorted(each))
        if other[0] < one[1]
    ]
