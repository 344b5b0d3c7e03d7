"""Accounts of the office (supervisors, managers, compliance officers, admins), and who did what with them.

An account is never deleted: what it did stays on record under its id. Secrets are hashes, made elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, insert, select, update

from dialer.store.schema import account as _account
from dialer.store.schema import administration as _done
from dialer.store.statements import Prepared
from dialer.store.transactions import Reading, Writing

__all__ = [
    "Account",
    "Administered",
    "Hashes",
    "add",
    "administered",
    "change",
    "close",
    "every",
    "get",
    "hashes",
    "record",
    "set_code",
    "spend_code",
]


@dataclass(frozen=True, slots=True)
class Account:
    """One person of the office.

    Attributes:
        account_id: what they sign in with.
        name: what people read.
        role: one of `dialer.web.accounts.Role`.
        clients: the client companies they see; empty means every one.
        created_at: when the account was made.
        closed_at: since when nobody may sign in with it; None: one may.
    """

    account_id: str
    name: str
    role: str
    clients: tuple[str, ...]
    created_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Hashes:
    """What an account's secrets are compared with; None where there is none."""

    secret: str | None
    code: str | None
    code_until: datetime | None


@dataclass(frozen=True, slots=True)
class Administered:
    """One act of administration, done or refused."""

    at: datetime
    by: str
    act: str
    target: str
    detail: str
    done: bool


_KEY = _account.c.account_id == bindparam("key")
_SHOWN = (
    _account.c.account_id,
    _account.c.name,
    _account.c.role,
    _account.c.clients,
    _account.c.created_at,
    _account.c.closed_at,
)
_INSERT = Prepared(insert(_account).inline(), ("account_id", "name", "role", "clients", "created_at"))
_CHANGE = Prepared(update(_account).where(_KEY), ("name", "role", "clients"))
_GET = Prepared(select(*_SHOWN).where(_KEY))
_EVERY = Prepared(select(*_SHOWN).order_by(_account.c.account_id))
_HASHES = Prepared(select(_account.c.secret_hash, _account.c.code_hash, _account.c.code_until).where(_KEY))
_SET = Prepared(update(_account).where(_KEY), ("secret_hash", "code_hash", "code_until", "closed_at"))
#: Only whoever read this very code may spend it: of two who type it at once, one is late.
_SPEND = Prepared(
    update(_account).where(_KEY, _account.c.code_hash == bindparam("read")), ("secret_hash", "code_hash", "code_until")
)
_RECORD = Prepared(insert(_done).inline(), ("at", "by", "act", "target", "detail", "done"))
_ADMINISTERED = Prepared(
    select(_done.c.at, _done.c.by, _done.c.act, _done.c.target, _done.c.detail, _done.c.done)
    .order_by(_done.c.act_id.desc())
    .limit(bindparam("count"))
)
_ABOUT = Prepared(
    select(_done.c.at, _done.c.by, _done.c.act, _done.c.target, _done.c.detail, _done.c.done)
    .where(_done.c.target == bindparam("target"))
    .order_by(_done.c.act_id)
)


def add(tx: Writing, account_id: str, *, name: str, role: str, clients: tuple[str, ...], at: datetime) -> None:
    """Add an account that nobody can sign in with yet. Raises `StoreConflict` if there is one of that id."""
    _INSERT.run(tx, account_id=account_id, name=name, role=role, clients=list(clients), created_at=at)


def change(tx: Writing, account_id: str, *, name: str, role: str, clients: tuple[str, ...]) -> bool:
    """Give an account another name, role and clients; return whether there is one."""
    return bool(_CHANGE.run(tx, key=account_id, name=name, role=role, clients=list(clients)))


def get(tx: Reading, account_id: str) -> Account | None:
    """Return the account, or None."""
    row = _GET.first(tx, key=account_id)
    return None if row is None else _of(row)


def every(tx: Reading) -> list[Account]:
    """Return all accounts by id, the closed ones too."""
    return [_of(row) for row in _EVERY.rows(tx)]


def hashes(tx: Reading, account_id: str) -> Hashes:
    """Return what its secrets are compared with; all None for an account that does not exist."""
    row = _HASHES.first(tx, key=account_id)
    return Hashes(None, None, None) if row is None else Hashes(*row)


def set_code(tx: Writing, account_id: str, code_hash: str, until: datetime) -> bool:
    """Open an account for whoever has the one-time code; its password counts no more. Return whether there is one."""
    return bool(_SET.run(tx, key=account_id, secret_hash=None, code_hash=code_hash, code_until=until, closed_at=None))


def spend_code(tx: Writing, account_id: str, read: str, secret_hash: str) -> bool:
    """Exchange the one-time code for a password; return False when it was spent meanwhile.

    Args:
        tx: the transaction.
        account_id: whose.
        read: the code's hash as it was when the code was checked.
        secret_hash: of the new password.
    """
    return bool(_SPEND.run(tx, key=account_id, read=read, secret_hash=secret_hash, code_hash=None, code_until=None))


def close(tx: Writing, account_id: str, at: datetime) -> bool:
    """Let nobody sign in with an account any more; return whether there is one."""
    return bool(_SET.run(tx, key=account_id, secret_hash=None, code_hash=None, code_until=None, closed_at=at))


def record(
    tx: Writing, at: datetime, *, by: str, act: str, target: str = "", detail: str = "", done: bool = True
) -> None:
    """Write down an act of administration; the database refuses to change or delete it."""
    _RECORD.run(tx, at=at, by=by, act=act, target=target, detail=detail, done=done)


def administered(tx: Reading, count: int = 100) -> list[Administered]:
    """Return the newest acts, newest first."""
    return [Administered(*row) for row in _ADMINISTERED.rows(tx, count=count)]


def acts_about(tx: Reading, target: str) -> list[Administered]:
    """Return every act about a campaign, a number or an account, oldest first."""
    return [Administered(*row) for row in _ABOUT.rows(tx, target=target)]


def _of(row: tuple[object, ...]) -> Account:
    account_id, name, role, clients, created_at, closed_at = row
    return Account(account_id, name, role, tuple(clients), created_at, closed_at)  # type: ignore[arg-type]
