"""A bare engine with a pacer that does what the test says, and verbs that read like a story."""

from __future__ import annotations

from campaigns.recycle import LeadNext
from dialer.engine import Engine, EngineConfig
from dialer.engine import commands as cmd
from dialer.engine import events as ev
from dialer.pacing import Decision, FloorView

DISPOSITIONS = {
    "SALE": frozenset({"contact", "right_party", "conversion", "final"}),
    "DNC": frozenset({"contact", "opt_out"}),
    "NI": frozenset({"contact", "refusal"}),
}


class ScriptedPacer:
    """Dials what it is told and remembers what it is shown and told."""

    def __init__(self, dial: int = 0) -> None:
        self.dial = dial
        self.release: tuple[str, ...] = ()
        self.seen: list[FloorView] = []
        self.observed: list[object] = []

    def decide(self, floor: FloorView) -> Decision:
        self.seen.append(floor)
        dial, self.dial = self.dial, 0
        return Decision(dial, self.release, "As the test says.")

    def observe(self, outcome: object) -> None:
        self.observed.append(outcome)


def recycle(result: str, code: str | None, attempts: int, at: float, callback_at: float | None) -> LeadNext:
    if code and "opt_out" in DISPOSITIONS[code]:
        return LeadNext("blocked", None, "opted out")
    return LeadNext("waiting", at + 3600.0, f"{result} {attempts}")


class Story:
    """An engine, its pacer and everything it ever asked for."""

    def __init__(self, **config: object) -> None:
        self.pacer = ScriptedPacer()
        settings = {"dispositions": DISPOSITIONS, "calls_per_second": 1000.0} | config
        self.engine = Engine(EngineConfig(**settings), self.pacer, recycle)
        self.commands: list[cmd.Command] = []
        self.last: list[cmd.Command] = []

    def send(self, event: ev.Event) -> list[cmd.Command]:
        self.last = self.engine.handle(event)
        self.commands += self.last
        return self.last

    def leads(self, count: int, at: float = 0.0, first: int = 1) -> None:
        self.send(
            ev.LeadsOffered(
                at,
                tuple(ev.Lead(i, f"+1919555{100 + i:04d}", i) for i in range(first, first + count)),
            )
        )

    def agents(self, *names: str, at: float = 0.0) -> None:
        for name in names:
            self.send(ev.AgentReady(at, name))

    def dial(self, at: float = 0.0, count: int = 1) -> list[str]:
        """Have the pacer dial now; the gate allows and the carrier takes every call. Returns call ids."""
        self.pacer.dial = count
        dialed = [c.call_id for c in self.send(ev.Tick(at)) if isinstance(c, cmd.Dial)]
        for call_id in dialed:
            self.send(ev.DialAllowed(at, call_id))
            self.send(ev.Placed(at, call_id))
        return dialed

    def ring(self, at: float = 0.0) -> str:
        """One call that rings."""
        (call_id,) = self.dial(at)
        self.send(ev.Ringing(at, call_id))
        return call_id

    def of(self, kind: type, commands: list[cmd.Command] | None = None) -> list:
        return [c for c in (self.last if commands is None else commands) if isinstance(c, kind)]
