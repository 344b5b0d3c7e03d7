"""The live view of a run on a terminal."""

from __future__ import annotations

from datetime import datetime

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from dialer.engine import AgentState, CallState, CampaignState
from dialer.runtime.board import Board
from dnc import zones

__all__ = ["render"]

_STYLE = {
    CampaignState.RUNNING: "green",
    CampaignState.COMPLETE: "blue",
    CampaignState.PAUSED: "red",
    CampaignState.BLOCKED: "red",
}


def render(board: Board, zone: str) -> RenderableType:
    """Draw the board: agents by state, calls in flight, pace, abandonment against its cap, and why not."""
    local = datetime.fromtimestamp(board.at, zones.zone(zone))
    agents = Table(title="agents", box=None, title_justify="left", title_style="bold")
    for state in AgentState:
        agents.add_column(state.value.replace("_", " "), justify="right")
    agents.add_row(*(str(board.agents.get(state, 0)) for state in AgentState))
    calls = Table(title="calls", box=None, title_justify="left", title_style="bold")
    live = [state for state in CallState if state is not CallState.ENDED]
    for call_state in live:
        calls.add_column(call_state.value, justify="right")
    calls.add_column("waiting", justify="right")
    calls.add_column("dials/min", justify="right")
    calls.add_row(
        *(str(board.calls.get(call_state, 0)) for call_state in live),
        str(board.waiting),
        str(board.dials_last_minute),
    )
    rate = board.abandonment_rate
    shown = "-" if rate is None else f"{rate:.2%}"
    over = rate is not None and rate > board.max_abandonment_rate
    abandonment = Text.assemble(
        ("abandonment ", "bold"),
        (shown, "bold red" if over else "bold green"),
        f" of at most {board.max_abandonment_rate:.2%}",
        f"   ({board.abandoned} of {board.served + board.abandoned} live answers this period)",
    )
    health = Text.assemble(
        (board.state.value.replace("_", " "), f"bold {_STYLE.get(board.state, 'yellow')}"), "  ", board.why
    )
    title = f"{board.campaign}   {local:%Y-%m-%d %H:%M:%S %Z}"
    return Panel(Group(health, Text(), agents, Text(), calls, Text(), abandonment), title=title)
