"""A day of the journal as a world: the agents as they came and went, the people as they answered at each hour.

The calls of the day are not repeated one by one, because another policy dials other people at other times. They
say how people answered in each half hour and how long they rang (`dialer.simulation.twin.history`), and the
agents' rows say who was there when. "As it was" is computed from the same rows, with the formulas of
`dialer.simulation.measures`, so that the twin's answer for the campaign's own settings can be held against it.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from campaigns.files import Campaign
from dialer.engine.states import AgentState, CampaignState
from dialer.simulation.agents import AgentProfile
from dialer.simulation.measures import AgentMeter
from dialer.simulation.twin.history import Slots
from dialer.simulation.twin.world import History

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["AsItWas", "agents_that_day", "as_it_was", "dialing_stretches", "half_hours"]

_SLOT = 1800.0


@dataclass(frozen=True, slots=True)
class AsItWas:
    """What the journal says of the day.

    Attributes:
        agents: who worked.
        utilisation: talk and wrap-up in the time signed in, breaks left out.
        mean_wait: s between being ready and the next person's voice.
        served: answers that an agent took in time.
        abandoned: answers that found nobody in time.
        placed: calls.
    """

    agents: int
    utilisation: float
    mean_wait: float
    served: int
    abandoned: int
    placed: int

    @property
    def rate(self) -> float:
        """Abandoned / (served + abandoned)."""
        answers = self.served + self.abandoned
        return self.abandoned / answers if answers else 0.0


def half_hours(begin: float, end: float) -> Slots:
    """The half hours of a day, as times that are alike."""
    count = max(1, int(-(-(end - begin) // _SLOT)))
    return Slots(lambda at: min(max(int((at - begin) // _SLOT), 0), count - 1), count)


def agents_that_day(changes: pd.DataFrame, end: float) -> list[AgentProfile]:
    """Give the agents with the shifts and breaks that their rows tell; `end` is the end of the day.

    A pause of an agent is a break from its first instant on; a change from offline is a sign-in.
    """
    rows: dict[str, list[tuple[float, AgentState]]] = defaultdict(list)
    for agent_id, state, at in zip(changes["agent_id"], changes["state"], changes["at"], strict=True):
        rows[agent_id].append((at.timestamp(), AgentState(state)))
    found = []
    for agent_id, told in rows.items():
        shifts, breaks = [], []
        signed_in: float | None = None
        paused: float | None = None
        for at, state in [*told, (end, AgentState.OFFLINE)]:
            if paused is not None and state is not AgentState.PAUSED:
                breaks.append((paused, at - paused))
                paused = None
            if state is AgentState.OFFLINE:
                if signed_in is not None and at > signed_in:
                    shifts.append((signed_in, at))
                signed_in = None
                continue
            if signed_in is None:
                signed_in = at
            if state is AgentState.PAUSED and paused is None:
                paused = at
        if shifts:
            found.append(AgentProfile(agent_id, tuple(shifts), tuple(each for each in breaks if each[1] > 1.0)))
    return found


def dialing_stretches(changes: pd.DataFrame, begin: float, end: float) -> tuple[tuple[float, float], ...]:
    """Give the stretches of [begin, end) in which the campaign dialed, or waited for agents or lines only.

    Out of leads, outside the hours, paused or blocked, no policy could have dialed either.
    """
    could = {CampaignState.RUNNING, CampaignState.WAITING_FOR_AGENTS, CampaignState.WAITING_FOR_LINES}
    told = [
        (max(at.timestamp(), begin), CampaignState(state) in could)
        for at, state in zip(changes["at"], changes["state"], strict=True)
    ]
    if not told or told[0][0] > begin:
        told.insert(0, (begin, True))
    edges = [*told, (end, False)]
    return tuple((at, until) for (at, dials), (until, _) in pairwise(edges) if dials and at < min(until, end))


def as_it_was(campaign: Campaign, history: History, end: float) -> AsItWas:
    """Compute the day's figures from its rows."""
    meter = AgentMeter()
    for agent_id, state, at in zip(
        history.agent_changes["agent_id"], history.agent_changes["state"], history.agent_changes["at"], strict=True
    ):
        meter.changed(at.timestamp(), agent_id, AgentState(state))
    meter.close(end)
    calls = history.attempts
    cap = campaign.abandonment
    waited = (calls["bridged_at"] - calls["answered_at"]).dt.total_seconds()
    in_time = waited <= cap.connect_within + cap.greeting + 1e-6
    result = calls["result"].fillna("")
    lost = ~in_time & calls["answered_at"].notna() & result.isin(["abandoned", "human"])
    return AsItWas(
        agents=history.agent_changes["agent_id"].nunique(),
        utilisation=meter.busy / meter.signed_in if meter.signed_in else 0.0,
        mean_wait=sum(meter.waits) / len(meter.waits) if len(meter.waits) else 0.0,
        served=int(in_time.sum()),
        abandoned=int(lost.sum()),
        placed=len(calls),
    )
