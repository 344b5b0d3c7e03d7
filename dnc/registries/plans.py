"""Numbers of the countries outside North America, as their lists write them and in other clothes.

A suppression list over-blocks: the international form of a number, blanks and punctuation are put right and
noted. A number with a digit too few or too many is damage, and its line is bad: the number that was meant
would go unprotected.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Final

import phonenumbers

from dnc.registries.report import Sink
from dnc.registries.text import Line, bad_line, refuse_spreadsheet, unquoted

__all__ = ["AUSTRALIA", "BRITAIN", "INDIA", "SINGAPORE", "Plan", "e164_number", "national_number", "possible_length"]

_PUNCTUATION: Final = re.compile(r"[ \t().-]")
_AMERICAN: Final = re.compile(r"1[2-9]\d\d[2-9]\d{6}", re.ASCII)
_E164: Final = re.compile(r"[1-9]\d{6,14}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Plan:
    """How one country's numbers stand in its lists: `trunk` and what matches `number`."""

    code: str  # country calling code
    trunk: str  # what stands before a national number; empty where nothing does
    number: re.Pattern[str]  # the number without it
    reason: str  # what is said of a line that holds none

    def read(self, text: str) -> int | None:
        """The E.164 digits of a number written exactly as its country writes it, else None."""
        inner = text.removeprefix(self.trunk)
        if len(inner) + len(self.trunk) != len(text) or not self.number.fullmatch(inner):
            return None
        return int(self.code + inner)


#: Ten digits behind the 0; nine in some areas of 01, and behind 0500 and 0800.
BRITAIN: Final = Plan(
    "44",
    "0",
    re.compile(r"[1-9]\d{9}|1\d{8}|[58]00\d{6}", re.ASCII),
    "not 0 and ten digits (nine in some places)",
)
AUSTRALIA: Final = Plan(
    "61", "0", re.compile(r"[2-478]\d{8}", re.ASCII), "must be ten digits starting 02, 03, 04, 07 or 08"
)
SINGAPORE: Final = Plan("65", "", re.compile(r"[3689]\d{7}", re.ASCII), "must be 8 digits starting 3/6/8/9")
INDIA: Final = Plan("91", "", re.compile(r"[1-9]\d{9}", re.ASCII), "must be ten digits, the first not 0")


def national_number(line: Line, text: str, plan: Plan, sink: Sink) -> int | None:
    """The E.164 digits of one number of a country, or None after recording why the line is bad."""
    clean = plan.read(text)
    if clean is not None:
        return clean
    if refuse_spreadsheet(line, text, sink):
        return None
    bare = unquoted(line, text, sink)
    digits = _PUNCTUATION.sub("", bare)
    if digits != bare:
        sink.note("punctuated numbers", line.number)
    found = plan.read(digits)
    if found is not None:
        return found
    abroad = re.fullmatch(rf"(?:\+|00)?{plan.code}0?(\d+)|0(\d+)", digits, re.ASCII)
    inner = abroad and (abroad[1] or (abroad[2] if not plan.trunk else ""))
    if inner and plan.number.fullmatch(inner):
        sink.note("numbers in international form, or with a leading 0 too many", line.number)
        return int(plan.code + inner)
    lost = plan.trunk and plan.number.fullmatch(digits)
    bad_line(line, f"leading {plan.trunk} lost (spreadsheet)" if lost else plan.reason, sink)
    return None


def e164_number(line: Line, text: str, sink: Sink) -> int | None:
    """The digits of one number written with its country code, or None after recording why the line is bad.

    Its length must be one its country has, so that a number cut short does not pass for another.
    """
    if refuse_spreadsheet(line, text, sink):
        return None
    bare = unquoted(line, text, sink)
    plain = _PUNCTUATION.sub("", bare)
    if plain.startswith("00"):
        plain = "+" + plain[2:]
    if plain != bare:
        sink.note("punctuated numbers", line.number)
    digits = plain.removeprefix("+")
    if not plain.startswith("+") or not _E164.fullmatch(digits):
        bad_line(line, "not E.164: + and 7 to 15 digits with the country code", sink)
    elif digits.startswith("1") and not _AMERICAN.fullmatch(digits):
        bad_line(line, "NPA/NXX must be [2-9]XX, and ten digits follow +1", sink)
    elif not digits.startswith("1") and not possible_length(digits):
        bad_line(line, "too few or too many digits for its country, or no country's code", sink)
    else:
        return int(digits)
    return None


def possible_length(digits: str) -> bool:
    """Whether a country has numbers of this length."""
    return any(len(digits) - length in _lengths(digits[:length]) for length in (1, 2, 3))


@cache
def _lengths(code: str) -> frozenset[int]:
    """The lengths of numbers behind a country calling code, from the metadata of `phonenumbers`."""
    found: set[int] = set()
    for region in phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(int(code), ()):
        metadata = (
            phonenumbers.PhoneMetadata.metadata_for_nongeo_region(int(code))
            if region == "001"
            else phonenumbers.PhoneMetadata.metadata_for_region(region)
        )
        if metadata is not None and metadata.general_desc is not None:
            found.update(length for length in metadata.general_desc.possible_length if length > 0)
    return frozenset(found)
