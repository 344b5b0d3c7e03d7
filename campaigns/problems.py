"""The operator's mistakes: where each stands, what is wrong, and what to do, in one line.

Every error that a person can mend by editing a file or a command is an `OperatorError`. It holds all the
problems found, not the first one, so that one reading of the message mends the whole file.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import dataclass

__all__ = ["Finding", "Findings", "OperatorError", "Problem", "did_you_mean"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found: the key it blames, what is wrong, and what to do (without a full stop)."""

    path: tuple[str | int, ...]
    what: str
    do: str


class Findings(ValueError):
    """Everything a check of several values together found; raised inside a validator."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("; ".join(f"{finding.what}; {finding.do}" for finding in self.findings))


@dataclass(frozen=True, slots=True)
class Problem:
    """One line for the operator. `line` and `column` count from 1; None where they cannot be told."""

    file: str
    what: str
    do: str
    key: str = ""
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        """A line such as `campaigns/spring.toml: dialing.lines (line 14): 0 is too small; set 1.`."""
        place = f"line {self.line}" if self.line is not None else ""
        if place and self.column is not None:
            place += f", column {self.column}"
        if self.key and place:
            where = f"{self.key} ({place}): "
        else:
            where = f"{self.key or place}: " if self.key or place else ""
        return f"{self.file}: {where}{self.what}; {self.do}."


class OperatorError(Exception):
    """Something a person has to mend. `problems` holds every one found; `str()` gives a line for each."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """The known name closest to `name`, or an empty text when none comes near."""
    by_lower = {candidate.lower(): candidate for candidate in known}
    close = difflib.get_close_matches(name.lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[close[0]] if close else ""
