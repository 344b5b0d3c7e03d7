"""The store: what the dialer must never forget, in SQLite or PostgreSQL.

Every function is named by its module's noun and works inside a transaction; a `Writing` is also a `Reading`:

    from dialer.store import open_store, calls, hopper, ledger
    from dialer.store.facts import StoreFacts

    with open_store("dialer.db") as store:          # or "postgresql://user@host/name", or ":memory:"
        with store.writing() as tx:                 # one dial: all of this is committed, or nothing
            known = calls.call_facts(tx, phone_id)
            call = known.proposed("predictive")
            verdict = Gate(book, StoreFacts(tx, registries), policy).check(call, at)
            seq = ledger.append(tx, call, verdict, lead_id=known.lead_id, attempt=call_id)
            if verdict.allowed:
                calls.insert_attempt(tx, known, call_id=call_id, run_id=run_id, mode="predictive",
                                     carrier="simulated", ledger_seq=seq, at=at)

Instants are zone-aware `datetime`s; a naive one is refused (`ValueError`). Errors are `StoreError`s, one sentence.

    open_store(url_or_path, *, durable=True, upgrade=True) -> Store         store.writing() / reading() / close()

    campaigns     upsert(tx, name, *, client, scope, file_hash, at)   get(tx, name)   every(tx)
    lists         insert_list(store, campaign, leads, *, file_name, sha256, at, reader=dict, ...) -> Loaded
                  leads_of(chunks of campaigns.lists.ContactList) -> leads   known(tx, campaign, sha256)
    list_merge    compare(tx, campaign, rows, *, list_id, gone) -> Compared   apply(tx, ..., changes)
    retiring      expire(tx, list_id, at)   sweep(tx, campaign, now)   retire_missing   revive
    list_known    elsewhere(tx, numbers, campaign, client)   in_campaign   outcomes
    imported      add(tx, calls, *, client, campaign, by, at)   events(tx, call, since)   of_numbers   remove
    history_rows  calls(store, campaign, since, until)   leads(store, ...): streamed
    hopper        due_places(tx, campaign, at) -> [DuePlace(place_id, place, due)]
                  lease(tx, campaign, run_id, count, at, place_ids) -> [LeasedLead]
                  release(tx, run_id, lead_ids)   release_run(tx, run_id)   unsettled(tx, run_id)
                  due_callbacks(tx, campaign, at) -> {lead_id: place ids}   take(tx, run_id, lead_ids, at, place_ids)
                  set_lead(tx, lead_id, status, next_at, why)   mark_phone_bad(tx, phone_id, why)
                  counts(tx, campaign) -> {status: n}   next_due(tx, campaign, at)
    calls         call_facts(tx, phone_id) -> CallFacts (`.proposed(mode)` is the `ProposedCall`)
                  insert_attempt(tx, facts, *, call_id, run_id, mode, carrier, ledger_seq, at, ...)
                  live_call(tx, facts) -> call_id | None: ask before the gate
                  update_attempt(tx, call_id, **changes)
                  add_disposition(tx, call_id, *, agent_id, code, flags, at, callback_at=None, ..., notes="")
                  open_attempts(tx, campaign)   count_by_result(tx, campaign, run_id=None)
    outcomes      live_answers  attempts_of_lead  last_disposition  phone_in_campaign  phone_of_call
    suppressions  add(tx, number, *, reason, source, by, at, scope="company", scope_id="", expires_at=None)
                  remove(... reason required)   in_force(tx, number, *, client, campaign, at)
                  history(tx, number)   page(tx, *, before=None, count=100)
    removals      ask(tx, number, ...) -> id   answer(tx, request, said, ...)   pending   get   answered   history
    consents      record(tx, statements, *, by, at)   record_new   entries(tx, numbers)
                  standing(tx, number, client, scope) -> Consent | None
    relationships record(tx, facts, *, by, at)   record_new   entries   standing(tx, number, client) -> Ebr
    erasures      add(tx, numbers, *, at, by, reason)   in_force(tx, numbers)   every   history
    reconsider    reconsider(tx, numbers, why): leads that only the gate keeps back are offered again
                  refused_numbers(tx, codes): the numbers it keeps back for one of these reasons
    blocks        add(tx, target, block, *, by, at)   lift(tx, block_id, *, reason, by, at)   in_force   every
    facts         StoreFacts(tx, registries=None, *, rnd=None): the gate's `FactsPort`
    ledger        append(tx, call, verdict, *, lead_id=None, **texts) -> seq
                  verify(tx, *, noted=(), progress=None) -> Proof   export(tx, number)   get(tx, seq)   last_seq(tx)
    anchors       anchor_of(tx, proof, at)   prove(tx, anchors)   to_json   from_json
    guards        missing(tx) -> [Guard]: append-only tables that the database no longer keeps so
    leases        acquire(tx, campaign, run_id, *, node, ttl, wall_now) -> token | Held
                  renew(tx, campaign, run_id, token, *, ttl, wall_now) -> bool   release(...)
                  holds(tx, campaign, run_id, token) -> bool, exact inside a dial transaction   get(tx, campaign)
    runs          start_run(tx, run_id, *, campaign, node, clock, at, seed=None)   end_run(tx, run_id, *, at, why)
                  get   latest   unended
    agents        add(tx, agent_id, name, at)   get   every
                  agent_changed(tx, *, run_id, campaign, agent_id, state, at, call_id=None, code="")
    health        campaign_changed(tx, *, run_id, campaign, state, why, at)   last_change(tx, campaign)
                  save_pacer_state(tx, campaign, state, saved_at)   load_pacer_state(tx, campaign)
    frames        attempts  dispositions  agent_changes  campaign_changes  refusals  leads_by_status  tried  funnels
"""

from __future__ import annotations

from dialer.store.database import MEMORY, Store, open_store
from dialer.store.errors import StoreBusy, StoreConflict, StoreError, StoreNewer
from dialer.store.transactions import Reading, Writing

__all__ = [
    "MEMORY",
    "Reading",
    "Store",
    "StoreBusy",
    "StoreConflict",
    "StoreError",
    "StoreNewer",
    "Writing",
    "open_store",
]
