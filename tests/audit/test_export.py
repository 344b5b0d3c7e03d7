"""`dialer audit export`: everything on record about one number, provable by itself, readable, and harmless to read."""

import json
import re
import stat
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
from case_world import ADA, BOB, FORMULA, NAME, SECOND, TIME

from dialer.reports.reasons import REASONS, check_words, reason_words
from dnc.ledger import entry_hash
from dnc.values import Code


def case_of(dialer, floor, number: str = ADA) -> dict:
    said = dialer("--dir", floor.root, "audit", "export", "--number", number)
    assert said.code == 0, said.err
    return json.loads(said.out)


class Page(HTMLParser):
    """Tags, attributes and text of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.text += data


def page_of(dialer, floor, number: str = ADA) -> tuple[str, Page]:
    file = floor.root / "out" / "case.html"
    said = dialer("--dir", floor.root, "audit", "export", "--number", number, "--html", file)
    assert said.code == 0 and said.out == "" and str(file) in said.err, said
    text = file.read_text(encoding="utf-8")
    return text, Page(text)


def test_the_case_file_holds_everything_about_the_number_and_nothing_about_others(dialer, busy):
    busy.said("call-1", "NO", "asked for Bob")
    busy.suppress(ADA)
    busy.suppress("+1212XXXXXXX", scope="areacode")
    busy.suppress(BOB)
    busy.consent(ADA)
    case = case_of(dialer, busy, "212 555 0140")
    assert case["number"] == ADA and case["zones"] == ["America/New_York"]
    assert [each["seq"] for each in case["decisions"]] == [1, 3, 5, 7]
    assert [each["call_id"] for each in case["calls"]] == ["call-1", "call-3"]
    assert case["calls"][0]["dispositions"][0]["notes"] == "asked for Bob"
    assert [each["number"] for each in case["do_not_call"]] == [ADA, "+1212XXXXXXX"]
    (lead,) = case["leads"]
    assert (lead["first_name"], lead["file_name"], lead["line"]) == (NAME, "people.csv", 2)
    assert [phone["number"] for phone in lead["phones"]] == [ADA, SECOND] and lead["custom"] == {"colour": "blue"}
    assert [each["source"] for each in case["consents"]] == ["forms.csv", "list people.csv, line 2"]
    assert BOB not in json.dumps(case).replace("asked for Bob", "") and "bob@example" not in json.dumps(case)


def test_each_decision_has_its_reasons_in_words_with_citations_and_data_versions(dialer, busy):
    refused = case_of(dialer, busy)["decisions"][2]
    assert refused["allowed"] is False and refused["code"] == "HOURS_STATE"
    (reason,) = refused["failed"]
    assert reason["words"] == REASONS[Code.HOURS_STATE] and "399-" in reason["citation"]
    assert reason["saw"] == "21:30; open 08:00-21:00"
    assert {each["rule"] for each in refused["passed"]} == {"US.tm.tsr", "internal"}
    assert all(each["words"] and each["citation"] for each in refused["passed"])
    assert refused["versions"]["US.ndnc"] == busy.national and refused["versions"]["tzdata"] == "2026.6"


def test_the_lists_consulted_are_named_with_version_source_and_dates(dialer, busy):
    uses = {each["name"]: each for each in case_of(dialer, busy)["lists"]}
    national = uses["US.ndnc"]
    assert national["version"] == busy.national and national["decisions"] == 4
    assert national["source_file"] == "US.ndnc.txt" and len(national["source_sha256"]) == 64
    assert national["obtained_at"] and national["first"] < national["last"]
    assert uses["rules"]["version"] == "0" * 16


def test_each_row_proves_itself_and_the_chain_it_stands_in(dialer, busy):
    case = case_of(dialer, busy)
    for row in case["decisions"]:
        assert row["hash"] == entry_hash(row["prev_hash"], row["seq"], row["body"]) and row["in_chain"] is True
    assert case["ledger"]["intact"] is True and case["ledger"]["rows"] == 7
    assert case["decisions"][-1]["hash"] == case["ledger"]["head"]
    assert dialer("--dir", busy.root, "audit", "verify", "--head", case["ledger"]["head"]).code == 0


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE ledger SET body = replace(body, 'evergreen', 'other') WHERE seq = 3",
        "UPDATE ledger SET at = 'x' WHERE seq = 3",
    ],
)
def test_a_broken_ledger_is_exported_all_the_same_and_says_so(dialer, busy, tampering: str, tmp_path: Path):
    busy.sql(tampering)
    files = tmp_path / "case.json", tmp_path / "case.html"
    said = dialer("--dir", busy.root, "audit", "export", "--number", ADA, "--json", files[0], "--html", files[1])
    assert said.code == 1 and "broken at row 3" in said.err
    case = json.loads(files[0].read_text())
    assert case["ledger"]["intact"] is False and case["ledger"]["broken"] == 3
    proved = {row["seq"]: row["in_chain"] for row in case["decisions"]}
    assert proved[1] is True and proved[5] is False and not proved.get(3)
    assert "ledger is broken at row 3" in " ".join(Page(files[1].read_text()).text.split())


def test_a_row_slipped_in_beside_the_chain_is_not_passed_off_as_a_decision(dialer, busy, tmp_path: Path):
    busy.sql(
        "INSERT INTO ledger SELECT -1, at, campaign, lead_id, number, allowed, code, body, prev_hash, hash "
        "FROM ledger WHERE seq = 1"
    )
    file = tmp_path / "case.json"
    assert dialer("--dir", busy.root, "audit", "export", "--number", ADA, "--json", file).code == 1
    assert [row["in_chain"] for row in json.loads(file.read_text())["decisions"] if row["seq"] == -1] == [False]


def test_the_page_is_a_timeline_on_the_persons_clock_in_words(dialer, busy):
    busy.said("call-1", "NO")
    busy.suppress(ADA, at=TIME + timedelta(hours=9))
    text = " ".join(page_of(dialer, busy)[1].text.split())
    moments = [text.index(f"{hour}:00:00 EST (America/New_York)") for hour in (12, 14, 17, 19, 21)]
    assert moments == sorted(moments)
    assert "Refused: outside of the hours that the state allows" in text
    assert "2 calls, every one on a decision that allowed it; refused 2 times." in text
    assert "16 CFR 310.4(c)" in text and "NO by maria" in text and "Do not call: put on the list of the company" in text


def test_a_call_without_a_decision_that_allows_it_is_never_called_lawful(dialer, busy, tmp_path: Path):
    busy.sql("UPDATE attempt SET ledger_seq = 5 WHERE call_id = 'call-1'")
    file = tmp_path / "case.html"
    assert dialer("--dir", busy.root, "audit", "export", "--number", ADA, "--html", file).code == 1
    text = " ".join(Page(file.read_text()).text.split())
    assert "without a proved decision that allowed them: call-1" in text and "every one on a decision" not in text


def test_nothing_in_the_data_becomes_markup_or_is_hidden_from_the_reader(dialer, busy):
    trick = '</td><img src=x onerror="alert(1)">{{ 7 * 7 }}\u202egpj.exe\x1b[31m\x00'
    busy.said("call-1", "NO", trick)
    busy.suppress(ADA, reason=trick, source=trick, by=trick)
    text, page = page_of(dialer, busy)
    assert not {"script", "img", "iframe", "link", "a", "form", "object"} & set(page.tags)
    assert not any(name.startswith("on") or name in ("src", "href") for name, _ in page.attributes)
    assert "default-src 'none'" in text and "http:" not in re.sub(r"http://example\.invalid", "", text)
    assert NAME in page.text and FORMULA in page.text and "{{ 7 * 7 }}" in page.text
    assert "\u202e" not in text and "\x1b" not in text and "\x00" not in text and "\\u202e" in text


def test_formulas_stay_text_in_the_json(dialer, busy):
    assert case_of(dialer, busy)["leads"][0]["last_name"] == FORMULA


def test_the_files_are_for_their_owner_only(dialer, busy, tmp_path: Path):
    json_file, html_file = tmp_path / "deep" / "case.json", tmp_path / "case.html"
    html_file.write_text("old")
    html_file.chmod(0o644)
    words = ("audit", "export", "--number", ADA, "--json", json_file, "--html", html_file)
    assert dialer("--dir", busy.root, *words).code == 0
    for file in (json_file, html_file):
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert json.loads(json_file.read_text())["number"] == ADA and html_file.read_text() != "old"
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith(".")] == []


@pytest.mark.parametrize("option", ["--json", "--html"])
def test_a_file_that_cannot_be_written_is_one_line(dialer, busy, tmp_path: Path, option: str):
    (tmp_path / "plain").write_text("")
    for target in (tmp_path / "plain" / "case", tmp_path):
        said = dialer("--dir", busy.root, "audit", "export", "--number", ADA, option, target)
        assert said.code == 1 and "cannot be written" in said.err and said.err.count("\n") == 1


@pytest.mark.parametrize(("number", "code"), [("+12125550199", 4), ("nobody", 1), ("+1212XXXXXXX", 1), ("", 1)])
def test_a_number_that_nobody_knows_is_one_line(dialer, busy, number: str, code: int):
    said = dialer("--dir", busy.root, "audit", "export", "--number", number)
    assert said.code == code and said.out == "" and said.err.count("\n") == 1, said


def test_a_number_of_which_only_an_entry_is_known_has_a_page_too(dialer, floor):
    floor.suppress("+12125550188")
    text = " ".join(page_of(dialer, floor, "+12125550188")[1].text.split())
    assert "On none of our lists" in text and "Do not call" in text and "0 calls; never refused" in text


def test_every_code_has_words_and_an_unknown_one_stands_for_itself():
    assert set(REASONS) == set(Code)
    assert reason_words("OF_LATER") == "OF_LATER" and check_words("of.later") == ""
    assert check_words("client evergreen") and check_words("US-TX.list") and check_words("campaign.4ever")
