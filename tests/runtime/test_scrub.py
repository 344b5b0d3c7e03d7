"""Lists judged without loading them: every row has its say, in order, whatever the size of blocks and the workers."""

import csv
import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest
from world import NOON, World, make_world

from campaigns.lists import ListError
from campaigns.lists.blocks import blocks_of
from campaigns.lists.reading import recognise
from dialer.runtime.scrub import decide_all, open_scrub, screen_file
from dialer.runtime.scrub_output import COLUMNS
from dialer.store import erasures, ledger, suppressions

MARKS = ("{0}{1}", "({0}) 555-{2}", "+1{0}{1}", "{0}.555.{2}", " {0}-555-{2} ")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.mktemp("scrub") / "w", people=200)


def written(path: Path, count: int = 600) -> Path:
    """A list with the dirt of real ones: two phone columns, bad rows, doubles, blank lines."""
    rng = random.Random(4)
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["external_id", "phone", "alt_phone", "state", "zip", "consent_basis", "consent_at", "interest"])
        for n in range(count):
            area, line = rng.choice(["212", "305", "850", "214", "801"]), rng.randrange(100, 200)
            phone = rng.choice(MARKS).format(area, f"555{line:04d}", f"{line:04d}")
            cell = f"{rng.choice(['602', '907'])}5550{rng.randrange(100, 200)}" if n % 7 == 0 else ""
            row = [
                f"p{n}",
                phone,
                cell,
                rng.choice(["NY", "TX", ""]),
                rng.choice(["10001", "8068", ""]),
                *_consent(n),
                "a, b",
            ]
            if n % 31 == 0:
                row[1] = rng.choice(["", "555O123", "=cmd()", "8005550100", "212555010", "+44 20 7946 0123"])
            out.writerow(row if n % 53 else [*row, "more"] if n % 2 else row[:2])
            if n % 97 == 0:
                file.write("\n")
    return path


def _consent(n: int) -> list[str]:
    return ["pewc", "2026-05-04T10:00:00Z"] if n % 3 else ["", ""]


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def contacts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("list") / "people.csv")


@pytest.fixture(scope="module")
def decisions(world: World, contacts: Path, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, str]]:
    out = tmp_path_factory.mktemp("out") / "deep" / "decisions.csv"
    screen_file(world.workspace, world.campaign, contacts, at=NOON, out=out)
    return rows_of(out)


def test_every_row_has_its_say_in_order(contacts: Path, decisions: list[dict[str, str]]):
    lines = [int(row["line"]) for row in decisions]
    assert lines == sorted(lines)
    assert set(lines) == set(range(2, len(contacts.read_text().splitlines()) + 1))
    assert {row["column"] for row in decisions} == {"phone", "alt_phone"}
    assert {row["codes"] for row in decisions if not row["number"]} >= {
        "EMPTY",
        "LETTERS",
        "FORMULA",
        "TOLL_FREE",
        "COLUMNS",
    }


def test_a_number_is_called_once(decisions: list[dict[str, str]]):
    fit = [row for row in decisions if row["number"] and row["codes"] != "DUPLICATE"]
    assert max(Counter(row["number"] for row in fit).values()) == 1
    first = {row["number"]: int(row["line"]) for row in fit}
    again = [row for row in decisions if row["codes"] == "DUPLICATE"]
    assert len(again) > 50 and all(first[row["number"]] <= int(row["line"]) for row in again)


def test_no_cell_is_a_formula(decisions: list[dict[str, str]]):
    cells = [cell for row in decisions for cell in row.values()]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t"))]
    assert any(cell.startswith("'+1212555") for cell in cells)


def test_later_tells_when_the_place_opens(world: World, contacts: Path, tmp_path: Path):
    early = NOON - timedelta(hours=5)  # 07:00 in New York
    found = screen_file(world.workspace, world.campaign, contacts, at=early, out=tmp_path / "d.csv")
    later = [row for row in rows_of(tmp_path / "d.csv") if row["opens"]]
    assert 0 < len(later) == found.later and found.allowed == 0
    # 8:00 in New York; 9:00 on the later of the two clocks of Texas.
    opens = {row["opens"] for row in later if row["number"].startswith("'+1212")}
    assert opens == {"2026-11-17T13:00:00Z", "2026-11-17T16:00:00Z"}
    assert all(row["allowed"] == "no" and "HOURS_FEDERAL" in row["codes"] for row in later)


@pytest.mark.parametrize(("size", "processes"), [(300, 1), (2_000, 3), (1 << 20, 2)])
def test_blocks_and_workers_change_nothing(world: World, contacts: Path, decisions, size: int, processes: int):
    scrub, _ = open_scrub(world.workspace, world.campaign, NOON)
    numbers: list[tuple[int, int, int, int]] = []
    for part in decide_all(scrub, blocks_of(recognise(contacts), size), processes):
        numbers.extend(
            zip(part.line.tolist(), part.digits.tolist(), part.reason.tolist(), part.bits.tolist(), strict=True)
        )
    assert [(str(line), f"'+{digits}" if digits else "") for line, digits, _, _ in numbers] == [
        (row["line"], row["number"]) for row in decisions
    ]
    assert [not reason and not bits for *_, reason, bits in numbers] == [row["allowed"] == "yes" for row in decisions]


def test_arrow_says_what_csv_says(world: World, contacts: Path, decisions, tmp_path: Path):
    screen_file(world.workspace, world.campaign, contacts, at=NOON, out=tmp_path / "d.arrow")
    with pa.OSFile(str(tmp_path / "d.arrow")) as file:
        table = pa.ipc.open_file(file).read_all()
    assert tuple(table.column_names) == COLUMNS
    assert [str(line) for line in table["line"].to_pylist()] == [row["line"] for row in decisions]
    for name in ("number", "column", "codes", "why"):
        assert table[name].to_pylist() == [row[name].removeprefix("'") for row in decisions]
    assert [{True: "yes", False: "no"}[each] for each in table["allowed"].to_pylist()] == [
        row["allowed"] for row in decisions
    ]


def test_the_counts_add_up(world: World, contacts: Path, decisions):
    found = screen_file(world.workspace, world.campaign, contacts, at=NOON)
    assert found.numbers == len(decisions) == found.allowed + found.later + found.blocked + found.refused
    assert found.rows == len({row["line"] for row in decisions})
    told = Counter(code for row in decisions for code in row["codes"].split())
    assert {code: count for code, _, count in found.codes()} == told
    assert found.allowed == sum(row["allowed"] == "yes" for row in decisions) > 50


def test_nothing_is_written_to_the_database(world: World, contacts: Path):
    def now() -> tuple[int, bytes]:
        with world.store() as store, store.reading() as tx:
            return ledger.last_seq(tx), world.database.read_bytes()[:100]

    before = now()
    screen_file(world.workspace, world.campaign, contacts, at=NOON)
    assert now() == before


def test_a_list_that_cannot_be_read_leaves_no_decisions(world: World, contacts: Path, tmp_path: Path):
    bad = tmp_path / "bad.csv"
    bad.write_text(contacts.read_text() + 'p,2125550123,"never closed\n' + "p,2125550124,x\n" * 3)
    with pytest.raises(ListError, match="a quote is opened here and not closed"):
        screen_file(world.workspace, world.campaign, bad, at=NOON, out=tmp_path / "d.csv")
    assert [each.name for each in tmp_path.iterdir()] == ["bad.csv"]


def test_the_house_own_words_count_at_once(tmp_path: Path):
    """An opt-out, an erasure and a request of the row itself, on a list that was never loaded."""
    world = make_world(tmp_path / "w", people=6, areas={"212": "NY"}, load=False)
    people = tmp_path / "people.csv"
    people.write_text(
        "phone,phone2,attorney,cease\n2125550150,,,\n2125550151,,,\n2125550152,2125550153,,\n2125550154,,Law LLP,\n"
        "2125550155,,,yes\n2125550154,,,\n"
    )
    words = {"by": "officer", "at": datetime(2026, 11, 1, tzinfo=UTC), "reason": "asked"}
    with world.store() as store, store.writing() as tx:
        suppressions.add(tx, "+12125550151", source="letter", **words)
        erasures.add(tx, ["+12125550153"], **words)
    screen_file(world.workspace, world.campaign, people, at=NOON, out=tmp_path / "d.csv")
    assert [(row["line"], row["codes"]) for row in rows_of(tmp_path / "d.csv")] == [
        ("2", ""), ("3", "DNC_INTERNAL"), ("4", "ERASED"), ("4", "ERASED"), ("5", "ATTORNEY"), ("6", "CEASE"),
        ("7", "DUPLICATE"),
    ]  # fmt: skip
