"""After a crash: attempts are closed as what is known of them, leads go on by the rules, caps count."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from audit import Books, unfinished
from hand import Hand, rows
from world import NOON, World, make_world, run_day, settings_of

from dialer.engine import events as ev
from dialer.pacing import make_pacer
from dialer.runtime.recovery import Recovered, recover, replay
from dialer.runtime.session import pacing_policy
from dialer.store import health, runs

LATER = NOON + timedelta(minutes=5)


@pytest.fixture
def small(tmp_path) -> World:
    return make_world(tmp_path / "w", people=12, areas={"212": "NY"}, mode="progressive")


def attempt_of(world: World, call_id: str) -> dict:
    (found,) = rows(world, "SELECT * FROM attempt WHERE call_id = ?", call_id)
    return found


def lead_of(world: World, call_id: str) -> dict:
    (found,) = rows(world, "SELECT * FROM lead WHERE lead_id = ?", attempt_of(world, call_id)["lead_id"])
    return found


def test_nothing_to_recover_says_nothing(small: World):
    with small.store() as store:
        hand = Hand(small, store)
        hand.session.finish("over")
        again = Hand(small, store, LATER)
        assert again.session.recovered == Recovered(0, 0, 0) and not again.session.recovered


def test_each_open_attempt_is_closed_as_what_is_known_of_it(small: World):
    with small.store() as store:
        hand = Hand(small, store)
        talking = hand.talk()
        for agent in ("bob", "cid", "dan"):
            hand.tell(ev.AgentReady, agent)
        ringing, answered, placing = (request.call_id for request in hand.carrier.placed[1:4])
        hand.tell(ev.Ringing, ringing)
        for agent in ("bob", "cid", "dan"):
            hand.tell(ev.AgentPaused, agent)
        hand.tell(ev.Answered, answered)
        hand.driver.flush()
        attempts = len(hand.carrier.placed)
        # The process dies here; another takes over when the lease has run out.
        again = Hand(small, store, LATER)
        assert again.session.recovered.attempts == attempts == 4
        assert again.session.recovered.runs == 1
        results = {call: attempt_of(small, call)["result"] for call in (talking, ringing, answered, placing)}
        assert results == {talking: "human", ringing: "failed", answered: "abandoned", placing: "failed"}
        for call in results:
            row = attempt_of(small, call)
            assert (row["state"], row["counts"]) == ("ended", 1) and row["detail"].startswith("lost")
            lead = lead_of(small, call)
            assert lead["status"] == "waiting" and lead["leased_by"] is None
            assert datetime.fromisoformat(lead["next_at"]).replace(tzinfo=UTC) >= LATER + timedelta(minutes=20)
        held = rows(small, "SELECT leased_by FROM lead WHERE status = 'leased'")
        assert held == []  # leads that the dead run had in stock are free again
        assert rows(small, "SELECT ended_why FROM run ORDER BY started_at")[0]["ended_why"] == "crashed"


def test_what_the_agent_had_said_decides_what_becomes_of_the_lead(small: World):
    with small.store() as store:
        hand = Hand(small, store)
        call_id = hand.talk()
        hand.tell(ev.Dispositioned, "ann", call_id, "SALE", done=False)
        Hand(small, store, LATER)
        assert lead_of(small, call_id)["status"] == "done"
        assert rows(small, "SELECT code FROM disposition") == [{"code": "SALE"}]


def test_an_opt_out_before_the_crash_keeps_the_lead_blocked(small: World):
    with small.store() as store:
        hand = Hand(small, store)
        call_id = hand.talk()
        hand.tell(ev.Dispositioned, "ann", call_id, "DNC", done=False)
        again = Hand(small, store, LATER)
        assert lead_of(small, call_id)["status"] == "blocked"
        number = attempt_of(small, call_id)["number"]
        again.tell(ev.AgentReady, "ann")
        assert number not in {request.number for request in again.carrier.placed}


def test_a_run_ended_in_haste_leaves_its_live_calls_to_the_next_one(small: World):
    with small.store() as store:
        hand = Hand(small, store)
        call_id = hand.talk()
        hand.session.finish("a second interrupt")
        assert attempt_of(small, call_id)["state"] == "bridged"
        again = Hand(small, store, LATER)
        assert again.session.recovered.attempts == 1
        assert attempt_of(small, call_id)["result"] == "human"
        assert lead_of(small, call_id)["status"] != "leased", "the lead of the cut call is lost for ever"


def test_a_crash_in_the_middle_of_a_floor_is_mended_whole(tmp_path):
    world = make_world(tmp_path / "w", people=120, areas={"212": "NY", "312": "IL"})
    settings = settings_of(agents=6)
    crashed = run_day(world, hours=0.1, settings=settings, drain=False)
    placed = {call.call_id for call in crashed.calls}
    later = NOON + timedelta(minutes=10)
    second = run_day(world, start=later, hours=0.1, settings=settings)
    books = Books(world.database)
    assert unfinished(books) == []
    assert placed <= set(books.by_call)
    assert second.session.recovered.attempts > 0
    before = {call.number: call.at for call in crashed.calls}
    for call in second.calls:
        assert call.at - before.get(call.number, 0.0) >= 20 * 60.0  # nobody is called again because of the crash


def test_a_pacer_is_told_again_of_what_its_snapshot_missed(tmp_path):
    world = make_world(tmp_path / "w", people=120, areas={"212": "NY", "312": "IL"})
    day = run_day(world, hours=0.3, settings=settings_of(agents=6))
    told = day.session.pacer.ledger
    fresh = make_pacer(pacing_policy(world.campaign))
    with world.store() as store, store.reading() as tx:
        count = replay(tx, fresh, world.campaign.name, day.start)
        assert replay(tx, fresh, world.campaign.name, day.start) == count  # twice changes nothing
    assert count == told.served + told.abandoned > 5
    assert (fresh.ledger.served, fresh.ledger.abandoned) == (told.served, told.abandoned)


def test_switching_machine_detection_off_lets_a_pacer_dial_that_had_to_stop(small: World):
    pacer = make_pacer(pacing_policy(small.campaign))
    pacer.ledger.hopeless = True  # people were lost to it beside agents who were ready
    assert not small.campaign.dialing.detect_machines
    with small.store() as store:
        with store.writing() as tx:
            health.save_pacer_state(tx, "day", pacer.to_state(), NOON.timestamp())
        hand = Hand(small, store, NOON)
        assert not hand.session.pacer.ledger.hopeless
        hand.session.finish("over")


def test_recover_without_a_crash_closes_nothing(small: World):
    with small.store() as store:
        hand = Hand(small, store)
        hand.session.finish("over")
        with store.writing() as tx:
            assert runs.unended(tx, "day") == []
            assert not recover(tx, small.campaign, LATER.timestamp())
