"""Past business in a contact list lifts the national list, for leads that are new and leads that are there."""

from __future__ import annotations

import json

from world import NOON, World

from dialer.store import hopper
from dialer.store.schema import phone

LISTED, NEW = "+12125550102", "+12125550150"
CLOSED = "+12125550103"


def why(dialer, world: World, number: str) -> list[str]:
    said = dialer("--dir", world.root, "why", number, "--campaign", "day", "--at", NOON.isoformat(), "--json")
    return json.loads(said.out)["reasons"]


def load(dialer, world: World, text: str) -> dict:
    file = world.root / f"list-{len(text)}.csv"
    file.write_text(text)
    said = dialer("--dir", world.root, "lists", "load", file, "--campaign", "day", "--json")
    assert said.code == 0
    return json.loads(said.out)


def test_a_list_tells_of_past_business(dialer, changed: World):
    national = changed.root / "national.txt"
    national.write_text("".join(f"{each[2:5]},{each[5:]}\n" for each in (LISTED, CLOSED, NEW)))
    more = ("--format", "us_ndnc", "--obtained", NOON.isoformat(), "--merge")
    assert dialer("--dir", changed.root, "dnc", "import", national, *more).code == 0
    with changed.store() as store, store.writing() as tx:
        (lead,) = tx.connection.execute(phone.select().where(phone.c.number == LISTED)).all()
        hopper.mark_phone_bad(tx, lead.phone_id, "DNC_NATIONAL")
    assert why(dialer, changed, LISTED) == ["DNC_NATIONAL"]
    told = load(
        dialer,
        changed,
        f"phone,last_transaction,last_inquiry,consent\n{LISTED},2025-06-01,,\n{CLOSED},2025-05-01,2026-08-01,\n"
        f"{NEW},,2026-09-01,spoken\n{NEW[:-1]}1,2026-13-01,,\n",
    )
    assert told["funnel"]["duplicate"] == 2 and told["funnel"]["loaded"] == 2
    said = " ".join(told["warnings"])
    assert "no rule knows the consent basis" in said and "(1 rows: lines 4)" in said and "(1 rows: lines 5)" in said
    assert why(dialer, changed, LISTED) == why(dialer, changed, NEW) == ["ALLOW"]
    assert why(dialer, changed, CLOSED) == ["DNC_NATIONAL"]  # more than 18 and 3 months ago
    with changed.store() as store, store.reading() as tx:
        assert tx.connection.execute(phone.select().where(phone.c.number == LISTED)).one().bad is None
    case = json.loads(dialer("--dir", changed.root, "audit", "export", "--number", LISTED).out)
    assert "list-" in json.dumps(case) and ".csv, line 2" in json.dumps(case)
