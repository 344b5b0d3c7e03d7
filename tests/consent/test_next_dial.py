"""What a person says is honoured by the very next dial of every process."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from world import NOON, World, campaign_text, write_registries

from dialer.runtime.asking import ask, open_rulebook
from dialer.runtime.list_load import load_contacts
from dialer.runtime.preview import verdicts
from dialer.runtime.reassigned import reassigned, reassigned_columns
from dialer.store import calls, consents, hopper, outcomes, suppressions
from dialer.store.consents import Statement
from dialer.store.database import open_store
from dialer.store.facts import StoreFacts
from dnc.gate import Gate
from dnc.registries import RegistryStore
from dnc.values import Code, Consent, ProposedCall, RndReply


@contextmanager
def another_process(world: World) -> Iterator[Gate]:
    """A gate over a connection of its own, opened before anything is said."""
    with open_store(world.database) as store:
        registries = RegistryStore(world.workspace.registries_dir)
        book = open_rulebook(world.workspace)

        class Fresh(Gate):
            def check(self, call, at, policy=None):  # each dial is a transaction of its own
                with store.writing() as tx:
                    return Gate(book, StoreFacts(tx, registries, rnd=reassigned(registries))).check(call, at, policy)

        with store.reading() as tx:
            yield Fresh(book, StoreFacts(tx, registries))


def call_to(world: World, number: str) -> ProposedCall:
    with world.store() as store, store.reading() as tx:
        phone = outcomes.phone_in_campaign(tx, "day", number)
        assert phone is not None
        return calls.call_facts(tx, phone).proposed("predictive")


def free(world: World, area: str) -> str:
    return next(one for one in world.numbers if one[2:5] == area and one not in world.never)


def unconsented(world: World) -> str:
    return next(one for one, why in world.never.items() if why == "no written consent in FL")


def test_a_revocation_is_seen_by_the_next_dial_of_another_process(world, consent):
    number = free(world, "212")
    call = call_to(world, number)
    with another_process(world) as gate:
        assert gate.check(call, NOON).allowed
        said = consent("revoke", number, "--channel", "call", "--reason", "stop calling me")
        assert said.code == 0 and "honoured from the next dial on" in said.out
        assert gate.check(call, NOON).reasons == (Code.CONSENT_REVOKED,)


def test_a_consent_opens_and_a_revocation_closes(world, consent):
    number = unconsented(world)
    call = call_to(world, number)
    given = ("--basis", "pewc", "--campaign", "day")
    with another_process(world) as gate:
        assert gate.check(call, NOON).reasons == (Code.CONSENT_REQUIRED,)
        assert consent("grant", number, *given, "--at", "2026-11-01T10:00Z").code == 0
        assert gate.check(call, NOON).allowed
        assert consent("revoke", number, "--at", "2026-11-02T10:00Z").code == 0
        assert Code.CONSENT_REVOKED in gate.check(call, NOON).reasons
        # A form of before the revocation that turns up late does not undo it; one signed afterwards does.
        assert consent("grant", number, *given, "--at", "2026-10-01T10:00Z").code == 0
        assert Code.CONSENT_REVOKED in gate.check(call, NOON).reasons
        assert consent("grant", number, *given, "--at", "2026-11-03T10:00Z").code == 0
        assert gate.check(call, NOON).allowed


def test_a_consent_is_for_one_client_and_its_purposes(world, consent):
    (world.root / "campaigns" / "other.toml").write_text(campaign_text(name="other", client="rival"))
    number = unconsented(world)
    call = call_to(world, number)
    with another_process(world) as gate:
        for words in (("--client", "rival"), ("--campaign", "day", "--scope", "research")):
            assert consent("grant", number, "--basis", "pewc", "--at", "2026-11-01T10:00Z", *words).code == 0
            assert gate.check(call, NOON).reasons == (Code.CONSENT_REQUIRED,)
        assert consent("revoke", number, "--client", "rival").code == 0
        assert gate.check(call, NOON).reasons == (Code.CONSENT_REQUIRED,)
        assert consent("revoke", number).code == 0  # of no client: of every one
        assert Code.CONSENT_REVOKED in gate.check(call, NOON).reasons


def test_a_revocation_holds_for_a_purpose_the_consent_never_named(world):
    number = free(world, "305")
    rows = [
        Consent("pewc", NOON - timedelta(days=9)),
        Consent("pewc", NOON - timedelta(days=2), NOON - timedelta(days=5)),
    ]
    with world.store() as store, store.writing() as tx:
        consents.record(tx, [Statement(number, "evergreen", each, ("research",)) for each in rows], by="ann", at=NOON)
        found = consents.standing(tx, number, "evergreen", "telemarketing")
    assert found is not None and found.basis == "revoked"


def test_an_inconvenient_time_closes_those_hours_only(world, consent):
    number = free(world, "212")
    call = call_to(world, number)
    with another_process(world) as gate:
        said = consent("inconvenient", number, "--hours", "21:00-12:30", "--days", "2-3", "--detail", "sleeps by day")
        assert said.code == 0
        assert gate.check(call, NOON).reasons == (Code.INCONVENIENT_TIME,)  # a Tuesday, 12:00
        assert gate.check(call, NOON).next_allowed == NOON + timedelta(minutes=30)
        assert gate.check(call, NOON + timedelta(days=2)).allowed  # Thursday
        (entry,) = consent("show", number, "--json").json["inconvenient"]
        assert consent("inconvenient", number, "--lift", entry["id"]).code == 2  # say why
        assert consent("inconvenient", number, "--lift", entry["id"], "--detail", "changed jobs").code == 0
        assert gate.check(call, NOON).allowed
        assert consent("inconvenient", number, "--lift", entry["id"], "--detail", "again").code == 4


def test_an_inconvenient_place_is_closed_whole(world, consent):
    number = free(world, "212")
    assert consent("inconvenient", number, "--detail", "at work").code == 0
    with another_process(world) as gate:
        verdict = gate.check(call_to(world, number), NOON)
        assert (verdict.reasons, verdict.next_allowed) == ((Code.INCONVENIENT_TIME,), None)


def test_a_business_relationship_lifts_the_national_list_for_its_months(world, consent):
    number = next(one for one, why in world.never.items() if why == "national list" and one[2:5] in ("212", "615"))
    with another_process(world) as gate:
        assert gate.check(call_to(world, number), NOON).reasons == (Code.DNC_NATIONAL,)
        for day, reasons in (("2025-05-16", (Code.DNC_NATIONAL,)), ("2025-05-17", (Code.ALLOW,))):
            assert consent("ebr", number, "--transaction", day, "--campaign", "day").code == 0
            assert gate.check(call_to(world, number), NOON).reasons == reasons
        # An earlier date does not take the later one back.
        assert consent("ebr", number, "--transaction", "2020-01-01", "--campaign", "day").code == 0
        assert gate.check(call_to(world, number), NOON).allowed


def test_a_business_relationship_serves_a_list_that_is_loaded_later_and_ends_with_an_opt_out(world, consent):
    number = "+12125550190"
    file = world.root / "more.csv"
    write_registries(world.root / "registries", {"US.ndnc": [number]}, ["212"])
    assert consent("ebr", number, "--inquiry", "2026-11-01", "--campaign", "day").code == 0
    file.write_text(f"phone,state\n{number},NY\n")
    assert load_contacts(world.workspace, world.campaign, file).funnel["loaded"] == 1
    with another_process(world) as gate:
        assert gate.check(call_to(world, number), NOON).allowed
        # Three months are over; the person said stop; the entry was lifted: the relationship stays ended.
        assert gate.check(call_to(world, number), NOON + timedelta(days=83)).reasons[0] in (
            Code.DNC_NATIONAL,
            Code.DNC_STALE,
        )
        words = {"reason": "stop", "source": "call", "by": "ann", "at": NOON}
        with world.store() as store, store.writing() as tx:
            suppressions.add(tx, number, **words)
        assert Code.DNC_INTERNAL in gate.check(call_to(world, number), NOON).reasons
        with world.store() as store, store.writing() as tx:
            suppressions.remove(tx, number, **words)
        assert gate.check(call_to(world, number), NOON).reasons == (Code.DNC_NATIONAL,)


def test_a_number_in_no_list_is_judged_with_its_relationship(world, consent):
    number = "+12125550190"
    write_registries(world.root / "registries", {"US.ndnc": [number]}, ["212"])
    answer = ask(world.workspace, world.campaign, number, NOON)
    assert answer.lead is None and answer.verdict.reasons == (Code.DNC_NATIONAL,)
    assert consent("ebr", number, "--transaction", "2026-11-01", "--campaign", "day").code == 0
    assert ask(world.workspace, world.campaign, number, NOON).verdict.allowed


@pytest.mark.parametrize(
    ("answer", "reasons"),
    [("yes", (Code.RND_YES,)), ("no_data", (Code.RND_NO_DATA,)), ("no", (Code.ALLOW,))],
)
def test_an_imported_answer_of_the_rnd_reaches_the_gate(world, answer, reasons):
    number = free(world, "212")
    file = world.root / "rnd.csv"
    file.write_text(f"{number[2:]},2026-05-04,{answer}\n")
    registries = RegistryStore(world.workspace.registries_dir)
    obtained = NOON - timedelta(days=31)
    report = registries.import_file(file, "us_rnd.response", obtained_at=obtained, mode="merge")
    assert report.accepted, report
    verdict = ask(world.workspace, world.campaign, number, NOON).verdict
    assert verdict is not None and verdict.reasons == reasons
    told = registries.answer("US.rnd", number)
    assert told is not None
    assert (told.obtained, told.since) == (obtained.toordinal(), date(2026, 5, 4).toordinal())


ASKED_FOR = [
    ("2026-05-04", datetime(2026, 11, 13, 17, tzinfo=UTC), True),  # the day of consent, and the newest data
    ("2026-01-01", datetime(2026, 11, 13, 17, tzinfo=UTC), True),
    ("2026-05-05", datetime(2026, 11, 13, 17, tzinfo=UTC), False),  # disconnected on the day between, perhaps
    ("2026-05-04", datetime(2026, 11, 16, 17, tzinfo=UTC), False),  # newer data came out on 15 November
]


def test_maine_is_called_only_on_a_no_for_the_consent_and_from_the_newest_data(tmp_path):
    from world import make_world

    world = make_world(tmp_path / "w", people=20, areas={"212": "NY", "305": "FL"})
    number = next(one for one in world.numbers if one[2:5] == "207")
    call = replace(call_to(world, number), consent=Consent("pewc", given_at=datetime(2026, 5, 4, 10, tzinfo=UTC)))
    file = world.root / "rnd.csv"
    registries = RegistryStore(world.workspace.registries_dir)
    obtained = datetime(2026, 10, 16, 12, tzinfo=UTC)
    for since, at, counts in ASKED_FOR:
        file.write_text(f"{number[2:]},{since},no\n")
        assert registries.import_file(file, "us_rnd.response", obtained_at=obtained).accepted
        with world.store() as store, store.reading() as tx:
            gate = Gate(open_rulebook(world.workspace), StoreFacts(tx, registries, rnd=reassigned(registries)))
            assert (Code.RND_NO_DATA not in gate.check(call, at).reasons) is counts
        reply = RndReply("no", date.fromisoformat(since), date(2026, 10, 16))
        assert reassigned(registries)(call, at) == reply
        said = reassigned_columns(registries, np.array([int(number[1:]), 12125550100], dtype=np.uint64))
        assert said.rnd.tolist() == ["no", ""]
        assert said.rnd_since.tolist() == [reply.since, None] and said.rnd_obtained.tolist() == [reply.obtained, None]


def test_the_trade_a_campaign_names_reaches_the_gate_and_the_preview(world):
    plans = world.campaign.model_copy(update={"sector": "medicare_plans"})
    asked = {free(world, "212"), next(n for n in world.numbers if not call_to(world, n).consent.given_at)}
    before = verdicts(world.workspace, world.campaign, NOON)
    shown = verdicts(world.workspace, plans, NOON)
    for number in asked:
        told = ask(world.workspace, plans, number, NOON).verdict
        assert told is not None
        consented = call_to(world, number).consent.basis == "pewc"
        assert any(check.rule == "US.sector.medicare" and check.passed == consented for check in told.checks)
        assert shown[number] == before[number] | (set() if consented else {"CONSENT_REQUIRED"})
    assert shown != before


def test_answers_of_the_rnd_are_kept_with_the_date_of_their_question(tmp_path):
    store = RegistryStore(tmp_path / "r")
    file = tmp_path / "rnd.csv"
    file.write_text("9195550101,2026-01-10,no\n9195550102,2026-01-10,no\n9195550101,2025-01-10,no\n")
    assert store.import_file(file, "us_rnd.response", obtained_at=NOON - timedelta(days=9)).accepted
    file.write_text("9195550102,2026-03-01,yes\n9195550102,2020-01-01,no\n9195550103,2026-02-02,no_data\n")
    assert store.import_file(file, "us_rnd.response", obtained_at=NOON - timedelta(days=2)).accepted
    answers = [store.answer("US.rnd", f"+1919555010{n}") for n in (1, 2, 3, 4)]
    assert [one and (one.tag.name, date.fromordinal(one.since).isoformat()) for one in answers] == [
        ("CLEAR", "2025-01-10"),
        ("LISTED", "2026-03-01"),
        ("NO_DATA", "2026-02-02"),
        None,
    ]
    assert answers[0] is not None and answers[0].obtained == (NOON - timedelta(days=9)).toordinal()


def test_the_clock_of_a_revocation_is_shown_and_not_used(consent, world):
    number = free(world, "212")
    said = consent("revoke", number, "--at", "2026-11-20T09:00-05:00", "--json").json
    # Ten business days from Friday 20 November, Thanksgiving is none: Monday 7 December.
    assert (said["honour_by"], said["policy"]) == ("2026-12-07", "immediate")
    assert said["stands"]["revoked"] is True
    shown = consent("show", number)
    assert shown.code == 0 and "at law until 2026-12-07, here at once" in shown.out
    with another_process(world) as gate:
        at = datetime(2026, 11, 23, 17, tzinfo=UTC)
        assert Code.CONSENT_REVOKED in gate.check(call_to(world, number), at).reasons


def test_a_lead_that_was_refused_for_good_is_offered_again_when_what_it_lacked_is_on_record(world, consent):
    wanted = [
        (unconsented(world), ("grant", "--basis", "pewc", "--at", "2026-11-01T10:00Z", "--campaign", "day")),
        (
            next(one for one, why in world.never.items() if why == "national list" and one[2:5] in ("212", "615")),
            ("ebr", "--transaction", "2026-11-01", "--campaign", "day"),
        ),
    ]
    for number, (command, *words) in wanted:
        (code,) = ask(world.workspace, world.campaign, number, NOON).verdict.reasons
        lead = ask(world.workspace, world.campaign, number, NOON).lead
        with world.store() as store, store.writing() as tx:
            hopper.set_lead(tx, lead.lead_id, "blocked", None, code.value)
        assert not ask(world.workspace, world.campaign, number, NOON).lead.offered
        said = consent(command, number, *words)
        assert said.code == 0 and "1 lead that the gate had refused: offered again" in said.out
        answer = ask(world.workspace, world.campaign, number, NOON)
        assert answer.verdict.allowed and answer.lead.offered
