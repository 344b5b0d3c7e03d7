"""The geography the places rest on, read once from `dnc/data` and from the `tzdata` package.

`npa_zones.toml` (area codes), `us_zips.tsv` (ZIP codes), `states.toml` (states and provinces), and `zone.tab`
of tzdata (countries). Every table gives a superset of zones. `PLACES_VERSION` is a hash of the three files.
"""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

import numpy as np
import phonenumbers
from numpy.typing import NDArray
from phonenumbers.tzdata import TIMEZONE_DATA

from dnc.zones import clock, is_zone

__all__ = [
    "PLACES_VERSION",
    "Area",
    "State",
    "ZipTable",
    "all_country_zones",
    "area_codes",
    "country_zones",
    "distinct_clocks",
    "state_by_name",
    "states",
    "zip_table",
]

_DATA = files("dnc") / "data"
_FILES = ("npa_zones.toml", "states.toml", "us_zips.tsv")

#: The first twelve digits of a SHA-256 over the place tables: belongs in every recorded decision.
PLACES_VERSION: str = hashlib.sha256(b"".join((_DATA / name).read_bytes() for name in _FILES)).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Area:
    """A North American area code: its jurisdictions ("US-FL") and all zones of its territory."""

    jurisdictions: tuple[str, ...]
    zones: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class State:
    """A state or province: country, code ("FL"), name and all its zones."""

    country: str
    code: str
    name: str
    zones: tuple[str, ...]

    @property
    def jurisdiction(self) -> str:
        """Such as `US-FL`."""
        return f"{self.country}-{self.code}"


@dataclass(frozen=True, eq=False)
class ZipTable:
    """US ZIP codes: `answer[zip]` and `by_prefix[zip // 100]` are indexes into `answers`; 0 means unknown.

    An answer is (states, zones). `by_prefix` joins all ZIPs that share the first three digits, for new ones.
    No zones: overseas military mail, whose place is unknown.
    """

    answer: NDArray[np.int16]
    by_prefix: NDArray[np.int16]
    answers: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]

    def find(self, zips: NDArray[np.int64]) -> NDArray[np.int16]:
        """The answer index of each ZIP (0..99999), by its first three digits where it is unknown itself."""
        exact = self.answer[zips]
        return np.where(exact > 0, exact, self.by_prefix[zips // 100])


@lru_cache(maxsize=1)
def area_codes() -> dict[str, Area]:
    """Every US and Canadian geographic area code."""
    table = tomllib.loads((_DATA / "npa_zones.toml").read_text(encoding="utf-8"))
    return {e["npa"]: Area(tuple(sorted(e["jurisdictions"])), tuple(sorted(e["zones"]))) for e in table["npa"]}


@lru_cache(maxsize=1)
def states() -> dict[tuple[str, str], State]:
    """Every known state by (country, code)."""
    table = tomllib.loads((_DATA / "states.toml").read_text(encoding="utf-8"))
    return {
        (country, code): State(country, code, entry["name"], tuple(sorted(entry["zones"])))
        for country, entries in table.items()
        for code, entry in entries.items()
    }


@lru_cache(maxsize=1)
def state_by_name() -> dict[tuple[str, str], State]:
    """Every known state by (country, name in lower case)."""
    return {(state.country, state.name.lower()): state for state in states().values()}


@lru_cache(maxsize=1)
def zip_table() -> ZipTable:
    """The ZIP codes, 100,000 of them as two small arrays."""
    answer = np.zeros(100_000, dtype=np.int16)
    prefixes: dict[int, tuple[set[str], set[str]]] = {}
    index: dict[tuple[tuple[str, ...], tuple[str, ...]], int] = {((), ()): 0}
    for line in (_DATA / "us_zips.tsv").read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        first, last, state, zones = line.split("\t")
        key: tuple[tuple[str, ...], tuple[str, ...]] = ((state,), tuple(zones.split()))
        answer[int(first) : int(last) + 1] = index.setdefault(key, len(index))
        found = prefixes.setdefault(int(first) // 100, (set(), set()))
        found[0].add(state)
        found[1].update(key[1])
    by_prefix = np.zeros(1_000, dtype=np.int16)
    for prefix, (names, zones_) in prefixes.items():
        key = (tuple(sorted(names)), tuple(sorted(zones_)))
        by_prefix[prefix] = index.setdefault(key, len(index))
    return ZipTable(answer, by_prefix, tuple(index))


def distinct_clocks(names: tuple[str, ...]) -> tuple[str, ...]:
    """The zones without those that show the same time as one before them, sorted."""
    seen: dict[tuple[int, ...], str] = {}
    for name in names:
        seen.setdefault(clock(name), name)
    return tuple(sorted(seen.values()))


@lru_cache(maxsize=1)
def _zone_tab() -> dict[str, tuple[str, ...]]:
    """Country -> zones, in the order of tzdata's zone.tab (Antarctic stations left out)."""
    found: dict[str, list[str]] = {}
    text = (files("tzdata") / "zoneinfo" / "zone.tab").read_text(encoding="utf-8")
    for line in text.splitlines():
        if line and not line.startswith("#"):
            country, _, name = line.split("\t")[:3]
            if not name.startswith("Antarctica/"):
                found.setdefault(country, []).append(name)
    return {country: tuple(names) for country, names in found.items()}


def all_country_zones(country: str) -> tuple[str, ...]:
    """Every zone of a country (ISO 3166-1 alpha-2), the ones phonenumbers names (the big cities') first."""
    usual = TIMEZONE_DATA.get(str(phonenumbers.country_code_for_region(country)), ())
    names = [name for name in _zone_tab().get(country, ()) if is_zone(name)]
    return tuple(sorted(names, key=lambda name: name not in usual))


@lru_cache(maxsize=512)
def country_zones(country: str) -> tuple[str, ...]:
    """Every different clock of a country (ISO 3166-1 alpha-2), sorted; empty when the country is unknown.

    For the US and Canada the names are those of the area codes' table.
    """
    if country in ("US", "CA"):
        return tuple(sorted({name for s in states().values() if s.country == country for name in s.zones}))
    return distinct_clocks(all_country_zones(country))
