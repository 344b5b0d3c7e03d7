"""Past calls of another system: counted by every cap from the next dial on, once, and never as calls of ours."""

from __future__ import annotations

import csv
import json
from datetime import timedelta
from pathlib import Path

import pytest
from world import NOON, World, campaign_text, make_world

from campaigns.history import code_of, meaning_of
from campaigns.history.codes import RESULTS
from dialer.engine.states import CallResult
from dialer.store import calls, frames, ledger, outcomes, runs
from dnc.values import Verdict

ANN, BOB, CARL, DAN = "+12125550160", "+12125550161", "+12125550162", "+12125550163"
PEOPLE = (
    "external_id,phone,first_name,state,debt_id\n"
    f"A1,{ANN},Ann,NY,D1\nA2,{BOB},Bob,NY,D1\nA3,{CARL},Carl,NY,D3\nA4,{DAN},Dan,NY,D4\n"
)
LOG = "call_date,length_in_sec,status,phone_number,user,vendor_lead_code\n"


def run(dialer, world: World, *words: object, code: int = 0) -> dict:
    said = dialer("--dir", world.root, *words, "--json")
    assert said.code == code, said.err + said.out
    return json.loads(said.out)


def why(dialer, world: World, number: str, campaign: str = "debts") -> list[str]:
    said = dialer("--dir", world.root, "why", number, "--campaign", campaign, "--at", NOON.isoformat(), "--json")
    return json.loads(said.out)["reasons"]


def load(dialer, world: World) -> None:
    file = world.root / "people.csv"
    file.write_text(PEOPLE)
    run(dialer, world, "lists", "load", file, "--campaign", "debts")


def bring(dialer, world: World, rows: str, *, code: int = 0) -> dict:
    file = world.root / "log.csv"
    file.write_text(LOG + rows)
    words = ("history", "import", file, "--campaign", "debts", "--zone", "America/New_York")
    return run(dialer, world, *words, code=code)


def debts(root: Path) -> World:
    world = make_world(root, people=2, areas={"212": "NY"})
    text = campaign_text(name="debts", scope="debt_collection", mode="preview", lifetime=50)
    (world.root / "campaigns" / "debts.toml").write_text(text)
    return world


@pytest.fixture
def world(tmp_path: Path) -> World:
    return debts(tmp_path / "w")


def tried(days: range, number: str = "2125550160", code: str = "NA", talk: int = 0, who: str = "A1") -> str:
    return "".join(
        f"{(NOON - timedelta(days=day)):%Y-%m-%d} 09:{day:02}:00,{talk},{code},{number},1001,{who}\n" for day in days
    )


def test_seven_calls_in_seven_days_count_for_the_debt_whichever_number_and_whenever_the_list_came(dialer, world):
    told = bring(dialer, world, tried(range(7)))
    assert (told["imported"], told["refused"]) == (7, 0)
    load(dialer, world)  # the list comes after the history: known by number, and by the external id
    assert why(dialer, world, ANN) == ["FREQ_7D"] == why(dialer, world, BOB)  # who owes one debt has one plan
    assert why(dialer, world, CARL) == ["ALLOW"]
    again = bring(dialer, world, tried(range(7)))
    assert (again["imported"], again["known"]) == (0, 7)
    assert bring(dialer, world, tried(range(7), "2125550162", who=""))["imported"] == 7
    assert why(dialer, world, CARL) == ["FREQ_7D"]


def test_a_conversation_of_another_system_closes_the_debt_for_seven_days_for_both_who_owe_it(dialer, world):
    load(dialer, world)
    assert [why(dialer, world, number) for number in (ANN, BOB, CARL)] == [["ALLOW"]] * 3
    bring(dialer, world, tried(range(3, 4), code="PTPX", talk=45))  # an unknown code, and somebody talked
    assert why(dialer, world, ANN) == why(dialer, world, BOB) != ["ALLOW"]
    assert why(dialer, world, CARL) == ["ALLOW"]


def test_who_asked_not_to_be_called_there_is_not_called_here(dialer, world):
    load(dialer, world)
    told = bring(dialer, world, tried(range(50, 51), "2125550162", "DNC", 20, "A3"))
    assert told["opt_outs"] == 1 and why(dialer, world, CARL) == ["DNC_INTERNAL"] == why(dialer, world, CARL, "day")
    assert bring(dialer, world, tried(range(50, 51), "2125550162", "DNC", 20, "A3"))["opt_outs"] == 0


def test_bad_rows_are_refused_with_line_and_reason(dialer, world):
    rows = "2026-11-31 09:00,0,NA,2125550160,,\n2026-11-02 09:00,0,NA,nonsense,,\n,,,,,\n"
    rows += "2026-11-02 09:00,x,NA,2125550160,,\n"
    told = bring(dialer, world, rows + "2199-01-01T00:00Z,0,NA,2125550160,,\n", code=1)
    assert (told["read"], told["empty"], told["refused"], told["imported"]) == (5, 1, 4, 0)
    with Path(told["rejects"]).open(encoding="utf-8-sig") as file:
        found = [(row["line"], row["code"]) for row in csv.DictReader(file)]
    assert found == [("2", "INSTANT"), ("3", "NUMBER"), ("5", "VALUE"), ("6", "INSTANT")]
    (world.root / "log.csv").write_text(LOG + tried(range(1)))
    said = dialer("--dir", world.root, "history", "import", world.root / "log.csv", "--campaign", "debts")
    assert said.code == 1 and "--zone" in Path(told["rejects"]).read_text(encoding="utf-8-sig")


def call(world: World, number: str, call_id: str, at, flags: list[str], **ended: object) -> None:
    with world.store() as store, store.writing() as tx:
        phone = outcomes.phone_in_campaign(tx, "debts", number)
        facts = calls.call_facts(tx, phone)
        seq = ledger.append(tx, facts.proposed("preview"), Verdict(True, at, (), None, {}), lead_id=facts.lead_id)
        calls.insert_attempt(
            tx, facts, call_id=call_id, run_id="run-1", mode="preview", carrier="simulated", ledger_seq=seq, at=at
        )
        calls.update_attempt(tx, call_id, state="ended", ended_at=at + timedelta(seconds=90), **ended)
        if flags:
            calls.add_disposition(tx, call_id, agent_id="=cmd", code="X", flags=flags, at=at + timedelta(seconds=95))


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_what_is_exported_keeps_every_cap_in_a_fresh_workspace(dialer, world, tmp_path, form):
    load(dialer, world)
    with world.store() as store, store.writing() as tx:
        runs.start_run(tx, "run-1", campaign="debts", node="here", clock="virtual", at=NOON)
    talk = NOON - timedelta(days=2)
    call(world, ANN, "c-1", talk, ["contact"], result="human", answered_at=talk, bridged_at=talk, agent_id="=cmd")
    call(world, CARL, "c-2", talk, ["contact", "opt_out"], result="human", answered_at=talk, bridged_at=talk)
    for n in range(7):
        call(world, DAN, f"d-{n}", NOON - timedelta(days=n, hours=1), [], result="no_answer")
    out = tmp_path / f"calls.{form}"
    told = run(dialer, world, "history", "export", "--client", "evergreen", "--format", form, "--codes", "vicidial",
               "--out", out)  # fmt: skip
    assert told["rows"] == 9
    if form == "csv":
        text = out.read_text(encoding="utf-8-sig")
        assert "'=cmd" in text and ",=cmd" not in text and ",INCALL," not in text.splitlines()[1] and ",DNC," in text
    fresh = debts(tmp_path / "fresh")
    load(dialer, fresh)
    brought = run(dialer, fresh, "history", "import", out, "--campaign", "debts")
    assert (brought["imported"], brought["opt_outs"], brought["refused"]) == (9, 1, 0)
    for number in (ANN, BOB, DAN):
        assert why(dialer, fresh, number) == why(dialer, world, number) != ["ALLOW"]
    assert why(dialer, fresh, CARL) != ["ALLOW"]
    with fresh.store() as store, store.reading() as tx:  # none is a call of ours
        assert not len(frames.attempts(tx, "debts", NOON - timedelta(days=99), NOON))
    onward = run(dialer, fresh, "history", "export", "--campaign", "debts", "--out", tmp_path / "again.csv")
    assert onward["rows"] == 9
    back = run(dialer, world, "history", "import", tmp_path / "again.csv", "--campaign", "debts")
    assert (back["imported"], back["known"]) == (0, 9)  # our own calls, come home, are not counted twice


def test_every_result_of_ours_has_a_code_there_that_says_the_same_here():
    assert {result.value for result in CallResult} == RESULTS
    for result in CallResult:
        back = meaning_of(code_of(result.value))
        assert back is not None and back.conversation == (result in ("human", "to_agent", "opted_out")), result
        assert back.opt_out == (result == "opted_out")


def test_leads_are_exported_with_vicidials_codes(dialer, world, tmp_path):
    load(dialer, world)
    with world.store() as store, store.writing() as tx:
        runs.start_run(tx, "run-1", campaign="debts", node="here", clock="virtual", at=NOON)
    call(world, ANN, "c-1", NOON, ["contact", "conversion"], result="human", answered_at=NOON, bridged_at=NOON)
    call(world, BOB, "c-2", NOON, [], result="busy")
    out = tmp_path / "leads.csv"
    run(
        dialer,
        world,
        "history",
        "export",
        "--campaign",
        "debts",
        "--what",
        "leads",
        "--codes",
        "vicidial",
        "--out",
        out,
    )
    with out.open(encoding="utf-8-sig") as file:
        rows = {row["external_id"]: row for row in csv.DictReader(file)}
    assert {key: row["code"] for key, row in rows.items()} == {"A1": "SALE", "A2": "AB", "A3": "NEW", "A4": "NEW"}
    assert (rows["A1"]["attempts"], rows["A1"]["conversations"], rows["A3"]["attempts"]) == ("1", "1", "0")
