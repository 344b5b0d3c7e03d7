"""An import that dies anywhere, runs twice at once, or finds the disk full: the version in use is whole."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from nursery import Nursery
from registry_kit import flat_text

from dnc.registries import RegistryStore

#: Two lists with no number in common, of 100 exchanges each, so that there is something to be killed in.
LISTS = [
    [919_200_0000 + 10_000 * (2 * exchange + which) + line for exchange in range(100) for line in range(200)]
    for which in range(2)
]


class House:
    """A workspace with one of the two lists in use, and the command that imports the other."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.files = [root / "list0.txt", root / "list1.txt"]
        for file, numbers in zip(self.files, LISTS, strict=True):
            file.write_text(flat_text(numbers))
        (root / "dialer.toml").touch()
        self.folder = root / "registries" / "US.ndnc"
        self.live: int | None = None

    def command(self, which: int) -> tuple[object, ...]:
        """Import a list in place of everything; the time obtained spares a look at all versions."""
        options = ("--format", "us_ndnc", "--replace-all", "--allow-drop", "test", "--obtained", "2026-01-01T00:00Z")
        return ("--dir", self.root, "dnc", "import", self.files[which], *options)

    def other(self) -> int:
        return 1 - (self.live or 0)

    def look(self) -> int | None:
        """Which list is in use, read back whole by a store that knows nothing: one of the two, or none yet."""
        store = RegistryStore(self.root / "registries")
        snapshot = store.current("US.ndnc")  # raises unless manifest and hash are right
        if snapshot is None:
            return None
        numbers = [number - 10**10 for number in snapshot.index.numbers().tolist()]
        assert numbers in LISTS
        assert snapshot.manifest.rows == len(numbers)
        self.live = LISTS.index(numbers)
        return self.live

    def assert_clean(self) -> None:
        """After an import that came to its end nothing is left of those that did not."""
        names = {entry.name for entry in self.folder.iterdir()} - {"CURRENT", "HISTORY"}
        assert names == {version for _, _, version, _ in RegistryStore(self.folder.parent).history("US.ndnc")}


@pytest.fixture
def house(tmp_path):
    return House(tmp_path)


@pytest.fixture(scope="module")
def nursery(tmp_path_factory):
    with Nursery(*House(tmp_path_factory.mktemp("trial")).command(0)) as forks:
        yield forks


def completed(nursery, house, which):
    ended = nursery.run(*house.command(which))
    assert (ended.code, "is live now" in ended.said) == (0, True), ended.said
    assert house.look() == which
    house.assert_clean()
    return ended.seconds


def test_a_hundred_imports_killed_at_random_moments_leave_the_live_version_whole(nursery, house):
    """Moments over the whole life of the process and a little beyond; after each, the next import works."""
    rng = np.random.default_rng(20261122)
    life = max(completed(nursery, house, which) for which in (0, 1, 0))
    held = RegistryStore(house.root / "registries").current("US.ndnc")  # a dialer that never looks again
    fates = {"old": 0, "new": 0}
    for part in rng.permutation(np.linspace(0.0, 1.1, 100)):
        before, wanted = house.live, house.other()
        ended = nursery.run(*house.command(wanted), kill_after=part * life)
        assert ended.code in (-signal.SIGKILL, 0), ended.said
        assert house.look() in ((wanted,) if ended.code == 0 else (before, wanted))
        fates["old" if house.live == before else "new"] += 1
        life = 0.8 * life + 0.2 * completed(nursery, house, house.other())  # the machine may be busy by turns
    assert min(fates.values()) > 0, fates  # the moments did fall on both sides of the swap
    assert [number - 10**10 for number in held.index.numbers().tolist()] == LISTS[0]


def test_an_import_killed_before_each_change_of_the_file_system(nursery, house):
    """No random moment is needed to find the worst one: every one is tried, upon what the last one left."""
    for start in (True, False):  # the very first import, and one that replaces another
        at, ended = 0, None
        while ended is None or ended.code:
            before, wanted = house.live, house.other()
            ended = nursery.run(*house.command(wanted), kill_at=at)
            assert ended.code in (-signal.SIGKILL, 0), ended.said
            assert house.look() in ((wanted,) if ended.code == 0 else (before, wanted))
            at += 1
            if start and house.live is not None:
                break
        assert at > (8 if start else 12)  # as many steps as an import has, at the least
        completed(nursery, house, house.other())


def test_the_command_itself_killed_as_cron_would_start_it(nursery, house):
    """Three processes from the start of Python on: while it loads, while it reads, while it writes."""
    completed(nursery, house, 0)
    run = [sys.executable, "-c", "from dialer.cli import main; main()"]
    began = time.perf_counter()
    subprocess.run([*run, *map(str, house.command(1))], check=True, capture_output=True)
    life = time.perf_counter() - began
    assert house.look() == 1
    for part in (0.5, 0.9, 0.97):
        wanted = house.other()
        with subprocess.Popen([*run, *map(str, house.command(wanted))], stdout=subprocess.DEVNULL) as process:
            time.sleep(part * life)
            process.kill()
        before = house.live
        assert house.look() in ((wanted,) if process.returncode == 0 else (before, wanted))
        completed(nursery, house, house.other())


def test_everything_is_on_the_disk_before_the_name_that_leads_to_it(tmp_path, monkeypatch):
    """No test can cut the power; that nothing depends on what was not yet forced to the disk is seen in the order."""
    steps = []
    sync, rename, replace = os.fsync, Path.rename, Path.replace

    def seen(handle):
        steps.append(re.sub(r"g-\w{8}", "g-X", str(Path(f"/proc/self/fd/{handle}").readlink())))
        sync(handle)

    monkeypatch.setattr(os, "fsync", seen)
    monkeypatch.setattr(Path, "rename", lambda path, to: [steps.append("named"), rename(path, to)][1])
    monkeypatch.setattr(Path, "replace", lambda path, to: [steps.append("in use"), replace(path, to)][1])
    (tmp_path / "list.txt").write_text(flat_text(LISTS[0]))
    RegistryStore(tmp_path / "lists").import_file(tmp_path / "list.txt", "us_ndnc")
    assert [step.removeprefix(f"{tmp_path}/lists") for step in steps] == [
        "",  # the folder of all lists, which now has this one
        *["/US.ndnc/.building-X/data.bin", "/US.ndnc/.building-X/manifest.json", "/US.ndnc/.building-X"],
        *["named", "/US.ndnc", "/US.ndnc/.building-pointer", "in use", "/US.ndnc"],
        *["/US.ndnc/HISTORY", "/US.ndnc"],
    ]


def test_a_line_of_the_history_that_power_failed_in_does_not_swallow_the_next(house, nursery):
    completed(nursery, house, 0)
    history = house.folder / "HISTORY"
    history.write_text(history.read_text() + "2026-11-22T15:00:00+00:00\timp")
    completed(nursery, house, 1)
    assert len(RegistryStore(house.folder.parent).history("US.ndnc")) == 2


def test_without_its_history_older_versions_stay(house, nursery):
    """They are the proof of what was consulted; only what is newer than the version in use can be rubbish."""
    for which in (0, 1):
        completed(nursery, house, which)
    (house.folder / "HISTORY").unlink()
    assert nursery.run(*house.command(0)).code == 0
    assert len(RegistryStore(house.folder.parent).versions("US.ndnc")) == 3


def test_of_imports_at_once_one_works_and_the_others_say_so(nursery, house):
    completed(nursery, house, 0)
    refused = 0
    for _ in range(5):
        wanted = house.other()
        ended = nursery.run_at_once([house.command(wanted)] * 4)
        assert house.look() == wanted
        assert {end.code for end in ended} <= {0, 1}
        assert any(end.code == 0 for end in ended)
        for end in ended:
            if end.code:
                refused += 1
                said = "dialer: another import is running: wait until it has finished, then try again\n"
                assert end.said == said
        house.assert_clean()
    assert refused > 0


def test_a_disk_full_from_any_step_on_is_one_line_and_the_live_version_stays(nursery, house):
    """Every change of the file system that needs room fails from the n-th on, also those of cleaning up."""
    completed(nursery, house, 0)
    at, fates = 0, []
    while not fates or fates[-1] != "new":
        before, wanted = house.live, house.other()
        ended = nursery.run(*house.command(wanted), full_from=at)
        assert "Traceback" not in ended.said
        if house.look() == before:
            assert ended.code == 1
            assert ended.said.count("No space left on device") == 1
            fates.append("old")
        else:
            assert ended.code == 0
            assert "is live now" in ended.said
            fates.append("told" if "No space left on device" in ended.said else "new")
        at += 1
        completed(nursery, house, house.other())
    assert fates.count("old") > 5
    assert fates.count("told") > 0  # in use, and the history late: the report says so, the next import mends it
    assert fates == sorted(fates, key=["old", "told", "new"].index)


@pytest.mark.parametrize("largest", [0, 100, 100_000])
def test_a_file_that_cannot_grow_is_one_line_and_the_live_version_stays(nursery, house, largest):
    """The kernel itself refuses the write here, in the middle of the pages."""
    completed(nursery, house, 0)
    ended = nursery.run(*house.command(1), largest=largest)
    assert (ended.code, ended.said.count(os.strerror(27)), "Traceback" in ended.said) == (1, 1, False), ended.said
    assert house.look() == 0
    completed(nursery, house, 1)
