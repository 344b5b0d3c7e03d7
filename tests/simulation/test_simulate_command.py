"""`dialer simulate`: a campaign's own list and history, what-if and replay, and the operator's mistakes."""

import json
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

sys.path.insert(0, str(Path(__file__).parents[1] / "runtime"))
from world import NOON, make_world, run_day

from dialer.cli.main import app
from dialer.store.schema import attempt, lead


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """Three hundred people, an hour of whose calls are in the journal."""
    made = make_world(
        tmp_path_factory.mktemp("twin") / "w",
        people=300,
        areas={"212": "NY", "305": "FL", "615": "TN", "602": "AZ"},
        extra="\n[simulation]\nagents = 3\nbreak_share = 0.0\n",
    )
    run_day(made, hours=0.3)
    return made


def say(world, *words):
    done = CliRunner().invoke(app, ["--dir", str(world.root), "simulate", "day", *map(str, words)])
    return done.exit_code, done.output


def rows(world):
    with world.store() as store, store.reading() as tx:
        return [tx.connection.execute(table.select()).all() for table in (attempt, lead)]


LATER = "2026-11-18T12:00"


def test_what_if_answers_in_a_table_as_json_and_as_a_page(world, tmp_path):
    before = rows(world)
    page = tmp_path / "reports" / "what-if.html"
    code, said = say(world, "--start", LATER, "--hours", 0.2, "--agents", "2,4", "--within", 1, "--html", page)
    assert code == 0, said
    assert "What if" in said
    assert "List: " in said
    assert "1 % instead of 3 %" in said.replace("\n", " ")
    assert page.read_text(encoding="utf-8").count("<svg") >= 2
    assert rows(world) == before  # nothing was written down


def test_json_has_one_row_for_each_what_if(world):
    words = (
        "--start",
        LATER,
        "--hours",
        0.3,
        "--agents",
        "2,3",
        "--policy",
        "predictive,progressive,vicidial",
        "--json",
    )
    code, said = say(world, *words)
    assert code == 0, said
    found = json.loads(said)
    asked = [(row["agents"], row["cap"], row["policy"]) for row in found["outcomes"]]
    assert asked == [
        (agents, cap, policy)
        for agents in (2, 3)
        for policy, caps in (("predictive", (0.03, 0.01)), ("progressive", (0.03,)), ("vicidial", (0.03,)))
        for cap in caps
    ]
    assert all(row["placed"] > 0 and 0.0 < row["utilisation"] <= 1.0 for row in found["outcomes"])
    progressive = next(row for row in found["outcomes"] if row["policy"] == "progressive")
    assert progressive["rate"] == 0.0
    # half an hour of a few agents is too short to measure people by
    assert found["sources"][0].startswith("People: ")


def test_levers_and_hours_can_be_changed(world):
    words = ("--start", LATER, "--hours", 0.1, "--max-abandonment", 3, "--json")
    first = say(world, *words)[1]
    assert say(world, *words)[1] == first  # exact for a seed
    plain = json.loads(first)["outcomes"]
    levers = json.loads(say(world, *words, "--greeting", 1.5, "--no-release", "--finish-known", 0, "--seed", 7)[1])
    assert plain != levers["outcomes"]
    moved = json.loads(say(world, "--start", LATER, "--hours", 0.1, "--open", "14:00-15:00", "--json")[1])
    assert "14:00 EST" in moved["title"]


def test_a_day_of_the_journal_is_replayed(world):
    code, said = say(world, "--replay", f"{NOON:%Y-%m-%d}", "--policy", "predictive,progressive", "--json")
    assert code == 0, said
    found = json.loads(said)
    was, *others = found["outcomes"]
    with world.store() as store, store.reading() as tx:
        calls = len(tx.connection.execute(attempt.select()).all())
    assert (was["policy"], was["placed"], was["agents"]) == ("as it was", calls, 8)
    assert [row["policy"] for row in others] == ["predictive", "predictive", "progressive"]
    assert found["answers"][-1].startswith("As it was: ")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--agents", "many"), 2, "no list of numbers"),
        (("--agents", "0"), 2, "between 1 and 2000"),
        (("--max-abandonment", "0"), 2, "between 0 and 100"),
        (("--policy", "fast"), 2, "is no policy"),
        (("--open", "9-17"), 2, "no window of hours"),
        (("--replay", "someday"), 2, "is not a date"),
        (("--replay", "2026-01-05"), 4, f"dialed nobody on 2026-01-05; its last call was on {NOON:%Y-%m-%d}"),
    ],
)
def test_mistakes_are_one_line(world, words, code, said):
    exit_code, output = say(world, *words)
    assert exit_code == code
    assert said in output


def test_a_campaign_without_a_list_says_what_to_do(tmp_path):
    made = make_world(tmp_path / "w", people=3, areas={"212": "NY"}, load=False)
    code, said = say(made, "--start", LATER)
    assert code == 4
    assert "no lead that may be called" in said
