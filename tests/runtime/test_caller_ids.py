"""One person always sees the same caller id; one that people distrust rests, and only its own people see another."""

from collections import Counter

import pytest

from campaigns.problems import OperatorError
from campaigns.workspace import Workspace
from dialer.runtime.caller_ids import caller_id_for, tired

IDS = ("+12125550101", "+12125550102", "+12125550103")
PEOPLE = [f"+1{area}55501{line:02d}" for area in (212, 305, 415) for line in range(100)]


def test_each_person_keeps_theirs_and_all_are_used_evenly():
    seen = {each: caller_id_for(each, IDS) for each in PEOPLE}
    assert seen == {each: caller_id_for(each, tuple(reversed(IDS))) for each in PEOPLE}
    assert min(Counter(seen.values()).values()) > 60


def test_while_one_rests_only_its_people_see_another():
    before = {each: caller_id_for(each, IDS) for each in PEOPLE}
    meanwhile = {each: caller_id_for(each, IDS, (IDS[1],)) for each in PEOPLE}
    assert IDS[1] not in meanwhile.values()
    assert {each for each in PEOPLE if before[each] != meanwhile[each]} == {p for p in PEOPLE if before[p] == IDS[1]}


@pytest.mark.parametrize("resting", ['["+12125550199"]', '["+12125550101", "+12125550102"]'])
def test_a_strange_number_cannot_rest_nor_all(tmp_path, resting):
    from world import campaign_text

    (tmp_path / "campaigns").mkdir()
    (tmp_path / "dialer.toml").write_text("")
    text = campaign_text("day", dialing=f"resting_caller_ids = {resting}")
    (tmp_path / "campaigns" / "day.toml").write_text(text)
    with pytest.raises(OperatorError, match="resting_caller_ids"):
        Workspace.load(tmp_path).campaign("day")


A, B, C = IDS


@pytest.mark.parametrize(
    ("fared", "resting"),
    [
        ({}, ()),
        ({A: (900, 30)}, ()),  # with nobody to compare with nothing is concluded
        ({A: (500, 50), B: (500, 150)}, (A,)),
        ({A: (500, 120), B: (500, 150)}, ()),  # less, and may be chance
        ({A: (20_000, 5_000), B: (20_000, 6_000)}, ()),  # surely less, and not by much
        ({A: (149, 0), B: (500, 150)}, ()),  # too few calls
        ({A: (500, 150), B: (149, 0)}, ()),
        ({A: (500, 20), B: (500, 30), C: (500, 150)}, (A, B)),
        ({A: (500, 0), B: (500, 0), C: (500, 0)}, ()),  # nobody answers anything: it is not the caller id
    ],
)
def test_one_that_is_answered_clearly_less_than_the_others_is_tired(fared, resting):
    assert tired(fared) == resting


def test_a_tired_one_rests_in_the_run_and_comes_back_when_its_day_is_over(tmp_path):
    from datetime import timedelta

    from world import NOON, make_world

    from dialer.runtime.caller_ids import CallerIds

    world = make_world(tmp_path / "w")
    first, second = world.campaign.dialing.caller_ids
    mine = next(each for each in PEOPLE if caller_id_for(each, (first, second)) == first)
    with world.store() as store:
        with store.writing() as tx:
            remember_calls(tx, first, 300, 10)
            remember_calls(tx, second, 300, 90)
        with store.reading() as tx:
            ids = CallerIds("day", world.campaign.dialing)
            assert ids.choose(tx, mine, NOON) == second and ids.resting == (first,)
            assert ids.choose(tx, mine, NOON + timedelta(minutes=5)) == second  # looked at again only after a while
            assert ids.choose(tx, mine, NOON + timedelta(hours=26)) == first and ids.resting == ()
            never = world.campaign.dialing.model_copy(update={"rest_caller_ids": False})
            assert CallerIds("day", never).choose(tx, mine, NOON) == first
            told = world.campaign.dialing.model_copy(update={"resting_caller_ids": (second,)})
            assert CallerIds("day", told).choose(tx, mine, NOON) == first  # the operator's word, and never all


def remember_calls(tx, caller_id: str, count: int, answered: int) -> None:
    """So many ended calls of an hour ago that showed a caller id."""
    from datetime import timedelta

    from sqlalchemy import insert, select
    from world import NOON

    from dialer.store import campaigns, runs, schema

    campaigns.upsert(tx, "day", client="evergreen", scope="debt_collection", file_hash="", at=NOON)
    run = f"run {caller_id}"
    runs.start_run(tx, run, campaign="day", node="here", clock="virtual", at=NOON, seed=None)
    phone, lead, number = tx.connection.execute(
        select(schema.phone.c.phone_id, schema.phone.c.lead_id, schema.phone.c.number).limit(1)
    ).one()
    at = NOON - timedelta(hours=1)
    tx.connection.execute(
        insert(schema.attempt),
        [
            {
                "call_id": f"{run}-{n}", "run_id": run, "campaign": "day", "client": "evergreen", "lead_id": lead,
                "phone_id": phone, "number": number, "mode": "predictive", "caller_id": caller_id, "ledger_seq": 1,
                "carrier": "hand", "state": "ended", "result": "human" if n < answered else "no_answer",
                "placed_at": at, "ended_at": at, "answered_at": at if n < answered else None,
            }
            for n in range(count)
        ],
    )  # fmt: skip
