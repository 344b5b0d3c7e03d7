"""Exit codes, JSON, and the mistakes of operators: one line that says what to do, never a traceback."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from world import NOON, World, run_day, settings_of

HEAVY = (
    "pandas",
    "numpy",
    "sqlalchemy",
    "phonenumbers",
    "scipy",
    "pyarrow",
    "matplotlib",
    "holidays",
    "alembic",
    "twilio",
    "fastapi",
    "httpx",
    "structlog",
)


@pytest.mark.parametrize("words", [["--help"], ["run", "--help"], ["dnc", "import", "--help"], ["--version"]])
def test_help_imports_nothing_heavy(words: list[str]):
    look = (
        "import sys; from dialer.cli import main\n"
        f"sys.argv = ['dialer', *{words!r}]\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code\n"
        f"found = [name for name in {HEAVY!r} if name in sys.modules]\n"
        "assert not found, found"
    )
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("words", [["--help"], ["--version"]])
def test_the_help_of_the_root_imports_no_command(words: list[str]):
    look = (
        "import sys; from dialer.cli import main\n"
        f"sys.argv = ['dialer', *{words!r}]\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code\n"
        "print(*(name for name in sys.modules if name.startswith(('dialer', 'campaigns', 'dnc'))), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True, timeout=60)
    assert set(done.stderr.split()) == {"dialer", *(f"dialer.cli{each}" for each in ("", ".common", ".lazy", ".main"))}


def test_the_line_of_each_command_in_the_root_is_the_beginning_of_its_own_help():
    from typer.main import get_command

    from dialer.cli.main import app
    from dialer.cli.reference import root

    lines = {name: command.help for name, command in get_command(app).commands.items()}
    loaded = root().commands
    assert list(lines) == list(loaded)
    for name, line in lines.items():
        assert line == " ".join(loaded[name].help.split("\n\n")[0].split()), name


@pytest.mark.parametrize("words", [[], ["dnc"]])
def test_a_group_without_a_command_shows_its_help(dialer, words: list[str]):
    said = dialer(*words)
    assert said.code == 2 and not said.out
    assert said.err == dialer(*words, "--help").out and said.err.startswith("Usage: ")


@pytest.mark.parametrize("at", ["0001-01-01", "9999-12-31T23:59", "0001-01-01T00:00+14:00", "1969-12-31"])
def test_an_instant_beyond_all_calendars_is_one_line(dialer, shown: World, at: str):
    for words in (("campaigns", "preview", "day"), ("why", "2125550100", "--campaign", "day")):
        said = dialer("--dir", shown.root, *words, "--at", at)
        assert said.code == 2 and "of the years 1970 to 2199" in said.err and len(said.err.splitlines()) == 1


def test_a_list_without_rows_is_said(dialer, bare: World):
    file = bare.root / "none.csv"
    file.write_text("phone\n")
    said = dialer("--dir", bare.root, "lists", "load", file, "--campaign", "day")
    assert said.code == 4 and "none.csv has no rows" in said.err
    said = dialer("--dir", bare.root, "lists", "load", "x" * 300, "--campaign", "day")
    assert said.code == 1 and len(said.err.splitlines()) == 1


def every_command() -> list[list[str]]:
    """The words of every command there is."""
    from dialer.cli.reference import commands

    return [name.split()[1:] for name, _ in commands()]


@pytest.mark.parametrize("words", every_command(), ids=" ".join)
def test_every_command_has_help_with_an_example(dialer, words: list[str]):
    said = dialer(*words, "--help")
    assert said.code == 0
    assert "Example" in said.out and f"dialer {' '.join(words)}" in " ".join(said.out.split())


def test_a_day_from_the_first_command_to_the_last(dialer, tmp_path: Path):
    root = tmp_path / "floor"
    at = ("--dir", root)
    assert dialer("init", root).code == 0
    assert dialer("init", root).code == 1  # nothing is overwritten unasked
    assert dialer(*at, "campaigns", "check").code == 0
    assert dialer(*at, "dnc", "status").code == 3  # no list was imported yet
    assert dialer(*at, "doctor").code == 1
    assert dialer(*at, "report", "collections").code == 4
    obtained = datetime.now(UTC) - timedelta(hours=2)
    national = tmp_path / "national.txt"
    national.write_text("212,5550101\n602,5550102\n")
    said = dialer(*at, "dnc", "import", national, "--format", "us_ndnc", "--obtained", obtained.isoformat(), "--json")
    assert said.code == 0 and json.loads(said.out)["outcome"] == "accept"
    people = tmp_path / "people.csv"
    people.write_text("phone,debt_id\n" + "".join(f"212-555-01{line:02d},d{line}\n" for line in range(40)))
    loaded = dialer(*at, "lists", "load", people, "--campaign", "collections", "--json")
    assert loaded.code == 0 and json.loads(loaded.out)["funnel"]["loaded"] == 40
    again = dialer(*at, "lists", "load", people, "--campaign", "collections", "--json")
    assert again.code == 0 and json.loads(again.out)["already_loaded"]
    assert (
        json.loads(dialer(*at, "lists", "show", "--campaign", "collections", "--json").out)[0]["file"] == "people.csv"
    )
    day = ("--clock", "virtual", "--start", "2026-11-17T09:00-06:00", "--until", "09:30", "--agents", "2")
    ran = dialer(*at, "run", "collections", *day, "--record", tmp_path / "record.jsonl")
    assert ran.code == 0 and "collections: the day is over" in ran.out and "Traceback" not in ran.err
    assert "5550" not in ran.err  # numbers are masked in logs
    shown = json.loads(dialer(*at, "campaigns", "show", "collections", "--json").out)
    assert sum(shown["attempts"].values()) > 10 and "open" not in shown["attempts"]
    assert shown["running_on"] is None
    verified = dialer(*at, "audit", "verify", "--json")
    assert verified.code == 0 and json.loads(verified.out)["ok"]
    assert json.loads(dialer(*at, "report", "collections", "--json").out)
    assert dialer(*at, "report", "collections").code == 0
    figures = tmp_path / "figures.csv"
    assert dialer(*at, "report", "collections", "--csv", figures).code == 0 and figures.stat().st_size


def test_the_internal_list_from_the_command_line(dialer, changed: World):
    at = ("--dir", changed.root)
    number = "+12125550177"
    words = ("--reason", "asked", "--source", "letter")
    assert dialer(*at, "dnc", "remove", number, *words).code == 4
    assert dialer(*at, "dnc", "add", "212 555 0177", *words).code == 0
    listed = dialer(*at, "dnc", "check", number, "--json")
    assert listed.code == 3 and json.loads(listed.out)["internal"][0]["reason"] == "asked"
    assert "(again" in dialer(*at, "dnc", "add", number, *words).out
    refused = dialer(*at, "why", number, "--campaign", "day", "--at", NOON.isoformat(), "--json")
    assert json.loads(refused.out)["reasons"] == ["DNC_INTERNAL"]
    exported = dialer(*at, "audit", "export", "--number", number)
    assert exported.code == 0 and len(json.loads(exported.out)["do_not_call"]) == 2
    assert dialer(*at, "dnc", "remove", number, *words).code == 0
    assert json.loads(dialer(*at, "dnc", "check", number, "--json").out)["internal"] == []
    assert dialer(*at, "audit", "export", "--number", "+12125550178").code == 4
    assert dialer(*at, "dnc", "add", "+1602XXXXXXX", *words).code == 0
    assert dialer(*at, "dnc", "status", "--json").out.startswith("[")


def test_a_changed_ledger_is_found_and_named(dialer, tmp_path: Path, changed: World):
    import sqlite3

    run_day(changed, hours=0.05, settings=settings_of(agents=2))
    assert dialer("--dir", changed.root, "audit", "verify").code == 0
    with sqlite3.connect(changed.database) as connection:
        connection.execute("DROP TRIGGER guard_ledger_update")
        connection.execute("UPDATE ledger SET body = replace(body, 'evergreen', 'somebody') WHERE seq = 2")
    connection.close()
    said = dialer("--dir", changed.root, "audit", "verify")
    assert said.code == 1 and "row 2" in said.err


def test_a_campaign_that_runs_elsewhere_is_left_alone(dialer, changed: World):
    import sqlite3

    from hand import Hand

    with changed.store() as store:
        Hand(changed, store)
        with sqlite3.connect(changed.database) as connection:
            connection.execute("UPDATE lease SET expires_at = '2999-01-01 00:00:00.000000'")
        connection.close()
        said = dialer("--dir", changed.root, "run", "day", "--clock", "virtual", "--start", NOON.isoformat())
    assert said.code == 0 and "already running" in said.out


BAD_CAMPAIGNS = {
    "not TOML": "name = [",
    "empty": "",
    "a wrong key": 'client = "x"\nspeed = 3\n',
    "not text": "\x00\x01\x02",
}


@pytest.mark.parametrize("what", BAD_CAMPAIGNS)
@pytest.mark.parametrize(
    "words",
    [
        ("campaigns", "check"),
        ("campaigns", "show", "bad"),
        ("run", "bad"),
        ("why", "2125550101", "--campaign", "bad"),
        ("report", "bad"),
        ("dnc", "status"),
    ],
    ids=lambda words: words[0],
)
def test_a_broken_campaign_file_is_named(dialer, shown: World, tmp_path: Path, what: str, words: tuple[str, ...]):
    (tmp_path / "campaigns").mkdir()
    (tmp_path / "dialer.toml").write_text("")
    (tmp_path / "campaigns" / "bad.toml").write_text(BAD_CAMPAIGNS[what])
    said = dialer("--dir", tmp_path, *words)
    assert said.code == 1
    assert "bad.toml" in said.err
    assert all(line.startswith("dialer: ") for line in said.err.splitlines())


def _files(root: Path) -> dict[str, Path]:
    """Files that are not what they should be."""
    made = {name: root / name for name in ("missing", "folder", "binary", "empty", "page.html")}
    made["folder"].mkdir(parents=True)
    made["binary"].write_bytes(bytes(range(256)) * 40)
    made["empty"].write_bytes(b"")
    made["page.html"].write_text("<!DOCTYPE html><html><body>Please sign in</body></html>")
    return made


@pytest.mark.parametrize("what", ["missing", "folder", "binary", "empty", "page.html"])
@pytest.mark.parametrize(
    "words",
    [
        ("lists", "load", "FILE", "--campaign", "day"),
        ("dnc", "import", "FILE", "--format", "us_ndnc"),
        ("dnc", "import", "FILE", "--format", "us_state", "--registry", "US-TX.state", "--dry-run"),
        ("rules", "test", "FILE"),
        ("lists", "load", "contacts.csv", "--campaign", "day", "--mapping", "FILE"),
    ],
    ids=lambda words: "-".join(words[:2]) + f"-{len(words)}",
)
def test_a_file_that_is_not_what_it_should_be(dialer, shown: World, tmp_path: Path, what: str, words: tuple[str, ...]):
    files = _files(tmp_path / "files")
    fresh = tmp_path / "contacts.csv"
    fresh.write_text("phone\n2125550190\n")
    named = [files[what] if word == "FILE" else fresh if word == "contacts.csv" else word for word in words]
    said = dialer("--dir", shown.root, *named)
    if words[0] == "rules" and what == "empty":
        assert said.code in (0, 1)
        return
    assert said.code == 1, said
    spoken = said.err + said.out
    assert spoken.strip() and "Traceback" not in spoken
    assert all(line.startswith("dialer: ") for line in said.err.splitlines())


@pytest.mark.parametrize(
    ("words", "code", "names"),
    [
        (("campaigns", "show", "nope"), 1, "nope"),
        (("run", "nope"), 1, "nope"),
        (("report", "nope"), 1, "nope"),
        (("why", "2125550101", "--campaign", "dy"), 1, "did you mean 'day'"),
        (("lists", "load", "contacts.csv", "--campaign", "nope"), 1, "nope"),
        (("why", "2125550101"), 2, "--campaign"),
        (("why", "2125550101", "--campaign", "day", "--at", "tomorrow"), 2, "tomorrow"),
        (("run", "day", "--clock", "sundial"), 2, "sundial"),
        (("run", "day", "--start", "2026-11-17T09:00"), 2, "--clock virtual"),
        (("run", "day", "--until", "soon"), 2, "soon"),
        (("run", "day", "--until", "25:00"), 2, "25:00"),
        (("run", "day", "--agents", "0"), 2, "--agents"),
        (
            ("run", "day", "--clock", "virtual", "--start", "2026-11-17T09:00", "--until", "2026-11-17T08:00"),
            2,
            "--until",
        ),
        (("dnc", "import", "x", "--format", "carrier-pigeon"), 2, "carrier-pigeon"),
        (("dnc", "import", "x", "--format", "us_ndnc", "--replace-all", "--merge"), 2, "--merge"),
        (("dnc", "import", "x", "--format", "us_ndnc", "--obtained", "yesterday"), 2, "yesterday"),
        (("dnc", "import", "x", "--format", "us_state", "--registry", "Texas"), 1, "Texas"),
        (("dnc", "add", "12", "--reason", "x"), 1, "12"),
        (("dnc", "add", "2125550101", "--reason", " "), 2, "--reason"),
        (("dnc", "add", "2125550101", "--reason", "x", "--expires", "never"), 2, "never"),
        (("dnc", "add", "2125550101", "--reason", "x", "--client", "a", "--campaign", "day"), 2, "--client"),
        (("dnc", "add", "2125550101", "--reason", "x", "--campaign", "nope"), 1, "nope"),
        (("dnc", "add", "2125550101"), 2, "--reason"),
        (("dnc", "rollback", "US.ndnc", "--reason", "x", "--version", "nope"), 1, "nope"),
        (("dnc", "rollback", "XX.list", "--reason", "x"), 1, "XX.list"),
        (("audit", "export", "--number", "nobody"), 1, "nobody"),
        (("rules", "show", "US-ZZ"), 4, "US-ZZ"),
        (("report", "day", "--since", "2026-12-01", "--until", "2026-11-01"), 4, "never run"),
        (("frobnicate",), 2, "frobnicate"),
    ],
    ids=lambda value: "-".join(value)[:60] if isinstance(value, tuple) else None,
)
def test_a_mistake_is_one_line_that_names_it(dialer, shown: World, words, code: int, names: str):
    said = dialer("--dir", shown.root, *words)
    assert said.code == code, said
    assert names in " ".join(said.err.split()), said
    assert "Traceback" not in said.err and said.out == ""
    if code in (1, 4):
        assert said.err.startswith("dialer: ") and said.err.count("\n") == 1


def test_a_mistake_of_run_leaves_the_campaign_free(dialer, bare: World):
    from hand import rows

    bare.store().close()
    assert dialer("--dir", bare.root, "run", "day", "--until", "soon").code == 2
    lease = rows(bare, "SELECT holder FROM lease")
    assert lease in ([], [{"holder": ""}]), "the campaign stays taken after a mistyped option"
    assert rows(bare, "SELECT * FROM run") == []


def test_a_folder_that_is_none(dialer, tmp_path: Path):
    said = dialer("--dir", tmp_path / "nowhere", "campaigns", "check")
    assert said.code == 1 and "dialer init" in said.err and said.err.count("\n") == 1


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("lease_seconds = 1", "lease_seconds"),
        ("speed = 3", "speed"),
        ("= broken", "dialer.toml"),
        ("\x00", "dialer.toml"),
    ],
)
def test_broken_settings_are_named(dialer, tmp_path: Path, text: str, names: str):
    (tmp_path / "dialer.toml").write_text(text)
    said = dialer("--dir", tmp_path, "campaigns", "check")
    assert said.code == 1 and names in said.err
    assert said.err.startswith("dialer: ") and said.err.count("\n") == 1


@pytest.mark.parametrize("what", ["garbage", "folder"])
@pytest.mark.parametrize(
    "words",
    [("campaigns", "show", "day"), ("audit", "verify"), ("run", "day"), ("dnc", "add", "2125550101", "--reason", "x")],
    ids=lambda words: words[0],
)
def test_a_database_that_is_none(dialer, bare: World, what: str, words: tuple[str, ...]):
    for file in bare.root.glob("dialer.db*"):
        file.unlink()
    if what == "folder":
        bare.database.mkdir()
    else:
        bare.database.write_text("This is a letter. " * 500)
    said = dialer("--dir", bare.root, *words)
    assert said.code == 1 and "dialer.db" in said.err
    assert said.err.startswith("dialer: ") and said.err.count("\n") == 1


@pytest.mark.parametrize("words", [("why", "2125550101", "--campaign", "day"), ("rules", "show"), ("run", "day")])
def test_a_broken_rule_overlay_stops_everything_and_is_named(dialer, bare: World, words: tuple[str, ...]):
    (bare.root / "rules").mkdir()
    (bare.root / "rules" / "calling_windows.toml").write_text("[[window]]\nid = 3\n")
    said = dialer("--dir", bare.root, *words)
    assert said.code == 1 and "calling_windows.toml" in said.err
    assert all(line.startswith("dialer: ") for line in said.err.splitlines())


def test_a_damaged_registry_stops_nothing_but_its_own_calls(dialer, changed: World):
    version = next((changed.root / "registries" / "US.ndnc").glob("*/"))
    for file in version.iterdir():
        file.write_bytes(b"damaged")
    said = dialer("--dir", changed.root, "dnc", "check", "2125550101")
    assert said.code == 3 and "unreadable" in said.out
    refused = dialer(
        "--dir", changed.root, "why", "2125550101", "--campaign", "day", "--at", NOON.isoformat(), "--json"
    )
    assert refused.code == 3 and json.loads(refused.out)["allowed"] is False
    rolled = dialer("--dir", changed.root, "dnc", "rollback", "US.ndnc", "--reason", "damaged")
    assert rolled.code == 1 and rolled.err.startswith("dialer: ")


def test_a_record_that_cannot_be_written_is_named_before_anything_is_taken(dialer, bare: World):
    from hand import rows

    bare.store().close()
    for place in ("nowhere/record.jsonl", "campaigns"):
        said = dialer("--dir", bare.root, "run", "day", "--record", bare.root / place)
        assert said.code == 1 and said.err.startswith("dialer: ") and place in said.err
    assert rows(bare, "SELECT * FROM run") == []


def test_a_simulated_world_that_cannot_be_is_named(dialer, bare: World):
    file = bare.root / "campaigns" / "day.toml"
    file.write_text(file.read_text() + "\n[simulation]\nagents = -1\nspeed = 3\n")
    for words in (("campaigns", "check", "day"), ("run", "day")):
        said = dialer("--dir", bare.root, *words)
        assert said.code == 1 and "simulation.agents" in said.err and "simulation.speed" in said.err
