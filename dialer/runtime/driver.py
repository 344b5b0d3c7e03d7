"""The driver: puts the engine's commands into the world, and the world's events into the engine.

Theory of operation
-------------------
Everything happens on one thread, one event at a time: `send` queues an event, and unless the queue is
being worked already, works it: the engine answers with commands, and the commands are carried out.

Facts come before the actions that rest on them. All facts of one answer and every dial decision in it go
into one transaction; only when that is committed does the carrier hear of anything. A dial is decided
*inside* that transaction: the gate reads the lists and the history there, the ledger and the attempt are
written there, so an opt-out committed before it is seen by it, and one committed after it comes too late
for anybody.

Which facts must be on the disk before anything rests on them? What people told us, what only we know and
the law counts (somebody was abandoned), and every dial. What the carrier can tell again does not hold up what
follows from it: that somebody answered or was joined is written down in the next moment, *after* the person's
way to an agent was told, because a flush of the disk would be waiting time for the person; a crash in that
moment is mended by asking the carrier, which knows the call as answered and whose room it is in. Dials that the
same event brings are decided after that, too. That a call
rings, or an agent's state, may wait for the next transaction, `flush_after` seconds at most.

The same driver runs under the real clock and the virtual one, and does not know which.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Protocol

import structlog

from dialer.carriers.port import Carrier, PlaceRequest
from dialer.clock import Clock
from dialer.engine import Engine, IllegalEvent
from dialer.engine import commands as cmd
from dialer.engine import events as ev
from dialer.engine.states import CallResult, CallState
from dialer.runtime.dialing import DialRoom, Refusal
from dialer.runtime.hopper import Hopper
from dialer.runtime.journal import Fact, Journal
from dialer.store import leases
from dialer.store.database import Store
from dialer.store.transactions import Writing

__all__ = ["Desk", "Driver", "LeaseLost"]

_log = structlog.get_logger(__name__)

#: A fact that may not wait: it is committed before anything else happens.
_NEVER = -1.0
#: What only we know of a call's end, and the law counts.
_SURE = frozenset({CallResult.ABANDONED, CallResult.OPTED_OUT})


class LeaseLost(Exception):
    """Another run has taken the campaign over: this one must not dial any more."""


class Desk(Protocol):
    """Who tells agents of their state: browsers, or simulated agents."""

    def notify(self, changed: cmd.AgentChanged) -> None:
        """An agent has a new state."""


class Driver:
    """Runs one engine in one world.

    Args:
        engine: of the campaign.
        store: where facts go.
        carrier: who dials.
        clock: real or virtual.
        desk: who tells the agents.
        dial_room: the gate, the ledger and the attempt of one dial.
        hopper: where leads come from.
        journal: from facts to rows.
        token: the lease's fencing token; every transaction that dials checks it.
        flush_after: s that facts which can be told again may wait for a transaction.
    """

    def __init__(
        self,
        *,
        engine: Engine,
        store: Store,
        carrier: Carrier,
        clock: Clock,
        desk: Desk,
        dial_room: DialRoom,
        hopper: Hopper,
        journal: Journal,
        token: int,
        flush_after: float = 0.2,
    ) -> None:
        self.engine = engine
        self._store = store
        self._carrier = carrier
        self._clock = clock
        self._desk = desk
        self._dial_room = dial_room
        self._hopper = hopper
        self._journal = journal
        self._token = token
        self._flush_after = flush_after
        self._queue: deque[ev.Event] = deque()
        self._waiting: list[Fact] = []  # facts for the next transaction
        self._working = False
        self._flush_at = float("inf")  # the earliest flush that is planned
        self._wake_at = float("inf")  # the earliest wake that is planned
        self._asked = float("-inf")  # the deadline that the engine asked for last
        self.on_commit: Callable[[Writing], None] | None = None  # further words for a dialing transaction

    def start(self) -> None:
        """Begin to hear the carrier."""
        self._carrier.open(self.send)

    def send(self, event: ev.Event) -> str:
        """Give the engine an event, now or as soon as the present one is done with.

        Returns:
            Why the engine refused it, or "" (also while it waits behind another).

        Raises:
            LeaseLost: another run owns the campaign.
            StoreError: a fact could not be written; nothing was dialed because of it.
        """
        self._queue.append(event)
        if self._working:
            return ""
        self._working = True
        why = ""
        try:
            while self._queue:
                following = self._queue.popleft()
                refused = self._handle(following)
                if following is event:
                    why = refused
        finally:
            self._working = False
        return why

    def _handle(self, event: ev.Event) -> str:
        try:
            commands = self.engine.handle(event)
        except IllegalEvent as refused:
            _log.warning("event_refused", event_type=type(event).__name__, why=str(refused))
            return str(refused)
        if commands:
            self._execute(commands)
        return ""

    def _execute(self, commands: list[cmd.Command]) -> None:
        """Write what must be on the disk first; act; then decide the dials, commit, and place them."""
        actions: list[Callable[[], None]] = []
        dials: list[cmd.Dial] = []
        wait = self._flush_after
        for command in commands:
            match command:
                case cmd.Dial():
                    dials.append(command)
                case cmd.Bridge(call_id=call_id, agent_id=agent_id):
                    actions.append(lambda c=call_id, a=agent_id: self._carrier.bridge(c, a))  # type: ignore[misc]
                case cmd.PlayMessage(call_id=call_id, what=what):
                    actions.append(lambda c=call_id, w=what: self._carrier.play_message(c, w))  # type: ignore[misc]
                case cmd.HangUp(call_id=call_id):
                    actions.append(lambda c=call_id: self._carrier.hang_up(c))  # type: ignore[misc]
                case cmd.LookUp(call_id=call_id):
                    actions.append(lambda c=call_id: self._carrier.look_up(c))  # type: ignore[misc]
                case cmd.WakeAt(at=at):
                    self._plan_wake(at)
                case cmd.FetchLeads(at=at, count=count):
                    actions.append(lambda a=at, n=count: self._fetch(a, n))  # type: ignore[misc]
                case _:
                    self._waiting.append(command)
                    wait = min(wait, _may_wait(command))
                    if isinstance(command, cmd.AgentChanged):
                        actions.append(lambda c=command: self._desk.notify(c))  # type: ignore[misc]
        if wait == _NEVER:
            actions += self._commit(dials)
        for act in actions:
            act()
        if dials and wait != _NEVER:  # a person who answered does not wait for the dials that came of it
            for act in self._commit(dials):
                act()
        elif self._waiting:
            self._plan_flush(self._clock.now() + wait)

    def _commit(self, dials: list[cmd.Dial]) -> list[Callable[[], None]]:
        """One transaction: the facts so far and the given dials; returns what to do after it."""
        after: list[Callable[[], None]] = []
        written: list[Fact] = self._waiting
        with self._store.writing() as tx:
            for fact in written:
                self._journal.write(tx, fact)
            if dials:
                if not leases.holds(tx, self._dial_room.campaign.name, self._dial_room.run_id, self._token):
                    raise LeaseLost(self._dial_room.campaign.name)
                for dial in dials:
                    after.append(self._decide(tx, dial))
            if self.on_commit is not None:
                self.on_commit(tx)
        self._waiting = []
        return after

    def _decide(self, tx: Writing, dial: cmd.Dial) -> Callable[[], None]:
        """Ask the gate for one call; the answer is acted on after the commit."""
        answer = self._dial_room.decide(tx, dial)
        if isinstance(answer, Refusal):
            refused = ev.DialRefused(
                dial.at,
                dial.call_id,
                answer.codes,
                answer.retry_at,
                answer.whole_lead,
                answer.say,
                answer.as_it_was,
            )
            return lambda: self._queue.append(refused)
        request: PlaceRequest = answer

        def place() -> None:
            self._queue.append(ev.DialAllowed(dial.at, dial.call_id))
            # The engine must know of the permission before the carrier can speak of the call.
            while self._queue:
                self._handle(self._queue.popleft())
            self._carrier.place(request)

        return place

    def flush(self) -> None:
        """Write down what still waits."""
        self._flush_at = float("inf")
        if self._waiting:
            self._commit([])

    def _plan_flush(self, at: float) -> None:
        if at < self._flush_at:
            self._flush_at = at
            self._clock.call_at(at, self.flush)

    def _plan_wake(self, at: float) -> None:
        self._asked = at
        if at < self._wake_at:
            self._wake_at = at
            self._clock.call_at(at, lambda: self._wake(at))

    def _wake(self, at: float) -> None:
        if at == self._wake_at:
            self._wake_at = float("inf")
        self.send(ev.Tick(self._clock.now()))
        # The engine asks once for each deadline; one asked for while an earlier wake was planned is planned now.
        if self._clock.now() < self._asked < self._wake_at:
            self._plan_wake(self._asked)

    def put_first(self, lead_id: int) -> bool:
        """Take one lead in hand, before all others; False when it may not be called at this hour, or is not free."""
        at = self._clock.now()
        with self._store.writing() as tx:
            leads = self._hopper.first(tx, at, lead_id)
        if leads:
            self.send(ev.CallbacksDue(at, leads))
        return bool(leads)

    def _fetch(self, at: float, count: int) -> None:
        self.flush()  # leads given back a moment ago are to be seen
        with self._store.writing() as tx:
            offered = self._hopper.fetch(tx, at, count)
        self._queue.append(offered)


def _may_wait(fact: cmd.Command) -> float:
    """How long a fact may wait for its transaction, s: `_NEVER`, a moment (0), or as long as any."""
    if isinstance(fact, cmd.Suppress):
        return _NEVER
    if isinstance(fact, cmd.CallChanged):
        if fact.disposition is not None or fact.result in _SURE:
            return _NEVER
        if fact.state in (CallState.ANSWERED, CallState.BRIDGED):
            return 0.0
    return float("inf")
