"""Agents' sign-in secrets: shown once when made, kept as argon2id hashes."""

from __future__ import annotations

import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from dialer.store import agents
from dialer.store.database import Store

__all__ = ["StoredSecrets", "new_secret"]

_HASHER = PasswordHasher()
#: Verified for agents who do not exist, so that the time tells nothing.
_NOBODY = _HASHER.hash(secrets.token_urlsafe(16))


def new_secret() -> tuple[str, str]:
    """Make a secret; returns it and its hash."""
    secret = secrets.token_urlsafe(12)
    return secret, _HASHER.hash(secret)


class StoredSecrets:
    """Checks secrets against the store.

    Args:
        store: where the hashes are.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def check(self, agent_id: str, secret: str) -> bool:
        """Whether that is the agent's secret; takes as long for an agent who does not exist."""
        with self._store.reading() as tx:
            kept = agents.secret_hash(tx, agent_id)
        try:
            matches = _HASHER.verify(kept or _NOBODY, secret)
        except (VerificationError, InvalidHashError):
            return False
        return matches and kept is not None
