"""What can go wrong with the store, as one sentence for the person who has to do something about it.

StoreError            the operator's to mend; the sentence says what to do
├── StoreBusy         another process holds the database, or the connection is gone; trying again may help
├── StoreNewer        written by a newer version of the dialer
└── StoreConflict     the row contradicts one that is already there; nothing was changed
"""

from __future__ import annotations

import sqlite3

__all__ = ["StoreBusy", "StoreConflict", "StoreError", "StoreNewer", "explain"]


class StoreError(Exception):
    """The database cannot be used as asked; the text is one sentence."""


class StoreBusy(StoreError):
    """Somebody else holds the database, or it went away; nothing of this transaction was kept."""


class StoreNewer(StoreError):
    """The database was written by a newer version of the dialer."""


class StoreConflict(StoreError):
    """A row contradicts what is already stored; nothing of this transaction was kept."""


#: Fragments of SQLite's own messages, and what they mean to the operator; `{name}` is the database.
_SENTENCES: tuple[tuple[str, type[StoreError], str], ...] = (
    (
        "not a database",
        StoreError,
        "{name} is not a dialer database; give another path, or move that file away",
    ),
    ("malformed", StoreError, "{name} is damaged; restore it from the last backup"),
    (
        "locked",
        StoreBusy,
        "{name} is locked by another process for longer than it is worth waiting; try again, or end that process",
    ),
    ("busy", StoreBusy, "{name} is locked by another process; try again, or end that process"),
    (
        "readonly",
        StoreError,
        "{name} cannot be written: give this user write permission to the file and its folder",
    ),
    (
        "unable to open",
        StoreError,
        "{name} cannot be opened: the folder must exist and be writable for this user",
    ),
    (
        "disk is full",
        StoreError,
        "the disk of {name} is full; make room, nothing of the last change was kept",
    ),
    ("disk i/o", StoreError, "the disk of {name} reports an error; nothing of the last change was kept"),
    ("no such table", StoreError, "{name} lacks a table; it was changed by something else than the dialer"),
    ("no such column", StoreError, "{name} lacks a column; it was changed by something else than the dialer"),
)


def explain(error: BaseException, name: str) -> StoreError:
    """Return the driver's error as a `StoreError`; `name` is how the operator calls the database."""
    origin = getattr(error, "orig", None) or error
    said = " ".join(str(origin).split())
    kind = type(origin).__name__
    if isinstance(origin, sqlite3.IntegrityError) or "Violation" in kind or kind == "IntegrityError":
        return StoreConflict(f"{name} refused a row that contradicts another: {said}")
    lowered = said.lower()
    for fragment, family, sentence in _SENTENCES:
        if fragment in lowered and isinstance(origin, sqlite3.Error):
            return family(sentence.format(name=name))
    if kind in (
        "OperationalError",
        "AdminShutdown",
        "LockNotAvailable",
        "SerializationFailure",
        "DeadlockDetected",
    ):
        return StoreBusy(f"{name} is not available now: {said}")
    return StoreError(f"{name} refused: {said}")
