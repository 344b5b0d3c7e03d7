"""Leads that only a registry kept back come back when a later version no longer has their number."""

from __future__ import annotations

import sqlite3

import pytest
from world import OBTAINED, World, make_world

from dialer.store import hopper
from dialer.store.schema import lead, phone

LISTED, DELISTED, OTHER, OWN = (f"+1212555010{n}" for n in (2, 3, 4, 5))  # of people with one phone


def refuse(world: World, number: str, why: str, *, whole: bool = False) -> None:
    """As the floor does: the phone is marked, or the lead blocked, with the gate's codes."""
    with world.store() as store, store.writing() as tx:
        found = tx.connection.execute(phone.select().where(phone.c.number == number)).one()
        if whole:
            hopper.set_lead(tx, found.lead_id, "blocked", None, why)
        else:
            hopper.mark_phone_bad(tx, found.phone_id, why)


def states(world: World) -> dict[str, tuple[str, str | None]]:
    with world.store() as store, store.reading() as tx:
        rows = tx.connection.execute(phone.join(lead, lead.c.lead_id == phone.c.lead_id).select())
        return {row.number: (row.status, row.bad) for row in rows}


@pytest.fixture
def refused(tmp_path) -> World:
    made = make_world(tmp_path / "w", people=12, areas={"212": "NY"})
    for number in (LISTED, DELISTED, OTHER):
        refuse(made, number, "DNC_NATIONAL")
    refuse(made, OWN, "DNC_INTERNAL")
    return made


def put(dialer, world: World, *numbers: str):
    """Import a national list of these numbers."""
    file = world.root / f"national-{len(numbers)}.txt"
    lines = sorted({each[2:] for each in numbers} | {"2125550000"})
    file.write_text("".join(f"{each[:3]},{each[3:]}\n" for each in lines))
    words = ("--format", "us_ndnc", "--obtained", OBTAINED.isoformat(), "--allow-drop", "a test")
    return dialer("--dir", world.root, "dnc", "import", file, *words)


def test_a_number_that_the_new_version_lacks_is_offered_again(dialer, refused: World):
    assert put(dialer, refused, LISTED, DELISTED, OTHER).code == 0
    before = states(refused)
    assert before[DELISTED] == ("done", "DNC_NATIONAL")
    assert put(dialer, refused, LISTED, DELISTED, OTHER).code == 0 and states(refused) == before
    said = put(dialer, refused, LISTED, OTHER)
    assert said.code == 0 and "1 lead that the gate had refused: offered again" in said.out
    assert states(refused) == before | {DELISTED: ("ready", None)}


def test_going_back_to_a_version_without_the_number_offers_it_again(dialer, refused: World):
    assert put(dialer, refused, LISTED).code == 0  # what is not on the list in use does not stay refused
    assert states(refused)[DELISTED] == ("ready", None) and states(refused)[OWN][1] == "DNC_INTERNAL"
    assert put(dialer, refused, LISTED, DELISTED).code == 0
    refuse(refused, DELISTED, "DNC_NATIONAL,CONSENT_REQUIRED", whole=True)
    said = dialer("--dir", refused.root, "dnc", "rollback", "US.ndnc", "--reason", "the wrong file")
    assert said.code == 0 and "offered again" in said.out
    assert states(refused)[DELISTED] == ("ready", None) and states(refused)[LISTED][1] == "DNC_NATIONAL"


def test_a_list_is_in_use_whatever_the_database_says(dialer, refused: World):
    with sqlite3.connect(refused.database) as connection:
        connection.execute("ALTER TABLE phone RENAME COLUMN bad TO bade")
    connection.close()
    said = put(dialer, refused, LISTED)
    assert said.code == 0 and "is live now" in said.out and "were not offered again" in said.err


def test_without_a_database_none_is_made(dialer, refused: World):
    refused.database.unlink()
    assert put(dialer, refused, LISTED).code == 0
    assert not refused.database.exists()
