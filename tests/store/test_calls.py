import signal
from datetime import UTC, date, datetime, timedelta

import pytest

from dialer.store import StoreConflict, StoreError, calls, ledger, open_store, outcomes, people
from dialer.store.lists import NewPhone
from dnc.values import Consent, Ebr

#: Commits a dial in a process that is then killed without warning.
DIAL_AND_HANG = """
import sys
from datetime import UTC, datetime
from dialer.store import calls, ledger, open_store
from dnc.values import Verdict
url, phone_id, call_id = sys.argv[1:]
at = datetime(2026, 3, 2, 15, tzinfo=UTC)
store = open_store(url)
with store.writing() as tx:
    known = calls.call_facts(tx, int(phone_id))
    call = known.proposed("predictive")
    seq = ledger.append(tx, call, Verdict(True, at, (), None), lead_id=known.lead_id)
    calls.insert_attempt(tx, known, call_id=call_id, run_id="run-1", mode="predictive", carrier="simulated",
                         ledger_seq=seq, at=at)
    if call_id == "uncommitted":
        print("inserted", flush=True)
        sys.stdin.read()
print("committed", flush=True)
sys.stdin.read()
"""


def test_an_attempt_committed_before_the_carrier_is_asked_survives_sigkill(world, url, elsewhere):
    world.load(world.lead(2))
    (lead,) = world.lease()
    process = elsewhere(DIAL_AND_HANG, url, lead.phone_id, "call-1")
    assert process.stdout.readline().strip() == "committed"
    process.send_signal(signal.SIGKILL)
    process.wait()
    with world.store.reading() as tx:
        (left,) = calls.open_attempts(tx, "spring")
        assert (left.call_id, left.lead_id, left.state, left.placed_at) == (
            "call-1",
            lead.lead_id,
            "placing",
            world.at,
        )
        assert ledger.verify(tx).intact


def test_a_kill_before_the_commit_leaves_neither_attempt_nor_decision(world, url, elsewhere):
    world.load(world.lead(2))
    (lead,) = world.lease()
    process = elsewhere(DIAL_AND_HANG, url, lead.phone_id, "uncommitted")
    assert process.stdout.readline().strip() == "inserted"
    process.send_signal(signal.SIGKILL)
    process.wait()
    with world.store.writing() as tx:
        assert calls.open_attempts(tx, "spring") == []
        assert ledger.last_seq(tx) == 0


def test_a_damaged_shutdown_loses_nothing_after_opening_again(world, url, elsewhere):
    world.load(world.lead(2))
    (lead,) = world.lease()
    process = elsewhere(DIAL_AND_HANG, url, lead.phone_id, "call-1")
    process.stdout.readline()
    process.kill()
    world.store.close()
    with open_store(url) as store, store.reading() as tx:
        assert [left.call_id for left in calls.open_attempts(tx, "spring")] == ["call-1"]


def test_call_facts_are_everything_the_gate_asks_of_a_call(world):
    given, revoked = datetime(2025, 1, 2, tzinfo=UTC), datetime(2025, 6, 1, tzinfo=UTC)
    world.load(
        world.lead(
            2,
            NewPhone("+12125550100", world.new_york, "work", "mobile"),
            external_id="A-1",
            person_id="P-1",
            debt_id="D-1",
            country="US",
            owner="ann",
            consent_basis="pewc",
            consent_at=given,
            consent_ref="form 7",
            consent_revoked_at=revoked,
            consent_waives=("written_permission",),
            last_transaction=date(2025, 12, 31),
        )
    )
    (lead,) = world.lease()
    with world.store.reading() as tx:
        known = calls.call_facts(tx, lead.phone_id)
    assert (known.client, known.status, known.leased_by, known.owner) == ("acme", "leased", "run-1", "ann")
    call = known.proposed("preview", subject="spring sale", agent_guaranteed=True)
    assert call.number == "+12125550100"
    assert call.place == world.new_york
    assert (call.scope, call.mode, call.campaign, call.client) == ("telemarketing", "preview", "spring", "acme")
    assert (call.person, call.debt, call.subject) == ("P-1", "D-1", "spring sale")
    assert (call.line_type, call.number_kind, call.agent_guaranteed) == ("mobile", "work", True)
    assert call.consent == Consent("pewc", given, revoked, "form 7", ("written_permission",))
    assert call.ebr == Ebr(date(2025, 12, 31), None)


def test_an_unknown_phone_is_an_error_not_a_call(world):
    with world.store.reading() as tx, pytest.raises(StoreError, match="there is no phone 99"):
        calls.call_facts(tx, 99)


def test_no_lead_is_ever_on_two_live_calls(world):
    world.load(world.lead(2, "+12125550100", "+12125550101"))
    (lead,) = world.lease()
    with world.store.reading() as tx:
        other = outcomes.phone_in_campaign(tx, "spring", "+12125550101")
    world.dial(lead.phone_id, "call-1")
    with pytest.raises(StoreConflict, match="the lead or its number is on a live call"):
        world.dial(other, "call-2")
    with world.store.writing() as tx:
        assert ledger.last_seq(tx) == 1  # the refused dial left no decision behind either
        assert calls.live_call(tx, calls.call_facts(tx, other)) == "call-1"
    world.end("call-1")
    with world.store.writing() as tx:
        assert calls.live_call(tx, calls.call_facts(tx, other)) is None
    world.dial(other, "call-2")


def test_no_number_is_ever_on_two_live_calls_of_two_campaigns(world):
    world.begin("autumn", client="other", run_id="run-2")
    world.load(world.lead(2, "+12125550100"))
    world.load(world.lead(2, "+12125550100"), campaign="autumn")
    (spring,), (autumn,) = world.lease(), world.lease(campaign="autumn", run_id="run-2")
    world.dial(spring.phone_id, "call-1")
    with world.store.reading() as tx:
        assert calls.live_call(tx, calls.call_facts(tx, autumn.phone_id)) == "call-1"
    with pytest.raises(StoreConflict):
        world.dial(autumn.phone_id, "call-2", run_id="run-2")
    world.end("call-1")
    world.dial(autumn.phone_id, "call-2", run_id="run-2")


def test_a_call_id_is_used_once(world):
    world.load(world.lead(2), world.lead(3))
    first, second = world.lease()
    world.dial(first.phone_id, "call-1")
    with pytest.raises(StoreConflict, match="call-1"):
        world.dial(second.phone_id, "call-1")


def test_an_attempt_learns_its_life(world):
    world.load(world.lead(2))
    (lead,) = world.lease()
    world.dial(lead.phone_id, "call-1")
    later = world.at + timedelta(seconds=9)
    with world.store.writing() as tx:
        calls.update_attempt(tx, "call-1", state="ringing", ringing_at=world.at, carrier_ref="CA1")
        calls.update_attempt(tx, "call-1", state="answered", answered_at=later)
        calls.update_attempt(tx, "call-1")
        (left,) = calls.open_attempts(tx, "spring")
    assert (left.state, left.ringing_at, left.answered_at, left.carrier_ref) == ("answered", world.at, later, "CA1")
    world.end("call-1", "abandoned", message_played=True)
    with world.store.reading() as tx:
        assert calls.open_attempts(tx, "spring") == []
        assert calls.count_by_result(tx, "spring") == {"abandoned": 1}
        assert calls.count_by_result(tx, "spring", "run-1") == {"abandoned": 1}
        assert calls.count_by_result(tx, "spring", "run-2") == {}


def test_an_ended_attempt_stays_ended_and_may_still_learn_details(world):
    world.load(world.lead(2))
    (lead,) = world.lease()
    world.dial(lead.phone_id, "call-1")
    world.end("call-1")
    world.end("call-1", wrapped_at=world.at)
    with world.store.writing() as tx, pytest.raises(StoreConflict, match="has ended; it cannot be ringing again"):
        calls.update_attempt(tx, "call-1", state="ringing")
    with world.store.writing() as tx:
        calls.update_attempt(tx, "call-1", agent_id="ann")
        assert calls.open_attempts(tx, "spring") == []


@pytest.mark.parametrize("column", ["nonsense", "number", "lead_id", "placed_at", "ledger_seq"])
def test_what_was_asked_of_the_carrier_never_changes(world, column):
    world.load(world.lead(2))
    (lead,) = world.lease()
    world.dial(lead.phone_id, "call-1")
    with world.store.writing() as tx, pytest.raises(ValueError, match=f"{column} cannot be changed"):
        calls.update_attempt(tx, "call-1", **{column: 1})


@pytest.mark.parametrize(
    ("result", "given", "counts"),
    [
        ("busy", {}, False),
        ("invalid", {}, False),
        ("congestion", {}, False),
        ("failed", {}, False),
        ("failed", {"counts": True}, True),  # lost: nobody knows whether it rang
        ("no_answer", {}, True),
        ("cancelled", {}, True),
        ("machine", {}, True),
        ("human", {}, True),
    ],
)
def test_only_calls_that_did_not_connect_do_not_count(world, result, given, counts):
    """12 CFR 1006.14(b)(3)(ii): a call that does not connect to the dialed number is not counted."""
    world.load(world.lead(2))
    (lead,) = world.lease()
    call = world.dial(lead.phone_id, "call-1")
    world.end("call-1", result, **given)
    from dialer.store.facts import past_events

    with world.store.reading() as tx:
        (event, *_) = past_events(tx, call, world.at - timedelta(days=7))
    assert (event.kind, event.counts) == ("attempt", counts)


def test_a_disposition_is_kept_for_an_attempt_only(world):
    world.load(world.lead(2))
    (lead,) = world.lease()
    world.dial(lead.phone_id, "call-1")
    with world.store.writing() as tx:
        for code in ("NI", "SALE"):
            calls.add_disposition(tx, "call-1", agent_id="ann", code=code, flags={"contact"}, at=world.at, notes="x")
        assert outcomes.last_disposition(tx, "call-1") == outcomes.Said("SALE", None, "")
    with pytest.raises(StoreConflict, match="there is no attempt call-9"), world.store.writing() as tx:
        calls.add_disposition(tx, "call-9", agent_id="ann", code="NI", flags=(), at=world.at)
    with world.store.writing() as tx, pytest.raises(StoreError, match="there is no attempt call-9"):
        calls.update_attempt(tx, "call-9", state="ended")


def test_live_answers_of_a_campaign_are_found_again_after_a_restart(world):
    world.load(world.lead(2), world.lead(3))
    first, second = world.lease()
    world.dial(first.phone_id, "call-1")
    world.dial(second.phone_id, "call-2")
    world.end("call-1", "human", answered_at=world.at, bridged_at=world.at, agent_id="ann")
    world.end("call-2", "no_answer")
    with world.store.reading() as tx:
        (answer,) = outcomes.live_answers(tx, "spring", world.at)
        assert (answer.call_id, answer.agent_id, answer.result) == ("call-1", "ann", "human")
        assert outcomes.attempts_of_lead(tx, first.lead_id) == 1
        assert outcomes.phone_of_call(tx, "call-2") == second.phone_id


def test_the_numbers_of_a_person_are_those_of_every_lead_of_the_same_client(world):
    world.begin("autumn", "acme", "run-2").begin("rival", "rival", "run-3")
    world.load(world.lead(2, "+12125550100", "+12125550101", person_id="p1", debt_id="d1"))
    world.load(world.lead(2, "+12125550102", person_id="p1"), campaign="autumn")
    world.load(world.lead(2, "+12125550103", debt_id="d1"), campaign="autumn")
    world.load(world.lead(2, "+12125550104"), campaign="autumn")  # nobody's id is no link
    world.load(world.lead(2, "+12125550105", person_id="p1", debt_id="d1"), campaign="rival")
    (lead,) = world.lease()
    world.dial(lead.phone_id, "call-1")
    with world.store.reading() as tx:
        numbers = people.numbers_of_person(tx, "call-1")
    assert numbers == [f"+1212555010{n}" for n in range(4)]
