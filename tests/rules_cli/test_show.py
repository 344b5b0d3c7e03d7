"""`dialer rules show`: every rule once, in words, with its authority; what binds in a place; the house's own rules."""

import json
from collections import Counter
from pathlib import Path

import pytest

from dnc.rules import load
from dnc.rules.listing import KINDS, listing, places_of

STRICTER = """
[[window]]
id = "US-FL.tm"
jurisdiction = "US-FL"
scope = "telemarketing"
mon_fri = ["09:00-19:00"]
sat = ["09:00-19:00"]
sun = []
holiday = "as_day"
citation = "house rule [bold]9[/bold] \\u001b[31m"
status = "policy"
approved_by = "counsel, 2026-05-01"

[[suspension]]
jurisdiction = "US-LA"
from = 2026-09-24
until = 2026-09-30
reason = "hurricane"
"""


@pytest.fixture(scope="module")
def book():
    return load()


def rules_of(said) -> dict[str, dict]:
    assert said.code == 0, said.err
    return {row["id"]: row for row in json.loads(said.out)["rules"]}


def test_every_rule_is_listed_exactly_once(book):
    tables = (book.windows, book.caps, book.sources, book.consents, book.abandonments, book.retentions)
    wanted = Counter(rule.id for table in (*tables, book.identities, book.calendar_rules) for rule in table)
    rows = listing(book)
    assert Counter(row.rule for row in rows) == wanted
    assert [KINDS.index(row.kind) for row in rows] == sorted(KINDS.index(row.kind) for row in rows)


def test_every_rule_says_in_one_line_what_it_demands_and_on_what_authority(book):
    for row in listing(book):
        assert row.what.strip() and "\n" not in row.what, row.rule
        assert row.origin.endswith(".toml")
        if row.kind != "calendar":
            assert row.citation and row.status and row.jurisdictions, row.rule


def test_a_city_is_bound_by_its_own_rules_those_of_its_state_and_its_country(book):
    assert places_of("US-NY-NYC") == ("US", "US-NY", "US-NY-NYC")
    there = {row.rule for row in listing(book, "US-NY-NYC")}
    assert {"US-NY-NYC.dc", "US-NY.tm", "US.tm.tsr", "US.ndnc"} <= there
    assert not any(rule.startswith(("US-FL", "GB", "CA")) for rule in there)
    assert "US-NY.tm" not in {row.rule for row in listing(book, "US")}


def test_rules_of_several_states_bind_in_each_of_them(book):
    assert "US.state" in {row.rule for row in listing(book, "US-TX")}
    assert "US.state" not in {row.rule for row in listing(book, "US-NY")}
    assert "US.state.pewc" in {row.rule for row in listing(book, "US-OK")}
    assert "US.state" not in {row.rule for row in listing(book, "US")}


def test_rules_are_shown_outside_of_a_working_folder(dialer):
    said = dialer("rules", "show")
    assert said.code == 0 and "16 CFR 310.4(c)" in said.out and "shipped rules" in said.out
    assert "Not legal advice" in said.out


def test_a_folder_that_was_named_must_exist(dialer, tmp_path: Path, monkeypatch):
    assert dialer("--dir", tmp_path / "nowhere", "rules", "show").code == 1
    monkeypatch.setenv("DIALER_HOME", str(tmp_path / "nowhere"))
    said = dialer("rules", "show")
    assert said.code == 1 and "nowhere" in said.err and said.err.count("\n") == 1


def test_the_houses_own_rules_are_in_force_and_say_who_approved_them(dialer, house: Path):
    (house / "rules" / "own.toml").write_text(STRICTER)
    rules = rules_of(dialer("--dir", house, "rules", "show", "us-fl", "--json"))
    assert rules["US-FL.tm"]["what"].startswith("Mon-Fri 09:00-19:00")
    assert rules["US-FL.tm"]["approved_by"] == "counsel, 2026-05-01" and rules["US-FL.tm"]["file"] == "own.toml"
    closed = rules_of(dialer("--dir", house, "rules", "show", "US-LA", "--json"))["US-LA.suspension"]
    assert "hurricane" in closed["what"] and closed["effective_until"] == "2026-09-30"
    said = dialer("--dir", house, "rules", "show", "US-FL")
    assert "approved by" in said.out and "counsel," in said.out and "overlays in" in said.out


def test_a_rule_file_cannot_speak_to_the_terminal(dialer, house: Path):
    (house / "rules" / "own.toml").write_text(STRICTER)
    said = dialer("--dir", house, "rules", "show", "US-FL")
    assert said.code == 0 and "\x1b" not in said.out
    assert "[bold]9[/bold]" in said.out


@pytest.mark.parametrize("place", ["US-ZZ", "XX", "nonsense", "DE-QQ", "[red]"])
def test_a_place_nobody_knows_is_one_line_and_exit_4(dialer, place: str):
    said = dialer("rules", "show", place)
    assert said.code == 4 and said.out == ""
    assert place.upper() in said.err and said.err.count("\n") == 1 and "refused" in said.err


def test_a_state_without_rules_of_its_own_shows_those_of_its_country(dialer):
    rules = rules_of(dialer("rules", "show", "US-VT", "--json"))
    assert "US.tm.tsr" in rules and not any(rule.startswith("US-") for rule in rules)


def test_the_json_says_whether_a_rule_binds_today(dialer):
    rules = rules_of(dialer("rules", "show", "US", "--json"))
    assert set(rules["US.tm.tsr"]) == {
        "id", "kind", "jurisdictions", "calls", "what", "citation", "status", "evidence",
        "effective_from", "effective_until", "in_force", "approved_by", "file",
    }  # fmt: skip
    assert rules["US.tm.tsr"]["in_force"] is True and rules["US.tm.tsr"]["kind"] == "window"
    assert rules["US.regf"]["kind"] == "retention" and "3 years" in rules["US.regf"]["what"]
