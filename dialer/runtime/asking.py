"""Asking the gate about one number without dialing it: the same facts, the same rules, no entry in the ledger."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from campaigns.files import Campaign
from campaigns.workspace import Workspace
from dialer.runtime.policy import policy_of
from dialer.runtime.reassigned import reassigned
from dialer.store import calls, outcomes, people, relationships
from dialer.store.database import open_store
from dialer.store.facts import StoreFacts
from dialer.store.transactions import Reading
from dnc import rules
from dnc.gate import Gate
from dnc.numbers import Number, Refusal, normalise_suppression_number, parse_lead_number
from dnc.places import place_of
from dnc.registries import RegistryStore
from dnc.values import Address, ProposedCall, Verdict

__all__ = ["Answer", "LeadNow", "ask", "judge", "open_rulebook"]


@dataclass(frozen=True, slots=True)
class LeadNow:
    """What the campaign is about to do with the number, whatever the gate says."""

    lead_id: int
    status: str
    why: str
    next_at: datetime | None  # the earliest next attempt
    bad: str | None  # why the number itself must not be tried again

    @property
    def offered(self) -> bool:
        """Whether a run will ever take the lead with this number, as things are."""
        return self.bad is None and self.status not in ("blocked", "done")


@dataclass(frozen=True, slots=True)
class Answer:
    """What the gate says of one number; `refusal` when the text is not a number to call at all."""

    call: ProposedCall | None
    verdict: Verdict | None
    lead: LeadNow | None = None  # None: the number is in no list of the campaign
    refusal: str | None = None


def open_rulebook(workspace: Workspace) -> rules.Rulebook:
    """The shipped rules with the house's own overlays.

    Raises:
        RulesError: a rule file is wrong; nothing may be dialed.
    """
    return rules.load(*([workspace.rules_dir] if workspace.rules_dir.is_dir() else []))


def ask(workspace: Workspace, campaign: Campaign, number: str, at: datetime) -> Answer:
    """Put a proposed call to the gate, as the campaign would place it at that instant."""
    with open_store(workspace.database_url) as store, store.reading() as tx:
        registries = RegistryStore(workspace.registries_dir)
        return judge(tx, campaign, number, at, book=open_rulebook(workspace), registries=registries)


def judge(
    tx: Reading, campaign: Campaign, number: str, at: datetime, *, book: rules.Rulebook, registries: RegistryStore
) -> Answer:
    """As `ask`, within a transaction, with rules and registries that are open already."""
    parsed = parse_lead_number(number, campaign.country)
    if isinstance(parsed, Refusal):
        # A number all the same, only not one to call: let the gate say so, with everything else it sees.
        written = normalise_suppression_number(number, campaign.country).e164 if parsed.type else None
        if written is None:
            return Answer(None, None, refusal=parsed.detail)
        parsed = Number(written, campaign.country, parsed.type)
    phone_id = outcomes.phone_in_campaign(tx, campaign.name, parsed.e164)
    if phone_id is None:
        call = ProposedCall(
            number=parsed.e164,
            scope=campaign.scope,
            mode=campaign.call_mode,
            place=place_of(parsed.e164, Address()),
            campaign=campaign.name,
            client=campaign.client,
            subject=campaign.subject,
            sector=campaign.sector,
            authorisation=campaign.seller.authorisation,
            line_type=parsed.line_type,
            ebr=relationships.standing(tx, parsed.e164, campaign.client),
        )
    else:
        facts = calls.call_facts(tx, phone_id)
        call = facts.proposed(
            campaign.call_mode,
            subject=campaign.subject,
            sector=campaign.sector,
            authorisation=campaign.seller.authorisation,
        )
    gate = Gate(book, StoreFacts(tx, registries, rnd=reassigned(registries)))
    verdict = gate.check(call, at, policy_of(campaign.caps))
    lead = None if phone_id is None else LeadNow(*people.lead_of_phone(tx, phone_id))
    return Answer(call, verdict, lead)
