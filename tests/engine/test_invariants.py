"""Whatever happens in whatever order, the floor's promises hold."""

from floor_kit import Story
from hypothesis import given, settings
from hypothesis import strategies as st

from dialer.engine import AgentState, CallState, IllegalEvent
from dialer.engine import commands as cmd
from dialer.engine import events as ev
from dialer.pacing import CallAbandoned, CallServed

AGENTS = ("ann", "bob", "eve")
_WITH_A_CALL = (AgentState.DIALING, AgentState.RESERVED, AgentState.TALKING)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "dial", "allow", "refuse", "place", "place_fail", "place_unknown", "ring", "answer", "machine",
                "join", "join_late", "join_fail", "message", "opt_out", "end", "end_by_person", "lost",
                "ready", "pause", "gone", "finishing", "disposition", "opt_out_disposition", "wait",
                "long_wait", "duplicate", "leads", "drain",
                "callback", "look_dial", "look_skip", "by_hand",
            ]
        ),
        st.integers(0, 50),
        st.floats(0.0, 1.5),
    ),
    max_size=120,
)  # fmt: skip


def events_of(name: str, pick: int, at: float, story: Story) -> ev.Event | None:
    calls = list(story.engine.floor.calls) + list(story.engine.floor.ended)[-3:]
    call = calls[pick % len(calls)] if calls else "c-0"
    agent = AGENTS[pick % 3]
    held = story.engine.floor.find(call)
    joined_to = held.agent_id if held is not None and held.agent_id else agent
    return {
        "dial": ev.Tick(at),
        "allow": ev.DialAllowed(at, call),
        "refuse": ev.DialRefused(at, call, ("DNC_INTERNAL",), None),
        "place": ev.Placed(at, call),
        "place_fail": ev.PlaceFailed(at, call, ("number", "account", "rate")[pick % 3]),
        "place_unknown": ev.PlaceFailed(at, call, "unknown"),
        "ring": ev.Ringing(at, call),
        "answer": ev.Answered(at, call),
        "machine": ev.MachineDetected(at, call),
        "join": ev.Bridged(at, call, joined_to),
        "join_late": ev.Bridged(at, call, agent),
        "join_fail": ev.BridgeFailed(at, call, joined_to),
        "message": ev.MessagePlayed(at, call),
        "opt_out": ev.OptedOut(at, call),
        "end": ev.Ended(at, call, ("no_answer", "busy", "failed", "hung_up_by_us")[pick % 4]),
        "end_by_person": ev.Ended(at, call, "hung_up_by_person"),
        "lost": ev.Lost(at, call),
        "ready": ev.AgentReady(at, agent),
        "pause": ev.AgentPaused(at, agent, "break"),
        "gone": ev.AgentGone(at, agent),
        "finishing": ev.AgentFinishing(at, agent, 5.0),
        "disposition": ev.Dispositioned(at, joined_to, call, "SALE"),
        "opt_out_disposition": ev.Dispositioned(at, joined_to, call, "DNC"),
        "wait": ev.Tick(at),
        "long_wait": ev.Tick(at + 100.0),
        "duplicate": ev.Answered(at, call),
        "leads": ev.LeadsOffered(at, (ev.Lead(1000 + pick, "+19195550199", pick),)),
        "callback": ev.CallbacksDue(at, (ev.Lead(2000 + pick, "+19195550198", pick, for_agent=agent, promised_at=at),)),
        "look_dial": ev.PreviewDialed(at, agent),
        "look_skip": ev.PreviewSkipped(at, agent, "no time"),
        "by_hand": ev.ManualDialed(at, agent, ev.Lead(3000 + pick, "+19195550197", pick, by_hand=True)),
        "drain": ev.DrainRequested(at, "test") if pick == 0 else ev.Tick(at),
    }[name]


def check_floor(story: Story) -> None:
    floor = story.engine.floor
    on_its_way = {CallState.PLANNED, CallState.PLACING, CallState.QUEUED, CallState.RINGING}
    assert set(floor.in_flight) == {i for i, c in floor.calls.items() if c.state in on_its_way}
    assert set(floor.waiting) == {
        i for i, c in floor.calls.items() if c.state is CallState.ANSWERED and c.agent_id is None and not c.abandoned
    }
    assert set(floor.call_views()) == {c.view() for c in floor.in_flight.values() if not (c.hanging_up or c.held)}
    now = story.engine._now
    assert floor.agent_views(now) == tuple(a.view(now) for a in floor.agents.values() if a.shown())
    assert floor.agents_shown() == sum(a.shown() for a in floor.agents.values())
    ready = [a for a in floor.agents.values() if a.state is AgentState.READY]
    assert floor.longest_ready() is min(ready, key=lambda a: (a.since, a.agent_id), default=None)
    assert all(c.state is not CallState.ENDED for c in floor.calls.values())
    assert len(floor.calls) <= story.engine.config.lines
    held = [a.call_id for a in floor.agents.values() if a.state in _WITH_A_CALL]
    assert len(held) == len(set(held))  # two agents never share a call
    for agent in floor.agents.values():
        assert (agent.lead is not None) is (agent.state is AgentState.PREVIEW)
        if agent.state in (AgentState.READY, AgentState.PAUSED, AgentState.OFFLINE, AgentState.PREVIEW):
            assert agent.call_id is None
        if agent.state is AgentState.DIALING:
            assert floor.calls[agent.call_id].held and floor.calls[agent.call_id].agent_id == agent.agent_id
        if agent.state in (AgentState.RESERVED, AgentState.TALKING):
            assert floor.calls[agent.call_id].agent_id == agent.agent_id


@settings(max_examples=300, deadline=None)
@given(STEPS, st.booleans())
def test_floor_promises_hold_in_any_order_of_events(steps, preview):
    story = Story(lines=6, preview=preview, preview_seconds=20.0, callback_grace=30.0)
    story.leads(40)
    story.agents(*AGENTS)
    at = 1.0
    for name, pick, wait in steps:
        at += wait
        if name == "dial":
            story.pacer.dial = 1 + pick % 4
        event = events_of(name, pick, at, story)
        before = len(story.commands)
        try:
            story.send(event)
        except IllegalEvent:
            assert len(story.commands) == before
        at = max(at, event.at)
        check_floor(story)
    # Every live answer that is over has exactly one end; the pacer heard of each at most once.
    ends = {}
    for change in story.of(cmd.CallChanged, story.commands):
        if change.state is CallState.ENDED and change.disposition is None:
            assert change.call_id not in ends
            ends[change.call_id] = change.result
    served = [o.call_id for o in story.pacer.observed if isinstance(o, CallServed)]
    abandoned = [o.call_id for o in story.pacer.observed if isinstance(o, CallAbandoned)]
    assert len(served) == len(set(served))
    assert len(abandoned) == len(set(abandoned))
    assert not set(served) & set(abandoned)
    dialed = [d.lead_id for d in story.of(cmd.Dial, story.commands)]
    offered = 40 + sum(1 for name, *_ in steps if name == "leads")
    assert len(dialed) <= offered  # a lead is never dialed twice out of one offer


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_the_same_events_give_the_same_commands(steps):
    def run() -> list[cmd.Command]:
        story = Story(lines=6)
        story.leads(20)
        story.agents(*AGENTS)
        at = 1.0
        for name, pick, wait in steps:
            at += wait
            if name == "dial":
                story.pacer.dial = 1 + pick % 4
            try:
                story.send(events_of(name, pick, at, story))
            except IllegalEvent:
                continue
        return story.commands

    assert run() == run()
