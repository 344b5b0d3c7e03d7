"""Payments that clients report, and the promises to pay that they may keep. Append-only, but for an erasure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import bindparam, delete, insert, select

from dialer.store.schema import UtcDateTime
from dialer.store.schema import attempt as _attempt
from dialer.store.schema import disposition as _disposition
from dialer.store.schema import lead as _lead
from dialer.store.schema import payment as _t
from dialer.store.statements import Among, Prepared
from dialer.store.transactions import Reading, Writing

__all__ = ["KEYS", "Payment", "Promise", "add", "known", "of_accounts", "of_client", "of_person", "promises", "remove"]

#: What an account may be known by, the most exact first.
KEYS = ("debt_id", "account_id", "external_id")


@dataclass(frozen=True, slots=True)
class Payment:
    """Money that a client says was paid.

    Attributes:
        client: who says so.
        account: the names of the account by kind, of `KEYS`; at least one.
        amount: above 0.
        currency: ISO 4217.
        paid_on: the day, on the calendar of whoever wrote the file.
        reference: the client's own name of the payment; "" for none.
        key: what makes it this payment and no other, for this client.
        source: file and line.
    """

    client: str
    account: dict[str, str]
    amount: Decimal
    currency: str
    paid_on: date
    reference: str
    key: str
    source: str


@dataclass(frozen=True, slots=True)
class Promise:
    """What a person promised in a call, as its last disposition says."""

    campaign: str
    client: str
    call_id: str
    lead_id: int
    placed_at: datetime
    made_at: datetime
    amount: Decimal
    currency: str
    due: date
    account: dict[str, str]


_COLUMNS = (
    "client",
    *KEYS,
    "amount",
    "currency",
    "paid_on",
    "reference",
    "key",
    "source",
    "imported_by",
    "imported_at",
)
_INSERT = Prepared(insert(_t).inline(), _COLUMNS)
_KNOWN = Prepared(select(_t.c.key).where(_t.c.client == bindparam("of"), Among(_t.c.key, "keys")))
_OF_CLIENT = Prepared(select(_t).where(_t.c.client == bindparam("of")).order_by(_t.c.paid_on, _t.c.payment_id))
_OF_ACCOUNTS = {
    key: Prepared(select(_t).where(_t.c.client == bindparam("of"), Among(_t.c[key], "names")).order_by(_t.c.payment_id))
    for key in KEYS
}
_REMOVE = Prepared(delete(_t).where(Among(_t.c.payment_id, "ids")))
_later = _disposition.alias("later")
_PROMISES = Prepared(
    select(
        _attempt.c.campaign,
        _attempt.c.client,
        _attempt.c.call_id,
        _attempt.c.lead_id,
        _attempt.c.placed_at,
        _disposition.c.at,
        _disposition.c.promise_amount,
        _disposition.c.promise_currency,
        _disposition.c.promise_due,
        _attempt.c.debt_id,
        _lead.c.custom,
        _lead.c.external_id,
        _disposition.c.flags,
    )
    .select_from(_disposition)
    .join(_attempt, _attempt.c.call_id == _disposition.c.call_id)
    .join(_lead, _lead.c.lead_id == _attempt.c.lead_id)
    .where(
        _disposition.c.promise_amount.is_not(None),
        _disposition.c.promise_due.is_not(None),
        _attempt.c.client == bindparam("of"),
        _attempt.c.placed_at >= bindparam("since", type_=UtcDateTime()),
        _attempt.c.placed_at < bindparam("until", type_=UtcDateTime()),
        ~select(_later.c.disposition_id)
        .where(
            _later.c.call_id == _disposition.c.call_id,
            (_later.c.at > _disposition.c.at)
            | ((_later.c.at == _disposition.c.at) & (_later.c.disposition_id > _disposition.c.disposition_id)),
        )
        .exists(),
    )
    .order_by(_disposition.c.at, _disposition.c.disposition_id)
)


def known(tx: Reading, client: str, keys: Sequence[str]) -> set[str]:
    """Return those of the keys whose payment is on record."""
    return {row[0] for row in _KNOWN.rows(tx, of=client, keys=list(keys))}


def add(tx: Writing, payments: Sequence[Payment], *, by: str, at: datetime) -> None:
    """Write payments down; none of them may be on record already."""
    _INSERT.run_many(
        tx,
        [
            (
                each.client,
                *(each.account.get(key, "") for key in KEYS),
                str(each.amount),
                each.currency,
                each.paid_on,
                each.reference,
                each.key,
                each.source,
                by,
                at,
            )
            for each in payments
        ],
    )


def of_client(tx: Reading, client: str) -> list[Payment]:
    """Return every payment that a client reported, by day."""
    return [_payment(dict(zip(_t.c.keys(), row, strict=True))) for row in _OF_CLIENT.rows(tx, of=client)]


def of_accounts(tx: Reading, client: str, accounts: Mapping[str, Collection[str]]) -> list[dict[str, Any]]:
    """Return the rows about these accounts (names by kind), in the order in which they came."""
    found: dict[int, dict[str, Any]] = {}
    for key, names in accounts.items():
        wanted = [name for name in names if name]
        for row in _OF_ACCOUNTS[key].rows(tx, of=client, names=wanted) if wanted else ():
            cells = dict(zip(_t.c.keys(), row, strict=True))
            found[cells["payment_id"]] = cells
    return [found[each] for each in sorted(found)]


def of_person(tx: Reading, leads: Sequence[dict[str, Any]], calls: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows about the accounts that a person's leads and calls name, each client's own only.

    Args:
        tx: the transaction to read in.
        leads: rows with `client`, `debt_id`, `external_id` and `custom`.
        calls: rows with `client` and `debt_id`.
    """
    accounts: dict[str, dict[str, set[str]]] = {}
    for lead in leads:
        mine = accounts.setdefault(lead["client"], {key: set() for key in KEYS})
        mine["debt_id"].add(lead["debt_id"])
        mine["external_id"].add(lead["external_id"])
        mine["account_id"].add(str(lead["custom"].get("account_id", "") or ""))
    for call in calls:
        accounts.setdefault(call["client"], {key: set() for key in KEYS})["debt_id"].add(call["debt_id"])
    return [row for client, names in accounts.items() for row in of_accounts(tx, client, names)]


def remove(tx: Writing, payment_ids: Collection[int]) -> int:
    """Remove payments of an erased person; return how many."""
    return _REMOVE.run(tx, ids=list(payment_ids))


def promises(tx: Reading, client: str, since: datetime, until: datetime) -> list[Promise]:
    """Return promises with amount and due date made in calls for this client placed in [since, until), oldest first.

    The last disposition of a call counts.
    """
    found = []
    for row in _PROMISES.rows(tx, of=client, since=since, until=until):
        *head, amount, currency, due, debt, custom, external, flags = row
        if "promise" not in flags:
            continue
        account = {"debt_id": debt, "account_id": str(custom.get("account_id", "") or ""), "external_id": external}
        campaign, owner, call_id, lead_id, placed, made = head
        found.append(
            Promise(campaign, owner, call_id, lead_id, placed, made, Decimal(amount), currency or "", due, account)
        )
    return found


def _payment(row: dict[str, Any]) -> Payment:
    return Payment(
        client=row["client"],
        account={key: row[key] for key in KEYS if row[key]},
        amount=Decimal(row["amount"]),
        currency=row["currency"],
        paid_on=row["paid_on"],
        reference=row["reference"],
        key=row["key"],
        source=row["source"],
    )
