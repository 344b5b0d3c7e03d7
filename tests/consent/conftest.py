"""A small world, and commands run in this process: what they print, and the exit code."""

import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "runtime"))

from world import World, make_world

from campaigns.workspace import Workspace
from dialer.cli import main


@dataclass(frozen=True)
class Said:
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Its answer."""
        return json.loads(self.out)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> World:
    """The world that every test gets a copy of."""
    areas = {"212": "NY", "305": "FL", "615": "TN"}
    return make_world(tmp_path_factory.mktemp("consent") / "w", people=42, areas=areas)


@pytest.fixture
def world(template: World, tmp_path: Path) -> World:
    """A small world that a test may change: New York, where sales calls need no written consent, and Florida."""
    shutil.copytree(template.root, tmp_path / "w")
    workspace = Workspace.load(tmp_path / "w")
    return World(tmp_path / "w", workspace, workspace.campaign("day"), dict(template.never), list(template.numbers))


@pytest.fixture
def consent(world: World, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Said]:
    """Run `dialer consent WORDS...` in that world."""

    def run(*words: object) -> Said:
        capsys.readouterr()
        monkeypatch.setattr(sys, "argv", ["dialer", "--dir", str(world.root), "consent", *map(str, words)])
        with pytest.raises(SystemExit) as end:
            main()
        said = capsys.readouterr()
        return Said(int(end.value.code or 0), said.out, said.err)

    return run
