"""Rows: cleaned, placed, deduplicated, and every one accounted for."""

import csv
import json
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from campaigns.lists import LEAD_COLUMNS, PHONE_COLUMNS, ContactList, ListError, load_list
from campaigns.lists.notes import safe_cell

NOW = datetime(2026, 11, 22, tzinfo=UTC)
FORMATS = Path(__file__).parents[2] / "data/compliance/formats"
EXPECTED = [
    entry
    for line in (FORMATS / "EXPECTED.jsonl").read_text(encoding="utf-8").splitlines()
    if (entry := json.loads(line))["file"].startswith("leads/")
]


@pytest.fixture
def load(tmp_path):
    def load(text, **options):
        path = tmp_path / "list.csv"
        path.write_text(text, encoding="utf-8", newline="")
        return load_list(path, now=NOW, **options)

    return load


def rejects(loaded):
    return [(reject.line, reject.effect, reject.code) for reject in loaded.rejects]


def warned(loaded):
    return {warning.code: warning.count for warning in loaded.warnings}


@pytest.mark.parametrize("entry", EXPECTED, ids=[entry["file"] for entry in EXPECTED])
def test_the_sample_files(entry):
    if entry["expected"] == "reject_file":
        with pytest.raises(ListError, match="--encoding"):
            load_list(FORMATS / entry["file"])
        return
    loaded = load_list(FORMATS / entry["file"], now=NOW)
    assert loaded.leads["phone"].tolist() == entry["numbers"]
    assert len(loaded.warnings) == len(entry.get("warnings", []))


def test_the_columns_are_the_documented_ones(load):
    loaded = load("phone\n2125550123\n")
    assert tuple(loaded.leads.columns) == LEAD_COLUMNS
    assert tuple(loaded.phones.columns) == PHONE_COLUMNS
    assert str(loaded.leads["consent_at"].dtype) == "datetime64[us, UTC]"
    empty = load("phone,state\n")
    assert tuple(empty.leads.columns) == LEAD_COLUMNS
    assert len(empty.leads) == len(empty.phones) == 0


def test_a_full_row(load):
    loaded = load(
        "account_id,debt_id,creditor,phone,phone_type,phone2,first_name,state,zip,consent_type,consent_at,consent_ref,"
        "balance,due_date,attorney,cease,priority,language,colour\n"
        'A1,D1,First Bank,(850) 555-0102,home,850-555-0103,Ann,FL,32501,PEWC,2026-05-01T10:00:00-04:00,f-1,"$1,234.50",'
        "2026-12-31,Smith & Co,no,5,en,red\n"
    )
    lead = loaded.leads.iloc[0]
    assert lead["person_id"] == "A1"
    assert (lead["debt_id"], lead["creditor"], lead["balance"], lead["currency"]) == (
        "D1",
        "First Bank",
        "1234.50",
        "USD",
    )
    assert lead["due_date"] == "2026-12-31"
    assert lead["consent_basis"] == "pewc"
    assert lead["consent_at"] == pd.Timestamp("2026-05-01T14:00:00Z")
    assert lead["attorney"]
    assert not lead["cease"]
    assert lead["zones"] == ("America/Chicago",)
    assert lead["place_key"] == "US,US-FL|America/Chicago"
    key = "US,US-FL|America/Chicago"
    assert lead["phones"] == [
        ("+18505550102", "fixed_line_or_mobile", "home", key),
        ("+18505550103", "fixed_line_or_mobile", "", key),
    ]
    assert loaded.phones["slot"].tolist() == [0, 1]
    assert json.loads(lead["custom"]) == {"colour": "red"}


def test_a_person_without_id_is_the_first_number(load):
    assert load("phone\n2125550123\n").leads["person_id"].tolist() == ["+12125550123"]


def test_a_number_that_an_earlier_row_got_is_the_same_person(load):
    loaded = load("phone,phone2\n8505550146,\n8505550146,2125550123\n")
    assert loaded.leads["person_id"].tolist() == ["+18505550146", "+18505550146"]
    assert loaded.phones["e164"].tolist() == ["+18505550146", "+12125550123"]


def test_duplicates_households_and_the_campaigns_own(load):
    loaded = load(
        "phone,first_name\n2125550101,Ann\n212-555-0101,ann\n(212) 555-0101,Bob\n2125550102,Cid\n2125550103,Dan\n",
        existing={"+12125550102"},
    )
    assert rejects(loaded) == [
        (3, "row is a duplicate", "DUPLICATE"),
        (4, "row is a duplicate", "HOUSEHOLD"),
        (5, "row is a duplicate", "IN_CAMPAIGN"),
    ]
    assert loaded.leads["phone"].tolist() == ["+12125550101", "+12125550103"]


def test_a_number_of_an_earlier_lead_is_dropped_and_the_rest_kept(load):
    loaded = load("phone,phone2\n2125550101,\n2125550101,2125550102\n2125550103,2125550103\n")
    assert loaded.leads["phone"].tolist() == ["+12125550101", "+12125550102", "+12125550103"]
    assert rejects(loaded) == [(3, "number dropped", "DUPLICATE")]


def test_a_bad_number_beside_a_good_one_is_dropped(load):
    loaded = load("phone,phone2,phone3\nx,2125550101,\n,2125550102,8005550199\n")
    assert loaded.leads["phone"].tolist() == ["+12125550101", "+12125550102"]
    assert rejects(loaded) == [(2, "number dropped", "LETTERS"), (3, "number dropped", "TOLL_FREE")]


def test_refused_rows_say_why(load):
    loaded = load(
        "phone,timezone,country\n2125550101 x4,,\n2125550102,EST,\n2125550103,,Narnia\n2125550104,+05:00,\n"
        "2125550105,,,,extra\n,,US\n２１２5550106,,\n"
    )
    assert rejects(loaded) == [
        (2, "row refused", "EXTENSION"),
        (3, "row refused", "TIMEZONE"),
        (4, "row refused", "COUNTRY"),
        (5, "row refused", "TIMEZONE"),
        (6, "row refused", "COLUMNS"),
        (7, "row refused", "EMPTY"),
        (8, "row refused", "FOREIGN_DIGITS"),
    ]
    assert loaded.rejects[0].value == "2125550101 x4"
    assert loaded.funnel.refused == loaded.funnel.read == 7


def test_consent_in_doubt_is_none(load):
    loaded = load(
        "phone,consent_basis,consent_at\n2125550101,pewc,2026-05-01\n2125550102,pewc,\n2125550103,express,05/01/2026\n"
        "2125550104,pewc,2031-01-01T00:00:00Z\n2125550105,,\n2125550106,revoked,\n"
    )
    assert loaded.leads["consent_basis"].tolist() == ["pewc", "none", "none", "none", "none", "revoked"]
    assert loaded.leads["consent_at"].notna().tolist() == [True, False, False, False, False, False]
    assert warned(loaded) == {"CONSENT_ZONE": 1, "CONSENT_UNDATED": 1, "CONSENT_DATE": 1, "CONSENT_FUTURE": 1}


def test_a_consent_that_no_rule_knows_is_said_with_its_lines(load):
    text = (
        "phone,consent_basis,consent_at\n2125550101,PEWC,2026-05-01T00:00Z\n2125550102,verbal,2026-05-01T00:00Z\n"
        f"2125550103,revoked,\n2125550104,opt in,\n2125550105,{'x' * 99},2026-05-01T00:00Z\n2125550106,none,\n"
    )
    loaded = load(text, bases=("pewc", "express"))
    (said,) = (each for each in loaded.warnings if each.code == "CONSENT_BASIS")
    assert (said.count, said.lines) == (3, (3, 5, 6))
    assert "grants nothing; use express, pewc, revoked, none" in said.message
    assert loaded.leads["consent_basis"].tolist()[:4] == ["pewc", "verbal", "revoked", "none"]
    assert "CONSENT_BASIS" not in warned(load(text))


@pytest.mark.parametrize(
    "word", ["revoked", "Opt-Out", "opted out", "WITHDRAWN", "do not call", "unsubscribed", "declined"]
)
def test_every_word_for_a_revocation_is_one(load, word):
    loaded = load(f"phone,consent_basis,consent_at\n2125550101,{word},2026-05-01T00:00Z\n", bases=("pewc",))
    assert loaded.leads["consent_basis"].tolist() == ["revoked"]
    assert not warned(loaded)


def test_a_state_that_is_none_is_said(load):
    loaded = load(
        "phone,state,country\n2125550101,Kalifornia,\n2125550102,ny,US\n2125550103,US-NY,US\n2125550104,,US\n"
        "2125550105,AE,US\n4165550106,ON,CA\n4165550107,NY,CA\n02079460108,Kent,GB\n7875550109,PR,PR\n"
    )
    (said,) = (each for each in loaded.warnings if each.code == "STATE_UNKNOWN")
    assert said.lines == (2, 8)


def test_past_business_is_read_by_the_names_it_comes_under(load):
    for bought, asked in (
        ("last_transaction", "last_inquiry"),
        ("Last Purchase Date", "Enquiry Date"),
        ("last-order", "last_application"),
    ):
        leads = load(f"phone,{bought},{asked}\n2125550101,2026-09-30,2026-10-01T08:00:00-05:00\n2125550102,,\n").leads
        assert leads["last_transaction"].tolist() == ["2026-09-30", ""]
        assert leads["last_inquiry"].tolist() == ["2026-10-01", ""]
        assert leads["custom"].tolist() == ["{}", "{}"]


@pytest.mark.parametrize("bad", ["09/30/2026", "2026-02-30", "2026-9-3", "yes", "20260930", "2026-09-30x"])
def test_a_day_of_past_business_in_doubt_is_left_out_and_said(load, bad):
    loaded = load(f"phone,last_transaction,last_inquiry\n2125550101,{bad},2026-11-23\n2125550102,2026-11-22,{bad}\n")
    assert loaded.leads["last_transaction"].tolist() == ["", "2026-11-22"]
    assert loaded.leads["last_inquiry"].tolist() == ["", ""]
    assert warned(loaded) == {"TRANSACTION_DATE": 1, "INQUIRY_DATE": 1, "INQUIRY_FUTURE": 1}


@pytest.mark.parametrize(
    ("given", "kept"), [("2108", "02108"), ("2108-1234", "02108-1234"), ("2108.0", "02108"), ("10001", "10001")]
)
def test_zips_get_their_zero_back(load, given, kept):
    loaded = load(f"phone,zip\n6175550101,{given}\n")
    assert loaded.leads["postal_code"].tolist() == [kept]
    assert ("ZIP_PADDED" in warned(loaded)) is given.startswith("2108")


def test_other_countries_postal_codes_are_left_alone(load):
    loaded = load("phone,zip,country\n0255500101,2000,Australia\n", default_country="AU")
    assert loaded.leads["postal_code"].tolist() == ["2000"]
    assert loaded.leads["jurisdictions"].tolist() == [("AU", "AU-NSW")]


def test_what_cannot_be_read_is_left_out_and_told(load):
    loaded = load('phone,balance,due_date,priority\n2125550101,"1.234,50",31.12.2026,high\n')
    lead = loaded.leads.iloc[0]
    assert (lead["balance"], lead["due_date"], lead["priority"]) == ("", "", 0)
    assert set(warned(loaded)) == {"BALANCE", "DUE_DATE", "PRIORITY"}


@pytest.mark.parametrize(
    ("text", "flag"), [("", False), ("0", False), ("No", False), ("1", True), ("y", True), ("Jane Roe, Esq.", True)]
)
def test_flags(load, text, flag):
    assert load(f'phone,attorney,cease\n2125550101,"{text}","{text}"\n').leads[["attorney", "cease"]].iloc[
        0
    ].tolist() == [flag, flag]


def test_the_campaigns_country_reads_numbers_but_is_no_address(load):
    loaded = load("phone\n020 7946 0123\n+12125550101\n", default_country="GB")
    assert loaded.leads["country"].tolist() == ["GB", "US"]
    assert loaded.leads["place_conflict"].tolist() == [False, False]


def test_an_unknown_place_is_told(load):
    loaded = load("phone,zip\n2125550101,09012\n")
    assert loaded.leads["zones"].tolist() == [()]
    assert warned(loaded) == {"NO_PLACE": 1}


def test_the_reject_file_is_safe_in_a_spreadsheet(load, tmp_path):
    target = tmp_path / "rejects.csv"
    load("phone\n=1+1\n+12125550101 x3\n-\n2125550101\n2125550101\n", rejects_to=target)
    with target.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["value"] for row in rows] == ["'=1+1", "'+12125550101 x3", "'-", "'+12125550101"]
    assert [row["line"] for row in rows] == ["2", "3", "4", "6"]
    assert safe_cell("@x") == "'@x"
    assert safe_cell("2125550101") == "2125550101"


def test_chunks_remember_each_other(tmp_path):
    path = tmp_path / "list.csv"
    names = ["Ann", "Ann", "Bob"] * 7
    path.write_text(
        "phone,first_name\n" + "".join(f"212555{100 + n // 3:04d},{name}\n" for n, name in enumerate(names))
    )
    with ContactList(path, chunk_rows=2, now=NOW) as contacts:
        chunks = list(contacts)
    assert len(chunks) == 11
    assert [phone for chunk in chunks for phone in chunk.leads["phone"]] == [f"+12125550{n}" for n in range(100, 107)]
    kinds = [reject.code for chunk in chunks for reject in chunk.rejects]
    assert kinds == ["DUPLICATE", "HOUSEHOLD"] * 7
    whole = load_list(path, now=NOW, chunk_rows=3)
    assert whole.phones["lead"].tolist() == list(range(7))


cells = st.sampled_from(
    [
        "",
        " ",
        "2125550101",
        "212-555-0102",
        "+44 20 7946 0123",
        "x",
        "8005550199",
        "US",
        "Narnia",
        "America/Chicago",
        "EST",
    ]
)


@given(st.lists(st.tuples(cells, cells, cells, cells), max_size=8), st.integers(2, 5))
@settings(max_examples=25, deadline=None)
def test_the_funnel_adds_up(tmp_path_factory, rows, chunk_rows):
    path = tmp_path_factory.mktemp("funnel") / "list.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([("phone", "phone2", "country", "timezone"), *rows])
    loaded = load_list(path, now=NOW, chunk_rows=chunk_rows)
    funnel = loaded.funnel
    assert funnel.read == len(rows) == funnel.empty + funnel.refused + funnel.valid
    assert funnel.valid == funnel.duplicate + funnel.loaded
    assert funnel.loaded == len(loaded.leads)
    effects = [reject.effect for reject in loaded.rejects]
    assert effects.count("row refused") == funnel.refused
    assert effects.count("row is a duplicate") == funnel.duplicate
    assert loaded.phones["e164"].is_unique
    assert loaded.leads["phone"].isin(loaded.phones["e164"]).all()
