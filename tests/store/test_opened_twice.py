"""A process that opens its database a second time keeps its hold on it: no other process takes the log away."""

import subprocess
import sys
from datetime import UTC, datetime

from dialer.store import agents, open_store

_ELSEWHERE = """
import sys
from datetime import UTC, datetime
from dialer.store import agents, open_store
with open_store(sys.argv[1]) as store, store.writing() as tx:
    agents.add(tx, sys.argv[2], "", datetime.now(UTC))
    print(*(each.agent_id for each in agents.every(tx)))
"""


def elsewhere(path, agent_id: str) -> str:
    """Another process opens the database, adds an agent, and closes it; what it saw."""
    command = [sys.executable, "-c", _ELSEWHERE, str(path), agent_id]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout.strip()


def test_two_processes_see_each_other_after_the_first_has_opened_the_file_twice(tmp_path):
    path = tmp_path / "dialer.db"
    with open_store(path) as store:
        with store.writing() as tx:
            agents.add(tx, "a", "", datetime.now(UTC))
        with open_store(path) as again, again.reading() as tx:
            assert agents.get(tx, "a") is not None
        assert elsewhere(path, "b") == "a b"
        with store.writing() as tx:
            assert [each.agent_id for each in agents.every(tx)] == ["a", "b"]
            agents.add(tx, "c", "", datetime.now(UTC))
        assert elsewhere(path, "d") == "a b c d"
        with store.reading() as tx:
            assert agents.get(tx, "d") is not None
