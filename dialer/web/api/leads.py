"""`/leads`: one hot lead in one call, and how a lead stands."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Header, Path, Response
from pydantic import ConfigDict, Field, field_validator

from campaigns.files import Campaign
from campaigns.lists.fields import field_of
from dialer.runtime.asking import judge
from dialer.runtime.hot_leads import KeyReused, take_in
from dialer.store import lead_views
from dialer.store.lead_views import CallView, LeadView
from dialer.store.sent_leads import SentLead
from dialer.web.api.errors import ApiError, answers
from dialer.web.api.guard import ApiGuard, Caller
from dialer.web.api.models import Asked, CampaignName, Gate, Given, Instant, gate_of
from dialer.web.api.scopes import Scope

__all__ = ["leads_router", "received"]

#: A lead that has just asked for a call goes before every lead of a list.
_HOT = 1_000_000
#: Largest id that the database can hold.
_LAST_ID = 2**31 - 1

_Text = Annotated[str, Field(max_length=200)]
_Phone = Annotated[str, Field(min_length=1, max_length=32, examples=["212-555-0123"])]
_Custom = Annotated[
    dict[Annotated[str, Field(pattern="^[a-z][a-z0-9_]*$", max_length=40)], Annotated[str, Field(max_length=1000)]],
    Field(max_length=40, description="further fields for scripts, by name"),
]


class NewLead(Given):
    """One person who wants to be called, as a row of a list would say it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "campaign": "telemarketing",
                    "phones": ["212-555-0123"],
                    "external_id": "crm-4711",
                    "first_name": "Ada",
                    "state": "NY",
                    "consent_basis": "pewc",
                    "consent_at": "2026-11-23T14:30:00-05:00",
                    "consent_ref": "web form 4711",
                    "custom": {"product": "panels"},
                }
            ]
        }
    )

    campaign: CampaignName
    phones: list[_Phone] = Field(min_length=1, max_length=10, description="in the order to try them")
    external_id: _Text = Field(default="", description="the person's id in your system")
    first_name: _Text = ""
    last_name: _Text = ""
    address: _Text = ""
    city: _Text = ""
    state: _Text = ""
    postal_code: _Text = ""
    country: _Text = Field(default="", description="ISO code; empty: the campaign's")
    timezone: _Text = Field(default="", description="IANA name")
    language: _Text = ""
    consent_basis: _Text = Field(default="", description="pewc, express, explicit or none", examples=["pewc"])
    consent_at: Instant | None = None
    consent_ref: _Text = Field(default="", description="what the proof is called")
    last_inquiry: str = Field(default="", pattern=r"^([0-9]{4}-[0-9]{2}-[0-9]{2})?$", description="a day")
    account_id: _Text = ""
    debt_id: _Text = ""
    creditor: _Text = ""
    balance: _Text = ""
    currency: _Text = ""
    due_date: str = Field(default="", pattern=r"^([0-9]{4}-[0-9]{2}-[0-9]{2})?$")
    custom: _Custom = Field(default={})

    @field_validator("custom")
    @classmethod
    def _are_custom(cls, custom: dict[str, str]) -> dict[str, str]:
        taken = [name for name in custom if field_of(name) is not None]
        if taken:
            raise ValueError(f"{', '.join(taken)}: a field of its own, or a name that lists use for one")
        return custom

    def row(self) -> dict[str, str]:
        """The cells of a list's row."""
        cells = {name: value for name, value in self if isinstance(value, str) and value and name != "campaign"}
        cells |= {f"phone{n}" if n > 1 else "phone": phone for n, phone in enumerate(self.phones, start=1)}
        if self.consent_at is not None:
            cells["consent_at"] = self.consent_at.isoformat()
        return {**self.custom, **cells, "priority": str(_HOT)}


class Received(Asked):
    """What became of a lead."""

    result: Literal["accepted", "waiting", "refused"] = Field(
        description="accepted: it may be called now; waiting: it will be, at a lawful hour; refused: it is not called"
    )
    sentence: str = Field(description="why it waits or is refused, or what happens now")
    lead_id: int | None = Field(description="of the lead, or of the one that has the number already")
    first_in_line: bool = Field(description="a running campaign has it in hand, before all others")
    repeated: bool = Field(description="an earlier request of this key had done it; nothing was changed now")
    gate: Gate | None


class Called(Asked):
    """One call to a lead."""

    call_id: str
    number: str
    placed_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    result: str | None = Field(description="human, machine, busy, no_answer ...; null while it goes on")
    agent_id: str | None
    disposition: str | None = Field(description="the newest word on what came of it")


class Phone(Asked):
    """One number of a lead."""

    number: str
    kind: str
    bad: str | None = Field(description="why it is not tried any more")


class Plan(Asked):
    """What happens next."""

    sentence: str
    next_at: datetime | None = Field(description="not before; null: as soon as its turn comes, or never")
    gate: Gate | None = Field(description="of a call to its next number now; null when none is left")


class Lead(Asked):
    """How a lead stands."""

    lead_id: int
    campaign: str
    external_id: str
    status: str = Field(description="ready, leased, waiting, callback, done or blocked")
    why: str
    priority: int
    phones: list[Phone]
    calls: list[Called] = Field(description="newest first")
    plan: Plan


def leads_router(guard: ApiGuard) -> APIRouter:
    """The resource of one floor."""
    router = APIRouter(prefix="/leads", tags=["leads"])
    sender, reader = Depends(guard.needs(Scope.LEADS_WRITE)), Depends(guard.needs(Scope.LEADS_READ))
    one_at_a_time = asyncio.Lock()  # reading a row as a list takes a core for some milliseconds

    @router.post("", status_code=201, responses={200: {"model": Received}, **answers(404, 409)})
    async def send_lead(
        wanted: NewLead,
        response: Response,
        key: Annotated[
            str,
            Header(
                alias="Idempotency-Key",
                min_length=1,
                max_length=128,
                pattern="^[!-~]+$",
                description="your own name of this request: sent again with the same lead it changes nothing",
            ),
        ],
        caller: Caller = sender,
    ) -> Received:
        """Send somebody who wants to be called: checked as a row of a list is, and put before all others.

        201: it is a new lead. 200: it is not; `sentence` says why.
        """
        async with one_at_a_time:
            campaign, sent, fresh = await asyncio.to_thread(_taken_in, guard, caller, wanted, key)
            gate = await asyncio.to_thread(_gate, guard, caller, campaign, sent.lead_id)
        running = campaign.name in guard.floor.names
        first = bool(
            sent.new and fresh and gate and gate.allowed and running
            and guard.floor.put_first(campaign.name, sent.lead_id or 0)
        )  # fmt: skip
        response.status_code = 201 if sent.new and fresh else 200
        return received(sent, gate, first=first, running=running, repeated=not fresh)

    @router.get("/{lead_id}", responses=answers(404))
    async def see_lead(lead_id: Annotated[int, Path(ge=1, le=_LAST_ID, examples=[1])], caller: Caller = reader) -> Lead:
        """A lead's state, its calls, and what happens next."""
        return await asyncio.to_thread(_seen, guard, caller, lead_id)

    return router


def _taken_in(guard: ApiGuard, caller: Caller, wanted: NewLead, key: str) -> tuple[Campaign, SentLead, bool]:
    campaign = guard.campaign(caller, wanted.campaign)
    try:
        sent, fresh = take_in(
            guard.store, campaign, wanted.row(), book=guard.floor.book, key=key, by=caller.by, at=guard.at()
        )
    except KeyReused as error:
        raise ApiError(409, str(error)) from None
    if fresh:
        with guard.store.writing() as tx:
            detail = f"lead {sent.lead_id}" + (f": {sent.why}" if sent.why else "")
            guard.record(tx, caller, "send_lead", campaign.name, detail)
    return campaign, sent, fresh


def _gate(guard: ApiGuard, caller: Caller, campaign: Campaign, lead_id: int | None) -> Gate | None:
    """What the gate says of the lead's next number; None when there is none."""
    if lead_id is None:
        return None
    with guard.store.reading() as tx:
        lead = lead_views.lead(tx, lead_id, caller.client)
        good = [] if lead is None else [phone.number for phone in lead.phones if phone.bad is None]
        if not good:
            return None
        answer = judge(tx, campaign, good[0], guard.at(), book=guard.floor.book, registries=guard.floor.registries)
    return gate_of(answer)


def received(sent: SentLead, gate: Gate | None, *, first: bool, running: bool, repeated: bool) -> Received:
    """What became of a lead, in one word and one sentence.

    Args:
        sent: what the store has of it.
        gate: what the gate says of its next number; None when it has none.
        first: a running campaign has it in hand.
        running: the campaign runs on this floor.
        repeated: an earlier request had done it.
    """
    if not sent.new:
        said: tuple[Literal["accepted", "waiting", "refused"], str] = ("refused", sent.why)
    elif gate is None:
        said = ("refused", "the lead has no number that may be called")
    elif gate.allowed:
        where = "is called next" if first else "is first in line as soon as the campaign dials"
        said = ("accepted", f"the person {where}" + ("" if running else "; it is not running now"))
    elif gate.next_allowed is not None:
        said = ("waiting", gate.sentence)
    else:
        said = ("refused", gate.sentence)
    return Received(
        result=said[0], sentence=said[1], lead_id=sent.lead_id, first_in_line=first, repeated=repeated, gate=gate
    )


def _seen(guard: ApiGuard, caller: Caller, lead_id: int) -> Lead:
    with guard.store.reading() as tx:
        lead = lead_views.lead(tx, lead_id, caller.client)
    if lead is None:
        raise ApiError(404, f"there is no lead {lead_id}")
    campaign = guard.campaign(caller, lead.campaign)
    gate = _gate(guard, caller, campaign, lead_id)
    return Lead(
        lead_id=lead.lead_id,
        campaign=lead.campaign,
        external_id=lead.external_id,
        status=lead.status,
        why=lead.why,
        priority=lead.priority,
        phones=[Phone(number=each.number, kind=each.kind, bad=each.bad) for each in lead.phones],
        calls=[_called(each) for each in lead.calls],
        plan=Plan(sentence=_plan(lead, gate), next_at=lead.next_at, gate=gate),
    )


def _called(call: CallView) -> Called:
    shown = {name: getattr(call, name) for name in Called.model_fields if name != "disposition"}
    return Called(**shown, disposition=call.code)


def _plan(lead: LeadView, gate: Gate | None) -> str:
    if lead.status in ("blocked", "done"):
        return f"no further call: {lead.why}"
    if lead.status == "leased":
        return "a running campaign has it in hand"
    if gate is not None and not gate.allowed:
        return f"not now: {gate.sentence}"
    return "to be called when its turn comes" if lead.next_at is None else f"to be called again: {lead.why}"
