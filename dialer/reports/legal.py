"""Abandonment under every legal definition, side by side.

The definitions are data (`dnc/data/abandonment.toml`); what their prose says of the window and of the start
of the clock is encoded here, one line per definition, because a sentence cannot be computed.

    rate = x / (x + y)

y: live people who had an agent within `connect_within` seconds; x: live people who had not. The clock starts
at the answer, or, where the law says so, at the end of the person's greeting. People who hung up before the
clock ran out are in neither. Where an audited share of false machine detections is known, their number is
added to x (they are live people who got nobody). A rate is breached when it is *greater* than its cap:
30 of 1,000 at 3 % is allowed, 31 is not. With x + y = 0 the rate is undefined.

Sources: 16 CFR 310.4(b)(4); 47 CFR 64.1200(a)(7); CRTC UTR Part III; Ofcom 2016 Annex 3. Not legal advice.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from importlib.resources import files
from typing import Literal

from scipy.special import betaincinv

from dialer.reports.values import ratio

__all__ = [
    "LegalCap",
    "Window",
    "WindowKind",
    "WindowRate",
    "clopper_pearson",
    "judge",
    "legal_caps",
    "strictest",
    "windows",
]

#: `period`: successive 30-day periods of the campaign and the remainder; `month` and `day`: of the calendar,
#: in the campaign's zone; `rolling_day`, `rolling_30`: the 24 hours and 30 days that end with the report.
WindowKind = Literal["period", "month", "day", "rolling_day", "rolling_30"]

Verdict = Literal["ok", "at risk", "breach", "undefined"]

_PERIOD_DAYS = 30

#: id -> (windows, whether the two seconds start at the end of the person's greeting).
_READINGS: dict[str, tuple[tuple[WindowKind, ...], bool]] = {
    "US.tsr": (("period",), True),
    "US.fcc": (("period",), True),
    "CA.crtc": (("month",), False),
    "GB.ofcom": (("day",), False),
    "IN.trai": (("day",), False),
    "POLICY": (("rolling_30", "rolling_day", "month"), True),
}


@dataclass(frozen=True, slots=True)
class LegalCap:
    """One definition of abandonment with its limit.

    Attributes:
        rule: id in the data, such as `US.tsr`.
        jurisdiction: country it binds; `ZZ` binds everywhere (house policy).
        scope: `telemarketing`, `debt_collection` or `both`.
        max_rate: the cap, a fraction; a rate above it is a breach.
        windows: the periods over which it is judged, each by itself.
        connect_within: seconds within which an agent must be there.
        after_greeting: whether those seconds start when the person's greeting ends, else at the answer.
        citation: where it is written.
        status: how sure the reading is (`verified`, `disputed-verify`, `policy` ...).

    Raises:
        ValueError: for a cap outside (0, 1], no window, or seconds below 0.
    """

    rule: str
    jurisdiction: str
    scope: str
    max_rate: float
    windows: tuple[WindowKind, ...]
    connect_within: float = 2.0
    after_greeting: bool = False
    citation: str = ""
    status: str = ""

    def __post_init__(self) -> None:
        if not 0 < self.max_rate <= 1:
            raise ValueError(f"max_rate of {self.rule} must be above 0 and at most 1, got {self.max_rate!r}")
        if not self.windows:
            raise ValueError(f"{self.rule} needs at least one window")
        if self.connect_within < 0:
            raise ValueError(f"connect_within of {self.rule} must be at least 0, got {self.connect_within!r}")

    def applies(self, scope: str, countries: tuple[str, ...]) -> bool:
        """Whether it binds a campaign of this scope that calls these countries."""
        return self.scope in ("both", scope) and (self.jurisdiction == "ZZ" or self.jurisdiction in countries)


@lru_cache(maxsize=1)
def legal_caps() -> tuple[LegalCap, ...]:
    """The definitions of the shipped rule data.

    Raises:
        ValueError: when the data hold a rule whose window this version cannot read.
    """
    text = files("dnc").joinpath("data", "abandonment.toml").read_text(encoding="utf-8")
    caps = []
    for row in tomllib.loads(text)["abandonment"]:
        if row["id"] not in _READINGS:
            raise ValueError(f"abandonment rule {row['id']!r} is new to this version; it knows {sorted(_READINGS)}")
        kinds, after_greeting = _READINGS[row["id"]]
        caps.append(
            LegalCap(
                rule=row["id"],
                jurisdiction=row["jurisdiction"],
                scope=row["scope"],
                max_rate=float(row["max_rate"]),
                windows=kinds,
                connect_within=float(row.get("connect_within_s", 2.0)),
                after_greeting=after_greeting,
                citation=row["citation"],
                status=row["status"],
            )
        )
    return tuple(caps)


@dataclass(frozen=True, slots=True)
class Window:
    """One stretch of time over which a rate is judged: [since, until)."""

    kind: WindowKind
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class WindowRate:
    """One definition judged over one window.

    Attributes:
        cap: the definition.
        window: the stretch of time.
        abandoned: x, with the estimate of people taken for machines, if one is known.
        answered: x + y.
        rate: x / (x + y), or None when nobody answered.
        low: lower end of the 95 % confidence interval (Clopper-Pearson), or None.
        high: upper end.
        verdict: `breach` when rate > cap, `at risk` when only the upper end is above it, `ok`, `undefined`.
        applies: whether the definition binds this campaign; the others are shown for comparison.
        complete: whether the records reach back to the window's start.
    """

    cap: LegalCap
    window: Window
    abandoned: float
    answered: float
    rate: float | None
    low: float | None
    high: float | None
    verdict: Verdict
    applies: bool
    complete: bool


def strictest(scope: str, countries: tuple[str, ...]) -> LegalCap | None:
    """The law's lowest cap for a campaign, the house's own policy aside; None where no law has one."""
    laws = [cap for cap in legal_caps() if cap.jurisdiction != "ZZ" and cap.applies(scope, countries)]
    return min(laws, key=lambda cap: cap.max_rate, default=None)


def clopper_pearson(x: float, n: float, confidence: float = 0.95) -> tuple[float, float] | None:
    """The exact confidence interval of a rate x/n; None when n is 0.

    Clopper and Pearson (1934): quantiles of Beta(x, n - x + 1) and Beta(x + 1, n - x). `x` need not be whole.

    Raises:
        ValueError: when not 0 <= x <= n.
    """
    if not 0 <= x <= n:
        raise ValueError(f"x must be between 0 and n, got x={x!r}, n={n!r}")
    if n == 0:
        return None
    tail = (1 - confidence) / 2
    low = 0.0 if x == 0 else float(betaincinv(x, n - x + 1, tail))
    high = 1.0 if x == n else float(betaincinv(x + 1, n - x, 1 - tail))
    return low, high


def judge(
    cap: LegalCap, window: Window, abandoned: float, served: float, *, applies: bool, complete: bool
) -> WindowRate:
    """Judge x = `abandoned` and y = `served` of one window: x / (x + y) > cap is a breach."""
    answered = abandoned + served
    rate = ratio(abandoned, answered)
    bounds = clopper_pearson(abandoned, answered)
    verdict: Verdict
    if rate is None or bounds is None:
        verdict, low, high = "undefined", None, None
    else:
        low, high = bounds
        verdict = "breach" if rate > cap.max_rate else "at risk" if high > cap.max_rate else "ok"
    return WindowRate(cap, window, abandoned, answered, rate, low, high, verdict, applies, complete)


def windows(kind: WindowKind, zone: tzinfo, started: datetime, since: datetime, until: datetime) -> Iterator[Window]:
    """The windows of a kind that touch the report, oldest first.

    Calendar windows begin at midnight of `zone`. `period` yields every period from the campaign's first day
    on, so that a breach of an earlier one stays in sight; the others yield those that overlap [since, until).
    """
    if kind == "rolling_day":
        yield Window(kind, until - timedelta(days=1), until)
        return
    if kind == "rolling_30":
        yield Window(kind, until - timedelta(days=_PERIOD_DAYS), until)
        return
    first = (started if kind == "period" else since).astimezone(zone).date()
    if kind == "month":
        first = first.replace(day=1)
    while (begin := _midnight(first, zone)) < until:
        first = _next(kind, first)
        yield Window(kind, begin, _midnight(first, zone))


def _next(kind: WindowKind, day: date) -> date:
    """The first day of the window after the one that begins on `day`."""
    if kind == "period":
        return day + timedelta(days=_PERIOD_DAYS)
    if kind == "month":
        return (day + timedelta(days=31)).replace(day=1)
    return day + timedelta(days=1)


def _midnight(day: date, zone: tzinfo) -> datetime:
    """The instant at which `day` begins in `zone`, in UTC."""
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)
