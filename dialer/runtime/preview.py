"""The launch preview of a campaign: its loaded list through the gate, at this instant and over the next day.

Nothing is written: a preview is no dial decision.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd

from campaigns.files import Campaign
from campaigns.workspace import Workspace
from dialer.reports.preview import Hour, Out, Preview, RuleCount, meaning
from dialer.runtime.asking import open_rulebook
from dialer.runtime.columns import CampaignFacts, numbers_of
from dialer.runtime.policy import policy_of
from dialer.runtime.screening import TIME_BITS, Bits, Judges, Screening, codes_of
from dialer.store import screening as stored
from dialer.store.database import open_store
from dialer.store.transactions import Reading
from dnc import zones
from dnc.gate import TIME_CODES, Gate, MemoryFacts
from dnc.registries import RegistryStore
from dnc.rules import Rulebook
from dnc.values import Code

__all__ = ["HOURS", "preview_of", "verdicts"]

#: How far a preview looks ahead.
HOURS = 24
_HOUR = timedelta(hours=1)
#: Statuses of leads that may still be called; `leased` ones are with a run at this moment.
_IN_PLAY = ("ready", "waiting", "callback", "leased")


def preview_of(
    workspace: Workspace, campaign: Campaign, at: datetime, progress: Callable[[int, int], None] | None = None
) -> Preview:
    """Judge every loaded number of a campaign.

    Args:
        workspace: whose database, rules and registries.
        campaign: whose list.
        at: the instant of the launch.
        progress: called with the numbers judged so far and the number of all.

    Raises:
        StoreError: the database refuses.
        RulesError: a rule file is wrong.
    """
    book = open_rulebook(workspace)
    here = zones.zone(campaign.hours.timezone)
    first = at.astimezone(here).replace(minute=0, second=0, microsecond=0)
    probes = [first.astimezone(UTC) + _HOUR * n for n in range(1, HOURS + 1)]
    tally = _Tally(len(probes))
    with open_store(workspace.database_url) as store, store.reading() as tx:
        everyone = stored.count_phones(tx, campaign.name)
        done = 0
        for screening, frame in _screened(tx, workspace, campaign, book, at):
            tally.add(screening, frame, at, probes)
            done += len(frame)
            if progress is not None:
                progress(done, everyone)
    opening = campaign.hours.next_change(at)
    is_open = campaign.hours.is_open(at)
    return Preview(
        campaign=campaign.name,
        title=campaign.title,
        client=campaign.client,
        scope=campaign.scope,
        mode=campaign.dialing.mode,
        zone=campaign.hours.timezone,
        at=at.astimezone(here),
        open=is_open,
        next_open=None if is_open or opening is None else opening.astimezone(here),
        numbers=everyone,
        leads=len(tally.leads),
        in_play=tally.in_play,
        now=tally.now,
        now_leads=len(tally.now_leads),
        later=int(sum(tally.first)),
        beyond=tally.beyond,
        blocked=tally.blocked,
        out=tuple(Out(why, count) for why, count in tally.out.most_common()),
        rules=tally.rules(),
        hours=tuple(
            Hour(probe.astimezone(here), int(count), int(new), campaign.hours.is_open(probe))
            for probe, count, new in zip(probes, tally.callable, tally.first, strict=True)
        ),
        versions={"rules": book.version},
        why_closed=campaign.hours.why_closed_at(at),
    )


def verdicts(workspace: Workspace, campaign: Campaign, at: datetime) -> dict[str, frozenset[str]]:
    """The codes that refuse each loaded number at an instant; none when it may be called."""
    found: dict[str, frozenset[str]] = {}
    with open_store(workspace.database_url) as store, store.reading() as tx:
        for screening, frame in _screened(tx, workspace, campaign, open_rulebook(workspace), at):
            words = {bits: frozenset(map(str, codes_of(bits))) for bits in np.unique(screening.bits).tolist()}
            found |= dict(zip(frame["number"].tolist(), map(words.__getitem__, screening.bits.tolist()), strict=True))
    return found


def _screened(
    tx: Reading, workspace: Workspace, campaign: Campaign, book: Rulebook, at: datetime
) -> Iterator[tuple[Screening, pd.DataFrame]]:
    """The campaign's numbers, chunk by chunk, judged."""
    policy = policy_of(campaign.caps)
    gate = Gate(book, MemoryFacts(), policy)
    registries = RegistryStore(workspace.registries_dir)
    facts = CampaignFacts.read(tx, campaign, book, policy, at)
    judges = Judges(gate, registries, facts, policy)
    for frame in numbers_of(tx, facts):
        yield Screening(judges, {str(name): frame[name] for name in frame}, at), frame


class _Tally:
    """Counts of one preview, chunk by chunk."""

    def __init__(self, probes: int) -> None:
        self.in_play = self.now = self.beyond = self.blocked = 0
        self.leads: set[int] = set()
        self.now_leads: set[int] = set()
        self.out: Counter[str] = Counter()
        self.callable = np.zeros(probes, dtype=np.int64)
        self.first = np.zeros(probes, dtype=np.int64)
        self._each: Counter[int] = Counter()  # verdict -> numbers

    def add(self, screening: Screening, frame: pd.DataFrame, at: datetime, probes: list[datetime]) -> None:
        """Count a chunk."""
        self.leads.update(frame["lead_id"].unique().tolist())
        plays = (frame["status"].isin(_IN_PLAY) & frame["bad"].isna()).to_numpy(dtype=bool)
        why = frame["bad"].where(
            frame["bad"].notna(), frame["status_why"].where(frame["status_why"] != "", frame["status"])
        )
        self.out.update(Counter(why[~plays].tolist()))
        bits = screening.bits
        due = frame["next_at"]
        now = plays & (bits == 0) & _due(due, at)
        blocked = plays & ((bits & ~np.int64(TIME_BITS)) != 0)
        self.in_play += int(plays.sum())
        self.now += int(now.sum())
        self.now_leads.update(frame.loc[now, "lead_id"].unique().tolist())
        self.blocked += int(blocked.sum())
        self._count(bits[plays])
        waiting = plays & ~blocked & ~now
        for n, probe in enumerate(probes):
            open_then = screening.open_at(probe) & plays & _due(due, probe)
            self.callable[n] += int(open_then.sum())
            self.first[n] += int((open_then & waiting).sum())
            waiting &= ~open_then
        self.beyond += int(waiting.sum())

    def rules(self) -> tuple[RuleCount, ...]:
        """Each rule that refuses any number, the most frequent first."""
        total: Counter[Code] = Counter()
        alone: Counter[Code] = Counter()
        for bits, count in self._each.items():
            codes = codes_of(bits)
            total.update(dict.fromkeys(codes, count))
            if len(codes) == 1:
                alone.update(dict.fromkeys(codes, count))
        return tuple(
            RuleCount(str(code), meaning(code), count, count / self.in_play, alone[code], code in TIME_CODES)
            for code, count in sorted(total.items(), key=lambda each: (-each[1], each[0]))
        )

    def _count(self, bits: Bits) -> None:
        known, counts = np.unique(bits, return_counts=True)
        self._each.update(dict(zip(known.tolist(), counts.tolist(), strict=True)))


def _due(next_at: pd.Series, at: datetime) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Whether the lead may be taken by then."""
    found: np.ndarray[tuple[int], np.dtype[np.bool_]] = (next_at.isna() | (next_at <= at)).to_numpy(dtype=bool)
    return found
