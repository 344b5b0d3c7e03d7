"""A campaign's own list in a simulated floor: due leads in the order of dialing, inside everybody's hours.

What the gate says of each number is asked once, for the instant of the start and for every half hour after it
(`dialer.runtime.screening`); numbers that it refuses for good never come. Caps on repeated calls are the campaign's
own (`[caps]`): the law's are judged for the calls of the past, not for those that the simulation adds.
"""

from __future__ import annotations

import heapq
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from campaigns.files import Campaign
from dialer.engine.commands import Dial, LeadChanged
from dialer.engine.events import DialRefused, Lead, LeadsOffered, NoLeads
from dialer.engine.states import LeadState
from dialer.runtime.instants import moment, seconds
from dnc import zones

__all__ = ["Listed", "ListedLeads", "Openings"]

_CALLBACK, _FRESH, _AGAIN = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Openings:
    """When numbers of a kind may be called.

    Attributes:
        at: instants in order, seconds since the epoch.
        open: whether calls may be placed from each of them up to the next.
    """

    at: tuple[float, ...]
    open: tuple[bool, ...]

    def holds(self, at: float) -> bool:
        """Whether calls may be placed at `at`."""
        n = bisect_right(self.at, at) - 1
        return n >= 0 and self.open[n]

    def next(self, at: float) -> float | None:
        """The next instant after `at` from which calls may be placed."""
        for n in range(max(0, bisect_right(self.at, at)), len(self.at)):
            if self.open[n]:
                return self.at[n]
        return None


@dataclass(slots=True)
class Listed:
    """One lead of the list.

    Attributes:
        lead_id: as in the store.
        phones: (phone id, number, kind of opening) of each number that may be called, the next one first.
        priority: higher is dialed first.
        attempts: calls so far.
        next_at: earliest next call, or 0.
        callback: whether a call was promised.
        dialed: instants of the simulated calls.
    """

    lead_id: int
    phones: list[tuple[int, str, int]]
    priority: int = 0
    attempts: int = 0
    next_at: float = 0.0
    callback: bool = False
    dialed: list[float] = field(default_factory=list)

    def rank(self) -> tuple[int, float, int, float, int]:
        """The order of dialing: due callbacks, then priority, then the untried, then the longest due."""
        if self.callback:
            return (_CALLBACK, self.next_at, 0, 0.0, self.lead_id)
        return (_FRESH, -self.priority, _FRESH if not self.attempts else _AGAIN, self.next_at, self.lead_id)


class ListedLeads:
    """Where the floor's leads come from (`dialer.simulation.leads.LeadSource`).

    Args:
        campaign: whose caps and hours hold.
        leads: in play.
        openings: when each kind of number may be called.
    """

    def __init__(self, campaign: Campaign, leads: Iterable[Listed], openings: Sequence[Openings]) -> None:
        self._caps = campaign.caps
        self._zone = zones.zone(campaign.hours.timezone)
        self._openings = openings
        self._ready: list[list[tuple[tuple[int, float, int, float, int], Listed]]] = [[] for _ in openings]
        self._waiting: list[tuple[float, int, Listed]] = []
        self._leads: dict[int, Listed] = {}
        self.untried = 0
        self.ended: Counter[str] = Counter()
        for lead in leads:
            self._leads[lead.lead_id] = lead
            self.untried += not lead.attempts
            self._rest(lead)

    @property
    def left(self) -> int:
        """Leads that may still be called, now or later."""
        return len(self._leads)

    def offer(self, at: float, count: int) -> LeadsOffered:
        """Give up to `count` leads that are due at `at` and whose number may be called then; or say why none."""
        while self._waiting and self._waiting[0][0] <= at:
            lead = heapq.heappop(self._waiting)[2]
            heapq.heappush(self._ready[lead.phones[0][2]], (lead.rank(), lead))
        open_now = [heap for heap, opening in zip(self._ready, self._openings, strict=True) if opening.holds(at)]
        taken: list[Lead] = []
        while len(taken) < count:
            best = min((heap for heap in open_now if heap), key=lambda heap: heap[0][0], default=None)
            if best is None:
                break
            lead = heapq.heappop(best)[1]
            phone_id, number, _ = lead.phones[0]
            taken.append(Lead(lead.lead_id, number, phone_id, lead.attempts))
            lead.attempts += 1
            lead.dialed.append(at)
        if taken:
            return LeadsOffered(at, tuple(taken))
        return self._none(at)

    def refused(self, dial: Dial) -> DialRefused | None:
        """Turn away a lead whose hours have ended while the engine had it in hand; else it is dialed now."""
        lead = self._leads.get(dial.lead_id)
        if lead is None:
            return DialRefused(dial.at, dial.call_id, ("LEAD_CLOSED",), None)
        opening = self._openings[lead.phones[0][2]]
        if opening.holds(dial.at):
            self.untried -= lead.attempts == 1
            return None
        lead.attempts -= 1
        lead.dialed.pop()
        later = opening.next(dial.at)
        return DialRefused(dial.at, dial.call_id, ("HOURS_STATE",), dial.at + 900.0 if later is None else later)

    def changed(self, change: LeadChanged) -> None:
        """What became of a lead."""
        lead = self._leads.get(change.lead_id)
        if lead is None:
            return
        if change.phone_bad:
            lead.phones = [phone for phone in lead.phones if phone[0] != change.phone_id]
        if change.state in (LeadState.DONE, LeadState.BLOCKED) or not lead.phones:
            del self._leads[lead.lead_id]
            self.ended[change.why.partition(":")[0].partition(";")[0]] += 1
            return
        lead.callback = change.state is LeadState.CALLBACK
        lead.next_at = max(change.next_at or change.at, self._capped_until(lead, change.at))
        self._rest(lead)

    def _rest(self, lead: Listed) -> None:
        heapq.heappush(self._waiting, (lead.next_at, lead.lead_id, lead))

    def _capped_until(self, lead: Listed, at: float) -> float:
        """When the campaign's own caps allow the next call."""
        until, caps = 0.0, self._caps
        for cap in caps.per_hours:
            if len(lead.dialed) >= cap.count:
                until = max(until, lead.dialed[-cap.count] + cap.hours * 3600.0)
        per_day = min((cap for cap in (caps.per_day, caps.per_phone_per_day) if cap is not None), default=None)
        if per_day is not None:
            midnight = moment(at).astimezone(self._zone).replace(hour=0, minute=0, second=0, microsecond=0)
            if sum(each >= seconds(midnight) for each in lead.dialed) >= per_day:
                until = max(until, seconds(midnight + timedelta(days=1)))
        return until

    def _none(self, at: float) -> LeadsOffered:
        because: NoLeads = "done"
        instants = [self._waiting[0][0]] if self._waiting else []
        if instants:
            because = "waiting"
        for heap, opening in zip(self._ready, self._openings, strict=True):
            if heap:
                because = "outside_hours"
                later = opening.next(at)
                if later is not None:
                    instants.append(later)
        retry_at = None if because == "done" else max(at + 1.0, min(instants, default=at + 900.0))
        return LeadsOffered(at, (), because, retry_at)
