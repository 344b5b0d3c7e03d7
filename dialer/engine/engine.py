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
from typing import Any, Protocol

from dialer.engine import commands as cmd
from dialer.engine import events as ev
from dialer.engine.config import EngineConfig, Recycle
from dialer.engine.floor import Floor
from dialer.engine.pace import Pace, PacerPort
from dialer.engine.rate import TokenBucket
from dialer.engine.records import Agent, Call
from dialer.engine.states import AgentState, CallResult, CallState, CampaignState, IllegalEvent, LeadState
from dialer.engine.timers import Deadlines
from dialer.pacing import CallAbandoned, CallResolved, CallServed, HandleTime

__all__ = ["Engine", "LearningPacer"]

_RESULT_OF_CAUSE: dict[ev.EndCause, CallResult] = {
    "busy": CallResult.BUSY,
    "no_answer": CallResult.NO_ANSWER,
    "invalid": CallResult.INVALID,
    "congestion": CallResult.CONGESTION,
    "failed": CallResult.FAILED,
    "cancelled": CallResult.CANCELLED,
    "hung_up_by_us": CallResult.CANCELLED,
    "hung_up_by_person": CallResult.NO_ANSWER,  # turned away while ringing
    "machine": CallResult.MACHINE,
}
#: What the pacer learns of a call that reached no person.
_LESSON: dict[CallResult, str] = {
    CallResult.MACHINE: "machine",
    CallResult.FAX: "machine",
    CallResult.BUSY: "busy",
    CallResult.NO_ANSWER: "no_answer",
}


#: Events that change nothing of what the pacer is shown: it is not asked again because of them.
_UNSEEN = frozenset({ev.DialAllowed, ev.Placed})

#: What the carrier may say of a call that lives.
_CarrierWord = ev.Placed | ev.Ringing | ev.Answered | ev.Bridged | ev.BridgeFailed | ev.MessagePlayed | ev.OptedOut


class LearningPacer(PacerPort, Protocol):
    """A pacer: decides, and learns from what came of it."""

    def observe(self, outcome: Any) -> None:
        """Take in one `dialer.pacing` outcome."""


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
        self._pacer = pacer
        self._recycle = recycle
        self._deadlines = Deadlines()
        self.pace = Pace(config, pacer, self.floor, self._deadlines, account)
        self._now = float("-inf")
        self._woken_for: float | None = None
        self._told_health: CampaignState | None = None
        self._handlers: dict[type, Callable[[Any, list[cmd.Command]], None]] = {
            ev.Tick: lambda event, out: None,
            ev.AgentReady: self._agent_ready,
            ev.AgentPaused: self._agent_paused,
            ev.AgentGone: self._agent_gone,
            ev.AgentFinishing: self._agent_finishing,
            ev.Dispositioned: self._dispositioned,
            ev.LeadsOffered: self._leads_offered,
            ev.DialAllowed: self._dial_allowed,
            ev.DialRefused: self._dial_refused,
            ev.Placed: self._placed,
            ev.PlaceFailed: self._place_failed,
            ev.Ringing: self._ringing,
            ev.Answered: self._answered,
            ev.MachineDetected: self._machine_detected,
            ev.Bridged: self._bridged,
            ev.BridgeFailed: self._bridge_failed,
            ev.MessagePlayed: self._message_played,
            ev.OptedOut: self._opted_out,
            ev.Ended: self._ended,
            ev.Lost: self._lost,
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
        if due or type(event) not in _UNSEEN:
            self.pace.step(now, out)
        self._report_health(now, out)
        self._wake(out)
        return out

    @property
    def complete(self) -> bool:
        """Nothing is left to do: stopped or out of leads, and every live call is over."""
        if self.floor.calls or self.floor.leads:
            return False
        return self.pace.health()[0] is CampaignState.COMPLETE

    # -- agents -----------------------------------------------------------------------------------

    def _agent_ready(self, event: ev.AgentReady, out: list[cmd.Command]) -> None:
        agent = self.floor.agent(event.agent_id)
        state = agent.next_state(event)
        agent.pause_code = None
        if agent.state is AgentState.WRAP_UP:
            self._wrapped_up(agent, event.at, out)
        elif state is not agent.state:
            self.floor.put_agent(agent, state, event.at, out)

    def _agent_paused(self, event: ev.AgentPaused, out: list[cmd.Command]) -> None:
        agent = self.floor.agent(event.agent_id)
        state = agent.next_state(event)
        if state is AgentState.PAUSED:
            self.floor.put_agent(agent, state, event.at, out, event.code)
        else:
            agent.pause_code = event.code

    def _agent_gone(self, event: ev.AgentGone, out: list[cmd.Command]) -> None:
        agent = self.floor.agent(event.agent_id)
        call = self.floor.calls.get(agent.call_id or "")
        if agent.state is AgentState.RESERVED and call is not None:
            call.agent_id = None  # the person waits again; another agent may come in time
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
        call = self._known(event.call_id, event)
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
        if "opt_out" in self.config.dispositions[event.code]:
            out.append(self._suppression(call, event.at, f"agent {event.agent_id}"))
        call.disposition, call.callback_at = event.code, event.callback_at
        out.append(
            cmd.CallChanged(
                event.at,
                call.call_id,
                call.state,
                agent_id=event.agent_id,
                disposition=event.code,
                callback_at=event.callback_at,
                notes=event.notes,
            )
        )
        if mine and agent.state is AgentState.WRAP_UP and event.done:
            self._wrapped_up(agent, event.at, out)
        elif not mine and call.state is CallState.ENDED:
            self._close_lead(call, event.at, out)  # late words of an agent whose wrap-up ran out

    def _wrapped_up(self, agent: Agent, at: float, out: list[cmd.Command]) -> None:
        self._pacer.observe(HandleTime(at, agent.agent_id, agent.talk, max(0.0, at - agent.since)))
        self._close_lead_of(agent, at, out)
        self.floor.put_agent(agent, AgentState.READY, at, out)

    def _close_lead_of(self, agent: Agent, at: float, out: list[cmd.Command]) -> None:
        call = self.floor.find(agent.call_id or "")
        if call is not None:
            self._close_lead(call, at, out)

    # -- leads and dials --------------------------------------------------------------------------

    def _leads_offered(self, event: ev.LeadsOffered, out: list[cmd.Command]) -> None:
        self.pace.fetching = False
        self.pace.none_because = "" if event.leads else event.none_because
        self.pace.fetch_again_at = None if event.leads else event.retry_at
        if self.pace.draining_because is not None and event.leads:
            out.append(cmd.ReleaseLeads(event.at, tuple(lead.lead_id for lead in event.leads)))
            return
        self.floor.leads.extend(event.leads)
        if event.retry_at is not None and not event.leads:
            self._deadlines.add(event.retry_at, "fetch")

    def _dial_allowed(self, event: ev.DialAllowed, out: list[cmd.Command]) -> None:
        call = self._known(event.call_id, event)
        state = call.next_state(event)
        call.placed_at = event.at
        self.floor.moved(call, state, event.at)
        self.pace.gate_said(event.at, "")
        self._deadlines.add(event.at + self.config.place_deadline, "call", call.call_id)

    def _dial_refused(self, event: ev.DialRefused, out: list[cmd.Command]) -> None:
        call = self._known(event.call_id, event)
        self.floor.moved(call, call.next_state(event), event.at)
        self.pace.gate_said(event.at, event.codes[0] if event.codes else "REFUSED")
        codes = ",".join(event.codes)
        lead = call.lead
        if event.retry_at is not None:
            out.append(cmd.LeadChanged(event.at, lead.lead_id, LeadState.WAITING, event.retry_at, codes))
        elif event.whole_lead:
            out.append(cmd.LeadChanged(event.at, lead.lead_id, LeadState.BLOCKED, None, codes))
        else:
            out.append(
                cmd.LeadChanged(event.at, lead.lead_id, LeadState.READY, None, codes, lead.phone_id, phone_bad=codes)
            )

    # -- the life of a call -----------------------------------------------------------------------

    def _placed(self, event: ev.Placed, out: list[cmd.Command]) -> None:
        call = self._told(event)
        state = call.next_state(event)
        self.pace.taken()
        if call.state is CallState.PLACING:
            self.floor.moved(call, state, event.at)
            out.append(cmd.CallChanged(event.at, call.call_id, state, carrier_ref=event.carrier_ref))

    def _place_failed(self, event: ev.PlaceFailed, out: list[cmd.Command]) -> None:
        call = self._known(event.call_id, event)
        call.next_state(event)
        if call.state is not CallState.PLACING:
            return
        if event.kind == "unknown":  # it may ring: never dial again because of it, ask
            self._ask(call, event.at, out)
            return
        result = {
            "number": CallResult.INVALID,
            "account": CallResult.FAILED,
            "rate": CallResult.CONGESTION,
        }[event.kind]
        if event.kind == "rate":
            self.pace.back_off(event.at)
        if event.kind == "account":
            self.pace.paused_because = f"the carrier refuses: {event.detail}"
        self._end(call, result, event.at, out, detail=event.detail)
        if event.kind in ("account", "rate"):  # nothing rang: the lead is not burnt
            out.append(cmd.LeadChanged(event.at, call.lead.lead_id, LeadState.READY, None, event.detail))
        else:
            self._close_lead(call, event.at, out)

    def _ringing(self, event: ev.Ringing, out: list[cmd.Command]) -> None:
        call = self._told(event)
        state = call.next_state(event)
        if call.state in (CallState.PLACING, CallState.QUEUED):
            call.ringing_since = event.at
            self.floor.moved(call, state, event.at)
            self._deadlines.add(event.at + self.config.ring_timeout + 10.0, "call", call.call_id)
            out.append(cmd.CallChanged(event.at, call.call_id, state))

    def _answered(self, event: ev.Answered, out: list[cmd.Command]) -> None:
        call = self._told(event)
        state = call.next_state(event)
        if call.call_id not in self.floor.in_flight:
            return
        call.answered_at = event.at
        self.floor.moved(call, state, event.at)
        self._pacer.observe(CallResolved(event.at, call.call_id, call.placed_at, "human", event.at))
        self._deadlines.add(event.at + self.config.allowed_wait, "wait", call.call_id)
        out.append(cmd.CallChanged(event.at, call.call_id, state))

    def _machine_detected(self, event: ev.MachineDetected, out: list[cmd.Command]) -> None:
        call = self._known(event.call_id, event)
        call.next_state(event)
        if call.state is CallState.ENDED:
            return
        self._free_agent(call, event, out)
        out.append(cmd.HangUp(event.at, call.call_id, "machine"))
        call.machine = True
        self._end(call, CallResult.MACHINE, event.at, out, amd_machine=True)
        self._close_lead(call, event.at, out)

    def _bridged(self, event: ev.Bridged, out: list[cmd.Command]) -> None:
        call = self._told(event)
        state = call.next_state(event)
        if call.state is not CallState.ANSWERED:
            return
        agent = self.floor.agents.get(event.agent_id)
        if call.abandoned or agent is None or agent.call_id != call.call_id:
            out.append(cmd.HangUp(event.at, call.call_id, "lost_agent"))  # a join that nobody waits for any more
            return
        agent_state = agent.next_state(event)
        call.bridged_at = event.at
        self.floor.moved(call, state, event.at)
        assert call.answered_at is not None
        if event.at - call.answered_at <= self.config.greeting + self.config.connect_within:
            self._pacer.observe(CallServed(event.at, call.call_id, call.answered_at, agent.agent_id))
        else:  # joined, but too late for the law
            self._pacer.observe(CallAbandoned(event.at, call.call_id, call.answered_at))
        self._deadlines.add(event.at + self.config.time_limit + 60.0, "call", call.call_id)
        agent.call_since = event.at
        out.append(cmd.CallChanged(event.at, call.call_id, state, agent_id=agent.agent_id))
        self.floor.put_agent(agent, agent_state, event.at, out)

    def _bridge_failed(self, event: ev.BridgeFailed, out: list[cmd.Command]) -> None:
        call = self._told(event)
        if call.agent_id == event.agent_id and call.state is CallState.ANSWERED:
            self._free_agent(call, event, out)
            call.refused_by |= {event.agent_id}
            call.agent_id = None
            self.floor.index(call)

    def _message_played(self, event: ev.MessagePlayed, out: list[cmd.Command]) -> None:
        call = self._told(event)
        call.message_heard = True
        if call.state is CallState.ANSWERED:
            out.append(cmd.CallChanged(event.at, call.call_id, call.state, message_played=True))

    def _opted_out(self, event: ev.OptedOut, out: list[cmd.Command]) -> None:
        call = self._told(event)
        call.message_heard = True
        out.append(self._suppression(call, event.at, "key press"))
        call.lead_closed = True
        out.append(cmd.LeadChanged(event.at, call.lead.lead_id, LeadState.BLOCKED, None, "opted out"))
        if call.state is CallState.ANSWERED:
            out.append(cmd.CallChanged(event.at, call.call_id, call.state, message_played=True))

    def _ended(self, event: ev.Ended, out: list[cmd.Command]) -> None:
        call = self._known(event.call_id, event)
        call.next_state(event)
        if call.state is not CallState.ENDED:
            if call.abandoned and not call.message_heard:
                out.append(cmd.LookUp(event.at, call.call_id))  # an opt-out may have been told and lost on the way
            self._over(call, event, self._result_of(call, event), out)

    def _lost(self, event: ev.Lost, out: list[cmd.Command]) -> None:
        call = self._known(event.call_id, event)
        call.next_state(event)
        if call.state is CallState.ENDED:
            return
        result = {CallState.ANSWERED: CallResult.ABANDONED, CallState.BRIDGED: CallResult.HUMAN}.get(
            call.state, CallResult.FAILED
        )
        self._over(call, event, result, out, detail="lost: no word from the carrier")

    def _result_of(self, call: Call, event: ev.Ended) -> CallResult:
        """What an end means, by where the call stood."""
        if call.state is CallState.BRIDGED:
            return CallResult.HUMAN
        if call.state is CallState.ANSWERED:
            assert call.answered_at is not None
            in_time = event.at - call.answered_at <= self.config.greeting + self.config.connect_within
            if event.cause == "hung_up_by_person" and in_time and not call.abandoned:
                return CallResult.HUNG_UP_FIRST
            return CallResult.ABANDONED  # our fault or too late: a live person got nobody
        if call.released:
            return CallResult.CANCELLED
        return _RESULT_OF_CAUSE[event.cause]

    def _over(
        self,
        call: Call,
        event: ev.Ended | ev.Lost,
        result: CallResult,
        out: list[cmd.Command],
        detail: str = "",
    ) -> None:
        """Free the agent, tell the pacer, close the lead unless an agent still writes the call up."""
        bridged = call.state is CallState.BRIDGED
        if call.state is CallState.ANSWERED and result is CallResult.ABANDONED and not call.abandoned:
            assert call.answered_at is not None
            self._pacer.observe(CallAbandoned(event.at, call.call_id, call.answered_at))
        wraps_up = False
        if call.agent_id is not None:
            agent = self._free_agent(call, event, out)
            wraps_up = bridged and agent is not None and agent.state is AgentState.WRAP_UP
        heard = True if call.abandoned and isinstance(event, ev.Ended) and event.cause == "hung_up_by_person" else None
        self._end(call, result, event.at, out, detail=detail, message_played=heard)
        if not wraps_up:
            self._close_lead(call, event.at, out)

    def _end(self, call: Call, result: CallResult, at: float, out: list[cmd.Command], **fields: Any) -> None:
        """Write down a call's end; what reached no person teaches the pacer."""
        if call.answered_at is None:
            lesson: Any = "released" if call.released else _LESSON.get(result, "failed")
            self._pacer.observe(CallResolved(at, call.call_id, call.placed_at, lesson))
        call.result = result
        self.floor.moved(call, CallState.ENDED, at)
        out.append(cmd.CallChanged(at, call.call_id, CallState.ENDED, result=result, **fields))

    def _free_agent(self, call: Call, event: ev.Event, out: list[cmd.Command]) -> Agent | None:
        """Let go of the agent whom a call holds, by the agent table."""
        agent = self.floor.agents.get(call.agent_id or "")
        if agent is None or agent.call_id != call.call_id:
            return None  # the agent left before
        state = agent.next_state(event)
        if state is AgentState.WRAP_UP:
            agent.talk = event.at - agent.since
            self._deadlines.add(event.at + self.config.wrap_up_limit, "wrap_up", f"{agent.agent_id}\n{call.call_id}")
        self.floor.put_agent(agent, state, event.at, out)
        return agent

    def _close_lead(self, call: Call, at: float, out: list[cmd.Command]) -> None:
        """What becomes of the person after this call; an opt-out has the last word."""
        if call.lead_closed:
            return
        assert call.result is not None
        following = self._recycle(call.result.value, call.disposition, call.lead.attempts + 1, at, call.callback_at)
        out.append(
            cmd.LeadChanged(
                at,
                call.lead.lead_id,
                LeadState(following.status),
                following.next_at,
                following.why,
                call.lead.phone_id if following.phone_bad else None,
                following.phone_bad,
            )
        )

    def _suppression(self, call: Call, at: float, source: str) -> cmd.Suppress:
        return cmd.Suppress(at, call.call_id, call.lead.number, "asked not to be called", source)

    # -- limits -----------------------------------------------------------------------------------

    def _limits_changed(self, event: ev.LimitsChanged, out: list[cmd.Command]) -> None:
        self.pace.line_limit, self.pace.shared_tokens = event.line_limit, event.dial_tokens

    def _campaign_paused(self, event: ev.CampaignPaused, out: list[cmd.Command]) -> None:
        self.pace.paused_because = event.why

    def _campaign_resumed(self, event: ev.CampaignResumed, out: list[cmd.Command]) -> None:
        self.pace.paused_because = None

    def _drain_requested(self, event: ev.DrainRequested, out: list[cmd.Command]) -> None:
        self.pace.draining_because = event.why
        if self.floor.leads:
            out.append(cmd.ReleaseLeads(event.at, tuple(lead.lead_id for lead in self.floor.leads)))
            self.floor.leads.clear()

    # -- what time brings -------------------------------------------------------------------------

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
            self._waited_too_long(key, now, out)
        elif kind == "wrap_up":
            agent_id, call_id = key.split("\n")
            agent = self.floor.agent(agent_id)
            if agent.state is AgentState.WRAP_UP and agent.call_id == call_id:
                self._wrapped_up(agent, now, out)
                self._serve(now, out)
        elif kind == "call":
            self._overdue(key, now, out)
        elif kind == "decide":
            self.pace.checked()

    def _waited_too_long(self, call_id: str, now: float, out: list[cmd.Command]) -> None:
        """Nobody came within the time the law gives: the message plays, and the call counts as abandoned."""
        call = self.floor.calls.get(call_id)
        if call is None or call.state is not CallState.ANSWERED or call.abandoned:
            return
        if call.agent_id is not None:
            self._free_agent(call, ev.Tick(now), out)
            call.agent_id = None
        call.abandoned = True
        self.floor.index(call)
        assert call.answered_at is not None
        self._pacer.observe(CallAbandoned(now, call.call_id, call.answered_at))
        self._deadlines.add(now + 60.0, "call", call.call_id)
        out.append(cmd.CallChanged(now, call.call_id, call.state, result=CallResult.ABANDONED))
        out.append(cmd.PlayMessage(now, call.call_id))

    def _overdue(self, call_id: str, now: float, out: list[cmd.Command]) -> None:
        """A call without news past the deadline of its state: ask the carrier, then give it up as lost."""
        call = self.floor.calls.get(call_id)
        if call is None:
            return
        if call.asked_at is not None and now >= call.asked_at + self.config.look_up_deadline:
            out.append(cmd.HangUp(now, call_id, "lost"))  # should it live after all, nobody waits for it
            self._lost(ev.Lost(now, call_id), out)
            return
        if call.asked_at is None:
            due = max(call.since, call.heard_at) + self._patience(call)
            if now >= due - 1e-6:
                self._ask(call, now, out)
            else:  # it was heard of since: look again when that is long ago
                self._deadlines.add(due, "call", call_id)

    def _patience(self, call: Call) -> float:
        """Seconds without news after which the carrier is asked about a call."""
        if call.state is CallState.RINGING:
            return self.config.ring_timeout + 10.0
        if call.state is CallState.ANSWERED:
            return 60.0
        if call.state is CallState.BRIDGED:
            return self.config.time_limit + 60.0
        return self.config.place_deadline

    def _ask(self, call: Call, now: float, out: list[cmd.Command]) -> None:
        call.asked_at = now
        self._deadlines.add(now + self.config.look_up_deadline, "call", call.call_id)
        out.append(cmd.LookUp(now, call.call_id))

    def _hear(self, call: Call, at: float) -> None:
        """The carrier spoke of a call: it is not lost, and its deadline begins anew."""
        call.heard_at = at
        if call.asked_at is not None:
            call.asked_at = None
            self._deadlines.add(at + self._patience(call), "call", call.call_id)

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

    def _known(self, call_id: str, event: object) -> Call:
        call = self.floor.find(call_id)
        if call is None:
            raise IllegalEvent(f"{type(event).__name__} speaks of call {call_id}, which is not one of ours")
        return call

    def _told(self, event: _CarrierWord) -> Call:
        """The call of which the carrier speaks, as far as the table allows the word; it is heard of now."""
        call = self._known(event.call_id, event)
        call.next_state(event)
        self._hear(call, event.at)
        return call
