"""Which leads to offer the engine: due ones whose places may be called at this hour.

The law's hours are asked per place, not per lead, and remembered until they change. The gate is asked
again, for each call, at the instant of dialing: this here only spares it thousands of certain refusals.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from campaigns.files import Campaign, Hours
from dialer.engine.events import Lead, LeadsOffered, NoLeads
from dialer.runtime.instants import moment, seconds
from dialer.runtime.propensity import Propensity
from dialer.store import hopper, ordering, places, ranking, retiring
from dialer.store.transactions import Writing
from dnc import zones
from dnc.gate import Gate
from dnc.values import Place

__all__ = ["Hopper"]

#: How long the set of places with due leads is believed, s; a lease that finds nothing looks again at once.
_PLACES_KEEP = 900.0
#: How often leads of expired lists are put away before one look; some thousands each time.
_SWEEPS = 5
#: The longest time between two looks when nothing can be offered, s: lists and opt-ins may arrive.
_LOOK_AGAIN = 900.0


@dataclass(slots=True)
class _Hours:
    """Whether a place may be called, and until when that answer holds."""

    open: bool
    until: float


class Hopper:
    """Offers leads to one run.

    Args:
        campaign: whose leads.
        gate: knows the lawful hours.
        run_id: in whose name leads are leased.
        propensity: how likely each lead answers, where enough calls told it.
    """

    def __init__(self, campaign: Campaign, gate: Gate, run_id: str, propensity: Propensity | None = None) -> None:
        self._campaign = campaign
        self._gate = gate
        self._run_id = run_id
        self._propensity = propensity
        self._rank = ordering.Ranking(campaign.order) if campaign.order.given else ranking.candidates
        self._hours: dict[str, _Hours] = {}
        self._places: list[hopper.DuePlace] = []
        self._places_at = float("-inf")
        self._open_ids: list[int] = []
        self._open_until = float("-inf")  # until then `_open_ids` holds

    def fetch(self, tx: Writing, at: float, count: int) -> LeadsOffered:
        """Lease up to `count` leads and offer them; or say why there are none and when to ask again."""
        if not self._campaign.hours.is_open(moment(at)):
            opening = self._campaign.hours.next_opening(moment(at))
            say = _closed(self._campaign.hours, moment(at), opening)
            return self._none(at, "outside_hours", None if opening is None else seconds(opening), say)
        swept = 0
        while swept < _SWEEPS and retiring.sweep(tx, self._campaign.name, moment(at)):
            swept += 1
        leads = self._lease(tx, at, count)
        if not leads and swept == _SWEEPS:
            return self._none(at, "waiting", at + 1.0)  # more of an expired list may stand before the others
        if not leads and at > self._places_at:
            self._places_at = float("-inf")  # perhaps new places have become due
            leads = self._lease(tx, at, count)
        if leads:
            return LeadsOffered(at, leads)
        held = ordering.count_filtered(tx, self._campaign.name, self._campaign.order, moment(at), due=True)
        if held:
            # Attempts and days may let a lead through later: it is looked for again, and the board says why.
            say = f"{held:,} leads are due, but the filter of [order] leaves them out: {self._campaign.order.filter}"
            return self._none(at, "waiting", None, say)
        if self._places:
            closed = [self._is_open(due.place, at).until for due in self._places]
            return self._none(at, "outside_hours", min(closed))
        following = hopper.next_due(tx, self._campaign.name, moment(at))
        if following is not None:
            return self._none(at, "waiting", seconds(following))
        return self._none(at, "done", None)

    def _lease(self, tx: Writing, at: float, count: int) -> tuple[Lead, ...]:
        if at >= self._places_at + _PLACES_KEEP:
            self._places = hopper.due_places(tx, self._campaign.name, moment(at), count_to=1)
            self._places_at, self._open_until = at, float("-inf")
        if at >= self._open_until:
            hours = [(due.place_id, self._is_open(due.place, at)) for due in self._places]
            self._open_ids = [place_id for place_id, found in hours if found.open]
            self._open_until = min((found.until for _, found in hours), default=at)
        if not self._open_ids:
            return ()
        leased = hopper.lease(tx, self._campaign.name, self._run_id, count, moment(at), self._open_ids, self._rank)
        return tuple(self._lead(each, at) for each in leased)

    def callbacks(self, tx: Writing, at: float) -> tuple[Lead, ...]:
        """Lease the callbacks whose promised time has come, as far as their places may be called at this hour."""
        if not self._campaign.hours.is_open(moment(at)):
            return ()
        due = hopper.due_callbacks(tx, self._campaign.name, moment(at))
        known = places.get(tx, {place_id for ids in due.values() for place_id in ids})
        open_ids = [place_id for place_id, place in known.items() if self._is_open(place, at).open]
        return tuple(self._lead(each, at) for each in hopper.take(tx, self._run_id, due, moment(at), open_ids))

    def first(self, tx: Writing, at: float, lead_id: int) -> tuple[Lead, ...]:
        """Lease one lead that is to be called before all others, if its place may be called at this hour.

        It is given no answer probability: it waits for no surer lead.
        """
        if not self._campaign.hours.is_open(moment(at)):
            return ()
        found = places.of_lead(tx, lead_id)
        open_ids = [place_id for place_id, place in found.items() if self._is_open(place, at).open]
        taken = hopper.take(tx, self._run_id, [lead_id], moment(at), open_ids)
        return tuple(Lead(each.lead_id, each.number, each.phone_id, each.attempts) for each in taken)

    def _lead(self, leased: hopper.LeasedLead, at: float) -> Lead:
        promised = leased.next_at if leased.leased_from == "callback" else None
        return Lead(
            leased.lead_id,
            leased.number,
            leased.phone_id,
            leased.attempts,
            self._estimate(leased, at),
            leased.callback_for if promised is not None else "",
            None if promised is None else seconds(promised),
        )

    def _estimate(self, lead: hopper.LeasedLead, at: float) -> float | None:
        """The probability that a lead answers; none for a promised callback, which waits for no surer lead."""
        if self._propensity is None or lead.leased_from == "callback":
            return None
        return self._propensity.of(lead.attempts, lead.place_id, at)

    def _is_open(self, place: Place, at: float) -> _Hours:
        known = self._hours.get(place.key)
        if known is None or at >= known.until:
            opening = self._gate.hours(place, self._campaign.scope, self._campaign.call_mode, moment(at))
            until = at + _LOOK_AGAIN if opening.until is None else seconds(opening.until)
            # A place that never opens (an unknown one, say) is offered all the same: the gate then refuses
            # the call by name and the lead is blocked with the reason, instead of waiting in silence.
            known = _Hours(opening.open or opening.until is None, until)
            self._hours[place.key] = known
        return known

    def _none(self, at: float, why: NoLeads, retry_at: float | None, say: str = "") -> LeadsOffered:
        latest = at + _LOOK_AGAIN
        again = latest if retry_at is None else min(max(retry_at, at + 1.0), latest)
        return LeadsOffered(at, (), why, again, say)


def _closed(hours: Hours, at: datetime, opening: datetime | None) -> str:
    """The sentence for a campaign that is closed by its own calendar."""
    again = "and it does not open again"
    if opening is not None:
        again = f"it opens {zones.local(opening, hours.timezone):%a %Y-%m-%d %H:%M %Z}"
    return f"The campaign is closed ({hours.why_closed_at(at)}); {again}."
