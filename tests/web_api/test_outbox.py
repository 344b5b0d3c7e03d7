"""Outgoing events: written with the fact, delivered signed and in order, and nobody is slowed or told too much."""

import asyncio
import json
import signal
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from outbox_world import (
    ADA,
    AT,
    BOB,
    SECRET,
    Shift,
    checker,
    deliver,
    end_call,
    fill,
    listen,
    one_call,
    place_call,
    receiver,
    waiting,
)

from dialer.runtime import erasure
from dialer.runtime.events_out import DEAD_AFTER, Delivery, Refused, checked_url, sign, wait_before
from dialer.store import calls, open_store, outgoing, sent_leads, suppressions
from dnc import rules

WORDS = {"reason": "asked", "source": "letter", "by": "olga", "at": AT}


@pytest.fixture
def store(tmp_path):
    with fill(tmp_path / "dialer.db") as opened:
        yield opened


# ---------------------------------------------------------------------- written with the fact


def test_a_fact_and_its_event_are_committed_together_or_not_at_all(store):
    hook = listen(store)
    with pytest.raises(RuntimeError), store.writing() as tx:
        place_call(tx, 1, "call-1")
        end_call(tx, "call-1")
        suppressions.add(tx, ADA, **WORDS)
        raise RuntimeError("the power fails")
    assert waiting(store, hook) == []
    one_call(store)
    with store.writing() as tx:
        suppressions.add(tx, ADA, scope="client", scope_id="evergreen", **WORDS)
        calls.update_attempt(tx, "call-1", state="ended", detail="the carrier says more")  # no second event
    told = waiting(store, hook)
    assert [each.kind for each in told] == ["call.ended", "disposition.set", "opt_out.added"]
    assert told[0].data == {
        "call_id": "call-1", "campaign": "day", "lead_id": 1, "external_id": "crm-2", "simulated": False,
        "agent_id": None, "result": "human", "placed_at": AT.isoformat(), "answered_at": AT.isoformat(),
        "bridged_at": AT.isoformat(), "ended_at": AT.isoformat(),
    }  # fmt: skip
    assert told[1].data["code"] == "SALE" and "notes" not in told[1].data
    assert told[2].data == {"number": ADA, "scope": "client", "campaign": None, "expires_at": None}


def test_a_client_is_told_of_its_own_people_only(store):
    ours, theirs = listen(store), listen(store, client="rival")
    one_call(store)
    with store.writing() as tx:
        suppressions.add(tx, ADA, **WORDS)  # of the whole company: told to whoever has the number
        suppressions.add(tx, BOB, scope="campaign", scope_id="night", **WORDS)
        suppressions.add(tx, BOB, scope="client", scope_id="evergreen", tell=False, **WORDS)
        suppressions.add(tx, "+1212XXXXXXX", scope="areacode", **WORDS)
    assert [each.kind for each in waiting(store, ours)] == ["call.ended", "disposition.set", "opt_out.added"]
    (told,) = waiting(store, theirs)
    assert told.data == {"number": BOB, "scope": "campaign", "campaign": "night", "expires_at": None}


def test_kinds_are_chosen_and_days_in_virtual_time_are_not_told(store, tmp_path):
    hook = listen(store, kinds=("disposition.set",))
    one_call(store)
    assert [each.kind for each in waiting(store, hook)] == ["disposition.set"]
    with fill(tmp_path / "virtual.db", clock="virtual") as other:
        hook = listen(other)
        one_call(other)
        assert waiting(other, hook) == []


# ---------------------------------------------------------------------- delivered


def test_events_arrive_signed_in_order_and_again_until_they_are_taken(store):
    async def story() -> None:
        now, verified = Shift(), checker()
        async with receiver() as crm:
            hook = listen(store, crm.url)
            one_call(store)
            crm.answers = [204, 500, 302]
            await deliver(store, now)
            ids = [each.event_id for each in waiting(store, hook)]
            assert len(crm.heard) == 2 and crm.ids[1:] == ids  # the second is not taken, and stays first
            await deliver(store, now)
            assert len(crm.heard) == 2, "before its time nothing is tried again"
            now.later = timedelta(seconds=wait_before(1, 0.5))
            await deliver(store, now)
            assert len(crm.heard) == 3, "a redirect is not followed, and counts as not taken"
            now.later *= 4
            await deliver(store, now)
            assert crm.ids[1:] == [ids[0]] * 3 and waiting(store, hook) == []
            for headers, body in crm.heard:
                event = verified(SECRET, headers, body, now=float(headers["webhook-timestamp"]))
                assert event["type"] in outgoing.KINDS and event["data"]["call_id"] == "call-1"
            headers, body = crm.heard[0]
            for broken in ({**headers, "webhook-id": "other"}, {**headers, "webhook-timestamp": "1"}):
                with pytest.raises(ValueError):
                    verified(SECRET, broken, body, now=float(headers["webhook-timestamp"]))
            with pytest.raises(ValueError):
                verified(SECRET, headers, body + b" ", now=float(headers["webhook-timestamp"]))

    asyncio.run(story())


def test_a_slow_receiver_holds_up_nobody_else(store):
    async def story() -> None:
        async with receiver() as slow, receiver() as quick:
            listen(store, slow.url)
            listen(store, quick.url)
            slow.slow = 30.0
            one_call(store)
            delivery = Delivery(store, environment={}, now=Shift())
            before = asyncio.get_running_loop().time()
            await delivery.look()
            async with asyncio.timeout(5.0):
                while len(quick.heard) < 2:
                    await asyncio.sleep(0.01)
                await delivery.look()  # the slow one is not given a second task
            assert len(slow.heard) == 1
            closed = asyncio.Event()
            closed.set()
            await delivery.run(closed)
            assert asyncio.get_running_loop().time() - before < 5.0

    asyncio.run(story())


def test_what_nobody_takes_for_72_hours_is_a_dead_letter_that_can_be_sent_again(store):
    async def story() -> None:
        now = Shift()
        async with receiver() as crm:
            hook = listen(store, crm.url)
            one_call(store)
            crm.answers = [503]
            await deliver(store, now)
            now.later = DEAD_AFTER + timedelta(minutes=1)
            await deliver(store, now, looks=2)
            with store.reading() as tx:
                standing = outgoing.standings(tx)[hook]
            assert (standing.waiting, standing.dead) == (0, 2) and len(crm.heard) == 1
            with store.writing() as tx:
                assert outgoing.retry(tx, hook, datetime.now(UTC) + now.later) == 2
            await deliver(store, now)
            assert len(crm.heard) == 3 and waiting(store, hook) == []
            now.later += outgoing.KEEP_DELIVERED + timedelta(minutes=1)
            await deliver(store, now)
            with store.reading() as tx:
                assert outgoing.history(tx, [ADA]) == []  # kept for a week

    asyncio.run(story())


def test_an_event_that_the_receiver_cannot_take_does_not_hold_up_the_others(store):
    async def story() -> None:
        now = Shift()
        async with receiver() as crm:
            hook = listen(store, crm.url)
            one_call(store)
            crm.answers = [422] * 5
            for _ in range(5):
                await deliver(store, now)
                now.later += timedelta(hours=1)
            with store.reading() as tx:
                assert [row["state"] for row in outgoing.history(tx, [ADA])] == ["dead", "delivered"]
            assert waiting(store, hook) == [] and len(set(crm.ids)) == 2

    asyncio.run(story())


def test_an_event_is_told_again_when_nobody_wrote_down_that_it_was_taken(store, monkeypatch):
    async def story() -> None:
        async with receiver() as crm:
            listen(store, crm.url)
            one_call(store)

            def gone(*_: object) -> None:
                raise RuntimeError("the process is gone before")

            with monkeypatch.context() as patched, pytest.raises(RuntimeError):
                patched.setattr(Delivery, "_settle", gone)
                await deliver(store)
            await deliver(store)
            first, second = crm.ids[:2], crm.ids[2:]
            assert first == second and len(set(first)) == 2

    asyncio.run(story())


_KILLED = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from outbox_world import one_call
from dialer.store import open_store
one_call(open_store(Path(sys.argv[2])))
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_kill_9_right_after_the_commit_loses_no_event(store, tmp_path):
    async def story() -> None:
        async with receiver() as crm:
            listen(store, crm.url)
            words = [sys.executable, "-c", _KILLED, str(Path(__file__).parent), str(tmp_path / "dialer.db")]
            ended = await asyncio.to_thread(subprocess.run, words, capture_output=True, check=False, text=True)
            assert ended.returncode == -signal.SIGKILL, ended.stderr
            with open_store(tmp_path / "dialer.db") as again:
                await deliver(again)
            assert [json.loads(body)["type"] for _, body in crm.heard] == ["call.ended", "disposition.set"]

    asyncio.run(story())


# ---------------------------------------------------------------------- where to, and with what


@pytest.mark.parametrize(
    "url",
    [
        "http://crm.example/events", "http://10.0.0.7/", "ftp://crm.example/", "https://", "crm.example",
        "https://a b/", "https://user:word@crm.example/", "https://crm.example/#part", "https://crm.example:99999/", "https://[::1",
    ],
)  # fmt: skip
def test_an_address_must_be_https_but_to_this_machine(url: str):
    with pytest.raises(Refused):
        checked_url(url)


@pytest.mark.parametrize(
    "url", ["http://localhost:1/", "https://127.0.0.1:1/", "https://10.0.0.7/", "https://[::1]:1/"]
)
def test_an_address_inside_is_told_nothing_unless_the_operator_says_so(store, url: str):
    hook = listen(store, url, allow_private=False)
    one_call(store)
    asyncio.run(deliver(store))
    with store.reading() as tx:
        assert "--allow-private" in outgoing.standings(tx)[hook].last_error


def test_the_secret_comes_from_the_environment_where_it_is_named(store):
    async def story() -> None:
        async with receiver() as crm:
            hook = listen(store, crm.url, secret=None, secret_env="CRM_SECRET")
            one_call(store)
            now = Shift()
            await deliver(store, now)
            with store.reading() as tx:
                assert "no secret under CRM_SECRET" in outgoing.standings(tx)[hook].last_error
            now.later = timedelta(minutes=1)
            await deliver(store, now, environment={"CRM_SECRET": SECRET})
            headers, body = crm.heard[0]
            assert headers["webhook-signature"] == sign(
                SECRET, headers["webhook-id"], int(headers["webhook-timestamp"]), body
            )
            assert waiting(store, hook) == []

    asyncio.run(story())


def test_signatures_are_those_of_the_standard():
    # The example of the Standard Webhooks reference libraries.
    signed = sign(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, b'{"test": 2432232314}'
    )
    assert signed == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    for bad in ("secret", "whsec_!", "whsec_MTIz"):
        with pytest.raises(Refused):
            sign(bad, "id", 1, b"")


def test_waits_double_up_to_an_hour_and_are_spread():
    assert [wait_before(tries, 0.5) for tries in (1, 2, 3)] == [3.75, 7.5, 15.0]
    assert wait_before(40, 0.999) < 3600 and wait_before(40, 0.0) == 1800


# ---------------------------------------------------------------------- one person


def test_an_erasure_empties_the_outbox_but_for_an_opt_out_that_waits(store):
    hook = listen(store)
    one_call(store)
    with store.writing() as tx:
        sent_leads.add(tx, sent_leads.SentLead("evergreen", "form-1", "day", "0" * 64, 1, True, "", AT))
        suppressions.add(tx, ADA, scope="client", scope_id="evergreen", **WORDS)
        planned = erasure.plan(tx, ADA, book=rules.load(), at=AT, by="olga", reason="letter")
        assert len(planned.removed_events) == 2
        erasure.carry_out(tx, planned)
        assert sent_leads.find(tx, "evergreen", "form-1") is None
    assert [(each.kind, each.data["scope"]) for each in waiting(store, hook)] == [
        ("opt_out.added", "client"), ("opt_out.added", "company"),
    ]  # fmt: skip


def test_a_removed_webhook_is_told_nothing(store):
    hook = listen(store)
    one_call(store)
    with store.writing() as tx:
        assert outgoing.remove_webhook(tx, hook, AT) and not outgoing.remove_webhook(tx, hook, AT)
    one_call(store, "call-2", 2)
    assert waiting(store, hook) == []
