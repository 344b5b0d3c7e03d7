"""Who is signed in to the office: sessions in memory, and waits after wrong passwords.

A session ends by sign-out, after an hour without a sign of life, after twelve hours, when the account is closed, and
when its password changes. Role and clients are read from the store at each use, so a change counts at once. A floor
that starts anew knows no sessions.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass

from dialer.store import accounts
from dialer.store.database import Store
from dialer.web.accounts import Role, User

__all__ = ["IDLE", "LASTING", "Session", "Sessions", "Waits"]

#: A session without a sign of life ends after so many s.
IDLE = 3600.0
#: Every session ends after so many s.
LASTING = 12 * 3600.0
#: Wrong passwords for one name before further tries wait, and for how long, s.
_TRIES, _WAIT = 5, 60.0
#: Names that wrong passwords are remembered of: a guesser of names must not fill the memory.
_NAMES = 10_000


@dataclass(slots=True)
class Session:
    """One browser that has signed in."""

    account_id: str
    secret_hash: str  # of the password it was opened with
    csrf: str  # what every changing request must bring along
    until: float
    heard_at: float


class Sessions:
    """Sessions by the hash of their token.

    Args:
        store: where the accounts are.
        now: the present instant, s.
    """

    def __init__(self, store: Store, now: Callable[[], float]) -> None:
        self._store = store
        self._now = now
        self._open: dict[bytes, Session] = {}

    def open(self, account_id: str, secret_hash: str) -> str:
        """Begin a session; returns its token."""
        now = self._now()
        self._open = {key: each for key, each in self._open.items() if _lives(each, now)}
        token = secrets.token_urlsafe(32)
        self._open[_key(token)] = Session(account_id, secret_hash, secrets.token_urlsafe(24), now + LASTING, now)
        return token

    def end(self, token: str) -> None:
        """End a session."""
        self._open.pop(_key(token), None)

    def find(self, token: str) -> tuple[Session, User] | None:
        """Whose session it is, as the account is at this moment; a sign of life."""
        session = self._open.get(_key(token))
        if session is None:
            return None
        now = self._now()
        with self._store.reading() as tx:
            account = accounts.get(tx, session.account_id)
            secret = accounts.hashes(tx, session.account_id).secret
        if not _lives(session, now) or account is None or account.closed_at or secret != session.secret_hash:
            self.end(token)
            return None
        session.heard_at = now
        return session, User(account.account_id, account.name, Role(account.role), account.clients)


class Waits:
    """Makes whoever tries passwords wait; by name, whether there is such an account or not.

    Args:
        now: the present instant, s.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._wrong: dict[str, list[float]] = {}

    def must_wait(self, name: str) -> bool:
        """Whether too many wrong passwords were tried lately."""
        recent = [at for at in self._wrong.get(name, ()) if at > self._now() - _WAIT]
        if not recent:
            self._wrong.pop(name, None)
        return len(recent) >= _TRIES

    def failed(self, name: str) -> None:
        """A wrong password was tried."""
        tried = self._wrong.pop(name, [])
        if len(self._wrong) >= _NAMES:
            self._wrong.pop(next(iter(self._wrong)))
        self._wrong[name] = [*tried, self._now()][-_TRIES:]

    def passed(self, name: str) -> None:
        """The right one was tried."""
        self._wrong.pop(name, None)


def _lives(session: Session, now: float) -> bool:
    return now < session.until and now < session.heard_at + IDLE


def _key(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
