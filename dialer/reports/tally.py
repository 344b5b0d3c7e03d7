"""What was counted: the numbers that every figure of `dialer.reports.kpis` is computed from.

Rows are counted in two places, in memory (`dialer.reports.calls.Day.tally`) and by columns on disk
(`dialer.store.columns`, for millions of calls); a test holds the two against each other. Formulas are written once:
they know a `Tally` and nothing of where it was counted.

What cannot be counted for a group of calls (nobody knows how long agents waited for the calls of one list) is None,
and so is each figure that needs it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["CALL_COUNTS", "FLAGS", "MESSAGE_RESULTS", "WAIT_SHARES", "Promises", "Tally", "rank_of"]

#: What became of an agentless campaign's messages, by result; conversations and abandoned calls are counted as ever.
MESSAGE_RESULTS = ("message_heard", "message_part", "opted_out", "to_agent", "voicemail_left")

#: What calls are counted by.
CALL_COUNTS = (
    "dials",
    "answered",
    "machine",
    "live",
    "in_time",
    "abandoned",
    "hung_up_first",
    "joined",
    "joined_late",
    "open",
    "silent",
    "short_rings",
    *MESSAGE_RESULTS,
)
#: Flags of a call's last disposition that figures are computed from.
FLAGS = ("contact", "right_party", "conversion", "promise", "opt_out", "machine")
#: The shares, in percent, of the people joined whose wait is told; 100: the longest wait.
WAIT_SHARES = (50, 95, 99, 100)


@dataclass(frozen=True, slots=True)
class Promises:
    """Promises to pay, in promises.

    Attributes:
        due: those whose due date, and the days of grace, are over.
        kept: of those due, paid in full in time.
    """

    due: int
    kept: int


@dataclass(frozen=True, slots=True)
class Tally:
    """Calls of one group, counted.

    Attributes:
        calls: the counts of `CALL_COUNTS`.
        flags: calls whose last disposition carries the flag, for each of `FLAGS`.
        waits: seconds from answer to agent of the people joined, at each of `WAIT_SHARES`; empty: nobody was.
        lines: lines in use from the first dial to the last end, mean and most; None: no calls.
        seconds: what all agents together spent in each state, s; None: not known of this group.
        agents: distinct agents signed in; None: not known of this group.
        refusals: of the gate; None: not known of this group.
        tried: leads by number of attempts so far, (attempts, leads); None: not known of this group.
        promises: None while payments are not known.
        amd_false_positive_rate: audited share of machine detections that were people; None: not audited.
    """

    calls: Mapping[str, int]
    flags: Mapping[str, int]
    waits: Mapping[int, float] = field(default_factory=dict)
    lines: tuple[float, int] | None = None
    seconds: Mapping[str, float] | None = None
    agents: int | None = None
    refusals: int | None = None
    tried: tuple[tuple[int, int], ...] | None = None
    promises: Promises | None = None
    amd_false_positive_rate: float | None = None


def rank_of(share: int, count: int) -> int:
    """The place, from 0, of the smallest of `count` ordered values that `share` percent of them do not exceed.

    >>> rank_of(50, 4), rank_of(95, 100), rank_of(100, 7)
    (1, 94, 6)
    """
    return max(1, -(-share * count // 100)) - 1
