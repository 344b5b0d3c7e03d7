"""Evidence for the gate: what each list that binds a number says of it, and that doubt is never silence."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone

import numpy as np
import pytest
from registry_kit import NOW, SAMPLES, at_now, e164, flat_text

from dnc.registries import STATUSES, RegistryStore, binding_of

CARY = 919_555_0100
TORONTO = 416_555_0100
DAY = timedelta(days=1)


def said(store, number, at=NOW, name=""):
    found = [e for e in store.evidence(number, at) if not name or e.name == name]
    assert len(found) == 1, found
    return found[0]


@pytest.mark.parametrize(
    ("number", "name", "days"),
    [
        ("+19195550101", "US.ndnc", 31),
        ("+17875550101", "US.ndnc", 31),  # Puerto Rico
        ("+14165550101", "CA.dncl", 31),
        ("+442079460101", "GB.tps", 28),
        ("+61255500101", "AU.dncr", 30),
        ("+6561234567", "SG.dnc", 21),
        ("+911155550101", "IN.ncpr", 0),
        ("+393331234567", "IT.rpo", 15),
    ],
)
def test_a_list_that_binds_and_was_never_imported_is_missing(store, number, name, days):
    evidence = said(store, number)
    assert (evidence.kind, evidence.name, evidence.status) == ("national", name, "missing")
    assert evidence.max_age_days == days
    assert "dialer dnc import FILE --format" in evidence.detail


def test_countries_without_a_list_have_none_and_an_unknown_area_code_is_not_covered(store):
    assert store.evidence("+358401234567", NOW) == []
    assert said(store, "+15005550100").status == "missing"


def test_lists_out_of_force_are_not_asked_for(store):
    assert store.evidence("+33145550100", NOW) == []  # France: opt-in since 2026-08-11
    assert said(store, "+33145550100", datetime(2026, 8, 1, tzinfo=NOW.tzinfo)).name == "FR.bloctel"


def test_age_is_counted_in_days_from_the_day_obtained(store, flat):
    store.import_file(flat([CARY]), "us_ndnc", obtained_at=NOW, options=at_now())
    for days, status in [(0, "fresh"), (31, "fresh"), (32, "stale")]:
        evidence = said(store, e164(CARY), NOW + days * DAY)
        assert (evidence.age_days, evidence.status, evidence.listed) == (days, status, True)
    assert "32 days old, at most 31 are allowed" in said(store, e164(CARY + 1), NOW + 32 * DAY).detail
    # Midnight is where the list was obtained, not where the server stands.
    chicago = timezone(timedelta(hours=-6))
    store.import_file(
        flat([CARY]), "us_ndnc", obtained_at=datetime(2026, 11, 1, 23, 0, tzinfo=chicago), options=at_now()
    )
    assert said(store, e164(CARY), datetime(2026, 11, 2, 5, 59, tzinfo=NOW.tzinfo)).age_days == 0
    assert said(store, e164(CARY), datetime(2026, 11, 2, 6, 0, tzinfo=NOW.tzinfo)).age_days == 1


def test_an_area_code_never_downloaded_is_missing(store, flat):
    store.import_file(flat([CARY]), "us_ndnc", options=at_now())
    assert said(store, e164(CARY + 1)).status == "fresh"
    evidence = said(store, "+12125550100")
    assert (evidence.status, evidence.version) == ("missing", store.current("US.ndnc").version)
    assert "area code 212" in evidence.detail


def test_each_country_of_plus_one_has_its_own_list(store, flat):
    store.import_file(flat([TORONTO]), "ca_dncl", options=at_now())
    assert (said(store, e164(TORONTO)).name, said(store, e164(TORONTO)).listed) == ("CA.dncl", True)
    assert said(store, e164(CARY)).status == "missing"


def test_a_washed_number_is_listed_or_clear_and_an_unwashed_one_is_missing(store, tmp_path):
    store.import_file(
        SAMPLES / "au_dncr" / "warn_result_invalid_flag.csv", "au_dncr", obtained_at=NOW, options=at_now()
    )
    assert (said(store, "+61255500101").status, said(store, "+61255500101").listed) == ("fresh", True)
    assert said(store, "+61255500102").listed  # refused as invalid: nobody cleared it
    assert not said(store, "+61491570006").listed
    assert said(store, "+61491570156").status == "missing"
    assert "never sent" in said(store, "+61491570156").detail
    # A later wash of other numbers keeps these answers, with their own age.
    later = tmp_path / "later.csv"
    later.write_text("0491570156,N\n")
    store.import_file(later, "au_dncr.result", obtained_at=NOW + 20 * DAY, options=at_now(now=NOW + 20 * DAY))
    assert said(store, "+61491570006", NOW + 30 * DAY).age_days == 30
    assert said(store, "+61491570006", NOW + 31 * DAY).status == "stale"
    assert said(store, "+61491570156", NOW + 31 * DAY).age_days == 11


def test_singapore_is_washed_and_refused_numbers_are_not_clear(store, tmp_path):
    (tmp_path / "wash_input.csv").write_text("61234567\n81234567\n")
    result = tmp_path / "result.csv"
    result.write_text("Number,No Voice Call,No Text Message\n61234567,Y,N\n81234567,N,N\n")
    assert store.import_file(result, "sg_dnc", options=at_now()).outcome == "accept"
    store.import_file(SAMPLES / "sg_dnc" / "errors.csv", "sg_dnc", options=at_now())
    assert [said(store, f"+65{n}").listed for n in ("61234567", "81234567", "1234567")] == [True, False, True]
    assert said(store, "+6591234567").status == "missing"
    result.write_text("Number,No Voice Call,No Text Message\n61234567,Y,N\n")
    report = store.import_file(result, "sg_dnc", options=at_now())
    assert report.outcome == "reject_file" and "NOT clear" in report.warnings[0]


def test_the_reassigned_numbers_database_answers_number_by_number(store, tmp_path):
    path = tmp_path / "answers.csv"
    path.write_text("9195550101,2026-01-10,yes\n9195550102,2026-01-10,no\n9195550103,2026-01-10,no_data\n")
    report = store.import_file(path, "us_rnd", options=at_now())
    assert report.numbers == ("yes:+19195550101", "no:+19195550102", "no_data:+19195550103")
    tags = [store.answer("US.rnd", e164(CARY + n)) for n in range(1, 5)]
    assert [tag and tag[0].name for tag in tags] == ["LISTED", "CLEAR", "NO_DATA", None]
    assert [e.name for e in store.evidence(e164(CARY), NOW)] == ["US.ndnc"]  # no list: the gate asks apart


def test_state_lists_bind_by_area_code_and_by_where_the_person_lives(store, flat):
    dallas = 214_555_0100
    assert {e.name for e in store.evidence(e164(dallas), NOW)} == {"US.ndnc", "US-TX.state"}
    store.import_file(flat([dallas, CARY]), "us_state", registry="US-TX.state", options=at_now())
    evidence = said(store, e164(dallas), name="US-TX.state")
    assert (evidence.kind, evidence.jurisdiction, evidence.listed) == ("state", "US-TX", True)
    assert [e.name for e in store.evidence(e164(CARY), NOW)] == ["US.ndnc"]
    moved = {e.name: e for e in store.evidence(e164(CARY), NOW, ("US", "US-NC", "US-TX"))}
    assert moved["US-TX.state"].listed and "US-NC.state" not in moved


def test_lists_the_operator_requires_are_missing_until_imported(tmp_path, flat):
    store = RegistryStore(tmp_path / "r", required=["US.litigator", "US-NC.state"])
    assert {e.name: e.status for e in store.evidence(e164(CARY), NOW)} == {
        "US.ndnc": "missing",
        "US.litigator": "missing",
        "US-NC.state": "missing",
    }
    store.import_file(SAMPLES / "litigator" / "litigators.csv", "litigator", options=at_now())
    evidence = said(store, "+19195550190", NOW + 900 * DAY, "US.litigator")
    assert (evidence.kind, evidence.status, evidence.listed) == ("litigator", "fresh", True)


def test_wireless_blocks_and_ported_numbers(store):
    folder = SAMPLES / "us_wireless"
    store.import_file(folder / "wireless_blocks.txt", "us_wireless", options=at_now())
    store.import_file(folder / "ported_wireline_to_wireless.txt", "us_wireless", options=at_now())
    found = {e.name: e for e in store.evidence("+19195550999", NOW)}
    assert (found["US.wireless.blocks"].kind, found["US.wireless.blocks"].listed) == ("wireless", True)
    assert not found["US.wireless.ported"].listed
    assert said(store, "+19195552000", name="US.wireless.blocks").listed is False
    assert said(store, "+19195550101", NOW + 16 * DAY, "US.wireless.ported").status == "stale"


def test_british_and_indian_lists(store):
    store.import_file(SAMPLES / "gb_tps" / "full_with_spaces.txt", "gb_tps", options=at_now())
    assert said(store, "+442079460101").listed and not said(store, "+442079460102").listed
    assert said(store, "+442079460101", NOW + 29 * DAY).status == "stale"
    store.import_file(SAMPLES / "in_ncpr" / "legacy_ncpr.csv", "in_ncpr", options=at_now())
    numbers = [f"+91115555010{n}" for n in (1, 2, 3)]
    assert [said(store, n).listed for n in numbers] == [True, True, False]
    assert said(store, numbers[0], NOW + DAY).status == "stale"  # real time: a day is too old


def test_a_column_of_numbers_is_told_what_each_is_told(store, flat, tmp_path):
    store.import_file(flat([CARY, 212_555_0100]), "us_ndnc", obtained_at=NOW - 40 * DAY, options=at_now())
    store.import_file(flat([CARY, CARY + 5]), "us_ndnc", obtained_at=NOW, options=at_now())
    store.import_file(flat([214_555_0100]), "us_state", registry="US-TX.state", options=at_now())
    store.import_file(SAMPLES / "gb_tps" / "full_with_spaces.txt", "gb_tps", options=at_now())
    store.import_file(SAMPLES / "au_dncr" / "warn_result_invalid_flag.csv", "au_dncr", options=at_now())
    (store.root / "CA.dncl").mkdir()
    (store.root / "CA.dncl" / "CURRENT").write_text("damaged")
    texts = [e164(CARY + n) for n in range(8)]
    texts += ["+12125550100", "+12125550101", "+13125550100", "+12145550100", "+14165550100", "+18005550100"]
    texts += ["+442079460101", "+441632960199", "+61255500101", "+61491570006", "+61491570156", "+6561234567"]
    texts += ["+358401234567", "+911155550101", "+33145550100"]
    columns = store.evidence_columns(np.array([int(t[1:]) for t in texts], dtype=np.uint64), NOW)
    for row, text in enumerate(texts):
        one = {
            (e.name, e.status, e.listed, -1 if e.age_days is None else e.age_days) for e in store.evidence(text, NOW)
        }
        many = {
            (c.binding.name, STATUSES[c.status[row]], bool(c.listed[row]), int(c.age_days[row]))
            for c in columns
            if c.bound[row]
        }
        assert one == many, text


def test_evidence_is_fast_enough_for_every_dial(store, tmp_path):
    path = tmp_path / "list.txt"
    path.write_text(flat_text(range(919_550_0000, 919_560_0000)))
    store.import_file(path, "us_ndnc", options=at_now())
    numbers = [e164(919_550_0000 + 37 * n) for n in range(2_000)]
    best = min(_timed(store, numbers) for _ in range(5))
    assert best < 100e-6  # about 12 us alone on a core; room for a busy machine


def _timed(store, numbers):
    start = time.perf_counter()
    for number in numbers:
        store.evidence(number, NOW)
    return (time.perf_counter() - start) / len(numbers)


def test_every_binding_has_its_format_and_citation():
    from dnc.registries import FORMATS, all_bindings, format_names

    for binding in all_bindings().values():
        assert binding.format in format_names()
        assert binding.citation or binding.kind == "litigator"
    fed = {entry.registry for entry in FORMATS.values() if entry.registry}
    assert all(binding_of(name).name == name for name in fed)
