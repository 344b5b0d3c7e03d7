import itertools
import shutil
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from dialer.store import StoreError, calls, hopper, open_store, outcomes, ranking
from dnc.values import Place


def lines(world, leased):
    """The lines of the file that leased leads stand on."""
    with world.store.reading() as tx:
        rows = dict(tx.connection.execute(text("SELECT lead_id, line FROM lead")).all())
    return [rows[lead.lead_id] for lead in leased]


def set_lead(world, lead, status, seconds=None, why="test"):
    with world.store.writing() as tx:
        next_at = None if seconds is None else world.at + timedelta(seconds=seconds)
        hopper.set_lead(tx, lead.lead_id, status, next_at, why)


def counts(world):
    with world.store.reading() as tx:
        return hopper.counts(tx, "spring")


def test_leads_come_in_the_order_of_rank(world):
    world.load(*(world.lead(n, priority=1 if n == 5 else 0) for n in range(2, 9)))
    leased = world.lease()
    first = dict(zip(lines(world, leased), leased, strict=True))
    assert list(first) == [5, 2, 3, 4, 6, 7, 8]
    set_lead(world, first[8], "callback", -1)
    set_lead(world, first[7], "callback", -60)
    set_lead(world, first[2], "waiting", -10)
    set_lead(world, first[3], "waiting", -20)
    set_lead(world, first[5], "waiting", -5)
    with world.store.writing() as tx:
        hopper.release(tx, "run-1", [first[4].lead_id, first[6].lead_id])
    # due callbacks by time; then the higher priority; then untried before tried; the tried by time
    assert lines(world, world.lease()) == [7, 8, 5, 4, 6, 3, 2]


def test_leads_whose_time_has_not_come_stay(world):
    world.load(*(world.lead(n) for n in range(2, 5)))
    one, two, three = world.lease()
    set_lead(world, one, "waiting", 60)
    set_lead(world, two, "callback", 120)
    set_lead(world, three, "done")
    assert world.lease() == []
    with world.store.reading() as tx:
        assert hopper.next_due(tx, "spring", world.at) == world.at + timedelta(seconds=60)
        assert hopper.next_due(tx, "spring", world.at + timedelta(seconds=60)) == world.at + timedelta(seconds=120)
        assert hopper.next_due(tx, "spring", world.at + timedelta(seconds=120)) is None
        assert hopper.due_places(tx, "spring", world.at) == []
    assert [lead.lead_id for lead in world.lease(at=world.at + timedelta(seconds=60))] == []
    with world.store.writing() as tx:
        places = [1]
        leased = hopper.lease(tx, "spring", "run-1", 9, world.at + timedelta(seconds=60), places)
    assert [(lead.lead_id, lead.leased_from) for lead in leased] == [(one.lead_id, "waiting")]


def test_only_open_places_are_called(world):
    world.load(
        world.lead(2),
        world.lead(3, place=world.california),
        world.lead(4, "+12125550104", "+13105550104"),
    )
    with world.store.writing() as tx:
        due = {place.place: place for place in hopper.due_places(tx, "spring", world.at)}
        assert {place: found.due for place, found in due.items()} == {world.new_york: 2, world.california: 1}
        assert hopper.lease(tx, "spring", "run-1", 9, world.at, []) == []
        west = hopper.lease(tx, "spring", "run-1", 9, world.at, [due[world.california].place_id])
    assert lines(world, west) == [3]


def test_a_lead_with_phones_in_several_places_is_called_where_it_is_open(world):
    from dialer.store.lists import NewPhone

    home = NewPhone("+12125550100", world.new_york)
    mobile = NewPhone("+13105550100", world.california, "mobile")
    world.load(world.lead(2, home, mobile))
    with world.store.writing() as tx:
        places = {place.place: place.place_id for place in hopper.due_places(tx, "spring", world.at)}
        assert set(places) == {world.new_york, world.california}
        (lead,) = hopper.lease(tx, "spring", "run-1", 9, world.at, [places[world.california]])
        assert lead.number == "+13105550100"
        hopper.release(tx, "run-1", [lead.lead_id])
        (lead,) = hopper.lease(tx, "spring", "run-1", 9, world.at, places.values())
        assert lead.number == "+12125550100"


def test_the_phone_with_the_fewest_attempts_has_its_turn(world):
    world.load(world.lead(2, "+12125550100", "+12125550101"))
    numbers = []
    for n in range(4):
        (lead,) = world.lease()
        assert lead.attempts == n
        numbers.append(lead.number)
        world.dial(lead.phone_id, f"call-{n}")
        world.end(f"call-{n}")
        set_lead(world, lead, "waiting")
    assert numbers == ["+12125550100", "+12125550101", "+12125550100", "+12125550101"]


def test_a_callback_goes_to_the_number_on_which_it_was_promised(world):
    world.load(world.lead(2, "+12125550100", "+12125550101"))
    for n, state in enumerate(("waiting", "callback", "callback")):
        (lead,) = world.lease()
        world.dial(lead.phone_id, f"call-{n}")
        world.end(f"call-{n}", result="human" if n else "no_answer", **({"bridged_at": world.at} if n else {}))
        set_lead(world, lead, state, -60)
        assert lead.number == ("+12125550100", "+12125550101", "+12125550101")[n]
    (lead,) = world.lease()
    assert lead.number == "+12125550101"  # though the other one was tried less often


def test_a_bad_number_is_never_tried_again_and_the_last_one_ends_the_lead(world):
    world.load(world.lead(2, "+12125550100", "+12125550101"))
    (lead,) = world.lease()
    with world.store.writing() as tx:
        hopper.mark_phone_bad(tx, lead.phone_id, "not in service")
    set_lead(world, lead, "waiting")
    (lead,) = world.lease()
    assert lead.number == "+12125550101"
    with world.store.writing() as tx:
        hopper.mark_phone_bad(tx, lead.phone_id, "not in service")
        assert calls.call_facts(tx, lead.phone_id).bad == "not in service"
    set_lead(world, lead, "waiting")
    assert counts(world) == {"done": 1}


def test_a_waiting_lead_is_done_when_its_last_number_goes_bad(world):
    world.load(world.lead(2))
    with world.store.writing() as tx:
        hopper.mark_phone_bad(tx, outcomes.phone_in_campaign(tx, "spring", "+12125550002"), "wrong number")
    assert counts(world) == {"done": 1}
    with world.store.reading() as tx:
        why = tx.connection.execute(text("SELECT status_why FROM lead")).scalar()
    assert why == hopper.NO_NUMBER_LEFT


def test_released_leads_go_back_to_what_they_were(world):
    world.load(*(world.lead(n) for n in range(2, 5)))
    one, two, _ = world.lease()
    set_lead(world, one, "waiting", -1)
    set_lead(world, two, "callback", -1)
    leased = world.lease()
    assert counts(world) == {"leased": 3}
    with world.store.writing() as tx:
        assert hopper.release(tx, "run-2", [lead.lead_id for lead in leased]) == 0  # not its own
        assert hopper.release(tx, "run-1", [lead.lead_id for lead in leased]) == 2
    assert counts(world) == {"leased": 1, "waiting": 1, "callback": 1}


def test_after_a_crash_the_dialed_are_not_redialed_and_the_others_come_back(world):
    world.load(*(world.lead(n) for n in range(2, 6)))
    dialed, ended, settled, untouched = world.lease()
    for n, lead in enumerate((dialed, ended, settled)):
        world.dial(lead.phone_id, f"call-{n}")
    world.end("call-1", "busy")
    world.end("call-2")
    set_lead(world, settled, "waiting", 3600)
    with world.store.writing() as tx:
        left = hopper.unsettled(tx, "run-1")
        assert [(lead.lead_id, lead.call_id, lead.state, lead.result) for lead in left] == [
            (dialed.lead_id, "call-0", "placing", None),
            (ended.lead_id, "call-1", "ended", "busy"),
        ]
        assert hopper.release_run(tx, "run-1") == 1
    assert counts(world) == {"leased": 2, "ready": 1, "waiting": 1}
    assert [lead.lead_id for lead in world.lease(run_id="run-1")] == [untouched.lead_id]


def test_a_lead_that_was_dialed_under_an_earlier_lease_only_comes_back(world):
    world.load(world.lead(2))
    (lead,) = world.lease()
    world.dial(lead.phone_id, "call-0")
    world.end("call-0")
    set_lead(world, lead, "waiting")
    later = world.at + timedelta(hours=1)
    assert len(world.lease(at=later)) == 1
    with world.store.writing() as tx:
        assert hopper.unsettled(tx, "run-1") == []
        assert hopper.release_run(tx, "run-1") == 1


def test_an_unknown_lead_or_phone_is_an_error(world):
    with world.store.writing() as tx, pytest.raises(StoreError, match="there is no lead 99"):
        hopper.set_lead(tx, 99, "done", None, "x")
    with world.store.writing() as tx, pytest.raises(StoreError, match="there is no phone 99"):
        hopper.mark_phone_bad(tx, 99, "x")


@pytest.mark.parametrize("places", [3, 60])
def test_every_due_lead_of_open_places_is_leased_however_many_places(world, monkeypatch, places):
    monkeypatch.setattr(ranking, "_READ_AT_MOST", 8)
    everywhere = [Place(("US", f"US-{n}"), ("America/New_York",)) for n in range(places)]
    world.load(*(world.lead(n + 2, place=everywhere[n * n % places]) for n in range(150)))
    seen = []
    while leased := world.lease(20):
        seen += [lead.lead_id for lead in leased]
    assert len(seen) == len(set(seen)) == 150


def test_a_long_queue_of_closed_places_costs_nothing(store_with_plans):
    """Every statement of a lease finds its rows by an index, however many leads there are."""
    with store_with_plans.reading() as tx:
        values = {"campaign": "c", "status": "ready", "priority": 0, "at": None, "groups": ["1"], "count": 1}
        values |= {"ids": [1], "name": "c", "run": "r", "now": None, "state": "ready"}
        statements = [
            *(getattr(ranking, name) for name in ("_PRIORITIES", "_GROUPS", "_FIRST_AT_ONCE", "_FIRST_COME", "_DUE")),
            *(getattr(ranking, name) for name in ("_CALLBACKS", "_DUE_TIMES")),
            *(getattr(hopper, name) for name in ("_LEADS", "_PHONES", "_TRIED", "_LEASE", "_RELEASE", "_NEXT")),
        ]
        for statement in statements:
            form = statement._form(tx)
            plan = tx.driver.execute(f"EXPLAIN QUERY PLAN {form.sql}", form.parameters(values)).fetchall()
            scanned = [step[3] for step in plan if step[3].startswith(("SCAN lead", "SCAN phone", "SCAN attempt"))]
            assert not scanned, f"{form.sql}: {scanned}"


@pytest.fixture
def store_with_plans(sqlite_path):
    with open_store(sqlite_path) as store:
        yield store


def test_two_processes_never_lease_the_same_lead(world, url, elsewhere):
    world.load(*(world.lead(n) for n in range(2, 302)))
    with world.store.reading() as tx:
        places = ",".join(map(str, world.everywhere(tx)))
    code = """
import sys
from datetime import UTC, datetime
from dialer.store import hopper, open_store
url, run_id, places = sys.argv[1:]
with open_store(url, durable=False) as store:
    print("ready", flush=True)
    sys.stdin.readline()
    misses = 0
    while misses < 20:
        with store.writing() as tx:
            leased = hopper.lease(tx, "spring", run_id, 7, datetime(2026, 3, 2, 15, tzinfo=UTC), [int(places)])
        misses = 0 if leased else misses + 1
        for lead in leased:
            print(lead.lead_id, flush=True)
"""
    processes = [elsewhere(code, url, run_id, places) for run_id in ("run-1", "run-2")]
    for process in processes:
        process.stdout.readline()
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    taken = [process.communicate(timeout=60)[0].split() for process in processes]
    together = taken[0] + taken[1]
    assert len(together) == len(set(together)) == 300


ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(["lease", "release", "release_run", "waiting", "callback", "done"]),
        st.sampled_from(["run-1", "run-2"]),
        st.integers(1, 6),
        st.sets(st.integers(0, 2), min_size=1),
    ),
    max_size=25,
)


@given(actions=ACTIONS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_lead_is_ever_leased_twice_whatever_happens(make_world, actions):
    world = make_world()
    holders: dict[int, str] = {}
    with world.store.reading() as tx:
        places = sorted(world.everywhere(tx))
    for action, run_id, count, open_ in actions:
        own = [lead_id for lead_id, holder in holders.items() if holder == run_id][:count]
        with world.store.writing() as tx:
            if action == "lease":
                where = [places[n] for n in open_]
                leased = hopper.lease(tx, "spring", run_id, count, world.at, where)
                assert len(leased) <= count
                for lead in leased:
                    assert lead.lead_id not in holders
                    assert lead.place_id in where
                    holders[lead.lead_id] = run_id
            elif action == "release":
                assert hopper.release(tx, run_id, own) == len(own)
            elif action == "release_run":
                own = [lead_id for lead_id, holder in holders.items() if holder == run_id]
                assert hopper.release_run(tx, run_id) == len(own)
            else:
                for lead_id in own:
                    hopper.set_lead(tx, lead_id, action, world.at if action == "callback" else None, "test")
        if action != "lease":
            for lead_id in own:
                del holders[lead_id]
        assert counts(world).get("leased", 0) == len(holders)
    world.store.close()


@pytest.fixture
def make_world(world_class, migrated_sqlite, tmp_path):
    """A new world for each example."""
    copies = (tmp_path / f"{n}.db" for n in itertools.count())

    def make():
        path = next(copies)
        shutil.copyfile(migrated_sqlite, path)
        world = world_class(open_store(str(path), durable=False)).begin().begin("spring", run_id="run-2")
        everywhere = [Place(("US", f"US-{n}"), ("America/New_York",)) for n in range(3)]
        world.load(*(world.lead(n + 2, place=everywhere[n % 3], priority=n % 2) for n in range(12)))
        return world

    return make
