"""After a crash: nothing is forgotten, and nobody is called because of it.

An attempt without an end was placed by a process that died. Where the carrier can be asked, its word is taken
(`dialer.carriers.fates`); where it cannot, nobody knows whether the call rang: it is closed as lost and counts
towards every cap. A live person who answered and got no agent counts as abandoned. The lead goes on by the
campaign's own rules. A conversation that outlived the crash stays open until the carrier tells of its end.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from campaigns.files import Campaign
from campaigns.recycle import LeadNext, after_call
from dialer.carriers.fates import Fate
from dialer.engine.engine import LearningPacer
from dialer.engine.events import EndCause
from dialer.pacing import CallAbandoned, CallServed
from dialer.runtime.instants import moment, seconds
from dialer.store import calls, hopper, outcomes, runs
from dialer.store.transactions import Reading, Writing

__all__ = ["Recovered", "close_conversation", "recover", "replay"]

#: A call answered after the snapshot may have been placed before it, s.
_LONGEST_BEFORE = 600.0
_WHY = "lost: the run that placed it ended without word"
_WHY_ASKED = "the run that placed it ended without word; the carrier said"
_UNKNOWN = Fate("unknown")
_RESULTS: dict[EndCause, str] = {
    "busy": "busy",
    "no_answer": "no_answer",
    "invalid": "invalid",
    "congestion": "congestion",
    "cancelled": "cancelled",
}


@dataclass(frozen=True, slots=True)
class Recovered:
    """What a crashed run had left open."""

    runs: int
    attempts: int
    leads: int
    talking: tuple[str, ...] = ()  # calls that still go on, with an agent

    def __bool__(self) -> bool:
        """Whether there was anything."""
        return bool(self.runs or self.attempts or self.leads or self.talking)


def recover(tx: Writing, campaign: Campaign, at: float, fates: Mapping[str, Fate] | None = None) -> Recovered:
    """Close what dead runs left open. The caller holds the campaign's lease.

    Args:
        tx: one transaction for all of it.
        campaign: whose runs.
        at: now, seconds since the epoch.
        fates: what the carrier said of each call; of others nobody knows.
    """
    everything = calls.open_attempts(tx, campaign.name)
    fates = fates or {}
    talking = tuple(left.call_id for left in everything if _fate(fates, left).state == "talking")
    open_attempts = [left for left in everything if left.call_id not in talking]
    results: dict[str, str] = {}
    for left in open_attempts:
        fate = _fate(fates, left)
        result = _result(left, fate, agentless=campaign.message is not None)
        results[left.call_id] = result
        changes: dict[str, Any] = {"state": "ended", "ended_at": moment(at), "result": result}
        if fate.answered and left.answered_at is None:
            changes["answered_at"] = moment(at)  # while nobody was here: by now at the latest
        changes["counts"] = fate.state == "unknown" or result not in ("busy", "invalid", "congestion")
        changes["detail"] = _WHY if fate.state == "unknown" else f"{_WHY_ASKED}: {fate.cause or 'ended by us'}"
        calls.update_attempt(tx, left.call_id, **changes)
    dead = runs.unended(tx, campaign.name)
    # A run that was ended in haste (a second interrupt) has an end, and its live calls still hold their leads.
    left_by = {run.run_id for run in dead} | {left.run_id for left in open_attempts}
    unsettled = [
        lead for run_id in sorted(left_by) for lead in hopper.unsettled(tx, run_id) if lead.call_id not in talking
    ]
    for lead in unsettled:
        tried = outcomes.attempts_of_lead(tx, lead.lead_id)
        said = outcomes.last_disposition(tx, lead.call_id)
        following = after_call(
            campaign,
            lead.result or results.get(lead.call_id, "failed"),
            None if said is None else campaign.dispositions.get(said.code),
            max(1, tried),
            at,
            None if said is None or said.callback_at is None else seconds(said.callback_at),
        )
        if following.phone_bad:
            hopper.mark_phone_bad(tx, outcomes.phone_of_call(tx, lead.call_id), following.phone_bad)
        hopper.set_lead(
            tx,
            lead.lead_id,
            following.status,
            next_at=None if following.next_at is None else moment(following.next_at),
            why=following.why,
            callback_for=_callback_for(following, said),
        )
    released = 0
    for run in dead:
        released += hopper.release_run(tx, run.run_id)
        runs.end_run(tx, run.run_id, at=moment(at), why="crashed")
    return Recovered(len(dead), len(open_attempts), len(unsettled) + released, talking)


def close_conversation(tx: Writing, campaign: Campaign, call_id: str, at: float) -> None:
    """A conversation that outlived a crash is over: write its end, and settle its lead."""
    left = next((each for each in calls.open_attempts(tx, campaign.name) if each.call_id == call_id), None)
    if left is None:
        return
    result = "human" if campaign.message is None else "to_agent"
    calls.update_attempt(tx, call_id, state="ended", ended_at=moment(at), result=result, detail=_WHY_ASKED)
    said = outcomes.last_disposition(tx, call_id)
    following = after_call(
        campaign,
        result,
        None if said is None else campaign.dispositions.get(said.code),
        max(1, outcomes.attempts_of_lead(tx, left.lead_id)),
        at,
        None if said is None or said.callback_at is None else seconds(said.callback_at),
    )
    hopper.set_lead(
        tx,
        left.lead_id,
        following.status,
        next_at=None if following.next_at is None else moment(following.next_at),
        why=following.why,
        callback_for=_callback_for(following, said),
    )


def _callback_for(following: LeadNext, said: outcomes.Said | None) -> str:
    """Who promised the callback that is to come; "": anybody, or there is none."""
    return said.callback_for if said is not None and following.status == "callback" else ""


def _fate(fates: Mapping[str, Fate], left: calls.OpenAttempt) -> Fate:
    return fates.get(left.call_id, _UNKNOWN)


def _result(left: calls.OpenAttempt, fate: Fate, *, agentless: bool) -> str:
    """The result of a call that ended while nobody was here to see it.

    The message of an agentless campaign had begun with the answer; how much of it was heard nobody knows.
    """
    if left.bridged_at is not None:
        return "to_agent" if agentless else "human"
    if agentless and (left.answered_at is not None or fate.answered):
        return "abandoned" if left.detail else "message_part"  # a word of theirs: they had asked for an agent
    if left.answered_at is not None or fate.answered:
        return "abandoned"
    if fate.state == "over" and fate.cause is not None:
        return _RESULTS.get(fate.cause, "failed")
    return "failed"


def replay(tx: Reading, pacer: LearningPacer, campaign: str, since: float) -> int:
    """Tell a pacer made from a snapshot what was served and abandoned after it; returns how many it was told.

    Calls that the snapshot knows already change nothing.
    """
    told = 0
    for call in outcomes.live_answers(tx, campaign, moment(since - _LONGEST_BEFORE)):
        answered = seconds(call.answered_at)
        if call.bridged_at is not None:
            pacer.observe(CallServed(seconds(call.bridged_at), call.call_id, answered, call.agent_id or "unknown"))
        elif call.result == "abandoned":
            ended = answered if call.ended_at is None else seconds(call.ended_at)
            pacer.observe(CallAbandoned(ended, call.call_id, answered))
        else:
            continue
        told += 1
    return told
