"""The rule tables: strict to read, dated, hashed, and changed by overlays only as allowed."""

import re
from datetime import date
from pathlib import Path

import pytest

from dnc.rules import RulesError, load
from dnc.rules.document import rules_page
from dnc.rules.loading import SHIPPED_FILES
from dnc.rules.reading import clock_interval

ROOT = Path(__file__).parents[2]

WINDOW = """
[[window]]
id = "{id}"
jurisdiction = "{place}"
scope = "telemarketing"
mon_fri = ["{hours}"]
sat = []
sun = []
holiday = "as_day"
citation = "a test"
status = "policy"
{more}
"""


def overlay(folder, text, name="own.toml"):
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def book():
    return load()


def test_the_shipped_tables_are_read_whole(book):
    assert (len(book.windows), len(book.caps), len(book.calendar_rules), len(book.sources)) == (69, 24, 22, 17)
    assert {r.id for r in book.abandonments} == {"US.tsr", "US.fcc", "CA.crtc", "GB.ofcom", "IN.trai", "POLICY"}


def test_every_rule_that_can_refuse_has_a_citation_and_a_status(book):
    for rule in (*book.windows, *book.caps, *book.sources, *book.consents, *book.abandonments):
        assert rule.citation and rule.status, rule.id


def test_the_version_is_the_hash_of_the_files_and_moves_with_them(book, tmp_path):
    assert re.fullmatch(r"[0-9a-f]{16}", book.version)
    assert load().version == book.version
    one = load(overlay(tmp_path / "a", WINDOW.format(id="US-NC.own", place="US-NC", hours="09:00-20:00", more="")))
    two = load(overlay(tmp_path / "b", WINDOW.format(id="US-NC.own", place="US-NC", hours="09:00-19:00", more="")))
    assert len({book.version, one.version, two.version}) == 3


@pytest.mark.parametrize(
    ("more", "hours", "problem"),
    [
        ('colour = "red"', "08:00-21:00", "own.toml: [[window]] US-NC.own: colour: is not a key of this table"),
        ('applies = "robots"', "08:00-21:00", "'robots' is unknown; write one of 'all', 'live'"),
        ("", "8:00-21:00", "'8:00-21:00' is not a range of the clock; write it as 08:00-21:00"),
        ("", "21:00-08:00", "does not run forward within one day"),
        ("", "08:00-24:30", "does not run forward within one day"),
        ('effective_from = "soon"', "08:00-21:00", "'soon' is not a date; write it as 2026-01-31"),
        ('holiday_calendar = "US-FED"', "08:00-21:00", "goes with holiday banned or window, and only with them"),
    ],
)
def test_an_unknown_key_or_value_stops_everything_with_one_clear_sentence(tmp_path, more, hours, problem):
    text = WINDOW.format(id="US-NC.own", place="US-NC", hours=hours, more=more)
    with pytest.raises(RulesError) as error:
        load(overlay(tmp_path / "o", text))
    assert problem in str(error.value)
    assert "No call is placed until it is." in str(error.value)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("this is not toml", "own.toml: is not TOML"),
        ("[[wnidow]]\nid = 'x'\n", "[[wnidow]] is not a table of rules"),
        ("[window]\nid = 'x'\n", "write [[window]] with double brackets"),
        ("[[calendar]]\nid = 'X'\nbase = \"__import__('os')\"\n", "is not understood; write holidays.US"),
        ("[[calendar]]\nid = 'X'\nexplicit_2027 = ['2026-01-01']\n", "must list dates of 2027"),
        ("[[calendar]]\nid = 'X'\ndays = [{name = 'a', rule = 'tomorrow'}]\n", "'tomorrow' is not understood"),
        ("[fallback]\nresearch = 'debt_collection'\n", "[fallback] is already given"),
        ("[[suspension]]\njurisdiction = 'US-LA'\nfrom = 2026-09-24T06:00:00\nreason = 'x'\n", "has no offset"),
        ("[[suspension]]\njurisdiction = 'Louisiana'\nfrom = 2026-09-24\nreason = 'x'\n", "is not a jurisdiction"),
    ],
)
def test_a_half_understood_file_is_no_rule_file(tmp_path, text, problem):
    with pytest.raises(RulesError) as error:
        load(overlay(tmp_path / "o", text))
    assert problem in str(error.value)


def test_a_missing_overlay_folder_is_an_error_and_not_an_empty_one(tmp_path):
    with pytest.raises(RulesError, match="is not a folder of rule files"):
        load(tmp_path / "nowhere")


def test_an_id_stands_once_in_a_folder(tmp_path):
    row = WINDOW.format(id="US-NC.own", place="US-NC", hours="09:00-20:00", more="")
    with pytest.raises(RulesError, match="appears twice"):
        load(overlay(tmp_path / "o", row + row))


def test_a_window_that_names_an_unknown_calendar_is_refused(tmp_path):
    row = WINDOW.format(id="US-NC.own", place="US-NC", hours="09:00-20:00", more='holiday_calendar = "NOPE"')
    with pytest.raises(RulesError, match="'NOPE' does not exist"):
        load(overlay(tmp_path / "o", row.replace('"as_day"', '"banned"')))


def test_a_stricter_overlay_row_needs_no_approval(tmp_path):
    text = WINDOW.format(id="US-NY.tm", place="US-NY", hours="09:00-20:00", more="")
    changed = load(overlay(tmp_path / "o", text))
    (row,) = [w for w in changed.windows if w.id == "US-NY.tm"]
    assert row.mon_fri == ((9 * 3600, 20 * 3600),)


@pytest.mark.parametrize(
    ("hours", "more"), [("07:00-21:00", ""), ("08:00-22:00", ""), ("09:00-20:00", 'waivers = ["smile"]')]
)
def test_a_looser_overlay_row_needs_approved_by(tmp_path, hours, more):
    text = WINDOW.format(id="US-NY.tm", place="US-NY", hours=hours, more=more)
    with pytest.raises(RulesError, match="approved_by"):
        load(overlay(tmp_path / "a", text))
    approved = load(overlay(tmp_path / "b", text + 'approved_by = "Jane Counsel, 2026-11-20"\n'))
    (row,) = [w for w in approved.windows if w.id == "US-NY.tm"]
    assert row.approved_by == "Jane Counsel, 2026-11-20"


def test_ending_a_shipped_rule_early_is_looser(tmp_path):
    text = WINDOW.format(id="US-NY.tm", place="US-NY", hours="09:00-20:00", more='effective_until = "2026-01-01"')
    with pytest.raises(RulesError, match="approved_by"):
        load(overlay(tmp_path / "o", text))


def test_caps_lists_consents_and_rates_can_be_made_stricter_only(tmp_path):
    shipped = {n: (ROOT / "dnc" / "data" / n).read_text(encoding="utf-8") for n in SHIPPED_FILES}

    def row(file, table, rule):
        blocks = re.split(r"(?m)^(?=\[\[)", shipped[file])
        (found,) = [b for b in blocks if b.startswith(f"[[{table}]]") and f'\nid = "{rule}"\n' in b]
        return found

    cases = [
        ("frequency_caps.toml", "cap", "US-FL.tm.3in24", "limit = 3", "limit = 2", "limit = 4"),
        ("frequency_caps.toml", "cap", "US-FL.tm.3in24", "n = 24", "n = 48", "n = 12"),
        ("dnc_sources.toml", "dnc", "US.ndnc", "max_age_days = 31", "max_age_days = 7", "max_age_days = 32"),
        ("dnc_sources.toml", "dnc", "US.ndnc", "required = true", "required = true", "required = false"),
        ("abandonment.toml", "abandonment", "US.tsr", "max_rate = 0.03", "max_rate = 0.01", "max_rate = 0.05"),
        ("consent_retention.toml", "retention", "US.regf", "retain_years = 3", "retain_years = 7", "retain_years = 1"),
        ("consent_retention.toml", "consent", "DE.optin", '"pewc", ', "", '"pewc", "none", '),
    ]
    for i, (file, table, rule, old, stricter, looser) in enumerate(cases):
        text = row(file, table, rule)
        assert old in text
        load(overlay(tmp_path / f"s{i}", text.replace(old, stricter)))
        with pytest.raises(RulesError, match="approved_by"):
            load(overlay(tmp_path / f"l{i}", text.replace(old, looser)))


def test_rules_are_in_force_from_and_until_their_dates(book):
    caps = {c.id: c for c in book.caps}
    two, three = caps["US-NY-NYC.dc.2in7"], caps["US-NY-NYC.dc.3in7"]
    assert two.in_force(date(2026, 12, 31)) and not three.in_force(date(2026, 12, 31))
    assert not two.in_force(date(2027, 1, 1)) and three.in_force(date(2027, 1, 1))


def test_a_state_implies_its_country_and_an_unknown_state_binds_every_state(book):
    florida = book.bound(("US-FL",), "telemarketing", "predictive")
    assert [w.id for w in florida.windows] == ["US.tm.tsr", "US-FL.tm"]
    unknown = book.bound(("US",), "telemarketing", "predictive")
    assert {"UNKNOWN.strictest", "US-RI.tm", "US-KY.tm", "US-ME.tm.auto"} <= {w.id for w in unknown.windows}
    assert book.bound(("US", "US-ZZ"), "telemarketing", "predictive").jurisdictions == unknown.jurisdictions


def test_a_state_without_a_row_is_governed_by_the_country(book):
    assert [w.id for w in book.bound(("US-NC",), "telemarketing", "manual").windows] == ["US.tm.tsr"]
    assert [w.id for w in book.bound(("CA-ON",), "telemarketing", "manual").windows] == ["CA.tm"]


def test_automated_rows_bind_dialers_and_not_people(book):
    auto = {w.id for w in book.bound(("US-SD",), "telemarketing", "predictive").windows}
    hand = {w.id for w in book.bound(("US-SD",), "telemarketing", "manual").windows}
    assert auto - hand == {"US-SD.tm.atds"}
    assert {m: "US-SD.tm.atds" in {w.id for w in book.bound(("US-SD",), "telemarketing", m).windows}
            for m in ("predictive", "progressive", "ratio", "prerecorded", "preview", "manual")} == {
        "predictive": True, "progressive": True, "ratio": True, "prerecorded": True, "preview": False, "manual": False,
    }  # fmt: skip


def test_a_purpose_without_rows_is_held_to_telemarketing_hours(book):
    assert [w.id for w in book.bound(("US-FL",), "charity", "manual").windows] == ["US.tm.tsr", "US-FL.tm"]
    assert [w.id for w in book.bound(("AU",), "research", "manual").windows] == ["AU.research"]
    assert [w.id for w in book.bound(("US-FL",), "debt_collection", "manual").windows] == ["US.dc.regf", "US-FL.dc"]


def test_clock_ranges_end_at_midnight_at_the_latest():
    assert clock_interval("00:00-24:00") == (0, 86400)
    with pytest.raises(ValueError, match="forward"):
        clock_interval("08:00-08:00")


def test_the_rules_page_is_up_to_date(book):
    page = (ROOT / "docs" / "compliance" / "rules.md").read_text(encoding="utf-8")
    assert page == rules_page(book), "run: python -m dnc.rules.document > docs/compliance/rules.md"


def test_no_rule_is_missing_on_the_rules_page(book):
    page = rules_page(book)
    for rule in (*book.windows, *book.caps, *book.sources, *book.consents, *book.calendar_rules, *book.abandonments):
        assert f"`{rule.id}`" in page
