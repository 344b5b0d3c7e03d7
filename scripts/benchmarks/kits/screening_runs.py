"""What `scripts/bench screening` measures, one function a measure; each is run in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kits.clocks import timed

__all__ = ["command", "compare", "list_of", "make", "plain", "product", "roof", "stages", "write"]

#: The columns that decisions rest on.
_COLUMNS = ("phone", "city", "state", "postal_code", "consent_basis", "consent_at")


def list_of(folder: Path, rows: int) -> Path:
    """Where the contact list of so many rows is."""
    return folder / f"contacts-{rows}.csv"


def make(folder: Path, *, rows: int, called: int, national: float) -> dict[str, int]:
    """Fill the working folder."""
    from kits.screening_world import make_world

    return make_world(folder / "world", rows=rows, called=called, national=national)


def write(folder: Path, rows: int, seed: int) -> int:
    """Write the contact list; tell its bytes."""
    from kits.contacts import write_contacts

    return write_contacts(list_of(folder, rows), rows, seed).size


def product(folder: Path, rows: int) -> dict[str, Any]:
    """Screen the list as the command does."""
    counts, spent = timed(_screening(folder, rows))
    return {**asdict(spent), "counts": counts}


def _screening(folder: Path, rows: int) -> Callable[[], dict[str, int]]:
    from kits.screening_world import AT, CAMPAIGN

    from campaigns.workspace import Workspace
    from dialer.runtime.scrub import screen_file

    workspace = Workspace.load(folder / "world")

    def screened() -> dict[str, int]:
        out = folder / "decisions.csv"
        found = screen_file(workspace, workspace.campaign(CAMPAIGN), list_of(folder, rows), at=AT, out=out)
        assert found.rows == found.numbers == rows
        return {"allowed": found.allowed, "later": found.later, "blocked": found.blocked, "refused": found.refused}

    return screened


def plain(folder: Path, rows: int, sample: int) -> dict[str, float]:
    """Screen the list's first rows the plain way; making its set and its attempts ready is not counted."""
    from kits import plain_screening
    from kits.screening_world import AT

    listed, attempts = _known_to_plain(folder, rows, sample)
    _, spent = timed(lambda: plain_screening.screen(list_of(folder, rows), sample, listed, attempts, AT))
    return asdict(spent)


def compare(folder: Path, rows: int, sample: int) -> dict[str, int]:
    """Where the two routes disagree about the first rows."""
    from kits import plain_screening
    from kits.screening_world import AT

    found = plain_screening.screen(list_of(folder, rows), sample, *_known_to_plain(folder, rows, sample), AT)
    return dict(plain_screening.disagreements(found, folder / "decisions.csv"))


def _known_to_plain(folder: Path, rows: int, sample: int) -> tuple[set[str], dict[str, list[datetime]]]:
    import sqlite3

    import pandas as pd

    from dnc.numbers import parse_lead_numbers
    from dnc.registries import RegistryStore

    # The registry as a set would take gigabytes; of those on it the plain route gets the ones that it will ask for.
    phones = pd.read_csv(list_of(folder, rows), dtype=str, keep_default_na=False, nrows=sample, usecols=["phone"])
    numbers = parse_lead_numbers(phones["phone"])["e164"].dropna().unique().tolist()
    snapshot = RegistryStore(folder / "world" / "registries").current("US.ndnc")
    assert snapshot is not None
    listed = {number for number in numbers if snapshot.contains(int(number[1:]))}
    attempts: dict[str, list[datetime]] = {}
    with sqlite3.connect(folder / "world" / "dialer.db") as database:
        for number, at in database.execute("SELECT number, placed_at FROM attempt"):
            attempts.setdefault(number, []).append(datetime.fromisoformat(at).replace(tzinfo=UTC))
    return listed, attempts


def roof(folder: Path, rows: int, repeat: int) -> list[dict[str, float]]:
    """Read the CSV into columns with Arrow, all cores, and do nothing with them."""
    import pyarrow as pa
    import pyarrow.csv as pa_csv

    types = dict.fromkeys(_COLUMNS, pa.large_string())
    options = pa_csv.ConvertOptions(include_columns=list(_COLUMNS), column_types=types)

    def read() -> int:
        count: int = pa_csv.read_csv(list_of(folder, rows), convert_options=options).num_rows
        return count

    return [asdict(timed(read)[1]) for _ in range(repeat)]


def stages(folder: Path, rows: int) -> list[dict[str, Any]]:
    """CPU nanoseconds a contact of each step of the way, in one process: the first time, and once all was met."""
    import numpy as np
    from kits.screening_world import AT, CAMPAIGN

    from campaigns.lists.blocks import blocks_of
    from campaigns.lists.reading import recognise
    from campaigns.lists.seen import Seen
    from campaigns.workspace import Workspace
    from dialer.runtime.scrub import mark_repeats, open_scrub
    from dialer.runtime.scrub_output import Decisions, writer_for

    workspace = Workspace.load(folder / "world")
    names = (
        "open: rules, lists, calls of the past", "recognise the file, cut it into blocks", "read the CSV",
        "clean cells, validate numbers", "place", "own lists, consents, ids", "registries, rules, caps",
        "numbers that came before", "write the decisions",
    )  # fmt: skip
    spent = {turn: dict.fromkeys(names, 0.0) for turn in ("first", "again")}

    def run(step: int, turn: str, work: Callable[..., Any], *given: Any) -> Any:
        begun = time.process_time()
        found = work(*given)
        spent[turn][names[step]] += time.process_time() - begun
        return found

    scrub, _ = run(0, "first", open_scrub, workspace, workspace.campaign(CAMPAIGN), AT)
    for turn in spent:
        seen, source = Seen(), run(1, turn, recognise, list_of(folder, rows))
        blocks = blocks_of(source)
        with writer_for(folder / "decisions-of-stages.csv", ["phone"] * 10) as out:
            while (block := run(1, turn, next, blocks, None)) is not None:
                entries = run(3, turn, scrub.entries, run(2, turn, scrub.sheet, block))
                good = np.flatnonzero(entries.reason == 0)
                places = run(4, turn, scrub.places, entries, good)
                contacts = run(5, turn, scrub.contacts, entries, good, places)
                decisions = Decisions.of(entries, good, *run(6, turn, scrub.verdicts, contacts))
                run(8, turn, out.write, run(7, turn, mark_repeats, decisions, seen))
    same = (folder / "decisions-of-stages.csv").read_bytes() == (folder / "decisions.csv").read_bytes()
    assert same, "the stages decide as the whole does"
    return [{"stage": name, **{turn: spent[turn][name] * 1e9 / rows for turn in spent}} for name in names]


def command(folder: Path, rows: int) -> dict[str, float]:
    """The command itself, from the start of its process to its end."""
    from kits.screening_world import AT, CAMPAIGN

    words = ["--dir", folder / "world", "lists", "screen", list_of(folder, rows), "--campaign", CAMPAIGN]
    words += ["--at", AT.isoformat(), "--out", folder / "decisions-of-command.csv", "--json"]
    look = "import sys; from dialer.cli import main; sys.argv[0] = 'dialer'; main()"
    begun, before = time.perf_counter(), os.times()
    subprocess.run([sys.executable, "-c", look, *map(str, words)], check=True, capture_output=True)
    wall, after = time.perf_counter() - begun, os.times()
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    same = (folder / "decisions-of-command.csv").read_bytes() == (folder / "decisions.csv").read_bytes()
    assert same, "the command decides as the function does"
    return {"wall": wall, "cpu": cpu}
