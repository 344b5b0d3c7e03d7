"""The ledger keeps every word, with its proof; nothing is changed, nothing is taken without its date."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from world import NOON, World

from dialer.runtime.consents import evidence_dir
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
