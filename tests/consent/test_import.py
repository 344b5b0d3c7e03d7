"""A file of consents: nothing doubtful is granted, no revocation is lost, the same file twice is the same state."""

import csv
from datetime import UTC, datetime

import pytest
from world import World

from dialer.runtime.asking import open_rulebook
from dialer.runtime.consent_import import ConsentFile
from dialer.runtime.consent_rows import Terms
from dialer.store import erasures

HEAD = "number,basis,at,scope,text,evidence,channel,revoked_at\n"


def write(world: World, text: str, name: str = "forms.csv", head: str = HEAD):
    file = world.root / name
    file.write_text(head + text, encoding="utf-8")
    return file


def rejects(world: World, name: str = "forms") -> list[tuple[str, str, str]]:
    with (world.root / "rejects" / f"{name}-consents.csv").open(encoding="utf-8-sig", newline="") as file:
        return [(row["line"], row["column"], row["code"]) for row in csv.DictReader(file)]


def stands(consent, number: str) -> dict:
    found = consent("show", number, "--json").json["stands"]
    return next((each for each in found if each["client"] == "evergreen"), {"basis": None, "revoked": None})


def test_the_same_file_twice_leaves_the_same_state(world, consent):
    file = write(
        world,
        '(212) 555-0100,pewc,2026-05-01T10:00:00-05:00,telemarketing,"I agree, ""now""\nand later",web-17,web,\n'
        "\n"
        "+12125550101,express,2026-05-01T10:00Z,,,,call,2026-06-01T10:00Z\n"
        "212.555.0102,,,,,,letter,2026-06-01\n",
    )
    first = consent("import", file, "--campaign", "day", "--json")
    assert first.code == 0
    said = first.json
    assert [said[name] for name in ("read", "granted", "revoked", "known", "refused")] == [3, 2, 2, 0, 0]
    assert said["rejects"] is None
    before = [consent("show", f"+1212555010{n}", "--json").out for n in range(3)]
    again = consent("import", file, "--campaign", "day", "--json").json
    assert [again[name] for name in ("read", "granted", "revoked", "known")] == [3, 0, 0, 4]
    assert before == [consent("show", f"+1212555010{n}", "--json").out for n in range(3)]
    assert [stands(consent, f"+1212555010{n}")["revoked"] for n in range(3)] == [False, True, True]
    assert stands(consent, "+12125550100")["basis"] == "pewc"


def test_every_refusal_has_line_column_code_and_message(world, consent):
    file = write(
        world,
        "+12125550100,pewc,,,,,,\n"
        "+12125550101,pewc,05/01/2026,,,,,\n"
        "+12125550102,pewc,2999-01-01T00:00Z,,,,,\n"
        "212555O103,pewc,2026-05-01T10:00Z,,,,,\n"
        "+12125550104,pwec,2026-05-01T10:00Z,,,,,\n"
        "+12125550105,pewc,2026-05-01T10:00Z,sales,,,,\n"
        "+12125550106,,,,,,web,\n"
        "+12125550107,pewc,2026-05-01T10:00Z,,I agree, and more,,,,\n",
    )
    said = consent("import", file, "--campaign", "day")
    assert said.code == 1 and "8 rows with something refused" in said.out
    assert rejects(world) == [
        ("2", "at", "CONSENT_UNDATED"),
        ("3", "at", "DATE_UNREADABLE"),
        ("4", "at", "CONSENT_FUTURE"),
        ("5", "number", "NUMBER_INVALID"),
        ("6", "basis", "BASIS_UNKNOWN"),
        ("7", "scope", "SCOPE_UNKNOWN"),
        ("8", "basis", "CONSENT_EMPTY"),
        ("9", "", "ROW_WIDTH"),
    ]
    assert all(consent("show", f"+1212555010{n}").code == 4 for n in range(8))


def test_no_revocation_is_lost_whatever_its_row_looks_like(world, consent):
    file = write(
        world,
        "+12125550100,pewc,,,,,,2026-06-01T10:00Z\n"
        "２１２５５５０１０１,pewc,2026-05-01T10:00Z,,,,,last summer\n"
        "+12125550102,nonsense,never,,a,b,c,yes,more,cells\n"
        "+12125550103,revoked,2026-06-01,,,,,\n"
        "+12125550104,revoked,,,,,,\n"
        "nobody,,,,,,,2026-06-01\n",
    )
    said = consent("import", file, "--client", "evergreen", "--json")
    assert said.code == 1 and said.json["revoked"] == 5
    assert all(stands(consent, f"+1212555010{n}")["revoked"] for n in range(5))
    assert ("7", "number", "REVOCATION_LOST") in rejects(world)
    assert any("counts from this import on" in each for each in said.json["warnings"])
    assert consent("import", file, "--client", "evergreen", "--json").json["revoked"] == 0


def test_an_old_form_imported_late_does_not_undo_a_revocation(world, consent):
    assert consent("revoke", "+12125550100", "--at", "2026-06-01T10:00Z").code == 0
    file = write(world, "+12125550100,pewc,2026-05-01T10:00Z,,,,,\n")
    assert consent("import", file, "--campaign", "day").code == 0
    assert stands(consent, "+12125550100")["revoked"] is True


def test_evidence_is_taken_from_its_folder_only(world, consent, tmp_path):
    forms = tmp_path / "forms"
    forms.mkdir()
    (forms / "a.pdf").write_bytes(b"signed")
    (tmp_path / "secret").write_text("not yours")
    file = write(
        world,
        "+12125550100,pewc,2026-05-01T10:00Z,,,a.pdf,,\n"
        "+12125550101,pewc,2026-05-01T10:00Z,,,../secret,,\n"
        "+12125550102,pewc,2026-05-01T10:00Z,,,b.pdf,,\n",
    )
    assert consent("import", file, "--campaign", "day", "--evidence-folder", forms).code == 1
    assert [each[2] for each in rejects(world)] == ["EVIDENCE_MISSING"] * 2
    (row,) = consent("show", "+12125550100", "--json").json["rows"]
    assert (row["reference"], row["copies"]) == ("a.pdf", "intact")


@pytest.mark.parametrize(
    ("head", "text", "says"),
    [
        ("name,phone\n", "Ann,+12125550100\n", "names no column 'number' beside one of 'basis', 'revoked_at'"),
        ("number,phone,basis\n", "1,2,3\n", "two columns mean 'number'"),
        (HEAD, "", "no rows behind its header"),
    ],
)
def test_a_file_that_is_no_list_of_consents_is_refused_in_one_line(world, consent, head, text, says):
    said = consent("import", write(world, text, head=head), "--campaign", "day")
    assert said.code == 1 and says in said.err and said.err.count("\n") == 1


def test_headings_and_delimiters_as_they_come(world, consent):
    file = write(
        world,
        "212-555-0100;PEWC;2026-05-01;I agree\n",
        head="\ufeffPhone Number;Consent Type;Consent Date;Disclosure\n",
    )
    said = consent("import", file, "--campaign", "day", "--json")
    assert (said.code, said.json["granted"]) == (0, 1)
    assert stands(consent, "+12125550100")["basis"] == "pewc"


def test_a_long_file_is_streamed_in_chunks(world, monkeypatch):
    monkeypatch.setattr("dialer.runtime.consent_import._CHUNK", 7)
    rows = "".join(f"+1212555{n:04d},pewc,2026-05-01T10:00Z,,,,,\n" for n in range(1300, 1340))
    seen: list[int] = []
    source = ConsentFile(world.workspace, open_rulebook(world.workspace), write(world, rows), Terms("evergreen"))
    result = source.load("ann", datetime.now(UTC), seen.append)
    assert (result.read, result.granted) == (40, 40)
    assert seen == [7, 14, 21, 28, 35, 40]


def test_past_business_comes_in_the_same_file(world, consent):
    head = "number,last_transaction,last_inquiry,basis,at,channel\n"
    file = write(
        world,
        "+12125550100,2026-05-31,,,,invoice\n"
        "+12125550101,,2026-11-01T10:00-05:00,pewc,2026-05-01T10:00Z,\n"
        "+12125550102,2999-01-01,,,,\n"
        "+12125550103,31.05.2026,,,,\n"
        "212555O104,2026-05-31,,,,\n",
        head=head,
    )
    said = consent("import", file, "--client", "evergreen", "--json")
    assert said.code == 1
    assert [said.json[name] for name in ("relationships", "granted", "refused")] == [2, 1, 3]
    assert [each[1:] for each in rejects(world)] == [
        ("last_transaction", "DATE_FUTURE"), ("last_transaction", "DATE_UNREADABLE"), ("number", "NUMBER_INVALID"),
    ]  # fmt: skip
    (row,) = consent("show", "+12125550100", "--json").json["business"]
    assert (row["kind"], row["day"], row["source"]) == ("transaction", "2026-05-31", "forms.csv, line 2")
    assert consent("import", file, "--client", "evergreen", "--json").json["relationships"] == 0


def test_a_client_that_is_none_of_ours_gets_no_consent_and_binds_all_with_a_revocation(world, consent):
    head = "number,client,basis,at,revoked_at,last_inquiry\n"
    file = write(
        world,
        "+12125550100,EVERGREEN,pewc,2026-05-01T10:00Z,,\n"
        "+12125550101,evergren,pewc,2026-05-01T10:00Z,,\n"
        "+12125550102,evergren,,,2026-06-01T10:00Z,\n"
        "+12125550103,evergren,,,,2026-06-01\n",
        head=head,
    )
    said = consent("import", file, "--json")
    assert said.code == 1 and (said.json["granted"], said.json["revoked"], said.json["relationships"]) == (1, 1, 0)
    assert [each[2] for each in rejects(world)] == ["CLIENT_UNKNOWN"] * 2
    assert stands(consent, "+12125550100")["basis"] == "pewc"
    (row,) = consent("show", "+12125550102", "--json").json["rows"]
    assert row["client"] is None and any("holds for every client" in each for each in said.json["warnings"])


def test_of_a_person_who_was_erased_nothing_from_before_is_brought_back(world, consent):
    number = "+12125550100"
    with world.store() as store, store.writing() as tx:
        erasures.add(tx, [number], at=datetime(2026, 11, 10, tzinfo=UTC), by="officer", reason="letter")
    head = "number,basis,at,text,name,last_transaction,revoked_at\n"
    file = write(
        world,
        f"{number},pewc,2026-05-01T10:00Z,Shown to Ada,Ada Example,2026-05-01,\n"
        f"{number},,,,,,2026-06-01T10:00Z\n"
        f"{number},pewc,2026-11-12T10:00Z,,,,\n",
        head=head,
    )
    said = consent("import", file, "--client", "evergreen", "--json")
    assert (said.json["granted"], said.json["revoked"], said.json["relationships"]) == (1, 1, 0)
    assert rejects(world) == [("2", "number", "ERASED"), ("2", "number", "ERASED")]
    kept = (world.root / "rejects" / "forms-consents.csv").read_text("utf-8-sig")
    assert number not in kept and "Ada" not in kept
    assert not (world.root / "evidence").exists() or not any((world.root / "evidence").iterdir())
    assert all(row["name"] == "" for row in consent("show", number, "--json").json["rows"])
