"""Past calls of another system, read row by row: number, instant, result, agent, talk.

The columns and what else they may be called are in `COLUMNS`; VICIdial's log (`vicidial_log`) is read as it is. Every
row is accounted for: it is a call, says that nobody was called, or is refused with line and reason. A call whose code
is not known counts: that keeps the caps.

A time needs its offset, or a zone that is given for the file. In the hour that an autumn night has twice the later of
the two instants is taken: caps then run longer, never shorter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pandas as pd

from campaigns.history.codes import CODES, RESULTS, Meaning, meaning_of
from campaigns.lists.errors import ListError
from campaigns.lists.instants import instants
from campaigns.lists.notes import Notes, Reject, RejectFile
from campaigns.lists.reading import Record, recognise_columns, records
from campaigns.lists.workbooks import as_text
from dnc.numbers import parse_lead_numbers

__all__ = ["COLUMNS", "HistoryFile", "PastCall"]

#: Field -> what its column may be called; the first that a file has is taken.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "number": ("number", "phone_number", "phone", "phone1", "telephone"),
    "at": ("at", "placed_at", "call_date", "called_at", "start_time"),
    "epoch": ("start_epoch",),
    "result": ("result",),
    "code": ("code", "status", "disposition", "status_code"),
    "agent": ("agent", "agent_id", "user"),
    "talk_seconds": ("talk_seconds", "talk_sec", "talk", "length_in_sec"),
    "external_id": ("external_id", "vendor_lead_code", "vendor_id", "account_id"),
    "person_id": ("person_id",),
    "debt_id": ("debt_id", "debt"),
    "subject": ("subject",),
    "called": ("called",),
    "conversation": ("conversation",),
    "refusal": ("refusal",),
    "opt_out": ("opt_out",),
}

_ROWS = 20_000
_OFFSET = re.compile(r"(?:[zZ]|[+-]\d\d(?::?\d\d)?)$")
_YES, _NO = frozenset(("yes", "y", "true", "t", "1")), frozenset(("no", "n", "false", "f", "0"))


@dataclass(frozen=True, slots=True)
class PastCall:
    """One row. `result` as `Meaning.result`; `number` is E.164, `at` aware UTC."""

    line: int
    number: str
    at: datetime
    result: str | None
    code: str
    agent: str
    talk_seconds: float | None
    external_id: str
    person_id: str
    debt_id: str
    subject: str
    conversation: bool
    refusal: bool
    opt_out: bool


@dataclass(slots=True)
class Tally:
    """Where the rows went: `read` = `empty` + `refused` + `not_called` + `calls`."""

    read: int = 0
    empty: int = 0
    refused: int = 0
    not_called: int = 0
    calls: int = 0


class HistoryFile:
    """A file of past calls; iterate once for lists of calls, then read `tally` and `notes`.

    Args:
        path: CSV, a workbook, or Parquet.
        country: in which national numbers are read.
        zone: IANA zone of times without an offset; None: such rows are refused.
        now: no call is later.
        encoding: told from the bytes when None.
        rejects_to: where refused rows go.

    Raises:
        ListError: the file is no table of past calls.
    """

    def __init__(
        self,
        path: Path,
        *,
        country: str,
        zone: str | None,
        now: datetime,
        encoding: str | None = None,
        rejects_to: Path | None = None,
    ) -> None:
        with ExitStack() as stack:
            text = stack.enter_context(as_text(path))
            self._source = recognise_columns(text, COLUMNS, encoding=encoding)
            fields = self._source.layout.fields
            if "number" not in fields or not {"at", "epoch"} & fields.keys():
                lacks = "number" if "number" not in fields else "at"
                raise ListError(
                    f"no column {lacks} was found", file=path, line=1,
                    remedy=f"name one of them {', '.join(COLUMNS[lacks])}",
                )  # fmt: skip
            self._rejects = None if rejects_to is None else stack.enter_context(RejectFile(rejects_to))
            self._open = stack.pop_all()
        self.tally = Tally()
        self.notes = Notes()
        self._country, self._zone, self._now = country, zone, now

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._open.__exit__(kind, error, trace)

    def __iter__(self) -> Iterator[list[PastCall]]:
        rows = iter(records(self._source))
        while taken := list(islice(rows, _ROWS)):
            yield self._calls(taken)

    def refuse(self, line: int, code: str, message: str) -> None:
        """Account for a call that could not be written."""
        self.tally.calls -= 1
        self._refused([Reject(line, "row refused", "", code, message, "")])

    def _refused(self, rejects: list[Reject]) -> None:
        self.tally.refused += len(rejects)
        if self._rejects is not None:
            self._rejects.write(rejects)

    def _calls(self, rows: list[Record]) -> list[PastCall]:
        full = [(line, cells) for line, cells in rows if any(cell.strip() for cell in cells)]
        self.tally.read += len(rows)
        self.tally.empty += len(rows) - len(full)
        if not full:
            return []
        numbers = parse_lead_numbers(self._column(full, "number"), pd.Series([self._country] * len(full)))
        good, e164, why = (numbers[name].tolist() for name in ("ok", "e164", "detail"))
        found: list[PastCall] = []
        rejects: list[Reject] = []
        names = [name for name in COLUMNS if name not in ("number", "at", "epoch")]
        columns = zip(*(self._column(full, name).tolist() for name in names), strict=True)
        times = self._instants(full)
        for (line, cells), ok, number, bad, (at, wrong), texts in zip(
            full, good, e164, why, times, columns, strict=True
        ):
            row = dict(zip(names, texts, strict=True))
            if not ok:
                rejects.append(
                    Reject(line, "row refused", "number", "NUMBER", str(bad), _cell(cells, self._at("number")))
                )
                continue
            if at is None:
                rejects.append(Reject(line, "row refused", "at", "INSTANT", wrong, _cell(cells, self._at("at"))))
                continue
            try:
                call = self._call(line, str(number), at, row)
            except ValueError as error:
                column, _, message = str(error).partition(": ")
                rejects.append(Reject(line, "row refused", column, "VALUE", message, row[column]))
                continue
            found.append(call)
        self._refused(rejects)
        self.tally.calls += sum(call.result is not None for call in found)
        self.tally.not_called += sum(call.result is None for call in found)
        return found

    def _call(self, line: int, number: str, at: datetime, row: Mapping[str, str]) -> PastCall:
        """One row that has a number and an instant; a `ValueError` "column: what is wrong" where it cannot be read."""
        talk = _seconds(row["talk_seconds"])
        meaning = self._meaning(line, row, talk)
        if _flag("called", row, default=True) is False:
            meaning = Meaning(None, opt_out=meaning.opt_out)
        return PastCall(
            line, number, at, meaning.result, row["code"] or row["result"], row["agent"], talk,
            row["external_id"], row["person_id"], row["debt_id"], row["subject"],
            _flag("conversation", row, default=meaning.conversation),
            _flag("refusal", row, default=meaning.refusal),
            _flag("opt_out", row, default=meaning.opt_out),
        )  # fmt: skip

    def _meaning(self, line: int, row: Mapping[str, str], talk: float | None) -> Meaning:
        """What result and code say together: the result of the call, and what the code adds to it."""
        result, code = row["result"].strip().lower(), row["code"].strip()
        if result and result not in RESULTS and result.upper() not in CODES:
            raise ValueError(f"result: it is none of {', '.join(sorted(RESULTS))}")
        said = meaning_of(code) if code else None
        base = meaning_of(result) if result else None
        if base is not None and said is not None:
            if base.result is None:
                return said
            return Meaning(
                base.result,
                base.conversation and (said.conversation or talk != 0.0),
                said.refusal,
                base.opt_out or said.opt_out,
            )
        known = base or said
        if known is None:
            self.notes.warn("CODE", f"the code {code!r} is not known: the call counts", [line])
            return Meaning("", conversation=bool(talk))
        if known is base and known.conversation and talk == 0.0:
            return Meaning(known.result, refusal=known.refusal, opt_out=known.opt_out)
        return known

    def _at(self, name: str) -> int | None:
        return self._source.layout.fields.get(name)

    def _column(self, rows: list[Record], name: str) -> pd.Series[Any]:
        position = self._at(name)
        return pd.Series([_cell(cells, position) for _, cells in rows], dtype="str")

    def _instants(self, rows: list[Record]) -> Iterator[tuple[datetime | None, str]]:
        """For each row when the call was placed, or None and why not."""
        import pyarrow as pa

        texts = self._column(rows, "at")
        epochs = self._column(rows, "epoch").tolist()
        told = texts.str.contains(_OFFSET) & texts.str.contains(":", regex=False)
        with_offset = pd.Series(
            instants(pa.array(texts.where(told, ""), type=pa.large_string())), dtype="datetime64[us]"
        )
        read = with_offset.dt.tz_localize("UTC")
        naive = pd.to_datetime(texts.where(~told, None), format="ISO8601", errors="coerce")
        if self._zone is not None:
            here = naive.dt.tz_localize(self._zone, ambiguous=[False] * len(naive), nonexistent="shift_forward")  # type: ignore[arg-type]
            read = read.fillna(here.dt.tz_convert("UTC"))
        for text, at, bare, epoch in zip(texts.tolist(), read, naive, epochs, strict=True):
            when: datetime | None = None if pd.isna(at) else at.to_pydatetime().astimezone(UTC)
            if epoch.isdecimal() and len(epoch) == len("1700000000"):
                when = datetime.fromtimestamp(int(epoch), UTC)  # it is exact, and needs no zone
            if when is None:
                lacks = "it has no offset: write one, or say the zone of the file with --zone"
                yield None, lacks if text and not pd.isna(bare) else "it is no date and time (ISO 8601)"
            elif when > self._now:
                yield None, "it is in the future"
            elif when.year < 1990:
                yield None, "it is no date of a call"
            else:
                yield when, ""


def _cell(cells: list[str], position: int | None) -> str:
    """A cell without what `safe_cell` put before it."""
    text = "" if position is None or position >= len(cells) else cells[position].strip()
    return text[1:] if len(text) > 1 and text[0] == "'" and text[1] in "=+-@" else text


def _seconds(text: str) -> float | None:
    """Seconds of talk; None when not told."""
    if not text:
        return None
    try:
        found = float(text)
    except ValueError:
        found = -1.0
    if not 0.0 <= found <= 86_400.0:
        raise ValueError("talk_seconds: it is no number of seconds within a day")
    return found


def _flag(name: str, row: Mapping[str, str], *, default: bool) -> bool:
    text = row[name].strip().lower()
    if not text:
        return default
    if text not in _YES | _NO:
        raise ValueError(f"{name}: write yes or no")
    return text in _YES
