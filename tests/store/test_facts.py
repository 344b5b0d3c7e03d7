from datetime import UTC, datetime, timedelta

import pytest

from dialer.store import blocks, calls, consents, suppressions
from dialer.store.consents import Statement
from dialer.store.facts import StoreFacts
from dialer.store.lists import NewPhone
from dnc.gate import FactsPort
from dnc.values import Block, Code, Consent, ListEvidence, RndReply

WEEK = timedelta(days=7)


class Registries:
    """Says of every number that the national list is fresh, and remembers what it was asked."""

    def __init__(self):
        self.asked = []

    def evidence(self, number, at, jurisdictions=()):
        self.asked.append((number, at, tuple(jurisdictions)))
        return [ListEvidence("national", "US.ndnc")]


@pytest.fixture
def ringing(world):
    """One lead with person and debt, dialed once; returns the proposed call."""
    world.load(
        world.lead(2, NewPhone("+12125550100", world.new_york, "work"), person_id="P-1", debt_id="D-1"),
        world.lead(3, "+12125550101", person_id="P-1", debt_id="D-2"),
        world.lead(4, "+12125550102", person_id="P-2", debt_id="D-1"),
        world.lead(5, "+12125550103", person_id="P-3", debt_id="D-3"),
    )
    leased = world.lease()
    world.leads = dict(zip((lead.number for lead in leased), leased, strict=True))
    return world.dial(world.leads["+12125550100"].phone_id, "call-1")


def history(world, call, since=None):
    with world.store.reading() as tx:
        return list(StoreFacts(tx).history(call, since or world.at - WEEK))


def kinds(world, call):
    return [event.kind for event in history(world, call)]


def ask(world, call, **more):
    with world.store.reading() as tx:
        return StoreFacts(tx, **more).suppressions(call, world.at)


def test_the_store_answers_everything_the_gate_asks(world, ringing):
    with world.store.reading() as tx:
        facts: FactsPort = StoreFacts(tx, rnd=lambda call, at: RndReply("no"))
        assert [name for name in vars(FactsPort) if not name.startswith("_")] == [
            name for name in ("suppressions", "history", "consent", "blocks", "rnd") if callable(getattr(facts, name))
        ]
        assert facts.rnd(ringing, world.at) == RndReply("no")
        assert StoreFacts(tx).rnd(ringing, world.at) is None


def test_the_internal_list_is_always_consulted_and_the_registries_are_asked(world, ringing):
    registries = Registries()
    assert ask(world, ringing, registries=registries) == [
        ListEvidence("internal", "internal"),
        ListEvidence("national", "US.ndnc"),
    ]
    assert registries.asked == [("+12125550100", world.at, ("US", "US-NY"))]


def test_an_entry_is_evidence_with_its_reason_and_source(world, ringing):
    with world.store.writing() as tx:
        words = {"reason": "asked", "source": "call-0", "by": "ann", "at": world.at}
        suppressions.add(tx, "+12125550100", **words)
        suppressions.add(tx, "+12125550100", **words, scope="client", scope_id="acme")
        suppressions.add(tx, "+1212XXXXXXX", **words, scope="areacode")
    found = ask(world, ringing)
    assert [(one.kind, one.name, one.listed) for one in found] == [
        ("internal", "internal", True),
        ("client", "client acme", True),
        ("areacode", "areacode", True),
    ]
    assert found[0].detail == "asked; call-0; 2026-03-02 15:00Z by ann"


def test_an_attempt_counts_while_it_rings(world, ringing):
    (event,) = history(world, ringing)
    assert (event.kind, event.at, event.number, event.person, event.debt) == (
        "attempt",
        world.at,
        "+12125550100",
        "P-1",
        "D-1",
    )
    assert (event.campaign, event.number_kind, event.counts) == ("spring", "work", True)


@pytest.mark.parametrize(
    ("result", "more", "found"),
    [
        ("no_answer", {}, ["attempt"]),
        ("human", {"bridged": True}, ["attempt", "conversation"]),
        ("human", {}, ["attempt"]),
        ("to_agent", {"bridged": True}, ["attempt", "conversation"]),
        ("message_heard", {}, ["attempt"]),
        ("abandoned", {}, ["attempt", "abandoned"]),
        ("machine", {"amd_machine": True}, ["attempt", "amd_machine"]),
        ("hung_up_first", {}, ["attempt"]),
    ],
)
def test_what_came_of_an_attempt_is_told(world, ringing, result, more, found):
    if more.pop("bridged", False):
        more["bridged_at"] = world.at
    world.end("call-1", result, at=world.at + timedelta(minutes=5), **more)
    events = history(world, ringing)
    assert [event.kind for event in events] == found
    if len(events) > 1:
        assert events[1].at == world.at + timedelta(minutes=5)


def test_a_conversation_that_goes_on_is_one_already(world, ringing):
    with world.store.writing() as tx:
        calls.update_attempt(tx, "call-1", state="bridged", bridged_at=world.at)
    assert kinds(world, ringing) == ["attempt", "conversation"]


def test_a_refusal_is_told_once_with_the_instant_it_was_said(world, ringing):
    later = world.at + timedelta(minutes=9)
    with world.store.writing() as tx:
        calls.add_disposition(tx, "call-1", agent_id="ann", code="NI", flags={"contact", "refusal"}, at=later)
        calls.add_disposition(tx, "call-1", agent_id="ann", code="CB", flags={"contact", "callback"}, at=later)
    assert [(event.kind, event.at) for event in history(world, ringing)] == [("attempt", world.at), ("refusal", later)]


def test_number_person_and_debt_are_all_looked_up(world, ringing):
    for n, number in enumerate(("+12125550101", "+12125550102", "+12125550103"), start=2):
        world.dial(world.leads[number].phone_id, f"call-{n}")
    assert sorted(event.number for event in history(world, ringing)) == [
        "+12125550100",
        "+12125550101",  # the same person
        "+12125550102",  # the same debt
    ]


def test_every_campaign_of_the_client_counts_and_no_other_clients(world, ringing):
    world.end("call-1")
    for campaign, client, run_id in (("autumn", "acme", "run-2"), ("other", "rival", "run-3")):
        world.begin(campaign, client=client, run_id=run_id)
        world.load(world.lead(2, "+12125550100"), campaign=campaign)
        (lead,) = world.lease(campaign=campaign, run_id=run_id)
        world.dial(lead.phone_id, f"call-{campaign}", run_id=run_id)
        world.end(f"call-{campaign}")
    assert sorted(event.campaign for event in history(world, ringing)) == ["autumn", "spring"]


def test_events_before_the_asked_instant_are_left_out(world, ringing):
    assert history(world, ringing, world.at + timedelta(seconds=1)) == []
    assert len(history(world, ringing, world.at)) == 1
    assert len(history(world, ringing, datetime(1970, 1, 1, tzinfo=UTC))) == 1


def test_a_long_conversation_counts_from_its_end(world, ringing):
    world.end("call-1", "human", bridged_at=world.at, at=world.at + timedelta(hours=2))
    (event,) = history(world, ringing, world.at + timedelta(hours=1))
    assert event.kind == "conversation"


def test_the_newest_consent_of_the_client_counts(world, ringing):
    given = Consent("pewc", world.at, reference="form 7", waives=("written_permission",))
    revoked = Consent("revoked", world.at, world.at + timedelta(hours=1))
    with world.store.writing() as tx:
        facts = StoreFacts(tx)
        assert facts.consent(ringing) is None
        consents.record(tx, [Statement("+12125550100", "acme", given)], by="web", at=world.at)
        assert facts.consent(ringing) == given
        later = [Statement("+12125550100", "acme", revoked), Statement("+12125550100", "rival", given)]
        consents.record(tx, later, by="ann", at=world.at)
        assert facts.consent(ringing) == revoked
        rows = consents.entries(tx, ["+12125550100"])
        assert [(row.said.client, row.said.consent) for row in rows] == [
            ("acme", given), ("acme", revoked), ("rival", given),
        ]  # fmt: skip


def test_blocks_of_the_number_and_its_places_stand_until_lifted_or_over(world, ringing):
    evening = Block(Code.INCONVENIENT_TIME, "works nights", ("08:00-14:00",), (1, 2))
    storm = Block(Code.EMERGENCY_SUSPENSION, "storm", until=world.at + timedelta(days=1))
    elsewhere = Block(Code.EMERGENCY_SUSPENSION, "fire")
    with world.store.writing() as tx:
        facts = StoreFacts(tx)
        assert facts.blocks(ringing, world.at) == []
        evening_id = blocks.add(tx, "+12125550100", evening, by="ann", at=world.at)
        blocks.add(tx, "US-NY", storm, by="boss", at=world.at)
        blocks.add(tx, "US-CA", elsewhere, by="boss", at=world.at)
        assert facts.blocks(ringing, world.at) == [evening, storm]
        assert facts.blocks(ringing, world.at + timedelta(days=1)) == [evening]
        assert blocks.lift(tx, evening_id, reason="changed jobs", by="ann", at=world.at)
        assert not blocks.lift(tx, evening_id, reason="again", by="ann", at=world.at)
        assert facts.blocks(ringing, world.at) == [storm]
        everywhere = blocks.add(tx, "", elsewhere, by="boss", at=world.at)
        assert facts.blocks(ringing, world.at) == [storm, elsewhere]
        assert [one.block_id for one in blocks.every(tx)][-1] == everywhere
        with pytest.raises(ValueError, match="belongs to a number"):
            blocks.add(tx, "US-NY", evening, by="ann", at=world.at)


def test_the_hot_look_ups_use_indexes(sqlite_path):
    from dialer.store import facts, open_store

    values = {"number": "+12125550100", "client": "acme", "campaign": "c", "person": "P", "debt": "D"}
    values |= {"since": datetime(2026, 1, 1, tzinfo=UTC), **suppressions._patterns("+12125550100")}
    with open_store(sqlite_path) as store, store.reading() as tx:
        for statement in (*facts._HISTORY.values(), suppressions._IN_FORCE, calls._LIVE, calls._OPEN):
            form = statement._form(tx)
            given = {**values, "lead": 1, "name": "c"}
            plan = tx.driver.execute(f"EXPLAIN QUERY PLAN {form.sql}", form.parameters(given)).fetchall()
            assert not [step[3] for step in plan if step[3].startswith("SCAN") and "CONSTANT" not in step[3]], plan
