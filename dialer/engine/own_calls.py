"""Calls that belong to one agent: previewed leads, callbacks that the agent promised, numbers typed by hand.

Theory of operation
-------------------
Such a call is placed for an agent who waits for it (`Call.held`): nobody is answered without an agent, so the pacer
counts neither the call nor the agent until they talk. An agent is taken from the pacer's calls only at the moment of
becoming ready, or while no call is on its way to them; a person who waits goes first. A callback waits for the agent
who promised it for `callback_grace` seconds, then it is anybody's and goes before all other leads. When an agent is
lost while the call rings, it becomes an ordinary call: another agent may come in time, else the message plays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from dialer.engine import commands as cmd
from dialer.engine import events as ev
from dialer.engine.calls import again
from dialer.engine.config import EngineConfig
from dialer.engine.floor import Floor
from dialer.engine.pace import Pace
from dialer.engine.records import Agent
from dialer.engine.states import AgentState, IllegalEvent, LeadState
from dialer.engine.timers import Deadlines
from dnc.values import Mode

__all__ = ["OwnCalls"]

#: A countdown that ends while no call may be placed is tried again after this, s.
_AGAIN = 1.0


class OwnCalls:
    """The calls of one campaign's floor that agents place themselves.

    Args:
        config: limits and clocks.
        floor: the records.
        pace: places the calls, within the same limits as its own.
        deadlines: when countdowns and graces end.
    """

    def __init__(self, config: EngineConfig, floor: Floor, pace: Pace, deadlines: Deadlines) -> None:
        self._config, self._floor, self._pace, self._deadlines = config, floor, pace, deadlines
        self.handlers: dict[type, Callable[[Any, list[cmd.Command]], None]] = {
            ev.CallbacksDue: self._callbacks_due,
            ev.PreviewDialed: self._preview_dialed,
            ev.PreviewTimedOut: self._preview_timed_out,
            ev.PreviewSkipped: self._preview_skipped,
            ev.ManualDialed: self._manual_dialed,
        }

    def take_in(self, leads: Iterable[ev.Lead], now: float) -> None:
        """Put leads where they wait: with everybody's, or for the agent who promised a callback."""
        for lead in leads:
            until = self._grace_until(lead)
            if lead.for_agent and until > now and not self._config.agentless:
                self._floor.promised[lead.lead_id] = lead
                self._deadlines.add(until, "grace", str(lead.lead_id))
            else:
                self._floor.leads.append(lead)

    def offer(self, now: float, out: list[cmd.Command]) -> None:
        """Show ready agents the leads that are theirs."""
        floor = self._floor
        if not (floor.promised or (self._config.preview and floor.leads)) or self._pace.stopped:
            return
        for agent in floor.ready():
            if agent.since < now and floor.spare() <= 0:
                continue  # a call is on its way to somebody: whoever answers it must find an agent
            lead = next((each for each in floor.promised.values() if each.for_agent == agent.agent_id), None)
            if lead is not None:
                del floor.promised[lead.lead_id]
            elif self._config.preview and floor.leads:
                lead = floor.leads.popleft()
            else:
                continue
            state = agent.next_state(ev.LeadsOffered(now, (lead,)))
            agent.lead = lead
            floor.put_agent(agent, state, now, out)
            if self._config.preview_seconds:
                self._count_down(agent, now + self._config.preview_seconds)

    def grace_over(self, lead_id: str, now: float) -> None:
        """The agent who promised a callback did not come for it: it is anybody's.

        The grace of an earlier promise of the same lead, which was put off, says nothing of this one.
        """
        lead = self._floor.promised.get(int(lead_id))
        if lead is not None and now >= self._grace_until(lead):
            del self._floor.promised[lead.lead_id]
            self._floor.leads.appendleft(lead)

    def counted_down(self, key: str, now: float, out: list[cmd.Command]) -> None:
        """A countdown is over, perhaps one of a lead that was looked at before."""
        agent_id, lead_id = key.split("\n")
        agent = self._floor.agent(agent_id)
        if agent.state is not AgentState.PREVIEW or agent.lead is None or str(agent.lead.lead_id) != lead_id:
            return
        if self._pace.bars(now):
            self._count_down(agent, now + _AGAIN)
        else:
            self._preview_timed_out(ev.PreviewTimedOut(now, agent_id), out)

    def stop(self, event: ev.DrainRequested, out: list[cmd.Command]) -> None:
        """No new calls: what agents look at, and what waits for them, is given up."""
        for agent in self._floor.agents.values():
            if agent.state is AgentState.PREVIEW:
                state = agent.next_state(event)
                self._floor.give_back(agent)
                self._floor.put_agent(agent, state, event.at, out)
        self._floor.leads.extend(self._floor.promised.values())
        self._floor.promised.clear()

    def _grace_until(self, lead: ev.Lead) -> float:
        return float("-inf") if lead.promised_at is None else lead.promised_at + self._config.callback_grace

    def _count_down(self, agent: Agent, at: float) -> None:
        assert agent.lead is not None
        self._deadlines.add(at, "preview", f"{agent.agent_id}\n{agent.lead.lead_id}")

    def _callbacks_due(self, event: ev.CallbacksDue, out: list[cmd.Command]) -> None:
        if self._pace.draining_because is not None:
            out.append(cmd.ReleaseLeads(event.at, tuple(lead.lead_id for lead in event.leads)))
            return
        others = list(self._floor.leads)
        self._floor.leads.clear()
        self.take_in(event.leads, event.at)
        self._floor.leads.extend(others)

    def _preview_dialed(self, event: ev.PreviewDialed, out: list[cmd.Command]) -> None:
        self._dial_previewed(event, "preview", out)

    def _preview_timed_out(self, event: ev.PreviewTimedOut, out: list[cmd.Command]) -> None:
        # Nobody chose this call: the rules for calls that a machine places hold, an agent being there.
        self._dial_previewed(event, "progressive", out)

    def _dial_previewed(self, event: ev.PreviewDialed | ev.PreviewTimedOut, mode: Mode, out: list[cmd.Command]) -> None:
        agent = self._floor.agent(event.agent_id)
        state = agent.next_state(event)
        assert agent.lead is not None
        self._dial(agent, state, agent.lead, mode, event.at, out)

    def _preview_skipped(self, event: ev.PreviewSkipped, out: list[cmd.Command]) -> None:
        agent = self._floor.agent(event.agent_id)
        state, lead = agent.next_state(event), agent.lead
        assert lead is not None
        why = f"skipped by {agent.agent_id}: {event.why}"
        out.append(again(lead, event.at, LeadState.WAITING, event.at + self._config.skip_delay, why))
        self._floor.put_agent(agent, state, event.at, out, f"skip: {event.why}"[:32])

    def _manual_dialed(self, event: ev.ManualDialed, out: list[cmd.Command]) -> None:
        agent, floor = self._floor.agent(event.agent_id), self._floor
        state = agent.next_state(event)
        lead_id = event.lead.lead_id
        busy = any(each.lead is not None and each.lead.lead_id == lead_id for each in floor.agents.values())
        if busy or any(call.lead.lead_id == lead_id for call in floor.calls.values()):
            raise IllegalEvent("this person is on a call, or before another agent")
        barred = self._pace.bars(event.at)
        if barred:
            raise IllegalEvent(barred)
        agent.pause_code = event.then_pause
        self._dial(agent, state, floor.forget_lead(lead_id) or event.lead, "manual", event.at, out)

    def _dial(
        self, agent: Agent, state: AgentState, lead: ev.Lead, mode: Mode, at: float, out: list[cmd.Command]
    ) -> None:
        barred = self._pace.bars(at)
        if barred:
            raise IllegalEvent(barred)
        agent.call_id = self._pace.dial(lead, at, out, agent.agent_id, mode)
        # The state comes before the dial: a refusal, which follows it, puts the agent back.
        out.insert(len(out) - 1, cmd.AgentChanged(at, agent.agent_id, state, agent.call_id))
        self._floor.put_agent(agent, state, at, [])
