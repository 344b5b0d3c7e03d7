"""A floor, a carrier and a greedy stand-in for the engine: enough to drive both without a pacer."""

import math
from collections import Counter

import pytest

from dialer.carriers.port import PlaceRequest
from dialer.carriers.simulated import SimulatedCarrier
from dialer.clock import VirtualClock
from dialer.engine.commands import AgentChanged
from dialer.engine.events import (
    AgentGone,
    AgentPaused,
    AgentReady,
    Answered,
    Bridged,
    BridgeFailed,
    Dispositioned,
    Ended,
)
from dialer.engine.states import AGENT_TABLE, AgentState
from dialer.simulation.agents import AgentProfile, SimulatedFloor
from dialer.simulation.people import People

START = 1_800_000_000.0
S = AgentState


class Greedy:
    """Keeps `lines` calls up, joins the longest-ready agent, holds agent events against the table."""

    def __init__(self, people=None, profiles=None, *, lines=60, calls=2000, clock=None, habits=None, seed=1, **carrier):
        self.clock = clock or VirtualClock(START)
        self.start = self.clock.now()
        self.carrier = SimulatedCarrier(self.clock, people or People(seed, 0.5), **carrier)
        if profiles is None:
            profiles = [AgentProfile(f"a{n:02}", ((self.start, self.start + 1e6),)) for n in range(20)]
        self.floor = SimulatedFloor(
            self.clock,
            self.send,
            profiles,
            seed,
            hang_up=self.carrier.hang_up,
            person_hangs_up=self.carrier.person_hangs_up,
            attempt_of=self.carrier.attempt_of,
            hears=self.carrier.who_answers,
            drop=self.carrier.drop_agent,
            habits=habits,
        )
        self.state = Counter()
        self.states = {profile.agent_id: S.OFFLINE for profile in profiles}
        self.pausing = set()
        self.ready, self.holds, self.with_call = [], {}, {}
        self.events, self.changes = [], []
        self.lines, self.left = lines, calls
        self.carrier.open(self.send)

    def run(self, seconds=math.inf):
        self.floor.start()
        self.clock.run(self.start + min(seconds, 1e6))
        return self

    def change(self, agent_id, state, call_id=None):
        self.states[agent_id] = state
        if agent_id in self.ready:
            self.ready.remove(agent_id)
        if state is S.READY:
            self.ready.append(agent_id)
        self.changes.append((self.clock.now(), agent_id, state, call_id))
        self.floor.notify(AgentChanged(self.clock.now(), agent_id, state, call_id))

    def free(self, agent_id):
        paused = agent_id in self.pausing
        self.pausing.discard(agent_id)
        self.change(agent_id, S.PAUSED if paused else S.READY)

    def send(self, event):
        self.events.append(event)
        match event:
            case AgentReady():
                assert (self.states[event.agent_id], AgentReady) in AGENT_TABLE
                assert self.states[event.agent_id] in {S.OFFLINE, S.PAUSED}  # ready after wrap-up is implied
                self.change(event.agent_id, S.READY)
            case AgentPaused():
                if self.states[event.agent_id] in {S.RESERVED, S.TALKING, S.WRAP_UP}:
                    self.pausing.add(event.agent_id)
                else:
                    self.change(event.agent_id, S.PAUSED)
            case AgentGone():
                self.change(event.agent_id, S.OFFLINE)
                self.holds = {call: agent for call, agent in self.holds.items() if agent != event.agent_id}
            case Answered() if self.ready:
                agent_id = self.ready[0]
                self.holds[event.call_id] = agent_id
                self.change(agent_id, S.RESERVED, event.call_id)
                self.carrier.bridge(event.call_id, agent_id)
            case Answered():
                self.carrier.play_message(event.call_id)
            case Bridged():
                self.change(event.agent_id, S.TALKING, event.call_id)
            case BridgeFailed():
                self.free(self.holds.pop(event.call_id))
            case Ended():
                agent_id = self.holds.pop(event.call_id, None)
                if agent_id is not None and self.states[agent_id] is S.TALKING:
                    self.change(agent_id, S.WRAP_UP, event.call_id)
                elif agent_id is not None:
                    self.free(agent_id)
            case Dispositioned():
                assert self.states[event.agent_id] is S.WRAP_UP
                self.free(event.agent_id)
        self.dial()

    def dial(self):
        while self.left > 0 and self.carrier.lines_used < self.lines and self.ready:
            self.left -= 1
            number = f"+1202555{self.left:05}"
            self.carrier.place(PlaceRequest(f"c{self.left}", number, "+12025550000", 26.0, 3600.0, True))

    def of(self, kind):
        return [event for event in self.events if isinstance(event, kind)]


@pytest.fixture
def greedy():
    return Greedy
