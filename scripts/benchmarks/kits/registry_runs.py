"""What scripts/bench dnc does with a registry file: imports it whole, times its stages, looks numbers up, and does
the same the plain way.
"""

from __future__ import annotations

import hashlib
import shutil
import time
from collections import defaultdict
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from kits.clocks import Spent, apart, rates, timed
from kits.registry_files import Layout

from dnc.registries import Limits, ReadOptions, RegistryStore, Snapshot
from dnc.registries.bitmap import EXCHANGES, BitmapBuilder, NanpBitmap
from dnc.registries.cleanlines import clean_pieces, flat_table
from dnc.registries.snapshot import write_snapshot
from dnc.registries.text import whole_lines
from dnc.registries.unpack import open_members

__all__ = ["imports", "lookups", "one_area", "plain_routes", "stages"]

SCALAR = 200_000  # look-ups one by one
REGISTRY = "US.ndnc"
DIRECTORY = 4 * EXCHANGES  # bytes beside the mapped file


def imports(folder: Path, path: Path, layout: Layout, lines: int, repeat: int, *, keep: bool = False) -> dict[str, Any]:
    """Import a file `repeat` times, each time in a process and a store of its own; with `keep` leave the last."""
    root = folder / "lists"
    spent, peaks = [], []
    for _ in range(repeat):
        shutil.rmtree(root, ignore_errors=True)
        (took, counted), peak = apart(partial(_import, root, path, layout))
        if counted != lines:
            raise RuntimeError(f"{counted:,} lines were read of {lines:,}")
        spent.append(Spent(*took))
        peaks.append(peak)
    if not keep:
        shutil.rmtree(root)
    return {"lines": lines, "import": rates(lines, spent), "peak MB": max(peaks)}


def _import(root: Path, path: Path, layout: Layout) -> tuple[tuple[float, float], int]:
    store = RegistryStore(root)
    report, spent = timed(lambda: store.import_file(path, layout.format, registry=layout.registry, mode="replace_all"))
    if not report.version:
        raise RuntimeError(f"the file was not taken: {report.warnings}")
    return (spent.wall, spent.cpu), report.counts.lines


def one_area(root: Path, path: Path) -> float:
    """Seconds to replace a small part of a large list that is in use, its hash verified first."""
    store = RegistryStore(root)
    report, spent = timed(lambda: store.import_file(path, "us_ndnc", allow_drop="benchmark"))
    if not report.version:
        raise RuntimeError(f"the file was not taken: {report.warnings}")
    return spent.wall


def stages(path: Path, folder: Path) -> list[dict[str, Any]]:
    """Processor time of the stages a flat list goes through, nanoseconds a line, in the order they happen."""
    spent: dict[str, float] = defaultdict(float)
    clock = time.thread_time
    builder = BitmapBuilder()
    last = clock()

    def over(stage: str) -> None:
        nonlocal last
        now = clock()
        spent[stage] += now - last
        last = now

    with open_members(path, Limits()) as members:
        for block in whole_lines(next(iter(members)).blocks, _Silent()):  # type: ignore[arg-type]
            over("read, and cut at line ends")
            for _, numbers in clean_pieces(block, flat_table):
                if numbers is None:
                    raise RuntimeError("a line of the benchmark's list is not clean")
                over("prove and parse the digits")
                builder.add(numbers)
                over("set the bits, count repeats")
    lines = sum(builder.tally()[:2])
    bitmap = NanpBitmap(*builder.finish())
    bitmap.rows_by_area_code()
    over("compose: directory, counts by area code")
    target = folder / "stages"
    target.mkdir()
    write_snapshot(target, _manifest(lines), {"exchanges": bitmap.exchanges, "pages": bitmap.pages})
    over("write, hash and sync")
    Snapshot(target, verify=False)
    over("open it again")
    shutil.rmtree(target)
    last = clock()
    with path.open("rb") as file:
        hashlib.file_digest(file, "sha256")
    over("hash the file as it came")
    return [
        {"stage": stage, "cpu ns": seconds / lines * 1e9, "beside": stage.startswith("hash the file")}
        for stage, seconds in spent.items()
    ]


class _Silent:
    """The sink of a list that has nothing to be noted."""

    options = ReadOptions()


def _manifest(lines: int) -> dict[str, Any]:
    now = ReadOptions().now
    said = dict.fromkeys(("format", "source_file", "source_sha256", "previous", "code_version"), "")
    return {
        **said, "registry": REGISTRY, "version": "1", "shape": "nanp", "level": "full", "obtained_at": now,
        "imported_at": now, "lines": lines, "rows": lines, "coverage": {},
    }  # fmt: skip


def lookups(root: Path, count: int, repeat: int) -> dict[str, Any]:
    """Look numbers up in the list in use: in columns, one by one; and the roof, bytes at random places of memory."""
    snapshot, opened = timed(lambda: RegistryStore(root).current(REGISTRY))
    assert snapshot is not None
    index = snapshot.index
    assert isinstance(index, NanpBitmap)
    asked = _asked(index, count)
    some = asked[:SCALAR].tolist()
    if index.contains_many(asked[:SCALAR]).tolist() != [index.contains(number) for number in some]:
        raise RuntimeError("a column of numbers is not told what each is told")
    pages = index.pages.reshape(-1)
    places = np.random.default_rng(3).integers(0, len(pages), count)
    columnar, roof, scalar = [], [], []
    for _ in range(repeat):
        columnar.append(timed(lambda: index.contains_many(asked))[1])
        roof.append(timed(lambda: [pages.take(places[at : at + 2**17]) for at in range(0, count, 2**17)])[1])
        scalar.append(timed(lambda: [snapshot.contains(number) for number in some])[1])
    found, best = rates(count, columnar), rates(count, roof)
    return {
        "look-ups": found,
        "roof": best,
        "part of the roof": found["cpu"]["median"] / best["cpu"]["median"],
        "scalar": rates(len(some), scalar),
        "mapped MB": (snapshot.manifest.size + DIRECTORY) / 1e6,
        "resident MB": _resident("data.bin") + DIRECTORY / 1e6,
        "open s": opened.wall,
        "listed": snapshot.manifest.rows,
    }


def _asked(index: NanpBitmap, count: int) -> npt.NDArray[np.uint64]:
    """Numbers to ask about, in no order: nine of ten in an exchange the list knows, the others anywhere."""
    rng = np.random.default_rng(2)
    exchanges = rng.choice(index.exchanges, count).astype(np.uint64)
    anywhere = rng.random(count) < 0.1
    exchanges[anywhere] = rng.integers(200_000, 1_000_000, int(anywhere.sum()))
    return np.uint64(10**10) + exchanges * np.uint64(10_000) + rng.integers(0, 10_000, count).astype(np.uint64)


def _resident(name: str) -> float:
    """Resident memory of a mapped file, MB; 0 where the system does not tell."""
    smaps = Path("/proc/self/smaps")
    if not smaps.exists():
        return 0.0
    found, ours = 0, False
    for line in smaps.read_text().splitlines():
        if "-" in line.split(maxsplit=1)[0]:
            ours = line.endswith(name)
        elif ours and line.startswith("Rss:"):
            found += int(line.split()[1]) * 1024
    return found / 1e6


def plain_routes(path: Path, lines: int, repeat: int) -> dict[str, Any]:
    """The same list the plain way, and the way of somebody who knows arrays; each in a process of its own."""
    found = {}
    for name, route in (("set", _by_set), ("sorted array", _by_array)):
        runs, peaks = [], []
        for _ in range(repeat):
            run, peak = apart(partial(route, path))
            runs.append(run)
            peaks.append(peak - run["before MB"])
        found[name] = {
            "import": rates(lines, [Spent(*run["import"]) for run in runs]),
            "look-ups": rates(runs[0]["asked"], [Spent(*run["look-ups"]) for run in runs]),
            "bytes a number": max(peaks) * 1e6 / lines,
        }
    return found


def _by_set(path: Path) -> dict[str, Any]:
    """Lines, integers, a set; asked one by one."""

    def read() -> set[int]:
        with path.open(encoding="ascii") as file:
            return {int(line[:3] + line[4:]) for line in file}

    before = _now_resident()
    listed, took = timed(read)
    some = (np.random.default_rng(2).permutation(np.fromiter(listed, dtype=np.int64))[:SCALAR] + 1).tolist()
    _, asked = timed(lambda: [number in listed for number in some])
    return {
        "import": (took.wall, took.cpu), "look-ups": (asked.wall, asked.cpu), "asked": len(some), "before MB": before,
    }  # fmt: skip


def _by_array(path: Path) -> dict[str, Any]:
    """Arrow's CSV reader, one sorted array, binary search in columns."""
    from pyarrow import csv

    def read() -> npt.NDArray[np.int64]:
        table = csv.read_csv(path, read_options=csv.ReadOptions(column_names=["area", "line"]))
        listed = table["area"].to_numpy() * 10**7 + table["line"].to_numpy()
        listed.sort()
        return np.asarray(listed, dtype=np.int64)

    before = _now_resident()
    listed, took = timed(read)
    some = np.random.default_rng(2).permutation(listed)[: 20 * SCALAR] + 1
    _, asked = timed(lambda: listed[np.searchsorted(listed, some).clip(max=len(listed) - 1)] == some)
    return {
        "import": (took.wall, took.cpu), "look-ups": (asked.wall, asked.cpu), "asked": len(some), "before MB": before,
    }  # fmt: skip


def _now_resident() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6
