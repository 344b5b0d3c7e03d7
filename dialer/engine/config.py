"""What the engine is told once, when a campaign starts. Seconds unless the name says otherwise."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from campaigns.recycle import LeadNext

__all__ = ["EngineConfig", "Recycle"]

#: `(result, disposition code or None, attempts so far including this one, now, callback at) -> LeadNext`.
Recycle = Callable[[str, str | None, int, float, float | None], LeadNext]


@dataclass(frozen=True, slots=True)
class EngineConfig:
    """Limits and clocks of one campaign's floor.

    Raises:
        ValueError: when `min_ring` is under the 15 s floor of 16 CFR 310.4(b)(4)(ii), or a limit is negative.
    """

    lines: int = 100  # calls at once, of any state
    calls_per_second: float = 10.0  # the carrier account's rate
    connect_within: float = 2.0  # a live person is joined to an agent, or hears the message, by then
    greeting: float = 0.0  # the clock of `connect_within` starts after the person's greeting
    message_lead: float = 0.1  # the message is started this much before the limit, so that it is not late
    min_ring: float = 15.0
    ring_timeout: float = 26.0
    time_limit: float = 3600.0  # the longest call
    wrap_up_limit: float = 120.0
    place_deadline: float = 30.0  # no word from the carrier after this: ask it
    look_up_deadline: float = 30.0  # asked, and still no word: the call is lost
    beat: float = 0.0  # decide at most once per beat; 0 decides after every event
    call_prefix: str = "c"  # call ids are `<prefix>-<number>`; unique per run
    preview: bool = False  # every lead is shown to an agent, who has it called
    preview_seconds: float = 0.0  # a previewed lead is called by itself after this; 0: never
    agentless: bool = False  # who answers hears a message instead of an agent
    agent_key: bool = False  # agentless: a key leads to an agent
    leave_voicemail: bool = False  # agentless: machines get a message, too
    message_seconds: float = 90.0  # agentless: no message lasts longer
    callback_grace: float = 600.0  # an agent's own callback waits for them, then it is anybody's
    skip_delay: float = 3600.0  # a skipped lead is offered again after this
    dispositions: Mapping[str, frozenset[str]] = field(default_factory=dict)  # code -> flags

    def __post_init__(self) -> None:
        if self.min_ring < 15.0:
            raise ValueError(f"min_ring must be at least 15 s (16 CFR 310.4(b)(4)(ii)), got {self.min_ring!r}")
        for name in ("lines", "calls_per_second", "connect_within", "greeting", "wrap_up_limit", "beat"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} must not be negative, got {getattr(self, name)!r}")

    @property
    def allowed_wait(self) -> float:
        """Seconds from the answer to the moment at which the message must begin."""
        return max(0.0, self.greeting + self.connect_within - self.message_lead)
