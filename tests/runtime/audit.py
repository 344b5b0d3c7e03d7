"""An independent audit of a day's records: plain sqlite3, plain code, tables written down by hand.

Nothing here imports the gate, the rules, the engine or the store. What the law says of the states in the list is
copied by hand for a Tuesday that is no holiday; clocks come from zoneinfo and its data. Every check returns the
list of what is wrong, so that a test shows all of it.
"""

from __future__ import annotations

import json
import sqlite3
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

#: Every clock that an area code's people may live by.
CLOCKS = {
    "201": ["America/New_York"],
    "206": ["America/Los_Angeles"],
    "207": ["America/New_York"],
    "212": ["America/New_York"],
    "214": ["America/Chicago"],
    "215": ["America/New_York"],
    "303": ["America/Denver"],
    "305": ["America/New_York"],
    "312": ["America/Chicago"],
    "401": ["America/New_York"],
    "602": ["America/Phoenix"],
    "605": ["America/Chicago", "America/Denver"],
    "615": ["America/Chicago"],
    "702": ["America/Los_Angeles"],
    "801": ["America/Denver"],
    "850": ["America/New_York", "America/Chicago"],
    "907": ["America/Anchorage", "America/Adak"],
    "918": ["America/Chicago"],
    "928": ["America/Phoenix", "America/Denver"],
}
#: Lawful hours of predictive sales calls on a Tuesday, from and until, by area code; 8 to 21 elsewhere.
SALES_HOURS = {
    "206": (8, 20),  # Washington
    "214": (9, 21),  # Texas
    "305": (8, 20),  # Florida
    "850": (8, 20),
    "312": (9, 21),  # Illinois, automatic dialing
    "401": (9, 18),  # Rhode Island
    "605": (9, 21),  # South Dakota, automatic dialing
    "702": (9, 20),  # Nevada
    "918": (8, 20),  # Oklahoma
}
MOMENT = 1e-3  # s: rows keep microseconds

Row = Mapping[str, Any]


def read(database: Path, query: str) -> list[dict[str, Any]]:
    """Rows of a query; instants as text."""
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    connection.row_factory = sqlite3.Row
    try:
        return [dict(row) for row in connection.execute(query)]
    finally:
        connection.close()


def instant(text: str | None) -> float | None:
    """An instant of a row as seconds since the epoch."""
    if text is None:
        return None
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


class Books:
    """All rows that the audit looks at, with instants as seconds since the epoch."""

    def __init__(self, database: Path) -> None:
        self.attempts = read(database, "SELECT * FROM attempt ORDER BY placed_at, call_id")
        for row in self.attempts:
            for name in ("placed_at", "ringing_at", "answered_at", "bridged_at", "ended_at", "wrapped_at"):
                row[name] = instant(row[name])
        self.ledger = read(database, "SELECT * FROM ledger ORDER BY seq")
        self.suppressions = read(database, "SELECT * FROM suppression ORDER BY suppression_id")
        self.dispositions = read(database, "SELECT * FROM disposition ORDER BY disposition_id")
        self.agent_changes = read(database, "SELECT * FROM agent_change ORDER BY change_id")
        self.leads = read(database, "SELECT lead_id, status, next_at, leased_by FROM lead")
        self.runs = read(database, "SELECT * FROM run")
        for row in (*self.suppressions, *self.dispositions, *self.agent_changes):
            row["at"] = instant(row["at"])
        self.by_call = {row["call_id"]: row for row in self.attempts}


def listed_numbers(books: Books, never: Mapping[str, str]) -> list[str]:
    """Attempts to numbers that may never be called."""
    return [f"{row['number']}: {never[row['number']]}" for row in books.attempts if row["number"] in never]


def opted_out(books: Books) -> list[str]:
    """Attempts after an opt-out, and opt-outs that an agent took down and nobody wrote into the list."""
    since: dict[str, float] = {}
    for row in books.suppressions:
        if row["action"] == "add" and row["scope"] in ("company", "client") and row["scope_id"] != "somebody-else":
            since.setdefault(row["number"], row["at"])
    wrong = [
        f"{row['call_id']} dialed {row['placed_at'] - since[row['number']]:.3f} s after the opt-out"
        for row in books.attempts
        if row["placed_at"] > since.get(row["number"], float("inf"))
    ]
    for said in books.dispositions:
        if "opt_out" in json.loads(said["flags"]):
            number = books.by_call[said["call_id"]]["number"]
            if since.get(number, float("inf")) > said["at"]:
                wrong.append(f"{said['call_id']}: {said['code']} is not on the list")
    return wrong


def closed_hours(books: Books, hours: Mapping[str, tuple[int, int]], guard: float = 60.0) -> list[str]:
    """Attempts outside the lawful hours in any clock of the number's area code; `guard` s before the end."""
    wrong = []
    for row in books.attempts:
        area = row["number"][2:5]
        opens, closes = hours.get(area, (8, 21))
        for name in CLOCKS[area]:
            local = datetime.fromtimestamp(row["placed_at"], ZoneInfo(name))
            second = local.hour * 3600 + local.minute * 60 + local.second
            if not opens * 3600 <= second < closes * 3600 - guard:
                wrong.append(f"{row['number']} at {local:%a %H:%M:%S} in {name}")
    return wrong


def beyond_caps(books: Books, *, in_24_hours: int, lifetime: int, per_phone_and_day: int) -> list[str]:
    """More attempts than the caps allow: rolling per lead, ever per lead, per number and its local day."""
    wrong = []
    of_lead: dict[int, list[float]] = defaultdict(list)
    of_day: dict[tuple[str, str, str], int] = defaultdict(int)
    for row in books.attempts:
        if (
            row["result"] in ("congestion", "failed")
            and not row["counts"]
            and row["carrier_ref"] is None
            and row["detail"]
        ):
            continue  # the carrier did not take it, and said so: nobody was called
        of_lead[row["lead_id"]].append(row["placed_at"])
        for name in CLOCKS[row["number"][2:5]]:
            day = datetime.fromtimestamp(row["placed_at"], ZoneInfo(name)).date().isoformat()
            of_day[row["number"], name, day] += 1
    for lead, times in of_lead.items():
        if len(times) > lifetime:
            wrong.append(f"lead {lead}: {len(times)} attempts, at most {lifetime}")
        for first, later in zip(times, times[in_24_hours:], strict=False):
            if later - first <= 86_400.0:
                wrong.append(f"lead {lead}: attempt {in_24_hours + 1} after {later - first:.0f} s")
    wrong += [f"{key}: {count} attempts a day" for key, count in of_day.items() if count > per_phone_and_day]
    return wrong


def refused_at_home(books: Books, days: int = 7) -> list[str]:
    """Debt calls within seven days after a conversation with the same person (the whole test is shorter)."""
    talked: dict[int, float] = {}
    wrong = []
    for row in books.attempts:
        before = talked.get(row["lead_id"])
        if before is not None and row["placed_at"] < before + days * 86_400.0:
            wrong.append(f"{row['call_id']}: {row['placed_at'] - before:.0f} s after a conversation")
        if row["result"] == "human" and row["bridged_at"] is not None:
            talked[row["lead_id"]] = row["ended_at"]
    return wrong


def live_answers(books: Books, calls: Mapping[str, Any], within: float = 2.0) -> list[str]:
    """Live answers that ended in none, or more than one, of the three lawful ways.

    Bridged in time; abandoned, and the carrier began the message in time unless the person was gone; or hung up
    first. Times count from when the dialer was told of the answer.
    """
    wrong = []
    for row in books.attempts:
        answered = row["answered_at"]
        if answered is None:
            continue
        call, bridged = calls.get(row["call_id"]), row["bridged_at"]
        ended = row["ended_at"]
        match row["result"]:
            case "human":
                if bridged is None or bridged - answered > within + MOMENT:
                    wrong.append(f"{row['call_id']}: bridged {bridged} after the answer at {answered}")
            case "abandoned":
                told = None if call is None else call.message_at
                gone = call is None or (call.ended_at is not None and call.ended_at <= answered + within)
                if bridged is not None:
                    wrong.append(f"{row['call_id']}: abandoned and bridged")
                if told is None and not gone:
                    wrong.append(f"{row['call_id']}: abandoned in silence")
                if told is not None and told - answered > within + MOMENT:
                    wrong.append(f"{row['call_id']}: message {told - answered:.2f} s after the answer")
            case "hung_up_first":
                if bridged is not None or ended - answered > within + MOMENT:
                    wrong.append(f"{row['call_id']}: hung up first after {ended - answered:.2f} s")
            case "machine":
                if not row["amd_machine"]:
                    wrong.append(f"{row['call_id']}: a machine that nobody detected")
            case other:
                wrong.append(f"{row['call_id']}: answered and {other}")
    return wrong


def rang_too_short(calls: Iterable[Any], least: float = 15.0) -> list[str]:
    """Unanswered calls that we cancelled before they had rung 15 s (16 CFR 310.4(b)(4)(ii))."""
    return [
        f"{call.call_id}: rang {None if call.ringing_at is None else call.ended_at - call.ringing_at} s"
        for call in calls
        if call.answered_at is None
        and call.cause in ("cancelled", "hung_up_by_us", "no_answer")
        and (call.ringing_at is None or call.ended_at - call.ringing_at < least - MOMENT)
    ]


def agents_and_calls(books: Books, calls: Mapping[str, Any]) -> list[str]:
    """Agents with two live calls at once, and calls bridged to an agent who was not reserved for them."""
    wrong = []
    histories: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for change in books.agent_changes:
        histories[change["run_id"], change["agent_id"]].append(change)
    legs: dict[str, list[tuple[float, float, str]]] = defaultdict(list)
    for row in books.attempts:
        if row["bridged_at"] is None:
            continue
        history = histories[row["run_id"], row["agent_id"]]
        times = [change["at"] for change in history]
        place = next(
            (i for i, c in enumerate(history) if c["call_id"] == row["call_id"] and c["state"] == "talking"), None
        )
        if place is None or abs(history[place]["at"] - row["bridged_at"]) > MOMENT:
            wrong.append(f"{row['call_id']}: bridged to {row['agent_id']}, who did not talk then")
            continue
        before = history[place - 1] if place else None
        if before is None or before["state"] != "reserved" or before["call_id"] != row["call_id"]:
            wrong.append(f"{row['call_id']}: bridged to {row['agent_id']}, who was {before and before['state']}")
        left = times[place + 1] if place + 1 < len(times) else float("inf")
        legs[row["agent_id"]].append((row["bridged_at"], min(row["ended_at"], left), row["call_id"]))
    for call in calls.values():
        if call.bridged_at is None:
            continue
        row = books.by_call[call.call_id]
        history = histories[row["run_id"], call.agent_id]
        now = bisect_right([change["at"] for change in history], call.bridged_at + MOMENT) - 1
        if now < 0 or history[now]["state"] in ("paused", "offline"):
            wrong.append(f"{call.call_id}: the carrier joined {call.agent_id}, who was away")
    for agent, talks in legs.items():
        for (_, end, one), (begin, _, other) in pairwise(sorted(talks)):
            if begin < end - MOMENT:
                wrong.append(f"{agent}: {other} began before {one} was over")
    return wrong


def twice_at_once(books: Books, calls: Iterable[Any]) -> list[str]:
    """Leads on two live calls at the same time, by the carrier's own record."""
    spans: dict[int, list[tuple[float, float, str]]] = defaultdict(list)
    for call in calls:
        lead = books.by_call[call.call_id]["lead_id"]
        spans[lead].append((call.at, float("inf") if call.ended_at is None else call.ended_at, call.call_id))
    return [
        f"lead {lead}: {other} began before {one} was over"
        for lead, each in spans.items()
        for (_, end, one), (begin, _, other) in pairwise(sorted(each))
        if begin < end - MOMENT
    ]


def ledger_chain(books: Books) -> list[str]:
    """Rows of the ledger that do not continue the row before: sha256 of hash, number and body, line by line."""
    wrong = []
    before = "0" * 64
    for expected, row in enumerate(books.ledger, start=1):
        own = sha256(f"{before}\n{row['seq']}\n{row['body']}".encode()).hexdigest()
        if (row["seq"], row["prev_hash"], row["hash"]) != (expected, before, own):
            wrong.append(f"row {row['seq']}")
        body = json.loads(row["body"])
        if (body["number"], body["ok"]) != (row["number"], bool(row["allowed"])):
            wrong.append(f"row {row['seq']} says another thing than its body")
        before = row["hash"]
    return wrong


def ledger_covers(books: Books) -> list[str]:
    """Attempts without a decision of their own that allows them, and permissions nobody used."""
    rows = {row["seq"]: row for row in books.ledger}
    wrong = []
    used = set()
    for row in books.attempts:
        decision = rows.get(row["ledger_seq"])
        if decision is None:
            wrong.append(f"{row['call_id']}: no decision {row['ledger_seq']}")
            continue
        body = json.loads(decision["body"])
        used.add(decision["seq"])
        stands = (
            decision["allowed"] == 1
            and decision["number"] == row["number"]
            and decision["lead_id"] == row["lead_id"]
            and body["attempt"] == row["call_id"]
            and not body["failed"]
            and abs(datetime.fromisoformat(body["at"]).timestamp() - row["placed_at"]) < MOMENT
        )
        if not stands:
            wrong.append(f"{row['call_id']}: decision {decision['seq']} is not its own")
    if len(used) != len(books.attempts):
        wrong.append("two attempts stand on one decision")
    wrong += [f"decision {row['seq']} allowed a call that nobody wrote down" for row in books.ledger
              if row["allowed"] and row["seq"] not in used]  # fmt: skip
    return wrong


def abandonment(books: Books) -> float:
    """Abandoned share of live answers: the abandoned and those who talked to an agent."""
    served = sum(1 for row in books.attempts if row["result"] == "human" and row["bridged_at"] is not None)
    left = sum(1 for row in books.attempts if row["result"] == "abandoned")
    return left / max(1, served + left)


def unfinished(books: Books) -> list[str]:
    """Attempts without an end, leads still in somebody's hand, runs that nobody ended."""
    wrong = [
        f"{row['call_id']}: {row['state']}, {row['result']}"
        for row in books.attempts
        if row["state"] != "ended" or row["result"] is None or row["ended_at"] is None
    ]
    wrong += [f"lead {row['lead_id']} is still leased" for row in books.leads if row["status"] == "leased"]
    wrong += [f"run {row['run_id']} has no end" for row in books.runs if row["ended_at"] is None]
    return wrong


def carrier_agrees(books: Books, calls: Iterable[Any]) -> list[str]:
    """Calls that the carrier dialed without exactly one attempt of the same number, written down before."""
    wrong = []
    seen = set()
    for call in calls:
        row = books.by_call.get(call.call_id)
        if row is None:
            wrong.append(f"{call.call_id}: dialed, and never written down")
        elif row["number"] != call.number or row["caller_id"] != call.caller_id:
            wrong.append(f"{call.call_id}: written down as another number")
        elif row["placed_at"] > call.at + MOMENT:
            wrong.append(f"{call.call_id}: written down {row['placed_at'] - call.at:.3f} s after it was dialed")
        if call.call_id in seen:
            wrong.append(f"{call.call_id}: dialed twice")
        seen.add(call.call_id)
    return wrong


def keys_pressed(books: Books, calls: Iterable[Any]) -> list[str]:
    """People who pressed the opt-out key, as the carrier saw, and are on no list."""
    listed = {row["number"] for row in books.suppressions}
    return [f"{call.call_id}: pressed the key" for call in calls if call.opted_out_at and call.number not in listed]


def given_up_alive(books: Books, calls: Iterable[Any], patience: float = 1.0) -> list[str]:
    """Calls that the dialer closed while they were still up at the carrier: people whom nobody knows of."""
    wrong = []
    for call in calls:
        row = books.by_call[call.call_id]
        if row["ended_at"] is None:
            continue
        if call.ended_at is None or row["ended_at"] < call.ended_at - patience:
            wrong.append(f"{call.call_id}: closed as {row['result']} ({row['detail'] or ''}) and still up")
    return wrong


def leads_of_the_opted_out(books: Books, database: Path) -> list[str]:
    """Leads that are still to be called although their opt-out stands on every one of their numbers."""
    out = {
        row["number"]
        for row in books.suppressions
        if row["source"].endswith(tuple(books.by_call)) and row["reason"] != "wrong number"
    }
    return [
        f"lead {row['lead_id']} is {row['status']}"
        for row in read(database, "SELECT lead.lead_id, status, number FROM lead JOIN phone USING (lead_id)")
        if row["number"] in out and row["status"] not in ("blocked", "done")
    ]


def findings(database: Path, calls: Iterable[Any], checks: Iterable[Callable[[Books], list[str]]]) -> list[str]:
    """Everything that is wrong by every check that every day must pass, and by further ones."""
    books = Books(database)
    record = list(calls)
    by_id = {call.call_id: call for call in record}
    every: dict[str, list[str]] = {
        "opt-out": opted_out(books),
        "key": keys_pressed(books, record),
        "opted-out lead": leads_of_the_opted_out(books, database),
        "live answer": live_answers(books, by_id),
        "ring": rang_too_short(record),
        "agent": agents_and_calls(books, by_id),
        "twice": twice_at_once(books, record),
        "ledger": ledger_chain(books) + ledger_covers(books),
        "unfinished": unfinished(books),
        "alive": given_up_alive(books, record),
        "carrier": carrier_agrees(books, record),
    }
    for check in checks:
        every.setdefault("law", []).extend(check(books))
    return [f"{kind}: {each}" for kind, wrong in every.items() for each in wrong]
