"""Contact files of any size and the registries to screen them against, seeded, by columns; no real person's number.

EVERY NUMBER IS FICTITIOUS: area code, exchange, line, with exchange 555 (see scripts/make_sample) or one of 211, 311 ..
911. The North American numbering plan keeps the latter for services and gives no such exchange to any subscriber;
`phonenumbers` calls both valid. That makes about 37 million numbers that nobody has. They lie in 3,800 exchanges, so
look-ups touch fewer pages of a registry than a real list's would: scripts/bench dnc measures those.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from dnc.places.tables import area_codes, zip_table

__all__ = ["COLUMNS", "ID", "ContactFile", "people", "write_contacts", "write_registry"]

EXCHANGES = np.array([555, 211, 311, 411, 511, 611, 711, 811, 911])
LINES = 10_000
CHUNK = 250_000
COLUMNS = (
    "external_id", "phone", "first_name", "last_name", "address", "city", "state", "postal_code", "consent_basis",
    "consent_at", "interest",
)  # fmt: skip
ID = "L{:08d}"  # of the person in a row
#: Inhabitants in units of 100,000, about.
PEOPLE = {
    "CA": 390, "TX": 305, "FL": 226, "NY": 196, "PA": 130, "IL": 125, "OH": 118, "GA": 110, "NC": 108, "MI": 100,
    "NJ": 93, "VA": 87, "WA": 78, "AZ": 74, "TN": 71, "MA": 70, "IN": 69, "MD": 62, "MO": 62, "WI": 59, "CO": 59,
    "MN": 57, "SC": 54, "AL": 51, "LA": 46, "KY": 45, "OR": 42, "OK": 41, "CT": 36, "UT": 34, "IA": 32, "NV": 32,
    "AR": 31, "MS": 29, "KS": 29, "NM": 21, "NE": 20, "ID": 20, "WV": 18, "HI": 14, "NH": 14, "ME": 14, "MT": 11,
    "RI": 11, "DE": 10, "SD": 9, "ND": 8, "AK": 7, "DC": 7, "VT": 6, "WY": 6,
}  # fmt: skip
FIRST = ("Ann", "Bob", "Carol", "David", "Elena", "Frank", "Grace", "Henry", "Irene", "James", "José", "Zoë")
LAST = ("Smith", "Johnson", "Garcia", "Brown", "Jones", "Miller", "Davis", "Lopez", "Wilson", "Moore", "Núñez")
STREETS = ("Main St", "Oak Ave", "Pine Rd", "Maple Dr", "Cedar Ln", "Elm St", "Lake Rd", "Hill St", "Park Ave")
CITIES = ("Springfield", "Franklin", "Clinton", "Greenville", "Salem", "Madison", "Fairview", "Arlington", "New York")
#: How people write numbers, and how often: the parts between area code, exchange and line.
SHAPES = (
    (0.62, ("", "", "")), (0.13, ("", "-", "-")), (0.12, ("(", ") ", "-")), (0.04, ("", ".", ".")),
    (0.05, ("+1", "", "")), (0.02, ("+1 ", " ", " ")), (0.02, ("1", "", "")),
)  # fmt: skip
MOVED, NO_ZIP, NO_ADDRESS, IN_A_FLAT, DUPLICATE, BAD, CONSENTED = 0.08, 0.06, 0.02, 0.05, 0.02, 0.015, 0.85


@dataclass(frozen=True)
class ContactFile:
    """A file that was written: its path, rows (the header apart) and bytes."""

    path: Path
    rows: int
    size: int


class _Country:
    """Area codes with their states and the ZIPs of each state, as arrays."""

    def __init__(self) -> None:
        codes = {npa: area.jurisdictions for npa, area in area_codes().items()}
        self.states = np.array(list(PEOPLE))
        share = np.array(list(PEOPLE.values()), dtype=float)
        self.state_share = share / share.sum()
        of_state = [[int(npa) for npa, homes in codes.items() if f"US-{state}" in homes] for state in PEOPLE]
        self.areas = np.array(sorted({npa for each in of_state for npa in each}))
        weight, home = np.zeros(len(self.areas)), np.zeros(len(self.areas), dtype=np.int64)
        for state, each in enumerate(of_state):
            at = np.searchsorted(self.areas, each)
            weight[at] += share[state] / len(each)
            home[at] = state
        self.area_share, self.home = weight / weight.sum(), home
        table = zip_table()
        names = [names[0] if len(names) == 1 else "" for names, _ in table.answers]
        known = [
            np.flatnonzero(np.isin(table.answer, [n for n, name in enumerate(names) if name == s])) for s in PEOPLE
        ]
        self.zips = np.concatenate(known)
        self.first_zip = np.cumsum([0, *map(len, known)])[:-1]
        self.zip_count = np.array([len(each) for each in known])


def people(rows: NDArray[np.int64]) -> list[tuple[str, str]]:
    """The id and the number (E.164) of those in some rows, of a row that is no duplicate and not spoilt."""
    numbers = _numbers(rows, _Country().areas).tolist()
    return [(ID.format(row), f"+1{number}") for row, number in zip(rows.tolist(), numbers, strict=True)]


def _numbers(order: NDArray[np.int64], areas: NDArray[np.int64]) -> NDArray[np.int64]:
    """Ten-digit numbers in a fixed scattered order, all different for different `order` below their count."""
    every = len(areas) * len(EXCHANGES) * LINES
    step = 27_644_437  # a prime, so that the steps visit every number once
    spot = (order * step + 11) % every
    rest, line = np.divmod(spot, LINES)
    area, exchange = np.divmod(rest, len(EXCHANGES))
    line = np.where(np.isin(line, (1212, 1313, 4334)), line + 1, line)  # 555-1212 and its like are somebody's
    return areas[area] * 10**7 + EXCHANGES[exchange] * 10_000 + line


def _text(values: NDArray[np.int64], width: int) -> pa.Array:
    """Whole numbers as text with leading zeros."""
    digits = (values[:, None] // 10 ** np.arange(width - 1, -1, -1)) % 10
    raw = (digits + ord("0")).astype(np.uint8)
    ends = np.arange(0, width * (len(values) + 1), width, dtype=np.int32)
    return pa.StringArray.from_buffers(len(values), pa.py_buffer(ends), pa.py_buffer(raw))


def _pick(rng: np.random.Generator, words: tuple[str, ...], rows: int) -> pa.Array:
    return pa.array(words).take(pa.array(rng.integers(0, len(words), rows)))


def _chunks(rows: int, seed: int) -> Iterator[list[pa.Array]]:
    """The rows, `CHUNK` at a time."""
    here = _Country()
    rng = np.random.default_rng(seed)
    for start in range(0, rows, CHUNK):
        yield _chunk(here, rng, np.arange(start, min(start + CHUNK, rows), dtype=np.int64))


def _chunk(here: _Country, rng: np.random.Generator, row: NDArray[np.int64]) -> list[pa.Array]:
    n = len(row)
    again = rng.random(n) < DUPLICATE
    order = np.where(again, (row * rng.random(n)).astype(np.int64), row)
    numbers = _numbers(order, here.areas)
    home = here.home[np.searchsorted(here.areas, numbers // 10**7)]
    state = np.where(rng.random(n) < MOVED, rng.choice(len(here.states), n, p=here.state_share), home)
    zips = here.zips[here.first_zip[state] + (rng.random(n) * here.zip_count[state]).astype(np.int64)]
    no_address = rng.random(n) < NO_ADDRESS
    no_zip = no_address | (rng.random(n) < NO_ZIP)
    basis = rng.random(n) < CONSENTED
    day = np.datetime64("2026-11-01T12:00") - rng.integers(0, 500 * 86_400, n).astype("timedelta64[s]")
    blank = pa.scalar("")
    when = pc.binary_join_element_wise(pc.strftime(pa.array(day), "%Y-%m-%dT%H:%M:%S"), "Z", "")
    street = pc.binary_join_element_wise(_text(rng.integers(1, 9999, n), 4), _pick(rng, STREETS, n), " ")
    flat = pc.binary_join_element_wise('"', street, ', Apt 3"', "")
    return [
        pc.binary_join_element_wise(ID[0], _text(row, 8), ""),
        _phones(rng, numbers),
        _pick(rng, FIRST, n),
        _pick(rng, LAST, n),
        pc.if_else(pa.array(rng.random(n) < IN_A_FLAT), flat, street),
        _pick(rng, CITIES, n),
        pc.if_else(pa.array(no_address), blank, pa.array(here.states).take(pa.array(state))),
        pc.if_else(pa.array(no_zip), blank, _text(zips, 5)),
        pc.if_else(pa.array(basis), pa.scalar("pewc"), blank),
        pc.if_else(pa.array(basis), when, blank),
        _pick(rng, ("solar", "insurance", "windows", ""), n),
    ]


def _phones(rng: np.random.Generator, numbers: NDArray[np.int64]) -> pa.Array:
    """The numbers as people write them, some of them spoilt."""
    n = len(numbers)
    share = np.array([share for share, _ in SHAPES])
    shape = rng.choice(len(SHAPES), n, p=share / share.sum())
    part = [pa.array([marks[k] for _, marks in SHAPES]).take(pa.array(shape)) for k in range(3)]
    area, exchange, line = _text(numbers // 10**7, 3), _text(numbers // 10_000 % 1000, 3), _text(numbers % 10_000, 4)
    text = pc.binary_join_element_wise(part[0], area, part[1], exchange, part[2], line, "")
    spoilt = rng.random(n) < BAD
    how = rng.integers(0, 5, n)
    bad = [
        pc.utf8_slice_codeunits(text, 0, 7),
        pc.binary_join_element_wise(text, pa.scalar(" x12"), ""),
        pc.replace_substring(text, "5", "S", max_replacements=1),
        pa.array([""] * n),
        pc.binary_join_element_wise(pa.scalar("800"), _text(numbers % 10**7, 7), ""),
    ]
    for kind, other in enumerate(bad):
        text = pc.if_else(pa.array(spoilt & (how == kind)), other, text)
    return text


def write_contacts(path: Path, rows: int, seed: int = 1) -> ContactFile:
    """Write a contact list of `rows` rows as UTF-8 CSV."""
    with path.open("wb") as out:
        out.write(",".join(COLUMNS).encode() + b"\n")
        for chunk in _chunks(rows, seed):
            lines = pc.binary_join_element_wise(*chunk, ",")
            text = pc.binary_join_element_wise(lines, "\n", "")
            out.write(text.buffers()[2][: np.frombuffer(text.buffers()[1], dtype=np.int32)[len(text)]])
    return ContactFile(path, rows, path.stat().st_size)


def write_registry(path: Path, share: float, *, state: str = "", salt: int = 0) -> int:
    """Write a registry in the FTC's flat layout (`919,5550101`), sorted, with a share of all fictitious numbers.

    `state` keeps it to the area codes of one state. Returns how many numbers it has.
    """
    here, homes = _Country(), area_codes()
    areas = [npa for npa in here.areas.tolist() if not state or f"US-{state}" in homes[f"{npa:03d}"].jurisdictions]
    local = (np.sort(EXCHANGES)[:, None] * LINES + np.arange(LINES)).ravel()
    text = np.full((len(local), 12), ord(","), dtype=np.uint8)
    text[:, 4:11] = np.frombuffer(_text(local, 7).buffers()[2], dtype=np.uint8).reshape(-1, 7)
    text[:, 11] = ord("\n")
    rng, written = np.random.default_rng(salt), 0
    with path.open("wb") as out:
        for area in areas:
            listed = rng.random(len(local)) < share
            text[:, :3] = np.frombuffer(b"%03d" % area, dtype=np.uint8)
            out.write(text[listed].tobytes())
            written += int(listed.sum())
    return written
