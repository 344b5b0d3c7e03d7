"""A working folder for a live floor: one campaign, its prompts, people with fictitious numbers, agents."""

from __future__ import annotations

import wave
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from campaigns.workspace import Workspace, init_workspace
from dialer.runtime.list_load import load_contacts
from dialer.runtime.live.secrets import new_secret
from dialer.store import agents
from dialer.store.database import open_store
from dialer.voice import PROMPTS, PromptLibrary

__all__ = ["AGENTS_CALLER_ID", "CALLER_IDS", "NAME", "fictitious_numbers", "make_folder"]

NAME = "demo"
CALLER_IDS = ("+12125550101", "+12125550102")
AGENTS_CALLER_ID = "+12125550103"

#: Area codes with one clock each, from Guam to London: somewhere it is day.
_AREAS = (
    *(212, 646, 917, 215, 216, 301, 404, 410, 412, 610, 614, 617, 678, 703, 704, 716, 804, 860, 908, 919),
    *(210, 214, 225, 281, 312, 314, 405, 414, 501, 504, 512, 515, 612, 713, 773, 816, 901, 913, 918, 972),
    *(303, 385, 480, 505, 602, 719, 720, 801, 970, 435),
    *(206, 213, 310, 323, 408, 415, 503, 510, 562, 619, 626, 650, 702, 714, 818, 858, 909, 916, 925, 949),
    *(808, 671),
)

_CAMPAIGN = """
name = "{name}"
client = "evergreen"
scope = "debt_collection"
country = "US"

[seller]
name = "Evergreen"
phone = "+12125550100"
message = "This was Evergreen, 212-555-0100. Press 9 to stop further calls."

[dialing]
mode = "{mode}"
caller_ids = ["{first}", "{second}"]
lines = 2000
calls_per_second = {rate}
lines_per_agent = {lines}
{dialing}

[hours]
timezone = "Europe/London"
mon_fri = ["00:00-24:00"]
sat = ["00:00-24:00"]
sun = ["00:00-24:00"]

[caps]
lifetime = 3

[recycle.busy]
delay_minutes = 1
max_attempts = 3
[recycle.no_answer]
delay_minutes = 2
max_attempts = 3

[dispositions.NO]
label = "Not interested"
flags = ["contact", "right_party", "refusal", "final"]
[dispositions.DNC]
label = "Do not call again"
flags = ["contact", "opt_out"]
"""


def fictitious_numbers(count: int) -> list[str]:
    """Numbers that nobody has (555-0100 to 555-0199, and London's 7946 0000 to 0999), spread over all area codes."""
    numbers = [f"+1{area}55501{line:02d}" for line in range(100) for area in _AREAS]
    london = [f"+442079460{line:03d}" for line in range(1000)]
    mixed = [each for pair in zip(numbers, london, strict=False) for each in pair] + numbers[len(london) :]
    return mixed[:count]


def make_folder(
    root: Path,
    numbers: Sequence[str],
    seats: int,
    *,
    mode: str,
    rate: float,
    settings: str,
    lines: float = 1.0,
    dialing: str = "",
) -> tuple[Workspace, dict[str, str]]:
    """Make the folder; returns it and the agents' secrets.

    Args:
        root: of the folder; made.
        numbers: of the people.
        seats: how many agents.
        mode: of dialing.
        rate: calls per second.
        settings: the text of `dialer.toml`.
        lines: per agent, in ratio mode.
        dialing: further lines of `[dialing]`.
    """
    init_workspace(root)
    for sample in (root / "campaigns").glob("*.toml"):
        sample.unlink()
    (root / "dialer.toml").write_text(settings)
    text = _CAMPAIGN.format(
        name=NAME, mode=mode, rate=rate, first=CALLER_IDS[0], second=CALLER_IDS[1], lines=lines, dialing=dialing
    )
    (root / "campaigns" / f"{NAME}.toml").write_text(text)
    workspace = Workspace.load(root)
    campaign = workspace.campaign(NAME)
    (root / "contacts.csv").write_text("phone,debt_id\n" + "".join(f"{one},d{i}\n" for i, one in enumerate(numbers)))
    load_contacts(workspace, campaign, root / "contacts.csv")
    library = PromptLibrary(root / workspace.settings.prompts)
    with wave.open(str(root / "prompt.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(b"\0\0" * 16000)
    for name in PROMPTS:
        library.record(campaign, name, root / "prompt.wav")
    made = {}
    with open_store(workspace.database_url) as store, store.writing() as tx:
        for number in range(seats):
            agent_id = f"agent-{number:03d}"
            made[agent_id], hashed = new_secret()
            agents.add(tx, agent_id, agent_id, datetime.now(UTC))
            agents.set_secret(tx, agent_id, hashed)
    return workspace, made
