"""From the pacer's decision to dials and releases, inside every limit; and the sentence for the board."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Sequence
from itertools import islice
from typing import Protocol, runtime_checkable

from dialer.engine.commands import Command, Dial, FetchLeads, HangUp
from dialer.engine.config import EngineConfig
from dialer.engine.events import Lead, NoLeads
from dialer.engine.floor import Floor
from dialer.engine.rate import TokenBucket
from dialer.engine.records import Call
from dialer.engine.states import CallState, CampaignState
from dialer.engine.timers import Deadlines
from dialer.pacing import Decision, FloorView
from dnc.values import Mode

__all__ = ["ChoosingPacer", "Pace", "PacerPort"]

#: The pacer is asked at least this often while agents are present, s.
_LONGEST_SILENCE = 0.5
#: After a rate error of the carrier no call is placed for this long, s; twice as long after each further one.
_BACK_OFF, _LONGEST_BACK_OFF = 2.0, 60.0
#: The gate's last answers that the campaign's health is judged by: so many, and not older than this, s.
_REMEMBERED = 50
#: A pacer that chooses among leads is shown so many for each one that it wants to dial.
_CHOICE = 3
_RECENT = 1800.0


class PacerPort(Protocol):
    """What the engine needs from `dialer.pacing`."""

    def decide(self, floor: FloorView) -> Decision:
        """How many to dial, which ringing calls to let go, and why."""


@runtime_checkable
class ChoosingPacer(PacerPort, Protocol):
    """A pacer that also says which leads to dial, where leads have an answer probability of their own."""

    def choose(self, estimates: Sequence[float | None]) -> tuple[int, ...]:
        """Which of the next leads to dial for the last decision: positions, in order."""


class Pace:
    """When to ask the pacer, what of its answer the limits allow, and where further leads come from."""

    def __init__(
        self,
        config: EngineConfig,
        pacer: PacerPort,
        floor: Floor,
        deadlines: Deadlines,
        account: TokenBucket | None = None,
    ) -> None:
        self._config = config
        self._pacer = pacer
        self._chooser = pacer if isinstance(pacer, ChoosingPacer) else None
        self._floor = floor
        self._deadlines = deadlines
        self._buckets = [TokenBucket(config.calls_per_second)]
        if account is not None:  # shared with the account's other campaigns
            self._buckets.append(account)
        self._hold_until = float("-inf")
        self._back_off = _BACK_OFF
        self._last_decision = float("-inf")
        self._next_check = float("-inf")
        self._serial = 0
        self.line_limit: int | None = None
        self.shared_tokens: int | None = None
        self.paused_because: str | None = None
        self.draining_because: str | None = None
        self.fetching = False
        self.none_because: NoLeads = ""
        self.none_say = ""
        self.fetch_again_at: float | None = None
        self._barred_by = ""  # the code of most refusals when lately nearly every dial was refused
        self.reason = "Not started."
        self._answers: deque[tuple[float, str]] = deque(maxlen=_REMEMBERED)  # the gate's: instant, code or ""

    @property
    def lines(self) -> int:
        """Calls at once that are allowed now."""
        given = self._config.lines
        return given if self.line_limit is None else min(given, self.line_limit)

    def back_off(self, now: float) -> None:
        """The carrier said that we are too fast, or cannot be reached."""
        if now >= self._hold_until:  # what was on its way when the hold began says nothing new
            self._hold_until = now + self._back_off
            self._back_off = min(2.0 * self._back_off, _LONGEST_BACK_OFF)
            self._deadlines.add(self._hold_until, "rate")

    def taken(self) -> None:
        """The carrier takes calls again."""
        self._back_off = _BACK_OFF

    def gate_said(self, at: float, code: str) -> None:
        """The gate answered a dial: with the first code of a refusal, or "" for a yes."""
        self._answers.append((at, code))
        self._barred_by = self._most_refusals() if code else ""

    def _most_refusals(self) -> str:
        """The code of most refusals when lately nearly every dial was refused, else ""."""
        latest = self._answers[-1][0]
        recent = [code for at, code in self._answers if at > latest - _RECENT]
        refusals = Counter(code for code in recent if code)
        if len(recent) < 20 or refusals.total() < 0.95 * len(recent):
            return ""
        return refusals.most_common(1)[0][0]

    def step(self, now: float, out: list[Command]) -> None:
        """Fetch leads if they run low, then dial and release as the pacer says."""
        if self.draining_because is not None or self.paused_because is not None:
            return
        if now < self._last_decision + self._config.beat:
            self._check_again(self._last_decision + self._config.beat)
            return
        agents = self._floor.agents_shown()
        if self._config.agentless:
            self._fetch(now, max(1, round(min(self.lines, 20.0 * self._config.calls_per_second) / 8)), out)
            self._decide(now, out)
            return
        own = 0 if agents and not self._config.preview else self._floor.on_own_calls()
        if not agents + own:
            self.reason = "No agent is ready or on a call."
            return
        self._fetch(now, agents + own, out)
        if not agents:
            self.reason = "Agents look at their leads and place the calls."
            return
        self._decide(now, out)

    def _decide(self, now: float, out: list[Command]) -> None:
        """Ask the pacer, and do what it says as far as the limits allow."""
        self._check_again(now + max(self._config.beat, _LONGEST_SILENCE))
        self._last_decision = now
        tokens = 0 if now < self._hold_until else min([bucket.available(now) for bucket in self._buckets])
        lines = self.lines
        if self.shared_tokens is not None:
            tokens = min(tokens, self.shared_tokens)
        decision = self._pacer.decide(
            FloorView(
                now=now,
                agents=self._floor.agent_views(now),
                in_flight=self._floor.call_views(),
                waiting=tuple([call.waiting_view() for call in self._floor.waiting.values()]),
                line_limit=lines,
                dial_tokens=tokens,
                leads_left=len(self._floor.leads),
                hearing=len(self._floor.hearing),
            )
        )
        self.reason = decision.reason
        for call_id in decision.release:
            self._release(call_id, now, out)
        allowed = max(0, min(tokens, len(self._floor.leads), lines - len(self._floor.calls)))
        for lead in self._take(decision.dial, allowed):
            self.dial(lead, now, out)
        if decision.dial and tokens < 1:
            instants = [bucket.next_token_at(now) for bucket in self._buckets]
            if all(when is not None for when in instants):
                self._deadlines.add(max(self._hold_until, *[when for when in instants if when is not None]), "rate")

    def _check_again(self, at: float) -> None:
        """Have the pacer asked at `at` unless it is asked earlier anyway."""
        if self._next_check <= self._last_decision or at < self._next_check:
            self._next_check = at
            self._deadlines.add(at, "decide")

    def checked(self) -> None:
        """The planned check came due."""
        self._next_check = float("-inf")

    def _fetch(self, now: float, agents: int, out: list[Command]) -> None:
        wanted = max(10, 8 * agents)
        too_early = self.fetch_again_at is not None and now < self.fetch_again_at
        if not self.fetching and not too_early and len(self._floor.leads) < wanted // 4:
            self.fetching = True
            out.append(FetchLeads(now, wanted))

    def _take(self, dial: int, allowed: int) -> list[Lead]:
        """Take the leads to dial: the next ones, or those that the pacer chooses among the next where leads differ."""
        leads = self._floor.leads
        if dial and self._chooser is not None:
            near = list(islice(leads, _CHOICE * dial))
            estimates = [lead.answer_probability for lead in near]
            # A lead without an estimate (a promised callback, say) waits for no surer one.
            if None not in estimates:
                chosen = self._chooser.choose(estimates)[:allowed]
                for _ in near:
                    leads.popleft()
                taken = set(chosen)
                leads.extendleft([lead for position, lead in enumerate(near) if position not in taken][::-1])
                return [near[position] for position in chosen]
        return [leads.popleft() for _ in range(min(dial, allowed))]

    @property
    def stopped(self) -> bool:
        """Whether no call is placed at all for now, or any more."""
        return self.draining_because is not None or self.paused_because is not None

    def bars(self, now: float) -> str:
        """Why no single call may be placed at this moment, as a sentence; "" when it may."""
        if self.draining_because is not None:
            return f"The campaign is stopping: {self.draining_because}."
        if self.paused_because is not None:
            return f"The campaign is paused: {self.paused_because}."
        if len(self._floor.calls) >= self.lines:
            return f"All {self.lines} lines are in use: try again in a moment."
        none_left = self.shared_tokens is not None and self.shared_tokens < 1
        if now < self._hold_until or none_left or min(bucket.available(now) for bucket in self._buckets) < 1:
            return "The carrier takes no more calls this second: try again in a moment."
        return ""

    def dial(
        self, lead: Lead, now: float, out: list[Command], agent_id: str | None = None, mode: Mode | None = None
    ) -> str:
        """Place a call, for one agent alone where `agent_id` is given; returns its id."""
        for bucket in self._buckets:
            bucket.take(now, 1)
        if self.shared_tokens is not None:
            self.shared_tokens -= 1
        self._serial += 1
        call = Call(f"{self._config.call_prefix}-{self._serial}", lead, CallState.PLANNED, now, now)
        call.agent_id, call.held = agent_id, agent_id is not None
        self._floor.add(call)
        out.append(Dial(now, call.call_id, lead.lead_id, lead.phone_id, lead.number, agent_id, mode))
        return call.call_id

    def _release(self, call_id: str, now: float, out: list[Command]) -> None:
        """Let a ringing call go; the 15 s floor is checked here again, whatever the pacer says."""
        call = self._floor.in_flight.get(call_id)
        if call is None or call.hanging_up or call.ringing_since is None:
            return
        if now - call.ringing_since < self._config.min_ring:
            return
        call.released = True
        self._floor.hang_up(call)
        out.append(HangUp(now, call_id, "release"))

    def plainly_running(self) -> bool:
        """Whether `health` is running for the plainest reason: leads, agents and lines are there, nothing bars."""
        floor = self._floor
        return bool(
            floor.leads
            and self.paused_because is None
            and self.draining_because is None
            and not self._barred_by
            and len(floor.calls) < self.lines
            and (floor.agents_shown() or (self._config.agentless and not self._config.agent_key))
        )

    def health(self) -> tuple[CampaignState, str]:
        """Dialing, or why not: a state and a sentence."""
        floor = self._floor
        live = len(floor.calls)
        if self.draining_because is not None:
            if live or floor.busy():
                return CampaignState.RUNNING, f"Stopping ({self.draining_because}): {live} live calls finish."
            return CampaignState.COMPLETE, f"Stopped: {self.draining_because}."
        if self.paused_because is not None:
            return CampaignState.PAUSED, f"Paused: {self.paused_because}."
        out_of_leads = not floor.leads and not floor.promised and not self.fetching
        if out_of_leads and self.none_because == "done" and not live and not floor.busy():
            return CampaignState.COMPLETE, "Every lead is done."
        if self._barred_by and not live:
            return (
                CampaignState.BLOCKED,
                f"The gate refuses nearly every call, most often with {self._barred_by}: "
                "ask dialer why, look at dialer doctor.",
            )
        if out_of_leads and self.none_because == "outside_hours":
            return CampaignState.OUTSIDE_HOURS, self.none_say or "No lead may be called at this hour."
        if out_of_leads and self.none_because == "waiting":
            return CampaignState.WAITING_FOR_LEADS, self.none_say or "Every lead waits for its next attempt."
        alone = self._config.agentless and not self._config.agent_key  # nobody is needed
        if not alone and not floor.agents_shown() and not floor.on_own_calls():
            return CampaignState.WAITING_FOR_AGENTS, "No agent is ready or on a call."
        if live >= self.lines:
            return CampaignState.WAITING_FOR_LINES, f"All {self.lines} lines are in use."
        return CampaignState.RUNNING, self.reason
