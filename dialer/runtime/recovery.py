"""After a crash: nothing is forgotten, and nobody is called because of it.

An attempt without an end was placed by a process that died. Whether it rang nobody here knows: it is
closed as lost and counts towards every cap; if a live person had answered and no agent was there, it counts
as abandoned. Its lead goes on as after a failed call, by the campaign's own rules.
"""

from __future__ import annotations

from dataclasses import dataclass

from campaigns.files import Campaign
from campaigns.recycle import after_call
from dialer.engine.engine import LearningPacer
from dialer.pacing import CallAbandoned, CallServed
from dialer.runtime.instants import moment, seconds
from dialer.store import calls, hopper, outcomes, runs
from dialer.store.transactions import Reading, Writing

__all__ = ["Recovered", "recover", "replay"]

#: A call answered after the snapshot may have been placed before it, s.
_LONGEST_BEFORE = 600.0
_WHY = "lost: the run that placed it ended without word"


@dataclass(frozen=True, slots=True)
class Recovered:
    """What a crashed run had left open."""

    runs: int
    attempts: int
    leads: int

    def __bool__(self) -> bool:
        """Whether there was anything."""
        return bool(self.runs or self.attempts or self.leads)


def recover(tx: Writing, campaign: Campaign, at: float) -> Recovered:
    """Close what dead runs left open. The caller holds the campaign's lease.

    Args:
        tx: one transaction for all of it.
        campaign: whose runs.
        at: now, seconds since the epoch.
    """
    open_attempts = calls.open_attempts(tx, campaign.name)
    results: dict[str, str] = {}
    for left in open_attempts:
        if left.bridged_at is not None:
            result = "human"
        elif left.answered_at is not None:
            result = "abandoned"
        else:
            result = "failed"
        results[left.call_id] = result
        calls.update_attempt(
            tx, left.call_id, state="ended", ended_at=moment(at), result=result, detail=_WHY, counts=True
        )
    dead = runs.unended(tx, campaign.name)
    # A run that was ended in haste (a second interrupt) has an end, and its live calls still hold their leads.
    left_by = {run.run_id for run in dead} | {left.run_id for left in open_attempts}
    unsettled = [lead for run_id in sorted(left_by) for lead in hopper.unsettled(tx, run_id)]
    for lead in unsettled:
        tried = outcomes.attempts_of_lead(tx, lead.lead_id)
        said = outcomes.last_disposition(tx, lead.call_id)
        code, callback_at = (None, None) if said is None else said
        following = after_call(
            campaign,
            lead.result or results.get(lead.call_id, "failed"),
            None if code is None else campaign.dispositions.get(code),
            max(1, tried),
            at,
            None if callback_at is None else seconds(callback_at),
        )
        if following.phone_bad:
            hopper.mark_phone_bad(tx, outcomes.phone_of_call(tx, lead.call_id), following.phone_bad)
        hopper.set_lead(
            tx,
            lead.lead_id,
            following.status,
            next_at=None if following.next_at is None else moment(following.next_at),
            why=following.why,
        )
    released = 0
    for run in dead:
        released += hopper.release_run(tx, run.run_id)
        runs.end_run(tx, run.run_id, at=moment(at), why="crashed")
    return Recovered(len(dead), len(open_attempts), len(unsettled) + released)


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
