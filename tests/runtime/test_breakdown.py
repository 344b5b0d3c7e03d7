"""Counting by columns is counting in memory, on random books, group by group, and after every correction."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest
from books import BEGIN, Book

from dialer.reports.breakdown import LABELS, Breakdown
from dialer.reports.build import Report, build_report
from dialer.reports.calls import day_of
from dialer.reports.kpis import all_kpis
from dialer.reports.records import DayRecords
from dialer.runtime import reporting
from dialer.runtime.breakdown import report_by
from dialer.runtime.reporting import Span
from dialer.store import calls, erasures, frames, lead_groups, people

FLOOR = (
    ("day", "evergreen", "America/New_York"),
    ("dusk", "evergreen", "Asia/Kolkata"),
    ("night", "rival", "America/New_York"),
)
#: A quarter of an hour is cut on both sides, and a day's clock changes within (1 November 2026).
SPAN = Span(BEGIN + timedelta(hours=9, microseconds=3), BEGIN + timedelta(days=4, hours=3, seconds=17), "virtual", 7)
WHOLE = Span(BEGIN, BEGIN + timedelta(days=5), "virtual", 7)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Book, Report, DayRecords]:
    """A book that tests only look at, with the report in memory of its first campaign."""
    made = Book(tmp_path_factory.mktemp("shared") / "w", *FLOOR)
    made.fill(seed=20)
    return made, *rows_of(made, "day")


@pytest.fixture
def book(tmp_path: Path) -> Book:
    made = Book(tmp_path / "w", *FLOOR)
    made.fill(seed=20)
    return made


def columns_of(book: Book, names: list[str], by: str = "", span: Span = SPAN) -> Breakdown:
    with book.store() as store:
        return report_by(book.workspace, store, [book.workspace.campaign(name) for name in names], span, by, "x")


def rows_of(book: Book, name: str, span: Span = SPAN) -> tuple[Report, DayRecords]:
    """The report of the rows in memory, and the records it was made of."""
    kept: list[DayRecords] = []

    def keep(records: DayRecords, *more: object) -> Report:
        kept.append(records)
        return build_report(records, *more)

    with pytest.MonkeyPatch.context() as patch, book.store() as store:
        patch.setattr(reporting, "build_report", keep)
        built = reporting.report_of(store, book.workspace.campaign(name), span)
    return built, kept[0]


def figures(kpis: object) -> dict[str, object]:
    return {kpi.key: (kpi.value, kpi.numerator, kpi.denominator) for kpi in kpis}


def same(found: dict[str, object], wanted: dict[str, object], but: set[str] = frozenset()) -> None:
    """Whole numbers exactly, sums of time to the last digits of a double."""
    assert found.keys() == wanted.keys()
    for key in found.keys() - but:
        for here, there in zip(found[key], wanted[key], strict=True):
            assert close(here, there), (key, found[key], wanted[key])


def close(found: float | None, wanted: float | None) -> bool:
    return found == wanted or (None not in (found, wanted) and math.isclose(found, wanted, rel_tol=1e-9))


@pytest.mark.parametrize("seed", [1])
def test_all_figures_of_a_campaign_are_those_of_its_rows(tmp_path: Path, seed: int):
    book = Book(tmp_path / "w", *FLOOR)
    book.fill(seed, calls=[0, 220][seed - 1])
    for name in book.names[1:2]:
        plain, _ = rows_of(book, name)
        found = columns_of(book, [name])
        same(figures(found.kpis), figures(plain.kpis))
        assert plain.kpi("kept_rate").denominator is not None, "payments are known"
        for key in ("abandonment", "refusals", "penetration", "promises"):
            rows = found.table(key).rows
            rows = tuple(row[1:] for row in rows) if key == "abandonment" else rows
            wanted = plain.table(key).rows
            if key == "abandonment":  # the rows in memory reach back a month only, and say so
                assert len(rows) == len(wanted) > 0
            assert sorted(map(str, rows)) == sorted(map(str, wanted)), key


@pytest.mark.parametrize("by", ["list", "pass", "agent", "hour", "caller_id", "result", "language"])
def test_every_figure_of_every_group_is_that_of_the_groups_rows(shared: tuple[Book, Report, DayRecords], by: str):
    name, (book, _, records) = "day", shared
    campaign = book.workspace.campaign(name)
    table = columns_of(book, [name], by).table("groups")
    attempts = records.attempts
    with book.store() as store, store.reading() as tx:
        whole = frames.attempts(tx, name, BEGIN - timedelta(days=1), SPAN.until)
        leads = {lead: (listed, spoken) for lead, listed, spoken in lead_groups.leads_of(tx, {name: campaign.language})}
    nth = whole.sort_values("placed_at").groupby("lead_id").cumcount() + 1
    local = whole["placed_at"].dt.tz_convert(campaign.hours.timezone)
    key_of = {
        "list": whole["lead_id"].map(lambda lead: leads[lead][0]),
        "pass": nth,
        "agent": whole["agent_id"].fillna("(none)"),
        "hour": local.dt.strftime("%H:00"),
        "day": local.dt.strftime("%Y-%m-%d"),
        "caller_id": whole["caller_id"].where(whole["caller_id"] != "", "(none)"),
        "result": whole["result"].fillna("open"),
        "language": whole["lead_id"].map(lambda lead: leads[lead][1]),
    }[by]
    keys = attempts["call_id"].map(dict(zip(whole["call_id"], key_of, strict=True)))
    inside = attempts["placed_at"] >= SPAN.since
    assert set(keys[inside]) <= set(table.column(by)) and len(table.rows) > 1
    not_of_calls = {
        "occupancy", "utilisation", "handle_time", "average_wait", "dials_per_agent_hour", "agents", "agent_hours",
        "conversations_per_agent_hour", "refusals", "penetration_1", "penetration_3", "kept_rate",
    }  # fmt: skip
    for row in table.rows[:7]:
        mine = attempts[(keys == row[0]) & inside]
        part = replace(records, attempts=mine.reset_index(drop=True))
        wanted = {kpi.key: kpi.value for kpi in all_kpis(day_of(part).tally)}
        found = dict(zip([column.key for column in table.columns][1:], row[1:], strict=True))
        assert found.keys() == wanted.keys()
        for key in found.keys() - not_of_calls:
            assert close(found[key], wanted[key]), (row[0], key, found[key], wanted[key])
        if by in ("list", "pass", "caller_id", "result", "language"):
            assert found["occupancy"] is None and found["refusals"] is None, "nobody can know it of such a group"


def test_agents_time_is_cut_at_the_hours_of_each_clock_and_nothing_is_lost(shared: tuple[Book, Report, DayRecords]):
    book, _, _ = shared
    total = columns_of(book, ["day", "dusk"])
    for by in ("hour", "agent"):
        table = columns_of(book, ["day", "dusk"], by).table("groups")
        assert sum(table.column("agent_hours")) == pytest.approx(total.kpi("agent_hours").value)
        assert sum(table.column("dials")) == total.kpi("dials").value
    # Each local day of one zone by its own report in memory.
    table = columns_of(book, ["day"], "day", WHOLE).table("groups")
    zone = book.workspace.campaign("day").hours.timezone
    for name, hours, occupancy, refused in zip(
        *(table.column(key)[3:5] for key in ("day", "agent_hours", "occupancy", "refusals")), strict=True
    ):
        begin = pd.Timestamp(name, tz=zone)
        end = (begin + pd.DateOffset(days=1)).to_pydatetime()
        span = Span(max(begin.to_pydatetime(), WHOLE.since), min(end, WHOLE.until))
        plain, _ = rows_of(book, "day", span)
        assert close(hours, plain.kpi("agent_hours").value)
        assert close(occupancy, plain.kpi("occupancy").value)
        assert refused == plain.kpi("refusals").value


def test_a_clients_report_never_shows_anothers_figures(book: Book):
    own = columns_of(book, ["day", "dusk"], "client")
    assert own.campaigns == (("day", "evergreen"), ("dusk", "evergreen"))
    assert own.table("groups").column("client") == ("evergreen",)
    before = (own.kpis, own.tables)
    with book.store() as store, store.writing() as tx:  # whatever the other client does
        for table in ("attempt", "agent_change", "ledger"):
            tx.driver.execute("DROP TRIGGER IF EXISTS ledger_no_update")
            if table != "ledger":
                tx.driver.execute(f"UPDATE {table} SET agent_id = 'eve' WHERE campaign = 'night'")
    again = columns_of(book, ["day", "dusk"], "client")
    assert (again.kpis, again.tables) == before
    text = str(again)
    assert "night" not in text and "rival" not in text and "eve'" not in text
    every = columns_of(book, book.names, "client").table("groups")
    assert every.column("client") == ("evergreen", "rival")
    assert every.column("dials")[0] == own.kpi("dials").value


def test_corrections_after_a_day_was_written_are_in_the_next_report(book: Book):
    folder = book.workspace.reports_dir / "facts" / "days" / "day"
    first = columns_of(book, ["day"], "", WHOLE)
    written = sorted(folder.glob("*.parquet"))
    assert len(written) >= 10, "closed days are on disk"
    stamps = {path: path.stat().st_mtime_ns for path in written}
    columns_of(book, ["day"], "", WHOLE)
    assert {path: path.stat().st_mtime_ns for path in written} == stamps, "and are written once"

    with book.store() as store, store.writing() as tx:  # a late disposition
        (call,) = tx.driver.execute(
            "SELECT call_id FROM attempt WHERE campaign = 'day' AND call_id NOT IN (SELECT call_id FROM disposition)"
            " ORDER BY placed_at LIMIT 1"
        ).fetchone()
        late = datetime(2026, 11, 20, tzinfo=BEGIN.tzinfo)
        calls.add_disposition(tx, call, agent_id="ann", code="SALE", flags={"contact", "conversion"}, at=late)
    second = columns_of(book, ["day"], "", WHOLE)
    assert second.kpi("contacts").value == first.kpi("contacts").value + 1
    same(figures(second.kpis), figures(rows_of(book, "day", WHOLE)[0].kpis))

    with book.store() as store, store.writing() as tx:  # an erasure past its retention takes the call itself
        (number,) = tx.driver.execute("SELECT number FROM attempt WHERE call_id = ?", (call,)).fetchone()
        erasures.add(tx, [number], at=late, by="olga", reason="letter")
        assert people.remove_calls(tx, [call]) == 1
    third = columns_of(book, ["day"], "", WHOLE)
    assert third.kpi("dials").value == first.kpi("dials").value - 1
    same(figures(third.kpis), figures(rows_of(book, "day", WHOLE)[0].kpis))


def test_the_files_hold_nothing_that_says_who_was_called(shared: tuple[Book, Report, DayRecords]):
    book, _, _ = shared
    import pyarrow.parquet as pq

    columns_of(book, book.names)
    names = {
        name
        for path in (book.workspace.reports_dir / "facts").rglob("*.parquet")
        for name in pq.read_schema(path).names
    }
    assert names == {
        "campaign", "lead_id", "result", "agent", "caller_id", "amd_machine", "message_played", "flags", "placed",
        "ringing", "answered", "bridged", "ended", "agent_id", "state", "at", "change_id", "code",
    }  # fmt: skip


def test_every_group_has_a_label():
    from dialer.cli.report import _GROUPS
    from dialer.store.column_counts import BY

    assert set(_GROUPS) == set(LABELS) == set(BY)
