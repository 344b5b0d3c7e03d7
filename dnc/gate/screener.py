"""The rules for columns of contacts at one instant: each is evaluated once for whatever it looks at, never each row.

*Theory of operation.* Everything a rule looks at, except past calls and personal blocks, is one of a few thousand
combinations of a place, a profile (what the call is, consent, number) and what lists say (see `situations`). A rule is
asked once for whatever it looks at of these: place and time without the lists, own lists without all else, registries
with such agreements only as lift them, consent with nothing of lists but what they say of the line. Every answer is
kept, so that the next part of a list costs little more than finding its combinations.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from dnc.coding import grouped
from dnc.gate.columns import Codes, Contacts
from dnc.gate.context import Context, context_of
from dnc.gate.evaluate import RULES, refusals
from dnc.gate.facts import Facts, Policy
from dnc.gate.opening import opening
from dnc.gate.situations import VALID, Situations
from dnc.rules import Rulebook
from dnc.values import Code, ListEvidence, ProposedCall, RndReply, Verdict

__all__ = ["Answers", "Judged", "Screener", "Told", "rnd_reply"]

_PLACE_AND_TIME = frozenset({"number", "place", "suspension", "inconvenient", "windows"})
_OWN_LISTS, _REGISTRIES = frozenset({"lists"}), frozenset({"registries"})
_RND_AND_CONSENT = frozenset({"rnd", "consent"})
_COUNTED = frozenset({"caps"})  # by `dnc.gate.screen_caps`
_EVERY = {*_PLACE_AND_TIME, *_OWN_LISTS, *_REGISTRIES, *_RND_AND_CONSENT, *_COUNTED}
assert set(RULES) == _EVERY, "every rule of the gate must be screened for"
_REMEMBERED = 500_000  # combinations: a list with more of them is damaged, and begins anew

_NEVER = np.datetime64("NaT", "us")


@dataclass(frozen=True, eq=False)
class Told:
    """What lists say of n contacts: equal codes, equal evidence, from one part of a list to the next."""

    codes: Codes  # shape (n,)
    size: int  # every code is below
    evidence: Callable[[int], Sequence[ListEvidence]]  # of a row


class Answers:
    """The distinct answers given so far, each with a number; 0 is: allowed."""

    ALLOWED = 0

    def __init__(self) -> None:
        self._known: dict[tuple[Code, ...], int] = {(): self.ALLOWED}
        self.codes: list[tuple[Code, ...]] = [()]

    def number(self, codes: tuple[Code, ...]) -> int:
        """The number of an answer."""
        found = self._known.get(codes)
        if found is None:
            found = self._known[codes] = len(self.codes)
            self.codes.append(codes)
        return found

    def of(self, verdict: Verdict) -> int:
        """The number of a verdict's answer."""
        return self.ALLOWED if verdict.allowed else self.number(verdict.reasons)

    def longer(self, known: int, code: Code) -> int:
        """The number of a known answer with one more code behind it, each code once."""
        return self.number(tuple(dict.fromkeys((*self.codes[known], code))))

    def texts(self) -> list[str]:
        """Every answer as text, by number."""
        return [",".join(codes) or str(Code.ALLOW) for codes in self.codes]


@dataclass(slots=True, eq=False)
class _Here:
    """What place and time say of one place and profile."""

    codes: tuple[Code, ...]
    context: Context | None  # its lists change with the situation asked; None: cannot be read, nothing else counts
    opens: np.datetime64 | None = None  # None: not asked yet


@dataclass(frozen=True, slots=True, eq=False)
class _Situation:
    """What was found of one combination of place, profile and what lists say."""

    answer: int
    here: _Here


@dataclass(frozen=True, eq=False)
class Judged:
    """The answers on n contacts."""

    answer: NDArray[np.int64]  # numbers of `Screener.answers`, shape (n,)
    group: NDArray[np.int64]  # the situation of each contact, shape (n,)
    here: list[_Here]  # of each situation


class Screener:
    """Judges one part of a list after the other at one instant. May be shared by threads.

    Args:
        book: the rules.
        at: the instant, zone-aware (else `ValueError`).
        policy: what the campaign asks for beyond the law.
    """

    def __init__(self, book: Rulebook, at: datetime, policy: Policy | None = None) -> None:
        if at.tzinfo is None:
            raise ValueError(f"{at.isoformat()} has no time zone; every instant must carry one.")
        self.book, self.at, self.policy = book, at.astimezone(UTC), policy or Policy()
        self.answers = Answers()
        self._situations = Situations(book, self.at)
        self._here: dict[tuple[int, int], _Here] = {}
        self._calls: dict[int, tuple[ProposedCall, Facts]] = {}  # of each profile, at whatever place
        self._own: dict[int, tuple[Code, ...]] = {}  # what own lists say -> the codes
        # By the rules that bind and the local dates, which is less than the place:
        self._listed: dict[tuple[object, ...], tuple[Code, ...]] = {}  # what registries' rules say
        self._agreed: dict[tuple[object, ...], tuple[Code, ...]] = {}  # what rnd and consent say
        self._lifting = frozenset(name for source in book.sources for name in source.lifted_by)
        self._known: dict[tuple[int, int, int], _Situation] = {}
        self._lock = Lock()

    def judge(self, contacts: Contacts, told: Told) -> Judged:
        """The answers on some contacts, past calls and personal blocks apart."""
        place, profile = self._situations.place(contacts), self._situations.profile(contacts)
        places, profiles = len(self._situations.places.values), len(self._situations.profiles.values)
        group, first = grouped((place, places), (profile, profiles), (told.codes, told.size))
        keys = list(zip(*(codes[first].tolist() for codes in (place, profile, told.codes)), strict=True))
        found = [self._known.get(key) for key in keys]
        if None in found:
            with self._lock:
                if len(self._known) > _REMEMBERED:
                    self._known.clear()
                    self._here.clear()
                    self._calls.clear()
                    self._own.clear()
                    self._listed.clear()
                    self._agreed.clear()
                found = [
                    situation or self._evaluate(contacts, row, told, key)
                    for situation, row, key in zip(found, first.tolist(), keys, strict=True)
                ]
        situations = [situation for situation in found if situation is not None]
        answer = np.array([situation.answer for situation in situations], dtype=np.int64)
        return Judged(answer[group], group, [situation.here for situation in situations])

    def opens(self, judged: Judged, rows: NDArray[np.intp]) -> NDArray[np.datetime64]:
        """When the place of each of some contacts opens by its clock alone (UTC); NaT where it is open, or never."""
        situations, which = np.unique(judged.group[rows], return_inverse=True)
        times = [self._opens(judged.here[n]) for n in situations.tolist()]
        return np.array(times, dtype="datetime64[us]")[which]

    def _evaluate(self, contacts: Contacts, row: int, told: Told, key: tuple[int, int, int]) -> _Situation:
        """The answer on one row, which stands for all of its situation."""
        here = self._here.get(key[:2])
        if here is None:
            here = self._here[key[:2]] = self._look(contacts, row, key[1])
        codes = here.codes
        if here.context is not None:
            said = told.evidence(row)
            here.context.facts = Facts(said, rnd=here.context.facts.rnd)
            own = self._own.get(key[2])
            if own is None:
                own = self._own[key[2]] = refusals(here.context, _OWN_LISTS)
            line = tuple(each for each in said if each.kind == "wireless")
            consent = self._agreed.get(where := (here.context.bound, here.context.dates, key[1], line))
            if consent is None:
                consent = self._agreed[where] = refusals(here.context, _RND_AND_CONSENT)
            listed = self._registries(here.context, key[2])
            codes = tuple(dict.fromkeys((*codes, *own, *listed, *consent)))
        found = self._known[key] = _Situation(self.answers.number(codes), here)
        return found

    def _registries(self, context: Context, told: int) -> tuple[Code, ...]:
        """What the rules of national and state lists say where they bind, what lists say there, and what lifts them."""
        key = (context.bound, context.dates, told, context.agreements.names & self._lifting, context.call.ebr)
        found = self._listed.get(key)
        if found is None:
            found = self._listed[key] = refusals(context, _REGISTRIES)
        return found

    def _look(self, contacts: Contacts, row: int, profile: int) -> _Here:
        """What the rules of place and time say of a row."""
        known = self._calls.get(profile)
        if known is None:
            known = self._calls[profile] = (contacts.call(row), Facts(rnd=rnd_reply(contacts, row)))
        call, facts = known
        try:
            call = replace(call, place=contacts.place(row), ebr=contacts.ebr(row))
            context = context_of(self.book, call, facts, self.at, self.policy)
        except Exception:  # as `evaluate` does: what cannot be read is refused, whatever else holds
            return _Here((Code.DATA_UNREADABLE,), None)
        holding = set()
        if self._situations.profiles.values[profile][0] == VALID:
            holding.add("number")
        if context.hours.open_everywhere(call.place.zones, self.at, context.waived, self.policy.guard_seconds):
            holding.add("windows")
        return _Here(refusals(context, _PLACE_AND_TIME - holding), context)

    def _opens(self, here: _Here) -> np.datetime64:
        """When a place opens."""
        if here.opens is None:
            here.opens = _NEVER
            if here.context is not None:
                call = here.context.call
                found = opening(
                    self.book, call.place, call.scope, call.mode, self.at, policy=self.policy, consent=call.consent
                )
                if not found.open and found.until is not None:
                    here.opens = np.datetime64(found.until.replace(tzinfo=None), "us")
        return here.opens


def rnd_reply(contacts: Contacts, row: int) -> RndReply | None:
    """What the Reassigned Numbers Database said of a row."""
    answer = contacts.value("rnd", row)
    if not answer:
        return None
    return RndReply(answer, contacts.day("rnd_since", row), contacts.day("rnd_obtained", row))  # type: ignore[arg-type]
