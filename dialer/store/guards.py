"""Append-only tables, kept so by the database itself: whoever changes or deletes a row there is refused.

*Theory of operation.* A trigger before each UPDATE and DELETE (in PostgreSQL each TRUNCATE too) raises. Records that
the law lets go, consents and calls past their retention, may be deleted where an `erasure` of the row's number is on
record: the erasure, which stays for good, is what permits the deletion.

Who owns a database can drop a trigger. `missing` finds that one is gone, and `dialer audit verify` says so; what was
done meanwhile to the decisions shows in their chain.

A migration that rebuilds a guarded table (Alembic's batch mode in SQLite) loses its triggers and must make them anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import text

from dialer.store.transactions import Reading

__all__ = ["GUARDS", "Guard", "create", "drop", "missing"]


@dataclass(frozen=True, slots=True)
class Guard:
    """What may not be done to the rows of a table; `erasable`: unless an erasure of the row's number is on record."""

    table: str
    operation: Literal["UPDATE", "DELETE", "TRUNCATE"]
    erasable: bool = False

    @property
    def name(self) -> str:
        """The trigger's name."""
        return f"guard_{self.table}_{self.operation.lower()}"


_FOR_GOOD = ("ledger", "suppression", "block", "erasure", "administration", "abandonment_target", "removal")
_ERASABLE = ("consent", "relationship", "imported_call")

#: Every guard of the tables as they are now.
GUARDS: tuple[Guard, ...] = (
    *(Guard(table, "UPDATE") for table in (*_FOR_GOOD, *_ERASABLE)),
    *(Guard(table, "DELETE") for table in _FOR_GOOD),
    *(Guard(table, "DELETE", erasable=True) for table in (*_ERASABLE, "attempt")),
    *(Guard(table, "TRUNCATE") for table in (*_FOR_GOOD, *_ERASABLE, "attempt")),
)

_REFUSE = """
CREATE FUNCTION dialer_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_NARGS > 0 THEN
    IF EXISTS (SELECT 1 FROM erasure WHERE erasure.number = OLD.number) THEN
      RETURN OLD;
    END IF;
  END IF;
  RAISE EXCEPTION '% is append-only: no % of its rows', TG_TABLE_NAME, TG_OP
    USING ERRCODE = 'integrity_constraint_violation';
END $$
"""


def create(guards: Iterable[Guard], dialect: str) -> Iterator[str]:
    """The statements that put guards up, in `sqlite` or `postgresql`."""
    if dialect != "sqlite":
        yield _REFUSE
    for guard in _of(guards, dialect):
        if dialect != "sqlite":
            each = "STATEMENT" if guard.operation == "TRUNCATE" else "ROW"
            argument = "'erasable'" if guard.erasable else ""
            yield (
                f"CREATE TRIGGER {guard.name} BEFORE {guard.operation} ON {guard.table} "
                f"FOR EACH {each} EXECUTE FUNCTION dialer_refuse({argument})"
            )
            continue
        unless = "WHEN NOT EXISTS (SELECT 1 FROM erasure WHERE erasure.number = OLD.number) " if guard.erasable else ""
        yield (
            f"CREATE TRIGGER {guard.name} BEFORE {guard.operation} ON {guard.table} FOR EACH ROW {unless}"
            f"BEGIN SELECT RAISE(ABORT, '{guard.table} is append-only: no {guard.operation} of its rows'); END"
        )


def drop(guards: Iterable[Guard], dialect: str) -> Iterator[str]:
    """The statements that take guards down: a migration's, never the dialer's own."""
    for guard in _of(guards, dialect):
        yield f"DROP TRIGGER {guard.name}" + ("" if dialect == "sqlite" else f" ON {guard.table}")
    if dialect != "sqlite":
        yield "DROP FUNCTION dialer_refuse()"


def missing(tx: Reading) -> list[Guard]:
    """Return the guards that are not in force."""
    query = (
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        if tx.sqlite
        else "SELECT tgname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid "
        "WHERE pg_class.relnamespace = current_schema()::regnamespace AND tgenabled IN ('O', 'A')"
    )
    there = {row[0] for row in tx.connection.execute(text(query))}
    return [guard for guard in _of(GUARDS, tx.dialect.name) if guard.name not in there]


def _of(guards: Iterable[Guard], dialect: str) -> Iterator[Guard]:
    """Those that the database has: SQLite knows no TRUNCATE."""
    return (guard for guard in guards if dialect != "sqlite" or guard.operation != "TRUNCATE")
