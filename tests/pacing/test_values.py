"""Values are validated at birth, frozen, and the public names are pinned."""

import dataclasses
import math

import pytest

import dialer.pacing as pacing
from dialer.pacing import (
    AgentView,
    CallAbandoned,
    CallResolved,
    CallServed,
    CallView,
    Decision,
    FloorView,
    HandleTime,
    PacingPolicy,
    WaitingView,
)


def test_public_names_are_pinned():
    assert set(pacing.__all__) == {
        "AgentView", "CallAbandoned", "CallResolved", "CallServed", "CallView", "Decision", "FloorView",
        "HandleTime", "Outcome", "Pacer", "PacingPolicy", "WaitingView", "from_state", "make_pacer",
    }  # fmt: skip
    assert all(hasattr(pacing, name) for name in pacing.__all__)


def test_field_names_and_defaults_are_the_contract():
    names = {c: [f.name for f in dataclasses.fields(c)] for c in (AgentView, CallView, WaitingView, FloorView)}
    assert names[AgentView] == ["agent_id", "state", "since", "call_since", "finishing_in"]
    assert names[CallView] == ["call_id", "placed_at", "ringing_since", "answer_probability"]
    assert names[WaitingView] == ["call_id", "answered_at"]
    assert names[FloorView] == [
        "now", "agents", "in_flight", "waiting", "line_limit", "dial_tokens", "leads_left", "hearing",
    ]  # fmt: skip
    policy = PacingPolicy()
    assert dataclasses.asdict(policy) == {
        "mode": "predictive", "max_abandonment_rate": 0.03, "period_days": 30.0, "connect_within": 2.0,
        "greeting": 0.0, "min_ring": 15.0, "ring_timeout": 26.0, "release_ringing": True,
        "lines_per_agent": 1.0, "max_lines_per_agent": 20.0, "seed": 0, "agent_key": False,
    }  # fmt: skip


GOOD = {
    PacingPolicy: {},
    AgentView: {"agent_id": "a", "state": "ready", "since": 0.0},
    CallView: {"call_id": "c", "placed_at": 0.0},
    WaitingView: {"call_id": "c", "answered_at": 0.0},
    FloorView: {"now": 0.0, "agents": (), "in_flight": (), "waiting": ()},
    Decision: {"dial": 0, "release": (), "reason": "x"},
    CallResolved: {"at": 1.0, "call_id": "c", "placed_at": 0.0, "result": "human", "answered_at": 1.0},
    CallServed: {"at": 1.0, "call_id": "c", "answered_at": 0.0, "agent_id": "a"},
    CallAbandoned: {"at": 1.0, "call_id": "c", "answered_at": 0.0},
    HandleTime: {"at": 1.0, "agent_id": "a", "talk": 1.0, "wrap_up": 0.0},
}

BAD = [
    (PacingPolicy, "mode", "turbo"),
    (PacingPolicy, "max_abandonment_rate", 3.0),
    (PacingPolicy, "period_days", 0.0),
    (PacingPolicy, "connect_within", -1.0),
    (PacingPolicy, "greeting", math.nan),
    (PacingPolicy, "min_ring", -5.0),
    (PacingPolicy, "ring_timeout", 10.0),
    (PacingPolicy, "release_ringing", "yes"),
    (PacingPolicy, "lines_per_agent", -1.0),
    (PacingPolicy, "max_lines_per_agent", 0.0),
    (PacingPolicy, "seed", -1),
    (AgentView, "agent_id", ""),
    (AgentView, "state", "paused"),
    (AgentView, "since", None),
    (AgentView, "call_since", math.inf),
    (AgentView, "finishing_in", math.nan),
    (CallView, "call_id", ""),
    (CallView, "placed_at", "now"),
    (CallView, "ringing_since", math.nan),
    (CallView, "answer_probability", 1.5),
    (WaitingView, "call_id", ""),
    (WaitingView, "answered_at", math.inf),
    (FloorView, "now", math.nan),
    (FloorView, "agents", None),
    (FloorView, "in_flight", 3),
    (FloorView, "waiting", "abc"),
    (FloorView, "line_limit", -1),
    (FloorView, "dial_tokens", -0.5),
    (FloorView, "leads_left", 1.5),
    (Decision, "dial", -1),
    (Decision, "reason", ""),
    (CallResolved, "result", "voicemail"),
    (CallResolved, "at", math.nan),
    (CallResolved, "answered_at", math.nan),
    (CallServed, "agent_id", ""),
    (CallServed, "answered_at", None),
    (CallAbandoned, "call_id", 7),
    (HandleTime, "talk", -1.0),
    (HandleTime, "wrap_up", math.nan),
]


@pytest.mark.parametrize(("kind", "field", "value"), BAD, ids=[f"{k.__name__}.{f}" for k, f, _ in BAD])
def test_a_bad_value_is_refused_and_the_error_names_field_and_value(kind, field, value):
    with pytest.raises(ValueError) as error:
        kind(**{**GOOD[kind], field: value})
    assert field in str(error.value)
    assert repr(value) in str(error.value)


@pytest.mark.parametrize("kind", GOOD, ids=lambda k: k.__name__)
def test_values_are_frozen_and_slotted(kind):
    value = kind(**GOOD[kind])
    assert not hasattr(value, "__dict__")
    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(value, dataclasses.fields(kind)[0].name, "other")


def test_lists_of_views_become_tuples():
    floor = FloorView(0.0, [AgentView("a", "ready", 0.0)], [], [])
    assert isinstance(floor.agents, tuple)


def test_greeting_is_heard_before_the_wait_begins():
    assert PacingPolicy(greeting=1.5, connect_within=2.0).allowed_wait == 3.5
