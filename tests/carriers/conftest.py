"""A carrier on a virtual clock, with everything it delivered."""

import pytest

from dialer.carriers.port import PlaceRequest
from dialer.carriers.simulated import Constant, Encounter, SimulatedCarrier
from dialer.clock import VirtualClock
from dialer.simulation.people import ScriptedPeople

START = 1_800_000_000.0


class Line:
    """One carrier, one far end, and the events that came of it. Times are seconds since the start."""

    def __init__(self, otherwise=None, script=None, people=None, clock=None, **options):
        self.clock = clock or VirtualClock(START)
        options.setdefault("place_delay", Constant(0.1))
        options.setdefault("bridge_delay", Constant(0.1))
        people = people or ScriptedPeople(script or {}, otherwise or Encounter("human", 1.0, 5.0))
        self.carrier = SimulatedCarrier(self.clock, people, **options)
        self.events = []
        self.carrier.open(self.events.append)

    def place(self, call_id="c1", number="+12025550101", ring_timeout=26.0, time_limit=3600.0, detect=False):
        self.carrier.place(PlaceRequest(call_id, number, "+12025550000", ring_timeout, time_limit, detect))

    def run(self, seconds):
        self.clock.run(self.clock.now() + seconds)

    def run_to(self, seconds):
        self.clock.run(START + seconds)

    def happened(self, call_id=None):
        """(event name, seconds since the start) of one call, or of all."""
        return [
            (type(event).__name__, round(event.at - START, 3))
            for event in self.events
            if call_id is None or getattr(event, "call_id", None) == call_id
        ]

    def names(self, call_id=None):
        return [name for name, _ in self.happened(call_id)]

    def cause(self, call_id="c1"):
        (ended,) = [e for e in self.events if type(e).__name__ == "Ended" and e.call_id == call_id]
        return ended.cause


@pytest.fixture
def line():
    return Line
