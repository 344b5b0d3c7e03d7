"""The remaining suppression files: India's old download, wireless, litigators, VICIdial, internal lists."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Final

from dnc.registries.keyed import Tag
from dnc.registries.plans import INDIA, e164_number, national_number
from dnc.registries.report import Rejected, Sink
from dnc.registries.tables import headed_rows, plain_rows
from dnc.registries.text import Line, all_lines, bad_line, nanp_number, refuse_spreadsheet, unquoted

__all__ = [
    "read_in_legacy",
    "read_internal",
    "read_litigators",
    "read_vicidial",
    "read_vicidial_campaign",
    "read_wireless_blocks",
]

Blocks = Iterator[bytes]

_IN_PREFERENCES: Final = re.compile(r"[1-8](?:#[1-8])*", re.ASCII)  # eight categories (trai.gov.in)
_BLOCK: Final = re.compile(r"\(?[2-9]\d\d\)?[ .-]*[2-9]\d\d[ .-]*\d", re.ASCII)
_COUNTRY_CODE: Final = re.compile(r"\W*(?:\+|00(?!1))")
_WILDCARD: Final = re.compile(r"([2-9]\d\d)X{7}", re.ASCII)
_PHONE_COLUMNS: Final = ("phone", "phone number", "number", "telephone", "telephone number", "phone e164")
_INTERNAL_SCOPES: Final = ("all", "seller", "client", "campaign")


def read_in_legacy(blocks: Blocks, sink: Sink) -> None:
    """India's download from before 2018.

    `Service Area Code,Phone Numbers,Preferences,Opstype,Phone Type`: preference 0 is fully blocked, else
    the categories still accepted (1#3#5); Opstype A adds, D removes. Today the operator's DLT scrubs in real
    time.
    """
    needs = [("phone numbers", "phone number"), ("preferences", "preference"), ("opstype",)]
    for row in headed_rows(blocks, sink, needs=needs):
        preferences, change = row["preferences"], row["opstype"].upper()
        if change not in ("A", "D"):
            bad_line(row.line, "unknown Opstype: only A and D are known", sink)
            continue
        if preferences != "0" and not _IN_PREFERENCES.fullmatch(preferences):
            bad_line(row.line, "unknown preferences: 0, or categories 1 to 8 such as 1#3#5", sink)
            continue
        number = national_number(row.line, row["phone numbers"], INDIA, sink)
        if number is not None:
            if change != row["opstype"]:
                sink.note("lower-case Opstype read as upper case", row.line.number)
            allowed = f"allow_categories_{preferences.replace('#', '_')}"
            word = "removed" if change == "D" else "full_block" if preferences == "0" else allowed
            code = Tag.REMOVED if change == "D" else Tag.LISTED
            sink.add(number, code=code, label=f"{word}:+{number}")


def read_wireless_blocks(blocks: Blocks, sink: Sink) -> None:
    """Thousands blocks of wireless carriers, `NPANXXB`: each stands for a thousand numbers."""
    for line in all_lines(blocks, sink):
        sink.lines += 1
        if refuse_spreadsheet(line, line.text, sink):
            continue
        text = unquoted(line, line.text, sink)
        if not _BLOCK.fullmatch(text):
            bad_line(line, "not a thousands block NPA-NXX-X of seven digits", sink)
            continue
        digits = re.sub(r"\D", "", text)
        if digits != text:
            sink.note("punctuated numbers", line.number)
        sink.add(int(f"1{digits}000"), label=f"block:{digits}")


def read_litigators(blocks: Blocks, sink: Sink) -> None:
    """A vendor's list of known litigators: a header with one column of telephone numbers."""
    for row in headed_rows(blocks, sink, needs=[_PHONE_COLUMNS]):
        number = nanp_number(row.line, row["phone"], sink)
        if number is not None:
            sink.add(number)
            sink.row(f"+{number}", {**row.fields, "number": f"+{number}"})


def read_vicidial(blocks: Blocks, sink: Sink) -> None:
    """VICIdial's own list: ten digits a line, or `201XXXXXXX`, a whole area code (its AREACODE option).

    Any other X means a pattern VICIdial itself would not match, and nobody can tell what was meant: the file
    is refused.
    """
    misread = False
    for line in all_lines(blocks, sink):
        sink.lines += 1
        if "x" not in line.text.lower():
            number = nanp_number(line, line.text, sink)
            if number is not None:
                sink.add(number)
                sink.row(f"+{number}", {"number": f"+{number}"})
            continue
        text = unquoted(line, line.text, sink)
        wildcard = _WILDCARD.fullmatch(text.upper())
        if wildcard is None:
            bad_line(line, "only an area code and seven X is a wildcard", sink)
            misread = True
            continue
        if text != text.upper():
            sink.note("lower-case x read as X", line.number)
        sink.add(int(f"1{wildcard[1]}0000000"), label=f"npa:{wildcard[1]}")
        sink.row(f"npa:{wildcard[1]}", {"npa": wildcard[1]})
    if misread:
        raise Rejected("only NPA and seven X is a VICIdial wildcard: correct the bad lines and import again")


def read_vicidial_campaign(blocks: Blocks, sink: Sink) -> None:
    """VICIdial's list per campaign: `phone_number,campaign_id`."""
    entries: dict[tuple[int, str], int] = {}  # one number under two campaigns is no duplicate
    for row in plain_rows(blocks, sink, header=("phone_number", "campaign_id")):
        campaign = row["1"]
        if len(row.fields) != 2 or not re.fullmatch(r"[\w-]{1,20}", campaign, re.ASCII):
            bad_line(row.line, "must be a number, a comma and a campaign of 1 to 20 characters", sink)
            continue
        if not row.line.end:
            bad_line(row.line, "the last line has no line end: its campaign may be cut short", sink)
            continue
        number = nanp_number(row.line, row["0"], sink)
        if number is not None:
            label = f"{campaign}:+{number}"
            sink.add(entries.setdefault((number, campaign), len(entries)), label=label)
            sink.row(label, {"number": f"+{number}", "campaign": campaign})


def read_internal(blocks: Blocks, sink: Sink) -> None:
    """The company's own list, `internal_dnc.v1`; its fields are those 16 CFR 310.5(a)(10)-(11) asks for.

    A request counts even when its paper is poor: without a zone, a time or a known scope the number is
    blocked anyway, as widely as the row can mean. But a table that tells neither scope nor time of request is
    some other table with a telephone column, and is refused.
    """
    entries: dict[tuple[int, str, str], int] = {}  # one number for two sellers is no duplicate
    wants = [("scope",), ("requested_at_utc", "requested_at")]
    for row in headed_rows(blocks, sink, needs=[_PHONE_COLUMNS], wants=wants):
        absent = [names[0] for names in wants if names[0] not in row.fields]
        if len(absent) == len(wants):
            raise Rejected("no column called scope or requested_at_utc: this is no internal list")
        for name in absent:
            sink.warn(f"no column called {name}: blocked for all, and from now on")
        number = _own_number(row.line, row["phone"], sink)
        if number is None:
            continue
        scope = row["scope"].lower() or ("all" if "scope" in absent else "")
        if scope not in _INTERNAL_SCOPES:
            sink.note("unknown scope: blocked for all", row.line.number)
            scope = "all"
        if "requested_at_utc" not in absent:
            _check_time(row["requested_at_utc"], row.line.number, sink)
        entry = (number, scope, "" if scope == "all" else row["seller"].casefold())
        sink.add(entries.setdefault(entry, len(entries)), label=f"+{number}")
        sink.row(f"+{number}", {**row.fields, "number": f"+{number}", "scope": scope})


def _own_number(line: Line, text: str, sink: Sink) -> int | None:
    """An E.164 number; one without a country code is read as North American, and noted."""
    if _COUNTRY_CODE.match(text):
        return e164_number(line, text, sink)
    number = nanp_number(line, text, sink)
    if number is not None:
        sink.note("not E.164: read as a North American number", line.number)
    return number


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
