"""The remaining suppression files: India's old download, wireless, litigators, VICIdial, internal lists."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from dnc.registries.keyed import Tag
from dnc.registries.report import Rejected, Sink
from dnc.registries.tables import headed_rows, plain_rows
from dnc.registries.text import Line, bad_line, lines_of, nanp_number, refuse_spreadsheet, whole_lines

__all__ = [
    "read_in_legacy",
    "read_internal",
    "read_litigators",
    "read_vicidial",
    "read_vicidial_campaign",
    "read_wireless_blocks",
]

Blocks = Iterator[bytes]

_IN: Final = re.compile(r"[1-9]\d{9}", re.ASCII)
_IN_PREFERENCES: Final = re.compile(r"[1-9](?:#[1-9])*", re.ASCII)
_BLOCK: Final = re.compile(r"[2-9]\d\d-?[2-9]\d\d-?\d", re.ASCII)
_E164: Final = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)
_WILDCARD: Final = re.compile(r"([2-9]\d\d)X{7}", re.ASCII)
_PHONE_COLUMNS: Final = ("phone", "phone_number", "phone number", "number", "telephone", "phone_e164")
_INTERNAL_SCOPES: Final = ("all", "seller", "client", "campaign")


def read_in_legacy(blocks: Blocks, sink: Sink) -> None:
    """India's download from before 2018.

    `Service Area Code,Phone Numbers,Preferences,Opstype,Phone Type`: preference 0 is fully blocked, else
    the categories still accepted (1#3#5); Opstype A adds, D removes. Today the operator's DLT scrubs in real
    time.
    """
    needs = [("phone numbers", "phone number"), ("preferences", "preference"), ("opstype",)]
    for row in headed_rows(blocks, sink, needs=needs):
        digits, preferences, change = row["phone numbers"], row["preferences"], row["opstype"].upper()
        if not _IN.fullmatch(digits):
            bad_line(row.line, "must be ten digits, the first not 0", sink)
        elif change not in ("A", "D"):
            bad_line(row.line, "unknown Opstype: only A and D are known", sink)
        elif preferences != "0" and not _IN_PREFERENCES.fullmatch(preferences):
            bad_line(row.line, "unknown preferences: 0, or categories such as 1#3#5", sink)
        else:
            allowed = f"allow_categories_{preferences.replace('#', '_')}"
            word = "removed" if change == "D" else "full_block" if preferences == "0" else allowed
            code = Tag.REMOVED if change == "D" else Tag.LISTED
            number = int("91" + digits)
            sink.add(number, code=code, label=f"{word}:+{number}")


def read_wireless_blocks(blocks: Blocks, sink: Sink) -> None:
    """Thousands blocks of wireless carriers, `NPANXXB`: each stands for a thousand numbers."""
    first = 1
    for block in whole_lines(blocks, sink):
        for line in lines_of(block, first, sink):
            sink.lines += 1
            if refuse_spreadsheet(line, sink):
                continue
            text = line.text.strip()
            if not _BLOCK.fullmatch(text):
                bad_line(line, "not a thousands block NPA-NXX-X of seven digits", sink)
                continue
            digits = text.replace("-", "")
            if digits != line.text:
                sink.note("punctuated numbers", line.number)
            sink.add(int(f"1{digits}000"), label=f"block:{digits}")
        first += block.count(b"\n")


def read_litigators(blocks: Blocks, sink: Sink) -> None:
    """A vendor's list of known litigators: a header with one column of telephone numbers."""
    for row in headed_rows(blocks, sink, needs=[_PHONE_COLUMNS]):
        number = nanp_number(Line(row.line.number, row["phone"], row.line.end), row["phone"], sink)
        if number is not None:
            sink.add(number)
            sink.row(f"+{number}", {**row.fields, "number": f"+{number}"})


def read_vicidial(blocks: Blocks, sink: Sink) -> None:
    """VICIdial's own list: ten digits a line, or `201XXXXXXX`, a whole area code (its AREACODE option).

    Any other X means a pattern VICIdial itself would not match, and nobody can tell what was meant: the file
    is refused.
    """
    misread = False
    first = 1
    for block in whole_lines(blocks, sink):
        for line in lines_of(block, first, sink):
            sink.lines += 1
            if refuse_spreadsheet(line, sink):
                continue
            text = line.text.strip()
            if "x" not in text.lower():
                number = nanp_number(line, text, sink)
                if number is not None:
                    sink.add(number)
                    sink.row(f"+{number}", {"number": f"+{number}"})
                continue
            wildcard = _WILDCARD.fullmatch(text.upper())
            if wildcard is None:
                bad_line(line, "only an area code and seven X is a wildcard", sink)
                misread = True
                continue
            if text != text.upper():
                sink.note("lower-case x read as X", line.number)
            sink.add(int(f"1{wildcard[1]}0000000"), label=f"npa:{wildcard[1]}")
            sink.row(f"npa:{wildcard[1]}", {"npa": wildcard[1]})
        first += block.count(b"\n")
    if misread:
        raise Rejected("only NPA and seven X is a VICIdial wildcard: correct the bad lines and import again")


def read_vicidial_campaign(blocks: Blocks, sink: Sink) -> None:
    """VICIdial's list per campaign: `phone_number,campaign_id`."""
    campaigns: dict[str, int] = {}
    for row in plain_rows(blocks, sink):
        campaign = row["1"]
        if len(row.fields) != 2 or not re.fullmatch(r"[\w-]{1,20}", campaign, re.ASCII):
            bad_line(row.line, "must be a number, a comma and a campaign of 1 to 20 characters", sink)
            continue
        number = nanp_number(Line(row.line.number, row["0"], row.line.end), row["0"], sink)
        if number is not None:
            label = f"{campaign}:+{number}"
            sink.add(_counted_apart(number, campaigns.setdefault(campaign, len(campaigns))), label=label)
            sink.row(label, {"number": f"+{number}", "campaign": campaign})


def read_internal(blocks: Blocks, sink: Sink) -> None:
    """The company's own list, `internal_dnc.v1`; its fields are those 16 CFR 310.5(a)(10)-(11) asks for.

    A request counts even when its paper is poor: without a zone, a time or a known scope the number is
    blocked anyway, as widely as the row can mean.
    """
    needs = [_PHONE_COLUMNS[::-1], ("scope",), ("requested_at_utc", "requested_at")]
    for row in headed_rows(blocks, sink, needs=needs):
        text = row["phone_e164"]
        if _E164.fullmatch(text):
            number = int(text[1:])
        else:
            found = nanp_number(Line(row.line.number, text, row.line.end), text, sink)
            if found is None:
                continue
            sink.note("not E.164: read as a North American number", row.line.number)
            number = found
        scope = row["scope"].lower()
        if scope not in _INTERNAL_SCOPES:
            sink.note("unknown scope: blocked for all", row.line.number)
            scope = "all"
        _check_time(row["requested_at_utc"], row.line.number, sink)
        sink.add(_counted_apart(number, _INTERNAL_SCOPES.index(scope)), label=f"+{number}")
        sink.row(f"+{number}", {**row.fields, "number": f"+{number}", "scope": scope})


def _counted_apart(number: int, index: int) -> int:
    """One number under two campaigns or scopes is no duplicate; these numbers are only counted."""
    return number + index * 10**15


def _check_time(text: str, line: int, sink: Sink) -> None:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        sink.note("timestamp not readable: number blocked anyway, deadline computed from file time", line)
        return
    if at.tzinfo is None:
        sink.note("timestamp without zone: number blocked anyway, deadline computed from file time", line)
    elif at > sink.options.now:
        sink.note("timestamp in the future: number blocked anyway", line)
