"""Which promises to pay were kept.

A promise is kept when the money paid on its account from the day of the promise to the day it fell due, and the days
of grace after it, reaches the amount promised, in its currency. Part payments are summed. Money is counted once: where
one account has several promises, a payment goes to the promise that falls due first, and what is left of it to the
next. A promise whose days are not over is open unless it is kept already; afterwards it is broken.

    kept rate = kept promises whose days are over / promises whose days are over

Days are calendar days as the agent and the client wrote them. The functions are pure.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

from dialer.reports.values import Cell, Column, Table, ratio

__all__ = ["Fate", "Paid", "Promised", "judge_promises", "promise_table"]

#: What became of a promise.
Fate = Literal["kept", "broken", "open"]


@dataclass(frozen=True, slots=True)
class Promised:
    """One promise.

    Attributes:
        campaign: in whose call it was made.
        account: names of the account, each with its kind, such as ("debt_id", "D-7").
        made: the day it was made.
        due: the day it falls due.
        grace: days after `due` in which money still counts.
        amount: what was promised.
        currency: ISO 4217.
    """

    campaign: str
    account: frozenset[tuple[str, str]]
    made: date
    due: date
    grace: int
    amount: Decimal
    currency: str

    @property
    def last_day(self) -> date:
        """The last day on which money counts."""
        return self.due + timedelta(days=self.grace)


@dataclass(frozen=True, slots=True)
class Paid:
    """One payment: the account's names, the day, the amount, the currency."""

    account: frozenset[tuple[str, str]]
    day: date
    amount: Decimal
    currency: str


def judge_promises(
    promises: Sequence[Promised], payments: Collection[Paid], today: date
) -> list[tuple[Fate, bool, Decimal]]:
    """What became of each promise, in the order given.

    Args:
        promises: of one client.
        payments: of the same client, whatever the account.
        today: the day on which it is judged; a promise is over from the day after its last day on.

    Returns:
        Of each promise: its fate, whether its days are over, and the money that went to it.
    """
    by_name: dict[tuple[str, str], list[int]] = {}
    money = sorted(payments, key=lambda each: each.day)
    left = [each.amount for each in money]
    for place, paid in enumerate(money):
        for name in paid.account:
            by_name.setdefault(name, []).append(place)
    received: dict[int, Decimal] = {}
    for place in sorted(range(len(promises)), key=lambda n: (promises[n].due, promises[n].made, n)):
        one, got = promises[place], Decimal(0)
        for paid_at in sorted({n for name in one.account for n in by_name.get(name, ())}):
            paid = money[paid_at]
            if paid.currency == one.currency and one.made <= paid.day <= min(one.last_day, today):
                taken = min(left[paid_at], one.amount - got)
                left[paid_at] -= taken
                got += taken
        received[place] = got
    found: list[tuple[Fate, bool, Decimal]] = []
    for place, one in enumerate(promises):
        over = today > one.last_day
        fate: Fate = "kept" if received[place] >= one.amount else "broken" if over else "open"
        found.append((fate, over, received[place]))
    return found


def promise_table(promises: Sequence[Promised], fates: Sequence[tuple[Fate, bool, Decimal]]) -> Table:
    """Promises by campaign and currency: how many and how much was promised, kept, broken and is open."""
    sums: dict[tuple[str, str], dict[str, list[Decimal]]] = {}
    due: dict[tuple[str, str], list[bool]] = {}
    for one, (fate, over, got) in zip(promises, fates, strict=True):
        key = (one.campaign, one.currency)
        mine = sums.setdefault(key, {"promised": [], "kept": [], "broken": [], "open": [], "paid": []})
        mine["promised"].append(one.amount)
        mine[fate].append(one.amount)
        mine["paid"].append(got)
        if over:
            due.setdefault(key, []).append(fate == "kept")
    rows: list[tuple[Cell, ...]] = []
    for key in sorted(sums):
        mine, over_now = sums[key], due.get(key, [])
        counts = [len(mine[name]) for name in ("promised", "kept", "broken", "open")]
        amounts = [f"{sum(mine[name], Decimal(0)):.2f}" for name in ("promised", "paid", "kept", "broken", "open")]
        rows.append((*key, *counts, ratio(sum(over_now), len(over_now)), *amounts))
    columns = (
        Column("campaign", "Campaign", "text"),
        Column("currency", "Currency", "text"),
        Column("promises", "Promises"),
        Column("kept", "Kept"),
        Column("broken", "Broken"),
        Column("open", "Open"),
        Column("kept_rate", "Kept of those due", "share"),
        Column("promised_amount", "Amount promised", "text"),
        Column("paid_amount", "Paid on them", "text"),
        Column("kept_amount", "Amount kept", "text"),
        Column("broken_amount", "Amount broken", "text"),
        Column("open_amount", "Amount open", "text"),
    )
    note = (
        "Kept: paid in full from the day of the promise to the due date and its days of grace; part payments are "
        "summed, money is counted once, the earliest due date first. Promises without amount or due date are not here."
    )
    return Table("promises", "Promises to pay", columns, tuple(rows), note)
