"""Passwords and one-time codes of accounts: nobody else ever knows a password, and there is none by default.

`dialer accounts add` makes a code that is good once and for a day. Whoever has it chooses the password. Both are kept
as argon2id hashes only.
"""

from __future__ import annotations

import secrets
import unicodedata
from datetime import datetime, timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from dialer.store import accounts
from dialer.store.database import Store

__all__ = ["CODE_LASTS", "SHORTEST", "choose_password", "knows_password", "new_code"]

#: How long a one-time code may be used.
CODE_LASTS = timedelta(hours=24)
#: The fewest characters of a password (NIST SP 800-63B-4, section 3.1.1.2: 15 where it stands alone).
SHORTEST = 15

_HASHER = PasswordHasher()
#: Verified for accounts that do not exist, so that the time tells nothing.
_NOBODY = _HASHER.hash(secrets.token_urlsafe(16))
#: Letters and digits that nobody takes for another when reading them out: 31 of them, 12 places, 59 bits.
_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"


def new_code() -> tuple[str, str]:
    """Make a one-time code; returns it, as `ABCD-EFGH-JKMN`, and its hash."""
    letters = "".join(secrets.choice(_LETTERS) for _ in range(12))
    return "-".join((letters[:4], letters[4:8], letters[8:])), _HASHER.hash(letters)


def knows_password(store: Store, account_id: str, password: str) -> str | None:
    """Check a password; takes as long for an account that does not exist.

    Returns:
        the hash that it matched, by which a session knows when the password has changed; None when it is wrong.
    """
    with store.reading() as tx:
        kept = accounts.hashes(tx, account_id).secret
    return kept if _matches(kept, _even(password)) else None


def choose_password(store: Store, account_id: str, code: str, password: str, at: datetime) -> str | None:
    """Exchange a one-time code for a password.

    Args:
        store: where the hashes are.
        account_id: whose.
        code: as it was read out; small letters, spaces and dashes do not matter.
        password: of at least `SHORTEST` characters.
        at: now.

    Returns:
        the new password's hash; None when the code is wrong, old or spent.

    Raises:
        ValueError: the password is too short.
    """
    if len(password) < SHORTEST:
        raise ValueError(f"a password needs at least {SHORTEST} characters")
    with store.reading() as tx:
        kept = accounts.hashes(tx, account_id)
    in_time = kept.code_until is not None and at < kept.code_until
    typed = "".join(each for each in code.upper() if each.isalnum())
    if not _matches(kept.code, typed) or not in_time or kept.code is None:
        return None
    hashed = _HASHER.hash(_even(password))
    with store.writing() as tx:
        if not accounts.spend_code(tx, account_id, kept.code, hashed):
            return None
        accounts.record(tx, at, by=account_id, act="choose_password", target=account_id)
    return hashed


def _matches(kept: str | None, typed: str) -> bool:
    try:
        return _HASHER.verify(kept or _NOBODY, typed) and kept is not None
    except (VerificationError, InvalidHashError):
        return False


def _even(password: str) -> str:
    """The same letters are the same password, whatever keyboard made them."""
    return unicodedata.normalize("NFKC", password)
