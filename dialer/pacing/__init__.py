"""Pacing: how many numbers to dial now, and which ringing calls to let go.

    >>> from dialer.pacing import AgentView, FloorView, PacingPolicy, make_pacer
    >>> pacer = make_pacer(PacingPolicy(mode="progressive"))
    >>> floor = FloorView(now=0.0, agents=(AgentView("ann", "ready", 0.0),), in_flight=(), waiting=())
    >>> pacer.decide(floor).dial
    1

The pacer is told the floor (`FloorView`) and what became of calls and agents (`CallResolved`,
`CallServed`, `CallAbandoned`, `HandleTime`), and answers with a `Decision`. It has no clock, no
input or output, and no random source but its seed. `pacer.to_state()` gives a JSON-able snapshot,
and `make_pacer(policy, state=...)` or `from_state(policy, state)` goes on from it.
"""

from dialer.pacing.base import Pacer
from dialer.pacing.factory import from_state, make_pacer
from dialer.pacing.policy import PacingPolicy
from dialer.pacing.values import (
    AgentView,
    CallAbandoned,
    CallResolved,
    CallServed,
    CallView,
    Decision,
    FloorView,
    HandleTime,
    Outcome,
    WaitingView,
)

__all__ = [
    "AgentView",
    "CallAbandoned",
    "CallResolved",
    "CallServed",
    "CallView",
    "Decision",
    "FloorView",
    "HandleTime",
    "Outcome",
    "Pacer",
    "PacingPolicy",
    "WaitingView",
    "from_state",
    "make_pacer",
]
