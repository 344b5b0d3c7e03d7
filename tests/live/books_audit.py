"""The invariants, held against the carrier's own books and plain SQL; nothing of the dialer's own code is asked.

Each function returns what is wrong, as lines; an empty list is a promise kept.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

from dialer.carriers.emulator import CallBook

#: The clocks of carrier and dialer differ by what a callback and a join take, s.
_SLACK = 0.5


def attempts(database: Path) -> list[dict[str, Any]]:
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    connection.row_factory = sqlite3.Row
    try:
        return [dict(row) for row in connection.execute("SELECT * FROM attempt ORDER BY placed_at")]
    finally:
        connection.close()


def rows(database: Path, sql: str) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def contacts(books: list[CallBook], database: Path) -> list[CallBook]:
    """The carrier's calls to people of the list; agents' phones are no contacts."""
    numbers = {row[0] for row in rows(database, "SELECT number FROM phone")}
    return [book for book in books if book.to in numbers and book.direction == "outbound-api"]


def nobody_is_dialed_without_an_attempt(books: list[CallBook], database: Path) -> list[str]:
    """Every call at the carrier is an attempt that a ledger entry allowed, and no attempt was placed twice."""
    allowed = {row[0] for row in rows(database, "SELECT seq FROM ledger WHERE allowed")}
    made = Counter(row["number"] for row in attempts(database))
    wrong = [
        f"{row['call_id']} has no allowing decision" for row in attempts(database) if row["ledger_seq"] not in allowed
    ]
    for number, dialed in Counter(book.to for book in contacts(books, database)).items():
        if dialed > made[number]:
            wrong.append(f"{number} was dialed {dialed} times on {made[number]} attempts")
    return wrong


def nobody_is_on_two_calls(books: list[CallBook], database: Path) -> list[str]:
    """A person is never called while another call to them lives."""
    wrong = []
    by_number: dict[str, list[CallBook]] = {}
    for book in contacts(books, database):
        by_number.setdefault(book.to, []).append(book)
    for number, calls in by_number.items():
        for first, second in pairwise(sorted(calls, key=lambda each: each.asked_at)):
            if first.ended_at is None or second.asked_at < first.ended_at:
                wrong.append(f"{number} was called again while a call lived")
    return wrong


def every_answer_is_cared_for(books: list[CallBook], database: Path, within: float = 2.0 + _SLACK) -> list[str]:
    """A person who stays hears an agent or the message within the time the law gives."""
    wrong = []
    for book in contacts(books, database):
        if book.answered_at is None or book.result != "human":
            continue
        stayed = (book.ended_at if book.ended_at is not None else float("inf")) - book.answered_at
        times = [each for each in (book.seconds_to_voice, book.seconds_to_prompt) if each is not None]
        if stayed > within and (not times or min(times) > within):
            wrong.append(f"{book.to} waited {min(times) if times else stayed:.2f} s and heard {book.heard}")
    return wrong


def no_agent_hears_two(books: list[CallBook], database: Path) -> list[str]:
    """An agent's room never holds two contacts at once."""
    wrong = []
    stays: dict[str, list[tuple[float, float, str]]] = {}
    for book in contacts(books, database):
        for room, joined, left in book.rooms:
            if room.startswith("agent-"):
                end = left if left is not None else book.ended_at if book.ended_at is not None else float("inf")
                stays.setdefault(room, []).append((joined, end, book.to))
    for room, each in stays.items():
        for (_, end, first), (begin, _, second) in pairwise(sorted(each)):
            if begin < end - 0.005:
                wrong.append(f"{room} held {first} and {second} at once")
    return wrong


def the_books_agree(books: list[CallBook], database: Path) -> list[str]:
    """The dialer's result of each ended attempt is what the carrier saw."""
    by_ref = {book.call: book for book in books}
    wrong = []
    for row in attempts(database):
        book = by_ref.get(row["carrier_ref"])
        if book is None or row["state"] != "ended":
            continue
        spoke = any(name != book.to for name in book.spoke_with)
        if row["result"] == "human" and not spoke:
            wrong.append(f"{row['call_id']} is booked as served; the carrier heard nobody speak")
        if row["result"] in ("busy", "no_answer", "invalid") and book.answered_at is not None:
            wrong.append(f"{row['call_id']} is booked as {row['result']}; the carrier saw it answered")
        if row["result"] == "abandoned" and book.answered_at is None:
            wrong.append(f"{row['call_id']} is booked as abandoned; nobody answered")
    return wrong


def nobody_left_alone_is_forgotten(books: list[CallBook], database: Path) -> list[str]:
    """Who answered, stayed, and never had an agent's voice is booked as abandoned: the law counts them."""
    booked = {row["carrier_ref"]: row["result"] for row in attempts(database) if row["carrier_ref"]}
    wrong = []
    for book in contacts(books, database):
        if book.answered_at is None or book.result != "human" or book.seconds_to_voice is not None:
            continue
        stayed = (book.ended_at if book.ended_at is not None else float("inf")) - book.answered_at
        result = booked.get(book.call, "abandoned")  # a call whose name was never learned counts as lost
        if stayed > 2.0 + _SLACK and result not in ("abandoned", "hung_up_first"):
            wrong.append(f"{book.to} was left alone and is booked as {result}")
    return wrong


def opt_outs_hold(books: list[CallBook], database: Path) -> list[str]:
    """Who pressed the opt-out key is on the list, and was not called after it."""
    listed = {row[0] for row in rows(database, "SELECT number FROM suppression WHERE action = 'add'")}
    wrong = []
    for book in contacts(books, database):
        pressed = [t for t, digits in book.keys if "9" in digits and any("message" in what for what, _ in book.prompts)]
        heard = any("opted_out" in str(each.what) for each in book.heard)
        if heard and book.to not in listed:
            wrong.append(f"{book.to} was told that they are on the list, and are not")
        for again in contacts(books, database):
            if heard and pressed and again.to == book.to and again.asked_at > max(pressed) + 1.0:
                wrong.append(f"{book.to} opted out and was called again")
    return wrong


def left_open(database: Path) -> list[str]:
    """Attempts without an end, after a floor that ended well."""
    return [f"{row['call_id']} is still {row['state']}" for row in attempts(database) if row["state"] != "ended"]


INVARIANTS = (
    nobody_is_dialed_without_an_attempt,
    nobody_is_on_two_calls,
    every_answer_is_cared_for,
    no_agent_hears_two,
    the_books_agree,
    nobody_left_alone_is_forgotten,
    opt_outs_hold,
)


def audit(books: list[CallBook], database: Path) -> list[str]:
    """Everything that is wrong."""
    return [line for invariant in INVARIANTS for line in invariant(books, database)]
