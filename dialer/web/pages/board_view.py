"""What the supervisors' board shows of one campaign, as plain data; every figure is of this moment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from campaigns.files import Campaign
from dialer.engine import AgentState, CallState
from dialer.runtime.board import Board
from dialer.runtime.live.desks import Desk

__all__ = ["Change", "campaign_view", "occupancy"]

#: An agent's change of state: who, into which state, when.
Change = tuple[str, str, datetime]

_BUSY = frozenset({AgentState.RESERVED.value, AgentState.TALKING.value, AgentState.WRAP_UP.value})
_AVAILABLE = _BUSY | {AgentState.READY.value}
#: Calls that hold a line but no person yet.
_ON_ITS_WAY = (CallState.PLANNED, CallState.PLACING, CallState.QUEUED, CallState.RINGING)


def occupancy(changes: Iterable[Change], since: datetime, until: datetime) -> float | None:
    """Busy time over busy and ready time: (talk + hold + wrap-up) / (talk + hold + wrap-up + ready).

    Args:
        changes: of all agents, oldest first; what an agent did before `since` is the last change before it.
        since: the window's begin.
        until: its end.

    Returns:
        a fraction; None when nobody was busy or ready.
    """
    state: dict[str, tuple[str, datetime]] = {}
    spent = {"busy": 0.0, "ready": 0.0}

    def add(what: str, began: datetime, ended: datetime) -> None:
        if what in _AVAILABLE:
            seconds = (min(ended, until) - max(began, since)).total_seconds()
            spent["busy" if what in _BUSY else "ready"] += max(0.0, seconds)

    for agent_id, what, at in changes:
        if agent_id in state:
            add(*state[agent_id], at)
        state[agent_id] = (what, at)
    for what, began in state.values():
        add(what, began, until)
    total = spent["busy"] + spent["ready"]
    return spent["busy"] / total if total else None


def campaign_view(
    board: Board, campaign: Campaign, desks: Iterable[Desk], names: Mapping[str, str], busy: float | None
) -> dict[str, Any]:
    """One campaign of the board.

    Args:
        board: its floor now.
        campaign: its file.
        desks: of all agents who sit on this floor.
        names: of agents, by id.
        busy: the occupancy of the last minutes.
    """
    limits = campaign.agents.pause_codes
    return {
        "name": campaign.name,
        "title": campaign.title or campaign.name,
        "client": campaign.client,
        "mode": campaign.dialing.mode,
        "state": board.state.value,
        "why": board.why,
        "dials_last_minute": board.dials_last_minute,
        "on_their_way": sum(board.calls.get(state, 0) for state in _ON_ITS_WAY),
        "bridged": board.calls.get(CallState.BRIDGED, 0),
        "waiting": board.waiting,
        "lines": campaign.dialing.lines,
        "leads_in_hand": board.leads_in_hand,
        "occupancy": busy,
        "abandonment": {
            "rate": board.abandonment_rate,
            "cap": board.max_abandonment_rate,
            "served": board.served,
            "abandoned": board.abandoned,
            "left": board.abandonments_left,
            "breach": board.breach_probability,
        },
        "agents": {state.value: count for state, count in board.agents.items() if state is not AgentState.OFFLINE},
        "desks": [
            {
                "agent_id": desk.agent_id,
                "name": names.get(desk.agent_id, desk.agent_id),
                "state": desk.state.value,
                "since": desk.since,
                "pause_code": desk.pause_code if desk.state is AgentState.PAUSED else "",
                "limit": _limit(campaign, desk, limits),
                "line": desk.leg_up,
            }
            for desk in sorted(desks, key=lambda each: each.agent_id)
            if desk.campaign == campaign.name
        ],
    }


def _limit(campaign: Campaign, desk: Desk, limits: Mapping[str, int]) -> float | None:
    """How long the agent may stay in this state, s; None where nothing says."""
    if desk.state is AgentState.WRAP_UP:
        return campaign.agents.wrap_up_limit
    if desk.state is AgentState.PAUSED:
        return limits.get(desk.pause_code, 0) * 60.0 or None
    return None
