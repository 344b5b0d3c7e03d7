"""The plain route: what a careful programmer writes with pandas, `phonenumbers` and a Python set, row by row.

It knows less than the product: one registry, the hours of federal law by the number's own zones, attempts by number. On
what it does know the two must agree, and `disagreements` says where they do not.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType, timezone

__all__ = ["Decision", "disagreements", "screen"]

#: The codes that both routes have. `REFUSED`: not a number to call, for whatever reason.
SHARED = frozenset({"REFUSED", "DUPLICATE", "DNC_NATIONAL", "FREQ_CAMPAIGN"})
_SOME_CLOSED = "HOURS_IN_SOME_ZONE"  # refused; the product may know from the address which zone it is
_CAP = 3  # in 24 hours, as the campaign of the benchmark has it
_ASCII = re.compile(r"^[+0-9 ().-]+$")
_DIALED = {PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE}

Decision = tuple[str, frozenset[str]]  # the number, "" where there is none, and the codes that refuse it


def screen(
    file: Path, rows: int, listed: Collection[str], attempts: Mapping[str, Sequence[datetime]], at: datetime
) -> list[Decision]:
    """Decide the first rows of a contact list, one by one."""
    frame = pd.read_csv(file, dtype=str, keep_default_na=False, nrows=rows)
    seen: set[str] = set()
    found: list[Decision] = []
    for row in frame.itertuples(index=False):
        number, zones = _number(str(row.phone))
        if not number:
            found.append(("", frozenset({"REFUSED"})))
            continue
        if number in seen:
            found.append((number, frozenset({"DUPLICATE"})))
            continue
        seen.add(number)
        codes = set()
        if number in listed:
            codes.add("DNC_NATIONAL")
        if sum(1 for when in attempts.get(number, ()) if when >= at - timedelta(hours=24)) >= _CAP:
            codes.add("FREQ_CAMPAIGN")
        closed = [not 8 <= at.astimezone(ZoneInfo(zone)).hour < 21 for zone in zones]
        if any(closed):
            codes.add("HOURS_FEDERAL" if all(closed) else _SOME_CLOSED)
        found.append((number, frozenset(codes)))
    return found


def _number(text: str) -> tuple[str, Sequence[str]]:
    """The E.164 number of a cell and its zones; "" where there is none to call."""
    if not _ASCII.match(text.strip()):
        return "", ()
    try:
        parsed = phonenumbers.parse(text, "US")
    except phonenumbers.NumberParseException:
        return "", ()
    if not phonenumbers.is_valid_number(parsed) or phonenumbers.number_type(parsed) not in _DIALED:
        return "", ()
    return phonenumbers.format_number(parsed, PhoneNumberFormat.E164), timezone.time_zones_for_number(parsed)


def disagreements(plain: Sequence[Decision], decisions: Path) -> Counter[str]:
    """Where the product's file of decisions says something else of the same rows; empty when they agree.

    Both must name the same number in every row and the same shared codes. Hours are closed for the product wherever
    all the number's zones are closed; the plain route does not look at the address.
    """
    wrong: Counter[str] = Counter()
    with decisions.open(encoding="utf-8-sig", newline="") as file:
        for (number, codes), row in zip(plain, csv.DictReader(file), strict=False):
            theirs = row["number"].removeprefix("'")
            said = set(row["codes"].split())
            if not theirs:
                said = {"REFUSED"}
            if number != theirs:
                wrong["number"] += 1
            for code in (codes ^ said) & SHARED:
                wrong[code] += 1
            if "HOURS_FEDERAL" in codes - said:
                wrong["HOURS_FEDERAL"] += 1
            if row["allowed"] == "yes" and codes - {_SOME_CLOSED}:
                wrong["allowed"] += 1
    return wrong
