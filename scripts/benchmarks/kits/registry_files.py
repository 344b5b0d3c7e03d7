"""Registry files of any size, seeded, in the layouts registries publish; written to be read once and thrown away.

The numbers stand in a file beside a benchmark and nowhere else: nothing here is committed or dialed. A national list
holds about a seventh of the numbers of an exchange, of some exchanges hardly any and of some most; so do these (beta-
distributed, and sorted as the FTC sorts; 850 exchanges for a million numbers).
"""

from __future__ import annotations

import gzip
import shutil
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from dnc.places.tables import area_codes

__all__ = ["LAYOUTS", "Layout", "write"]

LINES = 10_000
AREAS, EXCHANGES = 335, 633  # area codes of the United States, and what each has on average: 212,000 exchanges
WHOLE = 250_000_000
BATCH = 64  # exchanges at once
BAD = 10_000  # lines for each bad one
FOUR = np.array([b"%04d" % line for line in range(LINES)], dtype="S4")

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Layout:
    """How a list stands in its file: the format it is imported with, and what is before and behind four digits."""

    format: str
    head: Callable[[str], str]  # of the six digits of an exchange
    tail: bytes = b"\n"
    registry: str = ""  # where the format serves several
    packed: str = ""
    xml: bool = False
    unsorted: bool = False
    bad: bool = False


def _flat(digits: str) -> str:
    return f"{digits[:3]},{digits[3:]}"


LAYOUTS = {
    "flat": Layout("us_ndnc", _flat),
    "flat, CR LF": Layout("us_ndnc", _flat, b"\r\n"),
    "ten digits": Layout("us_ndnc", str),
    "flat, unsorted": Layout("us_ndnc", _flat, unsorted=True),
    "flat, some bad lines": Layout("us_ndnc", _flat, bad=True),
    "flat, zip": Layout("us_ndnc", _flat, packed="zip"),
    "flat, gzip": Layout("us_ndnc", _flat, packed="gz"),
    "XML": Layout("us_ndnc.xml_full", lambda digits: f"<ph val='{digits[3:]}", b"' />\n", xml=True),
    "British": Layout("gb_tps", lambda digits: f"0{digits[:4]} {digits[4:]}", b"\r\n"),
    "E.164": Layout("e164.flat", lambda digits: f"+91{digits}", registry="FR.bloctel"),
}


def write(folder: Path, layout: Layout, numbers: int, seed: int = 1) -> tuple[Path, int]:
    """Write about so many numbers in a layout; give the file and how many it holds."""
    path = folder / "list"
    counted = 0
    area = 0
    with path.open("wb") as file:
        if layout.xml:
            file.write(b"<?xml version='1.0' encoding='utf-8'?>\n<list type='full' level='all' val=''>\n")
        for known, which, lines in _listed(numbers, np.random.default_rng(seed), whole=layout.unsorted):
            counted += len(lines)
            rows = _rows(layout, known, which, lines)
            if not layout.xml:
                file.write(rows.data)
                continue
            areas = (known // 1000)[which]
            starts = np.flatnonzero(np.diff(areas, prepend=area)).tolist()
            for first, end in zip([0, *starts], [*starts, len(rows)], strict=True):
                if first in starts:
                    file.write((b"</ac>\n" if area else b"") + b"<ac val='%d'>\n" % areas[first])
                    area = int(areas[first])
                file.write(rows[first:end].data)
        if layout.xml:
            file.write(b"</ac>\n</list>\n")
    return (_packed(path, layout.packed) if layout.packed else path), counted


def _listed(numbers: int, rng: np.random.Generator, *, whole: bool) -> Iterator[tuple[Numbers, Numbers, Numbers]]:
    """Some exchanges, and for each listed number its exchange's index and its line, in order; or all, shuffled."""
    united_states = [
        int(npa) for npa, area in area_codes().items() if any("US-" in home for home in area.jurisdictions)
    ]
    areas = np.sort(rng.choice(united_states, AREAS, replace=False))
    codes = np.sort(rng.choice(np.arange(200, 1000), EXCHANGES, replace=False))
    exchanges = (areas[:, None] * 1000 + codes).reshape(-1)
    exchanges = exchanges[: max(1, round(len(exchanges) * numbers / WHOLE))]
    density = rng.beta(1.2, 5.5, len(exchanges))
    density = np.minimum(density * numbers / (density.sum() * LINES), 0.95)
    found = []
    for at in range(0, len(exchanges), BATCH):
        part = density[at : at + BATCH, None]
        which, lines = np.nonzero(rng.random((len(part), LINES), dtype=np.float32) < part)
        if whole:
            found.append((which + at, lines))
        else:
            yield exchanges[at : at + BATCH], which, lines
    if whole:
        order = rng.permutation(sum(len(lines) for _, lines in found))
        which, lines = (np.concatenate(column)[order] for column in zip(*found, strict=True))
        yield exchanges, which, lines


def _rows(layout: Layout, known: Numbers, which: Numbers, lines: Numbers) -> npt.NDArray[np.void]:
    heads = np.array([layout.head(str(exchange)).encode() for exchange in known.tolist()])
    rows = np.empty(len(lines), dtype=[("head", heads.dtype), ("line", "S4"), ("tail", f"S{len(layout.tail)}")])
    rows["head"], rows["line"], rows["tail"] = heads[which], FOUR[lines], layout.tail
    if layout.bad:
        rows["line"][BAD // 2 :: BAD] = b"55o1"
    return rows


def _packed(path: Path, how: str) -> Path:
    packed = path.with_suffix(f".{how}")
    if how == "zip":
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
            archive.write(path, "list.txt")
    else:
        with path.open("rb") as plain, gzip.open(packed, "wb", compresslevel=1) as file:
            shutil.copyfileobj(plain, file, 2**20)
    path.unlink()
    return packed
