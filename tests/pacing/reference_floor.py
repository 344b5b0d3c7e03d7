"""A small discrete-event floor that drives the public contract only.

Ring to answer: 1 s + lognormal(mean 12 s, cv 0.5); an unanswered call is given up at 26 s. Of the
calls that no person answers 28 % reach a machine (14 to 22 s, then 3 s of detection), 11 % are busy
or failed (2 to 5 s), the rest ring out. Talk lognormal(120 s, cv 1), wrap-up lognormal(15 s, 0.5).
A live answer that found no agent after greeting + 2 s is abandoned.
"""

from __future__ import annotations

import heapq
import math
import random
from collections import deque
from collections.abc import Callable
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


def lognormal(rng: random.Random, mean: float, cv: float) -> float:
    s2 = math.log1p(cv * cv)
    return math.exp(rng.gauss(math.log(mean) - s2 / 2, math.sqrt(s2)))


@dataclass
class Result:
    served: int = 0
    abandoned: int = 0
    dialed: int = 0
    released: int = 0
    decides: int = 0
    busy: float = 0.0
    signed_in: float = 0.0
    worst_rate: float = 0.0  # the highest running rate of any accounting period after its 34th answer
    periods: dict = field(default_factory=dict)  # number of the period -> [answers, abandoned]
    reasons: set = field(default_factory=set)

    @property
    def answers(self):
        return self.served + self.abandoned

    @property
    def rate(self):
        return self.abandoned / self.answers if self.answers else 0.0

    @property
    def utilisation(self):
        return self.busy / self.signed_in if self.signed_in else 0.0


@dataclass
class ReferenceFloor:
    agents: int = 10
    p: Callable[[float], float] | float = 0.1
    seed: int = 0
    policy: PacingPolicy = PacingPolicy()  # noqa: RUF009
    finish_known: float = 0.0  # s ahead that the desk knows the finish
    finish_noise: float = 0.0  # s, standard deviation of that knowledge
    talk_mean: Callable[[float], float] | float = 120.0
    talk_cv: float = 1.0
    present: Callable[[float], int] | None = None  # agents wanted on the floor by time
    report_lag: Callable[[random.Random], float] | None = None  # s from answer to its report
    lost_callbacks: float = 0.0  # share of non-human results never reported (the call just vanishes)
    carrier_down: Callable[[float], bool] | None = None
    false_machine: Callable[[float], float] | float = 0.0  # share of people taken for machines (abandoned)
    lead_spread: Callable[[random.Random, float], float] | None = None  # each lead's own p, shown
    show_leads: bool = True  # whether the pacer is shown each lead's own p
    pool: int = 0  # so many leads to choose from, when leads differ; 0 dials them as they come
    warm_up: float = 0.0  # s left out of utilisation
    tick: float = 0.5
    pacer: object = None

    def run(self, hours: float) -> Result:
        rng = random.Random(self.seed)
        wait_limit = self.policy.greeting + self.policy.connect_within
        pacer = self.pacer or make_pacer(self.policy)
        self.pacer = pacer
        out = Result()
        heap: list = []
        order = 0
        end = hours * 3600.0
        views = {f"a{i}": AgentView(f"a{i}", "ready", 0.0) for i in range(self.agents)}
        leaving: set = set()
        absent: list = []
        free_at: dict = {}
        ready = deque(views)
        calls: dict = {}
        waiting: dict = {}
        busy_since: dict = {}
        now = 0.0
        n_call = 0
        pool: list = []

        def at(x):
            return x(now) if callable(x) else x

        def push(t, kind, a=None, b=None):
            nonlocal order
            order += 1
            heapq.heappush(heap, (t, order, kind, a, b))

        def connect(call_id, answered):
            agent = ready.popleft()
            talk = lognormal(rng, at(self.talk_mean), self.talk_cv)
            wrap = lognormal(rng, 15.0, 0.5)
            views[agent] = AgentView(agent, "talking", now, now)
            busy_since[agent] = now
            free_at[agent] = now + talk + wrap + (rng.gauss(0, self.finish_noise) if self.finish_noise else 0.0)
            out.served += 1
            pacer.observe(CallServed(now, call_id, answered, agent))
            push(now + talk, "wrap", agent, (talk, wrap))

        def become_ready(agent):
            if agent in leaving:
                leaving.discard(agent)
                del views[agent]
                absent.append(agent)
                return
            if waiting:
                views[agent] = AgentView(agent, "ready", now)
                ready.append(agent)
                call_id = next(iter(waiting))
                connect(call_id, waiting.pop(call_id).answered_at)
            else:
                views[agent] = AgentView(agent, "ready", now)
                ready.append(agent)

        push(0.0, "tick")
        last = 0.0
        booked = (0, 0)
        while heap:
            t, _, kind, a, b = heapq.heappop(heap)
            if t > end:
                break
            if last >= self.warm_up:
                out.signed_in += (t - last) * len(views)
                out.busy += (t - last) * (len(views) - len(ready))
            last = t
            now = t
            if kind == "tick":
                push(now + self.tick, "tick")
                if self.present is not None:
                    want = self.present(now)
                    while len(views) - len(leaving) > want:
                        if ready:
                            gone = ready.popleft()
                            del views[gone]
                            absent.append(gone)
                        else:
                            leaving.add(next(x for x in views if x not in leaving))
                    while len(views) - len(leaving) < want and (leaving or absent):
                        if leaving:
                            leaving.pop()
                        else:
                            back = absent.pop()
                            views[back] = AgentView(back, "ready", now)
                            become_ready(back)
            elif kind == "answer":
                if a not in calls:
                    continue
                placed = calls.pop(a).placed_at
                if rng.random() < at(self.false_machine):
                    out.abandoned += 1
                    pacer.observe(CallResolved(now, a, placed, "human", b))
                    pacer.observe(CallAbandoned(now, a, b))
                else:
                    pacer.observe(CallResolved(now, a, placed, "human", b))
                    if ready:
                        connect(a, b)
                    else:
                        waiting[a] = WaitingView(a, b)
                        push(max(now, b + wait_limit), "give_up", a)
            elif kind == "give_up":
                if a not in waiting:
                    continue
                answered = waiting.pop(a).answered_at
                out.abandoned += 1
                pacer.observe(CallAbandoned(now, a, answered))
            elif kind == "other":
                call = calls.pop(a, None)
                if call is None:
                    continue
                if not (self.lost_callbacks and rng.random() < self.lost_callbacks):
                    pacer.observe(CallResolved(now, a, call.placed_at, b, now if b == "machine" else None))
            elif kind == "wrap":
                views[a] = AgentView(a, "wrap_up", now, views[a].call_since)
                push(now + b[1], "ready", a, b)
            elif kind == "ready":
                pacer.observe(HandleTime(now, a, b[0], b[1]))
                become_ready(a)
            if out.answers > booked[0]:
                period = out.periods.setdefault(int(now // self.policy.period_seconds), [0, 0])
                period[0] += out.answers - booked[0]
                period[1] += out.abandoned - booked[1]
                booked = (out.answers, out.abandoned)
                if period[0] >= 34:
                    out.worst_rate = max(out.worst_rate, period[1] / period[0])

            agents = tuple(views.values())
            if self.finish_known:
                agents = tuple(
                    v
                    if v.state == "ready" or free_at[v.agent_id] - now > self.finish_known
                    else AgentView(v.agent_id, v.state, v.since, v.call_since, max(0.0, free_at[v.agent_id] - now))
                    for v in agents
                )
            decision = pacer.decide(
                FloorView(now, agents, tuple(calls.values()), tuple(waiting.values()), None, None, None)
            )
            out.decides += 1
            for call_id in decision.release:
                call = calls.pop(call_id)
                assert now - call.ringing_since >= self.policy.min_ring
                out.released += 1
                pacer.observe(CallResolved(now, call_id, call.placed_at, "released", None))
            leads = [at(self.p)] * decision.dial
            if self.lead_spread is not None:
                pool += [self.lead_spread(rng, at(self.p)) for _ in range(max(self.pool, decision.dial) - len(pool))]
                chosen = pacer.choose(pool) if self.pool else range(decision.dial)
                leads = [pool[position] for position in chosen]
                pool = [lead for position, lead in enumerate(pool) if position not in set(chosen)]
            for p in leads:
                n_call += 1
                call_id = f"c{n_call}"
                out.dialed += 1
                shown = self.lead_spread is not None and self.show_leads
                calls[call_id] = CallView(call_id, now, now, p if shown else None)
                if self.carrier_down is not None and self.carrier_down(now):
                    push(now + 0.3, "other", call_id, "failed")
                    continue
                if rng.random() < p:
                    ring = 1.0 + lognormal(rng, 12.0, 0.5)
                    if ring < 26.0:
                        lag = self.report_lag(rng) if self.report_lag else 0.0
                        push(now + ring + lag, "answer", call_id, now + ring)
                        continue
                    push(now + 26.0, "other", call_id, "no_answer")
                    continue
                u = rng.random()
                if u < 0.28:
                    push(now + rng.uniform(14.0, 22.0) + 3.0, "other", call_id, "machine")
                elif u < 0.39:
                    push(now + rng.uniform(2.0, 5.0), "other", call_id, "busy")
                else:
                    push(now + 26.0, "other", call_id, "no_answer")
        return out
