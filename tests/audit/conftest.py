"""The floor of these tests, a fresh copy each, and the commands run in this process."""

import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "runtime"))
sys.path.insert(0, str(Path(__file__).parent))

from case_world import ADA, BOB, FORMULA, HEAD, NAME, OTHER, SECOND, TIME, Floor
from world import World, make_world

from campaigns.workspace import Workspace
from dialer.cli import main
from dialer.runtime.list_load import load_contacts
from dialer.store import runs
from dnc.values import Code


@dataclass(frozen=True)
class Said:
    """What a command did."""

    code: int
    out: str
    err: str


@pytest.fixture
def dialer(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Said]:
    """Run `dialer WORDS...`; whatever is not an exit is a bug and comes through."""
    monkeypatch.setenv("COLUMNS", "200")
    for name in [name for name in os.environ if name.startswith("DIALER_")]:
        monkeypatch.delenv(name)

    def run(*words: object) -> Said:
        capsys.readouterr()
        monkeypatch.setattr(sys, "argv", ["dialer", *map(str, words)])
        code: object = 0
        try:
            main()
        except SystemExit as end:
            code = end.code
        said = capsys.readouterr()
        return Said(code if isinstance(code, int) else int(code is not None), said.out, said.err)

    return run


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that every test gets a copy of."""
    root = tmp_path_factory.mktemp("audit") / "w"
    world = make_world(root, people=2, areas={"212": "NY"}, load=False)
    quoted = ['"' + each.replace('"', '""') + '"' for each in (NAME, FORMULA)]
    people = [
        f"x1,d1,{quoted[0]},{quoted[1]},ada@example.invalid,1 Main St,New York,NY,10001,{ADA},{SECOND},"
        "pewc,2026-05-04T10:00:00+00:00,form 7,blue",
        f"x2,d2,Bob,Example,bob@example.invalid,2 Main St,New York,NY,10001,{BOB},,,,,red",
        f"x3,d3,Carol,Example,carol@example.invalid,3 Main St,New York,NY,10001,{OTHER},,,,,green",
    ]
    file = root / "people.csv"
    file.write_text("\n".join([f"{HEAD},consent_basis,consent_at,consent_ref,colour", *people]) + "\n")
    loaded = load_contacts(world.workspace, world.campaign, file)
    assert loaded.funnel["loaded"] == 3, loaded
    with world.store() as store, store.writing() as tx:
        runs.start_run(tx, "run-1", campaign="day", node="here", clock="virtual", at=TIME)
    return root


@pytest.fixture
def floor(template: Path, tmp_path: Path) -> Floor:
    """A floor with three people on its list, and nothing decided yet."""
    root = tmp_path / "w"
    shutil.copytree(template, root)
    workspace = Workspace.load(root)
    return Floor(root, World(root, workspace, workspace.campaign("day")))


@pytest.fixture
def busy(floor: Floor) -> Floor:
    """The same floor after some decisions about everybody."""
    for hour, number in enumerate([ADA, BOB, ADA, OTHER]):
        floor.decide(number, TIME + timedelta(hours=hour))
    floor.decide(ADA, TIME + timedelta(hours=5), Code.HOURS_STATE)
    floor.decide(BOB, TIME + timedelta(hours=6))
    floor.decide(ADA, TIME + timedelta(hours=7), Code.HOURS_STATE)
    return floor
