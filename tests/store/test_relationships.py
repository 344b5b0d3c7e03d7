"""Business relationships: facts of a number, for present and later leads, ended by what the law ends them with."""

import random
from datetime import date, datetime, timedelta

import pytest

from dialer.store import calls, consents, relationships, suppressions
from dialer.store.consents import Statement
from dialer.store.relationships import Fact
from dnc.values import Consent, Ebr

NUMBER = "+12125550100"
BOUGHT, ASKED = date(2026, 1, 5), date(2026, 2, 20)
WORDS = {"reason": "asked", "source": "call", "by": "ann"}


def note(world, *facts, at=None):
    with world.store.writing() as tx:
        return relationships.record_new(tx, facts, by="ann", at=at or world.at)


def stands(world, number=NUMBER, client="acme"):
    with world.store.reading() as tx:
        return relationships.standing(tx, number, client)


@pytest.fixture
def known(world):
    note(world, Fact(NUMBER, "acme", "transaction", BOUGHT), Fact(NUMBER, "acme", "inquiry", ASKED))
    return world


def test_the_last_of_each_kind_stands_for_the_client_it_is_with(known):
    note(known, Fact(NUMBER, "acme", "transaction", BOUGHT - timedelta(days=300)))
    assert stands(known) == Ebr(BOUGHT, ASKED)
    assert stands(known, client="rival") == stands(known, number="+12125550101") == Ebr()


def test_the_same_fact_twice_is_one_row(known):
    fact = Fact(NUMBER, "acme", "transaction", BOUGHT, source="another file, line 9")
    assert note(known, fact) == []
    assert note(known, Fact(NUMBER, "acme", "transaction", BOUGHT, evidence="0" * 64)) != []


def test_a_lead_that_is_loaded_later_has_it_too(known):
    known.load(known.lead(2, NUMBER))
    (lead,) = known.lease()
    with known.store.reading() as tx:
        assert calls.call_facts(tx, lead.phone_id).proposed("predictive").ebr == Ebr(BOUGHT, ASKED)


def test_what_a_list_says_of_past_business_is_a_fact_of_every_number_of_the_row(world):
    row = world.lead(2, NUMBER, "+12125550101", last_transaction=BOUGHT)
    world.load(row)
    again = world.load(world.lead(7, NUMBER, last_transaction=BOUGHT, last_inquiry=ASKED))
    assert again.funnel["loaded"] == 0  # the lead is there already; the fact is news all the same
    assert stands(world) == Ebr(BOUGHT, ASKED)
    assert stands(world, "+12125550101") == Ebr(BOUGHT, None)
    with world.store.reading() as tx:
        rows = relationships.entries(tx, [NUMBER])
    assert [(row.fact.kind, row.fact.source) for row in rows] == [
        ("transaction", "list list.csv, line 2"), ("inquiry", "list list.csv, line 7"),
    ]  # fmt: skip


def noon(day):
    return datetime.fromisoformat(f"{day}T12:00:00+00:00")


ENDS = {
    "a revocation for the client": lambda tx, at: consents.record(
        tx, [Statement(NUMBER, "acme", Consent("revoked", None, at))], by="ann", at=at
    ),
    "a revocation for every client": lambda tx, at: consents.record(
        tx, [Statement(NUMBER, "", Consent("revoked", None, at))], by="ann", at=at
    ),
    "a revocation without its date": lambda tx, at: consents.record(
        tx, [Statement(NUMBER, "acme", Consent("revoked"))], by="ann", at=at
    ),
    "a consent that was taken back": lambda tx, at: consents.record(
        tx, [Statement(NUMBER, "acme", Consent("pewc", at - timedelta(days=900), at))], by="ann", at=at
    ),
    "the company's list": lambda tx, at: suppressions.add(tx, NUMBER, **WORDS, at=at),
    "the client's list": lambda tx, at: suppressions.add(tx, NUMBER, **WORDS, at=at, scope="client", scope_id="acme"),
    "an entry that has run out": lambda tx, at: suppressions.add(tx, NUMBER, **WORDS, at=at, expires_at=at),
    "the end by name": lambda tx, at: relationships.record(
        tx, [Fact(NUMBER, "acme", "end", at.date())], by="ann", at=at
    ),
}
NO_ENDS = {
    "another client's list": lambda tx, at: suppressions.add(
        tx, NUMBER, **WORDS, at=at, scope="client", scope_id="rival"
    ),
    "another client's revocation": lambda tx, at: consents.record(
        tx, [Statement(NUMBER, "rival", Consent("revoked", None, at))], by="ann", at=at
    ),
    "another number's entry": lambda tx, at: suppressions.add(tx, "+12125550101", **WORDS, at=at),
    "a consent": lambda tx, at: consents.record(tx, [Statement(NUMBER, "acme", Consent("pewc", at))], by="ann", at=at),
    "another client's end": lambda tx, at: relationships.record(
        tx, [Fact(NUMBER, "rival", "end", at.date())], by="ann", at=at
    ),
}


@pytest.mark.parametrize("what", ENDS)
def test_it_ends_with_every_fact_of_that_day_and_before(known, what):
    with known.store.writing() as tx:
        ENDS[what](tx, noon(BOUGHT))
    assert stands(known) == Ebr(None, ASKED)
    with known.store.writing() as tx:
        ENDS[what](tx, noon(ASKED))
    assert stands(known) == Ebr()
    note(known, Fact(NUMBER, "acme", "transaction", ASKED + timedelta(days=1)))
    assert stands(known) == Ebr(ASKED + timedelta(days=1), None)


@pytest.mark.parametrize("what", NO_ENDS)
def test_it_does_not_end_with_what_others_said(known, what):
    with known.store.writing() as tx:
        NO_ENDS[what](tx, noon(ASKED))
    assert stands(known) == Ebr(BOUGHT, ASKED)


def test_lifting_the_entry_does_not_bring_it_back(known):
    with known.store.writing() as tx:
        suppressions.add(tx, NUMBER, **WORDS, at=noon(ASKED))
        suppressions.remove(tx, NUMBER, **WORDS, at=noon(ASKED))
    assert stands(known) == Ebr()


@pytest.mark.parametrize("loaded", [True, False])
def test_columns_and_single_numbers_agree(world, loaded):
    draw = random.Random(7)
    numbers = [f"+12125550{n:03d}" for n in range(100, 160)]
    world.load(*(world.lead(n, number) for n, number in enumerate(numbers[:40], start=2)))
    day = date(2026, 1, 1)
    with world.store.writing() as tx:
        for number in numbers:
            for _ in range(draw.randrange(5)):
                fact = Fact(
                    number,
                    draw.choice(["acme", "acme", "rival"]),
                    draw.choice(["transaction", "inquiry", "inquiry", "end"]),
                    day + timedelta(days=draw.randrange(60)),
                )
                relationships.record(tx, [fact], by="ann", at=world.at)
            if draw.random() < 0.3:
                suppressions.add(tx, number, **WORDS, at=noon(day + timedelta(days=draw.randrange(60))))
            if draw.random() < 0.2:
                over = Consent("revoked", None, noon(day + timedelta(days=draw.randrange(60))))
                consents.record(tx, [Statement(number, draw.choice(["", "acme"]), over)], by="ann", at=world.at)
        frame = relationships.standing_rows(tx, "spring", "acme", loaded=loaded)
        found = {
            number: Ebr(*(None if cell != cell else cell.date() for cell in row))
            for number, row in zip(frame.index, frame.itertuples(index=False, name=None), strict=True)
        }
        asked = numbers[:40] if loaded else numbers
        one_by_one = {number: relationships.standing(tx, number, "acme") for number in asked}
    assert found == {number: ebr for number, ebr in one_by_one.items() if ebr != Ebr()}
    assert len(found) > 10


def test_where_nothing_is_known_the_columns_are_empty_and_typed(world):
    with world.store.reading() as tx:
        frame = relationships.standing_rows(tx, "spring", "acme")
    assert list(frame.columns) == ["last_transaction", "last_inquiry"] and len(frame) == 0
    assert {str(dtype) for dtype in frame.dtypes} == {"datetime64[us, UTC]"}
