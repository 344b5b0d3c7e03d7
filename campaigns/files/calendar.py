"""Which days a campaign works: first and last date, every n weeks, chosen days of a month, pauses, extra days.

A day is open when every rule that is given lets it be, and the weekday has hours. An extra day is open whatever the
other rules say. `why_closed` names the first rule that closes a day, so that nobody wonders why nothing is dialed.
All of it is plain arithmetic on the calendar of the campaign's zone; hours of the day are `campaigns.files.hours`.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, model_validator

from campaigns.files.windows import Windows, overlaps
from campaigns.problems import Finding, Findings

__all__ = ["WEEKDAYS", "ExtraDay", "MonthDay", "Pause", "in_week"]

#: As files name them; the index is Python's weekday.
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_NTH = {"first": 1, "second": 2, "third": 3, "fourth": 4, "last": -1}
_FORM = re.compile(rf"({'|'.join(_NTH)}) ({'|'.join(WEEKDAYS)})")


@dataclass(frozen=True, slots=True)
class MonthDay:
    """Days of every month: the `nth` such weekday (-1: the last), or, without a weekday, the day `nth` (-1: the last).

    A month without that day, such as the 31st of April, has none.
    """

    nth: int
    weekday: int | None = None

    def __str__(self) -> str:
        """`first mon`, `last day`, `15`."""
        if self.weekday is None:
            return "last day" if self.nth < 0 else str(self.nth)
        return f"{next(word for word, nth in _NTH.items() if nth == self.nth)} {WEEKDAYS[self.weekday]}"

    @classmethod
    def parse(cls, text: object) -> MonthDay:
        """Read `first mon`, `last fri`, `15` or `last day`. Raises `ValueError` with what to do."""
        if isinstance(text, MonthDay):
            return text
        words = " ".join(str(text).casefold().split())
        if form := _FORM.fullmatch(words):
            return cls(_NTH[form[1]], WEEKDAYS.index(form[2]))
        if words == "last day":
            return cls(-1)
        if words.isascii() and words.isdecimal() and 1 <= int(words) <= 31 and not isinstance(text, bool):
            return cls(int(words))
        raise ValueError(f'"{text}" is no day of a month; write "first mon", "last fri", "15" or "last day"')

    def holds(self, day: date) -> bool:
        """Whether `day` is it."""
        length = monthrange(day.year, day.month)[1]
        if self.weekday is None:
            return day.day == (length if self.nth < 0 else self.nth)
        if day.weekday() != self.weekday:
            return False
        return day.day + 7 > length if self.nth < 0 else (day.day - 1) // 7 + 1 == self.nth


#: One item of `hours.month_days`.
MonthDayText = Annotated[MonthDay, BeforeValidator(MonthDay.parse), PlainSerializer(str)]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Pause(_Part):
    """Days on which a campaign rests, the last one included."""

    first: Annotated[date, Field(description="first day")]
    last: Annotated[date, Field(description="last day")]
    why: Annotated[str, Field(min_length=1, max_length=200, description="the reason, as people read it")]

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.last < self.first:
            raise Findings([Finding(("last",), f"{self.last} is before {self.first}", "exchange first and last")])
        return self


class ExtraDay(_Part):
    """A day that is open with hours of its own, whatever the other rules of the calendar say."""

    day: Annotated[date, Field(description="the day")]
    windows: Annotated[Windows, Field(description='its hours, such as ["10:00-14:00"]')]

    @model_validator(mode="after")
    def _has_hours(self) -> Self:
        found = [Finding(("windows", *each.path), each.what, each.do) for each in overlaps(self.windows)]
        if not self.windows:
            found.append(
                Finding(("windows",), "it has no hours", 'write such as ["10:00-14:00"]; days off: closed_dates')
            )
        if found:
            raise Findings(found)
        return self


def in_week(day: date, first: date, every: int) -> bool:
    """Whether `day` is in a week that counts: every n-th calendar week (Monday to Sunday) from that of `first`."""
    return (_monday(day) - _monday(first)) // 7 % every == 0


def _monday(day: date) -> int:
    return day.toordinal() - day.weekday()
