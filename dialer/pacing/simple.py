"""The pacers that need no forecast: progressive, fixed ratio and preview.

They share the ledger, so that the board shows the same numbers in every mode.
"""

from __future__ import annotations

from dialer.pacing.base import Pacer
from dialer.pacing.limits import Limit, dial_limit, needed_lines, releasable
from dialer.pacing.values import Decision, FloorView

__all__ = ["PreviewPacer", "ProgressivePacer", "RatioPacer", "one_to_one"]


def one_to_one(
    pacer: Pacer, floor: FloorView, ready: int, limit: Limit, why: str, *, counted: int | None = None
) -> Decision:
    """Dial one line per ready agent, and let go of calls no agent is there for.

    Args:
        pacer: whose policy applies.
        floor: the floor.
        ready: agents ready now.
        limit: the limits outside the forecast.
        why: ends the sentence; names the reason for 1:1.
        counted: of the ready agents, so many may be counted on; None counts on all.
    """
    sure = ready if counted is None else counted
    wanted = needed_lines(sure, floor)
    dial = min(wanted, limit.calls)
    spare = len(floor.in_flight) + len(floor.waiting) - sure
    release = tuple(releasable(pacer.policy, floor)[:spare]) if spare > 0 else ()
    bound = f"{limit.name} bound it" if limit.calls < wanted else why
    return Decision(dial, release, f"{pacer.opening(dial, release)}: {pacer.scene(floor, ready)}; {bound}.")


class ProgressivePacer(Pacer):
    """Dials ready - in flight - waiting; abandons nobody while agents stay."""

    def _decide(self, floor: FloorView) -> Decision:
        ready = sum(1 for agent in floor.agents if agent.state == "ready")
        limit = dial_limit(self.policy, floor)
        return one_to_one(self, floor, ready, limit, "one line per ready agent (progressive)")


class RatioPacer(Pacer):
    """Dials lines_per_agent x (ready agents) - in flight - waiting, within `max_lines_per_agent`."""

    def _decide(self, floor: FloorView) -> Decision:
        ready = sum(1 for agent in floor.agents if agent.state == "ready")
        limit = dial_limit(self.policy, floor)
        if self.ledger.guarded:
            return one_to_one(self, floor, ready, limit, "1:1: one abandonment more would exceed the cap (law)")
        ratio = min(self.policy.lines_per_agent, self.policy.max_lines_per_agent)
        wanted = max(0, int(ratio * ready + 1e-9) - len(floor.in_flight) - len(floor.waiting))
        dial = min(wanted, limit.calls)
        bound = f"{limit.name} bound it" if limit.calls < wanted else f"{ratio:g} lines per ready agent"
        return Decision(dial, (), f"{self.opening(dial, ())}: {self.scene(floor, ready)}; {bound}.")


class PreviewPacer(Pacer):
    """Never dials by itself: the agent looks at the lead and asks for the call."""

    def _decide(self, floor: FloorView) -> Decision:
        ready = sum(1 for agent in floor.agents if agent.state == "ready")
        # Calls that an agent left while they rang: what nobody is there for is let go.
        spare = len(floor.in_flight) + len(floor.waiting) - ready
        release = tuple(releasable(self.policy, floor)[:spare]) if spare > 0 else ()
        return Decision(
            0, release, f"{self.opening(0, release)}: {self.scene(floor, ready)}; agents place the calls (preview)."
        )
