"""What the supervisors' board shows of one campaign, as plain data; every figure is of this moment."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from campaigns.files import Campaign
from dialer.engine import AgentState, CallState
from dialer.reports.legal import strictest
from dialer.reports.quarters import Waits
from dialer.runtime.board import Board
from dialer.runtime.live.desks import Desk
from dialer.runtime.live.history import Figures
from dialer.runtime.live.samples import Sample

__all__ = ["campaign_view", "desk_views", "figures_view", "history_view"]

#: Calls that hold a line but no person yet.
_ON_ITS_WAY = (CallState.PLANNED, CallState.PLACING, CallState.QUEUED, CallState.RINGING)


def campaign_view(board: Board, campaign: Campaign, busy: float | None) -> dict[str, Any]:
    """One campaign of the board.

    Args:
        board: its floor now.
        campaign: its file.
        busy: the occupancy of the last minutes.
    """
    law = strictest(campaign.scope, (campaign.country,))
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
            "file": campaign.abandonment.max_rate,
            "law": None if law is None else {"rate": law.max_rate, "citation": law.citation},
        },
        "agents": {state.value: count for state, count in board.agents.items() if state is not AgentState.OFFLINE},
    }


def desk_views(campaign: Campaign, desks: Iterable[Desk], names: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """The agents of one campaign, by id.

    Args:
        campaign: its file.
        desks: of all agents who sit on this floor.
        names: of agents, by id.
    """
    limits = campaign.agents.pause_codes
    return {
        desk.agent_id: {
            "agent_id": desk.agent_id,
            "name": names.get(desk.agent_id, desk.agent_id),
            "state": desk.state.value,
            "since": desk.since,
            "pause_code": desk.pause_code if desk.state is AgentState.PAUSED else "",
            "limit": _limit(campaign, desk, limits),
            "line": desk.leg_up,
            "moving_to": desk.moving_to,
            "unseen": len(desk.messages),
        }
        for desk in desks
        if desk.campaign == campaign.name
    }


def _limit(campaign: Campaign, desk: Desk, limits: Mapping[str, int]) -> float | None:
    """How long the agent may stay in this state, s; None where nothing says."""
    if desk.state is AgentState.WRAP_UP:
        return campaign.agents.wrap_up_limit
    if desk.state is AgentState.PAUSED:
        return limits.get(desk.pause_code, 0) * 60.0 or None
    return None


def figures_view(figures: Figures, campaign: Campaign, resting: tuple[str, ...]) -> dict[str, Any]:
    """What was read from the store: legal windows, waiting times, answer rate, the list, caller ids.

    Args:
        figures: as read last.
        campaign: its file.
        resting: the caller ids that nobody is shown now.
    """
    leads = sum(count for _, count in figures.tried)
    most = max((attempts for attempts, _ in figures.tried), default=0)
    return {
        "at": figures.at.timestamp(),
        "known_since": figures.known_since.timestamp(),
        "windows": [
            {
                "rule": each.rate.cap.rule,
                "citation": each.rate.cap.citation,
                "kind": each.rate.window.kind,
                "since": each.rate.window.since.timestamp(),
                "abandoned": each.rate.abandoned,
                "answered": each.rate.answered,
                "rate": each.rate.rate,
                "cap": each.rate.cap.max_rate,
                "left": each.left,
                "breach": each.breach,
                "verdict": each.rate.verdict,
                "complete": each.rate.complete,
            }
            for each in figures.windows
        ],
        "waits": _waits(figures.waits),
        "hours": [
            {"since": each.since.timestamp(), "hour": f"{each.since:%H:%M}", "placed": each.placed, "live": each.live}
            for each in figures.hours
        ],
        "leads": leads,
        "penetration": [
            {"passes": k, "leads": sum(count for attempts, count in figures.tried if attempts >= k)}
            for k in range(1, most + 1)
        ],
        "caller_ids": [
            {
                "number": number,
                "shown": shown,
                "answered": answered,
                "rests": number in resting,
                "told": number in campaign.dialing.resting_caller_ids,
            }
            for number, (shown, answered) in figures.caller_ids.items()
        ],
    }


def history_view(figures: Figures | None, samples: Iterable[Sample]) -> dict[str, Any]:
    """What the plots draw, oldest first; instants in seconds since the epoch.

    Args:
        figures: as read last; None before the first read.
        samples: one look a minute.
    """
    first = None if figures is None or not figures.windows else figures.windows[0].rate
    return {
        "abandonment": {
            "rule": None if first is None else first.cap.rule,
            "cap": None if first is None else first.cap.max_rate,
            "points": [] if figures is None else [[at.timestamp(), rate] for at, rate in figures.course],
        },
        "waits": []
        if figures is None
        else [[at.timestamp(), waits.mean, waits.p95] for at, waits in figures.quarters if waits is not None],
        "answers": []
        if figures is None
        else [[each.since.timestamp(), each.placed, each.live] for each in figures.hours],
        "floor": [[each.at, each.agents, each.agents - each.ready, each.lines] for each in samples],
    }


def _waits(waits: Waits | None) -> dict[str, Any] | None:
    return None if waits is None else {"count": waits.count, "mean": waits.mean, "p95": waits.p95}
