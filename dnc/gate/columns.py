"""The columns of a frame of contacts: absent ones cost nothing, present ones are coded once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dnc.coding import Coded, coded, constant
from dnc.lookup import Keys, fingerprints
from dnc.numbers.cells import e164_digits
from dnc.values import Consent, Ebr, ListEvidence, Place, ProposedCall

__all__ = ["LISTED", "Codes", "Column", "Columns", "Contacts", "number_keys", "texts_of"]

#: List kinds that have a column `listed_<kind>`.
LISTED = ("internal", "client", "campaign", "areacode", "litigator", "national", "state", "wireless")
#: Integer codes of a column.
Codes = NDArray[np.int64]
#: One column; see `Contacts`.
Column = Any
Columns = Mapping[str, Column] | pd.DataFrame

_NEVER = np.datetime64("NaT", "us")
_NO_DIGITS = np.uint64(2**63)
_REQUIRED = ("number", "place_key", "scope", "mode")
#: What else a column may be made of.
_STAND_INS = {"place_key": frozenset({"jurisdictions", "zones"}), "number": frozenset({"digits"})}
_NOTHING = frozenset({""})
_DEFAULTS = {"number_kind": "home", "consent_basis": "none"}
_TIMES = ("consent_given_at", "consent_revoked_at")


class Contacts:
    """Read-only columns with defaults.

    Args:
        columns: a frame, or columns by name in whatever form is at hand: text as a series, as `Coded` or as Arrow has
            it, flags and instants as a series or an array.
    """

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self.size = len(columns) if isinstance(columns, pd.DataFrame) else _length(next(iter(columns.values()), ()))
        self._texts: dict[str, Coded] = {}
        self._arrays: dict[str, pa.LargeStringArray] = {}
        self._times: dict[str, Any] = {}
        self._flags: dict[str, NDArray[np.bool_]] = {}
        self._keys: Keys | None = None

    def require(self) -> None:
        """Raise `ValueError` when a column is missing without which no call can be judged."""
        missing = [n for n in _REQUIRED if n not in self and not _STAND_INS.get(n, _NOTHING) <= set(self._columns)]
        if missing:
            raise ValueError(f"The frame has no column {', '.join(missing)}; add it.")

    def __contains__(self, name: object) -> bool:
        return name in self._columns

    def take(self, rows: NDArray[np.intp]) -> Contacts:
        """Some of the contacts."""
        if isinstance(self._columns, pd.DataFrame):
            return Contacts(self._columns.iloc[rows])
        return Contacts({name: _taken(self._columns[name], rows) for name in self._columns})

    def text(self, name: str) -> Coded:
        """A text column as codes and the distinct texts; a missing value is ""."""
        found = self._texts.get(name)
        if found is None:
            if name == "place_key" and name not in self:
                found = self._place_keys()
            elif name not in self:
                found = constant(_DEFAULTS.get(name, ""), self.size)
            else:
                found = coded(self._columns[name])
            self._texts[name] = found
        return found

    def array(self, name: str) -> pa.LargeStringArray | None:
        """A text column as Arrow has it, a missing value ""; None when there is none."""
        if name in self and name not in self._arrays:
            self._arrays[name] = texts_of(self._columns[name])
        return self._arrays.get(name)

    def number_keys(self) -> Keys:
        """`number_keys` of the numbers, taken from the column `digits` where there is one."""
        if self._keys is None:
            given = "digits" in self
            self._keys = (
                np.asarray(self._columns["digits"], dtype=np.uint64)
                if given
                else number_keys(texts_of(self._columns["number"]))
            )
        return self._keys

    def flag(self, name: str) -> NDArray[np.bool_]:
        """A bool column; absent or missing is false."""
        found = self._flags.get(name)
        if found is None:
            values: Any = self._columns[name] if name in self else np.zeros(self.size, dtype=bool)
            if values.dtype == bool:
                found = np.asarray(values)
            else:
                found = values.astype("boolean").fillna(False).to_numpy(dtype=bool)
            self._flags[name] = found
        return found

    def time(self, name: str) -> NDArray[np.datetime64]:
        """A column of instants (UTC, microseconds) or dates; absent or missing is NaT."""
        found = self._times.get(name)
        if found is None:
            values = self._columns[name] if name in self else np.full(self.size, _NEVER)
            if not isinstance(values, np.ndarray):
                values = pd.to_datetime(values, utc=True).dt.tz_localize(None).to_numpy()
            found = self._times[name] = values.astype("datetime64[us]")
        return found

    def value(self, name: str, position: int) -> str:
        """One text."""
        text = self._texts.get(name)
        if text is not None:
            return text.names[int(text.codes[position])]
        column = self._columns[name] if name in self else None
        if column is None and name == "number":
            digits = int(self.number_keys()[position])
            return f"+{digits}" if digits else ""
        if isinstance(column, pa.Array):
            return column[position].as_py() or ""
        if isinstance(column, pd.Series) and not isinstance(column.dtype, pd.CategoricalDtype):
            cell: Any = column.iat[position]
            return "" if pd.isna(cell) else str(cell)
        text = self.text(name)
        return text.names[int(text.codes[position])]

    def day(self, name: str, position: int) -> date | None:
        """One date; None where it is not known."""
        return _day(self.time(name)[position]) if name in self else None

    def place(self, position: int) -> Place:
        """The place of one row."""
        jurisdictions, _, zones = self.value("place_key", position).partition("|")
        return Place(_split(jurisdictions), _split(zones))

    def ebr(self, position: int) -> Ebr:
        """What may make a business relationship of one row."""
        return Ebr(self.day("last_transaction", position), self.day("last_inquiry", position))

    def call(self, position: int) -> ProposedCall:
        """One row as the gate's own value."""
        given, revoked = (_instant(self.time(name)[position]) for name in _TIMES)
        return ProposedCall(
            number=self.value("number", position),
            scope=self.value("scope", position),  # type: ignore[arg-type]
            mode=self.value("mode", position),  # type: ignore[arg-type]
            place=self.place(position),
            campaign=self.value("campaign", position),
            client=self.value("client", position),
            person=self.value("person", position),
            debt=self.value("debt", position),
            subject=self.value("subject", position),
            sector=self.value("sector", position),
            authorisation=self.value("authorisation", position),
            line_type=self.value("line_type", position),
            number_kind=self.value("number_kind", position),
            consent=Consent(
                self.value("consent_basis", position),
                given_at=given,
                revoked_at=revoked,
                waives=_split(self.value("consent_waives", position)),
            ),
            ebr=self.ebr(position),
            agent_guaranteed=bool(self.flag("agent_guaranteed")[position]),
        )

    def lists(self, position: int, consulted: Sequence[ListEvidence]) -> list[ListEvidence]:
        """What the lists that bind at a row's place say of it."""
        here = self.value("place_key", position).partition("|")[0].split(",")
        return [
            replace(e, listed=bool(self.flag(f"listed_{e.kind}")[position])) if e.kind in LISTED else e
            for e in consulted
            if not e.jurisdiction or e.jurisdiction in here
        ]

    def _place_keys(self) -> Coded:
        one, ones = self.text("jurisdictions")
        other, others = self.text("zones")
        both, index = np.unique(one * max(1, len(others)) + other, return_inverse=True)
        names = [f"{ones[k // max(1, len(others))]}|{others[k % max(1, len(others))]}" for k in both.tolist()]
        return Coded(index.astype(np.int64), names)


def texts_of(values: Column) -> pa.LargeStringArray:
    """A column of text as Arrow has it, a missing value ""."""
    if isinstance(values, Coded):
        return pa.array(values.names, type=pa.large_string()).take(pa.array(values.codes))
    if isinstance(values, pd.Series):
        values = pa.array(values if isinstance(values.dtype, pd.StringDtype) else values.astype("str"))
    found = values.combine_chunks() if isinstance(values, pa.ChunkedArray) else values
    found = found.cast(pa.large_string())
    return pc.fill_null(found, "") if found.null_count else found


def number_keys(texts: pa.LargeStringArray) -> Keys:
    """A key for each number, shape (n,): its digits where it is written as E.164, else beyond all digits; 0: none."""
    digits = e164_digits(texts)
    odd = np.flatnonzero(digits == 0)
    marks = fingerprints(texts.take(pa.array(odd)))
    digits[odd] = np.where(marks > 0, marks | _NO_DIGITS, 0)
    return digits


def _length(column: Column) -> int:
    return len(column.codes) if isinstance(column, Coded) else len(column)


def _taken(column: Column, rows: NDArray[np.intp]) -> Column:
    if isinstance(column, Coded):
        return Coded(column.codes[rows], column.names)
    if isinstance(column, pd.Series):
        return column.iloc[rows]
    return column[rows] if isinstance(column, np.ndarray) else column.take(pa.array(rows))


def _split(text: str) -> tuple[str, ...]:
    return tuple(part for part in text.split(",") if part)


def _instant(value: np.datetime64) -> datetime | None:
    return None if np.isnat(value) else value.astype("datetime64[us]").item().replace(tzinfo=UTC)


def _day(value: np.datetime64) -> date | None:
    return None if np.isnat(value) else value.astype("datetime64[D]").item()
