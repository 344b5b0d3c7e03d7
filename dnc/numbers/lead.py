"""One lead's number: strict ASCII first, then the word of `phonenumbers`.

`phonenumbers.parse` is made for people typing into phones. It drops letters (`212555O123` becomes
+1212555123), reads superscripts and full-width digits, keeps extensions and parses `=2125550123`. A list with
such cells is damaged, and a guess would call a stranger; so `surface` refuses everything but `+`, digits,
space, `( ) . -` before the library sees it.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat

from dnc.numbers.values import TYPE_NAMES, Number, NumberCode, Refusal

__all__ = ["ASCII_SPACE", "classify", "parse_lead_number", "service_line", "surface"]

#: What is trimmed from both ends of a cell.
ASCII_SPACE = " \t\r\n\f\v"

_PLAIN = re.compile(r"[+0-9 ().-]+\Z")
_EXTENSION = re.compile(r"(?i)\d.*?(?:;?\s*ext(?:ension|n)?|\bx|(?<=[\d\s.,])x|#|\bint|,)[\s.:=]*\d{1,7}\s*\Z")
_EXTENSION_MARK = re.compile(r"[xX#,]|(?i:int)")  # one of these is in every text that `_EXTENSION` finds
_SCIENTIFIC = re.compile(r"(?i)\+?\d+(?:[.,]\d+)?e[+-]?\d+\Z")
_DECIMAL = re.compile(r"\d{7,}\.\d{1,2}\Z")
_NOT_FIRST_PLUS = re.compile(r"[\d+].*\+", re.DOTALL)

_REFUSED_TYPES = {
    "toll_free": NumberCode.TOLL_FREE,
    "premium_rate": NumberCode.PREMIUM_RATE,
    "shared_cost": NumberCode.SHARED_COST,
    "personal_number": NumberCode.PERSONAL_NUMBER,
    "pager": NumberCode.PAGER,
    "uan": NumberCode.UAN,
    "voicemail": NumberCode.VOICEMAIL,
}


def _character(char: str) -> NumberCode:
    """The reason why a character beyond the plain ones is refused."""
    kind = unicodedata.category(char)
    if kind == "Nd":
        return NumberCode.FOREIGN_DIGITS
    if kind in ("No", "Nl"):
        return NumberCode.SUPERSCRIPT
    if kind in ("Cf", "Cc", "Mn", "Me"):
        return NumberCode.INVISIBLE
    if kind.startswith("Z"):
        return NumberCode.SPACE
    if kind.startswith("L"):
        return NumberCode.LETTERS
    return NumberCode.CHARACTER


def surface(text: str) -> NumberCode:
    """The reason to refuse a trimmed text by its characters alone; `OK` when it may be parsed.

    Characters beyond ASCII are named first (the list's encoding is damaged), then extensions, then the rest.
    """
    if not text:
        return NumberCode.EMPTY
    if text[0] in "=@":
        return NumberCode.FORMULA
    if _PLAIN.match(text):
        if _NOT_FIRST_PLUS.search(text):
            return NumberCode.CHARACTER
        return NumberCode.SPREADSHEET if _DECIMAL.search(text) else NumberCode.OK
    if not text.isascii():
        return _character(next(char for char in text if not char.isascii()))
    if _SCIENTIFIC.match(text):
        return NumberCode.SPREADSHEET
    if _EXTENSION_MARK.search(text) and _EXTENSION.search(text):
        return NumberCode.EXTENSION
    if any(char.isalpha() for char in text):
        return NumberCode.LETTERS
    return next(_character(char) for char in text if not _PLAIN.match(char))


def service_line(e164: str) -> bool:
    """Whether a +1 number is directory assistance (555-1212, 555-4334) or pay-per-call (exchange 976)."""
    return e164.startswith("+1") and (e164[5:8] == "976" or e164[5:] in ("5551212", "5554334"))


def classify(number: phonenumbers.PhoneNumber) -> Number | Refusal:
    """A parsed number as phonenumbers sees it, refused where invalid or of a type nobody sells to."""
    if not phonenumbers.is_valid_number(number):
        return Refusal(NumberCode.INVALID)
    kind = TYPE_NAMES[phonenumbers.number_type(number)]
    refused = _REFUSED_TYPES.get(kind)
    if refused is not None:
        return Refusal(refused, kind)
    region = phonenumbers.region_code_for_number(number) or ""
    e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    if region == "001" or (kind == "voip" and number.country_code == 1):
        return Refusal(NumberCode.NON_GEOGRAPHIC, kind)
    return Number(e164, region, kind)


@lru_cache(maxsize=1024)
def _known_region(region: str) -> bool:
    return region in phonenumbers.SUPPORTED_REGIONS


def parse_lead_number(text: str | None, region: str | None = "US") -> Number | Refusal:
    """The number in one cell of a contact list, read as a caller in `region` (ISO alpha-2) would dial it.

    Never raises for bad data: a `Refusal` carries a code and a sentence. A number with `+` needs no region.
    """
    trimmed = (text or "").strip(ASCII_SPACE)
    code = surface(trimmed)
    if code is not NumberCode.OK:
        return Refusal(code)
    home = (region or "").upper()
    if "+" not in trimmed and not _known_region(home):
        return Refusal(NumberCode.COUNTRY)
    try:
        number = phonenumbers.parse(trimmed, home or None)
    except NumberParseException:
        return Refusal(NumberCode.UNPARSABLE)
    found = classify(number)
    if isinstance(found, Number) and service_line(found.e164):
        return Refusal(NumberCode.SERVICE_LINE, found.type)
    return found
