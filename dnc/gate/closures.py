"""Closures.

Emergencies in the rule files or flagged by the operator, and times a person named as inconvenient.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from dnc.gate.clock import MINUTE, ceil_minute, local_day, midnight
from dnc.gate.context import Context
from dnc.rules import Suspension
from dnc.values import Block, Check, Code

__all__ = ["inconvenient_checks", "next_without_closures", "suspension_checks"]

_RANGE = re.compile(r"([01]\d|2[0-4]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)")
#: 12 CFR 1006.6(b)(1)(i): not "at any unusual time, or at a time that the debt collector knows or should
#: know is inconvenient to the consumer".
_INCONVENIENT = "12 CFR 1006.6(b)(1)(i); policy: honoured for every purpose"
_EMERGENCY = "emergency notice of the authority, or the operator's flag"


def suspension_checks(context: Context) -> Iterator[Check]:
    """Emergency suspensions of a jurisdiction."""
    for suspension in context.bound.suspensions:
        closed = _suspended(context, suspension)
        yield Check(
            Code.EMERGENCY_SUSPENSION,
            f"{suspension.jurisdiction}.suspension",
            not closed,
            suspension.citation or _EMERGENCY,
            f"{suspension.reason}; from {suspension.starts} until {suspension.ends or 'lifted'}",
            status="policy",
        )
    for block in context.facts.blocks:
        if block.code is Code.EMERGENCY_SUSPENSION:
            saw = block.detail or "the operator suspended calling here"
            yield Check(
                block.code,
                "operator.suspension",
                not _blocked(context, block),
                _EMERGENCY,
                saw,
                status="policy",
            )


def inconvenient_checks(context: Context) -> Iterator[Check]:
    """Times the person named as inconvenient."""
    for block in context.facts.blocks:
        if block.code is Code.INCONVENIENT_TIME:
            saw = block.detail or "the person named this time as inconvenient"
            if block.hours:
                saw = f"{saw}; refused {', '.join(block.hours)}"
            closed = _blocked(context, block)
            yield Check(block.code, "person.inconvenient", not closed, _INCONVENIENT, saw, status="verified")


def _suspended(context: Context, suspension: Suspension) -> bool:
    return any(
        _reached(suspension.starts, context.at, day)
        and (suspension.ends is None or not _passed(suspension.ends, context.at, day))
        for day in context.dates
    )


def _reached(start: datetime | date, at: datetime, day: date) -> bool:
    return start <= at if isinstance(start, datetime) else start <= day


def _passed(end: datetime | date, at: datetime, day: date) -> bool:
    return end <= at if isinstance(end, datetime) else end < day


def _blocked(context: Context, block: Block) -> bool:
    """Whether a block is closed at the context's instant, on any clock the person may have."""
    if block.until is not None and context.at >= block.until:
        return False
    if not block.hours:
        return True
    ranges = [r for text in block.hours for r in _ranges(text)]
    for here in context.zones:
        day, second = local_day(context.at, here)
        if (not block.days or day.isoweekday() in block.days) and any(a <= second < b for a, b in ranges):
            return True
    return False


def _ranges(text: str) -> list[tuple[int, int]]:
    """`"21:00-09:00"` as seconds of one day, in two parts when it runs over midnight."""
    found = _RANGE.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is not a range of the clock; write an inconvenient time as 21:00-09:00")
    start = int(found[1]) * 3600 + int(found[2]) * 60
    end = int(found[3]) * 3600 + int(found[4]) * 60
    return [(start, end)] if start < end else [(start, 86400), (0, end)]


def next_without_closures(context: Context) -> datetime | None:
    """The first whole minute at or after the context's instant without any closure; None: not known when."""
    at = ceil_minute(context.at)
    for suspension in context.bound.suspensions:
        if _suspended(context, suspension):
            end = _end(context, suspension.ends)
            if end is None:
                return None
            at = max(at, end)
    for block in context.facts.blocks:
        if _blocked(context, block):
            end = _end_of_block(context, block)
            if end is None:
                return None
            at = max(at, end)
    return at


def _end(context: Context, ends: datetime | date | None) -> datetime | None:
    if ends is None:
        return None
    if isinstance(ends, datetime):
        return ceil_minute(ends.astimezone(UTC))
    return max((ceil_minute(midnight(z, ends + timedelta(days=1))) for z in context.zones), default=None)


def _end_of_block(context: Context, block: Block) -> datetime | None:
    """The first whole minute at which a block no longer holds, walked minute by minute.

    Exact on every clock.
    """
    if not block.hours:
        return None if block.until is None else ceil_minute(block.until.astimezone(UTC))
    moment = context.moved(ceil_minute(context.at))
    for _ in range(8 * 1440):
        if not _blocked(moment, block):
            return moment.at
        moment.at += MINUTE
    return None
