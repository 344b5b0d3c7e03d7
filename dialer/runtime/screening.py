"""Verdicts on columns of numbers: `dnc.gate` fed with everything the store and registries know.

*Theory of operation.* A verdict is a set of reason codes, kept as bits. One `Judge` answers for one instant; it keeps
what it found, so that the next part of a list, or the next list, costs little more than being read. What the
rules cannot say of columns is added: past calls counted by `dnc.gate.screen_caps`, personal and official blocks judged
once for each distinct block and place. `tests/preview` holds that every verdict has the codes of `gate.check`.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dialer.runtime.blocking import Blocking
from dialer.runtime.columns import CampaignFacts, completed
from dialer.runtime.doors import Door, Doors
from dialer.runtime.listings import OWN, Listings
from dialer.runtime.reassigned import REGISTRY, reassigned_columns
from dnc.coding import Coded, grouped
from dnc.gate import TIME_CODES, Gate, Policy
from dnc.gate.columns import Columns, Contacts
from dnc.gate.rnd import newest_data
from dnc.gate.screen_caps import Caps, Pairs
from dnc.gate.screener import Judged, Screener
from dnc.registries import RegistryStore
from dnc.values import Code, ListEvidence

__all__ = ["BIT", "TIME_BITS", "Bits", "Judge", "Judges", "Screening", "bits_of", "codes_of"]

Bits = NDArray[np.int64]

#: The bit of each code; 0 bits: allowed.
BIT: Final[dict[Code, int]] = {code: 1 << n for n, code in enumerate(Code)}
TIME_BITS: Final[int] = sum(BIT[code] for code in TIME_CODES)
#: What a contact is judged by beside lists and consent; equal columns, equal verdicts at every instant.
_TEXTS = ("place_key", "line_type", "number_kind", "consent_basis", "consent_waives", "rnd")
_DATES = ("last_transaction", "last_inquiry", "rnd_since", "rnd_obtained")


def codes_of(bits: int) -> frozenset[Code]:
    """The codes of a verdict; empty when allowed."""
    return frozenset(code for code, bit in BIT.items() if bits & bit)


def bits_of(codes: Iterable[Code]) -> int:
    """Codes as bits."""
    return sum(BIT[code] for code in dict.fromkeys(codes) if code is not Code.ALLOW)


class Judges:
    """The gate for a campaign's numbers, loaded or not: one judge for each instant. May be shared by threads.

    Args:
        gate: with the rules; its facts are not asked.
        registries: the national and state lists.
        facts: of the campaign.
        policy: the campaign's own caps.
    """

    def __init__(self, gate: Gate, registries: RegistryStore, facts: CampaignFacts, policy: Policy) -> None:
        self.gate, self.registries, self.facts, self.policy = gate, registries, facts, policy
        self.blocking = Blocking(gate.book, policy, facts.blocks)
        self._at: dict[datetime, Judge] = {}

    def at(self, at: datetime) -> Judge:
        """The judge of an instant."""
        found = self._at.get(at)
        if found is None:
            found = self._at[at] = Judge(self, at)
        return found

    def contacts(self, columns: Columns) -> Contacts:
        """Numbers with everything that is known of them; see `dialer.runtime.columns.completed`."""
        if self.registries.current(REGISTRY) is None:
            return completed(columns, self.facts)
        said = reassigned_columns(self.registries, Contacts(columns).number_keys())
        answer, words = pd.factorize(said.rnd)
        answers = {
            "rnd": Coded(answer, words.tolist()),
            "rnd_since": said.rnd_since,
            "rnd_obtained": said.rnd_obtained,
        }
        return completed({**columns, **answers}, self.facts)


class Judge:
    """The gate for columns at one instant."""

    def __init__(self, judges: Judges, at: datetime) -> None:
        self.at = at.astimezone(UTC)
        self._all = judges
        self.listings = Listings(judges.registries, at)
        self.screener = Screener(judges.gate.book, at, judges.policy)
        self.caps = Caps(judges.gate.book, self.at, judges.policy)

    def judge(self, contacts: Contacts) -> tuple[Judged, Bits]:
        """What all rules say but those of past calls and blocks: the answers, and the same as bits, shape (n,)."""
        told, _ = self.listings.ask(contacts.number_keys(), contacts.text("place_key"), _own(contacts))
        judged = self.screener.judge(contacts, told)
        bits = np.array([bits_of(codes) for codes in self.screener.answers.codes], dtype=np.int64)
        return judged, bits[judged.answer]

    def verdicts(self, contacts: Contacts) -> tuple[Judged, Bits]:
        """As `judge`, with the bits of past calls and of blocks."""
        judged, bits = self.judge(contacts)
        for rows, code in self.caps.broken(contacts, self._all.facts.past.pairs(contacts)):
            bits[rows] |= BIT[code]
        for rows, codes in self._all.blocking.classes(contacts).closed(self.at):
            bits[rows] |= bits_of(codes)
        return judged, bits


class Screening:
    """Judges some numbers of a campaign at one instant, and whether they are callable in the hours after.

    Attributes:
        bits: the verdict on each number; 0 is: allowed.
    """

    def __init__(self, judges: Judges, columns: Columns, at: datetime) -> None:
        self._judges, self._book = judges, judges.gate.book
        self._contacts = contacts = judges.contacts(columns)
        self._classes = judges.blocking.classes(contacts)
        self._pairs = judges.facts.past.pairs(contacts)
        judge = judges.at(at)
        _, self.bits = judge.judge(contacts)
        self._capped = np.zeros(contacts.size, dtype=bool)
        days = [judge.at.date() + timedelta(days=n) for n in range(-1, 4)]
        self._same_caps = len({frozenset(c.id for c in self._book.caps if c.in_force(day)) for day in days}) == 1
        for rows, code in judge.caps.broken(contacts, self._pairs):
            self.bits[rows] |= BIT[code]
            self._capped[rows] = True
        for rows, codes in self._classes.closed(judge.at):
            self.bits[rows] |= bits_of(codes)
        # Those that only time keeps back, and one of each situation that they are in.
        self._maybe = np.flatnonzero((self.bits & ~np.int64(TIME_BITS)) == 0)
        some = contacts.take(self._maybe)
        told, scope = judge.listings.ask(some.number_keys(), some.text("place_key"), _own(some))
        self._situation, first = grouped((told.codes, told.size), *_alike(some, scope, judge.at))
        self._first = some.take(first)
        self._said = [tuple(told.evidence(row)) for row in first.tolist()]
        self._place, keys = self._first.text("place_key")
        self._doors = Doors(judges.gate, judges.facts.campaign.scope, judges.facts.campaign.call_mode, keys)
        self._coming = self._first.time("consent_given_at") > _us(judge.at)
        self._allowed = np.zeros(len(first), dtype=bool)
        self._holds_until = np.full(len(first), -np.inf)
        self._renewed = newest_data(self._book.rnd_renewed_on_day, judge.at.date())

    def open_at(self, at: datetime) -> NDArray[np.bool_]:
        """Which numbers may be called at a later instant, as far as is known now.

        A number that something else than time keeps back stays closed, as `Verdict.next_allowed` says.
        """
        found = np.zeros(self._contacts.size, dtype=bool)
        if not len(self._maybe):
            return found
        judge = self._judges.at(at)
        found[self._maybe] = self._situations_at(judge)[self._situation]
        for rows, _ in self._classes.closed(judge.at):
            found[rows] = False
        if len(self._pairs):
            self._look_at_caps(self._pairs, found, judge)
            found &= ~self._capped
        return found

    def _look_at_caps(self, pairs: Pairs, rows: NDArray[np.bool_], judge: Judge) -> None:
        """Bring up to date which of some rows break a cap.

        The past only grows older, so a row that breaks none stays so, unless another rule comes into force.
        """
        wanted = rows & self._capped if self._same_caps else rows
        self._capped[wanted] = False
        for broken, _ in judge.caps.broken(self._contacts, pairs.of(wanted)):
            self._capped[broken] = True

    def _situations_at(self, judge: Judge) -> NDArray[np.bool_]:
        """Which situations allow a call, past calls and blocks apart; asked again when that may change."""
        first = self._first
        told, _ = judge.listings.ask(first.number_keys(), first.text("place_key"), _own(first))
        said: list[tuple[ListEvidence, ...]] = [tuple(told.evidence(row)) for row in range(first.size)]
        renewed = newest_data(self._book.rnd_renewed_on_day, judge.at.date())
        if said != self._said or renewed != self._renewed:
            self._holds_until[:] = -np.inf
        self._said, self._renewed = said, renewed
        door, until = self._doors.at(judge.at)
        ajar = door[self._place] != Door.CLOSED
        asked = np.flatnonzero(ajar & (self._holds_until <= judge.at.timestamp()))
        if len(asked):
            self._allowed[asked] = judge.judge(first.take(asked))[1] == 0
            place = self._place[asked]
            sure = (door[place] == Door.OPEN) & ~self._coming[asked]
            self._holds_until[asked] = np.where(sure, until[place], -np.inf)
        allowed: NDArray[np.bool_] = self._allowed & ajar
        return allowed


def _alike(contacts: Contacts, scope: Bits, at: datetime) -> list[tuple[Bits, int]]:
    """Parts of `grouped`: equal in all for numbers that only past calls and blocks can tell apart, now or later.

    `scope` is what decides which lists bind a number.
    """
    given, revoked = contacts.time("consent_given_at"), contacts.time("consent_revoked_at")
    ended = ~np.isnat(revoked) & (np.isnat(given) | (given <= revoked))
    columns: list[NDArray[Any]] = [scope, ended, contacts.flag("number_ok")]
    columns += [contacts.time(name) for name in _DATES if name in contacts]
    if "sector" not in contacts:
        # A consent that is given already stays so, where no law says how old it may be: one that is to come counts
        # by its own instant, and by its date where an answer's is compared with it.
        columns.append(contacts.time("rnd_since").astype("datetime64[D]") > given.astype("datetime64[D]"))
        given = np.where(given <= _us(at), np.datetime64(0, "us"), given)
    parts = [(codes, len(names)) for codes, names in map(contacts.text, _TEXTS)]
    for column in (*columns, given):
        codes, distinct = pd.factorize(column, use_na_sentinel=False)
        parts.append((codes.astype(np.int64), len(distinct)))
    return parts


def _own(contacts: Contacts) -> Bits:
    """Bit k of each row: on `OWN[k]`."""
    found = np.zeros(contacts.size, dtype=np.int64)
    for n, each in enumerate(OWN):
        found |= contacts.flag(f"listed_{each.kind}").astype(np.int64) << n
    return found


def _us(at: datetime) -> np.datetime64:
    return np.datetime64(at.astimezone(UTC).replace(tzinfo=None), "us")
