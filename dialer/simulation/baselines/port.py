"""What every baseline shares: it stands behind the pacer's port, counts what it is told, and never releases."""

from __future__ import annotations

from dialer.pacing import CallAbandoned, CallResolved, CallServed, Decision, FloorView, HandleTime, Outcome

__all__ = ["Baseline", "Census", "half_up"]


class Census:
    """How many agents and calls a floor shows.

    Attributes:
        ready: agents waiting for a call.
        talking: agents in a call, or being joined to one.
        wrap_up: agents in wrap-up.
        in_flight: calls that have reached nobody yet.
        waiting: live people without an agent.
    """

    __slots__ = ("in_flight", "ready", "talking", "waiting", "wrap_up")

    def __init__(self, floor: FloorView) -> None:
        states = [agent.state for agent in floor.agents]
        self.ready = states.count("ready")
        self.wrap_up = states.count("wrap_up")
        self.talking = len(states) - self.ready - self.wrap_up
        self.in_flight = len(floor.in_flight)
        self.waiting = len(floor.waiting)


def half_up(value: float) -> int:
    """Round to the nearest whole number, halves up (values of at least 0)."""
    return int(value + 0.5)


_NOTHING = Decision(0, (), "Dialing 0: the policy wants no further call.")


class Baseline:
    """A policy of today behind the port of `dialer.pacing.Pacer`."""

    #: Shown in tables.
    name = "baseline"

    def decide(self, floor: FloorView) -> Decision:
        """Say how many to dial, inside the floor's limits; a baseline lets no call go."""
        wanted = self.wanted(floor)
        if wanted <= 0:
            return _NOTHING
        for limit in (floor.dial_tokens, floor.leads_left):
            if limit is not None:
                wanted = min(wanted, int(limit))
        if floor.line_limit is not None:
            seen = Census(floor)
            wanted = min(wanted, max(0, floor.line_limit - seen.in_flight - seen.waiting - seen.talking))
        return Decision(wanted, (), f"Dialing {wanted}: {self.name}.")

    def observe(self, outcome: Outcome) -> None:
        """Count one outcome."""
        match outcome:
            case CallResolved():
                self.resolved(outcome)
            case CallServed():
                self.served(outcome)
            case CallAbandoned():
                self.dropped(outcome)
            case HandleTime():
                self.handled(outcome)

    def wanted(self, floor: FloorView) -> int:
        """How many calls the policy would place now, whatever the floor's limits."""
        raise NotImplementedError

    def resolved(self, outcome: CallResolved) -> None:
        """A call came to its first result."""

    def served(self, outcome: CallServed) -> None:
        """A person reached an agent."""

    def dropped(self, outcome: CallAbandoned) -> None:
        """A person reached nobody."""

    def handled(self, outcome: HandleTime) -> None:
        """An agent finished a call and its wrap-up."""
