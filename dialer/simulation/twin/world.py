"""What the twin is made of, read once: people and agents from the history, the list through the law's hours.

Where the history is too short, people or agents are those of the campaign file's `[simulation]` table; `sources`
says which, in words for the operator.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
from sqlalchemy import func, select

from campaigns.files import Campaign
from campaigns.workspace import Workspace
from dialer.carriers.simulated.encounter import FarEnd
from dialer.runtime.asking import open_rulebook
from dialer.runtime.columns import CampaignFacts, numbers_of
from dialer.runtime.instants import moment, seconds
from dialer.runtime.policy import policy_of
from dialer.runtime.screening import TIME_BITS, Judges, Screening
from dialer.simulation.agents import AgentProfile, Habits
from dialer.simulation.build import make_agents, make_habits, make_people
from dialer.simulation.settings import SimulationSettings
from dialer.simulation.twin.history import HandleTimes, Slots, fit_handle_times, fit_people
from dialer.simulation.twin.leads import Listed, Openings
from dialer.store import frames
from dialer.store.schema import attempt as _attempt
from dialer.store.schema import lead as _lead
from dialer.store.transactions import Reading
from dnc import zones
from dnc.gate import Gate, MemoryFacts
from dnc.registries import RegistryStore

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "History",
    "TwinList",
    "TwinWorld",
    "agents_of",
    "hours_of",
    "open_windows",
    "read_history",
    "read_list",
    "with_history",
]

#: How far back the history is read.
_BACK = timedelta(days=90)
#: How often it is asked which numbers may be called, s.
_PROBE = 1800.0
_IN_PLAY = ("ready", "waiting", "callback", "leased")


@dataclass(frozen=True, slots=True)
class TwinWorld:
    """A floor to be simulated.

    Attributes:
        campaign: whose rules hold.
        settings: what the history does not say: breaks, the carrier, the announced ends of calls.
        windows: (begin, end) of each stretch in which may be dialed, seconds since the epoch.
        people: who is called.
        habits: how agents work.
        sources: sentences that say where people, agents and list come from.
    """

    campaign: Campaign
    settings: SimulationSettings
    windows: tuple[tuple[float, float], ...]
    people: FarEnd
    habits: Habits
    sources: tuple[str, ...]

    @property
    def open_hours(self) -> float:
        """Hours in which may be dialed."""
        return sum(end - begin for begin, end in self.windows) / 3600.0

    @property
    def dispositions(self) -> dict[str, frozenset[str]]:
        """The campaign's codes with their flags."""
        return {code: frozenset(each.flags) for code, each in self.campaign.dispositions.items()}


@dataclass(frozen=True, slots=True)
class History:
    """The rows of past calls.

    Attributes:
        attempts: as `dialer.store.frames.attempts` gives them.
        dispositions: of those calls.
        agent_changes: of the same time.
        campaign_changes: of the same time.
    """

    attempts: pd.DataFrame
    dispositions: pd.DataFrame
    agent_changes: pd.DataFrame
    campaign_changes: pd.DataFrame


@dataclass(frozen=True, slots=True)
class TwinList:
    """A campaign's list as it stands.

    Attributes:
        leads: makes fresh copies of the leads in play.
        openings: when each kind of number may be called.
        count: leads in play.
        untried: those of them that were never called.
        barred: leads that the gate refuses for good, or that have no usable number.
    """

    leads: Callable[[], list[Listed]]
    openings: tuple[Openings, ...]
    count: int
    untried: int
    barred: int


def open_windows(campaign: Campaign, start: datetime, hours: float) -> tuple[tuple[float, float], ...]:
    """Give the stretches in which the campaign is open from `start` on, until `hours` hours are full."""
    windows, left, at = [], hours * 3600.0, start
    while left > 0.0:
        if not campaign.hours.is_open(at):
            opens = campaign.hours.next_change(at)
            if opens is None:
                break
            at = opens
            continue
        closes = campaign.hours.next_change(at)
        length = left if closes is None else min(left, (closes - at).total_seconds())
        windows.append((seconds(at), seconds(at) + length))
        left -= length
        at = at + timedelta(seconds=length)
    return tuple(windows)


def read_history(tx: Reading, campaign: str, since: datetime | None, until: datetime) -> History:
    """Read the calls placed in [since, until); of the last 90 days when `since` is None."""
    begin = until - _BACK if since is None else since
    return History(
        frames.attempts(tx, campaign, begin, until),
        frames.dispositions(tx, campaign, begin, until),
        frames.agent_changes(tx, campaign, begin, until),
        frames.campaign_changes(tx, campaign, begin, until),
    )


def with_history(
    campaign: Campaign,
    settings: SimulationSettings,
    history: History,
    windows: tuple[tuple[float, float], ...],
    *,
    slots: Slots | None = None,
    when: str = "the last 90 days",
) -> TwinWorld:
    """Make the world of a campaign, people and agents as the history has them where it is long enough.

    Args:
        campaign: whose rules hold.
        settings: of the campaign file, with the operator's changes.
        history: of its calls.
        windows: when may be dialed.
        slots: times of day that are alike; by default the 24 hours of the campaign's clock.
        when: of what time the history is, in words.
    """
    people: FarEnd | None = fit_people(history.attempts, slots or hours_of(campaign), settings.seed, settings.detection)
    handled = fit_handle_times(history.attempts, history.dispositions)
    calls = len(history.attempts)
    table = "from the [simulation] table of the campaign file"
    short = f"{calls:,} calls in {when} are too few to measure"
    if people is None:
        people = make_people(settings, windows[0][0])
        said = f"People: {table}; {short} them."
    else:
        said = f"People: answer rates by time of day and ring times measured in {calls:,} calls of {when}."
    habits = make_habits(settings, windows[0][0], _flags(campaign))
    if handled is None:
        agents = f"Agents: talk and wrap-up {table}; {short} them."
    else:
        habits = _measured(habits, handled, campaign)
        agents = f"Agents: talk and wrap-up measured in {handled.talks:,} talks of {when}."
    return TwinWorld(campaign, settings, windows, people, habits, (said, agents))


def hours_of(campaign: Campaign) -> Slots:
    """The hours of the campaign's own clock."""
    zone = zones.zone(campaign.hours.timezone)
    return Slots(lambda at: moment(at).astimezone(zone).hour, 24)


def read_list(
    tx: Reading, workspace: Workspace, campaign: Campaign, windows: tuple[tuple[float, float], ...]
) -> TwinList:
    """Read the leads in play and ask the gate when each of their numbers may be called.

    Raises:
        StoreError: the database refuses.
        RulesError: a rule file is wrong.
    """
    probes = [begin + n * _PROBE for begin, end in windows for n in range(int((end - begin - 1.0) // _PROBE) + 1)]
    kinds: dict[bytes, int] = {}
    openings: list[Openings] = []
    phones: dict[int, list[tuple[int, str, int]]] = {}
    first: dict[int, tuple[str, float]] = {}
    barred: set[int] = set()
    book, policy, at = open_rulebook(workspace), policy_of(campaign.caps), moment(windows[0][0])
    facts = CampaignFacts.read(tx, campaign, book, policy, at)
    judges = Judges(Gate(book, MemoryFacts(), policy), RegistryStore(workspace.registries_dir), facts, policy)
    for frame in numbers_of(tx, facts):
        screening = Screening(judges, frame, at)
        usable = frame["status"].isin(_IN_PLAY).to_numpy(dtype=bool) & frame["bad"].isna().to_numpy(dtype=bool)
        lawful = (screening.bits & ~np.int64(TIME_BITS)) == 0
        open_at = np.column_stack([screening.open_at(moment(probe)) for probe in probes])
        rows = zip(
            frame["lead_id"].tolist(), frame["phone_id"].tolist(), frame["number"].tolist(),
            frame["status"].tolist(), frame["next_at"].tolist(), usable.tolist(), lawful.tolist(), open_at, strict=True,
        )  # fmt: skip
        for lead_id, phone_id, number, status, next_at, in_play, allowed, pattern in rows:
            if not in_play:
                continue
            if not allowed or not pattern.any():
                barred.add(lead_id)
                continue
            kind = kinds.setdefault(pattern.tobytes(), len(openings))
            if kind == len(openings):
                openings.append(Openings(*_edges(probes, pattern.tolist(), windows)))
            phones.setdefault(lead_id, []).append((phone_id, number, kind))
            first[lead_id] = (status, next_at.timestamp() if next_at == next_at and next_at is not None else 0.0)  # noqa: PLR0124 (NaT)
    priority, tried = _priorities(tx, campaign.name), _tried(tx, campaign.name)

    def leads() -> list[Listed]:
        return [
            Listed(
                lead_id,
                list(known),
                priority[lead_id],
                tried.get(lead_id, 0),
                first[lead_id][1],
                first[lead_id][0] == "callback",
            )
            for lead_id, known in phones.items()
        ]

    untried = sum(not tried.get(lead_id, 0) for lead_id in phones)
    return TwinList(leads, tuple(openings), len(phones), untried, len(barred - phones.keys()))


def _edges(
    probes: list[float], pattern: list[bool], windows: tuple[tuple[float, float], ...]
) -> tuple[tuple[float, ...], tuple[bool, ...]]:
    """The answers of the probes as edges: each holds to the next, and everything is closed between windows."""
    edges = dict(zip(probes, pattern, strict=True))
    for _, end in windows:
        edges.setdefault(end, False)
    instants = sorted(edges)
    return tuple(instants), tuple(edges[at] for at in instants)


def _measured(habits: Habits, handled: HandleTimes, campaign: Campaign) -> Habits:
    """Habits with measured times, and outcomes as often as they came."""
    known = tuple((code, float(count)) for code, count in handled.dispositions.items() if code in campaign.dispositions)
    changed = replace(habits, talk=handled.talk, wrap_up=handled.wrap_up)
    return replace(changed, dispositions=known) if known else changed


def agents_of(world: TwinWorld, count: int) -> list[AgentProfile]:
    """So many agents who work in all windows, with the breaks and the speed of the settings."""
    start, end = world.windows[0][0], world.windows[-1][1]
    settings = world.settings.model_copy(update={"agents": count, "shift_start": None, "shift_end": None})
    return [replace(each, shifts=world.windows) for each in make_agents(settings, start, end)]


def _flags(campaign: Campaign) -> dict[str, frozenset[str]]:
    return {code: frozenset(each.flags) for code, each in campaign.dispositions.items()}


def _priorities(tx: Reading, campaign: str) -> dict[int, int]:
    query = select(_lead.c.lead_id, _lead.c.priority).where(_lead.c.campaign == campaign)
    return {row.lead_id: row.priority for row in tx.connection.execute(query)}


def _tried(tx: Reading, campaign: str) -> dict[int, int]:
    calls = func.count().label("calls")
    query = select(_attempt.c.lead_id, calls).where(_attempt.c.campaign == campaign).group_by(_attempt.c.lead_id)
    return {row.lead_id: row.calls for row in tx.connection.execute(query)}
