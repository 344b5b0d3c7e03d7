"""What a list says of people who must not be called counts, whatever becomes of the row."""

from __future__ import annotations

import json
from zlib import crc32

import pytest
from world import NOON, World, campaign_text

HEAD = "phone,phone2,first_name,state,country,consent_basis,consent_at,cease,attorney\n"
ANN, BOB, BOBS_OTHER, CARL = "+12125550160", "+12125550161", "+12125550162", "+12125550163"
FIRST = (
    f"{ANN},,Ann,NY,US,,,,\n"
    f"{BOB},{BOBS_OTHER},Bob,NY,US,,,,\n"
    f"{CARL},,Carl,NY,US,,,,\n"
)  # fmt: skip


def load(dialer, world: World, rows: str, campaign: str = "day") -> dict:
    file = world.root / f"list-{crc32((rows + campaign).encode())}.csv"
    file.write_text(HEAD + rows)
    said = dialer("--dir", world.root, "lists", "load", file, "--campaign", campaign, "--json")
    assert said.code in (0, 4), said.out
    return json.loads(said.out)


def why(dialer, world: World, number: str, campaign: str = "day") -> list[str]:
    words = ("why", number, "--campaign", campaign, "--at", NOON.isoformat(), "--json")
    return json.loads(dialer("--dir", world.root, *words).out)["reasons"]


@pytest.fixture
def known(dialer, changed: World) -> World:
    """People of an earlier list, who may be called; another campaign of the client, and one of a rival."""
    for name, client in (("evening", "evergreen"), ("rivals", "rival")):
        (changed.root / "campaigns" / f"{name}.toml").write_text(campaign_text(name=name, client=client))
    load(dialer, changed, FIRST)
    for number in (ANN, BOB, BOBS_OTHER, CARL):
        assert why(dialer, changed, number) == ["ALLOW"]
    return changed


def test_a_revocation_in_a_duplicate_row_ends_calls_for_every_campaign_of_the_client(dialer, known: World):
    told = load(dialer, known, f"{ANN},,Ann,NY,US,opt-out,2026-01-05,,\n")
    assert told["funnel"]["duplicate"] == 1
    assert why(dialer, known, ANN) == why(dialer, known, ANN, "evening") == ["CONSENT_REVOKED"]
    assert why(dialer, known, ANN, "rivals") == ["ALLOW"]
    shown = json.loads(dialer("--dir", known.root, "consent", "show", ANN, "--json").out)
    assert "line 2" in json.dumps(shown)


@pytest.mark.parametrize(("column", "words"), [("yes,", "asked that contact cease"), (",Dewey LLP", "an attorney")])
def test_an_attorney_or_a_demand_to_cease_in_a_duplicate_row_holds_for_all_numbers_of_the_person(
    dialer, known: World, column, words
):
    load(dialer, known, f"{BOB},,Bob,NY,US,,,{column}\n")
    for number in (BOB, BOBS_OTHER):
        assert why(dialer, known, number) == why(dialer, known, number, "evening") == ["DNC_INTERNAL"]
    assert why(dialer, known, CARL) == ["ALLOW"] == why(dialer, known, BOB, "rivals")
    case = dialer("--dir", known.root, "audit", "export", "--number", BOB).out
    assert words in case


def test_a_row_that_is_refused_for_something_else_is_heeded_too(dialer, known: World):
    told = load(dialer, known, f"{ANN},,Ann,NY,Atlantis,revoked,,,\n{CARL},,Carl,NY,Atlantis,,,yes,\n")
    assert told["funnel"]["refused"] == 2
    assert why(dialer, known, ANN) == ["CONSENT_REVOKED"] and why(dialer, known, CARL) == ["DNC_INTERNAL"]


def test_a_later_row_of_the_same_file_ends_what_an_earlier_one_began(dialer, known: World):
    dana = "+12125550164"
    load(dialer, known, f"{dana},,Dana,NY,US,,,,\n{dana},,Dana,NY,US,revoked,,,\n")
    assert why(dialer, known, dana) == ["CONSENT_REVOKED"]


def test_a_row_without_a_number_that_can_be_kept_is_said(dialer, known: World):
    told = load(dialer, known, "unlisted,,Eve,NY,US,revoked,,,\n")
    assert any("holds no number: enter it by hand" in each for each in told["warnings"])


def test_the_same_words_again_write_nothing(dialer, known: World):
    def rows() -> list[int]:
        with known.store() as store, store.reading() as tx:
            tables = ("consent", "suppression")
            return [tx.driver.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables]

    stop = f"{ANN},,Ann,NY,US,revoked,,,\n{BOB},,Bob,NY,US,,,yes,\n"
    before = rows()
    load(dialer, known, stop)
    once = rows()
    assert [after - first for after, first in zip(once, before, strict=True)] == [1, 2]
    load(dialer, known, stop + "\n")
    assert rows() == once
