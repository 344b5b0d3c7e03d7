"""The same parts under a real clock: an asyncio loop, durations scaled down to fit a fraction of a second."""

import asyncio

from dialer.carriers.simulated import Constant, Encounter, Uniform
from dialer.engine.events import AgentGone, Bridged, Dispositioned
from dialer.simulation.agents import AgentProfile, Habits
from dialer.simulation.people import Manners, People


class LoopClock:
    """The smallest real clock: the loop's time as it is."""

    def __init__(self, loop):
        self.now = loop.time
        self.call_at = loop.call_at


SWIFT_PEOPLE = People(
    1,
    0.6,
    manners=Manners(
        ring_delay=Constant(0.001),
        ring=Uniform(0.002, 0.01),
        machine_ring=Uniform(0.01, 0.02),
        failure=Uniform(0.002, 0.005),
        patience=Constant(0.02),
    ),
)


def test_carrier_and_floor_run_under_the_loops_clock(greedy):
    async def floor():
        clock = LoopClock(asyncio.get_running_loop())
        start = clock.now()
        profiles = [AgentProfile(f"a{n}", ((start + 0.01, start + 0.4),), ((start + 0.15, 0.05),)) for n in range(4)]
        run = greedy(
            SWIFT_PEOPLE,
            profiles,
            clock=clock,
            lines=12,
            calls=400,
            habits=Habits(
                talk=Uniform(0.01, 0.03),
                wrap_up=Uniform(0.003, 0.006),
                finishing_ahead=0.004,
                loss_return=0.05,
            ),
            detection=0.003,
            message_seconds=0.01,
            place_delay=Constant(0.001),
            bridge_delay=Constant(0.001),
            look_up_delay=0.001,
        )
        run.floor.start()
        await asyncio.sleep(0.6)
        run.left = 0
        for call in list(run.carrier.record):
            run.carrier.hang_up(call.call_id)
        await asyncio.sleep(0.05)
        return run

    run = asyncio.run(floor())
    assert len(run.of(Dispositioned)) >= 8
    assert len(run.of(Dispositioned)) == len(run.of(Bridged))
    assert {e.agent_id for e in run.of(AgentGone)} == {"a0", "a1", "a2", "a3"}
    assert run.carrier.lines_used == 0
    assert run.floor.signed_in() == []
    ats = [event.at for event in run.events]
    assert ats == sorted(ats)


def test_an_encounter_answers_in_real_time(greedy):
    async def one_call():
        clock = LoopClock(asyncio.get_running_loop())
        profiles = [AgentProfile("a", ((clock.now(), clock.now() + 10.0),))]

        class One:
            def meet(self, call_id, number, at):
                return Encounter("human", ring_delay=0.01, ring=0.05)

        run = greedy(One(), profiles, clock=clock, lines=1, calls=1, place_delay=Constant(0.01))
        run.floor.start()
        await asyncio.sleep(0.4)
        run.carrier.close()
        return next(iter(run.carrier.record))

    call = asyncio.run(one_call())
    assert 0.06 <= call.answered_at - call.at < 0.3
    assert 0.04 <= call.bridged_at - call.answered_at < 0.3
