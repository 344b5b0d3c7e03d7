"""How many agents each half hour needs: from answer rates, handle times, the list, and the simulated floor.

Theory of operation
-------------------
The work. Every lead in play is to be called `passes` times unless it is reached before: with answer rate p that is
(1 - (1 - p)^passes) / p calls of a lead. These calls are spread over the open half hours in proportion to the leads
that may be called in each (the law's hours of their places, and due), so nobody is planned for hours without leads.

Answer rates of a half hour of a weekday are drawn towards that half hour of all days, and these towards the rate of all
calls, each by the weight of 60 calls: a Tuesday 10:30 with ten calls is not believed as much as one with a thousand.
The bounds are the 90 % interval of a beta distribution (normal approximation) of as many calls.

The agents. A half hour with `calls` calls, answer rate p and handle time h has calls * p * h seconds of work. An agent
gives `utilisation` of their time to it, as the real engine reaches it within the cap on abandonment in a simulated
floor of about that size (`dialer.simulation.twin.run`); small floors reach less. Then shrinkage: the share of paid time
in which agents are not on the floor.

    agents = calls * p * h / (seconds of the half hour * utilisation * (1 - shrinkage))

Their bounds take the bounds of p and h together in the worse direction, so they are wide on purpose.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from campaigns.agenda import spans_on
from campaigns.files.hours import Hours
from dialer.simulation.twin.history import LEAST_CALLS, LEAST_TALKS
from dnc import zones

if TYPE_CHECKING:
    import pandas as pd

    from dialer.simulation.twin.world import TwinList
    from dialer.store.shifts import Shift

__all__ = [
    "Estimate",
    "HalfHour",
    "Measured",
    "Slot",
    "callable_leads",
    "calls_of_lead",
    "half_hours",
    "measure",
    "on_shift",
    "staff",
]

_PRIOR = 60.0
_Z = 1.645  # 90 % of a normal distribution lie within
_SLOT = timedelta(minutes=30)
_WIDEST = 0.5  # an answer rate that nobody measured is believed within half of itself


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with its 90 % bounds."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Slot:
    """An open half hour, or what is open of one."""

    start: datetime
    end: datetime

    @property
    def seconds(self) -> float:
        """Its length, s."""
        return (self.end.astimezone(UTC) - self.start.astimezone(UTC)).total_seconds()


@dataclass(frozen=True, slots=True)
class Measured:
    """What the history says.

    Attributes:
        rate: the answer rate at an instant of the campaign's clock.
        overall: of all calls.
        handle_time: talk and wrap-up, s.
        sentences: where the figures come from, and how far they may be trusted.
    """

    rate: Callable[[datetime], Estimate]
    overall: float
    handle_time: Estimate
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HalfHour:
    """The plan of one slot."""

    slot: Slot
    leads: int  # that may be called then
    rate: Estimate
    calls: float
    talks: float
    load: float  # Erlang: seconds of work per second
    agents: Estimate  # whole numbers
    scheduled: float | None  # agents on shift; None: no shifts are known

    @property
    def over(self) -> float | None:
        """Agents too many; negative: too few."""
        return None if self.scheduled is None else self.scheduled - self.agents.value


def half_hours(hours: Hours, since: datetime, days: int) -> list[Slot]:
    """The open half hours of `days` days from `since` on, cut at the half hours of the campaign's clock."""
    here = zones.zone(hours.timezone)
    first = since.astimezone(here).date()
    found = []
    for ahead in range(days):
        day = first + timedelta(days=ahead)
        for begins, ends in spans_on(hours, day):
            at, end = max(begins, since).astimezone(UTC), ends.astimezone(UTC)
            while at < end:
                minute = at.astimezone(here).minute % 30
                following = min(end, at.replace(second=0, microsecond=0) + _SLOT - timedelta(minutes=minute))
                found.append(Slot(at.astimezone(here), following.astimezone(here)))
                at = following
    return found


def measure(attempts: pd.DataFrame, zone: str, table_rate: float, table_handle_time: float) -> Measured:
    """Answer rates and handle times of past calls; the table's where they are too few.

    Args:
        attempts: columns placed_at, answered_at, bridged_at, ended_at, wrapped_at (UTC), result.
        zone: whose clock the half hours are of.
        table_rate: the answer rate of the campaign file's `[simulation]` table.
        table_handle_time: its talk and wrap-up, s.
    """
    known = attempts[attempts["result"].notna() & ~attempts["result"].isin(["failed", "cancelled"])]
    live = (known["answered_at"].notna() & ~known["result"].isin(["machine", "fax"])).to_numpy(dtype=bool)
    handle_time, said = _handle_time(known, table_handle_time)
    calls = len(known)
    if calls < LEAST_CALLS:
        plain = (float(live.sum()) + _PRIOR * table_rate) / (calls + _PRIOR)
        flat = Estimate(plain, plain * (1 - _WIDEST), min(1.0, plain * (1 + _WIDEST)))
        words = (
            f"Answer rate: one plain rate of {plain:.1%} for every hour, from {calls:,} calls of the history and the "
            f"[simulation] table ({table_rate:.1%}); fewer than {LEAST_CALLS} calls tell no times of day. "
            f"It may be off by half: plan with the upper bounds."
        )
        return Measured(lambda at: flat, plain, handle_time, (words, said))
    here = zones.zone(zone)
    local = known["placed_at"].dt.tz_convert(here)
    half = (local.dt.hour * 2 + local.dt.minute // 30).to_numpy(dtype=np.int64)
    weekday = local.dt.day_of_week.to_numpy(dtype=np.int64)
    overall = float(live.mean())
    of_half = _shrunk(half, live, 48, np.full(48, overall))
    of_both = _shrunk(weekday * 48 + half, live, 7 * 48, np.tile(of_half, 7))
    weight = np.bincount(weekday * 48 + half, minlength=7 * 48) + _PRIOR

    def rate(at: datetime) -> Estimate:
        there = at.astimezone(here)
        n = there.weekday() * 48 + there.hour * 2 + there.minute // 30
        p = float(of_both[n])
        spread = _Z * math.sqrt(p * (1 - p) / (weight[n] + 1))
        return Estimate(p, max(0.0, p - spread), min(1.0, p + spread))

    words = (
        f"Answer rates by half hour and weekday from {calls:,} calls; {overall:.1%} of all were answered by a person."
    )
    return Measured(rate, overall, handle_time, (words, said))


def _shrunk(
    group: np.ndarray[tuple[int], np.dtype[np.int64]],
    live: np.ndarray[tuple[int], np.dtype[np.bool_]],
    count: int,
    prior: np.ndarray[tuple[int], np.dtype[np.float64]],
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    calls = np.bincount(group, minlength=count)
    answered = np.bincount(group, weights=live, minlength=count)
    found: np.ndarray[tuple[int], np.dtype[np.float64]] = (answered + _PRIOR * prior) / (calls + _PRIOR)
    return found


def _handle_time(known: pd.DataFrame, table: float) -> tuple[Estimate, str]:
    talked = known[(known["result"] == "human") & known["bridged_at"].notna() & known["ended_at"].notna()]
    ended = talked["wrapped_at"].fillna(talked["ended_at"])
    times = (ended - talked["bridged_at"]).dt.total_seconds().to_numpy(dtype=np.float64)
    times = times[(times > 0.0) & (times < 9000.0)]
    if len(times) < LEAST_TALKS:
        words = (
            f"Handle time: {table:.0f} s from the [simulation] table; {len(times)} talks of the history are too few."
        )
        return Estimate(table, table * (1 - _WIDEST), table * (1 + _WIDEST)), words
    mean, spread = float(times.mean()), _Z * float(times.std(ddof=1)) / math.sqrt(len(times))
    words = f"Handle time: {mean:.0f} s (90 %: {mean - spread:.0f} to {mean + spread:.0f}) from {len(times):,} talks."
    return Estimate(mean, max(1.0, mean - spread), mean + spread), words


def callable_leads(listed: TwinList, slots: Sequence[Slot]) -> list[int]:
    """How many leads may be called in the middle of each slot: in their lawful hours, and due by its end."""
    begins = [slot.start.timestamp() for slot in slots]
    waiting: Counter[tuple[int, int]] = Counter()  # (kind of opening, first slot that may have it)
    for lead in listed.leads():
        first = 0 if lead.next_at <= (begins[0] if begins else 0.0) else bisect_left(begins, lead.next_at)
        waiting[lead.phones[0][2], first] += 1
    found = []
    for n, slot in enumerate(slots):
        middle = begins[n] + slot.seconds / 2
        held = [opening.holds(middle) for opening in listed.openings]
        found.append(sum(count for (kind, first), count in waiting.items() if first <= n and held[kind]))
    return found


def calls_of_lead(rate: float, passes: int) -> float:
    """Calls that a lead takes until it answers, `passes` at the most.

    >>> calls_of_lead(0.5, 1), calls_of_lead(0.5, 2), calls_of_lead(0.0, 3)
    (1.0, 1.5, 3.0)
    """
    return float(passes) if rate <= 0.0 else (1.0 - (1.0 - rate) ** passes) / rate


def staff(
    slots: Sequence[Slot],
    leads: Sequence[int],
    calls: float,
    measured: Measured,
    utilisation: Callable[[float], float],
    *,
    within: float,
    shrinkage: float = 0.0,
    shifts: Sequence[Shift] | None = None,
) -> list[HalfHour]:
    """The plan of every slot.

    Args:
        slots: the open half hours.
        leads: that may be called in each.
        calls: to be made in all.
        measured: rates and times.
        utilisation: share of an agent's time in talk and wrap-up on a floor of that many agents.
        within: open hours in which the calls are to be made; the slots behind need nobody.
        shrinkage: share of paid time off the floor.
        shifts: planned; None where none are known.
    """
    weights, left = [], within * 3600.0
    for slot, count in zip(slots, leads, strict=True):
        used = min(left, slot.seconds)
        left -= used
        weights.append(count * used)
    whole = sum(weights)
    found = []
    for slot, count, weight in zip(slots, leads, weights, strict=True):
        rate, times = measured.rate(slot.start), measured.handle_time
        here = calls * weight / whole if whole else 0.0
        needed = [
            _agents(here * p * h / slot.seconds, utilisation, shrinkage)
            for p, h in ((rate.value, times.value), (rate.low, times.low), (rate.high, times.high))
        ]
        talks = here * rate.value
        on = None if shifts is None else on_shift(shifts, slot)
        load = talks * times.value / slot.seconds
        found.append(HalfHour(slot, count, rate, here, talks, load, Estimate(*needed), on))
    return found


def _agents(load: float, utilisation: Callable[[float], float], shrinkage: float) -> float:
    """The least whole number of agents who carry a load."""
    if load <= 0.0:
        return 0.0
    agents = float(max(1, math.ceil(load)))
    while agents * utilisation(agents) < load:
        agents += max(1.0, math.floor(agents * 0.01))
    return float(math.ceil(agents / (1.0 - shrinkage) - 1e-9))


def on_shift(shifts: Iterable[Shift], slot: Slot) -> float:
    """Agents on shift in a slot, breaks taken off, as a mean over its length."""
    start, end = slot.start.astimezone(UTC), slot.end.astimezone(UTC)

    def inside(one: datetime, other: datetime) -> float:
        return max(0.0, (min(other, end) - max(one, start)).total_seconds())

    worked = sum(
        inside(each.starts_at, each.ends_at) - sum(inside(one, other) for one, other in each.breaks) for each in shifts
    )
    return round(worked / slot.seconds, 2) if slot.seconds else 0.0
