"""The plan of one lead: what was tried, what applies next, and the earliest instant at which it may be called."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from campaigns.files import Campaign
from campaigns.workspace import Workspace
from dialer.reports.reasons import reason_words
from dialer.runtime.asking import judge, open_rulebook
from dialer.store import lead_pages, lead_views
from dialer.store.lead_pages import Expiry
from dialer.store.lead_views import LeadView
from dialer.store.transactions import Reading
from dnc import zones
from dnc.registries import RegistryStore
from dnc.rules import Rulebook

__all__ = ["LeadPlan", "plan"]

#: Hours of the campaign, hours of the law and caps are asked in turn, so often at most, until all agree.
_ROUNDS = 12


@dataclass(frozen=True, slots=True)
class LeadPlan:
    """One lead's story.

    Attributes:
        lead: as it stands, with its calls.
        number: the phone whose turn it is, or None when none is usable.
        earliest: when it may be called first, as things are now, or None.
        sentences: how that came about, one each.
    """

    lead: LeadView
    number: str | None
    earliest: datetime | None
    sentences: tuple[str, ...]


def plan(workspace: Workspace, campaign: Campaign, tx: Reading, lead_id: int, at: datetime) -> LeadPlan:
    """The plan of a lead of the campaign at `at`. Nothing is written: this is no dial decision."""
    lead = lead_views.lead(tx, lead_id, campaign.client)
    assert lead is not None, f"no lead {lead_id} of {campaign.client}"
    said: list[str] = []
    listed = lead_pages.expiry(tx, lead_id)
    stopped = _stopped(lead, listed, at, said)
    if lead.status != "callback" and not lead_pages.fits(tx, lead_id, campaign.order, at):
        said.append(f"The filter of [order] leaves it out now: {campaign.order.filter}.")
        stopped = True
    number = _turn(lead)
    if number is None:
        said.append("No usable number is left.")
    if stopped or number is None:
        said.append("So it is not called, as things are.")
        return LeadPlan(lead, number, None, tuple(said))
    said.append(_turn_said(lead, number))
    earliest = at
    if lead.next_at is not None and lead.next_at > at:
        earliest = lead.next_at
        said.append(f"By its own state it waits until {_time(earliest, campaign)}.")
    book, registries = open_rulebook(workspace), RegistryStore(workspace.registries_dir)
    found = _lawful(tx, campaign, number, earliest, book, registries, said)
    if found is None:
        return LeadPlan(lead, number, None, (*said, "So it is not called, as things are."))
    said.append(f"It may be called from {_time(found, campaign)} on, if nothing changes until then.")
    return LeadPlan(lead, number, found, tuple(said))


def _stopped(lead: LeadView, listed: Expiry, at: datetime, said: list[str]) -> bool:
    why = f" ({lead.why})" if lead.why else ""
    said.append(f"The lead is {lead.status}{why} after {len(lead.calls)} attempts.")
    stopped = lead.status in ("done", "blocked")
    if listed.retired is not None and lead.status != "callback":
        said.append(f"It is retired: {listed.retired}.")
        stopped = True
    if listed.expires_at is not None and listed.expires_at <= at:
        said.append(f"Its list {listed.file_name} expired on {listed.expires_at:%Y-%m-%d %H:%M UTC}.")
        stopped = True
    return stopped


def _turn(lead: LeadView) -> str | None:
    """The phone whose turn it is, as the hopper chooses: least tried, then first; a callback where it was promised."""
    usable = [each.number for each in lead.phones if each.bad is None]
    talked = next((call.number for call in lead.calls if call.bridged_at is not None), None)
    if lead.status == "callback" and talked in usable:
        return talked
    tried = Counter(call.number for call in lead.calls)
    return min(usable, key=lambda number: (tried[number], usable.index(number)), default=None)


def _turn_said(lead: LeadView, number: str) -> str:
    usable = sum(each.bad is None for each in lead.phones)
    which = next(index for index, each in enumerate(lead.phones, 1) if each.number == number)
    tried = sum(call.number == number for call in lead.calls)
    return f"Its phone {which} is next: tried {tried} times, of {usable} usable ones the first in turn."


def _lawful(
    tx: Reading,
    campaign: Campaign,
    number: str,
    at: datetime,
    book: Rulebook,
    registries: RegistryStore,
    said: list[str],
) -> datetime | None:
    """The first instant from `at` on at which the campaign is open and the gate lets the call through."""
    for _ in range(_ROUNDS):
        if not campaign.hours.is_open(at):
            opening = campaign.hours.next_opening(at)
            if opening is None:
                said.append(f"The campaign is closed ({campaign.hours.why_closed_at(at)}) and does not open again.")
                return None
            said.append(
                f"The campaign is closed ({campaign.hours.why_closed_at(at)}) until {_time(opening, campaign)}."
            )
            at = opening
        answer = judge(tx, campaign, number, at, book=book, registries=registries)
        verdict = answer.verdict
        if verdict is None:
            said.append(f"The number cannot be called: {answer.refusal}.")
            return None
        if verdict.allowed:
            return at
        why = "; ".join(map(reason_words, verdict.reasons))
        if verdict.next_allowed is None or verdict.next_allowed <= at:
            said.append(f"The gate refuses it, and knows no later instant: {why}.")
            return None
        said.append(f"The gate refuses it until {_time(verdict.next_allowed, campaign)}: {why}.")
        at = verdict.next_allowed
    said.append("No instant was found at which the campaign is open and the gate lets the call through.")
    return None


def _time(at: datetime, campaign: Campaign) -> str:
    return f"{zones.local(at, campaign.hours.timezone):%a %Y-%m-%d %H:%M %Z}"
