"""Frequency caps for whole columns: every cap is a cutoff instant, so past calls are counted with arrays."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dnc.coding import grouped
from dnc.gate.caps import cutoff
from dnc.gate.clock import zones_of
from dnc.gate.columns import Contacts, number_keys, texts_of
from dnc.gate.facts import CampaignCap, Policy
from dnc.lookup import Lookup, fingerprints
from dnc.numbers.writing import e164_texts
from dnc.rules import LIVE, CapRule, Rulebook
from dnc.values import Code, PastEvent

__all__ = ["Caps", "Pairs", "Past"]

_Mask = NDArray[np.bool_]
_Rows = NDArray[np.intp]
_TEXT = ("number", "person", "debt", "subject", "campaign", "number_kind")
_UNBOUND = np.datetime64("NaT", "us")


@dataclass(frozen=True, eq=False)
class Pairs:
    """Every (row, past event) of the same number or person, by row, and the events."""

    row: _Rows
    event: _Rows  # positions in `events`
    events: pd.DataFrame

    def __len__(self) -> int:
        return len(self.row)

    def of(self, rows: _Mask) -> Pairs:
        """The pairs of some rows only."""
        kept = rows[self.row]
        return Pairs(self.row[kept], self.event[kept], self.events)

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


class Past:
    """What happened before, prepared once; asked about one part of a list after the other.

    `history` has the columns that `dnc.gate.screen` describes. Raises `ValueError` for an event that names neither a
    number nor a person.
    """

    def __init__(self, history: pd.DataFrame) -> None:
        events = pd.DataFrame({"at": pd.to_datetime(history["at"], utc=True), "kind": history["kind"]})
        for name in _TEXT:
            if name in history:
                events[name] = history[name].astype("str").fillna("")
        events["counts"] = history["counts"].astype("boolean").fillna(True) if "counts" in history else True
        self.events = events.reset_index(drop=True)
        blank = np.zeros(len(events), dtype=np.uint64)
        number = number_keys(texts_of(self.events["number"])) if "number" in events else blank
        person = fingerprints(texts_of(self.events["person"])) if "person" in events else blank
        if not ((number > 0) | (person > 0)).all():
            raise ValueError("A past event names neither a number nor a person; give one of them in every row.")
        self._named = (np.flatnonzero(number), np.flatnonzero(person))
        self._numbers, self._persons = Lookup(number[self._named[0]]), Lookup(person[self._named[1]])

    def __len__(self) -> int:
        return len(self.events)

    def pairs(self, contacts: Contacts) -> Pairs:
        """The events of each contact's number or person, each once."""
        row, found = self._numbers.pairs(contacts.number_keys())
        event = self._named[0][found]
        persons = contacts.array("person") if len(self._persons) else None
        if persons is not None:
            more, found = self._persons.pairs(fingerprints(persons))
            theirs = self._named[1][found]
            same = pc.equal(persons.take(pa.array(more)), texts_of(self.events["person"].iloc[theirs]))
            kept = np.asarray(same)
            row, event = np.concatenate([row, more[kept]]), np.concatenate([event, theirs[kept]])
            both = np.unique(row * len(self.events) + event)
            row, event = both // max(1, len(self.events)), both % max(1, len(self.events))
        return Pairs(row, event, self.events)


class Caps:
    """Every cap in force at one instant, wherever it binds.

    Args:
        book: the rules.
        at: the instant (UTC).
        policy: with the campaign's own caps.
    """

    def __init__(self, book: Rulebook, at: datetime, policy: Policy) -> None:
        self._book, self._at = book, at
        self._caps: list[CapRule | CampaignCap] = [*book.caps, *policy.caps]
        self._position = {id(cap): n for n, cap in enumerate(self._caps)}
        self._own = range(len(book.caps), len(self._caps))
        self._known: dict[tuple[str, str, str], NDArray[np.datetime64]] = {}

    def broken(self, contacts: Contacts, pairs: Pairs) -> Iterator[tuple[_Rows, Code]]:
        """Rows that break a cap, and its code; for each row in the order of the rules."""
        if not len(pairs):
            return
        rows, local = np.unique(pairs.row, return_inverse=True)
        names = [contacts.text(name) for name in ("place_key", "scope", "mode")]
        group, first = grouped(*((codes[rows], len(texts)) for codes, texts in names))
        keys = zip(*([texts[n] for n in codes[rows[first]].tolist()] for codes, texts in names), strict=True)
        edges = np.stack([self._edges(*key) for key in keys])[group]
        compared = _Compared(contacts, pairs)
        guaranteed: _Mask | None = None
        for n, cap in enumerate(self._caps):
            edge = edges[:, n]
            bound = ~np.isnat(edge)
            if not bound.any():
                continue
            # Compared with NaT, no event is inside a cap that does not bind.
            counted = (compared.at >= edge[local]) & compared.counted(cap)
            counts = np.bincount(local[counted], minlength=len(rows))
            room = cap.limit if isinstance(cap, CapRule) and cap.trigger else cap.limit - 1
            over = bound & (counts > room)
            if isinstance(cap, CapRule):
                if cap.number_kinds:
                    over &= _among(contacts, "number_kind", ("", *cap.number_kinds))[rows]
                if cap.lifted_by_guaranteed_agent:
                    guaranteed = _guaranteed(contacts)[rows] if guaranteed is None else guaranteed
                    over &= ~guaranteed
            if over.any():
                yield rows[over], cap.code if isinstance(cap, CapRule) else Code.FREQ_CAMPAIGN

    def _edges(self, place_key: str, scope: str, mode: str) -> NDArray[np.datetime64]:
        """The instant from which on each cap counts at a place; NaT where it does not bind."""
        found = self._known.get((place_key, scope, mode))
        if found is None:
            found = np.full(len(self._caps), _UNBOUND)
            jurisdictions, _, zones = place_key.partition("|")
            try:
                here = zones_of(tuple(z for z in zones.split(",") if z))
            except ValueError:  # an unknown zone: these rows are refused already
                here = None
            if here is not None:
                dates = [self._at.astimezone(z).date() for z in here] or [self._at.date()]
                bound = self._book.bound(tuple(j for j in jurisdictions.split(",") if j), scope, mode)
                inside = [self._position[id(cap)] for cap in bound.caps if any(map(cap.in_force, dates))]
                for n in (*inside, *self._own):
                    edge = cutoff(self._caps[n], self._at, here).astimezone(UTC).replace(tzinfo=None)
                    found[n] = np.datetime64(edge, "us")
            self._known[place_key, scope, mode] = found
        return found


class _Compared:
    """What the row and the event of each pair have in common. Unknown ("") agrees with everything."""

    def __init__(self, contacts: Contacts, pairs: Pairs) -> None:
        self._contacts, self._row = contacts, pa.array(pairs.row)
        self._events = pairs.events.iloc[pairs.event]
        self.at = self._events["at"].dt.tz_localize(None).to_numpy().astype("datetime64[us]")
        self._counts = self._events["counts"].to_numpy(dtype=bool)
        codes, names = pd.factorize(self._events["kind"])
        self._kind, self._kinds = codes, {str(name): code for code, name in enumerate(names)}
        self._known: dict[str, _Mask] = {}

    def counted(self, cap: CapRule | CampaignCap) -> _Mask:
        """Which pairs a cap counts, whenever the event was; as `dnc.gate.caps.counted` says of one."""
        if isinstance(cap, CampaignCap):
            found = self._is_kind("attempt") & self._same("campaign")
            return found & self._same("number") if cap.per == "number" else found
        found = self._is_kind(cap.trigger or "attempt")
        if cap.counts_texts:
            found = found | self._is_kind("text")
        if not cap.counts_unconnected:
            found = found & self._counts
        if cap.number_kinds and "number_kind" in self._events:
            found = found & self._events["number_kind"].isin(("", *cap.number_kinds)).to_numpy(dtype=bool)
        for name in ("number", "debt", "subject"):
            if name in cap.count_by:
                found = found & self._same(name)
        return found

    def _is_kind(self, kind: str) -> _Mask:
        same: _Mask = self._kind == self._kinds.get(kind, -1)
        return same

    def _same(self, name: str) -> _Mask:
        """Whether row and event name the same, or one of them nothing."""
        found = self._known.get(name)
        if found is None:
            ours, theirs = self._ours(name), self._theirs(name)
            if name == "subject":  # the campaign is the subject where none is named
                ours, theirs = (
                    other if one is None else one if other is None else pc.if_else(pc.equal(one, ""), other, one)
                    for one, other in ((ours, self._ours("campaign")), (theirs, self._theirs("campaign")))
                )
            if ours is None or theirs is None:
                found = np.ones(len(self.at), dtype=bool)
            else:
                unknown = pc.or_(pc.equal(ours, ""), pc.equal(theirs, ""))
                found = np.asarray(pc.or_(unknown, pc.equal(ours, theirs)))
            self._known[name] = found
        return found

    def _ours(self, name: str) -> Any:
        if name == "number" and name not in self._contacts:
            return e164_texts(self._contacts.number_keys()[self._row.to_numpy()])
        column = self._contacts.array(name)
        return None if column is None else column.take(self._row)

    def _theirs(self, name: str) -> Any:
        return texts_of(self._events[name]) if name in self._events else None


def _guaranteed(contacts: Contacts) -> _Mask:
    live = _among(contacts, "mode", tuple(LIVE)) | contacts.flag("agent_guaranteed")
    sure: _Mask = live & ~_among(contacts, "mode", ("prerecorded",))
    return sure


def _among(contacts: Contacts, name: str, wanted: tuple[str, ...]) -> _Mask:
    """Which rows say one of these."""
    codes, names = contacts.text(name)
    found: _Mask = np.array([text in wanted for text in names], dtype=bool)[codes]
    return found
