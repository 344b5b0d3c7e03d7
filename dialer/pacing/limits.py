"""The limits that stand outside the forecast: lines, the carrier's rate, leads, lines per agent.

`decide` never returns more than the smallest of them, and its sentence names the one that bound.
"""

from __future__ import annotations

from typing import NamedTuple

from dialer.pacing.policy import PacingPolicy
from dialer.pacing.values import AgentView, FloorView

__all__ = ["Limit", "dial_limit", "needed_lines", "releasable"]


class Limit(NamedTuple):
    """How many calls may be placed now, and which limit says so."""

    calls: int
    name: str


def dial_limit(policy: PacingPolicy, floor: FloorView) -> Limit:
    """Give the most calls that may be placed now, and the name of the smallest limit.

    A line is held by every call in flight, every waiting person and every agent who is talking or
    reserved for a call.
    """
    flying = len(floor.in_flight)
    least = Limit(int(policy.max_lines_per_agent * len(floor.agents)) - flying - len(floor.waiting), "lines per agent")
    if floor.line_limit is not None:
        talking = sum(1 for agent in floor.agents if _holds_line(agent))
        least = min(least, Limit(floor.line_limit - flying - len(floor.waiting) - talking, "lines"))
    if floor.dial_tokens is not None:
        least = min(least, Limit(int(floor.dial_tokens), "rate"))
    if floor.leads_left is not None:
        least = min(least, Limit(floor.leads_left, "leads"))
    return least if least.calls > 0 else Limit(0, least.name)


def _holds_line(agent: AgentView) -> bool:
    return agent.state in {"talking", "reserved"}


def needed_lines(ready: int, floor: FloorView) -> int:
    """Give the calls that progressive (1:1) dialing would place: ready - in flight - waiting, or 0."""
    return max(0, ready - len(floor.in_flight) - len(floor.waiting))


def releasable(policy: PacingPolicy, floor: FloorView) -> list[str]:
    """List the calls that rang at least `min_ring`, the longest ring first; none when that is off.

    47 CFR 64.1200(a)(6) and 16 CFR 310.4(b)(4)(ii): no unanswered call is disconnected before
    15 seconds or four rings.
    """
    if not policy.release_ringing:
        return []
    now, min_ring = floor.now, policy.min_ring
    rang = [
        (call.ringing_since, call.call_id)
        for call in floor.in_flight
        if call.ringing_since is not None and now - call.ringing_since >= min_ring
    ]
    rang.sort()
    return [call_id for _, call_id in rang]
