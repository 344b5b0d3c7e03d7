"""The fast path: the engine's own day without a store, judged by its own figures and by the reference floor."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from dialer.engine import AgentState
from dialer.pacing import PacingPolicy, make_pacer
from dialer.simulation.baselines import Clairvoyant, FixedRatio, Progressive
from dialer.simulation.floor import FloorRun, run_floor
from dialer.simulation.foresight import Foresight
from dialer.simulation.measures import Trace
from dialer.simulation.presets import ALL_LEVERS, NO_LEVERS, UNSTEADY, reference, unsteady
from dialer.simulation.scenario import DAY, OPENS, Scenario

sys.path.insert(0, str(Path(__file__).parents[1] / "pacing"))
from reference_floor import ReferenceFloor

POLICY = PacingPolicy(release_ringing=False)


def progressive(policy, campaign, run):
    return Progressive()


def ratio(lines):
    return lambda policy, campaign, run: FixedRatio(lines, ready_only=True)


def ours(policy, campaign, run):
    return make_pacer(policy)


def brief(scenario, hours=0.5):
    return scenario.lasting(1, hours)


def test_a_run_is_exact_for_its_seed():
    figures = run_floor(brief(reference(10, 0.3, seed=4)), POLICY, ratio(3.0))
    assert (figures.placed, figures.served, figures.abandoned) == (418, 103, 13)
    assert figures.utilisation == pytest.approx(0.86386, abs=5e-6)
    assert figures == run_floor(brief(reference(10, 0.3, seed=4)), POLICY, ratio(3.0))
    assert figures != run_floor(brief(reference(10, 0.3, seed=5)), POLICY, ratio(3.0))


@pytest.mark.parametrize(
    ("agents", "p", "lines", "hours"), [(10, 0.15, 4.0, 2.0), (20, 0.4, 2.0, 2.0), (10, 0.4, 1.0, 2.0)]
)
def test_it_agrees_with_the_independent_reference_floor(agents, p, lines, hours):
    """Two simulators that share nothing but the policy: the same world, so the same figures but for noise."""
    theirs = ReferenceFloor(
        agents=agents, p=p, seed=1, policy=POLICY, pacer=FixedRatio(lines, ready_only=True), warm_up=300.0
    ).run(hours)
    here = run_floor(reference(agents, p).lasting(1, hours), POLICY, ratio(lines))
    assert here.utilisation == pytest.approx(theirs.utilisation, abs=0.035)
    assert here.rate == pytest.approx(theirs.rate, abs=0.02)
    assert here.placed == pytest.approx(theirs.dialed, rel=0.08)


def test_progressive_reaches_the_published_row_and_abandons_nobody():
    figures = run_floor(reference(10, 0.3, seed=2).lasting(1, 2.0), POLICY, progressive)
    assert figures.abandoned == figures.true_abandoned == 0
    assert figures.utilisation == pytest.approx(0.675, abs=0.03)
    assert figures.mean_wait == pytest.approx(65.0, abs=6.0)
    assert figures.most_lines <= 10


def test_the_clairvoyant_is_the_ceiling():
    figures = run_floor(
        brief(reference(10, 0.2), 1.0), POLICY, lambda policy, campaign, run: Clairvoyant(Foresight(campaign, run))
    )
    assert figures.utilisation > 0.985
    assert figures.abandoned == 0


def test_every_policy_meets_the_same_people():
    met = {}
    for lines in (1.0, 4.0):
        run = FloorRun(brief(reference(10, 0.3)), POLICY, ratio(lines))
        seen = met[lines] = {}
        ask = run.people.meet

        def meet(attempt, number, at, ask=ask, seen=seen):
            seen[attempt] = ask(attempt, number, at)
            return seen[attempt]

        run.people.meet = meet
        run.run()
    common = met[1.0].keys() & met[4.0].keys()
    assert len(met[4.0]) > len(met[1.0]) == len(common) > 100
    assert all(met[1.0][attempt] == met[4.0][attempt] for attempt in common)


def test_the_dialers_records_agree_with_the_carriers_evidence():
    figures = run_floor(brief(reference(10, 0.3)), POLICY, ratio(4.0))
    assert figures.abandoned > 20
    # who talks or waits when the run ends is in one of the two only
    assert abs(figures.true_abandoned - figures.abandoned) <= 2
    assert abs(figures.true_answers - figures.served - figures.abandoned) <= 12


def test_utilisation_is_the_share_of_talk_and_wrap_up():
    run = FloorRun(brief(reference(5, 0.3)), POLICY, ratio(2.0))
    figures = run.run()
    seconds = run.meter.seconds
    busy = seconds[AgentState.TALKING] + seconds[AgentState.WRAP_UP]
    total = busy + seconds[AgentState.READY] + seconds[AgentState.RESERVED]
    assert total == pytest.approx(5 * 1800.0)
    assert figures.signed_in == pytest.approx(2.5)
    assert figures.utilisation == pytest.approx(busy / total)
    assert len(run.meter.waits) == figures.served
    # the waits are all of the ready time, but for those that the end of the day cut off
    assert sum(run.meter.waits) == pytest.approx(seconds[AgentState.READY], abs=5 * 300.0)


def test_nights_are_not_signed_in_and_not_dialed():
    run = FloorRun(reference(4, 0.3).lasting(3, 1.0), POLICY, progressive)
    placed = []
    place = run.carrier.place
    run.carrier.place = lambda request: (placed.append(run.clock.now()), place(request))
    figures = run.run()
    assert figures.signed_in == pytest.approx(3 * 4.0, abs=0.3)  # a last talk may end after hours
    assert {int((at - OPENS) // DAY) for at in placed} == {0, 1, 2}
    assert all((at - OPENS) % DAY < 3600.0 - 60.0 for at in placed)


def test_levers_reach_engine_and_pacer():
    seen = []

    class Looking(FixedRatio):
        def wanted(self, floor):
            seen.extend(agent.finishing_in for agent in floor.agents if agent.finishing_in is not None)
            return super().wanted(floor)

    scenario = brief(reference(5, 0.3, levers=ALL_LEVERS), 0.3)
    policy = PacingPolicy(greeting=ALL_LEVERS.greeting)
    run = FloorRun(scenario, policy, lambda policy, campaign, run: Looking(3.0, ready_only=True))
    run.run()
    assert run.campaigns[0].engine.config.allowed_wait == 3.5
    assert seen
    assert max(seen) == pytest.approx(10.0)
    seen.clear()
    run_floor(scenario.with_levers(NO_LEVERS), POLICY, lambda policy, campaign, run: Looking(3.0, ready_only=True))
    assert not seen


def test_lines_and_the_carriers_rate_bound_a_floor():
    few = run_floor(replace(brief(reference(5, 0.3), 0.2), lines=4), POLICY, ratio(6.0))
    assert few.most_lines == 4
    slow = run_floor(replace(brief(reference(5, 0.3), 0.2), calls_per_second=0.05), POLICY, ratio(6.0))
    assert slow.placed <= 0.05 * 720.0 + 1


def test_leads_may_carry_their_own_answer_probability():
    shown = set()

    class Looking(Progressive):
        def wanted(self, floor):
            shown.update(call.answer_probability for call in floor.in_flight)
            return super().wanted(floor)

    scenario = brief(reference(5, 0.2, levers=replace(NO_LEVERS, lead_estimates=True)), 0.2)
    scenario = replace(scenario, settings=scenario.settings.model_copy(update={"lead_spread": 1.0}))
    run_floor(scenario, POLICY, lambda policy, campaign, run: Looking())
    assert len(shown) > 20
    assert None not in shown


def test_a_trace_follows_the_day():
    trace = Trace(every=300.0)
    run_floor(brief(unsteady("jump 10 % to 45 %", 5, 0.2, hours=0.5)), POLICY, ratio(3.0), trace)
    assert [point.at for point in trace.points] == [OPENS + 300.0 * n for n in range(7)]
    assert trace.points[0].answer_rate == 0.1
    assert trace.points[-1].answer_rate == pytest.approx(0.45)
    assert 0.0 < trace.points[-1].utilisation <= 1.0


@pytest.mark.parametrize("name", UNSTEADY)
def test_every_unsteady_floor_runs_and_keeps_the_cap(name):
    scenario = unsteady(name, 6, 0.3, hours=0.4).with_levers(ALL_LEVERS)
    figures = run_floor(scenario, PacingPolicy(greeting=ALL_LEVERS.greeting), ours)
    assert figures.served > 3
    assert figures.rate <= 0.03


def test_shared_agents_are_never_in_two_calls():
    run = FloorRun(replace(brief(reference(6, 0.3), 1.0), campaigns=2), POLICY, ratio(3.0))
    busy = {}
    worst = []
    for campaign in run.campaigns:
        handle = campaign.engine.handle

        def watched(event, campaign=campaign, handle=handle):
            commands = handle(event)
            for each in run.campaigns:
                for agent in each.engine.floor.agents.values():
                    held = agent.state in {AgentState.TALKING, AgentState.WRAP_UP}
                    busy.setdefault(agent.agent_id, {})[each] = held
            worst.append(max((sum(of.values()) for of in busy.values()), default=0))
            return commands

        campaign.engine.handle = watched
    figures = run.run()
    assert max(worst) == 1
    by_campaign = [campaign.meter.served for campaign in run.campaigns]
    assert min(by_campaign) > 20
    assert figures.served == sum(by_campaign) == len(run.meter.waits)
    assert figures.signed_in == pytest.approx(6.0, abs=0.2)


@pytest.mark.parametrize("wrong", [{"hours": 0.0}, {"hours": 16.0}, {"days": 0}, {"campaigns": 0}, {"closing": 3e4}])
def test_a_scenario_that_cannot_be_is_refused(wrong):
    with pytest.raises(ValueError, match="must"):
        Scenario("x", reference(5, 0.3).settings, **wrong)


def test_the_beat_follows_the_size_of_the_floor():
    assert [reference(n, 0.3).pace for n in (5, 30, 100, 500)] == [0.0, 0.0, 0.25, 0.5]
    assert replace(reference(500, 0.3), beat=0.0).pace == 0.0
