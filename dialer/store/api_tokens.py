"""Tokens of programs that use the HTTP API: of which client company, for what, until when.

A token is `dlr_ID_SECRET`. The id finds the row; the secret is 32 random bytes, of which only the SHA-256 is kept. A
slow hash such as argon2 protects what people choose, because guesses can be tried one after the other; 256 random bits
cannot be guessed, however fast the hash, and every call of the API would pay for it.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, insert, select, update

from dialer.store.schema import api_token as _t
from dialer.store.statements import Prepared
from dialer.store.transactions import Reading, Writing

__all__ = ["Token", "add", "every", "find", "revoke", "used"]

_SHAPE = re.compile(r"dlr_(?P<id>[0-9a-f]{12})_(?P<secret>[A-Za-z0-9_-]{43})")
#: `last_used_at` is written so often at the most.
_TO_THE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Token:
    """What one program may do.

    Attributes:
        token_id: how people and records name it.
        name: what it is for.
        client: the client company whose data it sees, and no other's.
        scopes: what it may do.
        created_at: when it was made.
        created_by: who made it.
        expires_at: from when on it is refused; None: never.
        revoked_at: since when it is refused; None: it is not.
        last_used_at: to the minute; None: never.
    """

    token_id: str
    name: str
    client: str
    scopes: tuple[str, ...]
    created_at: datetime
    created_by: str
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None

    def noted(self, at: datetime) -> bool:
        """Whether its use was written down within the minute: a write at each use would slow everybody."""
        return self.last_used_at is not None and self.last_used_at > at - _TO_THE

    def counts(self, at: datetime) -> bool:
        """Whether it is neither revoked nor expired."""
        return self.revoked_at is None and (self.expires_at is None or at < self.expires_at)


_SHOWN = tuple(_t.c[name] for name in Token.__dataclass_fields__)
_INSERT = Prepared(
    insert(_t).inline(),
    ("token_id", "name", "client", "scopes", "secret_sha256", "created_at", "created_by", "expires_at"),
)
_FIND = Prepared(select(*_SHOWN, _t.c.secret_sha256).where(_t.c.token_id == bindparam("key")))
_EVERY = Prepared(select(*_SHOWN).order_by(_t.c.created_at, _t.c.token_id))
_REVOKE = Prepared(update(_t).where(_t.c.token_id == bindparam("key"), _t.c.revoked_at.is_(None)), ("revoked_at",))
_USED = Prepared(update(_t).where(_t.c.token_id == bindparam("key")), ("last_used_at",))


def add(
    tx: Writing,
    *,
    name: str,
    client: str,
    scopes: Sequence[str],
    by: str,
    at: datetime,
    expires_at: datetime | None = None,
) -> tuple[str, str]:
    """Make a token; return its id and the token itself, which nobody can show again."""
    token_id, secret = secrets.token_hex(6), secrets.token_urlsafe(32)
    _INSERT.run(
        tx,
        token_id=token_id,
        name=name,
        client=client,
        scopes=sorted(set(scopes)),
        secret_sha256=_digest(secret),
        created_at=at,
        created_by=by,
        expires_at=expires_at,
    )
    return token_id, f"dlr_{token_id}_{secret}"


def find(tx: Reading, text: str) -> Token | None:
    """Return the token that the text is, or None; the secret is compared in constant time."""
    shape = _SHAPE.fullmatch(text)
    row = _FIND.first(tx, key=shape["id"]) if shape else None
    if shape is None or row is None or not hmac.compare_digest(str(row[-1]), _digest(shape["secret"])):
        return None
    return _of(row[:-1])


def every(tx: Reading) -> list[Token]:
    """Return all tokens, oldest first, the revoked ones too."""
    return [_of(row) for row in _EVERY.rows(tx)]


def revoke(tx: Writing, token_id: str, at: datetime) -> bool:
    """Refuse a token from now on; return whether there was one in force."""
    return bool(_REVOKE.run(tx, key=token_id, revoked_at=at))


def used(tx: Writing, token_id: str, at: datetime) -> None:
    """Write down that a token was used."""
    _USED.run(tx, key=token_id, last_used_at=at)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _of(row: tuple[object, ...]) -> Token:
    fields = dict(zip(Token.__dataclass_fields__, row, strict=True))
    return Token(**{**fields, "scopes": tuple(fields["scopes"])})  # type: ignore[arg-type]
