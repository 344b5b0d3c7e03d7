"""What parsing a number gives: a `Number`, or a `Refusal` with a code and a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

__all__ = ["SENTENCES", "TYPE_NAMES", "Number", "NumberCode", "Refusal"]


class NumberCode(StrEnum):
    """Why a lead's number is refused. `OK` is the column form's code of an accepted row."""

    OK = "OK"
    EMPTY = "EMPTY"
    FORMULA = "FORMULA"
    EXTENSION = "EXTENSION"
    LETTERS = "LETTERS"
    SPREADSHEET = "SPREADSHEET"
    FOREIGN_DIGITS = "FOREIGN_DIGITS"
    SUPERSCRIPT = "SUPERSCRIPT"
    INVISIBLE = "INVISIBLE"
    SPACE = "SPACE"
    CHARACTER = "CHARACTER"
    COUNTRY = "COUNTRY"
    UNPARSABLE = "UNPARSABLE"
    INVALID = "INVALID"
    TOLL_FREE = "TOLL_FREE"
    PREMIUM_RATE = "PREMIUM_RATE"
    SHARED_COST = "SHARED_COST"
    PERSONAL_NUMBER = "PERSONAL_NUMBER"
    PAGER = "PAGER"
    UAN = "UAN"
    VOICEMAIL = "VOICEMAIL"
    NON_GEOGRAPHIC = "NON_GEOGRAPHIC"
    SERVICE_LINE = "SERVICE_LINE"


#: What each code says to the person who loads the list.
SENTENCES: dict[NumberCode, str] = {
    NumberCode.OK: "",
    NumberCode.EMPTY: "no number is given",
    NumberCode.FORMULA: "it starts like a spreadsheet formula, not like a number",
    NumberCode.EXTENSION: "it has an extension, which a dialer cannot reach",
    NumberCode.LETTERS: "it contains letters",
    NumberCode.SPREADSHEET: "a spreadsheet made it a decimal or scientific number, and digits may be lost",
    NumberCode.FOREIGN_DIGITS: "it contains digits of another script or full-width digits",
    NumberCode.SUPERSCRIPT: "it contains superscript, subscript or other decorated digits",
    NumberCode.INVISIBLE: "it contains an invisible character, such as a zero-width space",
    NumberCode.SPACE: "it contains a special space, such as a non-breaking space",
    NumberCode.CHARACTER: "it contains something other than digits, spaces, ( ) . - and a leading +",
    NumberCode.COUNTRY: "its country is not known; give it, or write + and the country code",
    NumberCode.UNPARSABLE: "it has too few or too many digits, or an unknown country code",
    NumberCode.INVALID: "it is not a valid number of its country",
    NumberCode.TOLL_FREE: "it is toll-free, and its place is unknown",
    NumberCode.PREMIUM_RATE: "it is a premium-rate number",
    NumberCode.SHARED_COST: "it is a shared-cost number",
    NumberCode.PERSONAL_NUMBER: "it is a personal (follow-me) number, and its place is unknown",
    NumberCode.PAGER: "it is a pager",
    NumberCode.UAN: "it is a company's universal access number",
    NumberCode.VOICEMAIL: "it is a voicemail access number",
    NumberCode.NON_GEOGRAPHIC: "it belongs to no place",
    NumberCode.SERVICE_LINE: "it is a directory-assistance or pay-per-call line (555-1212, 555-4334 or 976)",
}

#: phonenumbers' types (`PhoneNumberType`) by their values, in lower case.
TYPE_NAMES: dict[int, str] = {
    0: "fixed_line",
    1: "mobile",
    2: "fixed_line_or_mobile",
    3: "toll_free",
    4: "premium_rate",
    5: "shared_cost",
    6: "voip",
    7: "personal_number",
    8: "pager",
    9: "uan",
    10: "voicemail",
    99: "unknown",
}


@dataclass(frozen=True, slots=True)
class Number:
    """A number that may be dialed as far as its digits tell."""

    e164: str  # "+" and digits
    region: str  # ISO 3166-1 alpha-2, as phonenumbers says
    type: str  # one of `TYPE_NAMES`

    @property
    def line_type(self) -> str:
        """`mobile`, `fixed`, or empty where digits do not tell (all US numbers): rules then assume mobile."""
        return {"mobile": "mobile", "fixed_line": "fixed"}.get(self.type, "")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a text is not taken as a number to dial."""

    code: NumberCode
    type: str = ""  # the number's type, where the text is a valid number all the same

    @property
    def detail(self) -> str:
        """The sentence of the code."""
        return SENTENCES[self.code]
