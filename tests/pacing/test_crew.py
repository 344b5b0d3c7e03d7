"""Agents who go elsewhere than to our own calls: another campaign shares them, or they leave."""

from dialer.pacing import AgentView, CallServed, FloorView, PacingPolicy, make_pacer
from dialer.pacing.crew import Crew


def floor(now, **states):
    return FloorView(now, tuple(AgentView(name, state, 0.0) for name, state in states.items()), (), ())


def test_agents_who_take_our_calls_are_steady():
    crew = Crew()
    assert crew.steady(floor(0.0, ann="ready", bob="ready"))
    crew.served("ann")
    assert crew.steady(floor(0.5, ann="talking", bob="reserved"))
    assert crew.steady(floor(1.0, ann="talking", bob="talking"))  # bob was about to take ours


def test_an_agent_who_talks_or_leaves_without_a_call_of_ours_is_noticed_and_forgotten_in_time():
    for elsewhere in ({"ann": "talking", "bob": "ready"}, {"bob": "ready"}):
        crew = Crew()
        crew.steady(floor(0.0, ann="ready", bob="ready"))
        assert not crew.steady(floor(0.5, **elsewhere))
        assert not crew.steady(floor(890.0, bob="ready"))
        assert crew.steady(floor(901.0, bob="ready"))


def test_looks_far_apart_tell_nothing():
    crew = Crew()
    crew.steady(floor(0.0, ann="ready"))
    assert crew.steady(floor(60.0, bob="ready"))


def test_while_agents_go_elsewhere_and_nothing_is_payable_every_other_one_is_left_to_the_others():
    pacer = make_pacer(PacingPolicy())
    crew = dict.fromkeys("abcdefgh", "ready")
    assert pacer.decide(floor(0.0, **crew)).dial == 8
    decision = pacer.decide(floor(2.0, **(crew | {"a": "talking", "b": "talking"})))
    assert decision.dial == 3
    assert "ready agents go elsewhere" in decision.reason


def test_a_pacer_from_a_snapshot_knows_who_went_elsewhere():
    pacer = make_pacer(PacingPolicy())
    pacer.decide(floor(0.0, a="ready", b="ready"))
    pacer.decide(floor(2.0, a="talking", b="ready"))
    pacer.observe(CallServed(2.5, "c", 2.0, "b"))
    again = make_pacer(PacingPolicy(), pacer.to_state())
    assert again.crew.to_state() == pacer.crew.to_state()
    assert "elsewhere" in again.decide(floor(4.0, a="ready", b="talking")).reason
