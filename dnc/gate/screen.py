"""Columns of contacts through the same rules: each distinct situation is evaluated once, never each row.

*Theory of operation.* Everything a rule looks at, except past calls, is reduced to a few codes per row: the
place, scope, mode, the consent as it stands at this instant, whether a business relationship stands, list
flags, the number's validity. Rows with equal codes are one situation; `evaluate` decides the first row of
each, and the answer holds for all. Frequency caps are cutoff instants (see `dnc.gate.caps`), so past calls
are counted for whole columns at once. Rows with personal blocks are evaluated one by one; they are few.
`check` and `screen` agree row by row (property test).

*Columns of `frame`* (index kept; text columns may hold missing values, which mean ""):

| column | meaning |
|---|---|
| `number` | E.164; required |
| `number_ok` | bool: `parse_lead_numbers` found it good; without the column it is parsed here |
| `place_key` | `Place.key`, or the two columns `jurisdictions` and `zones` (comma-separated); required |
| `scope`, `mode` | as in `ProposedCall`; required |
| `campaign`, `client`, `person`, `debt`, `subject`, `line_type`, `number_kind` | text, as in `ProposedCall` |
| `agent_guaranteed` | bool |
| `consent_basis`, `consent_waives` (comma-separated) | text |
| `consent_given_at`, `consent_revoked_at` | instants |
| `last_transaction`, `last_inquiry` | dates |
| `rnd` | `yes`, `no`, `no_data`, `missing`; "" when not asked |
| `listed_<kind>` | bool: on that list, whichever one of `lists` binds at the row's place; kinds in `LISTED` |

*Columns of `history`*: `at` (instants), `kind`, and optional `number`, `person`, `debt`, `subject`,
`campaign`, `number_kind` (text), `counts` (bool). Every event must name a number or a person.

*Columns returned*, in the order of `frame`: `allowed` (bool), `codes` (category: the codes of
`Verdict.reasons`, comma-separated; `ALLOW` when allowed), `opens` (UTC; when a closed place opens by its
clock alone, else NaT).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from dnc.gate.agreements import months_before
from dnc.gate.clock import zones_of
from dnc.gate.columns import LISTED, Codes, Contacts
from dnc.gate.evaluate import evaluate
from dnc.gate.facts import Facts, Policy
from dnc.gate.opening import opening
from dnc.gate.screen_caps import broken_caps, pair_events
from dnc.numbers import parse_lead_numbers
from dnc.rules import Rulebook
from dnc.values import Block, Code, ListEvidence, Verdict

__all__ = ["screen"]

_TEXTS = ("scope", "mode", "line_type", "number_kind", "rnd", "consent_basis", "consent_waives")


def screen(
    book: Rulebook,
    frame: pd.DataFrame,
    at: datetime,
    *,
    lists: Sequence[ListEvidence] = (),
    history: pd.DataFrame | None = None,
    blocks: Mapping[str, Sequence[Block]] | None = None,
    policy: Policy | None = None,
) -> pd.DataFrame:
    """The verdicts on columns of contacts at one instant; see the module for the columns.

    `lists` tells which lists were consulted, with their age and state; whether a number is on them is in
    the frame. `blocks` are personal blocks by number. Raises `ValueError` for a naive `at` and for missing
    columns.
    """
    if at.tzinfo is None:
        raise ValueError(f"{at.isoformat()} has no time zone; every instant must carry one.")
    at, wanted, contacts = at.astimezone(UTC), policy or Policy(), Contacts(frame)
    _, first, group = np.unique(_situations(book, contacts, at), return_index=True, return_inverse=True)
    answers = _Answers()
    of_group = np.empty(len(first), dtype=np.int64)
    opens = np.full(len(first), np.datetime64("NaT"), dtype="datetime64[us]")
    for i, row in enumerate(first.tolist()):
        call = contacts.call(row)
        facts = Facts(contacts.lists(row, lists), rnd=_rnd(contacts, row))
        of_group[i] = answers.of(evaluate(book, call, facts, at, wanted, with_next=False))
        now = opening(book, call.place, call.scope, call.mode, at, policy=wanted, consent=call.consent)
        if not now.open and now.until is not None:
            opens[i] = np.datetime64(now.until.replace(tzinfo=None), "us")
    result = of_group[group]
    pairs = pair_events(contacts, history) if history is not None and len(frame) else None
    if pairs is not None and len(pairs):
        for rows, code in broken_caps(book, contacts, pairs, at, wanted):
            known, which = np.unique(result[rows], return_inverse=True)
            result[rows] = np.array([answers.longer(k, code) for k in known.tolist()])[which]
    for position in _blocked_rows(contacts, blocks or {}):
        call = contacts.call(position)
        facts = Facts(
            contacts.lists(position, lists),
            history=() if pairs is None else pairs.events_of(position),
            blocks=(blocks or {})[call.number],
            rnd=_rnd(contacts, position),
        )
        result[position] = answers.of(evaluate(book, call, facts, at, wanted, with_next=False))
    return pd.DataFrame(
        {
            "allowed": result == answers.ALLOWED,
            "codes": pd.Categorical.from_codes(result, categories=pd.Index(answers.texts(), dtype="str")),
            "opens": pd.DatetimeIndex(opens[group]).tz_localize("UTC"),
        },
        index=frame.index,
    )


class _Answers:
    """The distinct answers given so far, each with a number; 0 is: allowed."""

    ALLOWED = 0

    def __init__(self) -> None:
        self._known: dict[tuple[Code, ...], int] = {(): self.ALLOWED}
        self._codes: list[tuple[Code, ...]] = [()]

    def number(self, codes: tuple[Code, ...]) -> int:
        """The number of an answer."""
        found = self._known.get(codes)
        if found is None:
            found = self._known[codes] = len(self._codes)
            self._codes.append(codes)
        return found

    def of(self, verdict: Verdict) -> int:
        """The number of a verdict's answer."""
        return self.ALLOWED if verdict.allowed else self.number(verdict.reasons)

    def longer(self, known: int, code: Code) -> int:
        """The number of a known answer with one more code behind it, each code once."""
        return self.number(tuple(dict.fromkeys((*self._codes[known], code))))

    def texts(self) -> list[str]:
        """Every answer as text, by number."""
        return [",".join(codes) or str(Code.ALLOW) for codes in self._codes]


def _rnd(contacts: Contacts, row: int) -> Any:
    return contacts.value("rnd", row) or None


def _blocked_rows(contacts: Contacts, blocks: Mapping[str, Sequence[Block]]) -> list[int]:
    if not blocks:
        return []
    codes, names = contacts.text("number")
    blocked = np.fromiter((name in blocks for name in names), dtype=bool, count=len(names))
    return [int(i) for i in np.flatnonzero(blocked[codes])]


def _situations(book: Rulebook, contacts: Contacts, at: datetime) -> Codes:
    """One code for each row.

    Rows with equal codes have equal verdicts, past calls and personal blocks apart.
    """
    place, names = contacts.text("place_key")
    parts: list[tuple[Codes, int]] = [(place, len(names))]
    parts += [(codes, len(texts)) for codes, texts in map(contacts.text, _TEXTS)]
    given, revoked = contacts.time("consent_given_at"), contacts.time("consent_revoked_at")
    is_revoked = ~np.isnat(revoked) & (np.isnat(given) | (given <= revoked))
    later = given > np.datetime64(at.replace(tzinfo=None), "us")
    parts.append((np.select([is_revoked, np.isnat(given), later], [1, 2, 3], default=0).astype(np.int64), 4))
    flags = np.zeros(contacts.size, dtype=np.int64)
    for name in ("agent_guaranteed", *(f"listed_{kind}" for kind in LISTED)):
        flags = flags * 2 + contacts.flag(name)
    parts.append((flags, 2 ** (len(LISTED) + 1)))
    latest = _latest_dates(names, at)
    for rule in book.consents:
        if rule.kind == "ebr":
            months = (rule.months_after_transaction, rule.months_after_inquiry)
            parts.append((_relationship(contacts, latest, *months).astype(np.int64), 2))
    parts.append((_number_states(contacts), 3))
    key = np.zeros(contacts.size, dtype=np.int64)
    reach = 1
    for codes, size in parts:
        if reach * max(size, 1) >= 2**62:
            kept, key = np.unique(key, return_inverse=True)
            reach = len(kept)
        key, reach = key * max(size, 1) + codes, reach * max(size, 1)
    return key


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
    place = contacts.text("place_key")[0]
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
    if "number_ok" in contacts.frame:
        return np.where(contacts.flag("number_ok"), 0, 2).astype(np.int64)
    codes, names = contacts.text("number")
    texts = pd.Series(names, dtype="str")
    parsed = parse_lead_numbers(texts)
    valid = parsed["code"].astype("str").to_numpy() == "OK"
    same = valid & (parsed["e164"].astype("str").fillna("").to_numpy() == texts.to_numpy())
    return np.where(same, 0, np.where(valid, 1, 2)).astype(np.int64)[codes] if names else codes
