"""What a person says is honoured by the very next dial of every process."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from world import NOON, World

from dialer.runtime.asking import ask, open_rulebook
from dialer.runtime.reassigned import reassigned, reassigned_columns
from dialer.store import calls, consents, outcomes
from dialer.store.consents import Proof
from dialer.store.database import open_store
from dialer.store.facts import StoreFacts
from dnc.gate import Gate
from dnc.registries import RegistryStore
from dnc.values import Code, Consent, ProposedCall


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
        told = [(number, "evergreen", each, Proof(scopes=("research",)).as_source()) for each in rows]
        consents.record_new(tx, told, by="ann", at=NOON)
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
    assert consent("ebr", "+12125550199", "--inquiry", "2026-11-01", "--campaign", "day").code == 4
    assert consent("ebr", number, "--inquiry", "2999-01-01", "--campaign", "day").code == 2


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
    assert told is not None and told[1] == obtained.toordinal()


def test_maine_is_called_only_on_a_recent_no(tmp_path):
    from world import make_world

    world = make_world(tmp_path / "w", people=20, areas={"212": "NY", "305": "FL"})
    number = next(one for one in world.numbers if one[2:5] == "207")
    file = world.root / "rnd.csv"
    file.write_text(f"{number[2:]},2026-05-04,no\n")
    registries = RegistryStore(world.workspace.registries_dir)
    assert registries.import_file(file, "us_rnd.response", obtained_at=NOON - timedelta(days=31)).accepted
    call = call_to(world, number)
    answer = reassigned(registries)
    import numpy as np

    digits = np.array([int(number[1:]), 12125550100], dtype=np.uint64)
    for at, said in ((NOON, "no"), (NOON + timedelta(days=1), None)):
        verdict = ask(world.workspace, world.campaign, number, at).verdict
        assert verdict is not None
        assert (Code.RND_NO_DATA in verdict.reasons) is (said is None)
        assert answer(call, at) == said
        assert reassigned_columns(registries, digits, at).tolist() == [said or "", ""]


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
