"""The engine: events in, commands out. No clock, no network, no database, no random source.

Theory of operation
-------------------
`handle(event)` does four things in this order: it applies the event by the state tables (an illegal event
raises and changes nothing); it joins waiting people to ready agents, longest wait to longest ready; it
does what is due (a person nobody could serve hears the message, an overlong wrap-up ends, a call without
news is asked about); and it lets the pacer dial and release within the limits. The answer is the list of
commands in the order in which they must be carried out: facts before the actions that rest on them.

A live answer ends as exactly one of: bridged in time, abandoned with the message, hung up first by the
person. The message starts at `greeting + connect_within - message_lead` after the answer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dialer.engine import commands as cmd
from dialer.engine import events as ev
from dialer.engine.agents import Agents
from dialer.engine.calls import Calls, LearningPacer
from dialer.engine.config import EngineConfig, Recycle
from dialer.engine.floor import Floor
from dialer.engine.own_calls import OwnCalls
from dialer.engine.pace import Pace
from dialer.engine.rate import TokenBucket
from dialer.engine.states import AgentState, CampaignState
from dialer.engine.timers import Deadlines

__all__ = ["Engine", "LearningPacer"]

#: Events that change nothing of what the pacer is shown: it is not asked again because of them.
_UNSEEN = frozenset({ev.DialAllowed, ev.Placed})


class Engine:
    """One campaign's floor.

    Args:
        config: limits and clocks.
        pacer: `dialer.pacing.make_pacer(policy)`.
        recycle: what becomes of a lead after a call (`campaigns.recycle`).
        account: the rate of the carrier's account, when other campaigns share it.
    """

    def __init__(
        self, config: EngineConfig, pacer: LearningPacer, recycle: Recycle, account: TokenBucket | None = None
    ) -> None:
        self.config = config
        self.floor = Floor()
        self._deadlines = Deadlines()
        self.pace = Pace(config, pacer, self.floor, self._deadlines, account)
        self._calls = Calls(config, self.floor, self.pace, pacer, self._deadlines, recycle)
        self._agents = Agents(config, self.floor, self._calls, pacer)
        self._own = OwnCalls(config, self.floor, self.pace, self._deadlines)
        self._now = float("-inf")
        self._woken_for: float | None = None
        self._told_health: CampaignState | None = None
        self._handlers: dict[type, Callable[[Any, list[cmd.Command]], None]] = {
            **self._agents.handlers,
            **self._calls.handlers,
            **self._own.handlers,
            ev.Tick: lambda event, out: None,
            ev.LeadsOffered: self._leads_offered,
            ev.LimitsChanged: self._limits_changed,
            ev.CampaignPaused: self._campaign_paused,
            ev.CampaignResumed: self._campaign_resumed,
            ev.DrainRequested: self._drain_requested,
        }

    def handle(self, event: ev.Event) -> list[cmd.Command]:
        """Apply one event and return what is to be done, in order.

        Raises:
            IllegalEvent: the state tables do not allow it, or it speaks of an unknown call; nothing changed.
        """
        out: list[cmd.Command] = []
        self._handlers[type(event)](event, out)
        now = self._now = max(self._now, event.at)
        if self.floor.waiting:
            self._serve(now, out)
        due = self._deadlines.due(now)
        for kind, key in due:
            self._due(kind, key, now, out)
        self._own.offer(now, out)
        if due or type(event) not in _UNSEEN:
            self.pace.step(now, out)
        self._report_health(now, out)
        self._wake(out)
        return out

    @property
    def complete(self) -> bool:
        """Nothing is left to do: stopped or out of leads, and every live call is over."""
        if self.floor.calls or self.floor.leads or self.floor.promised:
            return False
        return self.pace.health()[0] is CampaignState.COMPLETE

    def _leads_offered(self, event: ev.LeadsOffered, out: list[cmd.Command]) -> None:
        self.pace.fetching = False
        self.pace.none_because = "" if event.leads else event.none_because
        self.pace.none_say = event.say
        self.pace.fetch_again_at = None if event.leads else event.retry_at
        if self.pace.draining_because is not None and event.leads:
            out.append(cmd.ReleaseLeads(event.at, tuple(lead.lead_id for lead in event.leads)))
            return
        self._own.take_in(event.leads, event.at)
        if event.retry_at is not None and not event.leads:
            self._deadlines.add(event.retry_at, "fetch")

    def _limits_changed(self, event: ev.LimitsChanged, out: list[cmd.Command]) -> None:
        self.pace.line_limit, self.pace.shared_tokens = event.line_limit, event.dial_tokens

    def _campaign_paused(self, event: ev.CampaignPaused, out: list[cmd.Command]) -> None:
        self.pace.paused_because = event.why

    def _campaign_resumed(self, event: ev.CampaignResumed, out: list[cmd.Command]) -> None:
        self.pace.paused_because = None

    def _drain_requested(self, event: ev.DrainRequested, out: list[cmd.Command]) -> None:
        self.pace.draining_because = event.why
        self._own.stop(event, out)
        if self.floor.leads:
            out.append(cmd.ReleaseLeads(event.at, tuple(lead.lead_id for lead in self.floor.leads)))
            self.floor.leads.clear()

    def _serve(self, now: float, out: list[cmd.Command]) -> None:
        """Join those who wait longest to the agents who are ready longest."""
        for call in list(self.floor.waiting.values()):
            if call.hanging_up:
                continue
            agent = self.floor.longest_ready(call.refused_by)
            if agent is None:
                continue
            state = agent.next_state(ev.Answered(now, call.call_id))
            call.agent_id = agent.agent_id
            agent.call_id = call.call_id
            self.floor.index(call)
            self.floor.put_agent(agent, state, now, out)
            out.append(cmd.Bridge(now, call.call_id, agent.agent_id))

    def _due(self, kind: str, key: str, now: float, out: list[cmd.Command]) -> None:
        if kind == "wait":
            self._calls.waited_too_long(key, now, out)
        elif kind == "wrap_up":
            agent_id, call_id = key.split("\n")
            agent = self.floor.agent(agent_id)
            if agent.state is AgentState.WRAP_UP and agent.call_id == call_id:
                self._agents.wrapped_up(agent, now, out)
                self._serve(now, out)
        elif kind == "message":
            self._calls.message_over(key, now, out)
        elif kind == "call":
            self._calls.overdue(key, now, out)
        elif kind == "decide":
            self.pace.checked()
        elif kind == "preview":
            self._own.counted_down(key, now, out)
        elif kind == "grace":
            self._own.grace_over(key, now)

    def _report_health(self, now: float, out: list[cmd.Command]) -> None:
        if self._told_health is CampaignState.RUNNING and self.pace.plainly_running():
            return
        state, why = self.pace.health()
        if state is not self._told_health:
            self._told_health = state
            out.append(cmd.CampaignChanged(now, state, why))

    def _wake(self, out: list[cmd.Command]) -> None:
        """Ask for a `Tick` at the next deadline, once per deadline."""
        following = self._deadlines.next(self.floor.calls)
        if following is not None and following != self._woken_for:
            self._woken_for = following
            out.append(cmd.WakeAt(following))
