"""What the floor looks like at one moment: the same words for the live view, the log and the web board."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Protocol

from dialer.engine import AgentState, CallState, CampaignState, Engine

__all__ = ["Board", "BudgetView", "board_of", "line_of"]


class BudgetView(Protocol):
    """What the pacer's ledger says of this accounting period."""

    served: int
    abandoned: int

    def payable(self) -> int:
        """Abandonments that may be booked next without passing the cap."""

    def breach_probability(self, now: float) -> float:
        """How likely the period ends above the cap, as things are."""


@dataclass(frozen=True, slots=True)
class Board:
    """One moment of one campaign."""

    at: float  # seconds since the epoch
    campaign: str
    state: CampaignState
    why: str
    agents: dict[AgentState, int]
    calls: dict[CallState, int]
    waiting: int  # live people without an agent
    dials_last_minute: int
    leads_in_hand: int
    served: int
    abandoned: int
    max_abandonment_rate: float
    abandonments_left: int  # that the law allows next, one after the other
    breach_probability: float  # that this accounting period ends above the cap

    @property
    def abandonment_rate(self) -> float | None:
        """Abandoned share of live answers in this accounting period; None before the first."""
        answered = self.served + self.abandoned
        return self.abandoned / answered if answered else None


def board_of(campaign: str, engine: Engine, budget: BudgetView, max_rate: float, at: float) -> Board:
    """Look at the floor; everything is derived from its records at this moment."""
    floor = engine.floor
    state, why = engine.pace.health()
    placed = [call.placed_at for call in floor.calls.values() if call.state is not CallState.PLANNED]
    for call in reversed(floor.ended.values()):
        if call.ended_at is not None and call.ended_at < at - 60.0:
            break  # what ended before was placed before
        if call.result is not None:  # a dial that the gate refused has none
            placed.append(call.placed_at)
    return Board(
        at=at,
        campaign=campaign,
        state=state,
        why=why,
        agents=dict(Counter(agent.state for agent in floor.agents.values())),
        calls=dict(Counter(call.state for call in floor.calls.values())),
        waiting=len(floor.waiting),
        dials_last_minute=sum(1 for when in placed if when > at - 60.0),
        leads_in_hand=len(floor.leads),
        served=budget.served,
        abandoned=budget.abandoned,
        max_abandonment_rate=max_rate,
        abandonments_left=budget.payable(),
        breach_probability=budget.breach_probability(at),
    )


def line_of(board: Board) -> dict[str, object]:
    """The board as one flat log line."""
    rate = board.abandonment_rate
    return {
        "state": board.state.value,
        "why": board.why,
        **{f"agents_{state.value}": board.agents.get(state, 0) for state in AgentState if state in board.agents},
        "in_flight": sum(
            board.calls.get(state, 0)
            for state in (CallState.PLANNED, CallState.PLACING, CallState.QUEUED, CallState.RINGING)
        ),
        "bridged": board.calls.get(CallState.BRIDGED, 0),
        "waiting": board.waiting,
        "dials_last_minute": board.dials_last_minute,
        "served": board.served,
        "abandoned": board.abandoned,
        "abandonment_rate": None if rate is None else round(rate, 4),
    }
