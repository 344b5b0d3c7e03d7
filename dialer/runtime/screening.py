"""Verdicts on columns of numbers at an instant: `dnc.gate.screen` fed with everything the store and registries know.

*Theory of operation.* A verdict is a set of reason codes, kept as bits. Numbers under the same state of the same
registries (which lists bind, how old each copy is) are one group and go through `gate.screen` together. What
`screen` would judge number by number is added here for whole columns: caps by its own functions on pairs that are
joined once, personal and official blocks once for each distinct block and set of zones. A number on one of two
lists of the same kind, or on a list of a place it is not in, is evaluated by itself; there are few.
`tests/preview` holds that every verdict has the codes of `gate.check`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dialer.runtime.columns import CampaignFacts, digits_of
from dialer.runtime.doors import Door, Doors
from dialer.runtime.listings import KINDS, Listings, Said, place_of_key
from dialer.runtime.reassigned import reassigned_columns
from dialer.store.blocks import StoredBlock
from dnc.gate import TIME_CODES, Facts, Gate, Policy, evaluate
from dnc.gate.columns import Contacts
from dnc.gate.screen_caps import Pairs, broken_caps, pair_events
from dnc.registries import RegistryStore
from dnc.values import Block, Code, ListEvidence

__all__ = ["BIT", "TIME_BITS", "Bits", "Screening", "codes_of"]

Bits = NDArray[np.int64]

#: The bit of each code; 0 bits: allowed.
BIT: Final[dict[Code, int]] = {code: 1 << n for n, code in enumerate(Code)}
TIME_BITS: Final[int] = sum(BIT[code] for code in TIME_CODES)
_OWN = tuple(ListEvidence(kind, kind) for kind in ("internal", "client", "campaign", "areacode"))
#: The columns that a rule looks at, past calls apart.
_LOOKED_AT = frozenset(
    {
        "number",
        "number_ok",
        "place_key",
        "scope",
        "mode",
        "line_type",
        "number_kind",
        "consent_basis",
        "consent_waives",
        "consent_given_at",
        "consent_revoked_at",
        "last_transaction",
        "last_inquiry",
    }
)


def codes_of(bits: int) -> frozenset[Code]:
    """The codes of a verdict; empty when allowed."""
    return frozenset(code for code, bit in BIT.items() if bits & bit)


class Screening:
    """Judges some numbers of a campaign at one instant, and whether they are callable in the 24 hours after.

    Args:
        gate: with the rules; its facts are not asked.
        registries: the national and state lists.
        facts: of the campaign.
        frame: numbers, as `dialer.runtime.columns.numbers_of` gives them.
        policy: the campaign's own caps.
        at: the instant.

    Attributes:
        bits: the verdict on each number; 0 is: allowed.
    """

    def __init__(
        self,
        gate: Gate,
        registries: RegistryStore,
        facts: CampaignFacts,
        frame: pd.DataFrame,
        policy: Policy,
        at: datetime,
    ) -> None:
        self._frame, self._gate, self._registries, self._policy = frame, gate, registries, policy
        self._digits = digits_of(frame)
        self._listings = Listings(registries, frame["number"], self._digits, frame["place_key"])
        place, keys = pd.factorize(frame["place_key"])
        self._contacts = Contacts(frame)
        self._blocks = list(_block_classes(facts.blocks, frame["number"], place, list(keys)))
        self._pairs = pair_events(self._contacts, facts.history) if len(facts.history) and len(frame) else None
        everyone = np.arange(len(frame))
        said = self._listings.ask(everyone, at)
        self.bits, state = self._judge(everyone, said, at)
        self._capped = np.zeros(len(frame), dtype=bool)
        days = [at.astimezone(UTC).date() + timedelta(days=n) for n in range(-1, 4)]
        self._same_caps = len({frozenset(cap.id for cap in gate.book.caps if cap.in_force(day)) for day in days}) == 1
        if self._pairs is not None:
            for rows, code in broken_caps(gate.book, self._contacts, self._pairs, at, policy):
                self.bits[rows] |= BIT[code]
                self._capped[rows] = True
        self.bits |= self._closed(at)
        # Those that only time keeps back, and one of each situation that they are in.
        self._maybe = np.flatnonzero((self.bits & ~np.int64(TIME_BITS)) == 0)
        alike = self._alike(state, at)[self._maybe]
        _, first, self._situation = np.unique(alike, return_index=True, return_inverse=True)
        self._first = self._maybe[first]
        self._doors = Doors(gate, facts.campaign.scope, facts.campaign.dialing.mode, list(keys))
        self._place = place[self._first]
        self._coming = (frame["consent_given_at"] > at).to_numpy(dtype=bool)[self._first]
        self._allowed = np.zeros(len(first), dtype=bool)
        self._holds_until = np.full(len(first), -np.inf)
        self._last = said if not len(first) else None

    def open_at(self, at: datetime) -> NDArray[np.bool_]:
        """Which numbers may be called at a later instant, as far as is known now.

        A number that something else than time keeps back stays closed, as `Verdict.next_allowed` says.
        """
        found = np.zeros(len(self._frame), dtype=bool)
        if not len(self._maybe):
            return found
        found[self._maybe] = self._situations_at(at)[self._situation]
        found &= self._closed(at) == 0
        if self._pairs is not None:
            self._look_at_caps(self._pairs, found, at)
            found &= ~self._capped
        return found

    def _look_at_caps(self, every: Pairs, rows: NDArray[np.bool_], at: datetime) -> None:
        """Bring up to date which of some rows break a cap.

        The past only grows older, so a row that breaks none stays so, unless another rule comes into force.
        """
        wanted = rows & self._capped if self._same_caps else rows
        kept = wanted[every.row]
        if not kept.any():
            return
        pairs = Pairs(every.row[kept], every.event[kept], every.events, every.same_number[kept])
        self._capped[wanted] = False
        for broken, _ in broken_caps(self._gate.book, self._contacts, pairs, at, self._policy):
            self._capped[broken] = True

    def _situations_at(self, at: datetime) -> NDArray[np.bool_]:
        """Which situations allow a call, past calls and blocks apart; asked again when that may change."""
        said = self._listings.ask(self._first, at)
        if self._last is None or not said.same_state(self._last):
            self._holds_until[:] = -np.inf
        self._last = said
        door, until = self._doors.at(at)
        ajar = door[self._place] != Door.CLOSED
        asked = np.flatnonzero(ajar & (self._holds_until <= at.timestamp()))
        if len(asked):
            rows = self._first[asked]
            self._allowed[asked] = self._judge(rows, self._listings.ask(rows, at), at)[0] == 0
            sure = (door[self._place[asked]] == Door.OPEN) & ~self._coming[asked]
            self._holds_until[asked] = np.where(sure, until[self._place[asked]], -np.inf)
        allowed: NDArray[np.bool_] = self._allowed & ajar
        return allowed

    def _alike(self, state: Bits, at: datetime) -> Bits:
        """Equal codes for numbers that only their past calls and blocks can tell apart, at any later instant."""
        frame = self._frame
        given, revoked = frame["consent_given_at"], frame["consent_revoked_at"]
        ended = revoked.notna() & (given.isna() | (given <= revoked))
        # A consent that is given already stays so; one that is to come counts by its own instant.
        start = given.where(given.isna() | (given > at), pd.Timestamp(0, tz="UTC"))
        names = ("place_key", "line_type", "number_kind", "consent_basis", "consent_waives", "number_ok")
        dates = (frame["last_transaction"], frame["last_inquiry"])
        key = state
        parts: list[pd.Series] = [
            pd.Series(self._listings.pair),
            ended,
            start,
            *dates,
            *(frame[name] for name in names),
        ]
        for part in parts:
            codes, distinct = pd.factorize(part, use_na_sentinel=False)
            key = np.unique(key * max(1, len(distinct)) + codes, return_inverse=True)[1]
        return key

    def _closed(self, at: datetime) -> Bits:
        """What blocks add, in each class of equal blocks and zones."""
        found = np.zeros(len(self._frame), dtype=np.int64)
        for row, rows, blocks in self._blocks:
            call = self._contacts.call(row)
            bare, closed = (
                _bits(evaluate(self._gate.book, call, Facts(blocks=said), at, self._policy, with_next=False).reasons)
                for said in ((), tuple(each for each in blocks if each.until is None or each.until > at))
            )
            found[rows] |= closed & ~bare
        return found

    def _judge(self, rows: NDArray[np.intp], said: Said, at: datetime) -> tuple[Bits, Bits]:
        """The verdicts on some rows without their past calls and blocks, and a code for what lists say of each."""
        names = [name for name in self._frame.columns if name in _LOOKED_AT or name.startswith("listed_")]
        frame = self._frame[names].iloc[rows].copy(deep=False)
        lists, group, odd = said.lists, said.group, said.odd
        answer, answers = pd.factorize(reassigned_columns(self._registries, self._digits[rows], at))
        frame["rnd"] = pd.Series(answers[answer], index=frame.index, dtype="str")
        state = group * (len(answers) + 1) + answer
        for kind in KINDS:
            frame[f"listed_{kind}"] = said.listed[kind]
        for name in (name for name in frame.columns if name.startswith("listed_")):
            state = state * 2 + frame[name].to_numpy(dtype=bool)
        found = np.zeros(len(frame), dtype=np.int64)
        order = np.argsort(group, kind="stable")
        edges = np.searchsorted(group[order], np.arange(len(lists) + 1))
        for n, consulted in enumerate(lists):
            inside = order[edges[n] : edges[n + 1]]
            told = self._gate.screen(frame.iloc[inside], at, lists=(*_OWN, *consulted), policy=self._policy)
            of_text = [_bits(Code(code) for code in text.split(",")) for text in told["codes"].cat.categories]
            found[inside] = np.array(of_text, dtype=np.int64)[told["codes"].cat.codes.to_numpy()]
        if len(odd):
            contacts = Contacts(frame)
            for row in odd.tolist():
                call = contacts.call(row)
                known = [
                    *contacts.lists(row, _OWN),
                    *self._registries.evidence(call.number, at, call.place.jurisdictions),
                ]
                rnd: Any = contacts.value("rnd", row) or None
                verdict = evaluate(self._gate.book, call, Facts(known, rnd=rnd), at, self._policy, with_next=False)
                found[row] = _bits(verdict.reasons)
            state = np.unique(state, return_inverse=True)[1]
            state[odd] = len(frame) + odd
        return found, state


def _bits(codes: Iterable[Code]) -> int:
    """Codes as bits."""
    return sum(BIT[code] for code in dict.fromkeys(codes) if code is not Code.ALLOW)


def _block_classes(
    blocks: Sequence[StoredBlock], numbers: pd.Series, place: NDArray[np.intp], keys: list[str]
) -> Iterator[tuple[int, NDArray[np.intp], tuple[Block, ...]]]:
    """Rows with equal blocks at equal places: one of them, all of them, and the blocks."""
    of: dict[str, list[StoredBlock]] = {}
    for each in blocks:
        of.setdefault(each.target, []).append(each)
    if not of:
        return
    general = [
        tuple(each for target in ("", *place_of_key(key).jurisdictions) for each in of.get(target, ())) for key in keys
    ]
    closed = np.array([bool(each) for each in general], dtype=bool)[place] | numbers.isin(set(of)).to_numpy(dtype=bool)
    classes: dict[tuple[int, tuple[Block, ...]], list[int]] = {}
    for row in np.flatnonzero(closed).tolist():
        own = of.get(str(numbers.iat[row]), ())
        said = tuple(each.block for each in sorted((*general[place[row]], *own), key=lambda each: each.block_id))
        classes.setdefault((int(place[row]), said), []).append(row)
    for (_, said), rows in classes.items():
        yield rows[0], np.array(rows, dtype=np.intp), said
