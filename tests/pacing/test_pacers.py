"""The contract every pacer keeps, whatever the floor does."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference_floor import ReferenceFloor

from dialer.pacing import (
    AgentView,
    CallAbandoned,
    CallResolved,
    CallServed,
    CallView,
    FloorView,
    HandleTime,
    PacingPolicy,
    WaitingView,
    from_state,
    make_pacer,
)

MODES = ["predictive", "progressive", "ratio", "preview"]


def agents(ready=0, talking=0, since=0.0):
    return tuple(
        [AgentView(f"r{i}", "ready", since) for i in range(ready)]
        + [AgentView(f"t{i}", "talking", since, since) for i in range(talking)]
    )


def ringing(n, placed=0.0, prefix="c"):
    return tuple(CallView(f"{prefix}{i}", placed, placed) for i in range(n))


def seasoned(policy, answers=600, p=0.2):
    """A pacer that has served `answers` people and knows the answer rate."""
    pacer = make_pacer(policy)
    now = 0.0
    for i in range(answers):
        for j in range(round(1 / p) - 1):
            pacer.observe(CallResolved(now + 26.0, f"x{i}-{j}", now, "no_answer"))
        pacer.observe(CallResolved(now + 12.0, f"h{i}", now, "human", now + 12.0))
        pacer.observe(CallServed(now + 12.0, f"h{i}", now + 12.0, "r0"))
        pacer.observe(HandleTime(now + 150.0, "r0", 120.0, 15.0))
        now += 1.0
    return pacer, now


views = st.builds(
    FloorView,
    now=st.floats(0, 1e5),
    agents=st.lists(
        st.builds(
            AgentView,
            agent_id=st.text("abc", min_size=1, max_size=4),
            state=st.sampled_from(["ready", "reserved", "talking", "wrap_up"]),
            since=st.floats(0, 1e5),
            finishing_in=st.none() | st.floats(-5, 60),
        ),
        max_size=30,
    ).map(tuple),
    in_flight=st.lists(
        st.builds(
            CallView,
            call_id=st.text("xyz0123456789", min_size=1, max_size=6),
            placed_at=st.floats(0, 1e5),
            ringing_since=st.none() | st.floats(0, 1e5),
            answer_probability=st.none() | st.floats(0, 1),
        ),
        max_size=40,
    ).map(tuple),
    waiting=st.lists(
        st.builds(WaitingView, call_id=st.text("w123", min_size=1, max_size=4), answered_at=st.floats(0, 1e5)),
        max_size=5,
    ).map(tuple),
    line_limit=st.none() | st.integers(0, 100),
    dial_tokens=st.none() | st.floats(0, 50),
    leads_left=st.none() | st.integers(0, 50),
)
ids = st.text("cxyz0123", min_size=1, max_size=4)
clock = st.floats(0, 1e5)
outcomes = st.one_of(
    st.builds(
        CallResolved,
        at=clock,
        call_id=ids,
        placed_at=clock,
        result=st.sampled_from(["human", "machine", "busy", "no_answer", "failed", "released"]),
        answered_at=st.none() | clock,
    ),
    st.builds(CallServed, at=clock, call_id=ids, answered_at=clock, agent_id=st.just("a")),
    st.builds(CallAbandoned, at=clock, call_id=ids, answered_at=clock),
    st.builds(HandleTime, at=clock, agent_id=st.just("a"), talk=st.floats(0, 5000), wrap_up=st.floats(0, 500)),
)
stories = st.lists(views | outcomes, max_size=25)


@settings(max_examples=60)
@given(st.sampled_from(MODES), stories)
def test_no_story_makes_a_decision_exceed_a_limit_or_release_a_young_call(mode, story):
    policy = PacingPolicy(mode=mode, lines_per_agent=3.0, period_days=0.1)
    pacer = make_pacer(policy)
    for chapter in story:
        if not isinstance(chapter, FloorView):
            pacer.observe(chapter)
            continue
        decision = pacer.decide(chapter)
        assert decision.dial >= 0
        held = sum(a.state in ("talking", "reserved") for a in chapter.agents)
        if decision.dial:
            if chapter.line_limit is not None:
                lines = decision.dial + len(chapter.in_flight) + len(chapter.waiting) + held
                assert lines <= chapter.line_limit
            if chapter.dial_tokens is not None:
                assert decision.dial <= chapter.dial_tokens
            if chapter.leads_left is not None:
                assert decision.dial <= chapter.leads_left
            assert decision.dial + len(chapter.in_flight) <= policy.max_lines_per_agent * len(chapter.agents)
        rang = {
            c.call_id
            for c in chapter.in_flight
            if c.ringing_since is not None and chapter.now - c.ringing_since >= policy.min_ring
        }
        assert set(decision.release) <= rang
        assert decision.reason.endswith(".")
        assert "\n" not in decision.reason


@settings(max_examples=30)
@given(st.sampled_from(MODES), stories, stories)
def test_a_pacer_made_from_a_json_snapshot_decides_as_the_one_it_was_taken_from(mode, before, after):
    policy = PacingPolicy(mode=mode)
    one = make_pacer(policy)
    for chapter in before:
        one.decide(chapter) if isinstance(chapter, FloorView) else one.observe(chapter)
    other = from_state(policy, json.loads(json.dumps(one.to_state())))
    for chapter in after:
        if isinstance(chapter, FloorView):
            assert one.decide(chapter) == other.decide(chapter)
        else:
            one.observe(chapter)
            other.observe(chapter)


def test_a_snapshot_taken_in_the_middle_of_a_shift_changes_nothing_for_its_copy():
    policy = PacingPolicy()
    first = ReferenceFloor(agents=8, p=0.2, seed=2, policy=policy)
    first.run(0.7)
    state = json.loads(json.dumps(first.pacer.to_state()))
    a = ReferenceFloor(agents=8, p=0.2, seed=3, policy=policy, pacer=from_state(policy, state)).run(0.5)
    b = ReferenceFloor(agents=8, p=0.2, seed=3, policy=policy, pacer=from_state(policy, state)).run(0.5)
    assert a == b


@pytest.mark.parametrize("broken", [{}, {"version": 9}, {"version": 1}, {"version": 1, "ledger": 3}])
def test_a_broken_snapshot_is_refused_in_one_line(broken):
    with pytest.raises(ValueError, match="snapshot"):
        from_state(PacingPolicy(), broken)


def test_a_snapshot_moves_between_modes_with_its_ledger():
    pacer, _ = seasoned(PacingPolicy())
    other = make_pacer(PacingPolicy(mode="progressive"), state=pacer.to_state())
    assert other.ledger.served == 600


# ---------------------------------------------------------------------- modes


def test_progressive_dials_ready_minus_in_flight_minus_waiting():
    pacer = make_pacer(PacingPolicy(mode="progressive"))
    floor = FloorView(0.0, agents(ready=7, talking=3), ringing(3), (WaitingView("w", 0.0),))
    assert pacer.decide(floor).dial == 3


@settings(max_examples=5)
@given(st.integers(0, 100), st.sampled_from([0.05, 0.3, 0.9]))
def test_progressive_abandons_nobody(seed, p):
    result = ReferenceFloor(agents=6, p=p, seed=seed, policy=PacingPolicy(mode="progressive")).run(0.5)
    assert result.abandoned == 0


def test_ratio_dials_its_lines_per_agent_within_the_cap():
    pacer, now = seasoned(PacingPolicy(mode="ratio", lines_per_agent=2.5))
    assert pacer.decide(FloorView(now, agents(ready=4, talking=3), ringing(3), ())).dial == 7
    wild, now = seasoned(PacingPolicy(mode="ratio", lines_per_agent=50.0, max_lines_per_agent=4.0))
    assert wild.decide(FloorView(now, agents(ready=2), (), ())).dial == 8


def test_ratio_dials_one_to_one_while_the_next_abandonment_would_be_unlawful():
    pacer = make_pacer(PacingPolicy(mode="ratio", lines_per_agent=2.5))
    decision = pacer.decide(FloorView(0.0, agents(ready=4, talking=3), ringing(3), ()))
    assert decision.dial == 1
    assert "law" in decision.reason


def test_preview_never_dials_by_itself():
    pacer = make_pacer(PacingPolicy(mode="preview"))
    decision = pacer.decide(FloorView(0.0, agents(ready=4), ringing(2), ()))
    assert (decision.dial, decision.release) == (0, ())


def test_the_first_calls_of_a_campaign_are_one_to_one():
    pacer = make_pacer(PacingPolicy())
    decision = pacer.decide(FloorView(0.0, agents(ready=5), (), ()))
    assert decision.dial == 5
    assert "small-team guard" in decision.reason


@pytest.mark.parametrize("lost", [0, 1])
@pytest.mark.parametrize("ready", [2, 30])
def test_while_no_abandonment_is_paid_for_a_period_is_dialed_one_to_one(ready, lost):
    """Also by a pacer that knows its floor: one of the first 33 answers lost is a breach already."""
    pacer, now = seasoned(PacingPolicy(period_days=1.0))
    now = pacer.ledger.began + 86_400.0 + 1.0
    for i in range(lost):
        pacer.observe(CallAbandoned(now, f"lost{i}", now))
    decision = pacer.decide(FloorView(now, agents(ready=ready), (), ()))
    assert decision.dial == ready
    assert "(law)" in decision.reason


def test_predictive_dials_more_than_one_line_per_agent_once_it_knows_the_floor():
    pacer, now = seasoned(PacingPolicy())
    decision = pacer.decide(FloorView(now + 100, agents(ready=3, talking=7, since=now), (), ()))
    assert decision.dial > 3


def test_the_reason_says_when_one_to_one_is_as_good_as_prediction():
    pacer, now = seasoned(PacingPolicy(), answers=100, p=0.8)
    decision = pacer.decide(FloorView(now + 100, agents(ready=1), (), ()))
    assert decision.dial == 1
    assert "1:1 is as good as prediction" in decision.reason


def test_just_before_a_period_ends_only_calls_that_need_no_budget_are_placed():
    pacer, now = seasoned(PacingPolicy(period_days=1.0))
    began = pacer.ledger.began
    floor = FloorView(began + 86_400.0 - 20.0, agents(ready=3, talking=7, since=now), (), ())
    decision = pacer.decide(floor)
    assert decision.dial == 3
    assert "period ends" in decision.reason


def test_two_people_lost_beside_ready_agents_are_named_before_dialing_has_to_end():
    pacer = make_pacer(PacingPolicy())
    floor = FloorView(0.0, agents(ready=3), (), ())
    for i in range(60):
        pacer.decide(floor)
        outcome = CallServed(0.0, f"c{i}", 0.0, "a") if i % 20 or not i else CallAbandoned(0.0, f"c{i}", 0.0)
        pacer.observe(outcome)
    for i in range(2):
        pacer.observe(CallAbandoned(0.0, f"d{i}", 0.0))
    decision = pacer.decide(FloorView(9.0, agents(ready=4), (), ()))
    assert decision.dial == 4
    assert "answering-machine detection" in decision.reason


def test_past_the_cap_nothing_but_safe_calls_until_the_period_is_safe():
    pacer, now = seasoned(PacingPolicy())
    for i in range(40):
        pacer.observe(CallAbandoned(now, f"lost{i}", now))
    floor = FloorView(now + 100, agents(ready=3, talking=7, since=now), ringing(3, now + 100), ())
    decision = pacer.decide(floor)
    assert decision.dial <= 3
    assert "law" in decision.reason


def test_a_new_period_begins_with_a_clean_ledger():
    pacer, now = seasoned(PacingPolicy(period_days=1.0))
    pacer.decide(FloorView(now, agents(ready=1), (), ()))
    assert pacer.ledger.answers == 600
    pacer.decide(FloorView(now + 86_400.0, agents(ready=1), (), ()))
    assert pacer.ledger.answers == 0


# ---------------------------------------------------------------------- levers


def stale_floor(now, ready):
    return FloorView(now, agents(ready=ready, talking=10 - ready, since=now), ringing(6, now - 16.0), ())


def test_calls_that_rang_long_enough_are_let_go_when_nobody_is_near():
    pacer, now = seasoned(PacingPolicy())
    decision = pacer.decide(stale_floor(now + 100, ready=0))
    assert set(decision.release) == {f"c{i}" for i in range(6)}
    assert "letting 6 go" in decision.reason


def test_no_call_is_let_go_while_agents_wait_or_when_the_policy_forbids():
    pacer, now = seasoned(PacingPolicy())
    assert pacer.decide(stale_floor(now + 100, ready=9)).release == ()
    strict, now = seasoned(PacingPolicy(release_ringing=False))
    assert strict.decide(stale_floor(now + 100, ready=0)).release == ()


def test_a_call_whose_ringing_was_never_reported_is_not_let_go():
    pacer, now = seasoned(PacingPolicy())
    calls = tuple(CallView(f"c{i}", now, None) for i in range(6))
    floor = FloorView(now + 100, agents(talking=10, since=now + 100), calls, ())
    assert pacer.decide(floor).release == ()


def test_a_greeting_gives_time_so_more_may_be_dialed():
    dials = []
    for greeting in (0.0, 8.0):
        pacer, now = seasoned(PacingPolicy(greeting=greeting))
        dials.append(pacer.decide(FloorView(now + 116, agents(ready=8, talking=40, since=now), (), ())).dial)
    assert dials[1] > dials[0]


def test_agents_who_are_about_to_finish_count_as_nearly_free():
    pacer, now = seasoned(PacingPolicy())
    copy = from_state(pacer.policy, pacer.to_state())
    busy = agents(talking=10, since=now + 59)
    closing = tuple(AgentView(a.agent_id, "talking", a.since, a.since, 3.0) for a in busy)
    unknown = pacer.decide(FloorView(now + 60, busy, (), ())).dial
    assert copy.decide(FloorView(now + 60, closing, (), ())).dial > unknown


def test_sure_answers_in_flight_leave_less_room_than_unlikely_ones():
    dials = []
    for p in (0.01, 0.9):
        pacer, now = seasoned(PacingPolicy())
        calls = tuple(CallView(f"c{i}", now + 58, now + 58, p) for i in range(4))
        dials.append(pacer.decide(FloorView(now + 60, agents(ready=5, talking=5, since=now), calls, ())).dial)
    assert dials[0] > dials[1]


# ---------------------------------------------------------------------- robustness


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "limits", [{"line_limit": 0}, {"dial_tokens": 0}, {"dial_tokens": 0.9}, {"leads_left": 0}], ids=str
)
def test_a_limit_of_nothing_means_dial_nothing(mode, limits):
    pacer, now = seasoned(PacingPolicy(mode=mode, lines_per_agent=2.0))
    assert pacer.decide(FloorView(now, agents(ready=4), (), (), **limits)).dial == 0


@pytest.mark.parametrize(
    ("limits", "name"),
    [({"line_limit": 1}, "lines"), ({"dial_tokens": 1}, "rate"), ({"leads_left": 1}, "leads")],
)
def test_the_reason_names_the_limit_that_bound(limits, name):
    pacer, now = seasoned(PacingPolicy())
    decision = pacer.decide(FloorView(now + 100, agents(ready=9), (), (), **limits))
    assert decision.dial == 1
    assert f"{name} bound it" in decision.reason


def test_the_reason_names_what_binds_while_the_floor_rests_too():
    pacer, now = seasoned(PacingPolicy())
    now += 100
    crew = agents(ready=3, talking=7, since=now)
    first = pacer.decide(FloorView(now, crew, (), ()))
    assert first.dial > 3
    assert "agents bound it" in first.reason
    placed = tuple(CallView(f"n{i}", now, now) for i in range(first.dial))
    for wait in (0.1, 0.2, 3.0):
        rested = pacer.decide(FloorView(now + wait, crew, placed, ()))
        assert rested.dial == 0
        assert "agents bound it" in rested.reason


@pytest.mark.parametrize("mode", MODES)
def test_an_empty_floor_dials_nothing(mode):
    decision = make_pacer(PacingPolicy(mode=mode)).decide(FloorView(0.0, (), ringing(3), ()))
    assert decision.dial == 0


def test_doubled_and_unknown_outcomes_are_counted_once():
    pacer = make_pacer(PacingPolicy())
    for _ in range(3):
        pacer.observe(CallResolved(5.0, "ghost", 0.0, "human", 5.0))
        pacer.observe(CallServed(5.0, "ghost", 5.0, "nobody"))
    assert (pacer.ledger.served, pacer.ledger.abandoned) == (1, 0)
    pacer.observe(CallAbandoned(6.0, "ghost", 5.0))
    pacer.observe(CallServed(7.0, "ghost", 5.0, "nobody"))
    assert (pacer.ledger.served, pacer.ledger.abandoned) == (0, 1)


def test_an_answer_whose_resolution_never_came_is_learned_from_the_floor_that_showed_the_call():
    pacer = make_pacer(PacingPolicy())
    pacer.decide(FloorView(5.0, agents(ready=1), (CallView("c", 0.0, 0.0),), ()))
    pacer.observe(CallServed(9.0, "c", 9.0, "r0"))
    state = pacer.to_state()
    assert state["resolved"] == ["c"]


def test_an_outcome_of_another_kind_is_an_error():
    with pytest.raises(TypeError, match="pacing outcome"):
        make_pacer(PacingPolicy()).observe("served")


def test_a_clock_that_stands_still_or_jumps_does_not_stop_dialing():
    pacer, now = seasoned(PacingPolicy())
    assert pacer.decide(FloorView(now, (), (), ())).dial == 0
    assert pacer.decide(FloorView(now, agents(ready=5), (), ())).dial >= 5
    assert pacer.decide(FloorView(now - 4000.0, agents(ready=6), (), ())).dial >= 6
    assert pacer.decide(FloorView(now + 9000.0, agents(ready=6), (), ())).dial >= 6


def test_abandonments_with_agents_ready_end_dialing_and_say_why():
    pacer = make_pacer(PacingPolicy())
    floor = FloorView(0.0, agents(ready=3), (), ())
    for i in range(200):
        pacer.decide(floor)
        outcome = CallServed(0.0, f"c{i}", 0.0, "a") if i % 10 else CallAbandoned(0.0, f"c{i}", 0.0)
        pacer.observe(outcome)
    decision = pacer.decide(FloorView(9.0, agents(ready=4), (), ()))
    assert decision.dial == 0
    assert "answering-machine detection off" in decision.reason


def test_breach_probability_is_offered():
    pacer, now = seasoned(PacingPolicy())
    assert pacer.breach_probability(now) < 1e-3


# ---------------------------------------------------------------------- which leads


def scene_for_choice(ready=3):
    pacer, now = seasoned(PacingPolicy())
    floor = FloorView(now + 100, agents(ready=ready, talking=10 - ready, since=now + 60), (), ())
    return pacer, floor


def test_without_estimates_the_first_leads_are_dialed():
    pacer, floor = scene_for_choice()
    dial = pacer.decide(floor).dial
    assert dial > 1
    assert pacer.choose([None] * 50) == tuple(range(dial))
    assert make_pacer(PacingPolicy(mode="preview")).choose([0.5]) == ()


def test_few_sure_leads_are_dialed_where_many_unlikely_ones_would_be():
    pacer, floor = scene_for_choice()
    pacer.decide(floor)
    sure = pacer.choose([0.8] * 50)
    unlikely = pacer.choose([0.02] * 50)
    assert 1 <= len(sure) < len(unlikely)


def test_the_surest_lead_that_fits_goes_first():
    pacer, floor = scene_for_choice(ready=5)
    pacer.decide(floor)
    estimates = [0.05, 0.9, 0.3, 0.9, 0.01] * 8
    chosen = pacer.choose(estimates)
    assert len(set(chosen)) == len(chosen)
    assert estimates[chosen[0]] == 0.9


def test_what_is_chosen_stays_within_the_floors_limits():
    pacer, floor = scene_for_choice()
    limited = FloorView(floor.now, floor.agents, (), (), 9, 2.0, 50)
    assert pacer.decide(limited).dial == 2
    assert len(pacer.choose([0.01] * 50)) == 2


def test_a_floor_that_rests_chooses_nobody():
    pacer, floor = scene_for_choice()
    while pacer.decide(floor).dial:
        floor = FloorView(floor.now, floor.agents, ringing(len(floor.in_flight) + 1, floor.now), ())
    assert pacer.choose([0.5] * 10) == ()
