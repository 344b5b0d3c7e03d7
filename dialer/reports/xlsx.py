"""A report as one workbook: the figures with their formulas in words, and a sheet for each table.

No cell is a formula. Text is written as text whatever it begins with, so a list called `=1+1` stays one; instants are
text in ISO 8601 with their offset, because a sheet knows no zones.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font

from dialer.reports.values import Cell, Unit

if TYPE_CHECKING:
    from openpyxl.worksheet._write_only import WriteOnlyWorksheet

    from dialer.reports.breakdown import Breakdown
    from dialer.reports.build import Report

__all__ = ["to_xlsx"]

#: What XML cannot carry.
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
#: What a sheet's name cannot have; it is 31 characters at the most.
_UNNAMED = re.compile(r"[\\*?:/\[\]]")
#: Rows that a sheet has.
_MOST_ROWS = 1_048_576
_FORMATS: dict[Unit, str] = {"share": "0.00%", "count": "#,##0", "s": "0.00", "h": "0.00", "number": "0.00"}
_BOLD, _TOP = Font(bold=True), Alignment(vertical="top", wrap_text=True)


def to_xlsx(report: Report | Breakdown) -> bytes:
    """The workbook of a report or a breakdown: `Figures`, the tables in their order, `Letters`."""
    book = Workbook(write_only=True)
    figures = book.create_sheet("Figures")
    for letter, width in zip("ABCDEFG", (34, 14, 44, 14, 14, 60, 16), strict=True):
        figures.column_dimensions[letter].width = width
    _row(figures, [(report.name, "text")], head=True)
    _row(figures, [(f"{report.since.isoformat()} to {report.until.isoformat()}", "text")])
    _row(figures, [(report.headline, "text")])
    for warning in report.warnings:
        _row(figures, [(f"! {warning}", "text")], head=True)
    names = ("Figure", "Value", "Formula", "Upper number", "Lower number", "How to read it", "Unit")
    _row(figures, [(name, "text") for name in names], head=True)
    for kpi in report.kpis:
        cells: list[tuple[Cell, Unit]] = [
            (kpi.label, "text"), (kpi.value, kpi.unit), (kpi.formula, "text"), (kpi.numerator, "number"),
            (kpi.denominator, "number"), (kpi.note, "text"), (kpi.unit, "text"),
        ]  # fmt: skip
        _row(figures, cells)
    for table in report.tables:
        sheet = book.create_sheet(_UNNAMED.sub(" ", table.title)[:31])
        _row(sheet, [(column.label, "text") for column in table.columns], head=True)
        units = [column.unit for column in table.columns]
        for row in table.rows[: _MOST_ROWS - 3]:
            _row(sheet, zip(row, units, strict=True))
        _row(sheet, [(table.note, "text")])
    letters = book.create_sheet("Letters")
    for letter, meaning in report.definitions:
        _row(letters, [(letter, "text"), (meaning, "text")])
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def _row(sheet: WriteOnlyWorksheet, cells: Iterable[tuple[Cell, Unit]], *, head: bool = False) -> None:
    sheet.append([_cell(sheet, value, unit, head) for value, unit in cells])


def _cell(sheet: WriteOnlyWorksheet, value: Cell, unit: Unit, head: bool) -> Any:
    """One cell; text is a string cell, never a formula."""
    if isinstance(value, datetime):
        value = value.isoformat()
    if isinstance(value, str):
        cell = WriteOnlyCell(sheet, _UNFIT.sub(" ", value))
        cell.data_type = "s"  # else a leading "=" makes it a formula
        cell.alignment = _TOP
    else:
        cell = WriteOnlyCell(sheet, value)
        cell.number_format = _FORMATS.get(unit, "General")
    if head:
        cell.font = _BOLD
    return cell
