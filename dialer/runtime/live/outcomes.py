"""What an agent says of a call, checked before it is taken: callbacks by the gate, promises by the balance."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from campaigns.files import Campaign
from dialer.engine import events as ev
from dialer.runtime.dialing import sentence_of
from dialer.runtime.instants import moment, seconds
from dialer.runtime.live.desks import DeskError
from dialer.runtime.live.floor import LiveFloor
from dialer.runtime.live.screen import currency_of
from dialer.store import outcomes, screen
from dialer.store.errors import StoreError
from dnc import zones

__all__ = ["Foreseen", "Outcome", "foresee_callback", "promise_of", "say_outcome"]

#: The latest callback and the latest due date of a promise, from now.
_LATEST = timedelta(days=366)
#: So many closed hours of the campaign and of the law are stepped over in search of the next lawful time.
_STEPS = 40


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an agent says of a call; `amount` and `due` as typed."""

    call_id: str
    code: str
    notes: str = ""
    callback_at: float | None = None  # seconds since the epoch
    own: bool = False
    amount: str = ""
    due: str = ""
    done: bool = True


@dataclass(frozen=True, slots=True)
class Foreseen:
    """Whether a callback may be promised; else why not, and the next time that may."""

    allowed: bool
    say: str = ""
    next_at: float | None = None


def foresee_callback(floor: LiveFloor, call_id: str, at: float, own: bool) -> Foreseen:
    """Ask the gate, as things are known now, whether a person may be called back at an instant.

    When the time comes the gate is asked again: this spares the person a promise that cannot be kept.

    Args:
        floor: where the call was.
        call_id: of the call, to whose number the callback goes.
        at: seconds since the epoch.
        own: the agent calls back in person, so that one is there for certain.

    Raises:
        DeskError: the call is none of a running campaign.
    """
    name, now = _campaign_of(floor, call_id), floor.clock.now()
    if at < now:
        return Foreseen(False, "that time is over")
    if at > now + _LATEST.total_seconds():
        return Foreseen(False, f"that is more than {_LATEST.days} days ahead")
    session = floor.session(name)
    with floor.store.reading() as tx:
        try:
            phone_id = outcomes.phone_of_call(tx, call_id)
        except (TypeError, StoreError):
            raise DeskError("there is no such call") from None
        say, following = "", at
        for _ in range(_STEPS):
            if not session.campaign.hours.is_open(moment(following)):
                say = say or "the campaign is closed at that time"
                opening = session.campaign.hours.next_change(moment(following))
                if opening is None:
                    break
                following = seconds(opening)
                continue
            verdict = session.foresee(tx, phone_id, following, own)
            if verdict.allowed:
                return Foreseen(not say, say, following if say else None)
            say = say or sentence_of(verdict)
            if verdict.next_allowed is None:
                break
            following = max(seconds(verdict.next_allowed), following + 60.0)
    return Foreseen(False, say)


def say_outcome(floor: LiveFloor, agent_id: str, said: Outcome) -> None:
    """Take down what came of a call; it is committed when this returns.

    Raises:
        DeskError: a callback is at a time when nobody may be called, a promise lacks its amount or date or is beyond
            what is owed, or the engine does not allow it.
    """
    campaign = floor.campaign(_campaign_of(floor, said.call_id))
    chosen = campaign.dispositions.get(said.code)
    flags: frozenset[str] = frozenset() if chosen is None else chosen.flags
    callback_at = said.callback_at if "callback" in flags else None
    if callback_at is not None:
        found = foresee_callback(floor, said.call_id, callback_at, said.own)
        if not found.allowed:
            raise DeskError(f"no callback at that time: {found.say}")
    promise = None
    if "promise" in flags:
        with floor.store.reading() as tx:
            person = screen.person_on(tx, said.call_id)
        if person is None:
            raise DeskError("there is no such call")
        promise = promise_of(campaign, person, said.amount, said.due, moment(floor.clock.now()))
    floor.desks.dispose(
        agent_id,
        said.call_id,
        said.code,
        notes=said.notes,
        callback_at=callback_at,
        callback_for=agent_id if said.own and callback_at is not None else "",
        promise=promise,
        done=said.done,
    )


def promise_of(campaign: Campaign, person: dict[str, Any], amount: str, due: str, at: datetime) -> ev.Promise:
    """A promise to pay from what was typed.

    Args:
        campaign: whose country's money is meant where the list names none.
        person: as `dialer.store.screen` tells of them; `balance` and `currency` stand among the custom fields.
        amount: decimal text.
        due: YYYY-MM-DD.
        at: now; the due date is on the person's calendar.

    Raises:
        DeskError: what is missing or beyond its bounds.
    """
    if not amount.strip() or not due.strip():
        raise DeskError("a promise to pay needs its amount and its date")
    try:
        day = date.fromisoformat(due)
        promised = ev.Promise(Decimal(amount.strip()), currency_of(campaign, person), day)
    except InvalidOperation:
        raise DeskError(f"{amount!r} is no amount: write one such as 120.50") from None
    except ValueError as error:
        raise DeskError(str(error)) from None
    owed = _balance(person)
    if owed is not None and promised.amount > owed:
        raise DeskError(f"{promised.amount} is more than the balance of {owed} {promised.currency}")
    here = [at.astimezone(zones.zone(zone)).date() for zone in person["zones"]] or [at.date()]
    if not min(here) <= day <= max(here) + _LATEST:
        raise DeskError(f"{day} is not between today and a year from now")
    return promised


def _balance(person: dict[str, Any]) -> Decimal | None:
    """What the list says is owed; None where it says nothing that could be read."""
    try:
        owed = Decimal(str(person["custom"].get("balance", "")))
    except InvalidOperation:
        return None
    return owed if owed.is_finite() and owed > 0 else None


def _campaign_of(floor: LiveFloor, call_id: str) -> str:
    name = floor.campaign_of_call(call_id)
    if name is None:
        raise DeskError("that call is none of a campaign that runs now")
    return name
