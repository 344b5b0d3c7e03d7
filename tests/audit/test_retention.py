"""How long records are kept: the rules read rather too long than too short; what is held, and what is due."""

import json
from datetime import date

import pytest
from case_world import ADA, OTHER, TIME

from dialer.runtime.retention import holdings
from dnc.rules import load
from dnc.rules.retention import kept, records_of


@pytest.fixture(scope="module")
def book():
    return load()


def rules(book, record, scope, *where, made=date(2026, 3, 1), last=None, today=date(2026, 11, 1)):
    found = kept(book, record, scope, where, made=made, last_activity=last or made, today=today)
    return {each.rule: each.until.isoformat() for each in found}


def test_a_sales_call_is_kept_five_years(book):
    assert rules(book, "calls", "telemarketing", "US", "US-NY") == {"US.tsr.call_records": "2031-03-01"}
    assert rules(book, "consent", "telemarketing", "US") == {"US.tsr.consent": "2031-03-01"}
    assert rules(book, "do_not_call", "telemarketing", "US") == {"US.tsr.dnc": "2031-03-01"}


def test_collection_records_are_kept_three_years_from_the_last_activity_on_the_debt(book):
    found = rules(book, "calls", "debt_collection", "US", "US-NY", "US-NY-NYC", last=date(2026, 9, 1))
    assert found == {"US.regf": "2029-09-01", "US-NY-NYC.dc": "2029-09-01"}


def test_a_purpose_without_a_row_is_held_to_that_of_telemarketing(book):
    assert rules(book, "calls", "research", "US") == {"US.tsr.call_records": "2031-03-01"}
    assert rules(book, "calls", "debt_collection", "CA") == {"CA.crtc": "2029-03-01"}


def test_a_state_implies_its_country_and_an_unknown_place_every_place(book):
    assert "US.tsr.call_records" in rules(book, "calls", "telemarketing", "US-FL")
    assert set(rules(book, "calls", "telemarketing")) == {"US.tsr.call_records", "CA.crtc"}


def test_where_no_row_is_known_nothing_is(book):
    assert rules(book, "calls", "telemarketing", "GB") == {}
    assert rules(book, "calls", "telemarketing", "DE") == {}
    assert rules(book, "consent", "telemarketing", "DE") == {"DE.consent": "2031-03-01"}


def test_a_record_older_than_its_rule_is_bound_by_the_rule_of_today(book):
    assert rules(book, "calls", "telemarketing", "US", made=date(2022, 1, 1)) == {"US.tsr.call_records": "2027-01-01"}


def test_a_leap_day_ends_on_the_first_of_march(book):
    assert rules(book, "calls", "telemarketing", "US", made=date(2024, 2, 29)) == {"US.tsr.call_records": "2029-03-01"}


def test_a_row_of_unknown_kind_is_about_every_record(book):
    regf = next(rule for rule in book.retentions if rule.id == "US.regf")
    assert records_of(regf) == ("calls", "consent", "do_not_call")


def test_the_command_shows_every_rule_and_everything_held(dialer, busy):
    busy.suppress(ADA)
    busy.consent(ADA)
    answer = json.loads(dialer("--dir", busy.root, "audit", "retention", "--json").out)
    assert {rule["rule"] for rule in answer["rules"]} == {rule.id for rule in load().retentions}
    held = {each["records"]: each for each in answer["held"]}
    assert held["calls"]["count"] == 5 and held["calls"]["due"] == 0 and held["calls"]["rule"] == "US.tsr.call_records"
    assert held["ledger"]["count"] == 7 and held["ledger"]["due"] is None
    assert held["consent"]["count"] == 1 and held["do_not_call"]["count"] == 1
    said = dialer("--dir", busy.root, "audit", "retention")
    assert said.code == 0 and "5 calls of telemarketing" in said.out and "16 CFR 310.5(a)(2)" in said.out


def test_relationships_and_erasures_are_held_too(dialer, floor):
    floor.business(ADA, date(2026, 11, 1))
    assert dialer("--dir", floor.root, "audit", "erase", "--number", OTHER, "--reason", "letter").code == 0
    answer = json.loads(dialer("--dir", floor.root, "audit", "retention", "--json").out)
    held = {each["records"]: each for each in answer["held"]}
    assert (held["business_relationship"]["count"], held["business_relationship"]["due"]) == (1, 0)
    assert held["erasure"]["count"] == 1 and held["erasure"]["due"] is None
    with floor.world.store() as store, store.reading() as tx:
        later = {each.records: each for each in holdings(tx, load(), TIME.replace(year=2032))}
    assert later["business_relationship"].due == 1 and later["erasure"].due is None


def test_an_empty_floor_holds_nothing(dialer, floor):
    said = dialer("--dir", floor.root, "audit", "retention")
    assert said.code == 0 and "Nothing is held yet" in said.out


def due_calls(floor, at) -> int | None:
    with floor.world.store() as store, store.reading() as tx:
        return next(each.due for each in holdings(tx, load(), at) if each.records == "calls")


def test_calls_are_due_the_day_after_their_last_and_are_what_an_erasure_removes(busy):
    assert due_calls(busy, TIME.replace(year=2031)) == 0
    assert due_calls(busy, TIME.replace(year=2031, day=18)) == 5


def test_calls_on_a_debt_that_was_called_about_since_are_not_due(floor):
    floor.sql("UPDATE campaign SET scope = 'debt_collection'")
    floor.sql(f"UPDATE lead SET debt_id = 'd1' WHERE lead_id = (SELECT lead_id FROM phone WHERE number = '{OTHER}')")
    floor.decide(ADA)
    floor.decide(OTHER, TIME.replace(year=2028))
    assert due_calls(floor, TIME.replace(year=2030)) == 0
    assert due_calls(floor, TIME.replace(year=2032)) == 2
