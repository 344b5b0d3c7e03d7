"""The ceiling: a policy that knows every outcome and every finish time.

It goes through the leads in the order of the list. A call that no person will answer costs nothing and is
dialed at once; one that a person will answer is dialed at the moment from which its answer finds the agent
who will be free first, in the plan that all calls under way make. What keeps it from 100 % is the list's own
order and the beat of the decisions.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from dialer.pacing import CallServed, FloorView
from dialer.simulation.baselines.port import Baseline

__all__ = ["Clairvoyant", "Fate", "Oracle"]


@dataclass(frozen=True, slots=True)
class Fate:
    """What will become of the next lead if it is dialed now.

    Attributes:
        answers_at: when a person answers, or None when nobody will.
        handle_time: talk and wrap-up that will follow, s.
    """

    answers_at: float | None
    handle_time: float = 0.0


class Oracle(Protocol):
    """Knows the future of a floor."""

    def fates(self, now: float) -> Iterator[Fate]:
        """Give the fates of the coming leads, in the order of dialing, as they would be if dialed now."""

    def free_at(self, agent_id: str) -> float | None:
        """When an agent who is with a person will be ready again; None when the talk begins at this very instant."""


class Clairvoyant(Baseline):
    """Knows everything, abandons nobody, and lets agents wait for no more than the beat.

    Args:
        oracle: of the floor.
        patience: s that an answered person may wait.
        beat: s between two decisions; answers are aimed that much before the agent is free.
    """

    name = "clairvoyant"

    def __init__(self, oracle: Oracle, patience: float = 2.0, beat: float = 0.5) -> None:
        self._oracle = oracle
        self._patience = patience - 1e-6
        self._aim = max(0.0, patience - beat)
        self._planned: list[tuple[float, float]] = []  # (answer, handle time) of calls that will be answered

    def served(self, outcome: CallServed) -> None:
        """Forget the plan of a call that reached its agent."""
        self._planned = [each for each in self._planned if abs(each[0] - outcome.answered_at) > 1e-3]

    def wanted(self, floor: FloorView) -> int:
        """Dial through the list until the next answer would come too early."""
        now = floor.now
        free: list[float] = []
        for agent in floor.agents:
            free_at = now if agent.state == "ready" else self._oracle.free_at(agent.agent_id)
            if free_at is None:
                return 0  # the next decision will know
            free.append(max(now, free_at))
        if not free:
            return 0
        free.sort()
        self._planned = [each for each in self._planned if each[0] > now - self._patience]
        dial = 0
        for fate in self._oracle.fates(now):
            if fate.answers_at is not None:
                plan = sorted([*self._planned, (fate.answers_at, fate.handle_time)])
                if not self._holds(plan, free, fate.answers_at):
                    break
                self._planned = plan
            dial += 1
        return dial

    def _holds(self, plan: list[tuple[float, float]], free: list[float], newest: float) -> bool:
        """Whether everybody is served in time, first come first served, and the newest answer comes not too early."""
        agents = free.copy()
        for answer, handle_time in plan:
            begins = max(answer, agents[0])
            if begins - answer > (self._aim if answer == newest else self._patience):
                return False
            heapq.heapreplace(agents, begins + handle_time)
        return True
