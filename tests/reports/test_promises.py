"""Promises to pay: kept by the due date or not, worked out by hand."""

from datetime import date
from decimal import Decimal

import pytest

from dialer.reports.promises import Paid, Promised, judge_promises, promise_table


def promise(
    amount: str, due: int, made: int = 1, grace: int = 0, account: str = "D1", currency: str = "USD"
) -> Promised:
    name = frozenset({("debt_id", account)})
    return Promised("day", name, date(2026, 10, made), date(2026, 10, due), grace, Decimal(amount), currency)


def paid(amount: str, day: int, account: str = "D1", currency: str = "USD", kind: str = "debt_id") -> Paid:
    return Paid(frozenset({(kind, account)}), date(2026, 10, day), Decimal(amount), currency)


def fates(promises: list[Promised], payments: list[Paid], today: int) -> list[str]:
    return [fate for fate, _, _ in judge_promises(promises, payments, date(2026, 10, today))]


@pytest.mark.parametrize(
    ("payments", "today", "fate"),
    [
        ([], 10, "open"),  # the due date itself still counts
        ([], 11, "broken"),
        ([paid("100", 10)], 11, "kept"),
        ([paid("100", 11)], 20, "broken"),  # a day late
        ([paid("60", 2), paid("40", 10)], 11, "kept"),  # in two parts
        ([paid("60", 2), paid("39.99", 10)], 11, "broken"),
        ([paid("100", 1)], 11, "kept"),  # on the day of the call
        ([paid("100", 5)], 6, "kept"),  # early
        ([paid("100", 5, currency="CAD")], 11, "broken"),
        ([paid("100", 5, account="D2")], 11, "broken"),
        ([paid("100", 5, kind="account_id")], 11, "broken"),  # another kind of name is another name
        ([paid("100", 9)], 8, "open"),  # a payment of a day that is still to come
    ],
)
def test_a_promise_is_kept_when_enough_is_paid_in_time(payments, today, fate):
    assert fates([promise("100", due=10)], payments, today) == [fate]


def test_money_paid_before_the_promise_does_not_count_and_grace_does():
    assert fates([promise("100", due=10, made=5)], [paid("100", 4)], 11) == ["broken"]
    assert fates([promise("100", due=10, grace=3)], [paid("100", 13)], 14) == ["kept"]
    assert fates([promise("100", due=10, grace=3)], [paid("100", 14)], 14) == ["broken"]
    assert fates([promise("100", due=10, grace=3)], [], 13) == ["open"]


def test_money_is_counted_once_and_goes_to_what_falls_due_first():
    two = [promise("100", due=20), promise("100", due=10)]
    assert fates(two, [paid("100", 5)], 21) == ["broken", "kept"]
    assert fates(two, [paid("150", 5), paid("50", 15)], 21) == ["kept", "kept"]


def test_the_table_says_how_many_and_how_much_in_each_currency():
    promises = [
        promise("100", 10),
        promise("50", 25, account="D2"),
        promise("20", 9, account="D3"),
        promise("7", 9, currency="IDR"),
    ]
    judged = judge_promises(promises, [paid("60", 2), paid("40.50", 3), paid("5", 4, "D3")], date(2026, 10, 15))
    table = promise_table(promises, judged)
    assert table.rows == (
        ("day", "IDR", 1, 0, 1, 0, 0.0, "7.00", "0.00", "0.00", "7.00", "0.00"),
        ("day", "USD", 3, 1, 1, 1, 0.5, "170.00", "105.00", "100.00", "20.00", "50.00"),
    )
