"""Somebody else's floor around our pacer: the whole public contract in one small loop.

Run it: `python docs/pacing/example_floor.py`. Ten agents, a list on which every fifth call is answered, two
hours. The loop tells the pacer what became of calls and agents (`observe`), asks it after every event and at
least every half second what to do (`decide`), and does that. The pacer has no clock: time is what we say it is.
"""

# ruff: noqa: ANN001, ANN002, ANN201, ANN202
import heapq
import random
from dataclasses import dataclass, field

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


@dataclass
class Floor:
    """Agents, calls and waiting people, as plain dictionaries of the views that the pacer is shown."""

    agents: dict = field(default_factory=dict)
    in_flight: dict = field(default_factory=dict)
    waiting: dict = field(default_factory=dict)


def simulate(pacer, policy, agents=10, answer_rate=0.2, hours=2.0, seed=1):
    """Run the floor; return (utilisation, abandonment rate, the pacer's last sentence)."""
    rng, floor, queue, order = random.Random(seed), Floor(), [], iter(range(10**9))
    floor.agents = {f"agent-{n}": AgentView(f"agent-{n}", "ready", 0.0) for n in range(agents)}
    served = abandoned = 0
    busy, decision = 0.0, None

    def plan(at, what, *about):
        heapq.heappush(queue, (at, next(order), what, about))

    def serve(now):
        """Join who waits longest to who is ready longest."""
        nonlocal served
        ready = sorted((a for a in floor.agents.values() if a.state == "ready"), key=lambda a: a.since)
        for agent, (call_id, person) in zip(ready, list(floor.waiting.items()), strict=False):
            del floor.waiting[call_id]
            floor.agents[agent.agent_id] = AgentView(agent.agent_id, "talking", now, call_since=now)
            pacer.observe(CallServed(now, call_id, person.answered_at, agent.agent_id))
            served += 1
            plan(now + rng.lognormvariate(4.44, 0.83), "hang up", agent.agent_id)

    plan(0.0, "beat")
    while queue[0][0] < hours * 3600.0:
        now, _, what, about = heapq.heappop(queue)
        if what == "beat":
            plan(now + 0.5, "beat")
        elif what == "answer" and about[0] in floor.in_flight:
            call = floor.in_flight.pop(about[0])
            pacer.observe(CallResolved(now, call.call_id, call.placed_at, "human", answered_at=now))
            floor.waiting[call.call_id] = WaitingView(call.call_id, answered_at=now)
            plan(now + policy.connect_within, "give up", call.call_id)
        elif what == "rings out" and about[0] in floor.in_flight:
            call = floor.in_flight.pop(about[0])
            pacer.observe(CallResolved(now, call.call_id, call.placed_at, "no_answer"))
        elif what == "give up" and about[0] in floor.waiting:
            person = floor.waiting.pop(about[0])
            pacer.observe(CallAbandoned(now, person.call_id, person.answered_at))
            abandoned += 1
        elif what == "hang up":
            before = floor.agents[about[0]]
            floor.agents[about[0]] = AgentView(about[0], "wrap_up", now, before.call_since)
            plan(now + rng.uniform(5.0, 25.0), "ready", about[0], now - before.since)
        elif what == "ready":
            agent_id, talk = about
            wrap_up = now - floor.agents[agent_id].since
            floor.agents[agent_id] = AgentView(agent_id, "ready", now)
            pacer.observe(HandleTime(now, agent_id, talk, wrap_up))
            busy += talk + wrap_up
        serve(now)

        decision = pacer.decide(
            FloorView(
                now,
                tuple(floor.agents.values()),
                tuple(floor.in_flight.values()),
                tuple(floor.waiting.values()),
                line_limit=60,
                dial_tokens=None,
                leads_left=None,
            )
        )
        for call_id in decision.release:  # only calls that rang at least `min_ring` are ever named
            call = floor.in_flight.pop(call_id)
            pacer.observe(CallResolved(now, call_id, call.placed_at, "released"))
        for _ in range(decision.dial):
            call_id = f"call-{next(order)}"
            floor.in_flight[call_id] = CallView(call_id, placed_at=now, ringing_since=now)
            if rng.random() < answer_rate:
                plan(now + rng.uniform(4.0, 24.0), "answer", call_id)
            else:
                plan(now + policy.ring_timeout, "rings out", call_id)

    answers = served + abandoned
    return busy / (agents * hours * 3600.0), abandoned / answers if answers else 0.0, decision.reason


if __name__ == "__main__":
    for mode in ("progressive", "predictive"):
        policy = PacingPolicy(mode=mode, max_abandonment_rate=0.03)
        utilisation, rate, reason = simulate(make_pacer(policy), policy)
        print(f"{mode:>11}: agents busy {utilisation:.1%} of the time, {rate:.2%} of the answers abandoned")
        print(f"{'':>11}  {reason}")
