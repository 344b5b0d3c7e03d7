"""Abandoned calls: what one answered call was, the rate over a period, and whether it breaches a rule.

Definitions. L: calls answered by a live person. A: those of L not connected to a live representative within
`connect_within_s` (2.0 s) of the person's completed greeting (US) or of the answer (Canada). Machines, fax,
busy and no answer are in neither. A false positive of the machine detector is a live person who got nobody:
in both.

* formula `answered` (16 CFR 310.4(b)(4)(i), 47 CFR 64.1200(a)(7), CRTC): rate = A / L.
* formula `connected` (Ofcom 2016, Annex 3): rate = x / (x + y), x = abandoned + estimated false positives
  of the machine detector - estimated abandoned calls that reached machines, y = calls connected to an
  agent.

A rate breaches when it is ABOVE the limit: exactly 3.000% complies. With no live answer the rate is
undefined, and the pacer dials one line for one agent. Periods are judged one by one: an average of two can
hide a breach.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Literal

from dnc.rules.model import AbandonmentRule

__all__ = ["AbandonmentRate", "CallOutcome", "abandonment_rate", "classify_call", "measured_periods"]


@dataclass(frozen=True, slots=True)
class AbandonmentRate:
    """One period's rate under one rule."""

    rule: str
    numerator: float
    denominator: float
    rate: float | None  # None: undefined, nobody answered
    breached: bool
    soft_reached: bool  # at or above the rule's own early warning
    citation: str


def abandonment_rate(
    rule: AbandonmentRule,
    *,
    abandoned: int,
    live_answered: int = 0,
    connected: int | None = None,
    false_positives: float = 0.0,
    reached_machines: float = 0.0,
    silent: int = 0,
) -> AbandonmentRate:
    """The rate of one period.

    `live_answered` includes `abandoned` (formula `answered`); `connected` counts calls that reached an
    agent (formula `connected`). `false_positives` are live people whom the machine detector took for
    machines, counted or estimated; `reached_machines` is the estimate of abandoned calls nobody heard
    (Ofcom, without a machine detector). Raises `ValueError` for impossible counts.
    """
    if min(abandoned, live_answered, connected or 0, false_positives, reached_machines, silent) < 0:
        raise ValueError("Counts of calls cannot be negative.")
    missed = Fraction(abandoned) + Fraction(false_positives)
    if rule.formula == "connected":
        missed = max(Fraction(0), missed - Fraction(reached_machines))
        y = connected if connected is not None else max(0, live_answered - abandoned)
        total = missed + y
    else:
        if abandoned > live_answered:
            raise ValueError(f"{abandoned} abandoned of {live_answered} answered calls is impossible.")
        total = Fraction(live_answered) + Fraction(false_positives)
    rate = missed / total if total else None
    # Decimal limits as written: 0.03 is 3/100, not the nearest binary fraction.
    breached = rate is not None and rate > Fraction(str(rule.max_rate))
    if rule.max_silent_rate is not None and total:
        breached = breached or Fraction(silent) / total > Fraction(str(rule.max_silent_rate))
    warning = rule.soft_rate if rule.soft_rate is not None else rule.max_rate
    return AbandonmentRate(
        rule=rule.id,
        numerator=float(missed),
        denominator=float(total),
        rate=None if rate is None else float(rate),
        breached=breached,
        soft_reached=rate is not None and rate >= Fraction(str(warning)),
        citation=rule.citation,
    )


def measured_periods(
    kind: Literal["thirty_days", "calendar_month", "day"], first: date, last: date
) -> list[tuple[date, date]]:
    """First and last day of each period in which a campaign from `first` to `last` (included) is measured.

    16 CFR 310.4(b)(4)(i): "measured over the duration of a single calling campaign, if less than 30 days,
    or separately over each successive 30-day period or portion thereof that the campaign continues".
    """
    periods: list[tuple[date, date]] = []
    start = first
    while start <= last:
        if kind == "day":
            end = start
        elif kind == "thirty_days":
            end = start + timedelta(days=29)
        else:
            following = date(start.year + start.month // 12, start.month % 12 + 1, 1)
            end = following - timedelta(days=1)
        periods.append((start, min(end, last)))
        start = end + timedelta(days=1)
    return periods


@dataclass(frozen=True, slots=True)
class CallOutcome:
    """What a finished call was under an abandonment rule."""

    outcome: Literal["connected", "abandoned", "machine", "ok", "violation"]
    reason: Literal["OK", "NO_AGENT", "LATE_AGENT", "RING_TOO_SHORT", "NOT_A_PERSON"]
    live: bool  # in the denominator
    abandoned: bool  # in the numerator


def classify_call(
    rule: AbandonmentRule,
    *,
    answered: bool,
    connect_delay_s: float | None = None,
    ring_s: float = 0.0,
    rings: int = 0,
    machine: bool = False,
    let_go: bool = True,
) -> CallOutcome:
    """What one call was.

    `connect_delay_s` runs from the rule's clock (greeting or answer) to the agent; None: there was no agent.

    A person who answered and met no agent counts as abandoned, also when that person hung up first (policy:
    nobody can show that the two seconds would have been kept). An unanswered call must have rung for
    `min_ring_s` seconds OR `min_rings` rings before it was let go (16 CFR 310.4(b)(4)(ii)); one that the network
    ended (busy, not in service: `let_go` false) had no time to.
    """
    if answered and machine:
        return CallOutcome("machine", "NOT_A_PERSON", live=False, abandoned=False)
    if answered:
        if connect_delay_s is None:
            return CallOutcome("abandoned", "NO_AGENT", live=True, abandoned=True)
        if connect_delay_s > rule.connect_within_s:
            return CallOutcome("abandoned", "LATE_AGENT", live=True, abandoned=True)
        return CallOutcome("connected", "OK", live=True, abandoned=False)
    rang = (rule.min_ring_s is None and rule.min_rings is None) or (
        (rule.min_ring_s is not None and ring_s >= rule.min_ring_s)
        or (rule.min_rings is not None and rings >= rule.min_rings)
    )
    if rang or not let_go:
        return CallOutcome("ok", "OK", live=False, abandoned=False)
    return CallOutcome("violation", "RING_TOO_SHORT", live=False, abandoned=False)
