"""Whatever floor the pacer is shown, of any size and with any past, it answers within its contract."""

from __future__ import annotations

import random

import pytest

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
    make_pacer,
)
from dialer.pacing.base import Pacer


def _past(pacer: Pacer, rng: random.Random, now: float, agents: int) -> float:
    """Live through calls of one answer rate, few or many abandoned; the instant afterwards."""
    answers, lost = rng.uniform(0.05, 0.95), rng.choice([0.0, 0.0, 0.01, 0.03, 0.1])
    for number in range(rng.choice([0, 33, 100, 1_000])):
        now += rng.random() * 2
        call, agent = f"past-{number}", f"a{number % agents}"
        if rng.random() >= answers:
            result = rng.choice(["machine", "busy", "no_answer", "failed", "released"])
            pacer.observe(CallResolved(now, call, now - 15, result, None))
            continue
        pacer.observe(CallResolved(now, call, now - 15, "human", now))
        if rng.random() < lost:
            pacer.observe(CallAbandoned(now + 2, call, now))
        else:
            pacer.observe(CallServed(now + 0.1, call, now, agent))
            pacer.observe(HandleTime(now, agent, rng.expovariate(1 / 120), rng.expovariate(1 / 15)))
    return now


def _floor(rng: random.Random, now: float, count: int) -> FloorView:
    """Agents in any mixture of states, calls of any age, people who wait, any limit."""
    ready, agents = rng.choice([0.0, 0.5, 0.95, 1.0]), []
    for number in range(count):
        state = "ready" if rng.random() < ready else rng.choice(["ready", "reserved", "talking", "wrap_up"])
        since = now - rng.choice([0.0, 0.1, 5.0, 600.0])
        finishing = rng.choice([None, None, 0.0, 10.0]) if state in ("talking", "wrap_up") else None
        agents.append(AgentView(f"a{number}", state, since, None if state == "ready" else since - 20, finishing))
    estimates = rng.random() < 0.3
    calls = []
    for number in range(rng.choice([0, 3, count // 2, 3 * count])):
        placed = now - rng.random() * rng.choice([1, 10, 100])
        ringing = None if rng.random() < 0.2 else min(now, placed + rng.random() * 3)
        calls.append(CallView(f"c{now}-{number}", placed, ringing, rng.random() if estimates else None))
    waiting = [WaitingView(f"w{number}", now - rng.random() * 3) for number in range(rng.choice([0, 0, 1, count // 4]))]
    lines, tokens, leads = rng.choice([0, 10, 5_000]), rng.choice([0.0, 3.0, 50.0]), rng.choice([0, 50, 10**6])
    return FloorView(now, tuple(agents), tuple(calls), tuple(waiting), lines, tokens, leads)


@pytest.mark.parametrize("count", [1, 10, 81, 100, 300, 600])
def test_any_floor_with_any_past_gets_an_answer_within_the_contract(count: int):
    for seed in range(12):
        rng = random.Random(1_000 * count + seed)
        policy = PacingPolicy(max_abandonment_rate=rng.choice([0.01, 0.03, 0.05]), greeting=rng.choice([0.0, 1.5]))
        pacer = make_pacer(policy)
        now = _past(pacer, rng, 1e9, count)
        for _ in range(4):
            now += rng.choice([0.25, 1.0, 60.0, 3_600.0])
            floor = _floor(rng, now, count)
            decision = pacer.decide(floor)
            assert 0 <= decision.dial <= min(floor.line_limit, floor.leads_left, floor.dial_tokens + 1)
            ringing = {each.call_id: each.ringing_since for each in floor.in_flight}
            for call in decision.release:
                assert ringing[call] is not None and now - ringing[call] >= policy.min_ring
            assert decision.reason
