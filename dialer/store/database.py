"""Opening the database: SQLite in a file by default, PostgreSQL by URL.

SQLite runs in WAL mode: readers never wait for the writer, and there is one writer at a time. A writing
transaction starts with BEGIN IMMEDIATE, so it waits for its turn at its beginning (`busy_timeout`, 10 s) and never
fails in its middle. `durable` (synchronous=FULL) means that a committed transaction survives a power cut as well
as a kill; simulated days use NORMAL, where only a power cut may take the last moments, and the day can be rerun.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import QueuePool, StaticPool

from campaigns.order.evaluate import as_number
from dialer.store.errors import StoreError, explain
from dialer.store.migration import migrate, require_current
from dialer.store.transactions import Reading, Writing

__all__ = ["MEMORY", "NUMBER_FUNCTION", "Store", "open_store"]

#: What SQLite calls the reading of a custom cell as a number (`dialer.store.filters`).
NUMBER_FUNCTION = "dialer_number"

#: A database that lives and dies with its `Store`: one transaction at a time, for tests and quick simulations.
MEMORY = ":memory:"

_BUSY_SECONDS = 10


def _number(cell: object) -> float | None:
    return as_number(cell) if isinstance(cell, str) else None


class Store:
    """An open database. Use it as a context manager, or `close` it."""

    def __init__(self, engine: Engine, name: str) -> None:
        self.engine = engine
        self.name = name  # how to speak of it: path, or URL without its password
        self._writer = engine.execution_options(dialer_begin="IMMEDIATE")
        snapshot = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        self._reader = engine.execution_options(**({} if engine.dialect.name == "sqlite" else snapshot))
        self._faults: tuple[type[BaseException], ...] = (DBAPIError, _driver_error(engine))

    @contextmanager
    def writing(self) -> Iterator[Writing]:
        """Open a transaction that may change rows; it is committed when the block ends without an exception.

        Raises:
            StoreBusy: another process holds the database for too long.
            StoreConflict: a row contradicts another.
            StoreError: anything else the database refuses, as one sentence.
        """
        try:
            with self._writer.begin() as connection:
                yield Writing(connection)
        except self._faults as error:
            raise explain(error, self.name) from error

    @contextmanager
    def reading(self) -> Iterator[Reading]:
        """Open a transaction that sees one state of the database and changes nothing.

        Raises:
            StoreError: what the database refuses, as one sentence.
        """
        try:
            with self._reader.begin() as connection:
                yield Reading(connection)
        except self._faults as error:
            raise explain(error, self.name) from error

    def close(self) -> None:
        """Close every connection; harmless when repeated."""
        self.engine.dispose()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_store(url_or_path: str | Path, *, durable: bool = True, upgrade: bool = True) -> Store:
    """Open the database at a path or URL; a new one is created, an older one is brought up to date.

    Args:
        url_or_path: path of an SQLite file, `:memory:`, or `postgresql://user@host/name`.
        durable: keep committed transactions through a power cut too; False for days that can be rerun.
        upgrade: with False an older database is refused instead of changed.

    Raises:
        StoreNewer: a newer version of the dialer wrote it.
        StoreError: it cannot be opened; the sentence says what to do.
    """
    url = _url(url_or_path)
    name = url.render_as_string(hide_password=True)
    if url.get_backend_name() == "sqlite":
        name = url.database or MEMORY
        engine = _sqlite(url, durable)
    else:
        engine = _postgresql(url, durable)
    store = Store(engine, name)
    try:
        if upgrade:
            migrate(store)
        else:
            require_current(store)
    except BaseException:
        store.close()
        raise
    return store


def _url(url_or_path: str | Path) -> URL:
    """The URL of a path or a URL's text, with the drivers we use."""
    text = str(url_or_path)
    if "://" not in text:
        return URL.create("sqlite", database=text)
    try:
        url = make_url(text.replace("postgres://", "postgresql://", 1))
    except ArgumentError as error:
        raise StoreError(f"{text!r} is not a database URL; write postgresql://user@host/name or a path") from error
    backend = url.get_backend_name()
    if backend == "postgresql":
        return url.set(drivername="postgresql+psycopg")
    if backend == "sqlite":
        return url.set(drivername="sqlite")
    raise StoreError(f"the dialer keeps its facts in SQLite or PostgreSQL, not in {backend}")


def _sqlite(url: URL, durable: bool) -> Engine:
    """An engine for one SQLite file, created with access for its owner only."""
    memory = url.database in (None, "", MEMORY)
    if not memory:
        _create_private(Path(str(url.database)))
    engine = create_engine(
        url,
        connect_args={"timeout": _BUSY_SECONDS, "check_same_thread": False},
        poolclass=StaticPool if memory else QueuePool,
    )

    @event.listens_for(engine, "connect")
    def _on_connect(driver: Any, _record: Any) -> None:
        driver.create_function(NUMBER_FUNCTION, 1, _number, deterministic=True)
        driver.isolation_level = None  # we begin transactions ourselves, below
        driver.execute("PRAGMA journal_mode = WAL")
        driver.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
        if not durable:  # move the log into the file in larger portions
            driver.execute("PRAGMA wal_autocheckpoint = 10000")
        driver.execute("PRAGMA foreign_keys = ON")
        driver.execute("PRAGMA cache_size = -65536")  # 64 MiB
        driver.execute("PRAGMA temp_store = MEMORY")

    @event.listens_for(engine, "begin")
    def _on_begin(connection: Any) -> None:
        kind = connection.get_execution_options().get("dialer_begin", "DEFERRED")
        connection.connection.dbapi_connection.execute(f"BEGIN {kind}")

    return engine


def _create_private(path: Path) -> None:
    """Create the file, readable by its owner only: it holds names and numbers of people.

    A file that is there is never opened here: closing it would drop every lock this process has on it (POSIX), and
    another process that thinks it is alone would take the log away from under our open connections.
    """
    try:
        if not path.exists():
            with suppress(FileExistsError):  # another process was faster
                os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        elif path.is_dir():
            raise IsADirectoryError
        elif not os.access(path, os.R_OK | os.W_OK):
            raise PermissionError
    except FileNotFoundError as error:
        raise StoreError(f"the folder {path.parent} does not exist; create it first") from error
    except IsADirectoryError as error:
        raise StoreError(f"{path} is a folder; give the path of a database file") from error
    except PermissionError as error:
        raise StoreError(
            f"{path} cannot be written: give this user write permission to the file and its folder"
        ) from error
    except OSError as error:
        raise StoreError(f"{path} cannot be opened: {error.strerror}") from error


def _postgresql(url: URL, durable: bool) -> Engine:
    """An engine for PostgreSQL through psycopg 3."""
    options = f"-c timezone=UTC -c lock_timeout={_BUSY_SECONDS}s"
    if not durable:
        options += " -c synchronous_commit=off"
    return create_engine(url, connect_args={"options": options, "connect_timeout": _BUSY_SECONDS}, pool_pre_ping=True)


def _driver_error(engine: Engine) -> type[BaseException]:
    """The root of the driver's own exceptions: prepared statements raise them unwrapped."""
    error: type[BaseException] = engine.dialect.loaded_dbapi.Error
    return error
