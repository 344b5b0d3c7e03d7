"""What only the store knows of the running campaigns, for those who watch them: read off the event loop, and seldom.

Theory of operation
-------------------
Nothing here is read while nobody looks. One read at a time is under way, however many look, and what it found is
shown to all of them until the next. A read is many short transactions; it stops when its time is over and goes on
the next time, newest quarters first, so that a campaign of thirty days is complete after some minutes and shows
until then from when on it is. What costs the database more (how often each lead was tried) is asked again only
after `_REST` times as long as it took.

Pandas and scipy are imported with this module, before anything is dialed: an import holds up every thread.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import structlog

from campaigns.files import Campaign
from dialer.reports.legal import legal_caps
from dialer.reports.quarters import (
    QUARTER,
    LiveWindow,
    Quarter,
    Waits,
    course_of,
    live_windows,
    quarter_of,
    start_of,
    within_of,
)
from dialer.store import frames, outcomes
from dialer.store.caller_ids import shown_and_answered
from dialer.store.database import Store
from dialer.store.errors import StoreError
from dialer.store.quarters import placed_between
from dnc import zones

__all__ = ["Figures", "History", "Hour"]

_log = structlog.get_logger(__name__)

#: Figures are read anew this often while somebody looks, s.
_EVERY = 20.0
#: One read of one campaign's quarters takes so long at most, s.
_AT_MOST = 0.4
#: The longest legal window, and how long a quarter must be over before it is held to be settled.
_BACK, _SETTLED = timedelta(days=31), timedelta(minutes=10)
#: Leads by attempts are counted again after so many times as long as counting took, and no sooner than that, s.
_REST, _LEAST_REST = 200.0, 60.0
_HOURS = 12


@dataclass(frozen=True, slots=True)
class Hour:
    """The calls that were placed in an hour of the campaign's clock."""

    since: datetime
    placed: int
    live: int
    waits: Waits | None


@dataclass(frozen=True, slots=True)
class Figures:
    """One campaign, as of `at`.

    Attributes:
        at: when it was read.
        known_since: back to when the quarters are complete.
        windows: the legal windows that are open now.
        waits: of the last hour.
        hours: the last twelve, oldest first.
        quarters: of the same time, oldest first: (begin, waits).
        course: of the first of these windows, its rate so far at the end of each quarter with answers: (instant, rate).
        tried: how many leads had how many attempts, 0 included.
        caller_ids: of the last day: shown, answered by a person.
    """

    at: datetime
    known_since: datetime
    windows: tuple[LiveWindow, ...]
    waits: Waits | None
    hours: tuple[Hour, ...]
    quarters: tuple[tuple[datetime, Waits | None], ...]
    course: tuple[tuple[datetime, float], ...]
    tried: tuple[tuple[int, int], ...]
    caller_ids: Mapping[str, tuple[int, int]]


@dataclass(slots=True)
class _Kept:
    """What is kept of a campaign between reads."""

    quarters: dict[datetime, Quarter] = field(default_factory=dict)
    began: datetime | None = None
    tried: tuple[tuple[int, int], ...] = ()
    tried_again: float = float("-inf")
    figures: Figures | None = None


class History:
    """Reads and keeps.

    Args:
        store: of the floor.
        now: seconds since the epoch.
        campaigns: those that run, at the moment of asking.
    """

    def __init__(self, store: Store, now: Callable[[], float], campaigns: Callable[[], Sequence[Campaign]]) -> None:
        self._store = store
        self._now = now
        self._campaigns = campaigns
        self._kept: dict[str, _Kept] = {}
        self._read_at = float("-inf")
        self._reading: asyncio.Task[None] | None = None

    def figures(self, name: str) -> Figures | None:
        """What was read of a campaign last; None before its first read."""
        kept = self._kept.get(name)
        return None if kept is None else kept.figures

    def looked_at(self) -> None:
        """Somebody looks: read anew where that is due. Returns at once."""
        if self._reading is not None and not self._reading.done():
            return
        campaigns = self._campaigns()
        new = any(each.name not in self._kept for each in campaigns)
        if new or self._now() >= self._read_at + _EVERY:
            self._read_at = self._now()
            self._reading = asyncio.create_task(self._read_all(campaigns))

    async def settled(self) -> None:
        """Wait for the read that is under way."""
        if self._reading is not None:
            await self._reading

    async def _read_all(self, campaigns: Sequence[Campaign]) -> None:
        for gone in self._kept.keys() - {each.name for each in campaigns}:
            del self._kept[gone]
        for campaign in campaigns:
            kept = self._kept.setdefault(campaign.name, _Kept())
            try:
                kept.figures = await asyncio.to_thread(self._read, campaign, kept)
            except StoreError as error:  # the board goes on with what it has; dialing finds out by itself
                _log.warning("figures_not_read", campaign=campaign.name, why=str(error))

    def _read(self, campaign: Campaign, kept: _Kept) -> Figures:
        """Read one campaign, in a thread."""
        now = datetime.fromtimestamp(self._now(), UTC)
        zone = zones.zone(campaign.hours.timezone)
        if kept.began is None:
            with self._store.reading() as tx:
                kept.began = outcomes.first_run_start(tx, campaign.name) or now
        known_since = self._read_quarters(campaign, kept, now)
        with self._store.reading() as tx:
            caller_ids = shown_and_answered(tx, campaign.name, now - timedelta(days=1))
        if self._now() >= kept.tried_again:
            asked = time.monotonic()
            with self._store.reading() as tx:
                tried = frames.tried(tx, campaign.name)
            kept.tried = tuple(zip(tried["attempts"].tolist(), tried["leads"].tolist(), strict=True))
            kept.tried_again = self._now() + max(_LEAST_REST, _REST * (time.monotonic() - asked))
        shown_since = now - timedelta(hours=_HOURS)
        for each in [each for each in kept.quarters.values() if each.since <= shown_since and len(each.waits)]:
            kept.quarters[each.since] = replace(each, waits=each.waits[:0])  # of old quarters only counts are asked
        quarters = [kept.quarters[since] for since in sorted(kept.quarters)]
        began = kept.began
        found = live_windows(
            quarters,
            scope=campaign.scope,
            countries=(campaign.country,),
            zone=zone,
            greeting=campaign.abandonment.greeting,
            began=began,
            known_since=known_since,
            now=now,
        )
        lately = [each for each in quarters if each.until > now - timedelta(hours=1)]
        return Figures(
            at=now,
            known_since=known_since,
            windows=found,
            waits=_waits(lately),
            hours=_hours(quarters, zone, now),
            quarters=tuple((each.since, Waits.of(each.waits)) for each in quarters if each.since > shown_since),
            course=course_of(found[0], quarters, campaign.abandonment.greeting) if found else (),
            tried=kept.tried,
            caller_ids={each: caller_ids.get(each, (0, 0)) for each in campaign.dialing.caller_ids},
        )

    def _read_quarters(self, campaign: Campaign, kept: _Kept, now: datetime) -> datetime:
        """Bring the quarters up to date, newest first, as far as the time goes; returns from when on they are known."""
        assert kept.began is not None
        until = time.monotonic() + _AT_MOST
        withins = sorted({within_of(cap, campaign.abandonment.greeting) for cap in legal_caps()})
        by_agents = any("machine" in each.flags for each in campaign.dispositions.values())
        first = start_of(max(kept.began, now - _BACK))
        for gone in [since for since in kept.quarters if since < first]:
            del kept.quarters[gone]
        since, known_since = start_of(now), start_of(now) + QUARTER
        while since >= first:
            known = kept.quarters.get(since)
            if known is None or known.open or known.until > now - _SETTLED:
                if known is None and time.monotonic() > until:
                    break
                with self._store.reading() as tx:
                    found = placed_between(tx, campaign.name, since, since + QUARTER, agents_find_machines=by_agents)
                counted = quarter_of(since, found.placed, found.open, found.answered, withins)
                kept.quarters[since] = counted
            known_since = since
            since -= QUARTER
        return known_since


def _waits(quarters: Sequence[Quarter]) -> Waits | None:
    return Waits.of(np.concatenate([each.waits for each in quarters])) if quarters else None


def _hours(quarters: Sequence[Quarter], zone: ZoneInfo, now: datetime) -> tuple[Hour, ...]:
    """The last hours on the campaign's clock."""
    found: dict[datetime, list[Quarter]] = {}
    for each in quarters:
        if each.since > now - timedelta(hours=_HOURS):
            local = each.since.astimezone(zone)
            found.setdefault(local.replace(minute=0), []).append(each)
    return tuple(
        Hour(hour, sum(each.placed for each in inside), sum(each.live for each in inside), _waits(inside))
        for hour, inside in found.items()
    )
