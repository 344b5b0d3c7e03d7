"""What an expression says of one lead, in plain Python: the meaning that the database's evaluation is held to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from operator import eq, ge, gt, le, lt

from campaigns.order.expressions import And, Column, Compare, Expression, Missing, Not, Or

__all__ = ["Facts", "as_number", "holds"]

_SIGNS = {"=": eq, "<": lt, "<=": le, ">": gt, ">=": ge}
#: A number in a custom column: a sign, at most 15 digits and points, one point.
_NUMBER = re.compile(r"-?(?=[0-9.]{1,15}\Z)(?=\.?[0-9])[0-9]*\.?[0-9]*", re.ASCII)
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Facts:
    """One lead as an expression sees it: its columns by name (`consent_at` is aware), and when it was last called."""

    columns: Mapping[str, str | float | datetime | None]
    custom: Mapping[str, str] = field(default_factory=dict)
    last_attempt: datetime | None = None


def as_number(text: str) -> float | None:
    """The number a custom cell holds, or None."""
    return float(text) if _NUMBER.fullmatch(text) else None


def holds(expression: Expression, lead: Facts, now: datetime) -> bool:
    """Whether the expression is true of the lead at `now`."""
    match expression:
        case And(terms):
            return all(holds(term, lead, now) for term in terms)
        case Or(terms):
            return any(holds(term, lead, now) for term in terms)
        case Not(term):
            return not holds(term, lead, now)
        case Missing(column):
            found = lead.last_attempt if column.kind == "elapsed" else _cell(column, lead)
            return found is None or found == ""
        case Compare(column, sign, value):
            return _compares(column, sign, value, lead, now)


def _cell(column: Column, lead: Facts) -> str | float | datetime | None:
    return lead.custom.get(column.name) if column.custom else lead.columns.get(column.name)


def _compares(column: Column, sign: str, value: str | float | date, lead: Facts, now: datetime) -> bool:
    if column.kind == "elapsed":
        if lead.last_attempt is None:
            return False
        assert isinstance(value, float)
        return bool(_SIGNS[sign](now - lead.last_attempt, timedelta(days=value)))
    found: str | float | date | None = _cell(column, lead)
    if column.custom and isinstance(found, str) and isinstance(value, float):
        found = as_number(found)
    elif column.custom and isinstance(found, str) and isinstance(value, date):
        found, value = (found[:10] if _DATE.match(found) else None), value.isoformat()
    elif isinstance(found, datetime):
        found = found.astimezone(UTC).date()
    return found is not None and bool(_SIGNS[sign](found, value))
