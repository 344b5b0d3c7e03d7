r"""A carrier without telephones: the embedded default, in virtual or real time.

Theory of operation. Each call is a small state machine of the far end (`Stage`); its next natural step
(ring, answer, hang up in impatience, reach the end of the message or the time limit) is one waiting
callback of the clock, replaced at every change of stage. The steps' times come from the `Encounter` that
the far end gave at the instant of dialing and from counted draws. Both are named after the attempt (the
number, and which call of it this is), not after the call id, so a run is exact for a seed, whatever the order
of placing and whatever calls are named. The carrier's own record is written before anything is delivered.
Nothing is delivered from inside a verb: the answer comes from the clock, at the same instant at the
earliest. An event's `at` is the instant of its delivery. Instants are seconds since the epoch, durations are
seconds.

    placing -> queued -> ringing -> answered <-> bridged        each of them -> ended
                             \-> screening   \-> message
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from dialer.carriers.port import Deliver, PlaceRequest, Spoken
from dialer.carriers.simulated.call import IN_PERSON, LiveCall, Stage
from dialer.carriers.simulated.distributions import Distribution, Uniform
from dialer.carriers.simulated.draws import Stream
from dialer.carriers.simulated.encounter import ANSWERS, FarEnd, FarEndResult
from dialer.carriers.simulated.faults import NO_FAULTS, FaultPlan, Faults
from dialer.carriers.simulated.record import CallRecord, CarrierRecord
from dialer.clock import Clock
from dialer.engine.events import (
    AgentAsked,
    Answered,
    Bridged,
    BridgeFailed,
    EndCause,
    Ended,
    Event,
    FailureKind,
    LimitsChanged,
    Lost,
    MachineDetected,
    MachineReady,
    MessagePlayed,
    OptedOut,
    Placed,
    PlaceFailed,
    Ringing,
)

__all__ = ["SimulatedCarrier"]

#: How far the carrier's own count of calls per second lets the caller's run ahead.
_RATE_TOLERANCE = 1.05
#: How long a machine records before it hangs up, s.
_VOICEMAIL_SECONDS = 90.0

_NETWORK_CAUSES: dict[FarEndResult, EndCause] = {
    "busy": "busy",
    "invalid": "invalid",
    "congestion": "congestion",
}


class SimulatedCarrier:
    """Implements `dialer.carriers.port.Carrier` over a clock and a far end.

    A new carrier knows nothing of another's calls: `look_up` of them delivers `Lost`. A carrier that is
    closed and opened again keeps its calls, which live on in between: a dialer's crash as the carrier sees
    it.

    Args:
        clock: virtual or real.
        people: who is called.
        faults: what goes wrong; nothing by default.
        name: the carrier's name.
        lines: the most calls at once, or None; one more is refused with `PlaceFailed("rate")`. Told by
            `LimitsChanged` at `open` when there is a limit.
        calls_per_second: the account's rate; the carrier allows bursts of one second's worth and 5 % more.
        screens_machines: the carrier's own call-progress analysis tells machines before it tells an answer,
            so that no agent meets one: `MachineDetected` `detection` seconds after a machine picks up, then
            `Ended`. Otherwise a machine is `Answered` like a person, and `MachineDetected` follows when the
            request asks for it; the call then goes on until somebody hangs up.
        detection: s that detection takes.
        mistaken_for_machine: probability that detection takes a person for a machine.
        mistaken_for_person: probability that detection takes a machine for a person.
        message_seconds: length of the safe-harbour message.
        place_delay: s until the carrier takes a call.
        bridge_delay: s until person and agent hear each other.
        look_up_delay: s until a look-up is answered.
        record: the carrier's evidence; a record in memory by default.
        seed: of the carrier's own delays and mistakes.
    """

    def __init__(
        self,
        clock: Clock,
        people: FarEnd,
        *,
        faults: Faults = NO_FAULTS,
        name: str = "simulated",
        lines: int | None = None,
        calls_per_second: float = 1000.0,
        screens_machines: bool = True,
        detection: float = 3.0,
        mistaken_for_machine: float = 0.0,
        mistaken_for_person: float = 0.0,
        message_seconds: float = 8.0,
        place_delay: Distribution | None = None,
        bridge_delay: Distribution | None = None,
        look_up_delay: float = 0.05,
        record: CarrierRecord | None = None,
        seed: int = 0,
    ) -> None:
        if not calls_per_second > 0.0:
            raise ValueError(f"calls_per_second must be above 0, got {calls_per_second!r}")
        self.name = name
        self.calls_per_second = calls_per_second
        self.record = CarrierRecord() if record is None else record
        self._clock = clock
        self._people = people
        self._plan = FaultPlan(faults)
        self._lines = lines
        self._screens_machines = screens_machines
        self._detection = detection
        self._mistaken_for_machine = mistaken_for_machine
        self._mistaken_for_person = mistaken_for_person
        self._message_seconds = message_seconds
        self._place_delay = Uniform(0.05, 0.15) if place_delay is None else place_delay
        self._bridge_delay = Uniform(0.05, 0.15) if bridge_delay is None else bridge_delay
        self._look_up_delay = look_up_delay
        self._stream = Stream(seed, "carrier")
        self._live: dict[str, LiveCall] = {}
        self._dialed: dict[str, int] = {}  # how often each number was called
        self._untold: dict[str, EndCause] = {}  # calls whose `Ended` got lost
        self._agents: dict[str, LiveCall] = {}  # whom each agent is joined, or being joined, to
        self._tokens = self._burst = max(1.0, calls_per_second) * _RATE_TOLERANCE
        self._tokens_at = clock.now()
        self._account_fault: str | None = None
        self._deliver: Deliver | None = None

    # ------------------------------------------------------------------ the port

    def open(self, deliver: Deliver) -> None:
        """Deliver events to `deliver` from now on."""
        self._deliver = deliver
        if self._lines is not None:
            self._soon(LimitsChanged(self._clock.now(), self._lines, None))

    def close(self) -> None:
        """Stop delivering. Calls live on, and are told of again after another `open`."""
        self._deliver = None

    def place(self, request: PlaceRequest) -> None:
        """Dial. A call id that was already dialed is not dialed again: its state is told."""
        call_id, now = request.call_id, self._clock.now()
        if call_id in self.record:
            self.look_up(call_id)
            return
        nth = self._dialed.get(request.number, 0) + 1
        attempt = f"{request.number}#{nth}"
        u = self._stream.draws(attempt)
        answer_at = now + self._place_delay.quantile(u[0]) + self._plan.place_latency(attempt)
        refusal = self._refusal(now)
        if refusal is not None:
            self._clock.call_at(answer_at, partial(self._send, PlaceFailed(now, call_id, *refusal)))
            return
        encounter = self._people.meet(attempt, request.number, now)
        record = CallRecord(call_id, request.number, request.caller_id, now, nth, encounter.result)
        self._dialed[request.number] = nth
        call = LiveCall(request, encounter, record, u)
        self.record.add(record)
        self._live[call_id] = call
        call.step = self._clock.call_at(answer_at, partial(self._take, call))

    def bridge(self, call_id: str, agent_id: str) -> None:
        """Join an answered person to an agent; one that hangs up before the join is simply `Ended`."""
        call = self._live.get(call_id)
        now = self._clock.now()
        why = self._no_bridge(call, agent_id, now)
        if call is None or why:
            when = now + self._bridge_delay.quantile(0.5 if call is None else call.u[1])
            self._clock.call_at(when, partial(self._send, BridgeFailed(now, call_id, agent_id, why)))
        elif call.stage is Stage.BRIDGED:
            self._soon(Bridged(now, call_id, agent_id))
        elif call.joining is None:
            self._agents[agent_id] = call
            when = now + self._bridge_delay.quantile(call.u[1])
            call.joining = (agent_id, self._clock.call_at(when, partial(self._join, call, agent_id)))

    def play_message(self, call_id: str, what: Spoken = "safe_harbour") -> None:
        """Take the agent, if any, from an answered person, play a message, then hang up."""
        call = self._live.get(call_id)
        now = self._clock.now()
        if call is None or call.stage not in IN_PERSON or self._plan.is_out(now):
            return
        self._part(call)
        call.stage = Stage.MESSAGE
        if call.record.message_at is None:
            self.record.note(call.record, message_at=now)
        person = call.encounter
        if person.result != "human":  # a machine records what it is told
            self._next(call, now + self._message_seconds, partial(self._finish_message, call))
            return
        presses = math.inf if person.opts_out_at is None else person.opts_out_at
        leaves = math.inf if person.leaves_message_at is None else person.leaves_message_at
        offers = what == "message" and call.request.recorded is not None and call.request.recorded.agent_key
        asks = person.asks_agent_at if offers and person.asks_agent_at is not None else math.inf
        if asks <= 1.0 and asks < min(presses, leaves):
            self._next(call, now + asks * self._message_seconds, partial(self._ask_agent, call))
        elif presses <= 1.0 and presses <= leaves:
            self._next(call, now + presses * self._message_seconds, partial(self._press_key, call))
        elif leaves <= 1.0:
            self._next(call, now + leaves * self._message_seconds, partial(self._end, call, "hung_up_by_person"))
        else:
            self._next(call, now + self._message_seconds, partial(self._finish_message, call))

    def hang_up(self, call_id: str) -> None:
        """End a call, ringing or answered. One that is over stays so; an `Ended` that was lost comes now."""
        now = self._clock.now()
        if self._plan.is_out(now):
            return
        call = self._live.get(call_id)
        if call is None:
            cause = self._untold.pop(call_id, None)
            if cause is not None:
                self._soon(Ended(now, call_id, cause))
            return
        self._end(call, "cancelled" if call.stage < Stage.ANSWERED else "hung_up_by_us", inside_verb=True)

    def look_up(self, call_id: str) -> None:
        """Tell a call's present state, its `Ended`, or `Lost` when the carrier knows no such call."""
        if not self._plan.is_out(self._clock.now()):
            self._clock.call_at(self._clock.now() + self._look_up_delay, partial(self._tell, call_id))

    # ------------------------------------------------------------------ the world's hand on the carrier

    @property
    def lines_used(self) -> int:
        """How many calls are live now."""
        return len(self._live)

    def who_answers(self, call_id: str) -> FarEndResult | None:
        """What an agent hears on a call: the truth, whatever detection said; None for an unknown call."""
        record = self.record.get(call_id)
        return None if record is None else record.result

    def attempt_of(self, call_id: str) -> str:
        """The call's name in the simulated world (`CallRecord.attempt`); an unknown call's is its id."""
        record = self.record.get(call_id)
        return call_id if record is None else record.attempt

    def person_hangs_up(self, call_id: str) -> None:
        """The called person ends an answered call by themselves."""
        call = self._live.get(call_id)
        if call is not None and call.stage >= Stage.ANSWERED:
            self._end(call, "hung_up_by_person", inside_verb=True)

    def drop_agent(self, agent_id: str) -> None:
        """An agent's leg is lost: the person, if any, hears silence again, and leaves when patience runs out.

        Nothing is delivered for a bridge that stood (the desk tells of its agent); one being made fails.
        """
        call = self._agents.get(agent_id)
        if call is None:
            return
        was_joining = call.stage is Stage.ANSWERED
        self._part(call)
        now = self._clock.now()
        if was_joining:
            self._soon(BridgeFailed(now, call.record.call_id, agent_id, "the agent's leg was lost"))
            return
        call.stage = Stage.ANSWERED
        if call.encounter.result == "human":
            self._next(call, now + call.encounter.patience, partial(self._end, call, "hung_up_by_person"))

    def set_account_fault(self, why: str | None) -> None:
        """Refuse placements with `PlaceFailed("account", why)` from now on, or accept them again (None)."""
        self._account_fault = why

    def set_lines(self, lines: int | None) -> None:
        """Change the number of lines and tell it by `LimitsChanged`."""
        self._lines = lines
        self._soon(LimitsChanged(self._clock.now(), lines, None))

    # ------------------------------------------------------------------ steps of a call

    def _take(self, call: LiveCall) -> None:
        call_id, now, encounter = call.record.call_id, self._clock.now(), call.encounter
        call.stage = Stage.QUEUED
        cause = _NETWORK_CAUSES.get(encounter.result)
        if cause is not None:
            call.step = self._clock.call_at(now + encounter.ring, partial(self._end, call, cause))
        else:
            call.step = self._clock.call_at(now + encounter.ring_delay, partial(self._ring, call))
        if self._plan.is_unknown(call.record.attempt):
            self._send(PlaceFailed(now, call_id, "unknown", "no answer in time; the call may have been made"))
        else:
            self._send(Placed(now, call_id, f"SIM-{call_id}"))

    def _ring(self, call: LiveCall) -> None:
        now, encounter = self._clock.now(), call.encounter
        call.stage = Stage.RINGING
        self.record.note(call.record, ringing_at=now)
        if encounter.result in ANSWERS and encounter.ring < call.request.ring_timeout:
            call.step = self._clock.call_at(now + encounter.ring, partial(self._pick_up, call))
        else:
            call.step = self._clock.call_at(now + call.request.ring_timeout, partial(self._end, call, "no_answer"))
        self._callback(call, Ringing(now, call.record.call_id))

    def _pick_up(self, call: LiveCall) -> None:
        now, encounter = self._clock.now(), call.encounter
        self.record.note(call.record, answered_at=now)
        call.limit_at = now + call.request.time_limit
        if encounter.result == "human":
            taken_for_machine = call.u[2] < self._mistaken_for_machine
        else:
            taken_for_machine = call.u[2] >= self._mistaken_for_person
        leave = call.request.recorded is not None and call.request.recorded.leave_voicemail
        if leave and taken_for_machine and encounter.result == "machine":
            call.stage = Stage.SCREENING
            self._next(call, now + self._detection, partial(self._hear_beep, call))
            return
        if self._screens_machines and taken_for_machine:
            call.stage = Stage.SCREENING
            self._next(call, now + self._detection, partial(self._screen_out, call))
            return
        call.stage = Stage.ANSWERED
        if encounter.result == "human":
            self._next(call, now + encounter.patience, partial(self._end, call, "hung_up_by_person"))
        else:
            self._next(call, now + _VOICEMAIL_SECONDS, partial(self._end, call, "machine"))
        if taken_for_machine and call.request.detect_machines:
            call.detection = self._clock.call_at(now + self._detection, partial(self._detect, call))
        self._callback(call, Answered(now, call.record.call_id))

    def _screen_out(self, call: LiveCall) -> None:
        now = self._clock.now()
        self.record.note(call.record, machine_detected_at=now)
        self._retire(call, "machine")
        self._callback(call, MachineDetected(now, call.record.call_id))
        self._callback(call, Ended(now, call.record.call_id, "machine"))

    def _hear_beep(self, call: LiveCall) -> None:
        now = self._clock.now()
        call.stage = Stage.ANSWERED
        self.record.note(call.record, machine_detected_at=now)
        self._next(call, now + _VOICEMAIL_SECONDS, partial(self._end, call, "machine"))
        self._callback(call, MachineReady(now, call.record.call_id))

    def _detect(self, call: LiveCall) -> None:
        call.detection = None
        self.record.note(call.record, machine_detected_at=self._clock.now())
        self._callback(call, MachineDetected(self._clock.now(), call.record.call_id))

    def _join(self, call: LiveCall, agent_id: str) -> None:
        now, leaves_after = self._clock.now(), call.encounter.leaves_after
        call.joining = None
        call.stage = Stage.BRIDGED
        self.record.note(call.record, agent_id=agent_id, bridged_at=now)
        if call.encounter.result == "human":
            leaves_at = math.inf if leaves_after is None else now + leaves_after
            self._next(call, leaves_at, partial(self._end, call, "hung_up_by_person"))
        self._send(Bridged(now, call.record.call_id, agent_id))

    def _press_key(self, call: LiveCall) -> None:
        now = self._clock.now()
        self.record.note(call.record, opted_out_at=now)
        self._retire(call, "hung_up_by_us")
        self._callback(call, OptedOut(now, call.record.call_id))
        self._callback(call, Ended(now, call.record.call_id, "hung_up_by_us"))

    def _ask_agent(self, call: LiveCall) -> None:
        now = self._clock.now()
        call.stage, call.asked_agent = Stage.ANSWERED, True
        self.record.note(call.record, asked_agent_at=now)
        self._next(call, now + call.encounter.patience, partial(self._end, call, "hung_up_by_person"))
        self._callback(call, AgentAsked(now, call.record.call_id))

    def _finish_message(self, call: LiveCall) -> None:
        now = self._clock.now()
        self.record.note(call.record, message_played_at=now)
        self._retire(call, "hung_up_by_us")
        self._callback(call, MessagePlayed(now, call.record.call_id))
        self._callback(call, Ended(now, call.record.call_id, "hung_up_by_us"))

    def _end(self, call: LiveCall, cause: EndCause, *, inside_verb: bool = False) -> None:
        now = self._clock.now()
        self._retire(call, cause)
        ended = Ended(now, call.record.call_id, cause)
        if inside_verb:
            self._clock.call_at(now, partial(self._callback, call, ended))
        else:
            self._callback(call, ended)

    def _retire(self, call: LiveCall, cause: EndCause) -> None:
        """Free everything that a call holds and close its record."""
        call.stage = Stage.ENDED
        for timer in (call.step, call.detection):
            if timer is not None:
                timer.cancel()
        self._part(call)
        del self._live[call.record.call_id]
        self.record.note(call.record, ended_at=self._clock.now(), cause=cause)

    # ------------------------------------------------------------------ helpers

    def _refusal(self, now: float) -> tuple[FailureKind, str] | None:
        """Why a placement is not taken, or None; a placement that is taken uses up a token of the rate."""
        if self._plan.is_out(now):
            kind: FailureKind = "rate" if self._plan.faults.outage_kind == "rate" else "unknown"
            return kind, "the carrier cannot be reached"
        if self._account_fault is not None:
            return "account", self._account_fault
        if self._plan.is_account_down(now):
            return "account", "the account is suspended"
        if self._lines is not None and len(self._live) >= self._lines:
            return "rate", f"all {self._lines} lines are in use"
        self._tokens = min(self._burst, self._tokens + (now - self._tokens_at) * self.calls_per_second)
        self._tokens_at = now
        if self._tokens < 1.0:
            return "rate", f"more than {self.calls_per_second:g} calls per second"
        self._tokens -= 1.0
        return None

    def _no_bridge(self, call: LiveCall | None, agent_id: str, now: float) -> str:
        """Why a join cannot be made; empty when it can, or when it stands already."""
        if self._plan.is_out(now):
            return "the carrier cannot be reached"
        if call is None:
            return "the call is over"
        if call.stage not in IN_PERSON:
            return f"the call is {call.stage.name.lower()}"
        other = self._agents.get(agent_id)
        if other is not None and other is not call:
            return f"agent {agent_id} is with call {other.record.call_id}"
        if other is None and (call.joining is not None or call.stage is Stage.BRIDGED):
            return "the person is with another agent"
        return ""

    def _part(self, call: LiveCall) -> None:
        """Take the agent, if any, from a call."""
        if call.joining is not None:
            call.joining[1].cancel()
            self._agents.pop(call.joining[0], None)
            call.joining = None
        agent_id = call.record.agent_id
        if agent_id is not None and self._agents.get(agent_id) is call:
            del self._agents[agent_id]

    def _next(self, call: LiveCall, when: float, step: Callable[[], None]) -> None:
        """Replace a picked-up call's next step; the time limit comes first when it is sooner."""
        if call.step is not None:
            call.step.cancel()
        if call.limit_at < when:
            when, step = call.limit_at, partial(self._end, call, "hung_up_by_us")
        call.step = None if when == math.inf else self._clock.call_at(when, step)

    def _tell(self, call_id: str) -> None:
        """Answer a look-up."""
        now, call, record = self._clock.now(), self._live.get(call_id), self.record.get(call_id)
        if record is None:
            self._send(Lost(now, call_id))
        elif call is None:
            if record.asked_agent_at is not None and record.bridged_at is None:
                self._send(AgentAsked(now, call_id))
            if record.opted_out_at is not None:
                self._send(OptedOut(now, call_id))
            if record.message_played_at is not None:
                self._send(MessagePlayed(now, call_id))
            self._send(Ended(now, call_id, _end_cause(record)))
        elif call.stage <= Stage.QUEUED:
            self._send(Placed(now, call_id, f"SIM-{call_id}"))
        elif call.stage <= Stage.SCREENING:
            self._send(Ringing(now, call_id))
        elif call.stage is Stage.BRIDGED and record.agent_id is not None:
            self._send(Bridged(now, call_id, record.agent_id))
        elif record.machine_detected_at is not None and call.request.recorded is not None:
            self._send(MachineReady(now, call_id))
        else:
            self._send(Answered(now, call_id))
            if call.asked_agent:
                self._send(AgentAsked(now, call_id))

    def _callback(self, call: LiveCall, event: Event) -> None:
        """Deliver what the carrier tells by itself, with its faults."""
        if self._plan.callbacks_are_perfect:
            self._send(event)
            return
        now = self._clock.now()
        call.callbacks += 1
        delays = self._plan.callback(call.record.attempt, type(event).__name__, call.callbacks, now)
        if not delays and isinstance(event, Ended):
            self._untold[event.call_id] = event.cause
        for delay in delays:
            if delay == 0.0:
                self._send(event)
            else:
                self._clock.call_at(now + delay, partial(self._send, event))

    def _soon(self, event: Event) -> None:
        """Deliver at this instant, but not from inside the verb."""
        self._clock.call_at(self._clock.now(), partial(self._send, event))

    def _send(self, event: Event) -> None:
        """Deliver now, with the instant of delivery; nothing while closed."""
        if self._deliver is not None:
            now = self._clock.now()
            self._deliver(event if event.at == now else replace(event, at=now))


def _end_cause(record: CallRecord) -> EndCause:
    """The cause that was recorded for a call that has ended."""
    cause = record.cause
    assert cause is not None
    return cause
