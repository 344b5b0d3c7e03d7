"""What agents do: come, pause, leave, say what came of a call, finish writing it up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dialer.engine import commands as cmd
from dialer.engine import events as ev
from dialer.engine.calls import Calls, LearningPacer
from dialer.engine.config import EngineConfig
from dialer.engine.floor import Floor
from dialer.engine.records import Agent
from dialer.engine.states import AgentState, CallState, IllegalEvent
from dialer.pacing import HandleTime

__all__ = ["Agents"]


class Agents:
    """The agents of one campaign's floor.

    Args:
        config: what they may say of a call.
        floor: the records.
        calls: whose leads they close.
        pacer: learns how long they take.
    """

    def __init__(self, config: EngineConfig, floor: Floor, calls: Calls, pacer: LearningPacer) -> None:
        self.config, self.floor = config, floor
        self._calls, self._pacer = calls, pacer
        self.handlers: dict[type, Callable[[Any, list[cmd.Command]], None]] = {
            ev.AgentReady: self._agent_ready,
            ev.AgentPaused: self._agent_paused,
            ev.AgentGone: self._agent_gone,
            ev.AgentFinishing: self._agent_finishing,
            ev.Dispositioned: self._dispositioned,
        }

    def _agent_ready(self, event: ev.AgentReady, out: list[cmd.Command]) -> None:
        agent = self.floor.agent(event.agent_id)
        state = agent.next_state(event)
        agent.pause_code = None
        if agent.state is AgentState.WRAP_UP:
            self.wrapped_up(agent, event.at, out)
        elif state is not agent.state:
            self.floor.put_agent(agent, state, event.at, out)

    def _agent_paused(self, event: ev.AgentPaused, out: list[cmd.Command]) -> None:
        agent = self.floor.agent(event.agent_id)
        state = agent.next_state(event)
        if state is AgentState.PAUSED:
            self.floor.give_back(agent)
            self.floor.put_agent(agent, state, event.at, out, event.code)
        else:
            agent.pause_code = event.code

    def _agent_gone(self, event: ev.AgentGone, out: list[cmd.Command]) -> None:
        agent = self.floor.agent(event.agent_id)
        call = self.floor.calls.get(agent.call_id or "")
        self.floor.give_back(agent)
        if agent.state in (AgentState.DIALING, AgentState.RESERVED) and call is not None:
            call.agent_id, call.held = None, False  # the person waits (again); another agent may come in time
            self.floor.index(call)
        elif agent.state is AgentState.TALKING and call is not None:
            out.append(cmd.PlayMessage(event.at, call.call_id))  # the person is told, not left in silence
        elif agent.state is AgentState.WRAP_UP:
            self._close_lead_of(agent, event.at, out)
        self.floor.put_agent(agent, AgentState.OFFLINE, event.at, out, event.why)

    def _agent_finishing(self, event: ev.AgentFinishing, out: list[cmd.Command]) -> None:
        agent = self.floor.agent(event.agent_id)
        agent.next_state(event)
        self.floor.finishing(agent, event.at + max(0.0, event.seconds))

    def _dispositioned(self, event: ev.Dispositioned, out: list[cmd.Command]) -> None:
        call = self._calls.known(event.call_id, event)
        if event.code not in self.config.dispositions:
            raise IllegalEvent(
                f"disposition {event.code!r} is not one of {', '.join(sorted(self.config.dispositions))}"
            )
        if call.bridged_at is None:
            raise IllegalEvent(f"call {call.call_id} never reached an agent; nobody can say what came of it")
        agent = self.floor.agent(event.agent_id)
        mine = agent.call_id == call.call_id
        if mine:
            agent.next_state(event)
        suppression = self._calls.suppression(call, event.at, event.code, f"agent {event.agent_id}")
        if suppression is not None:
            out.append(suppression)
        call.disposition, call.callback_at, call.callback_for = event.code, event.callback_at, event.callback_for
        out.append(
            cmd.CallChanged(
                event.at,
                call.call_id,
                call.state,
                agent_id=event.agent_id,
                disposition=event.code,
                callback_at=event.callback_at,
                notes=event.notes,
                callback_for=event.callback_for,
                promise=event.promise,
            )
        )
        if mine and agent.state is AgentState.WRAP_UP and event.done:
            self.wrapped_up(agent, event.at, out)
        elif not mine and call.state is CallState.ENDED:
            self._calls.close_lead(call, event.at, out)  # late words of an agent whose wrap-up ran out

    def wrapped_up(self, agent: Agent, at: float, out: list[cmd.Command]) -> None:
        """The agent is done with the last call, or took too long over it, and is ready for the next."""
        self._pacer.observe(HandleTime(at, agent.agent_id, agent.talk, max(0.0, at - agent.since)))
        self._close_lead_of(agent, at, out)
        self.floor.put_agent(agent, AgentState.READY, at, out)

    def _close_lead_of(self, agent: Agent, at: float, out: list[cmd.Command]) -> None:
        call = self.floor.find(agent.call_id or "")
        if call is not None:
            self._calls.close_lead(call, at, out)
