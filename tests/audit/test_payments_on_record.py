"""Payments are about a person: they are in the case file, and an erasure takes them, or says what keeps them."""

import json
from datetime import date
from decimal import Decimal

from case_world import ADA, TIME

from dialer.store import payments


def pay(floor, client: str, key: str, **account: str) -> None:
    paid = payments.Payment(client, account, Decimal("12.50"), "USD", date(2026, 11, 20), key, key, "paid.csv, line 2")
    with floor.world.store() as store, store.writing() as tx:
        payments.add(tx, [paid], by="olga", at=TIME)


def test_payments_of_the_persons_accounts_are_in_the_case_file_and_go_with_an_erasure(dialer, busy):
    ((external, client),) = busy.sql(
        "SELECT l.external_id, c.client FROM lead l JOIN campaign c ON c.name = l.campaign"
        f" JOIN phone p ON p.lead_id = l.lead_id WHERE p.number = '{ADA}'"
    )
    assert external
    pay(busy, client, "R1", external_id=external)
    pay(busy, "rival", "R2", external_id=external)  # the same name at another client is somebody else
    pay(busy, client, "R3", external_id="another")
    at = ("--dir", busy.root, "audit")
    case = json.loads(dialer(*at, "export", "--number", ADA).out)
    assert [each["reference"] for each in case["payments"]] == ["R1"]
    page = busy.root / "case.html"
    assert dialer(*at, "export", "--number", ADA, "--html", page).code == 0
    assert "12.50 USD" in page.read_text()
    words = (*at, "erase", "--number", ADA, "--reason", "letter", "--json")

    busy.sql("UPDATE campaign SET scope = 'debt_collection'")  # Regulation F keeps whole records
    planned = json.loads(dialer(*words, "--dry-run").out)
    assert planned["payments_removed"] == 0
    assert {each["what"]: each["count"] for each in planned["kept"]}["payments"] == 1
    busy.sql("UPDATE campaign SET scope = 'telemarketing'")
    said = dialer(*words)
    assert json.loads(said.out)["payments_removed"] == 1
    assert busy.sql("SELECT reference FROM payment ORDER BY reference") == [("R2",), ("R3",)]
    assert json.loads(dialer(*at, "export", "--number", ADA).out)["payments"] == []
