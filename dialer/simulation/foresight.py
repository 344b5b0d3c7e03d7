"""What a clairvoyant would know of a simulated floor: the world is a pure function of names, so it can be asked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dialer.simulation.baselines.clairvoyant import Fate

if TYPE_CHECKING:
    from dialer.simulation.driver import FloorCampaign
    from dialer.simulation.floor import FloorRun

__all__ = ["Foresight"]


class Foresight:
    """The oracle of one campaign's floor, where the carrier is faultless and all agents are equally fast."""

    def __init__(self, campaign: FloorCampaign, run: FloorRun) -> None:
        self._campaign = campaign
        self._run = run

    def fates(self, now: float) -> Iterator[Fate]:
        """Give the fates of the leads in hand, in the order of dialing, as they would be if dialed now."""
        people, agents, timeout = self._run.people, self._run.agents, self._run.policy.ring_timeout
        for lead in self._campaign.engine.floor.leads:
            attempt = f"{lead.number}#{lead.attempts + 1}"
            met = people.meet(attempt, lead.number, now)
            if met.result != "human" or met.ring >= timeout:
                yield Fate(None)
            else:
                answers_at = now + met.ring_delay + met.ring
                yield Fate(answers_at, agents.handle_time(attempt, answers_at))

    def free_at(self, agent_id: str) -> float | None:
        """When an agent who is with a person will be ready again; None when the talk begins at this very instant."""
        return self._run.agents.free_at(agent_id)
