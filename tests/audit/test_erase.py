"""`dialer audit erase`: gone where the law lets the person go, kept where it does not, and never called again."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from case_world import ADA, BOB, NAME, OTHER, SECOND, TIME

from dialer.runtime import erasure
from dialer.runtime.asking import open_rulebook
from dialer.store import people
from dialer.store.schema import lead as lead_table

WORDS = ("--reason", "letter of 20 Nov")
KEPT_COLUMNS = {
    "lead_id", "campaign", "list_id", "line", "country", "owner", "priority", "consent_basis", "consent_at",
    "consent_ref", "consent_revoked_at", "consent_waives", "status", "status_why", "next_at", "leased_by", "leased_at",
    "leased_from", "retired", "place_ids", "callback_for",
}  # fmt: skip


def erase(dialer, floor, number: str = ADA, *more: str) -> dict:
    said = dialer("--dir", floor.root, "audit", "erase", "--number", number, *WORDS, "--json", *more)
    assert said.code == 0, said.err
    return json.loads(said.out)


def dump(floor) -> str:
    tables = ("lead", "phone", "attempt", "disposition", "suppression", "consent", "ledger", "block")
    return json.dumps({table: floor.sql(f"SELECT * FROM {table}") for table in tables}, default=str)


def erase_at(floor, at, number: str = ADA) -> erasure.Erasure:
    """The erasure as of another day."""
    with floor.world.store() as store, store.writing() as tx:
        book = open_rulebook(floor.world.workspace)
        planned = erasure.plan(tx, number, book=book, at=at, by="officer", reason="letter")
        erasure.carry_out(tx, planned)
    return planned


def test_every_column_of_a_lead_is_either_blanked_or_kept_on_purpose():
    assert set(people.PERSONAL) | KEPT_COLUMNS == set(lead_table.c.keys())
    assert not set(people.PERSONAL) & KEPT_COLUMNS


def test_the_personal_fields_are_blanked_and_nobody_elses(dialer, busy):
    answer = erase(dialer, busy)
    assert [lead["line"] for lead in answer["leads_blanked"]] == [2]
    lead = dump(busy)
    for gone in ("ada@example", "1 Main St", "blue", '"x1"'):
        assert gone not in json.dumps(busy.sql("SELECT * FROM lead")), gone
    assert "bob@example" in lead and "Carol" in lead
    first, last, custom, status, why = busy.sql(
        "SELECT first_name, last_name, custom, status, status_why FROM lead WHERE line = 2"
    )[0]
    assert (first, last, json.loads(custom), status) == ("", "", {}, "blocked")
    assert "letter of 20 Nov" in why and why.startswith("erased 20")


def test_none_of_the_persons_numbers_is_ever_called_again(dialer, busy):
    answer = erase(dialer, busy)
    assert answer["do_not_call"] == answer["newly_on_the_list"] == [ADA, SECOND]
    for number in (ADA, SECOND):
        said = dialer("--dir", busy.root, "why", number, "--campaign", "day", "--at", TIME.isoformat(), "--json")
        assert said.code == 3 and "DNC_INTERNAL" in json.loads(said.out)["reasons"]
    assert busy.sql("SELECT count(*) FROM phone JOIN lead USING (lead_id) WHERE line = 2 AND bad IS NULL") == [(0,)]
    assert busy.sql("SELECT place_ids FROM lead WHERE line = 2") == [("",)]


def test_the_erasure_itself_is_on_record_with_who_when_and_why(dialer, busy):
    busy.suppress(ADA)
    answer = erase(dialer, busy)
    assert answer["newly_on_the_list"] == [SECOND]
    rows = busy.sql(
        "SELECT reason, source, \"by\", scope, expires_at FROM suppression WHERE source = 'dialer audit erase'"
    )
    assert rows == [("erasure: letter of 20 Nov", "dialer audit erase", answer["by"], "company", None)] * 2
    assert answer["by"] and answer["at"]


def test_an_entry_that_would_end_is_followed_by_one_that_does_not(dialer, busy):
    busy.suppress(ADA, expires_at=TIME + timedelta(days=3650))
    busy.suppress(SECOND, scope="client", scope_id="evergreen")
    assert erase(dialer, busy)["newly_on_the_list"] == [ADA, SECOND]


def test_calls_consents_and_entries_are_kept_and_the_answer_says_by_which_rule_until_when(dialer, busy):
    kept = {each["what"]: each for each in erase(dialer, busy)["kept"]}
    calls = kept["calls with what became of them"]
    assert (calls["count"], calls["rule"], calls["until"]) == (2, "US.tsr.call_records", "2031-11-17")
    assert "310.5(a)(2)" in calls["citation"]
    consent = kept["consent records for evergreen"]
    assert (
        consent["rule"] == "US.tsr.consent"
        and "310.5(a)(8)" in consent["citation"]
        and consent["until"] >= "2031-11-17"
    )
    assert kept["do-not-call entries"]["until"] is None and "honoured for good" in kept["do-not-call entries"]["why"]
    assert kept["decisions in the ledger"]["count"] == 4 and "hash" in kept["decisions in the ledger"]["why"]
    assert busy.sql(f"SELECT count(*) FROM attempt WHERE number = '{ADA}'") == [(2,)]
    assert dialer("--dir", busy.root, "audit", "verify").code == 0


def test_the_name_that_the_law_wants_beside_a_consent_moves_to_the_consent_record_which_is_revoked(dialer, busy):
    answer = erase(dialer, busy)
    assert len(answer["names_moved_to_consent_records"]) == 1
    ((basis, given, revoked, honour_by, name, reason, source),) = busy.sql(
        "SELECT basis, given_at, revoked_at, honour_by, name, reason, source FROM consent"
    )
    assert basis == "pewc" and given.startswith("2026-05-04") and revoked is not None and honour_by > revoked[:10]
    assert NAME in name and "310.5(a)(8)" in reason and source == "list people.csv, line 2"
    assert erase(dialer, busy, BOB)["names_moved_to_consent_records"] == []  # Bob consented to nothing
    assert "Bob" not in json.dumps(busy.sql("SELECT * FROM lead")) + json.dumps(busy.sql("SELECT * FROM consent"))


def test_what_agents_wrote_is_blanked_and_what_the_call_was_is_kept(dialer, busy):
    busy.said("call-1", "NO", "Ada is in hospital")
    busy.said("call-2", "NO", "Bob is well")
    assert erase(dialer, busy)["notes_blanked"] == ["call-1"]
    assert busy.sql("SELECT code, notes FROM disposition ORDER BY 1, 2") == [("NO", ""), ("NO", "Bob is well")]


def test_notes_of_debt_collection_are_kept_for_they_are_evidence_of_how_it_was_done(dialer, busy):
    busy.said("call-1", "NO", "disputes the debt")
    busy.sql("UPDATE campaign SET scope = 'debt_collection'")
    answer = erase(dialer, busy)
    assert answer["notes_blanked"] == []
    calls = next(each for each in answer["kept"] if each["what"].startswith("calls"))
    assert calls["rule"] in ("US.regf", "US-NY-NYC.dc") and calls["until"] == "2029-11-17"


def test_the_years_of_a_debt_run_from_the_last_activity_on_it_on_whatever_number(floor):
    floor.sql("UPDATE campaign SET scope = 'debt_collection'")
    floor.sql(f"UPDATE lead SET debt_id = 'd1' WHERE lead_id = (SELECT lead_id FROM phone WHERE number = '{OTHER}')")
    floor.decide(ADA)
    floor.decide(OTHER, TIME + timedelta(days=300))
    after = TIME + timedelta(days=3 * 365 + 30)
    assert erase_at(floor, after).removed_calls == ()
    assert erase_at(floor, after + timedelta(days=300)).removed_calls == ("call-1",)


def test_what_is_past_its_retention_is_removed_but_for_the_chain(dialer, busy):
    busy.said("call-1", "NO", "notes")
    late = TIME + timedelta(days=5 * 366)
    planned = erase_at(busy, late)
    assert planned.removed_calls == ("call-1", "call-3") and planned.notes_of == ()
    assert busy.sql("SELECT count(*) FROM attempt") == [(3,)] and busy.sql("SELECT count(*) FROM disposition") == [(0,)]
    assert busy.sql("SELECT count(*) FROM ledger") == [(7,)]
    assert dialer("--dir", busy.root, "audit", "verify").code == 0
    assert [each.what for each in planned.kept if each.what.startswith("calls")] == []


def test_a_record_is_kept_through_its_last_day_and_no_longer(floor):
    floor.decide(ADA)
    last = TIME.replace(year=2031)
    assert erase_at(floor, last).removed_calls == ()
    assert erase_at(floor, last + timedelta(days=1)).removed_calls == ("call-1",)


def test_consents_past_their_retention_are_forgotten_and_revive_nothing(dialer, floor):
    floor.consent(ADA, TIME - timedelta(days=200))
    floor.consent(ADA, TIME - timedelta(days=200), revoked=TIME)
    planned = erase_at(floor, TIME.replace(year=2032))
    assert len(planned.removed_consents) == 2 and len(planned.forgotten) == 1 and planned.named == ()
    assert floor.sql("SELECT count(*) FROM consent") == [(0,)]
    assert floor.sql("SELECT consent_basis, consent_at, consent_ref FROM lead WHERE line = 2") == [("none", None, "")]
    assert NAME not in dump(floor)


def test_where_no_rule_is_known_nothing_is_removed(floor):
    floor.decide(ADA)
    floor.sql("UPDATE place SET jurisdictions = '[\"GB\"]'")
    planned = erase_at(floor, TIME.replace(year=2050))
    assert planned.removed_calls == ()
    assert any("no retention rule is known" in each.why for each in planned.kept)


def test_the_houses_own_longer_retention_is_heeded(floor):
    floor.decide(ADA)
    (floor.root / "rules").mkdir()
    rule = (
        '[[retention]]\nid = "US-NY.ours"\njurisdiction = "US-NY"\nscope = "telemarketing"\nretain_years = 7\n'
        'citation = "house rule"\nstatus = "policy"\n'
    )
    (floor.root / "rules" / "own.toml").write_text(rule)
    planned = erase_at(floor, TIME.replace(year=2032))
    assert planned.removed_calls == () and "US-NY.ours" in {each.rule for each in planned.kept}


def test_a_call_that_goes_on_is_kept_and_named(dialer, floor):
    floor.decide(ADA, state="ringing")
    planned = erase_at(floor, TIME.replace(year=2040))
    assert planned.live == ("call-1",) and planned.removed_calls == ()
    said = dialer("--dir", floor.root, "audit", "erase", "--number", ADA, *WORDS)
    assert said.code == 0 and "Call call-1 has no end yet" in said.out


def test_a_dry_run_says_the_same_and_changes_nothing(dialer, busy):
    before = dump(busy)
    dry = erase(dialer, busy, ADA, "--dry-run")
    assert dump(busy) == before and dry["dry_run"] is True and dry["changed"] is False
    done = erase(dialer, busy)
    assert done["changed"] is True
    same = (
        "leads_blanked",
        "newly_on_the_list",
        "notes_blanked",
        "calls_removed",
        "names_moved_to_consent_records",
        "kept",
    )
    assert {key: dry[key] for key in same} == {key: done[key] for key in same}


def test_erasing_twice_leaves_the_same_state(dialer, busy):
    erase(dialer, busy)
    before = dump(busy)
    again = erase(dialer, busy)
    assert again["changed"] is False and again["leads_blanked"] == [] and dump(busy) == before
    said = dialer("--dir", busy.root, "audit", "erase", "--number", ADA, *WORDS)
    assert said.code == 0 and "erased before" in said.out


def test_an_erased_person_is_not_revived_by_the_call_that_was_just_ending(busy):
    from dialer.store import hopper

    planned = erase_at(busy, TIME + timedelta(days=1))
    lead_id = planned.leads[0]["lead_id"]
    with busy.world.store() as store, store.writing() as tx:
        hopper.set_lead(tx, lead_id, "waiting", TIME, "no_answer; again in 20 min")
    assert busy.sql(f"SELECT status FROM lead WHERE lead_id = {lead_id}") == [("done",)]


def test_the_case_file_tells_of_the_erasure_and_no_longer_of_the_person(dialer, busy):
    erase(dialer, busy)
    case = json.loads(dialer("--dir", busy.root, "audit", "export", "--number", ADA).out)
    assert case["leads"][0]["first_name"] == "" and case["leads"][0]["status"] == "blocked"
    assert case["do_not_call"][-1]["reason"] == "erasure: letter of 20 Nov"
    assert len(case["decisions"]) == 4 and case["ledger"]["intact"]


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("--number", "+12125550199", "--reason", "x"), 4, "dialer dnc add"),
        (("--number", "nobody", "--reason", "x"), 1, "nobody"),
        (("--number", ADA, "--reason", " "), 2, "--reason"),
        (("--number", ADA), 2, "--reason"),
    ],
)
def test_a_mistake_is_named_and_changes_nothing(dialer, busy, words, code: int, says: str):
    before = dump(busy)
    said = dialer("--dir", busy.root, "audit", "erase", *words)
    assert said.code == code and says in " ".join(said.err.split()) and said.out == ""
    assert dump(busy) == before


def test_the_answer_in_words_names_what_is_left_to_people(dialer, busy, tmp_path: Path):
    said = dialer("--dir", busy.root, "audit", "erase", "--number", ADA, *WORDS)
    assert "people.csv" in said.out and "backups" in said.out and "until 2031-11-17" in said.out
    assert NAME not in said.out
