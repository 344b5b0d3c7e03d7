"""What happens when one number is called: the whole of the far end, decided at the instant of dialing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

__all__ = ["ANSWERS", "Encounter", "FarEnd", "FarEndResult"]

#: What the far end turns out to be.
FarEndResult = Literal["human", "machine", "fax", "busy", "no_answer", "invalid", "congestion"]

#: Results at which somebody or something picks up.
ANSWERS: frozenset[FarEndResult] = frozenset({"human", "machine", "fax"})


@dataclass(frozen=True, slots=True)
class Encounter:
    """One call seen from the called side. All durations are seconds.

    Attributes:
        result: what the far end turns out to be.
        ring_delay: from the carrier's acceptance until the far end rings; nothing rings at busy, invalid and
            congestion.
        ring: from the first ring until something picks up, or, at busy, invalid and congestion, from the
            carrier's acceptance until the network says so. Without meaning at `no_answer`, which rings
            until the caller gives up.
        patience: how long a person stays on a silent line before hanging up.
        leaves_after: how long after the bridge the person hangs up by themselves, or None.
        opts_out_at: the share of the safe-harbour message (0 to 1) heard when the person presses the opt-out
            key, or None.
        leaves_message_at: the share of the message (0 to 1) heard when the person hangs up, or None.

        asks_agent_at: the share of an agentless campaign's message (0 to 1) heard when the person presses the key
            for an agent, or None.

    Raises:
        ValueError: a duration is negative or a share lies outside 0 to 1.
    """

    result: FarEndResult
    ring_delay: float = 0.2
    ring: float = 12.0
    patience: float = 6.0
    leaves_after: float | None = None
    opts_out_at: float | None = None
    leaves_message_at: float | None = None
    asks_agent_at: float | None = None

    def __post_init__(self) -> None:
        if not (self.ring_delay >= 0.0 and self.ring >= 0.0 and self.patience >= 0.0):
            raise ValueError(f"durations must be at least 0 s, got {self!r}")
        if self.leaves_after is not None and not self.leaves_after >= 0.0:
            raise ValueError(f"leaves_after must be at least 0 s, got {self.leaves_after!r}")
        for share in (self.opts_out_at, self.leaves_message_at, self.asks_agent_at):
            if share is not None and not 0.0 <= share <= 1.0:
                raise ValueError(f"a share of the message lies between 0 and 1, got {share!r}")


class FarEnd(Protocol):
    """Whoever is called: `dialer.simulation.people.People`, or a script in a test."""

    def meet(self, attempt: str, number: str, at: float) -> Encounter:
        """Return what happens when `number` is called at `at`; the same arguments give the same encounter.

        `attempt` tells one call of a number from the next; the simulated carrier passes `CallRecord.attempt`.
        """
