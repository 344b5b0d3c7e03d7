"""A case file is complete: every row that any table holds about the number is in it, with who did what and when."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from case_world import ADA, SECOND, TIME, Floor
from world import campaign_text

from dialer.runtime.list_load import load_contacts
from dialer.store import accounts, blocks, imported, outgoing, recordings, removals
from dialer.store.schema import metadata
from dnc.registries import RegistryStore
from dnc.values import Block, Code

#: Table -> where the case file has its rows, and the column that tells whose they are.
HELD = {
    "administration": ("acts", "target"),
    "attempt": ("calls", "number"),
    "block": ("inconvenient_times", "target"),
    "consent": ("consents", "number"),
    "erasure": ("erasures", "number"),
    "imported_call": ("imported_calls", "number"),
    "ledger": ("decisions", "number"),
    "outgoing": ("outgoing_events", "number"),
    "phone": ("leads", "number"),
    "relationship": ("relationships", "number"),
    "removal": ("removal_requests", "number"),
    "suppression": ("do_not_call", "number"),
}


@pytest.fixture
def rich(dialer, busy: Floor) -> Floor:
    """Somebody of whom everything is known that can be."""
    (busy.root / "campaigns" / "night.toml").write_text(campaign_text(name="night", client="rival"))
    file = busy.root / "second.csv"
    file.write_text(f"phone,first_name,state\n+12125550190,Eve,NY\n{ADA},Ada,NY\n")
    load_contacts(busy.world.workspace, busy.world.workspace.campaign("night"), file, by="olga")
    busy.said("call-1", "LATER", "call tomorrow", TIME + timedelta(minutes=2))
    busy.said("call-1", "NO", "changed her mind", TIME + timedelta(minutes=3))
    with busy.world.store() as store, store.writing() as tx:
        past = imported.ImportedCall(ADA, TIME - timedelta(days=9), "human", "SALE", 61.0, conversation=True)
        imported.add(tx, [past], client="evergreen", campaign="day", by="olga", at=TIME)
        accounts.record(tx, TIME, by="clara", act="look_up_number", target=ADA, detail="day")
        words = {"reason": "asked back", "source": "letter", "by": "clara", "at": TIME}
        asked = removals.ask(tx, ADA, scope="company", scope_id="", **words)
        removals.answer(tx, removals.get(tx, asked), "refuse", reason="no letter", by="olga", at=TIME)
        outgoing.add_webhook(
            tx, "evergreen", "https://crm.example/events", outgoing.KINDS, secret="s", secret_env=None,
            allow_private=False, by="olga", at=TIME,
        )  # fmt: skip
    at = ("--dir", busy.root)
    for words in (
        (
            "consent",
            "grant",
            ADA,
            "--basis",
            "pewc",
            "--at",
            "2026-05-01T10:00Z",
            "--client",
            "evergreen",
            "--shown",
            "?",
        ),
        ("consent", "grant", ADA, "--basis", "express", "--at", "2026-06-01T10:00Z", "--client", "rival"),
        ("consent", "revoke", ADA, "--reason", "stop it", "--channel", "call"),
        ("consent", "ebr", ADA, "--transaction", "2026-10-01", "--client", "evergreen"),
        ("consent", "inconvenient", ADA, "--hours", "21:00-09:00", "--detail", "sleeps"),
        ("dnc", "add", ADA, "--reason", "said stop", "--campaign", "day"),
        ("dnc", "remove", ADA, "--reason", "asked back", "--campaign", "day"),
        ("dnc", "add", ADA, "--reason", "said stop", "--client", "evergreen"),
        ("dnc", "add", "+1212XXXXXXX", "--reason", "storm"),
    ):
        assert dialer(*at, *words).code == 0, words
    with busy.world.store() as store, store.writing() as tx:
        (entry,) = [each for each in blocks.every(tx) if each.target == ADA]
        blocks.lift(tx, entry.block_id, reason="changed jobs", by="olga", at=TIME + timedelta(hours=1))
        blocks.add(tx, "+12125550142", Block(Code.INCONVENIENT_TIME, "somebody else's"), by="olga", at=TIME)
    for listed in ([ADA], [], [SECOND]):  # a version that has the number is followed by two that do not
        import_national(busy, listed)
    return busy


def import_national(floor: Floor, listed: list[str]) -> None:
    """A version of the national list with these numbers of area code 212 and one that nobody has."""
    file = floor.root / "fresh.txt"
    file.write_text("".join(f"{one[2:5]},{one[5:]}\n" for one in ["+12125550000", *listed]))
    report = RegistryStore(floor.root / "registries").import_file(
        file, "us_ndnc.flat_full", obtained_at=TIME - timedelta(hours=1), allow_drop="a test"
    )
    assert report.accepted, report


def case_of(dialer, floor, number: str = ADA, *more: object) -> dict:
    said = dialer("--dir", floor.root, "audit", "export", "--number", number, *more)
    assert said.code == 0, said.err
    return json.loads(said.out)


def record(floor: Floor, call_id: str, reference: str = "RE1") -> None:
    with floor.world.store() as store, store.writing() as tx:
        url = "https://carrier.example/RE1"
        recordings.told(tx, recordings.Recording(reference, call_id, "completed", url, 90.0, 2, TIME))


def test_recordings_of_a_call_are_named_and_an_erasure_says_which_nobody_may_keep(dialer, busy):
    record(busy, "call-1")
    (call, _) = case_of(dialer, busy)["calls"]
    assert [(each["carrier_ref"], each["url"]) for each in call["recordings"]] == [
        ("RE1", "https://carrier.example/RE1")
    ]
    words = ("--dir", busy.root, "audit", "erase", "--number", ADA, "--reason", "letter")
    said = dialer(*words, "--dry-run", "--json")
    assert json.loads(said.out)["recordings_to_delete_at_the_carrier"] == ["RE1"]
    busy.sql("UPDATE campaign SET scope = 'debt_collection'")  # Regulation F keeps whole records
    assert json.loads(dialer(*words, "--dry-run", "--json").out)["recordings_to_delete_at_the_carrier"] == []


def test_every_table_that_hangs_on_a_call_has_its_place_too():
    named = {table.name for table in metadata.tables.values() if "call_id" in table.c}
    assert named == {"attempt", "disposition", "recording", "agent_change"}, "what of a call is in no case file?"


def test_every_table_with_somebodys_number_has_its_place_in_the_case_file():
    named = {table.name for table in metadata.tables.values() if {"number", "target"} & set(table.c.keys())}
    assert named == set(HELD), "a table that holds numbers is in no case file: add it there, and to the erasure"


@pytest.mark.parametrize("table", HELD)
def test_every_row_about_the_number_is_there(dialer, rich, table: str):
    if table == "erasure":
        assert dialer("--dir", rich.root, "audit", "erase", "--number", ADA, "--reason", "letter").code == 0
    place, column = HELD[table]
    case = case_of(dialer, rich)
    ((rows,),) = rich.sql(f"SELECT count(*) FROM {table} WHERE {column} = '{ADA}'")
    extra = 1 if table == "suppression" else 1 if table == "consent" else 0  # the area code's; what the list said
    assert rows > 0 and len(case[place]) == rows + extra


def test_who_looked_is_in_the_case_file_and_stays_when_the_person_is_erased(dialer, rich):
    by_officer, by_operator = case_of(dialer, rich)["acts"]
    assert (by_officer["by"], by_officer["act"], by_officer["done"]) == ("clara", "look_up_number", True)
    assert by_operator["act"] == "remove_from_list" and by_operator["by"].endswith("(command line)")
    said = dialer("--dir", rich.root, "audit", "erase", "--number", ADA, "--reason", "letter", "--json")
    kept = {each["what"]: each["count"] for each in json.loads(said.out)["kept"]}
    assert kept["acts of administration"] == 2 and kept["requests to lift do-not-call entries"] == 2
    assert len(case_of(dialer, rich)["acts"]) == 2


def test_who_did_what_is_told(dialer, rich):
    case = case_of(dialer, rich)
    me = case["exported_by"]
    assert {lead["loaded_by"] for lead in case["leads"]} == {me, "olga"}
    assert {each["recorded_by"] for each in case["consents"] + case["relationships"]} == {me}
    assert {each["by"] for each in case["do_not_call"]} == {me}
    assert {each["by"] for each in case["inconvenient_times"]} == {me, "olga"}
    (run,) = case["runs"]
    assert (run["run_id"], run["node"], run["clock"]) == ("run-1", "here", "virtual")
    assert [(each["agent_id"], each["notes"]) for each in case["calls"][0]["dispositions"]] == [
        ("maria", "call tomorrow"), ("maria", "changed her mind"),
    ]  # fmt: skip


def test_a_list_version_that_had_the_number_is_named_though_no_decision_rested_on_it(dialer, rich):
    uses = [use for use in case_of(dialer, rich)["lists"] if use["name"] == "US.ndnc"]
    versions = [manifest.version for manifest in RegistryStore(rich.root / "registries").versions("US.ndnc")]
    assert [(use["version"], use["listed"], use["decisions"]) for use in uses] == [
        (versions[0], False, 4), (versions[1], True, 0),
    ]  # fmt: skip
    assert uses[1]["imported_at"] and uses[1]["source_sha256"] and uses[1]["first"] is None
    listed_only = [use for use in case_of(dialer, rich, SECOND)["lists"] if use["listed"]]
    assert [use["version"] for use in listed_only] == [versions[3]]


def test_a_number_that_is_only_on_a_registry_has_a_case_file_too(dialer, floor):
    number = "+12125550188"
    import_national(floor, [number])
    case = case_of(dialer, floor, number)
    assert [use["listed"] for use in case["lists"]] == [True] and case["decisions"] == case["calls"] == []


def test_a_version_whose_numbers_are_gone_says_so(dialer, rich):
    first = RegistryStore(rich.root / "registries").versions("US.ndnc")[0].version
    (rich.root / "registries" / "US.ndnc" / first / "data.bin").unlink()
    use = next(use for use in case_of(dialer, rich)["lists"] if use["version"] == first)
    assert use["listed"] is None and "not kept any more" in use["note"] and use["source_sha256"]


@pytest.mark.parametrize(
    "written",
    [
        "+12125550140",
        "2125550140",
        "(212) 555-0140",
        "1-212-555-0140",
        "+1 212.555.0140",
        "２１２５５５０１４０",
        " 212 555 0140 ",
    ],
)
def test_the_number_may_be_written_as_people_write_it(dialer, busy, written: str):
    assert case_of(dialer, busy, written)["number"] == ADA


def test_a_consent_shows_every_column(dialer, rich):
    mine = [each for each in case_of(dialer, rich)["consents"] if each["client"] == "evergreen" and each["entry_id"]]
    (given,) = mine
    assert given["shown_sha256"] and given["scopes"] == [] and given["source"] == "dialer consent grant"
    (ended,) = [each for each in case_of(dialer, rich)["consents"] if each["basis"] == "revoked"]
    assert (ended["client"], ended["reason"], ended["channel"]) == ("", "stop it", "call")
    assert date.fromisoformat(ended["honour_by"]) > datetime.fromisoformat(ended["revoked_at"]).astimezone(UTC).date()


def test_the_page_tells_the_same(dialer, rich, tmp_path: Path):
    file = tmp_path / "case.html"
    assert dialer("--dir", rich.root, "audit", "export", "--number", ADA, "--html", file).code == 0
    page = " ".join(file.read_text().split())
    for words in (
        "Simulated, nobody was called: the calls of run run-1.",
        "Consent taken back, for every client",
        "Business relationship with evergreen noted",
        "Inconvenient time lifted",
        "loaded", "by olga",
        "stop it",
    ):  # fmt: skip
        assert words in page, words
    assert page.count("<style>") == 1 and "{" not in page.split("</style>")[1]
