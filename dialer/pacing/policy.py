"""What a campaign asks of its pacer: the mode, the cap of the law, and the clocks of a call.

All times are seconds unless the name says days; rates are fractions, not per cents.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dialer.pacing.checks import require_count, require_one_of, require_within

__all__ = ["MODES", "Mode", "PacingPolicy"]

Mode = Literal["predictive", "progressive", "ratio", "preview", "agentless"]

#: The five ways of pacing that stand behind the same port.
MODES: frozenset[str] = frozenset({"predictive", "progressive", "ratio", "preview", "agentless"})


@dataclass(frozen=True, slots=True)
class PacingPolicy:
    """The pacing settings of one campaign, validated at birth.

    Attributes:
        mode: `predictive` (forecast and budget), `progressive` (one line per ready agent), `ratio`
            (a fixed number of lines per agent), `preview` (never dials by itself) or `agentless` (a message
            instead of agents: as much as lines, rate and leads allow).
        max_abandonment_rate: the law's cap on abandoned / (served + abandoned) in one accounting
            period, a fraction. 47 CFR 64.1200(a)(7) and 16 CFR 310.4(b)(4): 3 % over 30 days.
        period_days: length of one accounting period in days; successive periods are judged alone.
        connect_within: seconds a live person may wait for an agent.
        greeting: seconds from the answer to the end of the person's greeting, where the law starts
            its clock; a person may wait `greeting + connect_within` from the answer.
        min_ring: seconds an unanswered call rings before it may be released.
        ring_timeout: seconds after which an unanswered call is given up.
        release_ringing: whether calls that rang at least `min_ring` may be released early.
        lines_per_agent: lines per agent in `ratio` mode.
        max_lines_per_agent: the most calls in flight per agent present, in every mode.
        agent_key: in `agentless` mode, whether a key leads to an agent; then agents limit the pace.
        seed: kept with the state for a pacer that draws; none of the present modes draws.

    Raises:
        ValueError: naming the field and the value it got.
    """

    mode: Mode = "predictive"
    max_abandonment_rate: float = 0.03
    period_days: float = 30.0
    connect_within: float = 2.0
    greeting: float = 0.0
    min_ring: float = 15.0
    ring_timeout: float = 26.0
    release_ringing: bool = True
    lines_per_agent: float = 1.0
    max_lines_per_agent: float = 20.0
    seed: int = 0
    agent_key: bool = False

    def __post_init__(self) -> None:
        require_one_of("mode", self.mode, MODES)
        require_within("max_abandonment_rate", self.max_abandonment_rate, 0.0, 1.0)
        require_within("period_days", self.period_days, 1e-6, 36_500.0)
        require_within("connect_within", self.connect_within, 0.0, 60.0)
        require_within("greeting", self.greeting, 0.0, 60.0)
        require_within("min_ring", self.min_ring, 0.0, 600.0)
        require_within("ring_timeout", self.ring_timeout, 1.0, 600.0)
        if not isinstance(self.release_ringing, bool):
            raise ValueError(f"release_ringing must be True or False, got {self.release_ringing!r}")
        require_within("lines_per_agent", self.lines_per_agent, 0.0, 1_000.0)
        require_within("max_lines_per_agent", self.max_lines_per_agent, 1.0, 1_000.0)
        require_count("seed", self.seed)
        if self.ring_timeout < self.min_ring:
            raise ValueError(f"ring_timeout must be at least min_ring ({self.min_ring:g} s), got {self.ring_timeout!r}")

    @property
    def allowed_wait(self) -> float:
        """Seconds from the answer within which an agent must be there."""
        return self.greeting + self.connect_within

    @property
    def period_seconds(self) -> float:
        """Length of one accounting period in seconds."""
        return self.period_days * 86_400.0
