"""The simulated floor works its hours, takes one call at a time, and says what came of each."""

from collections import Counter
from itertools import pairwise

import pytest

from dialer.carriers.simulated import CarrierRecord, Constant, Encounter
from dialer.clock import VirtualClock
from dialer.engine.commands import AgentChanged
from dialer.engine.events import (
    AgentFinishing,
    AgentGone,
    AgentPaused,
    AgentReady,
    Bridged,
    Dispositioned,
    Ended,
)
from dialer.engine.states import AgentState
from dialer.simulation.agents import AgentProfile, Habits, SimulatedFloor
from dialer.simulation.people import NotReached, People, ScriptedPeople

START = 1_800_000_000.0
S = AgentState
QUICK = Habits(talk=Constant(60.0), wrap_up=Constant(10.0), finishing_ahead=None)


def told(run, *kinds):
    """(event, seconds since the start) of the desk's events."""
    return [(type(e).__name__, round(e.at - START, 3)) for e in run.events if isinstance(e, kinds)]


DESK = (AgentReady, AgentPaused, AgentGone)


def one_agent(greedy, **options):
    shift, breaks = options.pop("shift", (0.0, 1000.0)), options.pop("breaks", ())
    profile = AgentProfile(
        "a", ((START + shift[0], START + shift[1]),), tuple((START + at, length) for at, length in breaks)
    )
    options.setdefault("habits", QUICK)
    options.setdefault("people", ScriptedPeople({}, Encounter("human", 1.0, 3.9)))
    return greedy(profiles=[profile], lines=1, place_delay=Constant(0.1), bridge_delay=Constant(0.1), **options)


# ------------------------------------------------------------------ hours


def test_agents_sign_in_and_out_with_their_shift(greedy):
    run = one_agent(greedy, calls=0, shift=(100.0, 500.0)).run(1000)
    assert told(run, *DESK) == [("AgentReady", 100.0), ("AgentGone", 500.0)]


def test_a_shift_that_has_begun_is_joined_and_one_that_is_over_is_not():
    sent = []
    profiles = [
        AgentProfile("late", ((START - 50, START + 50),)),
        AgentProfile("never", ((START - 50, START),)),
    ]
    clock = VirtualClock(START)
    floor = SimulatedFloor(clock, sent.append, profiles, 1, hang_up=lambda call_id: None)
    floor.start()
    clock.run(START + 10)
    assert [(e.agent_id, e.at) for e in sent] == [("late", START)]
    assert floor.signed_in() == ["late"]


def test_an_agent_works_several_shifts(greedy):
    run = greedy(profiles=[AgentProfile("a", ((START, START + 10), (START + 20, START + 30)))], calls=0).run(100)
    assert told(run, *DESK) == [
        ("AgentReady", 0.0),
        ("AgentGone", 10.0),
        ("AgentReady", 20.0),
        ("AgentGone", 30.0),
    ]


def test_a_break_outside_calls_begins_at_once_and_lasts_its_length(greedy):
    run = one_agent(greedy, calls=0, breaks=[(200.0, 60.0)]).run(1000)
    assert told(run, *DESK)[1:3] == [("AgentPaused", 200.0), ("AgentReady", 260.0)]


def test_a_break_during_a_call_begins_after_wrap_up_and_lasts_its_length(greedy):
    # The call: placed at 0, bridged at 5.1, talk until 65.1, wrap-up until 75.1.
    run = one_agent(greedy, calls=1, breaks=[(30.0, 60.0)]).run(1000)
    assert told(run, *DESK) == [
        ("AgentReady", 0.0),
        ("AgentPaused", 30.0),
        ("AgentReady", 135.1),
        ("AgentGone", 1000.0),
    ]
    assert [e.at - START for e in run.of(Dispositioned)] == pytest.approx([75.1])


def test_the_end_of_the_shift_during_a_call_waits_for_wrap_up(greedy):
    run = one_agent(greedy, calls=5, shift=(0.0, 30.0)).run(1000)
    assert told(run, *DESK) == [("AgentReady", 0.0), ("AgentPaused", 30.0), ("AgentGone", 75.1)]
    assert len(run.of(Dispositioned)) == 1


def test_a_shift_that_ends_during_the_break_ends(greedy):
    run = one_agent(greedy, calls=0, shift=(0.0, 230.0), breaks=[(200.0, 60.0)]).run(1000)
    assert told(run, *DESK) == [("AgentReady", 0.0), ("AgentPaused", 200.0), ("AgentGone", 230.0)]


def test_an_engine_that_forgot_the_pending_pause_is_asked_again():
    sent, clock = [], VirtualClock(START)
    profile = AgentProfile("a", ((START, START + 1000),), ((START + 30, 60.0),))
    floor = SimulatedFloor(clock, sent.append, [profile], 1, hang_up=lambda call_id: None, habits=QUICK)
    floor.start()
    for at, state in ((1, S.READY), (2, S.RESERVED), (3, S.TALKING), (40, S.WRAP_UP), (50, S.READY)):
        clock.run(START + at)
        floor.notify(AgentChanged(clock.now(), "a", state, "c1" if state in {S.TALKING, S.WRAP_UP} else None))
        if at == 50:
            clock.run(START + 50)
            assert [type(e) for e in sent if isinstance(e, AgentPaused)] == [AgentPaused, AgentPaused]
            floor.notify(AgentChanged(clock.now(), "a", S.PAUSED))
    clock.run(START + 200)
    assert isinstance(sent[-1], AgentReady)
    assert sent[-1].at == START + 110


# ------------------------------------------------------------------ calls


def test_no_agent_ever_has_two_calls(greedy):
    run = greedy(calls=3000).run()
    assert len(run.of(Dispositioned)) > 200
    spans = {}
    for call in run.carrier.record:
        if call.bridged_at is not None:
            spans.setdefault(call.agent_id, []).append((call.bridged_at, call.ended_at))
    assert set(spans) == {f"a{n:02}" for n in range(20)}
    for calls in spans.values():
        assert all(end <= begin for (_, end), (begin, _) in pairwise(sorted(calls)))


def test_every_bridged_call_is_dispositioned_exactly_once(greedy):
    run = greedy(calls=3000).run()
    bridged = Counter(e.call_id for e in run.of(Bridged))
    said = Counter(e.call_id for e in run.of(Dispositioned))
    assert bridged == said
    assert set(said.values()) == {1}
    assert all(event.done for event in run.of(Dispositioned))


def test_talk_and_wrap_up_have_their_means(greedy):
    run = greedy(calls=8000, habits=Habits(finishing_ahead=None)).run()
    talks, wraps, since = [], [], {}
    for at, agent, state, _ in run.changes:
        before = since.get(agent)
        if before is not None and before[0] is S.TALKING:
            talks.append(at - before[1])
        if before is not None and before[0] is S.WRAP_UP:
            wraps.append(at - before[1])
        since[agent] = (state, at)
    assert len(talks) > 600
    assert sum(talks) / len(talks) == pytest.approx(120.0, rel=0.1)
    assert sum(wraps) / len(wraps) == pytest.approx(15.0, rel=0.05)


def test_agents_and_people_hang_up_alike(greedy):
    run = greedy(calls=8000).run()
    causes = Counter(call.cause for call in run.carrier.record if call.bridged_at is not None)
    assert set(causes) == {"hung_up_by_us", "hung_up_by_person"}
    assert causes["hung_up_by_us"] / causes.total() == pytest.approx(0.5, abs=0.05)


def test_a_talk_depends_on_the_call_not_on_who_takes_it_or_when():
    def handle(agent_id, at):
        sent, ended, clock = [], [], VirtualClock(START)
        profile = AgentProfile(agent_id, ((START, START + 1e5),))
        floor = SimulatedFloor(clock, sent.append, [profile], 1, hang_up=lambda call: ended.append(clock.now()))
        clock.run(START + at)
        floor.notify(AgentChanged(clock.now(), agent_id, S.TALKING, "call-7"))
        clock.run(START + 10_000)
        return round(ended[0] - START - at, 3)

    assert handle("a", 10.0) == handle("b", 5000.0)


def test_slow_agents_and_slow_times_take_longer():
    ended, clock = {}, VirtualClock(START)
    profiles = [AgentProfile("a", ((START, START + 1e5),), pace=2.0)]
    habits = Habits(talk=Constant(60.0), handle_regimes=((START + 1000, 3.0),))
    floor = SimulatedFloor(
        clock,
        lambda e: None,
        profiles,
        1,
        hang_up=lambda call: ended.setdefault(call, clock.now()),
        habits=habits,
    )
    floor.notify(AgentChanged(clock.now(), "a", S.TALKING, "early"))
    clock.run(START + 2000)
    floor.notify(AgentChanged(clock.now(), "a", S.TALKING, "late"))
    clock.run(START + 5000)
    assert ended == {"early": START + 120, "late": START + 2360}


def test_a_machine_that_slipped_through_is_left_soon_and_named(greedy):
    people = People(1, 0.0, not_reached=NotReached(1.0, 0.0, 0.0))
    run = greedy(people, calls=200, screens_machines=False, detection=1000.0).run()
    talks = [c.ended_at - c.bridged_at for c in run.carrier.record if c.bridged_at is not None]
    assert len(talks) > 60
    assert 3.0 <= min(talks) < max(talks) <= 7.0
    assert {e.code for e in run.of(Dispositioned)} == {"machine"}


def test_an_agent_clicks_again_when_the_call_is_still_shown():
    clicks, clock = [], VirtualClock(START)
    profile = AgentProfile("a", ((START, START + 1000),))
    floor = SimulatedFloor(
        clock,
        lambda e: None,
        [profile],
        1,
        hang_up=lambda call_id: clicks.append(clock.now() - START),
        habits=QUICK,
    )
    floor.notify(AgentChanged(START, "a", S.TALKING, "c1"))
    clock.run(START + 71)
    floor.notify(AgentChanged(START + 71, "a", S.WRAP_UP, "c1"))
    clock.run(START + 500)
    assert clicks == [60.0, 65.0, 70.0]


def test_a_floor_outlives_the_carriers_memory(greedy):
    """What came of a call is known although the carrier forgets calls that are over."""
    people = People(1, 0.0, not_reached=NotReached(1.0, 0.0, 0.0))
    record = CarrierRecord(keep_ended=False)
    run = greedy(people, calls=50, screens_machines=False, detection=1000.0, record=record).run()
    assert {e.code for e in run.of(Dispositioned)} == {"machine"}


def test_a_person_who_leaves_early_shortens_the_talk(greedy):
    run = one_agent(greedy, calls=1, people=ScriptedPeople({}, Encounter("human", 1.0, 3.9, leaves_after=20.0))).run(
        1000
    )
    assert [round(e.at - START, 3) for e in run.of(Ended)] == [25.1]
    assert [round(e.at - START, 3) for e in run.of(Dispositioned)] == [35.1]


# ------------------------------------------------------------------ what the desk says


def test_dispositions_follow_their_weights(greedy):
    weights = (("sale", 1.0), ("not_interested", 6.0), ("callback", 3.0))
    run = greedy(calls=8000, habits=Habits(talk=Constant(20.0), dispositions=weights)).run()
    said = run.of(Dispositioned)
    shares = {code: count / len(said) for code, count in Counter(e.code for e in said).items()}
    assert shares == pytest.approx({"sale": 0.1, "not_interested": 0.6, "callback": 0.3}, abs=0.04)
    for event in said:
        assert (event.callback_at is not None) == (event.code == "callback")
        if event.callback_at is not None:
            assert event.callback_at % 900 == 0
            assert 3600 <= event.callback_at - event.at <= 172_800 + 900


def test_the_desk_announces_the_end_ahead(greedy):
    habits = Habits(talk=Constant(60.0), wrap_up=Constant(15.0), finishing_error=0.0)
    run = one_agent(greedy, calls=1, habits=habits).run(1000)
    (signal,) = run.of(AgentFinishing)
    assert (round(signal.at - START, 3), round(signal.seconds, 3)) == (70.1, 10.0)
    assert [round(e.at - START, 3) for e in run.of(Dispositioned)] == [80.1]


def test_announcements_err_as_told(greedy):
    run = greedy(calls=6000, habits=Habits(talk=Constant(60.0), wrap_up=Constant(15.0), finishing_error=0.3)).run()
    announced = [e.seconds for e in run.of(AgentFinishing)]
    assert len(announced) == len(run.of(Dispositioned))
    assert sum(announced) / len(announced) == pytest.approx(10.0, rel=0.05)
    deviation = (sum((seconds - 10.0) ** 2 for seconds in announced) / len(announced)) ** 0.5
    assert deviation == pytest.approx(3.0, rel=0.15)


def test_an_early_end_is_announced_when_it_comes(greedy):
    habits = Habits(talk=Constant(600.0), wrap_up=Constant(15.0), finishing_error=0.0)
    people = ScriptedPeople({}, Encounter("human", 1.0, 3.9, leaves_after=20.0))
    run = one_agent(greedy, calls=1, habits=habits, people=people).run(1000)
    assert [(round(e.at - START, 3), round(e.seconds, 3)) for e in run.of(AgentFinishing)] == [(30.1, 10.0)]


def test_a_wrap_up_that_the_engine_ended_is_not_dispositioned():
    sent, clock = [], VirtualClock(START)
    profile = AgentProfile("a", ((START, START + 1000),))
    floor = SimulatedFloor(clock, sent.append, [profile], 1, hang_up=lambda call_id: None, habits=QUICK)
    floor.notify(AgentChanged(START, "a", S.WRAP_UP, "c1"))
    clock.run(START + 5)
    floor.notify(AgentChanged(START + 5, "a", S.READY))
    clock.run(START + 500)
    assert sent == []


def test_strangers_are_ignored():
    floor = SimulatedFloor(VirtualClock(START), lambda e: None, [], 1, hang_up=lambda call_id: None)
    floor.notify(AgentChanged(START, "nobody", S.TALKING, "c1"))
    assert floor.states() == {}


# ------------------------------------------------------------------ losses


def test_a_lost_agent_is_gone_in_mid_call_and_comes_back(greedy):
    habits = Habits(talk=Constant(60.0), loss=1.0, loss_return=100.0, finishing_ahead=None)
    run = one_agent(greedy, calls=1, habits=habits).run(1000)
    _, (name, gone), (back, returned), _ = told(run, *DESK)
    assert (name, back) == ("AgentGone", "AgentReady")
    assert 5.1 < gone < 65.1
    assert returned - gone == pytest.approx(100.0)
    assert run.of(AgentGone)[0].why == "connection lost"
    assert run.of(Dispositioned) == []
    (call,) = run.carrier.record
    assert call.cause == "hung_up_by_person"  # nobody spoke to them any more


def test_losses_have_their_rate_and_nothing_else_breaks(greedy):
    run = greedy(calls=6000, habits=Habits(talk=Constant(30.0), loss=0.1)).run()
    lost = [e for e in run.of(AgentGone) if e.why == "connection lost"]
    assert len(lost) / len(run.of(Bridged)) == pytest.approx(0.1, abs=0.03)
    assert len(lost) + len(run.of(Dispositioned)) == len(run.of(Bridged))
    assert run.carrier.lines_used == 0


def test_who_is_lost_near_the_end_of_the_shift_stays_away(greedy):
    habits = Habits(talk=Constant(60.0), loss=1.0, loss_return=100.0)
    run = one_agent(greedy, calls=1, habits=habits, shift=(0.0, 70.0)).run(1000)
    assert [name for name, _ in told(run, *DESK)] == ["AgentReady", "AgentGone"]


# ------------------------------------------------------------------ the whole


def test_a_whole_run_is_determined_by_its_seed(greedy):
    one, two, other = (greedy(calls=1500, seed=seed).run() for seed in (3, 3, 4))
    assert one.events == two.events
    assert list(one.carrier.record) == list(two.carrier.record)
    assert one.events != other.events


@pytest.mark.parametrize(
    ("build", "why"),
    [
        (lambda: AgentProfile("a", ((5.0, 3.0),)), "in order"),
        (lambda: AgentProfile("a", ((1.0, 3.0), (2.0, 5.0))), "in order"),
        (lambda: AgentProfile("a", (), pace=0.0), "pace"),
        (lambda: Habits(dispositions=()), "weights"),
        (lambda: Habits(dispositions=(("sale", -1.0),)), "weights"),
        (
            lambda: SimulatedFloor(
                VirtualClock(0.0), print, [AgentProfile("a", ())] * 2, 1, hang_up=lambda call_id: None
            ),
            "same agent_id",
        ),
    ],
)
def test_the_floor_is_validated_at_birth(build, why):
    with pytest.raises(ValueError, match=why):
        build()
