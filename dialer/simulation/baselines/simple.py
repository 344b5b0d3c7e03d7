"""Policies that need no memory: one line per ready agent, and fixed ratios."""

from __future__ import annotations

from dialer.pacing import FloorView
from dialer.simulation.baselines.port import Baseline, Census, half_up

__all__ = ["FixedRatio", "Progressive"]


class Progressive(Baseline):
    """Dials ready - in flight - waiting: nobody is abandoned, and agents wait for whole ring times."""

    name = "progressive 1:1"

    def wanted(self, floor: FloorView) -> int:
        """Give what is missing to one line per ready agent."""
        seen = Census(floor)
        return seen.ready - seen.in_flight - seen.waiting


class FixedRatio(Baseline):
    """A fixed number of lines per agent.

    Args:
        lines_per_agent: the ratio, above 0.
        ready_only: of ready agents, of which round(ratio * ready) - (in flight + waiting) calls follow; else of
            all agents who are ready or talking: round(ratio * agents) - (in flight + waiting + talking).
    """

    def __init__(self, lines_per_agent: float, *, ready_only: bool) -> None:
        if not lines_per_agent > 0.0:
            raise ValueError(f"lines_per_agent must be above 0, got {lines_per_agent!r}")
        self.lines_per_agent = lines_per_agent
        self.ready_only = ready_only
        self.name = f"ratio {lines_per_agent:.3g} of {'ready' if ready_only else 'all'} agents"

    def wanted(self, floor: FloorView) -> int:
        """Give what is missing to the ratio."""
        seen = Census(floor)
        if self.ready_only:
            return half_up(self.lines_per_agent * seen.ready) - seen.in_flight - seen.waiting
        agents = seen.ready + seen.talking
        return half_up(self.lines_per_agent * agents) - seen.in_flight - seen.waiting - seen.talking
