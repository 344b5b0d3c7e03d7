"""The words in which lists say what a person agreed to."""

from __future__ import annotations

import re

__all__ = ["NONE", "REVOKED", "consent_basis"]

NONE, REVOKED = "none", "revoked"
_LONGEST = 32
_LETTERS = re.compile(r"[^a-z]+")
#: Whoever writes one of these means that the person does not want to be called, by whatever name the system had it:
#: 47 CFR 64.1200(a)(10) takes any reasonable way to say so.
_REVOKING = frozenset(
    {
        "revoke", "revoked", "withdraw", "withdrawn", "withdrew", "optout", "optedout", "optsout", "unsubscribe",
        "unsubscribed", "donotcall", "donotcontact", "dnc", "stop", "stopped", "refused", "declined", "objected",
        "objection", "cancelled", "canceled", "rescinded",
    }
)  # fmt: skip


def consent_basis(text: str) -> str:
    """The basis that a cell names: in small letters, `none` for an empty one, `revoked` for every word for that."""
    basis = text.strip().lower()[:_LONGEST]
    if _LETTERS.sub("", basis) in _REVOKING:
        return REVOKED
    return basis or NONE
