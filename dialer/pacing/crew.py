"""Whether agents go to nobody but our own calls.

While the ledger can pay for few abandonments, each agent counted on must still be there when the answer comes. A
campaign that shares its agents with another one, or whose agents leave for a break, sees ready agents taken away
by something else than its own calls. This is noticed here, from look to look.
"""

from __future__ import annotations

from typing import Any

from dialer.pacing.values import FloorView

__all__ = ["Crew"]

#: Seconds for which agents are not counted on after one of them went elsewhere.
_UNSTEADY = 900.0
#: Looks further apart than this, in seconds, tell nothing.
_LONGEST_GAP = 5.0


class Crew:
    """Follows the ready agents of one campaign while it matters."""

    def __init__(self) -> None:
        self._ready: set[str] = set()
        self._served: set[str] = set()  # agents who took a call of ours since the last look
        self._looked_at = float("-inf")
        self._unsteady_until = float("-inf")

    def served(self, agent_id: str) -> None:
        """An agent took a call of ours."""
        self._served.add(agent_id)

    def steady(self, floor: FloorView) -> bool:
        """Look at the floor; tell whether no ready agent went elsewhere of late."""
        now = floor.now
        states = {agent.agent_id: agent.state for agent in floor.agents}
        if 0.0 <= now - self._looked_at <= _LONGEST_GAP:
            # A reserved agent is about to take a call of ours.
            gone = (name for name in self._ready - self._served if states.get(name) not in ("ready", "reserved"))
            if any(gone):
                self._unsteady_until = now + _UNSTEADY
        self._ready = {name for name, state in states.items() if state == "ready"}
        self._served.clear()
        self._looked_at = now
        return now >= self._unsteady_until

    def to_state(self) -> dict[str, Any]:
        """Give a plain, JSON-able snapshot."""
        return {
            "ready": sorted(self._ready),
            "served": sorted(self._served),
            "looked_at": None if self._looked_at == float("-inf") else self._looked_at,
            "unsteady_until": None if self._unsteady_until == float("-inf") else self._unsteady_until,
        }

    def load(self, state: dict[str, Any]) -> None:
        """Go on from a snapshot made by `to_state`.

        Raises:
            KeyError: when a part is missing.
        """
        self._ready, self._served = set(state["ready"]), set(state["served"])
        at, until = state["looked_at"], state["unsteady_until"]
        self._looked_at = float("-inf") if at is None else float(at)
        self._unsteady_until = float("-inf") if until is None else float(until)
