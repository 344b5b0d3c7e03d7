"""What reading one list file came to: the report a person reads and the sink every reader writes into.

A reader never decides the outcome. It tells a `Sink` the numbers, the bad lines and what it had to put
right; `Sink.report` then judges the whole file by one rule for every format:

* `Rejected` was raised (a file that is not what it says, or is not whole): `reject_file`, no numbers;
* `Sink.refuse` was called, or more than `bad_line_limit` of the lines are bad: `reject_file`, and the
  numbers that could be read are shown so that a person can find the damage;
* no number at all: `reject_file`, because an empty download is not "nobody registered";
* anything was put right or counted double: `accept_with_warnings`; else `accept`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

__all__ = [
    "BadLine",
    "Collector",
    "Counts",
    "ImportReport",
    "Limits",
    "Numbers",
    "Outcome",
    "ReadOptions",
    "Rejected",
    "Sink",
    "Tally",
    "mask",
    "printable",
]

Outcome = Literal["accept", "accept_with_warnings", "reject_file"]
Numbers = npt.NDArray[np.uint64]

#: How many numbers and bad lines a report carries at most; counts are always whole.
MAX_NUMBERS = 1_000
MAX_BAD_LINES = 1_000
_MAX_REASONS = 100


class Rejected(Exception):
    """The file as a whole cannot be trusted; the message is one sentence for the operator."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one file may unpack to. Real lists shrink about 8:1; a bomb shrinks up to 1,032:1."""

    max_unpacked_bytes: int = 16 * 2**30
    max_ratio: float = 100.0
    ratio_floor_bytes: int = 16 * 2**20  # below this many unpacked bytes the ratio is not judged
    max_members: int = 1_000
    max_line_bytes: int = 64 * 2**10


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """What the operator may say about a file.

    `columns` names the columns of a flat change list in order, from `npa`, `line`, `number`, `time`,
    `action` and `ignore`. `wash_input` is the list that was sent to be washed. `many_members` overrides
    whether an archive may hold several data files. `region` (ISO 3166-1) reads national numbers of a
    format that has no country of its own.
    """

    now: datetime = field(default_factory=lambda: datetime.now(UTC))
    bad_line_limit: float = 0.001
    limits: Limits = Limits()
    columns: tuple[str, ...] = ()
    wash_input: Path | None = None
    many_members: bool | None = None
    region: str = ""


@dataclass(frozen=True, slots=True)
class BadLine:
    """One line that is not a number of its list. `line` counts from 1 inside `member` of an archive."""

    line: int
    text: str  # masked: what stands behind the first six digits is hidden
    reason: str
    member: str = ""

    def as_dict(self) -> dict[str, Any]:
        """The line as JSON values; `member` only where an archive has one."""
        shown = {"line": self.line, "reason": self.reason, "text": self.text}
        return {**shown, "member": self.member} if self.member else shown


@dataclass(frozen=True, slots=True)
class Counts:
    """Lines with content, distinct numbers (or blocks), repeated ones, and bad lines."""

    lines: int = 0
    numbers: int = 0
    duplicates: int = 0
    bad: int = 0


@dataclass(frozen=True, slots=True)
class ImportReport:
    """The answer to one import. `numbers` is None when there are more than 1,000; `bad_lines` are the first 1,000."""

    outcome: Outcome
    format: str
    counts: Counts = Counts()
    warnings: tuple[str, ...] = ()
    bad_lines: tuple[BadLine, ...] = ()
    numbers: tuple[str, ...] | None = ()
    file: str = ""
    registry: str = ""
    version: str = ""  # the new version, when one went live
    previous: str = ""
    dry_run: bool = False

    @property
    def accepted(self) -> bool:
        """Whether the file may become (or became) a version."""
        return self.outcome != "reject_file"

    def as_dict(self) -> dict[str, Any]:
        """One JSON object; `numbers` is left out when there are more than 1,000.

        `bad_lines` are line numbers, as the format samples have them; `bad_line_details` say what is wrong with each.
        """
        shown: dict[str, Any] = {
            "outcome": self.outcome,
            "format": self.format,
            "file": self.file,
            "registry": self.registry,
            "version": self.version,
            "previous": self.previous,
            "dry_run": self.dry_run,
            "counts": {
                "lines": self.counts.lines,
                "numbers": self.counts.numbers,
                "duplicates": self.counts.duplicates,
                "bad": self.counts.bad,
            },
            "warnings": list(self.warnings),
            "bad_lines": [bad.line for bad in self.bad_lines],
            "bad_line_details": [bad.as_dict() for bad in self.bad_lines],
        }
        if self.numbers is not None:
            shown["numbers"] = list(self.numbers)
        return shown


class Tally(NamedTuple):
    """Distinct numbers, repeated ones, and those that came with different meanings."""

    distinct: int
    duplicates: int
    conflicts: int = 0


class Collector(Protocol):
    """Where numbers go while a file is read: into a bitmap or into sorted columns."""

    def add(self, numbers: Numbers, code: int) -> None:
        """Take E.164 digits as integers, all with one meaning (a `Tag`)."""

    def tally(self) -> Tally:
        """What was added so far, each number counted once."""


def printable(text: str) -> str:
    """The text on one line, with what cannot be printed (or encoded) shown as such.

    >>> printable("list of" + chr(10) + "Texas")
    'list of Texas'
    """
    shown = (char if char.isprintable() else " " if char.isspace() else "\N{REPLACEMENT CHARACTER}" for char in text)
    return " ".join("".join(shown).split())


def mask(text: str) -> str:
    """The text with every digit behind the sixth hidden, at most 40 characters, nothing unprintable.

    >>> mask("919,5550101")
    '919,555xxxx'
    """
    seen = 0
    shown = []
    for char in text[:40]:
        if char.isdigit():
            seen += 1
            shown.append(char if seen <= 6 else "x")
        else:
            shown.append(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}")
    return "".join(shown)


class Sink:
    """What a reader writes into. Batches numbers for the collector; keeps the first 1,000 labels."""

    _BATCH = 8_192

    def __init__(self, format_name: str, collector: Collector, options: ReadOptions) -> None:
        self.options = options
        self.lines = 0
        self.member = ""
        self._format = format_name
        self._collector = collector
        self._labels: dict[str, None] | None = {}
        self._batches: dict[int, list[int]] = {}  # by code: in a file they come by turns
        self._waiting = 0
        self._bad_count = 0
        self._bad: list[BadLine] = []
        self._reasons: dict[str, list[int]] = {}  # sentence -> [lines, first, last]
        self._notes: dict[str, list[int]] = {}
        self._sentences: list[str] = []
        self._refusals: list[str] = []
        self._added = 0
        #: Rows of the small formats with more than a number in them: (label, fields).
        self.rows: list[tuple[str, Mapping[str, str]]] = []
        #: Area codes the file itself names, even when no number of theirs follows (XML lists).
        self.area_codes: set[str] = set()

    def add(self, number: int, *, code: int = 0, label: str = "") -> None:
        """One number (E.164 digits as an integer); `label` is how the report shows it."""
        if self._waiting == self._BATCH:
            self._flush()
        self._batches.setdefault(code, []).append(number)
        self._waiting += 1
        if self._labels is not None:
            self._label(label or f"+{number}")

    def add_many(self, numbers: Numbers) -> None:
        """A whole batch of clean lines, one number each; counts the lines too."""
        self.lines += len(numbers)
        self._added += len(numbers)
        self._collector.add(numbers, 0)
        if self._labels is not None:
            _, first = np.unique(numbers, return_index=True)
            for number in numbers[np.sort(first)[: MAX_NUMBERS + 1]].tolist():
                self._label(f"+{number}")

    def row(self, label: str, fields: Mapping[str, str]) -> None:
        """Keep a row's other fields beside its label, for formats that go to the database."""
        self.rows.append((label, fields))

    def bad(self, line: int, text: str, reason: str) -> None:
        """A line that is no number of this list. Never skipped in silence."""
        self._bad_count += 1
        if len(self._bad) < MAX_BAD_LINES:
            self._bad.append(BadLine(line, mask(text), printable(reason), printable(self.member)))
        _count(self._reasons, reason, line, 1)

    def note(self, what: str, line: int, count: int = 1) -> None:
        """Something was put right; the report tells how often and where first."""
        _count(self._notes, what, line, count)

    def warn(self, sentence: str) -> None:
        """A sentence about the file as a whole."""
        if sentence not in self._sentences:
            self._sentences.append(sentence)

    def refuse(self, sentence: str) -> None:
        """The file must not become a version; what could be read is still shown."""
        if sentence not in self._refusals:
            self._refusals.append(sentence)

    @property
    def taken(self) -> int:
        """Numbers handed over so far, duplicates included."""
        return self._added + self._waiting

    def report(self, *, file: str, rejected: Rejected | None = None) -> ImportReport:
        """Judge the file by the rule at the head of this module."""
        self._flush()
        distinct, duplicates, conflicts = self._collector.tally()
        reasons = list(self._refusals)
        if rejected is not None:
            reasons.insert(0, str(rejected))
        elif not self._added and not self._bad_count:
            reasons.append('zero records: an empty download is not "nobody registered"')
        ratio = self._bad_count / max(self.lines, self._bad_count, 1)
        if ratio > self.options.bad_line_limit:
            reasons.append(
                f"{ratio:.2%} bad lines, more than the limit of {self.options.bad_line_limit:.2%}: "
                "the version in use is kept and turns stale unless a good file follows"
            )
        warnings = [
            *reasons,
            *self._sentences,
            *(_counted(what, *seen) for what, seen in {**self._reasons, **self._notes}.items()),
        ]
        if conflicts:
            warnings.append(f"{conflicts:,} numbers come with different meanings: the stricter stands")
        if duplicates:
            warnings.append(f"{duplicates:,} duplicate{'s' if duplicates > 1 else ''} counted once")
        outcome: Outcome = "reject_file" if reasons else "accept_with_warnings" if warnings else "accept"
        labels = None if self._labels is None else tuple(self._labels)
        return ImportReport(
            outcome=outcome,
            format=self._format,
            counts=Counts(self.lines, distinct, duplicates, self._bad_count),
            warnings=tuple(map(printable, warnings)),
            bad_lines=tuple(self._bad),
            numbers=() if rejected is not None else labels,
            file=printable(file),
        )

    def _flush(self) -> None:
        for code, numbers in self._batches.items():
            self._collector.add(np.array(numbers, dtype=np.uint64), code)
        self._batches = {}
        self._added += self._waiting
        self._waiting = 0

    def _label(self, label: str) -> None:
        if self._labels is not None:
            self._labels[label] = None
            if len(self._labels) > MAX_NUMBERS:
                self._labels = None


def _count(table: dict[str, list[int]], what: str, line: int, lines: int) -> None:
    """Count lines, not occurrences: a line with seven full-width digits is one line.

    Reasons may quote the file; beyond `_MAX_REASONS` they are counted together, so that no file fills the memory.
    """
    if what not in table and len(table) >= _MAX_REASONS:
        what = "other reasons"
    seen = table.setdefault(what, [0, line, 0])
    if seen[2] != line:
        seen[0] += lines
        seen[2] = line


def _counted(what: str, count: int, first: int, _last: int) -> str:
    lines = "line" if count == 1 else "lines"
    return f"{what}: {count:,} {lines}, first at line {first:,}"
