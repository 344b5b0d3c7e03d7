"""An erased person stays erased: whatever list brings the data again, the row is refused and nothing of it is kept."""

import csv
import json
from datetime import timedelta
from pathlib import Path

import pytest
from case_world import ADA, BOB, SECOND, TIME

from dialer.runtime.list_load import load_contacts
from dialer.store import erasures, lists
from dialer.store.lists import NewLead, NewPhone
from dnc.places import place_of
from dnc.values import Address

WORDS = ("--reason", "letter of 20 Nov")
HEAD = "external_id,first_name,last_name,email,address,city,state,postal_code,phone,phone2,consent_basis,consent_at\n"
AGAIN = "x9,Adelheid,Exemplar,again@example.invalid,9 Back St,New York,NY,10001,{},{},pewc,2026-05-04T10:00:00+00:00\n"
OTHERS = "x8,Dora,Sample,dora@example.invalid,8 Side St,New York,NY,10001,+12125550170,,,\n"
TELLING = ("Adelheid", "Exemplar", "again@example", "9 Back St", "x9")


@pytest.fixture
def erased(dialer, floor):
    """The floor after Ada was erased, with both her numbers."""
    said = dialer("--dir", floor.root, "audit", "erase", "--number", ADA, *WORDS)
    assert said.code == 0, said.err
    return floor


def load(dialer, floor, text: str, name: str = "again.csv") -> tuple[dict, list[dict[str, str]]]:
    file = floor.root / name
    file.write_text(text)
    said = dialer("--dir", floor.root, "lists", "load", file, "--campaign", "day", "--json")
    assert said.code == 0, said.err
    answer = json.loads(said.out)
    file.unlink()
    with Path(answer["rejects"]).open(encoding="utf-8-sig", newline="") as rejects:
        return answer, list(csv.DictReader(rejects))


def everything_kept(floor) -> str:
    """Every byte in the working folder."""
    return "".join(path.read_bytes().decode("utf-8", "replace") for path in floor.root.rglob("*") if path.is_file())


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (ADA, ""),
        (SECOND, ""),
        ("(212) 555-0140", ""),
        (ADA, "+12125550177"),  # with a number that nobody knows yet
        ("+12125550177", ADA),
        ("nonsense", ADA),
        (SECOND, "2125550"),
    ],
)
def test_a_later_list_does_not_bring_the_person_back(dialer, erased, first, second):
    answer, rejects = load(dialer, erased, HEAD + OTHERS + AGAIN.format(first, second))
    assert (answer["funnel"]["loaded"], answer["funnel"]["refused"], answer["funnel"]["read"]) == (1, 1, 2)
    ((at,),) = erased.sql("SELECT max(at) FROM erasure")
    assert [(row["line"], row["effect"], row["code"], row["value"]) for row in rejects] == [
        ("3", "row refused", "ERASED", ""),
    ]  # fmt: skip
    assert rejects[0]["message"] == f"erased at the person's request on {at[:10]}; nothing of the row is kept"
    assert erased.sql("SELECT count(*) FROM lead WHERE first_name = 'Dora'") == [(1,)]
    kept = everything_kept(erased)
    assert not [word for word in TELLING if word in kept] and "+12125550177" not in kept


def test_neither_does_the_second_of_two_rows_nor_one_that_is_too_wide(dialer, erased):
    wide = AGAIN.format(ADA, "").replace("\n", ",more,cells\n")
    answer, rejects = load(dialer, erased, HEAD + AGAIN.format(ADA, "") + AGAIN.format(ADA, "+12125550177") + wide)
    assert answer["funnel"]["loaded"] == 0
    assert [(row["line"], row["code"], row["value"]) for row in rejects] == [
        ("2", "ERASED", ""), ("3", "ERASED", ""), ("4", "COLUMNS", ""),
    ]  # fmt: skip
    assert not [word for word in TELLING if word in everything_kept(erased)]


def test_nor_a_list_of_another_campaign_or_client(dialer, erased):
    text = (erased.root / "campaigns" / "day.toml").read_text()
    other = text.replace('name = "day"', 'name = "night"').replace('"evergreen"', '"rival"')
    (erased.root / "campaigns" / "night.toml").write_text(other)
    file = erased.root / "again.csv"
    file.write_text(HEAD + AGAIN.format(ADA, ""))
    said = dialer("--dir", erased.root, "lists", "load", file, "--campaign", "night", "--json")
    assert said.code == 0 and json.loads(said.out)["funnel"]["refused"] == 1


def test_who_asks_to_be_called_again_may_be_loaded_again(dialer, erased):
    words = ("--reason", "asked in writing to be called", "--source", "letter of 1 Dec")
    assert dialer("--dir", erased.root, "dnc", "remove", ADA, *words).code == 0
    assert load(dialer, erased, HEAD + AGAIN.format(SECOND, ""))[0]["funnel"]["refused"] == 1  # of this number not yet
    said = dialer("--dir", erased.root, "dnc", "remove", SECOND, *words)
    assert said.code == 0 and "lists may load the person again now" in said.out
    # The number stands with the blanked lead of old; a new number of hers is a new lead.
    answer, _ = load(dialer, erased, HEAD + AGAIN.format(ADA, "+12125550177"), "later.csv")
    assert (answer["funnel"]["refused"], answer["funnel"]["loaded"]) == (0, 1)


def test_a_person_who_is_erased_while_a_list_is_being_loaded_is_not_loaded(floor):
    place = place_of("+12125550171", Address("US", "NY"))
    told: list[tuple[int, object]] = []

    def rows():
        for n in range(6):
            if n == 3:
                with floor.world.store() as other, other.writing() as tx:
                    erasures.add(tx, ["+12125550174"], at=TIME, by="officer", reason="letter")
            yield NewLead(line=n + 2, phones=[NewPhone(f"+1212555017{n}", place)], first_name=f"Person {n}")

    with floor.world.store() as store:
        found = lists.insert_list(
            store, "day", rows(), file_name="new.csv", sha256="5" * 64, at=TIME, by="ann", chunk=2,
            refused=lambda line, at: told.append((line, at)),
        )  # fmt: skip
    assert (found.funnel["loaded"], found.funnel["erased"], told) == (5, 1, [(6, TIME)])
    assert floor.sql("SELECT count(*) FROM lead WHERE first_name = 'Person 4'") == [(0,)]


def test_a_load_that_is_broken_off_by_an_erasure_says_so_in_the_reject_file(floor, monkeypatch):
    """The erasure is committed after the reader asked who is erased, and before the rows are written."""
    every = erasures.every

    def too_early(tx):
        found = every(tx)
        assert found == {}
        return found

    monkeypatch.setattr("dialer.runtime.list_load.erasures.every", too_early)
    monkeypatch.setattr("dialer.store.lists.erasures.in_force", lambda tx, numbers: {"+12125550170": TIME})
    file = floor.root / "again.csv"
    file.write_text(HEAD + OTHERS)
    result = load_contacts(floor.world.workspace, floor.world.campaign, file)
    assert result.funnel["erased"] == 1 and result.rejects is not None
    assert "ERASED" in result.rejects.read_text("utf-8-sig") and "Dora" not in result.rejects.read_text("utf-8-sig")


def test_the_answer_says_that_lists_are_refused_from_now_on(dialer, floor):
    words = ("audit", "erase", "--number", ADA, *WORDS)
    dry = dialer("--dir", floor.root, *words, "--dry-run")
    assert "would be refused from now on" in dry.out and floor.sql("SELECT count(*) FROM erasure") == [(0,)]
    answer = json.loads(dialer("--dir", floor.root, *words, "--json").out)
    assert answer["refused_in_lists_from_now_on"] == [ADA, SECOND]
    kept = {each["what"]: each for each in answer["kept"]}
    assert "refuses the person's rows" in kept["the erasure itself, for each number"]["why"]
    assert floor.sql("SELECT number FROM erasure ORDER BY 1") == [(ADA,), (SECOND,)]


def test_a_number_that_only_an_entry_knows_is_refused_in_lists_too(dialer, floor):
    floor.suppress("+12125550188")
    words = ("audit", "erase", "--number", "+12125550188", *WORDS, "--json")
    assert json.loads(dialer("--dir", floor.root, *words).out)["changed"] is True
    assert json.loads(dialer("--dir", floor.root, *words).out)["changed"] is False
    assert load(dialer, floor, HEAD + AGAIN.format("+12125550188", ""))[0]["funnel"]["refused"] == 1


def test_relationships_are_kept_as_long_as_consents_and_go_with_their_proof(dialer, floor):
    from dialer.runtime import erasure
    from dialer.runtime.asking import open_rulebook

    form = floor.root.parent / "bill.pdf"
    form.write_bytes(b"paid")
    words = ("consent", "ebr", BOB, "--transaction", "2026-11-01", "--campaign", "day", "--evidence", form)
    assert dialer("--dir", floor.root, *words).code == 0
    assert dialer("--dir", floor.root, "consent", "ebr", ADA, *words[3:]).code == 0
    answer = json.loads(dialer("--dir", floor.root, "audit", "erase", "--number", BOB, *WORDS, "--json").out)
    kept = {each["what"]: each for each in answer["kept"]}
    assert kept["business relationships with evergreen"]["rule"] == "US.tsr.consent"
    assert answer["relationships_removed"] == answer["copies_of_proof_removed"] == 0
    ((digest,),) = floor.sql("SELECT DISTINCT evidence FROM relationship")
    book = open_rulebook(floor.world.workspace)
    for number, copies in ((BOB, ()), (ADA, (digest,))):  # the same bill proves both: it goes with the last
        with floor.world.store() as store, store.writing() as tx:
            at = TIME + timedelta(days=6 * 366)
            planned = erasure.plan(tx, number, book=book, at=at, by="officer", reason="letter")
            erasure.carry_out(tx, planned)
        assert len(planned.removed_relationships) == 1 and planned.removed_copies == copies
    assert floor.sql("SELECT count(*) FROM relationship") == [(0,)]


def test_a_consent_past_its_retention_goes_with_the_copies_of_its_proof(dialer, floor):
    number, form = "+12125550177", floor.root.parent / "form.pdf"
    form.write_bytes(b"signed by Ada")
    words = ("--basis", "pewc", "--at", "2014-05-01T10:00Z", "--client", "evergreen", "--evidence", form)
    assert dialer("--dir", floor.root, "consent", "grant", number, *words, "--shown", "Yes?").code == 0
    assert len(list((floor.root / "evidence").iterdir())) == 2
    floor.sql("UPDATE consent SET recorded_at = '2014-05-01 10:00:00.000000'")
    answer = json.loads(dialer("--dir", floor.root, "audit", "erase", "--number", number, *WORDS, "--json").out)
    assert (answer["consents_removed"], answer["copies_of_proof_removed"]) == (1, 2)
    assert list((floor.root / "evidence").iterdir()) == [] and floor.sql("SELECT * FROM consent") == []


@pytest.mark.parametrize(
    "words",
    [
        ("grant", "--basis", "pewc", "--at", "2026-05-01T10:00Z", "--name", "Ada"),
        ("ebr", "--transaction", "2026-05-01"),
    ],
)
def test_by_hand_nothing_from_before_is_brought_back_either(dialer, erased, words):
    command, *rest = words
    said = dialer("--dir", erased.root, "consent", command, ADA, *rest, "--client", "evergreen")
    assert said.code == 1 and "erased at the person's request" in said.err and said.err.count("\n") == 1
    assert dialer("--dir", erased.root, "consent", "revoke", ADA).code == 0
