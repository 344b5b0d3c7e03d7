"""A floor of simulated agents: shifts, breaks, talk, wrap-up, dispositions, sometimes a browser that dies.

Theory of operation. The floor is a desk: it sends `AgentReady AgentPaused AgentGone AgentFinishing
Dispositioned` and learns of its agents by `notify`, to which the driver passes every `AgentChanged` of the
engine. It never sends from inside `notify`; what follows from a change comes from the clock, at the same
instant at the earliest.

How long a call is talked about, how long its wrap-up takes, what comes of it and who hangs up are counted
draws named after the call, so they are the same whoever takes it and whenever (times the agent's own
`pace`). A break or the end of a shift during a call is announced at once by `AgentPaused`, which the engine
keeps until wrap-up is over; a break lasts its full length from then. `AgentGone` at the end of a shift is
sent only outside calls. `Dispositioned(done=True)` ends wrap-up and implies that the agent is ready:
`AgentReady` is sent only at sign-in, after a break and after a loss. Durations are seconds, instants
seconds since the epoch.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import accumulate, pairwise

from dialer.carriers.simulated.distributions import Clipped, Distribution, Lognormal, Uniform
from dialer.carriers.simulated.draws import Draws, Stream
from dialer.carriers.simulated.encounter import FarEndResult
from dialer.clock import Clock, Timer
from dialer.engine.commands import AgentChanged
from dialer.engine.events import AgentFinishing, AgentGone, AgentPaused, AgentReady, Dispositioned, Event
from dialer.engine.states import AgentState
from dialer.simulation.people import factor_at

__all__ = ["DISPOSITIONS", "AgentProfile", "Habits", "SimulatedFloor"]

#: What comes of a talk with a person, as weights.
DISPOSITIONS: Mapping[str, float] = {
    "sale": 0.06,
    "promise": 0.08,
    "callback": 0.12,
    "not_interested": 0.55,
    "wrong_number": 0.09,
    "opt_out": 0.10,
}

_TALK = Clipped(Lognormal(120.0, 1.0), 2.0, 3600.0)
_WRAP_UP = Clipped(Lognormal(15.0, 0.5), 1.0, 600.0)
_MACHINE_TALK = Uniform(3.0, 7.0)
_CALLBACK_IN = Uniform(3600.0, 172800.0)

#: After how long an agent hangs up once more, when the desk still shows the call, s.
_CLICK_AGAIN = 5.0

_IN_CALL = frozenset({AgentState.RESERVED, AgentState.TALKING, AgentState.WRAP_UP})


@dataclass(frozen=True, slots=True)
class AgentProfile:
    """One agent: when they work and how fast.

    Attributes:
        agent_id: the agent's name.
        shifts: (sign in, sign out) instants, in order, without overlap.
        breaks: (instant, length in s) pairs.
        pace: factor of all talk and wrap-up times.
    """

    agent_id: str
    shifts: tuple[tuple[float, float], ...]
    breaks: tuple[tuple[float, float], ...] = ()
    pace: float = 1.0

    def __post_init__(self) -> None:
        bounds = [bound for shift in self.shifts for bound in shift]
        if any(later <= earlier for earlier, later in pairwise(bounds)):
            raise ValueError(f"shifts of {self.agent_id} must be in order and not overlap: {self.shifts!r}")
        if not self.pace > 0.0:
            raise ValueError(f"pace must be above 0, got {self.pace!r}")


@dataclass(frozen=True, slots=True)
class Habits:
    """How the agents of a floor work. Durations in seconds.

    Attributes:
        talk: with a person.
        wrap_up: after any talk.
        machine_talk: until an agent who hears a machine hangs up.
        agent_ends: probability that the agent hangs up; else the person does, at the same instant.
        finishing_ahead: how long before being ready again the desk announces it (`AgentFinishing`); None:
            never.
        finishing_error: coefficient of variation of the announced time.
        dispositions: weight of each code.
        callback_codes: codes that come with a callback, `callback_in` seconds later, on a quarter of an hour.
        machine_code: the code for a machine.
        handle_regimes: (instant, factor) pairs: from then on talk and wrap-up times are multiplied.
        loss: probability per call that the agent's browser dies during the talk.
        loss_return: how long after that the agent signs in again.
    """

    talk: Distribution = _TALK
    wrap_up: Distribution = _WRAP_UP
    machine_talk: Distribution = _MACHINE_TALK
    agent_ends: float = 0.5
    finishing_ahead: float | None = 10.0
    finishing_error: float = 0.3
    dispositions: tuple[tuple[str, float], ...] = tuple(DISPOSITIONS.items())
    callback_codes: frozenset[str] = frozenset({"callback"})
    callback_in: Distribution = _CALLBACK_IN
    machine_code: str = "machine"
    handle_regimes: tuple[tuple[float, float], ...] = ()
    loss: float = 0.0
    loss_return: float = 60.0

    def __post_init__(self) -> None:
        weights = [weight for _, weight in self.dispositions]
        if not weights or min(weights) < 0.0 or sum(weights) <= 0.0:
            raise ValueError(f"dispositions need weights >= 0, one of them above, got {self.dispositions!r}")


class _Agent:
    """One agent as the floor knows them."""

    __slots__ = (
        "call_id",
        "draws",
        "free_at",
        "leaving",
        "machine",
        "on_break",
        "profile",
        "rest",
        "signal",
        "signed_in",
        "state",
        "step",
        "until",
    )

    def __init__(self, profile: AgentProfile) -> None:
        self.profile = profile
        self.state = AgentState.OFFLINE
        self.signed_in = False
        self.until = 0.0  # end of the present shift
        self.leaving = False  # the shift is over, a call may still hold the agent
        self.rest = 0.0  # length of a break that waits for the end of a call
        self.on_break = False
        self.call_id: str | None = None
        self.draws: Draws | None = None  # of the call in hand: 0 talk, 1 wrap-up, 2 who ends, 3 signal,
        self.machine = False  # 4 code, 5 callback, 6 and 7 loss; and whether it is a machine's
        self.free_at = 0.0  # when talk and wrap-up will be over
        self.step: Timer | None = None
        self.signal: Timer | None = None


class SimulatedFloor:
    """The agents' side of a simulation.

    Args:
        clock: virtual or real.
        send: where the desk's events go.
        agents: who works when.
        seed: of talk times, dispositions and losses.
        hang_up: the agent ends a call (`SimulatedCarrier.hang_up`, or through the engine's driver).
        person_hangs_up: the person ends a call (`SimulatedCarrier.person_hangs_up`); default: `hang_up`.
        attempt_of: a call's name in the simulated world (`SimulatedCarrier.attempt_of`), after which talk times
            and outcomes are drawn; default: the call's id.
        hears: what is on a call (`SimulatedCarrier.who_answers`); default: always a person.
        drop: an agent's leg is lost (`SimulatedCarrier.drop_agent`); default: nothing more than `AgentGone`.
        habits: how they work.
    """

    def __init__(
        self,
        clock: Clock,
        send: Callable[[Event], object],
        agents: Sequence[AgentProfile],
        seed: int,
        *,
        hang_up: Callable[[str], None],
        person_hangs_up: Callable[[str], None] | None = None,
        attempt_of: Callable[[str], str] | None = None,
        hears: Callable[[str], FarEndResult | None] | None = None,
        drop: Callable[[str], None] | None = None,
        habits: Habits | None = None,
    ) -> None:
        self._clock = clock
        self._send = send
        self._agents = {profile.agent_id: _Agent(profile) for profile in agents}
        if len(self._agents) != len(agents):
            raise ValueError("two agents have the same agent_id")
        self._hang_up = hang_up
        self._person_hangs_up = person_hangs_up or hang_up
        self._attempt_of = attempt_of
        self._hears = hears
        self._drop = drop
        self._habits = habits or Habits()
        self._stream = Stream(seed, "agents")
        self._error = Lognormal(1.0, self._habits.finishing_error)
        self._codes = [code for code, _ in self._habits.dispositions]
        self._weights = list(accumulate(weight for _, weight in self._habits.dispositions))

    # ------------------------------------------------------------------ what the driver calls

    def start(self) -> None:
        """Enter all shifts and breaks into the clock; shifts that are over are skipped."""
        now = self._clock.now()
        for agent in self._agents.values():
            for sign_in, sign_out in agent.profile.shifts:
                if sign_out > now:
                    self._clock.call_at(max(sign_in, now), partial(self._sign_in, agent, sign_out))
            for begin, length in agent.profile.breaks:
                if begin >= now:
                    self._clock.call_at(begin, partial(self._break, agent, length))

    def notify(self, changed: AgentChanged) -> None:
        """Learn an agent's new state. Agents that are not of this floor are ignored."""
        agent = self._agents.get(changed.agent_id)
        if agent is None:
            return
        before, agent.state = agent.state, changed.state
        if changed.state is AgentState.TALKING:
            if before is not AgentState.TALKING or agent.call_id != changed.call_id:
                self._begin_talk(agent, changed.call_id)
        elif changed.state is AgentState.WRAP_UP:
            if before is not AgentState.WRAP_UP:
                self._begin_wrap_up(agent, changed.call_id)
        else:
            self._cancel(agent)
            agent.call_id, agent.draws = changed.call_id, None
            if changed.state is AgentState.OFFLINE:
                agent.signed_in = agent.on_break = False
            wants_out = agent.signed_in and (agent.rest > 0.0 or agent.leaving)
            if wants_out and changed.state in {AgentState.READY, AgentState.PAUSED}:
                self._clock.call_at(self._clock.now(), partial(self._step_out, agent))

    def states(self) -> Mapping[str, AgentState]:
        """The state of every agent, as last told by `notify`."""
        return {agent_id: agent.state for agent_id, agent in self._agents.items()}

    def signed_in(self) -> Collection[str]:
        """The agents who are at work, breaks included."""
        return [agent_id for agent_id, agent in self._agents.items() if agent.signed_in]

    def free_at(self, agent_id: str) -> float | None:
        """When an agent who is in a call will be ready again, if nothing comes between; else None."""
        return self._agents[agent_id].free_at or None

    def handle_time(self, attempt: str, at: float) -> float:
        """Talk and wrap-up (s) that a call will take with an agent of ordinary speed, if a person answers it."""
        u, habits = self._stream.draws(attempt), self._habits
        return (habits.talk.quantile(u[0]) + habits.wrap_up.quantile(u[1])) * factor_at(habits.handle_regimes, at)

    # ------------------------------------------------------------------ shifts

    def _sign_in(self, agent: _Agent, until: float) -> None:
        agent.signed_in, agent.until = True, until
        agent.leaving, agent.on_break, agent.rest = False, False, 0.0
        self._clock.call_at(until, partial(self._sign_out, agent))
        self._send(AgentReady(self._clock.now(), agent.profile.agent_id))

    def _sign_out(self, agent: _Agent) -> None:
        agent.leaving = True  # an agent who is lost at this moment does not come back
        if not agent.signed_in:
            return
        if agent.state in _IN_CALL:
            self._send(AgentPaused(self._clock.now(), agent.profile.agent_id, "end of shift"))
        else:
            self._leave(agent)

    def _break(self, agent: _Agent, length: float) -> None:
        if not agent.signed_in or agent.on_break:
            return
        agent.rest = length
        self._send(AgentPaused(self._clock.now(), agent.profile.agent_id, "break"))

    def _step_out(self, agent: _Agent) -> None:
        """Take the break, or leave, unless a call came in between (then it waits for that one's end)."""
        if not agent.signed_in or agent.state in _IN_CALL:
            return
        now, agent_id = self._clock.now(), agent.profile.agent_id
        if agent.leaving:
            self._leave(agent)
        elif agent.rest > 0.0:
            if agent.state is not AgentState.PAUSED:
                self._send(AgentPaused(now, agent_id, "break"))
                return
            length, agent.rest, agent.on_break = agent.rest, 0.0, True
            self._clock.call_at(now + length, partial(self._return, agent, agent.until))

    def _return(self, agent: _Agent, until: float) -> None:
        """Come back from a break, when the shift that it belongs to is still on."""
        if agent.signed_in and agent.on_break and agent.until == until:
            agent.on_break = False
            self._send(AgentReady(self._clock.now(), agent.profile.agent_id))

    def _leave(self, agent: _Agent) -> None:
        agent.signed_in = agent.on_break = False
        agent.rest = 0.0
        self._send(AgentGone(self._clock.now(), agent.profile.agent_id, "signed out"))

    # ------------------------------------------------------------------ a call

    def _begin_talk(self, agent: _Agent, call_id: str | None) -> None:
        """Plan the talk, and the loss of the agent if that is to be."""
        self._cancel(agent)
        agent.call_id = call_id
        if call_id is None:
            return
        now, habits, u = self._clock.now(), self._habits, self._take_up(agent, call_id)
        if agent.machine:
            talk, end = habits.machine_talk.quantile(u[0]), self._hang_up
        else:
            talk = habits.talk.quantile(u[0]) * self._speed(agent, now)
            end = self._hang_up if u[2] < habits.agent_ends else self._person_hangs_up
        if u[6] < habits.loss:
            agent.step = self._clock.call_at(now + talk * u[7], partial(self._lose, agent))
        else:
            agent.step = self._clock.call_at(now + talk, partial(self._end_talk, agent, end, call_id))
        agent.free_at = now + talk + self._wrap_up_of(agent, u, now)
        self._plan_signal(agent, u)

    def _end_talk(self, agent: _Agent, end: Callable[[str], None], call_id: str) -> None:
        """End the talk, and click again after a while if the call is still shown."""
        again = self._clock.now() + _CLICK_AGAIN
        agent.step = self._clock.call_at(again, partial(self._end_talk, agent, self._hang_up, call_id))
        end(call_id)

    def _begin_wrap_up(self, agent: _Agent, call_id: str | None) -> None:
        signalled = agent.signal is None and agent.free_at > 0.0
        self._cancel(agent)
        call_id = agent.call_id if call_id is None else call_id
        if call_id is None:
            return
        now, u = self._clock.now(), agent.draws
        if u is None or call_id != agent.call_id:
            u = self._take_up(agent, call_id)
        agent.call_id = call_id
        agent.free_at = now + self._wrap_up_of(agent, u, now)
        agent.step = self._clock.call_at(agent.free_at, partial(self._disposition, agent, call_id, u))
        if not signalled:
            self._plan_signal(agent, u)

    def _disposition(self, agent: _Agent, call_id: str, u: Draws) -> None:
        now, habits = self._clock.now(), self._habits
        callback_at: float | None = None
        if agent.machine:
            code = habits.machine_code
        else:
            mark = u[4] * self._weights[-1]
            code = next(code for code, edge in zip(self._codes, self._weights, strict=True) if mark < edge)
            if code in habits.callback_codes:
                callback_at = -(-(now + habits.callback_in.quantile(u[5])) // 900.0) * 900.0
        agent.step = None
        self._send(Dispositioned(now, agent.profile.agent_id, call_id, code, callback_at))

    def _plan_signal(self, agent: _Agent, u: Draws) -> None:
        ahead = self._habits.finishing_ahead
        if ahead is not None:
            when = max(agent.free_at - ahead, self._clock.now())
            agent.signal = self._clock.call_at(when, partial(self._signal, agent, u[3]))

    def _signal(self, agent: _Agent, u: float) -> None:
        agent.signal = None
        if agent.state in {AgentState.TALKING, AgentState.WRAP_UP}:
            now = self._clock.now()
            seconds = (agent.free_at - now) * self._error.quantile(u)
            self._send(AgentFinishing(now, agent.profile.agent_id, seconds))

    def _lose(self, agent: _Agent) -> None:
        """The agent's browser and leg die; they sign in again later, when the shift is still on."""
        now, agent_id = self._clock.now(), agent.profile.agent_id
        agent.signed_in = False
        agent.rest = 0.0
        self._cancel(agent)
        self._clock.call_at(now + self._habits.loss_return, partial(self._come_back, agent, agent.until))
        if self._drop is not None:
            self._drop(agent_id)
        self._send(AgentGone(now, agent_id, "connection lost"))

    def _come_back(self, agent: _Agent, until: float) -> None:
        if not agent.signed_in and not agent.leaving and agent.until == until:
            agent.signed_in = True
            self._send(AgentReady(self._clock.now(), agent.profile.agent_id))

    # ------------------------------------------------------------------ helpers

    def _take_up(self, agent: _Agent, call_id: str) -> Draws:
        """Learn who is on a call and what is drawn for it, while the carrier still knows the call."""
        agent.machine = self._hears is not None and self._hears(call_id) in {"machine", "fax"}
        agent.draws = self._stream.draws(self._attempt_of(call_id) if self._attempt_of is not None else call_id)
        return agent.draws

    def _speed(self, agent: _Agent, at: float) -> float:
        return agent.profile.pace * factor_at(self._habits.handle_regimes, at)

    def _wrap_up_of(self, agent: _Agent, u: Draws, at: float) -> float:
        return self._habits.wrap_up.quantile(u[1]) * self._speed(agent, at)

    def _cancel(self, agent: _Agent) -> None:
        """Forget what was planned for the agent's last call."""
        for timer in (agent.step, agent.signal):
            if timer is not None:
                timer.cancel()
        agent.step = agent.signal = None
        agent.free_at = 0.0
