"""Whom a simulated floor calls when there is no store."""

from __future__ import annotations

from typing import Protocol

from dialer.engine.commands import Dial, LeadChanged
from dialer.engine.events import DialRefused, Lead, LeadsOffered
from dialer.simulation.people import People

__all__ = ["EndlessLeads", "LeadSource"]

#: So many people there are; then the list begins again, and they are called once more.
_PEOPLE = 200_000


class LeadSource(Protocol):
    """Where the floor's leads come from."""

    def offer(self, at: float, count: int) -> LeadsOffered:
        """Give up to `count` leads that may be called at `at`."""

    def refused(self, dial: Dial) -> DialRefused | None:
        """Why a lead must not be dialed at this instant after all, or None: what the gate is for a live floor."""

    def changed(self, change: LeadChanged) -> None:
        """A lead has a new state."""


class EndlessLeads:
    """A list that never ends: a pacing study is of the floor, not of the list.

    The n-th lead is the same person for every policy.

    Args:
        prefix: tells the people of one campaign from another's.
        people: whose answer probability each lead carries (the estimate that a campaign has of its leads at
            the instant at which they are fetched), or None: the leads carry none.
    """

    def __init__(self, prefix: str = "person", people: People | None = None) -> None:
        self._prefix = prefix
        self._people = people
        self._next = 0

    def offer(self, at: float, count: int) -> LeadsOffered:
        """Give the next `count` people."""
        leads = []
        for serial in range(self._next, self._next + count):
            number = f"{self._prefix}-{serial % _PEOPLE}"
            known = None if self._people is None else self._people.answer_probability(number, at)
            leads.append(Lead(serial, number, serial, serial // _PEOPLE, known))
        self._next += count
        return LeadsOffered(at, tuple(leads))

    def refused(self, dial: Dial) -> DialRefused | None:
        """Everybody may always be called."""
        return None

    def changed(self, change: LeadChanged) -> None:
        """What became of a lead changes nothing: the next one comes."""
