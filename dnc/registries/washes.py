"""Registers that are asked, not downloaded: Australia, Singapore, and the US Reassigned Numbers Database.

A wash answers for the numbers that were sent and for no other. A number that was sent and is not in the
answer is NOT clear; a number that was never sent is missing. So every answer is kept with the day it was
obtained, number by number.

Layouts: Australia and the database's columns are general knowledge; Singapore's upload and error files are
from the PDPC's specification, its result header was not seen, so the column must be named plainly.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Final

from dnc.registries.keyed import Tag
from dnc.registries.plans import AUSTRALIA, SINGAPORE, Plan, national_number
from dnc.registries.report import Numbers, Rejected, Sink, Tally
from dnc.registries.tables import Row, headed_rows, plain_rows
from dnc.registries.text import all_lines, bad_line, nanp_number, refuse_spreadsheet, unquoted
from dnc.registries.unpack import open_members

__all__ = [
    "find_wash_input",
    "read_au_input",
    "read_au_result",
    "read_rnd_query",
    "read_rnd_response",
    "read_sg_errors",
    "read_sg_result",
    "read_sg_upload",
]

Blocks = Iterator[bytes]

_AU_FLAGS: Final = {
    "Y": (Tag.LISTED, "listed"),
    "N": (Tag.CLEAR, "clear"),
    "I": (Tag.BLOCKED, "blocked"),
}
_SG_FLAGS: Final = {
    "Y": (Tag.LISTED, "listed"),
    "YES": (Tag.LISTED, "listed"),
    "N": (Tag.CLEAR, "clear"),
    "NO": (Tag.CLEAR, "clear"),
}
_RND_ANSWERS: Final = {"yes": Tag.LISTED, "no": Tag.CLEAR, "no_data": Tag.NO_DATA}


def read_au_input(blocks: Blocks, sink: Sink) -> None:
    """What is sent to be washed: one ten-digit Australian number a line."""
    _one_a_line(blocks, sink, AUSTRALIA)


def read_sg_upload(blocks: Blocks, sink: Sink) -> None:
    """What is sent to be filtered: one column, eight digits starting 3, 6, 8 or 9."""
    _one_a_line(blocks, sink, SINGAPORE)


def _one_a_line(blocks: Blocks, sink: Sink, plan: Plan) -> None:
    """What we send must be in the layout that the register asks for: nothing but quotes is put right."""
    for line in all_lines(blocks, sink):
        sink.lines += 1
        if refuse_spreadsheet(line, line.text, sink):
            continue
        number = plan.read(unquoted(line, line.text, sink))
        if number is None:
            bad_line(line, plan.reason, sink)
            continue
        sink.add(number, code=Tag.CLEAR)


def read_au_result(blocks: Blocks, sink: Sink) -> None:
    """What came back: number and flag, `Y` listed, `N` clear, `I` invalid (nobody may call it)."""
    answered: set[int] = set()
    for row in plain_rows(blocks, sink):
        flag = _upper(row["1"], row, sink)
        if len(row.fields) != 2 or flag not in _AU_FLAGS:
            bad_line(row.line, "must be a number and a flag: only Y, N and I are known", sink)
            continue
        number = national_number(row.line, row["0"], AUSTRALIA, sink)
        if number is not None:
            code, word = _AU_FLAGS[flag]
            if code is Tag.BLOCKED:
                sink.note("invalid number treated as not callable", row.line.number)
            answered.add(number)
            sink.add(number, code=code, label=f"{word}:+{number}")
    _compare(sink, answered, read_au_input)


def read_sg_result(blocks: Blocks, sink: Sink) -> None:
    """What came back: columns called `Number` and `No Voice Call`, the latter Y/N or Yes/No."""
    answered: set[int] = set()
    needs = [("number", "telephone number", "phone number"), ("no voice call", "voice", "no voice calls")]
    for row in headed_rows(blocks, sink, needs=needs):
        answer = _upper(row["no voice call"], row, sink)
        if answer not in _SG_FLAGS:
            bad_line(row.line, "unknown answer: only Y and N are known", sink)
            continue
        number = national_number(row.line, row["number"], SINGAPORE, sink)
        if number is not None:
            code, word = _SG_FLAGS[answer]
            answered.add(number)
            sink.add(number, code=code, label=f"{word}:+{number}")
    _compare(sink, answered, read_sg_upload)


def _upper(flag: str, row: Row, sink: Sink) -> str:
    """The flag in upper case, as the registers write them; noted where it was not."""
    if flag != flag.upper():
        sink.note("lower-case flag read as upper case", row.line.number)
    return flag.upper()


def read_sg_errors(blocks: Blocks, sink: Sink) -> None:
    """The numbers the register refused: `Number,Error Code,Error Message`. None of them is cleared."""
    for row in headed_rows(blocks, sink, needs=[("number",), ("error code",), ("error message",)]):
        digits = re.sub(r"\D", "", row["number"], flags=re.ASCII)
        if not digits or len(digits) > 15 or len(row["number"]) > 20:
            bad_line(row.line, "no number", sink)
            continue
        sink.note("rejected number is not cleared", row.line.number)
        local = digits.removeprefix("65") if len(digits) == 10 else digits
        sink.add(int("65" + local), code=Tag.BLOCKED, label=f"blocked:{row['number']}")


def read_rnd_query(blocks: Blocks, sink: Sink) -> None:
    """What is asked: number and the date of consent (or of the last contact that proves it)."""
    for row in plain_rows(blocks, sink):
        number = _number_and_date(row, sink, columns=2)
        if number is not None:
            sink.add(number, code=Tag.NO_DATA)
            sink.row(f"+{number}", {"number": f"+{number}", "date": row["1"]})


def read_rnd_response(blocks: Blocks, sink: Sink) -> None:
    """What came back: number, date, and `yes` (reassigned since), `no`, or `no_data` (not clean)."""
    for row in plain_rows(blocks, sink):
        number = _number_and_date(row, sink, columns=3)
        if number is None:
            continue
        answer = re.sub(r"\W", "_", row["2"].lower())
        if answer not in _RND_ANSWERS:
            bad_line(row.line, "unknown answer: only yes, no and no_data are known", sink)
            continue
        if answer == "no" and not row.line.end:
            bad_line(row.line, "the last answer has no line end: this no may be a no_data cut short", sink)
            continue
        if answer != row["2"]:
            sink.note("answer not written yes, no or no_data, and read as that", row.line.number)
        label = f"{answer}:+{number}"
        sink.add(number, code=_RND_ANSWERS[answer], label=label)
        sink.row(label, {"number": f"+{number}", "date": row["1"], "answer": answer})


def _number_and_date(row: Row, sink: Sink, *, columns: int) -> int | None:
    if len(row.fields) != columns:
        bad_line(row.line, f"{len(row.fields)} columns, not {columns}", sink)
        return None
    number = nanp_number(row.line, row["0"], sink)
    if number is None:
        return None
    day = _day(row["1"])
    if day is None:
        bad_line(row.line, "the date must be written YYYY-MM-DD", sink)
        return None
    if day > sink.options.now.date():
        bad_line(row.line, "consent date in the future", sink)
        return None
    return number


def _day(text: str) -> date | None:
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def find_wash_input(path: Path) -> Path | None:
    """The list that was sent, where it lies beside the result as `wash_input.csv` (or `.txt`)."""
    for name in ("wash_input.csv", "wash_input.txt"):
        beside = path.with_name(name)
        if beside.is_file() and beside != path:
            return beside
    return None


def _compare(sink: Sink, answered: set[int], read_input: Callable[[Blocks, Sink], None]) -> None:
    """Every number that was sent must have an answer. Raises `Rejected` when one has none."""
    sent_file = sink.options.wash_input
    if sent_file is None:
        sink.warn("the list that was sent is not known: give --wash-input, so that missing answers are seen")
        return
    sent = _Sent()
    inner = Sink("wash input", sent, sink.options)
    try:
        with open_members(sent_file, sink.options.limits) as members:
            for member in members:
                read_input(member.blocks, inner)
    except Rejected as error:
        raise Rejected(f"the list that was sent: {error}; name it with --wash-input") from error
    if not inner.report(file=sent_file.name).accepted:
        raise Rejected(f"the list that was sent ({sent_file.name}) is not readable: import it to see why")
    missing = sent.numbers - answered
    if missing:
        raise Rejected(
            f"input had {len(sent.numbers):,} numbers, result has {len(answered & sent.numbers):,}: "
            "a missing number is NOT clear; fetch the whole result"
        )
    extra = len(answered - sent.numbers)
    if extra:
        sink.warn(f"{extra:,} numbers in the result were not in the list that was sent")


class _Sent:
    """A collector that keeps a plain set: a washed list is the seller's own, not a national one."""

    def __init__(self) -> None:
        self.numbers: set[int] = set()

    def add(self, numbers: Numbers, code: int) -> None:
        del code
        self.numbers.update(numbers.tolist())

    def tally(self) -> Tally:
        return Tally(len(self.numbers), 0)
