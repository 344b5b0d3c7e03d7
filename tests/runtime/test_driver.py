"""The order of things: the decision and the attempt are committed, then the carrier hears of the call."""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime

import pytest
from hand import Hand, rows
from world import World, make_world

from dialer.engine import commands as cmd
from dialer.engine import events as ev
from dialer.engine.rate import TokenBucket
from dialer.runtime import dialing
from dialer.runtime.driver import LeaseLost
from dialer.store import suppressions
from dialer.store.errors import StoreError


@pytest.fixture
def small(tmp_path) -> World:
    return make_world(tmp_path / "w", people=12, areas={"212": "NY"}, mode="progressive")


def test_the_attempt_is_committed_before_the_carrier_is_asked(small: World):
    with small.store() as store:
        hand = Hand(small, store)
        for agent in ("ann", "bob", "cid"):
            hand.tell(ev.AgentReady, agent)
        assert len(hand.carrier.placed) == 3
        for request, seen in zip(hand.carrier.placed, hand.carrier.seen, strict=True):
            assert seen is not None, "the carrier was asked before the attempt could be read by others"
            assert (seen["number"], seen["state"], seen["allowed"]) == (request.number, "placing", 1)
            assert seen["caller_id"] == request.caller_id


def test_an_opt_out_between_lease_and_dial_is_honoured(small: World):
    with small.store() as store, small.store() as elsewhere:
        hand = Hand(small, store)
        hand.tell(ev.AgentReady, "ann")  # leads are leased in stock now, one is dialed
        (called,) = (request.number for request in hand.carrier.placed)
        with elsewhere.writing() as tx:
            for one in small.numbers:
                suppressions.add(tx, one, reason="asked", source="letter", by="officer", at=datetime.now(UTC))
        hand.tell(ev.AgentReady, "bob")
        hand.wait(5.0)
        assert [request.number for request in hand.carrier.placed] == [called]
        assert len(rows(small, "SELECT * FROM attempt")) == 1
        refused = rows(small, "SELECT code, number FROM ledger WHERE allowed = 0")
        assert refused and {row["code"] for row in refused} <= {"DNC_INTERNAL", "DNC_NATIONAL", "TZ_UNKNOWN"}
        assert called not in {row["number"] for row in refused}


def test_a_run_that_lost_its_lease_places_nothing_and_writes_nothing(small: World):
    with small.store() as store:
        hand = Hand(small, store)
        with sqlite3.connect(small.database) as other:
            other.execute("UPDATE lease SET holder = 'another', token = token + 1")
        other.close()
        with pytest.raises(LeaseLost):
            hand.tell(ev.AgentReady, "ann")
        assert hand.carrier.placed == []
        assert rows(small, "SELECT * FROM attempt") == rows(small, "SELECT * FROM ledger") == []


@pytest.mark.parametrize("where", ["ledger.append", "calls.insert_attempt"])
def test_what_cannot_be_written_down_is_not_dialed(small: World, where: str, monkeypatch):
    room, name = where.split(".")

    def full(*_args: object, **_more: object) -> None:
        raise StoreError("the disk is full")

    with small.store() as store:
        hand = Hand(small, store)
        monkeypatch.setattr(getattr(dialing, room), name, full)
        with pytest.raises(StoreError, match="disk is full"):
            hand.tell(ev.AgentReady, "ann")
        assert hand.carrier.placed == []
        assert rows(small, "SELECT * FROM attempt") == rows(small, "SELECT * FROM ledger") == []


def test_a_number_on_a_live_call_of_another_campaign_is_put_off(small: World):
    with small.store() as store:
        hand = Hand(small, store)
        hand.tell(ev.AgentReady, "ann")
        (first,) = hand.carrier.placed
    busy = rows(small, "SELECT * FROM attempt")[0]
    other = make_world(small.root.parent / "other", people=12, areas={"212": "NY"}, mode="progressive", name="other")
    copy = {**busy, "call_id": "elsewhere-1", "run_id": "r1", "campaign": "third", "lead_id": 9_999, "phone_id": 9_999}
    with sqlite3.connect(other.database) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        connection.execute(
            f"INSERT INTO attempt ({', '.join(copy)}) VALUES ({', '.join('?' * len(copy))})", list(copy.values())
        )
    connection.close()
    with other.store() as store:
        hand = Hand(other, store)
        for agent in ("ann", "bob"):
            hand.tell(ev.AgentReady, agent)
        hand.wait(2.0)
        assert hand.carrier.placed and first.number not in {request.number for request in hand.carrier.placed}


def test_what_people_say_is_committed_before_anything_else_happens(small: World):
    with small.store() as store:
        hand = Hand(small, store)
        call_id = hand.talk()
        (attempt,) = rows(small, "SELECT * FROM attempt WHERE call_id = ?", call_id)
        assert attempt["bridged_at"] and attempt["answered_at"] and attempt["agent_id"] == "ann"
        hand.tell(ev.Dispositioned, "ann", call_id, "DNC", done=False)
        (entry,) = rows(
            small, "SELECT * FROM suppression WHERE number = ? AND source LIKE 'agent ann%'", attempt["number"]
        )
        assert (entry["action"], entry["scope"], entry["scope_id"]) == ("add", "client", "evergreen")
        (said,) = rows(small, "SELECT * FROM disposition")
        assert (said["call_id"], said["code"], json.loads(said["flags"])) == (call_id, "DNC", ["contact", "opt_out"])


def test_the_way_to_an_agent_does_not_wait_for_the_disk_and_the_answer_is_written_in_the_next_moment(small: World):
    with small.store() as store:
        hand = Hand(small, store)
        hand.tell(ev.AgentReady, "ann")
        call_id = hand.carrier.placed[-1].call_id
        hand.tell(ev.Placed, call_id)
        hand.wait(1.0)
        hand.tell(ev.Answered, call_id)
        (seen,) = hand.carrier.joined_on
        assert (seen["call_id"], seen["state"], seen["answered_at"]) == (call_id, "queued", None)
        hand.wait(0.0)  # the loop's next turn, after the reply went out
        (attempt,) = rows(small, "SELECT * FROM attempt WHERE call_id = ?", call_id)
        assert attempt["state"] == "answered" and attempt["answered_at"]


def test_the_way_to_an_agent_does_not_wait_for_the_dials_that_the_same_event_brings(small: World, monkeypatch):
    with small.store() as store:
        hand = Hand(small, store)
        hand.tell(ev.AgentReady, "ann")
        (first,), engine, now = hand.carrier.placed, hand.session.engine, hand.clock.now()
        placed_at_the_join: list[int] = []
        monkeypatch.setattr(
            hand.carrier, "bridge", lambda *_: placed_at_the_join.append(len(rows(small, "SELECT * FROM attempt")))
        )
        dials: list[cmd.Command] = []
        engine.pace.dial(engine.floor.leads.popleft(), now, dials)
        hand.driver._execute([*dials, cmd.Bridge(now, first.call_id, "ann")])
        assert placed_at_the_join == [1]  # the second attempt was not yet decided
        assert len(rows(small, "SELECT * FROM attempt")) == len(hand.carrier.placed) == 2


def test_that_nobody_could_be_found_for_a_person_is_committed_before_the_message(small: World):
    with small.store() as store:
        hand = Hand(small, store)
        hand.tell(ev.AgentReady, "ann")
        call_id = hand.carrier.placed[-1].call_id
        hand.tell(ev.AgentPaused, "ann")
        hand.tell(ev.Answered, call_id)
        seen = []
        played = hand.carrier.play_message
        hand.carrier.play_message = lambda call, what: (  # type: ignore[method-assign]
            seen.extend(rows(small, "SELECT result FROM attempt WHERE call_id = ?", call)),
            played(call),
        )
        hand.wait(1.95)
        assert [each["result"] for each in seen] == ["abandoned"]


def test_an_opt_out_by_key_survives_the_end_of_the_call(small: World):
    with small.store() as store:
        hand = Hand(small, store)
        hand.tell(ev.AgentReady, "ann")
        call_id = hand.carrier.placed[-1].call_id
        hand.tell(ev.AgentPaused, "ann")
        hand.tell(ev.Ringing, call_id)
        hand.tell(ev.Answered, call_id)
        hand.wait(1.95)
        assert hand.carrier.asked == [("play", call_id)]
        hand.tell(ev.OptedOut, call_id)
        number = hand.carrier.placed[-1].number
        assert rows(small, "SELECT 1 FROM suppression WHERE number = ? AND source LIKE 'key press%'", number)
        hand.tell(ev.Ended, call_id, "hung_up_by_us")
        hand.driver.flush()
        (attempt,) = rows(small, "SELECT * FROM attempt WHERE call_id = ?", call_id)
        assert (attempt["result"], attempt["message_played"]) == ("abandoned", 1)
        (lead,) = rows(small, "SELECT * FROM lead WHERE lead_id = ?", attempt["lead_id"])
        assert (lead["status"], lead["status_why"]) == ("blocked", "opted out")


def test_the_end_of_a_message_of_which_nothing_was_heard_is_asked_about(small: World):
    with small.store() as store:
        hand = Hand(small, store)
        hand.tell(ev.AgentReady, "ann")
        call_id, number = hand.carrier.placed[-1].call_id, hand.carrier.placed[-1].number
        hand.tell(ev.AgentPaused, "ann")
        hand.tell(ev.Answered, call_id)
        hand.wait(1.95)
        hand.wait(6.0)
        hand.tell(ev.Ended, call_id, "hung_up_by_us")  # the word that a key was pressed got lost on its way
        hand.wait(60.0)
        assert ("look_up", call_id) in hand.carrier.asked
        hand.tell(ev.OptedOut, call_id)
        assert rows(small, "SELECT 1 FROM suppression WHERE number = ?", number)


def test_every_instant_is_written_once_and_late_words_change_nothing(small: World):
    with small.store() as store:
        hand = Hand(small, store)
        call_id = hand.talk()
        query = "SELECT * FROM attempt WHERE call_id = ?"
        (before,) = rows(small, query, call_id)
        hand.wait(3.0)
        for event in (ev.Placed, ev.Ringing, ev.Answered):
            hand.tell(event, call_id)
        hand.tell(ev.Bridged, call_id, "ann")
        hand.driver.flush()
        assert rows(small, query, call_id) == [before]
        hand.tell(ev.Ended, call_id, "hung_up_by_person")
        hand.wait(7.0)
        hand.tell(ev.Dispositioned, "ann", call_id, "NO")
        hand.driver.flush()
        (after,) = rows(small, query, call_id)
        begin, end = (datetime.fromisoformat(after[name]) for name in ("ended_at", "wrapped_at"))
        assert after["result"] == "human" and (end - begin).total_seconds() == pytest.approx(7.0)
        hand.tell(ev.Ended, call_id, "busy")
        hand.tell(ev.Ringing, call_id)
        hand.wait(1.0)
        assert rows(small, query, call_id) == [after]


def test_a_call_of_which_nobody_hears_is_asked_about_and_then_lost(small: World):
    with small.store() as store:
        hand = Hand(small, store)
        hand.tell(ev.AgentReady, "ann")
        call_id = hand.carrier.placed[0].call_id
        hand.wait(0.1)
        hand.tell(ev.Placed, call_id)  # the carrier took it, and is never heard of again
        hand.wait(200.0)
        assert ("look_up", call_id) in hand.carrier.asked
        (attempt,) = rows(small, "SELECT * FROM attempt WHERE call_id = ?", call_id)
        assert (attempt["state"], attempt["result"], attempt["counts"]) == ("ended", "failed", 1)
        assert attempt["detail"].startswith("lost")


def test_a_placement_that_the_carrier_refused_does_not_use_up_the_leads_calls(small: World):
    with small.store() as store:
        hand = Hand(small, store)
        hand.tell(ev.AgentReady, "ann")
        for _ in range(20):  # the carrier is away: it says of every call that it did not take it
            hand.tell(ev.PlaceFailed, hand.carrier.placed[-1].call_id, "rate", "the carrier cannot be reached")
            hand.wait(61.0)  # longer than the longest rest between two tries
        assert len(hand.carrier.placed) == 21, "the first people of the list are spent and were never called"
        states = rows(small, "SELECT DISTINCT result, counts FROM attempt WHERE state = 'ended'")
        assert states == [{"result": "congestion", "counts": 0}]
        refused = rows(small, "SELECT code FROM ledger WHERE code = 'FREQ_CAMPAIGN'")
        assert refused == []


def test_the_carriers_rate_is_kept_to_the_second(tmp_path):
    world = make_world(tmp_path / "w", people=90, areas={"212": "NY"}, mode="progressive", calls_per_second=2.0)
    with world.store() as store:
        hand = Hand(world, store)
        for agent in range(20):
            hand.tell(ev.AgentReady, f"a{agent:02}")
        assert len(hand.carrier.placed) <= 2
        hand.wait(5.0)
        assert 10 <= len(hand.carrier.placed) <= 12


def test_the_token_bucket_never_gives_more_than_its_rate_and_one_burst():
    bucket = TokenBucket(3.0)
    given, now = 0, 1000.0
    while now < 1010.0:
        count = bucket.available(now)
        bucket.take(now, count)
        given += count
        now += 0.07
    assert 30 <= given <= 33
    bucket.take(1100.0, bucket.available(1100.0))
    with pytest.raises(ValueError, match="1 dials asked, 0 allowed"):
        bucket.take(1100.0, 1)


def test_the_message_plays_in_time_though_every_agent_has_left_and_dialing_is_over(small: World):
    with small.store() as store:
        hand = Hand(small, store)
        hand.tell(ev.AgentReady, "ann")
        call = hand.carrier.placed[-1].call_id
        hand.tell(ev.Placed, call)
        hand.tell(ev.Ringing, call)
        hand.session.drain("the day is over")  # nothing asks the pacer from now on, so nothing else wakes the engine
        hand.tell(ev.AgentGone, "ann", "end of shift")
        hand.wait(3.0)
        hand.tell(ev.Answered, call)
        hand.wait(2.0)
        assert ("play", call) in hand.carrier.asked


def test_a_wake_asked_for_while_an_earlier_one_was_planned_is_not_lost(small: World):
    with small.store() as store:
        hand = Hand(small, store)
        now = hand.clock.now()
        ticks: list[float] = []
        hand.driver.engine.handle = lambda event: ticks.append(event.at) or []  # type: ignore[method-assign]
        hand.driver._plan_wake(now + 2.0)
        hand.driver._plan_wake(now + 1.0)
        hand.driver._plan_wake(now + 5.0)  # the engine asks once for each deadline
        hand.wait(10.0)
        assert {now + 1.0, now + 5.0} <= set(ticks)
