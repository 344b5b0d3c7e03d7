"""Issabel's (Elastix's) predictive call centre module, from its documented behaviour.

An agent on a call is expected to be free when the new call is answered if the exponential law of the handle
times, P = 1 - exp(-(elapsed + time to answer) / mean), reaches the quality threshold of 0.97. The calls placed
are the agents who are ready or expected to be, divided by the answer rate, less what is on its way.
"""

from __future__ import annotations

import math

from dialer.pacing import CallResolved, FloorView, HandleTime
from dialer.simulation.baselines.port import Baseline, half_up

__all__ = ["Issabel"]


class Issabel(Baseline):
    """Means over the whole campaign decide; there is no account of abandonment.

    Args:
        quality: the threshold of the probability.
        answer_rate: assumed before anything is known, and counted as `weight` calls.
        handle_time: mean talk and wrap-up assumed before anything is known, s; counted as `weight` calls.
        time_to_answer: likewise, s.
        weight: of those assumptions.
    """

    name = "Issabel"

    def __init__(
        self,
        quality: float = 0.97,
        answer_rate: float = 0.5,
        handle_time: float = 120.0,
        time_to_answer: float = 10.0,
        weight: float = 10.0,
    ) -> None:
        self._quality = quality
        self._calls, self._answers = weight, answer_rate * weight
        self._handled, self._handle_seconds = weight, handle_time * weight
        self._timed, self._answer_seconds = weight, time_to_answer * weight

    def resolved(self, outcome: CallResolved) -> None:
        """Learn the answer rate and the time to answer."""
        self._calls += 1.0
        if outcome.result == "human" and outcome.answered_at is not None:
            self._answers += 1.0
            self._timed += 1.0
            self._answer_seconds += outcome.answered_at - outcome.placed_at

    def handled(self, outcome: HandleTime) -> None:
        """Learn the mean handle time."""
        self._handled += 1.0
        self._handle_seconds += outcome.talk + outcome.wrap_up

    def wanted(self, floor: FloorView) -> int:
        """Give the agents expected to be free, divided by the answer rate, less what is on its way."""
        mean = self._handle_seconds / self._handled
        ring = self._answer_seconds / self._timed
        free = 0
        for agent in floor.agents:
            if agent.state == "ready":
                free += 1
                continue
            elapsed = floor.now - (agent.since if agent.call_since is None else agent.call_since)
            free += 1.0 - math.exp(-(elapsed + ring) / mean) >= self._quality
        free -= len(floor.waiting)
        return half_up(max(0, free) / (self._answers / self._calls)) - len(floor.in_flight)
