"""Commands run in this process: what they print, and the exit code."""

import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import structlog

sys.path.insert(0, str(Path(__file__).parents[1] / "runtime"))

from world import World, campaign_text, make_world

from campaigns.workspace import Workspace
from dialer.cli import main


@dataclass(frozen=True)
class Said:
    """What a command did."""

    code: int
    out: str
    err: str


@pytest.fixture
def dialer(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., Said]]:
    """Run `dialer WORDS...`; whatever is not an exit is a bug and comes through."""
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setenv("NO_COLOR", "1")
    before = structlog.get_config()

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

    yield run
    structlog.configure(**before)


@pytest.fixture(scope="session")
def shown(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A world that tests only look at."""
    return make_world(tmp_path_factory.mktemp("shown") / "w", people=300)


@pytest.fixture
def bare(tmp_path: Path) -> World:
    """A campaign file and nothing else."""
    root = tmp_path / "w"
    (root / "campaigns").mkdir(parents=True)
    (root / "dialer.toml").write_text("")
    (root / "campaigns" / "day.toml").write_text(campaign_text("day"))
    workspace = Workspace.load(root)
    return World(root, workspace, workspace.campaign("day"))


@pytest.fixture
def changed(tmp_path: Path) -> World:
    """A small world that a test may change."""
    return make_world(tmp_path / "w", people=12, areas={"212": "NY"})
