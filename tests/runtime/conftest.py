"""Keeps the kit of these tests importable by plain name, and opens a small world."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from world import World, make_world


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A working folder with registries and a telemarketing list of two hundred people."""
    return make_world(tmp_path / "w", people=200)
