"""Calls: what must be known before one, and the attempt row that outlives everything after it.

An attempt is inserted in the transaction that asked the gate, and committed before the carrier is asked to dial.
The database itself refuses a second live attempt to the same lead or number.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Boolean, Integer, String, bindparam, func, insert, or_, select, text, update

from dialer.store import outgoing, relationships
from dialer.store.errors import StoreConflict, StoreError
from dialer.store.places import PLACE_COLUMNS, as_place
from dialer.store.schema import attempt as _attempt
from dialer.store.schema import campaign as _campaign
from dialer.store.schema import disposition as _disposition
from dialer.store.schema import lead as _lead
from dialer.store.schema import phone as _phone
from dialer.store.schema import place as _place
from dialer.store.statements import Prepared
from dialer.store.transactions import Reading, Writing
from dnc.values import Consent, Ebr, Mode, Place, ProposedCall, Scope

__all__ = [
    "CHANGEABLE",
    "CallFacts",
    "OpenAttempt",
    "add_disposition",
    "call_facts",
    "count_by_result",
    "insert_attempt",
    "live_call",
    "open_attempts",
    "update_attempt",
]

#: Results that never reached the dialed number, so Reg F does not count them (12 CFR 1006.14(b)(3)(ii)).
_NOT_CONNECTED = frozenset({"busy", "invalid", "congestion", "failed"})

#: Columns of an attempt that may change after it was placed; the rest says what was asked, and stays.
CHANGEABLE = frozenset(
    {
        "agent_id",
        "amd_machine",
        "answered_at",
        "bridged_at",
        "carrier_ref",
        "counts",
        "detail",
        "ended_at",
        "message_played",
        "result",
        "ringing_at",
        "state",
        "wrapped_at",
    }
)


@dataclass(frozen=True, slots=True)
class CallFacts:
    """Everything the gate and the attempt need to know of one phone of one lead."""

    phone_id: int
    lead_id: int
    campaign: str
    client: str
    scope: Scope
    number: str
    number_kind: str  # home, work, other
    line_type: str
    bad: str | None
    place_id: int
    place: Place
    status: str  # of the lead
    leased_by: str | None
    external_id: str
    person: str
    debt: str
    country: str
    owner: str
    consent: Consent
    ebr: Ebr

    def proposed(
        self,
        mode: Mode,
        *,
        subject: str = "",
        sector: str = "",
        authorisation: str = "",
        agent_guaranteed: bool = False,
    ) -> ProposedCall:
        """The call to put before the gate."""
        return ProposedCall(
            number=self.number,
            scope=self.scope,
            mode=mode,
            place=self.place,
            campaign=self.campaign,
            client=self.client,
            person=self.person,
            debt=self.debt,
            subject=subject,
            sector=sector,
            authorisation=authorisation,
            line_type=self.line_type,
            number_kind=self.number_kind,
            consent=self.consent,
            ebr=self.ebr,
            agent_guaranteed=agent_guaranteed,
        )


@dataclass(frozen=True, slots=True)
class OpenAttempt:
    """An attempt without an end: a live call, or one that a crash left behind."""

    call_id: str
    run_id: str
    lead_id: int
    phone_id: int
    number: str
    caller_id: str
    carrier: str
    carrier_ref: str | None
    state: str
    agent_id: str | None
    placed_at: datetime
    ringing_at: datetime | None
    answered_at: datetime | None
    bridged_at: datetime | None
    message_played: bool
    detail: str | None = None


_FACTS = Prepared(
    select(
        _phone.c.lead_id,
        _phone.c.campaign,
        _campaign.c.client,
        _campaign.c.scope,
        _phone.c.number,
        _phone.c.kind,
        _phone.c.line_type,
        _phone.c.bad,
        _phone.c.place_id,
        *PLACE_COLUMNS,
        _lead.c.status,
        _lead.c.leased_by,
        _lead.c.external_id,
        _lead.c.person_id,
        _lead.c.debt_id,
        _lead.c.country,
        _lead.c.owner,
        _lead.c.consent_basis,
        _lead.c.consent_at,
        _lead.c.consent_revoked_at,
        _lead.c.consent_ref,
        _lead.c.consent_waives,
    )
    .select_from(_phone)
    .join(_lead, _lead.c.lead_id == _phone.c.lead_id)
    .join(_campaign, _campaign.c.name == _phone.c.campaign)
    .join(_place, _place.c.place_id == _phone.c.place_id)
    .where(_phone.c.phone_id == bindparam("phone"))
)
#: The lead's own call or one to its number, whoever placed it; then those of the same client to the same person or
#: household and about the same debt.
_LIVE = Prepared(
    select(_attempt.c.call_id)
    .where(_attempt.c.lead_id == bindparam("lead"), text("state != 'ended'"))
    .union_all(
        select(_attempt.c.call_id).where(_attempt.c.number == bindparam("number"), text("state != 'ended'")),
        *(
            select(_attempt.c.call_id).where(
                column == bindparam(name, type_=String()),
                text(f"{column} != '' AND state != 'ended'"),
                _attempt.c.client == bindparam("client", type_=String()),
            )
            for column, name in ((_attempt.c.person_id, "person"), (_attempt.c.debt_id, "debt"))
        ),
    )
)
_INSERT = Prepared(
    insert(_attempt).inline(),
    (
        "call_id",
        "run_id",
        "campaign",
        "client",
        "lead_id",
        "phone_id",
        "number",
        "person_id",
        "debt_id",
        "subject",
        "mode",
        "caller_id",
        "ledger_seq",
        "carrier",
        "state",
        "agent_id",
        "placed_at",
        "amd_machine",
        "message_played",
        "counts",
    ),
)
_UPDATES: dict[frozenset[str], Prepared] = {}
_STATE = Prepared(select(_attempt.c.state).where(_attempt.c.call_id == bindparam("key")))
_OPEN = Prepared(
    select(*(_attempt.c[name] for name in OpenAttempt.__dataclass_fields__))
    .where(_attempt.c.campaign == bindparam("name"), text("state != 'ended'"))
    .order_by(_attempt.c.placed_at, _attempt.c.call_id)
)
_BY_RESULT = Prepared(
    select(_attempt.c.result, func.count(type_=Integer))
    .where(_attempt.c.campaign == bindparam("name"))
    .group_by(_attempt.c.result)
)
_BY_RESULT_OF_RUN = Prepared(
    select(_attempt.c.result, func.count(type_=Integer))
    .where(_attempt.c.campaign == bindparam("name"), _attempt.c.run_id == bindparam("run"))
    .group_by(_attempt.c.result)
)
_DISPOSITION = Prepared(
    insert(_disposition).inline(),
    (
        "call_id",
        "agent_id",
        "code",
        "flags",
        "at",
        "callback_at",
        "callback_for",
        "promise_amount",
        "promise_currency",
        "promise_due",
        "notes",
    ),
)


def call_facts(tx: Reading, phone_id: int) -> CallFacts:
    """Return what is known now of one phone, read inside the dial transaction.

    Raises:
        StoreError: there is no such phone.
    """
    row = _FACTS.first(tx, phone=phone_id)
    if row is None:
        raise StoreError(f"there is no phone {phone_id}; the lead was deleted")
    consent = Consent(row[19], row[20], row[21], row[22], tuple(row[23]))
    place = as_place(row[9], row[10], row[11])
    ebr = relationships.standing(tx, row[4], row[2])
    rest: tuple[Any, ...] = (*row[:9], place, *row[12:19], consent, ebr)
    return CallFacts(phone_id, *rest)


def live_call(tx: Reading, facts: CallFacts) -> str | None:
    """Return the call that the lead or its number is on now, in whatever campaign, or None.

    Nor are two people of one household, or two who owe one debt, ever called at the same time for one client.

    Ask before the gate: `insert_attempt` refuses a second live call, and a refused insert spoils a transaction.
    """
    found: str | None = _LIVE.value(
        tx, lead=facts.lead_id, number=facts.number, person=facts.person, debt=facts.debt, client=facts.client
    )
    return found


def insert_attempt(
    tx: Writing,
    facts: CallFacts,
    *,
    call_id: str,
    run_id: str,
    mode: Mode,
    carrier: str,
    ledger_seq: int,
    at: datetime,
    caller_id: str = "",
    subject: str = "",
    agent_id: str | None = None,
    state: str = "placing",
) -> None:
    """Write the attempt down. Commit before the carrier is asked.

    Raises:
        StoreConflict: the lead or the number is on a live call already, or the call id was used before.
    """
    try:
        _INSERT.run(
            tx,
            call_id=call_id,
            run_id=run_id,
            campaign=facts.campaign,
            client=facts.client,
            lead_id=facts.lead_id,
            phone_id=facts.phone_id,
            number=facts.number,
            person_id=facts.person,
            debt_id=facts.debt,
            subject=subject,
            mode=mode,
            caller_id=caller_id,
            ledger_seq=ledger_seq,
            carrier=carrier,
            state=state,
            agent_id=agent_id,
            placed_at=at,
            amd_machine=False,
            message_played=False,
            counts=True,
        )
    except tx.integrity_error as error:
        raise StoreConflict(
            f"call {call_id} to lead {facts.lead_id} was not written down: the lead or its number is on a live "
            f"call, or the call id was used before ({error})"
        ) from error


def update_attempt(tx: Writing, call_id: str, **changes: Any) -> None:
    """Change what is known of an attempt: any of `CHANGEABLE`.

    A result that never reached the number (busy, invalid, congestion, failed) also sets `counts` to False, unless
    `counts` is given: a lost call, of which nobody knows, must be given `counts=True`.

    Raises:
        ValueError: for a column that is unknown or must not change.
        StoreConflict: the attempt has ended, and would be given another state.
        StoreError: there is no such attempt.
    """
    unknown = changes.keys() - CHANGEABLE
    if unknown:
        raise ValueError(f"an attempt's {', '.join(sorted(unknown))} cannot be changed; only {sorted(CHANGEABLE)}")
    if not changes:
        return
    if "counts" not in changes and changes.get("result") in _NOT_CONNECTED:
        changes["counts"] = False
    columns = frozenset(changes)
    statement = _UPDATES.get(columns)
    if statement is None:
        where = [_attempt.c.call_id == bindparam("key")]
        if "state" in columns:
            where.append(or_(_attempt.c.state != "ended", bindparam("ends", type_=Boolean())))
        statement = Prepared(update(_attempt).where(*where), [c.name for c in _attempt.c if c.name in columns])
        _UPDATES[columns] = statement
    ends = {"ends": changes["state"] == "ended"} if "state" in columns else {}
    if not statement.run(tx, key=call_id, **ends, **changes):
        state = _STATE.value(tx, key=call_id)
        if state is None:
            raise StoreError(f"there is no attempt {call_id}")
        raise StoreConflict(f"attempt {call_id} has {state}; it cannot be {changes['state']} again")
    if changes.get("state") == "ended":
        outgoing.call_ended(tx, call_id)


def add_disposition(
    tx: Writing,
    call_id: str,
    *,
    agent_id: str,
    code: str,
    flags: Iterable[str],
    at: datetime,
    callback_at: datetime | None = None,
    callback_for: str = "",
    promise: tuple[Decimal, str, date] | None = None,
    notes: str = "",
) -> None:
    """Write down what the agent said of a call; a correction is a further row, the newest is in force.

    Args:
        tx: the transaction to write in.
        call_id: of the attempt.
        agent_id: who says it.
        code: the disposition.
        flags: its meaning.
        at: when.
        callback_at: when the person wants to be called.
        callback_for: the agent who is to call back; "": anybody.
        promise: amount, currency and due date of what the person promised to pay.
        notes: in the agent's words.

    Raises:
        StoreConflict: there is no such attempt.
    """
    meaning = sorted(flags)
    try:
        _DISPOSITION.run(
            tx,
            call_id=call_id,
            agent_id=agent_id,
            code=code,
            flags=meaning,
            at=at,
            callback_at=callback_at,
            callback_for=callback_for or None,
            promise_amount=None if promise is None else str(promise[0]),
            promise_currency=None if promise is None else promise[1],
            promise_due=None if promise is None else promise[2],
            notes=notes,
        )
    except tx.integrity_error as error:
        raise StoreConflict(f"there is no attempt {call_id} to be called {code}") from error
    outgoing.disposed(tx, call_id, agent_id=agent_id, code=code, flags=meaning, at=at, callback_at=callback_at)


def open_attempts(tx: Reading, campaign: str) -> list[OpenAttempt]:
    """Return every attempt without an end, oldest first: what a restart has to ask the carrier about."""
    return [OpenAttempt(*row) for row in _OPEN.rows(tx, name=campaign)]


def count_by_result(tx: Reading, campaign: str, run_id: str | None = None) -> dict[str, int]:
    """Return how many attempts ended how (`""`: not yet), of the campaign or of one run."""
    rows = (
        _BY_RESULT.rows(tx, name=campaign) if run_id is None else _BY_RESULT_OF_RUN.rows(tx, name=campaign, run=run_id)
    )
    return {result or "": count for result, count in rows}
