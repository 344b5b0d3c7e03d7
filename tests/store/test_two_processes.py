"""Two processes: what one writes down about a person, the very next dial of the other obeys. Nobody is told."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "runtime"))

from world import NOON, make_world

from campaigns.workspace import Workspace
from dialer.runtime.list_load import load_contacts

DIALER = "import sys; from dialer.cli import main; main()"
#: A process that dials whatever number it reads, through the door that every run goes through, its caches warm.
FLOOR = """
import sys
from datetime import datetime, timedelta
from pathlib import Path
from campaigns.workspace import Workspace
from dialer.carriers.port import PlaceRequest
from dialer.engine.commands import Dial
from dialer.runtime.asking import open_rulebook
from dialer.runtime.dialing import DialRoom
from dialer.runtime.reassigned import reassigned
from dialer.store import calls, outcomes, runs
from dialer.store.database import open_store
from dialer.store.facts import StoreFacts
from dnc.gate import Gate
from dnc.registries import RegistryStore

workspace, at = Workspace.load(Path(sys.argv[1])), datetime.fromisoformat(sys.argv[2])
campaign, book = workspace.campaign("day"), open_rulebook(workspace)
registries = RegistryStore(workspace.registries_dir)
answers = reassigned(registries)
with open_store(workspace.database_url, durable=False) as store:
    with store.writing() as tx:
        runs.start_run(tx, "run-1", campaign="day", node="here", clock="virtual", at=at)
    room = DialRoom(campaign, lambda tx: Gate(book, StoreFacts(tx, registries, rnd=answers)), "run-1", "hand")
    print("ready", flush=True)
    for n, line in enumerate(sys.stdin):
        at += timedelta(days=1)
        number, call_id = line.strip(), f"call-{n}"
        with store.writing() as tx:
            phone = outcomes.phone_in_campaign(tx, "day", number)
            lead = calls.call_facts(tx, phone).lead_id
            answer = room.decide(tx, Dial(at.timestamp(), call_id, lead, phone, number))
            if isinstance(answer, PlaceRequest):
                calls.update_attempt(tx, call_id, state="ended", result="no_answer", ended_at=at)
        print("placed" if isinstance(answer, PlaceRequest) else ",".join(answer.codes), flush=True)
"""


@pytest.fixture
def floor(url, tmp_path, elsewhere):
    """A working folder on this database, and a process that dials."""
    world = make_world(tmp_path / "w", people=4, areas={"212": "NY"}, load=False, lifetime=60)
    if "://" in url:
        settings = world.root / "dialer.toml"
        settings.write_text(settings.read_text().replace("sqlite:///dialer.db", url))

    def run(*words):
        command = [sys.executable, "-c", DIALER, "--dir", str(world.root), *words]
        clean = {**os.environ, "PYTHONTZPATH": ""}
        said = subprocess.run(command, capture_output=True, text=True, timeout=60, env=clean, check=False)
        assert said.returncode == 0, said
        return said.stdout

    workspace = Workspace.load(world.root)
    load_contacts(workspace, workspace.campaign("day"), world.root / "contacts.csv")
    process = elsewhere(FLOOR, world.root, NOON.isoformat())
    assert process.stdout.readline() == "ready\n"

    def dial(number):
        process.stdin.write(f"{number}\n")
        process.stdin.flush()
        return process.stdout.readline().strip()

    return run, dial, next(number for number in world.numbers if number not in world.never)


def test_an_opt_out_of_one_process_stops_the_very_next_dial_of_another(floor):
    run, dial, number = floor
    assert dial(number) == "placed"
    run("dnc", "add", number, "--reason", "stop", "--client", "evergreen")
    assert dial(number) == "DNC_INTERNAL"
    run("dnc", "remove", number, "--reason", "asked back", "--client", "evergreen")
    assert dial(number) == "placed"
    run("dnc", "add", "+1212XXXXXXX", "--reason", "storm")
    assert dial(number) == "DNC_AREACODE"


def test_a_revocation_and_an_erasure_stop_the_very_next_dial_of_another_process(floor):
    run, dial, number = floor
    assert dial(number) == "placed"
    run("consent", "revoke", number, "--reason", "stop calling me")
    assert dial(number) == "CONSENT_REVOKED"
    run("audit", "erase", "--number", number, "--reason", "letter")
    assert dial(number) == "DNC_INTERNAL,CONSENT_REVOKED"
