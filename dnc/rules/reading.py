"""A strict reader for one TOML row: every key has one type, an unknown key or value stops everything.

Fail closed: a rule file that is half understood is not a rule file. Each error is one sentence that names
the file, the rule, the key and what to write instead.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from itertools import pairwise
from typing import Any, TypeVar

from dnc.rules.model import Interval, RulesError

__all__ = ["Row", "clock_interval"]

T = TypeVar("T")
_RANGE = re.compile(r"([0-2]\d):([0-5]\d)-([0-2]\d):([0-5]\d)")
_JURISDICTION = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3}){0,2}")
_MISSING: Any = object()


def clock_interval(text: str) -> Interval:
    """`"08:00-21:00"` as seconds of the day, half-open; `24:00` is the day's end. Raises `ValueError`."""
    found = _RANGE.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is not a range of the clock; write it as 08:00-21:00")
    start = int(found[1]) * 3600 + int(found[2]) * 60
    end = int(found[3]) * 3600 + int(found[4]) * 60
    if not 0 <= start < end <= 86400:
        raise ValueError(f"{text!r} does not run forward within one day; write it as 08:00-21:00")
    return start, end


class Row:
    """One table of a rule file. Take each key once, then call `done`."""

    def __init__(self, file: str, table: str, values: Mapping[str, Any]) -> None:
        self.file, self.table, self._values = file, table, dict(values)
        self.id = str(values.get("id", "?"))

    def error(self, key: str, problem: str) -> RulesError:
        """The sentence for a bad key."""
        return RulesError(f"{self.file}: [[{self.table}]] {self.id}: {key}: {problem}. No call is placed until it is.")

    def take(self, key: str, kind: type[T], default: Any = _MISSING) -> T:
        """The value of `key`, of exactly this type."""
        value = self._values.pop(key, _MISSING)
        if value is _MISSING:
            if default is _MISSING:
                raise self.error(key, "is missing; add it")
            return default  # type: ignore[no-any-return]
        wrong = not isinstance(value, kind) or (kind is not bool and isinstance(value, bool))
        if wrong or (kind is date and isinstance(value, datetime)):
            raise self.error(key, f"{value!r} is not {_NAMES.get(kind, kind.__name__)}; correct it")
        return value  # type: ignore[no-any-return]

    def text(self, key: str, default: str | None = None) -> str:
        """A text; required when there is no default."""
        value: str = self.take(key, str, _MISSING if default is None else default)
        if default is None and not value.strip():
            raise self.error(key, "is empty; fill it in")
        return value

    def one_of(self, key: str, allowed: Iterable[str], default: str | None = None) -> Any:
        """A text among `allowed`."""
        value, choices = self.text(key, default), tuple(allowed)
        if value not in choices:
            raise self.error(key, f"{value!r} is unknown; write one of {', '.join(repr(c) for c in choices)}")
        return value

    def texts(self, key: str, allowed: Iterable[str] | None = None) -> tuple[str, ...]:
        """A list of texts, each among `allowed` when given; empty when absent."""
        values = self.take(key, list, [])
        choices = None if allowed is None else tuple(allowed)
        for value in values:
            if not isinstance(value, str):
                raise self.error(key, f"{value!r} is not a text; write a list of texts")
            if choices is not None and value not in choices:
                raise self.error(key, f"{value!r} is unknown; write any of {', '.join(repr(c) for c in choices)}")
        return tuple(values)

    def day(self, key: str) -> date | None:
        """A date, written as a TOML date or as text `2026-01-31`; None when absent."""
        value = self._values.pop(key, None)
        if value is None:
            return None
        if isinstance(value, str):
            try:
                return date.fromisoformat(value)
            except ValueError:
                raise self.error(key, f"{value!r} is not a date; write it as 2026-01-31") from None
        if isinstance(value, datetime) or not isinstance(value, date):
            raise self.error(key, f"{value!r} is not a date; write it as 2026-01-31")
        return value

    def moment(self, key: str) -> datetime | date | None:
        """An instant with its offset, or a date; None when absent."""
        value = self._values.get(key)
        if isinstance(value, str) and len(value) > len("2026-01-31"):
            try:
                value = datetime.fromisoformat(value)
            except ValueError:
                raise self.error(key, f"{value!r} is not an instant; write 2026-09-24T06:00:00-05:00") from None
        if isinstance(value, datetime):
            self._values.pop(key)
            if value.tzinfo is None:
                raise self.error(key, f"{value.isoformat()} has no offset; write 2026-09-24T06:00:00-05:00")
            return value
        return self.day(key)

    def whole(self, key: str, default: int | None = None, at_least: int = 0) -> int | None:
        """A whole number; `default` when absent."""
        value: int | None = self.take(key, int, default)
        if value is not None and value < at_least:
            raise self.error(key, f"{value} is below {at_least}; correct it")
        return value

    def number(self, key: str, default: float | None = None) -> float | None:
        """A number of zero or more; `default` when absent."""
        value = self._values.pop(key, default)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
            raise self.error(key, f"{value!r} is not a number of zero or more; correct it")
        return float(value)

    def intervals(self, key: str, required: bool = True) -> tuple[Interval, ...]:
        """Ranges of the clock in order, without overlap; an empty list is a closed day."""
        if required and key not in self._values:
            raise self.error(key, 'is missing; write ["08:00-21:00"], or [] for a closed day')
        found: list[Interval] = []
        for value in self.texts(key):
            try:
                found.append(clock_interval(value))
            except ValueError as problem:
                raise self.error(key, str(problem)) from None
        if any(later[0] < earlier[1] for earlier, later in pairwise(found)):
            raise self.error(key, "the ranges overlap or are out of order; sort them")
        return tuple(found)

    def place(self, key: str, default: str | None = None) -> str:
        """A jurisdiction such as US, US-FL or US-NY-NYC.

        `US-*` and lists `US-FL,US-OK` where the table has them.
        """
        value = self.text(key, default)
        for part in value.split(",") if value else ():
            if not _JURISDICTION.fullmatch(part.removesuffix("-*")):
                raise self.error(key, f"{part!r} is not a jurisdiction; write US, US-FL or US-NY-NYC")
        return value

    def prose(self, keys: Iterable[str]) -> tuple[tuple[str, str], ...]:
        """Keys for people: kept as text, never interpreted."""
        found = []
        for key in keys:
            value = self._values.pop(key, None)
            if value is not None:
                found.append((key, "; ".join(map(str, value)) if isinstance(value, list) else str(value)))
        return tuple(found)

    def matching(self, pattern: re.Pattern[str]) -> list[tuple[re.Match[str], Any]]:
        """Every remaining key that matches `pattern`, taken."""
        found = [(match, key) for key in self._values if (match := pattern.fullmatch(key))]
        return [(match, self._values.pop(key)) for match, key in found]

    def done(self) -> None:
        """Refuse what nobody asked for."""
        if self._values:
            key = next(iter(self._values))
            raise self.error(key, "is not a key of this table; remove it or correct its spelling")


_NAMES: dict[type, str] = {
    str: "a text",
    list: "a list",
    int: "a whole number",
    bool: "true or false",
    date: "a date",
}
