"""One dial, decided in one transaction: the gate asked, its answer in the ledger, the attempt written down.

There is no other way to the carrier than the `PlaceRequest` that `decide` returns.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from campaigns.files import Campaign
from dialer.carriers.port import PlaceRequest, Recorded
from dialer.engine.commands import Dial
from dialer.runtime.caller_ids import CallerIds
from dialer.runtime.instants import moment, seconds
from dialer.runtime.policy import policy_of
from dialer.store import calls, ledger
from dialer.store.transactions import Reading, Writing
from dnc.gate import Gate
from dnc.values import Check, Code, Mode, ProposedCall, Verdict

__all__ = ["DialRoom", "Refusal", "refusal_of", "sentence_of"]

#: Refusals that somebody can lift by importing a fresh list or mending a file: ask again after a while.
_MENDABLE = frozenset({Code.DNC_STALE, Code.DNC_MISSING, Code.DATA_UNREADABLE, Code.RND_NO_DATA})
_RECORDED: Mode = "prerecorded"
_ASK_AGAIN = timedelta(hours=1)
_WHILE_TALKING = timedelta(minutes=10)
#: Refusals that hold for one number; another phone of the same lead may be free of them.
_OF_THE_NUMBER = frozenset(
    {
        Code.NUMBER_INVALID,
        Code.DNC_NATIONAL,
        Code.DNC_STATE,
        Code.DNC_INTERNAL,
        Code.DNC_CAMPAIGN,
        Code.DNC_AREACODE,
        Code.LITIGATOR,
        Code.RND_YES,
        Code.TZ_UNKNOWN,
    }
)


@dataclass(frozen=True, slots=True)
class Refusal:
    """The gate said no: by which rules, when to ask again (seconds since the epoch; None: never), in what words."""

    codes: tuple[str, ...]
    retry_at: float | None
    whole_lead: bool
    say: str
    as_it_was: bool = False  # not the person's doing: the lead goes back unchanged


def refusal_of(verdict: Verdict) -> Refusal:
    """What a refusal means for the lead."""
    codes, say = verdict.reasons, sentence_of(verdict)
    if Code.CAMPAIGN_CLOSED in codes:
        return Refusal(codes, None, False, say, as_it_was=True)
    if verdict.next_allowed is not None:
        return Refusal(codes, seconds(verdict.next_allowed), True, say)
    if set(codes) & _MENDABLE and not set(codes) & _OF_THE_NUMBER:
        return Refusal(codes, seconds(verdict.at + _ASK_AGAIN), True, say)
    return Refusal(codes, None, not set(codes) & _OF_THE_NUMBER, say)


def sentence_of(verdict: Verdict) -> str:
    """The first reason of a refusal: its code, what was seen, and the law it stands in; "" for a yes."""
    failed = next((check for check in verdict.checks if not check.passed), None)
    return "" if failed is None else f"{failed.code}: {failed.saw} ({failed.citation})"


def _on_a_call(live: str, at: datetime) -> Verdict:
    """The refusal of a second call to somebody who is on one."""
    check = Check(
        Code.ON_A_CALL,
        "policy.one_call_at_a_time",
        False,
        "policy: no lead and no number is on two calls at once",
        f"call {live} is still live",
        status="policy",
    )
    return Verdict(False, at, (check,), at + _WHILE_TALKING)


def _closed(why: str, opens: datetime | None, at: datetime) -> Verdict:
    """The refusal of a call that was planned before the campaign closed."""
    check = Check(
        Code.CAMPAIGN_CLOSED,
        "policy.own_hours",
        False,
        "policy: a campaign calls within its own calendar only",
        f"the campaign is closed: {why}",
        status="policy",
    )
    return Verdict(False, at, (check,), opens)


def _recorded(campaign: Campaign) -> Recorded | None:
    """What the carrier must know of the message that an agentless campaign plays."""
    message = campaign.message
    return None if message is None else Recorded(message.on_machine == "leave_message", message.agent_key != "")


class DialRoom:
    """Decides dials for one run.

    Args:
        campaign: whose calls.
        gate: makes the gate over the facts that one transaction sees.
        run_id: of the run.
        carrier: its name, for the attempt.
    """

    def __init__(self, campaign: Campaign, gate: Callable[[Reading], Gate], run_id: str, carrier: str) -> None:
        self.campaign = campaign
        self.run_id = run_id
        self._gate = gate
        self._carrier = carrier
        self._policy = policy_of(campaign.caps)
        self._caller_ids = CallerIds(campaign.name, campaign.dialing)

    @property
    def resting_caller_ids(self) -> tuple[str, ...]:
        """The caller ids that nobody is shown now."""
        return self._caller_ids.resting

    def decide(self, tx: Writing, dial: Dial) -> PlaceRequest | Refusal:
        """Ask the gate at the instant of dialing; write the decision, and for a yes the attempt.

        Raises:
            StoreError: a fact could not be written; then nothing may be dialed.
        """
        facts = calls.call_facts(tx, dial.phone_id)
        dialing = self.campaign.dialing
        at = moment(dial.at)
        mode = self._mode(dial.mode)
        call = self._proposed(facts, mode, agent_guaranteed=dial.agent_id is not None)
        hours = self.campaign.hours
        live = calls.live_call(tx, facts)
        if not hours.is_open(at):
            verdict = _closed(hours.why_closed_at(at), hours.next_opening(at), at)
        elif live is not None:
            verdict = _on_a_call(live, at)
        else:
            verdict = self._gate(tx).check(call, at, self._policy)
        sequence = ledger.append(tx, call, verdict, lead_id=dial.lead_id, attempt=dial.call_id)
        if not verdict.allowed:
            return refusal_of(verdict)
        caller_id = self._caller_ids.choose(tx, call.number, at)
        calls.insert_attempt(
            tx,
            facts,
            call_id=dial.call_id,
            run_id=self.run_id,
            mode=mode,
            carrier=self._carrier,
            ledger_seq=sequence,
            at=at,
            caller_id=caller_id,
            subject=self.campaign.subject,
        )
        return PlaceRequest(
            dial.call_id,
            call.number,
            caller_id,
            ring_timeout=dialing.ring_timeout,
            time_limit=dialing.time_limit,
            detect_machines=dialing.detect_machines or self.campaign.message is not None,
            recorded=_recorded(self.campaign),
        )

    def bars_recorded(self, tx: Writing, phone_id: int, at: datetime) -> tuple[str, ...]:
        """Codes of the rules that would refuse a prerecorded message to a phone although they allow an agent's call.

        The call is under way, so what counts calls and hours has been asked; only what the mode changes is left.
        """
        facts, gate = calls.call_facts(tx, phone_id), self._gate(tx)
        spoken, recorded = (
            gate.check(self._proposed(facts, mode), at, self._policy).reasons
            for mode in (self.campaign.call_mode, _RECORDED)
        )
        return tuple(code for code in recorded if code not in spoken)

    def foresee(self, tx: Reading, phone_id: int, at: datetime, agent_guaranteed: bool) -> Verdict:
        """What the gate says now of a call at a later instant; nothing is written, for nothing is dialed by it."""
        mode = self._mode("preview" if agent_guaranteed else None)
        call = self._proposed(calls.call_facts(tx, phone_id), mode, agent_guaranteed=agent_guaranteed)
        return self._gate(tx).check(call, at, self._policy)

    def _mode(self, wanted: Mode | None) -> Mode:
        """How the law sees a call. In an agentless campaign each one is a recorded message, whoever asks for it."""
        return self.campaign.call_mode if self.campaign.message is not None else wanted or self.campaign.call_mode

    def _proposed(self, facts: calls.CallFacts, mode: Mode, agent_guaranteed: bool = False) -> ProposedCall:
        return facts.proposed(
            mode,
            agent_guaranteed=agent_guaranteed,
            subject=self.campaign.subject,
            sector=self.campaign.sector,
            authorisation=self.campaign.seller.authorisation,
        )
