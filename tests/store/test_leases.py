import signal
from datetime import timedelta

from dialer.store import leases

HOLD = """
import sys
from datetime import datetime
from dialer.store import leases, open_store
url, run_id, at = sys.argv[1:]
with open_store(url) as store:
    with store.writing() as tx:
        got = leases.acquire(tx, "spring", run_id, node="n-" + run_id, ttl=30, wall_now=datetime.fromisoformat(at))
    print(got if isinstance(got, int) else f"held by {got.holder}", flush=True)
    sys.stdin.read()
"""


def acquire(world, run_id, seconds=0.0):
    with world.store.writing() as tx:
        now = world.at + timedelta(seconds=seconds)
        return leases.acquire(tx, "spring", run_id, node="here", ttl=30, wall_now=now)


def renew(world, run_id, token, seconds):
    with world.store.writing() as tx:
        now = world.at + timedelta(seconds=seconds)
        return leases.renew(tx, "spring", run_id, token, ttl=30, wall_now=now)


def holds(world, run_id, token):
    with world.store.writing() as tx:
        return leases.holds(tx, "spring", run_id, token)


def test_of_two_processes_only_one_holds_and_a_killed_ones_lease_expires(world, url, elsewhere):
    first = elsewhere(HOLD, url, "run-1", world.at.isoformat())
    assert first.stdout.readline().strip() == "1"
    second = elsewhere(HOLD, url, "run-2", (world.at + timedelta(seconds=1)).isoformat())
    assert second.stdout.readline().strip() == "held by run-1"
    first.send_signal(signal.SIGKILL)
    first.wait()
    early = elsewhere(HOLD, url, "run-3", (world.at + timedelta(seconds=29)).isoformat())
    assert early.stdout.readline().strip() == "held by run-1"
    late = elsewhere(HOLD, url, "run-4", (world.at + timedelta(seconds=31)).isoformat())
    assert late.stdout.readline().strip() == "2"
    assert not holds(world, "run-1", 1)
    assert not renew(world, "run-1", 1, 31)


def test_processes_that_start_at_once_get_one_lease(world, url, elsewhere):
    processes = [elsewhere(HOLD, url, f"run-{n}", world.at.isoformat()) for n in range(4)]
    answers = [process.stdout.readline().strip() for process in processes]
    assert sorted(answer.split()[0] for answer in answers) == ["1", "held", "held", "held"]


def test_a_held_lease_says_by_whom_and_how_long(world):
    acquire(world, "run-1")
    assert acquire(world, "run-2", 10) == leases.Held("here", "run-1", world.at + timedelta(seconds=30))


def test_the_holder_itself_keeps_its_token(world):
    assert acquire(world, "run-1") == 1
    assert acquire(world, "run-1", 20) == 1
    assert isinstance(acquire(world, "run-2", 40), leases.Held)


def test_a_renewed_lease_lasts(world):
    token = acquire(world, "run-1")
    assert renew(world, "run-1", token, 25)
    assert isinstance(acquire(world, "run-2", 40), leases.Held)
    assert holds(world, "run-1", token)


def test_who_slept_through_its_lease_is_fenced_off(world):
    old = acquire(world, "run-1")
    new = acquire(world, "run-2", 60)
    assert new == old + 1
    assert not renew(world, "run-1", old, 61)
    assert not holds(world, "run-1", old)
    assert holds(world, "run-2", new)
    with world.store.writing() as tx:
        assert not leases.release(tx, "spring", "run-1", old, wall_now=world.at)
        assert leases.get(tx, "spring").holder == "run-2"


def test_a_lease_given_back_is_free_at_once_and_its_token_still_grows(world):
    token = acquire(world, "run-1")
    with world.store.writing() as tx:
        assert leases.get(tx, "autumn") is None
        assert leases.release(tx, "spring", "run-1", token, wall_now=world.at)
    assert not holds(world, "run-1", token)
    assert acquire(world, "run-2", 1) == token + 1
