"""Frequency caps and cool-offs: how many calls may exist in a window, the one about to be placed among them.

Every cap is a cutoff instant: an event at or after it counts. `hours` are elapsed hours in UTC, and an
event exactly n hours old still counts. `days` are calendar days of the called party: the window of day D is
D-(n-1) .. D, so the cutoff is the first instant of D-(n-1); with several zones the earliest cutoff is the
strictest. After a trigger (conversation, refusal, abandoned call, answering machine) no call at all:
`day_one = "trigger"` counts the trigger's own day (Reg F: Monday -> next Monday), `"next"` the day after it
(60 full days after a refusal in France).

Only `attempt` events are calls; `text` events count where a rule counts messages too; the other kinds are outcomes of
attempts that were recorded before. An
event whose person, number, debt, subject or kind of number is unknown counts against every cap.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from dnc.gate.clock import MINUTE, local_day, midnight
from dnc.gate.context import Context
from dnc.gate.facts import CampaignCap
from dnc.rules import CapRule
from dnc.values import Check, Code, PastEvent, ProposedCall

__all__ = ["cap_checks", "counted", "cutoff", "history_since", "next_within_caps"]

_EVER = datetime(1970, 1, 1, tzinfo=UTC)


def cutoff(cap: CapRule | CampaignCap, at: datetime, zones: Sequence[ZoneInfo]) -> datetime:
    """Events at or after this instant are inside the cap's window for a call at `at`."""
    if cap.unit == "lifetime":
        return _EVER
    if cap.unit == "minutes":
        return at - timedelta(minutes=cap.n)
    if cap.unit == "hours":
        return at - timedelta(hours=cap.n)
    back = timedelta(days=_days_back(cap))
    return min((midnight(z, local_day(at, z)[0] - back) for z in zones), default=at - back - timedelta(days=1))


def _days_back(cap: CapRule | CampaignCap) -> int:
    return cap.n if isinstance(cap, CapRule) and cap.trigger and cap.day_one == "next" else cap.n - 1


def _same(ours: str, theirs: str) -> bool:
    """Equal, or one of them unknown."""
    return not ours or not theirs or ours == theirs


def counted(cap: CapRule, call: ProposedCall, event: PastEvent) -> bool:
    """Whether this cap counts this event against this call, whenever it was."""
    if event.kind != (cap.trigger or "attempt") and not (event.kind == "text" and cap.counts_texts):
        return False
    if not event.counts and not cap.counts_unconnected:
        return False
    if cap.number_kinds and event.number_kind and event.number_kind not in cap.number_kinds:
        return False
    by = cap.count_by
    if "number" in by and not _same(call.number, event.number):
        return False
    if "person" in by and not _same_person(call, event):
        return False
    if "debt" in by and not _same(call.debt, event.debt):
        return False
    return "subject" not in by or _same(call.subject or call.campaign, event.subject or event.campaign)


def _same_person(call: ProposedCall, event: PastEvent) -> bool:
    """The same number or the same person; an event that names neither was given for this call."""
    if event.number and event.number == call.number:
        return True
    if event.person and call.person:
        return event.person == call.person
    return not event.number


def _counted_by_campaign(cap: CampaignCap, call: ProposedCall, event: PastEvent) -> bool:
    same = _same(call.number, event.number) if cap.per == "number" else _same_person(call, event)
    return event.kind == "attempt" and same and _same(call.campaign, event.campaign)


def _binds(context: Context, cap: CapRule) -> bool:
    kinds = cap.number_kinds
    return not kinds or not context.call.number_kind or context.call.number_kind in kinds


def _in_force(context: Context, cap: CapRule) -> bool:
    return any(cap.in_force(day) for day in context.dates)


def cap_checks(context: Context) -> Iterator[Check]:
    """Every cap of the law, then the campaign's own."""
    call, at, history = context.call, context.at, context.facts.history
    for cap in context.bound.caps:
        if not _binds(context, cap) or not _in_force(context, cap):
            continue
        if cap.lifted_by_guaranteed_agent and context.guaranteed:
            yield Check(cap.code, cap.id, True, cap.citation, "a live agent is guaranteed", status=cap.status)
            continue
        edge = cutoff(cap, at, context.zones)
        events = [e for e in history if e.at >= edge and counted(cap, call, e)] if history else []
        yield Check(
            cap.code,
            cap.id,
            _within(cap, len(events)),
            cap.citation,
            f"{len(events)} {cap.trigger or 'attempt'} since {edge.isoformat(' ', 'minutes')[:16]}Z; "
            + ("none may be" if cap.trigger else f"this call would be {len(events) + 1} of {cap.limit}"),
            status=cap.status,
        )
    for own in context.policy.caps:
        edge = cutoff(own, at, context.zones)
        count = sum(1 for e in history if e.at >= edge and _counted_by_campaign(own, call, e))
        yield Check(
            Code.FREQ_CAMPAIGN,
            own.rule,
            count < own.limit,
            "the campaign's own cap",
            f"{count} attempts; this call would be {count + 1} of {own.limit}",
            status="policy",
        )


def _within(cap: CapRule, count: int) -> bool:
    return count <= cap.limit if cap.trigger else count < cap.limit


def next_within_caps(context: Context) -> datetime | None:
    """The first whole minute at or after the context's instant at which every cap holds; None: never."""
    latest = context.at
    for cap in context.bound.caps:
        if not _binds(context, cap) or (cap.lifted_by_guaranteed_agent and context.guaranteed):
            continue
        if not _in_force(context, cap):
            continue
        events = [e for e in context.facts.history if counted(cap, context.call, e)]
        moment = _relief(context, cap, events, cap.limit if cap.trigger else cap.limit - 1)
        ends = _end_of_force(context, cap.effective_until)
        if moment is None or (ends is not None and ends < moment):
            moment = ends
        if moment is None:
            return None
        latest = max(latest, moment)
    for own in context.policy.caps:
        events = [e for e in context.facts.history if _counted_by_campaign(own, context.call, e)]
        moment = _relief(context, own, events, own.limit - 1)
        if moment is None:
            return None
        latest = max(latest, moment)
    return latest


def _relief(context: Context, cap: CapRule | CampaignCap, events: list[PastEvent], room: int) -> datetime | None:
    """The first whole minute, not before the context's, at which at most `room` of the events count."""
    if room < 0:
        return None
    if len(events) <= room:
        return context.at
    leaving = sorted((e.at.astimezone(UTC) for e in events), reverse=True)[room]
    if cap.unit == "lifetime":
        return None
    if cap.unit in ("hours", "minutes"):
        span = timedelta(hours=cap.n) if cap.unit == "hours" else timedelta(minutes=cap.n)
        free = (leaving + span).replace(second=0, microsecond=0) + MINUTE
    else:
        after = timedelta(days=_days_back(cap) + 1)
        free = max((midnight(z, local_day(leaving, z)[0] + after) for z in context.zones), default=leaving + after)
    return max(context.at, free)


def _end_of_force(context: Context, until: date | None) -> datetime | None:
    """When a rule is out of force in every zone; None: it has no end."""
    if until is None or not context.zones:
        return None
    return max(midnight(z, until + timedelta(days=1)) for z in context.zones)


def history_since(caps: Sequence[CapRule], own: Sequence[CampaignCap], at: datetime) -> datetime:
    """How far back events must be known for these caps at `at`, with days to spare for zones."""
    days = 2
    for cap in caps:
        days = max(days, cap.n + 3 if cap.unit == "days" else cap.n // 24 + 3)
    for mine in own:
        if mine.unit == "lifetime":
            return _EVER
        days = max(days, mine.n + 3 if mine.unit == "days" else mine.n // (24 if mine.unit == "hours" else 1440) + 3)
    return at - timedelta(days=days)
