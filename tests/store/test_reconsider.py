"""Leads that only the gate keeps back are offered again; what people said stays said."""

import pytest

from dialer.store import hopper, people
from dialer.store.reconsider import reconsider

NUMBER, OTHER = "+12125550100", "+12125550101"


def state(world, phone_id):
    with world.store.reading() as tx:
        return people.lead_of_phone(tx, phone_id)[1:]


def again(world, *numbers):
    with world.store.writing() as tx:
        return reconsider(tx, numbers, "a consent is on record now")


@pytest.fixture
def leased(world):
    world.load(world.lead(2, NUMBER, OTHER))
    (lead,) = world.lease()
    return lead


def test_a_lead_that_the_gate_blocked_is_offered_again(world, leased):
    with world.store.writing() as tx:
        hopper.set_lead(tx, leased.lead_id, "blocked", None, "DNC_NATIONAL,CONSENT_REQUIRED")
    assert again(world, OTHER, OTHER) == 1
    assert state(world, leased.phone_id) == ("ready", "a consent is on record now", None, None)
    assert [lead.lead_id for lead in world.lease()] == [leased.lead_id]
    assert again(world, OTHER) == 0


def test_a_phone_that_the_gate_refused_is_tried_again_and_its_lead_with_it(world, leased):
    with world.store.writing() as tx:
        for phone_id in (leased.phone_id, leased.phone_id + 1):
            hopper.mark_phone_bad(tx, phone_id, "DNC_NATIONAL")
        hopper.set_lead(tx, leased.lead_id, "ready", None, "DNC_NATIONAL")
    assert state(world, leased.phone_id)[:2] == ("done", hopper.NO_NUMBER_LEFT)
    assert again(world, NUMBER) == 1
    (lead,) = world.lease()
    assert lead.number == NUMBER and state(world, leased.phone_id + 1)[3] == "DNC_NATIONAL"


@pytest.mark.parametrize(
    "why", ["DNC: Do not call again", "erased 2026-11-20 by ann: letter", "wrong number", "opted out", "", "SALE: Sale"]
)
def test_what_people_said_stays(world, leased, why):
    with world.store.writing() as tx:
        hopper.set_lead(tx, leased.lead_id, "blocked", None, why)
    assert again(world, NUMBER) == 0
    assert state(world, leased.phone_id)[0] == "blocked"


def test_a_bad_number_stays_bad(world, leased):
    with world.store.writing() as tx:
        for phone_id in (leased.phone_id, leased.phone_id + 1):
            hopper.mark_phone_bad(tx, phone_id, "the number is not in service")
    assert again(world, NUMBER, OTHER) == 0
    assert state(world, leased.phone_id)[3] == "the number is not in service"


@pytest.mark.parametrize("status", ["waiting", "callback", "ready", "leased"])
def test_a_lead_that_is_in_play_is_left_alone(world, leased, status):
    if status != "leased":
        with world.store.writing() as tx:
            hopper.set_lead(tx, leased.lead_id, status, world.at, "FREQ_24H")
    before = state(world, leased.phone_id)
    assert again(world, NUMBER) == 0
    assert state(world, leased.phone_id) == before
