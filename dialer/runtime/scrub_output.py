"""Decisions about a file's numbers, and how they are written down: as CSV for people, as Arrow for programs."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from campaigns.lists.entries import REASONS, Entries
from campaigns.lists.fields import PHONES
from campaigns.lists.notes import safe_cell
from dialer.reports.reasons import reason_words
from dnc.coding import grouped
from dnc.numbers.writing import e164_texts, line_texts
from dnc.values import Code

__all__ = ["COLUMNS", "Decisions", "Writer", "reasons_of", "writer_for"]

#: The columns of a file of decisions: the line on which the row begins, the number (E.164; empty where there is none)
#: and the column it stands in, whether it may be called, every code that speaks against it and what these mean, and
#: when a place that is closed by its clock alone opens (UTC).
COLUMNS = ("line", "number", "column", "allowed", "codes", "why", "opens")
#: What stands before a number's plus, so that no spreadsheet takes it for a formula.
_SAFE = safe_cell("+").removesuffix("+")
_BITS = {1 << n: code for n, code in enumerate(Code)}


@dataclass(frozen=True, eq=False)
class Decisions:
    """What is decided about n numbers of a file, in the order of its rows; arrays of shape (n,).

    Every row has at least one decision. A number may be called when both `reason` and `bits` are 0.
    """

    rows: int
    line: NDArray[np.int64]
    slot: NDArray[np.int8]  # index into `campaigns.lists.fields.PHONES`
    digits: NDArray[np.uint64]  # E.164 without plus; 0: not a number to call
    reason: NDArray[np.int8]  # index into `campaigns.lists.entries.REASONS`
    bits: NDArray[np.int64]  # the gate's codes, as `dialer.runtime.screening` writes them
    opens: NDArray[np.datetime64]  # UTC, microseconds

    @classmethod
    def of(
        cls, entries: Entries, good: NDArray[np.intp], bits: NDArray[np.int64], opens: NDArray[np.datetime64]
    ) -> Decisions:
        """Of all entries, with the verdicts on the good ones."""
        every = np.zeros(len(entries), dtype=np.int64)
        when = np.full(len(entries), np.datetime64("NaT", "us"))
        every[good], when[good] = bits, opens
        rows = len(entries.consent_at)
        return cls(rows, entries.line, entries.slot, entries.numbers.digits, entries.reason, every, when)

    def __len__(self) -> int:
        return len(self.line)

    def outcomes(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Numbers of which all but line and digits are equal: the group of each, and the first row of each group."""
        parts = [(self.slot.astype(np.int64), len(PHONES)), ((self.digits > 0).astype(np.int64), 2)]
        for column in (self.reason, self.bits, self.opens.view(np.int64)):
            codes, known = pd.factorize(column)
            parts.append((codes.astype(np.int64), len(known)))
        return grouped(*parts)


def reasons_of(reason: int, bits: int) -> list[tuple[str, str]]:
    """The codes of a decision, each with what it means; none when the number may be called."""
    if reason:
        return [(REASONS[reason].code, REASONS[reason].sentence)]
    return [(str(code), reason_words(code)) for bit, code in _BITS.items() if bits & bit]


class Writer(Protocol):
    """Takes decisions, in order."""

    def write(self, decisions: Decisions) -> None:
        """Write some down."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def writer_for(path: Path, headings: Sequence[str]) -> Writer:
    """A writer of CSV, or of Arrow's file format where the name ends so.

    `headings` are what the file calls the slots' columns. Both write beside the file and put it in place when they end
    well. Raises `OSError`.
    """
    kind = _ArrowWriter if path.suffix.lower() in (".arrow", ".feather") else _CsvWriter
    return kind(path, headings)


class _Whole:
    """A file that is there when it is complete, and not before."""

    def __init__(self, path: Path, headings: Sequence[str]) -> None:
        self._path, self._headings = path, headings
        self._part = path.with_name(f"{path.name}.part")
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self._part.open("wb")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        if kind is None:
            self._part.replace(self._path)
        else:
            self._part.unlink(missing_ok=True)

    def _tail(self, decisions: Decisions, row: int) -> tuple[str, bool, str, str, str]:
        """All that rows of one outcome share: column, allowed, codes, why, opens."""
        said = reasons_of(int(decisions.reason[row]), int(decisions.bits[row]))
        when = decisions.opens[row]
        opens = "" if np.isnat(when) else f"{np.datetime_as_string(when, unit='s')}Z"
        codes, why = " ".join(code for code, _ in said), "; ".join(sentence for _, sentence in said)
        return self._headings[decisions.slot[row]], not said, codes, why, opens


class _CsvWriter(_Whole):
    """UTF-8 with a byte-order mark, as spreadsheets like it; no cell begins like a formula."""

    def __init__(self, path: Path, headings: Sequence[str]) -> None:
        super().__init__(path, headings)
        self._file.write(f"\ufeff{','.join(COLUMNS)}\r\n".encode())

    def write(self, decisions: Decisions) -> None:
        """Write some down: what rows have in common is put into words once."""
        group, first = decisions.outcomes()
        tails = pa.array([_csv_row(*self._tail(decisions, row)) for row in first.tolist()], type=pa.large_string())
        marks = pa.array(
            [f",{_SAFE}" if decisions.digits[row] else "," for row in first.tolist()], type=pa.large_string()
        )
        which = pa.array(group)
        parts = (line_texts(decisions.line), marks.take(which), e164_texts(decisions.digits), tails.take(which))
        text = pc.binary_join_element_wise(*parts, pa.scalar("", type=pa.large_string()))
        ends = np.frombuffer(text.buffers()[1], dtype=np.int64)[: len(text) + 1]
        if len(text):
            self._file.write(text.buffers()[2][ends[0] : ends[-1]])


def _csv_row(column: str, allowed: bool, codes: str, why: str, opens: str) -> str:
    """The end of a CSV row, from the comma behind the number on."""
    out = io.StringIO()
    cells = ("", safe_cell(column), "yes" if allowed else "no", codes, safe_cell(why), opens)
    csv.writer(out).writerow(cells)
    return out.getvalue()


_SCHEMA = pa.schema(
    [
        ("line", pa.int64()), ("number", pa.large_string()), ("column", pa.large_string()), ("allowed", pa.bool_()),
        ("codes", pa.large_string()), ("why", pa.large_string()), ("opens", pa.timestamp("us", tz="UTC")),
    ]
)  # fmt: skip


class _ArrowWriter(_Whole):
    """Arrow's file format, a record batch for each part."""

    def __init__(self, path: Path, headings: Sequence[str]) -> None:
        super().__init__(path, headings)
        self._out = pa.ipc.new_file(self._file, _SCHEMA)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._out.close()
        super().__exit__(kind, error, trace)

    def write(self, decisions: Decisions) -> None:
        """Write some down."""
        group, first = decisions.outcomes()
        which = pa.array(group)
        column, allowed, codes, why, _ = zip(*(self._tail(decisions, row) for row in first.tolist()), strict=True)
        columns = [
            pa.array(decisions.line),
            e164_texts(decisions.digits),
            pa.array(column, type=pa.large_string()).take(which),
            pa.array(allowed).take(which),
            pa.array(codes, type=pa.large_string()).take(which),
            pa.array(why, type=pa.large_string()).take(which),
            pa.array(decisions.opens).cast(pa.timestamp("us", tz="UTC")),
        ]
        self._out.write_batch(pa.record_batch(columns, schema=_SCHEMA))
