"""A list that is judged and not loaded gets the verdicts of the same list once it is loaded."""

import csv
from pathlib import Path

import pytest
from test_agreement import INSTANTS
from world import World
from worlds import busy_world

from dialer.runtime.preview import verdicts
from dialer.runtime.scrub import screen_file


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return busy_world(tmp_path_factory.mktemp("scrubbed") / "w")


def scrubbed(world: World, at, out: Path) -> dict[str, frozenset[str]]:
    found = screen_file(world.workspace, world.campaign, world.root / "contacts.csv", at=at, out=out, processes=2)
    with out.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == found.numbers and {row["allowed"] for row in rows} <= {"yes", "no"}
    said = {row["number"].removeprefix("'"): frozenset(row["codes"].split()) for row in rows}
    assert all((row["allowed"] == "yes") == (not row["codes"]) == (not row["why"]) for row in rows)
    assert len(said) == len(rows)
    return said


@pytest.mark.parametrize("at", INSTANTS.values(), ids=INSTANTS)
def test_a_scrub_says_what_the_preview_says(world: World, at, tmp_path: Path):
    ours = scrubbed(world, at, tmp_path / "decisions.csv")
    theirs = verdicts(world.workspace, world.campaign, at)
    assert len(ours) >= 1000 and ours.keys() <= theirs.keys()
    assert {number: codes for number, codes in ours.items() if codes != theirs[number]} == {}


def test_debts_too(tmp_path: Path):
    world = busy_world(tmp_path / "w", scope="debt_collection", name="debts")
    ours = scrubbed(world, INSTANTS["noon"], tmp_path / "decisions.csv")
    theirs = verdicts(world.workspace, world.campaign, INSTANTS["noon"])
    assert ours == {number: theirs[number] for number in ours}
    assert {"FREQ_7D", "FREQ_AFTER_CONVERSATION"} & {code for codes in ours.values() for code in codes}


def test_the_world_is_scrubbed_for_everything(world: World, tmp_path: Path):
    seen = {
        code
        for name, at in INSTANTS.items()
        for codes in scrubbed(world, at, tmp_path / f"{name}.csv").values()
        for code in codes
    }
    assert {
        "HOURS_FEDERAL", "HOURS_STATE", "DAY_SUNDAY", "TZ_AMBIGUOUS", "FREQ_24H", "FREQ_CAMPAIGN", "DNC_NATIONAL",
        "DNC_STATE", "DNC_INTERNAL", "DNC_CAMPAIGN", "DNC_AREACODE", "DNC_STALE", "DNC_MISSING", "RND_YES",
        "RND_NO_DATA", "CONSENT_REQUIRED", "CONSENT_REVOKED", "INCONVENIENT_TIME", "EMERGENCY_SUSPENSION",
    } <= seen  # fmt: skip
