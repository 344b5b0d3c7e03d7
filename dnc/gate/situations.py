"""What a rule looks at, past calls and personal blocks apart, reduced to two small codes for each row.

`places` and `profiles` are numbers that stay the same from one part of a list to the next: rows with equal numbers,
of which lists say the same, have equal verdicts at one instant.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dnc.coding import Ids, grouped
from dnc.gate.agreements import months_before
from dnc.gate.clock import zones_of
from dnc.gate.columns import Codes, Contacts
from dnc.gate.rnd import newest_data
from dnc.numbers.columns import read_lead_numbers
from dnc.numbers.writing import e164_texts
from dnc.rules import Rulebook

__all__ = ["VALID", "Situations"]

#: The first value of every profile, for numbers that are valid and written as E.164.
VALID = 0

_TEXTS = (
    "scope", "mode", "sector", "authorisation", "line_type", "number_kind", "rnd", "consent_basis", "consent_waives",
)  # fmt: skip
Profile = tuple[int | str, ...]


class Situations:
    """The places and profiles met so far, at one instant (UTC)."""

    def __init__(self, book: Rulebook, at: datetime) -> None:
        self._book, self._at = book, at
        self.places: Ids[str] = Ids()  # `Place.key`
        self.profiles: Ids[Profile] = Ids()

    def place(self, contacts: Contacts) -> Codes:
        """The number of each row's place, shape (n,)."""
        codes, names = contacts.text("place_key")
        return self.places.of(names)[codes] if names else codes

    def profile(self, contacts: Contacts) -> Codes:
        """The number of everything else that rules look at in a row, shape (n,)."""
        # The number comes first, see `VALID`. What is the same in every row of every part is left out by `grouped`.
        parts: list[tuple[Codes, list[str] | None, int]] = [(_number_states(contacts), None, 3)]
        for codes, names in map(contacts.text, _TEXTS):
            parts.append((codes, names, len(names)))
        given = contacts.time("consent_given_at")
        parts.append((_consent_states(contacts, self._at), None, 4))
        if "agent_guaranteed" in contacts:
            parts.append((contacts.flag("agent_guaranteed").astype(np.int64), None, 2))
        for codes, size in self._dates(contacts, given):
            parts.append((codes, None, size))
        group, first = grouped(*((codes, size) for codes, _, size in parts))
        columns = [
            codes[first].tolist() if names is None else [names[n] for n in codes[first].tolist()]
            for codes, names, _ in parts
        ]
        return self.profiles.of(list(zip(*columns, strict=True)))[group]

    def _dates(self, contacts: Contacts, given: NDArray[np.datetime64]) -> list[tuple[Codes, int]]:
        """What rules ask of dates: a relationship that stands, a consent that is young, an answer that is new."""
        found: list[tuple[Codes, int]] = []
        related = [name for name in ("last_transaction", "last_inquiry") if name in contacts]
        latest = _latest_dates(contacts.text("place_key").names, self._at) if related else []
        for rule in self._book.consents:
            if rule.kind == "ebr" and related:
                months = (rule.months_after_transaction, rule.months_after_inquiry)
                found.append((_relationship(contacts, latest, *months).astype(np.int64), 2))
            if rule.valid_days is not None and "sector" in contacts:
                oldest = (self._at - timedelta(days=rule.valid_days)).replace(tzinfo=None)
                found.append(((given >= np.datetime64(oldest, "us")).astype(np.int64), 2))
        if "rnd" in contacts:
            found.append((_rnd_doubts(self._book, contacts, given, self._at), 4))
        return found


def _consent_states(contacts: Contacts, at: datetime) -> Codes:
    """0: given by now, 1: revoked, 2: never given, 3: given later than now."""
    given = contacts.time("consent_given_at")
    found = np.where(given > np.datetime64(at.replace(tzinfo=None), "us"), 3, 0)
    found[np.isnat(given)] = 2
    if "consent_revoked_at" in contacts:
        revoked = contacts.time("consent_revoked_at")
        found[~np.isnat(revoked) & (np.isnat(given) | (given <= revoked))] = 1
    return found


def _rnd_doubts(book: Rulebook, contacts: Contacts, given: NDArray[np.datetime64], at: datetime) -> Codes:
    """What `dnc.gate.rnd` asks of an answer's dates: whether they are known and new, and not behind the consent."""
    since, obtained = (contacts.time(name).astype("datetime64[D]") for name in ("rnd_since", "rnd_obtained"))
    newest = np.datetime64(newest_data(book.rnd_renewed_on_day, at.date()), "D")
    old = np.isnat(since) | np.isnat(obtained) | (obtained < newest)
    doubts: Codes = old.astype(np.int64) * 2 + (since > given.astype("datetime64[D]"))
    return doubts


def _latest_dates(keys: list[str], at: datetime) -> list[date]:
    """The latest local date of each place; the UTC date where no zone can be read."""
    days: list[date] = []
    for key in keys:
        names = tuple(z for z in key.partition("|")[2].split(",") if z)
        try:
            days.append(max((at.astimezone(z).date() for z in zones_of(names)), default=at.date()))
        except ValueError:  # an unknown zone: `evaluate` refuses the whole situation
            days.append(at.date())
    return days


def _relationship(contacts: Contacts, latest: list[date], transaction: int, inquiry: int) -> NDArray[np.bool_]:
    """Whether a business relationship stands, as `ebr_stands` says, for whole columns."""
    stands = np.zeros(contacts.size, dtype=bool)
    place = contacts.text("place_key").codes
    today = np.array(latest, dtype="datetime64[D]")
    for name, months in (("last_transaction", transaction), ("last_inquiry", inquiry)):
        when = contacts.time(name).astype("datetime64[D]")
        known = np.flatnonzero(~np.isnat(when))
        first = np.array([months_before(d, months) for d in latest], dtype="datetime64[D]")
        there = place[known]
        stands[known] |= (when[known] >= first[there]) & (when[known] <= today[there])
    return stands


def _number_states(contacts: Contacts) -> Codes:
    """0: valid and written as E.164, 1: valid but written otherwise, 2: no number to dial."""
    if "number_ok" in contacts:
        return np.where(contacts.flag("number_ok"), VALID, 2).astype(np.int64)
    if "number" not in contacts:
        digits = contacts.number_keys()
        parsed = read_lead_numbers(e164_texts(digits))
        return np.where(parsed.ok & (parsed.digits == digits), VALID, 2).astype(np.int64)
    codes, names = contacts.text("number")
    texts = pd.Series(names, dtype="str")
    parsed = read_lead_numbers(texts)
    same = parsed.ok & (pd.Series(parsed.e164(), dtype="str").fillna("").to_numpy() == texts.to_numpy())
    found = np.where(same, VALID, np.where(parsed.ok, 1, 2)).astype(np.int64)
    return found[codes] if names else codes
