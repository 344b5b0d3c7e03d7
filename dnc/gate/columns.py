"""The columns of a frame of contacts: absent ones cost nothing, present ones are coded once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dnc.values import Consent, Ebr, ListEvidence, Place, ProposedCall

__all__ = ["LISTED", "Codes", "Contacts"]

#: List kinds that have a column `listed_<kind>`.
LISTED = ("internal", "client", "campaign", "areacode", "litigator", "national", "state", "wireless")
#: Integer codes of a column.
Codes = NDArray[np.int64]

_REQUIRED = ("number", "place_key", "scope", "mode")
_DEFAULTS = {"number_kind": "home", "consent_basis": "none"}
_TIMES = ("consent_given_at", "consent_revoked_at", "last_transaction", "last_inquiry")


class Contacts:
    """Read-only columns with defaults. Raises `ValueError` when a required column is missing."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self.frame, self.size = frame, len(frame)
        self._texts: dict[str, tuple[Codes, list[str]]] = {}
        self._times: dict[str, Any] = {}
        self._flags: dict[str, NDArray[np.bool_]] = {}
        missing = [n for n in _REQUIRED if n not in frame]
        if missing == ["place_key"] and {"jurisdictions", "zones"} <= set(frame):
            missing = []
        if missing:
            raise ValueError(f"The frame has no column {', '.join(missing)}; add it.")

    def text(self, name: str) -> tuple[Codes, list[str]]:
        """A text column as codes and the distinct texts; a missing value is ""."""
        found = self._texts.get(name)
        if found is None:
            if name == "place_key" and name not in self.frame:
                found = self._place_keys()
            elif name not in self.frame:
                found = np.zeros(self.size, dtype=np.int64), [_DEFAULTS.get(name, "")]
            else:
                found = _coded(self.frame[name])
            self._texts[name] = found
        return found

    def column(self, name: str) -> pd.Series | None:
        """A column as given; None when the frame has none."""
        return self.frame.get(name)

    def texts(self, name: str) -> NDArray[Any]:
        """A text column as an array of texts."""
        codes, names = self.text(name)
        return np.array(names, dtype=object)[codes] if names else np.empty(0, dtype=object)

    def flag(self, name: str) -> NDArray[np.bool_]:
        """A bool column; absent or missing is false."""
        found = self._flags.get(name)
        if found is None:
            if name in self.frame:
                found = self.frame[name].astype("boolean").fillna(False).to_numpy(dtype=bool)
            else:
                found = np.zeros(self.size, dtype=bool)
            self._flags[name] = found
        return found

    def time(self, name: str) -> NDArray[np.datetime64]:
        """A column of instants (UTC, microseconds) or dates; absent or missing is NaT."""
        found = self._times.get(name)
        if found is None:
            if name in self.frame:
                values = pd.to_datetime(self.frame[name], utc=True).dt.tz_localize(None)
                found = values.to_numpy().astype("datetime64[us]")
            else:
                found = np.full(self.size, np.datetime64("NaT"), dtype="datetime64[us]")
            self._times[name] = found
        return found

    def value(self, name: str, position: int) -> str:
        """One text."""
        if name not in self._texts and name in self.frame:
            cell: Any = self.frame[name].iat[position]
            return "" if pd.isna(cell) else str(cell)
        codes, names = self.text(name)
        return names[int(codes[position])]

    def call(self, position: int) -> ProposedCall:
        """One row as the gate's own value."""
        jurisdictions, _, zones = self.value("place_key", position).partition("|")
        given, revoked, transaction, inquiry = (self.time(n)[position] for n in _TIMES)
        return ProposedCall(
            number=self.value("number", position),
            scope=self.value("scope", position),  # type: ignore[arg-type]
            mode=self.value("mode", position),  # type: ignore[arg-type]
            place=Place(_split(jurisdictions), _split(zones)),
            campaign=self.value("campaign", position),
            client=self.value("client", position),
            person=self.value("person", position),
            debt=self.value("debt", position),
            subject=self.value("subject", position),
            line_type=self.value("line_type", position),
            number_kind=self.value("number_kind", position),
            consent=Consent(
                self.value("consent_basis", position),
                given_at=_instant(given),
                revoked_at=_instant(revoked),
                waives=_split(self.value("consent_waives", position)),
            ),
            ebr=Ebr(_day(transaction), _day(inquiry)),
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

    def _place_keys(self) -> tuple[Codes, list[str]]:
        one, ones = self.text("jurisdictions")
        other, others = self.text("zones")
        both, index = np.unique(one * max(1, len(others)) + other, return_inverse=True)
        names = [f"{ones[k // max(1, len(others))]}|{others[k % max(1, len(others))]}" for k in both.tolist()]
        return index.astype(np.int64), names


def _coded(values: pd.Series) -> tuple[Codes, list[str]]:
    codes, names = pd.factorize(values)
    texts = [str(name) for name in names]
    if (codes < 0).any():
        codes = np.where(codes < 0, len(texts), codes)
        texts.append("")
    return codes.astype(np.int64), texts


def _split(text: str) -> tuple[str, ...]:
    return tuple(part for part in text.split(",") if part)


def _instant(value: np.datetime64) -> datetime | None:
    return None if np.isnat(value) else pd.Timestamp(value).tz_localize("UTC").to_pydatetime()


def _day(value: np.datetime64) -> date | None:
    return None if np.isnat(value) else pd.Timestamp(value).date()
