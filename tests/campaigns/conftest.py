"""A campaign that is sound, as data and as a file, for tests to spoil."""

import copy
from pathlib import Path
from typing import Any

import pytest

from campaigns.files import Campaign

_SOUND: dict[str, Any] = {
    "name": "spring",
    "client": "evergreen",
    "scope": "telemarketing",
    "seller": {
        "name": "Evergreen",
        "phone": "+12125550100",
        "message": "Evergreen, 212-555-0100, for telemarketing purposes. Press 9 to stop further calls.",
    },
    "dialing": {"caller_ids": ["+12125550101"]},
    "hours": {"timezone": "America/New_York", "mon_fri": ["09:00-17:00"]},
    "dispositions": {
        "SALE": {"label": "Sale", "key": 1, "flags": ["contact", "right_party", "conversion", "final"]},
        "DNC": {"label": "Do not call", "key": 9, "flags": ["contact", "opt_out"]},
    },
}

SOUND_TEXT = """\
client = "evergreen"
scope = "telemarketing"

[seller]
name = "Evergreen"
phone = "+12125550100"
message = \"\"\"
Evergreen, 212-555-0100, called for telemarketing purposes.
Press 9 to stop further calls.\"\"\"

[dialing]
caller_ids = ["+12125550101"]

[hours]
timezone = "America/New_York"
mon_fri = ["09:00-17:00"]

[dispositions.SALE]
label = "Sale"
key = 1
flags = ["contact", "right_party", "conversion", "final"]

[dispositions.DNC]
label = "Do not call"
key = 9
flags = ["contact", "opt_out"]
"""


@pytest.fixture
def sound() -> dict[str, Any]:
    return copy.deepcopy(_SOUND)


@pytest.fixture(scope="session")
def campaign() -> Campaign:
    return Campaign.model_validate(_SOUND)


@pytest.fixture
def spring(tmp_path: Path) -> Path:
    """campaigns/spring.toml in a folder of its own."""
    path = tmp_path / "campaigns" / "spring.toml"
    path.parent.mkdir()
    path.write_text(SOUND_TEXT)
    return path
