"""Contact lists that are no text: Excel workbooks and Parquet files, put into CSV for the one reader that there is.

*Theory of operation.* Everything behind the file (mapping, cleaning, rejects, resuming, screening) works on lines of
text. So a workbook's sheet is written into a temporary CSV file, row n on line n, and read from there; a Parquet file
likewise, its header on line 1. Errors name the file that the operator gave. What a file may unpack to is bounded.
"""

from __future__ import annotations

import csv
import math
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, TextIO

from campaigns.lists.errors import ListError

__all__ = ["as_text"]

_ZIP, _OLD_WORKBOOK, _PARQUET = b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"PAR1"
_INSIDE = frozenset({"xl/workbook.xml", "xl/workbook.bin", "content.xml"})  # of .xlsx, .xlsb and .ods
#: A workbook may unpack to so many bytes, and so many times its size; a table of 1,048,576 rows fits well.
_UNPACKED, _TIMES = 2 << 30, 200
#: Characters of text that are written at most.
_WRITTEN = 16 << 30
_BATCH = 20_000
_AGAIN = "save it as .xlsx again, or as CSV"


@contextmanager
def as_text(path: Path) -> Iterator[Path]:
    """The file itself where it is text; else a temporary CSV file with its rows, gone at the end.

    A workbook must have one sheet with rows. Whole numbers lose the `.0` that a spreadsheet keeps them with,
    dates are ISO 8601, line ends within a cell become spaces.

    Raises:
        ListError: it cannot be read, unpacks to too much, or more than one sheet has rows; also one that is raised
            inside, with the name of the temporary file replaced.
    """
    rows = _rows_of(path)
    if rows is None:
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="dialer-list-") as folder:
        text = Path(folder) / f"{path.stem}.csv"
        with text.open("w", encoding="utf-8", newline="") as file:
            _write(rows, file, path)
        try:
            yield text
        except ListError as error:
            if error.file != str(text):
                raise
            raise ListError(
                error.message, file=path, line=error.line, column=error.column, remedy=error.remedy
            ) from error


def _rows_of(path: Path) -> Iterable[list[Any]] | None:
    """The rows of a workbook or a Parquet file; None: it is neither."""
    try:
        with path.open("rb") as file:
            begins = file.read(4)
    except OSError:
        return None  # whoever reads it as text says why it cannot be
    if begins == _PARQUET:
        return _parquet(path)
    if begins == _ZIP:
        _bounded(path)
        return _workbook(path)
    return _workbook(path) if begins == _OLD_WORKBOOK else None


def _bounded(path: Path) -> None:
    """Refuse an archive that is no workbook, or that would fill the memory."""
    try:
        with zipfile.ZipFile(path) as packed:
            names, unpacked = packed.namelist(), sum(each.file_size for each in packed.infolist())
    except (zipfile.BadZipFile, OSError) as error:
        raise ListError("the file is damaged", file=path, remedy=_AGAIN) from error
    if _INSIDE.isdisjoint(names):
        raise ListError("the file is a zip archive, no workbook", file=path, remedy="unpack it first")
    if unpacked > min(_UNPACKED, max(_TIMES * path.stat().st_size, 1 << 24)):
        raise ListError(f"the workbook unpacks to {unpacked:,} bytes", file=path, remedy="save it as CSV")


def _workbook(path: Path) -> list[list[Any]]:
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        book = CalamineWorkbook.from_path(path)
        sheets = [(name, book.get_sheet_by_name(name)) for name in book.sheet_names]
        full = [(name, sheet) for name, sheet in sheets if sheet.start is not None]
        if len(full) > 1:
            named = ", ".join(name for name, _ in full)
            raise ListError(f"{len(full)} sheets have rows ({named})", file=path, remedy="keep the one with the list")
        return full[0][1].to_python(skip_empty_area=False) if full else []
    except (CalamineError, OSError) as error:
        raise ListError(f"the workbook cannot be read ({error})", file=path, remedy=_AGAIN) from error


def _parquet(path: Path) -> Iterator[list[Any]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            names = [name for name in file.schema_arrow.names if not name.startswith("__index_level_")]  # pandas'
            yield names
            for batch in file.iter_batches(_BATCH, columns=names):
                yield from map(list, zip(*(column.to_pylist() for column in batch.columns), strict=True))
    except (pa.ArrowException, OSError) as error:
        raise ListError("the Parquet file cannot be read", file=path, remedy="write it again") from error


def _write(rows: Iterable[list[Any]], file: TextIO, path: Path) -> None:
    writer, written = csv.writer(file), 0
    for row in rows:
        cells = [_cell(value) for value in row]
        written += sum(map(len, cells))
        if written > _WRITTEN:
            raise ListError("the file unpacks to more text than a list may have", file=path, remedy="split it")
        writer.writerow(cells if any(cells) else [])


def _cell(value: Any) -> str:
    """A value as a list in CSV would have it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return "" if math.isnan(value) else str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, datetime) and value.tzinfo is None and value.time() == time():
        return value.date().isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return str(value)
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return " ".join(str(value).splitlines())
