"""North American numbers by the million, with the word of `phonenumbers` for every one of them.

*Theory of operation.* For a national number of a given length under country code 1, everything phonenumbers
says (valid, region, type) depends only on which of its metadata patterns match. Those patterns are finite
regular expressions over digits, so together they make one deterministic automaton: a table look-up for each
digit leads to a final state, and a final state is a set of matching patterns. For each such set phonenumbers is
asked once, with a number that reaches it. Of ten digits the first six nearly always decide, so one table
answers for every exchange at once, and the automaton is walked only where the line counts too. No rule of the
library is written again here; a pattern whose form is not understood makes `Automaton.compile` raise
`UnknownPattern`, and the column form then asks phonenumbers for every number.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache
from importlib import import_module
from typing import Any

import numpy as np
import phonenumbers
from numpy.typing import NDArray
from phonenumbers import NumberParseException, PhoneMetadata

from dnc.numbers.lead import classify
from dnc.numbers.values import Number, NumberCode, Refusal

__all__ = ["NATIONAL", "Automaton", "UnknownPattern", "automaton"]

# The standard library's own parser of regular expressions; it has no public name since Python 3.11.
sre: Any = import_module("re._constants")
sre_parser: Any = import_module("re._parser")

#: Digits of a whole national number; shorter ones are judged too, mostly as invalid.
NATIONAL = 10
_LINES = 10_000
_OPEN = -1  # the line decides
_ANY = frozenset("0123456789")
_KINDS = (
    "general_desc", "premium_rate", "toll_free", "shared_cost", "voip", "personal_number", "pager", "uan",
    "voicemail", "fixed_line", "mobile",
)  # fmt: skip


class UnknownPattern(ValueError):
    """A metadata pattern uses a construct beyond digits, sets, groups, choices and bounded repeats."""


def _digits(argument: list[tuple[Any, Any]]) -> frozenset[str]:
    """The digits a character set stands for."""
    found: set[str] = set()
    for kind, value in argument:
        if kind is sre.LITERAL:
            found.add(chr(value))
        elif kind is sre.RANGE:
            found.update(chr(code) for code in range(value[0], value[1] + 1))
        elif kind is sre.CATEGORY and value is sre.CATEGORY_DIGIT:
            found.update(_ANY)
        else:
            raise UnknownPattern(f"character set {kind}")
    return frozenset(found)


class _Graph:
    """The patterns as one nondeterministic automaton: a state has digits, or choices, or is an end."""

    def __init__(self) -> None:
        self.digits: list[frozenset[str]] = []  # what leads from a state onward; empty: choices or an end
        self.follow: list[tuple[int, ...]] = []  # where to: one state behind digits, or the choices
        self._heads: dict[int, frozenset[int]] = {}

    def add(self, digits: frozenset[str], follow: tuple[int, ...]) -> int:
        """A new state."""
        self.digits.append(digits)
        self.follow.append(follow)
        return len(self.digits) - 1

    def compile(self, parsed: Any, behind: int) -> int:
        """The first state of a parsed regular expression after which the state `behind` follows."""
        for kind, value in reversed(list(parsed)):
            if kind is sre.LITERAL:
                behind = self.add(frozenset(chr(value)), (behind,))
            elif kind is sre.IN:
                behind = self.add(_digits(value), (behind,))
            elif kind is sre.BRANCH:
                behind = self.add(frozenset(), tuple(self.compile(branch, behind) for branch in value[1]))
            elif kind is sre.SUBPATTERN:
                behind = self.compile(value[3], behind)
            elif kind is sre.MAX_REPEAT and value[1] <= NATIONAL:
                skip = behind
                for count in range(value[1]):
                    behind = self.compile(value[2], behind)
                    if count < value[1] - value[0]:
                        behind = self.add(frozenset(), (skip, behind))
            else:
                raise UnknownPattern(f"construct {kind}")
        return behind

    def heads(self, state: int) -> frozenset[int]:
        """The states with digits, or ends, that `state` leads to by choices alone."""
        if state not in self._heads:
            if self.digits[state] or not self.follow[state]:
                self._heads[state] = frozenset([state])
            else:
                self._heads[state] = frozenset().union(*(self.heads(next_) for next_ in self.follow[state]))
        return self._heads[state]


def _patterns(length: int) -> list[str]:
    """Every pattern of every region of country code 1 that a number of so many digits can match."""
    texts: dict[str, None] = {}
    for region in phonenumbers.COUNTRY_CODE_TO_REGION_CODE[1]:
        metadata = PhoneMetadata.metadata_for_region(region)
        if metadata is None:
            continue
        if metadata.leading_digits is not None:
            texts[f"(?:{metadata.leading_digits})[0-9]{{0,{NATIONAL}}}"] = None
        for kind in _KINDS:
            description = getattr(metadata, kind)
            if description is None or not description.national_number_pattern:
                continue
            if description.possible_length and length not in description.possible_length:
                continue
            texts[description.national_number_pattern] = None
    return list(texts)


@dataclass(frozen=True, eq=False)
class Automaton:
    """National numbers of one length, with a first digit of 2 to 9.

    `step[state, digit]` is the next state; `answer[state]` the index into `answers` after the last digit.
    """

    length: int
    step: NDArray[np.int32]
    answer: NDArray[np.int16]
    answers: tuple[Number | Refusal, ...]  # with an empty-national e164: only region and type count

    @classmethod
    def compile(cls, length: int = NATIONAL) -> Automaton:
        """Build the automaton from the installed metadata; raises `UnknownPattern`."""
        graph = _Graph()
        first: set[int] = set()
        for text in _patterns(length):
            end = graph.add(frozenset(), ())
            first |= graph.heads(graph.compile(sre_parser.parse(text), end))
        start = frozenset(first)
        known: dict[tuple[int, frozenset[int]], int] = {(0, start): 0}
        examples = [""]
        order = [start]
        rows: list[list[int]] = []
        for index, states in enumerate(order):
            path = examples[index]
            row = [0] * 10
            behind: dict[str, list[frozenset[int]]] = {symbol: [] for symbol in _ANY}
            for state in states:
                for symbol in graph.digits[state]:
                    behind[symbol].append(graph.heads(graph.follow[state][0]))
            for symbol in ("0123456789" if path else "23456789") if len(path) < length else "":
                key = (len(path) + 1, frozenset().union(*behind[symbol]))
                if key not in known:
                    known[key] = len(order)
                    order.append(key[1])
                    examples.append(path + symbol)
                row[int(symbol)] = known[key]
            rows.append(row)
        answers: dict[Number | Refusal, int] = {}
        answer = np.zeros(len(order), dtype=np.int16)
        for index, path in enumerate(examples):
            if len(path) == length:
                answer[index] = answers.setdefault(_asked(path), len(answers))
        return cls(length, np.array(rows, dtype=np.int32), answer, tuple(answers))

    @property
    def refuses_all(self) -> bool:
        """Whether no number of this length is one to dial."""
        return not any(isinstance(answer, Number) for answer in self.answers)

    def run(self, numbers: NDArray[np.int64]) -> NDArray[np.int16]:
        """The answer index of each national number, shape (n,); each has `length` digits, the first 2-9."""
        if self.length != NATIONAL:
            return self._walked(numbers)
        found = self._by_exchange[numbers // _LINES]
        rows = np.flatnonzero(found == _OPEN)
        if len(rows):
            found[rows] = self._walked(numbers[rows])
        return found

    def _walked(self, numbers: NDArray[np.int64]) -> NDArray[np.int16]:
        """`run`, digit by digit."""
        state = np.zeros(len(numbers), dtype=np.int32)
        flat = self.step.ravel()
        for place in range(self.length - 1, -1, -1):
            state = flat[state * 10 + numbers // 10**place % 10]
        return self.answer[state]

    @cached_property
    def _by_exchange(self) -> NDArray[np.int16]:
        """The answer of each six first digits, or `_OPEN`; shape (1,000,000,)."""
        sure = self.answer.copy()
        reached = [np.zeros(1, dtype=np.int32)]
        for _ in range(self.length):
            reached.append(np.unique(self.step[reached[-1]]))
        for states in reversed(reached[:-1]):
            behind = sure[self.step[states]]
            sure[states] = np.where((behind == behind[:, :1]).all(axis=1), behind[:, 0], _OPEN)
        state = reached[0]
        for _ in range(6):
            state = self.step[state].ravel()  # of 1, 10, 100 ... prefixes, in order
        return sure[state]


def _asked(national: str) -> Number | Refusal:
    """What phonenumbers says of a national number, without its E.164 form."""
    try:
        found = classify(phonenumbers.parse(f"+1{national}", "US"))
    except NumberParseException:
        return Refusal(NumberCode.UNPARSABLE)
    return Number("", found.region, found.type) if isinstance(found, Number) else found


@lru_cache(maxsize=NATIONAL)
def automaton(length: int = NATIONAL) -> Automaton | None:
    """The automaton of the installed metadata; None when it has a pattern beyond our understanding."""
    try:
        return Automaton.compile(length)
    except UnknownPattern:
        return None
