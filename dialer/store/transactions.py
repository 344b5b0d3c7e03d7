"""What a function of the store works in: a `Reading` or a `Writing` transaction.

A function that changes something asks for `Writing`, so the type checker finds a change in a read-only place.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.engine import Connection, Dialect

__all__ = ["Reading", "Writing", "settled_before"]

#: No writing transaction of ours lasts longer.
_LONGEST = timedelta(seconds=5)
#: Later than every instant that is stored.
_EVER = datetime(9999, 1, 1, tzinfo=UTC)


class Reading:
    """An open transaction that only reads.

    Attributes:
        connection: SQLAlchemy's connection, for statements that are not hot.
        driver: the driver's own connection, for prepared statements; its transaction is the same one.
        dialect: of the database.
    """

    __slots__ = ("connection", "dialect", "driver")

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.driver: Any = connection.connection.dbapi_connection
        self.dialect: Dialect = connection.dialect

    @property
    def integrity_error(self) -> type[BaseException]:
        """The driver's exception for a row that contradicts another."""
        error: type[BaseException] = self.dialect.loaded_dbapi.IntegrityError
        return error

    @property
    def sqlite(self) -> bool:
        """Whether this is SQLite, where a writing transaction is alone by itself."""
        return self.dialect.name == "sqlite"


class Writing(Reading):
    """An open transaction that may change rows; all of it is kept when the block ends well, else nothing."""

    __slots__ = ()


def settled_before(tx: Reading, at: datetime) -> datetime:
    """Until when facts can be read by their growing ids, and none with a smaller id comes later.

    In SQLite ids are given in the order of commits. PostgreSQL gives them before the commit, so a reader that keeps
    the last id as its cursor would pass over a row of a transaction that is still open: what is younger than any
    such transaction is read the next time.
    """
    return _EVER if tx.sqlite else at - _LONGEST
