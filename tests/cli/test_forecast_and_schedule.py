"""`dialer schedule`, `forecast`, `callbacks`, `daily`, `run` under cron: what they print, and their exit codes."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
import time as clock
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import typer

from campaigns.workspace import init_workspace
from dialer.cli import floor
from dialer.runtime.daily import Job, JobIsRunning, due_day
from dialer.store import agents, hopper

NY = ZoneInfo("America/New_York")


def edit(root: Path, old: str, new: str) -> None:
    file = root / "campaigns" / "day.toml"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


def closed(root: Path) -> None:
    today = datetime.now(NY).date()
    pause = f'pauses = [{{ first = {today - timedelta(days=1)}, last = {today + timedelta(days=1)}, why = "moving" }}]'
    edit(root, "[caps]", f"{pause}\n\n[caps]")


def test_a_schedule_says_when_and_why_not(dialer, bare):
    edit(bare.root, 'sun = ["00:00-24:00"]', 'sun = ["01:30-03:00"]\nholidays_closed = true')
    home = ("--dir", bare.root)
    said = dialer(*home, "schedule", "day", "--from", "2026-11-01", "--days", "26")
    assert said.code == 0
    assert "Sun 2026-11-01  01:30-02:00, 01:30-03:00  (the clock is set back by 60 minutes)" in said.out
    assert "Thu 2026-11-26  closed: a public holiday (US)" in said.out
    assert "Mon 2026-11-02  00:00-24:00" in said.out
    found = json.loads(dialer(*home, "schedule", "day", "--from", "2026-11-01", "--days", "1", "--json").out)
    assert found["days"][0]["hours"] == 2.0 and found["days"][0]["open"][1][0] == "2026-11-01T01:30:00-05:00"
    assert dialer(*home, "schedule", "day", "--from", "1.11.2026").code == 2
    assert dialer(*home, "schedule", "dya").code == 1


def test_cron_is_told_that_a_campaign_is_closed_and_why(dialer, bare):
    closed(bare.root)
    for until in ((), ("--until", "closing"), ("--until", "20:00")):
        said = dialer("--dir", bare.root, "run", "day", *until)
        assert said.code == 4 and "closed now (pause until" in said.err and "moving" in said.err, said
    assert "calendar: closed now (pause until" in dialer("--dir", bare.root, "campaigns", "show", "day").out
    assert not list(bare.root.glob("*.log"))


def test_until_closing_ends_with_the_days_last_hours(dialer, changed):
    edit(changed.root, 'mon_fri = ["00:00-24:00"]', 'mon_fri = ["09:00-12:00", "12:30-14:00"]')
    start = ("--clock", "virtual", "--start", "2026-11-17T11:50:00-05:00", "--until", "closing", "--agents", "2")
    said = dialer("--dir", changed.root, "run", "day", *start)
    assert said.code == 0 and "from 2026-11-17 11:50 EST, 2.2 h" in said.out, said


def test_a_followed_campaign_is_stopped_at_until_and_not_before(monkeypatch, capsys):
    monkeypatch.setattr(floor, "_BEAT", 0.05)
    monkeypatch.setattr(floor, "_GLANCE", 0.01)
    board = {"state": "running", "why": "Dialing.", "in_flight": 0, "bridged": 0, "abandonment_rate": None}
    until, asked, stopped = clock.time() + 0.4, [], []

    class Door:
        url = "http://floor"

        def ask(self, method, path, **body):
            if path.endswith("/stop"):
                stopped.append((clock.time(), body["why"]))
            asked.append(path)
            return (404, {}) if stopped and path == "/day" else (200, board)

    assert floor.follow(Door(), "day", until) == 0
    assert len(stopped) == 1 and until <= stopped[0][0] < until + 5 and stopped[0][1] == "--until was reached"
    assert asked.count("/day") >= 3 and "day has ended." in capsys.readouterr().out

    class Busy(Door):
        def ask(self, method, path, **body):
            return 409, {"detail": "day is already running on this floor"}

    assert floor.follow(Busy(), "day", until) == 0
    assert capsys.readouterr().out == "day is already running on this floor; nothing to do.\n"


def test_callbacks_are_listed_reassigned_and_cancelled(dialer, changed):
    home = ("--dir", changed.root)
    assert dialer(*home, "callbacks", "list").code == 4
    promised = datetime(2026, 11, 30, 15, 0, tzinfo=UTC)
    with changed.store() as store, store.writing() as tx:
        agents.add(tx, "bob", "Bob", promised)
        (lead, other) = (row[0] for row in tx.connection.exec_driver_sql("SELECT lead_id FROM lead LIMIT 2"))
        hopper.set_lead(tx, lead, "callback", promised, "LATER", callback_for="ann")
        hopper.set_lead(tx, other, "callback", promised + timedelta(hours=1), "LATER")
    found = json.loads(dialer(*home, "callbacks", "list", "--json").out)
    assert [(each["lead_id"], each["for_agent"]) for each in found] == [(lead, "ann"), (other, None)]
    assert found[0]["at_the_person"] == ["2026-11-30T10:00:00-05:00"] and "number" not in found[0]
    assert [
        each["lead_id"] for each in json.loads(dialer(*home, "callbacks", "list", "--agent", "anyone", "--json").out)
    ] == [other]
    assert dialer(*home, "callbacks", "list", "--client", "somebody else").code == 4
    assert "there is no agent bib" in dialer(*home, "callbacks", "reassign", lead, "--to", "bib").err
    assert dialer(*home, "callbacks", "reassign", lead, "--to", "bob").out.endswith("was ann's and is now bob's.\n")
    assert dialer(*home, "callbacks", "cancel", other, "--why", "wants a letter").code == 0
    assert "has no callback" in dialer(*home, "callbacks", "cancel", other).err
    with changed.store() as store, store.writing() as tx:
        rows = tx.connection.exec_driver_sql(
            f"SELECT status, callback_for, status_why FROM lead WHERE lead_id IN ({lead}, {other}) ORDER BY next_at"
        )
        assert [tuple(row) for row in rows] == [
            ("callback", "bob", "reassigned to bob by the operator"),
            ("waiting", None, "wants a letter"),
        ]
        hopper.hold(tx, "r1", lead, promised)
    said = dialer(*home, "callbacks", "reassign", lead, "--to", "anyone")
    assert said.code == 1 and "with a run at this moment" in said.err


def test_a_forecast_is_made_from_the_list_and_the_calendar(dialer, changed):
    home = ("--dir", changed.root)
    words = ("forecast", "day", "--days", "1", "--from", "2026-11-17T09:00-05:00", "--passes", "2", "--shrinkage", "20")
    said = dialer(*home, *words, "--json")
    assert said.code == 0, said.err
    found = json.loads(said.out)
    assert found["half_hours"][0]["start"] == "2026-11-17T09:00:00-05:00"
    assert found["half_hours"][0]["scheduled"] is None and "No shifts are known" in found["answers"][1]
    assert "one plain rate" in found["sources"][0] and found["simulated_floors"][0]["agents"] == 2
    # New York's law ends at 21:00: nobody is planned for the hours behind it, though the floor is open.
    late = [each for each in found["half_hours"] if each["time"] >= "21:00"]
    assert late and all(each["agents"] == 0 for each in late)


def test_a_daily_job_runs_once_a_day_also_after_downtime(dialer, bare):
    home = ("--dir", bare.root)
    ask = (*home, "daily", "check", "--at", "00:00", "--", "campaigns", "check")
    assert dialer(*ask).code == 0
    again = dialer(*ask)
    assert again.code == 4 and "nothing to do" in again.out
    job = Job(bare.root, "check")
    done = job.done_for()
    assert done is not None
    job.done(done - timedelta(days=9), datetime.now(UTC))  # the machine was off for nine days
    assert dialer(*ask).code == 0 and job.done_for() == done
    # What fails stays due, and its exit code comes through.
    (bare.root / "campaigns" / "bad.toml").write_text("x = 1")
    job.done(done - timedelta(days=1), datetime.now(UTC))
    failed = dialer(*ask)
    assert failed.code == 1 and "stays due" in failed.err and job.done_for() == done - timedelta(days=1)
    with job.alone():
        held = dialer(*ask)
        assert held.code == 0 and "running already" in held.out
        with pytest.raises(JobIsRunning), job.alone():
            pass
    for wrong in (("a/b",), ("x", "--at", "25:00"), ("x", "--zone", "EST")):
        assert dialer(*home, "daily", *wrong, "--", "doctor").code == 2
    assert dialer(*home, "daily", "x", "--", "daily", "y", "--", "doctor").code == 2


def test_the_day_that_is_due_follows_the_clock():
    at = time(2, 30)
    assert str(due_day(at, NY, datetime(2026, 11, 24, 7, 29, tzinfo=UTC))) == "2026-11-23"
    assert str(due_day(at, NY, datetime(2026, 11, 24, 7, 30, tzinfo=UTC))) == "2026-11-24"
    assert str(due_day(at, NY, datetime(2027, 3, 14, 7, 29, tzinfo=UTC))) == "2027-03-13"  # no 02:30 on that night
    assert str(due_day(at, NY, datetime(2027, 3, 14, 7, 30, tzinfo=UTC))) == "2027-03-14"


# ---------------------------------------------------------------------- examples that `dialer init` writes


def commands(folder: Path) -> list[tuple[str, list[str]]]:
    """Every command line of the examples: where it stands, and its words behind `dialer`."""
    found = []
    for file in [folder / "crontab.example", *sorted((folder / "systemd").glob("*.service"))]:
        for line in file.read_text(encoding="utf-8").splitlines():
            called = re.match(r"(?:ExecStart=\S*/|(?:\S+ +){5})dialer (.*)", line)
            if called and not line.startswith("#"):
                found.append((file.name, shlex.split(called[1].split(" >>")[0].replace("%i", "telemarketing"))))
    return found


def test_every_command_of_the_examples_is_one_of_ours(tmp_path):
    from dialer.cli.reference import root

    init_workspace(tmp_path / "f")
    found = commands(tmp_path / "f")
    assert {name for name, _ in found} >= {"crontab.example", "dialer-serve.service", "dialer-nightly.service"}
    assert len(found) >= 12

    def parsed(words: list[str]) -> None:
        command, context = root(), None
        while True:
            context = command.make_context(words[0], list(words[1:]), parent=context, resilient_parsing=False)
            rest = [*context._protected_args, *context.args] if hasattr(command, "commands") else []
            if not rest:
                return
            command, words = command.commands[rest[0]], rest

    for where, words in found:
        inner = words[words.index("--") + 1 :] if words[0] == "daily" else None
        for line in filter(None, (words, inner)):
            try:
                parsed(["dialer", *line])
            except typer.Exit:
                pytest.fail(f"{where}: {line}")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")
def test_the_units_are_sound_to_systemd(tmp_path):
    init_workspace(tmp_path / "f")
    units = tmp_path / "units"
    units.mkdir()
    for file in (tmp_path / "f" / "systemd").iterdir():
        text = (
            file.read_text().replace("/opt/dialer/venv/bin/dialer", sys.executable).replace("User=dialer", "User=root")
        )
        (units / file.name.replace("@.", "@telemarketing.")).write_text(text)
    names = [str(file) for file in sorted(units.iterdir())]
    done = subprocess.run(
        ["systemd-analyze", "verify", *names], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")
