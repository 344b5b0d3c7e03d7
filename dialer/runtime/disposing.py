"""What came of a call, said afterwards by somebody without a desk: set or corrected, with everything that follows.

The same follows as when an agent says it: who must not be called any more is suppressed in the same transaction, and
the lead goes where the campaign's rules send it. The earlier words stay on record; the newest count.
"""

from __future__ import annotations

from datetime import datetime

from campaigns.files import Campaign
from campaigns.recycle import after_call
from dialer.engine.calls import SUPPRESSING
from dialer.runtime.instants import moment, seconds
from dialer.store import calls, hopper, lead_views, outcomes, people, suppressions
from dialer.store.lead_views import CallView
from dialer.store.transactions import Writing

__all__ = ["NotNow", "dispose"]


class NotNow(Exception):
    """Nothing can be said of the call, or not at this moment; one sentence."""


def dispose(
    tx: Writing,
    campaign: Campaign,
    call: CallView,
    code: str,
    *,
    by: str,
    at: datetime,
    callback_at: datetime | None = None,
    notes: str = "",
) -> None:
    """Write down what came of a call, and let follow what follows.

    Args:
        tx: the transaction to write in.
        campaign: whose call it was.
        call: read in this transaction.
        code: one of the campaign's dispositions.
        by: who says it, 64 characters at the most.
        at: now.
        callback_at: when the person wants to be called.
        notes: in their words.

    Raises:
        KeyError: the campaign has no such disposition.
        NotNow: the call reached nobody, or somebody is still at work on it.
    """
    disposition = campaign.dispositions[code]
    if call.bridged_at is None:
        raise NotNow(f"call {call.call_id} never reached an agent; nobody can say what came of it")
    lead_id, status, _, _, _ = people.lead_of_phone(tx, call.phone_id)
    stops = next((each for each in SUPPRESSING if each[0] in disposition.flags), None)
    # Who must not be called any more is heeded at once; the next dial of a lead in hand is refused by the gate.
    if call.state != "ended" or (status == "leased" and stops is None):
        raise NotNow("the floor is at work on this lead: try again in some minutes")
    calls.add_disposition(
        tx, call.call_id, agent_id=by, code=code, flags=disposition.flags, at=at, callback_at=callback_at, notes=notes
    )
    if stops is not None:
        _, reason, whole_person = stops
        others = people.numbers_of_person(tx, call.call_id) if whole_person else ()
        for number in dict.fromkeys([call.number, *others]):
            suppressions.add(
                tx,
                number,
                scope="client",
                scope_id=campaign.client,
                reason=reason,
                source=f"disposition {code}, call {call.call_id}",
                by=by,
                at=at,
            )
    if status in ("blocked", "leased") or lead_views.newest_call(tx, lead_id) != call.call_id:
        return
    following = after_call(
        campaign,
        call.result or "human",
        disposition,
        max(1, outcomes.attempts_of_lead(tx, lead_id)),
        seconds(at),
        None if callback_at is None else seconds(callback_at),
    )
    if following.phone_bad:
        hopper.mark_phone_bad(tx, call.phone_id, following.phone_bad)
    next_at = None if following.next_at is None else moment(following.next_at)
    hopper.set_lead(tx, lead_id, following.status, next_at, following.why)
