"""Schedule adherence: what was planned of an agent's shift, and what the journal says of it.

Theory of operation. The journal (`agent_change`) is a row of states; each holds until the agent's next one, at the
longest until the run that wrote it ended. Laid over a shift, every second of it is planned work or planned break, and
is kept when the agent did what was planned:

    planned work    signed in, and not paused but by a code without a limit (work that the house ordered: coaching)
    planned break   paused or signed out

adherence = seconds kept / seconds planned (of a shift that still runs: up to now). `late` is the time from the begin of
the shift to the first sign-in inside it, `left_early` from the last sign-out to its end, `over_codes` what pauses
lasted beyond the limits of their codes, `unplanned` signed-in time outside of every shift of the agent's day.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from dialer.reports.values import Column, Table
from dialer.store.shifts import Change, Shift

__all__ = ["AgentDay", "Stretch", "adherence", "stretches", "table_of"]

_OFFLINE, _PAUSED = "offline", "paused"


@dataclass(frozen=True, slots=True)
class Stretch:
    """An agent in one state, from `start` to just before `end`."""

    start: datetime
    end: datetime
    campaign: str
    state: str
    code: str


@dataclass(frozen=True, slots=True)
class AgentDay:
    """One agent on one day of the zone of their shift. Times are seconds."""

    agent_id: str
    day: date
    shifts: int
    planned: float  # work and breaks of all shifts; of a running one up to now
    signed_in: float  # inside the shifts
    kept: float
    late: float | None  # None: never signed in
    left_early: float
    paused: float
    over_codes: float
    unplanned: float

    @property
    def share(self) -> float | None:
        """Adherence, a fraction; None where nothing was planned yet."""
        return self.kept / self.planned if self.planned else None


def stretches(changes: Iterable[Change], now: datetime) -> dict[str, list[Stretch]]:
    """The journal as stretches by agent; the newest state of a run that goes on holds until `now`."""
    by_agent: dict[str, list[Change]] = {}
    for each in changes:
        by_agent.setdefault(each.agent_id, []).append(each)
    found: dict[str, list[Stretch]] = {}
    for agent, rows in by_agent.items():
        rows.sort(key=lambda row: row.at)
        ends = [*(row.at for row in rows[1:]), now]
        found[agent] = [
            Stretch(row.at, end, row.campaign, row.state, row.code)
            for row, following in zip(rows, ends, strict=True)
            if (end := min(following, row.run_ended_at or now)) > row.at and row.state != _OFFLINE
        ]
    return found


def adherence(
    shifts: Sequence[Shift],
    done: Mapping[str, Sequence[Stretch]],
    limits: Mapping[str, Mapping[str, int]],
    now: datetime,
) -> list[AgentDay]:
    """Every agent and day with a shift that has begun.

    Args:
        shifts: planned.
        done: what agents did (`stretches`), from the day before the first shift on.
        limits: pause codes of each campaign with their limits in minutes, 0 for none.
        now: what lies ahead is not judged.
    """
    days: dict[tuple[str, date], list[Shift]] = {}
    for shift in shifts:
        if shift.starts_at < now:
            days.setdefault((shift.agent_id, shift.day), []).append(shift)
    return [
        _day(agent, day, planned, done.get(agent, ()), limits, now) for (agent, day), planned in sorted(days.items())
    ]


def _day(
    agent: str,
    day: date,
    shifts: Sequence[Shift],
    done: Sequence[Stretch],
    limits: Mapping[str, Mapping[str, int]],
    now: datetime,
) -> AgentDay:
    planned = signed_in = kept = left_early = paused = over = 0.0
    late: float | None = None
    for shift in shifts:
        end = min(shift.ends_at, now)
        inside = [each for each in done if each.start < end and each.end > shift.starts_at]
        planned += _length(shift.starts_at, end)
        here = sum(_overlap(each, shift.starts_at, end) for each in inside)
        signed_in += here
        off = [(max(one, shift.starts_at), min(other, end)) for one, other in shift.breaks if one < end]
        kept += sum(_length(one, other) for one, other in off)
        for each in inside:
            free = each.state == _PAUSED
            ordered = free and limits.get(each.campaign, {}).get(each.code) == 0
            in_breaks = sum(_overlap(each, one, other) for one, other in off)
            if not free or ordered:  # at work: planned work is kept, a planned break (counted above) is not
                kept += _overlap(each, shift.starts_at, end) - 2 * in_breaks
            if free:
                paused += _overlap(each, shift.starts_at, end)
                limit = limits.get(each.campaign, {}).get(each.code)
                over += max(0.0, _length(each.start, each.end) - 60.0 * limit) if limit else 0.0
        if inside:
            first = max(0.0, _length(shift.starts_at, min(each.start for each in inside)))
            late = first if late is None else late + first
            if shift.ends_at <= now:
                left_early += max(0.0, _length(max(each.end for each in inside), shift.ends_at))
    around = _around(shifts, done, now)
    return AgentDay(agent, day, len(shifts), planned, signed_in, kept, late, left_early, paused, over, around)


def _around(shifts: Sequence[Shift], done: Sequence[Stretch], now: datetime) -> float:
    """Signed-in time within four hours before and after the day's shifts, and between them."""
    begin = min(each.starts_at for each in shifts) - timedelta(hours=4)
    end = min(max(each.ends_at for each in shifts) + timedelta(hours=4), now)
    whole = sum(_overlap(each, begin, end) for each in done)
    return whole - sum(_overlap(each, shift.starts_at, min(shift.ends_at, now)) for shift in shifts for each in done)


def _overlap(each: Stretch, start: datetime, end: datetime) -> float:
    return max(0.0, _length(max(each.start, start), min(each.end, end)))


def _length(start: datetime, end: datetime) -> float:
    return (end.astimezone(UTC) - start.astimezone(UTC)).total_seconds()


def table_of(days: Sequence[AgentDay]) -> Table:
    """The days as a table."""
    columns = (
        Column("day", "Day", "text"),
        Column("agent", "Agent", "text"),
        Column("planned", "Planned", "h"),
        Column("signed_in", "Signed in", "h"),
        Column("adherence", "Adherence", "share"),
        Column("late", "Late", "s"),
        Column("left_early", "Early out", "s"),
        Column("paused", "Paused", "s"),
        Column("over_codes", "Over", "s"),
        Column("unplanned", "Extra", "s"),
    )
    rows = tuple(
        (
            each.day.isoformat(),
            each.agent_id,
            each.planned / 3600,
            each.signed_in / 3600,
            each.share,
            each.late,
            each.left_early,
            each.paused,
            each.over_codes,
            each.unplanned,
        )
        for each in days
    )
    note = (
        "adherence: share of the shift that was as planned; late -: never signed in; over: beyond the limits of pause "
        "codes; extra: signed in outside of the shift"
    )
    return Table("adherence", "Adherence", columns, rows, note)
