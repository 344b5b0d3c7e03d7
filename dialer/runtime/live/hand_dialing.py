"""A number that an agent types: found among the campaign's leads or taken down as one, then dialed as any other.

The call passes the same gate, caps, lines and ledger as every call (`Dial` with mode `manual`); only the choice of the
number is the agent's. A lead that is dialed by hand stays what it was unless an outcome is given.
"""

from __future__ import annotations

from campaigns.files import Campaign
from dialer.engine import events as ev
from dialer.runtime.instants import moment
from dialer.runtime.live.desks import DeskError
from dialer.runtime.live.floor import LiveFloor
from dialer.store import erasures, hopper, lists, outcomes, people
from dialer.store.transactions import Writing
from dnc.numbers import Number, Refusal, parse_lead_number
from dnc.places import place_of
from dnc.values import Code

__all__ = ["dial_by_hand"]

_CODES = frozenset(Code)
_WHY = "dialed by hand"


def dial_by_hand(floor: LiveFloor, agent_id: str, text: str) -> None:
    """Dial a number for an agent.

    Raises:
        DeskError: the campaign does not allow it, the number is none or must not be called, or the agent cannot
            call now. What the gate says comes as the agent's next state.
    """
    desk = floor.desks.desks[agent_id]
    campaign = floor.campaign(desk.campaign)
    if not campaign.agents.manual_dial:
        raise DeskError("numbers are not dialed by hand in this campaign")
    if desk.state.value not in ("ready", "paused"):
        raise DeskError("finish what is on the screen first")
    if not desk.leg_up:
        raise DeskError("your line is not up")
    now = floor.clock.now()
    if not campaign.hours.is_open(moment(now)):
        raise DeskError("the campaign is closed at this hour")
    number = parse_lead_number(text, campaign.country)
    if isinstance(number, Refusal):
        raise DeskError(number.detail)
    session = floor.session(campaign.name)
    run_id = session.run_id
    assert session.driver is not None
    session.driver.flush()  # what was given back a moment ago is to be seen
    with floor.store.writing() as tx:
        lead = _lead(tx, campaign, number, run_id, agent_id, now)
    try:
        floor.desks.dial_by_hand(agent_id, lead)
    except DeskError:
        if lead.by_hand:
            with floor.store.writing() as tx:
                hopper.release(tx, run_id, [lead.lead_id])
        raise


def _lead(tx: Writing, campaign: Campaign, number: Number, run_id: str, agent_id: str, now: float) -> ev.Lead:
    """The lead of a number, leased to this run."""
    if erasures.in_force(tx, [number.e164]):
        raise DeskError("this person asked to be erased: nobody calls them")
    phone_id = outcomes.phone_in_campaign(tx, campaign.name, number.e164)
    if phone_id is None:
        found = lists.NewLead(
            0, [lists.NewPhone(number.e164, place_of(number.e164), line_type=number.line_type)], country=number.region
        )
        added = lists.add_row(tx, campaign.name, found, name=_WHY, by=agent_id, at=moment(now))
        assert added is not None
        lead_id = added
        hopper.set_lead(tx, lead_id, "done", None, _WHY)
        phone_id = outcomes.phone_in_campaign(tx, campaign.name, number.e164)
        assert phone_id is not None
    else:
        lead_id, status, why, _, bad = people.lead_of_phone(tx, phone_id)
        if bad is not None:
            raise DeskError(f"this number is not called any more: {bad}")
        if status == "blocked" and not set(why.split(",")) <= _CODES:
            raise DeskError(f"this person is not called any more: {why}")
        if status == "leased":  # in hand, before an agent, or on a call: the engine knows, and judges
            return ev.Lead(lead_id, number.e164, phone_id, outcomes.attempts_of_lead(tx, lead_id))
    attempts = outcomes.attempts_of_lead(tx, lead_id)
    hopper.hold(tx, run_id, lead_id, moment(now))
    return ev.Lead(lead_id, number.e164, phone_id, attempts, by_hand=True)
