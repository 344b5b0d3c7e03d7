"""What a person agreed to, as of an instant, and what a business relationship is worth.

Revocation by any reasonable means ends every agreement given before it (47 CFR 64.1200(a)(10)). An
agreement that nobody can date is none.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, datetime

from dnc.values import Consent, Ebr

__all__ = ["Agreements", "agreements_of", "ebr_stands", "months_before"]


@dataclass(frozen=True, slots=True)
class Agreements:
    """A consent as it stands at an instant."""

    basis: str  # "" when there is none that counts
    names: frozenset[str]  # the basis and everything the agreement names
    revoked: bool
    why: str
    given: datetime | None = None  # when it was given, for one that counts


_NONE = Agreements("", frozenset(), False, "no consent is recorded")
_UNDATED = Agreements("", frozenset(), False, "a consent is recorded without its date, which counts as none")
_NOT_YET = Agreements("", frozenset(), False, "the consent recorded is dated after this call")


def agreements_of(consent: Consent, at: datetime) -> Agreements:
    """What `consent` is worth at the instant `at`."""
    given = consent.given_at
    if consent.basis == "revoked":
        return Agreements("", frozenset(), True, "the person revoked consent")
    if consent.revoked_at is not None and (given is None or given <= consent.revoked_at):
        return Agreements(
            "", frozenset(), True, f"the person revoked consent on {consent.revoked_at.date().isoformat()}"
        )
    if consent.basis in ("", "none"):
        return _NONE
    if given is None:
        return _UNDATED
    if given > at:
        return _NOT_YET
    names = frozenset((consent.basis, *consent.waives))
    return Agreements(consent.basis, names, False, f"{consent.basis} of {given.date().isoformat()}", given)


def months_before(day: date, months: int) -> date:
    """The same day `months` calendar months earlier, or that month's last day when it is shorter."""
    index = day.year * 12 + day.month - 1 - months
    year, month = divmod(index, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def ebr_stands(ebr: Ebr, day: date, months_transaction: int, months_inquiry: int) -> str:
    """The sentence that proves an established business relationship on `day`, or "" when there is none.

    16 CFR 310.2(q): a purchase, rental, lease or financial transaction "within the eighteen (18) months
    immediately preceding the date of a telemarketing call", or an inquiry or application "within the three
    (3) months".
    """
    for what, when, months in (
        ("transaction", ebr.last_transaction, months_transaction),
        ("inquiry", ebr.last_inquiry, months_inquiry),
    ):
        if when is not None and months_before(day, months) <= when <= day:
            return f"business relationship: {what} on {when.isoformat()}, within {months} months"
    return ""
