"""A campaign's day in quarters of an hour, counted for the live board as the reports count.

Theory of operation
-------------------
Every clock on earth is a multiple of fifteen minutes away from UTC, so each calendar day and month of each place is a
sum of such quarters. A quarter that is over and whose calls have ended does not change any more: it is counted once
and kept, and a window of thirty days costs a sum of 2,880 small numbers. A call belongs to the quarter it was placed
in. Windows that roll begin with the quarter that their first instant falls into.

What counts as served and abandoned is `dialer.reports.calls.fate_of`; which definitions there are and what windows
they have is `dialer.reports.legal`. A person who answered a moment ago and is still waiting is neither.

**Breach probability.** With n answers so far, x of them abandoned, and m to come at the window's pace so far, the share
of abandoned calls is held to be Beta(x + 1/2, n - x + (1/2)(1 - c)/c): what was seen, and half an abandonment at the
cap c before anything was. Then X of the m to come are beta-binomial, and the window ends above its cap when
x + X > c (n + m). This is what happens if nobody does anything; the campaign's own period, which the pacer steers,
has the pacer's probability.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import betaln, gammaln

from dialer.reports.calls import fate_of, who_answered
from dialer.reports.legal import LegalCap, Window, WindowRate, judge, legal_caps, windows

__all__ = [
    "QUARTER",
    "LiveWindow",
    "Quarter",
    "Waits",
    "breach_probability",
    "course_of",
    "live_windows",
    "quarter_of",
    "start_of",
    "within_of",
]

QUARTER = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Waits:
    """How long people waited for an agent, from the answer; s."""

    count: int
    mean: float
    p95: float

    @classmethod
    def of(cls, seconds: NDArray[np.float32]) -> Waits | None:
        """Of the waits of those who were served; None where nobody was."""
        if not len(seconds):
            return None
        return cls(len(seconds), float(seconds.mean(dtype=np.float64)), float(np.percentile(seconds, 95)))


@dataclass(frozen=True, slots=True, eq=False)
class Quarter:
    """What became of the calls placed in a quarter of an hour.

    Attributes:
        since: its begin, UTC.
        placed: calls.
        open: those without an end yet.
        live: those that a person answered.
        waits: seconds from answer to agent of those who were served.
        fates: (abandoned, in time) by the seconds within which an agent must be there.
    """

    since: datetime
    placed: int
    open: int
    live: int
    waits: NDArray[np.float32]
    fates: Mapping[float, tuple[int, int]]

    @property
    def until(self) -> datetime:
        """Its end."""
        return self.since + QUARTER


@dataclass(frozen=True, slots=True)
class LiveWindow:
    """A legal window that is open now.

    Attributes:
        rate: the definition, its window, and what was counted.
        left: abandonments that may be booked next, one after the other, without passing the cap.
        breach: how likely the window ends above its cap if it goes on as so far; None for windows that roll (they
            have no end) and before the first answer.
    """

    rate: WindowRate
    left: int
    breach: float | None


def start_of(instant: datetime) -> datetime:
    """The begin of the quarter that an instant falls into (UTC)."""
    return instant.replace(minute=instant.minute // 15 * 15, second=0, microsecond=0)


def quarter_of(
    since: datetime, placed: int, still_open: int, answered: pd.DataFrame, withins: Iterable[float]
) -> Quarter:
    """Count a quarter.

    Args:
        since: its begin.
        placed: calls.
        still_open: of them, those without an end.
        answered: of them, those that somebody answered: columns as in `dialer.store.quarters.PlacedCalls`.
        withins: s within which an agent must be there, by any definition.
    """
    live = ~who_answered(answered)[0]
    settled = live & (answered["bridged_at"].notna() | answered["ended_at"].notna())
    fates = {}
    for within in withins:
        in_time, _, abandoned = fate_of(answered, settled, within)
        fates[within] = (int(abandoned.sum()), int(in_time.sum()))
    waits = (answered["bridged_at"] - answered["answered_at"])[live].dt.total_seconds().dropna()
    return Quarter(since, placed, still_open, int(live.sum()), waits.to_numpy(np.float32), fates)


def breach_probability(cap: float, abandoned: int, answered: int, coming: float) -> float:
    """How likely abandoned / answered ends above `cap` after `coming` further answers (see the module's theory)."""
    to_come = round(coming)
    room = cap * (answered + to_come) - abandoned
    most = math.floor(room + 1e-9)  # of those to come, so many may be abandoned
    if most < 0:
        return 1.0
    if most >= to_come:
        return 0.0
    a, b = abandoned + 0.5, answered - abandoned + 0.5 * (1.0 - cap) / cap
    k = np.arange(most + 1)
    ways = gammaln(to_come + 1) - gammaln(k + 1) - gammaln(to_come - k + 1)
    lawful = np.exp(ways + betaln(k + a, to_come - k + b) - betaln(a, b)).sum()
    return float(min(1.0, max(0.0, 1.0 - lawful)))


def live_windows(
    quarters: Sequence[Quarter],
    *,
    scope: str,
    countries: tuple[str, ...],
    zone: tzinfo,
    greeting: float,
    began: datetime,
    known_since: datetime,
    now: datetime,
) -> tuple[LiveWindow, ...]:
    """Every definition that binds a campaign over each of its windows that is open now.

    Args:
        quarters: counted with the `withins` of `legal_caps`; any order.
        scope: of the campaign.
        countries: that it calls.
        zone: of its days.
        greeting: s from answer to the end of the greeting.
        began: when it first ran.
        known_since: back to when there are quarters.
        now: the present.
    """
    found = []
    for cap in legal_caps():
        if not cap.applies(scope, countries):
            continue
        within = within_of(cap, greeting)
        for kind in cap.windows:
            *_, window = windows(kind, zone, began, now, now + timedelta(microseconds=1))
            found.append(_judged(cap, window, within, quarters, began, known_since, now))
    return tuple(found)


def course_of(window: LiveWindow, quarters: Sequence[Quarter], greeting: float) -> tuple[tuple[datetime, float], ...]:
    """How a window's rate went: at the end of each quarter in which it changed, at most some 200 points."""
    within, first = within_of(window.rate.cap, greeting), start_of(window.rate.window.since)
    points, abandoned, answered = [], 0, 0
    for each in sorted(quarters, key=lambda quarter: quarter.since):
        x, y = each.fates[within]
        if each.since >= first and x + y:
            abandoned, answered = abandoned + x, answered + x + y
            points.append((each.until, abandoned / answered))
    return tuple(points[:: -max(1, len(points) // 200)][::-1])


def within_of(cap: LegalCap, greeting: float) -> float:
    """Seconds from the answer within which a definition wants an agent there."""
    return cap.connect_within + (greeting if cap.after_greeting else 0.0)


def _judged(
    cap: LegalCap,
    window: Window,
    within: float,
    quarters: Sequence[Quarter],
    began: datetime,
    known_since: datetime,
    now: datetime,
) -> LiveWindow:
    first = start_of(window.since)
    inside = [each.fates[within] for each in quarters if each.since >= first]
    abandoned, served = sum(x for x, _ in inside), sum(y for _, y in inside)
    complete = known_since <= max(first, start_of(began))
    rate = judge(cap, window, abandoned, served, applies=True, complete=complete)
    answered = abandoned + served
    left = max(0, math.floor((cap.max_rate * answered - abandoned) / (1.0 - cap.max_rate) + 1e-9))
    breach = None
    if answered and window.kind not in ("rolling_day", "rolling_30"):
        elapsed = (now - max(window.since, began)).total_seconds()
        coming = answered / max(elapsed, 1.0) * (window.until - now).total_seconds()
        breach = breach_probability(cap.max_rate, abandoned, answered, coming)
    return LiveWindow(rate, left, breach)
