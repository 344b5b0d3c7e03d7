"""Frequency caps for whole columns: every cap is a cutoff instant, so past calls are counted with arrays."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dnc.gate.caps import cutoff
from dnc.gate.clock import zones_of
from dnc.gate.columns import Contacts
from dnc.gate.facts import CampaignCap, Policy
from dnc.rules import LIVE, CapRule, Rulebook
from dnc.values import Code, PastEvent

__all__ = ["Pairs", "broken_caps", "pair_events"]

_Mask = NDArray[np.bool_]
_Rows = NDArray[np.int64]
_TEXT = ("number", "person", "debt", "subject", "campaign", "number_kind")


@dataclass(frozen=True, eq=False)
class Pairs:
    """Every (row, past event) of the same number or person, and the events, a row for each."""

    row: _Rows
    event: _Rows  # positions in `events`
    events: pd.DataFrame
    same_number: _Mask  # or the number of the event is unknown

    def __len__(self) -> int:
        return len(self.row)

    def events_of(self, position: int) -> list[PastEvent]:
        """The events of one row as the gate's own values."""
        found = self.events.iloc[self.event[self.row == position]]
        return [
            PastEvent(
                at=e.at.to_pydatetime().astimezone(UTC),
                kind=e.kind,
                counts=bool(e.counts),
                **{name: getattr(e, name) for name in _TEXT if name in found},
            )
            for e in found.itertuples()
        ]


def pair_events(contacts: Contacts, history: pd.DataFrame) -> Pairs:
    """Join rows and events by number and by person, each pair once.

    Raises `ValueError` for an event with neither.
    """
    events = pd.DataFrame({"at": pd.to_datetime(history["at"], utc=True), "kind": history["kind"]})
    for name in _TEXT:
        if name in history:
            events[name] = history[name].astype("str").fillna("")
    events["counts"] = history["counts"].astype("boolean").fillna(True) if "counts" in history else True
    events = events.reset_index(drop=True)
    named = np.zeros(len(events), dtype=bool)
    numbers: list[_Rows] = []
    keys = np.empty(0, dtype=np.int64)
    for name in ("number", "person"):
        (ours, theirs) = _shared([contacts.column(name), events.get(name)], [contacts.size, len(events)])
        named |= theirs != 0
        numbers = numbers or [ours, theirs]
        left = pd.DataFrame({"row": np.flatnonzero(ours), "key": ours[ours != 0]})
        right = pd.DataFrame({"event": np.flatnonzero(theirs), "key": theirs[theirs != 0]})
        both = left.merge(right, on="key")
        keys = np.concatenate([keys, both["row"].to_numpy() * len(events) + both["event"].to_numpy()])
    if not named.all():
        raise ValueError("A past event names neither a number nor a person; give one of them in every row.")
    keys = np.unique(keys)
    row, event = keys // max(1, len(events)), keys % max(1, len(events))
    return Pairs(row, event, events, _same(numbers[0][row], numbers[1][event]))


def broken_caps(
    book: Rulebook, contacts: Contacts, pairs: Pairs, at: datetime, policy: Policy
) -> Iterator[tuple[_Rows, Code]]:
    """Rows that break a cap, and its code; for each row in the order of the rules."""
    rows = np.unique(pairs.row)
    kind = np.zeros(len(rows), dtype=np.int64)
    for name in ("place_key", "scope", "mode"):
        codes, texts = contacts.text(name)
        kind = kind * max(1, len(texts)) + codes[rows]
    _, first, group = np.unique(kind, return_index=True, return_inverse=True)
    compared = _Compared(contacts, pairs)
    # Rows and pairs sorted by situation: the slice of situation i is edges[i] to edges[i + 1].
    of_pair = group[np.searchsorted(rows, pairs.row)]
    by_row, by_pair = np.argsort(group, kind="stable"), np.argsort(of_pair, kind="stable")
    numbers = np.arange(len(first) + 1)
    row_edges = np.searchsorted(group[by_row], numbers)
    pair_edges = np.searchsorted(of_pair[by_pair], numbers)
    for i, head in enumerate(first):
        members = rows[by_row[row_edges[i] : row_edges[i + 1]]]
        inside = by_pair[pair_edges[i] : pair_edges[i + 1]]
        scope, mode = (contacts.value(name, int(rows[head])) for name in ("scope", "mode"))
        jurisdictions, _, zones = contacts.value("place_key", int(rows[head])).partition("|")
        try:
            here = zones_of(tuple(z for z in zones.split(",") if z))
        except ValueError:  # an unknown zone: `evaluate` has refused these rows
            continue
        dates = [at.astimezone(z).date() for z in here] or [at.date()]
        bound = book.bound(tuple(j for j in jurisdictions.split(",") if j), scope, mode)
        local = np.searchsorted(members, pairs.row[inside])
        guaranteed = _guaranteed(contacts, members, mode)
        every: list[CapRule | CampaignCap] = [c for c in bound.caps if any(map(c.in_force, dates))]
        every += policy.caps
        for cap in every:
            edge = np.datetime64(cutoff(cap, at, here).astimezone(UTC).replace(tzinfo=None), "us")
            counted = (compared.at[inside] >= edge) & compared.counted(cap, inside)
            counts = np.bincount(local[counted], minlength=len(members))
            room = cap.limit if isinstance(cap, CapRule) and cap.trigger else cap.limit - 1
            over = counts > room
            if isinstance(cap, CapRule):
                over &= _binds(contacts, members, cap)
                if cap.lifted_by_guaranteed_agent:
                    over &= ~guaranteed
            if over.any():
                yield members[over], cap.code if isinstance(cap, CapRule) else Code.FREQ_CAMPAIGN


class _Compared:
    """What the row and the event of each pair have in common. Unknown (code 0) agrees with everything."""

    def __init__(self, contacts: Contacts, pairs: Pairs) -> None:
        events = pairs.events
        self.at = events["at"].dt.tz_localize(None).to_numpy().astype("datetime64[us]")[pairs.event]
        kinds, names = pd.factorize(events["kind"])
        self._kinds = {str(name): code for code, name in enumerate(names)}
        self._kind = kinds[pairs.event]
        self.counts = events["counts"].to_numpy(dtype=bool)[pairs.event]
        self.number_kind: NDArray[Any] | None = None
        if "number_kind" in events:
            self.number_kind = events["number_kind"].to_numpy(dtype=object)[pairs.event]
        sizes = [contacts.size, len(events)]
        self.number = pairs.same_number
        debt, their_debt = _shared([contacts.column("debt"), events.get("debt")], sizes)
        self.debt = _same(debt[pairs.row], their_debt[pairs.event])
        about = [f(name) for name in ("subject", "campaign") for f in (contacts.column, events.get)]
        subject, their_subject, campaign, their_campaign = _shared(about, sizes * 2)
        self.campaign = _same(campaign[pairs.row], their_campaign[pairs.event])
        subject = np.where(subject != 0, subject, campaign)
        their_subject = np.where(their_subject != 0, their_subject, their_campaign)
        self.subject = _same(subject[pairs.row], their_subject[pairs.event])

    def is_kind(self, kind: str, of: _Rows) -> _Mask:
        """Which of some pairs are events of a kind."""
        same: _Mask = self._kind[of] == self._kinds.get(kind, -1)
        return same

    def counted(self, cap: CapRule | CampaignCap, of: _Rows) -> _Mask:
        """Which of some pairs a cap counts, whenever the event was; as `dnc.gate.caps.counted` says of one."""
        if isinstance(cap, CampaignCap):
            found = self.is_kind("attempt", of) & self.campaign[of]
            return found & self.number[of] if cap.per == "number" else found
        found = self.is_kind(cap.trigger or "attempt", of)
        if not cap.counts_unconnected:
            found = found & self.counts[of]
        if cap.number_kinds and self.number_kind is not None:
            found = found & np.isin(self.number_kind[of], ("", *cap.number_kinds))
        for name in ("number", "debt", "subject"):
            if name in cap.count_by:
                found = found & getattr(self, name)[of]
        return found


def _shared(columns: Sequence[pd.Series | None], sizes: Sequence[int]) -> list[_Rows]:
    """Text columns coded alike: equal texts, equal codes; "" and missing values are 0, absent columns all 0."""
    present = [c.astype("str").fillna("").reset_index(drop=True) for c in columns if c is not None]
    if not present:
        return [np.zeros(size, dtype=np.int64) for size in sizes]
    blank = pd.Series([""], dtype="str")
    codes = pd.factorize(pd.concat([blank, *present], ignore_index=True))[0].astype(np.int64)[1:]
    found, start = [], 0
    for column, size in zip(columns, sizes, strict=True):
        if column is None:
            found.append(np.zeros(size, dtype=np.int64))
        else:
            found.append(codes[start : start + size])
            start += size
    return found


def _same(ours: _Rows, theirs: _Rows) -> _Mask:
    same: _Mask = (ours == 0) | (theirs == 0) | (ours == theirs)
    return same


def _guaranteed(contacts: Contacts, members: _Rows, mode: str) -> _Mask:
    held = contacts.flag("agent_guaranteed")[members]
    sure: _Mask = (held | (mode in LIVE)) & (mode != "prerecorded")
    return sure


def _binds(contacts: Contacts, members: _Rows, cap: CapRule) -> _Mask:
    if not cap.number_kinds:
        return np.ones(len(members), dtype=bool)
    kinds = contacts.texts("number_kind")[members]
    return np.isin(kinds, ("", *cap.number_kinds))
