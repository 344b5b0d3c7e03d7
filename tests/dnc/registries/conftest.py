import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from registry_kit import flat_text

from dnc.registries import RegistryStore


@pytest.fixture
def store(tmp_path: Path) -> RegistryStore:
    return RegistryStore(tmp_path / "registries")


@pytest.fixture
def flat(tmp_path: Path) -> Callable[[Iterable[int]], Path]:
    """Write ten-digit numbers as a flat full list and say where."""
    count = 0

    def write(numbers: Iterable[int]) -> Path:
        nonlocal count
        count += 1
        path = tmp_path / f"list{count}.txt"
        path.write_text(flat_text(numbers))
        return path

    return write
