import pytest
from sqlalchemy import text

from campaigns.lists import ContactList
from dialer.store import calls, frames, hopper, lists
from dialer.store.lists import NewPhone

CSV = """external_id,phone,phone2,phone2_type,first_name,state,consent_basis,consent_at,attorney,balance,colour
A1,212-555-0100,310-555-0100,work,Ann,NY,pewc,2025-01-02T03:04:05Z,,120.50,red
A2,(212) 555-0101,,,Bob,NY,,,yes,,
A3,212-555-0100,,,Cat,NY,,,,,
A4,nonsense,,,Dan,NY,,,,,
"""


def fill(world):
    return world.load(*(world.lead(n) for n in range(2, 12)), digest="a" * 64)


def rows(world, sql):
    with world.store.reading() as tx:
        return tx.connection.execute(text(sql)).all()


def test_the_same_file_again_changes_nothing_and_says_so(world):
    first = fill(world)
    assert (first.already, first.funnel["loaded"]) == (False, 10)
    before = rows(world, "SELECT * FROM lead ORDER BY lead_id")
    again = fill(world)
    assert again.already
    assert (again.list_id, again.funnel) == (first.list_id, first.funnel)
    assert rows(world, "SELECT * FROM lead ORDER BY lead_id") == before
    with world.store.reading() as tx:
        assert lists.known(tx, "spring", "a" * 64) == again
        assert lists.known(tx, "spring", "b" * 64) is None


def test_a_household_and_a_shared_debt_are_one_plan_and_never_on_two_calls(world):
    world.load(
        world.lead(2, "+12125550100", person_id="A", debt_id="D1"),
        world.lead(3, "+12125550101", person_id="B", debt_id="D1"),  # owes the same debt
        world.lead(4, "+12125550100", "+12125550102", person_id="C"),  # has a number in common with A
        world.lead(5, "+12125550103", person_id="household 7"),
        world.lead(6, "+12125550104", person_id="household 7", debt_id="D9"),
        world.lead(7, "+12125550105", person_id="E"),
    )
    world.begin("autumn", run_id="run-2")  # the same client
    world.load(world.lead(2, "+12125550106", person_id="X", debt_id="D1"), campaign="autumn")
    world.begin("other", client="rival", run_id="run-3")
    world.load(world.lead(2, "+12125550107", person_id="Y", debt_id="D1"), campaign="other")
    assert [row[0] for row in rows(world, "SELECT person_id FROM lead ORDER BY lead_id")] == [
        "A", "A", "A", "household 7", "household 7", "E", "A", "Y",
    ]  # fmt: skip
    phones = dict(rows(world, "SELECT number, phone_id FROM phone"))
    world.dial(phones["+12125550100"], "call-1")
    world.dial(phones["+12125550103"], "call-2")
    with world.store.reading() as tx:
        live = {number: calls.live_call(tx, calls.call_facts(tx, phone_id)) for number, phone_id in phones.items()}
    assert live == {
        "+12125550100": "call-1", "+12125550101": "call-1", "+12125550102": "call-1", "+12125550103": "call-2",
        "+12125550104": "call-2", "+12125550105": None, "+12125550106": "call-1", "+12125550107": None,
    }  # fmt: skip


def test_the_same_file_may_be_loaded_into_another_campaign(world):
    fill(world)
    world.begin("autumn", run_id="run-2")
    other = world.load(world.lead(2), campaign="autumn", digest="a" * 64)
    assert not other.already
    assert other.funnel["loaded"] == 1


def test_a_number_is_in_a_campaign_once(world):
    world.load(world.lead(2, "+12125550100"), world.lead(3, "+12125550101"))
    second = world.load(
        world.lead(2, "+12125550100"),
        world.lead(3, "+12125550101", "+12125550102"),
        world.lead(4, "+12125550103", "+12125550103"),
    )
    assert second.funnel == {"duplicate_phones": 3, "duplicate_leads": 1, "blocked": 0, "loaded": 2}
    found = rows(world, "SELECT number, position FROM phone ORDER BY number")
    assert found == [("+12125550100", 1), ("+12125550101", 1), ("+12125550102", 1), ("+12125550103", 1)]


def test_a_lead_that_must_not_be_called_is_kept_and_blocked(world):
    loaded = world.load(world.lead(2, blocked="represented by an attorney"), world.lead(3))
    assert (loaded.funnel["blocked"], loaded.funnel["loaded"]) == (1, 1)
    assert rows(world, "SELECT line, status, status_why FROM lead ORDER BY line") == [
        (2, "blocked", "represented by an attorney"),
        (3, "ready", ""),
    ]
    assert len(world.lease()) == 1


def test_a_broken_load_goes_on_where_it_stopped(world):
    def leads(broken):
        for n in range(2, 32):
            if broken and n == 25:
                raise OSError("the disk was pulled out")
            yield world.lead(n, f"+1212555{n // 2:04d}")

    def load(broken):
        return lists.insert_list(
            world.store,
            "spring",
            leads(broken),
            file_name="list.csv",
            sha256="a" * 64,
            at=world.at,
            chunk=10,
            reader=lambda: {"read": 30},
        )

    with pytest.raises(OSError, match="pulled out"):
        load(broken=True)
    with world.store.reading() as tx:
        assert lists.known(tx, "spring", "a" * 64) is None
        assert hopper.counts(tx, "spring") == {"ready": 10}
    loaded = load(broken=False)
    assert loaded.resumed
    assert loaded.funnel == {"read": 30, "duplicate_phones": 15, "duplicate_leads": 15, "blocked": 0, "loaded": 15}
    with world.store.reading() as tx:
        assert hopper.counts(tx, "spring") == {"ready": 15}
        assert frames.funnels(tx, "spring") == [("list.csv", loaded.funnel)]
    assert load(broken=False).already


def test_progress_is_told_after_each_transaction(world):
    told = []
    leads = [world.lead(n) for n in range(2, 27)]
    options = {"file_name": "x", "sha256": "c" * 64, "at": world.at, "chunk": 10, "progress": told.append}
    lists.insert_list(world.store, "spring", leads, **options, pause=0.001)
    assert told == [10, 20, 25]


def test_a_contact_list_of_a_file_is_loaded_with_all_it_says(world, tmp_path):
    path = tmp_path / "leads.csv"
    path.write_text(CSV)
    with ContactList(path) as contacts:
        loaded = lists.insert_list(
            world.store,
            "spring",
            lists.leads_of(contacts),
            file_name=path.name,
            sha256="d" * 64,
            at=world.at,
            reader=contacts.funnel.as_dict,
        )
    assert loaded.funnel["read"] == 4
    assert (loaded.funnel["blocked"], loaded.funnel["loaded"]) == (1, 1)
    (lead,) = world.lease()
    with world.store.reading() as tx:
        known = calls.call_facts(tx, lead.phone_id)
        (custom,) = tx.connection.execute(text("SELECT custom FROM lead WHERE line = 2")).one()
    assert (known.number, known.external_id, known.person, known.country) == ("+12125550100", "A1", "A1", "US")
    assert known.consent.basis == "pewc"
    assert known.consent.given_at.isoformat() == "2025-01-02T03:04:05+00:00"
    assert "US-NY" in known.place.jurisdictions
    assert "red" in str(custom)
    assert "120.50" in str(custom)
    assert rows(world, "SELECT number, kind, position FROM phone WHERE position = 2") == [("+13105550100", "work", 2)]


def test_numbers_in_different_places_make_a_lead_of_both(world):
    world.load(world.lead(2, NewPhone("+12125550100", world.new_york), NewPhone("+13105550100", world.california)))
    assert rows(world, "SELECT place_ids FROM lead") == [("1,2",)]
