"""Which leads are offered: those whose places are open now; unknown places, to be refused by name; else why not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from audit import CLOCKS, SALES_HOURS, Books
from hand import Hand, rows
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from world import AREAS, CLOSED_AREAS, NOON, World, make_world, run_day, settings_of

from campaigns.files.order import Order
from dialer.engine.events import LeadsOffered
from dialer.runtime.asking import open_rulebook
from dialer.runtime.hopper import Hopper
from dialer.store import hopper as stored
from dialer.store import runs
from dnc.gate import Gate, MemoryFacts

DAY = datetime(2026, 11, 17, tzinfo=ZoneInfo("America/New_York"))


def offer(world: World, at: datetime, count: int = 500) -> LeadsOffered:
    """What a new run is offered at an instant; nothing of it is kept."""
    hopper = Hopper(world.campaign, Gate(open_rulebook(world.workspace), MemoryFacts()), "r")
    found: list[LeadsOffered] = []
    with pytest.raises(InterruptedError), world.store() as store, store.writing() as tx:
        runs.start_run(tx, "r", campaign=world.campaign.name, node="here", clock="virtual", at=at)
        found.append(hopper.fetch(tx, at.timestamp(), count))
        raise InterruptedError
    return found[0]


@pytest.fixture(scope="module")
def wide(tmp_path_factory) -> World:
    return make_world(tmp_path_factory.mktemp("wide") / "w", people=400)


@given(minute=st.integers(0, 24 * 60 - 1))
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_only_open_and_unknown_places_are_offered(wide: World, minute: int):
    at = DAY + timedelta(minutes=minute)
    for lead in offer(wide, at).leads:
        area = lead.number[2:5]
        if area not in AREAS:
            assert area in CLOSED_AREAS or area == "480"
            continue
        opens, closes = SALES_HOURS.get(area, (8, 21))
        for name in CLOCKS[area]:
            local = at.astimezone(ZoneInfo(name))
            assert opens * 60 <= local.hour * 60 + local.minute < closes * 60, f"{lead.number} at {local}"


def test_every_open_place_is_offered(wide: World):
    areas = {lead.number[2:5] for lead in offer(wide, NOON).leads}  # noon in New York: 8:00 in Anchorage is to come
    assert areas >= set(AREAS) - {"907"}
    assert "907" not in areas


def test_an_unknown_place_is_refused_by_name_and_not_left_waiting(tmp_path):
    world = make_world(tmp_path / "w", people=30, areas={"212": "NY"})
    run_day(world, start=DAY + timedelta(hours=3), hours=0.1, settings=settings_of(agents=2))
    nowhere = [number for number, why in world.never.items() if why == "nobody knows its zone"]
    refused = rows(world, "SELECT number, code FROM ledger")
    assert {row["number"] for row in refused} == set(nowhere)
    assert {row["code"] for row in refused} == {"TZ_UNKNOWN"}
    blocked = rows(world, "SELECT status, status_why FROM lead JOIN phone USING (lead_id) WHERE number LIKE '+1480%'")
    assert [row["status"] for row in blocked] == ["done"] * 3  # no usable number is left
    marked = rows(world, "SELECT bad FROM phone WHERE number LIKE '+1480%'")
    assert [row["bad"].split(",")[0] for row in marked] == ["TZ_UNKNOWN"] * 3
    assert Books(world.database).attempts == []


def drop_nowhere(world: World) -> None:
    """Take the leads of nobody knows where out of the campaign."""
    with world.store() as store, store.writing() as tx:
        for row in rows(world, "SELECT lead_id FROM phone WHERE number LIKE '+1480%'"):
            stored.set_lead(tx, row["lead_id"], "blocked", None, "nowhere")


def test_when_everybody_sleeps_it_says_when_to_ask_again(tmp_path):
    world = make_world(tmp_path / "w", people=10, areas={"212": "NY"})
    drop_nowhere(world)
    early = offer(world, DAY + timedelta(hours=7, minutes=50))
    assert (early.leads, early.none_because) == ((), "outside_hours")
    assert early.retry_at == (DAY + timedelta(hours=8)).timestamp()
    night = offer(world, DAY + timedelta(hours=2))
    assert night.retry_at == (DAY + timedelta(hours=2, minutes=15)).timestamp()  # something may change meanwhile
    assert offer(world, DAY + timedelta(hours=8)).leads


def test_a_campaign_closed_by_its_own_hours_offers_nothing(tmp_path):
    world = make_world(tmp_path / "w", people=10, areas={"212": "NY"}, zone="Asia/Tokyo")
    text = (world.root / "campaigns" / "day.toml").read_text()
    (world.root / "campaigns" / "day.toml").write_text(text.replace('"00:00-24:00"', '"02:10-04:00"'))
    world.campaign = world.workspace.campaign("day")
    closed = offer(world, datetime(2026, 11, 17, 17, 0, tzinfo=UTC))
    assert (closed.leads, closed.none_because) == ((), "outside_hours")
    assert closed.say == (
        "The campaign is closed (outside the hours of the day (02:10-04:00)); it opens Wed 2026-11-18 02:10 JST."
    )
    assert closed.retry_at == datetime(2026, 11, 17, 17, 10, tzinfo=UTC).timestamp()
    assert offer(world, datetime(2026, 11, 17, 17, 10, tzinfo=UTC)).leads


def test_leads_that_wait_and_leads_that_are_done_are_told_apart(tmp_path):
    world = make_world(tmp_path / "w", people=10, areas={"212": "NY"})
    drop_nowhere(world)
    leads = [row["lead_id"] for row in rows(world, "SELECT lead_id FROM lead WHERE status = 'ready'")]
    with world.store() as store, store.writing() as tx:
        for lead in leads:
            stored.set_lead(tx, lead, "done", None, "over")
        stored.set_lead(tx, leads[0], "waiting", NOON + timedelta(minutes=3), "later")
    waiting = offer(world, NOON)
    assert (waiting.none_because, waiting.retry_at) == ("waiting", (NOON + timedelta(minutes=3)).timestamp())
    with world.store() as store, store.writing() as tx:
        stored.set_lead(tx, leads[0], "done", None, "over")
    assert (offer(world, NOON).none_because, offer(world, NOON).retry_at) == (
        "done",
        (NOON + timedelta(minutes=15)).timestamp(),
    )


def test_a_lead_is_never_offered_twice(tmp_path):
    world = make_world(tmp_path / "w", people=30, areas={"212": "NY"})
    with world.store() as store:
        hand = Hand(world, store)
        hopper = Hopper(world.campaign, Gate(open_rulebook(world.workspace), MemoryFacts()), hand.session.run_id)
        seen: list[int] = []
        for _ in range(6):
            with store.writing() as tx:
                seen += [lead.lead_id for lead in hopper.fetch(tx, NOON.timestamp(), 7).leads]
        assert len(seen) == len(set(seen)) >= 30


def test_a_filter_that_leaves_every_due_lead_out_is_said_and_asked_again(wide: World):
    order = Order(filter="custom.nothing = 1")
    campaign = wide.campaign.model_copy(update={"order": order})
    hopper = Hopper(campaign, Gate(open_rulebook(wide.workspace), MemoryFacts()), "r")
    with wide.store() as store, store.writing() as tx:
        found = hopper.fetch(tx, NOON.timestamp(), 50)
    assert (found.leads, found.none_because) == ((), "waiting")
    assert "the filter of [order] leaves them out: custom.nothing = 1" in found.say
    assert NOON.timestamp() < found.retry_at <= NOON.timestamp() + 900
