"""The simulated carrier for a live floor: real desks, real time, people who do not exist."""

from __future__ import annotations

from collections.abc import Callable

from campaigns.files import Campaign
from dialer.carriers.simulated import CarrierRecord, SimulatedCarrier
from dialer.clock import Clock
from dialer.simulation.build import make_carrier
from dialer.simulation.settings import SimulationSettings

__all__ = ["SimulatedHouse"]


class SimulatedHouse:
    """One simulated carrier for each campaign; its calls die with the process.

    Args:
        clock: of the floor.
        settings_of: a campaign's `[simulation]` table, read.
        record: the carrier's own record of every call; in memory by default.
    """

    name = "simulated"
    rate = None
    legs = None
    controls = None  # simulated people cannot be held or passed on

    def __init__(
        self, clock: Clock, settings_of: Callable[[Campaign], SimulationSettings], record: CarrierRecord | None = None
    ) -> None:
        self._clock = clock
        self._settings_of = settings_of
        self._record = record

    def carrier_for(self, campaign: Campaign) -> SimulatedCarrier:
        """A carrier with the people of the campaign's settings."""
        return make_carrier(self._settings_of(campaign), self._clock, self._clock.now(), record=self._record)

    def reconciler_for(self, campaign: Campaign) -> None:
        """Nobody: what a crash leaves is gone."""

    async def close(self) -> None:
        """Nothing is under way."""
        if self._record is not None:
            self._record.close()
