"""`dialer carrier simulate` as an operator starts it."""

import json
import signal
import subprocess
import sys
import time

import requests
from typer.testing import CliRunner

from dialer.carriers.emulator import ACCOUNT_SID, AUTH_TOKEN, read_books
from dialer.cli.main import app

COMMAND = [sys.executable, "-c", "from dialer.cli.main import main; main()", "carrier", "simulate", "--port", "0"]


def run(*options):
    return CliRunner().invoke(app, ["carrier", "simulate", "--port", "0", *options])


def test_it_serves_until_it_is_told_to_stop(tmp_path):
    books, people, faults = tmp_path / "books.jsonl", tmp_path / "people.json", tmp_path / "faults.json"
    people.write_text('{"+12025550111": {"result": "human", "ring": 0.5}, "+12025550112": [{"result": "busy"}]}')
    faults.write_text('[{"kind": "refuse", "to": "+12025550113", "code": 21214}]')
    options = ["--json", "--books", books, "--people", people, "--faults", faults, "--agent-phone", "+12025550199"]
    with subprocess.Popen([*COMMAND, *map(str, options)], stdout=subprocess.PIPE, text=True) as process:
        told = json.loads(process.stdout.readline())
        assert told["base_url"].startswith("http://127.0.0.1:") and told["auth_token"] == AUTH_TOKEN

        def dial(to):
            form = {"To": to, "From": told["numbers"][0], "Twiml": "<Response><Pause length='60'/></Response>"}
            url = f"{told['base_url']}/2010-04-01/Accounts/{ACCOUNT_SID}/Calls.json"
            return requests.post(url, data=form, auth=(ACCOUNT_SID, AUTH_TOKEN), timeout=5).status_code

        assert [dial(f"+120255501{last}") for last in ("11", "13", "99")] == [201, 400, 201]
        deadline = time.monotonic() + 10.0
        while sum(each.answered_at is not None for each in read_books(books)) < 2 and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)
        counted = json.loads(process.stdout.readline())
        assert process.wait(10) == 0
    assert counted == {
        "calls": 2,
        "dialed": 2,
        "answered": 2,
        "joined_to_somebody": 0,
        "callbacks": 0,
        "callbacks_unanswered": 0,
        "violations": 0,
    }
    assert {each.status for each in read_books(books)} == {"completed"}


def test_it_says_what_to_write_into_the_settings_and_ends_by_itself():
    ended = run("--for", "0.2", "--browser-url", "http://127.0.0.1:8000/browser")
    assert ended.exit_code == 0
    assert f'account_sid = "{ACCOUNT_SID}"' in ended.output and "application_sid = " in ended.output
    assert f"DIALER_TWILIO_AUTH_TOKEN={AUTH_TOKEN}" in ended.output
    assert ended.output.splitlines()[-1].startswith("calls 0; dialed 0;")


def test_what_cannot_be_is_one_line(tmp_path):
    wrong = tmp_path / "faults.json"
    wrong.write_text('[{"kind": "explode"}]')
    for options, part in (
        (["--faults", str(wrong)], "explode"),
        (["--faults", str(tmp_path / "none.json")], "No such file"),
        (["--people", str(wrong)], "write one JSON object"),
        (["--books", str(tmp_path / "none" / "books.jsonl")], "cannot be written"),
        (["--host", "192.0.2.1"], "cannot listen on 192.0.2.1"),
    ):
        ended = run(*options)
        assert ended.exit_code == 1 and part in ended.output, ended.output


def test_the_command_line_does_not_load_the_emulator_for_its_help():
    code = "import sys; import dialer.cli.main; print([m for m in sys.modules if 'emulator' in m or m == 'fastapi'])"
    assert subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout == "[]\n"
