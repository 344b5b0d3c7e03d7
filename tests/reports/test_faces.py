"""Terminal, JSON, CSV and HTML tell the same figures, and nothing in the data can act in any of them."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
import time
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from rich.console import Console

import dialer.reports as public
from dialer.reports.build import Report, build_report
from dialer.reports.example import empty_records, example_records
from dialer.reports.export import csv_cell, from_json, hours_to_csv, table_to_csv, to_csv, to_json
from dialer.reports.html import to_html
from dialer.reports.records import DayRecords, LedgerCheck
from dialer.reports.terminal import ledger_line, print_report

EVIL = "<script>alert('x')</script> [bold]$a_b$ &amp; --> \"><img src=x onerror=alert(1)>"
VOID = {"meta", "br", "img", "input", "link", "hr"}


@pytest.fixture(scope="module")
def page(report: Report) -> str:
    return to_html(report)


class _Reader(HTMLParser):
    """Collects tags, ids and references, and refuses markup that is not closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.ids: list[str] = []
        self.references: list[str] = []
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        if tag not in VOID:
            self.open.append(tag)
        for name, value in attrs:
            self.attributes.add(name)
            if name == "id":
                self.ids.append(value or "")
            if name in ("href", "src", "xlink:href", "action"):
                self.references.append(value or "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.open.pop()

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def read(text: str) -> _Reader:
    reader = _Reader()
    reader.feed(text)
    reader.close()
    assert not reader.open
    return reader


def terminal(report: Report, width: int = 160) -> str:
    written = io.StringIO()
    print_report(report, Console(file=written, width=width, color_system=None))
    return written.getvalue()


def test_every_face_shows_the_same_figures(report: Report, page: str) -> None:
    printed = re.sub(r"\s+", " ", terminal(report))
    data = {row["key"]: row for row in json.loads(to_json(report))["kpis"]}
    rows = {row["key"]: row for row in csv.DictReader(io.StringIO(to_csv(report)))}
    for kpi in report.kpis:
        assert data[kpi.key]["value"] == kpi.value
        assert rows[kpi.key]["value"] == ("" if kpi.value is None else str(kpi.value))
        assert rows[kpi.key]["formula"].removeprefix("'") == kpi.formula
        assert f"{kpi.label} {kpi.text}" in printed
        assert re.search(
            rf"{re.escape(kpi.label)}</th>\s*<td class=\"value\">{re.escape(kpi.text)}</td>",
            page.replace("&#39;", "'"),
        )
    assert report.headline in page
    assert report.headline in printed
    assert len(rows) == len(data) == len(report.kpis)


def test_json_reads_back_as_the_same_report(report: Report) -> None:
    assert from_json(to_json(report)) == report
    with pytest.raises(ValueError, match="format"):
        from_json("{}")


def test_json_instants_carry_their_zone(report: Report) -> None:
    found = json.loads(to_json(report))
    assert found["since"] == "2026-12-01T14:00:00+00:00"
    health = next(table for table in found["tables"] if table["key"] == "health")
    assert health["rows"][0][0] == "2026-12-01T09:00:00-05:00"


def test_the_page_needs_nothing_from_outside(page: str) -> None:
    assert not re.search(r"https?:|//\w|@import|url\((?!#)", page)
    found = read(page)
    assert not found.tags & {"script", "link", "img", "iframe", "object", "base", "form"}
    assert all(reference.startswith("#") for reference in found.references)
    assert not any(name.startswith("on") for name in found.attributes)
    assert "default-src 'none'" in page


def test_ids_are_unique_and_every_drawing_has_a_title_and_its_table(page: str) -> None:
    found = read(page)
    assert len(set(found.ids)) == len(found.ids)
    assert {reference[1:] for reference in found.references} <= set(found.ids)
    drawings = page.count("<svg ")
    assert drawings == 12
    assert page.count('role="img" aria-labelledby=') == drawings
    assert page.count("<summary>The numbers</summary>") == drawings
    assert "#0a0b0" not in page  # every placeholder became a variable of the page


def test_names_are_text_in_every_face(records: DayRecords) -> None:
    attempts = records.attempts.assign(list_id=EVIL, jurisdiction=EVIL)
    talks = attempts["agent_id"].notna()
    attempts.loc[talks, "agent_id"] = EVIL
    meta = replace(
        records.meta,
        name=EVIL,
        client=EVIL,
        funnel=((EVIL, 5),),
        ledger=LedgerCheck(intact=False, rows=1, detail=EVIL),
    )
    evil = build_report(
        replace(
            records,
            meta=meta,
            attempts=attempts,
            dispositions=records.dispositions.assign(agent_id=EVIL, code=EVIL),
            agent_changes=records.agent_changes.assign(agent_id=EVIL),
            campaign_changes=records.campaign_changes.assign(why=EVIL),
            refusals=records.refusals.assign(code=EVIL),
        )
    )
    text = to_html(evil)
    found = read(text)
    assert "<script" not in text
    assert not found.tags & {"script", "img"}
    assert not any(name.startswith("on") for name in found.attributes)
    assert "[bold]$a_b$" in terminal(evil, width=400)
    assert from_json(to_json(evil)) == evil


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t=", "\r", "\n=", " =", "＝", "＋", "－", "＠"])
def test_no_csv_cell_is_a_formula(start: str) -> None:
    assert csv_cell(f"{start}cmd|' /C calc'!A0") == f"'{start}cmd|' /C calc'!A0"


def test_plain_csv_cells_stay_plain() -> None:
    assert [csv_cell(cell) for cell in ("ann", -3, -0.5, 0, None, True)] == ["ann", -3, -0.5, 0, "", True]


def test_csv_of_names_is_safe_and_of_hours_complete(records: DayRecords, report: Report) -> None:
    evil = build_report(replace(records, attempts=records.attempts.assign(list_id="=HYPERLINK(1)")))
    cells = [cell for row in csv.reader(io.StringIO(table_to_csv(evil.table("by_list")))) for cell in row]
    assert "'=HYPERLINK(1)" in cells
    hours = list(csv.DictReader(io.StringIO(hours_to_csv(report))))
    assert sum(int(row["dials"]) for row in hours) == report.kpi("dials").value
    assert hours[0]["utc"] == "2026-12-01T14:00:00+00:00"
    assert hours[0]["local"] == "09:00"


def test_an_empty_day_has_every_face() -> None:
    report = build_report(empty_records())
    text = to_html(report)
    read(text)
    assert "Nothing to show" in text
    assert ">-</td>" in text
    assert not re.search(r"\b(NaN|NaT|nan|inf)\b", to_json(report) + text)
    assert from_json(to_json(report)) == report
    assert terminal(report)


def test_the_ledger_line_says_what_was_checked(report: Report) -> None:
    assert "verifies" in ledger_line(report)
    assert "not checked" in ledger_line(replace(report, ledger=LedgerCheck(None)))
    assert "DOES NOT VERIFY" in ledger_line(replace(report, ledger=LedgerCheck(intact=False)))


def test_a_simulated_run_is_said_to_be_one(page: str) -> None:
    assert "A simulated run with seed 3" in page


def test_the_public_names_are_these_and_importing_them_is_cheap() -> None:
    assert set(public.__all__) == set(dir(public))
    for name in public.__all__:
        assert getattr(public, name) is not None
    with pytest.raises(AttributeError, match="nothing_here"):
        _ = public.nothing_here
    code = "import sys, dialer.reports; print({'pandas', 'matplotlib', 'jinja2', 'rich'} & set(sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "set()"


@pytest.mark.slow
def test_a_hundred_thousand_attempts_are_a_page_in_six_seconds() -> None:
    records = example_records(agents=120, hours=8.0, seed=5)
    assert len(records.attempts) > 95_000
    begin = time.process_time()
    text = to_html(build_report(records))
    assert time.process_time() - begin < 6.0
    assert len(text) < 2_000_000
