"""The report for machines: JSON that can be read back, and CSV that no spreadsheet executes.

JSON, format `dialer.report/1`. Keys are stable; new ones may be added:

    format, name, client, scope, zone, since, until, headline, warnings, cap, cap_rule, clock, seed
    ledger       {intact, rows, detail}
    kpis         [{key, label, value, unit, formula, numerator, denominator, note, group}]
    tables       [{key, title, note, columns: [{key, label, unit}], rows: [[cell]]}]
    definitions  [[letter, meaning]]

Instants are ISO 8601 with their offset; shares are fractions; durations are seconds (unit `s`) or hours
(`h`); an undefined figure is null. Not-a-number and infinity never occur.
"""

from __future__ import annotations

import csv
import io
import json
from dataclasses import asdict, fields
from datetime import UTC, datetime, tzinfo
from typing import Any

from dialer.reports.breakdown import Breakdown
from dialer.reports.build import Report
from dialer.reports.records import LedgerCheck
from dialer.reports.values import Cell, Column, Kpi, Table
from dnc.zones import zone

__all__ = ["BREAKDOWN_FORMAT", "FORMAT", "csv_cell", "from_json", "hours_to_csv", "table_to_csv", "to_csv", "to_json"]

#: The name and version of the JSON format.
FORMAT = "dialer.report/1"
#: Of a breakdown: `name, by, campaigns, zone, since, until, headline, warnings, kpis, tables, definitions`.
BREAKDOWN_FORMAT = "dialer.breakdown/1"

#: A cell that begins with one of these is a formula to some spreadsheet (the last four are their wide forms).
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def to_json(report: Report | Breakdown, *, indent: int | None = 2) -> str:
    """The whole report as JSON text; `from_json` reads one of a run back."""
    found = {"format": FORMAT if isinstance(report, Report) else BREAKDOWN_FORMAT, **asdict(report)}
    return json.dumps(found, default=_iso, ensure_ascii=False, allow_nan=False, indent=indent)


def from_json(text: str) -> Report:
    """The report of a JSON text written by `to_json`.

    Raises:
        ValueError: when the text is not JSON of this format.
    """
    found: dict[str, Any] = json.loads(text)
    if found.get("format") != FORMAT:
        raise ValueError(f"this is not a report of format {FORMAT}, got {found.get('format')!r}")
    here = UTC if found["zone"] == "UTC" else zone(found["zone"])
    known = {name: found[name] for name in (each.name for each in fields(Report))}
    return Report(
        **known
        | {
            "since": datetime.fromisoformat(found["since"]),
            "until": datetime.fromisoformat(found["until"]),
            "warnings": tuple(found["warnings"]),
            "kpis": tuple(Kpi(**kpi) for kpi in found["kpis"]),
            "tables": tuple(_table(table, here) for table in found["tables"]),
            "definitions": tuple((letter, meaning) for letter, meaning in found["definitions"]),
            "ledger": LedgerCheck(**found["ledger"]),
        }
    )


def _table(found: dict[str, Any], here: tzinfo) -> Table:
    """A table from its JSON; instants are shown on the campaign's clock but for the columns named `utc`."""
    columns = tuple(Column(**column) for column in found["columns"])
    zones = [UTC if column.key == "utc" else here for column in columns]
    rows = tuple(
        tuple(
            datetime.fromisoformat(cell).astimezone(zones[i]) if column.unit == "instant" and cell else cell
            for i, (column, cell) in enumerate(zip(columns, row, strict=True))
        )
        for row in found["rows"]
    )
    return Table(found["key"], found["title"], columns, rows, found["note"])


def to_csv(report: Report | Breakdown) -> str:
    """The figures as one tidy table: key, label, value, unit, formula. Undefined values are empty cells."""
    rows = ((kpi.key, kpi.label, kpi.value, kpi.unit, kpi.formula) for kpi in report.kpis)
    return _csv(("key", "label", "value", "unit", "formula"), rows)


def hours_to_csv(report: Report) -> str:
    """The table by hour (by day for a long report)."""
    return table_to_csv(report.table("by_hour"))


def table_to_csv(table: Table) -> str:
    """Any table of the report, with its column keys as the header."""
    return _csv(tuple(column.key for column in table.columns), table.rows)


def _csv(header: tuple[str, ...], rows: Any) -> str:
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows([csv_cell(cell) for cell in row] for row in rows)
    return written.getvalue()


def csv_cell(cell: Cell) -> str | int | float:
    """A value as a CSV cell. Text that a spreadsheet could take for a formula gets a leading apostrophe.

    >>> csv_cell("=1+1"), csv_cell(-3), csv_cell(None)
    ("'=1+1", -3, '')
    """
    if cell is None:
        return ""
    if isinstance(cell, datetime):
        return cell.isoformat()
    if isinstance(cell, str):
        return f"'{cell}" if cell.startswith(_FORMULA) or cell.lstrip().startswith(_FORMULA) else cell
    return cell


def _iso(value: object) -> str:
    """An instant for JSON; nothing else needs help."""
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"a report holds no {type(value).__name__}: {value!r}")
