"""The ledger keeps every word, with its proof; nothing is changed, nothing is taken without its date."""

from datetime import date, timedelta
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st
from world import NOON, World

from dialer.runtime.consents import evidence_dir
from dialer.store import consents
from dialer.store.consents import Entry, Statement, folded
from dnc.gate.agreements import agreements_of
from dnc.values import Consent

NUMBER = "+12125550100"


def test_the_proof_is_kept_by_its_sha256_and_checked(world: World, consent, tmp_path):
    form = tmp_path / "form.pdf"
    form.write_bytes(b"signed")
    words = (
        "grant", "(212) 555-0100", "--basis", "pewc", "--at", "2026-05-01T10:00:00-05:00", "--campaign", "day",
        "--channel", "web form", "--shown", "I agree to be called.", "--evidence", form,
        "--waives", "written_permission",
    )  # fmt: skip
    assert consent(*words).code == 0
    form.unlink()
    (row,) = consent("show", NUMBER, "--json").json["rows"]
    assert (row["basis"], row["client"], row["given_at"]) == ("pewc", "evergreen", "2026-05-01T15:00:00+00:00")
    assert (row["channel"], row["scopes"], row["waives"]) == ("web form", ["telemarketing"], ["written_permission"])
    assert (evidence_dir(world.workspace) / row["shown"]).read_text() == "I agree to be called."
    kept = evidence_dir(world.workspace) / row["evidence"]
    assert kept.read_bytes() == b"signed" and kept.stat().st_mode & 0o077 == 0
    assert row["copies"] == "intact"
    kept.write_bytes(b"forged")
    assert "CHANGED" in consent("show", NUMBER).out
    kept.unlink()
    assert "MISSING" in consent("show", NUMBER).out


def test_the_same_words_twice_are_one_row(consent):
    words = ("grant", NUMBER, "--basis", "express", "--at", "2026-05-01T10:00Z", "--client", "evergreen", "--json")
    assert [consent(*words).json["new"] for _ in range(2)] == [True, False]
    assert len(consent("show", NUMBER, "--json").json["rows"]) == 1


@pytest.mark.parametrize(
    "words",
    [
        ("--basis", "pwec", "--at", "2026-05-01T10:00Z", "--client", "evergreen"),
        ("--basis", "pewc", "--at", "01/05/2026", "--client", "evergreen"),
        ("--basis", "pewc", "--at", "20260501", "--client", "evergreen"),
        ("--basis", "pewc", "--at", "2999-01-01T10:00Z", "--client", "evergreen"),
        ("--basis", "pewc", "--at", "2026-05-01T10:00Z"),
        ("--basis", "pewc", "--at", "2026-05-01T10:00Z", "--client", "evergreen", "--scope", "sales"),
        ("--basis", "pewc", "--at", "2026-05-01T10:00Z", "--client", "evergreen", "--waives", "everything"),
        ("--basis", "pewc", "--client", "evergreen"),
    ],
)
def test_a_consent_in_any_doubt_is_not_taken(consent, words):
    said = consent("grant", NUMBER, *words)
    assert said.code == 2 and said.err.count("\n") == 1 and said.err.startswith("dialer: ")
    assert consent("show", NUMBER).code == 4


def test_an_instant_without_a_zone_is_utc_and_says_so(consent):
    said = consent("grant", NUMBER, "--basis", "pewc", "--at", "2026-05-01T10:00", "--client", "evergreen")
    assert said.code == 0 and "without time zone was read as UTC" in said.err
    (row,) = consent("show", NUMBER, "--json").json["rows"]
    assert row["given_at"] == "2026-05-01T10:00:00+00:00"


def test_a_revocation_by_date_outlasts_a_consent_of_that_day(consent):
    assert consent("grant", NUMBER, "--basis", "pewc", "--at", "2026-05-01T10:00Z", "--client", "evergreen").code == 0
    assert consent("revoke", NUMBER, "--at", "2026-05-01").code == 0
    stands = consent("show", NUMBER, "--json").json["stands"]
    assert {each["client"]: each["revoked"] for each in stands} == {None: True, "evergreen": True}


def test_a_revocation_takes_a_number_as_people_write_it(consent):
    assert consent("revoke", "２１２-555-0100 ext 4").code == 0
    assert consent("show", NUMBER, "--json").json["stands"][0]["revoked"] is True


instants = st.integers(-40, 0).map(lambda days: NOON + timedelta(days=days))
rows = st.lists(
    st.one_of(
        st.tuples(st.just("pewc"), instants, st.none()),
        st.tuples(st.just("express"), instants, st.none()),
        st.tuples(st.just("revoked"), st.none(), instants),
    ),
    min_size=1,
    max_size=6,
)


@given(rows, st.randoms())
def test_what_stands_does_not_depend_on_the_order_of_recording(told, random):
    def stands(order):
        entries = [
            Entry(n, Statement(NUMBER, "evergreen", Consent(basis, at, over)), "ann", NOON)
            for n, (basis, at, over) in enumerate(order)
        ]
        found = folded(entries)
        return None if found is None else agreements_of(found, NOON).revoked

    mixed = list(told)
    random.shuffle(mixed)
    assert stands(told) == stands(mixed)
    over = [at for basis, _, at in told if basis == "revoked"]
    given_at = [at for basis, at, _ in told if basis in ("pewc", "express")]
    if over:
        assert stands(told) is not (bool(given_at) and max(given_at) > max(over))


def test_every_fact_of_a_consent_has_a_column_of_its_own(world: World, consent, tmp_path):
    form = tmp_path / "form.pdf"
    form.write_bytes(b"signed")
    words = ("--basis", "pewc", "--at", "2026-05-01T10:00Z", "--campaign", "day", "--channel", "web", "--shown", "Yes?")
    assert consent("grant", NUMBER, *words, "--evidence", form, "--name", "Ann Example").code == 0
    assert (
        consent("revoke", NUMBER, "--at", "2026-11-20T09:00-05:00", "--reason", "stop", "--channel", "call").code == 0
    )
    with world.store() as store, store.reading() as tx:
        given, ended = consents.entries(tx, [NUMBER])
    said = given.said
    assert (said.client, said.scopes, said.channel, said.name) == (
        "evergreen",
        ("telemarketing",),
        "web",
        "Ann Example",
    )
    assert said.shown == sha256(b"Yes?").hexdigest() and said.evidence == sha256(b"signed").hexdigest()
    assert (said.consent.reference, said.honour_by, said.source) == ("form.pdf", None, "dialer consent grant")
    assert (ended.said.client, ended.said.reason, ended.said.honour_by) == ("", "stop", date(2026, 12, 7))
    assert given.recorded_by and given.recorded_at <= ended.recorded_at
    assert "name: Ann Example" in consent("show", NUMBER).out


def test_a_grant_says_what_the_record_lacks(consent):
    words = ("grant", NUMBER, "--basis", "pewc", "--at", "2026-05-01T10:00Z", "--client", "evergreen")
    said = consent(*words)
    assert "the record lacks --name, --text or --shown, --evidence: 16 CFR 310.5(a)(8)" in said.err
    assert "lacks --name, --evidence" in consent(*words, "--shown", "Yes?").err


@pytest.mark.parametrize(
    "words",
    [
        ("grant", NUMBER, "--basis", "pewc", "--at", "2026-05-01T10:00Z"),
        ("revoke", NUMBER),
        ("ebr", NUMBER, "--inquiry", "2026-05-01"),
    ],
)
def test_a_client_of_another_spelling_is_ours_and_an_unknown_one_is_a_mistake(consent, words):
    said = consent(*words, "--client", "evergren")
    assert said.code == 2 and "no campaign works for 'evergren'; there are evergreen" in said.err
    assert consent("show", NUMBER).code == 4
    assert consent(*words, "--client", "EverGreen", "--json").json["client"] == "evergreen"


def test_a_relationship_is_told_with_its_last_day(world: World, consent, monkeypatch):
    said = consent("ebr", NUMBER, "--transaction", "2026-03-31", "--campaign", "day", "--channel", "invoice", "--json")
    assert said.code == 0 and said.json["new"] == 1
    assert said.json["stands"]["until"] == "2027-09-30" and "within 18 months" in said.json["stands"]["why"]
    assert "16 CFR 310.2(q)" in said.json["stands"]["why"]
    assert consent("ebr", NUMBER, "--transaction", "2026-03-31", "--campaign", "day", "--channel", "invoice").code == 0
    shown = consent("show", NUMBER, "--json").json
    assert [each["kind"] for each in shown["business"]] == ["transaction"]
    assert shown["relationships"]["evergreen"]["last_transaction"] == "2026-03-31"
    assert "transaction on 2026-03-31 with evergreen" in consent("show", NUMBER).out
    assert consent("revoke", NUMBER).code == 0
    assert "no business relationship stands" in consent("show", NUMBER).out


@pytest.mark.parametrize(
    "words",
    [
        ("--inquiry", "2999-01-01", "--campaign", "day"),
        ("--inquiry", "01/02/2026", "--campaign", "day"),
        ("--inquiry", "2026-01-02"),
        ("--campaign", "day"),
    ],
)
def test_a_relationship_in_any_doubt_is_not_taken(consent, words):
    said = consent("ebr", NUMBER, *words)
    assert said.code == 2 and said.err.count("\n") == 1
    assert consent("show", NUMBER).code == 4


def test_a_relationship_needs_a_number_that_can_be_called(consent):
    said = consent("ebr", "212555O100", "--inquiry", "2026-01-02", "--campaign", "day")
    assert said.code == 1 and "cannot be a number to call" in said.err
