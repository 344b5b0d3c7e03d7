"""From the engine's facts to the store's rows.

Facts are written in the order in which the engine stated them, inside the transaction that the driver holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dialer.engine import commands as cmd
from dialer.engine.states import AgentState, CallResult, CallState
from dialer.runtime.instants import moment
from dialer.store import agents, calls, health, hopper, people, suppressions
from dialer.store.transactions import Writing

__all__ = ["Fact", "Journal"]

Fact = cmd.CallChanged | cmd.LeadChanged | cmd.AgentChanged | cmd.CampaignChanged | cmd.Suppress | cmd.ReleaseLeads

#: The attempt's column that a state's instant goes to.
_INSTANT_OF = {
    CallState.RINGING: "ringing_at",
    CallState.ANSWERED: "answered_at",
    CallState.BRIDGED: "bridged_at",
    CallState.ENDED: "ended_at",
}


class Journal:
    """Writes one run's facts.

    Args:
        run_id: of the run.
        campaign: its name.
        client: whose Do-Not-Call list an opt-out goes to.
        flags: of each disposition code.
    """

    def __init__(self, run_id: str, campaign: str, client: str, flags: Mapping[str, frozenset[str]]) -> None:
        self._run_id = run_id
        self._campaign = campaign
        self._client = client
        self._flags = flags
        self._known: dict[str, CallState] = {}  # the last state written, so that an instant is written once
        self._wrapping: dict[str, str] = {}  # agent -> call in wrap-up

    def write(self, tx: Writing, fact: Fact) -> None:
        """Write one fact down.

        Raises:
            StoreError: the store refuses it.
        """
        match fact:
            case cmd.CallChanged():
                self._call(tx, fact)
            case cmd.LeadChanged():
                self._lead(tx, fact)
            case cmd.AgentChanged():
                self._agent(tx, fact)
            case cmd.CampaignChanged():
                health.campaign_changed(
                    tx,
                    run_id=self._run_id,
                    campaign=self._campaign,
                    state=fact.state.value,
                    why=fact.why,
                    at=moment(fact.at),
                )
            case cmd.Suppress():
                others = people.numbers_of_person(tx, fact.call_id) if fact.whole_person else ()
                for number in dict.fromkeys([fact.number, *others]):
                    there = suppressions.in_force(tx, number, client=self._client, campaign="", at=moment(fact.at))
                    if any(each.scope == "client" and each.expires_at is None for each in there):
                        continue  # said before, of this call perhaps
                    suppressions.add(
                        tx,
                        number,
                        scope="client",
                        scope_id=self._client,
                        reason=fact.reason,
                        source=f"{fact.source}, call {fact.call_id}",
                        by=f"run {self._run_id}",
                        at=moment(fact.at),
                    )
            case cmd.ReleaseLeads():
                hopper.release(tx, self._run_id, fact.lead_ids)

    def _call(self, tx: Writing, fact: cmd.CallChanged) -> None:
        if fact.disposition is not None:
            assert fact.agent_id is not None
            promise = fact.promise
            calls.add_disposition(
                tx,
                fact.call_id,
                agent_id=fact.agent_id,
                code=fact.disposition,
                flags=self._flags[fact.disposition],
                at=moment(fact.at),
                callback_at=None if fact.callback_at is None else moment(fact.callback_at),
                callback_for=fact.callback_for,
                promise=None if promise is None else (promise.amount, promise.currency, promise.due),
                notes=fact.notes or "",
            )
            return
        changes: dict[str, Any] = {"state": fact.state.value}
        if not fact.late and self._known.get(fact.call_id) is not fact.state:
            column = _INSTANT_OF.get(fact.state)
            if column is not None:
                changes[column] = moment(fact.at)
            self._known[fact.call_id] = fact.state
        for name in ("agent_id", "carrier_ref", "detail", "message_played", "amd_machine"):
            value = getattr(fact, name)
            if value is not None:
                changes[name] = value
        if fact.result is not None:
            changes["result"] = fact.result.value
            if fact.result is CallResult.FAILED and (fact.detail or "").startswith("lost"):
                changes["counts"] = True  # nobody knows whether it rang: every cap counts it
        if fact.state is CallState.ENDED:
            self._known.pop(fact.call_id, None)
        calls.update_attempt(tx, fact.call_id, **changes)

    def _lead(self, tx: Writing, fact: cmd.LeadChanged) -> None:
        if fact.phone_id is not None and fact.phone_bad:
            hopper.mark_phone_bad(tx, fact.phone_id, fact.phone_bad)
        hopper.set_lead(
            tx,
            fact.lead_id,
            fact.state.value,
            next_at=None if fact.next_at is None else moment(fact.next_at),
            why=fact.why,
            callback_for=fact.for_agent,
        )

    def _agent(self, tx: Writing, fact: cmd.AgentChanged) -> None:
        wrapped = self._wrapping.pop(fact.agent_id, None)
        if wrapped is not None:
            calls.update_attempt(tx, wrapped, wrapped_at=moment(fact.at))
        if fact.state is AgentState.WRAP_UP and fact.call_id is not None:
            self._wrapping[fact.agent_id] = fact.call_id
        agents.agent_changed(
            tx,
            run_id=self._run_id,
            campaign=self._campaign,
            agent_id=fact.agent_id,
            state=fact.state.value,
            at=moment(fact.at),
            call_id=fact.call_id,
            code=fact.code,
        )
