"""One line of a suppression list: whatever it may have meant is blocked.

Registries and opt-out lists arrive from spreadsheets and old systems. A number on them that is not understood
is a person who is called although they asked not to be; so digits of every script are read as digits,
invisible marks and punctuation are dropped, an extension is cut off, and a number need not be valid, only
possible. Every liberty taken is told in `warnings`.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumberFormat

__all__ = ["SuppressionNumber", "normalise_suppression_number"]

_EXTENSION = re.compile(r"(?i)(?:;?\s*ext(?:ension|n)?|x|#)[\s.:=]*\d{1,7}\s*\Z")
_SCIENTIFIC = re.compile(r"(?i)\d[.,]\d+e\+?\d+\Z")
_ZERO_DECIMAL = re.compile(r"(\d{7,})\.0\Z")
_NANP_REGIONS = frozenset(phonenumbers.COUNTRY_CODE_TO_REGION_CODE[1])


@dataclass(frozen=True, slots=True)
class SuppressionNumber:
    """The number to block, or why there is none. `warnings` says what was repaired to read it."""

    e164: str | None
    warnings: tuple[str, ...] = ()
    error: str | None = None


def _plain(text: str, warnings: dict[str, None]) -> str:
    """`text` with every digit ASCII and every invisible character gone."""
    out: list[str] = []
    for char in text:
        kind = unicodedata.category(char)
        if char.isascii():
            out.append(char)
        elif kind in ("Nd", "No") and (digit := unicodedata.digit(char, -1)) >= 0:
            warnings["digits of another script or full-width digits were read as digits"] = None
            out.append(str(digit))
        elif kind in ("Cf", "Cc", "Mn", "Me"):
            warnings["invisible characters were removed"] = None
        elif kind.startswith("Z"):
            warnings["special spaces were removed"] = None
            out.append(" ")
        else:
            out.append(unicodedata.normalize("NFKC", char))
    return "".join(out)


def normalise_suppression_number(text: str, region: str = "US") -> SuppressionNumber:
    """The E.164 number that one entry of a suppression list blocks, read as written in `region`.

    For North America ten digits, or eleven with a leading 1, are enough (`+1` and ten digits, any area code
    from 200 up). Elsewhere the number must be possible for `phonenumbers`; validity is not asked.
    """
    warnings: dict[str, None] = {}
    plain = _plain(text, warnings).strip().strip("\"'").strip()
    if plain.startswith("="):
        warnings["a leading = was removed"] = None
        plain = plain.lstrip("=").strip("\"' ")

    def failed(why: str) -> SuppressionNumber:
        return SuppressionNumber(None, tuple(warnings), why)

    if not plain:
        return failed("the entry is empty")
    if _SCIENTIFIC.match(plain):
        return failed("the entry is in scientific notation, so digits are lost; export the list again as text")
    if decimal := _ZERO_DECIMAL.search(plain):
        warnings["a spreadsheet's .0 was removed"] = None
        plain = plain[: decimal.end(1)]
    cut = _EXTENSION.sub("", plain)
    if cut != plain:
        warnings["an extension was cut off: the whole line is blocked"] = None
        plain = cut
    if any(char.isalpha() for char in plain):
        return failed("the entry contains letters")
    digits = re.sub(r"\D", "", plain)
    international = plain.lstrip(" (").startswith("+")
    if not digits:
        return failed("the entry has no digits")
    if not re.fullmatch(r"\+?\d+", plain):
        warnings["punctuation was removed"] = None
    if (region in _NANP_REGIONS and not international) or (international and digits.startswith("1")):
        national = digits[1:] if len(digits) == 11 and digits[0] == "1" else digits
        if len(national) == 10 and national[0] >= "2":
            return SuppressionNumber(f"+1{national}", tuple(warnings))
        if digits.startswith("1") or len(digits) <= 10 or region not in _NANP_REGIONS:
            return failed(f"the entry has {len(digits)} digits, not ten (or eleven with a leading 1)")
    try:
        number = phonenumbers.parse(f"+{digits}" if international else digits, None if international else region)
    except NumberParseException:
        return failed("the entry is no telephone number: too few or too many digits, or an unknown country code")
    if not phonenumbers.is_possible_number(number):
        return failed("the entry has too few or too many digits for its country")
    return SuppressionNumber(phonenumbers.format_number(number, PhoneNumberFormat.E164), tuple(warnings))
