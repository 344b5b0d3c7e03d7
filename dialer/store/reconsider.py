"""Leads that the gate refused for good, offered again when what it looks at has changed for their number.

A refusal without a next lawful instant blocks the lead, or marks its phone, with the gate's codes as the reason. A
consent, a business relationship, a do-not-call entry that was lifted, a registry that no longer has the number may
have undone that: the lead is to be offered again, and the gate asked again at the dial. What people said (an opt-out,
a wrong number) or an erasure decided carries other words, and stays.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import literal_column, select

from dialer.store import hopper
from dialer.store.schema import lead as _lead
from dialer.store.schema import phone as _phone
from dialer.store.statements import Among, Prepared
from dialer.store.transactions import Reading, Writing
from dnc.values import Code

__all__ = ["reconsider", "refused_numbers"]

_CODES = frozenset(code.value for code in Code)
_WITH = Prepared(
    select(_phone.c.phone_id, _phone.c.bad, _lead.c.lead_id, _lead.c.status, _lead.c.status_why)
    .join(_lead, _lead.c.lead_id == _phone.c.lead_id)
    .where(Among(_phone.c.number, "numbers"))
    .order_by(_phone.c.phone_id)
)
_BAD = Prepared(select(_phone.c.number, _phone.c.bad).where(_phone.c.bad.is_not(None)))
_BLOCKED = Prepared(
    select(_phone.c.number, _lead.c.status_why)
    .join(_phone, _phone.c.lead_id == _lead.c.lead_id)
    .where(_lead.c.status == literal_column("'blocked'"))
)


def refused_numbers(tx: Reading, codes: Collection[Code]) -> list[str]:
    """Return the numbers that the gate keeps back for good with any of these codes among its reasons, each once."""
    wanted = {code.value for code in codes}
    kept = {
        number
        for statement in (_BAD, _BLOCKED)
        for number, why in statement.rows(tx)
        if _by_the_gate(why) and not wanted.isdisjoint(why.split(","))
    }
    return sorted(kept)


def reconsider(tx: Writing, numbers: Sequence[str], why: str) -> int:
    """Offer again the leads with these numbers that only the gate keeps back; return how many.

    Args:
        tx: the transaction that wrote down what has changed.
        numbers: E.164.
        why: what has changed, to stand with the lead.
    """
    offered = 0
    for phone_id, bad, lead_id, status, status_why in _WITH.rows(tx, numbers=list(dict.fromkeys(numbers))):
        freed = bad is not None and _by_the_gate(bad)
        if freed:
            hopper.mark_phone_good(tx, phone_id)
        refused = status == "blocked" and _by_the_gate(status_why)
        numberless = status == "done" and status_why == hopper.NO_NUMBER_LEFT and freed
        if refused or numberless:
            hopper.set_lead(tx, lead_id, "ready", None, why)
            offered += 1
    return offered


def _by_the_gate(why: str) -> bool:
    """Whether a reason is nothing but codes of the gate."""
    return bool(why) and set(why.split(",")) <= _CODES
