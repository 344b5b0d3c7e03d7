"""The life of a call: what the gate and the carrier say of it, and what follows.

Every word goes through the call table first (`states`): an illegal one raises and changes nothing. A live answer ends
as exactly one of: bridged in time, abandoned with the message, hung up first by the person. A call without news past
the deadline of its state is asked about, then given up as lost.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from dialer.engine import commands as cmd
from dialer.engine import events as ev
from dialer.engine.config import EngineConfig, Recycle
from dialer.engine.floor import Floor
from dialer.engine.pace import Pace, PacerPort
from dialer.engine.records import Agent, Call
from dialer.engine.states import AgentState, CallResult, CallState, IllegalEvent, LeadState
from dialer.engine.timers import Deadlines
from dialer.pacing import CallAbandoned, CallResolved, CallServed

__all__ = ["SUPPRESSING", "Calls", "LearningPacer", "again"]

_OPTED_OUT = "asked not to be called"
_ASKED = "asked for an agent by key"
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
#: Outcomes after which a number, or every number of the person, is called no more: flag, reason, whole person.
SUPPRESSING = (
    ("attorney", "represented by an attorney (15 U.S.C. 1692c(a)(2))", True),
    ("cease", "asked that contact cease (15 U.S.C. 1692c(c))", True),
    ("opt_out", _OPTED_OUT, False),
    ("wrong_number", "wrong number", False),
)
#: What the pacer learns of a call that reached no person.
_LESSON: dict[CallResult, str] = {
    CallResult.MACHINE: "machine",
    CallResult.FAX: "machine",
    CallResult.BUSY: "busy",
    CallResult.NO_ANSWER: "no_answer",
}

#: What the carrier may say of a call that lives.
_CarrierWord = (
    ev.Placed
    | ev.Ringing
    | ev.Answered
    | ev.Bridged
    | ev.BridgeFailed
    | ev.MessagePlayed
    | ev.OptedOut
    | ev.AgentAsked
    | ev.MachineReady
)


def again(
    lead: ev.Lead, at: float, state: LeadState, next_at: float | None, why: str, *, bad: bool = False
) -> cmd.LeadChanged:
    """A lead that was not called is offered again; a promised callback stays one, and its agent's.

    Args:
        lead: as it was taken.
        at: now.
        state: of a lead without a promise.
        next_at: the earliest next attempt; None: at once.
        why: on record.
        bad: the number itself may not be called; another of the lead may.
    """
    if lead.promised_at is not None:
        state, next_at = LeadState.CALLBACK, at if next_at is None else next_at
    phone_id, phone_bad = (lead.phone_id, why) if bad else (None, None)
    agent = lead.for_agent if lead.promised_at is not None else ""
    return cmd.LeadChanged(at, lead.lead_id, state, next_at, why, phone_id, phone_bad, agent)


class LearningPacer(PacerPort, Protocol):
    """A pacer: decides, and learns from what came of it."""

    def observe(self, outcome: Any) -> None:
        """Take in one `dialer.pacing` outcome."""


class Calls:
    """The calls of one campaign's floor.

    Args:
        config: limits and clocks.
        floor: the records.
        pace: what dials; it hears of the carrier's refusals.
        pacer: learns from what came of each call.
        deadlines: by when something must have been heard.
        recycle: what becomes of a lead after a call (`campaigns.recycle`).
    """

    def __init__(
        self,
        config: EngineConfig,
        floor: Floor,
        pace: Pace,
        pacer: LearningPacer,
        deadlines: Deadlines,
        recycle: Recycle,
    ) -> None:
        self.config, self.floor, self.pace = config, floor, pace
        self._pacer, self._deadlines, self._recycle = pacer, deadlines, recycle
        self.handlers: dict[type, Callable[[Any, list[cmd.Command]], None]] = {
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
            ev.AgentAsked: self._agent_asked,
            ev.MachineReady: self._machine_ready,
            ev.Ended: self._ended,
            ev.Lost: self._lost,
        }

    def known(self, call_id: str, event: object) -> Call:
        """The call of that id, living or over; raises `IllegalEvent` where there is none."""
        call = self.floor.find(call_id)
        if call is None:
            raise IllegalEvent(f"{type(event).__name__} speaks of call {call_id}, which is not one of ours")
        return call

    def close_lead(self, call: Call, at: float, out: list[cmd.Command]) -> None:
        """What becomes of the person after this call; an opt-out has the last word."""
        if call.lead_closed:
            return
        if call.lead.by_hand and call.disposition is None:
            out.append(cmd.ReleaseLeads(at, (call.lead.lead_id,)))
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
                call.callback_for if following.status == "callback" else "",
            )
        )

    def suppression(self, call: Call, at: float, code: str, source: str) -> cmd.Suppress | None:
        """The entry on the internal list that an outcome asks for, or None; the widest when it asks for several."""
        flags = self.config.dispositions[code]
        for flag, reason, whole_person in SUPPRESSING:
            if flag in flags:
                return cmd.Suppress(at, call.call_id, call.lead.number, reason, source, whole_person)
        return None

    def waited_too_long(self, call_id: str, now: float, out: list[cmd.Command]) -> None:
        """Nobody came within the time the law gives: the message plays, and the call counts as abandoned."""
        call = self.floor.calls.get(call_id)
        if call is None or call.state is not CallState.ANSWERED or call.abandoned or call.messaging or call.machine:
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

    def overdue(self, call_id: str, now: float, out: list[cmd.Command]) -> None:
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

    def _dial_allowed(self, event: ev.DialAllowed, out: list[cmd.Command]) -> None:
        call = self.known(event.call_id, event)
        state = call.next_state(event)
        call.placed_at = event.at
        self.floor.moved(call, state, event.at)
        self.pace.gate_said(event.at, "")
        self._deadlines.add(event.at + self.config.place_deadline, "call", call.call_id)

    def _dial_refused(self, event: ev.DialRefused, out: list[cmd.Command]) -> None:
        call = self.known(event.call_id, event)
        state = call.next_state(event)
        self._free_agent(call, event, out, event.say)
        self.floor.moved(call, state, event.at)
        codes = ",".join(event.codes)
        lead = call.lead
        if lead.by_hand or event.as_it_was:
            out.append(cmd.ReleaseLeads(event.at, (lead.lead_id,)))
            return
        self.pace.gate_said(event.at, event.codes[0] if event.codes else "REFUSED")
        if event.retry_at is not None:
            out.append(again(lead, event.at, LeadState.WAITING, event.retry_at, codes))
        elif event.whole_lead:
            out.append(cmd.LeadChanged(event.at, lead.lead_id, LeadState.BLOCKED, None, codes))
        else:
            out.append(again(lead, event.at, LeadState.READY, None, codes, bad=True))

    def _placed(self, event: ev.Placed, out: list[cmd.Command]) -> None:
        call = self._told(event)
        state = call.next_state(event)
        self.pace.taken()
        if call.state is CallState.PLACING:
            self.floor.moved(call, state, event.at)
            out.append(cmd.CallChanged(event.at, call.call_id, state, carrier_ref=event.carrier_ref))

    def _place_failed(self, event: ev.PlaceFailed, out: list[cmd.Command]) -> None:
        call = self.known(event.call_id, event)
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
        self._free_agent(call, event, out, result.value)
        self._end(call, result, event.at, out, detail=event.detail)
        if event.kind in ("account", "rate") and not call.lead.by_hand:  # nothing rang: the lead is not burnt
            out.append(again(call.lead, event.at, LeadState.READY, None, event.detail))
        else:
            self.close_lead(call, event.at, out)

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
        call.messaging = self.config.agentless
        self.floor.moved(call, state, event.at)
        if not call.held:
            self._pacer.observe(CallResolved(event.at, call.call_id, call.placed_at, "human", event.at))
        out.append(cmd.CallChanged(event.at, call.call_id, state))
        if call.messaging:
            self._deadlines.add(event.at + self.config.message_seconds, "message", call.call_id)
            out.append(cmd.PlayMessage(event.at, call.call_id, "message"))
            return
        self._deadlines.add(event.at + self.config.allowed_wait, "wait", call.call_id)
        if call.agent_id is not None:  # held for this very call
            agent = self.floor.agent(call.agent_id)
            self.floor.put_agent(agent, agent.next_state(event), event.at, out)
            out.append(cmd.Bridge(event.at, call.call_id, agent.agent_id))

    def _machine_detected(self, event: ev.MachineDetected, out: list[cmd.Command]) -> None:
        call = self.known(event.call_id, event)
        call.next_state(event)
        if call.state is CallState.ENDED or call.machine:
            return
        self._free_agent(call, event, out, CallResult.MACHINE.value)
        out.append(cmd.HangUp(event.at, call.call_id, "machine"))
        call.machine = True
        self._end(call, CallResult.MACHINE, event.at, out, amd_machine=True)
        self.close_lead(call, event.at, out)

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
        if self._in_time(call, event.at):
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
        elif call.result is CallResult.MESSAGE_PART:
            self._correct(call, CallResult.MESSAGE_HEARD, event.at, out, message_played=True)
        elif call.result is CallResult.MACHINE and call.machine and self.config.leave_voicemail:
            self._correct(call, CallResult.VOICEMAIL_LEFT, event.at, out, message_played=True)

    def _opted_out(self, event: ev.OptedOut, out: list[cmd.Command]) -> None:
        call = self._told(event)
        call.message_heard = call.opted_out = True
        out.append(cmd.Suppress(event.at, call.call_id, call.lead.number, _OPTED_OUT, "key press"))
        call.lead_closed = True
        out.append(cmd.LeadChanged(event.at, call.lead.lead_id, LeadState.BLOCKED, None, "opted out"))
        if call.state is CallState.ANSWERED:
            out.append(cmd.CallChanged(event.at, call.call_id, call.state, message_played=True))
        elif call.result in (CallResult.MESSAGE_PART, CallResult.MESSAGE_HEARD):
            self._correct(call, CallResult.OPTED_OUT, event.at, out)

    def _agent_asked(self, event: ev.AgentAsked, out: list[cmd.Command]) -> None:
        """The message is over for a person who asked for an agent: from now on they wait for one."""
        call = self._told(event)
        if call.result is CallResult.MESSAGE_PART and call.wants_agent_at is None:  # told too late: nobody came
            call.wants_agent_at = event.at
            assert call.answered_at is not None
            self._pacer.observe(CallAbandoned(event.at, call.call_id, call.answered_at))
            self._correct(call, CallResult.ABANDONED, event.at, out, detail=_ASKED)
        if not call.messaging or call.state is not CallState.ANSWERED or call.opted_out:
            return  # pressed twice, or too late
        call.messaging, call.wants_agent_at = False, event.at
        self.floor.index(call)
        wait = max(0.0, self.config.connect_within - self.config.message_lead)  # nobody says a greeting any more
        self._deadlines.add(event.at + wait, "wait", call.call_id)
        out.append(cmd.CallChanged(event.at, call.call_id, call.state, detail=_ASKED))

    def _machine_ready(self, event: ev.MachineReady, out: list[cmd.Command]) -> None:
        """A machine records from now on: it gets its message, if there is one for it."""
        if not (self.config.agentless and self.config.leave_voicemail):
            self._machine_detected(ev.MachineDetected(event.at, event.call_id), out)
            return
        call = self._told(event)
        state = call.next_state(event)
        if call.state in (CallState.ENDED, CallState.BRIDGED) or call.machine or call.wants_agent_at is not None:
            return
        call.machine, call.messaging = True, False
        if call.answered_at is None:
            call.answered_at = event.at
            self._pacer.observe(CallResolved(event.at, call.call_id, call.placed_at, "machine", event.at))
        self.floor.moved(call, state, event.at)
        self._deadlines.add(event.at + self.config.message_seconds, "message", call.call_id)
        out.append(cmd.CallChanged(event.at, call.call_id, state, amd_machine=True))
        out.append(cmd.PlayMessage(event.at, call.call_id, "voicemail"))

    def message_over(self, call_id: str, now: float, out: list[cmd.Command]) -> None:
        """A message has lasted as long as any may: the call is ended."""
        call = self.floor.calls.get(call_id)
        if call is None or call.answered_at is None or now < call.since + self.config.message_seconds - 1e-6:
            return
        if (call.messaging or call.machine) and not call.hanging_up:
            self.floor.hang_up(call)
            out.append(cmd.HangUp(now, call_id, "message_over"))

    def _correct(self, call: Call, result: CallResult, at: float, out: list[cmd.Command], **fields: Any) -> None:
        """A late word of the carrier says more of a call that is over; the lead stays closed as it was."""
        call.result = result
        out.append(cmd.CallChanged(at, call.call_id, CallState.ENDED, result=result, late=True, **fields))

    def _ended(self, event: ev.Ended, out: list[cmd.Command]) -> None:
        call = self.known(event.call_id, event)
        call.next_state(event)
        if call.state is not CallState.ENDED:
            if (call.abandoned or call.messaging) and not call.message_heard:
                out.append(cmd.LookUp(event.at, call.call_id))  # an opt-out may have been told and lost on the way
            self._over(call, event, self._result_of(call, event), out)

    def _lost(self, event: ev.Lost, out: list[cmd.Command]) -> None:
        call = self.known(event.call_id, event)
        call.next_state(event)
        if call.state is CallState.ENDED:
            return
        result = {CallState.ANSWERED: CallResult.ABANDONED, CallState.BRIDGED: self._talked(call)}.get(
            call.state, CallResult.FAILED
        )
        if call.state is CallState.ANSWERED and (call.messaging or call.machine):
            result = self._of_message(call, by_itself=False)
        self._over(call, event, result, out, detail="lost: no word from the carrier")

    def _result_of(self, call: Call, event: ev.Ended) -> CallResult:
        """What an end means, by where the call stood."""
        if call.state is CallState.BRIDGED:
            return self._talked(call)
        if call.state is CallState.ANSWERED and (call.messaging or call.machine):
            if event.cause == "machine":
                return CallResult.MACHINE  # one that detection took for a person, or that stopped recording
            if event.cause not in ("hung_up_by_person", "hung_up_by_us") and not call.machine:
                return CallResult.ABANDONED  # our fault: a person was cut off
            return self._of_message(call, by_itself=event.cause == "hung_up_by_us" and not call.hanging_up)
        if call.state is CallState.ANSWERED:
            in_time = self._in_time(call, event.at) and call.wants_agent_at is None  # who asked and left had nobody
            if event.cause == "hung_up_by_person" and in_time and not call.abandoned:
                return CallResult.HUNG_UP_FIRST
            return CallResult.ABANDONED  # our fault or too late: a live person got nobody
        if call.released:
            return CallResult.CANCELLED
        return _RESULT_OF_CAUSE[event.cause]

    def _in_time(self, call: Call, at: float) -> bool:
        """Whether an agent who comes at an instant comes within the time that the law gives."""
        greeting = self.config.greeting if call.wants_agent_at is None else 0.0
        return at - call.waits_since <= greeting + self.config.connect_within

    def _talked(self, call: Call) -> CallResult:
        """The result of a conversation: one that was asked for by key, and given in time, is told apart."""
        asked = call.wants_agent_at is not None and call.bridged_at is not None and self._in_time(call, call.bridged_at)
        return CallResult.TO_AGENT if asked else CallResult.HUMAN

    @staticmethod
    def _of_message(call: Call, *, by_itself: bool) -> CallResult:
        """What became of a message; `by_itself`: the carrier ended the call, as it does at the end of a message."""
        whole = call.message_heard or by_itself
        if call.machine:
            return CallResult.VOICEMAIL_LEFT if whole else CallResult.MACHINE
        if call.opted_out:
            return CallResult.OPTED_OUT
        return CallResult.MESSAGE_HEARD if whole else CallResult.MESSAGE_PART

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
            agent = self._free_agent(call, event, out, result.value)
            wraps_up = bridged and agent is not None and agent.state is AgentState.WRAP_UP
        heard = True if call.abandoned and isinstance(event, ev.Ended) and event.cause == "hung_up_by_person" else None
        if result in (CallResult.MESSAGE_HEARD, CallResult.VOICEMAIL_LEFT):
            heard = True
        self._end(call, result, event.at, out, detail=detail, message_played=heard)
        if not wraps_up:
            self.close_lead(call, event.at, out)

    def _end(self, call: Call, result: CallResult, at: float, out: list[cmd.Command], **fields: Any) -> None:
        """Write down a call's end; what reached no person teaches the pacer."""
        if call.answered_at is None and not call.held:
            lesson: Any = "released" if call.released else _LESSON.get(result, "failed")
            self._pacer.observe(CallResolved(at, call.call_id, call.placed_at, lesson))
        call.result = result
        self.floor.moved(call, CallState.ENDED, at)
        out.append(cmd.CallChanged(at, call.call_id, CallState.ENDED, result=result, **fields))

    def _free_agent(self, call: Call, event: ev.Event, out: list[cmd.Command], say: str = "") -> Agent | None:
        """Let go of the agent whom a call holds, by the agent table; who waited for it is told what came of it."""
        agent = self.floor.agents.get(call.agent_id or "")
        if agent is None or agent.call_id != call.call_id:
            return None  # the agent left before
        state = agent.next_state(event)
        say = say if agent.state is AgentState.DIALING else ""
        if state is AgentState.WRAP_UP:
            agent.talk = event.at - agent.since
            self._deadlines.add(event.at + self.config.wrap_up_limit, "wrap_up", f"{agent.agent_id}\n{call.call_id}")
        self.floor.put_agent(agent, state, event.at, out, say=say)
        return agent

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

    def _told(self, event: _CarrierWord) -> Call:
        """The call of which the carrier speaks, as far as the table allows the word; it is heard of now."""
        call = self.known(event.call_id, event)
        call.next_state(event)
        self._hear(call, event.at)
        return call
