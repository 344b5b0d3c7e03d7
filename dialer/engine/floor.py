"""The floor as the engine sees it: live calls, agents, leads in hand. Questions are answered by looking.

Nothing is counted in a variable that could drift: `in_flight` and `waiting` are views of the same call
records, kept as indexes by membership and compared with the records by a property test.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Iterator

from dialer.engine.commands import AgentChanged, Command
from dialer.engine.events import Lead
from dialer.engine.records import Agent, Call
from dialer.engine.states import AgentState, CallState
from dialer.pacing import AgentView, CallView

__all__ = ["Floor"]

_ON_ITS_WAY = {CallState.PLANNED, CallState.PLACING, CallState.QUEUED, CallState.RINGING}
#: Seconds for which late callbacks may still speak of a call that ended, and agents of one that they had.
_REMEMBERED, _DISPOSABLE = 900.0, 4 * 3600.0


class Floor:
    """Calls, agents and leads of one campaign at this moment."""

    def __init__(self) -> None:
        self.calls: dict[str, Call] = {}  # live: not ended
        self.in_flight: dict[str, Call] = {}  # planned to ringing
        self.waiting: dict[str, Call] = {}  # answered, no agent, not abandoned
        self.hearing: dict[str, Call] = {}  # answered, and the campaign's own message plays
        self.ended: OrderedDict[str, Call] = OrderedDict()  # lately, oldest first
        self._talked: OrderedDict[str, Call] = OrderedDict()  # before that, with an agent
        self.agents: dict[str, Agent] = {}
        self.leads: deque[Lead] = deque()
        self.promised: dict[int, Lead] = {}  # callbacks that wait for the agent who promised them, by lead id
        self._ready: dict[str, Agent] = {}
        # What the pacer is shown at every event, kept up to date instead of made anew.
        self._flying: dict[str, CallView] = {}
        self._shown: dict[str, AgentView] | None = None  # forgotten whenever an agent comes, pauses or goes
        self._finishing: dict[str, Agent] = {}

    def add(self, call: Call) -> None:
        """A new planned call."""
        self.calls[call.call_id] = call
        self.in_flight[call.call_id] = call
        if not call.held:
            self._flying[call.call_id] = call.view()

    def find(self, call_id: str) -> Call | None:
        """The call, live or lately ended."""
        return self.calls.get(call_id) or self.ended.get(call_id) or self._talked.get(call_id)

    def moved(self, call: Call, state: CallState, at: float) -> None:
        """Put a call into a state and the indexes in order."""
        call.state, call.since = state, at
        if state is CallState.ENDED:
            call.ended_at = at
            if self.calls.pop(call.call_id, None) is not None:
                self.ended[call.call_id] = call
                self._forget(at)
        self.index(call)

    def _forget(self, now: float) -> None:
        """Let go of calls of which nobody will speak any more: by their age, as a large floor ends dozens a second."""
        for call in _older(self.ended, now - _REMEMBERED):
            if call.agent_id is not None:
                self._talked[call.call_id] = call
        for _ in _older(self._talked, now - _DISPOSABLE):
            pass

    def index(self, call: Call) -> None:
        """Bring `in_flight` and `waiting` in line with the call's record."""
        if call.state in _ON_ITS_WAY:
            self.in_flight[call.call_id] = call
            if not call.hanging_up and not call.held:
                self._flying[call.call_id] = call.view()
        else:
            self.in_flight.pop(call.call_id, None)
            self._flying.pop(call.call_id, None)
        if call.state is CallState.ANSWERED and call.messaging:
            self.hearing[call.call_id] = call
        else:
            self.hearing.pop(call.call_id, None)
        taken = call.agent_id is not None or call.abandoned or call.messaging or call.machine
        if call.state is CallState.ANSWERED and not taken:
            self.waiting[call.call_id] = call
        else:
            self.waiting.pop(call.call_id, None)

    def agent(self, agent_id: str) -> Agent:
        """The agent; one never seen before is offline."""
        if agent_id not in self.agents:
            self.agents[agent_id] = Agent(agent_id)
        return self.agents[agent_id]

    def ready(self) -> list[Agent]:
        """The ready agents, longest ready first; ties go by name."""
        return sorted(self._ready.values(), key=lambda agent: (agent.since, agent.agent_id))

    def spare(self) -> int:
        """How many ready agents no call is on its way to."""
        return len(self._ready) - len(self._flying) - len(self.waiting)

    def forget_lead(self, lead_id: int) -> Lead | None:
        """Take a lead out of those in hand; None when it is not there."""
        found = self.promised.pop(lead_id, None)
        if found is None:
            found = next((lead for lead in self.leads if lead.lead_id == lead_id), None)
            if found is not None:
                self.leads.remove(found)
        return found

    def give_back(self, agent: Agent) -> None:
        """A lead that an agent looked at is in hand again, before the others."""
        if agent.lead is not None:
            if agent.lead.for_agent:
                self.promised[agent.lead.lead_id] = agent.lead
            else:
                self.leads.appendleft(agent.lead)
            agent.lead = None

    def longest_ready(self, but: frozenset[str] = frozenset()) -> Agent | None:
        """The ready agent who has waited longest, leaving some out; ties go by name, so that runs are exact."""
        best: Agent | None = None
        for agent in self._ready.values():
            if agent.agent_id in but:
                continue
            if best is None or (agent.since, agent.agent_id) < (best.since, best.agent_id):
                best = agent
        return best

    def on_own_calls(self) -> int:
        """How many agents look at a lead, or wait for the answer to a call of their own."""
        own = (AgentState.PREVIEW, AgentState.DIALING)
        return sum(1 for agent in self.agents.values() if agent.state in own)

    def agents_shown(self) -> int:
        """How many agents the pacer is shown: those present and not paused."""
        return len(self._views())

    def agent_views(self, now: float) -> tuple[AgentView, ...]:
        """The agents as the pacer sees them."""
        views = self._views()
        if self._finishing:  # what the desks announced counts down
            views = views | {agent_id: agent.view(now) for agent_id, agent in self._finishing.items()}
        return tuple(views.values())

    def _views(self) -> dict[str, AgentView]:
        if self._shown is None:
            self._shown = {agent.agent_id: agent.view() for agent in self.agents.values() if agent.shown()}
        return self._shown

    def call_views(self) -> tuple[CallView, ...]:
        """The calls that have reached nobody and that we do not hang up, as the pacer sees them."""
        return tuple(self._flying.values())

    def finishing(self, agent: Agent, at: float) -> None:
        """The desk announces when an agent will be free."""
        agent.finishing_at = at
        self._finishing[agent.agent_id] = agent

    def hang_up(self, call: Call) -> None:
        """We ask the carrier to end a call."""
        call.hanging_up = True
        self._flying.pop(call.call_id, None)

    def busy(self) -> bool:
        """Whether any agent is with a person, writes one up, or has a lead to call."""
        idle = (AgentState.OFFLINE, AgentState.PAUSED, AgentState.READY)
        return any(agent.state not in idle for agent in self.agents.values())

    def put_agent(
        self, agent: Agent, state: AgentState, at: float, out: list[Command], code: str = "", say: str = ""
    ) -> None:
        """Put an agent into a state and write it down.

        An agent who becomes free while a pause waits goes into the pause instead.
        """
        if state is AgentState.READY:
            agent.call_id = agent.call_since = None
            if agent.pause_code is not None:
                state, code, agent.pause_code = AgentState.PAUSED, agent.pause_code, None
        elif state in (AgentState.PAUSED, AgentState.OFFLINE):
            agent.call_id = agent.call_since = agent.pause_code = None
        if state is not AgentState.PREVIEW:
            agent.lead = None
        was_shown = agent.shown()
        agent.enter(state, at)
        if agent.finishing_at is None:
            self._finishing.pop(agent.agent_id, None)
        if was_shown is not agent.shown():
            self._shown = None
        elif self._shown is not None and was_shown:
            self._shown[agent.agent_id] = agent.view()
        if state is AgentState.READY:
            self._ready[agent.agent_id] = agent
        else:
            self._ready.pop(agent.agent_id, None)
        out.append(AgentChanged(at, agent.agent_id, state, agent.call_id, code, agent.lead, say))


def _older(calls: OrderedDict[str, Call], than: float) -> Iterator[Call]:
    """Take out the calls that ended before an instant."""
    while calls:
        first = next(iter(calls.values()))
        assert first.ended_at is not None
        if first.ended_at >= than:
            return
        yield calls.popitem(last=False)[1]
