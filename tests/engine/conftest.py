import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from floor_kit import Story


@pytest.fixture
def story() -> Story:
    return Story()
