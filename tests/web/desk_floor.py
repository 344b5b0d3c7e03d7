"""A live floor for browsers: the simulated Twilio, people with names, a script with a branch, and Debian's chromium."""

from __future__ import annotations

import json
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from stories import Street
from twilio_floor import Floor, Serving, live_floor, serving

from dialer.store import accounts
from dialer.web.accounts_secrets import new_code

CHROMIUM = shutil.which("chromium")
#: The smallest screen the desk must fit.
SCREEN = {"width": 1366, "height": 768}

SCRIPT = """## Opening
Good day, this is Evergreen, calling about an account. Am I speaking with **{first_name} {last_name}**?

- [Yes, speaking](#matter)
- [No, wrong person](#goodbye)

## Matter
Thank you. Our records show an open balance of {balance} on account {external_id}.
Is now a good time to talk about it?

- [Not now](#goodbye)

## Goodbye
Thank you for your time, {first_name}. Goodbye.
"""
_FIRST = ("Ann", "Budi", "Carla", "Dewi", "Edgar", "Farah", "Grace", "Hadi")
_LAST = ("Example", "Santoso", "Sample", "Lestari", "Miller", "Putri", "Nobody", "Wijaya")


_OUTCOMES = """
[dispositions.PTP]
label = "Promise to pay"
flags = ["contact", "right_party", "promise"]
[dispositions.ATTY]
label = "Has an attorney"
flags = ["contact", "right_party", "attorney"]
"""


@contextmanager
def desk_floor(
    root: Path, *, agents: int = 1, ring: float = 0.3, voice_sdk: str = "", **campaign: Any
) -> Iterator[tuple[Floor, Serving]]:
    """An open floor on which most people answer at once and stay until the agent hangs up.

    `campaign` goes into its file, see `world.campaign_text`; `voice_sdk` is the script of the browser legs.
    """
    more = 'voice_sdk = "voice.js"\n' if voice_sdk else ""
    wanted = {"dialing": "lines_per_agent = 1.0", "lifetime": 6, **campaign}
    with live_floor(root / "w", count=agents, far_end=Street(7, ring=ring), campaign=wanted, more=more) as floor:
        (floor.world.root / "voice.js").write_text(voice_sdk)
        _furnish(floor)
        with serving(floor.world, floor.port) as served:
            served.open()
            yield floor, served


def _furnish(floor: Floor) -> None:
    """Names, amounts and a history; a script; short pause codes."""
    root = floor.world.root
    (root / "scripts").mkdir(exist_ok=True)
    (root / "scripts" / "day.md").write_text(SCRIPT)
    text = (root / "campaigns" / "day.toml").read_text()
    (root / "campaigns" / "day.toml").write_text(
        text.replace("[seller]", 'title = "November reminders"\n\n[seller]', 1)
    )
    with (root / "campaigns" / "day.toml").open("a") as file:
        file.write("\n[agents]\nwrap_up_limit = 90\npause_codes = { break = 15, lunch = 60, coaching = 0 }\n")
        file.write("manual_dial = true\n" + _OUTCOMES)
        file.write('[script]\nfile = "scripts/day.md"\n')
    with closing(sqlite3.connect(floor.world.database)) as database, database:
        for lead_id, *_ in database.execute("SELECT lead_id FROM lead").fetchall():
            person = (
                _FIRST[lead_id % 8], _LAST[lead_id // 8 % 8], f"A-{1000 + lead_id}", "1 Example Street", "Springfield",
                json.dumps({"balance": f"{lead_id * 7 % 900 + 60}.00", "currency": "USD", "due_date": "2026-11-01"}),
                lead_id,
            )  # fmt: skip
            database.execute(
                "UPDATE lead SET first_name = ?, last_name = ?, external_id = ?, address = ?, city = ?, custom = ? "
                "WHERE lead_id = ?",
                person,
            )


def office_code(floor: Floor, account: str, role: str) -> str:
    """Add an account of the office; returns its one-time code."""
    code, hashed = new_code()
    now = datetime.now(UTC)
    with floor.world.store() as store, store.writing() as tx:
        accounts.add(tx, account, name=account.title(), role=role, clients=(), at=now)
        accounts.set_code(tx, account, hashed, now + timedelta(hours=24))
    return code


@contextmanager
def browser() -> Iterator[Any]:
    """Debian's chromium, without a window; the test is skipped where there is none."""
    if CHROMIUM is None:
        pytest.skip("no chromium here: apt-get install chromium")
    playwright = pytest.importorskip("playwright.sync_api", reason="pip install playwright")
    with playwright.sync_playwright() as running:
        opened = running.chromium.launch(executable_path=CHROMIUM, args=_QUIET)
        try:
            yield opened
        finally:
            opened.close()


#: As root it has no sandbox; a container's shared memory may be small; and it has nobody to talk to but us.
_QUIET = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--disable-background-networking"]
_AXE: dict[str, Any] = {"resultTypes": ["violations"]}


def faults(page: Any) -> list[str]:
    """What axe finds wrong with a page in the light, and with its colours in the dark: nothing else differs there."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="pip install axe-playwright-python").Axe()
    found = []
    for scheme, options in (("light", _AXE), ("dark", {**_AXE, "runOnly": ["color-contrast"]})):
        page.emulate_media(color_scheme=scheme)
        found += [
            f"{page.url} {scheme}: {each['id']}" for each in axe.run(page, options=options).response["violations"]
        ]
    return found


def new_page(opened: Any, *, scheme: str = "light", language: str = "en-US") -> Any:
    """A browser of its own, with what it complains of in `page.complaints`."""
    context = opened.new_context(viewport=SCREEN, color_scheme=scheme, locale=language)
    page = context.new_page()
    page.complaints = []
    page.on("console", lambda said: page.complaints.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    return page
