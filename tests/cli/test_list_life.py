"""A list's life: loaded again, compared first, merged, replaced, ended; and what is never lost by it."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from world import NOON, World, campaign_text

from dialer.runtime.list_load import load_contacts
from dialer.store import hopper, imported, retiring, runs

HEAD = "external_id,phone,phone2,first_name,state,priority,consent_basis,consent_at,consent_ref,colour\n"
ANN, BOB, CARL, DAN, EVE = (f"+1212555016{n}" for n in range(5))
FIRST = f"A,{ANN},,Ann,NY,,,,,red\nB,{BOB},,Bob,NY,,,,,\nC,{CARL},,Carl,NY,,,,,\n,{DAN},,Dan,NY,,,,,\n"
#: Ann has changed, Bob is as he was, Carl is gone, Dan has got an id, Eve is new, and Ann is named twice.
SECOND = (
    f"A,{ANN},+12125550170,Anna,NY,5,pewc,2026-05-01T10:00Z,form 7,blue\nB,{BOB},,Bob,NY,,,,,\n"
    f"D,{DAN},,Dan,NY,,,,,\nE,{EVE},,Eve,NY,,,,,\nA,+12125550171,,Ann again,NY,,,,,\n"
)


STATE = "SELECT lead_id, line, list_id, status, retired, first_name, priority FROM lead ORDER BY lead_id"


def go(dialer, world: World, *words: object, code: int = 0):
    said = dialer("--dir", world.root, *words, "--json")
    assert said.code == code, said.err + said.out
    return json.loads(said.out)


def load(dialer, world: World, rows: str, *more: object, name: str = "list.csv", campaign: str = "day", code: int = 0):
    file = world.root / name
    file.write_text(HEAD + rows)
    return go(dialer, world, "lists", "load", file, "--campaign", campaign, *more, code=code)


def rejected(told: dict) -> list[dict[str, str]]:
    return list(csv.DictReader(Path(told["rejects"]).read_text(encoding="utf-8-sig").splitlines()))


def sql(world: World, text: str) -> list[tuple]:
    with world.store() as store, store.reading() as tx:
        return [tuple(row) for row in tx.driver.execute(text).fetchall()]


def leads(world: World) -> dict[str, tuple]:
    return {
        row[0]: row[1:]
        for row in sql(
            world,
            "SELECT first_name, external_id, priority, status, coalesce(retired, ''), "
            "json_extract(custom, '$.colour'), consent_basis, "
            "(SELECT group_concat(number) FROM phone WHERE phone.lead_id = lead.lead_id AND bad IS NULL) "
            "FROM lead WHERE external_id IN ('A','B','C','D','E','') ORDER BY lead_id",
        )
    }


@pytest.fixture
def known(dialer, changed: World) -> World:
    load(dialer, changed, FIRST)
    with changed.store() as store, store.writing() as tx:
        runs.start_run(tx, "run-9", campaign="day", node="here", clock="virtual", at=NOON)
    return changed


def lease(world: World, at: datetime = NOON, count: int = 50) -> dict[str, int]:
    with world.store() as store, store.writing() as tx:
        places = [due.place_id for due in hopper.due_places(tx, "day", at)]
        return {lead.number: lead.lead_id for lead in hopper.lease(tx, "day", "run-9", count, at, places)}


def test_the_difference_is_shown_first_and_is_what_a_replacement_then_does(dialer, known: World):
    everything = ("SELECT * FROM lead ORDER BY lead_id", "SELECT * FROM contact_list", "SELECT * FROM phone")
    before = [sql(known, each) for each in everything]
    diff = load(dialer, known, SECOND, "--mode", "replace", "--dry-run")
    assert [sql(known, each) for each in everything] == before
    assert {key: diff[key] for key in ("added", "changed", "unchanged", "retired", "duplicates")} == {
        "added": 1, "changed": 2, "unchanged": 1, "retired": 1, "duplicates": {"DUPLICATE": 1},
    }  # fmt: skip
    assert diff["by_column"] == {
        "external_id": 1, "first_name": 1, "priority": 1, "custom": 1, "consent": 1, "phones": 1,
    }  # fmt: skip
    told = load(dialer, known, SECOND, "--mode", "replace")
    funnel = told["funnel"]
    assert [funnel[key] for key in ("loaded", "changed", "unchanged", "retired", "duplicate_leads")] == [1, 2, 1, 1, 1]
    assert told["by_column"] == diff["by_column"]
    (double,) = rejected(told)
    assert (double["line"], double["code"]) == ("6", "DUPLICATE") and "line 2" in double["message"]
    now = leads(known)
    assert now["Anna"] == ("A", 5, "ready", "", "blue", "pewc", f"{ANN},+12125550170")
    assert now["Dan"][:3] == ("D", 0, "ready") and now["Eve"][2] == "ready"
    assert now["Carl"][2] == "done" and "no longer in list.csv" in now["Carl"][3]
    shown = json.loads(dialer("--dir", known.root, "consent", "show", ANN, "--json").out)
    assert "list list.csv, line 2" in json.dumps(shown) and "form 7" in json.dumps(shown)
    state = sql(known, STATE)
    load(dialer, known, SECOND, "--mode", "replace")  # the same file twice
    again = sql(known, STATE)
    assert again == state
    back = load(dialer, known, FIRST, "--mode", "replace")["funnel"]  # and the first one once more
    assert (back["revived"], back["retired"]) == (1, 1)
    assert leads(known)["Carl"][2:4] == ("ready", "") and leads(known)["Eve"][2] == "done"


def test_a_merge_retires_nobody_and_an_empty_cell_says_nothing(dialer, known: World):
    load(dialer, known, "A,,+12125550170,,NY,,,,,\n", "--mode", "merge", name="more.csv")
    now = leads(known)
    assert (
        now["Ann"][4] == "red" and now["Carl"][2] == "ready" and set(now["Ann"][6].split(",")) == {ANN, "+12125550170"}
    )


def test_a_lead_on_a_call_or_with_a_promised_callback_is_changed_safely(dialer, known: World):
    load(dialer, known, f"E,{EVE},,Eve,NY,,,,,\n")
    taken = lease(known)
    carl, bob, dan, eve = taken[CARL], taken[BOB], taken[DAN], taken[EVE]
    with known.store() as store, store.writing() as tx:
        hopper.set_lead(tx, eve, "blocked", None, "DNC_NATIONAL")
    with known.store() as store, store.writing() as tx:
        hopper.set_lead(tx, dan, "callback", NOON + timedelta(hours=1), "promised", "maria")
    told = load(dialer, known, f"A,{ANN},,Anna,NY,,,,,\n", "--mode", "replace")["funnel"]
    assert (told["retired_on_a_call"], told["kept_for_callback"]) == (2, 1)
    assert {row[0] for row in sql(known, f"SELECT status FROM lead WHERE lead_id IN ({carl}, {bob})")} == {"leased"}
    with known.store() as store, store.writing() as tx:
        hopper.release(tx, "run-9", [carl])
        hopper.set_lead(tx, bob, "waiting", NOON, "no answer")
        ((), (due,)) = (
            hopper.due_callbacks(tx, "day", NOON),
            hopper.due_callbacks(tx, "day", NOON + timedelta(hours=2)),
        )
        assert due == dan
        places = [each.place_id for each in hopper.due_places(tx, "day", NOON + timedelta(hours=2))]
        assert [each.number for each in hopper.take(tx, "run-9", [dan], NOON, places)] == [DAN]
        hopper.set_lead(tx, dan, "waiting", NOON, "no answer")  # the promise was kept
        hopper.set_lead(tx, eve, "ready", None, "a consent is on record now")  # the gate would let her be called
    assert {
        row[0] for row in sql(known, f"SELECT status FROM lead WHERE lead_id IN ({carl}, {bob}, {dan}, {eve})")
    } == {"done"}


def test_a_list_never_undoes_that_consent_was_taken_back(dialer, known: World):
    load(dialer, known, f"A,{ANN},,Ann,NY,,revoked,2026-06-01T10:00Z,,\n", "--mode", "merge", name="stop.csv")
    told = load(dialer, known, SECOND, "--mode", "merge")
    assert told["funnel"]["consent_kept_back"] == 1
    said = dialer("--dir", known.root, "why", ANN, "--campaign", "day", "--at", NOON.isoformat(), "--json")
    assert "CONSENT_REVOKED" in json.loads(said.out)["reasons"]


def test_nobody_of_an_expired_list_is_dialed_though_nobody_looked(dialer, known: World):
    late = NOON + timedelta(days=900)
    load(dialer, known, f"E,{EVE},,Eve,NY,9,,,,\n", "--expires", late.isoformat(), name="short.csv")
    assert EVE in lease(known, late - timedelta(seconds=1))
    with known.store() as store, store.writing() as tx:
        hopper.release_run(tx, "run-9")
    assert EVE not in lease(known, late)  # the clock alone: nothing was swept
    with known.store() as store, store.writing() as tx:
        hopper.release_run(tx, "run-9")
        assert (retiring.sweep(tx, "day", late), retiring.sweep(tx, "day", late)) == (1, 0)
    assert leads(known)["Eve"][2] == "done" and "expired" in leads(known)["Eve"][3]
    ended = go(dialer, known, "lists", "retire", "list.csv", "--campaign", "day", "--reason", "contract over")
    assert ended["ended"] == 4 and ANN not in lease(known)
    (listed,) = [each for each in go(dialer, known, "lists", "show", "--campaign", "day") if each["file"] == "list.csv"]
    assert listed["not_dialed_for_expiry"] == 4 and listed["expires_why"] == "contract over"
    again = load(dialer, known, FIRST, "--mode", "merge")
    assert "the list expired" in str(again["warnings"]) and ANN not in lease(known, late)
    with known.store() as store, store.writing() as tx:
        assert retiring.sweep(tx, "day", late) == 4  # whom the merge had brought back
    back = go(dialer, known, "lists", "expire", "list.csv", "--campaign", "day", "--never")
    assert back["back"] == 4 and {ANN, BOB, CARL, DAN} <= lease(known).keys()
    assert go(dialer, known, "lists", "expire", "short.csv", "--campaign", "day", "--never")["back"] == 1


def test_duplicates_of_the_client_and_by_outcome_are_kept_out_and_told(dialer, known: World):
    for name, client in (("evening", "evergreen"), ("rivals", "rival")):
        (known.root / "campaigns" / f"{name}.toml").write_text(campaign_text(name=name, client=client))
    told = load(dialer, known, SECOND, "--dedupe", "client", campaign="evening", name="x.csv")
    rows = {row["line"]: row for row in rejected(told)}
    assert told["funnel"]["loaded"] == 3 and rows["3"]["code"] == "IN_CLIENT"  # Ann by her other numbers, twice; Eve
    assert "day: list list.csv, line 3" in rows["3"]["message"]
    assert load(dialer, known, FIRST, campaign="rivals")["funnel"]["loaded"] == 4
    system = load(dialer, known, SECOND, "--dedupe", "system", campaign="rivals", name="y.csv")
    assert "evening" not in Path(system["rejects"]).read_text() and system["funnel"]["loaded"] == 0
    past = imported.ImportedCall(EVE, datetime.now(UTC) - timedelta(days=3), "human", "SALE", 60.0, conversation=True)
    with known.store() as store, store.writing() as tx:
        imported.add(tx, [past], client="evergreen", campaign="day", by="olga", at=NOON)
    row = f"E,{EVE},,Eve,NY,,,,,\n"
    kept = load(dialer, known, row, "--dedupe-outcome", "converted,refused", "--within", "2", "--dry-run")
    assert (kept["added"], kept["duplicates"]) == (1, {})
    out = load(dialer, known, row, "--dedupe-outcome", "converted,refused", "--within", "4", name="z.csv")
    assert out["funnel"]["loaded"] == 0 and "OUTCOME" in Path(out["rejects"]).read_text()


def test_a_mapping_is_kept_by_name_and_suggested_for_the_next_such_file(dialer, changed: World):
    theirs, toml = changed.root / "march.csv", changed.root / "acme.toml"
    theirs.write_text(f"Cell,Given Name\n{EVE},Eve\n")
    toml.write_text('[columns]\n"Cell" = "phone"\n"Given Name" = "first_name"\n')
    at = ("--dir", changed.root)
    assert dialer(*at, "lists", "mapping", "save", "acme", toml, "--for", theirs).code == 0
    april = changed.root / "april.csv"
    april.write_text(f"given name,CELL\nEve,{EVE}\n")
    said = dialer(*at, "lists", "load", april, "--campaign", "day")
    assert said.code == 1 and "--mapping acme" in said.err
    assert dialer(*at, "lists", "load", april, "--campaign", "day", "--mapping", "acme").code == 0
    wrong = dialer(*at, "lists", "load", april, "--campaign", "day", "--mapping", "nobody")
    assert wrong.code == 1 and "saved are acme" in wrong.err
    assert go(dialer, changed, "lists", "mapping", "show") == {"acme": {"Cell": "phone", "Given Name": "first_name"}}


def test_a_replacement_that_was_killed_goes_on_and_ends_the_same(dialer, known: World, monkeypatch):
    file = known.root / "list.csv"
    file.write_text(HEAD + SECOND)
    campaign = known.workspace.campaign("day")
    real = retiring.retire_missing
    monkeypatch.setattr(retiring, "retire_missing", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        load_contacts(known.workspace, campaign, file, mode="replace")
    monkeypatch.setattr(retiring, "retire_missing", real)
    again = load_contacts(known.workspace, campaign, file, mode="replace")
    assert again.resumed and again.funnel["retired"] == 1 and again.funnel["loaded"] == 1
    assert leads(known)["Carl"][2] == "done" and leads(known)["Anna"][0] == "A"
