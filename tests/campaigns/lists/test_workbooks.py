"""Workbooks and Parquet files say what the same rows say as CSV, with the same lines; nothing unpacks without bound."""

from __future__ import annotations

import zipfile
from datetime import UTC, date, datetime
from decimal import Decimal

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from campaigns.lists import ContactList, ListError, load_list, workbooks
from campaigns.lists.workbooks import as_text

ROWS = [
    ["phone", "first_name", "postal_code", "consent_basis", "consent_at", "balance", "custom"],
    [2125550101, "Ann", "10001", "pewc", "2026-05-01T00:00:00Z", 12.5, True],
    [],
    ["(212) 555-0102", 'Bo "B"\nO\'Hara', 2134.0, None, None, 100.0, None],
    ["212555O103", "Cy", "10001", None, None, None, "x,y"],
]


@pytest.fixture
def workbook(tmp_path):
    def write(rows=ROWS, name="leads.xlsx", more=()):
        book = openpyxl.Workbook()
        for row in rows:
            book.active.append(row)
        for title, cells in more:
            book.create_sheet(title).append(cells)
        book.save(tmp_path / name)
        return tmp_path / name

    return write


def test_a_workbook_is_loaded_as_the_same_rows_in_csv_are(workbook, tmp_path):
    (tmp_path / "leads.csv").write_text(
        "phone,first_name,postal_code,consent_basis,consent_at,balance,custom\n"
        "2125550101,Ann,10001,pewc,2026-05-01T00:00:00Z,12.5,yes\n\n"
        '(212) 555-0102,"Bo ""B"" O\'Hara",2134,,,100,\n212555O103,Cy,10001,,,,"x,y"\n'
    )
    one, other = load_list(workbook()), load_list(tmp_path / "leads.csv")
    assert one.leads.to_dict() == other.leads.to_dict() and one.phones.to_dict() == other.phones.to_dict()
    assert one.leads["line"].tolist() == [2, 4] and one.funnel == other.funnel
    assert [(each.line, each.column, each.message) for each in one.rejects] == [
        (each.line, each.column, each.message) for each in other.rejects
    ]
    assert [each.line for each in one.rejects] == [5]
    assert [str(each) for each in one.warnings] == [str(each) for each in other.warnings]


def test_lines_are_the_sheets_rows_where_it_begins_with_empty_ones(workbook):
    loaded = load_list(workbook([[], [], ["phone"], [2125550101]]))
    assert loaded.leads["line"].tolist() == [4]


def test_parquet_is_loaded_too(tmp_path):
    table = pa.table(
        {
            "phone": ["2125550101", "2125550102"],
            "postal_code": [10001, None],
            "due_date": [date(2026, 12, 1), None],
            "consent_at": [datetime(2026, 5, 1, 10, tzinfo=UTC), None],
            "consent_basis": ["pewc", None],
            "balance": [Decimal("12.50"), None],
            "account_id": [7.0, float("nan")],
            "__index_level_0__": [0, 1],
        }
    )
    pq.write_table(table, tmp_path / "leads.parquet")
    with as_text(tmp_path / "leads.parquet") as text:
        assert text.read_text().splitlines() == [
            "phone,postal_code,due_date,consent_at,consent_basis,balance,account_id",
            "2125550101,10001,2026-12-01,2026-05-01T10:00:00+00:00,pewc,12.5,7",
            "2125550102,,,,,,",
        ]
    assert not text.exists()
    loaded = load_list(tmp_path / "leads.parquet")
    assert loaded.leads["consent_basis"].tolist() == ["pewc", "none"] and loaded.leads["line"].tolist() == [2, 3]


def test_text_is_read_where_it_is(tmp_path):
    (tmp_path / "leads.csv").write_text("phone\n2125550101\n")
    with as_text(tmp_path / "leads.csv") as text:
        assert text == tmp_path / "leads.csv"


def test_an_error_names_the_file_that_was_given(workbook):
    file = workbook([["first_name"], ["Ann"]])
    with pytest.raises(ListError) as caught, ContactList(file) as contacts:
        list(contacts)
    assert str(caught.value).startswith(f"{file}") and "dialer-list-" not in str(caught.value)


def test_two_sheets_with_rows_are_nobodys_to_choose_from(workbook):
    with pytest.raises(ListError, match=r"2 sheets have rows \(Sheet, Old\); keep the one with the list"):
        load_list(workbook(more=[("Old", ["phone"])]))


def test_an_empty_workbook_is_an_empty_list(workbook):
    with pytest.raises(ListError, match="the file is empty"):
        load_list(workbook([]))


def test_what_only_looks_like_a_table_is_refused(tmp_path):
    for begins in (b"PK\x03\x04", b"PAR1", b"\xd0\xcf\x11\xe0"):
        (tmp_path / "leads").write_bytes(begins + b"nothing" * 99)
        with pytest.raises(ListError, match=r"damaged|cannot be read"):
            load_list(tmp_path / "leads")
    with zipfile.ZipFile(tmp_path / "leads.zip", "w") as packed:
        packed.writestr("leads.csv", "phone\n2125550101\n")
    with pytest.raises(ListError, match="a zip archive, no workbook; unpack it first"):
        load_list(tmp_path / "leads.zip")


def test_a_workbook_that_would_fill_the_memory_is_not_opened(workbook):
    file = workbook()
    with zipfile.ZipFile(file, "a", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/media/bomb.bin", bytes(50_000_000))
    with pytest.raises(ListError, match=r"the workbook unpacks to 50,\d{3},\d{3} bytes; save it as CSV"):
        load_list(file)


def test_a_table_that_would_fill_the_disk_is_not_written(tmp_path, monkeypatch):
    pq.write_table(pa.table({"phone": ["2125550101"] * 100_000}), tmp_path / "leads.parquet")
    monkeypatch.setattr(workbooks, "_WRITTEN", 100_000)
    with pytest.raises(ListError, match="more text than a list may have"):
        load_list(tmp_path / "leads.parquet")
