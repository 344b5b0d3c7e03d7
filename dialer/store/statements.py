"""Statements compiled once and run by the driver itself.

Theory of operation. A dial is one short transaction of about six statements, and SQLAlchemy's `execute` costs
about 40 µs each, twenty times what SQLite itself needs. So a statement is written in SQLAlchemy Core, compiled
once per dialect to text with parameters, and afterwards run directly on the driver's connection (about 3 µs).
Values and results still pass through the column types, so instants stay aware and JSON stays JSON. Nothing is
ever put into the text of a statement: every value is a parameter.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from sqlalchemy import ARRAY, BigInteger, ColumnElement, Float, Numeric, Text, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import ClauseElement
from sqlalchemy.types import NullType, TypeDecorator

if TYPE_CHECKING:
    from sqlalchemy.engine import Dialect

    from dialer.store.transactions import Reading, Writing

__all__ = ["Among", "ManyValues", "Prepared", "Row"]

Row = tuple[Any, ...]
_Convert = Callable[[Any], Any]


class ManyValues(TypeDecorator[Sequence[Any]]):
    """A list as one parameter: an array where the database has them, JSON text in SQLite."""

    impl = Text
    cache_ok = True

    def __init__(self, of_text: bool) -> None:
        super().__init__()
        self.of_text = of_text

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """The array type for PostgreSQL, text for SQLite."""
        if dialect.name == "sqlite":
            return dialect.type_descriptor(Text())
        return dialect.type_descriptor(ARRAY(Text() if self.of_text else BigInteger()))

    def process_bind_param(self, value: Sequence[Any] | None, dialect: Dialect) -> Any:
        """A list for PostgreSQL, JSON for SQLite."""
        values = list(value or ())
        return json.dumps(values) if dialect.name == "sqlite" else values


class Among(ColumnElement[Any]):
    """`column IN (list)`, where the whole list is one parameter, so that the text never changes."""

    inherit_cache = False
    type = NullType()  # not Boolean: SQLite would be asked for `(...) = 1`, and then uses no index

    def __init__(self, column: ColumnElement[Any], name: str) -> None:
        self.column = column
        self.values = bindparam(name, type_=ManyValues(isinstance(column.type, Text) or hasattr(column.type, "length")))


@compiles(Among, "sqlite")
def _among_sqlite(element: Among, compiler: SQLCompiler, **kw: Any) -> str:
    column, values = compiler.process(element.column, **kw), compiler.process(element.values, **kw)
    return f"{column} IN (SELECT value FROM json_each({values}))"  # noqa: S608 - both parts are compiled elements


@compiles(Among)
def _among(element: Among, compiler: SQLCompiler, **kw: Any) -> str:
    column, values = compiler.process(element.column, **kw), compiler.process(element.values, **kw)
    return f"{column} = ANY ({values})"


@dataclass(frozen=True, slots=True)
class _Form:
    """One statement in one dialect: its text, how to convert what goes in, and what comes out."""

    sql: str
    order: tuple[str, ...] | None  # parameters by position (SQLite), or None: by name (PostgreSQL)
    fixed: dict[str, Any]  # values that stand in the statement itself, converted
    into: dict[str, _Convert]
    into_at: tuple[tuple[int, _Convert], ...]  # the same by position
    out: tuple[tuple[int, _Convert], ...]

    def parameters(self, values: Mapping[str, Any]) -> Any:
        """The driver's parameters for `values`."""
        if self.order is not None:
            given = {**self.fixed, **values} if self.fixed else values
            row = [given[name] for name in self.order]
            for index, convert in self.into_at:
                row[index] = convert(row[index])
            return row
        into = self.into
        ready = {name: into[name](value) if name in into else value for name, value in values.items()}
        return {**self.fixed, **ready} if self.fixed else ready

    def converted(self, row: Sequence[Any]) -> Row:
        """A row of the driver as Python values."""
        cells = list(row)
        for index, convert in self.out:
            cells[index] = convert(cells[index])
        return tuple(cells)


class Prepared:
    """A Core statement, or a function from the dialect's name to one, that is compiled once per dialect.

    Parameters are the names of its `bindparam`s; for `insert` and `update` also the names of the `columns` to
    set. Columns with a Python-side default must be named: the driver knows no defaults.
    """

    __slots__ = ("_columns", "_forms", "_statement")

    def __init__(
        self, statement: ClauseElement | Callable[[str], ClauseElement], columns: Iterable[str] | None = None
    ) -> None:
        self._statement = statement
        self._columns = None if columns is None else list(columns)
        self._forms: dict[str, _Form] = {}

    def rows(self, tx: Reading, **values: Any) -> list[Row]:
        """Run it and return all rows."""
        form = self._form(tx)
        found = tx.driver.execute(form.sql, form.parameters(values)).fetchall()
        return [form.converted(row) for row in found] if form.out else found

    def raw(self, tx: Reading, **values: Any) -> list[Row]:
        """Run it and return all rows as the driver gives them, for conversion by column."""
        form = self._form(tx)
        found: list[Row] = tx.driver.execute(form.sql, form.parameters(values)).fetchall()
        return found

    def each(self, tx: Reading, **values: Any) -> Iterator[Row]:
        """Run it and give the rows one by one, as the driver has them: for more than memory should hold."""
        form = self._form(tx)
        yield from tx.driver.execute(form.sql, form.parameters(values))

    def first(self, tx: Reading, **values: Any) -> Row | None:
        """Run it and return the first row, or None."""
        form = self._form(tx)
        cursor = tx.driver.execute(form.sql, form.parameters(values))
        row = cursor.fetchone()
        cursor.close()
        return form.converted(row) if row is not None and form.out else row

    def value(self, tx: Reading, **values: Any) -> Any:
        """Run it and return the first column of the first row, or None."""
        row = self.first(tx, **values)
        return None if row is None else row[0]

    def run(self, tx: Writing, **values: Any) -> int:
        """Run a change and return the number of rows it touched."""
        form = self._form(tx)
        return int(tx.driver.execute(form.sql, form.parameters(values)).rowcount)

    def run_many(self, tx: Writing, rows: Iterable[Sequence[Any]]) -> None:
        """Run a change once for each row; a row holds the values of `columns` in their order."""
        assert self._columns is not None, "many rows need named columns"
        form = self._form(tx)
        names = self._columns
        many: list[Any]
        if form.order is None:
            many = [form.parameters(dict(zip(names, row, strict=True))) for row in rows]
        else:
            many = list(map(itemgetter(*map(names.index, form.order)), rows))
            if form.into_at:
                many = [list(row) for row in many]
                for index, convert in form.into_at:
                    for row in many:
                        row[index] = convert(row[index])
        cursor = tx.driver.cursor()
        try:
            cursor.executemany(form.sql, many)
        finally:
            cursor.close()

    def sql(self, tx: Reading) -> str:
        """The text in the dialect of `tx`, for `EXPLAIN` in tests."""
        return self._form(tx).sql

    def _form(self, tx: Reading) -> _Form:
        form = self._forms.get(tx.dialect.name)
        if form is None:
            form = self._forms[tx.dialect.name] = self._compile(tx.dialect)
        return form

    def _compile(self, dialect: Dialect) -> _Form:
        statement = self._statement if isinstance(self._statement, ClauseElement) else self._statement(dialect.name)
        compiled = statement.compile(dialect=dialect, column_keys=self._columns)
        assert isinstance(compiled, SQLCompiler)
        assert not compiled.post_compile_params, "an expanding parameter changes the text; use Among"
        assert not compiled.insert_prefetch, f"name these columns too: {compiled.insert_prefetch}"
        assert not compiled.update_prefetch, f"name these columns too: {compiled.update_prefetch}"
        into: dict[str, _Convert] = {}
        fixed: dict[str, Any] = {}
        for bind, name in compiled.bind_names.items():
            convert = bind.type.dialect_impl(dialect).bind_processor(dialect)
            if bind.required or bind.value is None:
                if convert is not None:
                    into[name] = convert
            else:
                value = bind.effective_value
                fixed[name] = value if convert is None else convert(value)
        out: list[tuple[int, _Convert]] = []
        for index, column in enumerate(getattr(statement, "exported_columns", ())):
            if isinstance(column.type, (Float, Numeric)):
                continue  # both drivers give numbers as Python's own; the type would ask for the column's wire code
            convert = column.type.dialect_impl(dialect).result_processor(dialect, None)
            if convert is not None:
                out.append((index, convert))
        order = tuple(compiled.positiontup) if compiled.positiontup is not None else None
        into_at = tuple((i, into[name]) for i, name in enumerate(order or ()) if name in into)
        return _Form(compiled.string, order, fixed, into, into_at, tuple(out))
