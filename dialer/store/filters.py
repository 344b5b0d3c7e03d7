"""An expression over leads as a condition of the database: the same meaning as `campaigns.order.evaluate`.

Every test is true or false, never unknown: what is missing makes it false. Values are parameters; the text of the
statement holds only names of our own schema and the operators listed here. Neither database casts a text such as
"n/a" as the other: a custom cell is read as a number by `AsNumber`, in SQLite by a function of ours.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from operator import eq, ge, gt, le, lt
from typing import Any

from sqlalchemy import ColumnElement, Float, and_, case, false, func, literal, not_, or_, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from campaigns.order.expressions import And, Column, Compare, Expression, Missing, Not, Or, Value
from dialer.store.database import NUMBER_FUNCTION
from dialer.store.schema import UtcDateTime
from dialer.store.schema import attempt as _attempt
from dialer.store.schema import contact_list as _list
from dialer.store.schema import lead as _lead

__all__ = ["LIST_NAME", "AsNumber", "condition", "operand"]

_SIGNS: dict[str, Any] = {"=": eq, "<": lt, "<=": le, ">": gt, ">=": ge}
_DIGITS = "0123456789"
_LAST = (
    select(_attempt.c.result)
    .where(_attempt.c.lead_id == _lead.c.lead_id)
    .order_by(_attempt.c.placed_at.desc(), _attempt.c.call_id.desc())
    .limit(1)
    .correlate(_lead)
    .scalar_subquery()
)
_LAST_AT = (
    select(func.max(_attempt.c.placed_at, type_=UtcDateTime()))
    .where(_attempt.c.lead_id == _lead.c.lead_id)
    .correlate(_lead)
    .scalar_subquery()
)
_ATTEMPTS = select(func.count()).where(_attempt.c.lead_id == _lead.c.lead_id).correlate(_lead).scalar_subquery()
#: What the manager calls the list of a lead: its name, or that of its file.
LIST_NAME = (
    select(case((_list.c.name != "", _list.c.name), else_=_list.c.file_name))
    .where(_list.c.list_id == _lead.c.list_id)
    .correlate(_lead)
    .scalar_subquery()
)
_DERIVED: dict[str, ColumnElement[Any]] = {
    "attempts": _ATTEMPTS,
    "last_result": _LAST,
    "days_since_last_attempt": _LAST_AT,
    "list": LIST_NAME,
}


def condition(expression: Expression, now: datetime) -> ColumnElement[bool]:
    """The expression as a condition on rows of `lead`, at the instant `now`."""
    match expression:
        case And(terms):
            return and_(*(condition(term, now) for term in terms))
        case Or(terms):
            return or_(*(condition(term, now) for term in terms))
        case Not(term):
            return not_(condition(term, now))
        case Missing(column):
            found = operand(column)
            empty = found.is_(None)
            return or_(empty, func.coalesce(found, "") == "") if column.kind in ("text", "any") else empty
        case Compare(column, sign, value):
            return func.coalesce(_compares(column, sign, value, now), false())


def operand(column: Column) -> ColumnElement[Any]:
    """The column's value as the database has it."""
    if column.custom:
        cell: ColumnElement[Any] = _lead.c.custom[column.name].as_string()
        return cell
    derived = _DERIVED.get(column.name)
    return _lead.c[column.name] if derived is None else derived


class AsNumber(ColumnElement[Any]):
    """The number in a custom cell (a sign, at most 15 digits and points, one point), or NULL."""

    inherit_cache = False
    type = Float(53)

    def __init__(self, cell: ColumnElement[Any]) -> None:
        self.cell = cell


@compiles(AsNumber, "sqlite")
def _number_in_sqlite(element: AsNumber, compiler: SQLCompiler, **kw: Any) -> str:
    return f"{NUMBER_FUNCTION}({compiler.process(element.cell, **kw)})"


@compiles(AsNumber)
def _number(element: AsNumber, compiler: SQLCompiler, **kw: Any) -> str:
    cell = compiler.process(element.cell, **kw)
    shape = "^-?(?=[0-9.]{1,15}$)(?=[.]?[0-9])[0-9]*[.]?[0-9]*$"
    return f"CASE WHEN {cell} ~ '{shape}' THEN CAST({cell} AS DOUBLE PRECISION) END"


def _compares(column: Column, sign: str, value: Value, now: datetime) -> ColumnElement[bool]:
    found = operand(column)
    signed = _SIGNS[sign]
    if column.kind == "elapsed":
        assert isinstance(value, float)
        # more days ago is earlier: the sign turns round
        turned = {"<": gt, "<=": ge, ">": lt, ">=": le}[sign]
        return turned(found, literal(now - timedelta(days=value), UtcDateTime()))  # type: ignore[no-any-return]
    if column.kind == "date":
        assert isinstance(value, date)
        begin = datetime.combine(value, time(), UTC)
        first, after = literal(begin, UtcDateTime()), literal(begin + timedelta(days=1), UtcDateTime())
        days: dict[str, ColumnElement[bool]] = {
            "=": and_(found >= first, found < after),
            "<": found < first,
            "<=": found < after,
            ">": found >= after,
            ">=": found >= first,
        }
        return days[sign]
    if column.custom and isinstance(value, float):
        return signed(AsNumber(found), literal(value, Float(53)))  # type: ignore[no-any-return]
    if column.custom and isinstance(value, date):
        day = func.substr(found, 1, 10)
        bare = func.replace(day, "-", "")
        is_day = and_(
            func.length(bare) == 8,
            func.ltrim(bare, _DIGITS) == "",
            func.substr(day, 5, 1) == "-",
            func.substr(day, 8, 1) == "-",
        )
        return and_(is_day, signed(day, value.isoformat()))
    return signed(found, value)  # type: ignore[no-any-return]
