"""Bringing a database up to date: Alembic, run from within, in one transaction.

The usual case, a database that is already current, is answered with one query and without importing Alembic.
Two processes that open the same new file at once are safe: the second waits for the first and finds it done.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import inspect, text

from dialer.store.errors import StoreError, StoreNewer

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from dialer.store.database import Store

__all__ = ["head", "migrate", "require_current", "revision", "revisions"]

_FOLDER = Path(__file__).parent / "migrations"
_LOCK = 7_246_331  # names our advisory lock in PostgreSQL


def revisions() -> tuple[str, ...]:
    """Every revision this version knows, oldest first: the names of the files in `migrations/versions`."""
    return tuple(sorted(path.stem.split("_")[0].removeprefix("v") for path in _FOLDER.glob("versions/v*.py")))


def head() -> str:
    """The revision this version of the dialer works with."""
    return revisions()[-1]


def revision(connection: Connection) -> str | None:
    """The revision a database is at; None when it is empty.

    Raises:
        StoreError: it holds tables, but not the dialer's.
    """
    tables = set(inspect(connection).get_table_names())
    if "alembic_version" in tables:
        found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        return None if found is None else str(found)
    if tables:
        raise StoreError(
            f"the database holds tables of something else ({', '.join(sorted(tables)[:3])}); give another path"
        )
    return None


def migrate(store: Store) -> bool:
    """Create or update the tables; return whether anything had to be done.

    Raises:
        StoreNewer: the database is newer than this version of the dialer.
        StoreError: it is not the dialer's.
    """
    with store.reading() as reading:
        if _behind(store, reading.connection) is None:
            return False
    with store.writing() as writing:
        if not writing.sqlite:
            writing.connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
        if _behind(store, writing.connection) is None:
            return False
        _upgrade(writing.connection)
        return True


def require_current(store: Store) -> None:
    """Refuse a database that is not exactly at this version's revision.

    Raises:
        StoreError: it is older (or empty), and was not to be changed; `StoreNewer` when it is newer.
    """
    with store.reading() as reading:
        behind = _behind(store, reading.connection)
    if behind is not None:
        raise StoreError(f"{store.name} is {behind}; open it once with permission to upgrade it")


def _behind(store: Store, connection: Connection) -> str | None:
    """None when the database is current, else in words how it is behind."""
    found = revision(connection)
    if found is None:
        return "empty"
    if found not in revisions():
        raise StoreNewer(
            f"{store.name} was written by a newer version of the dialer (revision {found}, this one knows up to "
            f"{head()}); install that version"
        )
    return None if found == head() else f"at revision {found}, this version needs {head()}"


def _upgrade(connection: Connection) -> None:
    """Run the migrations on the open connection, inside its transaction."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "dialer.store:migrations")
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
